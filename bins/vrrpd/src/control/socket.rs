//! Taking the control socket without taking it from another daemon.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, Mode};
use rustix::net::{self, AddressFamily, SocketAddrUnix, SocketFlags, SocketType};
use vrrp_control::{Answer, Ask};

use super::Permits;

/// Owner and group of the socket may ask.
const MODE: Mode = Mode::from_raw_mode(0o660);
/// Everybody reaches it, and [`Permits`] says who may what: a file has one group, and two may be named.
const OPEN_MODE: Mode = Mode::from_raw_mode(0o666);
/// Who asks is answered one after the other, and more wait than ever ask at once.
const BACKLOG: i32 = 128;

/// The control socket of this process. Dropping it removes the file, and the journal's folder where nothing is left in it.
#[derive(Debug)]
pub(crate) struct Socket {
    path: PathBuf,
    mode: Mode,
    listener: Option<UnixListener>,
    /// The file, by device and inode.
    file: Identity,
    /// Held for as long as the process lives: of two daemons that start at once over a stale socket, one is refused.
    lock: File,
}

pub(crate) type Identity = (u64, u64);

/// What is at the path of the socket by now.
#[derive(Debug)]
pub(crate) enum Found {
    /// Our socket.
    Ours,
    /// Nothing was; now a new socket of ours is.
    MadeAgain(UnixListener),
    /// Something else, or nothing can be made there.
    Lost(String),
}

/// Why there is no control socket.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SocketError {
    #[error(
        "{} is in use: {who} answers there. Stop it first, or give this daemon a socket of its own with --control PATH (or --no-control). Nothing was started",
        path.display()
    )]
    InUse { path: PathBuf, who: String },
    #[error(
        "{} is not a socket, and is left alone. Move it away, or choose another place with --control PATH. Nothing was started",
        path.display()
    )]
    NotASocket { path: PathBuf },
    #[error(
        "cannot make the control socket {}: {error}. Choose a place that can be written with --control PATH, or do without with --no-control. Nothing was started",
        path.display()
    )]
    Io { path: PathBuf, error: io::Error },
}

impl Socket {
    /// Takes `path`: makes its folder, removes a socket that nobody answers at, and refuses where a daemon lives.
    pub(crate) fn take(path: &Path, permits: &Permits) -> Result<Self, SocketError> {
        let mode = if permits.names_groups() { OPEN_MODE } else { MODE };
        let io = |error| SocketError::Io {
            path: path.to_path_buf(),
            error,
        };
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(io)?;
        }
        let lock = lock_beside(path).map_err(io)?;
        // Before anything is removed: a listener that holds no lock may be another program's.
        let answered = UnixStream::connect(path).is_ok();
        let Some(lock) = lock.filter(|_| !answered) else {
            return Err(SocketError::InUse {
                path: path.to_path_buf(),
                who: who_answers(path),
            });
        };
        let made = make(path, mode).inspect_err(|_refused| {
            // Held by nobody but us, and of no use to anybody.
            let _ = std::fs::remove_file(lock_path(path));
        });
        let (listener, file) = made?;
        Ok(Self {
            path: path.to_path_buf(),
            mode,
            listener: Some(listener),
            file,
            lock,
        })
    }

    /// Looks whether the file is still there, and makes it again where it has been deleted. What others have put in its
    /// place is theirs.
    pub(crate) fn look(&mut self) -> Found {
        match identity(&self.path) {
            Ok(file) if file == self.file => Found::Ours,
            Ok(_) => Found::Lost(format!("something else is at {}", self.path.display())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => match self.make_again() {
                Ok(listener) => Found::MadeAgain(listener),
                Err(error) => Found::Lost(error.to_string()),
            },
            Err(error) => Found::Lost(error.to_string()),
        }
    }

    /// The lock may have gone with the folder, and another daemon hold the new one.
    fn make_again(&mut self) -> io::Result<UnixListener> {
        if let Some(folder) = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)?;
        }
        let locked = identity(&lock_path(&self.path)).ok();
        let own = self.lock.metadata().map(|found| (found.dev(), found.ino()))?;
        if locked != Some(own) {
            let taken = || io::Error::other("another daemon has taken its place");
            self.lock = lock_beside(&self.path)?.ok_or_else(taken)?;
        }
        let listener = bind(&self.path, self.mode)?;
        listener.set_nonblocking(true)?;
        self.file = identity(&self.path)?;
        Ok(listener)
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The listener, once; non-blocking, as tokio wants it.
    pub(crate) fn listener(&mut self) -> io::Result<Option<UnixListener>> {
        if let Some(listener) = &self.listener {
            listener.set_nonblocking(true)?;
        }
        Ok(self.listener.take())
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if identity(&self.path).is_ok_and(|file| file != self.file) {
            // Another daemon's by now.
            return;
        }
        // First, for the lock that goes last keeps it ours. Not empty: it names what is left behind, for the next start.
        let _ = std::fs::remove_dir(journal_folder(&self.path));
        // What cannot be removed is recognised as stale by the next start.
        let _ = std::fs::remove_file(&self.path);
        let _ = std::fs::remove_file(lock_path(&self.path));
    }
}

/// In the place of one that nobody answers at; anything else is left alone.
fn make(path: &Path, mode: Mode) -> Result<(UnixListener, Identity), SocketError> {
    let io = |error| SocketError::Io {
        path: path.to_path_buf(),
        error,
    };
    match std::fs::symlink_metadata(path) {
        Ok(found) if found.file_type().is_socket() => std::fs::remove_file(path).map_err(io)?,
        Ok(_) => {
            return Err(SocketError::NotASocket {
                path: path.to_path_buf(),
            });
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(io(error)),
    }
    let listener = bind(path, mode).map_err(io)?;
    Ok((listener, identity(path).map_err(io)?))
}

/// Where the driver writes down what a crash would leave behind. The socket's lock makes sure that no other daemon does.
pub(crate) fn journal_folder(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".journal");
    PathBuf::from(name)
}

pub(crate) fn identity(path: &Path) -> io::Result<Identity> {
    let found = std::fs::symlink_metadata(path)?;
    Ok((found.dev(), found.ino()))
}

fn lock_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

/// `None`: another process holds it.
fn lock_beside(path: &Path) -> io::Result<Option<File>> {
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(lock_path(path))?;
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Some(file)),
        Err(rustix::io::Errno::WOULDBLOCK) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Nobody can connect between `bind` and a `chmod`: Linux makes the file with the mode of the socket, less the umask. Not by
/// the umask itself, which is everybody's: a folder that another thread made in that moment could not be entered.
pub(crate) fn bind(path: &Path, mode: Mode) -> io::Result<UnixListener> {
    let socket = bound(path, mode)?;
    // What the umask has taken.
    rustix::fs::chmod(path, mode)?;
    net::listen(&socket, BACKLOG)?;
    Ok(UnixListener::from(socket))
}

/// Never open to more than `mode`, not even for a moment.
fn bound(path: &Path, mode: Mode) -> io::Result<OwnedFd> {
    let socket = net::socket_with(
        AddressFamily::UNIX,
        SocketType::STREAM,
        SocketFlags::CLOEXEC,
        None,
    )?;
    rustix::fs::fchmod(&socket, mode)?;
    net::bind(&socket, &SocketAddrUnix::new(path)?)?;
    Ok(socket)
}

fn who_answers(path: &Path) -> String {
    match vrrp_control::ask(path, Ask::Hello) {
        Ok(Answer::Hello {
            program,
            program_version,
            pid,
        }) => format!("{program} {program_version}, process {pid},"),
        Ok(_) | Err(_) => "another program".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// A path for a socket, in a folder that goes at the end of the test.
    struct Place {
        path: PathBuf,
        _folder: tempfile::TempDir,
    }

    impl std::ops::Deref for Place {
        type Target = Path;

        fn deref(&self) -> &Path {
            &self.path
        }
    }

    fn place() -> Place {
        let folder = tempfile::tempdir().unwrap();
        // It does not exist yet: the socket makes its own folder.
        Place {
            path: folder.path().join("vrrpd/control.sock"),
            _folder: folder,
        }
    }

    fn take(path: &Path) -> Result<Socket, SocketError> {
        Socket::take(path, &Permits::default())
    }

    #[test]
    fn nobody_else_may_ask_before_the_socket_listens() {
        let path = place();
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let _socket = bound(&path, MODE).unwrap();
        let mode = std::fs::metadata(&*path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777 & !0o660, 0, "{mode:o}");
    }

    #[test]
    fn owner_and_group_may_ask() {
        let path = place();
        let _socket = take(&path).unwrap();
        assert_eq!(
            std::fs::metadata(&*path).unwrap().permissions().mode() & 0o777,
            0o660
        );
    }

    #[test]
    fn with_groups_everybody_reaches_it_and_the_rule_decides() {
        let path = place();
        let permits = Permits::of_groups(Some("0"), None).unwrap();
        let _socket = Socket::take(&path, &permits).unwrap();
        let mode = std::fs::metadata(&*path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o666);
    }

    /// Accepts and hangs up, as a program does that does not know what it is asked.
    fn hang_up(listener: UnixListener) {
        std::thread::spawn(move || listener.incoming().for_each(drop));
    }

    #[test]
    fn a_live_daemon_keeps_its_socket() {
        let path = place();
        let first = take(&path).unwrap();
        hang_up(first.listener.as_ref().unwrap().try_clone().unwrap());
        let refused = take(&path);
        assert!(matches!(refused, Err(SocketError::InUse { .. })), "{refused:?}");
        assert!(UnixStream::connect(&*path).is_ok(), "the first one still listens");
        drop(first);
        let again = take(&path).unwrap();
        drop(again);
        assert_eq!(
            std::fs::read_dir(path.parent().unwrap()).unwrap().count(),
            0,
            "nothing stays behind"
        );
    }

    #[test]
    fn a_stale_socket_is_replaced() {
        let path = place();
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        drop(UnixListener::bind(&*path).unwrap());
        assert!(path.exists());
        let _socket = take(&path).unwrap();
        assert!(UnixStream::connect(&*path).is_ok());
    }

    #[test]
    fn a_listener_of_another_program_is_left_alone() {
        let path = place();
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        hang_up(UnixListener::bind(&*path).unwrap());
        let refused = take(&path);
        assert!(
            matches!(refused, Err(SocketError::InUse { .. })),
            "it holds no lock of ours, but answers: {refused:?}"
        );
        assert!(UnixStream::connect(&*path).is_ok());
    }

    #[test]
    fn a_deleted_socket_is_made_again() {
        let path = place();
        let mut socket = take(&path).unwrap();
        assert!(matches!(socket.look(), Found::Ours));
        std::fs::remove_file(&*path).unwrap();
        let Found::MadeAgain(listener) = socket.look() else {
            panic!("not made again");
        };
        assert!(UnixStream::connect(&*path).is_ok());
        assert!(matches!(socket.look(), Found::Ours));
        drop(listener);

        // The folder with the lock, as by a cleaner of temporary files.
        std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
        assert!(matches!(socket.look(), Found::MadeAgain(_)));
        let refused = take(&path);
        assert!(
            matches!(refused, Err(SocketError::InUse { .. })),
            "locked again: {refused:?}"
        );
        drop(socket);
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 0);
    }

    #[test]
    fn the_socket_of_another_daemon_in_its_place_is_left_alone() {
        let path = place();
        let mut socket = take(&path).unwrap();
        std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
        let other = take(&path).unwrap();
        assert!(matches!(socket.look(), Found::Lost(_)));
        drop(socket);
        assert!(UnixStream::connect(&*path).is_ok(), "that of the other one");
        drop(other);
    }

    /// PRJ-ADDR-02: the folder is another daemon's as soon as the lock is gone, and what is in it is needed.
    #[test]
    fn prj_addr_02_an_empty_journal_goes_with_the_socket_and_never_that_of_another_daemon() {
        let path = place();
        let journal = journal_folder(&path);
        let socket = take(&path).unwrap();
        std::fs::create_dir(&journal).unwrap();
        std::fs::write(journal.join("list"), "needed").unwrap();
        drop(socket);
        assert!(journal.join("list").exists());

        let first = take(&path).unwrap();
        std::fs::remove_file(journal.join("list")).unwrap();
        drop(first);
        assert!(!journal.exists());

        let first = take(&path).unwrap();
        std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
        let second = take(&path).unwrap();
        std::fs::create_dir(&journal).unwrap();
        drop(first);
        assert!(journal.exists(), "that of the second one");
        drop(second);
        assert!(!journal.exists());
    }

    #[test]
    fn a_file_is_left_alone() {
        let path = place();
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&*path, "precious").unwrap();
        let refused = take(&path);
        assert!(
            matches!(refused, Err(SocketError::NotASocket { .. })),
            "{refused:?}"
        );
        assert_eq!(std::fs::read_to_string(&*path).unwrap(), "precious");
        assert!(!lock_path(&path).exists(), "left behind");
    }
}
