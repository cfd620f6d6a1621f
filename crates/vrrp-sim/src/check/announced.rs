//! Whoever becomes Active tells its neighbours (V3-6.4.1-04, V3-6.4.1-05).

use std::collections::BTreeMap;
use std::time::Duration;

use vrrp_core::{Instant, StateName};

use super::Check;
use super::history::{History, taking_part};
use crate::clock;
use crate::fault::NodeId;
use crate::timeline::What;
use crate::world::World;

/// A new Active announces within a limit, unless it is disturbed or has stepped back by then. For worlds of one virtual router
/// per node.
#[derive(Debug)]
pub struct TheNewActiveAnnounces {
    limit: Duration,
    history: History,
    owes: BTreeMap<NodeId, Instant>,
}

impl TheNewActiveAnnounces {
    /// `limit`: what making the addresses takes.
    #[must_use]
    pub const fn within(limit: Duration) -> Self {
        Self {
            limit,
            history: History::new(),
            owes: BTreeMap::new(),
        }
    }
}

impl Check for TheNewActiveAnnounces {
    fn name(&self) -> &'static str {
        "the new Active announces"
    }

    fn look(&mut self, world: &World) -> Option<String> {
        let now = world.now();
        let changes = self.history.take(world);
        for (id, transition) in &changes {
            if transition.to == StateName::Active {
                self.owes.insert(*id, now);
            } else {
                self.owes.remove(id);
            }
        }
        self.history.keep(now, &changes);
        for (id, what) in world.latest() {
            if let (Some(id), What::Announced(_)) = (id, what) {
                self.owes.remove(id);
            }
        }
        let (limit, history) = (self.limit, &self.history);
        let late = |since: &Instant| now > clock::after(*since, limit);
        let (id, since) = self.owes.iter().find(|(_, since)| late(since))?;
        let (id, since) = (*id, *since);
        self.owes.remove(&id);
        let calm = history.is_calm(since, None) && taking_part(world, id).is_some();
        calm.then(|| {
            let name = &world.node(id).settings().name;
            format!("{name} has been Active since {since} s and has announced nothing")
        })
    }
}
