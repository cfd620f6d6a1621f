//! What the service manager is told (sd_notify(3)), by a thread that may be kept waiting: neither of the two loops ever is.

mod line;
mod telling;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, channel, sync_channel};
use std::time::Duration;

use sd_notify::NotifyState;
use tokio::sync::Notify;
use tracing::warn;
use vrrp_net::Driver;

pub(crate) use telling::Telling;

/// Where the service manager listens; systemd sets it for `Type=notify` and `Type=notify-reload`.
const SOCKET: &str = "NOTIFY_SOCKET";
/// Messages that may wait. A watchdog ends a process long before so many of its signs of life do.
const WAITING_MAX: usize = 64;
/// How long the end waits for the last words.
const FINISH_WITHIN: Duration = Duration::from_millis(500);
/// A sign of life so many times in the time that the watchdog waits for one.
const BEATS: u32 = 3;

/// One datagram.
#[derive(Debug)]
struct Message {
    states: Vec<NotifyState<'static>>,
    status: Option<String>,
}

/// Talks to the service manager, where there is one.
#[derive(Debug)]
pub(crate) struct Systemd {
    queue: Option<SyncSender<Message>>,
    over: Receiver<()>,
    lost: Arc<AtomicU64>,
    /// How often it wants to hear a sign of life.
    watchdog: Option<Duration>,
    /// Each time that the router loop has gone round, if it is asked to say so.
    beats: Arc<Notify>,
    told: String,
}

impl Systemd {
    /// As the environment says.
    pub(crate) fn from_env() -> Self {
        let asked = std::env::var_os(SOCKET).is_some();
        let started = asked.then(|| start(sd_notify::notify));
        let started = started.transpose().unwrap_or_else(|error| {
            warn!("the service manager is told nothing: {error}");
            None
        });
        let (queue, over, lost) = started.map_or_else(
            || (None, channel().1, Arc::default()),
            |(queue, over, lost)| (Some(queue), over, lost),
        );
        Self {
            watchdog: queue.as_ref().and_then(|_| sd_notify::watchdog_enabled()),
            queue,
            over,
            lost,
            beats: Arc::default(),
            told: String::new(),
        }
    }

    /// Lets the router loop say by itself that it goes round, where somebody wants to know.
    pub(crate) fn listen_to(&self, driver: &mut Driver) {
        if let Some(watchdog) = self.watchdog {
            let beats = Arc::clone(&self.beats);
            driver.set_heartbeat(watchdog / BEATS, move || beats.notify_one());
        }
    }

    /// The router loop has gone round. To be followed by [`Self::alive`], by a loop that goes round as well.
    pub(crate) fn beats(&self) -> Arc<Notify> {
        Arc::clone(&self.beats)
    }

    /// Both loops go round.
    pub(crate) fn alive(&self) {
        self.tell(vec![NotifyState::Watchdog], None);
    }

    /// The configuration is in force, the sockets are open; after a reload too.
    pub(crate) fn ready(&mut self, line: String) {
        self.told.clone_from(&line);
        self.tell(vec![NotifyState::Ready], Some(line));
    }

    /// A reload begins; [`Self::ready`] ends it, whatever came of it.
    pub(crate) fn reloading(&self) {
        let now = NotifyState::monotonic_usec_now().ok();
        let states = [NotifyState::Reloading].into_iter().chain(now);
        self.tell(states.collect(), None);
    }

    /// A stop begins.
    pub(crate) fn stopping(&mut self, line: String) {
        self.told.clone_from(&line);
        self.tell(vec![NotifyState::Stopping], Some(line));
    }

    /// A stop goes on, and has not gone wrong: it may take so much longer from now.
    pub(crate) fn extend(&self, by: Duration) {
        let micros = u32::try_from(by.as_micros()).unwrap_or(u32::MAX);
        self.tell(vec![NotifyState::ExtendTimeoutUsec(micros)], None);
    }

    /// What an operator reads in `systemctl status`.
    pub(crate) fn status(&mut self, line: String) {
        if line != self.told {
            self.told.clone_from(&line);
            self.tell(Vec::new(), Some(line));
        }
    }

    /// Whether anybody hears a word of it.
    pub(crate) const fn is_heard(&self) -> bool {
        self.queue.is_some()
    }

    /// Waits a moment for the last words.
    pub(crate) fn finish(mut self) {
        if self.queue.take().is_some() {
            // Disconnected: the thread has ended, and so has told everything.
            let _late: Result<(), RecvTimeoutError> = self.over.recv_timeout(FINISH_WITHIN);
        }
    }

    fn tell(&self, states: Vec<NotifyState<'static>>, status: Option<String>) {
        let Some(queue) = &self.queue else {
            return;
        };
        if queue.try_send(Message { states, status }).is_err() {
            let _before = self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

type Started = (SyncSender<Message>, Receiver<()>, Arc<AtomicU64>);

/// The thread that sends; `send` may wait for whoever listens.
fn start(
    mut send: impl for<'a> FnMut(&[NotifyState<'a>]) -> io::Result<()> + Send + 'static,
) -> io::Result<Started> {
    let (queue, messages) = sync_channel::<Message>(WAITING_MAX);
    let (alive, over) = channel();
    let lost = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&lost);
    let run = move || {
        let _until_the_end = alive;
        let mut failed = false;
        for message in messages {
            let status = message.status.as_deref().map(NotifyState::Status);
            let states: Vec<NotifyState<'_>> = message.states.into_iter().chain(status).collect();
            let sent = send(&states);
            if let (Err(error), false) = (&sent, failed) {
                warn!("the service manager cannot be told ({error}); nothing else depends on it");
            }
            failed = sent.is_err();
            let lost = counted.swap(0, Ordering::Relaxed);
            if lost > 0 {
                warn!("{lost} messages to the service manager were dropped: it does not read them");
            }
        }
    };
    std::thread::Builder::new().name("notify".to_owned()).spawn(run)?;
    Ok((queue, over, lost))
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::time::Instant;

    use super::*;

    /// A service manager that does not read keeps nobody waiting, and what it misses is counted.
    #[test]
    fn who_does_not_read_misses_messages_and_keeps_nobody_waiting() {
        let (go, gate) = channel::<()>();
        let gate = Mutex::new(gate);
        let (told, heard) = channel();
        let (queue, over, lost) = start(move |states| {
            gate.lock().unwrap().recv().unwrap();
            told.send(states.len()).unwrap();
            Ok(())
        })
        .unwrap();
        let mut systemd = Systemd {
            queue: Some(queue),
            over,
            lost: Arc::clone(&lost),
            watchdog: None,
            beats: Arc::default(),
            told: String::new(),
        };
        let began = Instant::now();
        systemd.ready("VI_1 MASTER".to_owned());
        for _ in 0..WAITING_MAX + 10 {
            systemd.alive();
        }
        assert!(began.elapsed() < Duration::from_secs(1));
        // One may have been taken out of the queue already.
        let dropped = lost.load(Ordering::Relaxed);
        assert!((10..=11).contains(&dropped), "{dropped}");
        for _ in 0..WAITING_MAX + 2 {
            go.send(()).unwrap();
        }
        assert_eq!(heard.recv().unwrap(), 2, "READY=1 and STATUS=");
        drop(systemd);
    }

    #[test]
    fn a_line_is_told_once() {
        let (told, heard) = channel();
        let (queue, over, lost) = start(move |states| {
            told.send(states.first().unwrap().to_string()).unwrap();
            Ok(())
        })
        .unwrap();
        let mut systemd = Systemd {
            queue: Some(queue),
            over,
            lost,
            watchdog: None,
            beats: Arc::default(),
            told: String::new(),
        };
        for line in ["a", "a", "b"] {
            systemd.status(line.to_owned());
        }
        systemd.finish();
        assert_eq!(heard.iter().collect::<Vec<_>>(), ["STATUS=a", "STATUS=b"]);
    }
}
