//! When gratuitous ARP and unsolicited NA are repeated (X-09, NET-ARP-05, NET-ND-05). Pure, with its own deadline.

use crate::config::Announcements;
use crate::time::Instant;

/// What is still to be announced while Active.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Announcing {
    rounds_left: u8,
    round_at: Option<Instant>,
    refresh_at: Option<Instant>,
    rival_at: Option<Instant>,
    rival_told_at: Option<Instant>,
}

/// A rival may advertise a hundred times a second: neighbours that were told within the last one know.
const RIVAL_PAUSE_NANOS: u64 = 1_000_000_000;

impl Announcing {
    /// On becoming Active, or when addresses were added: returns the copies of the first round.
    pub(crate) fn begin(&mut self, now: Instant, plan: &Announcements) -> u8 {
        let later = plan.later_rounds > 0 && plan.later_after_nanos > 0;
        let last_round = u64::from(plan.later_rounds).saturating_mul(plan.later_after_nanos);
        *self = Self {
            rounds_left: if later { plan.later_rounds } else { 0 },
            round_at: later.then(|| now.plus_nanos(plan.later_after_nanos)),
            // keepalived: the first refresh comes after the last round.
            refresh_at: (plan.refresh_every_nanos > 0)
                .then(|| now.plus_nanos(last_round).plus_nanos(plan.refresh_every_nanos)),
            rival_at: None,
            rival_told_at: None,
        };
        plan.at_once
    }

    /// After [`begin`](Self::begin) as Backup: another was Active a moment ago and may still be letting go: a rival
    /// for a moment. Where it speaks up as one, the answer to that is the round that this one would have been.
    pub(crate) fn settle(&mut self, now: Instant, plan: &Announcements) {
        self.rival_at = (plan.settle_after_nanos > 0).then(|| now.plus_nanos(plan.settle_after_nanos));
    }

    /// A rival of lower rank was heard: returns the copies to send now, at most one round a second. One that is too early
    /// comes when the second is over: neighbours may have listened to the rival in between.
    pub(crate) fn rival(&mut self, now: Instant, plan: &Announcements) -> u8 {
        if plan.rival_repeat == 0 {
            return 0;
        }
        if let Some(over) = self.pause_over().filter(|over| now < *over) {
            self.rival_at = Some(self.rival_at.map_or(over, |at| at.min(over)));
            return 0;
        }
        self.rival_told(now, plan);
        plan.rival_repeat
    }

    fn rival_told(&mut self, now: Instant, plan: &Announcements) {
        self.rival_told_at = Some(now);
        self.rival_at = (plan.rival_again_nanos > 0).then(|| now.plus_nanos(plan.rival_again_nanos));
    }

    fn pause_over(&self) -> Option<Instant> {
        self.rival_told_at.map(|at| at.plus_nanos(RIVAL_PAUSE_NANOS))
    }

    /// The plan changed while Active: what begins now begins now, what ended ends at its own time.
    pub(crate) fn replan(&mut self, now: Instant, plan: &Announcements) {
        if plan.refresh_every_nanos > 0 {
            let next = now.plus_nanos(plan.refresh_every_nanos);
            self.refresh_at = Some(self.refresh_at.map_or(next, |at| at.min(next)));
        } else {
            self.refresh_at = None;
        }
    }

    /// No longer Active.
    pub(crate) fn stop(&mut self) {
        *self = Self::default();
    }

    /// Its times from now on.
    pub(crate) fn remaining(&self, now: Instant) -> (u8, [Option<u64>; 4]) {
        let until = |at: Option<Instant>| at.map(|at| at.nanos_since(now));
        let silent = self.pause_over().filter(|at| now < *at);
        let times = [self.round_at, self.refresh_at, self.rival_at, silent];
        (self.rounds_left, times.map(until))
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        [self.round_at, self.refresh_at, self.rival_at]
            .into_iter()
            .flatten()
            .min()
    }

    /// Copies that are due at `until`, 0 for none. Rounds that were slept through are not made up for.
    pub(crate) fn due(&mut self, until: Instant, plan: &Announcements) -> u8 {
        let mut copies = 0;
        if let Some(at) = self.round_at.filter(|at| *at <= until) {
            copies = plan.later_repeat;
            self.rounds_left = self.rounds_left.saturating_sub(1);
            let more = self.rounds_left > 0 && plan.later_after_nanos > 0;
            self.round_at = more.then(|| next(at, plan.later_after_nanos, until));
        }
        if let Some(at) = self.refresh_at.filter(|at| *at <= until) {
            copies = copies.max(plan.refresh_repeat);
            // A change of configuration may have ended it: a period of 0 would be due for ever.
            self.refresh_at =
                (plan.refresh_every_nanos > 0).then(|| next(at, plan.refresh_every_nanos, until));
        }
        if let Some(at) = self.rival_at.filter(|at| *at <= until) {
            copies = copies.max(plan.rival_repeat);
            if plan.settle_after_nanos > 0 {
                copies = copies.max(1);
            }
            self.rival_at = None;
            // One that had to wait is a round of its own. The second round of one is its last.
            let waited = self.pause_over() == Some(at) && plan.rival_again_nanos != RIVAL_PAUSE_NANOS;
            if waited {
                self.rival_told(at, plan);
            }
        }
        copies
    }
}

/// The absolute phase is kept unless a whole period was missed (PRJ-TIME-05).
fn next(at: Instant, period_nanos: u64, now: Instant) -> Instant {
    let next = at.plus_nanos(period_nanos);
    if next <= now {
        now.plus_nanos(period_nanos)
    } else {
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Profile;

    /// a rival that advertises a hundred times a second costs one round of announcements a second.
    #[test]
    fn x_09_a_rival_costs_one_round_a_second() {
        let plan = Announcements::of(Profile::Keepalived);
        let mut announcing = Announcing::default();
        let mut rounds = alloc::vec::Vec::new();
        for hundredth in 0..250_u64 {
            let copies = announcing.rival(Instant::from_nanos(hundredth * 10_000_000), &plan);
            if copies > 0 {
                rounds.push((hundredth, copies));
            }
        }
        assert_eq!(rounds, [(0, 5), (100, 5), (200, 5)]);
    }

    /// who was heard too early for a round gets one when the second is over, and only one.
    #[test]
    fn x_11_a_rival_within_the_second_is_answered_after_it() {
        let plan = Announcements::of(Profile::Default);
        let mut announcing = Announcing::default();
        let at = |milliseconds: u64| Instant::from_nanos(milliseconds * 1_000_000);
        assert_eq!(announcing.rival(at(0), &plan), 1);
        assert_eq!(announcing.deadline(), None);
        assert_eq!(announcing.rival(at(300), &plan), 0);
        assert_eq!(announcing.rival(at(700), &plan), 0);
        assert_eq!(announcing.deadline(), Some(at(1000)));
        assert_eq!(announcing.due(at(999), &plan), 0);
        assert_eq!(announcing.due(at(1000), &plan), 1);
        assert_eq!(announcing.deadline(), None);
        assert_eq!(announcing.rival(at(1500), &plan), 0, "a second after that one");
        assert_eq!(announcing.deadline(), Some(at(2000)));
    }

    /// keepalived's second round comes after the last of those, and it is the last.
    #[test]
    fn x_09_the_second_round_follows_the_one_that_had_to_wait() {
        let plan = Announcements::of(Profile::Keepalived);
        let mut announcing = Announcing::default();
        let at = |milliseconds: u64| Instant::from_nanos(milliseconds * 1_000_000);
        assert_eq!(announcing.rival(at(0), &plan), 5);
        assert_eq!(announcing.deadline(), Some(at(5000)));
        assert_eq!(announcing.rival(at(400), &plan), 0);
        assert_eq!(announcing.due(at(1000), &plan), 5);
        assert_eq!(announcing.deadline(), Some(at(6000)));
        assert_eq!(announcing.due(at(6000), &plan), 5);
        assert_eq!(announcing.deadline(), None);
    }

    /// a second is a second, to the nanosecond.
    #[test]
    fn x_09_the_second_of_a_rival_ends_when_it_is_over() {
        let plan = Announcements::of(Profile::Default);
        let mut announcing = Announcing::default();
        let mut copies = |at| announcing.rival(Instant::from_nanos(at), &plan);
        assert_eq!(copies(5), 1);
        assert_eq!(copies(1_000_000_004), 0);
        assert_eq!(copies(1_000_000_005), 1);
        assert_eq!(copies(2_000_000_004), 0);
    }
}
