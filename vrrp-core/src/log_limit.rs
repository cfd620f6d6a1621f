//! How many log lines packets may cause that were rejected, or believed although they are odd (PRJ-LOG-01). Pure.

use alloc::boxed::Box;

use crate::time::Instant;
use crate::wire::{Reject, Warning};

const PAUSE_NANOS: u64 = 60_000_000_000;

/// How many alike were not logged since the last line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Suppressed(pub u64);

#[derive(Debug, Clone, Copy, Default)]
struct Line {
    next_at: Option<Instant>,
    suppressed: u64,
}

type Lines = [Line; Reject::ALL.len() + Warning::ALL.len()];

const NONE: Lines = [Line {
    next_at: None,
    suppressed: 0,
}; Reject::ALL.len() + Warning::ALL.len()];

/// What a line would be about.
#[derive(Debug, Clone, Copy)]
pub(crate) enum News {
    Rejected(Reject),
    Odd(Warning),
}

impl News {
    const fn place(self) -> usize {
        match self {
            Self::Rejected(reject) => reject as usize,
            Self::Odd(warning) => Reject::ALL.len().saturating_add(warning as usize),
        }
    }
}

/// The first of each kind at once, then one line a minute with the number suppressed.
#[derive(Debug, Clone, Default)]
pub(crate) struct LogLimit {
    /// Made for the first reject and kept from then on: of a thousand routers hardly one ever needs it.
    lines: Option<Box<Lines>>,
    reset_at: Option<Instant>,
}

impl LogLimit {
    pub(crate) fn allow(&mut self, now: Instant, news: News) -> Option<Suppressed> {
        let lines = self.lines.get_or_insert_with(|| Box::new(NONE));
        let line = lines.get_mut(news.place())?;
        if line.next_at.is_some_and(|at| now < at) {
            line.suppressed = line.suppressed.saturating_add(1);
            return None;
        }
        line.next_at = Some(now.plus_nanos(PAUSE_NANOS));
        let suppressed = Suppressed(line.suppressed);
        line.suppressed = 0;
        Some(suppressed)
    }

    /// Old news are worth telling again; at most once a minute, or two senders that take turns would open it for good.
    pub(crate) fn reset(&mut self, now: Instant) {
        if self.reset_at.is_none_or(|at| now >= at.plus_nanos(PAUSE_NANOS)) {
            self.reset_at = Some(now);
            if let Some(lines) = &mut self.lines {
                **lines = NONE;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rejected(reject: Reject) -> News {
        News::Rejected(reject)
    }

    /// PRJ-LOG-01: 10 000 faults over 200 s, 50 a second: lines at 0, 60, 120 and 180 s.
    #[test]
    fn prj_log_01_a_flood_gives_one_line_a_minute() {
        let mut limit = LogLimit::default();
        let mut lines = alloc::vec::Vec::new();
        for number in 0..10_000_u64 {
            let now = Instant::from_nanos(number * 20_000_000);
            if let Some(Suppressed(count)) = limit.allow(now, rejected(Reject::Checksum)) {
                lines.push((number, count));
            }
        }
        assert_eq!(lines, [(0, 0), (3000, 2999), (6000, 2999), (9000, 2999)]);
        assert!(
            limit
                .allow(Instant::from_nanos(0), rejected(Reject::Version))
                .is_some(),
            "each kind for itself"
        );
        let odd = |limit: &mut LogLimit, warning| limit.allow(Instant::from_nanos(0), News::Odd(warning));
        for warning in Warning::ALL {
            assert_eq!(odd(&mut limit, warning), Some(Suppressed(0)), "{warning:?}");
            assert_eq!(odd(&mut limit, warning), None);
        }
    }

    /// PRJ-LOG-01: a minute is a minute, to the nanosecond.
    #[test]
    fn prj_log_01_the_minute_ends_when_it_is_over() {
        let minute = 60_000_000_000;
        let mut limit = LogLimit::default();
        let mut told = |at| {
            limit
                .allow(Instant::from_nanos(at), rejected(Reject::Checksum))
                .is_some()
        };
        assert!(told(5));
        assert!(!told(minute + 4));
        assert!(told(minute + 5));
        assert!(!told(2 * minute + 4));
    }

    /// A reset that comes a nanosecond too soon forgets nothing.
    #[test]
    fn prj_log_01_a_reset_is_due_after_a_whole_minute() {
        let minute = 60_000_000_000;
        for (again_after, told) in [(minute - 1, false), (minute, true)] {
            let mut limit = LogLimit::default();
            limit.reset(Instant::from_nanos(0));
            // One nanosecond before the second reset: its own minute is far from over.
            let before = Instant::from_nanos(again_after - 1);
            assert!(limit.allow(before, rejected(Reject::Type)).is_some());
            let again = Instant::from_nanos(again_after);
            limit.reset(again);
            assert_eq!(
                limit.allow(again, rejected(Reject::Type)).is_some(),
                told,
                "{again_after}"
            );
        }
    }
}
