//! The clock of what is carried out.

use vrrp_core::Instant;

/// Counts from when it was made. Virtual servers keep no time that must go on while the machine sleeps.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock(std::time::Instant);

impl Clock {
    pub(crate) fn new() -> Self {
        Self(std::time::Instant::now())
    }

    pub(crate) fn now(self) -> Instant {
        Instant::from_nanos(u64::try_from(self.0.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }

    /// For whoever waits until then.
    pub(crate) fn real(self, at: Instant) -> std::time::Instant {
        self.0 + at.since(Instant::default())
    }
}
