//! After a merge the winner announces its addresses again: neighbours on the loser's side would go on sending to a node that
//! has let the addresses go.

use std::collections::BTreeMap;
use std::time::Duration;

use vrrp_core::{Cause, Family, Instant, Report, StateName};

use super::Check;
use crate::clock;
use crate::fault::{Fault, NodeId};
use crate::timeline::What;
use crate::world::World;

/// Two Active routers that hear each other are a contest; who is left must have announced since it began, at the latest
/// so long after the other has yielded to it. For worlds in which every router has `advert_before_yield` and no frame is
/// lost: without that last word a winner that is heard first never learns that there was a rival.
///
/// A contest that ends otherwise (a rival dies, or is parted from the winner), or whose end is disturbed by another fault,
/// is not judged.
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
        let mut yielded = Vec::new();
        let mut changed = false;
        for (node, what) in world.latest() {
            match (node, what) {
                (Some(node), What::Announced(_)) => {
                    self.announced.insert(*node, now);
                }
                (Some(node), What::Report { report, .. }) => {
                    changed |= matches!(report, Report::Transition(_));
                    if yields(report) && !world.node(*node).is_mute(now) {
                        yielded.push(*node);
                    }
                }
                (_, What::Fault(fault)) => {
                    changed = true;
                    if disturbs(fault) {
                        self.contests.clear();
                    }
                }
                _ => {}
            }
        }
        if !changed && self.contests.is_empty() {
            return None;
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
                (false, left, Some(contest)) if contest.over.is_none() => {
                    let heard = |winner: &&NodeId| yielded.iter().any(|loser| hears(winner, loser));
                    match left.iter().find(heard) {
                        Some(winner) => contest.over = Some((*winner, now)),
                        None => {
                            self.contests.remove(group);
                        }
                    }
                }
                (false, _, _) => {}
            }
        }
        self.contests.retain(|group, _| active.contains_key(group));
        self.judge(world)
    }
}

impl WinnerAnnounces {
    fn judge(&mut self, world: &World) -> Option<String> {
        let now = world.now();
        let (announced, within) = (&self.announced, self.within);
        self.contests.retain(|_, contest| {
            contest.over.is_none_or(|(winner, _)| {
                let node = world.node(winner);
                let mut routers = node.routers();
                let is_active = routers.any(|router| router.state_name() == StateName::Active);
                is_active && node.is_awake(now) && !node.is_mute(now)
            })
        });
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

fn yields(report: &Report) -> bool {
    let Report::Transition(transition) = report else {
        return false;
    };
    transition.from == StateName::Active && matches!(transition.cause, Cause::HigherHeard { .. })
}

const fn disturbs(fault: &Fault) -> bool {
    !matches!(fault, Fault::Heal)
}
