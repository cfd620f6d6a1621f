//! Numbers in files (keepalived `track_file`): read when they change, by inotify, and never asked for by a script.
//!
//! ```text
//! path ─► places: the folders that decide what it means ─► inotify ─► read ─► number ─► Health::Value
//! ```

mod number;
mod places;
mod reading;
mod watch;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

pub use number::{Number, Oddity, number};
pub use reading::Init;
pub use watch::FileWatch;

/// A file to follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSpec {
    /// Unique in a watch; keepalived's name of the `track_file`.
    pub name: Arc<str>,
    /// Where the number stands. The file, and every folder on the way to it, may come later, go, or be replaced.
    pub path: PathBuf,
    /// What to write when the watch begins (keepalived `init_file`).
    pub init: Option<Init>,
}

/// What is known of a file.
#[derive(Debug, Clone)]
pub struct FileStatus {
    /// The name it was added under.
    pub name: Arc<str>,
    /// Where it is looked for.
    pub path: PathBuf,
    /// The number that counts; 0 where there is none.
    pub value: i32,
    /// What was found, in words: `reads -5`, `is not there, which counts as 0`.
    pub found: String,
    /// Why a change may be seen late; `None`: the kernel tells it at once.
    pub late: Option<String>,
    /// When the number became what it is.
    pub since: Instant,
    /// Times that it was read.
    pub reads: u64,
}
