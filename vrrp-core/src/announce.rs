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

    /// A rival of lower rank was heard: returns the copies to send now, at most one round a second.
    pub(crate) fn rival(&mut self, now: Instant, plan: &Announcements) -> u8 {
        if self
            .rival_told_at
            .is_some_and(|at| now < at.plus_nanos(RIVAL_PAUSE_NANOS))
        {
            return 0;
        }
        self.rival_told_at = Some(now);
        if plan.rival_repeat > 0 && plan.rival_again_nanos > 0 {
            self.rival_at = Some(now.plus_nanos(plan.rival_again_nanos));
        }
        plan.rival_repeat
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
        let silent_until = self.rival_told_at.map(|at| at.plus_nanos(RIVAL_PAUSE_NANOS));
        let silent = silent_until.filter(|at| now < *at);
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
        if self.rival_at.is_some_and(|at| at <= until) {
            copies = copies.max(plan.rival_repeat);
            self.rival_at = None;
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
