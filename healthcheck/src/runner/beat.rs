//! When a check runs, and how the runs of many are spread. Pure but for the seed.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use tokio::time::Instant;

/// An interval or a pause of 0 would never let anything else run.
const STEP_MIN: Duration = Duration::from_millis(1);

/// A clock has an end, and a time behind it is a panic.
const STEP_MAX: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// A run that ends this part of an interval after the next was due has not missed it: with keepalived's default, a
/// timeout as long as the interval, a check that hangs would otherwise be run only every other time.
const LATE_PART: u32 = 8;

/// 2^64 over the golden ratio: its multiples, cut to 64 bits, divide a circle more evenly than random numbers do,
/// however many there are and in whatever order they come.
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// Gives every check its place on the circle.
#[derive(Debug)]
pub(super) struct Spread {
    next: u64,
    seed: u64,
}

/// A place on the circle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot {
    /// In 2^64ths; of the first check 0.
    fraction: u64,
    /// Another on every machine, so that many nodes that warm up together do not ask one server together.
    warmup_fraction: u64,
}

impl Spread {
    pub(super) fn new() -> Self {
        Self {
            next: 0,
            seed: RandomState::new().hash_one(0),
        }
    }

    pub(super) const fn slot(&mut self) -> Slot {
        let fraction = self.next.wrapping_mul(GOLDEN);
        self.next = self.next.wrapping_add(1);
        Slot {
            fraction,
            warmup_fraction: fraction.wrapping_add(self.seed),
        }
    }
}

impl Slot {
    /// How long the first run of a check waits.
    pub(super) fn warmup(self, within: Duration) -> Duration {
        part(within.min(STEP_MAX), self.warmup_fraction)
    }
}

fn part(of: Duration, fraction: u64) -> Duration {
    let ns = (of.as_nanos().min(u128::from(u64::MAX)) * u128::from(fraction)) >> 64;
    // Less than 2^64, as the fraction is less than 1.
    Duration::from_nanos(u64::try_from(ns).unwrap_or(u64::MAX))
}

/// The rhythm of one check.
#[derive(Debug, Clone, Copy)]
pub(super) struct Beat {
    interval: Duration,
    /// The regular run after the one that is due.
    regular: Instant,
    /// A full interval after the first run. Before it nothing is missed: that a run falls due there is our doing.
    full: Instant,
}

impl Beat {
    /// A check whose first run is at `first`. Without a warm-up all checks of a program begin at once, since a node must
    /// know quickly; the step from the first run to the second is shortened by the slot, and from there on they are
    /// spread over the interval.
    pub(super) fn new(first: Instant, interval: Duration, warmup: Duration, slot: Slot) -> Self {
        let interval = interval.clamp(STEP_MIN, STEP_MAX);
        let ahead = if warmup.is_zero() {
            part(interval, slot.fraction)
        } else {
            Duration::ZERO
        };
        Self {
            interval,
            regular: first + interval.saturating_sub(ahead),
            full: first + interval,
        }
    }

    /// A run has begun before it was due: the beat goes on from it.
    pub(super) fn rebase(&mut self, began: Instant) {
        self.regular = began + self.interval;
    }

    /// When to run next, a run having ended `now`; and how many runs fell due while it was going.
    pub(super) fn next(&mut self, now: Instant, retry_after: Option<Duration>) -> (Instant, u32) {
        let passed = missed_runs(now.saturating_duration_since(self.regular), self.interval);
        let counted = self.regular.max(self.full);
        let missed = missed_runs(now.saturating_duration_since(counted), self.interval);
        self.regular += self.interval.saturating_mul(passed);
        let retry_after = retry_after.map(|delay| delay.clamp(STEP_MIN, STEP_MAX));
        let due = match retry_after {
            // A retry is one more run, and the regular ones that it comes too late for are not missed: as for
            // keepalived, whose delay may be longer than its `delay_loop`.
            Some(delay) if now + delay >= self.regular => {
                let due = now + delay;
                let late = due.saturating_duration_since(self.regular);
                let passed = late.as_nanos() / self.interval.as_nanos() + 1;
                self.regular += self
                    .interval
                    .saturating_mul(u32::try_from(passed).unwrap_or(u32::MAX));
                due
            }
            Some(delay) => now + delay,
            None => {
                let due = self.regular;
                self.regular += self.interval;
                due
            }
        };
        (due, missed)
    }
}

/// How many runs fell due while another was going that has just ended, `late` after the first of them.
fn missed_runs(late: Duration, interval: Duration) -> u32 {
    let missed = late
        .saturating_sub(interval / LATE_PART)
        .as_nanos()
        .div_ceil(interval.as_nanos());
    u32::try_from(missed).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::{Beat, Spread, missed_runs};

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_run_is_missed_when_the_one_before_ended_well_after_it_was_due() {
        let missed = |late_ms| missed_runs(Duration::from_millis(late_ms), Duration::from_millis(1000));
        assert_eq!(missed(0), 0);
        assert_eq!(missed(125), 0);
        assert_eq!(missed(126), 1);
        assert_eq!(missed(999), 1);
        assert_eq!(missed(1125), 1);
        assert_eq!(missed(1126), 2);
        assert_eq!(missed_runs(Duration::MAX, Duration::from_millis(1)), u32::MAX);
    }

    #[test]
    fn a_retry_comes_between_and_the_beat_goes_on() {
        let start = Instant::now();
        let mut spread = Spread::new();
        let mut beat = Beat::new(start, SECOND, Duration::ZERO, spread.slot());
        let at = |ms| start + Duration::from_millis(ms);
        let soon = Some(Duration::from_millis(300));
        assert_eq!(beat.next(at(10), soon), (at(310), 0));
        assert_eq!(beat.next(at(320), soon), (at(620), 0));
        assert_eq!(beat.next(at(630), None), (at(1000), 0));
        assert_eq!(
            beat.next(at(1010), Some(3 * SECOND)),
            (at(4010), 0),
            "later than the beat"
        );
        assert_eq!(beat.next(at(4020), None), (at(5000), 0));
    }

    #[test]
    fn after_an_early_run_the_next_is_an_interval_later() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut beat = Beat::new(start, SECOND, Duration::ZERO, Spread::new().slot());
        assert_eq!(beat.next(at(10), None), (at(1000), 0));
        beat.rebase(at(300));
        assert_eq!(beat.next(at(310), None), (at(1300), 0));
        assert_eq!(beat.next(at(1310), None), (at(2300), 0));
    }

    #[test]
    fn a_retry_without_delay_is_no_busy_loop() {
        let start = Instant::now();
        let mut beat = Beat::new(start, SECOND, Duration::ZERO, Spread::new().slot());
        let (due, _) = beat.next(start, Some(Duration::ZERO));
        assert_eq!(due, start + Duration::from_millis(1));
    }

    #[test]
    fn a_thousand_checks_are_spread_over_the_interval() {
        let start = Instant::now();
        let mut spread = Spread::new();
        let mut per_ms = vec![0_u32; 1000];
        for _ in 0..1000 {
            let mut beat = Beat::new(start, SECOND, Duration::ZERO, spread.slot());
            let (second, _) = beat.next(start, None);
            let (third, _) = beat.next(second, None);
            assert_eq!(third - second, SECOND);
            let ms = second.duration_since(start).as_nanos().saturating_sub(1) / 1_000_000;
            per_ms[usize::try_from(ms).unwrap()] += 1;
        }
        assert!(
            per_ms.iter().all(|count| *count <= 3),
            "{:?}",
            per_ms.iter().max()
        );
        let quarters: Vec<u32> = per_ms.chunks(250).map(|quarter| quarter.iter().sum()).collect();
        assert!(
            quarters.iter().all(|count| (245..=255).contains(count)),
            "{quarters:?}"
        );
    }

    #[test]
    fn a_warm_up_lies_within_its_time_and_differs() {
        let mut spread = Spread::new();
        let waits: Vec<Duration> = (0..100).map(|_| spread.slot().warmup(60 * SECOND)).collect();
        assert!(waits.iter().all(|wait| *wait < 60 * SECOND));
        for quarter in 0..4 {
            let from = 15 * SECOND * quarter;
            let count = waits
                .iter()
                .filter(|wait| (from..from + 15 * SECOND).contains(wait))
                .count();
            assert!((20..=30).contains(&count), "{count} in quarter {quarter}");
        }
        assert_eq!(spread.slot().warmup(Duration::ZERO), Duration::ZERO);
    }
}
