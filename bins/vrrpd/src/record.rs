//! `--record FILE`: what the routers were told and what they decided, one line each, for `vrrpctl replay`.
//!
//! Nothing depends on it: a file that cannot be written is told, and the daemon goes on.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustix::fs::{FileType, Mode, OFlags, fstat, open, openat};
use rustix::io::Errno;
use rustix::process::geteuid;
use rustix::time::{ClockId, clock_gettime};
use tracing::{info, warn};
use vrrp_control::RecordingStatus;
use vrrp_core::Instant;
use vrrp_net::Driver;
use vrrp_recording::{HEADER, Progress, Recorder, Sink, Told, Writing};

use crate::arguments::Arguments;

/// Lines that wait for the disk: some seconds of a node with a thousand routers.
const WAITING_MAX: usize = 16_384;
/// How long the end waits for the last line.
const FINISH_WITHIN: Duration = Duration::from_millis(500);
/// Write permission for the group or for others.
const OTHERS_MAY_WRITE: u32 = 0o022;
/// In a folder like /tmp nobody can put something else in the place of our file.
const STICKY: u32 = 0o1000;

/// A recording that runs.
pub(crate) struct Recording {
    path: PathBuf,
    writing: Writing,
}

/// One that runs, for the status.
#[derive(Debug)]
pub(crate) struct Watched {
    path: String,
    progress: Progress,
}

impl Watched {
    pub(crate) fn of(recording: &Recording) -> Self {
        Self {
            path: recording.path.display().to_string(),
            progress: recording.writing.progress(),
        }
    }

    pub(crate) fn status(&self) -> RecordingStatus {
        RecordingStatus {
            path: self.path.clone(),
            dropped: self.progress.lost(),
            well: self.progress.is_well(),
        }
    }
}

/// Begins one, where one is asked for; `None`, told why, where it cannot be.
pub(crate) fn begin(arguments: &Arguments, driver: &mut Driver) -> Option<Recording> {
    let path = arguments.record.as_ref()?;
    let mebioctets_max = arguments.record_limit;
    let shown = path.display().to_string();
    let told = {
        let shown = shown.clone();
        move |what| tell(&shown, &what)
    };
    let started = Place::open(path, u64::from(mebioctets_max) << 20)
        .and_then(|place| Recorder::start(place, now(), &details(), WAITING_MAX, told));
    match started {
        Ok((recorder, writing)) => {
            info!("recording to {shown}, at most {mebioctets_max} MiB; `vrrpctl replay {shown}` shows it");
            driver.set_witness(recorder);
            let path = path.to_owned();
            Some(Recording { path, writing })
        }
        Err(error) => {
            warn!("--record {shown}: {error}. Nothing is recorded; everything else goes on");
            None
        }
    }
}

/// Waits a moment for the last line, once the routers are gone.
pub(crate) fn finish(recording: Option<Recording>) {
    if let Some(Recording { path, writing }) = recording
        && !writing.finish(FINISH_WITHIN)
    {
        warn!(
            "the recording {} was not complete within {} ms; its last lines may be missing",
            path.display(),
            FINISH_WITHIN.as_millis()
        );
    }
}

fn tell(path: &str, what: &Told) {
    match what {
        Told::Failed(error) => {
            warn!(
                "{path} cannot be written: {error}. Lines of the recording are lost until it can; nothing else is"
            );
        }
        Told::Again { lost } => info!("{path} is written again; {lost} lines of the recording are missing"),
        Told::Behind { lost } => {
            warn!("the recording could not keep up: {lost} lines are missing in {path}");
        }
    }
}

fn details() -> String {
    let node = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let wall = wall.unwrap_or_default();
    format!(
        "program=vrrpd-{} node={} wall={}.{:09}",
        env!("CARGO_PKG_VERSION"),
        node.trim(),
        wall.as_secs(),
        wall.subsec_nanos()
    )
}

/// The clock that the routers are told.
fn now() -> Instant {
    let now = clock_gettime(ClockId::Boottime);
    let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
    let nanos = u64::try_from(now.tv_nsec).unwrap_or(0);
    Instant::from_nanos(seconds.saturating_mul(1_000_000_000).saturating_add(nanos))
}

/// A file that is ours alone, and a recording already or empty.
struct Place {
    file: File,
    octets_max: u64,
}

impl Place {
    fn open(path: &Path, octets_max: u64) -> io::Result<Self> {
        let mut file = File::from(ours(path)?);
        let octets = file.metadata()?.len();
        if octets > 0 {
            let mut start = vec![0; HEADER.len()];
            let read = file.read_exact(&mut start);
            if read.is_err() || start != HEADER.as_bytes() {
                return Err(io::Error::other(
                    "it exists and is no recording; it is left alone. Name another file",
                ));
            }
            // A run that was killed in the middle of a line.
            file.write_all(b"\n")?;
        }
        Ok(Self { file, octets_max })
    }
}

/// Opens it to append, or makes it; nothing is followed, and nobody else may write there.
pub(crate) fn ours(path: &Path) -> io::Result<std::os::fd::OwnedFd> {
    let name = path
        .file_name()
        .ok_or_else(|| io::Error::other("it names no file"))?;
    let parent = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        Some(_) | None => Path::new("."),
    };
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let folder = open(parent, flags, Mode::empty())
        .map_err(|error| io::Error::other(format!("the folder {}: {error}", parent.display())))?;
    let stat = fstat(&folder)?;
    let (owner, mode) = (stat.st_uid, stat.st_mode);
    if (owner != 0 && owner != geteuid().as_raw()) || (mode & OTHERS_MAY_WRITE != 0 && mode & STICKY == 0) {
        return Err(io::Error::other(format!(
            "others may change the folder {} (owner {owner}, mode {:o}), and what is written there",
            parent.display(),
            mode & 0o7777
        )));
    }
    // Not waiting for the other end of a pipe.
    let flags = OFlags::RDWR
        | OFlags::APPEND
        | OFlags::CREATE
        | OFlags::NOFOLLOW
        | OFlags::NONBLOCK
        | OFlags::CLOEXEC;
    let file = match openat(&folder, name, flags, Mode::RUSR | Mode::WUSR) {
        Ok(file) => file,
        Err(Errno::LOOP) => return Err(io::Error::other("it is a symbolic link, which is not followed")),
        Err(error) => return Err(error.into()),
    };
    let stat = fstat(&file)?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile || stat.st_nlink > 1 {
        return Err(io::Error::other("it is not a file of its own"));
    }
    if stat.st_uid != geteuid().as_raw() || stat.st_mode & OTHERS_MAY_WRITE != 0 {
        return Err(io::Error::other(format!(
            "others may write it (owner {}, mode {:o})",
            stat.st_uid,
            stat.st_mode & 0o7777
        )));
    }
    Ok(file)
}

impl Sink for Place {
    fn append(&mut self, lines: &str) -> io::Result<()> {
        let before = self.file.metadata()?.len();
        if before.saturating_add(lines.len() as u64) > self.octets_max {
            return Err(io::Error::other(format!(
                "it has reached the limit of {} MiB (--record-limit)",
                self.octets_max >> 20
            )));
        }
        let written = self.file.write_all(lines.as_bytes());
        if written.is_err() {
            // Half a line would be one too many. Where this fails as well, the reader sees that it was cut.
            let _cut = self.file.set_len(before);
        }
        written
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    use super::*;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        folder
    }

    fn refusal(path: &Path) -> String {
        match Place::open(path, 1 << 20) {
            Ok(_) => panic!("{} was opened", path.display()),
            Err(error) => error.to_string(),
        }
    }

    /// The daemon runs as root: what others may have put there is neither followed nor written to.
    #[test]
    fn what_is_not_ours_is_left_alone() {
        let folder = folder();
        let folder = folder.path();
        let (precious, file) = (folder.join("precious"), folder.join("recording"));
        fs::write(&precious, "precious").unwrap();
        fs::set_permissions(&precious, fs::Permissions::from_mode(0o600)).unwrap();
        symlink(&precious, &file).unwrap();
        assert!(refusal(&file).contains("symbolic link"));
        fs::remove_file(&file).unwrap();
        fs::hard_link(&precious, &file).unwrap();
        assert!(refusal(&file).contains("file of its own"));
        fs::remove_file(&file).unwrap();
        assert!(refusal(&precious).contains("no recording"));
        nix::unistd::mkfifo(&file, nix::sys::stat::Mode::S_IRWXU).unwrap();
        assert!(refusal(&file).contains("file of its own"));
        assert!(refusal(folder).contains("directory") || refusal(folder).contains("folder"));
        assert!(refusal(&folder.join("none").join("x")).contains("none"));
        fs::remove_file(&file).unwrap();

        fs::write(&file, format!("{HEADER} 1\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).unwrap();
        assert!(refusal(&file).contains("others may write it"));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        fs::set_permissions(folder, fs::Permissions::from_mode(0o777)).unwrap();
        assert!(refusal(&file).contains("others may change the folder"));
        fs::set_permissions(folder, fs::Permissions::from_mode(0o1777)).unwrap();
        assert!(Place::open(&file, 1 << 20).is_ok());
        assert_eq!(fs::read_to_string(&precious).unwrap(), "precious");
    }

    #[test]
    fn a_later_run_goes_on_behind_the_earlier_one_up_to_the_limit() {
        let folder = folder();
        let folder = folder.path();
        let file = folder.join("recording");
        let mut place = Place::open(&file, 100).unwrap();
        assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
        place
            .append(&format!("{HEADER} 1 first\n0.000000000 x ti"))
            .unwrap();
        drop(place);
        let mut place = Place::open(&file, 100).unwrap();
        place.append(&format!("{HEADER} 1 second\n")).unwrap();
        let long = "x".repeat(100);
        assert!(
            place
                .append(&long)
                .unwrap_err()
                .to_string()
                .contains("--record-limit")
        );
        let text = fs::read_to_string(&file).unwrap();
        assert_eq!(
            text,
            format!("{HEADER} 1 first\n0.000000000 x ti\n{HEADER} 1 second\n")
        );
    }

    /// A disk that is full: what was written of a batch is taken back.
    #[test]
    fn a_full_disk_leaves_no_half_line() {
        let mut place = Place {
            file: fs::OpenOptions::new().append(true).open("/dev/full").unwrap(),
            octets_max: 1 << 20,
        };
        let error = place.append("a line\n").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }
}
