//! `vrrpctl status`: one line per instance, one per check, and what is wrong.

use comfy_table::{ContentArrangement, Table, presets};
use vrrp_control::{
    Address, Check, CheckMode, Daemon, Group, Health, Hook, Instance, Routing, Statics, Status, TrackedFile,
    TrackedProcess,
};

use crate::colour::Colour;
use crate::detail::routing;
use crate::words;
use crate::{fifos, servers, steered};

/// Addresses of one instance that the table shows; `vrrpctl status NAME` shows all.
const ADDRESSES_MAX: usize = 4;

pub(crate) fn render(status: &Status, colour: Colour) -> String {
    let daemon = &status.daemon;
    let network = daemon.net_namespace.as_deref();
    let network = network.map_or_else(String::new, |name| format!(", in network {}", words::clean(name)));
    let mut text = format!(
        "{}: vrrpd {} (process {}), up {}, {}{network}\n",
        words::clean(&daemon.router_id),
        daemon.program_version,
        daemon.pid,
        words::span(daemon.uptime_ms),
        words::clean(&daemon.config_file),
    );
    if daemon.stopping {
        text.push_str("stopping: the addresses answer until the successor does\n");
    }
    if let Some(line) = steered::maintenance(daemon) {
        text.push_str(&format!("{}\n", colour.alarm(&line)));
    }
    if !status.instances.is_empty() || status.balancing.is_none() {
        text.push('\n');
        text.push_str(&instances(&status.instances, colour));
    }
    if !status.groups.is_empty() {
        text.push('\n');
        text.push_str(&groups(&status.groups, colour));
    }
    if !status.checks.is_empty() {
        text.push('\n');
        text.push_str(&checks(&status.checks, colour));
    }
    if !status.files.is_empty() {
        text.push('\n');
        text.push_str(&files(&status.files));
    }
    if !status.processes.is_empty() {
        text.push('\n');
        text.push_str(&processes(&status.processes, colour));
    }
    if !status.fifos.is_empty() {
        text.push('\n');
        text.push_str(&fifos::table(&status.fifos));
    }
    text.push_str(&statics(&status.statics, colour));
    if let Some(balancing) = &status.balancing {
        text.push_str(&format!("\n{}\n", servers::in_short(balancing, colour)));
    }
    let wrong = problems(status);
    if !wrong.is_empty() {
        text.push('\n');
        for line in wrong {
            text.push_str(&format!("! {line}\n"));
        }
    }
    colour.paint(&text)
}

/// What is there whatever the role of any instance.
fn statics(statics: &Statics, colour: Colour) -> String {
    let mut text = String::new();
    if !statics.addresses.is_empty() {
        let mut table = bare_table(&["STATIC ADDRESS", "DEVICE", "KERNEL"]);
        for address in &statics.addresses {
            let (word, wrong) = words::presence(address);
            table.add_row([
                format!("{}/{}", address.address, address.prefix),
                address.device.clone().unwrap_or_else(|| "-".to_owned()),
                if wrong {
                    colour.alarm(word)
                } else {
                    word.to_owned()
                },
            ]);
        }
        text.push('\n');
        text.push_str(&lay_out(&mut table));
    }
    if !statics.routing.is_empty() {
        text.push_str(&routing(&statics.routing, colour));
    }
    text
}

/// A table without lines: columns that line up, and nothing that has to be cut away again by other programs.
pub(crate) fn bare_table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(header.iter().copied());
    table
}

/// Columns start at the left edge, with no blanks at the end of a line.
pub(crate) fn lay_out(table: &mut Table) -> String {
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table.trim_fmt() + "\n"
}

fn instances(instances: &[Instance], colour: Colour) -> String {
    if instances.is_empty() {
        return "no instance runs\n".to_owned();
    }
    let mut table = bare_table(&[
        "INSTANCE",
        "VRID",
        "INTERFACE",
        "STATE",
        "FOR",
        "PRIORITY",
        "ACTIVE",
        "ADDRESSES",
        "WHY",
    ]);
    for instance in instances {
        table.add_row([
            words::clean(&instance.name),
            instance.vrid.to_string(),
            instance.interface.clone().unwrap_or_else(|| "-".to_owned()),
            state(instance, colour),
            words::span(instance.state_for_ms),
            words::priority(&instance.priority),
            words::active(instance.active.as_ref()),
            addresses(&instance.addresses, colour),
            words::clean(&instance.why),
        ]);
    }
    lay_out(&mut table)
}

fn state(instance: &Instance, colour: Colour) -> String {
    let mut text = colour.state(instance.keepalived_state);
    if instance.holding {
        text.push_str(" (addresses held until the successor answers)");
    }
    if instance.handing_over.is_some() && !instance.holding {
        text.push_str(" (being handed over)");
    }
    if instance.handed_over.is_some() {
        text.push_str(" (stands back)");
    }
    text
}

fn addresses(addresses: &[Address], colour: Colour) -> String {
    let mut lines: Vec<String> = addresses
        .iter()
        .take(ADDRESSES_MAX)
        .map(|address| {
            let (word, wrong) = words::presence(address);
            let word = if wrong {
                colour.alarm(word)
            } else {
                word.to_owned()
            };
            format!("{}/{} {word}", address.address, address.prefix)
                .trim_end()
                .to_owned()
        })
        .collect();
    if let Some(more) = addresses
        .len()
        .checked_sub(ADDRESSES_MAX)
        .filter(|more| *more > 0)
    {
        lines.push(format!("and {more} more"));
    }
    lines.join("\n")
}

fn groups(groups: &[Group], colour: Colour) -> String {
    let mut table = bare_table(&["SYNC GROUP", "STATE", "INSTANCES", "AT FAULT"]);
    for group in groups {
        table.add_row([
            words::clean(&group.name),
            colour.state(group.keepalived_state),
            named(&group.members),
            if group.at_fault.is_empty() {
                "-".to_owned()
            } else {
                colour.alarm(&named(&group.at_fault))
            },
        ]);
    }
    lay_out(&mut table)
}

fn checks(checks: &[Check], colour: Colour) -> String {
    let mut table = bare_table(&[
        "CHECK",
        "HEALTH",
        "FOR",
        "RUNS",
        "FAILED",
        "NEXT",
        "TRACKED BY",
        "LAST RESULT",
    ]);
    for check in checks {
        table.add_row([
            words::clean(&check.name),
            health(check, colour),
            words::span(check.since_ms),
            check.runs.to_string(),
            check.failures.to_string(),
            check.next_in_ms.map_or_else(|| "runs".to_owned(), words::span),
            named(&check.tracked_by),
            check
                .last
                .as_ref()
                .map_or_else(|| "none yet".to_owned(), |last| shortened(words::run(last))),
        ]);
    }
    lay_out(&mut table)
}

/// Names of the file, fit for a terminal.
fn named(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| words::clean(name)).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    words::list(&names)
}

/// A script may say thousands of letters: a table shows how they begin, the status of one instance all of them.
fn shortened(text: String) -> String {
    const CHARS_MAX: usize = 200;
    match text.char_indices().nth(CHARS_MAX) {
        Some((end, _)) => format!("{}…", text.split_at(end).0),
        None => text,
    }
}

/// `up`, `up (degraded)`, `up (MAINTENANCE)`.
pub(crate) fn health(check: &Check, colour: Colour) -> String {
    if check.mode != CheckMode::Normal {
        let mode = check.mode.to_string().to_uppercase();
        return colour.alarm(&format!("{} ({mode})", check.health));
    }
    if check.degraded && check.health == Health::Up {
        return colour.alarm(&format!("{} (degraded)", check.health));
    }
    colour.health(check.health)
}

fn files(files: &[TrackedFile]) -> String {
    let mut table = bare_table(&["FILE", "VALUE", "FOR", "TRACKED BY", "FOUND"]);
    for file in files {
        table.add_row([
            words::clean(&file.name),
            file.value.to_string(),
            words::span(file.since_ms),
            named(&file.tracked_by),
            words::clean(&format!("{}: {}", file.path, file.found)),
        ]);
    }
    lay_out(&mut table)
}

fn processes(processes: &[TrackedProcess], colour: Colour) -> String {
    let mut table = bare_table(&["PROCESS", "HEALTH", "FOR", "TRACKED BY", "FOUND"]);
    for process in processes {
        table.add_row([
            words::clean(&process.name),
            colour.health(process.health),
            words::span(process.since_ms),
            named(&process.tracked_by),
            words::running(process),
        ]);
    }
    lay_out(&mut table)
}

/// Everything that an operator should look at, in words.
fn problems(status: &Status) -> Vec<String> {
    let late = |file: &TrackedFile| Some(words::clean(&format!("{}: {}", file.name, file.late.as_ref()?)));
    let mut lines = steered::problems(&status.daemon, &status.instances);
    lines.extend(steered::recording(status));
    lines.extend(status.files.iter().filter_map(late));
    for check in &status.checks {
        lines.extend(words::mode(check));
        if let Some(last) = check.last.as_ref().filter(|_| check.degraded) {
            lines.push(format!(
                "check {} is degraded: {}",
                words::clean(&check.name),
                words::clean(&last.result)
            ));
        }
    }
    for instance in &status.instances {
        for peer in &instance.incompatible_peers {
            lines.push(format!(
                "{}: {} {} (last heard {} ago)",
                words::clean(&instance.name),
                peer.address,
                words::clean(&peer.difference),
                words::span(peer.last_ago_ms)
            ));
        }
        for address in &instance.addresses {
            if let (word, true) = words::presence(address) {
                lines.push(format!(
                    "{}: {} {word}",
                    words::clean(&instance.name),
                    address.address
                ));
            }
        }
        lines.extend(wrong_routing(&words::clean(&instance.name), &instance.routing));
        for hook in failing(&instance.hooks) {
            lines.push(format!(
                "{}: {} failed: {} ({})",
                words::clean(&instance.name),
                words::clean(&hook.label),
                words::run(&hook.run),
                words::clean(&hook.command)
            ));
        }
    }
    lines.extend(wrong_routing("static", &status.statics.routing));
    lines.extend(status.fifos.iter().flat_map(fifos::problems));
    for group in &status.groups {
        for hook in failing(&group.hooks) {
            lines.push(format!(
                "{}: {} failed: {} ({})",
                words::clean(&group.name),
                words::clean(&hook.label),
                words::run(&hook.run),
                words::clean(&hook.command)
            ));
        }
    }
    daemon_problems(&status.daemon, &mut lines);
    lines.extend(files_problems(status));
    lines
}

fn wrong_routing(whose: &str, list: &[Routing]) -> Vec<String> {
    let wrong = list.iter().filter_map(|one| match words::routing(one) {
        (word, true) => Some(format!(
            "{whose}: {} {} {word}",
            one.kind,
            words::clean(&one.entry)
        )),
        (_, false) => None,
    });
    wrong.collect()
}

/// Notify scripts that have failed the last time they ran for their purpose.
fn failing(hooks: &[Hook]) -> impl Iterator<Item = &Hook> {
    hooks.iter().enumerate().filter_map(|(place, hook)| {
        let last = !hooks
            .iter()
            .skip(place + 1)
            .any(|later| later.label == hook.label);
        (last && !hook.run.succeeded).then_some(hook)
    })
}

/// What is written down beside the log.
fn files_problems(status: &Status) -> Vec<String> {
    let events = status.journal.as_ref().and_then(|journal| journal.file.as_ref());
    let events = events.map(|file| ("events", &file.path, file.dropped, file.well));
    // One that an operator began ends by such a thing, and says so.
    let recording = (status.recording.as_ref()).filter(|one| one.asked.is_none() || one.running);
    let recording = recording.map(|file| ("lines of the recording", &file.path, file.dropped, file.well));
    let all = [events, recording].into_iter().flatten();
    all.filter(|(_, _, dropped, _)| *dropped > 0)
        .map(|(what, path, dropped, well)| {
            let now = if well {
                "it is written again"
            } else {
                "it cannot be written"
            };
            format!(
                "{dropped} {what} are missing in {}: {now} (disk full, too slow, or the limit is reached)",
                words::clean(path)
            )
        })
        .collect()
}

fn daemon_problems(daemon: &Daemon, lines: &mut Vec<String>) {
    for missing in &daemon.not_started {
        let mut line = format!(
            "{} does not run: {}: {}",
            words::clean(&missing.name),
            words::clean(&missing.place),
            words::clean(&missing.reason)
        );
        if let Some(word) = &missing.allow_missing {
            line.push_str(&format!(
                " (to start it without that: --allow-missing {})",
                words::clean(word)
            ));
        }
        lines.push(line);
    }
    if let Some(reload) = daemon.last_reload.as_ref().filter(|reload| !reload.applied) {
        lines.push(format!(
            "the last reload changed nothing: {}",
            words::clean(&reload.message)
        ));
    }
    if daemon.log_lines_dropped > 0 {
        lines.push(format!(
            "{} log lines were dropped: their reader is too slow or gone, or the disk full",
            daemon.log_lines_dropped
        ));
    }
    match daemon.warnings.len() {
        0 => {}
        count => lines.push(format!(
            "{count} findings in the configuration: vrrpd -t -f {} shows them",
            words::clean(&daemon.config_file)
        )),
    }
}
