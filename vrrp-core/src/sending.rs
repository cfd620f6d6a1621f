//! What failed sends and failed holds lead to (PRJ-FAIL-01, PRJ-TX-02). Pure.

use crate::time::Instant;
use crate::tracking::Bar;

/// Failed periodic advertisements in a row that end an Active's career.
const FAILURES_MAX: u8 = 3;
/// Tries at saying goodbye after the first.
const RESIGNATION_RETRIES: u8 = 3;
/// Three retries within 10 ms.
const RESIGNATION_PAUSE_NANOS: u64 = 3_000_000;
/// PRJ-FAIL-01.
const RESIGNATION_LASTS_NANOS: u64 = 10_000_000;
/// What left the node so shortly before its goodbye may arrive after it.
pub(crate) const OVERTAKES_NANOS: u64 = 5_000_000;
const SECOND_NANOS: u64 = 1_000_000_000;
const PAUSE_SECONDS_MAX: u8 = 60;

/// Counts failures in a row without being told of successes: a period without a failure is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Sending {
    failed_since_periodic: bool,
    in_a_row: u8,
}

impl Sending {
    pub(crate) fn reset(&mut self) {
        *self = Self::default();
    }

    /// Before every periodic advertisement.
    pub(crate) fn before_periodic(&mut self) {
        if !self.failed_since_periodic {
            self.in_a_row = 0;
        }
        self.failed_since_periodic = false;
    }

    /// Whether it is time to give up. One failure per period counts.
    pub(crate) fn failed(&mut self) -> bool {
        if !self.failed_since_periodic {
            self.failed_since_periodic = true;
            self.in_a_row = self.in_a_row.saturating_add(1);
        }
        self.in_a_row >= FAILURES_MAX
    }
}

/// Retries of the advertisement with priority 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Resignation {
    begun_at: Instant,
    retries_left: u8,
    pub(crate) again_at: Option<Instant>,
}

impl Resignation {
    pub(crate) const fn new(now: Instant) -> Self {
        Self {
            begun_at: now,
            retries_left: RESIGNATION_RETRIES,
            again_at: None,
        }
    }

    /// A Backup that hears goodbye and advertisement the wrong way round would wait for Active_Down_Interval, longer than any
    /// hold lasts: the goodbye is said once more.
    pub(crate) const fn repeated(self) -> Self {
        Self {
            again_at: Some(self.begun_at.plus_nanos(OVERTAKES_NANOS)),
            ..self
        }
    }

    pub(crate) fn failed(&mut self, now: Instant) {
        // Both versions, or several peers, may fail at once: that is one try.
        if self.retries_left > 0 && self.again_at.is_none() {
            self.retries_left = self.retries_left.saturating_sub(1);
            self.again_at = Some(now.plus_nanos(RESIGNATION_PAUSE_NANOS));
        }
    }
}

impl Resignation {
    /// Whether it can still make anything happen.
    pub(crate) fn matters(&self, now: Instant) -> bool {
        now.nanos_since(self.begun_at) <= RESIGNATION_LASTS_NANOS || self.again_at.is_some()
    }

    /// Its times from now on.
    pub(crate) fn remaining(&self, now: Instant) -> (u64, u8, Option<u64>) {
        let again = self.again_at.map(|at| at.nanos_since(now));
        (now.nanos_since(self.begun_at), self.retries_left, again)
    }

    /// Whether to try again now. Woken too late: by now somebody else is Active, and would only be disturbed.
    pub(crate) fn due(&mut self, now: Instant) -> bool {
        self.again_at.take_if(|at| now >= *at).is_some()
            && now.nanos_since(self.begun_at) <= RESIGNATION_LASTS_NANOS
    }
}

/// The router bars itself for 1, 2, 4 … 60 s and tries again by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Pause {
    seconds: u8,
    until: Instant,
    bar: Option<Bar>,
}

impl Pause {
    /// Returns the seconds of the pause. A minute without a failure makes it short again.
    pub(crate) fn begin(&mut self, now: Instant, bar: Bar) -> u8 {
        let calm_nanos = u64::from(PAUSE_SECONDS_MAX).saturating_mul(SECOND_NANOS);
        let calm = now > self.until.plus_nanos(calm_nanos);
        self.seconds = if self.seconds == 0 || calm {
            1
        } else {
            self.seconds.saturating_mul(2).min(PAUSE_SECONDS_MAX)
        };
        self.until = now.plus_nanos(u64::from(self.seconds).saturating_mul(SECOND_NANOS));
        self.bar = Some(bar);
        self.seconds
    }

    /// Its times from now on; how long it was matters until a minute has passed without a failure.
    pub(crate) fn remaining(&self, now: Instant) -> (u8, u64, u64, Option<Bar>) {
        let calm_nanos = u64::from(PAUSE_SECONDS_MAX).saturating_mul(SECOND_NANOS);
        let over_nanos = now.nanos_since(self.until);
        if self.seconds == 0 || (self.bar.is_none() && over_nanos > calm_nanos) {
            return (0, 0, 0, None);
        }
        (self.seconds, self.until.nanos_since(now), over_nanos, self.bar)
    }

    /// What works again needs no pause.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn bar(&self) -> Option<Bar> {
        self.bar
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.bar.map(|_| self.until)
    }

    /// Whether the pause has just ended.
    pub(crate) fn over(&mut self, now: Instant) -> bool {
        let over = self.bar.is_some() && now >= self.until;
        if over {
            self.bar = None;
        }
        over
    }
}
