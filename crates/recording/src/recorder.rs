//! A recording that is written while a loop runs which must never wait for it: a bounded queue, and a thread.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use vrrp_core::{Instant, Seen, Witness};

use crate::item::{Item, Names};
use crate::line::{Entry, Line};

/// Text that is written in one go.
const BATCH_OCTETS: usize = 64 * 1024;
/// Lines only; the default stack would be locked into memory where the program locks its own.
const STACK_OCTETS: usize = 256 * 1024;
/// After a loss every router is written down anew, no more often than this: it takes the loop some time.
const ANEW_AFTER_NANOS: u64 = 1_000_000_000;

/// Where the lines go. The thread of the recording calls it, and nobody else.
pub trait Sink: Send {
    /// Appends whole lines: all of them, or as far as it can be helped none.
    ///
    /// # Errors
    /// They are lost; the next lines are tried all the same, and begin with how many were lost.
    fn append(&mut self, lines: &str) -> io::Result<()>;
}

/// What the owner of a recording should know. Told from the thread of the recording.
#[derive(Debug)]
pub enum Told {
    /// Lines could not be written; told once, until [`Told::Again`].
    Failed(io::Error),
    /// Lines are written again; so many are missing.
    Again {
        /// Lines lost.
        lost: u64,
    },
    /// The loop was faster than the thread (an overloaded machine, a disk that does not answer): lines are missing.
    Behind {
        /// Lines lost.
        lost: u64,
    },
}

/// The loop's end: a [`Witness`] that neither waits nor fails. What finds no room is lost, and the recording says so;
/// every router is then written down as it is, so that the recording can be replayed from there on.
#[derive(Debug)]
pub struct Recorder {
    queue: SyncSender<Item>,
    waiting_max: u64,
    side: Mutex<Side>,
    shared: Arc<Shared>,
}

/// What both ends count.
#[derive(Debug, Default)]
struct Shared {
    waiting: AtomicU64,
    losses: AtomicU64,
    /// Lines, of all losses.
    lost: AtomicU64,
    failing: AtomicBool,
}

#[derive(Debug, Default)]
struct Side {
    names: Names,
    lost: u64,
    /// Of which losses every router was written down anew, and from when on it may be done again.
    anew: u64,
    anew_from: Instant,
}

/// The other end, for who waits until everything is written.
#[derive(Debug)]
pub struct Writing {
    done: Receiver<()>,
    shared: Arc<Shared>,
}

/// How it goes, for who looks on while it runs.
#[derive(Debug, Clone)]
pub struct Progress(Arc<Shared>);

impl Progress {
    /// Lines lost since it began: the disk was full, or too slow.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.0.lost.load(Ordering::Relaxed)
    }

    /// The last lines could be written.
    #[must_use]
    pub fn is_well(&self) -> bool {
        !self.0.failing.load(Ordering::Relaxed)
    }
}

impl Recorder {
    /// Begins a recording. `now`: what the routers' clock shows; `details` stand in the header, for people; at most
    /// `waiting_max` lines wait for the thread.
    ///
    /// # Errors
    /// The thread cannot be started.
    pub fn start(
        sink: impl Sink + 'static,
        now: Instant,
        details: &str,
        waiting_max: usize,
        tell: impl FnMut(Told) + Send + 'static,
    ) -> io::Result<(Arc<Self>, Writing)> {
        let (queue, items) = sync_channel(waiting_max.max(1));
        let (ended, done) = sync_channel(1);
        let shared = Arc::<Shared>::default();
        let mut pen = Pen {
            sink,
            tell,
            details: details.to_owned(),
            last: now,
            put_until: now,
            head: String::new(),
            text: String::new(),
            lines: 0,
            lost: 0,
            failing: false,
            shared: Arc::clone(&shared),
        };
        let _detached = thread::Builder::new()
            .name("recording".to_owned())
            .stack_size(STACK_OCTETS)
            .spawn(move || {
                while let Ok(item) = items.recv() {
                    pen.take(item);
                    while pen.text.len() < BATCH_OCTETS
                        && let Ok(item) = items.try_recv()
                    {
                        pen.take(item);
                    }
                    pen.put();
                }
                let _nobody_waits = ended.send(());
            })?;
        let recorder = Arc::new(Self {
            queue,
            waiting_max: waiting_max.max(1) as u64,
            side: Mutex::default(),
            shared: Arc::clone(&shared),
        });
        Ok((recorder, Writing { done, shared }))
    }

    /// Nobody else locks it: the routers of one loop are its only callers.
    fn side(&self) -> MutexGuard<'_, Side> {
        self.side.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn send(&self, side: &mut Side, item: Item) {
        if side.lost > 0 && self.put(Item::Lost { lines: side.lost }) {
            side.lost = 0;
        }
        if side.lost > 0 || !self.put(item) {
            side.lost = side.lost.saturating_add(1);
            let _losses = self.shared.losses.fetch_add(1, Ordering::Relaxed);
            let _lost = self.shared.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn put(&self, item: Item) -> bool {
        // Counted before it can be taken.
        let _waiting = self.shared.waiting.fetch_add(1, Ordering::Relaxed);
        let put = self.queue.try_send(item).is_ok();
        if !put {
            let _waiting = self.shared.waiting.fetch_sub(1, Ordering::Relaxed);
        }
        put
    }
}

impl Witness for Recorder {
    fn see(&self, seen: Seen<'_>) {
        let side = &mut *self.side();
        if let Some(item) = side.names.item(&seen) {
            self.send(side, item);
        }
    }

    /// Once there is room for all that is known.
    fn asks(&self, now: Instant) -> bool {
        let losses = self.shared.losses.load(Ordering::Relaxed);
        let side = &mut *self.side();
        let room = self.shared.waiting.load(Ordering::Relaxed) <= self.waiting_max / 2;
        if losses == side.anew || side.lost > 0 || !room || now < side.anew_from {
            return false;
        }
        side.anew = losses;
        side.anew_from = now.plus_nanos(ANEW_AFTER_NANOS);
        true
    }
}

impl Writing {
    /// Can be asked while it runs, and after it.
    #[must_use]
    pub fn progress(&self) -> Progress {
        Progress(Arc::clone(&self.shared))
    }

    /// Waits until the last line is written, at most `limit`; drop every [`Recorder`] of it before. Whether it was.
    #[must_use]
    pub fn finish(self, limit: Duration) -> bool {
        self.done.recv_timeout(limit).is_ok()
    }
}

/// The thread's end.
struct Pen<S, T> {
    sink: S,
    tell: T,
    details: String,
    last: Instant,
    /// Time of the last line that was written, or lost.
    put_until: Instant,
    /// The header, until it is written: without it nothing can be read.
    head: String,
    text: String,
    lines: u64,
    /// Lines that could not be written.
    lost: u64,
    failing: bool,
    shared: Arc<Shared>,
}

impl<S: Sink, T: FnMut(Told)> Pen<S, T> {
    fn take(&mut self, item: Item) {
        let _waiting = self.shared.waiting.fetch_sub(1, Ordering::Relaxed);
        if let Item::Lost { lines } = &item {
            (self.tell)(Told::Behind { lost: *lines });
        }
        let begins = matches!(item, Item::Begins);
        let line = item.line(&mut self.last, &self.details);
        if begins {
            self.put();
            self.head = format!("{line}\n");
        } else {
            self.text.push_str(&format!("{line}\n"));
            self.lines += 1;
        }
    }

    fn put(&mut self) {
        let mut all = self.head.clone();
        if self.lost > 0 {
            let lost = Line {
                at: self.put_until,
                entry: Entry::Lost { lines: self.lost },
            };
            all.push_str(&format!("{lost}\n"));
        }
        all.push_str(&self.text);
        if all.is_empty() {
            return;
        }
        match self.sink.append(&all) {
            Ok(()) => {
                self.head.clear();
                if self.failing {
                    (self.tell)(Told::Again { lost: self.lost });
                }
                self.failing = false;
                self.lost = 0;
            }
            Err(error) => {
                self.lost = self.lost.saturating_add(self.lines);
                let _lost = self.shared.lost.fetch_add(self.lines, Ordering::Relaxed);
                // Every router is to be written down anew, once it can be.
                let _losses = self.shared.losses.fetch_add(1, Ordering::Relaxed);
                if !self.failing {
                    (self.tell)(Told::Failed(error));
                }
                self.failing = true;
            }
        }
        self.shared.failing.store(self.failing, Ordering::Relaxed);
        self.put_until = self.last;
        self.text.clear();
        self.lines = 0;
    }
}
