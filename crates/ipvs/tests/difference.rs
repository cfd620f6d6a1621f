//! A difference leads from any table to any other, by the fewest changes, and leaves nobody without a server on the way.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test says by a panic what is wrong"
)]

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::FileFailurePersistence;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use vrrp_ipvs::{
    Change, Destination, DestinationKey, Difference, Fault, Forwarding, Name, Service, ServiceKey, Table,
    Twice,
};

/// A kernel as strict as the real one: adding what is there and changing what is not are refused.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Model(BTreeMap<ServiceKey, (Service, BTreeMap<DestinationKey, Destination>)>);

impl Model {
    fn of(table: &Table) -> Self {
        let each = table.iter();
        Self(
            each.map(|(key, server)| (*key, (server.service().clone(), server.destinations().clone())))
                .collect(),
        )
    }

    fn table(&self) -> Table {
        let mut table = Table::new();
        for (service, destinations) in self.0.values() {
            table
                .insert(service.clone(), destinations.values().copied())
                .unwrap();
        }
        table
    }

    fn apply(&mut self, change: &Change) -> Result<(), String> {
        let done = match change {
            Change::AddService(service) => {
                !self.0.contains_key(&service.key)
                    && self
                        .0
                        .insert(service.key, (service.clone(), BTreeMap::new()))
                        .is_none()
            }
            Change::EditService(service) => {
                let there = self.0.get_mut(&service.key);
                there.map(|there| there.0 = service.clone()).is_some()
            }
            Change::DeleteService(key) => self.0.remove(key).is_some(),
            Change::AddDestination { service, destination } => {
                self.0.get_mut(service).is_some_and(|(_, there)| {
                    !there.contains_key(&destination.key)
                        && there.insert(destination.key, *destination).is_none()
                })
            }
            Change::EditDestination { service, destination } => {
                self.0.get_mut(service).is_some_and(|(_, there)| {
                    let place = there.get_mut(&destination.key);
                    place.map(|place| *place = *destination).is_some()
                })
            }
            Change::DeleteDestination { service, destination } => self
                .0
                .get_mut(service)
                .is_some_and(|(_, there)| there.remove(destination).is_some()),
        };
        if done {
            Ok(())
        } else {
            Err(format!("refused: {change}"))
        }
    }

    /// The destinations that may get new connections.
    fn serving(&self) -> BTreeSet<(ServiceKey, DestinationKey)> {
        let each = self.0.iter().flat_map(|(service, (_, destinations))| {
            let serving = destinations.values().filter(|destination| destination.weight > 0);
            serving.map(|destination| (*service, destination.key))
        });
        each.collect()
    }

    fn serving_services(&self) -> BTreeSet<ServiceKey> {
        self.serving().into_iter().map(|(service, _)| service).collect()
    }
}

fn at(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

const SERVICES: [&str; 4] = ["192.0.2.1:80", "192.0.2.1:81", "192.0.2.2:80", "[2001:db8::1]:80"];

fn key(index: usize) -> ServiceKey {
    ServiceKey::tcp(at(SERVICES[index]))
}

/// Few keys and few values, so that tables meet.
fn table() -> impl Strategy<Value = Table> {
    let destination = (
        1_u8..6,
        0_u32..3,
        select(vec![Forwarding::Masquerade, Forwarding::Direct]),
    );
    let server = (0_usize..4, select(vec!["rr", "wlc"]), vec(destination, 0..6));
    vec(server, 0..5).prop_map(|servers| {
        let mut table = Table::new();
        for (index, scheduler, destinations) in servers {
            let each: BTreeMap<u8, Destination> = destinations
                .into_iter()
                .map(|(last, weight, forwarding)| {
                    let to = at(&format!("198.51.100.{last}:80"));
                    (last, Destination::new(to.into(), forwarding, weight))
                })
                .collect();
            // A service that is drawn twice is there once.
            let service = Service::new(key(index), Name::new(scheduler).unwrap());
            let _twice = table.insert(service, each.into_values());
        }
        table
    })
}

/// Which services are the caller's.
fn owned() -> impl Strategy<Value = BTreeSet<ServiceKey>> {
    prop_oneof![
        2 => Just((0..4).map(key).collect()),
        1 => proptest::collection::btree_set((0_usize..4).prop_map(key), 0..4),
    ]
}

fn config() -> ProptestConfig {
    let persistence = FileFailurePersistence::WithSource("regressions");
    ProptestConfig {
        failure_persistence: Some(Box::new(persistence)),
        ..ProptestConfig::with_cases(2000)
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_is_owned_becomes_what_is_wanted_and_the_rest_stays(wanted in table(), present in table(), owned in owned()) {
        let difference = Difference::between(&wanted, &present, |key| owned.contains(key));
        let (mut kernel, mut followed) = (Model::of(&present), present.clone());
        for change in difference.changes() {
            prop_assert!(owned.contains(change.service()), "{}", change);
            prop_assert_eq!(kernel.apply(change), Ok(()));
            followed.change(change);
        }
        prop_assert_eq!(&followed, &kernel.table(), "who follows the changes knows the table");
        let (before, target) = (Model::of(&present), Model::of(&wanted));
        for index in 0..4 {
            let key = key(index);
            let right = if owned.contains(&key) { &target } else { &before };
            prop_assert_eq!(kernel.0.get(&key), right.0.get(&key));
        }
        let again = Difference::between(&wanted, &kernel.table(), |key| owned.contains(key));
        prop_assert!(again.is_empty(), "{:?}", again);
        prop_assert_eq!(again.foreign(), difference.foreign());
        let foreign: Vec<ServiceKey> = target.0.iter()
            .filter(|(key, server)| !owned.contains(key) && before.0.get(key) != Some(server))
            .map(|(key, _)| *key)
            .collect();
        prop_assert_eq!(difference.foreign(), foreign);
    }

    /// After every single change, and not only at the end.
    #[test]
    fn who_serves_before_and_after_serves_all_the_time(wanted in table(), present in table()) {
        let (mut kernel, target) = (Model::of(&present), Model::of(&wanted));
        let services: Vec<ServiceKey> = kernel.serving_services().intersection(&target.serving_services()).copied().collect();
        let destinations: Vec<_> = kernel.serving().intersection(&target.serving()).copied().collect();
        for change in Difference::between(&wanted, &present, |_| true).changes() {
            kernel.apply(change).unwrap();
            let serving = kernel.serving();
            for service in &services {
                prop_assert!(kernel.serving_services().contains(service), "{} is empty after: {}", service, change);
            }
            for destination in &destinations {
                prop_assert!(serving.contains(destination), "{:?} is away after: {}", destination, change);
            }
        }
    }

    /// One change touches one entry, so fewer cannot be where no service that stays is deleted.
    #[test]
    fn there_is_one_change_for_each_entry_that_differs(wanted in table(), present in table()) {
        let (before, after) = (Model::of(&present), Model::of(&wanted));
        let mut entries = 0;
        for key in (0..4).map(key) {
            entries += match (before.0.get(&key), after.0.get(&key)) {
                (None, None) => 0,
                (Some(_), None) => 1,
                (None, Some((_, destinations))) => 1 + destinations.len(),
                (Some((old, before)), Some((new, after))) => {
                    let keys: BTreeSet<_> = before.keys().chain(after.keys()).collect();
                    let differing = keys.into_iter().filter(|key| before.get(key) != after.get(key)).count();
                    usize::from(old != new) + differing
                }
            };
        }
        let difference = Difference::between(&wanted, &present, |_| true);
        prop_assert_eq!(difference.changes().count(), entries);
        prop_assert!(Difference::between(&present, &present, |_| true).is_empty());
    }

    /// Some additions are refused: no service is left empty that was not, and what does no harm is done all the same.
    #[test]
    fn what_is_refused_leaves_no_service_empty(
        wanted in table(),
        present in table(),
        refusals in vec(any::<bool>(), 40),
    ) {
        let difference = Difference::between(&wanted, &present, |_| true);
        let (mut kernel, target) = (Model::of(&present), Model::of(&wanted));
        let both: Vec<ServiceKey> = kernel.serving_services().intersection(&target.serving_services()).copied().collect();
        let mut done = Vec::new();
        for (change, refused) in difference.additions().iter().zip(refusals.iter().cycle()) {
            done.push(!refused && kernel.apply(change).is_ok());
        }
        let removals = difference.removals_after(|index| done[index]);
        prop_assert_eq!(removals.go.len() + removals.wait.len(), difference.removals().len());
        for change in &removals.wait {
            // It is one after which nobody would serve.
            let mut without = kernel.clone();
            for change in &removals.wait {
                without.apply(change).unwrap();
            }
            prop_assert!(both.contains(change.service()) && !without.serving_services().contains(change.service()), "{}", change);
        }
        for change in &removals.go {
            kernel.apply(change).unwrap();
            for service in &both {
                prop_assert!(kernel.serving_services().contains(service), "{} is empty after: {}", service, change);
            }
        }
        if done.iter().all(|done| *done) {
            prop_assert_eq!(removals.wait.len(), 0);
            prop_assert_eq!(kernel, target);
        }
    }
}

/// The sorry server comes before the last one goes, and goes after the first one has come; keepalived's service is empty
/// in between.
#[test]
fn at_a_change_of_quorum_the_service_is_never_empty() {
    let web = Service::new(key(0), Name::new("rr").unwrap());
    let table = |servers: &[&str]| {
        let destinations = servers
            .iter()
            .map(|text| Destination::new(at(text).into(), Forwarding::Direct, 1));
        let mut table = Table::new();
        table.insert(web.clone(), destinations).unwrap();
        table
    };
    let said = |from: &Table, to: &Table| {
        let difference = Difference::between(to, from, |_| true);
        difference.changes().map(ToString::to_string).collect::<Vec<_>>()
    };
    let (up, sorry) = (
        table(&["198.51.100.1:80", "198.51.100.2:80"]),
        table(&["198.51.100.99:80"]),
    );
    assert_eq!(
        said(&up, &sorry),
        [
            "add 198.51.100.99:80 to TCP 192.0.2.1:80",
            "delete 198.51.100.1:80 from TCP 192.0.2.1:80",
            "delete 198.51.100.2:80 from TCP 192.0.2.1:80",
        ]
    );
    assert_eq!(
        said(&sorry, &up),
        [
            "add 198.51.100.1:80 to TCP 192.0.2.1:80",
            "add 198.51.100.2:80 to TCP 192.0.2.1:80",
            "delete 198.51.100.99:80 from TCP 192.0.2.1:80",
        ]
    );
}

#[test]
fn a_table_holds_everything_once() {
    let web = Service::new(key(0), Name::new("rr").unwrap());
    let server = Destination::new(at("198.51.100.1:80").into(), Forwarding::Direct, 1);
    let mut table = Table::new();
    let twice = Twice::Destination {
        service: web.key,
        destination: server.key,
    };
    assert_eq!(
        table.insert(web.clone(), [server, Destination { weight: 2, ..server }]),
        Err(twice)
    );
    assert!(table.is_empty());
    assert_eq!(table.insert(web.clone(), [server]), Ok(()));
    assert_eq!(table.insert(web.clone(), []), Err(Twice::Service(web.key)));
    assert_eq!(table.get(&web.key).unwrap().destinations().len(), 1);
}

#[test]
fn a_table_names_all_its_faults() {
    let mut table = Table::new();
    let every_port = ServiceKey::tcp(at("192.0.2.1:0"));
    let heavy = Destination::new(at("198.51.100.1:80").into(), Forwarding::Direct, 1 << 31);
    let strange = Destination::new(at("[2001:db8::1]:80").into(), Forwarding::Masquerade, 1);
    table
        .insert(
            Service::new(every_port, Name::new("rr").unwrap()),
            [heavy, strange],
        )
        .unwrap();
    let wanted = [
        Fault::EveryPort(every_port),
        Fault::Weight {
            service: every_port,
            destination: heavy.key,
            weight: 1 << 31,
        },
        Fault::OtherFamily {
            service: every_port,
            destination: strange.key,
        },
    ];
    assert_eq!(table.faults(), wanted);
}
