//! What one line holds.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::VERSION;
use crate::event::{Event, Events};
use crate::record::{Record, Recorded};
use crate::servers::{ServerMoved, ServerOrder, Servers};
use crate::status::Status;
use crate::status::check::{CheckMode, Verdict};
use crate::status::daemon::Reload;
use crate::steer::{MaintenanceSet, Moved, PriorityMoved, Shift};

/// The longest request that a daemon reads, in octets with the line end. Replies have no such limit.
pub const LINE_OCTETS_MAX: usize = 16 * 1024;

/// The words of [`Ask`].
const KNOWN: [&str; 13] = [
    "hello",
    "status",
    "push",
    "check-mode",
    "events",
    "follow",
    "switchover",
    "maintenance",
    "priority",
    "reload",
    "record",
    "servers",
    "server",
];
/// So much of an unknown one is said back.
const NAME_CHARS_MAX: usize = 100;

/// One line from a client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Version of the protocol that the client speaks.
    pub version: u16,
    /// What it wants.
    pub ask: Ask,
}

/// What can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Ask {
    /// Who answers here? [`Answer::Hello`].
    Hello,
    /// Everything the daemon knows of itself: [`Answer::Status`].
    Status,
    /// An application says how it is: [`Answer::Pushed`]. For root, the daemon's own user, and whom the check names.
    Push {
        /// A `vrrp_check` with `PUSH`.
        check: String,
        /// How it is.
        result: Verdict,
        /// Why; the last 4096 octets are kept.
        #[serde(default)]
        text: String,
    },
    /// Whether what a check finds is to count: [`Answer::CheckMode`]. For whoever may change something. It outlives a
    /// reload, not a new start.
    CheckMode {
        /// The check.
        check: String,
        /// From now on.
        mode: CheckMode,
    },
    /// What has happened: [`Answer::Events`].
    Events(Since),
    /// What has happened, then each thing as it happens: [`Answer::Events`] that says where it begins, then
    /// [`Answer::Event`] without end. Nothing more can be asked on this connection, and whoever does not read is let go.
    Follow(Since),
    /// Hand instances over to other routers, or let them compete again: [`Answer::Switchover`]. For whoever may change
    /// something. The answer comes when it is over, within 5 s and what a hook needs.
    Switchover {
        /// One instance, and the others of its sync group; `None`: all that are Active, with `undo` all that were handed
        /// over.
        #[serde(default)]
        instance: Option<String>,
        /// Let them compete with their own priority again.
        #[serde(default)]
        undo: bool,
        /// Run `notify_before_stop` of each first.
        #[serde(default)]
        drain: bool,
    },
    /// The node gives everything away, and takes over only where no other router is alive: [`Answer::Maintenance`]. For
    /// whoever may change something. It outlives a reload and a new start of the daemon, not one of the machine.
    Maintenance {
        /// From now on.
        on: bool,
    },
    /// Move the base priority of an instance: [`Answer::Priority`]. For whoever may change something. It outlives a
    /// reload, not a new start.
    Priority {
        /// The instance.
        instance: String,
        /// How.
        shift: Shift,
        /// It goes back by itself after so long.
        #[serde(default)]
        for_ms: Option<u64>,
    },
    /// Read the configuration again, as at SIGHUP: [`Answer::Reload`], when it is over. For whoever may change something.
    Reload,
    /// Begin or end a recording of the routers, or say how it is: [`Answer::Record`]. For whoever may change something, the
    /// last one for all who may read. It ends with the daemon.
    Record(Record),
    /// The virtual servers and what is behind them: [`Answer::Servers`].
    Servers {
        /// Only this virtual server, or those that have this real server.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        only: Option<String>,
    },
    /// Take a real server out of service, or put it back: [`Answer::Server`]. For whoever may change something. It outlives a
    /// reload, not a new start.
    Server {
        /// `192.0.2.10:80`, or an address alone where that is one server.
        server: String,
        /// Only in this virtual server; `None`: in all that have it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        virtual_server: Option<String>,
        /// What is said of it.
        order: ServerOrder,
    },
}

impl Ask {
    /// Whether it changes what the daemon does: then reading is not enough.
    ///
    /// A push has a rule of its own: whom the check names.
    #[must_use]
    pub const fn is_change(&self) -> bool {
        match self {
            Self::Hello
            | Self::Status
            | Self::Push { .. }
            | Self::Events(_)
            | Self::Follow(_)
            | Self::Servers { .. }
            | Self::Record(Record::Status) => false,
            Self::CheckMode { .. }
            | Self::Switchover { .. }
            | Self::Maintenance { .. }
            | Self::Priority { .. }
            | Self::Reload
            | Self::Server { .. }
            | Self::Record(_) => true,
        }
    }
}

/// Which events.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Since {
    /// From this number on; `None`: all that are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<u64>,
    /// Only those that name this instance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
}

/// One line from the daemon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// Version of the protocol that the daemon speaks.
    pub version: u16,
    /// The answer.
    pub answer: Answer,
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Answer {
    /// To [`Ask::Hello`].
    Hello {
        /// `vrrpd`.
        program: String,
        /// Its version, as in `vrrpd --version`.
        program_version: String,
        /// Its process id.
        pid: u32,
    },
    /// To [`Ask::Status`].
    Status(Box<Status>),
    /// To [`Ask::Push`].
    Pushed {
        /// The check.
        check: String,
        /// For so long it counts; then it must have been said again.
        counts_for_ms: u64,
    },
    /// To [`Ask::CheckMode`].
    CheckMode {
        /// The check.
        check: String,
        /// From now on.
        mode: CheckMode,
        /// Until now.
        before: CheckMode,
    },
    /// To [`Ask::Events`], and first to [`Ask::Follow`].
    Events(Events),
    /// To [`Ask::Follow`], whenever something happens.
    Event(Box<Event>),
    /// To [`Ask::Switchover`]: each instance that it was about, in the order of the file.
    Switchover(Vec<Moved>),
    /// To [`Ask::Maintenance`].
    Maintenance(MaintenanceSet),
    /// To [`Ask::Priority`].
    Priority(PriorityMoved),
    /// To [`Ask::Reload`], also where it was refused.
    Reload(Reload),
    /// To [`Ask::Record`].
    Record(Box<Recorded>),
    /// To [`Ask::Servers`].
    Servers(Box<Servers>),
    /// To [`Ask::Server`]: each virtual server that has it.
    Server(Vec<ServerMoved>),
    /// The request was not carried out.
    Error(Problem),
}

/// Why a request was not carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// For programs.
    pub kind: ProblemKind,
    /// For people: what was found and what to do.
    pub message: String,
}

/// Kinds of [`Problem`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ProblemKind {
    /// The line is not a request: not JSON, too long, or a field is missing.
    Malformed,
    /// The daemon does not know this request.
    UnknownRequest,
    /// The client speaks another version of the protocol.
    OtherVersion,
    /// Who asks may not; who may stands in the message.
    NotAllowed,
    /// No check of this name runs, or it is of another kind.
    NoSuchCheck,
    /// No instance of this name runs.
    NoSuchInstance,
    /// No real or virtual server of this name is there.
    NoSuchServer,
    /// It is understood and cannot be done as things are; the message says why.
    NotPossible,
    /// The daemon is stopping, or its router loop gave no answer in time.
    Unavailable,
}

/// A line that is not what it should be.
#[derive(Debug, thiserror::Error)]
#[error("not a line of the control protocol: {0}")]
pub struct LineError(#[from] serde_json::Error);

impl Request {
    /// Asks in this [`VERSION`].
    #[must_use]
    pub const fn new(ask: Ask) -> Self {
        Self {
            version: VERSION,
            ask,
        }
    }

    /// One line with its line end.
    ///
    /// # Errors
    /// Never for values of this type; the signature is that of the encoder.
    pub fn to_line(&self) -> Result<String, LineError> {
        to_line(self)
    }

    /// Reads what a client sent; the error is the answer it deserves.
    ///
    /// # Errors
    /// [`Answer::Error`] with the kind: malformed, other version, or unknown.
    pub fn from_line(line: &[u8]) -> Result<Self, Answer> {
        #[derive(Deserialize)]
        struct Envelope {
            version: u16,
            ask: Value,
        }
        let problem = |kind, message| Err(Answer::Error(Problem { kind, message }));
        let envelope: Envelope = match serde_json::from_slice(line) {
            Ok(envelope) => envelope,
            Err(error) => {
                return problem(
                    ProblemKind::Malformed,
                    format!("expected one line like {{\"version\":{VERSION},\"ask\":\"status\"}}: {error}"),
                );
            }
        };
        if envelope.version != VERSION {
            return problem(
                ProblemKind::OtherVersion,
                format!(
                    "this daemon speaks version {VERSION} of the control protocol, the client version {}; use the vrrpctl that came with the daemon",
                    envelope.version
                ),
            );
        }
        let name = match &envelope.ask {
            Value::String(name) => name.clone(),
            Value::Object(fields) => fields.keys().next().cloned().unwrap_or_default(),
            other => other.to_string(),
        };
        serde_json::from_value(envelope.ask).map_or_else(
            |error| {
                let name: String = name.chars().take(NAME_CHARS_MAX).collect();
                if KNOWN.contains(&name.as_str()) {
                    problem(ProblemKind::Malformed, format!("{name}: {error}"))
                } else {
                    let known = KNOWN.join(", ");
                    problem(
                        ProblemKind::UnknownRequest,
                        format!("{name:?} is not known here; known are {known}"),
                    )
                }
            },
            |ask| {
                Ok(Self {
                    version: VERSION,
                    ask,
                })
            },
        )
    }
}

impl Reply {
    /// Answers in this [`VERSION`].
    #[must_use]
    pub const fn new(answer: Answer) -> Self {
        Self {
            version: VERSION,
            answer,
        }
    }

    /// One line with its line end.
    ///
    /// # Errors
    /// Never for values of this type; the signature is that of the encoder.
    pub fn to_line(&self) -> Result<String, LineError> {
        to_line(self)
    }

    /// Reads what a daemon sent.
    ///
    /// # Errors
    /// The line is not a reply of this version of the protocol.
    pub fn from_line(line: &[u8]) -> Result<Self, LineError> {
        from_line(line)
    }
}

pub(crate) fn to_line<T: Serialize>(value: &T) -> Result<String, LineError> {
    let mut line = serde_json::to_string(value)?;
    line.push('\n');
    Ok(line)
}

pub(crate) fn from_line<T: DeserializeOwned>(line: &[u8]) -> Result<T, LineError> {
    Ok(serde_json::from_slice(line)?)
}
