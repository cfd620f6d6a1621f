//! The routers of a recording, told everything once more. They are in one `Router`, as they were: what the members of a sync
//! group do to each other, and who acts in one tick, is found again and not read.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use vrrp_core::{
    Actions, GroupId, Input, InstanceId, Instant, Outbox, Router, Seen, Settings, Snapshot, VirtualRouter,
    Witness,
};

use crate::decision::{Decided, View};
use crate::line::Stimulus;

/// Groups are numbered in the order in which they were made; nobody makes so many.
const GROUPS_MAX: u32 = 65_536;

/// What a router made of what it was told.
#[derive(Debug, Clone)]
pub struct Decision {
    /// Which.
    pub name: String,
    /// What happened to it.
    pub stimulus: Stimulus,
    /// Before.
    pub before: View,
    /// The router after it.
    pub router: VirtualRouter,
    /// What it decides.
    pub decided: Decided,
    /// What was decided then, as it was written; `None`: not recorded.
    pub recorded: Option<String>,
    /// It does happen now: nothing is due otherwise, or its group orders nothing.
    pub happens: bool,
    /// What happens now before it, and is not on the lines between.
    pub unrecorded: Vec<String>,
}

impl Decision {
    /// Whether it is as it was recorded, word for word, and nothing else happens.
    #[must_use]
    pub fn is_as_recorded(&self) -> bool {
        let recorded = self.recorded.as_ref();
        self.happens
            && self.unrecorded.is_empty()
            && recorded.is_none_or(|recorded| *recorded == self.decided.to_string())
    }
}

/// One step that was made again.
#[derive(Debug)]
struct Made {
    now: Instant,
    id: InstanceId,
    stimulus: Kind,
    decided: Decided,
    router: VirtualRouter,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Input(Input),
    Reconfigured,
    Ordered,
}

impl Kind {
    const fn of(stimulus: &Stimulus) -> Self {
        match stimulus {
            Stimulus::Input(input) => Self::Input(*input),
            Stimulus::Reconfigured(_) => Self::Reconfigured,
            Stimulus::Ordered => Self::Ordered,
        }
    }
}

#[derive(Debug, Default)]
struct Onlooker {
    made: Mutex<Vec<Made>>,
}

impl Witness for Onlooker {
    fn see(&self, seen: Seen<'_>) {
        let (now, id, stimulus, actions, router): (_, _, _, &Actions, &VirtualRouter) = match seen {
            Seen::Step {
                now,
                id,
                input,
                actions,
                router,
            } => (now, id, Kind::Input(input), actions, router),
            Seen::Reconfigured {
                now,
                id,
                actions,
                router,
            } => (now, id, Kind::Reconfigured, actions, router),
            Seen::Ordered {
                now,
                id,
                actions,
                router,
            } => (now, id, Kind::Ordered, actions, router),
            _ => return,
        };
        let decided = Decided {
            view: View::of(router),
            actions: *actions,
        };
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.push(Made {
            now,
            id,
            stimulus,
            decided,
            router: router.clone(),
        });
    }
}

/// The routers as they are now.
#[derive(Debug)]
pub(crate) struct Retold {
    router: Router,
    onlooker: Arc<Onlooker>,
    outbox: Outbox,
    names: BTreeMap<String, InstanceId>,
    views: BTreeMap<InstanceId, View>,
    groups: u32,
    /// Made, and not yet found on a line.
    due: VecDeque<Made>,
}

impl Default for Retold {
    fn default() -> Self {
        let onlooker = Arc::<Onlooker>::default();
        let mut router = Router::new();
        router.set_witness(Some(onlooker.clone()));
        Self {
            router,
            onlooker,
            outbox: Outbox::new(),
            names: BTreeMap::new(),
            views: BTreeMap::new(),
            groups: 0,
            due: VecDeque::new(),
        }
    }
}

impl Retold {
    pub(crate) fn knows(&self, name: &str) -> bool {
        self.names.contains_key(name)
    }

    pub(crate) fn router(
        &mut self,
        name: &str,
        settings: Settings,
        snapshot: Option<Snapshot>,
    ) -> Result<VirtualRouter, String> {
        let config = settings.build().map_err(|error| error.to_string())?;
        let router = match snapshot {
            Some(snapshot) => VirtualRouter::restore(config, snapshot),
            None => VirtualRouter::new(config),
        };
        self.remove(name);
        let view = View::of(&router);
        let id = self.router.insert(router.clone());
        let id = id.map_err(|error| error.to_string())?;
        let _new = self.names.insert(name.to_owned(), id);
        let _new = self.views.insert(id, view);
        Ok(router)
    }

    pub(crate) fn remove(&mut self, name: &str) {
        if let Some(id) = self.names.remove(name) {
            let _router = self.router.remove(id);
            let _view = self.views.remove(&id);
            self.due.retain(|made| made.id != id);
        }
    }

    fn id(&self, name: &str) -> Result<InstanceId, String> {
        let id = self.names.get(name).copied();
        id.ok_or_else(|| format!("there is no router {name} yet"))
    }

    pub(crate) fn group(&mut self, now: Instant, group: u32, members: &[String]) -> Result<(), String> {
        let ids = members.iter().map(|name| self.id(name));
        let ids = ids.collect::<Result<Vec<_>, _>>()?;
        if group >= GROUPS_MAX {
            return Err(format!(
                "a sync group of number {group}; there are at most {GROUPS_MAX}"
            ));
        }
        while self.groups <= group {
            let _empty = self.router.group(now, &[], &mut self.outbox);
            self.groups += 1;
        }
        self.router.regroup(now, GroupId(group), &ids, &mut self.outbox);
        self.collect();
        Ok(())
    }

    pub(crate) fn ungroup(&mut self, now: Instant, name: &str) {
        if let Ok(id) = self.id(name) {
            self.router.leave_group(now, id, &mut self.outbox);
            self.collect();
        }
    }

    fn collect(&mut self) {
        self.outbox.drain().for_each(drop);
        let mut made = self.onlooker.made.lock().unwrap_or_else(PoisonError::into_inner);
        self.due.extend(made.drain(..));
    }

    fn find(&self, now: Instant, id: InstanceId, kind: Kind) -> Option<usize> {
        let mut due = self.due.iter();
        due.position(|made| made.now == now && made.id == id && made.stimulus == kind)
    }

    /// One line: what it tells is done, where it did not follow from the lines before.
    pub(crate) fn decide(
        &mut self,
        now: Instant,
        name: String,
        stimulus: Stimulus,
    ) -> Result<Decision, String> {
        let id = self.id(&name)?;
        let kind = Kind::of(&stimulus);
        let mut unrecorded = Vec::new();
        if self.find(now, id, kind).is_none() && kind != Kind::Ordered {
            unrecorded.extend(self.skip(self.due.len()));
            self.make(now, id, &stimulus)?;
            self.collect();
        }
        let place = self.find(now, id, kind);
        unrecorded.extend(self.skip(place.unwrap_or(0)));
        let made = place.and_then(|_| self.due.pop_front());
        let happens = made.is_some();
        let (decided, router) = match made {
            Some(made) => (made.decided, made.router),
            None => {
                let router = self.router.get(id).cloned();
                let router = router.ok_or_else(|| format!("there is no router {name} any more"))?;
                let view = View::of(&router);
                let actions = Actions::default();
                (Decided { view, actions }, router)
            }
        };
        let before = self.views.insert(id, decided.view).unwrap_or(decided.view);
        Ok(Decision {
            name,
            stimulus,
            before,
            router,
            decided,
            recorded: None,
            happens,
            unrecorded,
        })
    }

    fn make(&mut self, now: Instant, id: InstanceId, stimulus: &Stimulus) -> Result<(), String> {
        let out = &mut self.outbox;
        match stimulus {
            // All that are due act before their groups do.
            Stimulus::Input(Input::Tick) => self.router.tick(now, out),
            Stimulus::Input(input) => self.router.handle(now, id, *input, out),
            Stimulus::Reconfigured(settings) => {
                let config = settings.as_ref().clone().build();
                let config = config.map_err(|error| error.to_string())?;
                let reconfigured = self.router.reconfigure(now, id, config, out);
                reconfigured.map_err(|different| different.to_string())?;
            }
            Stimulus::Ordered => {}
        }
        Ok(())
    }

    fn skip(&mut self, count: usize) -> Vec<String> {
        let skipped: Vec<Made> = self.due.drain(..count).collect();
        let name = |id| {
            let mut names = self.names.iter();
            names
                .find(|(_, other)| **other == id)
                .map_or("-", |(name, _)| name.as_str())
        };
        let words = skipped.iter().map(|made| {
            let stimulus = match made.stimulus {
                Kind::Input(input) => Stimulus::Input(input).to_string(),
                Kind::Reconfigured => "reconfigured".to_owned(),
                Kind::Ordered => Stimulus::Ordered.to_string(),
            };
            format!("{} {} {stimulus} | {}", made.now, name(made.id), made.decided)
        });
        words.collect()
    }
}
