//! Notify scripts: which fact calls for which, in one ordered queue per instance.

mod told;

use std::collections::BTreeMap;
use std::time::Duration;

use healthcheck::{
    Command, HookLimits, HookQueue, HookStatus, NotifyState, notify_arguments, notify_group_arguments,
};
use vrrp_core::{Report, Settings, StateName};
use vrrp_net::GroupStatus;
use vrrp_plan::Plan;

use crate::renames;
use told::Told;

/// The scripts of one instance, ready to run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Scripts {
    pub(crate) any: Option<Command>,
    pub(crate) master: Option<Command>,
    pub(crate) backup: Option<Command>,
    pub(crate) fault: Option<Command>,
    pub(crate) stop: Option<Command>,
    /// A rival of lower rank was heard.
    pub(crate) rx_lower_pri: Option<Command>,
    /// Who goes by a reload is told so, and not FAULT.
    pub(crate) tells_deleted: bool,
    pub(crate) deleted: Option<Command>,
}

impl Scripts {
    fn none(&self) -> bool {
        *self == Self::default()
    }

    fn of(&self, state: NotifyState) -> Option<&Command> {
        match state {
            NotifyState::Master => self.master.as_ref(),
            NotifyState::Backup => self.backup.as_ref(),
            NotifyState::Fault => self.fault.as_ref(),
            NotifyState::Stop => self.stop.as_ref(),
            NotifyState::Deleted => self.deleted.as_ref(),
        }
    }
}

/// All instances and sync groups.
#[derive(Debug)]
pub(crate) struct Notifier {
    limits: HookLimits,
    instances: BTreeMap<String, Instance>,
    groups: BTreeMap<String, Instance>,
    /// Of instances that went, until the reload that they went by is through.
    leaving: Vec<HookQueue>,
}

/// Whose scripts they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Instance,
    Group,
}

#[derive(Debug)]
struct Instance {
    kind: Kind,
    scripts: Scripts,
    /// None while there is nothing to run: a thousand silent instances cost nothing.
    queue: Option<HookQueue>,
    told: Told,
    priority: u8,
}

impl Notifier {
    pub(crate) fn new(limits: HookLimits) -> Self {
        Self {
            limits,
            instances: BTreeMap::new(),
            groups: BTreeMap::new(),
            leaving: Vec::new(),
        }
    }

    /// Instances that go on under other names: they have been told what they have been told. One that goes, and whose name
    /// another one has now, is told so.
    pub(crate) fn rename(&mut self, names: &[(String, String)]) {
        for (name, mut instance) in renames::rename(&mut self.instances, names) {
            self.leaving.extend(instance.goes(&name, self.limits));
        }
    }

    /// Takes the instances of `plan`, with the scripts that `scripts` has for them. What stays keeps its queue and what
    /// it was told; what goes is told FAULT or, with `notify_deleted`, DELETED, as by keepalived.
    pub(crate) fn take(
        &mut self,
        plan: &Plan,
        mut scripts: BTreeMap<String, Scripts>,
        groups: BTreeMap<String, Scripts>,
    ) -> Vec<HookQueue> {
        let mut leaving = std::mem::take(&mut self.leaving);
        leaving.extend(self.take_groups(groups));
        self.instances.retain(|name, instance| {
            let stays = plan.instances.iter().any(|other| other.name == *name);
            if !stays {
                leaving.extend(instance.goes(name, self.limits));
            }
            stays
        });
        for planned in &plan.instances {
            let scripts = scripts.remove(&planned.name).unwrap_or_default();
            match self.instances.get_mut(&planned.name) {
                Some(instance) => instance.scripts = scripts,
                None => {
                    let priority = first_priority(&planned.service.settings);
                    let instance = Instance {
                        kind: Kind::Instance,
                        scripts,
                        queue: None,
                        told: Told::default(),
                        priority,
                    };
                    self.instances.insert(planned.name.clone(), instance);
                }
            }
        }
        leaving
    }

    /// A group that goes tells nothing: its members do.
    fn take_groups(&mut self, mut scripts: BTreeMap<String, Scripts>) -> Vec<HookQueue> {
        let mut leaving = Vec::new();
        self.groups.retain(|name, group| match scripts.remove(name) {
            Some(now) => {
                group.scripts = now;
                true
            }
            None => {
                leaving.extend(group.queue.take());
                false
            }
        });
        for (name, scripts) in scripts {
            let group = Instance {
                kind: Kind::Group,
                scripts,
                queue: None,
                told: Told::default(),
                priority: 0,
            };
            self.groups.insert(name, group);
        }
        leaving
    }

    /// A sync group is in this state as a whole.
    pub(crate) fn group(&mut self, status: &GroupStatus) {
        let state = match status.state {
            StateName::Active => NotifyState::Master,
            StateName::Backup => NotifyState::Backup,
            StateName::Initialize if !status.at_fault.is_empty() => NotifyState::Fault,
            // Stopped: told when the daemon has stopped; or waiting for first results.
            StateName::Initialize => return,
        };
        let limits = self.limits;
        if let Some(group) = self.groups.get_mut(&status.name) {
            let news = group.told.seen(state);
            group.notify(&status.name, news, limits);
        }
    }

    /// A fact from the core.
    pub(crate) fn report(&mut self, name: &str, report: &Report) {
        let limits = self.limits;
        let Some(instance) = self.instances.get_mut(name) else {
            return;
        };
        let state = match report {
            Report::Priority { to, .. } => {
                instance.priority = to.get();
                None
            }
            Report::Transition(transition) => instance.told.transition(transition),
            Report::HoldEnded { .. } => instance.told.hold_ended(),
            Report::Reasserted { .. } => {
                instance.reasserted(limits);
                None
            }
            _ => None,
        };
        instance.notify(name, state, limits);
    }

    /// What the status shows, where no event told it: an instance that was barred before it ever took part, or events
    /// that were lost. The answer: what was told because of it.
    pub(crate) fn seen(
        &mut self,
        name: &str,
        state: Option<NotifyState>,
        priority: u8,
    ) -> Option<NotifyState> {
        let limits = self.limits;
        let instance = self.instances.get_mut(name)?;
        instance.priority = priority;
        let news = state.and_then(|state| instance.told.seen(state));
        instance.notify(name, news, limits);
        news
    }

    /// The daemon has stopped: every instance is told that has not been, also one that never took part.
    pub(crate) fn stopped(&mut self) {
        for (name, instance) in self.instances.iter_mut().chain(&mut self.groups) {
            let state = instance.told.seen(NotifyState::Stop);
            instance.notify(name, state, self.limits);
        }
    }

    /// What became of the scripts of one instance.
    pub(crate) fn status(&self, name: &str) -> Option<HookStatus> {
        self.instances.get(name)?.queue.as_ref().map(HookQueue::status)
    }

    /// The same of a sync group's.
    pub(crate) fn group_status(&self, name: &str) -> Option<HookStatus> {
        self.groups.get(name)?.queue.as_ref().map(HookQueue::status)
    }

    /// Every queue, to let it finish.
    pub(crate) fn queues(&mut self) -> Vec<HookQueue> {
        self.instances
            .values_mut()
            .chain(self.groups.values_mut())
            .filter_map(|instance| instance.queue.take())
            .collect()
    }
}

/// The priority in effect before any check has given a result.
fn first_priority(settings: &Settings) -> u8 {
    let adds = settings
        .trackers
        .iter()
        .map(|tracker| tracker.weight.contribution(tracker.initial));
    settings.priority.adjusted(adds.sum()).get()
}

impl Instance {
    /// keepalived's script for it gets no arguments.
    fn reasserted(&mut self, limits: HookLimits) {
        if let Some(command) = self.scripts.rx_lower_pri.clone() {
            let queue = self.queue.get_or_insert_with(|| HookQueue::new(limits));
            queue.push(command, "notify_master_rx_lower_pri".to_owned());
        }
    }

    /// The last that it is told.
    fn goes(&mut self, name: &str, limits: HookLimits) -> Option<HookQueue> {
        let state = self.told.removed(self.scripts.tells_deleted);
        self.notify(name, state, limits);
        self.queue.take()
    }

    /// The script of the state first, then the one for all, as keepalived does.
    fn notify(&mut self, name: &str, state: Option<NotifyState>, limits: HookLimits) {
        let Some(state) = state.filter(|_| !self.scripts.none()) else {
            return;
        };
        let queue = self.queue.get_or_insert_with(|| HookQueue::new(limits));
        if let Some(command) = self.scripts.of(state) {
            let word = state.to_string().to_lowercase();
            queue.push(command.clone(), format!("notify_{word}"));
        }
        if let Some(command) = &self.scripts.any {
            let words = match self.kind {
                Kind::Instance => notify_arguments(name, state, self.priority),
                Kind::Group => notify_group_arguments(name, state),
            };
            queue.push(
                words.into_iter().fold(command.clone(), Command::arg),
                format!("notify {state}"),
            );
        }
    }
}

/// Lets every queue finish at once; each of its scripts has its own limit.
pub(crate) async fn drain(queues: Vec<HookQueue>, limit: Duration) {
    let drained = queues.iter().map(|queue| queue.drain(limit));
    let abandoned: usize = futures::future::join_all(drained)
        .await
        .iter()
        .map(|drained| drained.abandoned)
        .sum();
    if abandoned > 0 {
        tracing::warn!("{abandoned} notify scripts did not end in time and were given up");
    }
}
