//! What is tracked and told by the kernel: files and processes.

use serde::{Deserialize, Serialize};

use super::check::Health;

/// A file whose number counts (keepalived `track_file`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackedFile {
    /// Its name in the configuration.
    pub name: String,
    /// Where it is looked for.
    pub path: String,
    /// The number that counts; 0 where there is none.
    pub value: i32,
    /// What was found, in words: `reads -5`, `it is not there, which counts as 0`.
    pub found: String,
    /// Why a change may be seen late; `None`: the kernel tells it at once.
    pub late: Option<String>,
    /// For how long the number has been what it is.
    pub since_ms: u64,
    /// Names of the instances that track it.
    pub tracked_by: Vec<String>,
}

/// Processes that are to run (keepalived `vrrp_track_process`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackedProcess {
    /// Their name in the configuration.
    pub name: String,
    /// Which they are, in words.
    pub pattern: String,
    /// How many run.
    pub count: u32,
    /// How many must run.
    pub at_least: u32,
    /// How many may run.
    pub at_most: Option<u32>,
    /// What that was judged to be.
    pub health: Health,
    /// For how long it has been that.
    pub since_ms: u64,
    /// Time until it changes, if the count stays as it is.
    pub changes_in_ms: Option<u64>,
    /// How starts and ends are learnt of, in words.
    pub source: String,
    /// Names of the instances that track them.
    pub tracked_by: Vec<String>,
}
