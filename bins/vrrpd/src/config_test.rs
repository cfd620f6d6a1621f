//! `vrrpd -t`: everything that can be found without touching anything, with keepalived's exit codes.

use std::io::IsTerminal;

use keepalived_conf::{Diagnostic, Parsed, Renderer};
use vrrp_plan::{Command, Hooks, Instance, Lowered, What};

use crate::arguments::Arguments;
use crate::exit::Exit;
use crate::load::{self, Text};
use crate::notify::fifo;
use crate::scripts::{self, Wrong};
use crate::servers::{self, Without};
use crate::{network, notices, start, words};

/// Tests the file; what is found goes to standard error.
pub(crate) fn run(arguments: &Arguments) -> Exit {
    match judged(arguments) {
        Ok(exit) | Err(exit) => exit,
    }
}

/// An error: it cannot be run at all.
fn judged(arguments: &Arguments) -> Result<Exit, Exit> {
    let text = load::read(arguments);
    tell(&text, arguments);
    // Also where it cannot be read: behind -t, 6 is about the security of scripts.
    if text.fatal().is_some() {
        return Err(Exit::Permission);
    }
    let mut wrong = text
        .second
        .as_ref()
        .is_some_and(|second| second.faults().next().is_some());
    let Text { parsed, second } = text;
    let mut lowered = load::lowered(&parsed, arguments);
    // What the file takes for granted is looked for in its network.
    let entered = network::enter(arguments, &lowered.plan);
    let mut renderer = Renderer::new(&parsed.sources, true);
    load::traps(&parsed)
        .iter()
        .for_each(|found| show(found, &parsed, &mut renderer));
    let mut needless = load::needless(&parsed, arguments);
    needless.retain(|word| *word != servers::ALLOW || second.is_none());
    tell_missing(&lowered, &needless);
    if !lowered.refused.is_empty() {
        return Err(Exit::Permission);
    }
    if let Err(outside) = entered {
        eprintln!("error: {outside}");
        return Err(Exit::Permission);
    }
    let left_out = second.map_or_else(Vec::new, |second| second.join(&mut lowered.plan).1);
    left_out.iter().for_each(|text| eprintln!("error: {text}"));
    wrong |= !left_out.is_empty();
    arguments.leave_parts(&mut lowered.plan);
    match servers::without_kernel(&mut lowered.plan, arguments) {
        Without::Nothing => {}
        Without::Allowed { text, .. } => eprintln!("warning: {text}"),
        Without::Refused(text) => {
            eprintln!("error: {text}");
            return Err(Exit::Permission);
        }
    }
    if lowered.plan.asks_for_nothing() {
        eprintln!(
            "error: {}: there is no vrrp_instance and no virtual_server that can be started",
            arguments.files()
        );
        return Err(Exit::Permission);
    }
    wrong |= load::has_errors(&parsed) || !lowered.not_started.is_empty();
    Ok(on_this_machine(arguments, &lowered, wrong))
}

/// What was found in the files themselves.
fn tell(text: &Text, arguments: &Arguments) {
    let mut renderer = Renderer::new(&text.parsed.sources, true);
    load::to_tell(&text.parsed, arguments).for_each(|found| show(found, &text.parsed, &mut renderer));
    if let Some(second) = &text.second {
        second
            .findings()
            .for_each(|found| eprintln!("{}", second.line(found)));
    }
}

fn tell_missing(lowered: &Lowered, needless: &[&str]) {
    for missing in lowered.refused.iter().chain(&lowered.not_started) {
        eprintln!("error: {}", load::refusal(missing));
    }
    for allowed in &lowered.allowed {
        eprintln!("warning: {allowed}");
    }
    for word in needless {
        eprintln!(
            "warning: --allow-missing {word}: nothing in the file is missing under this word; is it spelt right?"
        );
    }
}

/// `wrong`: something is not carried out as it is written.
fn on_this_machine(arguments: &Arguments, lowered: &Lowered, wrong: bool) -> Exit {
    let found = machine(lowered);
    for (text, _) in &found {
        eprintln!("error: {text}");
    }
    let unguarded = unguarded(lowered);
    if let Some(place) = &unguarded {
        eprintln!(
            "warning: {place}: scripts are run and enable_script_security is not set: whoever may change one runs it as its user; add it to global_defs (6, as with keepalived)"
        );
    }
    if unguarded.is_some() || found.iter().any(|(_, insecure)| *insecure) {
        Exit::NoFile
    } else if wrong || !found.is_empty() {
        Exit::RunsWithErrors
    } else {
        eprintln!(
            "{}: fine; would run {}",
            arguments.files(),
            words::names(&lowered.plan)
        );
        Exit::Done
    }
}

fn show(found: &Diagnostic, parsed: &Parsed, renderer: &mut Renderer<'_>) {
    if std::io::stderr().is_terminal() {
        eprintln!("{}", renderer.render(found));
    } else {
        eprintln!("{}", keepalived_conf::line(found, &parsed.sources));
    }
}

/// What does not fit this machine, and whether it is about the security of a script.
fn machine(lowered: &Lowered) -> Vec<(String, bool)> {
    let mut found = Vec::new();
    let mut note = |place: &str, what: &str, wrong: Wrong| match wrong {
        Wrong::Insecure(text) => found.push((format!("{place}: {what}: {text}"), true)),
        Wrong::Unusable(text) => found.push((format!("{place}: {what}: {text}"), false)),
    };
    for check in &lowered.plan.checks {
        if let Err(wrong) = scripts::try_check(check) {
            note(
                &check.place,
                &format!("{} of {}", check.what.keyword(), check.name),
                wrong,
            );
        }
    }
    for instance in &lowered.plan.instances {
        for (word, command) in instance.hooks.named() {
            if let Err(wrong) = scripts::try_hook(command) {
                let place = instance.hooks.place(word);
                note(place, &format!("{word} of {}", instance.name), wrong);
            }
        }
    }
    for group in &lowered.plan.groups {
        for (word, command) in group.hooks.named() {
            if let Err(wrong) = scripts::try_hook(command) {
                note(
                    group.hooks.place(word),
                    &format!("{word} of {}", group.name),
                    wrong,
                );
            }
        }
    }
    for check in lowered.plan.balance.checks.iter() {
        if let Err(wrong) = vrrp_plan::try_server_check(check) {
            note(&check.place.0, &check.name, wrong);
        }
    }
    for script in servers::planned(&lowered.plan.balance) {
        if let Err(wrong) = scripts::try_hook(script.command) {
            note(script.place, &script.what(), wrong);
        }
    }
    for fifo in &lowered.plan.node.fifos {
        found.extend(fifo::wrong(fifo).into_iter().map(|(what, wrong)| match wrong {
            Wrong::Insecure(text) => (format!("{what}: {text}"), true),
            Wrong::Unusable(text) => (format!("{what}: {text}"), false),
        }));
    }
    found.extend(
        notices::wrong(&lowered.plan)
            .into_iter()
            .map(|text| (text, false)),
    );
    for instance in &lowered.plan.instances {
        for interface in interfaces(instance)
            .into_iter()
            .filter(|name| !start::exists(name))
        {
            let text = format!(
                "{}: {}: interface {interface} does not exist on this machine; vrrpd would wait for it",
                instance.place, instance.name
            );
            found.push((text, false));
        }
    }
    found
}

/// Where the first script stands that is run without `enable_script_security`. One that cannot be run is no danger.
fn unguarded(lowered: &Lowered) -> Option<String> {
    let plan = &lowered.plan;
    let checks = plan.checks.iter().filter_map(|check| match &check.what {
        What::Run(command) if scripts::try_check(check).is_ok() => Some((check.place.as_str(), command)),
        What::Run(_) | What::Ask(_) | What::Hear(_) => None,
    });
    let instances = plan.instances.iter().flat_map(|one| of(&one.hooks));
    let groups = plan.groups.iter().flat_map(|one| of(&one.hooks));
    let servers = servers::planned(&plan.balance).into_iter();
    let servers = servers.filter(|script| scripts::try_hook(script.command).is_ok());
    let servers = servers.map(|script| (script.place, script.command));
    let readers = plan.node.fifos.iter().filter_map(|fifo| fifo.script.as_ref());
    let readers = readers.map(|script| (script.place.as_str(), &script.command));
    let readers = readers.filter(|(_, command)| scripts::try_hook(command).is_ok());
    let mut all = checks
        .chain(instances)
        .chain(groups)
        .chain(servers)
        .chain(readers);
    all.find(|(_, command)| !command.secure)
        .map(|(place, _)| place.to_owned())
}

fn of(hooks: &Hooks) -> impl Iterator<Item = (&str, &Command)> {
    let usable = |(_, command): &(_, &Command)| scripts::try_hook(command).is_ok();
    let all = hooks.named().filter(usable);
    all.map(move |(word, command)| (hooks.place(word), command))
}

/// Every interface that the instance names, each once.
fn interfaces(instance: &Instance) -> Vec<&str> {
    let service = &instance.service;
    let own = service.interface.as_deref().into_iter();
    let devices = service.addresses.iter().filter_map(|held| held.device.as_deref());
    let tracked = service.track_interfaces.iter().map(|(name, _)| name.as_str());
    let mut names: Vec<&str> = own.chain(devices).chain(tracked).collect();
    names.sort_unstable();
    names.dedup();
    names
}
