//! What is tracked.

use std::time::Duration;

use serde::Serialize;

use super::{Argv, Checker, Missing, Notify, ScriptUser, Sourced};
use crate::source::Span;

/// What a tracked thing adds to the priority.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Weight {
    /// -253 to 253, of files and processes -254 to 254. 0: a failure bars the instance. Positive: added while good. Negative: added while bad.
    pub value: i16,
    /// Good and bad change places.
    pub reverse: bool,
}

/// One line of `track_script`, `track_interface`, `track_file` or `track_process`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Track {
    /// The name of what is tracked.
    pub name: String,
    /// The name's place.
    pub span: Span,
    /// The weight of the line, else of the definition, else 0.
    pub weight: Sourced<Weight>,
}

/// What a check does: `script` of a `vrrp_script`, or the checker of a `vrrp_check`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Command {
    /// Runs a program without a shell.
    Run {
        /// Program and arguments.
        argv: Argv,
    },
    /// `</path`: good if the path can be opened for reading. `/dev/tcp/HOST/PORT` and `/dev/udp/HOST/PORT` mean a
    /// connection, as in bash.
    CanOpen {
        /// The path behind `<`.
        path: String,
    },
    /// Asks a service itself: `vrrp_check`.
    Ask(Box<Checker>),
    /// Is told by an application: `vrrp_check` with `PUSH`.
    Hear(Box<Push>),
    /// A `vrrp_check` without a checker that can be run: what tracks it is barred.
    Nothing,
}

/// `PUSH`, of our own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Push {
    /// The header of its block.
    pub span: Span,
    /// `ttl`: how long a word of the application counts.
    pub ttl: Sourced<Duration>,
    /// `user`: who may say it beside root and the daemon's own user.
    pub user: Option<Sourced<ScriptUser>>,
}

/// `mode`, of our own: whether what a check finds counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
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

impl CheckMode {
    /// Every one, with its word.
    pub const ALL: [(Self, &'static str); 4] = [
        (Self::Normal, "normal"),
        (Self::DryRun, "dry-run"),
        (Self::Maintenance, "maintenance"),
        (Self::MaintenanceDown, "maintenance-down"),
    ];

    /// Its word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::DryRun => "dry-run",
            Self::Maintenance => "maintenance",
            Self::MaintenanceDown => "maintenance-down",
        }
    }
}

/// `vrrp_script`, or `vrrp_check`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VrrpScript {
    /// Its name.
    pub name: String,
    /// The header of its block.
    pub span: Span,
    /// `script`.
    pub command: Sourced<Command>,
    /// `interval`: time between two runs, default 1 s.
    pub interval: Sourced<Duration>,
    /// `timeout`: limit of one run, default the interval.
    pub timeout: Sourced<Duration>,
    /// `weight`, default 0.
    pub weight: Sourced<Weight>,
    /// `rise`: successes that count, default 1.
    pub rise: Sourced<u32>,
    /// `fall`: failures that count, default 1.
    pub fall: Sourced<u32>,
    /// `user`; `script_user` if none.
    pub user: Option<Sourced<ScriptUser>>,
    /// `init_fail`: starts as failed.
    pub init_fail: Sourced<bool>,
    /// `mode`, of our own.
    pub mode: Sourced<CheckMode>,
    /// What bars every instance that tracks this script.
    pub missing: Vec<Missing>,
}

/// `track_file`, or `vrrp_track_file` as it was called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrackFile {
    /// Its name.
    pub name: String,
    /// The header of its block.
    pub span: Span,
    /// `file`.
    pub file: Sourced<String>,
    /// `weight`, the factor of the number, -254 to 254, default 1. 0: a number that is not 0 bars the instance.
    pub weight: Sourced<Weight>,
    /// `init_file`: created at start.
    pub init: Option<Sourced<InitFile>>,
}

/// `init_file`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct InitFile {
    /// What is written, default 0.
    pub value: i32,
    /// `overwrite`: also where there is a file.
    pub overwrite: bool,
}

/// `param_match`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ParamMatch {
    /// Without a word, or with parameters and no such line: all are equal.
    Exact,
    /// `initial`: the last one given may be the beginning of one.
    Initial,
    /// `partial`: more may follow.
    Partial,
}

/// `vrrp_track_process`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrackProcess {
    /// Its name.
    pub name: String,
    /// The header of its block.
    pub span: Span,
    /// `process`: name and parameters; never empty.
    pub process: Sourced<Argv>,
    /// `param_match`; `None`: without parameters they are not compared, with parameters exactly.
    pub param_match: Option<Sourced<ParamMatch>>,
    /// `weight`, -254 to 254, default 0.
    pub weight: Sourced<Weight>,
    /// `quorum`, default 1.
    pub quorum: Sourced<u16>,
    /// `quorum_max`, no limit by default.
    pub quorum_max: Option<Sourced<u16>>,
    /// `fork_delay`, `delay`, default zero.
    pub fork_delay: Sourced<Duration>,
    /// `terminate_delay`, `delay`, default zero.
    pub terminate_delay: Sourced<Duration>,
    /// `full_command`.
    pub full_command: Sourced<bool>,
}

/// `vrrp_sync_group`. What it tracks stands with its members too, in [`VrrpInstance`](super::VrrpInstance).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SyncGroup {
    /// Its name.
    pub name: String,
    /// The header of its block.
    pub span: Span,
    /// Names of instances, each with its place. Members that do not exist are left out.
    pub members: Vec<(String, Span)>,
    /// `sync_group_tracking_weight`: weights that a member alone tracks count. Those of the group always do.
    pub tracking_weight: bool,
    /// Its scripts.
    pub notify: Notify,
    /// `smtp_alert`, default `smtp_alert_vrrp`, `smtp_alert`, off.
    pub smtp_alert: Sourced<bool>,
}
