//! What a run leaves behind for a while: a group that is being put down, or a pipe that somebody still writes to.

use std::sync::Arc;
use std::time::Duration;

use tokio::process::Child;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until};

use super::group::Group;
use super::tail::Capture;

/// How often a group whose leader has gone is looked at: there is no event for the end of the last member.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// What is left of a run that has its result. Dropping it kills what is still being put down.
#[derive(Debug, Default)]
pub struct Remains {
    dying: Option<Arc<Group>>,
    task: Option<JoinHandle<()>>,
}

impl Remains {
    /// TERM has been sent; KILL follows after `grace`.
    pub(super) fn dying(group: Group, child: Child, capture: Capture, grace: Duration) -> Self {
        let group = Arc::new(group);
        let task = tokio::spawn(put_down(Arc::clone(&group), child, capture, grace));
        Self {
            dying: Some(group),
            task: Some(task),
        }
    }

    /// The script is done, but something it started holds its output. Without a reader that would be killed by
    /// SIGPIPE at its next word.
    pub(super) fn lingering(capture: Capture) -> Self {
        Self {
            dying: None,
            task: capture.is_open().then(|| tokio::spawn(read_on(capture))),
        }
    }

    /// Whether a group that was told to end is not gone yet.
    #[must_use]
    pub fn is_dying(&self) -> bool {
        self.dying.is_some() && self.task.as_ref().is_some_and(|task| !task.is_finished())
    }

    /// Waits until a group that was told to end is gone, at most the grace and what the kernel needs for a KILL.
    /// Cancel-safe.
    pub async fn gone(&mut self) {
        if self.dying.is_some()
            && let Some(task) = &mut self.task
        {
            // It cannot panic, and an aborted one has had its group killed.
            let _ = task.await;
            self.dying = None;
            self.task = None;
        }
    }
}

impl Drop for Remains {
    fn drop(&mut self) {
        if let Some(group) = &self.dying {
            group.kill();
        }
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

async fn put_down(group: Arc<Group>, mut child: Child, mut capture: Capture, grace: Duration) {
    let end = Instant::now() + grace;
    let mut reaped = false;
    loop {
        tokio::select! {
            biased;
            _ = child.wait(), if !reaped => reaped = true,
            () = sleep_until(end) => break,
            () = sleep(LOOK_EVERY), if reaped => {}
            () = capture.flow() => continue,
        }
        if reaped && !group.is_alive() {
            group.release();
            return;
        }
    }
    group.kill();
    while !reaped {
        tokio::select! {
            biased;
            _ = child.wait() => reaped = true,
            () = capture.flow() => {}
        }
    }
}

async fn read_on(mut capture: Capture) {
    while capture.is_open() {
        capture.flow().await;
    }
}
