//! Everything a daemon knows of itself, as a tree.

pub(crate) mod check;
pub(crate) mod daemon;
pub(crate) mod fifo;
pub(crate) mod group;
pub(crate) mod instance;
pub(crate) mod leaves;
pub(crate) mod notice;
pub(crate) mod track;

use serde::{Deserialize, Serialize};

use check::Check;
use daemon::Daemon;
use fifo::Fifo;
use group::Group;
use instance::{Instance, Statics};
use notice::NoticeTarget;
use track::{TrackedFile, TrackedProcess};

use crate::event::JournalStatus;
use crate::record::Recording;
use crate::servers::Balancing;

/// Answer to [`Ask::Status`](crate::Ask::Status).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// The daemon as a whole.
    pub daemon: Daemon,
    /// Its virtual routers, in the order of the file.
    pub instances: Vec<Instance>,
    /// Its sync groups, by name.
    #[serde(default)]
    pub groups: Vec<Group>,
    /// What is there whatever the role of any instance.
    #[serde(default)]
    pub statics: Statics,
    /// The checks that run, each once however many instances track it, in the order of the file.
    pub checks: Vec<Check>,
    /// The files that are followed, in the order of the configuration.
    #[serde(default)]
    pub files: Vec<TrackedFile>,
    /// The processes that are counted, in the order of the configuration.
    #[serde(default)]
    pub processes: Vec<TrackedProcess>,
    /// The named pipes that are told of everything.
    #[serde(default)]
    pub fifos: Vec<Fifo>,
    /// The events that are kept; a daemon of an earlier version keeps none.
    #[serde(default)]
    pub journal: Option<JournalStatus>,
    /// The recording of the routers that runs, or the last one that did; `None`: there was none since the start of the daemon.
    #[serde(default)]
    pub recording: Option<Recording>,
    /// Mail and webhooks that are told now, by name.
    #[serde(default)]
    pub notice_targets: Vec<NoticeTarget>,
    /// The virtual servers, where the file has any.
    #[serde(default)]
    pub balancing: Option<Balancing>,
}
