//! Start, watch, judge one command.

use std::fmt;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::pin::pin;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use nix::sys::signal::Signal;
use nix::unistd::Pid;
use tokio::net::unix::pipe::Receiver;
use tokio::process::Child;
use tokio::time::{Instant, sleep_until};

use super::command::{Command, Unusable};
use super::group::Group;
use super::remains::Remains;
use super::tail::Capture;

/// How long a command may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Limits {
    /// From the start to TERM for the whole process group.
    pub time: Duration,
    /// From TERM to KILL; keepalived's is 2 s.
    pub grace: Duration,
}

impl Limits {
    /// keepalived's pause between TERM and KILL.
    pub const GRACE: Duration = Duration::from_secs(2);

    /// This long, then TERM, and KILL 2 s later.
    #[must_use]
    pub const fn of(time: Duration) -> Self {
        Self {
            time,
            grace: Self::GRACE,
        }
    }
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// By itself, with this code.
    Exited(i32),
    /// By a signal that was not ours.
    Signalled(i32),
    /// Not within its limit; TERM has been sent.
    TimedOut(Duration),
    /// Because it was to run no longer; TERM has been sent.
    Stopped,
    /// It never began.
    Unusable(Unusable),
}

impl End {
    /// Exit code 0, and nothing else.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        matches!(self, Self::Exited(0))
    }

    fn of(status: &io::Result<ExitStatus>) -> Self {
        match status {
            Ok(status) => match (status.code(), status.signal()) {
                (Some(code), _) => Self::Exited(code),
                (None, Some(signal)) => Self::Signalled(signal),
                (None, None) => Self::Exited(status.into_raw()),
            },
            Err(error) => Self::Unusable(Unusable::NotStarted {
                path: PathBuf::new(),
                error: format!("its end could not be awaited: {error}"),
            }),
        }
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(code) => write!(f, "exit {code}"),
            Self::Signalled(signal) => match Signal::try_from(*signal) {
                Ok(known) => write!(f, "killed by signal {signal} ({known})"),
                Err(_) => write!(f, "killed by signal {signal}"),
            },
            Self::TimedOut(limit) => {
                write!(f, "no end within {limit:?}, terminated with all that it started")
            }
            Self::Stopped => f.write_str("stopped"),
            Self::Unusable(why) => why.fmt(f),
        }
    }
}

/// A run with its result.
#[derive(Debug)]
pub struct Finished {
    /// How it ended.
    pub end: End,
    /// The last 4 KB of standard output and error, as text without control characters.
    pub output: String,
    /// From the start to the result.
    pub took: Duration,
    /// What is still going on; dropping it kills what has not ended yet.
    pub remains: Remains,
}

/// Runs a command and says how it ended, at its limit at the latest. Cancel-safe: dropped before its end, the whole
/// process group is killed.
///
/// At the limit the group gets TERM and the result is given **at once**; the group dies in
/// [`Finished::remains`], and a caller that must not overlap waits for [`Remains::gone`].
///
/// Needs a tokio runtime with I/O and time.
pub async fn run(command: &Command, limits: Limits) -> Finished {
    let over = sleep_until(Instant::now() + limits.time);
    go(command, over, End::TimedOut(limits.time), limits.grace).await
}

/// As [`run`], for a program that is to run until `stop` and not for a time. It gets TERM then, and KILL `grace` later, with
/// all that it has started; the result is [`End::Stopped`].
///
/// ```
/// use std::time::Duration;
///
/// use healthcheck::{Command, End, run_until};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let reader = Command::new(["sleep", "1000"]);
/// let finished = run_until(&reader, async {}, Duration::from_secs(2)).await;
/// assert_eq!(finished.end, End::Stopped);
/// # }
/// ```
pub async fn run_until(command: &Command, stop: impl Future<Output = ()>, grace: Duration) -> Finished {
    go(command, stop, End::Stopped, grace).await
}

async fn go(command: &Command, over: impl Future<Output = ()>, end: End, grace: Duration) -> Finished {
    let started = Instant::now();
    match start(command) {
        Ok(running) => running.finish(started, over, end, grace).await,
        Err(unusable) => Finished {
            end: End::Unusable(unusable),
            output: String::new(),
            took: started.elapsed(),
            remains: Remains::default(),
        },
    }
}

/// The order of fields is the order of their drop: the group is killed before its leader is given up.
struct Running {
    group: Group,
    child: Child,
    capture: Capture,
}

fn start(command: &Command) -> Result<Running, Unusable> {
    let path = command.check()?;
    let failed = |error: io::Error| command.not_started(path.clone(), &error);
    let (ours, theirs) = io::pipe().map_err(failed)?;
    let ours = Receiver::from_owned_fd(OwnedFd::from(ours)).map_err(failed)?;
    let also_theirs = theirs.try_clone().map_err(failed)?;
    let mut prepared = command.prepare(&path);
    prepared
        .stdout(Stdio::from(theirs))
        .stderr(Stdio::from(also_theirs));
    let child = prepared.spawn().map_err(failed)?;
    let leader = child.id().and_then(|id| i32::try_from(id).ok());
    let leader = leader.ok_or_else(|| failed(io::Error::other("it has no process id")))?;
    Ok(Running {
        group: Group::led_by(Pid::from_raw(leader)),
        child,
        capture: Capture::new(ours),
    })
}

impl Running {
    async fn finish(
        mut self,
        started: Instant,
        over: impl Future<Output = ()>,
        end: End,
        grace: Duration,
    ) -> Finished {
        let mut over = pin!(over);
        loop {
            tokio::select! {
                biased;
                status = self.child.wait() => return self.ended(started, &status),
                () = &mut over => return self.overdue(started, end, grace),
                () = self.capture.flow() => {}
            }
        }
    }

    fn ended(mut self, started: Instant, status: &io::Result<ExitStatus>) -> Finished {
        self.group.release();
        self.capture.take_rest();
        Finished {
            end: End::of(status),
            output: self.capture.text(),
            took: started.elapsed(),
            remains: Remains::lingering(self.capture),
        }
    }

    fn overdue(mut self, started: Instant, end: End, grace: Duration) -> Finished {
        self.group.terminate();
        self.capture.take_rest();
        Finished {
            end,
            output: self.capture.text(),
            took: started.elapsed(),
            remains: Remains::dying(self.group, self.child, self.capture, grace),
        }
    }
}
