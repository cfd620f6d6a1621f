//! Whoever stops as planned is replaced before it lets its addresses go (PRJ-STOP-02).

use std::time::Duration;

use vrrp_core::{Instant, Interval, Report, StateName};

use super::Check;
use super::history::{History, are_together, taking_part};
use crate::clock;
use crate::fault::NodeId;
use crate::timeline::What;
use crate::world::World;

/// A hold does not end without a successor where a Backup has heard the goodbye: Skew_Time is shorter than any hold. For
/// worlds of one virtual router per node, one interval and one version, in which no frame is lost.
#[derive(Debug)]
pub struct HandedOver {
    interval: Duration,
    history: History,
    /// Since when a node holds on.
    holding: Vec<(NodeId, Instant)>,
}

impl HandedOver {
    /// `interval`: everybody's.
    #[must_use]
    pub const fn at(interval: Interval) -> Self {
        Self {
            interval: Duration::from_nanos(interval.nanos()),
            history: History::new(),
            holding: Vec::new(),
        }
    }

    fn judge(&self, world: &World, id: NodeId) -> Option<String> {
        let (_, began) = self.holding.iter().rev().find(|(node, _)| *node == id)?;
        let since = began.as_nanos().checked_sub(clock::nanos(self.interval * 2))?;
        let since = Instant::from_nanos(since);
        let calm = self
            .history
            .is_calm(clock::after(*began, Duration::from_nanos(1)), None);
        // Whoever wakes from a stall may read the order, and another that makes it void or the loss of its link, in one turn.
        if *began == world.now() || !calm || world.node(id).is_mute(world.now()) || !world.node(id).link_up()
        {
            return None;
        }
        let (ready, _) = world.nodes().find(|(other, _)| {
            let is_there = taking_part(world, *other).is_some() && are_together(world, id, *other);
            *other != id && is_there && self.history.is_since(*other, StateName::Backup, since)
        })?;
        let name = |id| &world.node(id).settings().name;
        Some(format!(
            "{} lets go and nobody has taken over since {began} s, though {} could",
            name(id),
            name(ready)
        ))
    }
}

impl Check for HandedOver {
    fn name(&self) -> &'static str {
        "a planned stop hands over"
    }

    fn look(&mut self, world: &World) -> Option<String> {
        let changes = self.history.take(world);
        for (id, transition) in &changes {
            if transition.holding {
                self.holding.retain(|(node, _)| node != id);
                self.holding.push((*id, world.now()));
            }
        }
        self.history.keep(world.now(), &changes);
        world.latest().iter().find_map(|(id, what)| match (id, what) {
            (
                Some(id),
                What::Report {
                    report: Report::HoldEnded { successor: None },
                    ..
                },
            ) => self.judge(world, *id),
            _ => None,
        })
    }
}
