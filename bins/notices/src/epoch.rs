//! A number that only grows: over changes, over restarts, and over a clock that steps back.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// So far ahead of what was given out is written down, in microseconds: a busy node writes once a minute.
const AHEAD_US: u64 = 60_000_000;

/// Gives out epochs: the microseconds since 1970, but always more than the one before.
///
/// What is given out next is more than anything that a process before this one gave out, because a bound is in the file
/// **before** a number beyond it leaves ([`bound_for`](Self::bound_for)). Without a file, or where it is lost, the
/// clock alone stands for that.
#[derive(Debug)]
pub struct Epochs {
    file: Option<PathBuf>,
    last: u64,
    /// Nothing beyond it leaves before more is written down.
    bound: u64,
}

impl Epochs {
    /// Goes on behind what `file` says. A file that is absent, or holds no number, is as none: the clock decides.
    #[must_use]
    pub fn open(file: Option<PathBuf>) -> Self {
        let read = file.as_deref().map(read);
        let last = match read {
            Some(Ok(last)) => last,
            Some(Err(error)) => {
                let path = file.as_deref().unwrap_or(Path::new("")).display();
                tracing::warn!(
                    "{path} cannot be read ({error}): epochs of webhooks go on by the clock alone"
                );
                0
            }
            None => 0,
        };
        Self {
            file,
            last,
            bound: last,
        }
    }

    /// The next one, at this time of the clock.
    pub fn next(&mut self, now: SystemTime) -> u64 {
        let now = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let now = u64::try_from(now.as_micros()).unwrap_or(u64::MAX);
        self.last = self.last.saturating_add(1).max(now);
        self.last
    }

    /// What has to be written down, and where, before `epoch` leaves; `None`: nothing.
    #[must_use]
    pub fn bound_for(&self, epoch: u64) -> Option<(PathBuf, u64)> {
        let file = self.file.clone().filter(|_| epoch > self.bound)?;
        Some((file, epoch.saturating_add(AHEAD_US)))
    }

    /// It is written down; also where that failed: it is not tried again for each one.
    pub fn bounded(&mut self, bound: u64) {
        self.bound = self.bound.max(bound);
    }
}

fn read(file: &Path) -> io::Result<u64> {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error),
    };
    let number = text.trim().parse();
    number.map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it holds no number"))
}

/// Whole or not at all, and on the disk.
pub(crate) fn write(file: &Path, bound: u64) -> io::Result<()> {
    let mut fresh = file.as_os_str().to_owned();
    fresh.push(".new");
    let mut out = File::create(&fresh)?;
    writeln!(out, "{bound}")?;
    out.sync_all()?;
    std::fs::rename(&fresh, file)?;
    // The name is the folder's: without this a power cut may leave the old file under it.
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(us: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_micros(us)
    }

    /// As the desk does it: nothing leaves that the file does not cover.
    fn leave(epochs: &mut Epochs, epoch: u64) {
        if let Some((file, bound)) = epochs.bound_for(epoch) {
            write(&file, bound).unwrap();
            epochs.bounded(bound);
        }
    }

    #[test]
    fn it_is_the_clock_and_grows_though_the_clock_steps_back() {
        let mut epochs = Epochs::open(None);
        assert_eq!(epochs.next(at(1_000)), 1_000);
        assert_eq!(epochs.next(at(1_000)), 1_001);
        assert_eq!(epochs.next(at(400)), 1_002);
        assert_eq!(epochs.next(at(5_000)), 5_000);
        assert_eq!(
            epochs.next(SystemTime::UNIX_EPOCH - Duration::from_secs(9)),
            5_001
        );
    }

    #[test]
    fn it_grows_over_a_restart_though_the_clock_steps_back() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("epoch");
        let mut epochs = Epochs::open(Some(file.clone()));
        let first = epochs.next(at(70_000_000));
        assert_eq!(epochs.bound_for(first), Some((file.clone(), 130_000_000)));
        leave(&mut epochs, first);
        let second = epochs.next(at(130_000_000));
        assert_eq!(epochs.bound_for(second), None, "covered already");
        drop(epochs);
        // Nobody has written anything at the end: it was killed.
        let mut epochs = Epochs::open(Some(file));
        assert_eq!(epochs.next(at(3_000)), 130_000_001);
    }

    #[test]
    fn a_spoilt_file_leaves_the_clock() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("epoch");
        std::fs::write(&file, "what").unwrap();
        let mut epochs = Epochs::open(Some(file));
        assert_eq!(epochs.next(at(77)), 77);
        assert!(epochs.bound_for(77).is_some());
    }
}
