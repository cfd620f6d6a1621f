//! Scripts of what runs that could not be run after a reload.

use std::collections::{BTreeMap, BTreeSet};

use super::Machine;
use crate::balance::Told;
use crate::plan::{Check, Plan, Tracked};
use crate::succession::Succession;

/// Scripts that what runs by `old` would have with `new` and not before, and that cannot be run, each with its place. A
/// check that fails from its first run on would take an address away.
pub(super) fn unusable(
    old: &Plan,
    new: &Plan,
    succession: &Succession<'_>,
    machine: &dyn Machine,
) -> Vec<String> {
    let mut found = Vec::new();
    for instance in &new.instances {
        let Some(before) = succession.before(&instance.name) else {
            continue;
        };
        let had: Vec<_> = before.hooks.named().collect();
        for (word, command) in instance.hooks.named().filter(|hook| !had.contains(hook)) {
            if let Err(wrong) = machine.try_hook(command) {
                let (place, name) = (instance.hooks.place(word), &instance.name);
                found.push(format!("{place}: {word} of {name}: {wrong}"));
            }
        }
    }
    for group in &new.groups {
        let Some(before) = old.groups.iter().find(|before| before.name == group.name) else {
            continue;
        };
        let had: Vec<_> = before.hooks.named().collect();
        for (word, command) in group.hooks.named().filter(|hook| !had.contains(hook)) {
            if let Err(wrong) = machine.try_hook(command) {
                let (place, name) = (group.hooks.place(word), &group.name);
                found.push(format!("{place}: {word} of {name}: {wrong}"));
            }
        }
    }
    for fifo in &new.node.fifos {
        let Some(script) = &fifo.script else { continue };
        let mut had = old.node.fifos.iter().filter_map(|before| before.script.as_ref());
        if !had.any(|before| before.command == script.command)
            && let Err(wrong) = machine.try_hook(&script.command)
        {
            found.push(format!("{}: {}: {wrong}", script.place, fifo.script_word()));
        }
    }
    let runs = |check: &&Check| {
        let check = Tracked::Check(check.name.clone());
        let mut following = new.instances.iter().filter(|one| one.follows(&check));
        following.any(|one| succession.before(&one.name).is_some())
    };
    let had = |check: &&Check| {
        (old.checks.iter()).any(|before| before.name == check.name && before.what == check.what)
    };
    for check in new.checks.iter().filter(|check| !had(check)).filter(runs) {
        if let Err(wrong) = machine.try_check(check) {
            found.push(format!(
                "{}: {} of {}: {wrong}",
                check.place,
                check.what.keyword(),
                check.name
            ));
        }
    }
    found.extend(servers(old, new, machine));
    found
}

/// Those of virtual servers that run already. A check that fails from its first run on would take a real server out.
fn servers(old: &Plan, new: &Plan, machine: &dyn Machine) -> Vec<String> {
    let (before, after) = (&old.balance, &new.balance);
    // By name: there may be tens of thousands.
    let running: BTreeSet<&str> = before.servers.iter().map(|one| one.name.as_str()).collect();
    let runs = |name: &str| running.contains(name);
    let mut found = Vec::new();
    let had: BTreeMap<_, _> = before.told().map(|told| (whose(&told), told.command)).collect();
    for told in after.told().filter(|told| runs(told.virtual_server)) {
        if had.get(&whose(&told)) == Some(&told.command) {
            continue;
        }
        if let Err(wrong) = machine.try_hook(told.command) {
            found.push(format!("{}: {told}: {wrong}", told.place));
        }
    }
    let reals = after
        .servers
        .iter()
        .filter(|one| runs(&one.name))
        .flat_map(|one| &one.servers);
    let followed: BTreeSet<&str> = reals
        .flat_map(|real| &real.follows)
        .map(|one| one.check.as_str())
        .collect();
    let had: BTreeMap<&str, _> = before
        .checks
        .iter()
        .map(|check| (check.name.as_str(), &check.look))
        .collect();
    for check in after.checks.iter() {
        let name = check.name.as_str();
        if !followed.contains(name) || had.get(name) == Some(&&check.look) {
            continue;
        }
        if let Err(wrong) = machine.try_server_check(check) {
            found.push(format!("{}: {name}: {wrong}", check.place));
        }
    }
    found
}

/// Unique in a balance.
const fn whose<'a>(told: &Told<'a>) -> (&'a str, Option<&'a str>, &'static str) {
    (told.virtual_server, told.server, told.word)
}
