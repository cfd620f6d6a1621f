//! Two nodes that hear each other never hold one address for longer than a planned stop's hold.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use vrrp_core::Instant;

use super::Check;
use crate::fault::NodeId;
use crate::world::World;

/// Counts from when both hold it and hear each other; a program that does not run is not counted: nobody can tell its
/// kernel to let go.
#[derive(Debug)]
pub struct NoTwoHolders {
    longest: Duration,
    since: BTreeMap<(IpAddr, NodeId, NodeId), Instant>,
}

impl NoTwoHolders {
    /// For longer than `longest`.
    #[must_use]
    pub const fn for_longer_than(longest: Duration) -> Self {
        Self {
            longest,
            since: BTreeMap::new(),
        }
    }
}

impl Check for NoTwoHolders {
    fn name(&self) -> &'static str {
        "no two holders"
    }

    fn look(&mut self, world: &World) -> Option<String> {
        if world.touched().is_empty() {
            return None;
        }
        let now = world.now();
        let holders = world
            .nodes()
            .filter(|(_, node)| node.is_awake(now) && node.link_up() && !node.is_mute(now))
            .filter(|(_, node)| !node.kernel().present().is_empty())
            .collect::<Vec<_>>();
        let mut seen = BTreeMap::new();
        for (index, (a, first)) in holders.iter().enumerate() {
            for (b, second) in holders.iter().skip(index + 1) {
                let fabric = world.fabric();
                let island = |node, interface| world.port_on(node, interface).map(|port| fabric.island(port));
                let both = first.kernel().present().intersection(second.kernel().present());
                for address in both {
                    let interface = first.interface_of(address);
                    if island(*a, interface) != island(*b, interface) {
                        continue;
                    }
                    let key = (*address, *a, *b);
                    let since = self.since.get(&key).copied().unwrap_or(now);
                    seen.insert(key, since);
                    if now.since(since) > self.longest {
                        let (first, second) = (&first.settings().name, &second.settings().name);
                        return Some(format!(
                            "{first} and {second} have both held {address} since {since} s"
                        ));
                    }
                }
            }
        }
        self.since = seen;
        None
    }
}
