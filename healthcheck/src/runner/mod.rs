//! Many checks on tokio, each in its own rhythm, beside the router loop.

mod attend;
mod beat;
mod status;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use vrrp_core::Health;

pub use status::{Change, Status};

use self::attend::Teller;
use self::beat::{Slot, Spread};
use crate::judge::{Judge, Mode};
use crate::probe::Probe;

type OnChange = Arc<dyn Fn(Change) + Send + Sync>;

/// A probe, who judges it, and how often.
pub struct Check {
    /// Unique in a runner; keepalived's name of the `vrrp_script`.
    pub name: Arc<str>,
    /// What to look at.
    pub probe: Box<dyn Probe>,
    /// When verdicts become a health.
    pub judge: Judge,
    /// From the start of a run to the start of the next (keepalived `interval`); 1 ms to 1 year.
    pub interval: Duration,
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Check")
            .field("name", &self.name)
            .field("probe", &self.probe.name())
            .field("judge", &self.judge)
            .field("interval", &self.interval)
            .finish()
    }
}

/// Runs checks. The first run of a check begins at once, or within its [`Rules::warmup`](crate::Rules); then one every
/// interval, and while it is failing one after [`Rules::retry_after`](crate::Rules). Of many checks with one interval the
/// runs are spread over it: to that end the step from the first run to the second is shorter. A run that falls due while the
/// one before is still going is left out and counted ([`Status::skipped`]).
///
/// One check serves many: it is run once, and everybody who wants its health goes by its name.
///
/// Dropping the runner, or [`stop`](Self::stop), ends every check and kills what its run has started.
///
/// On a reload leave alone what has not changed ([`ScriptSpec`](crate::ScriptSpec) and [`Rules`](crate::Rules) can
/// be compared), [`remove`](Self::remove) what is gone, and [`add`](Self::add) the rest: a check that is added under
/// a name that is known goes on from the health that was known.
pub struct Runner {
    on_change: OnChange,
    runtime: Handle,
    checks: BTreeMap<Arc<str>, Attended>,
    spread: Spread,
}

struct Attended {
    task: JoinHandle<()>,
    teller: Arc<Teller>,
    slot: Slot,
}

impl Attended {
    /// No word after this, and no run.
    fn end(&self) {
        self.teller.silence();
        self.task.abort();
    }
}

impl fmt::Debug for Runner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runner")
            .field("checks", &self.checks.keys())
            .finish_non_exhaustive()
    }
}

impl Runner {
    /// Runs on the tokio runtime that it is called in; it needs I/O and time enabled. `on_change` is called for
    /// every change of health, one change of a check at a time and in order: in a task of that runtime, and by
    /// [`set_mode`](Self::set_mode) on its caller's thread, within that runtime. It must not block, and not call this
    /// runner: it sends the change on.
    ///
    /// # Panics
    /// Outside a tokio runtime; see [`on`](Self::on).
    pub fn new(on_change: impl Fn(Change) + Send + Sync + 'static) -> Self {
        Self::on(Handle::current(), on_change)
    }

    /// As [`new`](Self::new), on another runtime: a daemon whose router loop has a thread to itself gives its checks
    /// a runtime of their own.
    pub fn on(runtime: Handle, on_change: impl Fn(Change) + Send + Sync + 'static) -> Self {
        Self {
            on_change: Arc::new(on_change),
            runtime,
            checks: BTreeMap::new(),
            spread: Spread::new(),
        }
    }

    /// Begins a check, its first run at once. A check of the same name is ended (a run under way is killed); its
    /// health, counters and last result are carried over, so that a reload never makes a known health unknown.
    pub fn add(&mut self, check: Check) {
        let mut status = Status {
            name: Arc::clone(&check.name),
            probe: check.probe.name().into(),
            judge: check.judge,
            since: Instant::now().into_std(),
            last: None,
            running_since: None,
            next: None,
            runs: 0,
            failures: 0,
            skipped: 0,
        };
        let mut slot = None;
        if let Some(before) = self.checks.remove(&check.name) {
            before.end();
            slot = Some(before.slot);
            let before = before.teller.status();
            status.judge = status.judge.succeed(&before.judge);
            if before.runs > 0 {
                status = Status {
                    name: status.name,
                    probe: status.probe,
                    judge: status.judge,
                    running_since: None,
                    next: None,
                    ..before
                };
            }
        }
        let name = Arc::clone(&check.name);
        let teller = Arc::new(Teller::new(status, Arc::clone(&self.on_change)));
        let slot = slot.unwrap_or_else(|| self.spread.slot());
        let task = self
            .runtime
            .spawn(attend::attend(check, Arc::clone(&teller), slot));
        self.checks.insert(name, Attended { task, teller, slot });
    }

    /// Whether what a check finds counts: dry run, maintenance, or as usual. If that changes its health the change is told
    /// before this returns. It outlives a replacement by [`add`](Self::add). False if there is none of this name.
    pub fn set_mode(&mut self, name: &str, mode: Mode) -> bool {
        let attended = self.checks.get(name);
        attended
            .inspect(|attended| {
                let _here = self.runtime.enter();
                attended.teller.set_mode(mode);
            })
            .is_some()
    }

    /// Ends a check, and kills its run; no change of it arrives any more. False if there is none of this name.
    pub fn remove(&mut self, name: &str) -> bool {
        let removed = self.checks.remove(name);
        removed.inspect(Attended::end).is_some()
    }

    /// The health of a check; unknown if there is none of this name.
    #[must_use]
    pub fn health(&self, name: &str) -> Health {
        self.checks
            .get(name)
            .map_or(Health::Unknown, |attended| attended.teller.status().health())
    }

    /// All that is known of a check.
    #[must_use]
    pub fn status(&self, name: &str) -> Option<Status> {
        self.checks.get(name).map(|attended| attended.teller.status())
    }

    /// All that is known of every check, by name.
    #[must_use]
    pub fn statuses(&self) -> Vec<Status> {
        self.checks
            .values()
            .map(|attended| attended.teller.status())
            .collect()
    }

    /// For whoever wants to follow one check; it ends with the check.
    #[must_use]
    pub fn watch(&self, name: &str) -> Option<watch::Receiver<Status>> {
        self.checks.get(name).map(|attended| attended.teller.subscribe())
    }

    /// Ends every check; when it returns, every process group that a check had started has been killed.
    pub async fn stop(mut self) {
        let checks = std::mem::take(&mut self.checks);
        for attended in checks.values() {
            attended.end();
        }
        for attended in checks.into_values() {
            // Aborted on purpose.
            let _ = attended.task.await;
        }
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        for attended in self.checks.values() {
            attended.end();
        }
    }
}
