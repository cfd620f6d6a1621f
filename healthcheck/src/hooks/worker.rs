//! Takes one hook after the other.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::SystemTime;

use super::queue::{Job, Shared};
use super::result::{HookEnd, HookResult};
use crate::process::{Remains, run};

/// How many services that hooks have started and that still hold their output are listened to.
const LINGERING_MAX: usize = 16;

/// Never returns; dropped with the queue, and what runs with it.
pub(super) async fn work(shared: Arc<Shared>) {
    let mut outstanding = shared.outstanding.subscribe();
    let mut lingering = VecDeque::new();
    // The sender lives in `shared`, so this cannot end by itself.
    while outstanding.wait_for(|count| *count > 0).await.is_ok() {
        let _turn = match &shared.turns {
            // Never closed.
            Some(turns) => turns.acquire().await.ok(),
            None => None,
        };
        let Some(job) = begin(&shared) else { continue };
        let mut remains = run_one(&shared, job).await;
        remains.gone().await;
        lingering.push_back(remains);
        if lingering.len() > LINGERING_MAX {
            lingering.pop_front();
        }
        let mut state = shared.lock();
        state.dying = false;
        shared.count(&state);
    }
}

fn begin(shared: &Shared) -> Option<Job> {
    let mut state = shared.lock();
    let mut job = state.waiting.pop_front()?;
    job.started = Some(SystemTime::now());
    state.running = Some(job.clone());
    Some(job)
}

/// The result is kept as soon as it is known; the group may still be dying.
async fn run_one(shared: &Shared, job: Job) -> Remains {
    let finished = run(&job.command, shared.limits.run).await;
    let at = job.started.unwrap_or_else(SystemTime::now);
    let result = job.into_result(at, HookEnd::Ran(finished.end), finished.took, finished.output);
    log(&result);
    shared.lock().finish(result, shared.limits.results_max);
    finished.remains
}

fn log(result: &HookResult) {
    let HookResult {
        label,
        command,
        end,
        output,
        took,
        ..
    } = result;
    if end.is_success() {
        tracing::debug!(hook = command, label, ?took, "hook ended well");
    } else {
        tracing::warn!(
            hook = command,
            label,
            ?took,
            output = output.trim_end(),
            "hook failed: {end}"
        );
    }
}
