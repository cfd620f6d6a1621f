//! Between `Duration`, which says its unit, and the nanoseconds of the core.

use std::time::Duration;
use vrrp_core::Instant;

/// The point in virtual time that lies this long after the beginning of the world.
#[must_use]
pub fn at(since_start: Duration) -> Instant {
    Instant::from_nanos(nanos(since_start))
}

/// Whole nanoseconds; a duration of more than 584 years is cut.
#[must_use]
pub fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// `start` plus `by`.
#[must_use]
pub fn after(start: Instant, by: Duration) -> Instant {
    start.plus_nanos(nanos(by))
}
