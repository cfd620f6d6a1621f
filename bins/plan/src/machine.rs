//! The plan's commands on the machine that this runs on: users looked up, programs looked for.

use std::time::Duration;

use healthcheck::{
    FileSpec, Init, Parameters, Pattern, ProcessSpec, Quorum, RunAs, ScriptSpec, Unusable, UserError,
};
use keepalived_conf::{Config, Notify};

use crate::lower::Host;
use crate::plan::{Check, Command, CommandLine, FileTrack, ProcessTrack, What};
use crate::probe;
use crate::reload::Machine;

/// Who runs a command. Asks the user database: not for the router loop.
fn user(command: &Command) -> Result<RunAs, UserError> {
    match &command.user {
        Some((user, group)) => RunAs::lookup(user, group.as_deref()),
        None => Ok(RunAs::current()),
    }
}

/// A hook's command, ready to run.
///
/// # Errors
/// There is no such user or group.
pub fn hook(command: &Command) -> Result<healthcheck::Command, UserError> {
    Ok(healthcheck::Command::new(&command.words)
        .run_as(user(command)?)
        .secure(command.secure))
}

/// A check's command, ready to run.
///
/// # Errors
/// What is wrong with it, in words.
pub(crate) fn spec(command: &Command, timeout: Duration) -> Result<ScriptSpec, String> {
    let run_as = user(command).map_err(|error| error.to_string())?;
    let spec = ScriptSpec::new(&command.words, timeout).map_err(|error| error.to_string())?;
    Ok(spec.run_as(run_as).secure(command.secure))
}

/// A tracked file, ready to be followed.
#[must_use]
pub fn file(track: &FileTrack) -> FileSpec {
    FileSpec {
        name: track.name.as_str().into(),
        path: track.path.clone(),
        init: track.init.map(|(value, overwrite)| Init { value, overwrite }),
    }
}

/// Tracked processes, ready to be counted.
#[must_use]
pub fn process(track: &ProcessTrack) -> ProcessSpec {
    let program = track.process.first().cloned().unwrap_or_default();
    let pattern = match track.command_line {
        None => Pattern::Name(program),
        Some(how) => Pattern::Command {
            program,
            parameters: track.process.iter().skip(1).cloned().collect(),
            compare: match how {
                CommandLine::Program => None,
                CommandLine::Exact => Some(Parameters::Exact),
                CommandLine::Partial => Some(Parameters::Partial),
                CommandLine::Initial => Some(Parameters::Initial),
            },
        },
    };
    ProcessSpec {
        name: track.name.as_str().into(),
        pattern,
        quorum: Quorum {
            at_least: track.at_least,
            at_most: track.at_most,
            fork_delay: track.fork_delay,
            terminate_delay: track.terminate_delay,
        },
    }
}

/// What is wrong with a command as the machine stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    /// It can be changed by others, and `enable_script_security` refuses it.
    Insecure(String),
    /// Anything else.
    Unusable(String),
}

impl Wrong {
    fn of(unusable: &Unusable) -> Self {
        match unusable {
            Unusable::Insecure { .. } => Self::Insecure(unusable.to_string()),
            _ => Self::Unusable(unusable.to_string()),
        }
    }

    fn text(self) -> String {
        match self {
            Self::Insecure(text) | Self::Unusable(text) => text,
        }
    }
}

/// Whether a check can be run as things stand.
///
/// # Errors
/// What is wrong with it.
pub fn try_check(check: &Check) -> Result<(), Wrong> {
    let command = match &check.what {
        What::Run(command) => command,
        What::Ask(question) => {
            return probe::ask(question, check.timeout)
                .map(drop)
                .map_err(Wrong::Unusable);
        }
    };
    spec(command, check.timeout)
        .map_err(Wrong::Unusable)?
        .check()
        .map_err(|unusable| Wrong::of(&unusable))
}

/// Whether a hook can be run as things stand.
///
/// # Errors
/// What is wrong with it.
pub fn try_hook(command: &Command) -> Result<(), Wrong> {
    let command = hook(command).map_err(|error| Wrong::Unusable(error.to_string()))?;
    command.check().map(drop).map_err(|unusable| Wrong::of(&unusable))
}

/// The machine that this runs on.
#[derive(Debug, Clone, Copy, Default)]
pub struct ThisMachine;

impl Machine for ThisMachine {
    fn has_interface(&self, name: &str) -> bool {
        nix::net::if_::if_nametoindex(name).is_ok()
    }

    fn try_check(&self, check: &Check) -> Result<(), String> {
        try_check(check).map_err(Wrong::text)
    }

    fn try_hook(&self, command: &Command) -> Result<(), String> {
        try_hook(command).map_err(Wrong::text)
    }
}

/// What lowering `config` needs to know of this machine. The user database is asked only where something runs: it brings
/// the libraries of every name service with it.
#[must_use]
pub fn host(config: &Config) -> Host {
    let notify = |notify: &Notify| {
        let scripts = [
            &notify.any,
            &notify.master,
            &notify.backup,
            &notify.fault,
            &notify.stop,
        ];
        scripts.into_iter().any(Option::is_some)
    };
    let instances = config.instances.iter().map(|instance| &instance.notify);
    let mut all = instances.chain(config.sync_groups.iter().map(|group| &group.notify));
    let runs = !config.scripts.is_empty() || all.any(notify);
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    Host {
        name: name.trim().to_owned(),
        keepalived_script: runs && RunAs::lookup("keepalived_script", None).is_ok(),
    }
}
