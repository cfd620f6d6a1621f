//! What the deciding value is told.

use healthcheck::{Health, Placement};
use vrrp_ipvs::Table;

use super::words::{ServerName, Word};

/// One thing that has become known.
#[derive(Debug, Clone, Copy)]
pub enum Input<'a> {
    /// Begin, with the kernel's table as it was found.
    Start(&'a Table),
    /// A check has this health. Many servers may follow one.
    Check {
        /// Its name.
        name: &'a str,
        /// Its health.
        health: Health,
        /// Up with a warning.
        degraded: bool,
    },
    /// A check has set the weight of those who follow it (keepalived `misc_dynamic`).
    CheckWeight {
        /// Its name.
        name: &'a str,
        /// Their weight.
        weight: u32,
    },
    /// An operator wants servers here.
    Place(&'a Which, Placement),
    /// Both of an operator's words at once.
    Say(&'a Which, Word),
    /// An operator wants servers to have this weight; `None`: as configured.
    Weigh(&'a Which, Option<u32>),
    /// The time of [`Director::deadline`](super::Director::deadline) has come.
    Tick,
    /// The end: nothing changes, and those are told who want to be.
    Stop,
}

/// Which real servers an operator means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Which {
    /// In this virtual server; `None`: in each that has one of that name.
    pub virtual_server: Option<String>,
    /// Its name.
    pub server: String,
}

impl Which {
    /// In every virtual server.
    pub fn everywhere(server: impl Into<String>) -> Self {
        Self {
            virtual_server: None,
            server: server.into(),
        }
    }
}

impl From<ServerName> for Which {
    fn from(name: ServerName) -> Self {
        Self {
            virtual_server: Some(name.virtual_server.to_string()),
            server: name.server.to_string(),
        }
    }
}

/// There is none that is meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoSuchServer {
    /// No virtual server of this name.
    #[error("there is no virtual server '{0}'")]
    VirtualServer(String),
    /// No real server of this name.
    #[error("no virtual server has a real server '{0}'")]
    Server(String),
    /// It is not one of this virtual server's.
    #[error("virtual server '{virtual_server}' has no real server '{server}'")]
    ServerOf {
        /// The virtual server.
        virtual_server: String,
        /// The real server.
        server: String,
    },
}
