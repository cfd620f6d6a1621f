//! Addresses are present exactly while Active or in hold (PRJ-STOP-01), after whatever happened before.

use std::collections::BTreeMap;
use std::time::Duration;

use vrrp_core::Instant;

use super::Check;
use crate::clock;
use crate::fault::NodeId;
use crate::world::World;

/// Compares each kernel with what its routers want, whenever program and kernel have nothing left to do.
///
/// Leftovers of a killed program may stay until the time at which a restarted one removes them.
#[derive(Debug, Default)]
pub struct AddressesFollowTheState {
    started: BTreeMap<NodeId, Instant>,
}

impl Check for AddressesFollowTheState {
    fn name(&self) -> &'static str {
        "addresses follow the state"
    }

    fn look(&mut self, world: &World) -> Option<String> {
        let now = world.now();
        for id in world.touched().iter().copied() {
            let node = world.node(id);
            if !node.is_running() {
                self.started.remove(&id);
                continue;
            }
            let started = *self.started.entry(id).or_insert(now);
            let leftovers_until =
                clock::after(started, node.settings().leftovers_after + Duration::from_nanos(1));
            if !node.is_awake(now) || !node.is_idle() || !node.kernel().is_idle() {
                continue;
            }
            let present = node.kernel().present();
            let name = &node.settings().name;
            if let Some(missing) = node.wants().find(|address| !present.contains(address)) {
                return Some(format!("{name} does not hold {missing}, which it should"));
            }
            let mut left = present
                .iter()
                .filter(|address| node.wants().all(|wanted| wanted != **address));
            if let (Some(left), true) = (left.next(), now > leftovers_until) {
                return Some(format!("{name} holds {left}, which it should not"));
            }
        }
        None
    }
}
