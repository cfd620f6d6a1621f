//! What is run when a server goes or comes: users looked up when the file is read, one ordered queue for each server.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use healthcheck::{Command, HookLimits, HookQueue};
use tokio::sync::Semaphore;
use tracing::error;
use vrrp_plan::Plan;
use vrrp_plan::balance::{Balance, VirtualServer};

use super::fallbacks::Fallbacks;
use crate::scripts;

/// The script of which fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Word {
    QuorumUp,
    QuorumDown,
    NotifyUp,
    NotifyDown,
    /// ldirectord's.
    FallbackCommand,
}

impl Word {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::QuorumUp => "quorum_up",
            Self::QuorumDown => "quorum_down",
            Self::NotifyUp => "notify_up",
            Self::NotifyDown => "notify_down",
            Self::FallbackCommand => "fallbackcommand",
        }
    }
}

/// A virtual server, and one of its real servers or itself.
pub(crate) type Whose = (String, Option<String>);

/// A script of the plan, whose it is, and where that stands.
pub(crate) struct Planned<'a> {
    whose: Whose,
    word: Word,
    pub(crate) place: &'a str,
    pub(crate) command: &'a vrrp_plan::Command,
}

impl Planned<'_> {
    /// `notify_up of 192.0.2.10:80`.
    pub(crate) fn what(&self) -> String {
        let (virtual_server, server) = &self.whose;
        let of = server.as_ref().unwrap_or(virtual_server);
        format!("{} of {of}", self.word.name())
    }
}

/// Each script of a balance.
pub(crate) fn planned(balance: &Balance) -> Vec<Planned<'_>> {
    let mut all = Vec::new();
    let mut add = |whose: (&str, Option<&str>), word, place, command| {
        if let Some(command) = command {
            all.push(Planned {
                whose: (whose.0.to_owned(), whose.1.map(str::to_owned)),
                word,
                place,
                command,
            });
        }
    };
    for one in &balance.servers {
        let (name, place) = (one.name.as_str(), one.place.0.as_str());
        add((name, None), Word::QuorumUp, place, one.quorum_up.as_ref());
        add((name, None), Word::QuorumDown, place, one.quorum_down.as_ref());
        let command = one.fallback_command.as_ref();
        add((name, None), Word::FallbackCommand, place, command);
        for server in &one.servers {
            let (whose, place) = ((name, Some(server.name.as_str())), server.place.0.as_str());
            add(whose, Word::NotifyUp, place, server.notify_up.as_ref());
            add(whose, Word::NotifyDown, place, server.notify_down.as_ref());
        }
    }
    all
}

/// Those of a plan, ready to run.
pub(crate) type Ready = BTreeMap<(Whose, Word), Command>;

/// Looks their users up. One whose user does not exist is not run, and this is said.
pub(crate) fn ready(plan: &Plan, warnings: &mut Vec<String>) -> Ready {
    let mut ready = Ready::new();
    for one in planned(&plan.balance) {
        match scripts::hook(one.command) {
            Ok(command) => {
                ready.insert((one.whose, one.word), command);
            }
            Err(missing) => {
                let text = format!("{}: {} is not run: {missing}", one.place, one.what());
                error!("{text}");
                warnings.push(text);
            }
        }
    }
    ready
}

/// So many scripts of servers run at a time: of thousands that fail together each has one.
const AT_A_TIME: usize = 64;

/// Runs them, those of one server one after the other.
#[derive(Debug)]
pub(crate) struct Runs {
    limits: HookLimits,
    turns: Arc<Semaphore>,
    ready: Ready,
    queues: BTreeMap<Whose, HookQueue>,
    fallbacks: Fallbacks,
}

impl Runs {
    pub(crate) fn new(limits: HookLimits) -> Self {
        Self {
            limits,
            turns: Arc::new(Semaphore::new(AT_A_TIME)),
            ready: Ready::new(),
            queues: BTreeMap::new(),
            fallbacks: Fallbacks::default(),
        }
    }

    /// Those of another plan from now on. The answer: queues of servers that are gone, with what waits in them.
    pub(crate) fn take(&mut self, ready: Ready) -> Vec<HookQueue> {
        self.ready = ready;
        let ready = &self.ready;
        let told = self
            .fallbacks
            .take(|name| ready.get(&((name.to_owned(), None), Word::FallbackCommand)));
        for (name, commands) in told {
            self.push_all(&(name, None), Word::FallbackCommand, commands);
        }
        let stay: BTreeSet<&Whose> = self.ready.keys().map(|(whose, _)| whose).collect();
        let queues = std::mem::take(&mut self.queues).into_iter();
        let (staying, leaving): (BTreeMap<_, _>, BTreeMap<_, _>) =
            queues.partition(|(whose, _)| stay.contains(whose));
        self.queues = staying;
        leaving.into_values().collect()
    }

    /// Of these the process before has told the fallback command `start`.
    pub(crate) fn inherit(&mut self, balance: &Balance, started: &[String]) {
        for one in balance.servers.iter().filter(|one| started.contains(&one.name)) {
            let command = one.fallback_command.as_ref().map(scripts::hook);
            // One that cannot be run is told when all are made ready.
            let command = command.and_then(Result::ok);
            let _run_already = self.fallbacks.start(one, command.as_ref());
        }
    }

    /// Virtual servers whose fallback command was told `start`.
    pub(crate) fn fallbacks(&self) -> Vec<String> {
        self.fallbacks.names()
    }

    /// Whether these are others than when this was asked last.
    pub(crate) fn fallbacks_are_other(&mut self) -> bool {
        self.fallbacks.are_other()
    }

    /// Runs one, if there is one.
    pub(crate) fn run(&mut self, whose: &Whose, word: Word) {
        let command = self.ready.get(&(whose.clone(), word)).cloned();
        self.push_all(whose, word, command.into_iter().collect());
    }

    /// No real server of a virtual server serves.
    pub(crate) fn nobody_serves(&mut self, of: &VirtualServer) {
        let whose = (of.name.clone(), None);
        let command = self.ready.get(&(whose.clone(), Word::FallbackCommand));
        let told = self.fallbacks.start(of, command);
        self.push_all(&whose, Word::FallbackCommand, told);
    }

    /// One serves again.
    pub(crate) fn somebody_serves(&mut self, of: &VirtualServer) {
        let told = self.fallbacks.stop(&of.name);
        self.push_all(&(of.name.clone(), None), Word::FallbackCommand, told);
    }

    fn push_all(&mut self, whose: &Whose, word: Word, commands: Vec<Command>) {
        if commands.is_empty() {
            return;
        }
        let (limits, turns) = (self.limits, &self.turns);
        let queue = self.queues.entry(whose.clone());
        let queue = queue.or_insert_with(|| HookQueue::sharing(limits, Arc::clone(turns)));
        for command in commands {
            queue.push(command, word.name());
        }
    }

    /// All queues, to let them finish.
    pub(crate) fn finish(&mut self) -> Vec<HookQueue> {
        std::mem::take(&mut self.queues).into_values().collect()
    }
}
