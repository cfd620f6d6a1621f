//! Many files on one inotify, by one thread that sleeps until something happens.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
use rustix::io::Errno;
use vrrp_core::Health;

use super::places::{Place, places};
use super::reading::{Reading, read};
use super::{FileSpec, FileStatus};
use crate::probe::Outcome;
use crate::runner::Change;

/// What inotify does not tell is found by a look now and then: a file system mounted over a folder, a file on another
/// machine that shares it, a writer that never closes.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// The same where a folder cannot be watched at all.
const LOOK_WITHOUT_WATCH_EVERY: Duration = Duration::from_secs(1);
/// A file that is being written is empty for a moment, and empty counts as 0: it is looked at again before it does.
const EMPTY_FOR: Duration = Duration::from_millis(20);
/// Folders that change while they are being watched: so often is the way looked up again.
const ARM_ATTEMPTS: u32 = 8;
/// The thread needs little.
const STACK_OCTETS: usize = 256 * 1024;

/// Follows files. The first look happens in [`add`](Self::add); after it the kernel tells of every change: writing,
/// creation, removal, renaming, a link that points elsewhere, a folder that comes later.
///
/// Dropping it ends the watch.
///
/// ```
/// use std::time::Duration;
/// use healthcheck::{FileSpec, FileWatch, Health};
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("load");
/// let (tell, told) = std::sync::mpsc::channel();
/// // With vrrp-net: handle.set_health(instance, tracker, change.health)
/// let mut files = FileWatch::new(move |change| drop(tell.send(change)))?;
/// files.add(FileSpec { name: "load".into(), path: path.clone(), init: None });
/// assert_eq!(told.recv()?.health, Health::Value(0)); // not there yet
/// std::fs::write(&path, "-20\n")?;
/// let change = told.recv_timeout(Duration::from_secs(10))?;
/// assert_eq!((&*change.name, change.health), ("load", Health::Value(-20)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct FileWatch {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    inotify: OwnedFd,
    /// Written to: the thread looks at `files` again.
    wake: OwnedFd,
    files: Mutex<Files>,
    /// Apart from `files`, which is locked while a slow disk is read.
    known: Mutex<BTreeMap<Arc<str>, FileStatus>>,
    on_change: Box<dyn Fn(Change) + Send + Sync>,
}

#[derive(Default)]
struct Files {
    by_name: BTreeMap<Arc<str>, Watched>,
    /// Every descriptor there is.
    armed: BTreeSet<i32>,
    stop: bool,
}

struct Watched {
    path: PathBuf,
    /// Watch descriptors, each with the name that matters in its folder.
    on: Vec<(i32, OsString)>,
    /// Why not every folder is watched.
    late: Option<String>,
}

impl fmt::Debug for FileWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileWatch")
            .field("files", &self.statuses())
            .finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl FileWatch {
    /// `on_change` is told the first number of each file, from [`add`](Self::add), and every other from a thread of the
    /// watch. It must not block, and not call this watch: it sends the change on.
    ///
    /// # Errors
    /// Where the kernel gives no inotify (`fs.inotify.max_user_instances`) or no thread.
    pub fn new(on_change: impl Fn(Change) + Send + Sync + 'static) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            inotify: inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC)?,
            wake: eventfd(0, EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC)?,
            files: Mutex::default(),
            known: Mutex::default(),
            on_change: Box::new(on_change),
        });
        let thread = std::thread::Builder::new()
            .name("files".to_owned())
            .stack_size(STACK_OCTETS)
            .spawn({
                let shared = Arc::clone(&shared);
                move || shared.run()
            })?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    /// Begins to follow a file, or follows another one by this name: what was known stays until the first look, which
    /// this call waits for. Answers with the number.
    pub fn add(&mut self, spec: FileSpec) -> i32 {
        let FileSpec { name, path, init } = spec;
        if let Some(Err(error)) = init.map(|init| init.write(&path)) {
            tracing::warn!(file = &*name, "{}: cannot be created: {error}", path.display());
        }
        let mut files = lock(&self.shared.files);
        let watched = Watched {
            path,
            on: Vec::new(),
            late: None,
        };
        files.by_name.insert(Arc::clone(&name), watched);
        self.shared.look(&mut files, &name, true);
        self.shared.forget_unused(&mut files);
        drop(files);
        self.shared.wake();
        lock(&self.shared.known).get(&name).map_or(0, |known| known.value)
    }

    /// Follows a file no longer. False if there is none of this name.
    pub fn remove(&mut self, name: &str) -> bool {
        let mut files = lock(&self.shared.files);
        let removed = files.by_name.remove(name).is_some();
        self.shared.forget_unused(&mut files);
        lock(&self.shared.known).remove(name);
        removed
    }

    /// All that is known of a file.
    #[must_use]
    pub fn status(&self, name: &str) -> Option<FileStatus> {
        lock(&self.shared.known).get(name).cloned()
    }

    /// The number of a file as a health; unknown if there is none of this name.
    #[must_use]
    pub fn health(&self, name: &str) -> Health {
        self.status(name)
            .map_or(Health::Unknown, |known| Health::Value(known.value))
    }

    /// All that is known of every file, by name.
    #[must_use]
    pub fn statuses(&self) -> Vec<FileStatus> {
        lock(&self.shared.known).values().cloned().collect()
    }
}

impl Drop for FileWatch {
    fn drop(&mut self) {
        lock(&self.shared.files).stop = true;
        self.shared.wake();
        if let Some(thread) = self.thread.take() {
            // It panicked: nothing more to end.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn wake(&self) {
        // Full: it is awake already.
        let _ = rustix::io::write(&self.wake, &1_u64.to_ne_bytes());
    }

    fn run(&self) {
        let mut looked = Instant::now();
        loop {
            let every = {
                let files = lock(&self.files);
                if files.stop {
                    return;
                }
                files.look_every()
            };
            self.sleep(every.map(|every| every.saturating_sub(looked.elapsed())));
            let mut files = lock(&self.files);
            if files.stop {
                return;
            }
            for name in self.touched(&files) {
                self.look(&mut files, &name, true);
            }
            if every.is_some_and(|every| looked.elapsed() >= every) {
                looked = Instant::now();
                let all: Vec<_> = files.by_name.keys().cloned().collect();
                for name in all {
                    self.look(&mut files, &name, false);
                }
            }
            self.forget_unused(&mut files);
        }
    }

    fn sleep(&self, limit: Option<Duration>) {
        let limit = limit.and_then(|limit| Timespec::try_from(limit).ok());
        let mut on = [
            PollFd::new(&self.inotify, PollFlags::IN),
            PollFd::new(&self.wake, PollFlags::IN),
        ];
        // A signal: the next turn finds nothing, and sleeps again.
        let _ = poll(&mut on, limit.as_ref());
        let mut count = [0; 8];
        let _ = rustix::io::read(&self.wake, &mut count);
    }

    /// The files whose way has changed by what inotify has told.
    fn touched(&self, files: &Files) -> BTreeSet<Arc<str>> {
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut events = inotify::Reader::new(&self.inotify, &mut buffer);
        let mut touched = BTreeSet::new();
        loop {
            match events.next() {
                Ok(event) => {
                    let name = event.file_name().map(|name| OsStr::from_bytes(name.to_bytes()));
                    // Whatever happens to the folder itself, and what was lost, concerns every name in it.
                    let all = event.events().contains(ReadFlags::QUEUE_OVERFLOW);
                    let concerns = |watched: &Watched| {
                        let mut on = watched.on.iter();
                        all || on.any(|(descriptor, step)| {
                            *descriptor == event.wd() && name.is_none_or(|name| name == step)
                        })
                    };
                    let names = files.by_name.iter().filter(|(_, watched)| concerns(watched));
                    touched.extend(names.map(|(name, _)| Arc::clone(name)));
                }
                Err(Errno::INTR) => {}
                Err(_none) => return touched,
            }
        }
    }

    /// Watches the way to a file, reads it, and tells what is new.
    fn look(&self, files: &mut Files, name: &Arc<str>, told: bool) {
        let Some(watched) = files.by_name.get_mut(name) else {
            return;
        };
        self.arm(watched);
        files
            .armed
            .extend(watched.on.iter().map(|(descriptor, _)| *descriptor));
        let known = lock(&self.known).get(name).map(|known| known.value);
        let mut reading = read(&watched.path);
        let differs = known.is_some() && reading.value.is_some() && known != reading.value;
        // What nobody told may be half written.
        if differs && (reading.empty || !told) {
            std::thread::sleep(EMPTY_FOR);
            reading = read(&watched.path);
        }
        self.take(name, watched, reading);
    }

    fn take(&self, name: &Arc<str>, watched: &Watched, reading: Reading) {
        let now = Instant::now();
        let mut all = lock(&self.known);
        let before = all.get(name).map(|known| (known.value, known.since, known.reads));
        let value = reading.value.or(before.map(|(value, _, _)| value)).unwrap_or(0);
        let changed = before.is_none_or(|(known, _, _)| known != value);
        let status = FileStatus {
            name: Arc::clone(name),
            path: watched.path.clone(),
            value,
            found: reading.found,
            late: watched.late.clone(),
            since: before.filter(|_| !changed).map_or(now, |(_, since, _)| since),
            reads: before.map_or(0, |(_, _, reads)| reads).saturating_add(1),
        };
        let change = changed.then(|| Change {
            name: Arc::clone(name),
            health: Health::Value(status.value),
            before: before.map_or(Health::Unknown, |(value, _, _)| Health::Value(value)),
            degraded: false,
            outcome: Outcome::pass(
                format!("{} {}", status.path.display(), status.found),
                Duration::ZERO,
            ),
        });
        all.insert(Arc::clone(name), status);
        drop(all);
        if let Some(change) = change {
            (self.on_change)(change);
        }
    }

    /// Watches every folder on the way, until the way is the same before and after.
    fn arm(&self, watched: &mut Watched) {
        let mut way = places(&watched.path);
        for _ in 0..ARM_ATTEMPTS {
            watched.late = None;
            watched.on.clear();
            for Place { folder, name } in &way {
                match inotify::add_watch(&self.inotify, folder, WATCHED) {
                    Ok(descriptor) => watched.on.push((descriptor, name.clone())),
                    Err(error) => watched.late = Some(unwatched(folder, error)),
                }
            }
            let again = places(&watched.path);
            if again == way {
                return;
            }
            way = again;
        }
    }

    /// Descriptors that no file needs any more.
    fn forget_unused(&self, files: &mut Files) {
        let on = files.by_name.values().flat_map(|watched| &watched.on);
        let used: BTreeSet<i32> = on.map(|(descriptor, _)| *descriptor).collect();
        for unused in files.armed.difference(&used) {
            // Gone with its folder: nothing more to end.
            let _ = inotify::remove_watch(&self.inotify, *unused);
        }
        files.armed = used;
    }
}

/// What makes a path mean something else, or its file say something else.
const WATCHED: WatchFlags = WatchFlags::CREATE
    .union(WatchFlags::DELETE)
    .union(WatchFlags::MOVED_FROM)
    .union(WatchFlags::MOVED_TO)
    .union(WatchFlags::CLOSE_WRITE)
    .union(WatchFlags::ATTRIB)
    .union(WatchFlags::DELETE_SELF)
    .union(WatchFlags::MOVE_SELF)
    .union(WatchFlags::ONLYDIR);

fn unwatched(folder: &Path, error: Errno) -> String {
    let help = match error {
        Errno::NOSPC => " (sysctl fs.inotify.max_user_watches)",
        _ => "",
    };
    format!(
        "{} cannot be watched: {error}{help}; the file is read every {} s instead",
        folder.display(),
        LOOK_WITHOUT_WATCH_EVERY.as_secs()
    )
}

impl Files {
    fn look_every(&self) -> Option<Duration> {
        let all = self.by_name.values();
        all.map(|watched| match watched.late {
            Some(_) => LOOK_WITHOUT_WATCH_EVERY,
            None => LOOK_EVERY,
        })
        .min()
    }
}
