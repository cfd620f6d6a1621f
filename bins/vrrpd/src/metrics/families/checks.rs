//! Checks, files, processes.

use vrrp_control::{Check, CheckMode, Health};

use super::{Each, Facts, Family, Value, seconds_of_ms};

const STATES: [(Health, &str); 3] = [
    (Health::Unknown, "unknown"),
    (Health::Up, "up"),
    (Health::Down, "down"),
];

const BY_CHECK: &[&str] = &["check"];

fn each_one(facts: &Facts<'_>, each: Each<'_>, of: impl Fn(&Check) -> Option<Value>) {
    for check in facts.status.iter().flat_map(|status| &status.checks) {
        if let Some(value) = of(check) {
            each(&[&check.name], value);
        }
    }
}

fn states(facts: &Facts<'_>, each: Each<'_>) {
    for check in facts.status.iter().flat_map(|status| &status.checks) {
        for (state, word) in STATES {
            each(&[&check.name, word], (check.health == state).into());
        }
    }
}

pub(super) const FAMILIES: &[Family] = &[
    Family::gauge(
        "vrrpd_check_state",
        &["check", "state"],
        "1 for what it was judged to be, 0 for the others: unknown, up, down.",
        states,
    ),
    Family::gauge(
        "vrrpd_check_degraded",
        BY_CHECK,
        "1 while it is up and something needs attention.",
        |facts, each| each_one(facts, each, |check| Some(check.degraded.into())),
    ),
    Family::gauge(
        "vrrpd_check_suspended",
        BY_CHECK,
        "1 while what it finds does not count: a trial, or maintenance.",
        |facts, each| {
            each_one(facts, each, |check| {
                Some((check.mode != CheckMode::Normal).into())
            })
        },
    ),
    Family::gauge(
        "vrrpd_check_last_duration",
        BY_CHECK,
        "How long the last run took.",
        |facts, each| {
            each_one(facts, each, |check| {
                let last = check.last.as_ref()?;
                Some(seconds_of_ms(last.took_ms))
            });
        },
    )
    .in_seconds(),
    Family::gauge(
        "vrrpd_check_last_end_timestamp",
        BY_CHECK,
        "When it ended, since 1970.",
        |facts, each| {
            each_one(facts, each, |check| {
                let last = check.last.as_ref()?;
                Some(seconds_of_ms(last.ended_unix_ms))
            });
        },
    )
    .in_seconds(),
    Family::counter("vrrpd_check_runs", BY_CHECK, "Results so far.", |facts, each| {
        each_one(facts, each, |check| Some(check.runs.into()));
    }),
    Family::counter(
        "vrrpd_check_failures",
        BY_CHECK,
        "Failures among them.",
        |facts, each| each_one(facts, each, |check| Some(check.failures.into())),
    ),
    Family::counter(
        "vrrpd_check_skipped",
        BY_CHECK,
        "Runs left out because the one before was still going.",
        |facts, each| each_one(facts, each, |check| Some(check.skipped.into())),
    ),
    Family::gauge(
        "vrrpd_track_file_value",
        &["file"],
        "The number of a tracked file that counts.",
        |facts, each| {
            for file in facts.status.iter().flat_map(|status| &status.files) {
                each(&[&file.name], file.value.into());
            }
        },
    ),
    Family::gauge(
        "vrrpd_track_process_count",
        &["process"],
        "How many of tracked processes run.",
        |facts, each| {
            for process in facts.status.iter().flat_map(|status| &status.processes) {
                each(&[&process.name], Value::Whole(process.count.into()));
            }
        },
    ),
    Family::gauge(
        "vrrpd_track_process_state",
        &["process", "state"],
        "1 for what that was judged to be, 0 for the others: unknown, up, down.",
        |facts, each| {
            for process in facts.status.iter().flat_map(|status| &status.processes) {
                for (state, word) in STATES {
                    each(&[&process.name, word], (process.health == state).into());
                }
            }
        },
    ),
];
