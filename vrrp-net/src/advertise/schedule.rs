//! When a Router Advertisement is due (RFC 4861 sections 6.2.4 and 6.2.6). Pure, with its own deadline.
//!
//! The random times that keep routers from speaking at once come from the time itself and a number of the router's own: the
//! same inputs give the same times.

use std::time::Duration;

use vrrp_core::Instant;

/// MAX_INITIAL_RTR_ADVERTISEMENTS, and MAX_INITIAL_RTR_ADVERT_INTERVAL between them.
const INITIAL: u8 = 3;
const INITIAL_NANOS: u64 = 16_000_000_000;
/// MIN_DELAY_BETWEEN_RAS.
const PAUSE_NANOS: u64 = 3_000_000_000;
/// MAX_RA_DELAY_TIME.
const ANSWER_NANOS: u64 = 500_000_000;

/// The times of one router.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Schedule {
    own: u64,
    least_nanos: u64,
    most_nanos: u64,
    next: Option<Instant>,
    sent: Option<Instant>,
    initial_left: u8,
}

impl Schedule {
    /// Silent. `own`: a number by which two routers differ.
    pub(crate) fn new(own: u64, least: Duration, most: Duration) -> Self {
        let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        Self {
            own,
            least_nanos: nanos(least),
            most_nanos: nanos(most),
            next: None,
            sent: None,
            initial_left: 0,
        }
    }

    /// NET-RA-05: the router has become Active: one at once.
    pub(crate) fn begin(&mut self, now: Instant) {
        self.next = Some(now);
        self.sent = None;
        self.initial_left = INITIAL;
    }

    /// A host asks: answered within half a second, to all, and never within 3 s of the last one.
    pub(crate) fn asked(&mut self, now: Instant) {
        let soon = now.plus_nanos(self.random(now, 0, ANSWER_NANOS));
        let allowed = self
            .sent
            .map_or(soon, |sent| soon.max(sent.plus_nanos(PAUSE_NANOS)));
        self.next = self.next.map(|next| next.min(allowed));
    }

    pub(crate) const fn deadline(&self) -> Option<Instant> {
        self.next
    }

    /// Whether one is to be sent now. What was slept through is not made up for.
    pub(crate) fn due(&mut self, now: Instant) -> bool {
        let due = self.next.is_some_and(|next| next <= now);
        if due {
            self.initial_left = self.initial_left.saturating_sub(1);
            let mut pause = self.random(now, self.least_nanos, self.most_nanos);
            if self.initial_left > 0 {
                pause = pause.min(INITIAL_NANOS);
            }
            self.sent = Some(now);
            self.next = Some(now.plus_nanos(pause));
        }
        due
    }

    /// SplitMix64.
    const fn random(&self, now: Instant, from: u64, to: u64) -> u64 {
        let mut mixed = now
            .as_nanos()
            .wrapping_add(self.own.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        let span = to.saturating_sub(from).saturating_add(1);
        from.saturating_add(mixed % span)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn schedule() -> Schedule {
        Schedule::new(7, Duration::from_secs(200), Duration::from_secs(600))
    }

    fn at(nanos: u64) -> Instant {
        Instant::from_nanos(nanos)
    }

    /// NET-RA-05: at once, twice more within 16 s each, then between a third of the interval and all of it.
    #[test]
    fn net_ra_05_one_at_once_and_then_at_random_times() {
        let mut schedule = schedule();
        assert_eq!(schedule.deadline(), None);
        assert!(!schedule.due(at(0)), "silent until it begins");
        schedule.begin(at(5 * SECOND));
        assert_eq!(schedule.deadline(), Some(at(5 * SECOND)));
        let mut gaps = Vec::new();
        let mut now = at(5 * SECOND);
        for _ in 0..1000 {
            assert!(schedule.due(now));
            assert!(!schedule.due(now), "once");
            let next = schedule.deadline().unwrap();
            gaps.push(next.nanos_since(now));
            now = next;
        }
        assert_eq!(gaps[..2], [16 * SECOND; 2]);
        let later = &gaps[2..];
        assert!(
            later
                .iter()
                .all(|gap| (200 * SECOND..=600 * SECOND).contains(gap))
        );
        // All over the range: a tenth of them in each tenth of it, give or take.
        for tenth in 0..10 {
            let range = (200 + tenth * 40) * SECOND..(240 + tenth * 40) * SECOND;
            let count = later.iter().filter(|gap| range.contains(gap)).count();
            assert!((50..200).contains(&count), "{tenth}: {count}");
        }
    }

    /// RFC 4861 section 6.2.6: an answer within half a second, to all, and 3 s between any two.
    #[test]
    fn a_host_that_asks_is_answered_and_a_thousand_cost_no_more() {
        let mut schedule = schedule();
        schedule.asked(at(SECOND));
        assert_eq!(schedule.deadline(), None, "not ours to answer while Backup");
        schedule.begin(at(0));
        assert!(schedule.due(at(0)));
        schedule.asked(at(10 * SECOND));
        let answer = schedule.deadline().unwrap();
        assert!(answer >= at(10 * SECOND) && answer <= at(10 * SECOND + SECOND / 2));
        assert!(schedule.due(answer));
        let mut sent = Vec::new();
        for millisecond in 0..30_000_u64 {
            let now = answer.plus_nanos(millisecond * 1_000_000);
            schedule.asked(now);
            if schedule.due(now) {
                sent.push(now);
            }
        }
        assert!((8..=10).contains(&sent.len()), "{}", sent.len());
        assert!(
            sent.windows(2)
                .all(|pair| pair[1].nanos_since(pair[0]) >= 3 * SECOND)
        );
        assert!(sent[0].nanos_since(answer) >= 3 * SECOND);
    }

    /// Two routers that hear the same question at the same time answer at different times.
    #[test]
    fn two_routers_differ() {
        let answers = [1, 2, 3, 4].map(|own| {
            let mut schedule = Schedule::new(own, Duration::from_secs(200), Duration::from_secs(600));
            schedule.begin(at(0));
            assert!(schedule.due(at(0)));
            schedule.asked(at(4 * SECOND));
            schedule.deadline().unwrap()
        });
        let different: std::collections::BTreeSet<_> = answers.into_iter().collect();
        assert_eq!(different.len(), 4);
    }
}
