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

/// What one run says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Well.
    Pass,
    /// Well, and something needs attention; counts as a pass.
    Degraded,
    /// Not well, or nobody could find out.
    Fail,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Pass => "pass",
            Self::Degraded => "degraded",
            Self::Fail => "fail",
        })
    }
}

/// Whether what a check finds counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckMode {
    /// It does.
    #[default]
    Normal,
    /// It counts as up whatever it finds, which is shown: a trial.
    DryRun,
    /// It counts as up whatever it finds: the service is being worked at.
    Maintenance,
    /// It counts as down whatever it finds: the node is to be without it.
    MaintenanceDown,
}

impl fmt::Display for CheckMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Normal => "normal",
            Self::DryRun => "dry-run",
            Self::Maintenance => "maintenance",
            Self::MaintenanceDown => "maintenance-down",
        })
    }
}

/// Who has set the mode of a check while the daemon runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModeSet {
    /// The user.
    pub uid: u32,
    /// When.
    pub at_unix_ms: u64,
    /// How long ago.
    pub ago_ms: u64,
}

/// One check (keepalived `vrrp_script`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// Its name in the file.
    pub name: String,
    /// What it does: the command line, or the connection it tries.
    pub command: String,
    /// The keyword that asks for it: `script`, or the checker of a `vrrp_check` (`HTTP_GET`, `PUSH` …).
    #[serde(default)]
    pub kind: String,
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
    /// It is up, and something needs attention: the last result that was no failure is `degraded`.
    #[serde(default)]
    pub degraded: bool,
    /// What the last run that ended says.
    #[serde(default)]
    pub verdict: Option<Verdict>,
    /// For how long `health` has been what it is.
    #[serde(default)]
    pub since_ms: u64,
    /// The same as a point in time.
    #[serde(default)]
    pub since_unix_ms: u64,
    /// Whether what it finds counts.
    #[serde(default)]
    pub mode: CheckMode,
    /// Who has set the mode; `None`: it is that of the file.
    #[serde(default)]
    pub mode_set: Option<ModeSet>,
    /// What it would be by what it finds; another than `health` only where the mode is not `normal`.
    #[serde(default)]
    pub judged: Option<Health>,
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
