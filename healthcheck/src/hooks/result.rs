//! How hooks ended.

use std::fmt;
use std::time::{Duration, SystemTime};

use crate::process::End;

/// How a hook ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HookEnd {
    /// It was run; how that ended.
    Ran(End),
    /// It was not: the queue was full of later ones.
    Dropped,
    /// It was not, or not to its end: the queue was closed.
    Abandoned,
}

impl HookEnd {
    /// Exit code 0, and nothing else.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        matches!(self, Self::Ran(end) if end.is_success())
    }
}

impl fmt::Display for HookEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ran(end) => end.fmt(f),
            Self::Dropped => f.write_str("not run: too many were waiting"),
            Self::Abandoned => f.write_str("given up: the program was stopping"),
        }
    }
}

/// One hook that is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookResult {
    /// What it was for: `notify MASTER`.
    pub label: String,
    /// The command line.
    pub command: String,
    /// When it was started; when it was given up if it never was.
    pub at: SystemTime,
    /// How long it waited for those before it.
    pub waited: Duration,
    /// How long it ran.
    pub took: Duration,
    /// How it ended.
    pub end: HookEnd,
    /// The last 4 KB of what it printed.
    pub output: String,
}

/// A queue at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HookStatus {
    /// What runs, since when.
    pub running: Option<(String, SystemTime)>,
    /// How many wait behind it.
    pub waiting: usize,
    /// Run to an end, successful or not.
    pub done: u64,
    /// Of these, not with exit code 0.
    pub failed: u64,
    /// Never run because too many waited, or because the queue was closed.
    pub dropped: u64,
    /// The last results, oldest first.
    pub results: Vec<HookResult>,
}
