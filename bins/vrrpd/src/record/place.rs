//! The file of a recording: ours alone, bounded, and never half a line.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;

use rustix::fs::{FileType, Mode, OFlags, Stat, fstat, open, openat};
use rustix::io::Errno;
use rustix::process::geteuid;
use vrrp_recording::{HEADER, Sink};

use super::counts::Counts;

/// Write permission for the group or for others.
const OTHERS_MAY_WRITE: u32 = 0o022;
/// In a folder like /tmp nobody can put something else in the place of our file.
const STICKY: u32 = 0o1000;
/// Such a folder.
const EVERYBODYS: u32 = STICKY | 0o002;

/// A file that is ours alone, and a recording already or empty.
#[derive(Debug)]
pub(super) struct Place {
    file: File,
    octets_max: u64,
    /// What it is bounded by, where a reader of the log looks for it.
    limit: &'static str,
    counts: Arc<Counts>,
}

/// Who may have a file made where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    /// Root's word, or that of our own user: in every folder that is safe.
    Ours,
    /// Of one who may steer us and is neither: where everybody may make a file. As root we would make it for them anywhere.
    Guest,
}

impl Place {
    /// One that is continued, or made.
    pub(super) fn open(path: &Path, octets_max: u64, counts: Arc<Counts>) -> io::Result<Self> {
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
        Ok(Self {
            file,
            octets_max,
            limit: "--record-limit",
            counts,
        })
    }

    /// A new one: nothing that is there is touched, and no link followed.
    pub(super) fn make(path: &Path, whose: Whose, octets_max: u64, counts: Arc<Counts>) -> io::Result<Self> {
        let (folder, name) = folder(path)?;
        let everybodys = folder.stat.st_mode & EVERYBODYS == EVERYBODYS;
        if whose == Whose::Guest && geteuid().is_root() && !everybodys {
            return Err(io::Error::other(format!(
                "in {} only root may have vrrpd make a file; name one in a folder where everybody may, as /var/tmp",
                folder.name.display()
            )));
        }
        let flags = OFlags::WRONLY
            | OFlags::APPEND
            | OFlags::CREATE
            | OFlags::EXCL
            | OFlags::NOFOLLOW
            | OFlags::CLOEXEC;
        let file = match openat(&folder.fd, name, flags, Mode::RUSR | Mode::WUSR) {
            Ok(file) => File::from(file),
            Err(Errno::EXIST) => {
                return Err(io::Error::other(
                    "it exists; a recording that is begun here makes its file. Name another one",
                ));
            }
            Err(error) => return Err(error.into()),
        };
        Ok(Self {
            file,
            octets_max,
            limit: "--limit",
            counts,
        })
    }
}

/// Where a file is, or is to be.
struct Folder<'a> {
    fd: OwnedFd,
    stat: Stat,
    name: &'a Path,
}

/// Nobody else can change what is in it, or it is like /tmp.
fn folder(path: &Path) -> io::Result<(Folder<'_>, &std::ffi::OsStr)> {
    let name = path
        .file_name()
        .ok_or_else(|| io::Error::other("it names no file"))?;
    let parent = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        Some(_) | None => Path::new("."),
    };
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let fd = open(parent, flags, Mode::empty())
        .map_err(|error| io::Error::other(format!("the folder {}: {error}", parent.display())))?;
    let stat = fstat(&fd)?;
    let (owner, mode) = (stat.st_uid, stat.st_mode);
    if (owner != 0 && owner != geteuid().as_raw()) || (mode & OTHERS_MAY_WRITE != 0 && mode & STICKY == 0) {
        return Err(io::Error::other(format!(
            "others may change the folder {} (owner {owner}, mode {:o}), and what is written there",
            parent.display(),
            mode & 0o7777
        )));
    }
    let folder = Folder {
        fd,
        stat,
        name: parent,
    };
    Ok((folder, name))
}

/// Opens it to append, or makes it; nothing is followed, and nobody else may write there.
pub(crate) fn ours(path: &Path) -> io::Result<OwnedFd> {
    let (folder, name) = folder(path)?;
    // Not waiting for the other end of a pipe.
    let flags = OFlags::RDWR
        | OFlags::APPEND
        | OFlags::CREATE
        | OFlags::NOFOLLOW
        | OFlags::NONBLOCK
        | OFlags::CLOEXEC;
    let file = match openat(&folder.fd, name, flags, Mode::RUSR | Mode::WUSR) {
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
                "it has reached the limit of {} MiB ({})",
                self.octets_max >> 20,
                self.limit
            )));
        }
        let written = self.file.write_all(lines.as_bytes());
        if written.is_err() {
            // Half a line would be one too many. Where this fails as well, the reader sees that it was cut.
            let _cut = self.file.set_len(before);
        } else {
            self.counts.add(lines.len() as u64);
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
        match Place::open(path, 1 << 20, Arc::default()) {
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
        assert!(Place::open(&file, 1 << 20, Arc::default()).is_ok());
        assert_eq!(fs::read_to_string(&precious).unwrap(), "precious");
    }

    #[test]
    fn a_later_run_goes_on_behind_the_earlier_one_up_to_the_limit() {
        let folder = folder();
        let folder = folder.path();
        let file = folder.join("recording");
        let mut place = Place::open(&file, 100, Arc::default()).unwrap();
        assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
        place
            .append(&format!("{HEADER} 1 first\n0.000000000 x ti"))
            .unwrap();
        drop(place);
        let mut place = Place::open(&file, 100, Arc::default()).unwrap();
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
            limit: "--limit",
            counts: Arc::default(),
        };
        let error = place.append("a line\n").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        assert_eq!(place.counts.octets(), 0);
    }

    /// What an operator names is new, and nobody's way to somewhere else.
    #[test]
    fn a_file_that_is_asked_for_is_made_and_never_found() {
        let folder = folder();
        let folder = folder.path();
        let make = |path: &Path| Place::make(path, Whose::Ours, 100, Arc::default());
        let refused = |path: &Path| make(path).map(drop).unwrap_err().to_string();
        let file = folder.join("recording");
        let counts = Arc::<Counts>::default();
        let mut place = Place::make(&file, Whose::Ours, 100, Arc::clone(&counts)).unwrap();
        assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
        place.append("four\n").unwrap();
        assert_eq!(counts.octets(), 5);
        let limit = place.append(&"x".repeat(96)).unwrap_err().to_string();
        assert!(limit.contains("(--limit)"), "{limit}");
        assert!(refused(&file).contains("it exists"));
        assert_eq!(fs::read_to_string(&file).unwrap(), "four\n");

        let (away, link) = (folder.join("away"), folder.join("link"));
        symlink(&away, &link).unwrap();
        assert!(refused(&link).contains("it exists"));
        assert!(!away.exists(), "a link was followed");
        assert!(refused(&folder.join("none").join("x")).contains("none"));
        fs::set_permissions(folder, fs::Permissions::from_mode(0o777)).unwrap();
        assert!(refused(&folder.join("x")).contains("others may change the folder"));
        assert!(!folder.join("x").exists());
    }

    /// Else a group that may steer us could put files of root's where they mean something.
    #[test]
    fn a_guest_has_a_file_made_only_where_everybody_may_make_one() {
        if !geteuid().is_root() {
            eprintln!("SKIP a_guest_has_a_file_made: nobody is a guest of a daemon that is not root");
            return;
        }
        let folder = folder();
        let folder = folder.path();
        let make = |name: &str| Place::make(&folder.join(name), Whose::Guest, 100, Arc::default());
        let refused = make("one").unwrap_err().to_string();
        assert!(
            refused.contains("only root may have vrrpd make a file"),
            "{refused}"
        );
        fs::set_permissions(folder, fs::Permissions::from_mode(0o1755)).unwrap();
        assert!(make("one").is_err());
        assert!(!folder.join("one").exists());
        fs::set_permissions(folder, fs::Permissions::from_mode(0o1777)).unwrap();
        assert!(make("one").is_ok());
    }
}
