//! Checks, from the runner.

use std::time::{Instant, SystemTime};

use healthcheck::{Outcome, Runner};
use vrrp_control::{Check, Run};
use vrrp_plan::{Plan, Tracked};

use crate::node::{ms, unix_ms};
use crate::words;

pub(super) fn checks(plan: &Plan, runner: &Runner, now: SystemTime) -> Vec<Check> {
    plan.checks
        .iter()
        .filter_map(|check| one(plan, check, runner.status(&check.name)?, now))
        .collect()
}

fn one(plan: &Plan, check: &vrrp_plan::Check, known: healthcheck::Status, now: SystemTime) -> Option<Check> {
    let tracking = plan
        .instances
        .iter()
        .filter(|instance| instance.follows(&Tracked::Check(check.name.clone())));
    let last = known.last.as_ref();
    Some(Check {
        name: check.name.clone(),
        command: known.probe.to_string(),
        health: words::health(known.judge.health()),
        interval_ms: ms(check.interval),
        timeout_ms: ms(check.timeout),
        rise: check.rise,
        fall: check.fall,
        against: known.judge.against(),
        runs: known.runs,
        failures: known.failures,
        skipped: known.skipped,
        last: last.map(|(at, outcome)| run(*at, outcome, now)),
        next_in_ms: match (known.running_since, known.next) {
            (None, Some(at)) => Some(ms(at.saturating_duration_since(Instant::now()))),
            _ => None,
        },
        tracked_by: tracking.map(|instance| instance.name.clone()).collect(),
    })
}

fn run(at: Instant, outcome: &Outcome, now: SystemTime) -> Run {
    Run {
        ended_unix_ms: unix_ms(now.checked_sub(at.elapsed()).unwrap_or(now)),
        took_ms: ms(outcome.took),
        succeeded: outcome.passed(),
        result: outcome.reason.clone(),
        output: outcome.output.clone(),
    }
}
