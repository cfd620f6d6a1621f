//! One ordered queue of commands.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use tokio::runtime::Handle;
use tokio::sync::{Semaphore, watch};
use tokio::task::{AbortHandle, JoinHandle};
use tokio::time::timeout;

use super::result::{HookEnd, HookResult, HookStatus};
use super::worker;
use crate::process::{Command, Limits};

/// How long, how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct HookLimits {
    /// For one hook, and the pause between TERM and KILL.
    pub run: Limits,
    /// How many may wait; the oldest is given up for a newer one. At least 1.
    pub waiting_max: usize,
    /// How many results are kept.
    pub results_max: usize,
}

impl Default for HookLimits {
    /// 60 s, KILL 2 s later; 64 waiting, 16 results.
    fn default() -> Self {
        Self {
            run: Limits::of(Duration::from_secs(60)),
            waiting_max: 64,
            results_max: 16,
        }
    }
}

/// Runs commands one after the other in the order in which they came; the next begins when the one before is gone,
/// with all of its process group.
///
/// When more than [`HookLimits::waiting_max`] wait, the **oldest** of them is given up and counted: what runs last
/// then still tells the state that is. Never is the order changed.
///
/// Dropping the queue kills what runs; [`drain`](Self::drain) lets it finish.
///
/// ```
/// use std::time::Duration;
///
/// use healthcheck::{Command, HookLimits, HookQueue, NotifyState, notify_arguments};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let queue = HookQueue::new(HookLimits::default());
/// let words = notify_arguments("VI_1", NotifyState::Master, 150);
/// queue.push(words.into_iter().fold(Command::new(["echo"]), Command::arg), "notify MASTER");
/// queue.push(Command::new(["false"]), "notify_master");
/// queue.drain(Duration::from_secs(10)).await;
///
/// let results = queue.results();
/// assert_eq!(results[0].output, "INSTANCE VI_1 MASTER 150\n");
/// assert_eq!(results[1].end.to_string(), "exit 1");
/// # }
/// ```
#[derive(Debug)]
pub struct HookQueue {
    shared: Arc<Shared>,
    worker: tokio::sync::Mutex<Option<JoinHandle<()>>>,
    stop: AbortHandle,
}

/// How a drain ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drained {
    /// Hooks that did not come to their end, the one that was running included.
    pub abandoned: usize,
}

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) limits: HookLimits,
    /// One of these is needed to run.
    pub(super) turns: Option<Arc<Semaphore>>,
    state: Mutex<State>,
    /// How many are waiting or running.
    pub(super) outstanding: watch::Sender<usize>,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) waiting: VecDeque<Job>,
    pub(super) running: Option<Job>,
    /// The last one has its result, but its process group is not gone yet.
    pub(super) dying: bool,
    closed: bool,
    done: u64,
    failed: u64,
    dropped: u64,
    results: VecDeque<HookResult>,
}

/// A command with its place in time.
#[derive(Debug, Clone)]
pub(super) struct Job {
    pub(super) command: Command,
    pub(super) label: String,
    pub(super) pushed: Instant,
    pub(super) started: Option<SystemTime>,
}

impl HookQueue {
    /// Runs on the tokio runtime that it is called in; it needs I/O and time enabled.
    ///
    /// # Panics
    /// Outside a tokio runtime; see [`on`](Self::on).
    #[must_use]
    pub fn new(limits: HookLimits) -> Self {
        Self::on(&Handle::current(), limits)
    }

    /// As [`new`](Self::new), on another runtime.
    #[must_use]
    pub fn on(runtime: &Handle, limits: HookLimits) -> Self {
        Self::begin(runtime, limits, None)
    }

    /// As [`new`](Self::new), for one of many queues that run no more commands at a time than `turns` has: the others wait, in the
    /// order in which they came to have something to run.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    #[must_use]
    pub fn sharing(limits: HookLimits, turns: Arc<Semaphore>) -> Self {
        Self::begin(&Handle::current(), limits, Some(turns))
    }

    fn begin(runtime: &Handle, limits: HookLimits, turns: Option<Arc<Semaphore>>) -> Self {
        let shared = Arc::new(Shared {
            limits,
            turns,
            state: Mutex::default(),
            outstanding: watch::Sender::new(0),
        });
        let worker = runtime.spawn(worker::work(Arc::clone(&shared)));
        Self {
            shared,
            stop: worker.abort_handle(),
            worker: tokio::sync::Mutex::new(Some(worker)),
        }
    }

    /// Puts a command at the end of the queue. Never blocks and never waits, so the router loop may call it. The
    /// label is for results (`notify MASTER`). False if something was given up for it, or the queue is closed and it
    /// was given up itself; either way the loss is counted and among the results.
    pub fn push(&self, command: Command, label: impl Into<String>) -> bool {
        let job = Job {
            command,
            label: label.into(),
            pushed: Instant::now(),
            started: None,
        };
        let mut state = self.shared.lock();
        let lost = if state.closed {
            Some((job, HookEnd::Abandoned))
        } else {
            let full = state.waiting.len() >= self.shared.limits.waiting_max.max(1);
            let oldest = if full { state.waiting.pop_front() } else { None };
            state.waiting.push_back(job);
            oldest.map(|oldest| (oldest, HookEnd::Dropped))
        };
        let kept_all = lost.is_none();
        if let Some((job, end)) = lost {
            tracing::warn!(hook = %job.command, label = job.label, "hook {end}");
            state.give_up(job, end, self.shared.limits.results_max);
        }
        self.shared.count(&state);
        kept_all
    }

    /// What runs, what waits, what was.
    #[must_use]
    pub fn status(&self) -> HookStatus {
        let state = self.shared.lock();
        HookStatus {
            running: state
                .running
                .as_ref()
                .and_then(|job| Some((job.label.clone(), job.started?))),
            waiting: state.waiting.len(),
            done: state.done,
            failed: state.failed,
            dropped: state.dropped,
            results: state.results.iter().cloned().collect(),
        }
    }

    /// Resolves when nothing runs and nothing waits, or the queue is gone; it goes on taking. Does not borrow the queue.
    pub fn idle(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut outstanding = self.shared.outstanding.subscribe();
        async move {
            // Gone: nothing runs any more.
            let _ = outstanding.wait_for(|count| *count == 0).await;
        }
    }

    /// The last results, oldest first.
    #[must_use]
    pub fn results(&self) -> Vec<HookResult> {
        self.shared.lock().results.iter().cloned().collect()
    }

    /// Takes nothing more, lets what is queued finish, and after `limit` kills what runs and gives up the rest. The
    /// results can still be read.
    pub async fn drain(&self, limit: Duration) -> Drained {
        self.shared.lock().closed = true;
        let mut outstanding = self.shared.outstanding.subscribe();
        if timeout(limit, outstanding.wait_for(|count| *count == 0))
            .await
            .is_ok()
        {
            return Drained { abandoned: 0 };
        }
        self.stop.abort();
        if let Some(worker) = self.worker.lock().await.take() {
            // Aborted on purpose; what it ran has been killed when it is gone.
            let _ = worker.await;
        }
        let mut state = self.shared.lock();
        state.dying = false;
        let left: Vec<Job> = state
            .running
            .take()
            .into_iter()
            .chain(std::mem::take(&mut state.waiting))
            .collect();
        let abandoned = left.len();
        for job in left {
            tracing::warn!(hook = %job.command, label = job.label, "hook {}", HookEnd::Abandoned);
            state.give_up(job, HookEnd::Abandoned, self.shared.limits.results_max);
        }
        self.shared.count(&state);
        Drained { abandoned }
    }
}

impl Drop for HookQueue {
    fn drop(&mut self) {
        self.stop.abort();
    }
}

impl Shared {
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn count(&self, state: &State) {
        self.outstanding
            .send_replace(state.waiting.len() + usize::from(state.running.is_some()));
    }
}

impl State {
    fn give_up(&mut self, job: Job, end: HookEnd, results_max: usize) {
        self.dropped = self.dropped.saturating_add(1);
        let at = job.started.unwrap_or_else(SystemTime::now);
        self.keep(
            job.into_result(at, end, Duration::ZERO, String::new()),
            results_max,
        );
    }

    /// The one that runs is over; its group may still be dying.
    pub(super) fn finish(&mut self, result: HookResult, results_max: usize) {
        self.running = None;
        self.dying = true;
        self.done = self.done.saturating_add(1);
        self.failed = self.failed.saturating_add(u64::from(!result.end.is_success()));
        self.keep(result, results_max);
    }

    fn keep(&mut self, result: HookResult, results_max: usize) {
        self.results.push_back(result);
        while self.results.len() > results_max {
            self.results.pop_front();
        }
    }
}

impl Job {
    pub(super) fn into_result(
        self,
        at: SystemTime,
        end: HookEnd,
        took: Duration,
        output: String,
    ) -> HookResult {
        HookResult {
            label: self.label,
            command: self.command.to_string(),
            at,
            waited: self.pushed.elapsed().saturating_sub(took),
            took,
            end,
            output,
        }
    }
}
