//! Named pipes that are written to.

use serde::Serialize;

use super::{NotifyScript, ScriptUser, Sourced};

/// `PATH [USER [GROUP]]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fifo {
    /// As it is written.
    pub path: String,
    /// Whose it is where the daemon makes it; `script_user` if none.
    pub user: Option<ScriptUser>,
}

/// A pipe, and the program that reads it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FifoAndScript {
    /// `notify_fifo`, `vrrp_notify_fifo`.
    pub fifo: Option<Sourced<Fifo>>,
    /// `notify_fifo_script`, `vrrp_notify_fifo_script`: gets the path as its last argument.
    pub script: Option<Sourced<NotifyScript>>,
}

/// The words about named pipes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fifos {
    /// `notify_fifo`: events of all kinds.
    pub all: FifoAndScript,
    /// `vrrp_notify_fifo`: events of instances and groups.
    pub vrrp: FifoAndScript,
    /// `fifo_write_vrrp_states_on_reload`.
    pub states_on_reload: Sourced<bool>,
    /// `vrrp_notify_priority_changes`.
    pub priority_changes: Sourced<bool>,
}
