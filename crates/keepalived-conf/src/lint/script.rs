//! Scripts: found, and run as somebody.

use super::codes::{RELATIVE_SCRIPT, SCRIPT_USER};
use super::command::{Run, all};
use crate::diagnostic::Findings;
use crate::model::Config;

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
    let secure = if run.check.is_some() {
        "; with enable_script_security keepalived drops it instead, and the instance runs unchecked"
    } else if run.what.starts_with("notify_before_stop") {
        // keepalived does not know it.
        ""
    } else {
        "; with enable_script_security keepalived drops it instead, and it is never run"
    };
    let found = SCRIPT_USER
        .at(
            run.span,
            format!("{}: neither user nor script_user says as whom it runs", run.what),
        )
        .effect(format!(
            "it runs as keepalived_script if there is such a user, else as the daemon, mostly root{secure}"
        ))
        .help("add script_user USER and enable_script_security to global_defs");
    out.push(found);
}
