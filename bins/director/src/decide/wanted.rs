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
    idle_since: Times,
    /// Who leaves, and when.
    leaving: Times,
}

/// A time for each of some, found by either.
#[derive(Debug, Clone, Default)]
struct Times {
    of: BTreeMap<Slot, Instant>,
    in_order: BTreeSet<(Instant, Slot)>,
}

impl Times {
    fn first(&self) -> Option<(Instant, Slot)> {
        self.in_order.first().copied()
    }

    fn get(&self, slot: &Slot) -> Option<Instant> {
        self.of.get(slot).copied()
    }

    fn insert(&mut self, slot: Slot, at: Instant) {
        self.remove(&slot);
        self.of.insert(slot, at);
        self.in_order.insert((at, slot));
    }

    fn remove(&mut self, slot: &Slot) {
        if let Some(at) = self.of.remove(slot) {
            self.in_order.remove(&(at, *slot));
        }
    }
}

impl Wanted {
    pub(super) const fn table(&self) -> &Table {
        &self.table
    }

    pub(super) fn take_steps(&mut self) -> Vec<Step> {
        std::mem::take(&mut self.steps)
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.leaving.first().map(|(at, _)| at)
    }

    /// Takes out who has lingered long enough.
    pub(super) fn tick(&mut self, now: Instant) {
        while let Some((at, slot)) = self.leaving.first() {
            if at > now {
                break;
            }
            self.delete(slot);
        }
        // As they come: a look at all of them at every input would cost the square of those that fail together.
        while let Some((since, slot)) = self.idle_since.first() {
            if now.since(since) < LINGER {
                break;
            }
            self.idle_since.remove(&slot);
        }
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
            self.leaving.remove(&slot);
            self.idle_since.remove(&slot);
        }
        self.steps.push(Step::Gone(*key));
    }

    pub(super) fn set(&mut self, now: Instant, service: &ServiceKey, destination: Destination) {
        let slot = (*service, destination.key);
        self.leaving.remove(&slot);
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
            return self.delete(slot);
        }
        if self.leaving.get(&slot).is_some() {
            return;
        }
        let since = if before.serves() {
            Some(now)
        } else {
            self.idle_since.get(&slot)
        };
        let until = since.map(|since| since.plus(LINGER)).filter(|until| *until > now);
        let Some(until) = until else {
            return self.delete(slot);
        };
        self.leaving.insert(slot, until);
        if before.serves() {
            let idle = Destination { weight: 0, ..before };
            self.say(slot, Some(idle));
        }
    }

    /// Whether it is there only until what is under way has ended.
    pub(super) fn is_leaving(&self, service: &ServiceKey, key: &DestinationKey) -> bool {
        self.leaving.get(&(*service, *key)).is_some()
    }

    pub(super) fn destinations(&self, service: &ServiceKey) -> Vec<DestinationKey> {
        let server = self.table.get(service);
        server.map_or_else(Vec::new, |server| server.destinations().keys().copied().collect())
    }

    fn find(&self, (service, key): &Slot) -> Option<&Destination> {
        self.table.get(service)?.destination(key)
    }

    fn delete(&mut self, slot: Slot) {
        self.leaving.remove(&slot);
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
