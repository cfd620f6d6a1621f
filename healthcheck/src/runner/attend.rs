//! The life of one check: due, run, judge, tell.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};
use vrrp_core::Health;

use super::beat::{Beat, Slot};
use super::status::{Change, Status};
use super::{Check, OnChange};
use crate::judge::Mode;
use crate::probe::{Outcome, Probe, Verdict};

/// Never returns; dropped when the check is no longer wanted, and the run under way with it.
pub(super) async fn attend(check: Check, teller: Arc<Teller>, slot: Slot) {
    let warmup = check.judge.rules().warmup;
    let mut due = Instant::now() + slot.warmup(warmup);
    let mut beat = Beat::new(due, check.interval, warmup, slot);
    let mut overruns = Overruns::default();
    let mut was_early = false;
    let listens = check.probe.listens();
    loop {
        teller.wait_until(due);
        was_early = wait(due, &*check.probe, listens && !was_early).await;
        let began = Instant::now();
        teller.begin();
        let outcome = look(&*check.probe).await;
        let retry_after = teller.tell(outcome);
        if was_early {
            beat.rebase(began);
        }
        let mut missed;
        (due, missed) = beat.next(Instant::now(), retry_after);
        if listens {
            missed = 0;
        }
        teller.skip(missed);
        if missed > 0 && overruns.is_news(Instant::now()) {
            tracing::warn!(
                check = &*check.name,
                skipped = missed,
                "the check takes longer than its interval; runs that fall due meanwhile are left out"
            );
        }
    }
}

/// A check that takes about as long as its interval is too slow at every other run, for ever.
#[derive(Default)]
struct Overruns {
    told: Option<Instant>,
}

impl Overruns {
    const AGAIN: Duration = Duration::from_secs(3_600);

    /// Whether one is to be told; the status counts all of them.
    fn is_news(&mut self, now: Instant) -> bool {
        let is_news = self.told.is_none_or(|told| now >= told + Self::AGAIN);
        if is_news {
            self.told = Some(now);
        }
        is_news
    }
}

/// Until a run is due, or before it: then true. Of two early runs the second waits, however much there is to hear.
async fn wait(due: Instant, probe: &dyn Probe, early: bool) -> bool {
    let news = async {
        let heard = AssertUnwindSafe(async { probe.news().await }).catch_unwind();
        if heard.await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        biased;
        () = sleep_until(due) => false,
        () = news, if early => true,
    }
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

    /// Nobody is woken for it.
    fn wait_until(&self, due: Instant) {
        self.status.send_if_modified(|status| {
            status.next = Some(due.into_std());
            false
        });
    }

    /// Tells something else from now on.
    pub(super) fn set_mode(&self, mode: Mode) {
        let silent = self.silent.lock().unwrap_or_else(PoisonError::into_inner);
        if *silent {
            return;
        }
        let mut change = None;
        self.status.send_modify(|status| change = switch(status, mode));
        if let Some(change) = change {
            (self.on_change)(change);
        }
    }

    fn skip(&self, runs: u32) {
        if runs > 0 {
            self.status
                .send_modify(|status| status.skipped = status.skipped.saturating_add(u64::from(runs)));
        }
    }

    /// How soon to look again, if sooner than at the next interval.
    fn tell(&self, outcome: Outcome) -> Option<Duration> {
        let silent = self.silent.lock().unwrap_or_else(PoisonError::into_inner);
        if *silent {
            return None;
        }
        let (mut change, mut retry_after, mut trial) = (None, None, None);
        self.status.send_modify(|status| {
            let before = status.judge.judged();
            change = take(status, outcome);
            retry_after = status.judge.retry_after();
            trial = Trial::of(before, status);
        });
        if let Some(trial) = trial {
            trial.log();
        }
        if let Some(change) = change {
            (self.on_change)(change);
        }
        retry_after
    }
}

/// What would have changed, had it counted.
#[derive(Debug)]
struct Trial {
    name: Arc<str>,
    before: Health,
    now: Health,
    reason: String,
}

impl Trial {
    fn of(before: Health, status: &Status) -> Option<Self> {
        let now = status.judge.judged();
        let (_, outcome) = status.last.as_ref()?;
        // The first result of what is well is no news.
        let changed = before != now && (before, now) != (Health::Unknown, Health::Up);
        (status.judge.mode() == Mode::DryRun && changed).then(|| Self {
            name: Arc::clone(&status.name),
            before,
            now,
            reason: outcome.reason.clone(),
        })
    }

    fn log(&self) {
        let (before, now) = (word(self.before), word(self.now));
        tracing::info!(
            "check {}: a dry run: {before} -> {now} ({}), which counts for nothing",
            self.name,
            self.reason
        );
    }
}

fn word(health: Health) -> String {
    match health {
        Health::Up => "up".to_owned(),
        Health::Down => "down".to_owned(),
        Health::Unknown => "unknown".to_owned(),
        Health::Value(value) => value.to_string(),
    }
}

fn take(status: &mut Status, outcome: Outcome) -> Option<Change> {
    let now = Instant::now().into_std();
    let before = status.health();
    let was_degraded = status.judge.is_told_degraded();
    status.running_since = None;
    status.runs = status.runs.saturating_add(1);
    status.failures = status
        .failures
        .saturating_add(u64::from(outcome.verdict == Verdict::Fail));
    let health = status.judge.handle(outcome.verdict);
    if health.is_some() {
        status.since = now;
    }
    let degraded = status.judge.is_told_degraded();
    let change = (health.is_some() || was_degraded != degraded).then(|| Change {
        name: Arc::clone(&status.name),
        health: status.health(),
        before,
        degraded,
        outcome: outcome.clone(),
    });
    status.last = Some((now, outcome));
    change
}

fn switch(status: &mut Status, mode: Mode) -> Option<Change> {
    let before = status.health();
    let was_degraded = status.judge.is_told_degraded();
    let told = status.judge.set_mode(mode);
    let (health, degraded) = (status.health(), status.judge.is_told_degraded());
    if told.is_some() {
        status.since = Instant::now().into_std();
    } else if was_degraded == degraded {
        return None;
    }
    let reason = match mode {
        Mode::Live => "what the check finds counts again",
        Mode::DryRun => "a dry run: what the check finds counts for nothing",
        Mode::Maintenance(_) => "maintenance: an operator has decided",
    };
    let outcome = if health == Health::Down {
        Outcome::fail(reason, Duration::ZERO)
    } else if degraded {
        Outcome::degraded(reason, Duration::ZERO)
    } else {
        Outcome::pass(reason, Duration::ZERO)
    };
    Some(Change {
        name: Arc::clone(&status.name),
        health,
        before,
        degraded,
        outcome,
    })
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

    use super::{Overruns, Status, Teller};
    use crate::judge::{Judge, Rules};
    use crate::probe::Outcome;

    #[test]
    fn a_slow_check_is_told_once_an_hour() {
        let (mut overruns, begin) = (Overruns::default(), tokio::time::Instant::now());
        let told = (0..7_200_u64).step_by(5).filter(|second| {
            let now = begin + Duration::from_secs(*second);
            overruns.is_news(now)
        });
        assert_eq!(told.collect::<Vec<_>>(), [0, 3_600]);
    }

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
            next: None,
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
        assert_eq!(teller.tell(Outcome::fail("", Duration::ZERO)), None);
        assert_eq!(
            (told.load(Ordering::SeqCst), teller.status().health()),
            (1, Health::Up)
        );
    }
}
