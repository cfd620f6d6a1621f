//! How often, and how soon, a process that has died is started again. Pure.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// What counts as one run of bad luck.
const WITHIN: Duration = Duration::from_secs(60);
/// Pauses before the second start and those after it; then no more.
const PAUSES: [Duration; 4] = [
    Duration::ZERO,
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
];

/// What is to be done about a death.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Start again, after so long.
    After(Duration),
    /// Whoever has started this process decides.
    Never,
}

impl Next {
    /// Nobody else is waited for, so what nobody takes over can stay for the next process.
    pub(super) const fn is_at_once(self) -> bool {
        matches!(self, Self::After(Duration::ZERO))
    }
}

/// Deaths of the last minute.
#[derive(Debug, Default)]
pub(super) struct Restarts {
    deaths: VecDeque<Instant>,
}

impl Restarts {
    /// It has died.
    pub(super) fn next(&mut self, now: Instant) -> Next {
        self.deaths
            .retain(|death| now.saturating_duration_since(*death) < WITHIN);
        self.deaths.push_back(now);
        PAUSES
            .get(self.deaths.len().saturating_sub(1))
            .map_or(Next::Never, |pause| Next::After(*pause))
    }

    pub(super) fn count(&self) -> usize {
        self.deaths.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_once_then_later_and_later_then_not_at_all_and_a_quiet_minute_forgives() {
        let begin = Instant::now();
        let at = |seconds: u64| begin + Duration::from_secs(seconds);
        let mut restarts = Restarts::default();
        let after = |seconds| Next::After(Duration::from_secs(seconds));
        let deaths = [
            (0, after(0)),
            (10, after(1)),
            (20, after(2)),
            (30, after(4)),
            (59, Next::Never),
        ];
        for (second, next) in deaths {
            assert_eq!(restarts.next(at(second)), next, "{second}");
        }
        assert_eq!(restarts.count(), 5);
        // 60 s after the first and the second, not yet after the others.
        assert_eq!(restarts.next(at(70)), after(4));
        assert_eq!(restarts.next(at(200)), after(0));
        assert!(after(0).is_at_once() && !after(1).is_at_once() && !Next::Never.is_at_once());
    }
}
