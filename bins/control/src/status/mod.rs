//! Everything a daemon knows of itself, as a tree.

pub(crate) mod check;
pub(crate) mod daemon;
pub(crate) mod group;
pub(crate) mod instance;
pub(crate) mod leaves;

use serde::{Deserialize, Serialize};

use check::Check;
use daemon::Daemon;
use group::Group;
use instance::{Instance, Statics};

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
}
