//! What became of a recording so far: the thread that writes counts, and whoever asks reads.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

#[derive(Debug, Default)]
pub(super) struct Counts {
    octets: AtomicU64,
    problem: Mutex<Option<String>>,
}

impl Counts {
    pub(super) fn add(&self, octets: u64) {
        self.octets.fetch_add(octets, Ordering::Relaxed);
    }

    pub(super) fn octets(&self) -> u64 {
        self.octets.load(Ordering::Relaxed)
    }

    fn locked(&self) -> MutexGuard<'_, Option<String>> {
        self.problem.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why nothing can be written; `None`: it can.
    pub(super) fn set_problem(&self, problem: Option<String>) {
        *self.locked() = problem;
    }

    pub(super) fn problem(&self) -> Option<String> {
        self.locked().clone()
    }
}
