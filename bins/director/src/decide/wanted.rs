//! The wanted table, kept entry by entry, and who leaves it slowly.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use vrrp_core::Instant;
use vrrp_ipvs::{Change, Destination, DestinationKey, Service, ServiceKey, Table, VirtualServer};

use super::steps::Step;

/// How long a destination that goes while it is well stays with weight 0. The kernel drops what is under way to a destination
/// that is deleted: a handshake is repeated after 1 s, and then again 2 s later, so that one that has begun has ended after 3 s
/// even where a packet was lost; and so have most requests. More would make a reload longer for nothing.
pub const LINGER: Duration = Duration::from_secs(3);

type Slot = (ServiceKey, DestinationKey);

/// Pure; the times are its caller's.
#[derive(Debug, Clone, Default)]
pub(super) struct Wanted {
    table: Table,
    steps: Vec<Step>,
    /// Since when a destination that is well gets nothing new, for those that may have something under way.
    idle_since: BTreeMap<Slot, Instant>,
    /// Who leaves, and when.
    leaving: BTreeMap<Slot, Instant>,
    by_time: BTreeSet<(Instant, Slot)>,
}

impl Wanted {
    pub(super) const fn table(&self) -> &Table {
        &self.table
    }

    pub(super) fn take_steps(&mut self) -> Vec<Step> {
        std::mem::take(&mut self.steps)
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.by_time.first().map(|(at, _)| *at)
    }

    /// Takes out who has lingered long enough.
    pub(super) fn tick(&mut self, now: Instant) {
        while let Some((at, slot)) = self.by_time.first().copied() {
            if at > now {
                break;
            }
            self.stay(&slot);
            self.delete(slot);
        }
        self.idle_since.retain(|_, since| now.since(*since) < LINGER);
    }

    pub(super) fn serve(&mut self, service: &Service) {
        if self.table.get(&service.key).map(VirtualServer::service) == Some(service) {
            return;
        }
        self.table.change(&Change::EditService(service.clone()));
        self.steps.push(Step::Service(service.clone()));
    }

    /// A service goes with all that is in it: who wants it gone wants its connections gone.
    pub(super) fn cease(&mut self, key: &ServiceKey) {
        let Some(server) = self.table.take(key) else {
            return;
        };
        for destination in server.destinations().keys() {
            let slot = (*key, *destination);
            self.stay(&slot);
            self.idle_since.remove(&slot);
        }
        self.steps.push(Step::Gone(*key));
    }

    pub(super) fn set(&mut self, now: Instant, service: &ServiceKey, destination: Destination) {
        let slot = (*service, destination.key);
        self.stay(&slot);
        let before = self.find(&slot).copied();
        if before == Some(destination) {
            return;
        }
        if destination.serves() {
            self.idle_since.remove(&slot);
        } else if before.is_some_and(|before| before.serves()) {
            self.idle_since.insert(slot, now);
        }
        self.say(slot, Some(destination));
    }

    /// Out: at once where it is dead, as there is nothing to spare; else when what is under way may have ended.
    pub(super) fn unset(&mut self, now: Instant, service: &ServiceKey, key: &DestinationKey, dead: bool) {
        let slot = (*service, *key);
        let Some(before) = self.find(&slot).copied() else {
            return;
        };
        if dead {
            self.stay(&slot);
            return self.delete(slot);
        }
        if self.leaving.contains_key(&slot) {
            return;
        }
        let since = if before.serves() {
            Some(now)
        } else {
            self.idle_since.get(&slot).copied()
        };
        let until = since.map(|since| since.plus(LINGER)).filter(|until| *until > now);
        let Some(until) = until else {
            return self.delete(slot);
        };
        self.leaving.insert(slot, until);
        self.by_time.insert((until, slot));
        if before.serves() {
            let idle = Destination { weight: 0, ..before };
            self.say(slot, Some(idle));
        }
    }

    /// Whether it is there only until what is under way has ended.
    pub(super) fn is_leaving(&self, service: &ServiceKey, key: &DestinationKey) -> bool {
        self.leaving.contains_key(&(*service, *key))
    }

    pub(super) fn destinations(&self, service: &ServiceKey) -> Vec<DestinationKey> {
        let server = self.table.get(service);
        server.map_or_else(Vec::new, |server| server.destinations().keys().copied().collect())
    }

    fn find(&self, (service, key): &Slot) -> Option<&Destination> {
        self.table.get(service)?.destination(key)
    }

    fn stay(&mut self, slot: &Slot) {
        if let Some(at) = self.leaving.remove(slot) {
            self.by_time.remove(&(at, *slot));
        }
    }

    fn delete(&mut self, slot: Slot) {
        self.idle_since.remove(&slot);
        self.say(slot, None);
    }

    fn say(&mut self, (service, key): Slot, destination: Option<Destination>) {
        let step = Step::Destination {
            service,
            key,
            destination,
        };
        step.apply(&mut self.table);
        self.steps.push(step);
    }
}

/// Times are added where they are used.
trait Plus {
    fn plus(self, by: Duration) -> Self;
}

impl Plus for Instant {
    fn plus(self, by: Duration) -> Self {
        self.plus_nanos(u64::try_from(by.as_nanos()).unwrap_or(u64::MAX))
    }
}
