//! A recording in memory.

use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

use vrrp_core::{Instant, Seen, Witness};

use crate::item::Names;

/// Writes at once, into memory: for simulations and tests, where nothing is in a hurry. Each
/// [`Router`](vrrp_core::Router) that it looks on at is a run of its own.
#[derive(Debug)]
pub struct Transcript {
    details: String,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    text: String,
    last: Instant,
    names: Names,
}

impl Transcript {
    /// An empty one; `details` stand in its header, for people.
    #[must_use]
    pub fn new(details: &str) -> Self {
        Self {
            details: details.to_owned(),
            inner: Mutex::default(),
        }
    }

    /// Everything so far.
    #[must_use]
    pub fn text(&self) -> String {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.text.clone()
    }
}

impl Witness for Transcript {
    fn see(&self, seen: Seen<'_>) {
        let inner = &mut *self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(item) = inner.names.item(&seen) {
            let line = item.line(&mut inner.last, &self.details);
            // Memory does not fail.
            let _written = writeln!(inner.text, "{line}");
        }
    }
}
