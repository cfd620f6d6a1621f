//! The life of one check: due, run, judge, tell.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

use super::status::{Change, Status};
use super::{Check, OnChange};
use crate::probe::{Outcome, Probe};

/// An interval of 0 would never let anything else run.
const INTERVAL_MIN: Duration = Duration::from_millis(1);

/// A run that ends this part of an interval after the next was due has not missed it: with keepalived's default, a
/// timeout as long as the interval, a check that hangs would otherwise be run only every other time.
const LATE_PART: u32 = 8;

/// Never returns; dropped when the check is no longer wanted, and the run under way with it.
pub(super) async fn attend(check: Check, teller: Arc<Teller>) {
    let interval = check.interval.max(INTERVAL_MIN);
    let mut due = Instant::now();
    let mut was_late = false;
    loop {
        sleep_until(due).await;
        teller.begin();
        let outcome = look(&*check.probe).await;
        teller.tell(outcome);
        due += interval;
        let missed = missed_runs(Instant::now().saturating_duration_since(due), interval);
        due += interval.saturating_mul(missed);
        teller.skip(missed);
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

/// How many runs fell due while another was going that has just ended, `late` after the first of them.
fn missed_runs(late: Duration, interval: Duration) -> u32 {
    let missed = late
        .saturating_sub(interval / LATE_PART)
        .as_nanos()
        .div_ceil(interval.as_nanos());
    u32::try_from(missed).unwrap_or(u32::MAX)
}

/// Where a check says what it found, until it is told that nobody listens any more.
pub(super) struct Teller {
    status: watch::Sender<Status>,
    on_change: OnChange,
    /// Held while something is told, so that nothing is told after [`silence`](Self::silence): a late word of an
    /// old check would contradict the check that has taken its place.
    silent: Mutex<bool>,
}

impl Teller {
    pub(super) fn new(status: Status, on_change: OnChange) -> Self {
        Self {
            status: watch::Sender::new(status),
            on_change,
            silent: Mutex::new(false),
        }
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<Status> {
        self.status.subscribe()
    }

    pub(super) fn status(&self) -> Status {
        self.status.borrow().clone()
    }

    /// When this returns, the last word has been told.
    pub(super) fn silence(&self) {
        *self.silent.lock().unwrap_or_else(PoisonError::into_inner) = true;
    }

    fn begin(&self) {
        self.status
            .send_modify(|status| status.running_since = Some(Instant::now().into_std()));
    }

    fn skip(&self, runs: u32) {
        if runs > 0 {
            self.status
                .send_modify(|status| status.skipped = status.skipped.saturating_add(u64::from(runs)));
        }
    }

    fn tell(&self, outcome: Outcome) {
        let silent = self.silent.lock().unwrap_or_else(PoisonError::into_inner);
        if *silent {
            return;
        }
        let mut change = None;
        self.status.send_modify(|status| change = take(status, outcome));
        if let Some(change) = change {
            (self.on_change)(change);
        }
    }
}

fn take(status: &mut Status, outcome: Outcome) -> Option<Change> {
    let now = Instant::now().into_std();
    let before = status.health();
    status.running_since = None;
    status.runs = status.runs.saturating_add(1);
    status.failures = status.failures.saturating_add(u64::from(!outcome.passed()));
    let change = status.judge.handle(outcome.verdict).map(|health| Change {
        name: Arc::clone(&status.name),
        health,
        before,
        outcome: outcome.clone(),
    });
    if change.is_some() {
        status.since = now;
    }
    status.last = Some((now, outcome));
    change
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::{Duration, Instant};

    use vrrp_core::Health;

    use super::{Status, Teller, missed_runs};
    use crate::judge::{Judge, Rules};
    use crate::probe::Outcome;

    #[test]
    fn nothing_is_told_after_silence() {
        let told = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&told);
        let status = Status {
            name: "c".into(),
            probe: "p".into(),
            judge: Judge::new(Rules::default()),
            since: Instant::now(),
            last: None,
            running_since: None,
            runs: 0,
            failures: 0,
            skipped: 0,
        };
        let teller = Teller::new(
            status,
            Arc::new(move |_| {
                count.fetch_add(1, Ordering::SeqCst);
            }),
        );
        teller.tell(Outcome::pass("", Duration::ZERO));
        assert_eq!(
            (told.load(Ordering::SeqCst), teller.status().health()),
            (1, Health::Up)
        );
        teller.silence();
        teller.tell(Outcome::fail("", Duration::ZERO));
        assert_eq!(
            (told.load(Ordering::SeqCst), teller.status().health()),
            (1, Health::Up)
        );
    }

    #[test]
    fn a_run_is_missed_when_the_one_before_ended_well_after_it_was_due() {
        let missed = |late_ms| missed_runs(Duration::from_millis(late_ms), Duration::from_millis(1000));
        assert_eq!(missed(0), 0);
        assert_eq!(missed(125), 0);
        assert_eq!(missed(126), 1);
        assert_eq!(missed(999), 1);
        assert_eq!(missed(1125), 1);
        assert_eq!(missed(1126), 2);
        assert_eq!(missed_runs(Duration::MAX, Duration::from_millis(1)), u32::MAX);
    }
}
