//! What leads from one table to another.

use crate::change::Change;
use crate::destination::Destination;
use crate::key::ServiceKey;
use crate::table::{Table, VirtualServer};
use std::collections::BTreeMap;

/// The changes that make the kernel's table the wanted one.
///
/// - **The fewest**: one for each service and destination that is not as it is to be, none for what is. A service that goes
///   takes its destinations along. One that stays is never deleted and made again, even where that were fewer: it would
///   lose its counters and be gone for a moment.
/// - **Nobody serves at no moment**: what adds comes before what takes away, over the whole table. A service that has a
///   destination with a weight before and after has one after every single change. A new service has none until its first
///   destination follows: the kernel has no command for both.
/// - **What belongs to others is left alone**: who calls says what is his. [`crate::Client::flush`] would be one change for
///   many, and is never used, because others may have made a service in between.
/// - A second difference is empty.
///
/// Pure: the table of the kernel is [`crate::Client::table`], and [`crate::Client::carry_out`] does what is here.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Difference {
    additions: Vec<Change>,
    removals: Vec<Change>,
    foreign: Vec<ServiceKey>,
    /// Services that serve now and are to serve, and of whose destinations none does both: which additions keep them from
    /// being empty.
    rely_on: BTreeMap<ServiceKey, Vec<usize>>,
}

impl Difference {
    /// Compares what is wanted with what is there. `owned` says of a service whether it is the caller's; of another nothing
    /// is changed, whatever is wanted. Who has no memory of what he made takes what he wants for his.
    #[must_use]
    pub fn between(wanted: &Table, present: &Table, owned: impl Fn(&ServiceKey) -> bool) -> Self {
        let mut difference = Self::default();
        for (key, server) in wanted.iter() {
            let there = present.get(key);
            if owned(key) {
                difference.compare(server, there);
            } else if there != Some(server) {
                difference.foreign.push(*key);
            }
        }
        for (key, _) in present.iter() {
            if wanted.get(key).is_none() && owned(key) {
                difference.removals.push(Change::DeleteService(*key));
            }
        }
        difference
    }

    fn compare(&mut self, wanted: &VirtualServer, present: Option<&VirtualServer>) {
        let service = wanted.service();
        let Some(present) = present else {
            self.additions.push(Change::AddService(service.clone()));
            for serving in [true, false] {
                let of_them = wanted.destinations().values().filter(|d| d.serves() == serving);
                self.additions
                    .extend(of_them.map(|destination| Change::AddDestination {
                        service: service.key,
                        destination: *destination,
                    }));
            }
            return;
        };
        // First the rules, by which new destinations are to be chosen.
        if service != present.service() {
            self.additions.push(Change::EditService(service.clone()));
        }
        if wanted.destinations() != present.destinations() {
            self.compare_destinations(wanted, present);
        }
    }

    fn compare_destinations(&mut self, wanted: &VirtualServer, present: &VirtualServer) {
        let service = wanted.service().key;
        let (mut stays, mut begins) = (false, Vec::new());
        let mut idle = Vec::new();
        for (key, destination) in wanted.destinations() {
            let destination = *destination;
            let before = present.destinations().get(key);
            let served = before.is_some_and(Destination::serves);
            stays |= served && destination.serves();
            let change = match before {
                Some(before) if *before == destination => continue,
                Some(_) => Change::EditDestination { service, destination },
                None => Change::AddDestination { service, destination },
            };
            match (destination.serves(), before) {
                (true, _) => {
                    if !served {
                        begins.push(self.additions.len());
                    }
                    self.additions.push(change);
                }
                (false, None) => idle.push(change),
                (false, Some(_)) => self.removals.push(change),
            }
        }
        self.additions.append(&mut idle);
        let gone = present.destinations().keys();
        let gone = gone.filter(|key| !wanted.destinations().contains_key(key));
        self.removals.extend(gone.map(|key| Change::DeleteDestination {
            service,
            destination: *key,
        }));
        if !stays && !begins.is_empty() && present.serves() {
            self.rely_on.insert(service, begins);
        }
    }

    /// What is to be done first: services and destinations that come, and changes of those that go on serving.
    #[must_use]
    pub fn additions(&self) -> &[Change] {
        &self.additions
    }

    /// What is to be done then: weights that become 0, destinations and services that go.
    #[must_use]
    pub fn removals(&self) -> &[Change] {
        &self.removals
    }

    /// All of them in order.
    pub fn changes(&self) -> impl Iterator<Item = &Change> {
        self.additions.iter().chain(&self.removals)
    }

    /// Whether nothing is to be done.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.additions.is_empty() && self.removals.is_empty()
    }

    /// Services that are wanted, are not the caller's, and are not there as wanted.
    #[must_use]
    pub fn foreign(&self) -> &[ServiceKey] {
        &self.foreign
    }

    /// Which removals are right when some additions have failed. `done` says of an index into [`Self::additions`] whether it
    /// was carried out.
    ///
    /// A removal waits only where it would leave a service empty that was not and is not to be: one refused server does not
    /// keep a dead one in service beside others that live.
    pub fn removals_after(&self, done: impl Fn(usize) -> bool) -> Removals<'_> {
        let empty = |service: &ServiceKey| {
            let begins = self.rely_on.get(service);
            begins.is_some_and(|begins| !begins.iter().any(|index| done(*index)))
        };
        let (wait, go) = self.removals.iter().partition(|change| empty(change.service()));
        Removals { go, wait }
    }
}

/// The removals of a [`Difference`] of which some additions have failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removals<'a> {
    /// To be done.
    pub go: Vec<&'a Change>,
    /// Not to be done: the service would be empty.
    pub wait: Vec<&'a Change>,
}
