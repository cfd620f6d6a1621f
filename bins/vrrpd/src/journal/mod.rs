//! What has happened since the daemon started: kept, told to whoever follows, written down where that is asked for.

mod file;
mod following;
mod ring;
pub(crate) mod told;

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;
use tracing::warn;
use vrrp_control::{Answer, Event, EventKind, Events, JournalStatus, Problem, ProblemKind, Since};

use crate::control::Peer;
use crate::node::{lock, unix_ms};
pub(crate) use file::Paper;
pub(crate) use following::Following;
use ring::Ring;

/// Events that are kept in memory: some hours of a bad day, and one failure of a node with a thousand routers.
const KEPT: usize = 4096;
/// Clients that follow at a time.
const FOLLOWERS_MAX: usize = 128;
/// Places of these that root and the user of the daemon always find.
const FOLLOWERS_OURS: usize = 16;
/// A text is cut here; a check may print more.
const TEXT_CHARS_MAX: usize = 1000;
/// One line in the log about clients that do not read, in so long.
const LET_GO_LINES_EVERY: Duration = Duration::from_secs(60);

/// The journal. Noting waits for nobody.
#[derive(Debug)]
pub(crate) struct Journal {
    ring: Mutex<Ring>,
    /// The number of the next event, for those who wait for it.
    next: watch::Sender<u64>,
    closed: AtomicBool,
    places: Arc<Semaphore>,
    let_go: AtomicU64,
    /// When that was told last, and how many were then.
    let_go_told: Mutex<Option<(Instant, u64)>>,
    paper: Option<Paper>,
}

/// An event of now, without a number; what it is about goes into the other fields.
pub(crate) fn draft(kind: EventKind, code: &str, text: impl Into<String>) -> Event {
    Event {
        at_unix_ms: unix_ms(SystemTime::now()),
        at_ms: vrrp_net::clock::now().as_nanos() / 1_000_000,
        ..Event::new(kind, code, text)
    }
}

impl Journal {
    /// With a paper, numbers go on where they ended there.
    pub(crate) fn new(paper: Option<Paper>) -> Self {
        let first = paper.as_ref().map_or(1, Paper::first);
        Self {
            ring: Mutex::new(Ring::new(first, KEPT)),
            next: watch::Sender::new(first),
            closed: AtomicBool::new(false),
            places: Arc::new(Semaphore::new(FOLLOWERS_MAX)),
            let_go: AtomicU64::new(0),
            let_go_told: Mutex::new(None),
            paper,
        }
    }

    /// Takes an event in, and gives it its number.
    pub(crate) fn note(&self, mut event: Event) {
        if let Some((end, _)) = event.text.char_indices().nth(TEXT_CHARS_MAX) {
            event.text.truncate(end);
            event.text.push('…');
        }
        let mut ring = lock(&self.ring);
        let entry = ring.push(event);
        if let Some(paper) = &self.paper {
            paper.put(&entry);
        }
        let next = ring.next();
        drop(ring);
        self.next.send_replace(next);
    }

    /// What somebody has asked for.
    pub(crate) fn by(&self, peer: Peer, event: Event) {
        let uid = Some(peer.uid);
        self.note(Event { uid, ..event });
    }

    /// What has happened since then.
    pub(crate) fn since(&self, since: &Since) -> Events {
        let ring = lock(&self.ring);
        let from = begin(&ring, since);
        let wanted = |event: &&Event| since.instance.is_none() || event.instance == since.instance;
        Events {
            lost: ring.oldest().saturating_sub(from),
            next: ring.next(),
            events: ring
                .from(from)
                .map(|entry| &entry.event)
                .filter(wanted)
                .cloned()
                .collect(),
        }
    }

    /// A place for a client that wants to hear of everything from now on.
    pub(crate) fn follow(self: &Arc<Self>, since: Since, peer: Peer) -> Result<Following, Answer> {
        let free = self.places.available_permits();
        let may = if peer.is_ours() {
            free > 0
        } else {
            free > FOLLOWERS_OURS
        };
        let place = may.then(|| Arc::clone(&self.places).try_acquire_owned().ok());
        let Some(place) = place.flatten() else {
            return Err(Answer::Error(Problem {
                kind: ProblemKind::Unavailable,
                message: format!(
                    "{} clients follow the events already, as many as may; end some of them, or ask without --follow",
                    FOLLOWERS_MAX.saturating_sub(free)
                ),
            }));
        };
        Ok(Following::new(
            Arc::clone(self),
            self.next.subscribe(),
            since,
            place,
        ))
    }

    pub(crate) fn status(&self) -> JournalStatus {
        let ring = lock(&self.ring);
        let taken = FOLLOWERS_MAX.saturating_sub(self.places.available_permits());
        JournalStatus {
            oldest: ring.oldest(),
            next: ring.next(),
            followers: u64::try_from(taken).unwrap_or(u64::MAX),
            followers_dropped: self.let_go.load(Ordering::Relaxed),
            file: self.paper.as_ref().map(Paper::status),
        }
    }

    /// Nothing comes any more: who follows reads to the end, within the limit. The last lines reach the disk, or do not.
    pub(crate) async fn close(&self, limit: Duration) {
        self.closed.store(true, Ordering::Release);
        self.next.send_modify(|_| {});
        let all = u32::try_from(FOLLOWERS_MAX).unwrap_or(u32::MAX);
        let ended = async {
            drop(self.places.acquire_many(all).await);
            if let Some(paper) = &self.paper {
                paper.written().await;
            }
        };
        let _late = timeout(limit, ended).await;
    }

    fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// A client that follows does not read, and keeps its place from others.
    pub(crate) fn let_go(&self, patience: Duration) {
        let count = self.let_go.fetch_add(1, Ordering::Relaxed) + 1;
        let mut told = lock(&self.let_go_told);
        let soon = |(at, _): (Instant, u64)| at.elapsed() < LET_GO_LINES_EVERY;
        if told.is_some_and(soon) {
            return;
        }
        let before = told.map_or(0, |(_, before)| before);
        *told = Some((Instant::now(), count));
        warn!(
            "{} that followed the events did not read for {} s, and the daemon has closed the connection; they may ask again from where they were",
            clients(count - before),
            patience.as_secs()
        );
    }
}

/// The number that is asked for, which may be gone. One that was not given yet is of an earlier life: all is new then.
fn begin(ring: &Ring, since: &Since) -> u64 {
    let given = since.from.filter(|from| *from <= ring.next());
    given.unwrap_or(ring.oldest())
}

fn clients(count: u64) -> String {
    match count {
        1 => "a client".to_owned(),
        many => format!("{many} clients"),
    }
}

#[cfg(test)]
mod tests;
