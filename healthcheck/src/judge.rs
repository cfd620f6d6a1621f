//! Verdicts -> health. Pure: no clock, no I/O, no allocation; cannot fail.

use std::num::NonZeroU32;

use vrrp_core::Health;

use crate::probe::Verdict;

/// When verdicts change a health (keepalived `rise`, `fall`, `init_fail` of `vrrp_script`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rules {
    /// Passes in a row that lead from down to up; 1 or more.
    pub rise: NonZeroU32,
    /// Fails in a row that lead from up to down; 1 or more.
    pub fall: NonZeroU32,
    /// Health before the first verdict: `Unknown`, or `Down` with keepalived's `init_fail`.
    pub initial: Health,
}

impl Rules {
    /// keepalived's numbers; 0 is taken as 1, as it has no other meaning.
    #[must_use]
    pub fn new(rise: u32, fall: u32) -> Self {
        Self {
            rise: NonZeroU32::new(rise).unwrap_or(NonZeroU32::MIN),
            fall: NonZeroU32::new(fall).unwrap_or(NonZeroU32::MIN),
            initial: Health::Unknown,
        }
    }

    /// keepalived `init_fail`: down until a verdict says otherwise.
    #[must_use]
    pub const fn init_fail(mut self) -> Self {
        self.initial = Health::Down;
        self
    }
}

impl Default for Rules {
    /// rise 1, fall 1, unknown at first.
    fn default() -> Self {
        Self::new(1, 1)
    }
}

/// Counts verdicts and says when the health changes.
///
/// The **first** verdict decides alone, whatever `rise` and `fall` say: a node that has just started must neither
/// serve for `fall` rounds in front of a dead service nor wait `rise` rounds for a living one (keepalived does the
/// same). After it, up needs `fall` fails in a row to become down, and down needs `rise` passes in a row to become
/// up. What up and down mean for the priority, `reverse` included, is [`vrrp_core::Weight`]'s business.
///
/// ```
/// use healthcheck::{Judge, Rules, Verdict::{Fail, Pass}};
/// use vrrp_core::Health;
///
/// let mut judge = Judge::new(Rules::new(2, 3));
/// assert_eq!(judge.handle(Pass), Some(Health::Up)); // the first decides alone
/// assert_eq!(judge.handle(Fail), None);
/// assert_eq!(judge.handle(Fail), None);
/// assert_eq!(judge.handle(Fail), Some(Health::Down)); // the third in a row
/// assert_eq!(judge.handle(Pass), None);
/// assert_eq!(judge.handle(Pass), Some(Health::Up)); // the second in a row
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judge {
    rules: Rules,
    health: Health,
    decided: bool,
    /// Verdicts in a row that speak against `health`.
    against: u32,
}

impl Judge {
    /// No verdict yet.
    #[must_use]
    pub const fn new(rules: Rules) -> Self {
        Self {
            rules,
            health: rules.initial,
            decided: false,
            against: 0,
        }
    }

    /// Takes a verdict; the new health if it changed.
    pub fn handle(&mut self, verdict: Verdict) -> Option<Health> {
        let (said, needed) = match verdict {
            Verdict::Pass => (Health::Up, self.rules.rise),
            Verdict::Fail => (Health::Down, self.rules.fall),
        };
        let first = !self.decided;
        self.decided = true;
        if said == self.health {
            self.against = 0;
            return None;
        }
        self.against = self.against.saturating_add(1);
        if !first && self.against < needed.get() {
            return None;
        }
        self.against = 0;
        self.health = said;
        Some(said)
    }

    /// The health as it stands.
    #[must_use]
    pub const fn health(&self) -> Health {
        self.health
    }

    /// The rules it follows.
    #[must_use]
    pub const fn rules(&self) -> Rules {
        self.rules
    }

    /// Verdicts in a row that speak against the present health: how far it is from changing.
    #[must_use]
    pub const fn against(&self) -> u32 {
        self.against
    }

    /// Goes on from what an earlier judge of the same object had found (a reload that changed the check), so that
    /// the health does not fall back to unknown. An earlier judge without a verdict leaves this one as it is.
    #[must_use]
    pub const fn succeed(mut self, earlier: &Self) -> Self {
        if earlier.decided {
            self.health = earlier.health;
            self.decided = true;
            self.against = earlier.against;
        }
        self
    }
}
