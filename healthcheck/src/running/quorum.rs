//! Number of processes -> health. Pure: the time is told.

use std::time::{Duration, Instant};

use vrrp_core::Health;

/// How many processes are to run, and when a change counts (keepalived `quorum`, `quorum_max`, `fork_delay`,
/// `terminate_delay`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quorum {
    /// So many at least.
    pub at_least: u32,
    /// So many at most; with 0 none may run.
    pub at_most: Option<u32>,
    /// A health that a start brings about counts after this time, if it lasts: a program that forks before it becomes
    /// another is no second one.
    pub fork_delay: Duration,
    /// A health that an end brings about counts after this time, if it lasts: a restart is no failure.
    pub terminate_delay: Duration,
}

impl Default for Quorum {
    /// One at least, at once.
    fn default() -> Self {
        Self {
            at_least: 1,
            at_most: None,
            fork_delay: Duration::ZERO,
            terminate_delay: Duration::ZERO,
        }
    }
}

impl Quorum {
    /// Whether so many are as many as there should be.
    #[must_use]
    pub fn holds(&self, count: u32) -> bool {
        // keepalived's `quorum_max 0`: the quorum of at least one would contradict it.
        let least = if self.at_most == Some(0) { 0 } else { self.at_least };
        count >= least && self.at_most.is_none_or(|most| count <= most)
    }
}

/// Says when a count becomes a health. The first count decides at once; after it a change of health waits for the delay
/// of what caused it, and is forgotten if the count returns before.
///
/// ```
/// use std::time::{Duration, Instant};
/// use healthcheck::{Health, Quorum, QuorumJudge};
///
/// let second = Duration::from_secs(1);
/// let mut judge = QuorumJudge::new(Quorum { terminate_delay: second, ..Quorum::default() });
/// let now = Instant::now();
/// assert_eq!(judge.handle(now, 1), Some(Health::Up));
/// assert_eq!(judge.handle(now, 0), None);
/// assert_eq!(judge.deadline(), Some(now + second));
/// assert_eq!(judge.tick(now + second), Some(Health::Down));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuorumJudge {
    quorum: Quorum,
    count: u32,
    health: Health,
    pending: Option<(Instant, Health)>,
}

impl QuorumJudge {
    /// Nothing counted yet.
    #[must_use]
    pub const fn new(quorum: Quorum) -> Self {
        Self {
            quorum,
            count: 0,
            health: Health::Unknown,
            pending: None,
        }
    }

    /// So many run now; the new health if it changed at once. The same count again does no harm.
    pub fn handle(&mut self, now: Instant, count: u32) -> Option<Health> {
        let started = count > self.count;
        self.count = count;
        let health = if self.quorum.holds(count) {
            Health::Up
        } else {
            Health::Down
        };
        if health == self.health {
            self.pending = None;
            return None;
        }
        let delay = match (self.health, started) {
            (Health::Unknown, _) => Duration::ZERO,
            (_, true) => self.quorum.fork_delay,
            (_, false) => self.quorum.terminate_delay,
        };
        if self.pending.is_none() {
            self.pending = Some((now + delay, health));
        }
        self.tick(now)
    }

    /// Time has passed; the new health if one was due.
    pub fn tick(&mut self, now: Instant) -> Option<Health> {
        let (_, health) = self.pending.filter(|(at, _)| *at <= now)?;
        self.pending = None;
        self.health = health;
        Some(health)
    }

    /// When to call [`tick`](Self::tick) next.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.pending.map(|(at, _)| at)
    }

    /// The health as it stands.
    #[must_use]
    pub const fn health(&self) -> Health {
        self.health
    }

    /// How many were counted last.
    #[must_use]
    pub const fn count(&self) -> u32 {
        self.count
    }

    /// Another quorum for the same processes (a reload): the health stays until the next count.
    #[must_use]
    pub const fn with(mut self, quorum: Quorum) -> Self {
        self.quorum = quorum;
        self.pending = None;
        self
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use vrrp_core::Health::{self, Down, Up};

    use super::{Quorum, QuorumJudge};

    fn between(at_least: u32, at_most: Option<u32>) -> Quorum {
        Quorum {
            at_least,
            at_most,
            fork_delay: Duration::from_secs(2),
            terminate_delay: Duration::from_secs(5),
        }
    }

    fn first(quorum: Quorum, count: u32) -> Option<Health> {
        QuorumJudge::new(quorum).handle(Instant::now(), count)
    }

    #[test]
    fn quorum_and_quorum_max() {
        for (at_least, at_most, count, health) in [
            (1, None, 0, Down),
            (1, None, 1, Up),
            (3, None, 2, Down),
            (3, None, 3, Up),
            (1, Some(2), 2, Up),
            (1, Some(2), 3, Down),
            (1, Some(0), 0, Up),
            (1, Some(0), 1, Down),
        ] {
            assert_eq!(
                first(between(at_least, at_most), count),
                Some(health),
                "{at_least} to {at_most:?}, {count} run"
            );
        }
    }

    /// By hand: down 5 s after the end, up 2 s after the start, and a restart within 5 s is nothing.
    #[test]
    fn a_change_waits_for_the_delay_of_what_caused_it() {
        let begin = Instant::now();
        let at = |seconds| begin + Duration::from_secs(seconds);
        let mut judge = QuorumJudge::new(between(1, None));
        assert_eq!(judge.handle(at(0), 1), Some(Up));
        assert_eq!((judge.handle(at(10), 0), judge.deadline()), (None, Some(at(15))));
        assert_eq!((judge.handle(at(14), 1), judge.deadline()), (None, None));
        assert_eq!(judge.tick(at(20)), None);
        assert_eq!(judge.handle(at(30), 0), None);
        assert_eq!((judge.tick(at(34)), judge.tick(at(35))), (None, Some(Down)));
        assert_eq!((judge.handle(at(40), 1), judge.deadline()), (None, Some(at(42))));
        assert_eq!(judge.tick(at(42)), Some(Up));
        assert_eq!(judge.health(), Up);
    }

    /// A second start or end on the way does not make it later, and does not make it the other delay.
    #[test]
    fn the_first_cause_sets_the_time() {
        let begin = Instant::now();
        let at = |seconds| begin + Duration::from_secs(seconds);
        let mut judge = QuorumJudge::new(between(3, None));
        assert_eq!(judge.handle(at(0), 3), Some(Up));
        assert_eq!(judge.handle(at(1), 2), None);
        assert_eq!(judge.handle(at(4), 1), None);
        assert_eq!(judge.handle(at(5), 2), None);
        assert_eq!(judge.deadline(), Some(at(6)));
    }

    /// Too many after a fork: `fork_delay`; few enough again: `terminate_delay`.
    #[test]
    fn quorum_max_waits_as_well() {
        let begin = Instant::now();
        let at = |seconds| begin + Duration::from_secs(seconds);
        let mut judge = QuorumJudge::new(between(1, Some(1)));
        assert_eq!(judge.handle(at(0), 1), Some(Up));
        assert_eq!((judge.handle(at(1), 2), judge.deadline()), (None, Some(at(3))));
        assert_eq!(judge.tick(at(3)), Some(Down));
        assert_eq!((judge.handle(at(4), 1), judge.deadline()), (None, Some(at(9))));
    }

    #[test]
    fn without_delays_it_is_at_once() {
        let now = Instant::now();
        let mut judge = QuorumJudge::new(Quorum::default());
        assert_eq!(judge.handle(now, 0), Some(Down));
        assert_eq!(judge.handle(now, 2), Some(Up));
        assert_eq!(judge.handle(now, 1), None);
        assert_eq!(judge.handle(now, 0), Some(Down));
        assert_eq!(judge.deadline(), None);
    }
}
