//! A client that blocks: connect, one line out, one line in.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::message::{Answer, Ask, LineError, Reply, Request};

/// How long a daemon may take to answer. Its router loop answers within a second or says that it cannot.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// No file there.
    #[error(
        "{} does not exist: no vrrpd runs with this control socket. Start vrrpd, or name its socket with --socket (vrrpd --control PATH)",
        path.display()
    )]
    NoSocket {
        /// The socket.
        path: PathBuf,
    },
    /// A file, but nobody listens.
    #[error(
        "{} exists but nobody answers there: the vrrpd that made it has ended without cleaning up. Start vrrpd again; it replaces the file",
        path.display()
    )]
    Stale {
        /// The socket.
        path: PathBuf,
    },
    /// The socket's mode forbids it.
    #[error("no permission to ask at {}: ask as root, or as a member of the group that owns the socket", path.display())]
    Denied {
        /// The socket.
        path: PathBuf,
    },
    /// A daemon that listens and does not answer.
    #[error("{} was asked and gave no answer within {} s", path.display(), ANSWER_WITHIN.as_secs())]
    Silent {
        /// The socket.
        path: PathBuf,
    },
    /// Anything else that the system said.
    #[error("{}: {error}", path.display())]
    Io {
        /// The socket.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// The answer is not of this protocol.
    #[error("{} answered, but not as vrrpd does: {error}", path.display())]
    Line {
        /// The socket.
        path: PathBuf,
        /// What is wrong with it.
        error: LineError,
    },
}

/// Asks the daemon that listens at `socket`, and waits at most five seconds for its answer.
///
/// # Errors
/// Nobody there, nobody answers, no permission, or an answer of another protocol: each says what to do.
pub fn ask(socket: &Path, what: Ask) -> Result<Answer, AskError> {
    let path = || socket.to_path_buf();
    let explain = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => AskError::NoSocket { path: path() },
        std::io::ErrorKind::ConnectionRefused => AskError::Stale { path: path() },
        std::io::ErrorKind::PermissionDenied => AskError::Denied { path: path() },
        std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut => AskError::Silent { path: path() },
        _ => AskError::Io { path: path(), error },
    };
    let line = |error| AskError::Line { path: path(), error };
    let mut stream = UnixStream::connect(socket).map_err(explain)?;
    stream.set_read_timeout(Some(ANSWER_WITHIN)).map_err(explain)?;
    stream.set_write_timeout(Some(ANSWER_WITHIN)).map_err(explain)?;
    let request = Request::new(what).to_line().map_err(line)?;
    stream.write_all(request.as_bytes()).map_err(explain)?;
    let mut answer = Vec::new();
    BufReader::new(stream)
        .read_until(b'\n', &mut answer)
        .map_err(explain)?;
    Ok(Reply::from_line(&answer).map_err(line)?.answer)
}
