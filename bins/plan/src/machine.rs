//! The plan's commands on the machine that this runs on: users looked up, programs looked for.

use std::path::Path;
use std::time::Duration;

use healthcheck::{
    FileSpec, Init, Parameters, Pattern, ProcessSpec, Quorum, RunAs, ScriptSpec, Unusable, UserError,
};
use keepalived_conf::{Config, Notify, RealServer, ServerLook, VirtualServer};

use crate::balance::{Look, ServerCheck};
use crate::contents;
use crate::lower::Host;
use crate::plan::{Check, Command, CommandLine, Fifo, FileTrack, Plan, ProcessTrack, Push, What};
use crate::probe;
use crate::reload::Machine;

/// Who runs a command. Asks the user database: not for the router loop.
fn user(command: &Command) -> Result<RunAs, UserError> {
    match &command.user {
        Some((user, group)) => RunAs::lookup(user, group.as_deref()),
        None => Ok(RunAs::current()),
    }
}

/// Whose a pipe is to be; `None`: the daemon's own.
///
/// # Errors
/// There is no such user or group.
pub fn owner(fifo: &Fifo) -> Result<Option<RunAs>, UserError> {
    let user = fifo.user.as_ref();
    user.map(|(user, group)| RunAs::lookup(user, group.as_deref()))
        .transpose()
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

/// A check's command, ready to run. Looks its user up: not for the router loop.
///
/// # Errors
/// What is wrong with it, in words.
pub fn spec(command: &Command, timeout: Duration) -> Result<ScriptSpec, String> {
    let run_as = user(command).map_err(|error| error.to_string())?;
    let spec = ScriptSpec::new(&command.words, timeout).map_err(|error| error.to_string())?;
    Ok(spec.run_as(run_as).secure(command.secure))
}

/// Who may say how an application is, beside root and the daemon's own user.
///
/// # Errors
/// There is no such user or group.
pub fn heard_from(push: &Push) -> Result<Option<RunAs>, UserError> {
    let named = push.user.as_ref();
    named
        .map(|(user, group)| RunAs::lookup(user, group.as_deref()))
        .transpose()
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
        What::Hear(push) => {
            return heard_from(push)
                .map(drop)
                .map_err(|error| Wrong::Unusable(error.to_string()));
        }
    };
    spec(command, check.timeout)
        .map_err(Wrong::Unusable)?
        .check()
        .map_err(|unusable| Wrong::of(&unusable))
}

/// Whether a check of real servers can be made as things stand.
///
/// # Errors
/// What is wrong with it.
pub fn try_server_check(check: &ServerCheck) -> Result<(), Wrong> {
    let ask = |question| {
        probe::ask(question, check.timeout)
            .map(drop)
            .map_err(Wrong::Unusable)
    };
    match &check.look {
        Look::Ask(question) => ask(question),
        Look::Alternate { first, between, .. } => ask(first).and_then(|()| ask(between)),
        Look::Run { command, .. } => spec(command, check.timeout)
            .map_err(Wrong::Unusable)?
            .check()
            .map_err(|unusable| Wrong::of(&unusable)),
        Look::File(_) | Look::Unless(_) | Look::Always(_) => Ok(()),
    }
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

    fn try_server_check(&self, check: &ServerCheck) -> Result<(), String> {
        try_server_check(check).map_err(Wrong::text)
    }

    fn try_hook(&self, command: &Command) -> Result<(), String> {
        try_hook(command).map_err(Wrong::text)
    }

    fn digest(&self, file: &Path) -> Option<u64> {
        contents::digest(file)
    }
}

/// Where the user database does not answer, the user exists: his scripts fail then, and do not run as the daemon's own user.
fn may_exist<T>(user: &Result<T, UserError>) -> bool {
    !matches!(user, Err(UserError::NoUser(_)))
}

/// A user or group of the plan that could not be looked up because the user database did not answer: whether what he runs
/// has to be left out is not known.
#[must_use]
pub fn unanswered(plan: &Plan) -> Option<UserError> {
    let hooks = (plan.instances.iter().map(|instance| &instance.hooks))
        .chain(plan.groups.iter().map(|group| &group.hooks));
    let scripts = hooks
        .flat_map(|hooks| hooks.named().map(|(_, command)| command))
        .chain((plan.node.fifos.iter()).filter_map(|fifo| Some(&fifo.script.as_ref()?.command)))
        .chain(plan.balance.told().map(|told| told.command))
        .chain(plan.balance.checks.iter().filter_map(ServerCheck::program))
        .filter_map(|command| user(command).err());
    let owners = plan.node.fifos.iter().filter_map(|fifo| owner(fifo).err());
    scripts
        .chain(owners)
        .find(|error| matches!(error, UserError::Database { .. }))
}

/// What lowering `config` needs to know of this machine. The user database is asked only where something runs: it brings
/// the libraries of every name service with it.
#[must_use]
pub fn host(config: &Config) -> Host {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    Host {
        name: name.trim().to_owned(),
        keepalived_script: runs(config) && may_exist(&RunAs::lookup("keepalived_script", None)),
    }
}

/// Whether the file asks for any program.
fn runs(config: &Config) -> bool {
    let notify = |notify: &Notify| {
        let scripts = [
            &notify.any,
            &notify.master,
            &notify.backup,
            &notify.fault,
            &notify.stop,
            &notify.before_stop,
            &notify.rx_lower_pri,
        ];
        let deleted = notify
            .deleted
            .as_ref()
            .is_some_and(|script| script.value.is_some());
        deleted || scripts.into_iter().any(Option::is_some)
    };
    let instances = config.instances.iter().map(|instance| &instance.notify);
    let mut all = instances.chain(config.sync_groups.iter().map(|group| &group.notify));
    let fifos = &config.global.fifos;
    let pipes = [&fifos.all, &fifos.vrrp, &config.global.lvs.fifo];
    !config.scripts.is_empty()
        || pipes.into_iter().any(|pipe| pipe.fifo.is_some())
        || all.any(notify)
        || config.virtual_servers.iter().any(server_runs)
}

/// Whether a virtual server runs any.
fn server_runs(server: &VirtualServer) -> bool {
    let real = |real: &RealServer| {
        let misc = |check: &keepalived_conf::ServerCheck| matches!(check.look, ServerLook::Run(_));
        real.notify_up.is_some() || real.notify_down.is_some() || real.checks.iter().any(misc)
    };
    server.quorum_up.is_some() || server.quorum_down.is_some() || server.servers.iter().any(real)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    /// One that were overlooked would let `script_user` be the daemon's own user, though `keepalived_script` exists.
    #[test]
    fn every_word_that_runs_a_program_is_one() {
        let words = [
            "notify",
            "notify_master",
            "notify_backup",
            "notify_fault",
            "notify_stop",
            "notify_before_stop",
            "notify_master_rx_lower_pri",
            "notify_deleted",
        ];
        let file = |line: &str| {
            let text = format!(
                "vrrp_instance A {{\n interface eth0\n virtual_router_id 1\n virtual_ipaddress {{ 192.0.2.1 }}\n {line}\n}}\n"
            );
            let files = keepalived_conf::MemoryFiles::new([("k", text)]);
            runs(&keepalived_conf::parse(&files, "k").config)
        };
        assert!(!file("notify_priority_changes true"));
        for word in words {
            assert!(file(&format!("{word} /bin/true")), "{word}");
        }
    }

    #[test]
    fn every_word_of_a_virtual_server_that_runs_a_program_is_one() {
        let file = |global: &str, server: &str, real: &str| {
            let text = format!(
                "global_defs {{\n{global}\n}}\nvirtual_server 192.0.2.1 80 {{\nlb_algo rr\nlb_kind NAT\nprotocol TCP\n{server}\n\
                 real_server 10.0.0.2 80 {{\n{real}\n}}\n}}\n"
            );
            let files = keepalived_conf::MemoryFiles::new([("k", text)]);
            runs(&keepalived_conf::parse(&files, "k").config)
        };
        assert!(!file("", "", "TCP_CHECK {\n}"));
        assert!(file("lvs_notify_fifo /run/lvs", "", ""));
        for word in ["quorum_up", "quorum_down"] {
            assert!(file("", &format!("{word} /bin/true"), ""), "{word}");
        }
        for word in [
            "notify_up /bin/true",
            "notify_down /bin/true",
            "MISC_CHECK {\nmisc_path /bin/true\n}",
        ] {
            assert!(file("", "", word), "{word}");
        }
    }

    #[test]
    fn a_user_database_that_does_not_answer_proves_nobody_away() {
        let database = UserError::Database {
            name: "keepalived_script".to_owned(),
            error: "timed out".to_owned(),
        };
        assert!(may_exist::<()>(&Err(database)));
        assert!(may_exist(&Ok(())));
        assert!(!may_exist::<()>(&Err(UserError::NoUser("x".to_owned()))));
    }
}
