//! How a check stands, for who asks.

use std::sync::Arc;
use std::time::{Duration, Instant};

use healthcheck::{Health, Outcome};
use vrrp_plan::balance::{Look, ServerCheck};

use super::Checks;

/// One check.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct CheckStatus {
    /// Its name.
    pub name: Arc<str>,
    /// What it looks at, in words.
    pub looks_at: String,
    /// What it has found.
    pub health: Health,
    /// Up with a warning.
    pub is_degraded: bool,
    /// It rests, because the addresses of those who follow it are not here.
    pub is_suspended: bool,
    /// The last result and when it came.
    pub last: Option<(Instant, Outcome)>,
    /// When its health became what it is.
    pub since: Option<Instant>,
    /// When it looks next.
    pub next: Option<Instant>,
    /// From one run to the next.
    pub interval: Duration,
    /// Failures in a row that have not decided yet.
    pub failing: u32,
    /// Results so far.
    pub runs: u64,
    /// Of these, fails.
    pub failures: u64,
}

impl Checks {
    /// How these stand, in their order.
    pub(crate) fn status<'a>(&self, checks: impl Iterator<Item = &'a ServerCheck>) -> Vec<CheckStatus> {
        checks.map(|check| self.status_of(check)).collect()
    }

    /// What one has found last, in words.
    pub(crate) fn found(&self, check: &str) -> Option<String> {
        let (_, outcome) = self.runner.status(check)?.last?;
        Some(outcome.reason)
    }

    fn status_of(&self, check: &ServerCheck) -> CheckStatus {
        let parked = self.parked.get(&check.name);
        let mut status = CheckStatus {
            name: check.name.as_str().into(),
            looks_at: check.name.clone(),
            health: parked
                .and_then(|parked| parked.judge)
                .map_or(Health::Unknown, |judge| judge.health()),
            is_degraded: false,
            is_suspended: parked.is_some(),
            last: None,
            since: None,
            next: None,
            interval: check.interval,
            failing: 0,
            runs: 0,
            failures: 0,
        };
        match &check.look {
            Look::Always(up) => {
                status.looks_at = "nothing: it is set".to_owned();
                status.health = if *up { Health::Up } else { Health::Down };
            }
            Look::File(_) => {
                let files = self.files.as_ref();
                if let Some(file) = files.and_then(|files| files.status(&check.name)) {
                    status.looks_at = format!("{} {}", file.path.display(), file.found);
                    status.health = Health::Value(file.value);
                    status.since = Some(file.since);
                    status.runs = file.reads;
                }
            }
            Look::Ask(_) | Look::Alternate { .. } | Look::Run { .. } | Look::Unless(_) => {
                if let Some(run) = self.runner.status(&check.name) {
                    status.looks_at = run.probe.to_string();
                    status.health = run.health();
                    status.is_degraded = run.judge.is_told_degraded();
                    status.failing = if run.health() == Health::Up {
                        run.judge.against()
                    } else {
                        0
                    };
                    status.last = run.last;
                    status.since = Some(run.since);
                    status.next = run.next;
                    status.runs = run.runs;
                    status.failures = run.failures;
                }
            }
        }
        status
    }
}
