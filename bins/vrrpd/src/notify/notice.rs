//! One fact for whoever is told of it, in one form for all.

use std::fmt;
use std::time::SystemTime;

use healthcheck::NotifyState;

/// Whom a fact is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One virtual router.
    Instance,
    /// A sync group as a whole.
    Group,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// It is in this state now, and was in another one.
    State(NotifyState),
    /// While Active it has heard a rival of lower rank, and has answered it.
    RxLowerPri,
    /// Its effective priority is another one now.
    Priority {
        /// The state that it is in: `Master` or `Backup`, no other.
        in_state: NotifyState,
    },
}

/// One fact. Whatever is told beside the scripts is told by these, each once and in the order of the facts, whether or not
/// there are scripts. To its text as [`Display`](fmt::Display) a line of keepalived's `notify_fifo` lacks only the line feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) kind: Kind,
    /// Name in the file.
    pub(crate) name: String,
    pub(crate) what: What,
    /// In effect when it happened, 1 to 255; 0 of a group, as with keepalived.
    pub(crate) priority: u8,
    /// When it happened.
    pub(crate) at: SystemTime,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Instance => "INSTANCE",
            Self::Group => "GROUP",
        })
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::State(state) => state.fmt(f),
            Self::RxLowerPri => f.write_str("MASTER_RX_LOWER_PRI"),
            Self::Priority { in_state } => write!(f, "{in_state}_PRIORITY"),
        }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            kind,
            name,
            what,
            priority,
            at: _,
        } = self;
        write!(f, "{kind} \"{name}\" {what} {priority}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// keepalived 2.4.3 writes these of the two kinds, of all states, of a rival and of a priority.
    #[test]
    fn the_text_is_keepalived_s_line() {
        let line = |kind, name: &str, what, priority| {
            let name = name.to_owned();
            let at = SystemTime::UNIX_EPOCH;
            Notice {
                kind,
                name,
                what,
                priority,
                at,
            }
            .to_string()
        };
        let instance = |what| line(Kind::Instance, "VI_1", what, 150);
        let state = |state| instance(What::State(state));
        assert_eq!(state(NotifyState::Master), "INSTANCE \"VI_1\" MASTER 150");
        assert_eq!(state(NotifyState::Backup), "INSTANCE \"VI_1\" BACKUP 150");
        assert_eq!(state(NotifyState::Fault), "INSTANCE \"VI_1\" FAULT 150");
        assert_eq!(state(NotifyState::Stop), "INSTANCE \"VI_1\" STOP 150");
        assert_eq!(state(NotifyState::Deleted), "INSTANCE \"VI_1\" DELETED 150");
        assert_eq!(
            instance(What::RxLowerPri),
            "INSTANCE \"VI_1\" MASTER_RX_LOWER_PRI 150"
        );
        let priority = |in_state| instance(What::Priority { in_state });
        assert_eq!(
            priority(NotifyState::Master),
            "INSTANCE \"VI_1\" MASTER_PRIORITY 150"
        );
        assert_eq!(
            priority(NotifyState::Backup),
            "INSTANCE \"VI_1\" BACKUP_PRIORITY 150"
        );
        let group = line(Kind::Group, "VG_1", What::State(NotifyState::Stop), 0);
        assert_eq!(group, "GROUP \"VG_1\" STOP 0");
    }
}
