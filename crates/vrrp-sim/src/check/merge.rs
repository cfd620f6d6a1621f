//! After a merge the winner announces its addresses again: neighbours on the loser's side would go on sending to a node that
//! has let the addresses go.

use std::collections::BTreeMap;
use std::time::Duration;

use vrrp_core::{Family, Instant, StateName};

use super::Check;
use crate::clock;
use crate::fault::NodeId;
use crate::timeline::What;
use crate::world::World;

/// Two Active routers that hear each other are a contest; who is left must have announced since it began, at the latest
/// so long after it has ended. For worlds in which every router has `advert_before_yield`: without it a winner that is
/// heard first never learns that there was a rival.
#[derive(Debug)]
pub struct WinnerAnnounces {
    within: Duration,
    contests: BTreeMap<Group, Contest>,
    announced: BTreeMap<NodeId, Instant>,
}

type Group = (Family, u8);

#[derive(Debug, Clone, Copy)]
struct Contest {
    since: Instant,
    over: Option<(NodeId, Instant)>,
}

impl WinnerAnnounces {
    /// `within`: what the last advertisement of the loser and the announcement need on their way.
    #[must_use]
    pub const fn within(within: Duration) -> Self {
        Self {
            within,
            contests: BTreeMap::new(),
            announced: BTreeMap::new(),
        }
    }
}

impl Check for WinnerAnnounces {
    fn name(&self) -> &'static str {
        "the winner of a merge announces again"
    }

    fn look(&mut self, world: &World) -> Option<String> {
        let now = world.now();
        for (node, what) in world.latest() {
            if let (Some(node), What::Announced(_)) = (node, what) {
                self.announced.insert(*node, now);
            }
        }
        let mut active = BTreeMap::<Group, Vec<NodeId>>::new();
        for (id, node) in world.nodes() {
            for router in node
                .routers()
                .filter(|router| router.state_name() == StateName::Active)
            {
                let group = (router.config().family, router.config().vrid.get());
                active.entry(group).or_default().push(id);
            }
        }
        for (group, nodes) in &active {
            let hears = |a: &NodeId, b: &NodeId| {
                let fabric = world.fabric();
                let (a, b) = (world.port(*a), world.port(*b));
                fabric.is_up(a) && fabric.is_up(b) && fabric.island(a) == fabric.island(b)
            };
            let mut pairs = nodes.iter().enumerate().flat_map(|(place, a)| {
                let others = nodes.iter().skip(place + 1);
                others.map(move |b| (a, b))
            });
            let contested = pairs.any(|(a, b)| hears(a, b));
            match (contested, nodes.as_slice(), self.contests.get_mut(group)) {
                (true, _, None) => {
                    let contest = Contest {
                        since: now,
                        over: None,
                    };
                    self.contests.insert(*group, contest);
                }
                (true, _, Some(contest)) => contest.over = None,
                (false, [winner], Some(contest)) if contest.over.is_none() => {
                    contest.over = Some((*winner, now));
                }
                (false, _, _) => {}
            }
        }
        self.judge(world)
    }
}

impl WinnerAnnounces {
    fn judge(&mut self, world: &World) -> Option<String> {
        let now = world.now();
        let (announced, within) = (&self.announced, self.within);
        let mut found = None;
        self.contests.retain(|(family, vrid), contest| {
            let Some((winner, over)) = contest.over.filter(|(_, over)| now > clock::after(*over, within))
            else {
                return true;
            };
            if announced.get(&winner).is_none_or(|at| *at < contest.since) {
                let name = &world.node(winner).settings().name;
                found = Some(format!(
                    "{name} has won VRID {vrid} in {family} since {over} s and has not announced since {} s",
                    contest.since
                ));
            }
            false
        });
        found
    }
}
