//! Memory that a reload needed, given back when no other follows.

use std::sync::Mutex;
use std::time::Duration;

use tokio::task::AbortHandle;

use crate::node::lock;
use crate::sys;

/// Who reloads often needs the same memory again: each page that was given back costs a fault then.
const QUIET: Duration = Duration::from_secs(60);

/// What is free and not yet given back.
#[derive(Debug, Default)]
pub(crate) struct Surplus(Mutex<Option<AbortHandle>>);

impl Surplus {
    /// Gives it back when this has not been called for a while.
    pub(crate) fn give_back_when_quiet(&self) {
        self.run_after(QUIET, sys::give_back_memory);
    }

    /// Of several only the last is run.
    fn run_after(&self, pause: Duration, run: impl FnOnce() + Send + 'static) {
        let task = tokio::spawn(async move {
            tokio::time::sleep(pause).await;
            // It looks through all that is free: not on a loop that others wait for.
            let _nobody_waits = tokio::task::spawn_blocking(run).await;
        });
        if let Some(before) = lock(&self.0).replace(task.abort_handle()) {
            before.abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn only_the_last_reload_is_followed_by_it() {
        let surplus = Surplus::default();
        let long = Duration::from_secs(3600);
        let (first, first_ran) = oneshot::channel();
        let (last, last_ran) = oneshot::channel();
        surplus.run_after(long, move || first.send(()).unwrap());
        surplus.run_after(Duration::ZERO, move || last.send(()).unwrap());
        last_ran.await.unwrap();
        // What it would have run is dropped with it.
        let dropped = tokio::time::timeout(Duration::from_secs(30), first_ran).await;
        dropped.unwrap().unwrap_err();
    }
}
