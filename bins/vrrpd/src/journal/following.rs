//! A client that follows: it has a place in the ring and no queue of its own, so that none can make the daemon keep more.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, watch};
use vrrp_control::{Answer, Event, EventKind, Events, Reply, Since};

use super::ring::Entry;
use super::{Journal, begin, draft};
use crate::node::lock;

/// So much goes out at a time.
const OCTETS_AT_ONCE: usize = 32 * 1024;

/// Where it is.
#[derive(Debug)]
pub(crate) struct Following {
    journal: Arc<Journal>,
    news: watch::Receiver<u64>,
    /// The number of the event that it gets next.
    next: u64,
    since: Since,
    _place: OwnedSemaphorePermit,
}

impl Following {
    pub(super) fn new(
        journal: Arc<Journal>,
        news: watch::Receiver<u64>,
        since: Since,
        place: OwnedSemaphorePermit,
    ) -> Self {
        Self {
            journal,
            news,
            next: 0,
            since,
            _place: place,
        }
    }

    /// The first line: where it begins. What was before comes as what happens does, in lines that are made once for all.
    pub(crate) fn begin(&mut self) -> Answer {
        let ring = lock(&self.journal.ring);
        let from = begin(&ring, &self.since);
        self.next = from.max(ring.oldest());
        Answer::Events(Events {
            lost: self.next - from,
            next: self.next,
            events: Vec::new(),
        })
    }

    /// What has happened since, as lines; empty: nothing.
    pub(crate) fn lines(&mut self) -> String {
        let mut lines = String::new();
        let ring = lock(&self.journal.ring);
        let lost = ring.oldest().saturating_sub(self.next);
        if lost > 0 {
            lines.push_str(&missing(lost, ring.oldest()));
            self.next = ring.oldest();
        }
        for entry in ring.from(self.next) {
            if lines.len() >= OCTETS_AT_ONCE {
                break;
            }
            self.next = entry.event.seq.saturating_add(1);
            if self.since.instance.is_none() || entry.event.instance == self.since.instance {
                lines.push_str(Entry::line(entry));
            }
        }
        lines
    }

    /// Waits for more. `false`: there will be none.
    pub(crate) async fn more(&mut self) -> bool {
        let (next, journal) = (self.next, &self.journal);
        let more = |latest: &u64| *latest > next || journal.is_closed();
        self.news.wait_for(more).await.is_ok_and(|latest| *latest > next)
    }

    /// It does not read.
    pub(crate) fn let_go(&self, patience: Duration) {
        self.journal.let_go(patience);
    }
}

/// The client was slower than what happened. It has the number before the first one that is left.
fn missing(lost: u64, oldest: u64) -> String {
    let event = Event {
        seq: oldest.saturating_sub(1),
        times: Some(lost),
        ..draft(
            EventKind::Missing,
            "too-slow",
            format!("{lost} events are missing: they happened faster than this client read"),
        )
    };
    let reply = Reply::new(Answer::Event(Box::new(event)));
    reply.to_line().unwrap_or_default()
}
