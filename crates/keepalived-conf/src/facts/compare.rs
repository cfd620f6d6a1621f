//! What a file takes for granted and a machine does not have, as diagnostics.

use std::collections::BTreeSet;

use super::asked::DEFAULT_USER;
use super::{Asked, AskedInterface, AskedProgram, Facts, InterfaceUse, ProgramUse};
use crate::diagnostic::{Diagnostic, Keepalived};
use crate::model::{Config, ScriptUser};

/// Everything that is not as the file wants it.
pub(crate) fn compare(asked: &Asked, config: &Config, facts: &Facts) -> Vec<Diagnostic> {
    let mut found = interfaces(asked, config, facts);
    found.extend(users(asked, config, facts));
    for program in &asked.programs {
        found.extend(program_of(program, config, facts));
    }
    found.extend(security(asked, config, facts));
    found
}

fn interfaces(asked: &Asked, config: &Config, facts: &Facts) -> Vec<Diagnostic> {
    let mut told = BTreeSet::new();
    let mut found = Vec::new();
    for one in &asked.interfaces {
        let own = asked.made.contains(&one.name);
        let there = facts.interfaces.contains(&one.name) && !(own && one.wanted != InterfaceUse::Later);
        let later = config.global.dynamic_interfaces.value || (own && one.wanted == InterfaceUse::Later);
        if there || later || !told.insert((&one.name, one.instance.as_deref())) {
            continue;
        }
        found.push(absent(one, own));
    }
    found
}

fn absent(one: &AskedInterface, own: bool) -> Diagnostic {
    let name = &one.name;
    let (text, effect, help) = match one.wanted {
        InterfaceUse::Before if own => (
            format!("{name} does not exist before keepalived makes it"),
            "keepalived does not start: it looks for this interface before it makes virtual MACs; vrrpd needs no such block",
            "name the interface below the virtual MAC",
        ),
        InterfaceUse::Before => (
            format!("there is no interface {name} on this machine"),
            "keepalived does not start; vrrpd needs no such block",
            "correct the name (ip link lists them), or remove the line",
        ),
        InterfaceUse::Polled => (
            format!("there is no interface {name} on this machine"),
            "keepalived -t calls the file unusable, and the daemon goes on without it; vrrpd needs no such block",
            "correct the name (ip link lists them), or remove the line",
        ),
        InterfaceUse::Later => (
            format!("there is no interface {name} on this machine"),
            "keepalived does not start; vrrpd waits for the interface and serves what does not need it",
            "correct the name (ip link lists them); for one that comes later, write dynamic_interfaces into global_defs",
        ),
    };
    let mut found = Diagnostic::error("interface-absent", one.span, text)
        .effect(effect)
        .help(help);
    found.keepalived = Keepalived::Stops;
    found.instance.clone_from(&one.instance);
    found
}

/// What of an account is not there.
fn lacking(user: &ScriptUser, facts: &Facts) -> Option<String> {
    if !facts.users.contains(&user.user) {
        return Some(format!("user {}", user.user));
    }
    let group = user.group.as_ref()?;
    (!facts.groups.contains(group)).then(|| format!("group {group}"))
}

fn users(asked: &Asked, config: &Config, facts: &Facts) -> Option<Diagnostic> {
    let user = config.global.script_user.as_ref()?;
    let lacking = lacking(&user.value, facts)?;
    let found = Diagnostic::error(
        "user-absent",
        user.span()?,
        format!("there is no {lacking} on this machine"),
    )
    .effect(if asked.programs.is_empty() {
        "keepalived reports it; no script is run here"
    } else {
        "keepalived leaves out every script without a user of its own, and runs without these checks; vrrpd counts them as failed"
    });
    Some(found.help("create it (useradd --system NAME), or name another"))
}

fn program_of(program: &AskedProgram, config: &Config, facts: &Facts) -> Option<Diagnostic> {
    let effect = match program.wanted {
        ProgramUse::Check => {
            "keepalived leaves the check out and runs without it; vrrpd counts it as failed, so that no dead service keeps an address"
        }
        ProgramUse::Notify => "nobody is told of the change; the address moves all the same",
        ProgramUse::Server => "keepalived leaves the check out",
    };
    let report = |code, text, help| {
        let found = Diagnostic::error(code, program.span, text)
            .effect(effect)
            .help(help);
        // keepalived does not look at these when it tests a file, and of checks of servers at the user only.
        let unseen = match program.wanted {
            ProgramUse::Notify => true,
            ProgramUse::Server => code != "user-absent" || program.owner != "misc_path",
            ProgramUse::Check => false,
        };
        if unseen { found.silent() } else { found }
    };
    let owner = &program.owner;
    if let Some(text) = nobody(program, config, facts) {
        return Some(report(
            "user-absent",
            text,
            "create it (useradd --system keepalived_script), or write script_user into global_defs",
        ));
    }
    if let Some(lacking) = program.user.as_ref().and_then(|user| lacking(user, facts)) {
        let text = format!("there is no {lacking} on this machine, as whom the script of {owner} is to run");
        return Some(report(
            "user-absent",
            text,
            "create it (useradd --system NAME), or name another",
        ));
    }
    let Some(known) = facts.programs.get(&program.path) else {
        let text = format!("{} of {owner} cannot be run on this machine", program.path);
        return Some(report(
            "script-absent",
            text,
            "correct the path, or make it executable",
        ));
    };
    if let Some(why) = &known.unusable {
        let text = format!("{} of {owner} cannot be run on this machine: {why}", program.path);
        return Some(report(
            "script-absent",
            text,
            "correct the path, or make it executable",
        ));
    }
    let insecure = known.insecure.as_ref()?;
    if !config.global.enable_script_security.value || !as_root(program, config, facts) {
        return None;
    }
    let text = format!(
        "{} of {owner} runs as root, and others can change it: {insecure}",
        program.path
    );
    Some(report(
        "script-insecure",
        text,
        "let root own the file and its folders, and nobody else write there; or name another user",
    ))
}

/// With `enable_script_security` nothing is run as root for want of another user.
fn nobody(program: &AskedProgram, config: &Config, facts: &Facts) -> Option<String> {
    let global = &config.global;
    let other = program.user.is_some() || global.script_user.is_some() || facts.users.contains(DEFAULT_USER);
    (global.enable_script_security.value && !other).then(|| {
        format!(
            "there is no user {DEFAULT_USER} on this machine, as whom the script of {} would run",
            program.owner
        )
    })
}

/// Whether keepalived would run it as root.
fn as_root(program: &AskedProgram, config: &Config, facts: &Facts) -> bool {
    let global = config.global.script_user.as_ref().map(|user| &user.value);
    match program.user.as_ref().or(global) {
        Some(user) => user.user == "root" || user.user == "0",
        None => !facts.users.contains(DEFAULT_USER),
    }
}

/// Scripts are run and nothing is asked about who can change them: keepalived says so once, and tests end with 6.
fn security(asked: &Asked, config: &Config, facts: &Facts) -> Option<Diagnostic> {
    if config.global.enable_script_security.value {
        return None;
    }
    let usable = |program: &&AskedProgram| {
        let there = facts
            .programs
            .get(&program.path)
            .is_some_and(|known| known.unusable.is_none());
        there && nobody(program, config, facts).is_none()
    };
    let first = asked.programs.iter().find(usable)?;
    let mut found = Diagnostic::warning(
        "script-security",
        first.span,
        "scripts are run without enable_script_security",
    )
    .effect("a script that others than root can change is run all the same, as with keepalived")
    .help("write enable_script_security and script_user into global_defs");
    found.keepalived = Keepalived::ReportsSecurity;
    Some(found)
}
