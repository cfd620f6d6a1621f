//! What is asked of announcements on links without advertisements.

use std::time::Duration;

/// Announcements where no advertisement is sent, so that switches there go on knowing the MAC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnnounceElsewhere {
    /// How often; more than 0.
    pub every: Duration,
    /// Also of addresses on ordinary interfaces, and not only of those on devices with the virtual MAC.
    pub physical_too: bool,
}

impl AnnounceElsewhere {
    pub(crate) fn every_nanos(&self) -> u64 {
        u64::try_from(self.every.as_nanos()).unwrap_or(u64::MAX)
    }
}
