//! What is known of one check, readable at any time.

use std::sync::Arc;
use std::time::Instant;

use vrrp_core::Health;

use crate::judge::Judge;
use crate::probe::Outcome;

/// The present state of a check.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Status {
    /// The name it was added under.
    pub name: Arc<str>,
    /// What its probe looks at, in words.
    pub probe: Arc<str>,
    /// Health, rules, and how far it is from changing.
    pub judge: Judge,
    /// When the health became what it is; the start of the check if it never changed.
    pub since: Instant,
    /// The last result and when it came.
    pub last: Option<(Instant, Outcome)>,
    /// When the run that is under way began.
    pub running_since: Option<Instant>,
    /// When the run that is waited for begins, or the one that is under way was due.
    pub next: Option<Instant>,
    /// Results so far.
    pub runs: u64,
    /// Of these, fails.
    pub failures: u64,
    /// Runs that were due while the one before was still going, and were left out.
    pub skipped: u64,
}

impl Status {
    /// The health as it stands.
    #[must_use]
    pub const fn health(&self) -> Health {
        self.judge.health()
    }
}

/// A check's health has changed, or a check that is up has begun or ceased to be degraded (then `health` and `before` are
/// the same).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Change {
    /// The check.
    pub name: Arc<str>,
    /// What it is now.
    pub health: Health,
    /// What it was.
    pub before: Health,
    /// Whether it is up with a warning now. The outcome need not be one: a fail that has not yet decided, an operator's word.
    pub degraded: bool,
    /// The result that decided.
    pub outcome: Outcome,
}
