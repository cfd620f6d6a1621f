//! Scripts: used, found, and run as somebody.

use std::collections::HashSet;

use super::codes::{RELATIVE_SCRIPT, SCRIPT_USER, UNUSED_SCRIPT};
use super::command::{Run, all};
use crate::Parsed;
use crate::diagnostic::Findings;
use crate::model::Config;
use crate::tree::{Item, items};

/// What nothing names. A line that an error or a rule takes away was said, and names it all the same.
pub(super) fn unused(parsed: &Parsed, out: &mut Findings) {
    let mut named = HashSet::new();
    for item in items(&parsed.tree.nodes) {
        for list in item.items().filter(|list| is(list, "track_script")) {
            named.extend(list.items().map(Item::name));
        }
    }
    for script in parsed
        .config
        .scripts
        .iter()
        .filter(|script| !named.contains(&script.name))
    {
        let found = UNUSED_SCRIPT
            .at(script.span, format!("nothing tracks {}", script.name))
            .effect("it is never run, and its failure moves nothing; keepalived drops it without a word")
            .help(format!("add to the instance: track_script {{ {} }}", script.name));
        out.push(found);
    }
}

fn is(item: &Item, name: &str) -> bool {
    item.keyword.is_some_and(|keyword| keyword.name == name)
}

pub(super) fn command(run: &Run<'_>, out: &mut Findings) {
    let Some(program) = run.argv.first().filter(|program| !program.starts_with('/')) else {
        return;
    };
    let effect = if program.contains('/') {
        "it is looked for from the daemon's working folder, which is / under most service managers: there it is not found, as with keepalived"
    } else {
        "it is looked for in the folders of PATH, which differ between a shell and a service manager; keepalived warns at its start and does the same"
    };
    let mut found = RELATIVE_SCRIPT
        .at(run.span, format!("{}: {program} has no absolute path", run.what))
        .effect(effect)
        .help(format!("write the whole path (command -v {program})"));
    found.instance = run.instance.map(str::to_owned);
    out.push(found);
}

/// Told once: at the first command whose user is nowhere.
pub(super) fn users(config: &Config, out: &mut Findings) {
    if config.global.script_user.is_some() {
        return;
    }
    let Some(run) = all(config).into_iter().find(|run| !run.has_user) else {
        return;
    };
    let found = SCRIPT_USER
        .at(run.span, format!("{}: neither user nor script_user says as whom it runs", run.what))
        .effect("it runs as keepalived_script if there is such a user, else as the daemon, mostly root; with enable_script_security keepalived drops it instead, and the instance runs unchecked")
        .help("add script_user USER and enable_script_security to global_defs");
    out.push(found);
}
