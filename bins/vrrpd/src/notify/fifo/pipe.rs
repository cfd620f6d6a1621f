//! A named pipe in the file system: made, opened, removed, and never mistaken for anything else.

use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{AtFlags, CWD, FileType, Gid, Mode, OFlags, Stat, StatxFlags, Uid};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};

use super::backlog::PIPE_BUF;

/// A pipe with both ends open: readers come and go, and none of them waits for a writer or sees an end.
#[derive(Debug)]
pub(super) struct Pipe {
    path: PathBuf,
    /// Which file it is.
    id: (u64, u64),
    pub(super) writer: OwnedFd,
    /// Our own reader, while nobody else reads: without one the pipe would forget what is in it.
    keeper: Option<OwnedFd>,
    /// Why others may write into it.
    pub(super) doubt: Option<NoPipe>,
}

/// A file that this daemon has made, by its path and number, and by its birth where the file system knows that: numbers are
/// given again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Made {
    pub(super) path: PathBuf,
    id: (u64, u64),
    born: Option<(i64, u32)>,
}

/// What is wrong with a path, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoPipe {
    #[error("{} is {what}, not a pipe; nothing is written into it and it is not removed. {cure}", path.display())]
    Other {
        path: PathBuf,
        what: &'static str,
        cure: &'static str,
    },
    #[error("{path:?} is no absolute path, and is not made. Write it from / on")]
    Relative { path: PathBuf },
    #[error("{} {what}, who can write lines of their own into it. Remove it (it is made anew), or give it to root with mode 0600", path.display())]
    Others { path: PathBuf, what: String },
    #[error("{} cannot be made: {error}. {cure}", path.display())]
    NotMade {
        path: PathBuf,
        error: String,
        cure: &'static str,
    },
    #[error("{} cannot be opened: {error}. Let vrrpd's user write to it (chown, chmod)", path.display())]
    NotOpened { path: PathBuf, error: String },
}

impl Pipe {
    /// Opens it, and makes it where there is none: mode 0600, of `owner`, as keepalived does. One that is there keeps its
    /// mode and owner; where that lets others write into it, `secure` refuses it.
    pub(super) fn open(
        path: &Path,
        owner: Option<(u32, u32)>,
        secure: bool,
    ) -> Result<(Self, Option<Made>), NoPipe> {
        if !path.is_absolute() {
            return Err(NoPipe::Relative {
                path: path.to_owned(),
            });
        }
        let not_made = |error: Errno| not_made(path, error);
        let mode = Mode::RUSR | Mode::WUSR;
        let made = match rustix::fs::mknodat(CWD, path, FileType::Fifo, mode, 0) {
            Ok(()) => true,
            Err(Errno::EXIST) => false,
            Err(error) => return Err(not_made(error)),
        };
        let not_opened = |error: Errno| NoPipe::NotOpened {
            path: path.to_owned(),
            error: error.to_string(),
        };
        // A handle first: opening a device or a file for writing may already do something.
        let handle = rustix::fs::open(
            path,
            OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC,
            Mode::empty(),
        )
        .map_err(not_opened)?;
        let stat = rustix::fs::fstat(&handle).map_err(not_opened)?;
        let kind = FileType::from_raw_mode(stat.st_mode);
        if kind != FileType::Fifo {
            return Err(no_pipe(path, kind));
        }
        if made {
            // The umask has taken something away, perhaps.
            rustix::fs::chmod(by_handle(&handle), mode).map_err(not_opened)?;
            if let Some(owner) = owner {
                give(&handle, owner).map_err(not_made)?;
            }
        }
        let doubt = (others(&stat, owner).filter(|_| !made)).map(|what| NoPipe::Others {
            path: path.to_owned(),
            what,
        });
        if let Some(doubt) = doubt.clone().filter(|_| secure) {
            return Err(doubt);
        }
        let id = id(&stat);
        let keeper = open_as(&handle, OFlags::RDONLY).map_err(not_opened)?;
        let writer = open_as(&handle, OFlags::WRONLY).map_err(not_opened)?;
        // What is in it when its reader goes is written again to the next one: a page is enough of that.
        let _as_it_is = rustix::pipe::fcntl_setpipe_size(&writer, PIPE_BUF);
        let pipe = Self {
            path: path.to_owned(),
            id,
            writer,
            keeper: Some(keeper),
            doubt,
        };
        let made = made.then(|| Made {
            path: path.to_owned(),
            id,
            born: born(&handle),
        });
        Ok((pipe, made))
    }

    /// Whether somebody else reads. While nobody does, this is looked at again and again: the kernel tells of a reader that
    /// goes, and not of one that comes.
    pub(super) fn has_reader(&mut self) -> io::Result<bool> {
        self.keeper = None;
        let somebody = has_reader(&self.writer)?;
        if !somebody {
            self.keep()?;
        }
        Ok(somebody)
    }

    /// Octets that nobody has read.
    pub(super) fn unread(&self) -> usize {
        let octets = rustix::io::ioctl_fionread(&self.writer).unwrap_or(0);
        usize::try_from(octets).unwrap_or(usize::MAX)
    }

    /// The last reader has gone: takes out what it has left, so that the next one does not begin in the middle of a line.
    /// The answer: how many octets those were.
    pub(super) fn drain(&mut self) -> io::Result<usize> {
        self.keep()?;
        let Some(keeper) = &self.keeper else {
            return Ok(0);
        };
        let mut left = std::fs::File::from(keeper.try_clone()?);
        let mut octets = 0;
        let mut buffer = [0; PIPE_BUF];
        loop {
            match left.read(&mut buffer) {
                Ok(0) => return Ok(octets),
                Ok(some) => octets += some,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(octets),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Whether its path still names it.
    pub(super) fn is_there(&self) -> bool {
        names(&self.path, self.id)
    }

    /// Room for the last words: they stay in the pipe for whoever has it open when this process is gone.
    pub(super) fn grow(&self, octets: usize) {
        // Lines do not cross pages, so some of each stays empty.
        let _as_it_is =
            rustix::pipe::fcntl_setpipe_size(&self.writer, octets.saturating_mul(2).max(16 * PIPE_BUF));
    }

    fn keep(&mut self) -> io::Result<()> {
        if self.keeper.is_none() {
            self.keeper = Some(open_as(&self.writer, OFlags::RDONLY)?);
        }
        Ok(())
    }
}

impl Made {
    /// Gives it to somebody else.
    pub(super) fn give(&self, owner: (u32, u32)) -> io::Result<()> {
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let handle = rustix::fs::open(&self.path, flags, Mode::empty())?;
        if id(&rustix::fs::fstat(&handle)?) == self.id {
            give(&handle, owner)?;
        }
        Ok(())
    }

    /// Whether its path still names it, and not another one that has got its number.
    pub(super) fn is_there(&self) -> bool {
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let handle = rustix::fs::open(&self.path, flags, Mode::empty());
        handle.is_ok_and(|handle| {
            rustix::fs::fstat(&handle).is_ok_and(|stat| {
                FileType::from_raw_mode(stat.st_mode) == FileType::Fifo && id(&stat) == self.id
            }) && born(&handle) == self.born
        })
    }

    /// Removes it, unless something else has its path now.
    pub(super) fn remove(&self) {
        if self.is_there()
            && let Err(error) = rustix::fs::unlink(&self.path)
        {
            tracing::warn!("{} cannot be removed: {error}", self.path.display());
        }
    }
}

/// Whether anybody has the other end open.
pub(super) fn has_reader(writer: &OwnedFd) -> io::Result<bool> {
    let mut fds = [PollFd::new(writer, PollFlags::empty())];
    poll(&mut fds, Some(&Timespec::default()))?;
    Ok(!fds.iter().any(|fd| fd.revents().contains(PollFlags::ERR)))
}

/// Whether [`Pipe::open`] finds a pipe, or could make one, without making or opening anything.
pub(super) fn look(path: &Path, owner: Option<(u32, u32)>, secure: bool) -> Result<(), NoPipe> {
    if !path.is_absolute() {
        return Err(NoPipe::Relative {
            path: path.to_owned(),
        });
    }
    let not_made = |error: Errno| not_made(path, error);
    match rustix::fs::lstat(path) {
        Ok(stat) => {
            let kind = FileType::from_raw_mode(stat.st_mode);
            if kind != FileType::Fifo {
                return Err(no_pipe(path, kind));
            }
            let what = others(&stat, owner).filter(|_| secure);
            what.map_or(Ok(()), |what| {
                Err(NoPipe::Others {
                    path: path.to_owned(),
                    what,
                })
            })
        }
        Err(Errno::NOENT) => {
            let folder = path.parent().unwrap_or(path);
            rustix::fs::stat(folder).map(drop).map_err(not_made)
        }
        Err(error) => Err(not_made(error)),
    }
}

fn not_made(path: &Path, error: Errno) -> NoPipe {
    let cure = match error {
        Errno::NAMETOOLONG => "Name a shorter path: 255 octets at most between two slashes, 4095 in all",
        Errno::ACCESS | Errno::PERM => "Let vrrpd's user write into its folder, or name another path",
        Errno::ROFS => "Name a path on a file system that can be written to, such as one in /run",
        Errno::NOSPC | Errno::DQUOT => "Make room there, or name another path",
        _ => "Make its folder, or name another path",
    };
    NoPipe::NotMade {
        path: path.to_owned(),
        error: error.to_string(),
        cure,
    }
}

fn no_pipe(path: &Path, kind: FileType) -> NoPipe {
    let cure = match kind {
        // The machine needs it: never an advice to remove one.
        FileType::CharacterDevice | FileType::BlockDevice | FileType::Directory => "Name another path",
        _ => "Remove it, or name another path",
    };
    NoPipe::Other {
        path: path.to_owned(),
        what: name(kind),
        cure,
    }
}

fn by_handle(handle: &OwnedFd) -> String {
    use std::os::fd::AsRawFd;
    format!("/proc/self/fd/{}", handle.as_raw_fd())
}

fn open_as(handle: &OwnedFd, how: OFlags) -> Result<OwnedFd, Errno> {
    let flags = how | OFlags::NONBLOCK | OFlags::CLOEXEC;
    rustix::fs::open(by_handle(handle), flags, Mode::empty())
}

fn give(handle: &OwnedFd, (uid, gid): (u32, u32)) -> Result<(), Errno> {
    let (uid, gid) = (Uid::from_raw(uid), Gid::from_raw(gid));
    rustix::fs::chownat(handle, "", Some(uid), Some(gid), AtFlags::EMPTY_PATH)
}

/// Who else may write: somebody who is neither root, nor this process, nor who is meant to have it.
fn others(stat: &Stat, owner: Option<(u32, u32)>) -> Option<String> {
    let trusted = [0, rustix::process::geteuid().as_raw()];
    let is_trusted = trusted.contains(&stat.st_uid) || owner.is_some_and(|(uid, _)| uid == stat.st_uid);
    if !is_trusted {
        return Some(format!("belongs to user {}", stat.st_uid));
    }
    let mode = stat.st_mode & 0o777;
    (mode & 0o022 != 0).then(|| format!("has mode {mode:04o}: it is open to others"))
}

/// Seconds and nanoseconds.
fn born(handle: &OwnedFd) -> Option<(i64, u32)> {
    let known = rustix::fs::statx(handle, "", AtFlags::EMPTY_PATH, StatxFlags::BTIME).ok()?;
    let has = known.stx_mask & StatxFlags::BTIME.bits() != 0;
    has.then_some((known.stx_btime.tv_sec, known.stx_btime.tv_nsec))
}

fn id(stat: &Stat) -> (u64, u64) {
    (stat.st_dev, stat.st_ino)
}

fn names(path: &Path, wanted: (u64, u64)) -> bool {
    rustix::fs::lstat(path).is_ok_and(|stat| id(&stat) == wanted)
}

fn name(kind: FileType) -> &'static str {
    match kind {
        FileType::RegularFile => "a file",
        FileType::Directory => "a folder",
        FileType::Symlink => "a symbolic link",
        FileType::Socket => "a socket",
        FileType::CharacterDevice | FileType::BlockDevice => "a device",
        _ => "something else",
    }
}
