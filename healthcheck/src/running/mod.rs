//! Processes that run (keepalived `vrrp_track_process`): counted when they start and end, and never asked for by a
//! script.
//!
//! ```text
//! kernel's process events, or a scan of /proc ─► Census (who matches) ─► count ─► QuorumJudge ─► Health
//! ```

mod census;
mod connector;
mod pattern;
mod proc;
mod quorum;
mod watch;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use vrrp_core::Health;

pub use pattern::{Identity, Parameters, Pattern};
pub use quorum::{Quorum, QuorumJudge};
pub use watch::ProcessWatch;

/// Processes to count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessSpec {
    /// Unique in a watch; keepalived's name of the `vrrp_track_process`.
    pub name: Arc<str>,
    /// Which processes.
    pub pattern: Pattern,
    /// How many, and after what time that counts.
    pub quorum: Quorum,
}

/// How the start and the end of processes are learnt of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The kernel tells each at once.
    Events,
    /// It does not tell this program: `/proc` is read at an interval, and ends are told at once where the kernel has
    /// pidfds.
    Scan {
        /// How often.
        every: Duration,
        /// Why the kernel does not tell.
        why: String,
    },
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Events => f.write_str("the kernel tells of each start and end at once"),
            Self::Scan { every, why } => write!(f, "/proc is read every {} ms: {why}", every.as_millis()),
        }
    }
}

/// What is known of some processes.
#[derive(Debug, Clone)]
pub struct ProcessStatus {
    /// The name they were added under.
    pub name: Arc<str>,
    /// Which processes, in words.
    pub pattern: Arc<str>,
    /// How many run.
    pub count: u32,
    /// How many are to run.
    pub quorum: Quorum,
    /// What that was judged to be.
    pub health: Health,
    /// When the health became what it is.
    pub since: Instant,
    /// When the health will change if the count stays as it is.
    pub changes_at: Option<Instant>,
}
