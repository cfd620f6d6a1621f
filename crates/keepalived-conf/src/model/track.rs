//! What is tracked.

use std::time::Duration;

use serde::Serialize;

use super::{Argv, Missing, Notify, ScriptUser, Sourced};
use crate::source::Span;

/// What a tracked thing adds to the priority.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Weight {
    /// -253 to 253. 0: a failure bars the instance. Positive: added while good. Negative: added while bad.
    pub value: i16,
    /// Good and bad change places.
    pub reverse: bool,
}

/// One line of `track_script` or `track_interface`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Track {
    /// The script's or interface's name.
    pub name: String,
    /// The name's place.
    pub span: Span,
    /// The weight of the line, else of the script's definition, else 0.
    pub weight: Sourced<Weight>,
}

/// `script` of a `vrrp_script`.
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
}

/// `vrrp_script`.
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
    /// What bars every instance that tracks this script.
    pub missing: Vec<Missing>,
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
}
