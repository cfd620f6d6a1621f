//! The plan's commands for this machine: users looked up, forms read.

use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::future::BoxFuture;
use healthcheck::{Command, Outcome, Probe, RunAs, ScriptProbe, ScriptSpec, Unusable, UserError};
use vrrp_plan::{Check, Instance, Plan};

/// Who runs a command. Asks the user database: not for the router loop.
fn user(command: &vrrp_plan::Command) -> Result<RunAs, UserError> {
    match &command.user {
        Some((user, group)) => RunAs::lookup(user, group.as_deref()),
        None => Ok(RunAs::current()),
    }
}

/// A hook's command.
pub(crate) fn hook(command: &vrrp_plan::Command) -> Result<Command, UserError> {
    Ok(Command::new(&command.words)
        .run_as(user(command)?)
        .secure(command.secure))
}

/// What a check looks at. One that cannot be made is a probe that fails with the reason: a check that vanished would
/// let a dead service keep the address.
pub(crate) fn probe(check: &Check) -> Box<dyn Probe> {
    match spec(check) {
        Ok(spec) => Box::new(ScriptProbe::new(spec)),
        Err(reason) => Box::new(Impossible {
            command: check.command.words.join(" "),
            reason,
        }),
    }
}

fn spec(check: &Check) -> Result<ScriptSpec, String> {
    let run_as = user(&check.command).map_err(|error| error.to_string())?;
    let spec = ScriptSpec::new(&check.command.words, check.timeout).map_err(|error| error.to_string())?;
    Ok(spec.run_as(run_as).secure(check.command.secure))
}

/// What is wrong with a command as the machine stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// It can be changed by others, and `enable_script_security` refuses it.
    Insecure(String),
    /// Anything else.
    Unusable(String),
}

impl Wrong {
    fn text(&self) -> &str {
        match self {
            Self::Insecure(text) | Self::Unusable(text) => text,
        }
    }

    fn of(unusable: &Unusable) -> Self {
        match unusable {
            Unusable::Insecure { .. } => Self::Insecure(unusable.to_string()),
            _ => Self::Unusable(unusable.to_string()),
        }
    }
}

/// Whether a check can be run as things stand.
pub(crate) fn try_check(check: &Check) -> Result<(), Wrong> {
    spec(check)
        .map_err(Wrong::Unusable)?
        .check()
        .map_err(|unusable| Wrong::of(&unusable))
}

/// Whether a hook can be run as things stand.
pub(crate) fn try_hook(command: &vrrp_plan::Command) -> Result<(), Wrong> {
    let command = hook(command).map_err(|error| Wrong::Unusable(error.to_string()))?;
    command.check().map(drop).map_err(|unusable| Wrong::of(&unusable))
}

/// Scripts that what runs by `old` would have with `new` and not before, and that cannot be run, each with its place. A
/// check that fails from its first run on would take an address away.
pub(crate) fn unusable(old: &Plan, new: &Plan) -> Vec<String> {
    let mut found = Vec::new();
    for instance in &new.instances {
        let Some(before) = old.instances.iter().find(|before| before.name == instance.name) else {
            continue;
        };
        let had: Vec<_> = before.hooks.named().collect();
        for (word, command) in instance.hooks.named().filter(|hook| !had.contains(hook)) {
            if let Err(wrong) = try_hook(command) {
                let Instance { place, name, .. } = instance;
                found.push(format!("{place}: {word} of {name}: {}", wrong.text()));
            }
        }
    }
    for group in &new.groups {
        let Some(before) = old.groups.iter().find(|before| before.name == group.name) else {
            continue;
        };
        let had: Vec<_> = before.hooks.named().collect();
        for (word, command) in group.hooks.named().filter(|hook| !had.contains(hook)) {
            if let Err(wrong) = try_hook(command) {
                found.push(format!(
                    "{}: {word} of {}: {}",
                    group.place,
                    group.name,
                    wrong.text()
                ));
            }
        }
    }
    let runs = |check: &&Check| {
        let mut following = new
            .instances
            .iter()
            .filter(|one| one.following(&check.name).next().is_some());
        following.any(|one| old.instances.iter().any(|before| before.name == one.name))
    };
    let had = |check: &&Check| {
        (old.checks.iter()).any(|before| before.name == check.name && before.command == check.command)
    };
    for check in new.checks.iter().filter(|check| !had(check)).filter(runs) {
        if let Err(wrong) = try_check(check) {
            found.push(format!(
                "{}: script of {}: {}",
                check.place,
                check.name,
                wrong.text()
            ));
        }
    }
    found
}

/// Fails every time, with the reason.
struct Impossible {
    command: String,
    reason: String,
}

impl Probe for Impossible {
    fn name(&self) -> String {
        format!("script {}", self.command)
    }

    fn limit(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn probe(&self) -> BoxFuture<'_, Outcome> {
        let started = Instant::now();
        async move { Outcome::fail(self.reason.clone(), started.elapsed()) }.boxed()
    }
}
