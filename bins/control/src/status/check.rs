//! The checks that decide about health.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What is known of a checked or tracked object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Health {
    /// No result yet.
    Unknown,
    /// Well.
    Up,
    /// Failed.
    Down,
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Unknown => "unknown",
            Self::Up => "up",
            Self::Down => "down",
        })
    }
}

/// One check (keepalived `vrrp_script`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// Its name in the file.
    pub name: String,
    /// What it does: the command line, or the connection it tries.
    pub command: String,
    /// What it was judged to be.
    pub health: Health,
    /// How often it runs.
    pub interval_ms: u64,
    /// How long a run may take.
    pub timeout_ms: u64,
    /// Successes in a row that make it up.
    pub rise: u32,
    /// Failures in a row that make it down.
    pub fall: u32,
    /// Results in a row that speak against the present health: how far it is from changing.
    pub against: u32,
    /// Results so far.
    pub runs: u64,
    /// Failures among them.
    pub failures: u64,
    /// Runs left out because the one before was still going.
    pub skipped: u64,
    /// The last run that ended.
    pub last: Option<Run>,
    /// Time until the next run; `None` while one runs.
    pub next_in_ms: Option<u64>,
    /// Names of the instances that track it.
    pub tracked_by: Vec<String>,
}

/// One run that ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// When it ended.
    pub ended_unix_ms: u64,
    /// How long it took.
    pub took_ms: u64,
    /// Whether it counts as a success.
    pub succeeded: bool,
    /// The result in words: `exit status 1`, `no answer within 1 s`, `connection refused`.
    pub result: String,
    /// What it printed, cut to its last octets; empty where nothing was printed.
    pub output: String,
}
