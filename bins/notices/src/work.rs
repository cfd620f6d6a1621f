//! Carries out what waits in one lane, one after the other.

use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures::FutureExt;

use crate::courier::{Attempt, Courier, Reached};
use crate::desk::{Shared, lock};
use crate::epoch;
use crate::lane::{Job, Lane, Step};
use crate::news::Kind;
use crate::result::{End, Outcome};

/// Ends when nothing waits; the next that comes begins it again.
pub(crate) async fn work(shared: Arc<Shared>, lane: Arc<Mutex<Lane>>, target: String) {
    let mut closing = shared.closing.subscribe();
    let mut reached = Reached::default();
    loop {
        let last_chance = *closing.borrow_and_update();
        let step = {
            let mut lane = lock(&lane);
            if last_chance {
                lane.hurry();
            }
            let step = lane.step(Instant::now());
            lane.attended = step != Step::Rest;
            step
        };
        match step {
            Step::Rest => return,
            Step::Wait(until) => tokio::select! {
                () = tokio::time::sleep_until(until.into()) => {}
                // An error cannot be: the sender lives as long as this.
                _ = closing.changed() => {}
            },
            Step::Try(job) => {
                let over = match shared.courier(&target) {
                    None => {
                        let why = "the file names it no longer".to_owned();
                        lock(&lane).first_is_over(End::Abandoned, why, Instant::now())
                    }
                    Some((courier, turns)) => {
                        secure(&shared, job.epoch).await;
                        // It is never closed.
                        let turn = turns.acquire().await;
                        let attempt = attempt(courier.as_ref(), &job, &mut reached).await;
                        drop(turn);
                        // Closed while it was tried: not for another pause.
                        let last_chance = last_chance || *closing.borrow();
                        let patience = courier.patience();
                        let now = Instant::now();
                        lock(&lane).tried(attempt, &patience, chance(), last_chance, now)
                    }
                };
                if let Some(outcome) = over {
                    reached = Reached::default();
                    log(&target, job.news.kind, &job.news.name, &outcome);
                    shared.over(&target, &outcome);
                }
            }
        }
    }
}

async fn attempt(courier: &dyn Courier, job: &Job, reached: &mut Reached) -> Attempt {
    let tried = AssertUnwindSafe(courier.attempt(job, reached))
        .catch_unwind()
        .await;
    tried.unwrap_or_else(|_panic| Attempt::Never("a fault of the program; please report it".to_owned()))
}

/// A disk that has not answered by then counts as one that cannot be written.
const DISK_LIMIT: Duration = Duration::from_secs(5);

/// Whether a disk is waited for, by a thread of its own: who looks up names would be waited for in a queue.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    /// One at a time; who comes meanwhile waits for the same bound.
    turn: tokio::sync::Mutex<()>,
    hangs: Arc<AtomicBool>,
}

impl Writer {
    /// Whole and on the disk, or why not.
    async fn write(&self, file: PathBuf, bound: u64, limit: Duration) -> Result<(), String> {
        if self.hangs.swap(true, Ordering::AcqRel) {
            return Err("the disk has not answered since the last time".to_owned());
        }
        let (tell, told) = tokio::sync::oneshot::channel();
        let hangs = Arc::clone(&self.hangs);
        let thread = std::thread::Builder::new().name("vrrpd-epoch".to_owned());
        let spawned = thread.spawn(move || {
            let written = epoch::write(&file, bound);
            hangs.store(false, Ordering::Release);
            // Nobody waits any more.
            let _ = tell.send(written);
        });
        if let Err(error) = spawned {
            self.hangs.store(false, Ordering::Release);
            return Err(error.to_string());
        }
        match tokio::time::timeout(limit, told).await {
            Ok(Ok(written)) => written.map_err(|error| error.to_string()),
            Ok(Err(_panicked)) => Err("a fault of the program".to_owned()),
            Err(_late) => Err(format!(
                "the disk does not answer within {} s",
                limit.as_secs_f32()
            )),
        }
    }
}

/// Before a number leaves, a bound above it is on the disk; at most once a minute.
async fn secure(shared: &Shared, number: u64) {
    let _turn = shared.writer.turn.lock().await;
    let Some((file, bound)) = shared.with_epochs(|epochs| epochs.bound_for(number)) else {
        return;
    };
    if let Err(error) = shared.writer.write(file.clone(), bound, DISK_LIMIT).await {
        let path = file.display();
        tracing::warn!(
            "{path} cannot be written ({error}): should the clock step back over a restart, epochs of webhooks step back as well"
        );
    }
    shared.with_epochs(|epochs| epochs.bounded(bound));
}

/// Any number; for a jitter, no secret.
fn chance() -> u16 {
    use std::hash::{BuildHasher, Hasher, RandomState};
    let any = RandomState::new().build_hasher().finish();
    u16::try_from(any & u64::from(u16::MAX)).unwrap_or(0)
}

pub(crate) fn log(target: &str, kind: Kind, name: &str, outcome: &Outcome) {
    let Outcome {
        state,
        end,
        tries,
        answer,
        took,
        ..
    } = outcome;
    let who = match kind {
        Kind::Instance => name.to_owned(),
        Kind::Group => format!("sync group {name}"),
        Kind::VirtualServer => format!("virtual server {name}"),
        Kind::RealServer => format!("real server {name}"),
    };
    let said = if answer.is_empty() {
        String::new()
    } else {
        format!(": {answer}")
    };
    if *end == End::Arrived {
        tracing::debug!(
            "{who}: {target} was told {state} after {} ms{said}",
            took.as_millis()
        );
    } else {
        tracing::warn!("{who}: {target} was not told {state} ({end}, tries: {tries}){said}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pipe that nobody reads: who opens it for writing waits, as on a disk that hangs.
    #[tokio::test]
    async fn a_disk_that_hangs_holds_nobody_and_is_asked_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("epoch");
        let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
        let pipe = folder.path().join("epoch.new");
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0).unwrap();
        let (writer, limit) = (Writer::default(), Duration::from_millis(50));
        let mut beats = 0;
        let late = writer.write(file.clone(), 7, limit);
        tokio::pin!(late);
        let late = loop {
            tokio::select! {
                late = &mut late => break late,
                () = tokio::time::sleep(Duration::from_millis(5)) => beats += 1,
            }
        };
        assert!(late.unwrap_err().contains("does not answer within"));
        assert!(beats > 1, "this thread has gone on");
        let again = writer.write(file.clone(), 8, limit).await.unwrap_err();
        assert!(again.contains("has not answered since"), "{again}");
        // It answers: what is no file cannot be synced, which is an answer.
        let _reader = std::fs::File::open(&pipe).unwrap();
        let begin = Instant::now();
        while writer.hangs.load(Ordering::Acquire) {
            assert!(begin.elapsed() < Duration::from_secs(10), "it goes on to hang");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        std::fs::remove_file(&pipe).unwrap();
        writer
            .write(file.clone(), 9, Duration::from_secs(10))
            .await
            .unwrap();
        assert_eq!(std::fs::read_to_string(file).unwrap(), "9\n");
    }
}
