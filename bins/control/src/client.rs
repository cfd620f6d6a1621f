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
        "{} exists but nobody answers there: the vrrpd that made it has ended without cleaning up. Under `vrrpd --supervised`, or a service manager that restarts it, the next one comes by itself within seconds: ask again; else start vrrpd, which replaces the file",
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
    /// It does not even greet: what was to be changed was never said to it, so that it cannot be carried out later.
    #[error(
        "{} gave no answer within {} s: the vrrpd there is stopped or hangs, or has no place for another client. What it was to do was not sent, and nothing is carried out later; try again, or look at its process and its log",
        path.display(), limit.as_secs()
    )]
    NotBegun {
        /// The socket.
        path: PathBuf,
        /// For so long.
        limit: Duration,
    },
    /// It greeted, was told what to change, and has not said that it is done.
    #[error(
        "{} was told what to do and gave no answer within {} s: it may still be carried out; `vrrpctl status` shows how things are",
        path.display(), limit.as_secs()
    )]
    Unfinished {
        /// The socket.
        path: PathBuf,
        /// For so long.
        limit: Duration,
    },
    /// It hung up before it had answered.
    #[error(
        "{} closed the connection without an answer: the vrrpd there has ended, or was killed, meanwhile. What it was asked for may have been begun. Where nothing starts it again by itself (`vrrpd --supervised`, a service manager), start it; then ask it how things are",
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
/// What changes something ([`Ask::is_change`]) is said only to a daemon that has answered [`Ask::Hello`] on the same
/// connection, within five seconds of its own: one that is stopped, or has no place for this client, must not carry it out
/// when nobody waits for it any more.
///
/// # Errors
/// Nobody there, nobody answers, no permission, or an answer of another protocol: each says what to do.
pub fn ask(socket: &Path, what: Ask) -> Result<Answer, AskError> {
    ask_within(socket, what, ANSWER_WITHIN)
}

/// The same for what takes longer once it has begun: a hand-over with a hook before it, or a reload.
///
/// # Errors
/// As [`ask`].
pub fn ask_within(socket: &Path, what: Ask, limit: Duration) -> Result<Answer, AskError> {
    let changes = what.is_change();
    let mut answers = connect(socket)?;
    if changes {
        answers.put(Ask::Hello)?;
        match answers.one() {
            Ok(Answer::Hello { .. }) => {}
            Err(AskError::Silent { path, limit }) => return Err(AskError::NotBegun { path, limit }),
            other => return other,
        }
    }
    answers.wait(limit)?;
    answers.put(what)?;
    match answers.one() {
        Err(AskError::Silent { path, limit }) if changes => Err(AskError::Unfinished { path, limit }),
        other => other,
    }
}

/// Asks to follow the events ([`Ask::Follow`]): answers without end, the first within five seconds.
///
/// # Errors
/// As [`ask`]. The answers end where the daemon does, or where it does not take this client.
pub fn follow(socket: &Path, since: Since) -> Result<Answers, AskError> {
    let mut answers = connect(socket)?;
    answers.put(Ask::Follow(since))?;
    Ok(answers)
}

fn connect(socket: &Path) -> Result<Answers, AskError> {
    let explain = |error| explain(socket, ANSWER_WITHIN, error);
    let stream = UnixStream::connect(socket).map_err(explain)?;
    stream.set_write_timeout(Some(ANSWER_WITHIN)).map_err(explain)?;
    let mut answers = Answers {
        path: socket.to_path_buf(),
        limit: ANSWER_WITHIN,
        stream: BufReader::new(stream),
        more: false,
    };
    answers.wait(ANSWER_WITHIN)?;
    Ok(answers)
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
    fn explain(&self, error: std::io::Error) -> AskError {
        explain(&self.path, self.limit, error)
    }

    /// For the next answer.
    fn wait(&mut self, limit: Duration) -> Result<(), AskError> {
        self.limit = limit;
        let set = self.stream.get_ref().set_read_timeout(Some(limit));
        set.map_err(|error| self.explain(error))
    }

    fn put(&mut self, what: Ask) -> Result<(), AskError> {
        let line = Request::new(what).to_line().map_err(|error| AskError::Line {
            path: self.path.clone(),
            error,
        })?;
        let put = self.stream.get_mut().write_all(line.as_bytes());
        put.map_err(|error| self.explain(error))?;
        self.more = false;
        Ok(())
    }

    /// The answer to what was put last.
    fn one(&mut self) -> Result<Answer, AskError> {
        self.next().unwrap_or_else(|| {
            let path = self.path.clone();
            Err(AskError::Closed { path })
        })
    }

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
            Err(error) => return Some(Err(self.explain(error))),
        };
        let reply = Reply::from_line(&line).map_err(|error| AskError::Line {
            path: self.path.clone(),
            error,
        });
        Some(reply.map(|reply| reply.answer))
    }
}
