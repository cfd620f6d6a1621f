//! What keepalived's `notify` appends to its command.

use std::ffi::OsString;
use std::fmt;

/// A state by the word that keepalived uses for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NotifyState {
    /// Active.
    Master,
    /// Backup.
    Backup,
    /// Barred.
    Fault,
    /// The daemon, or the instance, is stopped.
    Stop,
    /// A reload has removed the instance (keepalived `notify_deleted`).
    Deleted,
}

impl fmt::Display for NotifyState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Master => "MASTER",
            Self::Backup => "BACKUP",
            Self::Fault => "FAULT",
            Self::Stop => "STOP",
            Self::Deleted => "DELETED",
        })
    }
}

/// The four arguments that keepalived appends to `notify` of an instance: `INSTANCE`, its name, the state, the
/// effective priority. `notify_master` and the like get none.
///
/// ```
/// # #[cfg(feature = "script")] {
/// use healthcheck::{Command, NotifyState, notify_arguments};
///
/// let words = notify_arguments("VI_1", NotifyState::Master, 150);
/// let command = words.into_iter().fold(Command::new(["/etc/notify.sh"]), Command::arg);
/// assert_eq!(command.to_string(), "/etc/notify.sh INSTANCE VI_1 MASTER 150");
/// # }
/// ```
#[must_use]
pub fn notify_arguments(instance: &str, state: NotifyState, priority: u8) -> [OsString; 4] {
    [
        "INSTANCE".into(),
        instance.into(),
        state.to_string().into(),
        priority.to_string().into(),
    ]
}

/// The same for a sync group, as keepalived does it: `GROUP`, its name, the state, and 0 where an instance has its priority.
///
/// ```
/// # #[cfg(feature = "script")] {
/// use healthcheck::{Command, NotifyState, notify_group_arguments};
///
/// let words = notify_group_arguments("VG_1", NotifyState::Fault);
/// let command = words.into_iter().fold(Command::new(["/etc/notify.sh"]), Command::arg);
/// assert_eq!(command.to_string(), "/etc/notify.sh GROUP VG_1 FAULT 0");
/// # }
/// ```
#[must_use]
pub fn notify_group_arguments(group: &str, state: NotifyState) -> [OsString; 4] {
    ["GROUP".into(), group.into(), state.to_string().into(), "0".into()]
}
