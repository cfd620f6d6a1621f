//! Named pipes that are told of everything.

use serde::{Deserialize, Serialize};

/// A named pipe (keepalived `notify_fifo`, `vrrp_notify_fifo`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fifo {
    /// keepalived's word for it.
    pub keyword: String,
    /// Where it is.
    pub path: String,
    /// Whether somebody reads it now.
    pub has_reader: bool,
    /// Lines that are not known to be read: in the pipe, or kept for a reader.
    pub lines_waiting: u64,
    /// Lines that were read since the daemon's start.
    pub lines_read: u64,
    /// Lines that fell out because too many waited.
    pub lines_lost: u64,
    /// Why it is not open, and what to do.
    pub problem: Option<String>,
    /// The program that reads it (keepalived `notify_fifo_script`, `vrrp_notify_fifo_script`).
    pub script: Option<FifoScript>,
}

/// A program that reads a named pipe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FifoScript {
    /// The command line, without the path that it gets as its last argument.
    pub command: String,
    /// Since when it runs; `None`: it does not, and is started again.
    pub running_since_unix_ms: Option<u64>,
    /// How often it was started.
    pub starts: u64,
    /// How it ended, where it did.
    pub last_end: Option<String>,
    /// Why it could not be started the last time, and what to do.
    #[serde(default)]
    pub not_started: Option<String>,
    /// The last 4 KB of what it printed before that.
    pub last_output: String,
}
