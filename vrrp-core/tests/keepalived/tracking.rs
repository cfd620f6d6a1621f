//! weights. X-05: gates. What a change of priority does is PRJ-CHG-01 and -02.

use vrrp_conformance::proves;
use vrrp_core::{
    Bar, Health, Input, Order, Priority, Settings, Standing, StateName, Tracker, TrackerId, Weight,
};

use crate::subject::{Armed, MILLI, SECOND, Subject, default};

fn tracking(value: u8, weights: &[(i16, bool)]) -> Settings {
    let mut settings = default(value, 100);
    let tracker = |(value, reverse): &(i16, bool)| Tracker {
        weight: Weight::from_keepalived(*value, *reverse),
        initial: Health::Unknown,
    };
    settings.trackers = weights.iter().map(tracker).collect();
    settings
}

trait Initially {
    fn up(self) -> Self;
}

impl Initially for Settings {
    /// As keepalived's `init_success`.
    fn up(mut self) -> Self {
        self.trackers
            .iter_mut()
            .for_each(|tracker| tracker.initial = Health::Up);
        self
    }
}

/// base, weights with their health, and the priority in effect.
#[test]
fn x_04_obeys_the_sum_of_weights_clamped() {
    use Health::{Down, Unknown, Up};
    type Row<'a> = (u8, &'a [(i16, bool, Health)], u8);
    let rows: [Row<'_>; 13] = [
        (100, &[], 100),
        (100, &[(20, false, Up)], 120),
        (100, &[(20, false, Down)], 100),
        (100, &[(20, false, Unknown)], 100),
        (100, &[(-20, false, Up)], 100),
        (100, &[(-20, false, Down)], 80),
        (100, &[(20, true, Up)], 100),
        (100, &[(20, true, Down)], 120),
        (100, &[(-20, true, Up)], 80),
        // The sum is clamped, not each step: 100 + 253 - 253 = 100.
        (100, &[(253, false, Up), (-253, false, Down)], 100),
        (100, &[(253, false, Up)], 254),
        (100, &[(-253, false, Down), (-253, false, Down)], 1),
        // An owner's never moves.
        (255, &[(-253, false, Down)], 255),
    ];
    for (base, objects, expected) in rows {
        let weights = objects
            .iter()
            .map(|(value, reverse, _)| (*value, *reverse))
            .collect::<Vec<_>>();
        let mut router = Subject::new(tracking(base, &weights));
        for (id, (_, _, health)) in (0..).zip(objects) {
            router.health(id, *health);
        }
        assert_eq!(
            router.router.priority(),
            Priority::new(expected).unwrap(),
            "{base} {objects:?}"
        );
    }
    proves!("X-04", "V3-5.2.4-01", Obeys);
}

/// a weight moves the running timer by the difference, a gate does not (PRJ-CHG-01).
#[test]
fn x_04_obeys_a_running_timer_moves_by_the_difference() {
    let mut router = Subject::backup(tracking(100, &[(-50, false)]));
    router.wait(SECOND);
    assert_eq!(router.health(0, Health::Down), "Priority(100 -> 50)");
    // 50/256 of 1 s more: 195.3125 ms.
    assert_eq!(router.armed(), Armed::Down(2_609_375_000 + 195_312_500));
    assert_eq!(router.health(0, Health::Up), "Priority(50 -> 100)");
    assert_eq!(router.armed(), Armed::Down(2_609_375_000));
    proves!("X-04", "PRJ-CHG-01", Obeys);
}

/// told twice, or of an object that is not there: nothing.
#[test]
fn x_04_refuses_to_count_twice() {
    let mut router = Subject::backup(tracking(100, &[(-50, false)]));
    router.health(0, Health::Down);
    assert_eq!(router.health(0, Health::Down), "");
    assert_eq!(router.health(7, Health::Down), "");
    assert_eq!(router.router.priority().get(), 50);
    proves!("X-04", Refuses);
}

/// an object of weight 0 that goes down puts the instance into FAULT.
#[test]
fn x_05_obeys_a_gate_bars() {
    let mut router = Subject::backup(tracking(100, &[(0, false)]).up());
    assert_eq!(
        router.health(0, Health::Down),
        "State(Initialize, Barred(Tracker(TrackerId(0))))"
    );
    assert_eq!(
        router.router.standing(),
        Standing::Barred(Bar::Tracker(TrackerId(0)))
    );
    assert_eq!(router.health(0, Health::Up), "State(Backup, Started)");
    assert_eq!(router.armed(), Armed::Down(3_609_375_000));
    proves!("X-05", Obeys);
}

/// no result yet bars as well; `reverse` turns it round.
#[test]
fn x_05_obeys_an_unknown_gate_is_closed() {
    let mut router = Subject::new(tracking(100, &[(0, false)]));
    assert_eq!(router.start(), "");
    assert_eq!(router.health(0, Health::Up), "State(Backup, Started)");
    let mut reverse = Subject::new(tracking(100, &[(0, true)]));
    reverse.start();
    assert_eq!(reverse.health(0, Health::Up), "");
    assert_eq!(reverse.health(0, Health::Down), "State(Backup, Started)");
    proves!("X-05", Obeys);
}

/// X-05 needs weight 0.
#[test]
fn x_05_refuses_to_bar_for_a_weight() {
    let mut router = Subject::backup(tracking(100, &[(-253, false)]));
    assert_eq!(router.health(0, Health::Down), "Priority(100 -> 1)");
    assert_eq!(router.state(), StateName::Backup);
    proves!("X-05", Refuses);
}

/// PRJ-CHG-02, X-20: an Active says a priority that its checks changed at once, and the next periodic advertisement carries
/// it as well.
#[test]
fn prj_chg_02_obeys_a_priority_that_checks_changed_is_said_at_once() {
    let mut router = Subject::active(tracking(100, &[(-50, false)]));
    router.wait(400 * MILLI);
    assert_eq!(router.health(0, Health::Down), "Priority(100 -> 50); Send(50)");
    assert_eq!(router.armed(), Armed::Adver(600 * MILLI));
    router.wait(600 * MILLI);
    assert_eq!(router.tick(), "Send(50); Announce(1)", "the round of 1 s is X-09");
    proves!("PRJ-CHG-02", Obeys);
}

/// PRJ-TIME-03: the effective priority decides elections too.
#[test]
fn prj_time_03_obeys_the_effective_priority_decides() {
    let mut router = Subject::active(tracking(100, &[(-50, false)]));
    router.health(0, Health::Down);
    assert!(router.hear(60).starts_with("Send(50); Disown; State(Backup"));
    // 3 s + 206/256 s.
    assert_eq!(router.armed(), Armed::Down(3_804_687_500));
    proves!("PRJ-TIME-03", Obeys);
}

/// An operator's order changes the priority by the same way: X-04 does not stack on it.
#[test]
fn x_04_obeys_resigned_is_priority_1_whatever_the_weights() {
    let mut router = Subject::backup(tracking(100, &[(20, false)]));
    assert_eq!(router.order(Order::Resign), "Priority(100 -> 1)");
    assert_eq!(router.does(Input::Track(TrackerId(0), Health::Up)), "");
    assert_eq!(router.order(Order::Compete), "Priority(1 -> 120)");
    proves!("X-04", Obeys);
}

/// X-04, YANG-02 (a decrement is a negative weight): -254 to 254, and not 0.
#[test]
fn x_04_refuses_a_weight_out_of_range() {
    let setting = "trackers";
    for value in [-255, 255, i16::MIN, i16::MAX] {
        let refused = tracking(100, &[(value, false)]).build();
        assert_eq!(refused, Err(vrrp_core::ConfigError::OutOfRange { setting }));
    }
    assert!(tracking(100, &[(254, false), (-254, true)]).build().is_ok());
    let mut zero = tracking(100, &[(1, false)]);
    zero.trackers[0].weight = Weight::Adjust {
        value: 0,
        reverse: false,
    };
    assert!(zero.build().is_err());
    proves!("X-04", "YANG-02", Refuses);
}
