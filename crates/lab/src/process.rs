//! Programs that run on a node.

use crate::LabError;
use crate::topology::Node;
use crate::usage::Usage;
use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::Pid;
use std::ffi::OsString;
use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

/// What to start.
#[derive(Clone, Debug)]
pub struct Spawn {
    /// A short name, for the log file.
    pub name: String,
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
}

impl Spawn {
    /// A program with its arguments.
    pub fn new<S: Into<OsString>>(
        name: &str,
        program: PathBuf,
        arguments: impl IntoIterator<Item = S>,
    ) -> Self {
        Self {
            name: name.to_owned(),
            program,
            arguments: arguments.into_iter().map(Into::into).collect(),
        }
    }
}

/// A running program and its children, in a process group of their own; killed when dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    log: PathBuf,
    ended: Option<ExitStatus>,
}

impl Process {
    pub(crate) fn start(node: &Node, spawn: &Spawn) -> Result<Self, LabError> {
        let log = node.folder().join(format!("{}.log", spawn.name));
        let said = |what: &Path| LabError::io(what.display().to_string());
        let file = File::options()
            .create(true)
            .append(true)
            .open(&log)
            .map_err(said(&log))?;
        let other = file.try_clone().map_err(said(&log))?;
        // `ip netns exec` also mounts the node's own /sys and then becomes the program: the process id is the same.
        let child = Command::new("ip")
            .args(["netns", "exec", node.name()])
            .arg(&spawn.program)
            .args(&spawn.arguments)
            .stdin(Stdio::null())
            .stdout(file)
            .stderr(other)
            .current_dir(node.folder())
            .process_group(0)
            .spawn()
            .map_err(LabError::io(spawn.program.display().to_string()))?;
        Ok(Self {
            child,
            log,
            ended: None,
        })
    }

    /// The process id of the program itself.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it has written so far.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        if self.ended.is_none() {
            self.ended = self.child.try_wait().ok().flatten();
        }
        self.ended.is_none()
    }

    /// How it ended, if it has; leaves the status to be collected.
    pub fn how_it_ended(&self) -> Option<String> {
        if let Some(status) = self.ended {
            return Some(status.to_string());
        }
        let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
        match waitid(Id::Pid(self.pid()), flags) {
            Ok(WaitStatus::Exited(_, code)) => Some(format!("exit status: {code}")),
            Ok(WaitStatus::Signaled(_, signal, _)) => Some(format!("signal: {signal}")),
            _ => None,
        }
    }

    /// Send a signal to the program alone, which passes it on as it sees fit.
    ///
    /// # Errors
    /// When it is gone.
    pub fn signal(&self, signal: Signal) -> Result<(), LabError> {
        kill(self.pid(), signal).map_err(LabError::errno(format!("{signal} to {}", self.id())))
    }

    /// Send a signal to the program and all its children.
    ///
    /// # Errors
    /// When it is gone.
    pub fn signal_all(&self, signal: Signal) -> Result<(), LabError> {
        killpg(self.pid(), signal).map_err(LabError::errno(format!("{signal} to group {}", self.id())))
    }

    /// kill -9 of the program and all its children in one system call, so that none has time to say good-bye.
    ///
    /// # Errors
    /// When it is gone.
    pub fn kill_hard(&mut self) -> Result<(), LabError> {
        killpg(self.pid(), Signal::SIGKILL)
            .map_err(LabError::errno(format!("SIGKILL to group {}", self.id())))?;
        self.wait(Duration::from_secs(5)).map(drop)
    }

    /// Wait until it ends by itself.
    ///
    /// # Errors
    /// [`LabError::TooLate`] after `limit`.
    pub fn wait(&mut self, limit: Duration) -> Result<ExitStatus, LabError> {
        if let Some(status) = self.ended {
            return Ok(status);
        }
        let child = &mut self.child;
        let status = crate::wait::until("the end of a program", limit, || child.try_wait().ok().flatten())?;
        self.ended = Some(status);
        Ok(status)
    }

    /// CPU time and memory of the program and its children.
    pub fn usage(&self) -> Usage {
        Usage::of_group(self.id())
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().cast_signed())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.runs() {
            let _ = self.kill_hard();
        }
    }
}
