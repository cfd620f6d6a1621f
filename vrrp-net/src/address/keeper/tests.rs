use std::collections::BTreeMap;

use proptest::prelude::*;
use vrrp_conformance::proves;

use super::*;

fn place(number: u8) -> Place {
    Place {
        device: InterfaceId(u64::from(number % 2)),
        address: IpAddr::from([192, 0, 2, number]),
    }
}

const SECOND: u64 = 1_000_000_000;

/// PRJ-ADDR-02: every case of wanted against present, by hand.
#[test]
fn prj_addr_02_what_follows_from_wanted_and_present() {
    let mut keeper = Keeper::default();
    let here = place(1);
    let unwanted = [
        (Present::NoDevice, Step::Leave),
        (Present::Absent, Step::Leave),
        (Present::Ours, Step::Remove),
        (Present::Foreign, Step::LeaveForeign),
    ];
    for (present, step) in unwanted {
        assert_eq!(keeper.step(here, present), step, "{present:?}");
    }
    keeper.hold(InstanceId(7), here);
    let wanted = [
        (Present::NoDevice, Step::Leave),
        (Present::Absent, Step::Add),
        (Present::Ours, Step::Leave),
        (Present::Foreign, Step::LeaveForeign),
    ];
    for (present, step) in wanted {
        assert_eq!(keeper.step(here, present), step, "{present:?}");
    }
    proves!("PRJ-ADDR-02", Obeys);
}

/// PRJ-ADDR-02: five times in 60 s.
#[test]
fn prj_addr_02_losses_are_counted_over_a_minute() {
    let mut keeper = Keeper::default();
    let at = |seconds: u64| Instant::from_nanos(seconds * SECOND);
    let counts: Vec<usize> = [0, 10, 20, 30, 59]
        .map(|seconds| keeper.lost(at(seconds), place(1)))
        .into();
    assert_eq!(counts, [1, 2, 3, 4, 5]);
    assert_eq!(keeper.lost(at(60), place(1)), 5, "the first is a minute old");
    assert_eq!(keeper.lost(at(60), place(2)), 1, "each address for itself");
    keeper.forget_losses(place(1));
    assert_eq!(keeper.lost(at(61), place(1)), 1);
    proves!("PRJ-ADDR-02", Obeys);
}

#[derive(Debug, Clone)]
enum Event {
    Hold(u8, u8),
    Release(u8, u8),
    ForeignAdds(u8),
    OthersDelete(u8),
    DeviceGone(u8),
    DeviceBack(u8),
    Crash,
}

fn event() -> impl Strategy<Value = Event> {
    let number = 0_u8..6;
    let by = 0_u8..3;
    prop_oneof![
        (by.clone(), number.clone()).prop_map(|(by, number)| Event::Hold(by, number)),
        (by, number.clone()).prop_map(|(by, number)| Event::Release(by, number)),
        number.clone().prop_map(Event::ForeignAdds),
        number.prop_map(Event::OthersDelete),
        (0_u8..2).prop_map(Event::DeviceGone),
        (0_u8..2).prop_map(Event::DeviceBack),
        Just(Event::Crash),
    ]
}

/// The kernel as the property sees it: who made each address, and which devices exist.
#[derive(Default)]
struct Kernel {
    ours: BTreeMap<Place, bool>,
    gone: [bool; 2],
}

impl Kernel {
    fn present(&self, place: Place) -> Present {
        match self.ours.get(&place) {
            _ if self.gone[usize::try_from(place.device.0).unwrap()] => Present::NoDevice,
            None => Present::Absent,
            Some(true) => Present::Ours,
            Some(false) => Present::Foreign,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    /// PRJ-ADDR-02: after every step each place is as it should be, and what others made was never touched.
    #[test]
    fn prj_addr_02_places_follow_the_wanted_set(events in proptest::collection::vec(event(), 1..60)) {
        let mut keeper = Keeper::default();
        let mut kernel = Kernel::default();
        let mut wanted: BTreeMap<Place, Vec<u8>> = BTreeMap::new();
        for event in events {
            match event {
                Event::Hold(by, number) => {
                    keeper.hold(InstanceId(by.into()), place(number));
                    wanted.entry(place(number)).or_default().push(by);
                }
                Event::Release(by, number) => {
                    keeper.release(InstanceId(by.into()), place(number));
                    wanted.entry(place(number)).or_default().retain(|other| *other != by);
                }
                Event::ForeignAdds(number) => {
                    kernel.ours.entry(place(number)).or_insert(false);
                }
                Event::OthersDelete(number) => {
                    kernel.ours.remove(&place(number));
                }
                Event::DeviceGone(device) => {
                    kernel.gone[usize::from(device)] = true;
                    kernel.ours.retain(|place, _| place.device.0 != u64::from(device));
                }
                Event::DeviceBack(device) => kernel.gone[usize::from(device)] = false,
                Event::Crash => {
                    keeper = Keeper::default();
                    wanted.clear();
                }
            }
            for number in 0..6 {
                let here = place(number);
                let before = kernel.present(here);
                match keeper.step(here, before) {
                    Step::Add => {
                        prop_assert_eq!(before, Present::Absent);
                        kernel.ours.insert(here, true);
                    }
                    Step::Remove => {
                        prop_assert_eq!(before, Present::Ours, "only what is ours is removed");
                        kernel.ours.remove(&here);
                    }
                    Step::Leave | Step::LeaveForeign => {}
                }
                let after = kernel.present(here);
                let is_wanted = wanted.get(&here).is_some_and(|by| !by.is_empty());
                match after {
                    Present::NoDevice | Present::Foreign => {}
                    Present::Ours => prop_assert!(is_wanted, "no leftover"),
                    Present::Absent => prop_assert!(!is_wanted, "nothing missing"),
                }
                prop_assert!(
                    matches!(keeper.step(here, after), Step::Leave | Step::LeaveForeign),
                    "saying it twice changes nothing"
                );
            }
        }
        proves!("PRJ-ADDR-02", Obeys);
        proves!("PRJ-ADDR-02", Refuses);
    }
}
