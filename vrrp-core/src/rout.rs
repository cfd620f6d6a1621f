//! Two groups that yield to each other: the second waits for the first.

use crate::time::{Instant, Interval};

/// Of an interval: far longer than two packets take, far shorter than anybody's career as Active.
const ROUT_PART: u64 = 4;

/// A winner that says goodbye by then has yielded as well, to another member of this group: no stop follows so soon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Rout {
    pub(crate) until: Instant,
    /// Then the slowest member of the winner, whatever its priority and interval, has come back.
    pub(crate) free_at: Instant,
}

impl Rout {
    /// After a lost election; the winner's slowest member has come back `wait_nanos` later.
    pub(crate) const fn new(now: Instant, interval: Interval, wait_nanos: u64) -> Self {
        Self {
            until: now.plus_nanos(interval.nanos() / ROUT_PART),
            free_at: now.plus_nanos(wait_nanos),
        }
    }

    /// The earliest time at which a goodbye that is heard now may let a member want to, where both groups yielded.
    ///
    /// Two of them whose waits differ by less than a packet takes would come back together again and again.
    pub(crate) fn not_before(self, now: Instant) -> Instant {
        if now < self.until {
            self.free_at
        } else {
            Instant::default()
        }
    }
}
