//! The folder of a journal. Who can write there could have this program remove addresses, or change settings, as root:
//! one that is not ours alone is refused, and nothing in it is followed.

use std::fs::{DirBuilder, File};
use std::io::{self, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, Stat, fstat, openat, renameat, statat, unlinkat};
use rustix::io::Errno;
use rustix::process::geteuid;

/// More than ten thousand addresses take; anything larger was not written by us.
const OCTETS_MAX: u64 = 16 << 20;
/// Write permission for the group or for others.
const OTHERS_MAY_WRITE: u32 = 0o022;

/// A place for files. Nothing is there before the first of them.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    path: PathBuf,
}

impl Folder {
    pub(super) fn new(path: &Path) -> Self {
        // Behind a slash at the end a link would be followed.
        let path = path.components().collect();
        Self { path }
    }

    /// What is in a file; `None`: there is none.
    pub(super) fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        let Some(folder) = self.open()? else {
            return Ok(None);
        };
        // Not waiting for the other end of a pipe.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match openat(&folder, name, flags, Mode::empty()) {
            Ok(file) => file,
            Err(Errno::NOENT) => return Ok(None),
            Err(Errno::LOOP) => return Err(io::Error::other("it is a symbolic link")),
            Err(error) => return Err(error.into()),
        };
        let stat = fstat(&file)?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Err(io::Error::other("it is not a file"));
        }
        ours_alone(&stat)?;
        let mut text = Vec::new();
        let octets = File::from(file).take(OCTETS_MAX + 1).read_to_end(&mut text)?;
        if octets as u64 > OCTETS_MAX {
            return Err(io::Error::other(format!("it has more than {OCTETS_MAX} octets")));
        }
        Ok(Some(text))
    }

    /// Whether there is anything of this name.
    pub(super) fn has(&self, name: &str) -> io::Result<bool> {
        let Some(folder) = self.open()? else {
            return Ok(false);
        };
        match statat(&folder, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(_) => Ok(true),
            Err(Errno::NOENT) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Replaces a file as a whole; makes the folder where it is missing.
    pub(super) fn replace(&self, name: &str, text: &[u8]) -> io::Result<()> {
        let folder = match self.open()? {
            Some(folder) => folder,
            None => self.make()?,
        };
        let new = Path::new(name).with_extension("new");
        // Of a life that ended in the middle of it, or of somebody who waits for us to follow a link.
        gone(unlinkat(&folder, &new, AtFlags::empty()))?;
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = openat(&folder, &new, flags, Mode::RUSR | Mode::WUSR)?;
        File::from(file).write_all(text)?;
        Ok(renameat(&folder, &new, &folder, name)?)
    }

    pub(super) fn remove(&self, name: &str) -> io::Result<()> {
        match self.open()? {
            Some(folder) => gone(unlinkat(&folder, name, AtFlags::empty())),
            None => Ok(()),
        }
    }

    fn make(&self) -> io::Result<OwnedFd> {
        if let Some(parent) = self.path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        match DirBuilder::new().mode(0o700).create(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            Ok(()) | Err(_) => {}
        }
        self.open()?.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// `None`: it does not exist.
    fn open(&self) -> io::Result<Option<OwnedFd>> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let folder = match openat(CWD, &self.path, flags, Mode::empty()) {
            Ok(folder) => folder,
            Err(Errno::NOENT) => return Ok(None),
            Err(Errno::LOOP | Errno::NOTDIR) => {
                return Err(io::Error::other(
                    "the folder is a symbolic link or not a folder, and is not used",
                ));
            }
            Err(error) => return Err(error.into()),
        };
        ours_alone(&fstat(&folder)?)?;
        Ok(Some(folder))
    }
}

fn ours_alone(stat: &Stat) -> io::Result<()> {
    if stat.st_uid != geteuid().as_raw() {
        return Err(io::Error::other(format!(
            "it belongs to user {} and not to us, and is not used",
            stat.st_uid
        )));
    }
    if stat.st_mode & OTHERS_MAY_WRITE != 0 {
        return Err(io::Error::other(format!(
            "others may write there (mode {:o}), it is not used; `chmod go-w` makes it ours alone",
            stat.st_mode & 0o7777
        )));
    }
    Ok(())
}

fn gone(removed: rustix::io::Result<()>) -> io::Result<()> {
    match removed {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
