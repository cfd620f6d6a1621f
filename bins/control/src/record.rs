//! A recording that is begun and ended while the daemon runs.

use serde::{Deserialize, Serialize};

use crate::steer::AskedBy;

/// What is wanted of the recording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Record {
    /// Write down everything that the routers are told and decide, from now on.
    Start {
        /// A file that does not exist, from `/` on; the daemon makes it.
        file: String,
        /// How large it may become; then the recording ends.
        #[serde(default)]
        limit_mib: Option<u32>,
    },
    /// End it.
    Stop,
    /// How it is; changes nothing.
    Status,
}

/// How large a recording may become where nothing is said.
pub const RECORD_LIMIT_MIB: u32 = 64;

/// A recording that runs, or the last one that ran.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Recording {
    /// Its file.
    pub path: String,
    /// It runs.
    pub running: bool,
    /// Who asked for it; `None`: the command line of the daemon (`--record`).
    pub asked: Option<AskedBy>,
    /// Since when.
    pub began_unix_ms: u64,
    /// So much was written.
    pub octets: u64,
    /// So much at most.
    pub octets_max: u64,
    /// Lines lost since it began: the disk was full or too slow, or the recording has reached its limit.
    pub dropped: u64,
    /// The last lines could be written.
    pub well: bool,
    /// Why they could not, or why it ended where nobody had asked for that.
    pub problem: Option<String>,
}

/// Answer to [`Ask::Record`](crate::Ask::Record).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// The recording; `None`: there was none since the start of the daemon.
    #[serde(default)]
    pub recording: Option<Recording>,
    /// The same for people.
    pub message: String,
}
