//! The program that reads a pipe: started with the daemon, ended with it, and started again where it ends by itself.

#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use healthcheck::{Command, End, Limits, run_until};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use tracing::{info, warn};

use super::feed::Feed;
use crate::node::lock;

/// Pauses before it is started again: this, then twice as long each time.
const PAUSE: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// Who ran so long is started again after the first pause.
const RAN_WELL: Duration = Duration::from_secs(60);

/// At the end it may read what is left and end by itself.
const READS_ON: Duration = Duration::from_secs(1);

/// What is known of it.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    pub(super) running_since: Option<SystemTime>,
    pub(super) starts: u64,
    /// How it ended, and the last that it has printed.
    pub(super) last_end: Option<(String, String)>,
    /// Why it could not be started the last time.
    pub(super) not_started: Option<String>,
}

/// What is to become of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Run,
    /// It may end by itself, and is not started again.
    RunOut,
    Stop,
}

/// A running reader, or one that will run again.
#[derive(Debug)]
pub(super) struct Reader {
    pub(super) command: Command,
    pub(super) seen: Arc<Mutex<Seen>>,
    order: watch::Sender<Order>,
    task: Option<JoinHandle<()>>,
}

impl Reader {
    /// Runs when there is a pipe to read, with its path as its last argument, from when `after` is over.
    pub(super) fn start(command: Command, feed: Arc<Feed>, after: Option<Self>) -> Self {
        let seen = Arc::<Mutex<Seen>>::default();
        let order = watch::Sender::new(Order::Run);
        let full = command.clone().arg(&feed.path);
        let (told, ordered) = (Arc::clone(&seen), order.subscribe());
        let task = tokio::spawn(async move {
            if let Some(mut earlier) = after {
                earlier.end(Duration::ZERO).await;
            }
            work(full, feed, told, ordered).await;
        });
        Self {
            command,
            seen,
            order,
            task: Some(task),
        }
    }

    /// What it reads ends: it is not started again.
    pub(super) fn run_out(&self) {
        self.order.send_if_modified(|order| {
            let first = *order == Order::Run;
            if first {
                *order = Order::RunOut;
            }
            first
        });
    }

    /// Ends it: by itself within a time, else by TERM, and by KILL 2 s later.
    async fn end(&mut self, by_itself: Duration) {
        let Some(mut task) = self.task.take() else { return };
        // One that has ended is not started again.
        let ends = lock(&self.seen).running_since.is_some();
        if ends && !by_itself.is_zero() {
            self.run_out();
            let gone = async {
                while lock(&self.seen).running_since.is_some() {
                    sleep(Duration::from_millis(10)).await;
                }
            };
            let _late = timeout(by_itself, gone).await;
        }
        self.order.send_replace(Order::Stop);
        if timeout(Limits::GRACE * 2, &mut task).await.is_err() {
            task.abort();
        }
    }

    /// With the daemon: what is in the pipe it may still read.
    pub(super) async fn finish(mut self) {
        self.end(READS_ON).await;
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

async fn work(
    command: Command,
    feed: Arc<Feed>,
    seen: Arc<Mutex<Seen>>,
    mut ordered: watch::Receiver<Order>,
) {
    let mut open = feed.is_open.subscribe();
    let mut pause = PAUSE;
    loop {
        tokio::select! {
            _ = open.wait_for(|open| *open) => {}
            _ = ordered.wait_for(|order| *order != Order::Run) => return,
        }
        let began = Instant::now();
        {
            let mut seen = lock(&seen);
            seen.running_since = Some(SystemTime::now());
            seen.not_started = None;
            seen.starts += 1;
        }
        let mut stop = ordered.clone();
        let until = async move {
            // Its sender goes with the reader: to stop as well.
            let _ = stop.wait_for(|order| *order == Order::Stop).await;
        };
        let mut finished = run_until(&command, until, Limits::GRACE).await;
        finished.remains.gone().await;
        {
            let mut seen = lock(&seen);
            seen.running_since = None;
            if let End::Unusable(why) = &finished.end {
                seen.starts -= 1;
                seen.not_started = Some(why.to_string());
            } else {
                seen.last_end = Some((finished.end.to_string(), finished.output.clone()));
            }
        }
        let order = *ordered.borrow();
        if finished.end == End::Stopped || order == Order::Stop {
            return;
        }
        pause = if began.elapsed() >= RAN_WELL { PAUSE } else { pause };
        if order == Order::RunOut {
            tell(&feed, &finished, "not started again, for its pipe ends");
            return;
        }
        if *open.borrow() {
            tell(
                &feed,
                &finished,
                &format!("started again in {} s", pause.as_secs()),
            );
        } else {
            tell(
                &feed,
                &finished,
                "started again when there is a pipe at that path",
            );
        }
        tokio::select! {
            () = sleep(pause) => {}
            _ = ordered.wait_for(|order| *order != Order::Run) => return,
        }
        pause = (pause * 2).min(PAUSE_MAX);
    }
}

fn tell(feed: &Feed, finished: &healthcheck::Finished, next: &str) {
    let (word, path, end) = (feed.word, feed.path.display(), &finished.end);
    let output = finished.output.trim_end();
    if let End::Unusable(why) = end {
        warn!(
            "the script that reads {word} {path} cannot be started: {why}; {next}. Its lines are kept until then"
        );
    } else if end.is_success() {
        info!(
            output,
            "the script that reads {word} {path} has ended: {end}; {next}"
        );
    } else {
        warn!(
            output,
            "the script that reads {word} {path} has ended: {end}; {next}. Its lines are kept until then"
        );
    }
}
