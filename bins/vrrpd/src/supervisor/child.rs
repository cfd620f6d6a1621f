//! The side of the router's process, and how it is started.

use std::ffi::OsString;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Command;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::process::{PidfdFlags, getppid, pidfd_open};
use tracing::error;
use vrrp_net::Testator;

use super::in_force::{Files, InForce};
use super::sys;
use crate::router;

/// Says which process the watchdog is for.
const WATCHDOG_PID: &str = "WATCHDOG_PID";
/// `process:start` of the supervisor: what was said to one child is meant for the next one too.
const LIFE: &str = "VRRPD_SUPERVISOR";
const OWN_PROGRAM: &str = "/proc/self/exe";

/// This program once more, under the same name and with the same arguments.
pub(super) fn command(life: &str) -> io::Result<Command> {
    let mut words = std::env::args_os();
    let name = words.next().unwrap_or_else(|| OsString::from("vrrpd"));
    let mut command = Command::new(program());
    command.arg0(name).args(words).env(LIFE, life);
    let watched = std::env::var(WATCHDOG_PID).ok();
    if watched.is_some_and(|watched| watched == std::process::id().to_string()) {
        // It is the child's loops that are to be watched.
        command.env_remove(WATCHDOG_PID);
    }
    Ok(command)
}

/// By its path, so that it has its name in the list of processes; but never another version than this one.
fn program() -> PathBuf {
    let own = || std::fs::metadata(OWN_PROGRAM).ok();
    let path = std::env::current_exe().ok();
    path.filter(|path| {
        let there = std::fs::metadata(path).ok();
        let same = |(there, own): (std::fs::Metadata, std::fs::Metadata)| {
            (there.dev(), there.ino()) == (own.dev(), own.ino())
        };
        there.zip(own()).is_some_and(same)
    })
    .unwrap_or_else(|| PathBuf::from(OWN_PROGRAM))
}

/// What tells this supervisor from all others since the machine was started.
pub(super) fn life() -> String {
    let now = vrrp_net::clock::now().as_nanos();
    format!("{}:{now}", std::process::id())
}

/// The parent, as the child knows it.
#[derive(Debug)]
pub(crate) struct Parent {
    life: Option<String>,
    in_force: Option<InForce>,
    end: OwnedFd,
    testator: Testator,
}

impl Parent {
    /// `None`: nobody looks after this process. To be called before the first thread is started.
    pub(crate) fn find() -> io::Result<Option<Self>> {
        let Some(testator) = Testator::from_env()? else {
            return Ok(None);
        };
        sys::unblock()?;
        let parent = getppid().ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        let end = pidfd_open(parent, PidfdFlags::NONBLOCK)?;
        // A script of a child has the variable too, and what it starts is no child.
        let own = format!("{}:", parent.as_raw_nonzero());
        let life = std::env::var(LIFE).ok().filter(|life| life.starts_with(&own));
        let in_force = life.is_some().then(InForce::inherited).flatten();
        Ok(Some(Self {
            life,
            in_force,
            end,
            testator,
        }))
    }

    /// Which one it is; the same for every child of it.
    pub(crate) fn life(&self) -> Option<&str> {
        self.life.as_deref()
    }

    /// The configuration that the process before this one ran by.
    pub(crate) fn in_force(&self) -> Option<Files> {
        self.in_force.as_ref()?.read()
    }

    /// Where what is in force from now on is kept.
    pub(crate) fn take_in_force(&mut self) -> Option<InForce> {
        self.in_force.take()
    }

    /// What is told to the driver, and what is to be waited for.
    pub(crate) fn part(self) -> (Testator, OwnedFd) {
        (self.testator, self.end)
    }
}

/// Waits for the end of the parent, on a thread of its own: this process goes on, and says so.
///
/// # Errors
/// When there can be no thread.
pub(crate) fn outlive(parent: OwnedFd, tell: impl FnOnce(String) + Send + 'static) -> io::Result<()> {
    let wait = move || {
        let mut ends = [PollFd::new(&parent, PollFlags::IN)];
        while matches!(poll(&mut ends, None), Ok(0) | Err(Errno::INTR)) {}
        let text = "the supervisor has died; this process goes on without one. Should it die too, its addresses stay until \
                    somebody removes them: restart vrrpd at a quiet moment";
        error!("{text}");
        tell(text.to_owned());
    };
    let _detached = std::thread::Builder::new()
        .name("parent".to_owned())
        .spawn(wait)?;
    Ok(())
}

/// A router loop that panics would take its addresses away at once; the parent does it without a gap.
pub(crate) fn abort_with_the_router() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        before(panic);
        if std::thread::current().name() == Some(router::THREAD) {
            std::process::abort();
        }
    }));
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;

    use super::*;

    const PANICS: &str = "VRRPD_TEST_PANICS_ON";

    /// Not a test of its own: what [`a_panic_of_the_router_loop_and_no_other_aborts`] runs in another process.
    #[test]
    fn panics_where_it_is_told() {
        let Ok(name) = std::env::var(PANICS) else {
            return;
        };
        abort_with_the_router();
        let thread = std::thread::Builder::new().name(name);
        let panics = thread.spawn(|| std::panic::panic_any("on purpose"));
        assert!(panics.unwrap().join().is_err());
        // Never an exit code of a test that has failed.
        std::process::exit(3);
    }

    fn ends(thread: &str) -> std::process::ExitStatus {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "supervisor::child::tests::panics_where_it_is_told"]);
        command.env(PANICS, thread).output().unwrap().status
    }

    /// In a build that unwinds, as that for release does: what else panics is told and goes on.
    #[test]
    fn a_panic_of_the_router_loop_and_no_other_aborts() {
        assert_eq!(ends(router::THREAD).signal(), Some(libc::SIGABRT));
        assert_eq!(ends("another").code(), Some(3));
    }
}
