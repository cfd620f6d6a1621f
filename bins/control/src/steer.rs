//! What an operator changes while a daemon runs, and what is shown of it.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::status::instance::Hook;

/// What became of an instance that was to be handed over, or to compete again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// The instance.
    pub instance: String,
    /// What became of it.
    pub outcome: Outcome,
    /// To whom it went, where that router was heard.
    #[serde(default)]
    pub to: Option<IpAddr>,
    /// From the order to the outcome. A successor has the addresses earlier: they are kept for 50 ms after it was heard. What
    /// ran first is not in it.
    pub took_ms: u64,
    /// What ran first (`drain`), and how it ended: it is handed over also where that failed. Without what was ended in the
    /// middle.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drained: Vec<Hook>,
    /// The same for people: what happened, why, and what to do.
    pub message: String,
}

/// Outcomes of [`Moved`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Another router took over, which now has the addresses.
    HandedOver,
    /// Nobody took over: this router is Active as before, and was never without the addresses.
    RolledBack,
    /// The addresses were given up at once: here they cannot be kept until a successor has spoken.
    WithoutHold,
    /// It was barred or stopped meanwhile.
    Interrupted,
    /// It was not Active and is not; it competes with priority 1 from now on.
    StoodBack,
    /// It competes with its own priority again.
    Competes,
    /// Nothing was done.
    Refused,
}

impl Outcome {
    /// Whether it is what was asked for.
    #[must_use]
    pub const fn is_done(self) -> bool {
        match self {
            Self::HandedOver | Self::WithoutHold | Self::StoodBack | Self::Competes => true,
            Self::RolledBack | Self::Interrupted | Self::Refused => false,
        }
    }
}

/// A node in maintenance, or no longer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaintenanceSet {
    /// From now on.
    pub on: bool,
    /// Until now.
    pub before: bool,
    /// Why it would not outlive a new start of the daemon; `None`: it does.
    #[serde(default)]
    pub problem: Option<String>,
    /// What became of each instance.
    pub instances: Vec<Moved>,
}

/// How a base priority is to be moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shift {
    /// By so much from that of the file.
    By(i32),
    /// To this one.
    To(u8),
    /// As in the file.
    Off,
}

/// A base priority that was moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriorityMoved {
    /// The instance.
    pub instance: String,
    /// As in the file.
    pub file: u8,
    /// Base priority until now.
    pub before: u8,
    /// Base priority from now on.
    pub base: u8,
    /// It goes back by itself after so long; `None`: at `off`, or with the daemon.
    #[serde(default)]
    pub for_ms: Option<u64>,
    /// The same for people.
    pub message: String,
}

/// A part of the priority that an operator is the reason of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    /// `operator` (moved by so much), `maintenance`, or `switchover`.
    pub name: String,
    /// What it adds at the moment.
    pub adds: i32,
    /// Who asked for it, where that is known.
    #[serde(default)]
    pub uid: Option<u32>,
    /// It ends by itself after so long.
    #[serde(default)]
    pub ends_in_ms: Option<u64>,
}

/// Who asked for something, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedBy {
    /// The user.
    pub uid: u32,
    /// When.
    pub at_unix_ms: u64,
}

/// An instance that competes with priority 1 until that is undone, or until its successor is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandedOver {
    /// Who asked for it; `None`: an earlier life of the daemon knew.
    #[serde(default)]
    pub asked: Option<AskedBy>,
    /// When it began to compete with that: behind a script that ran first. `None`: as for `asked`.
    #[serde(default)]
    pub since_unix_ms: Option<u64>,
}

/// A node that takes over only where no other router is alive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Maintenance {
    /// Who asked for it.
    pub asked: AskedBy,
    /// Why it would not outlive a new start of the daemon; `None`: it does.
    #[serde(default)]
    pub problem: Option<String>,
}
