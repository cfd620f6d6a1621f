//! What is told of instances and sync groups: which fact calls for which script, in one ordered queue per instance, and one
//! [`Notice`] of every fact for whoever else listens.

mod before;
pub(crate) mod fifo;
mod listeners;
pub(crate) mod notice;
mod order;
#[cfg(test)]
mod tests;
mod told;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use healthcheck::{
    Command, HookLimits, HookQueue, HookStatus, NotifyState, notify_arguments, notify_group_arguments,
};
use vrrp_core::{Report, Settings, StateName};
use vrrp_net::GroupStatus;
use vrrp_notices::{News, Notices};
use vrrp_plan::Plan;

use crate::renames;
pub(crate) use before::Ended;
use listeners::Listeners;
use notice::{Kind, Notice, What};
use order::Order;
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
    /// At a planned stop, before the addresses are handed over.
    pub(crate) before_stop: Option<Command>,
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
    desk: Desk,
}

/// Where every fact becomes one notice.
#[derive(Debug, Default)]
struct Desk {
    order: Order,
    listeners: Listeners,
}

#[derive(Debug)]
struct Instance {
    kind: Kind,
    /// The sync group of which it is a member.
    group: Option<String>,
    /// Which one of the file it is.
    place: usize,
    /// Its priority is told of.
    tells_priority: bool,
    scripts: Scripts,
    /// None while there is nothing to run: a thousand silent instances cost nothing.
    queue: Option<HookQueue>,
    /// Of what runs before a stop.
    before: Option<Arc<HookQueue>>,
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
            desk: Desk::default(),
        }
    }

    /// Named pipes that an earlier life of the daemon has made are its own.
    pub(crate) fn remember(&mut self, memory: fifo::Memory) {
        self.desk.listeners.fifos.remember(memory);
    }

    /// Mail and webhooks are told, too.
    pub(crate) fn tell_by(&mut self, notices: Arc<Notices>) {
        self.desk.listeners.notices = Some(notices);
    }

    /// Instances that go on under other names: they have been told what they have been told. One that goes, and whose name
    /// another one has now, is told so.
    pub(crate) fn rename(&mut self, names: &[(String, String)]) {
        self.desk.flush();
        for (name, mut instance) in renames::rename(&mut self.instances, names) {
            self.leaving
                .extend(instance.goes(&name, self.limits, &mut self.desk));
        }
        self.desk.listeners.renamed(names);
    }

    /// Takes the instances of `plan`, with the scripts that `scripts` has for them. What stays keeps its queue and what
    /// it was told; what goes is told FAULT or, with `notify_deleted`, DELETED, as by keepalived.
    pub(crate) fn take(
        &mut self,
        plan: &Plan,
        mut scripts: BTreeMap<String, Scripts>,
        groups: BTreeMap<String, Scripts>,
        fifos: Vec<fifo::Wanted>,
    ) -> Vec<HookQueue> {
        let is_first = self.instances.is_empty();
        self.desk.flush();
        let mut leaving = std::mem::take(&mut self.leaving);
        leaving.extend(self.take_groups(plan, groups));
        let (limits, desk) = (self.limits, &mut self.desk);
        self.instances.retain(|name, instance| {
            let stays = plan.instances.iter().any(|other| other.name == *name);
            if !stays {
                leaving.extend(instance.goes(name, limits, desk));
            }
            stays
        });
        for (place, planned) in plan.instances.iter().enumerate() {
            let priority = first_priority(&planned.service.settings);
            let name = planned.name.clone();
            let instance = self
                .instances
                .entry(name)
                .or_insert_with(|| Instance::new(Kind::Instance, priority));
            instance.scripts = scripts.remove(&planned.name).unwrap_or_default();
            instance.group.clone_from(&planned.service.group);
            instance.place = place;
            instance.tells_priority = planned.hooks.priority_changes;
        }
        self.desk.listeners.fifos.take(fifos);
        if plan.node.states_on_reload && !is_first {
            self.tell_states();
        }
        leaving
    }

    /// Once more what each is, the groups first, as keepalived does.
    fn tell_states(&mut self) {
        let at = SystemTime::now();
        for all in [&self.groups, &self.instances] {
            let mut all: Vec<_> = all.iter().collect();
            all.sort_by_key(|(_, one)| one.place);
            for (name, one) in all {
                if let Some(state) = one.told.last() {
                    let notice = one.notice(name, What::State(state), at);
                    self.desk.listeners.tell_again(&notice);
                }
            }
        }
    }

    /// A group that goes tells nothing: its members do.
    fn take_groups(&mut self, plan: &Plan, mut scripts: BTreeMap<String, Scripts>) -> Vec<HookQueue> {
        let mut leaving = Vec::new();
        let is_there = |name: &str| plan.groups.iter().any(|group| group.name == name);
        self.groups.retain(|name, group| {
            let stays = is_there(name);
            if !stays {
                leaving.extend(group.queue.take());
            }
            stays
        });
        self.desk.order.retain(is_there);
        for (place, planned) in plan.groups.iter().enumerate() {
            let group = self
                .groups
                .entry(planned.name.clone())
                .or_insert_with(|| Instance::new(Kind::Group, 0));
            group.scripts = scripts.remove(&planned.name).unwrap_or_default();
            group.place = place;
        }
        leaving
    }

    /// A sync group is in this state as a whole.
    pub(crate) fn group(&mut self, status: &GroupStatus, at: SystemTime) {
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
            group.tell(&status.name, news, at, limits, &mut self.desk);
        }
    }

    /// A fact from the core.
    pub(crate) fn report(&mut self, name: &str, report: &Report, at: SystemTime) {
        let (limits, desk) = (self.limits, &mut self.desk);
        let Some(instance) = self.instances.get_mut(name) else {
            return;
        };
        let state = match report {
            Report::Priority { to, .. } => {
                instance.priority_is(name, to.get(), at, desk);
                None
            }
            Report::Transition(transition) => instance.told.transition(transition),
            Report::HoldEnded { .. } => instance.told.hold_ended(),
            Report::Reasserted { .. } => {
                instance.reasserted(name, at, limits, desk);
                None
            }
            _ => None,
        };
        instance.tell(name, state, at, limits, desk);
    }

    /// What the status shows, where no event told it: an instance that was barred before it ever took part, or events
    /// that were lost. The answer: what was told because of it.
    pub(crate) fn seen(
        &mut self,
        name: &str,
        state: Option<NotifyState>,
        priority: u8,
    ) -> Option<NotifyState> {
        let (limits, desk) = (self.limits, &mut self.desk);
        let instance = self.instances.get_mut(name)?;
        let at = SystemTime::now();
        // Of one that takes part an event tells it, unless events were lost.
        if state.is_some() || instance.told.takes_part().is_none() {
            instance.priority_is(name, priority, at, desk);
        }
        let news = state.and_then(|state| instance.told.seen(state));
        instance.tell(name, news, at, limits, desk);
        news
    }

    /// The daemon has stopped: every instance is told that has not been, also one that never took part, and then the groups;
    /// in the order of the file, as keepalived does.
    pub(crate) fn stopped(&mut self) {
        self.desk.flush();
        let at = SystemTime::now();
        for all in [&mut self.instances, &mut self.groups] {
            let mut all: Vec<_> = all.iter_mut().collect();
            all.sort_by_key(|(_, instance)| instance.place);
            for (name, instance) in all {
                let state = instance.told.seen(NotifyState::Stop);
                instance.tell(name, state, at, self.limits, &mut self.desk);
            }
        }
    }

    /// A virtual or real server has changed.
    pub(crate) fn server(&mut self, line: &str, news: Option<&News>) {
        self.desk.listeners.tell_of_server(line, news);
    }

    /// What is known of each instance, in the order of the file.
    pub(crate) fn states(&self) -> Vec<(&str, Option<NotifyState>)> {
        let mut all: Vec<_> = self.instances.iter().collect();
        all.sort_by_key(|(_, instance)| instance.place);
        all.into_iter()
            .map(|(name, instance)| (name.as_str(), instance.told.last()))
            .collect()
    }

    /// What is known of one instance.
    pub(crate) fn state(&self, name: &str) -> Option<NotifyState> {
        self.instances.get(name)?.told.last()
    }

    /// What became of the scripts of one instance.
    pub(crate) fn status(&self, name: &str) -> Option<HookStatus> {
        self.instances.get(name)?.status()
    }

    /// The same of a sync group's.
    pub(crate) fn group_status(&self, name: &str) -> Option<HookStatus> {
        self.groups.get(name)?.status()
    }

    /// What is known of named pipes.
    pub(crate) fn fifos(&self) -> Vec<vrrp_control::Fifo> {
        self.desk.listeners.fifos.status()
    }

    /// Lets the named pipes end.
    pub(crate) fn finish_fifos(&mut self) -> impl Future<Output = ()> + use<> {
        self.desk.listeners.fifos.finish()
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

impl Desk {
    /// The one place that makes notices.
    fn tell(&mut self, name: &str, about: &Instance, what: What, at: SystemTime) {
        let notice = about.notice(name, what, at);
        let now = self.order.put(notice, about.group.as_deref(), about.place);
        now.iter().for_each(|notice| self.listeners.tell(notice));
    }

    fn flush(&mut self) {
        let held = self.order.flush();
        held.iter().for_each(|notice| self.listeners.tell(notice));
    }
}

impl Instance {
    fn new(kind: Kind, priority: u8) -> Self {
        Self {
            kind,
            group: None,
            place: 0,
            tells_priority: false,
            scripts: Scripts::default(),
            queue: None,
            before: None,
            told: Told::default(),
            priority,
        }
    }

    fn notice(&self, name: &str, what: What, at: SystemTime) -> Notice {
        Notice {
            kind: self.kind,
            name: name.to_owned(),
            what,
            priority: self.priority,
            at,
        }
    }

    /// keepalived's script for it gets no arguments.
    fn reasserted(&mut self, name: &str, at: SystemTime, limits: HookLimits, desk: &mut Desk) {
        desk.tell(name, self, What::RxLowerPri, at);
        if let Some(command) = self.scripts.rx_lower_pri.clone() {
            let queue = self.queue.get_or_insert_with(|| HookQueue::new(limits));
            queue.push(command, "notify_master_rx_lower_pri".to_owned());
        }
    }

    fn priority_is(&mut self, name: &str, priority: u8, at: SystemTime, desk: &mut Desk) {
        let news = self.priority != priority;
        self.priority = priority;
        if let Some(in_state) = self.told.takes_part().filter(|_| news && self.tells_priority) {
            desk.tell(name, self, What::Priority { in_state }, at);
        }
    }

    /// The last that it is told.
    fn goes(&mut self, name: &str, limits: HookLimits, desk: &mut Desk) -> Option<HookQueue> {
        let state = self.told.removed(self.scripts.tells_deleted);
        self.tell(name, state, SystemTime::now(), limits, desk);
        self.queue.take()
    }

    /// Whoever listens, and the scripts.
    fn tell(
        &mut self,
        name: &str,
        news: Option<NotifyState>,
        at: SystemTime,
        limits: HookLimits,
        desk: &mut Desk,
    ) {
        if let Some(state) = news {
            if state != NotifyState::Master {
                self.has_nothing_to_stop(name);
            }
            desk.tell(name, self, What::State(state), at);
            self.run(name, state, limits);
        }
    }

    /// The script of the state first, then the one for all, as keepalived does.
    fn run(&mut self, name: &str, state: NotifyState, limits: HookLimits) {
        if self.scripts.none() {
            return;
        }
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
