//! What checks of the election have seen: states, advertisements and faults, of worlds with one virtual router per node.

use std::collections::BTreeMap;
use std::time::Duration;

use vrrp_core::{Instant, Report, StateName, Transition, VirtualRouter};

use crate::clock;
use crate::fault::{Fault, NodeId};
use crate::timeline::What;
use crate::world::World;

/// The last word of a node.
#[derive(Debug, Clone, Copy)]
pub(super) struct Said {
    pub(super) at: Instant,
    /// It was a goodbye.
    pub(super) goodbye: bool,
    /// The last one above 0, and when it was said.
    pub(super) priority: u8,
    pub(super) spoke_at: Instant,
    /// When it first said goodbye after that; a goodbye may be said once more.
    pub(super) farewell_at: Option<Instant>,
}

/// What a frame and its jitter take at most in a world that loses none.
pub(super) const ARRIVES: Duration = Duration::from_millis(2);

impl Said {
    /// A goodbye that may have overtaken the advertisement in front of it: whoever heard them so waits as if it had not come.
    pub(super) fn is_doubtful(&self) -> bool {
        let overtakes_until = clock::after(self.spoke_at, ARRIVES);
        self.farewell_at.is_some_and(|at| at <= overtakes_until)
    }
}

#[derive(Debug, Default)]
pub(super) struct History {
    entered: BTreeMap<NodeId, (StateName, Instant)>,
    said: BTreeMap<NodeId, Said>,
    /// When, whose, and whether it ends a career and does nothing else; what lasts stands here twice.
    faults: Vec<(Instant, Option<NodeId>, bool)>,
}

impl History {
    pub(super) const fn new() -> Self {
        Self {
            entered: BTreeMap::new(),
            said: BTreeMap::new(),
            faults: Vec::new(),
        }
    }

    /// Takes in the latest event. The transitions in it, each as it was before the state in here changed.
    pub(super) fn take(&mut self, world: &World) -> Vec<(NodeId, Transition)> {
        let now = world.now();
        let mut changes = Vec::new();
        for (node, what) in world.latest() {
            match (node, what) {
                (_, What::Fault(fault)) => {
                    self.faults.push((now, fault.node(), ends(fault)));
                    let over = lasts(fault).map(|lasts| (clock::after(now, lasts), fault.node(), false));
                    self.faults.extend(over);
                }
                (Some(node), What::Sent { priority, .. }) => {
                    let before = self.said.get(node).copied();
                    let goodbye = *priority == 0;
                    let spoke = before.filter(|_| goodbye);
                    let said = Said {
                        at: now,
                        goodbye,
                        priority: spoke.map_or(*priority, |said| said.priority),
                        spoke_at: spoke.map_or(now, |said| said.spoke_at),
                        farewell_at: goodbye.then(|| spoke.and_then(|said| said.farewell_at).unwrap_or(now)),
                    };
                    self.said.insert(*node, said);
                }
                (
                    Some(node),
                    What::Report {
                        report: Report::Transition(transition),
                        ..
                    },
                ) => changes.push((*node, *transition)),
                _ => {}
            }
        }
        changes
    }

    /// Takes in the latest event and lets each transition in it be judged by what was before it.
    pub(super) fn judge_each(
        &mut self,
        world: &World,
        judge: impl Fn(&Self, NodeId, &Transition) -> Option<String>,
    ) -> Option<String> {
        let changes = self.take(world);
        let mut all = changes.iter();
        let found = all.find_map(|(id, transition)| judge(self, *id, transition));
        self.keep(world.now(), &changes);
        found
    }

    /// To be called with what [`take`](Self::take) gave, when it has been judged.
    pub(super) fn keep(&mut self, now: Instant, changes: &[(NodeId, Transition)]) {
        for (node, transition) in changes {
            self.entered.insert(*node, (transition.to, now));
        }
    }

    /// Whether a node has been in this state since then.
    pub(super) fn is_since(&self, node: NodeId, state: StateName, since: Instant) -> bool {
        let entered = self.entered.get(&node);
        entered.is_some_and(|(now_in, at)| *now_in == state && *at <= since)
    }

    pub(super) fn said(&self, node: NodeId) -> Option<Said> {
        self.said.get(&node).copied()
    }

    /// Who spoke last, `but` one.
    pub(super) fn last_word(&self, but: NodeId) -> Option<(NodeId, Said)> {
        let others = self.said.iter().filter(|(node, _)| **node != but);
        let last = others.max_by_key(|(_, said)| said.at)?;
        Some((*last.0, *last.1))
    }

    /// Whether nothing has happened to anybody since then, or only that `but`'s career has ended.
    pub(super) fn is_calm(&self, since: Instant, but: Option<NodeId>) -> bool {
        let mut later = self.faults.iter().filter(|(at, ..)| *at >= since);
        later.all(|(_, node, ends)| *ends && node.is_some() && *node == but)
    }
}

const fn ends(fault: &Fault) -> bool {
    matches!(
        fault,
        Fault::PowerCut(_) | Fault::Kill(_) | Fault::Stop(_) | Fault::LinkDown(_)
    )
}

/// How long one lasts that is over by itself: its end is a change too.
const fn lasts(fault: &Fault) -> Option<Duration> {
    match fault {
        Fault::Stall(_, lasts) | Fault::SendFails(_, lasts) | Fault::AddressesFail(_, lasts) => Some(*lasts),
        _ => None,
    }
}

/// The one virtual router of a node that takes part: its program runs, and it hears and is heard.
pub(super) fn taking_part(world: &World, id: NodeId) -> Option<&VirtualRouter> {
    let node = world.node(id);
    let can = node.is_powered() && node.is_awake(world.now()) && node.link_up() && !node.is_mute(world.now());
    let router = node.routers().next().filter(|_| can)?;
    (!node.is_barred(router.config())).then_some(router)
}

/// Whether two nodes hear each other where both take part.
pub(super) fn are_together(world: &World, a: NodeId, b: NodeId) -> bool {
    let island = |node| world.fabric().island(world.port(node));
    island(a) == island(b)
}

/// Whether its priority has changed in this very event.
pub(super) fn has_another_priority(world: &World, id: NodeId) -> bool {
    world.latest().iter().any(|(who, what)| {
        let changed = matches!(
            what,
            What::Report {
                report: Report::Priority { .. },
                ..
            }
        );
        changed && *who == Some(id)
    })
}
