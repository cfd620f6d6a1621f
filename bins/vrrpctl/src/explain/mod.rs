//! `vrrpctl explain NAME`: why an instance is what it is, in a sentence, and what would make it otherwise.

mod active;
mod backup;
mod barred;
mod sums;

use std::path::Path;

use clap::Args;
use serde::Serialize;
use vrrp_control::{Answer, Ask, Instance, State, Status};

use crate::{REFUSED, pretty, print, refused, words};

/// Which instance.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// An instance of the configuration.
    instance: String,
    /// The same as JSON.
    #[arg(long)]
    json: bool,
}

/// Why an instance is what it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Explanation {
    instance: String,
    state: State,
    /// The answer, on one line.
    sentence: String,
    /// What it comes from, each with what to do about it where something is to be done.
    because: Vec<Reason>,
    /// What would make it otherwise.
    then: Vec<String>,
}

/// One of the reasons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Reason {
    what: String,
    /// For how long it has been so, where that is known.
    since_ms: Option<u64>,
    /// What to do about it.
    cure: Option<String>,
}

impl Reason {
    fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            since_ms: None,
            cure: None,
        }
    }

    fn since(self, ms: impl Into<Option<u64>>) -> Self {
        let since_ms = ms.into();
        Self { since_ms, ..self }
    }

    fn cure(self, cure: impl Into<String>) -> Self {
        let cure = Some(cure.into());
        Self { cure, ..self }
    }
}

pub(crate) fn run(socket: &Path, arguments: &Arguments) -> u8 {
    let status = match vrrp_control::ask(socket, Ask::Status) {
        Ok(Answer::Status(status)) => status,
        other => return refused(socket, other),
    };
    let mut instances = status.instances.iter();
    let Some(instance) = instances.find(|instance| instance.name == arguments.instance) else {
        eprintln!("vrrpctl: {}", nobody(&arguments.instance, &status));
        return REFUSED;
    };
    let explanation = explain(instance, &status);
    if arguments.json {
        return match pretty(&explanation) {
            Ok(text) => print(&text),
            Err(error) => {
                eprintln!("vrrpctl: cannot write the answer as JSON: {error}");
                REFUSED
            }
        };
    }
    print(&render(&explanation))
}

/// An instance that is in the file may be one that was not started.
fn nobody(name: &str, status: &Status) -> String {
    let mut refused = status.daemon.not_started.iter();
    if let Some(refused) = refused.find(|refused| refused.name == name) {
        return format!(
            "{name} does not run, because {}: {}{}",
            refused.place,
            refused.reason,
            refused.allow_missing.as_ref().map_or_else(String::new, |word| {
                format!("; vrrpd --allow-missing {word} starts it nevertheless")
            })
        );
    }
    let known: Vec<&str> = status
        .instances
        .iter()
        .map(|instance| instance.name.as_str())
        .collect();
    format!("no instance {name} runs there; running: {}", words::list(&known))
}

/// From what the daemon says and nothing else.
fn explain(instance: &Instance, status: &Status) -> Explanation {
    let (sentence, mut because, then) = match instance.state {
        State::Active => active::explain(instance, status),
        State::Backup => backup::explain(instance, status),
        State::Initialize => barred::explain(instance, status),
    };
    because.extend(instance.incompatible_peers.iter().map(|peer| {
        Reason::new(format!(
            "{} has the same VRID and is not understood: it {} (last heard {} ago)",
            peer.address,
            peer.difference,
            words::span(peer.last_ago_ms)
        ))
        .cure("set both nodes alike; until then both may hold the addresses")
    }));
    Explanation {
        instance: instance.name.clone(),
        state: instance.state,
        sentence: format!("{} {sentence}", instance.name),
        because,
        then,
    }
}

fn render(explanation: &Explanation) -> String {
    let mut text = format!("{}\n", words::clean(&explanation.sentence));
    for reason in &explanation.because {
        let since = reason
            .since_ms
            .map_or_else(String::new, |ms| format!(", for {}", words::span(ms)));
        text.push_str(&format!("- {}{since}\n", words::clean(&reason.what)));
        if let Some(cure) = &reason.cure {
            text.push_str(&format!("  what to do: {}\n", words::clean(cure)));
        }
    }
    for then in &explanation.then {
        text.push_str(&format!("> {}\n", words::clean(then)));
    }
    text
}

#[cfg(test)]
mod tests;
