//! How many log lines rejected packets may cause (PRJ-LOG-01). Pure.

use crate::time::Instant;
use crate::wire::Reject;

const PAUSE_NANOS: u64 = 60_000_000_000;

/// How many alike were not logged since the last line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Suppressed(pub u64);

#[derive(Debug, Clone, Copy, Default)]
struct Line {
    next_at: Option<Instant>,
    suppressed: u64,
}

/// The first of each kind at once, then one line a minute with the number suppressed.
#[derive(Debug, Default)]
pub(crate) struct LogLimit {
    lines: [Line; Reject::ALL.len()],
    reset_at: Option<Instant>,
}

impl LogLimit {
    pub(crate) fn allow(&mut self, now: Instant, reject: Reject) -> Option<Suppressed> {
        let line = self.lines.get_mut(reject as usize)?;
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
            *self = Self {
                lines: Default::default(),
                reset_at: Some(now),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// PRJ-LOG-01: 10 000 faults over 200 s, 50 a second: lines at 0, 60, 120 and 180 s.
    #[test]
    fn prj_log_01_a_flood_gives_one_line_a_minute() {
        let mut limit = LogLimit::default();
        let mut lines = alloc::vec::Vec::new();
        for number in 0..10_000_u64 {
            let now = Instant::from_nanos(number * 20_000_000);
            if let Some(Suppressed(count)) = limit.allow(now, Reject::Checksum) {
                lines.push((number, count));
            }
        }
        assert_eq!(lines, [(0, 0), (3000, 2999), (6000, 2999), (9000, 2999)]);
        assert!(
            limit.allow(Instant::from_nanos(0), Reject::Version).is_some(),
            "each kind for itself"
        );
    }
}
