//! Running a command to its end, or to ours: the one implementation behind script probes and hooks.
//!
//! A run never waits for more than its limit, never holds up the child by a full pipe, never keeps more than 4 KB
//! of its output, and never leaves a process of its group behind when it is dropped. A process that leaves the
//! group (`setsid`) is out of reach; one that a finished script left running in the background is left alone, since
//! starting a service is a thing that scripts do.

mod command;
mod group;
mod remains;
mod run;
mod security;
mod tail;
mod user;

pub use command::{Command, SEARCH_PATH, Unusable};
pub use remains::Remains;
pub use run::{End, Finished, Limits, run, run_until};
pub use security::{Insecure, check_path_security};
pub use user::{RunAs, UserError};
