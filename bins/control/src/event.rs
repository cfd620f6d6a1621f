//! What happened: the journal of a daemon.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::message::{LineError, from_line, to_line};
use crate::status::instance::State;

/// One thing that happened. On a connection it is the inside of one line, in the file of `vrrpd --events-file` a line.
///
/// Fields that say nothing are left out. What happens more often than a person can read stands there once with
/// [`Event::times`].
///
/// ```
/// use vrrp_control::{Event, EventKind, State};
///
/// let line = r#"{"seq":12,"at_unix_ms":1795318000123,"at_ms":86400250,"kind":"transition","instance":"VI_1",
///     "from":"backup","to":"active","code":"no-response","text":"192.0.2.2 fell silent","priority":150,
///     "peer":"192.0.2.2","peer_priority":100,"a-later-field":true}"#;
/// let event: Event = serde_json::from_str(line)?;
/// assert_eq!((event.kind, event.to), (EventKind::Transition, Some(State::Active)));
/// assert_eq!(event.code, "no-response");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// One more than that of the event before. Without an events file it begins at 1 with each start of the daemon.
    pub seq: u64,
    /// When, by the wall clock, which may step.
    pub at_unix_ms: u64,
    /// When, by a clock that does not step: milliseconds since this machine was started, suspended time included.
    pub at_ms: u64,
    /// What kind of thing.
    pub kind: EventKind,
    /// For programs: why, or what of this kind; from a list that may grow.
    pub code: String,
    /// For people: the same as a sentence.
    pub text: String,
    /// Which virtual router.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// Which sync group, check or other tracked object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// State before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<State>,
    /// State after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<State>,
    /// The addresses still answer, until a successor does.
    #[serde(default, skip_serializing_if = "is_false")]
    pub holding: bool,
    /// Priority of this router then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<u8>,
    /// The other router or host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<IpAddr>,
    /// Its priority.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer_priority: Option<u8>,
    /// Which address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<IpAddr>,
    /// On which interface.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interface: Option<String>,
    /// The user who asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<u32>,
    /// So many alike since the last one that is told; absent: this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
}

impl Event {
    /// Without a number, a time, and whatever it is about.
    #[must_use]
    pub fn new(kind: EventKind, code: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            seq: 0,
            at_unix_ms: 0,
            at_ms: 0,
            kind,
            code: code.into(),
            text: text.into(),
            instance: None,
            object: None,
            from: None,
            to: None,
            holding: false,
            priority: None,
            peer: None,
            peer_priority: None,
            address: None,
            interface: None,
            uid: None,
            times: None,
        }
    }

    /// One line with its line end, as in an events file.
    ///
    /// # Errors
    /// Never for values of this type; the signature is that of the encoder.
    pub fn to_line(&self) -> Result<String, LineError> {
        to_line(self)
    }

    /// Reads a line of an events file.
    ///
    /// # Errors
    /// The line is no event.
    pub fn from_line(line: &[u8]) -> Result<Self, LineError> {
        from_line(line)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is that of serde")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

/// Kinds of [`Event`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum EventKind {
    /// The daemon has started; `code`: `started`.
    Start,
    /// The daemon stops; `code`: `asked` or `done`.
    Stop,
    /// The state of an instance changed; `code` is the cause.
    Transition,
    /// The state of a sync group changed.
    Group,
    /// The effective priority of an instance changed.
    Priority,
    /// Addresses were held after a goodbye, and are held no more; or could not be.
    Hold,
    /// What is tracked is up or down, or counts as another number.
    Check,
    /// Whether a check counts was changed.
    CheckMode,
    /// An address: lost to somebody and made again, there already, claimed, not to be made, left behind.
    Address,
    /// The same of a route or a rule.
    Routing,
    /// An interface is otherwise than before.
    Link,
    /// A router of lower rank claimed the addresses.
    Rival,
    /// A router with this VRID that is not, or hardly, understood.
    Peer,
    /// The protocol's timing suffers: adverts late, take-overs that ended at once, adverts not sent.
    Trouble,
    /// The configuration was read again; `code`: `done` or `refused`.
    Reload,
    /// An operator's switchover.
    Switchover,
    /// An operator's maintenance.
    Maintenance,
    /// An operator's priority.
    PrioritySet,
    /// A virtual server has gained or lost its quorum; its last resort serves, or no longer.
    VirtualServer,
    /// A real server is up or down, or an operator has said something of it.
    RealServer,
    /// The kernel's table of virtual servers, or its synchronisation: refused, changed by others, right again.
    Balancing,
    /// A recording of the routers was begun, or is over.
    Record,
    /// Events are missing here; `times` says how many.
    Missing,
    /// A kind that this program is too old to know.
    #[serde(other)]
    Unknown,
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Transition => "transition",
            Self::Group => "group",
            Self::Priority => "priority",
            Self::Hold => "hold",
            Self::Check => "check",
            Self::CheckMode => "check-mode",
            Self::Address => "address",
            Self::Routing => "routing",
            Self::Link => "link",
            Self::Rival => "rival",
            Self::Peer => "peer",
            Self::Trouble => "trouble",
            Self::Reload => "reload",
            Self::Switchover => "switchover",
            Self::Maintenance => "maintenance",
            Self::PrioritySet => "priority-set",
            Self::VirtualServer => "virtual-server",
            Self::RealServer => "real-server",
            Self::Balancing => "balancing",
            Self::Record => "record",
            Self::Missing => "missing",
            Self::Unknown => "unknown",
        })
    }
}

/// Answer to [`Ask::Events`](crate::Ask::Events), and the first one to [`Ask::Follow`](crate::Ask::Follow).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Events {
    /// So many between the number that was asked for and the first one here are gone, whatever instance they were of.
    pub lost: u64,
    /// The number that the next event will have: ask from here to go on. For who follows: that of the first one that comes.
    pub next: u64,
    /// Oldest first; none for who follows, who gets each by itself.
    pub events: Vec<Event>,
}

/// The journal, in the [`Status`](crate::Status) of its daemon.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct JournalStatus {
    /// The number of the oldest event that can still be asked for.
    pub oldest: u64,
    /// The number that the next event will have.
    pub next: u64,
    /// Clients that follow.
    pub followers: u64,
    /// Clients that did not read, and were let go.
    pub followers_dropped: u64,
    /// What is written to disk; `None`: nothing.
    #[serde(default)]
    pub file: Option<EventsFile>,
}

/// The file of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct EventsFile {
    /// Where; behind it `.1`, the one before.
    pub path: String,
    /// Lines written by this daemon.
    pub written: u64,
    /// Lines lost because the disk was full, or too slow.
    pub dropped: u64,
    /// It can be written at the moment.
    pub well: bool,
}
