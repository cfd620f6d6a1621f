//! How it ended.

use std::fmt;
use std::time::{Duration, SystemTime};

use crate::news::State;

/// How telling somebody ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It has arrived.
    Arrived,
    /// The other side does not want it; it is not tried again.
    Refused,
    /// All tries failed.
    GivenUp,
    /// Never tried, or no further: too many later ones were waiting.
    Dropped,
    /// Never tried, or no further: the daemon was stopping, or the file names this target no longer.
    Abandoned,
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Arrived => "arrived",
            Self::Refused => "refused",
            Self::GivenUp => "given up",
            Self::Dropped => "dropped: too many were waiting",
            Self::Abandoned => "abandoned",
        })
    }
}

/// One that is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The state that it told.
    pub state: State,
    /// When that was.
    pub at: SystemTime,
    /// The number that grows with everything that is told.
    pub epoch: u64,
    /// How it ended.
    pub end: End,
    /// When that was.
    pub ended: SystemTime,
    /// From the change to the end.
    pub took: Duration,
    /// Tries.
    pub tries: u32,
    /// What the other side said last, or what went wrong; without secrets.
    pub answer: String,
}

/// What one target is told of one instance or group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaneStatus {
    /// `mail`, or the webhook's name.
    pub target: String,
    /// Where it goes: recipients, or scheme and host; no secrets.
    pub to: String,
    /// How many wait, the one that is tried now or again included.
    pub waiting: usize,
    /// What the first of them tells.
    pub first: Option<State>,
    /// What went wrong with the first of them, if it was tried.
    pub trouble: Option<String>,
    /// Until it is tried again.
    pub next_in: Option<Duration>,
    /// The last that ended, oldest first.
    pub outcomes: Vec<Outcome>,
}

/// How many have ended since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Those that have arrived.
    pub arrived: u64,
    /// Those that have not: refused, given up, dropped, abandoned.
    pub failed: u64,
}

impl Totals {
    pub(crate) fn count(&mut self, outcome: &Outcome) {
        let place = match outcome.end {
            End::Arrived => &mut self.arrived,
            End::Refused | End::GivenUp | End::Dropped | End::Abandoned => &mut self.failed,
        };
        *place = place.saturating_add(1);
    }
}

/// One target, over all that it is told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetStatus {
    /// `mail`, or the webhook's name.
    pub target: String,
    /// Where it goes: recipients, or scheme and host; no secrets.
    pub to: String,
    /// How many wait.
    pub waiting: usize,
    /// How many have ended.
    pub totals: Totals,
}
