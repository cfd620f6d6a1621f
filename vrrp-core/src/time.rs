//! Time as the machine sees it: nanoseconds handed in by the caller, centiseconds on the wire.

use core::fmt;
use core::num::NonZeroU16;
use core::time::Duration;

/// A point in time: nanoseconds since an arbitrary start that the caller chooses (PRJ-TIME-05: a monotonic clock
/// that goes on during suspend, CLOCK_BOOTTIME on Linux).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Instant(u64);

impl Instant {
    /// The point `nanos` nanoseconds after the caller's start.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since the caller's start.
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// This point plus `nanos` nanoseconds, at most the end of time.
    #[must_use]
    pub const fn plus_nanos(self, nanos: u64) -> Self {
        Self(self.0.saturating_add(nanos))
    }

    /// This point minus `nanos` nanoseconds, at least the start.
    #[must_use]
    pub const fn minus_nanos(self, nanos: u64) -> Self {
        Self(self.0.saturating_sub(nanos))
    }

    /// Nanoseconds from `earlier` to here, 0 where `earlier` is later.
    #[must_use]
    pub const fn nanos_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Time from `earlier` to here, zero where `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.nanos_since(earlier))
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:09}", self.0 / 1_000_000_000, self.0 % 1_000_000_000)
    }
}

/// Wall-clock seconds and nanoseconds since 1970, needed by a `seal` that signs (PRJ-HMAC-01) and by nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WallClock {
    /// Seconds since 1970-01-01 00:00 UTC.
    pub seconds: u64,
    /// 0 to 999 999 999.
    pub nanos: u32,
}

impl WallClock {
    /// Seconds since 1970 as on the wire, modulo 2^32.
    pub(crate) const fn seconds_modulo(self) -> u32 {
        let [_, _, _, _, s0, s1, s2, s3] = self.seconds.to_be_bytes();
        u32::from_be_bytes([s0, s1, s2, s3])
    }
}

/// One centisecond in nanoseconds.
pub(crate) const NANOS_PER_CENTISECOND: u64 = 10_000_000;

/// An advertisement interval in centiseconds: 1 to 25 500 (a version 2 Active can be 255 s slow, V3-8.4.2-04).
///
/// A newtype, so that seconds cannot meet centiseconds. What a version may *send* is narrower:
/// [`Interval::fits_version_3`], [`Interval::fits_version_2`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Interval(NonZeroU16);

impl Interval {
    /// RFC 9568 section 6.1: default 100 cs, one second.
    pub const DEFAULT: Self = match Self::from_centiseconds(100) {
        Some(interval) => interval,
        None => Self(NonZeroU16::MIN),
    };

    /// `None` outside 1 to 25 500.
    #[must_use]
    pub const fn from_centiseconds(centiseconds: u16) -> Option<Self> {
        if centiseconds > 25_500 {
            return None;
        }
        match NonZeroU16::new(centiseconds) {
            Some(value) => Some(Self(value)),
            None => None,
        }
    }

    /// `None` for 0. Version 2 carries whole seconds in one octet.
    #[must_use]
    pub const fn from_seconds(seconds: u8) -> Option<Self> {
        Self::from_centiseconds((seconds as u16).saturating_mul(100))
    }

    /// 1 to 25 500.
    #[must_use]
    pub const fn centiseconds(self) -> u16 {
        self.0.get()
    }

    /// Exact nanoseconds.
    #[must_use]
    pub const fn nanos(self) -> u64 {
        (self.0.get() as u64).saturating_mul(NANOS_PER_CENTISECOND)
    }

    /// Whether the 12 bits of version 3 can carry it: 1 to 4095 cs (V3-5.2.7-01).
    #[must_use]
    pub const fn fits_version_3(self) -> bool {
        self.0.get() <= 4095
    }

    /// Whether version 2 can carry it: whole seconds, 1 to 255 (V2-5.3.7-01).
    #[must_use]
    pub const fn fits_version_2(self) -> bool {
        self.0.get().is_multiple_of(100)
    }

    /// The octet of a version 2 advertisement, `max(1, round down)` (PRJ-IOP-01).
    #[must_use]
    pub const fn version_2_seconds(self) -> u8 {
        let seconds = self.0.get() / 100;
        if seconds == 0 { 1 } else { seconds.to_le_bytes()[0] }
    }
}

impl fmt::Debug for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} cs", self.0)
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02} s", self.0.get() / 100, self.0.get() % 100)
    }
}

/// When to call `handle` with `Input::Tick` again, and what for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Deadline {
    /// A tick from here on acts: timers that may share a wake-up are allowed to be this early (PRJ-SLACK-01).
    pub earliest: Instant,
    /// When to wake at the latest.
    pub at: Instant,
    /// What is due then.
    pub wakes: Wake,
}

/// What a deadline is for; a closed list, so that status can name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Wake {
    /// Adver_Timer: the next advertisement (T-A-02).
    Advertise,
    /// Active_Down_Timer: nobody has been heard (T-B-02).
    TakeOver,
    /// The next round of gratuitous ARP or unsolicited NA.
    Announce,
    /// The end of a hold after a planned stop (PRJ-STOP-02).
    EndHold,
    /// Another try at leaving with priority 0 (PRJ-FAIL-01).
    ResendResignation,
    /// The end of a bar after a failure (PRJ-FAIL-01).
    RetryAfterFailure,
    /// The end of the start delay.
    Start,
}
