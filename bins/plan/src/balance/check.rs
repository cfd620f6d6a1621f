//! What is looked at for a real server.

use std::path::PathBuf;
use std::time::Duration;

use super::Place;
use crate::plan::{Command, FileTrack};
use crate::question::Question;

/// One check of real servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerCheck {
    /// Unique: `TCP 192.0.2.1:80 192.0.2.10:80 TCP_CHECK`; what an operator sees.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// What it does.
    pub look: Look,
    /// From one run to the next (keepalived `delay_loop`, ldirectord `checkinterval`); more than 0.
    pub interval: Duration,
    /// How long a run may take; more than 0.
    pub timeout: Duration,
    /// So many more tries before an up server is down (keepalived `retry`).
    pub retries: u32,
    /// Between those tries (keepalived `delay_before_retry`).
    pub retry_after: Duration,
    /// The first run begins within this time (keepalived `warmup`).
    pub warmup: Duration,
    /// Each failure is logged, not only the one that decides (keepalived `log_all_failures`).
    pub log_all_failures: bool,
}

/// What a check does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// Asks a service.
    Ask(Box<Question>),
    /// Asks the first, and while that is well the second so many times in between (ldirectord `checktype = N`).
    Alternate {
        /// The thorough one.
        first: Box<Question>,
        /// The cheap one.
        between: Box<Question>,
        /// How often; 1 at least.
        times: u32,
    },
    /// Runs a program: 0 is up.
    Run {
        /// Which.
        command: Command,
        /// An exit status from 2 to 255 is up too, and sets the weight to two less (keepalived `misc_dynamic`).
        sets_weight: bool,
    },
    /// Follows a file's number (keepalived `FILE_CHECK`).
    File(FileTrack),
    /// Is down while one of these files is there (ldirectord `maintenancedir`).
    Unless(Vec<PathBuf>),
    /// Is up, or down, without looking (ldirectord `checktype = on` and `off`).
    Always(bool),
}
