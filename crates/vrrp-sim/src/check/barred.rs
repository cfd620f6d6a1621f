//! Nothing is sent while barred, except the goodbye with which an Active leaves (T-A-01, X-06).

use std::collections::BTreeMap;
use std::time::Duration;

use vrrp_core::{InstanceId, Instant, Report, StateName};

use super::Check;
use crate::clock;
use crate::fault::NodeId;
use crate::timeline::What;
use crate::world::World;

/// The goodbye may be repeated for so long (PRJ-FAIL-01).
const GOODBYE: Duration = Duration::from_millis(10);

/// Watches what leaves, and judges by what the program was told.
#[derive(Debug, Default)]
pub struct NothingSentWhileBarred {
    left_active: BTreeMap<(NodeId, InstanceId), Instant>,
}

impl Check for NothingSentWhileBarred {
    fn name(&self) -> &'static str {
        "nothing is sent while barred"
    }

    fn look(&mut self, world: &World) -> Option<String> {
        let now = world.now();
        // The send comes before the report of the transition, so transitions of this event are taken first.
        for (id, what) in world.latest() {
            if let (
                Some(id),
                What::Report {
                    router,
                    report: Report::Transition(change),
                    ..
                },
            ) = (id, what)
                && change.from == StateName::Active
                && change.to == StateName::Initialize
            {
                self.left_active.insert((*id, *router), now);
            }
        }
        for (id, what) in world.latest() {
            let Some(id) = id else { continue };
            let name = &world.node(*id).settings().name;
            match what {
                What::Sent {
                    router, priority: 0, ..
                } => {
                    let left = self.left_active.get(&(*id, *router));
                    if left.is_none_or(|left| now > clock::after(*left, GOODBYE)) {
                        return Some(format!("{name} says goodbye without having been Active"));
                    }
                }
                What::Sent {
                    priority,
                    barred: true,
                    ..
                } => {
                    return Some(format!("{name} sends priority {priority} while barred"));
                }
                What::Announced(address) if !world.node(*id).wanted().contains(address) => {
                    return Some(format!("{name} announces {address}, which it should not hold"));
                }
                _ => {}
            }
        }
        None
    }
}
