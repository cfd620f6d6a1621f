//! Commands that are run.

use serde::Serialize;

use super::Sourced;

/// A program and its arguments; never empty.
pub type Argv = Vec<String>;

/// `USER [GROUP]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ScriptUser {
    /// Name or number.
    pub user: String,
    /// Name or number; the user's own group if none.
    pub group: Option<String>,
}

/// A command that tells others about a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NotifyScript {
    /// What to run, without a shell.
    pub argv: Argv,
    /// As whom; `script_user` if none.
    pub user: Option<ScriptUser>,
}

/// The scripts of an instance or group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Notify {
    /// `notify`: at every change, with four arguments appended: `INSTANCE` or `GROUP`, the name, the state
    /// (`MASTER`, `BACKUP`, `FAULT`, `STOP`), the priority.
    pub any: Option<Sourced<NotifyScript>>,
    /// `notify_master`.
    pub master: Option<Sourced<NotifyScript>>,
    /// `notify_backup`.
    pub backup: Option<Sourced<NotifyScript>>,
    /// `notify_fault`.
    pub fault: Option<Sourced<NotifyScript>>,
    /// `notify_stop`.
    pub stop: Option<Sourced<NotifyScript>>,
    /// `notify_master_rx_lower_pri`: an active node has heard a lower rival.
    pub rx_lower_pri: Option<Sourced<NotifyScript>>,
    /// `notify_deleted`: an instance that a reload removes is told `DELETED` and not `FAULT`, and runs this script if there
    /// is one.
    pub deleted: Option<Sourced<Option<NotifyScript>>>,
    /// `notify_before_stop`: at a planned stop, before the addresses are handed over. Our own word.
    pub before_stop: Option<Sourced<NotifyScript>>,
    /// `notify_priority_changes`: of an instance also what its group or `vrrp_notify_priority_changes` says. Off if none.
    pub priority_changes: Option<Sourced<bool>>,
}
