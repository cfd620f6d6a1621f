//! What one line holds.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::VERSION;
use crate::status::Status;

/// The longest request that a daemon reads, in octets with the line end. Replies have no such limit.
pub const LINE_OCTETS_MAX: usize = 4096;

/// One line from a client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Version of the protocol that the client speaks.
    pub version: u16,
    /// What it wants.
    pub ask: Ask,
}

/// What can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Ask {
    /// Who answers here? [`Answer::Hello`].
    Hello,
    /// Everything the daemon knows of itself: [`Answer::Status`].
    Status,
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
            ask: serde_json::Value,
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
        let asked = envelope.ask.to_string();
        serde_json::from_value(envelope.ask).map_or_else(
            |_| {
                problem(
                    ProblemKind::UnknownRequest,
                    format!("{asked} is not known here; known are \"hello\" and \"status\""),
                )
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

fn to_line<T: Serialize>(value: &T) -> Result<String, LineError> {
    let mut line = serde_json::to_string(value)?;
    line.push('\n');
    Ok(line)
}

fn from_line<T: DeserializeOwned>(line: &[u8]) -> Result<T, LineError> {
    Ok(serde_json::from_slice(line)?)
}
