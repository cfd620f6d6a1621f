//! The life of one check: due, run, judge, tell.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

use super::status::{Change, Status};
use super::{Check, OnChange};
use crate::probe::{Outcome, Probe};

/// An interval of 0 would never let anything else run.
const INTERVAL_MIN: Duration = Duration::from_millis(1);

/// Never returns; dropped when the check is no longer wanted, and the run under way with it.
pub(super) async fn attend(check: Check, status: watch::Sender<Status>, on_change: OnChange) {
    let interval = check.interval.max(INTERVAL_MIN);
    let mut due = Instant::now();
    let mut was_late = false;
    loop {
        sleep_until(due).await;
        status.send_modify(|status| status.running_since = Some(Instant::now().into_std()));
        let outcome = look(&*check.probe).await;
        tell(&status, outcome, &on_change);
        due += interval;
        let missed = missed_periods(due, Instant::now(), interval);
        if missed > 0 {
            due += interval.saturating_mul(u32::try_from(missed).unwrap_or(u32::MAX));
            status.send_modify(|status| status.skipped = status.skipped.saturating_add(missed));
        }
        if missed > 0 && !was_late {
            tracing::warn!(
                check = &*check.name,
                skipped = missed,
                "the check takes longer than its interval; runs that fall due meanwhile are left out"
            );
        }
        was_late = missed > 0;
    }
}

/// One run, whatever the probe does: panic and overrun are fails, since a check must not vanish.
async fn look(probe: &dyn Probe) -> Outcome {
    let started = Instant::now();
    let limit = probe.limit();
    match timeout(
        limit,
        AssertUnwindSafe(async { probe.probe().await }).catch_unwind(),
    )
    .await
    {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_panic)) => Outcome::fail(
            "the probe panicked; this is a fault of the program",
            started.elapsed(),
        ),
        Err(_elapsed) => Outcome::fail(
            format!("the probe did not end within its limit of {limit:?}"),
            started.elapsed(),
        ),
    }
}

fn tell(status: &watch::Sender<Status>, outcome: Outcome, on_change: &OnChange) {
    let mut change = None;
    status.send_modify(|status| {
        let now = Instant::now().into_std();
        let before = status.health();
        status.running_since = None;
        status.runs = status.runs.saturating_add(1);
        status.failures = status.failures.saturating_add(u64::from(!outcome.passed()));
        if let Some(health) = status.judge.handle(outcome.verdict) {
            status.since = now;
            change = Some(Change {
                name: Arc::clone(&status.name),
                health,
                before,
                outcome: outcome.clone(),
            });
        }
        status.last = Some((now, outcome));
    });
    if let Some(change) = change {
        on_change(change);
    }
}

/// How many runs fell due before `now`, counted from `due`, which itself is still to come if it is not past.
fn missed_periods(due: Instant, now: Instant, interval: Duration) -> u64 {
    let late = now.saturating_duration_since(due);
    if late.is_zero() {
        return 0;
    }
    // A run that is late by less than one period is due now and not missed: rounding up keeps the rhythm, one for
    // every period that has begun.
    u64::try_from(late.as_nanos().div_ceil(interval.as_nanos().max(1))).unwrap_or(u64::MAX)
}
