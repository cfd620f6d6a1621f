//! A machine in memory that stops in the middle of any command, any number of times.

use std::net::IpAddr;

use proptest::prelude::*;

use super::found::{Device, Found, Present};
use super::memory::Memory;
use super::rules::{LABEL, Tunnel, Wanted, filter_of, whole};
use super::step::Step;
use super::{finding, prepare, undo};

const IGNORE: &str = "net.ipv4.conf.all.arp_ignore";
const ANNOUNCE: &str = "net.ipv4.conf.all.arp_announce";
const UP: Device = Device {
    up: true,
    is_asked: false,
};

fn addresses() -> [IpAddr; 3] {
    ["192.0.2.1", "192.0.2.2", "2001:db8::1"].map(|text| text.parse().unwrap())
}

fn on(address: IpAddr, device: &str, prefix: u8, label: &str) -> Present {
    let (device, label) = (device.to_owned(), label.to_owned());
    Present {
        address,
        prefix,
        device,
        label,
    }
}

/// What is there and what is remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Machine {
    found: Found,
    memory: Memory,
}

impl Machine {
    fn apply(&mut self, step: &Step) {
        let found = &mut self.found;
        match step {
            Step::Make { device } => {
                let down = Device { up: false, ..UP };
                found.devices.insert(device.clone(), down);
                if ["tunl0", "gre0"].contains(&device.as_str()) {
                    found.settings.insert(filter_of(device), "0".to_owned());
                }
            }
            Step::Set { name, from, to } => {
                let before = found.settings.insert(name.clone(), to.clone());
                assert_eq!(before.as_ref(), Some(from));
            }
            Step::Add { address, device } => {
                let label = format!("{device}:{LABEL}");
                found
                    .addresses
                    .push(on(*address, device, whole(*address), &label));
            }
            Step::Delete { address, device } => {
                let label = format!("{device}:{LABEL}");
                let ours = on(*address, device, whole(*address), &label);
                let many = found.addresses.len();
                found.addresses.retain(|one| *one != ours);
                assert_eq!(found.addresses.len() + 1, many, "{step}");
            }
            Step::Up { device } => found.devices.get_mut(device).unwrap().up = true,
            Step::Down { device } => found.devices.get_mut(device).unwrap().up = false,
            Step::Remove { device } => {
                found.devices.remove(device);
                found.settings.remove(&filter_of(device));
            }
        }
        let ours = |one: &Present| one.address.is_ipv4() && one.label.ends_with(":vip");
        if self.found.addresses.iter().any(ours) {
            let number = |name| self.found.number(name).unwrap();
            assert!(
                number(IGNORE) >= 1 && number(ANNOUNCE) >= 2,
                "answered for after: {step}"
            );
        }
    }

    /// True: it came to its end.
    fn carry_out(&mut self, steps: &[Step], crash: &mut usize) -> bool {
        for step in steps {
            if *crash == 0 {
                return false;
            }
            *crash -= 1;
            self.apply(step);
        }
        true
    }

    fn prepare(&mut self, wanted: &Wanted, mut crash: usize) -> bool {
        if prepare::refusals(wanted, &self.found, &self.memory).is_err() {
            return false;
        }
        let plan = prepare::devices(wanted, &self.found, &self.memory);
        self.memory = plan.memory;
        if !self.carry_out(&plan.steps, &mut crash) {
            return false;
        }
        let Ok(plan) = prepare::rest(wanted, &self.found, &self.memory) else {
            panic!("refused after devices were made")
        };
        self.memory = plan.memory;
        self.carry_out(&plan.steps, &mut crash)
    }

    fn undo(&mut self, only: Option<&[IpAddr]>, mut crash: usize) -> bool {
        let Ok(plan) = undo::plan(&self.found, &self.memory, only) else {
            return false;
        };
        let done = self.carry_out(&plan.steps, &mut crash);
        if done {
            self.memory = plan.memory;
        }
        done
    }

    fn sorted(mut self) -> Self {
        self.found
            .addresses
            .sort_by_key(|one| (one.address, one.device.clone(), one.label.clone()));
        self
    }
}

fn machine() -> impl Strategy<Value = Machine> {
    let settings = (0_u8..4, 0_u8..3, 0_u8..3, 0_u8..3);
    let tunnels = (any::<bool>(), any::<bool>());
    (settings, tunnels, prop::collection::vec(any::<bool>(), 3)).prop_map(
        |((ignore, announce, all, own), (has_tunnel, tunnel_up), there)| {
            let mut found = Found::default();
            let mut set = |name: String, value: u8| {
                found.settings.insert(name, value.to_string());
            };
            set(IGNORE.to_owned(), ignore);
            set(ANNOUNCE.to_owned(), announce);
            set(filter_of("all"), all);
            if has_tunnel {
                set(filter_of("tunl0"), own);
                let tunnel = Device { up: tunnel_up, ..UP };
                found.devices.insert("tunl0".to_owned(), tunnel);
            }
            found.devices.insert("lo".to_owned(), UP);
            let present = addresses().into_iter().zip(there).filter(|(_, there)| *there);
            found.addresses = present
                .map(|(address, _)| on(address, "lo", whole(address), "lo"))
                .collect();
            let memory = Memory::default();
            Machine { found, memory }
        },
    )
}

fn tunnel() -> impl Strategy<Value = Option<Tunnel>> {
    prop::option::of(prop::sample::select(&[Tunnel::Ipip, Tunnel::Gre][..]))
}

/// A command: prepare or undo, of some addresses, by tunnel or not, and after how many steps the machine stops.
fn command() -> impl Strategy<Value = (bool, Vec<IpAddr>, Option<Tunnel>, usize)> {
    let some = prop::sample::subsequence(addresses().to_vec(), 1..=3);
    (any::<bool>(), some, tunnel(), 0_usize..9)
}

proptest! {
    #[test]
    fn whatever_stops_in_the_middle_undo_gives_back_what_was(
        before in machine(), commands in prop::collection::vec(command(), 1..6)
    ) {
        let mut machine = before.clone();
        for (prepares, some, tunnel, crash) in commands {
            if prepares {
                machine.prepare(&Wanted::new(&some, tunnel), crash);
            } else {
                machine.undo(Some(&some), crash);
            }
        }
        prop_assert!(machine.undo(None, usize::MAX));
        prop_assert_eq!(machine.sorted(), before.sorted());
    }

    #[test]
    fn a_second_prepare_repairs_the_first_and_a_third_has_nothing_to_do(
        before in machine(), some in prop::sample::subsequence(addresses().to_vec(), 1..=3),
        tunnel in tunnel(), crash in 0_usize..9
    ) {
        let mut machine = before;
        let wanted = Wanted::new(&some, tunnel);
        if prepare::refusals(&wanted, &machine.found, &machine.memory).is_err() {
            return Ok(());
        }
        machine.prepare(&wanted, crash);
        prop_assert!(machine.prepare(&wanted, usize::MAX));
        prop_assert_eq!(finding::lacking(&wanted, &machine.found, &machine.memory), Vec::<String>::new());
        let done = machine.clone();
        prop_assert!(machine.prepare(&wanted, 0), "steps were left");
        prop_assert_eq!(machine, done);
    }
}

/// A machine with nothing special.
fn plain() -> Machine {
    let mut found = Found::default();
    for name in [IGNORE, ANNOUNCE] {
        found.settings.insert(name.to_owned(), "0".to_owned());
    }
    found.devices.insert("lo".to_owned(), UP);
    let eth0 = Device { is_asked: true, ..UP };
    found.devices.insert("eth0".to_owned(), eth0);
    let memory = Memory::default();
    Machine { found, memory }
}

#[test]
fn an_address_that_would_be_answered_for_is_refused() {
    let [address, ..] = addresses();
    let wanted = Wanted::new(&[address], None);
    let refused = |there: Present, tunnel: Option<Tunnel>| {
        let mut machine = plain();
        machine.found.addresses.push(there);
        prepare::refusals(&Wanted::new(&[address], tunnel), &machine.found, &machine.memory).unwrap_err()
    };
    let said = refused(on(address, "eth0", 32, "eth0"), None);
    assert!(
        said.contains("ip address delete 192.0.2.1/32 dev eth0") && said.ends_with("nothing was changed"),
        "{said}"
    );
    let said = refused(on(address, "lo", 24, "lo"), None);
    assert!(said.contains("all the network around it"), "{said}");
    let said = refused(on(address, "lo", 32, "lo"), Some(Tunnel::Ipip));
    assert!(said.contains("needs it on tunl0"), "{said}");
    let mut machine = plain();
    machine.found.addresses.push(on(address, "lo", 32, "lo"));
    assert!(prepare::refusals(&wanted, &machine.found, &machine.memory).is_ok());
    machine.found.no_ipv6 = true;
    let said = prepare::refusals(&Wanted::new(&addresses(), None), &machine.found, &machine.memory);
    assert!(said.unwrap_err().contains("disable_ipv6=0"));
    machine.found.devices.clear();
    let said = prepare::refusals(&wanted, &machine.found, &machine.memory).unwrap_err();
    assert!(said.starts_with("lo is down"), "{said}");
}

#[test]
fn what_somebody_else_has_changed_since_is_left() {
    let [address, ..] = addresses();
    let mut machine = plain();
    assert!(machine.prepare(&Wanted::new(&[address], None), usize::MAX));
    machine.found.settings.insert(ANNOUNCE.to_owned(), "1".to_owned());
    machine.found.addresses[0].label = "lo".to_owned();
    let wanted = Wanted::of(&machine.memory);
    let lacking = finding::lacking(&wanted, &machine.found, &machine.memory);
    assert_eq!(
        lacking,
        ["prepare would set net.ipv4.conf.all.arp_announce from 1 to 2"]
    );
    let plan = undo::plan(&machine.found, &machine.memory, None).unwrap();
    assert_eq!(
        plan.steps,
        [Step::Set {
            name: IGNORE.to_owned(),
            from: "1".to_owned(),
            to: "0".to_owned()
        }]
    );
    assert_eq!(plan.notes.len(), 2, "{:?}", plan.notes);
    assert!(plan.notes[0].contains("not as it was made (label lo)"));
    assert!(plan.notes[1].contains("arp_announce is 1, and was made 2"));
}

#[test]
fn a_stranger_is_not_undone() {
    let mut machine = plain();
    let [first, second, _] = addresses();
    assert!(machine.prepare(&Wanted::new(&[first], None), usize::MAX));
    let said = undo::plan(&machine.found, &machine.memory, Some(&[second])).unwrap_err();
    assert!(said.contains("192.0.2.2 was not prepared here"), "{said}");
}

#[test]
fn what_was_before_the_first_time_is_what_was_before() {
    let [address, ..] = addresses();
    let wanted = Wanted::new(&[address], None);
    let before = plain();
    let mut machine = before.clone();
    assert!(machine.prepare(&wanted, usize::MAX));
    machine.found.settings.insert(ANNOUNCE.to_owned(), "1".to_owned());
    assert!(machine.prepare(&wanted, usize::MAX));
    assert!(machine.undo(None, usize::MAX));
    assert_eq!(machine.sorted(), before.sorted());
}

#[test]
fn an_address_that_was_there_goes_at_undo_once_it_had_to_be_added() {
    let [address, ..] = addresses();
    let wanted = Wanted::new(&[address], None);
    let mut machine = plain();
    let bare = machine.clone();
    machine.found.addresses.push(on(address, "lo", 32, "lo"));
    assert!(machine.prepare(&wanted, usize::MAX));
    assert!(machine.memory.addresses[0].was_there);
    machine.found.addresses.clear();
    assert!(machine.prepare(&wanted, usize::MAX));
    assert_eq!(machine.found.addresses.len(), 1);
    assert!(machine.undo(None, usize::MAX));
    assert_eq!(machine.sorted(), bare.sorted(), "no address that is answered for");
}
