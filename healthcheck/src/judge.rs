//! Verdicts -> health. Pure: no clock, no I/O, no allocation; cannot fail.

use std::num::NonZeroU32;
use std::time::Duration;

use vrrp_core::Health;

use crate::probe::Verdict;

/// When verdicts change a health (keepalived `rise`, `fall`, `init_fail` of `vrrp_script`; `retry`,
/// `delay_before_retry`, `warmup`, `alpha` of its checkers).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rules {
    /// Passes in a row that lead from down to up; 1 or more.
    pub rise: NonZeroU32,
    /// Fails in a row that lead from up to down; 1 or more.
    pub fall: NonZeroU32,
    /// Health before the first verdict: `Unknown`, or `Down` with keepalived's `init_fail` and `alpha`.
    pub initial: Health,
    /// While up and failing, look again this long after the end of a failed run instead of at the next interval
    /// (keepalived `delay_before_retry`); 1 ms to 1 year.
    pub retry_after: Option<Duration>,
    /// The first run begins at some moment within this time; 0: at once; 1 year at most.
    pub warmup: Duration,
    /// Whether [`Verdict::Degraded`] counts as a fail and not as a pass.
    pub strict: bool,
}

impl Rules {
    /// keepalived's numbers; 0 is taken as 1, as it has no other meaning.
    #[must_use]
    pub fn new(rise: u32, fall: u32) -> Self {
        Self {
            rise: NonZeroU32::new(rise).unwrap_or(NonZeroU32::MIN),
            fall: NonZeroU32::new(fall).unwrap_or(NonZeroU32::MIN),
            initial: Health::Unknown,
            retry_after: None,
            warmup: Duration::ZERO,
            strict: false,
        }
    }

    /// keepalived's checkers: up after one pass; down after a fail and `retry` more, each `delay` after the one before
    /// (`retry`, `delay_before_retry`).
    ///
    /// ```
    /// use std::time::Duration;
    /// use healthcheck::{Judge, Rules, Verdict::{Fail, Pass}};
    ///
    /// let second = Duration::from_secs(1);
    /// let mut judge = Judge::new(Rules::retrying(1, second)); // TCP_CHECK
    /// judge.handle(Pass);
    /// assert_eq!(judge.retry_after(), None);
    /// judge.handle(Fail);
    /// assert_eq!(judge.retry_after(), Some(second)); // not at the next `delay_loop`
    /// assert!(judge.handle(Fail).is_some());
    /// assert_eq!(judge.retry_after(), None);
    /// ```
    #[must_use]
    pub fn retrying(retry: u32, delay: Duration) -> Self {
        Self {
            retry_after: Some(delay),
            ..Self::new(1, retry.saturating_add(1))
        }
    }

    /// keepalived `init_fail`: down until a verdict says otherwise.
    #[must_use]
    pub const fn init_fail(mut self) -> Self {
        self.initial = Health::Down;
        self
    }

    /// The first run begins at some moment within this time, so that many checks that are added at once do not fire at
    /// once (keepalived `warmup`; its checkers take `delay_loop`).
    #[must_use]
    pub const fn warmup(mut self, within: Duration) -> Self {
        self.warmup = within;
        self
    }

    /// [`Verdict::Degraded`] counts as a fail.
    #[must_use]
    pub const fn strict(mut self) -> Self {
        self.strict = true;
        self
    }
}

impl Default for Rules {
    /// rise 1, fall 1, unknown at first.
    fn default() -> Self {
        Self::new(1, 1)
    }
}

/// What is told of what a judge finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Mode {
    /// What it finds.
    #[default]
    Live,
    /// Up, whatever it finds: what it would have said is shown ([`Judge::judged`]) and counts for nothing. Not
    /// `Unknown`, which closes a gate.
    DryRun,
    /// This, whatever it finds: an operator has taken the decision. Runs go on, and what they find counts as soon as
    /// the maintenance is over.
    Maintenance(Health),
}

/// Counts verdicts and says when the health changes.
///
/// The **first** verdict decides alone, whatever `rise` and `fall` say: a node that has just started must neither
/// serve for `fall` rounds in front of a dead service nor wait `rise` rounds for a living one (keepalived does the
/// same). After it, up needs `fall` fails in a row to become down, and down needs `rise` passes in a row to become
/// up. What up and down mean for the priority, `reverse` included, is [`vrrp_core::Weight`]'s business.
///
/// **Degraded** counts as a pass: an address is not moved, and a server not taken out, because of a warning that its
/// peer is likely to share (a certificate that ends in ten days). It is shown ([`is_degraded`](Self::is_degraded)), a
/// [`Pool`](crate::Pool) may give such a member less weight, and [`Rules::strict`] makes it a fail.
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
    mode: Mode,
    /// What the verdicts say.
    judged: Health,
    /// What was last told, and whether with a warning.
    told: Health,
    told_degraded: bool,
    decided: bool,
    /// The last verdict that was not a fail was a warning.
    warned: bool,
    /// Verdicts in a row that speak against `judged`.
    against: u32,
}

impl Judge {
    /// No verdict yet.
    #[must_use]
    pub const fn new(rules: Rules) -> Self {
        Self {
            rules,
            mode: Mode::Live,
            judged: rules.initial,
            told: rules.initial,
            told_degraded: false,
            decided: false,
            warned: false,
            against: 0,
        }
    }

    /// Takes a verdict; the new health if it changed. A warning that comes or goes is in
    /// [`is_told_degraded`](Self::is_told_degraded).
    pub fn handle(&mut self, verdict: Verdict) -> Option<Health> {
        let (said, needed) = match verdict {
            // Nothing was learned, not even that a row has ended.
            Verdict::Unable => return None,
            Verdict::Pass => (Health::Up, self.rules.rise),
            Verdict::Degraded if !self.rules.strict => (Health::Up, self.rules.rise),
            Verdict::Degraded | Verdict::Fail => (Health::Down, self.rules.fall),
        };
        if said == Health::Up {
            self.warned = verdict == Verdict::Degraded;
        }
        let first = !self.decided;
        self.decided = true;
        if said == self.judged {
            self.against = 0;
        } else {
            self.against = self.against.saturating_add(1);
            if first || self.against >= needed.get() {
                self.against = 0;
                self.judged = said;
            }
        }
        self.tell()
    }

    /// Tells something else from now on; the health if that changes it.
    pub fn set_mode(&mut self, mode: Mode) -> Option<Health> {
        self.mode = mode;
        self.tell()
    }

    fn tell(&mut self) -> Option<Health> {
        let health = match self.mode {
            Mode::Live => self.judged,
            Mode::DryRun => Health::Up,
            Mode::Maintenance(health) => health,
        };
        // What is said instead of a verdict has no warning.
        self.told_degraded = matches!(self.mode, Mode::Live) && self.is_degraded();
        if health == self.told {
            return None;
        }
        self.told = health;
        Some(health)
    }

    /// The health as it stands and was told.
    #[must_use]
    pub const fn health(&self) -> Health {
        self.told
    }

    /// Whether it was told as up with a warning: [`is_degraded`](Self::is_degraded) in [`Mode::Live`], else false.
    #[must_use]
    pub const fn is_told_degraded(&self) -> bool {
        self.told_degraded
    }

    /// The health that the verdicts speak for; another than [`health`](Self::health) only outside [`Mode::Live`].
    #[must_use]
    pub const fn judged(&self) -> Health {
        self.judged
    }

    /// Whether it is judged up, with a warning.
    #[must_use]
    pub const fn is_degraded(&self) -> bool {
        self.warned && matches!(self.judged, Health::Up)
    }

    /// What is told.
    #[must_use]
    pub const fn mode(&self) -> Mode {
        self.mode
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

    /// How long after the end of the last run to look again; `None`: at the next interval.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        if self.against > 0 && matches!(self.judged, Health::Up) {
            self.rules.retry_after
        } else {
            None
        }
    }

    /// Goes on from what an earlier judge of the same object had found (a reload that changed the check), so that
    /// the health does not fall back to unknown, and an operator's word stays. An earlier judge without a verdict leaves
    /// what this one knows as it is.
    #[must_use]
    pub const fn succeed(mut self, earlier: &Self) -> Self {
        if earlier.decided {
            self.judged = earlier.judged;
            self.told = earlier.told;
            self.told_degraded = earlier.told_degraded;
            self.decided = true;
            self.warned = earlier.warned;
            self.against = earlier.against;
        }
        if !matches!(earlier.mode, Mode::Live) {
            self.mode = earlier.mode;
            self.told = earlier.told;
            self.told_degraded = earlier.told_degraded;
        }
        self
    }
}
