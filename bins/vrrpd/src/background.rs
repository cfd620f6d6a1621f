//! Behind the caller: `keepalived` without `-n` returns when the daemon has started, or says by its exit code that it has not.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;
use rustix::pipe::PipeFlags;

use crate::exit::Exit;
use crate::sys;

/// Where this goes on.
#[derive(Debug)]
pub(crate) enum Side {
    /// In the process that was called: the daemon has started, or has not.
    Caller(ExitCode),
    /// In the daemon.
    Daemon(Caller),
}

/// Who waits for the start; nobody where the daemon is in the foreground.
#[derive(Debug)]
pub(crate) struct Caller {
    waits: Mutex<Option<Ends>>,
}

#[derive(Debug)]
struct Ends {
    tell: File,
    null: File,
}

impl Caller {
    pub(crate) const fn none() -> Self {
        Self {
            waits: Mutex::new(None),
        }
    }

    /// The daemon runs: its terminal is given back, and the caller may go.
    pub(crate) fn started(&self) {
        if let Some(mut ends) = self.take() {
            // Where it stays open the terminal does not close; nothing else depends on it.
            let _open = sys::replace_stdout(&ends.null).and_then(|()| sys::replace_stderr(&ends.null));
            let _gone = ends.tell.write_all(&[Exit::Done as u8]);
        }
    }

    /// The daemon has ended; a caller who still waits is told how.
    pub(crate) fn ended(&self, exit: Exit) {
        if let Some(mut ends) = self.take() {
            let _gone = ends.tell.write_all(&[exit as u8]);
        }
    }

    fn take(&self) -> Option<Ends> {
        self.waits.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Two processes go on: the caller's, which waits for the start, and the daemon, in a session of its own. No thread may run yet.
///
/// # Errors
/// What the system refuses; one process goes on.
pub(crate) fn leave() -> io::Result<Side> {
    let (listen, tell) = rustix::pipe::pipe_with(PipeFlags::CLOEXEC)?;
    let null = OpenOptions::new().read(true).write(true).open("/dev/null")?;
    if let Some(daemon) = sys::fork()? {
        drop(tell);
        return Ok(Side::Caller(wait(File::from(listen), daemon)));
    }
    drop(listen);
    rustix::process::setsid()?;
    std::env::set_current_dir("/")?;
    sys::replace_stdin(&null)?;
    let ends = Ends {
        tell: File::from(tell),
        null,
    };
    Ok(Side::Daemon(Caller {
        waits: Mutex::new(Some(ends)),
    }))
}

fn wait(mut listen: File, daemon: i32) -> ExitCode {
    let mut told = [0];
    if listen.read_exact(&mut told).is_ok() {
        return ExitCode::from(told[0]);
    }
    // It ended without a word.
    match waitpid(Pid::from_raw(daemon), None) {
        Ok(WaitStatus::Exited(_, code)) => u8::try_from(code).map_or(Exit::Failed.into(), ExitCode::from),
        Ok(_) | Err(_) => Exit::Failed.into(),
    }
}
