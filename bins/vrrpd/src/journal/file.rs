//! `--events-file FILE`: the events on disk. A thread of its own writes them; nobody waits for it.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use tokio::time::sleep;
use tracing::{info, warn};
use vrrp_control::{Event, EventsFile};

use super::ring::Entry;
use crate::record::ours;

/// Events that wait for the disk.
const WAITING_MAX: usize = 4096;
/// A disk that does not answer keeps no daemon from starting.
const OPENED_WITHIN: Duration = Duration::from_secs(1);
/// The last line is within the last so many octets.
const TAIL_OCTETS: u64 = 64 * 1024;
/// How often the end looks whether the last line is written.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// The near end.
#[derive(Debug)]
pub(crate) struct Paper {
    path: String,
    first: u64,
    queue: SyncSender<Arc<Entry>>,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    waiting: AtomicU64,
    written: AtomicU64,
    dropped: AtomicU64,
    /// Lines do not reach the disk at the moment, which was told.
    failing: AtomicBool,
}

impl Paper {
    /// Begins, or goes on where an earlier daemon has ended; `None`, told why, where that cannot be.
    pub(crate) fn open(path: &Path, mebioctets_max: u32) -> Option<Self> {
        let shown = path.display().to_string();
        match Self::try_open(path, u64::from(mebioctets_max) << 20) {
            Ok(paper) => {
                info!(
                    "events are written to {shown}, at most {mebioctets_max} MiB with {shown}.1; the next one has number {}",
                    paper.first
                );
                Some(paper)
            }
            Err(error) => {
                warn!(
                    "--events-file {shown}: {error}. Events are kept in memory only; everything else goes on"
                );
                None
            }
        }
    }

    fn try_open(path: &Path, octets_max: u64) -> io::Result<Self> {
        let (queue, entries) = sync_channel(WAITING_MAX);
        let (opened, first) = sync_channel(1);
        let shared = Arc::<Shared>::default();
        let pen = (path.to_owned(), Arc::clone(&shared));
        let _detached = std::thread::Builder::new()
            .name("events".to_owned())
            .spawn(move || {
                let (path, shared) = pen;
                let place = Place::open(&path, octets_max / 2);
                let (place, first) = match place {
                    Ok((place, last)) => (Some(place), Ok(last.saturating_add(1))),
                    Err(error) => (None, Err(error)),
                };
                // Who asked has gone on without: nothing is written then, for the numbers are others.
                if let (Some(mut place), Ok(())) = (place, opened.send(first)) {
                    write(&mut place, &entries, &shared);
                }
            })?;
        let first = first.recv_timeout(OPENED_WITHIN).map_err(|_| {
            io::Error::other(format!(
                "the disk gave no answer within {} s",
                OPENED_WITHIN.as_secs()
            ))
        })??;
        Ok(Self {
            path: path.display().to_string(),
            first,
            queue,
            shared,
        })
    }

    /// The number of the first event of this daemon.
    pub(crate) const fn first(&self) -> u64 {
        self.first
    }

    /// Hands one over, or drops it where too many wait.
    pub(super) fn put(&self, entry: &Arc<Entry>) {
        let _waiting = self.shared.waiting.fetch_add(1, Ordering::AcqRel);
        if self.queue.try_send(Arc::clone(entry)).is_err() {
            let _waiting = self.shared.waiting.fetch_sub(1, Ordering::AcqRel);
            let _dropped = self.shared.dropped.fetch_add(1, Ordering::Relaxed);
            if !self.shared.failing.swap(true, Ordering::AcqRel) {
                warn!(
                    "{}: the disk does not keep up: events are missing there until it does; nothing else is lost",
                    self.path
                );
            }
        }
    }

    pub(super) fn status(&self) -> EventsFile {
        EventsFile {
            path: self.path.clone(),
            written: self.shared.written.load(Ordering::Relaxed),
            dropped: self.shared.dropped.load(Ordering::Relaxed),
            well: !self.shared.failing.load(Ordering::Relaxed),
        }
    }

    /// Waits until everything was tried; for ever on a disk that hangs.
    pub(super) async fn written(&self) {
        while self.shared.waiting.load(Ordering::Acquire) > 0 {
            sleep(LOOK_EVERY).await;
        }
    }
}

/// The far end, until the daemon ends.
fn write(place: &mut Place, entries: &Receiver<Arc<Entry>>, shared: &Shared) {
    let shown = place.path.display().to_string();
    for entry in entries {
        let line = entry.event.to_line().map_err(io::Error::other);
        match line.and_then(|line| place.append(&line)) {
            Ok(()) => {
                let _written = shared.written.fetch_add(1, Ordering::Relaxed);
                if shared.failing.swap(false, Ordering::AcqRel) {
                    let dropped = shared.dropped.load(Ordering::Relaxed);
                    info!("{shown} is written again; {dropped} events in all are missing there");
                }
            }
            Err(error) => {
                let _dropped = shared.dropped.fetch_add(1, Ordering::Relaxed);
                if !shared.failing.swap(true, Ordering::AcqRel) {
                    warn!(
                        "{shown}: {error}. Events are missing there until it can be written; nothing else is"
                    );
                }
            }
        }
        let _waiting = shared.waiting.fetch_sub(1, Ordering::AcqRel);
    }
}

/// The file of now, and the one before it.
struct Place {
    path: PathBuf,
    file: File,
    octets_max: u64,
}

impl Place {
    /// Also the number of the last event that is there, 0 for none.
    fn open(path: &Path, octets_max: u64) -> io::Result<(Self, u64)> {
        let mut file = File::from(ours(path)?);
        let last = match last_of(&mut file)? {
            Some((last, whole)) => {
                if !whole {
                    // A daemon that was killed in the middle of a line.
                    file.write_all(b"\n")?;
                }
                last
            }
            // It may have been put aside just before the end.
            None => match File::open(before(path)) {
                Ok(mut before) => last_of(&mut before).ok().flatten().map_or(0, |(last, _)| last),
                Err(_) => 0,
            },
        };
        let place = Self {
            path: path.to_owned(),
            file,
            octets_max,
        };
        Ok((place, last))
    }

    fn append(&mut self, line: &str) -> io::Result<()> {
        let mut found = self.file.metadata()?;
        if found.nlink() == 0 {
            self.file = File::from(ours(&self.path)?);
            found = self.file.metadata()?;
        }
        let mut octets = found.len();
        if octets > 0 && octets.saturating_add(line.len() as u64) > self.octets_max {
            std::fs::rename(&self.path, before(&self.path))?;
            self.file = File::from(ours(&self.path)?);
            octets = self.file.metadata()?.len();
        }
        let written = self.file.write_all(line.as_bytes());
        if written.is_err() {
            // Half a line would be one too many; where this fails as well, a reader sees that it was cut.
            let _cut = self.file.set_len(octets);
        }
        written
    }
}

/// `FILE.1`.
fn before(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".1");
    PathBuf::from(name)
}

/// The number of the last event of a file, and whether the last line has its end; `None`: it is empty.
fn last_of(file: &mut File) -> io::Result<Option<(u64, bool)>> {
    let octets = file.metadata()?.len();
    if octets == 0 {
        return Ok(None);
    }
    file.seek(SeekFrom::Start(octets.saturating_sub(TAIL_OCTETS)))?;
    let mut tail = Vec::new();
    file.take(TAIL_OCTETS).read_to_end(&mut tail)?;
    let mut lines = tail.rsplit(|octet| *octet == b'\n');
    let last = lines.find_map(|line| Event::from_line(line).ok());
    let Some(last) = last else {
        return Err(io::Error::other(
            "it exists and holds no events; it is left alone. Name another file",
        ));
    };
    Ok(Some((last.seq, tail.ends_with(b"\n"))))
}

#[cfg(test)]
mod tests;
