//! Can this file be opened for reading, in process: keepalived's `</path` where the script's user is our own.

use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::{Instant, timeout};

use crate::aside::Aside;
use crate::lack::noted;
use crate::probe::Outcome;

#[derive(Debug)]
pub(super) struct Readable {
    path: PathBuf,
    opening: Aside<io::Result<()>>,
}

impl Readable {
    pub(super) const fn new(path: PathBuf) -> Self {
        Self {
            path,
            opening: Aside::new(),
        }
    }

    pub(super) async fn look(&self, limit: Duration) -> Outcome {
        let started = Instant::now();
        let path = self.path.clone();
        let result = timeout(limit, self.opening.call(move || open(&path))).await;
        let took = started.elapsed();
        match result {
            Ok(Ok(Ok(()))) => Outcome::pass("it can be opened", took),
            Ok(Ok(Err(error)) | Err(error)) => {
                Outcome::fail(format!("it cannot be opened: {}", noted(error)), took)
            }
            Err(_elapsed) => Outcome::fail(
                format!("not opened within {limit:?}; is its file system alive?"),
                took,
            ),
        }
    }
}

fn open(path: &Path) -> io::Result<()> {
    OpenOptions::new()
        .read(true)
        // Neither wait for the writer of a named pipe nor take a terminal.
        .custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY)
        .open(path)
        .map(drop)
}
