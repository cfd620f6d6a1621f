//! What is told.

use std::fmt;
use std::time::SystemTime;

/// What has a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A virtual router.
    Instance,
    /// Virtual routers that move together.
    Group,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Instance => "instance",
            Self::Group => "group",
        })
    }
}

/// A state in keepalived's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Active.
    Master,
    /// Backup.
    Backup,
    /// Something failed.
    Fault,
    /// The daemon was stopped.
    Stop,
    /// A reload has removed it.
    Deleted,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Master => "MASTER",
            Self::Backup => "BACKUP",
            Self::Fault => "FAULT",
            Self::Stop => "STOP",
            Self::Deleted => "DELETED",
        })
    }
}

/// One change of state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    /// Of what.
    pub kind: Kind,
    /// Its name in the file.
    pub name: String,
    /// What it is now.
    pub state: State,
    /// The priority in effect, 1 to 255; a group has none.
    pub priority: Option<u8>,
    /// When it was told.
    pub at: SystemTime,
}
