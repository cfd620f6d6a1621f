//! A goodbye on one link speaks for all: a group that hears it on one LAN does not wait for silence on the other.

use std::collections::BTreeMap;
use std::time::Duration;

use vrrp_core::{Instant, StateName, VirtualRouter};

use super::Check;
use super::advert::Advert;
use super::pace::skew;
use crate::clock;
use crate::fault::NodeId;
use crate::timeline::What;
use crate::world::World;

/// Frames of both nodes on their way, the slowest of these worlds.
const TRAVELS: Duration = Duration::from_millis(100);
/// Whoever was Active so lately may have lost to an equal, and lets that one go first.
const RESTED: Duration = Duration::from_secs(10);

/// Whoever hears the goodbye of the better Active that it follows, on any LAN, is Active after one interval and Skew_Time of
/// its slowest member, or has heard another. For worlds in which no frame is lost; judged where nothing disturbs it meanwhile
/// and each member can take over.
#[derive(Debug, Default)]
pub struct AGoodbyeSpeaksForAll {
    heirs: BTreeMap<NodeId, Heir>,
    /// When a node's group was last something else than Backup.
    served: BTreeMap<NodeId, Instant>,
    /// What each node said last above 0, by VRID.
    said: BTreeMap<u8, u8>,
}

#[derive(Debug, Clone, Copy)]
struct Heir {
    since: Instant,
    until: Instant,
}

impl AGoodbyeSpeaksForAll {
    fn becomes_heir(&mut self, world: &World, id: NodeId, vrid: u8) -> Option<Heir> {
        let now = world.now();
        let node = world.node(id);
        let rested = self.served.get(&id).is_none_or(|at| now.since(*at) > RESTED);
        let mut groups = node.groups();
        let members = groups.next()?;
        let better = |router: &&VirtualRouter| {
            let own = node.priority_told(router.config());
            router.config().preempt
                && self
                    .said
                    .get(&router.config().vrid.get())
                    .is_some_and(|said| *said > own)
        };
        let well = members.iter().all(|router| {
            router.state_name() == StateName::Backup && better(router) && !node.is_barred(router.config())
        });
        let its_own = members.iter().any(|router| router.config().vrid.get() == vrid);
        if !(rested && well && its_own && node.is_awake(now)) {
            return None;
        }
        let waits = members.iter().map(|router| {
            let config = router.config();
            let interval = Duration::from_nanos(config.interval.nanos());
            interval + skew(config.version, interval, node.priority_told(config))
        });
        let until = clock::after(now, waits.max()? + TRAVELS);
        Some(Heir { since: now, until })
    }
}

impl Check for AGoodbyeSpeaksForAll {
    fn name(&self) -> &'static str {
        "a goodbye speaks for all"
    }

    fn look(&mut self, world: &World) -> Option<String> {
        let now = world.now();
        let fault = |(_, what): &(Option<NodeId>, What)| matches!(what, What::Fault(_));
        if world.latest().iter().any(fault) || world.fabric().loses() {
            self.heirs.clear();
        }
        for id in world.touched() {
            let backup = |router: &VirtualRouter| router.state_name() == StateName::Backup;
            if !world.node(*id).is_running() || !world.node(*id).routers().all(backup) {
                self.served.insert(*id, now);
                self.heirs.remove(id);
            }
        }
        for (id, datagram) in world.heard() {
            let Some(advert) = Advert::of(datagram) else {
                continue;
            };
            if advert.priority > 0 {
                self.said.insert(advert.vrid, advert.priority);
                self.heirs.remove(id);
            } else if !self.heirs.contains_key(id)
                && let Some(heir) = self.becomes_heir(world, *id, advert.vrid)
            {
                self.heirs.insert(*id, heir);
            }
        }
        let (id, heir) = self.heirs.iter().find(|(_, heir)| now > heir.until)?;
        let (id, heir) = (*id, *heir);
        self.heirs.remove(&id);
        let name = &world.node(id).settings().name;
        Some(format!(
            "{name} has heard a goodbye at {} s, and nobody serves",
            heir.since
        ))
    }
}
