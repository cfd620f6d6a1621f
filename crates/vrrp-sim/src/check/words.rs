//! What an Active says is what it was told: its priority, its versions; and an owner says it at once.

use std::collections::BTreeMap;
use std::time::Duration;

use vrrp_core::{InstanceId, Instant, Report, StateName, Version};

use super::Check;
use super::advert::Advert;
use super::history::has_another_priority;
use super::pace::{ANSWERS_MAX, instance_of};
use crate::clock;
use crate::fault::{Fault, NodeId};
use crate::timeline::What;
use crate::world::World;

/// An advertisement carries the base priority and what tracked objects add to it (X-04, PRJ-CHG-02), an owner's always 255;
/// that of a switchover, 1, is said by nobody: who is Active competes with its own again (PRJ-STOP-04).
#[derive(Debug, Default)]
pub struct ThePriorityIsAsTold;

impl Check for ThePriorityIsAsTold {
    fn name(&self) -> &'static str {
        "the priority is as told"
    }

    fn look(&mut self, world: &World) -> Option<String> {
        world.left().iter().find_map(|(id, instance, datagram)| {
            let advert = Advert::of(datagram).filter(|advert| advert.priority > 0)?;
            let node = world.node(*id);
            let router = instance_of(world, *id, *instance)?;
            let expected = node.priority_of_its_own(router.config());
            // In one turn it may have been told several things, and spoken between them.
            (advert.priority != expected && !has_another_priority(world, *id)).then(|| {
                let name = &node.settings().name;
                format!("{name} says {}, and was told {expected}", advert.priority)
            })
        })
    }
}

/// An Active whose priority has changed says so in the same turn, where falls are hurried (PRJ-CHG-02, X-20); unless it has
/// said three other things within an interval (PRJ-FSM-01), before a fall two, or cannot send.
#[derive(Debug, Default)]
pub struct ANewPriorityIsSaidAtOnce {
    spoke: BTreeMap<(NodeId, InstanceId), Vec<Instant>>,
    mute_until: BTreeMap<NodeId, Instant>,
}

impl ANewPriorityIsSaidAtOnce {
    fn is_free(
        &self,
        key: (NodeId, InstanceId),
        now: Instant,
        interval: Duration,
        others_max: usize,
    ) -> bool {
        let spoke = self.spoke.get(&key).into_iter().flatten();
        // What it could not send counts among the three as well.
        let until = self.mute_until.get(&key.0);
        let mute = until.is_some_and(|until| now <= clock::after(*until, interval));
        !mute && spoke.filter(|at| now.since(**at) <= interval).count() < others_max
    }
}

impl Check for ANewPriorityIsSaidAtOnce {
    fn name(&self) -> &'static str {
        "a new priority is said at once"
    }

    fn look(&mut self, world: &World) -> Option<String> {
        let now = world.now();
        for (_, what) in world.latest() {
            if let What::Fault(Fault::SendFails(id, lasts)) = what {
                let until = self.mute_until.entry(*id).or_insert(now);
                *until = clock::after(now, *lasts).max(*until);
            }
        }
        let found = world.latest().iter().find_map(|(id, what)| {
            let What::Report {
                router,
                report: Report::Priority { from, to },
                ..
            } = what
            else {
                return None;
            };
            // The last one is kept for a rise.
            let others_max = if to < from { ANSWERS_MAX - 1 } else { ANSWERS_MAX };
            let key = ((*id)?, *router);
            let instance = instance_of(world, key.0, key.1)?;
            let config = instance.config();
            let said = world.left().iter().any(|(id, router, _)| (*id, *router) == key);
            let may_wait = said
                || instance.state_name() != StateName::Active
                || !config.hurry_after_fall
                || !self.is_free(
                    key,
                    now,
                    Duration::from_nanos(config.interval.nanos()),
                    others_max,
                );
            let name = &world.node(key.0).settings().name;
            (!may_wait).then(|| format!("{name} keeps to itself that it has another priority"))
        });
        for (id, instance, _) in world.left() {
            let spoke = self.spoke.entry((*id, *instance)).or_default();
            spoke.push(now);
            // Both copies of the periodic one and of the answers of two windows.
            spoke.drain(..spoke.len().saturating_sub(4 * ANSWERS_MAX));
        }
        found
    }
}

/// A router of both versions says each word in version 3 and then in version 2, of whole seconds rounded down and at least
/// one (V3-8.4.2-03, PRJ-IOP-01); any other one speaks its own version alone (V3-8.4.2-02).
#[derive(Debug, Default)]
pub struct EachVersionIsSaid;

impl Check for EachVersionIsSaid {
    fn name(&self) -> &'static str {
        "each version is said"
    }

    fn look(&mut self, world: &World) -> Option<String> {
        let mut left = world.left().iter().peekable();
        while let Some((id, instance, datagram)) = left.next() {
            let Some(router) = instance_of(world, *id, *instance) else {
                continue;
            };
            let (config, name) = (router.config(), &world.node(*id).settings().name);
            let Some(said) = Advert::of(datagram) else {
                return Some(format!("{name} sends what is no advertisement"));
            };
            let own = match config.version {
                Version::V2 => 2,
                Version::V3 => 3,
            };
            if said.version != own {
                return Some(format!("{name} speaks version {} alone", said.version));
            }
            if !config.v2_interop {
                continue;
            }
            let copy = left.next_if(|(other, of, _)| (other, of) == (id, instance));
            let copy = copy.and_then(|(_, _, datagram)| Advert::of(datagram));
            let Some(copy) = copy.filter(|copy| copy.version == 2) else {
                return Some(format!("{name} says {} in version 3 alone", said.priority));
            };
            let seconds = Duration::from_secs(said.interval.as_secs().max(1));
            if (copy.priority, copy.vrid, copy.interval) != (said.priority, said.vrid, seconds) {
                return Some(format!("{name} says {said:?}, and then {copy:?}"));
            }
        }
        None
    }
}

/// The owner of the addresses is Active as soon as it starts, without waiting for anybody (T-I-01); for routers outside sync
/// groups.
#[derive(Debug, Default)]
pub struct TheOwnerIsActiveAtOnce;

impl Check for TheOwnerIsActiveAtOnce {
    fn name(&self) -> &'static str {
        "the owner is Active at once"
    }

    fn look(&mut self, world: &World) -> Option<String> {
        world.latest().iter().find_map(|(id, what)| {
            let What::Report {
                router,
                report: Report::Transition(change),
                ..
            } = what
            else {
                return None;
            };
            let id = (*id)?;
            let config = instance_of(world, id, *router)?.config();
            let node = world.node(id);
            let waits = (change.from, change.to) == (StateName::Initialize, StateName::Backup);
            let owns = config.priority.get() == 255 && !node.resigned_told(config);
            (waits && owns).then(|| format!("{} owns the addresses and waits", node.settings().name))
        })
    }
}
