//! How often, and after which pauses. Pure.

use std::time::Duration;

/// When a try that failed is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Tries after the first one.
    pub retries: u32,
    /// The pause before the first of them; each later one is twice the one before.
    pub first: Duration,
    /// But no longer than this.
    pub longest: Duration,
    /// Each pause is shortened by up to a half, by chance: callers that failed together do not come back together.
    pub jitter: bool,
}

impl Patience {
    /// The pause after so many tries that failed (1 or more); `None`: it is given up. `chance` is any number.
    ///
    /// ```
    /// use std::time::Duration;
    /// use vrrp_notices::Patience;
    ///
    /// let second = Duration::from_secs(1);
    /// let patience = Patience { retries: 4, first: second, longest: 5 * second, jitter: false };
    /// let pauses: Vec<_> = (1..=5).map(|failed| patience.pause(failed, 0)).collect();
    /// assert_eq!(pauses, [Some(second), Some(2 * second), Some(4 * second), Some(5 * second), None]);
    /// ```
    #[must_use]
    pub fn pause(&self, failed: u32, chance: u16) -> Option<Duration> {
        if failed > self.retries {
            return None;
        }
        let doublings = failed.saturating_sub(1).min(31);
        let pause = self.first.saturating_mul(1_u32 << doublings).min(self.longest);
        if !self.jitter {
            return Some(pause);
        }
        // From all of it down to half of it.
        let shorter = pause / 2 * u32::from(chance) / u32::from(u16::MAX);
        Some(pause.saturating_sub(shorter))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// 1, 2, 4, 8, 16, 30, 30: by hand.
    #[test]
    fn pauses_double_up_to_the_longest() {
        let patience = Patience {
            retries: 7,
            first: seconds(1),
            longest: seconds(30),
            jitter: false,
        };
        let pauses = (1..=8).map(|failed| patience.pause(failed, 12345));
        let expected = [1, 2, 4, 8, 16, 30, 30].map(|pause| Some(seconds(pause)));
        assert!(pauses.eq(expected.into_iter().chain([None])));
        assert_eq!(patience.pause(u32::MAX, 0), None);
    }

    /// 8 s, less nothing, a quarter, a half.
    #[test]
    fn chance_takes_away_up_to_a_half() {
        let patience = Patience {
            retries: 9,
            first: seconds(8),
            longest: seconds(60),
            jitter: true,
        };
        assert_eq!(patience.pause(1, 0), Some(seconds(8)));
        assert_eq!(patience.pause(1, u16::MAX), Some(seconds(4)));
        let middle = patience.pause(1, u16::MAX / 2).unwrap();
        assert!(
            middle > Duration::from_millis(5999) && middle < Duration::from_millis(6001),
            "{middle:?}"
        );
    }

    #[test]
    fn no_retries_are_none() {
        let patience = Patience {
            retries: 0,
            first: seconds(1),
            longest: seconds(1),
            jitter: true,
        };
        assert_eq!(patience.pause(1, 0), None);
    }
}
