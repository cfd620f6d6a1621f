//! Sync groups: members stand together at every moment, one group is Active in the end, and no group flaps.

use std::collections::BTreeMap;
use std::time::Duration;

use vrrp_core::{Instant, StateName, VirtualRouter};

use super::Check;
use crate::fault::NodeId;
use crate::world::World;

/// After every event, without any allowance: all members of a group are Active or none is, and none holds its addresses
/// while another waits as Backup beside an Active one.
#[derive(Debug, Default)]
pub struct GroupsTogether;

impl Check for GroupsTogether {
    fn name(&self) -> &'static str {
        "groups together"
    }

    fn look(&mut self, world: &World) -> Option<String> {
        for id in world.touched() {
            let node = world.node(*id);
            for members in node.groups() {
                let active = count(&members, StateName::Active);
                if active != 0 && active != members.len() {
                    let name = &node.settings().name;
                    return Some(format!(
                        "of a group of {name}, {active} of {} members are Active",
                        members.len()
                    ));
                }
            }
        }
        None
    }
}

fn count(members: &[&VirtualRouter], state: StateName) -> usize {
    let same = members.iter().filter(|router| router.state_name() == state);
    same.count()
}

/// Where every link works and nobody is away: one node's group is Active after the bound, stays so, and on the way there no
/// node was Active more often than there are nodes: false starts that some notice at once, each with one contender fewer, and
/// the right one.
#[derive(Debug)]
pub struct OneGroup {
    bound: Duration,
    disturbed_at: Instant,
    active: BTreeMap<NodeId, bool>,
    entered: BTreeMap<NodeId, u32>,
}

impl OneGroup {
    /// `bound`: from the last disturbance.
    #[must_use]
    pub const fn after(bound: Duration) -> Self {
        Self {
            bound,
            disturbed_at: Instant::from_nanos(0),
            active: BTreeMap::new(),
            entered: BTreeMap::new(),
        }
    }

    fn notice(&mut self, world: &World) -> Vec<NodeId> {
        if world.disturbed_at() != self.disturbed_at {
            self.disturbed_at = world.disturbed_at();
            self.entered.clear();
        }
        // Who is stalled is away: what the others do until then has a reason.
        let lasts = world.now() < self.disturbed_at;
        let mut changed = Vec::new();
        for id in world.touched() {
            let mut groups = world.node(*id).groups();
            let active = groups.any(|members| count(&members, StateName::Active) > 0);
            if self.active.insert(*id, active) != Some(active) {
                changed.push(*id);
                *self.entered.entry(*id).or_default() += u32::from(active && !lasts);
            }
        }
        changed
    }
}

impl Check for OneGroup {
    fn name(&self) -> &'static str {
        "one group"
    }

    fn look(&mut self, world: &World) -> Option<String> {
        let changed = self.notice(world);
        if world.touched().is_empty() || world.fabric().loses() {
            return None;
        }
        let name = |id: &NodeId| world.node(*id).settings().name.as_str();
        let starts_max = world.nodes().count().max(2);
        let mut entered = self.entered.iter();
        let often = entered.find(|(_, times)| usize::try_from(**times).unwrap_or(usize::MAX) > starts_max);
        if let Some((id, times)) = often {
            return Some(format!(
                "the group of {} took over {times} times without a reason",
                name(id)
            ));
        }
        if world.now().since(world.disturbed_at()) <= self.bound || !everybody_is_there(world) {
            return None;
        }
        if let Some(id) = changed.first() {
            return Some(format!("the group of {} is not at rest", name(id)));
        }
        let active = self.active.iter().filter(|(_, active)| **active);
        let active = active.map(|(id, _)| name(id)).collect::<Vec<_>>();
        (active.len() != 1).then(|| format!("{} groups are Active: {active:?}", active.len()))
    }
}

fn everybody_is_there(world: &World) -> bool {
    let awake = world.nodes().all(|(_, node)| {
        let barred = node.routers().any(|router| node.is_barred(router.config()));
        node.is_awake(world.now()) && node.link_up() && node.is_powered() && !barred
    });
    let islands = world.nodes().flat_map(|(id, node)| {
        let ports = node.settings().interfaces().into_iter();
        ports.filter_map(move |interface| world.port_on(id, interface))
    });
    awake && islands.into_iter().all(|port| world.fabric().island(port) == 0)
}
