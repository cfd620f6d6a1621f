//! What a witness has seen, kept until somebody has time to put it into words.

use std::collections::BTreeMap;
use std::sync::Arc;

use vrrp_core::{Actions, InstanceId, Instant, Rejected, Seen, Settings, Snapshot, VirtualRouter};

use crate::decision::{Decided, View};
use crate::line::{Entry, Line, Stimulus};

/// One line that is not written yet.
#[derive(Debug)]
pub(crate) enum Item {
    /// Another run.
    Begins,
    Router {
        name: Arc<str>,
        settings: Box<Settings>,
        snapshot: Option<Box<Snapshot>>,
    },
    Step {
        now: Instant,
        name: Arc<str>,
        stimulus: Stimulus,
        decided: Box<Decided>,
    },
    Discarded {
        now: Instant,
        name: Option<Arc<str>>,
        rejected: Box<Rejected>,
    },
    Group {
        now: Instant,
        group: u32,
        members: Vec<Arc<str>>,
    },
    Ungrouped {
        now: Instant,
        name: Arc<str>,
    },
    Gone {
        name: Arc<str>,
    },
    Lost {
        lines: u64,
    },
}

/// What the routers are called.
#[derive(Debug, Default)]
pub(crate) struct Names {
    known: BTreeMap<InstanceId, Arc<str>>,
}

impl Names {
    fn get(&self, id: InstanceId) -> Option<Arc<str>> {
        self.known.get(&id).cloned()
    }

    /// Two routers may have one name for a moment: one that goes and holds its addresses still, and its successor.
    fn enter(&mut self, id: InstanceId, name: &str) -> Arc<str> {
        let mut others = self.known.iter().filter(|(other, _)| **other != id);
        let name: Arc<str> = if others.any(|(_, other)| &**other == name) {
            format!("{name}~{}", id.0).into()
        } else {
            name.into()
        };
        let _before = self.known.insert(id, Arc::clone(&name));
        name
    }

    /// `None`: it was never introduced, or is none of this recording's business.
    pub(crate) fn item(&mut self, seen: &Seen<'_>) -> Option<Item> {
        let step = |now, name, stimulus, actions: &Actions, router| Item::Step {
            now,
            name,
            stimulus,
            decided: Box::new(Decided {
                view: View::of(router),
                actions: *actions,
            }),
        };
        match *seen {
            Seen::Begins => {
                self.known.clear();
                Some(Item::Begins)
            }
            Seen::Here { id, name, router } => Some(introduction(self.enter(id, name), router)),
            Seen::Still { id, router } => Some(introduction(self.get(id)?, router)),
            Seen::Step {
                now,
                id,
                input,
                actions,
                router,
            } => Some(step(now, self.get(id)?, Stimulus::Input(input), actions, router)),
            Seen::Reconfigured {
                now,
                id,
                actions,
                router,
            } => {
                let settings = Box::new(router.config().settings().clone());
                let stimulus = Stimulus::Reconfigured(settings);
                Some(step(now, self.get(id)?, stimulus, actions, router))
            }
            Seen::Ordered {
                now,
                id,
                actions,
                router,
            } => Some(step(now, self.get(id)?, Stimulus::Ordered, actions, router)),
            // PRJ-LOG-01: a flood must not become a flood of lines.
            Seen::Discarded { now, rejected } => rejected.log.map(|_| Item::Discarded {
                now,
                name: rejected.instance.and_then(|id| self.get(id)),
                rejected: Box::new(*rejected),
            }),
            Seen::Grouped { now, group, members } => Some(Item::Group {
                now,
                group: group.0,
                members: members.iter().filter_map(|id| self.get(*id)).collect(),
            }),
            Seen::Ungrouped { now, id } => Some(Item::Ungrouped {
                now,
                name: self.get(id)?,
            }),
            Seen::Gone { id } => Some(Item::Gone {
                name: self.known.remove(&id)?,
            }),
            _ => None,
        }
    }
}

fn introduction(name: Arc<str>, router: &VirtualRouter) -> Item {
    let new = VirtualRouter::new(router.config().clone()).snapshot();
    let snapshot = router.snapshot();
    Item::Router {
        name,
        settings: Box::new(router.config().settings().clone()),
        snapshot: (snapshot != new).then(|| Box::new(snapshot)),
    }
}

impl Item {
    /// In words; `last`: the time of the line before, and then of this one. `details`: of a header.
    pub(crate) fn line(self, last: &mut Instant, details: &str) -> Line {
        if let Self::Step { now, .. }
        | Self::Discarded { now, .. }
        | Self::Group { now, .. }
        | Self::Ungrouped { now, .. } = &self
        {
            *last = *now;
        }
        let entry = match self {
            Self::Begins => Entry::Header {
                details: details.to_owned(),
            },
            Self::Router {
                name,
                settings,
                snapshot,
            } => Entry::Router {
                name: name.to_string(),
                settings,
                snapshot,
            },
            Self::Step {
                name,
                stimulus,
                decided,
                ..
            } => Entry::Step {
                name: name.to_string(),
                stimulus,
                decided: Some(decided.to_string()),
            },
            Self::Discarded { name, rejected, .. } => Entry::Discarded {
                name: name.map(|name| name.to_string()),
                source: rejected.source,
                reason: rejected.reject.id().to_owned(),
                alike: rejected.log.map_or(0, |suppressed| suppressed.0),
            },
            Self::Group { group, members, .. } => Entry::Group {
                group,
                members: members.iter().map(|name| name.to_string()).collect(),
            },
            Self::Ungrouped { name, .. } => Entry::Ungrouped {
                name: name.to_string(),
            },
            Self::Gone { name } => Entry::Gone {
                name: name.to_string(),
            },
            Self::Lost { lines } => Entry::Lost { lines },
        };
        Line { at: *last, entry }
    }
}
