//! `ldirectord.cf` -> [`Balance`]. Pure: names were looked up when the file was read.

mod ask;
mod checks;
mod dialogue;
mod ldap;
mod server;
mod sql;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use keepalived_conf::{Diagnostic, SourceMap, Span};
use ldirectord_conf::{Config, States, Virtual};

use crate::balance::{AtStop, Balance, Place};
use crate::plan::Command;

/// What the operator says beside the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Certificates are verified where the file does not say `verify = no`. ldirectord never verifies, and refuses a file
    /// that has the word: who shares a file with it says `false` here.
    pub verify: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { verify: true }
    }
}

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lowered {
    /// What is to be carried out.
    pub balance: Balance,
    /// What a daemon does beside it.
    pub duties: Duties,
    /// What cannot be carried out, beside what reading the file has found; each names its virtual server.
    pub faults: Vec<Diagnostic>,
}

/// What ldirectord does beside balancing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Duties {
    /// The file is loaded again by itself when it has changed (`autoreload`).
    pub auto_reload: bool,
    /// Names of hosts that were not found, to look again; whoever has looked them up fills it.
    pub missing_names: Vec<(String, ldirectord_conf::Family)>,
    /// Run when the file has changed, loaded again or not; its path is to be appended (`callback`).
    pub callback: Option<Command>,
    /// Mail about real servers (`emailalert`), by the names of virtual servers.
    pub alerts: BTreeMap<String, Alert>,
}

/// Mail about the real servers of one virtual server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// Who gets it; one at least.
    pub to: Vec<String>,
    /// Who sends it.
    pub from: Option<String>,
    /// Between repeated mails while a server is down; zero: none are repeated.
    pub repeat: Duration,
    /// In which states of the daemon it is sent.
    pub states: States,
    /// The mail server.
    pub smtp: Option<String>,
}

/// Virtual servers, and what a daemon does beside them.
#[must_use]
pub fn lower(config: &Config, sources: &SourceMap, settings: Settings) -> Lowered {
    let global = &config.global;
    let mut lowering = Lowering {
        config,
        sources,
        settings,
        lowered: Lowered::default(),
        known: BTreeMap::new(),
    };
    for read in config.virtuals.iter().filter(|read| read.usable) {
        lowering.add(read);
    }
    let mut lowered = lowering.lowered;
    lowered.balance.at_stop = if global.clean_stop.value {
        AtStop::TakeOut
    } else {
        AtStop::Keep
    };
    lowered.duties.auto_reload = global.auto_reload.value;
    let callback = global.callback.as_ref();
    lowered.duties.callback = callback.map(|callback| command(&callback.value, []));
    lowered
}

impl Lowered {
    /// Adds the virtual servers to those of keepalived.conf. The answer: what a daemon does beside them, and what is left out,
    /// in words.
    pub fn join(self, balance: &mut Balance) -> (Duties, Vec<String>) {
        let left_out = balance.join(self.balance);
        let mut duties = self.duties;
        // The other file may have one of that name, and others are told of that.
        duties.alerts.retain(|name, _| !left_out.servers.contains(name));
        (duties, left_out.told)
    }
}

struct Lowering<'a> {
    config: &'a Config,
    sources: &'a SourceMap,
    settings: Settings,
    lowered: Lowered,
    /// Checks by name.
    known: BTreeMap<String, usize>,
}

/// Why a virtual server cannot be carried out: code, place, what was found, what to do.
struct CannotBe {
    code: &'static str,
    span: Span,
    message: String,
    help: String,
}

impl Lowering<'_> {
    fn add(&mut self, read: &Virtual) {
        // What is added for a server that fails in the end is not to stay.
        let checks = self.lowered.balance.checks.len();
        match self.server(read) {
            Ok(server) => {
                if let Some(alert) = &read.alert {
                    let alert = Alert {
                        to: alert.to.value.clone(),
                        from: alert.from.as_ref().map(|from| from.value.clone()),
                        repeat: alert.repeat.value,
                        states: alert.states.value,
                        smtp: alert.smtp.as_ref().map(|smtp| smtp.value.clone()),
                    };
                    self.lowered.duties.alerts.insert(server.name.clone(), alert);
                }
                self.lowered.balance.servers.push(Arc::new(server));
            }
            Err(why) => {
                Arc::make_mut(&mut self.lowered.balance.checks).truncate(checks);
                self.known.retain(|_, index| *index < checks);
                let found = Diagnostic::dropped(why.code, why.span, why.message);
                let found = found.about(read.name.clone());
                let found = found
                    .effect("this virtual server is not carried out")
                    .help(why.help)
                    .not_asked();
                self.lowered.faults.push(found);
            }
        }
    }

    fn place(&self, span: Span) -> Place {
        let (path, line) = self.sources.line(span);
        Place(format!("{path}:{line}"))
    }

    fn maintenance(&self) -> Option<PathBuf> {
        let directory = self.config.global.maintenance_dir.as_ref()?;
        Some(PathBuf::from(&directory.value))
    }
}

/// As the daemon itself, as with ldirectord.
fn command<const N: usize>(line: &str, more: [String; N]) -> Command {
    let words = line.split_whitespace().map(str::to_owned);
    Command {
        words: words.chain(more).collect(),
        user: None,
        secure: false,
    }
}
