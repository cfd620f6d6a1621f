//! A sign of life that only a loop can give that goes round.

use std::fmt;
use std::time::Duration;

use vrrp_core::Instant;

/// What is called by the loop itself, and how often.
pub(super) struct Heartbeat {
    every_nanos: u64,
    due_at: Instant,
    beat: Box<dyn FnMut() + Send>,
}

impl Heartbeat {
    pub(super) fn new(every: Duration, beat: Box<dyn FnMut() + Send>, now: Instant) -> Self {
        Self {
            every_nanos: u64::try_from(every.as_nanos()).unwrap_or(u64::MAX).max(1),
            due_at: now,
            beat,
        }
    }

    pub(super) const fn due_at(&self) -> Instant {
        self.due_at
    }

    /// A turn is over.
    pub(super) fn turned(&mut self, now: Instant) {
        if now >= self.due_at {
            // Late ones are not made up for: the time that a watchdog waits begins with each.
            self.due_at = now.plus_nanos(self.every_nanos);
            (self.beat)();
        }
    }
}

impl fmt::Debug for Heartbeat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Heartbeat")
            .field("every_nanos", &self.every_nanos)
            .field("due_at", &self.due_at)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    /// 100 ms from 1 s on: at once, then not before its time, and one for a stall of many periods.
    #[test]
    fn it_beats_at_its_time_and_makes_nothing_up() {
        let count = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&count);
        let beat = move || {
            let _before = counted.fetch_add(1, Ordering::Relaxed);
        };
        let at = |ms: u64| Instant::from_nanos(ms * 1_000_000);
        let mut heartbeat = Heartbeat::new(Duration::from_millis(100), Box::new(beat), at(1000));
        let mut seen = Vec::new();
        for ms in [1000, 1099, 1100, 1450, 1451, 1549, 1550] {
            heartbeat.turned(at(ms));
            seen.push(count.load(Ordering::Relaxed));
        }
        assert_eq!(seen, [1, 1, 2, 3, 3, 3, 4]);
        assert_eq!(heartbeat.due_at(), at(1650));
    }
}
