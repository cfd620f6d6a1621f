//! Exactly one Active after convergence, and the best one (PRJ-FSM-05).

use std::collections::BTreeMap;
use std::time::Duration;

use vrrp_core::{Family, Interval, StateName, VirtualRouter, active_down_nanos};

use super::Check;
use crate::node::Node;
use crate::world::World;

/// Looks only where everyone hears everyone on their side and nothing has disturbed the group for
/// `max(Active_Down_Interval) + Advertisement_Interval` plus what the world itself takes.
#[derive(Debug)]
pub struct OneActive {
    allowance: Duration,
}

impl OneActive {
    /// `allowance`: what the world takes beyond the protocol: delays of frames, stalls, holds and delays by
    /// configuration.
    #[must_use]
    pub const fn after(allowance: Duration) -> Self {
        Self { allowance }
    }
}

type Group<'a> = Vec<(&'a Node, &'a VirtualRouter)>;

impl Check for OneActive {
    fn name(&self) -> &'static str {
        "one Active"
    }

    fn look(&mut self, world: &World) -> Option<String> {
        let quiet = world.now().since(world.disturbed_at());
        if world.touched().is_empty() || world.fabric().loses() || quiet <= self.allowance {
            return None;
        }
        let groups = groups(world);
        // The slowest of all, the dead included: its interval may have been learned.
        let all = world.nodes().flat_map(|(_, node)| &node.settings().routers);
        let slowest = all.map(|config| config.interval).max()?;
        let bound = groups
            .values()
            .filter_map(|group| bound_nanos(group, slowest))
            .max()?;
        if quiet <= self.allowance + Duration::from_nanos(bound) {
            return None;
        }
        groups.into_iter().find_map(|((side, _, vrid), group)| {
            let wrong = judge(&group)?;
            Some(format!("VRID {vrid} on side {side}: {wrong}"))
        })
    }
}

/// Routers that could take part, by side of a partition, family and VRID.
fn groups(world: &World) -> BTreeMap<(u8, Family, u8), Group<'_>> {
    let mut groups = BTreeMap::<_, Group<'_>>::new();
    for (id, node) in world.nodes() {
        if !node.is_powered() || !node.link_up() || !node.is_awake(world.now()) {
            continue;
        }
        let side = world.fabric().island(world.port(id));
        for router in node.routers() {
            if !node.is_barred(router.config()) {
                let key = (side, router.config().family, router.config().vrid.get());
                groups.entry(key).or_default().push((node, router));
            }
        }
    }
    groups
}

fn bound_nanos(group: &Group<'_>, slowest: Interval) -> Option<u64> {
    let down = group.iter().map(|(_, router)| {
        let config = router.config();
        active_down_nanos(config.version, router.priority(), slowest, config.down_adverts)
    });
    Some(down.max()?.saturating_add(slowest.nanos()))
}

fn judge(group: &Group<'_>) -> Option<String> {
    let active = group
        .iter()
        .filter(|(_, router)| router.state_name() == StateName::Active);
    let active = active.collect::<Vec<_>>();
    let [(node, router)] = active.as_slice() else {
        let names = active
            .iter()
            .map(|(node, _)| node.settings().name.as_str())
            .collect::<Vec<_>>();
        return Some(format!("{} are Active: {names:?}", active.len()));
    };
    // Without preemption a worse router may rightly go on.
    let (other, best) = group
        .iter()
        .filter(|(_, router)| router.config().preempt)
        .max_by_key(|(node, router)| node.priority_told(router.config()))?;
    let (own, better) = (
        node.priority_told(router.config()),
        other.priority_told(best.config()),
    );
    (better > own).then(|| {
        let (name, other) = (&node.settings().name, &other.settings().name);
        format!("{name} is Active with priority {own}, though {other} has {better}")
    })
}
