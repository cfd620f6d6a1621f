//! How things are said.

use vrrp_control::{ActiveRouter, Address, Check, CheckMode, Health, Priority, Routing, Run, TrackedProcess};

/// `a, b and c`; `none` for nothing.
pub(crate) fn list(names: &[&str]) -> String {
    match names {
        [] => "none".to_owned(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// `1 fault`, `2 faults`.
pub(crate) fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

/// `1 failure`, `2 failures`.
pub(crate) fn counted_failures(count: u32) -> String {
    counted(usize::try_from(count).unwrap_or(usize::MAX), "failure")
}

/// A length of time with the two largest units that matter.
pub(crate) fn span(ms: u64) -> String {
    let seconds = ms / 1000;
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) if seconds == 0 => format!("{ms} ms"),
        (0, 0, 0) if seconds < 10 && ms % 1000 >= 100 => format!("{seconds}.{} s", ms % 1000 / 100),
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min {} s", seconds % 60),
        (0, _, _) => format!("{hours} h {} min", minutes % 60),
        (_, _, _) => format!("{days} d {} h", hours % 24),
    }
}

/// `148 = 150 -2 (chk_nginx)`; the bare number where nothing is added.
pub(crate) fn priority(priority: &Priority) -> String {
    let mut text = priority.effective.to_string();
    let adding: Vec<String> = priority
        .contributions
        .iter()
        .filter(|contribution| contribution.adds != 0)
        .map(|contribution| format!(" {:+} ({})", contribution.adds, clean(&contribution.name)))
        .collect();
    let moves = priority.moves.iter().filter(|one| one.adds != 0);
    let moves = moves.map(|one| format!(" {:+} ({})", one.adds, clean(&one.name)));
    let adding: Vec<String> = adding.into_iter().chain(moves).collect();
    if !adding.is_empty() || priority.effective != priority.base {
        text.push_str(&format!(" = {}{}", priority.base, adding.concat()));
    }
    text
}

/// `processes named nginx: 2 run, 1 needed`.
pub(crate) fn running(process: &TrackedProcess) -> String {
    let wanted = match (process.at_least, process.at_most) {
        (_, Some(0)) => "none may run".to_owned(),
        (least, None) => format!("{least} needed"),
        (least, Some(most)) => format!("{least} to {most} needed"),
    };
    let pending = process.changes_in_ms.map_or_else(String::new, |ms| {
        let other = match process.health {
            Health::Up => "down",
            Health::Down | Health::Unknown => "up",
        };
        format!("; {other} in {}", span(ms))
    });
    clean(&format!(
        "{}: {} run, {wanted}{pending}",
        process.pattern, process.count
    ))
}

/// Who is Active.
pub(crate) fn active(active: Option<&ActiveRouter>) -> String {
    match active {
        None => "nobody heard".to_owned(),
        Some(ActiveRouter { own: true, .. }) => "this node".to_owned(),
        Some(ActiveRouter {
            address, priority, ..
        }) => address.map_or_else(
            || format!("priority {priority}"),
            |address| format!("{address} ({priority})"),
        ),
    }
}

/// What the kernel says of an address beside what is wanted; `true`: something is wrong.
pub(crate) fn presence(address: &Address) -> (&'static str, bool) {
    match (address.wanted, address.present, address.foreign) {
        (true, true, _) => ("held", false),
        (true, false, _) => ("MISSING", true),
        (false, true, true) => ("answers though Backup: configured by others", true),
        (false, true, false) => ("LEFT BEHIND", true),
        (false, false, _) => ("", false),
    }
}

/// What became of a route or a rule beside what is wanted; `true`: something is wrong.
pub(crate) fn routing(routing: &Routing) -> (String, bool) {
    match (routing.wanted, routing.present, &routing.problem) {
        (true, true, _) if routing.foreign => ("there, made by others".to_owned(), false),
        (true, true, _) => ("held".to_owned(), false),
        (true, false, Some(problem)) => (format!("MISSING: {}", clean(problem)), true),
        (true, false, None) => ("MISSING".to_owned(), true),
        (false, true, _) if !routing.foreign => ("LEFT BEHIND".to_owned(), true),
        (false, _, _) => (String::new(), false),
    }
}

/// What a mode means for a check.
pub(crate) const fn effect(mode: CheckMode) -> &'static str {
    match mode {
        CheckMode::Normal => "what it finds counts",
        CheckMode::DryRun | CheckMode::Maintenance => "it counts as up whatever it finds",
        CheckMode::MaintenanceDown => "it counts as down whatever it finds",
    }
}

/// What there is to say of a check's mode, if that is not the usual one.
pub(crate) fn mode(check: &Check) -> Option<String> {
    if check.mode == CheckMode::Normal {
        return None;
    }
    let set = check.mode_set.map_or_else(
        || "as the file says".to_owned(),
        |set| format!("for {}, by user {}", span(set.ago_ms), set.uid),
    );
    let finds = match check.judged {
        Some(judged) if check.runs > 0 => format!("; it would be {judged}"),
        _ => String::new(),
    };
    let name = clean(&check.name);
    let ends = match check.mode_set {
        Some(_) => format!(" (vrrpctl check-mode {name} normal ends it)"),
        None => String::new(),
    };
    Some(format!(
        "check {name} is in {} {set}: {}{finds}{ends}",
        check.mode.to_string().to_uppercase(),
        effect(check.mode)
    ))
}

/// Result of a run.
pub(crate) fn run(run: &Run) -> String {
    let mut text = clean(&run.result);
    // What took nothing was there before it was asked for.
    if run.took_ms > 0 {
        text.push_str(&format!(" after {}", span(run.took_ms)));
    }
    // Where an application speaks for itself, the result is the first line of what it said.
    let output = run.output.trim_start();
    let rest = output.strip_prefix(run.result.as_str());
    let rest = rest.filter(|rest| rest.is_empty() || rest.starts_with('\n'));
    let output = rest.map_or(run.output.as_str(), str::trim_start);
    if !output.is_empty() {
        text.push_str(&format!(": {}", clean(output)));
    }
    text
}

/// Text of others on one line, without anything that a terminal would obey: `?` instead, as everywhere but in the log.
pub(crate) fn clean(text: &str) -> String {
    let trimmed = text.trim_end();
    trimmed
        .chars()
        .map(|c| {
            if c == '\n' {
                '⏎'
            } else if c.is_control() {
                '?'
            } else {
                c
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_keep_the_two_units_that_matter() {
        let said: Vec<String> = [0, 999, 1000, 9_950, 10_000, 61_000, 3_600_000, 90_000_000]
            .into_iter()
            .map(span)
            .collect();
        assert_eq!(
            said,
            [
                "0 ms",
                "999 ms",
                "1 s",
                "9.9 s",
                "10 s",
                "1 min 1 s",
                "1 h 0 min",
                "1 d 1 h"
            ]
        );
    }

    #[test]
    fn output_of_a_script_cannot_steer_the_terminal() {
        assert_eq!(clean("a\u{1b}[2Jb\nc\n"), "a?[2Jb⏎c");
    }

    #[test]
    fn lists() {
        assert_eq!(list(&[]), "none");
        assert_eq!(list(&["a"]), "a");
        assert_eq!(list(&["a", "b", "c"]), "a, b and c");
    }
}
