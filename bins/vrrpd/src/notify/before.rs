//! What runs before a hand-over begins, while the addresses still answer here.

use std::sync::Arc;

use futures::future::{BoxFuture, FutureExt, join_all};
use healthcheck::{HookLimits, HookQueue, HookResult, HookStatus, NotifyState};

use super::notice::Kind;
use super::{Instance, Notifier};

/// Scripts that were begun.
pub(crate) struct Before {
    /// Whose they are, for the log.
    pub(crate) names: Vec<String>,
    /// Resolves when all have ended, each at its limit at the latest.
    pub(crate) over: BoxFuture<'static, Vec<Ended>>,
}

/// One of them that is over.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Whose it was, by the name at its begin.
    pub(crate) name: String,
    /// `None`: it was ended, for nobody waited for it any more.
    pub(crate) result: Option<HookResult>,
}

impl Notifier {
    /// `notify_before_stop` of those that are Active and `is_meant`.
    pub(crate) fn before_stop(&mut self, is_meant: impl Fn(Kind, &str) -> bool) -> Before {
        let limits = self.limits;
        let mut all: Vec<_> = self.instances.iter_mut().chain(&mut self.groups).collect();
        all.sort_by_key(|(_, one)| (one.kind == Kind::Instance, one.place));
        let (mut names, mut ends) = (Vec::new(), Vec::new());
        for (name, one) in all {
            if is_meant(one.kind, name)
                && let Some(queue) = one.begin_to_stop(limits)
            {
                names.push(name.clone());
                ends.push(ended(name.clone(), queue));
            }
        }
        Before {
            names,
            over: join_all(ends).boxed(),
        }
    }

    /// They are not waited for: what runs is killed.
    pub(crate) fn skip_before_stop(&mut self) {
        for one in self.instances.values_mut().chain(self.groups.values_mut()) {
            one.before = None;
        }
    }

    /// What they were to prepare does not come: what runs of them is killed.
    pub(crate) fn end_before_stop(&mut self, is_meant: impl Fn(Kind, &str) -> bool) {
        for (name, one) in self.instances.iter_mut().chain(&mut self.groups) {
            if is_meant(one.kind, name) {
                one.end_what_prepares(name, "the hand-over was undone");
            }
        }
    }
}

/// The queue goes where it is ended.
fn ended(name: String, queue: &Arc<HookQueue>) -> impl Future<Output = Ended> + use<> {
    let (idle, queue) = (queue.idle(), Arc::downgrade(queue));
    async move {
        idle.await;
        let result = queue.upgrade().and_then(|queue| queue.results().pop());
        Ended { name, result }
    }
}

impl Instance {
    /// In a queue of its own: what hangs in the other one has its own limit, and takes nothing of this one's.
    fn begin_to_stop(&mut self, limits: HookLimits) -> Option<&Arc<HookQueue>> {
        let command = self.scripts.before_stop.clone()?;
        if self.told.last() != Some(NotifyState::Master) {
            return None;
        }
        let queue = self
            .before
            .get_or_insert_with(|| Arc::new(HookQueue::new(limits)));
        let status = queue.status();
        // A reload that takes the instance away has begun it already.
        if status.running.is_none() && status.waiting == 0 {
            queue.push(command, "notify_before_stop");
        }
        Some(queue)
    }

    /// No longer MASTER: there is nothing to prepare, and nobody waits for what runs any more; it is killed.
    pub(super) fn has_nothing_to_stop(&mut self, name: &str) {
        self.end_what_prepares(name, "it is no longer MASTER");
    }

    fn end_what_prepares(&mut self, name: &str, why: &str) {
        let runs = |queue: &mut Arc<HookQueue>| {
            let status = queue.status();
            status.running.is_some() || status.waiting > 0
        };
        if self.before.take_if(runs).is_some() {
            tracing::info!("notify_before_stop of {name} is ended: {why}");
        }
    }

    pub(super) fn status(&self) -> Option<HookStatus> {
        let mut queues = self
            .before
            .as_deref()
            .into_iter()
            .chain(&self.queue)
            .map(HookQueue::status);
        let first = queues.next()?;
        let mut status = queues.fold(first, |one, other| HookStatus {
            running: one.running.or(other.running),
            waiting: one.waiting + other.waiting,
            done: one.done + other.done,
            failed: one.failed + other.failed,
            dropped: one.dropped + other.dropped,
            results: [one.results, other.results].concat(),
        });
        status.results.sort_by_key(|result| result.at);
        Some(status)
    }
}
