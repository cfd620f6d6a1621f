//! Checks, from the runner.

use std::time::{Instant, SystemTime};

use healthcheck::{Outcome, Runner};
use vrrp_control::{Check, ModeSet, Run, Verdict};
use vrrp_plan::{Plan, Tracked};

use crate::modes::{self, Modes, Said};
use crate::node::{ms, unix_ms};
use crate::words;

pub(super) fn checks(plan: &Plan, runner: &Runner, modes: &Modes, now: SystemTime) -> Vec<Check> {
    plan.checks
        .iter()
        .filter_map(|check| {
            let said = modes.get(&check.name);
            Some(one(plan, check, &runner.status(&check.name)?, said, now))
        })
        .collect()
}

fn one(
    plan: &Plan,
    check: &vrrp_plan::Check,
    known: &healthcheck::Status,
    said: Option<&Said>,
    now: SystemTime,
) -> Check {
    let tracking = plan
        .instances
        .iter()
        .filter(|instance| instance.follows(&Tracked::Check(check.name.clone())));
    let last = known.last.as_ref();
    Check {
        name: check.name.clone(),
        command: known.probe.to_string(),
        kind: check.what.keyword().to_owned(),
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
        degraded: known.judge.is_degraded(),
        verdict: last.map(|(_, outcome)| verdict(outcome.verdict)),
        since_ms: ms(known.since.elapsed()),
        since_unix_ms: unix_ms(now.checked_sub(known.since.elapsed()).unwrap_or(now)),
        mode: modes::shown(said.map_or(check.mode, |said| said.mode)),
        mode_set: said.map(|said| ModeSet {
            uid: said.uid,
            at_unix_ms: unix_ms(said.at.1),
            ago_ms: ms(said.at.0.elapsed()),
        }),
        judged: Some(words::health(known.judge.judged())),
    }
}

const fn verdict(verdict: healthcheck::Verdict) -> Verdict {
    match verdict {
        healthcheck::Verdict::Pass => Verdict::Pass,
        healthcheck::Verdict::Degraded => Verdict::Degraded,
        // Those of virtual routers look at this machine: what it lacks is a fail, and they are not asked another way.
        healthcheck::Verdict::Fail | healthcheck::Verdict::Unable => Verdict::Fail,
    }
}

pub(crate) fn run(at: Instant, outcome: &Outcome, now: SystemTime) -> Run {
    Run {
        ended_unix_ms: unix_ms(now.checked_sub(at.elapsed()).unwrap_or(now)),
        took_ms: ms(outcome.took),
        succeeded: outcome.passed(),
        result: outcome.reason.clone(),
        output: outcome.output.clone(),
    }
}
