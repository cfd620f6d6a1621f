//! Many virtual routers: who is due, and what all of them want done.

mod receiving;

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use crate::action::{Action, Actions, Draft};
use crate::config::Config;
use crate::counters::GlobalCounters;
use crate::grouping::SyncGroup;
use crate::id::{Family, InstanceId, InterfaceId, Path, RouterKey};
use crate::input::Input;
use crate::log_limit::LogLimit;
use crate::restart::DifferentRouter;
use crate::seal::Sealed;
use crate::soonest::Soonest;
use crate::time::{Deadline, Instant, WallClock};
use crate::virtual_router::VirtualRouter;
use crate::witness::{Seen, Witness};

pub use receiving::{Accepted, Odd, Rejected};

/// What many routers want done, in order; owned by the caller and used again, so that a step allocates nothing once
/// it has grown.
#[derive(Debug, Default)]
pub struct Outbox {
    items: Vec<(InstanceId, Action)>,
}

impl Outbox {
    /// An empty one.
    #[must_use]
    pub const fn new() -> Self {
        Self { items: Vec::new() }
    }

    /// What is to be done, in order; the place is kept.
    pub fn drain(&mut self) -> impl Iterator<Item = (InstanceId, Action)> + '_ {
        self.items.drain(..)
    }

    /// What is to be done, in order.
    #[must_use]
    pub fn as_slice(&self) -> &[(InstanceId, Action)] {
        &self.items
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    pub(crate) fn extend(&mut self, id: InstanceId, actions: Actions) {
        self.items.extend(actions.into_iter().map(|action| (id, action)));
    }
}

#[derive(Debug, Clone)]
struct Slot {
    id: InstanceId,
    router: VirtualRouter,
    limit: LogLimit,
}

impl Slot {
    fn step(&mut self, now: Instant, input: Input, witness: Option<&Arc<dyn Witness>>, out: &mut Outbox) {
        let actions = self.router.handle(now, input);
        if let Some(witness) = witness {
            witness.see(Seen::Step {
                now,
                id: self.id,
                input,
                actions: &actions,
                router: &self.router,
            });
        }
        out.extend(self.id, actions);
    }
}

type Place = (Option<InterfaceId>, Family, u8);

/// The map of virtual routers of one node.
#[derive(Debug, Clone, Default)]
pub struct Router {
    slots: Vec<Option<Slot>>,
    /// Dense copy of every deadline: looking for the next one touches nothing else.
    deadlines: Soonest,
    places: BTreeMap<Place, Vec<InstanceId>>,
    limits: BTreeMap<Option<InterfaceId>, LogLimit>,
    counters: GlobalCounters,
    pub(crate) groups: Vec<SyncGroup>,
    pub(crate) witness: Option<Arc<dyn Witness>>,
}

impl Router {
    /// No routers yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a router in Initialize; hand it [`Input::Link`] and [`Input::Start`].
    ///
    /// # Errors
    /// [`KeyInUse`] when another router has its key (PRJ-KEY-01).
    pub fn add(&mut self, config: Config) -> Result<InstanceId, KeyInUse> {
        self.insert(VirtualRouter::new(config))
    }

    /// Adds a router that was made or restored elsewhere.
    ///
    /// # Errors
    /// [`KeyInUse`] when another router has its key.
    pub fn insert(&mut self, router: VirtualRouter) -> Result<InstanceId, KeyInUse> {
        let key = router.config().key();
        let place = (key.interface, key.family, key.vrid.get());
        let rivals = self.places.get(&place).map_or([].as_slice(), Vec::as_slice);
        for id in rivals {
            if self
                .get(*id)
                .is_some_and(|other| clashes(&other.config().key().path, &key.path))
            {
                return Err(KeyInUse { key, by: *id });
            }
        }
        let number = u32::try_from(self.slots.len()).unwrap_or(u32::MAX);
        let id = InstanceId(number);
        self.deadlines.push(router.deadline());
        self.limits.entry(key.interface).or_default();
        self.slots.push(Some(Slot {
            id,
            router,
            limit: LogLimit::default(),
        }));
        self.places.entry(place).or_default().push(id);
        Ok(id)
    }

    /// Takes a router out; hand it [`Input::Stop`] before and carry out what that asks for. One of a sync group has to
    /// leave that first, by [`Router::regroup`].
    pub fn remove(&mut self, id: InstanceId) -> Option<VirtualRouter> {
        if let Some(group) = self.detach(id) {
            self.number(group);
        }
        let slot = self.slots.get_mut(index(id))?.take()?;
        self.deadlines.set(index(id), None);
        for ids in self.places.values_mut() {
            ids.retain(|other| *other != id);
        }
        self.show(Seen::Gone { id });
        Some(slot.router)
    }

    /// Something happened to one router. An [`Input::Order`] to a member of a sync group is for the whole group.
    pub fn handle(&mut self, now: Instant, id: InstanceId, input: Input, out: &mut Outbox) {
        let Some(router) = self.get(id) else {
            return;
        };
        match (input, router.group()) {
            (Input::Order(_), Some(group)) => {
                for place in 0..self.members(group).len() {
                    if let Some(member) = self.members(group).get(place).copied() {
                        self.step(now, member, input, out);
                    }
                }
            }
            _ => self.step(now, id, input, out),
        }
        self.settle_group_of(now, id, out);
        self.show_all_if_asked(now);
    }

    fn step(&mut self, now: Instant, id: InstanceId, input: Input, out: &mut Outbox) {
        if let Some(slot) = self.slots.get_mut(index(id)).and_then(Option::as_mut) {
            slot.step(now, input, self.witness.as_ref(), out);
            self.refresh(id);
        }
    }

    pub(crate) fn router_mut(&mut self, id: InstanceId) -> Option<&mut VirtualRouter> {
        let slot = self.slots.get_mut(index(id))?.as_mut()?;
        Some(&mut slot.router)
    }

    /// See [`VirtualRouter::reconfigure`].
    ///
    /// # Errors
    /// [`DifferentRouter`] when it is another router, or there is none of this id.
    pub fn reconfigure(
        &mut self,
        now: Instant,
        id: InstanceId,
        config: Config,
        out: &mut Outbox,
    ) -> Result<(), DifferentRouter> {
        let slot = self
            .slots
            .get_mut(index(id))
            .and_then(Option::as_mut)
            .ok_or(DifferentRouter { because: None })?;
        let actions = slot.router.reconfigure(now, config)?;
        if let Some(witness) = &self.witness {
            witness.see(Seen::Reconfigured {
                now,
                id,
                actions: &actions,
                router: &slot.router,
            });
        }
        out.extend(id, actions);
        self.refresh(id);
        if let Some(group) = self.get(id).and_then(VirtualRouter::group) {
            self.number(group);
            self.settle_group_of(now, id, out);
        }
        self.show_all_if_asked(now);
        Ok(())
    }

    /// Lets every router act that is due, or may share this wake-up (PRJ-SLACK-01). Drain the sockets first.
    pub fn tick(&mut self, now: Instant, out: &mut Outbox) {
        let mut acted = false;
        let mut grouped = false;
        for (place, slot) in self.slots.iter_mut().enumerate() {
            let deadline = self.deadlines.get(place);
            let due = deadline.is_some_and(|deadline| deadline.earliest <= now);
            if let (true, Some(slot)) = (due, slot) {
                slot.step(now, Input::Tick, self.witness.as_ref(), out);
                self.deadlines.put(place, slot.router.deadline());
                acted = true;
                let group = slot.router.group();
                if let Some(group) = group.and_then(|group| self.groups.get_mut(group.place())) {
                    group.due = true;
                    grouped = true;
                }
            }
        }
        if acted {
            self.deadlines.replay_all();
        }
        if grouped {
            self.settle_groups_due(now, out);
        }
        if acted {
            self.show_all_if_asked(now);
        }
    }

    /// The next deadline over all routers.
    #[must_use]
    pub fn deadline(&self) -> Option<(InstanceId, Deadline)> {
        let (place, deadline) = self.deadlines.first()?;
        let slot = self.slots.get(place)?.as_ref()?;
        Some((slot.id, deadline))
    }

    /// One router.
    #[must_use]
    pub fn get(&self, id: InstanceId) -> Option<&VirtualRouter> {
        self.slots.get(index(id))?.as_ref().map(|slot| &slot.router)
    }

    /// See [`VirtualRouter::seal`].
    pub fn seal(&mut self, id: InstanceId, draft: Draft, wall: Option<WallClock>) -> Option<Sealed<'_>> {
        let slot = self.slots.get_mut(index(id))?.as_mut()?;
        Some(slot.router.seal(draft, wall))
    }

    /// Every router in the order of adding.
    pub fn iter(&self) -> impl Iterator<Item = (InstanceId, &VirtualRouter)> {
        let ids = (0_u32..).map(InstanceId);
        ids.zip(&self.slots)
            .filter_map(|(id, slot)| slot.as_ref().map(|slot| (id, &slot.router)))
    }

    /// What belongs to no single router.
    #[must_use]
    pub const fn counters(&self) -> &GlobalCounters {
        &self.counters
    }

    pub(crate) fn refresh(&mut self, id: InstanceId) {
        let deadline = self.get(id).and_then(VirtualRouter::deadline);
        self.deadlines.set(index(id), deadline);
    }
}

fn index(id: InstanceId) -> usize {
    usize::try_from(id.0).unwrap_or(usize::MAX)
}

/// Two routers of one VRID can be told apart only by different unicast peers.
fn clashes(a: &Path, b: &Path) -> bool {
    match (a, b) {
        (Path::Multicast { group: a }, Path::Multicast { group: b }) => a == b,
        (Path::Unicast { local: la, peers: a }, Path::Unicast { local: lb, peers: b }) => {
            la == lb
                && a.iter()
                    .any(|peer| b.iter().any(|other| other.address == peer.address))
        }
        (Path::Multicast { .. }, Path::Unicast { .. }) | (Path::Unicast { .. }, Path::Multicast { .. }) => {
            false
        }
    }
}

/// Another router has this key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyInUse {
    /// The key asked for.
    pub key: RouterKey,
    /// Who has it.
    pub by: InstanceId,
}

impl fmt::Display for KeyInUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "VRID {} in {} is in use on this interface and path",
            self.key.vrid, self.key.family
        )
    }
}

impl core::error::Error for KeyInUse {}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a thousand routers cost as long as nobody sends them rubbish: the log limit is made for the first reject.
    #[test]
    fn a_place_in_the_map_is_small() {
        let slot = size_of::<Option<Slot>>();
        let router = size_of::<VirtualRouter>();
        assert!(
            slot <= router + 40,
            "{slot} octets, of them {router} of the router"
        );
        assert!(slot <= 900, "{slot} octets");
    }
}
