//! Mail and webhooks.

use serde::{Deserialize, Serialize};

/// What one target is told of one instance or sync group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// `mail`, or `webhook` and its name in the file.
    pub target: String,
    /// Where it goes: recipients, or scheme and host of a URL; no secrets.
    pub to: String,
    /// How many wait, the one that is tried now or again included.
    pub waiting: u64,
    /// The state that the first of them tells.
    #[serde(default)]
    pub waiting_state: Option<String>,
    /// What went wrong with the first of them, if it was tried.
    pub trouble: Option<String>,
    /// Time until it is tried again.
    pub next_in_ms: Option<u64>,
    /// The last that ended, oldest first.
    pub results: Vec<Noticed>,
}

/// One that is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noticed {
    /// The state that it told: `MASTER`, `BACKUP`, `FAULT`, `STOP`, `DELETED`.
    pub state: String,
    /// When that was.
    pub at_unix_ms: u64,
    /// The number that grows with everything that this node tells.
    pub epoch: u64,
    /// How it ended: `arrived`, `refused`, `given up`, `dropped: …`, `abandoned`.
    pub end: String,
    /// Whether it has arrived.
    pub arrived: bool,
    /// When it ended.
    pub ended_unix_ms: u64,
    /// From the change to the end.
    pub took_ms: u64,
    /// Tries.
    pub tries: u32,
    /// What the other side said last, or what went wrong.
    pub answer: String,
}

/// How a target has fared since the daemon's start, over all instances and sync groups.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeTarget {
    /// `mail`, or `webhook` and its name in the file.
    pub target: String,
    /// Where it goes: recipients, or scheme and host of a URL; no secrets.
    pub to: String,
    /// How many wait.
    pub waiting: u64,
    /// How many have arrived.
    pub arrived: u64,
    /// How many were refused, given up, dropped or abandoned.
    pub failed: u64,
}
