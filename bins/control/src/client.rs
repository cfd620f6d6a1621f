//! A client that blocks: connect, one line out, one line in; or one after the other, for who follows.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::message::{Answer, Ask, LineError, Reply, Request, Since};

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
    #[error("{} was asked and gave no answer within {} s", path.display(), limit.as_secs())]
    Silent {
        /// The socket.
        path: PathBuf,
        /// For so long.
        limit: Duration,
    },
    /// It hung up before it had answered.
    #[error(
        "{} closed the connection without an answer: the vrrpd there has ended, or was killed, meanwhile. What it was asked for may have been begun; start it again, and ask it how things are",
        path.display()
    )]
    Closed {
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
    ask_within(socket, what, ANSWER_WITHIN)
}

/// The same for what takes longer: a hand-over with a hook before it, or a reload.
///
/// # Errors
/// As [`ask`].
pub fn ask_within(socket: &Path, what: Ask, limit: Duration) -> Result<Answer, AskError> {
    let mut answers = open(socket, what, limit)?;
    answers.next().unwrap_or_else(|| {
        let path = socket.to_path_buf();
        Err(AskError::Closed { path })
    })
}

/// Asks to follow the events ([`Ask::Follow`]): answers without end, the first within five seconds.
///
/// # Errors
/// As [`ask`]. The answers end where the daemon does, or where it does not take this client.
pub fn follow(socket: &Path, since: Since) -> Result<Answers, AskError> {
    open(socket, Ask::Follow(since), ANSWER_WITHIN)
}

fn open(socket: &Path, what: Ask, limit: Duration) -> Result<Answers, AskError> {
    let path = socket.to_path_buf();
    let explain = |error: std::io::Error| explain(&path, limit, error);
    let mut stream = UnixStream::connect(socket).map_err(explain)?;
    stream.set_read_timeout(Some(limit)).map_err(explain)?;
    stream.set_write_timeout(Some(ANSWER_WITHIN)).map_err(explain)?;
    let request = Request::new(what).to_line().map_err(|error| AskError::Line {
        path: path.clone(),
        error,
    })?;
    stream.write_all(request.as_bytes()).map_err(explain)?;
    Ok(Answers {
        path,
        limit,
        stream: BufReader::new(stream),
        more: false,
    })
}

fn explain(path: &Path, limit: Duration, error: std::io::Error) -> AskError {
    let path = path.to_path_buf();
    match error.kind() {
        std::io::ErrorKind::NotFound => AskError::NoSocket { path },
        std::io::ErrorKind::ConnectionRefused => AskError::Stale { path },
        std::io::ErrorKind::PermissionDenied => AskError::Denied { path },
        std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut => AskError::Silent { path, limit },
        // It went with the question unread.
        std::io::ErrorKind::ConnectionReset | std::io::ErrorKind::BrokenPipe => AskError::Closed { path },
        _ => AskError::Io { path, error },
    }
}

/// What a daemon says to one client, as it says it.
#[derive(Debug)]
pub struct Answers {
    path: PathBuf,
    limit: Duration,
    stream: BufReader<UnixStream>,
    more: bool,
}

impl Answers {
    fn read(&mut self) -> std::io::Result<Vec<u8>> {
        // After the first one, nothing may happen for days.
        if self.more {
            self.stream.get_ref().set_read_timeout(None)?;
        }
        let mut line = Vec::new();
        let _octets = self.stream.read_until(b'\n', &mut line)?;
        self.more = true;
        Ok(line)
    }
}

impl Iterator for Answers {
    type Item = Result<Answer, AskError>;

    fn next(&mut self) -> Option<Self::Item> {
        let line = match self.read() {
            Ok(line) if line.is_empty() => return None,
            // In the middle of a line.
            Ok(line) if !line.ends_with(b"\n") => {
                let path = self.path.clone();
                return Some(Err(AskError::Closed { path }));
            }
            Ok(line) => line,
            Err(error) => return Some(Err(explain(&self.path, self.limit, error))),
        };
        let reply = Reply::from_line(&line).map_err(|error| AskError::Line {
            path: self.path.clone(),
            error,
        });
        Some(reply.map(|reply| reply.answer))
    }
}
