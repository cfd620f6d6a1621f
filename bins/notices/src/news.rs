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
    /// A service that is spread over real servers.
    VirtualServer,
    /// One of those.
    RealServer,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Instance => "instance",
            Self::Group => "group",
            Self::VirtualServer => "virtual-server",
            Self::RealServer => "real-server",
        })
    }
}

/// A state in keepalived's words. Servers have the last two, and no others.
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
    /// A server, or enough of them, can be used.
    Up,
    /// It cannot.
    Down,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Master => "MASTER",
            Self::Backup => "BACKUP",
            Self::Fault => "FAULT",
            Self::Stop => "STOP",
            Self::Deleted => "DELETED",
            Self::Up => "UP",
            Self::Down => "DOWN",
        })
    }
}

/// One change of state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    /// Of what.
    pub kind: Kind,
    /// Its name in the file. A real server's is that of keepalived's mails: `[192.0.2.10]:tcp:80 of virtual server
    /// [192.0.2.1]:tcp:80`.
    pub name: String,
    /// What it is now.
    pub state: State,
    /// The priority in effect, 1 to 255; only an instance has one.
    pub priority: Option<u8>,
    /// Why, in words: what a check has found, how much weight lives. Only of servers.
    pub reason: Option<String>,
    /// When it was told.
    pub at: SystemTime,
}
