//! Whether a reload may do what a new file says. One judgement, for the daemon that reloads and for whoever asks before.

mod fault;
mod scripts;

use std::path::Path;

use keepalived_conf::{Diagnostic, Parsed, Severity, line};

use crate::balance::ServerCheck;
use crate::difference::{Astray, Loss, astray, losses};
use crate::lower::{Lowered, NotStarted};
use crate::plan::{Check, Command, NetNamespace, Plan};
use crate::succession::Succession;
use fault::fresh;

pub use fault::Fault;

/// Diagnostics of words that are not carried out: an operator may allow those, so they are told by [`refusal`].
const MISSING: &str = "missing";
/// The diagnostic of a file that cannot be read.
const UNREADABLE: &str = "file";

/// A file that cannot be run, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unusable {
    /// It cannot be read.
    NoFile(String),
    /// What it says cannot be run.
    CannotRun(String),
}

/// What a reload asks of the machine.
pub trait Machine {
    /// Whether there is an interface of this name.
    fn has_interface(&self, name: &str) -> bool;
    /// Whether a check can be run as things stand.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    fn try_check(&self, check: &Check) -> Result<(), String>;
    /// Whether a check of real servers can be made as things stand.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    fn try_server_check(&self, check: &ServerCheck) -> Result<(), String>;
    /// Whether a script that is told of changes can be run as things stand.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    fn try_hook(&self, command: &Command) -> Result<(), String>;
    /// A digest of what stands in a file; none where it cannot be read.
    fn digest(&self, _file: &Path) -> Option<u64> {
        None
    }
}

/// A machine that has every interface and every script.
#[derive(Debug, Clone, Copy, Default)]
pub struct EverythingPresent;

impl Machine for EverythingPresent {
    fn has_interface(&self, _name: &str) -> bool {
        true
    }

    fn try_check(&self, _check: &Check) -> Result<(), String> {
        Ok(())
    }

    fn try_server_check(&self, _check: &ServerCheck) -> Result<(), String> {
        Ok(())
    }

    fn try_hook(&self, _command: &Command) -> Result<(), String> {
        Ok(())
    }
}

/// What is to be said of the file itself.
pub fn findings(parsed: &Parsed) -> impl Iterator<Item = &Diagnostic> {
    parsed.diagnostics.iter().filter(|found| found.code != MISSING)
}

/// What keeps the file as a whole from being used.
#[must_use]
pub fn fatal(parsed: &Parsed) -> Option<Unusable> {
    let fatal = findings(parsed).find(|found| found.severity == Severity::Fatal)?;
    let text = line(fatal, &parsed.sources);
    Some(if fatal.code == UNREADABLE {
        Unusable::NoFile(text)
    } else {
        Unusable::CannotRun(text)
    })
}

/// What keeps the daemon from starting with it, whatever stands in it otherwise.
#[must_use]
pub fn refused(lowered: &Lowered) -> Option<Unusable> {
    let words: Vec<String> = lowered.refused.iter().map(refusal).collect();
    (!words.is_empty()).then(|| Unusable::CannotRun(words.join("; ")))
}

/// What does not start, on one line.
#[must_use]
pub fn refusal(missing: &NotStarted) -> String {
    let whose = if missing.name.is_empty() {
        "vrrpd"
    } else {
        &missing.name
    };
    let hint = match &missing.allow_missing {
        Some(word) => format!("; to start it without that: --allow-missing {word}"),
        None => String::new(),
    };
    format!(
        "{}: {whose} does not start: {}{hint}",
        missing.place, missing.reason
    )
}

/// What of the file is not carried out as it is written.
#[must_use]
pub fn faults(parsed: &Parsed, lowered: &Lowered) -> Vec<Fault> {
    let found = findings(parsed).filter_map(|found| Fault::found(found, parsed));
    let refused = lowered.not_started.iter();
    found
        .chain(refused.map(|missing| Fault::refused(missing, refusal(missing))))
        .collect()
}

/// Whether a node that runs `old` takes `new`, read from `file`: a file is refused by whose error something would
/// disappear, or would run otherwise than it says. Errors that the file in force has already bar nothing.
///
/// # Errors
/// Why nothing would change, in words.
pub fn judge(
    file: &str,
    (old, old_faults): (&Plan, &[Fault]),
    (new, new_faults): (&Plan, &[Fault]),
    machine: &dyn Machine,
) -> Result<(), String> {
    same_network(old, new)?;
    if new.asks_for_nothing() {
        let why = if new_faults.is_empty() {
            "to stop vrrpd send SIGTERM".to_owned()
        } else {
            texts(new_faults)
        };
        return Err(format!(
            "{file}: no vrrp_instance and no virtual_server would be left: {why}"
        ));
    }
    let succession = Succession::between(old, new);
    let fresh = fresh(old_faults, new_faults, &succession);
    let mut lost: Vec<String> = losses(old, new).iter().map(loss).collect();
    lost.extend(new.balance.lost_since(&old.balance));
    let hides = |fault: &&Fault| fault.may_hide() || fresh.contains(fault);
    let doubts: Vec<&Fault> = new_faults.iter().filter(hides).collect();
    if !doubts.is_empty() && !lost.is_empty() {
        return Err(format!(
            "the file has errors, and {} would disappear: {}. Correct them; what is to go, take out of an otherwise clean file",
            lost.join(", "),
            texts(doubts)
        ));
    }
    let wrong: Vec<&Fault> = fresh
        .into_iter()
        .filter(|fault| fault.concerns(&succession))
        .collect();
    if !wrong.is_empty() {
        return Err(format!(
            "the file has errors that the one in force does not have, and what runs would no longer be what it says: {}. Correct them and reload again",
            texts(wrong)
        ));
    }
    let may_come_later = |name: &str| new.node.dynamic_interfaces || machine.has_interface(name);
    let nowhere = astray(old, new, may_come_later);
    if !nowhere.is_empty() {
        let nowhere: Vec<String> = nowhere.iter().map(lacking).collect();
        return Err(nowhere.join("; "));
    }
    let unusable = scripts::unusable(old, new, &succession, machine);
    if !unusable.is_empty() {
        return Err(format!(
            "scripts of what runs cannot be run as this machine stands: {}. Correct the file or the machine, and reload again",
            unusable.join("; ")
        ));
    }
    Ok(())
}

/// Sockets and addresses are of one network, and cannot be taken along: keepalived refuses such a reload as a whole, too.
fn same_network(old: &Plan, new: &Plan) -> Result<(), String> {
    let (before, after) = (&old.node.net_namespace, &new.node.net_namespace);
    let name = |asked: &Option<NetNamespace>| asked.as_ref().map(|asked| asked.name.clone());
    if name(before) == name(after) {
        return Ok(());
    }
    let words = |asked: &Option<NetNamespace>| {
        asked.as_ref().map_or_else(
            || "no net_namespace".to_owned(),
            |asked| format!("{}: net_namespace {}", asked.place, asked.name),
        )
    };
    Err(format!(
        "{}, and vrrpd was started with {}: a running vrrpd cannot go into another network. Stop it and start it again, or take the change back",
        words(after),
        name(before).unwrap_or_else(|| "none".to_owned())
    ))
}

fn texts<'a>(faults: impl IntoIterator<Item = &'a Fault>) -> String {
    let texts: Vec<&str> = faults.into_iter().map(|fault| fault.text.as_str()).collect();
    texts.join("; ")
}

fn loss(loss: &Loss) -> String {
    match loss.address {
        Some(address) => format!("{address} of {}", loss.instance),
        None => loss.instance.clone(),
    }
}

fn lacking(astray: &Astray) -> String {
    let Astray {
        instance,
        place,
        interface,
    } = astray;
    format!(
        "{place}: {instance}: interface {interface} does not exist, and what runs now would disappear; correct the name, create the interface first, or write dynamic_interfaces into global_defs to have it waited for"
    )
}
