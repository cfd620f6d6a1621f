//! What a crash would leave behind, written down for the next life: a list in a file of its own, replaced as a whole.
//!
//! The loop never writes: a thread does ([`writer`]), for a disk that does not answer would stop every advertisement. Nor
//! does it ever fail for lack of a journal: that is told, and costs only what a crash would leave behind.

mod folder;
mod writer;

use std::io;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use folder::Folder;
use writer::{Order, Writer};

/// How long the loop waits where the list must be written before the kernel is changed. Less than half of the shortest
/// Skew_Time of most networks, and only once while a disk does not answer.
pub(crate) const WRITTEN_FIRST: Duration = Duration::from_millis(50);
/// How long an end waits for the last list.
const WRITTEN_AT_LAST: Duration = Duration::from_millis(500);

#[derive(Serialize, Deserialize)]
struct Contents<T> {
    /// Of the boot and the network namespace in which they were made: neither addresses nor settings outlive them.
    world: String,
    entries: Vec<T>,
}

/// The file of one duty.
#[derive(Debug)]
pub(crate) struct Journal<T> {
    path: PathBuf,
    world: String,
    /// What is lost without it.
    cost: &'static str,
    /// `None`: the thread could not be started.
    writer: Option<Writer>,
    of: PhantomData<T>,
}

impl<T: Serialize + DeserializeOwned> Journal<T> {
    /// The journal in `directory`, and what an earlier life has left in it: nothing where it cannot be read, which is told.
    /// `cost`: what is lost where it cannot be read or written, for the log.
    pub(crate) fn open(directory: &Path, name: &'static str, cost: &'static str) -> (Self, Vec<T>) {
        let folder = Folder::new(directory);
        let path = directory.join(name);
        let world = world();
        let left = folder.read(name).and_then(|text| match text {
            Some(text) => Ok(Some(serde_json::from_slice::<Contents<T>>(&text)?)),
            None => Ok(None),
        });
        let entries = match left {
            Ok(Some(contents)) if contents.world == world => contents.entries,
            Ok(_) => Vec::new(),
            Err(error) => {
                tracing::warn!(
                    path = %path.display(), %error,
                    "what an earlier run has left in the journal cannot be read; going on without: {cost}"
                );
                Vec::new()
            }
        };
        let keeper = File {
            folder,
            name,
            path: path.clone(),
            cost,
            last: None,
            failed: false,
        };
        let writer = keeper.on_a_thread().inspect_err(
            |error| tracing::warn!(path = %path.display(), %error, "the journal has no thread to write it: {cost}"),
        );
        let journal = Self {
            path,
            world,
            cost,
            writer: writer.ok(),
            of: PhantomData,
        };
        (journal, entries)
    }

    /// Has the list replaced; where nothing is left to be written down, the file goes.
    pub(crate) fn write(&self, entries: Vec<T>) {
        let Some(writer) = &self.writer else {
            return;
        };
        let world = self.world.clone();
        let text = if entries.is_empty() {
            Ok(Vec::new())
        } else {
            serde_json::to_vec(&Contents { world, entries })
        };
        match text {
            Ok(text) => writer.order(Order::Contents(text)),
            Err(error) => tracing::error!(%error, "the journal cannot be put into words"),
        }
    }

    /// As [`Journal::write`], before something is done that only the list would tell of: waits for the file, at most `limit`.
    pub(crate) fn write_first(&mut self, entries: Vec<T>, limit: Duration) {
        self.write(entries);
        self.settle(limit);
    }

    /// Makes good what others have done to the file: one that was deleted, or could not be written, is written again.
    pub(crate) fn audit(&self) {
        if let Some(writer) = &self.writer {
            writer.order(Order::Again);
        }
    }

    /// Waits for the file a moment, before a successor reads it.
    pub(crate) fn flush(&mut self) {
        self.settle(WRITTEN_FIRST);
    }

    fn settle(&mut self, limit: Duration) {
        let written = self.writer.as_mut().and_then(|writer| writer.wait(limit));
        // Who has no time to wait has not seen it fail.
        if written == Some(false) && !limit.is_zero() {
            tracing::warn!(
                path = %self.path.display(),
                "the journal was not written within {} ms (does the disk answer?); going on without: {}",
                limit.as_millis(),
                self.cost
            );
        }
    }
}

/// At a stop the file goes, and the process must not be gone before it.
impl<T> Drop for Journal<T> {
    fn drop(&mut self) {
        if let Some(writer) = &mut self.writer {
            let _written = writer.wait(WRITTEN_AT_LAST);
        }
    }
}

/// The thread's end of it.
struct File {
    folder: Folder,
    name: &'static str,
    path: PathBuf,
    cost: &'static str,
    /// What it is to be; `None`: nothing was ordered yet.
    last: Option<Vec<u8>>,
    /// Told already.
    failed: bool,
}

impl File {
    fn on_a_thread(mut self) -> io::Result<Writer> {
        Writer::start(move |order| self.carry_out(order))
    }

    fn carry_out(&mut self, order: Order) {
        let result = match order {
            Order::Contents(text) => {
                let result = self.make(&text);
                self.last = Some(text);
                result
            }
            Order::Again => self.make_again(),
        };
        if let Err(error) = &result
            && !self.failed
        {
            tracing::warn!(
                path = %self.path.display(), %error,
                "the journal cannot be written, tried again at every audit: {}", self.cost
            );
        }
        self.failed = result.is_err();
    }

    fn make(&self, text: &[u8]) -> io::Result<()> {
        if text.is_empty() {
            self.folder.remove(self.name)
        } else {
            self.folder.replace(self.name, text)
        }
    }

    fn make_again(&self) -> io::Result<()> {
        match &self.last {
            Some(text) if self.failed || (!text.is_empty() && !self.folder.has(self.name)?) => {
                self.make(text)
            }
            Some(_) | None => Ok(()),
        }
    }
}

fn world() -> String {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    // Of this thread: a program may have one in each namespace.
    let namespace = std::fs::read_link("/proc/thread-self/ns/net").unwrap_or_default();
    format!("{} {}", boot.trim(), namespace.display())
}

#[cfg(test)]
mod tests;
