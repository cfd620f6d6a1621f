//! What a crash would leave behind, written down for the next life: a list in a file of its own, replaced as a whole.

use std::fs;
use std::io;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

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
    failed: bool,
    of: PhantomData<T>,
}

impl<T: Serialize + DeserializeOwned> Journal<T> {
    /// Opens the journal in `directory` and reads what an earlier life has left. The directory is made where it is missing.
    /// `cost`: what is lost where it cannot be read or written, for the log.
    pub(crate) fn open(directory: &Path, name: &str, cost: &'static str) -> io::Result<(Self, Vec<T>)> {
        fs::create_dir_all(directory)?;
        let journal = Self {
            path: directory.join(name),
            world: world(),
            cost,
            failed: false,
            of: PhantomData,
        };
        let entries = match fs::read(&journal.path) {
            Ok(text) => journal.read(&text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error),
        };
        Ok((journal, entries))
    }

    fn read(&self, text: &[u8]) -> Vec<T> {
        match serde_json::from_slice::<Contents<T>>(text) {
            Ok(contents) if contents.world == self.world => contents.entries,
            Ok(_) => Vec::new(),
            Err(error) => {
                tracing::warn!(path = %self.path.display(), %error, "the journal cannot be read: {}", self.cost);
                Vec::new()
            }
        }
    }

    /// Replaces the list; where nothing is left to be written down, so is the file. A failure is told once and costs only
    /// what a crash would leave behind.
    pub(crate) fn write(&mut self, entries: Vec<T>) {
        let result = if entries.is_empty() {
            match fs::remove_file(&self.path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                Ok(()) | Err(_) => Ok(()),
            }
        } else {
            self.replace(entries)
        };
        if let Err(error) = result {
            if !self.failed {
                tracing::warn!(path = %self.path.display(), %error, "the journal cannot be written: {}", self.cost);
            }
            self.failed = true;
        } else {
            self.failed = false;
        }
    }

    fn replace(&self, entries: Vec<T>) -> io::Result<()> {
        let world = self.world.clone();
        let text = serde_json::to_vec(&Contents { world, entries })?;
        let new = self.path.with_extension("new");
        fs::write(&new, text)?;
        fs::rename(&new, &self.path)
    }
}

fn world() -> String {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    // Of this thread: a program may have one in each namespace.
    let namespace = fs::read_link("/proc/thread-self/ns/net").unwrap_or_default();
    format!("{} {}", boot.trim(), namespace.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "list.json";

    /// PRJ-ADDR-02: a later life of the same boot knows what was there; another boot, or a damaged file, knows nothing;
    /// of nothing no file is left.
    #[test]
    fn prj_addr_02_a_journal_outlives_a_crash_and_no_reboot() {
        let directory = std::env::temp_dir().join(format!("vrrp-net-journal-{}", std::process::id()));
        let open = || Journal::<String>::open(&directory, NAME, "a test").unwrap();
        let (mut journal, left) = open();
        assert!(left.is_empty());
        journal.write(vec!["one".to_owned(), "two".to_owned()]);
        journal.write(vec!["three".to_owned()]);
        let (mut journal, left) = open();
        assert_eq!(left, ["three"]);

        fs::write(&journal.path, br#"{"world":"another","entries":["four"]}"#).unwrap();
        assert!(open().1.is_empty());
        fs::write(&journal.path, b"{\"world").unwrap();
        assert!(open().1.is_empty());
        journal.write(Vec::new());
        assert_eq!(
            fs::read_dir(&directory).unwrap().count(),
            0,
            "nothing stays behind"
        );
        fs::remove_dir_all(&directory).unwrap();
    }
}
