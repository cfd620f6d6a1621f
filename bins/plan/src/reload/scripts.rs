//! Scripts of what runs that could not be run after a reload.

use super::Machine;
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
    found
}
