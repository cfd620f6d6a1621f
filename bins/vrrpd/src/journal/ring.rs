//! The last events.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};

use vrrp_control::{Answer, Event, Reply};

/// One event, and the line that all who follow get.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) event: Event,
    line: OnceLock<String>,
}

impl Entry {
    pub(super) fn new(event: Event) -> Self {
        let line = OnceLock::new();
        Self { event, line }
    }

    /// As it stands on a connection.
    pub(super) fn line(&self) -> &str {
        self.line.get_or_init(|| {
            let reply = Reply::new(Answer::Event(Box::new(self.event.clone())));
            reply.to_line().unwrap_or_default()
        })
    }
}

/// As many as fit; each has the number after the one before.
#[derive(Debug)]
pub(super) struct Ring {
    entries: VecDeque<Arc<Entry>>,
    next: u64,
    kept: usize,
}

impl Ring {
    pub(super) const fn new(first: u64, kept: usize) -> Self {
        Self {
            entries: VecDeque::new(),
            next: first,
            kept,
        }
    }

    pub(super) fn push(&mut self, mut event: Event) -> Arc<Entry> {
        event.seq = self.next;
        let entry = Arc::new(Entry::new(event));
        if self.entries.len() >= self.kept {
            let _oldest = self.entries.pop_front();
        }
        self.entries.push_back(Arc::clone(&entry));
        self.next = self.next.saturating_add(1);
        entry
    }

    /// The number of the next one.
    pub(super) const fn next(&self) -> u64 {
        self.next
    }

    /// The number of the oldest one; of the next one where there is none.
    pub(super) fn oldest(&self) -> u64 {
        self.entries.front().map_or(self.next, |entry| entry.event.seq)
    }

    /// Those with this number and later ones.
    pub(super) fn from(&self, seq: u64) -> impl Iterator<Item = &Arc<Entry>> {
        let gone = seq.saturating_sub(self.oldest());
        self.entries
            .iter()
            .skip(usize::try_from(gone).unwrap_or(usize::MAX))
    }
}
