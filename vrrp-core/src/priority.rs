//! Priority, the order of the election, and the times that follow from them.

use core::fmt;
use core::net::IpAddr;
use core::num::NonZeroU8;

use crate::config::Version;
use crate::time::Interval;

/// A priority a router competes with: 1 to 255 (RFC 9568 section 5.2.4). 0 exists only on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Priority(NonZeroU8);

impl Priority {
    /// The address owner's, 255.
    pub const OWNER: Self = Self(NonZeroU8::MAX);
    /// RFC 9568 section 6.1: 100.
    pub const DEFAULT: Self = match Self::new(100) {
        Some(priority) => priority,
        None => Self::LOWEST,
    };
    /// 1, what a router competes with after a switchover (PRJ-STOP-04).
    pub const LOWEST: Self = Self(NonZeroU8::MIN);

    /// `None` for 0.
    #[must_use]
    pub const fn new(value: u8) -> Option<Self> {
        match NonZeroU8::new(value) {
            Some(value) => Some(Self(value)),
            None => None,
        }
    }

    /// 1 to 255.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0.get()
    }

    /// Whether this is the address owner's priority.
    #[must_use]
    pub const fn is_owner(self) -> bool {
        self.0.get() == 255
    }

    /// base plus the sum of contributions, clamped to 1..254; an owner's never moves.
    #[must_use]
    pub fn adjusted(self, sum: i32) -> Self {
        if self.is_owner() {
            return self;
        }
        let value = i32::from(self.get()).saturating_add(sum).clamp(1, 254);
        u8::try_from(value).ok().and_then(Self::new).unwrap_or(self)
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Priority first, then primary address as an unsigned number (V3-6.4.3-09): the derived order *is* the election.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Rank {
    /// 0 to 255 as on the wire.
    pub priority: u8,
    /// Primary address of the sender.
    pub address: IpAddr,
}

/// Skew_Time in nanoseconds, rounded down (V3-6.1-13, V2-6.1-02, PRJ-TIME-01).
///
/// Version 3: `(256 - P) * Active_Adver_Interval / 256`; version 2: `(256 - P) / 256` seconds whatever the interval.
/// Multiplied first and divided last: in whole centiseconds every priority from 231 up would get no skew at 10 cs.
#[must_use]
pub const fn skew_nanos(version: Version, priority: Priority, interval: Interval) -> u64 {
    let steps = 256_u64.saturating_sub(priority.get() as u64);
    match version {
        // 1 cs / 256 = 39 062.5 ns = 78 125 ns / 2; at most 255 * 25 500 * 78 125, far inside u64.
        Version::V3 => {
            steps
                .saturating_mul(interval.centiseconds() as u64)
                .saturating_mul(78_125)
                / 2
        }
        Version::V2 => steps.saturating_mul(3_906_250),
    }
}

/// Active_Down_Interval in nanoseconds (V3-6.1-14): `adverts` intervals, 3 by the RFC, plus Skew_Time.
#[must_use]
pub const fn active_down_nanos(version: Version, priority: Priority, interval: Interval, adverts: u8) -> u64 {
    interval
        .nanos()
        .saturating_mul(adverts as u64)
        .saturating_add(skew_nanos(version, priority, interval))
}
