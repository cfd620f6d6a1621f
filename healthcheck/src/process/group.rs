//! A process group that is killed when nobody holds it any more.

use std::sync::atomic::{AtomicBool, Ordering};

use nix::errno::Errno;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

/// The group of a child that was started as the leader of its own. Dropped while armed it is killed, all of it.
#[derive(Debug)]
pub(super) struct Group {
    leader: Pid,
    armed: AtomicBool,
}

impl Group {
    /// `leader` must have been started with `process_group(0)`: then its pid names the group, and goes on naming
    /// it for as long as the leader is unreaped or any member lives.
    pub(super) const fn led_by(leader: Pid) -> Self {
        Self {
            leader,
            armed: AtomicBool::new(true),
        }
    }

    /// Asks every member to end.
    pub(super) fn terminate(&self) {
        self.signal(Signal::SIGTERM);
    }

    /// Ends every member, and the guard's duty.
    pub(super) fn kill(&self) {
        self.signal(Signal::SIGKILL);
        self.release();
    }

    /// From here on the number may belong to strangers.
    pub(super) fn release(&self) {
        self.armed.store(false, Ordering::Release);
    }

    /// Whether any member is left; a zombie that nobody has reaped counts.
    pub(super) fn is_alive(&self) -> bool {
        self.armed.load(Ordering::Acquire) && killpg(self.leader, None) != Err(Errno::ESRCH)
    }

    fn signal(&self, signal: Signal) {
        if self.armed.load(Ordering::Acquire) {
            // ESRCH: all have gone by themselves. EPERM: they changed user, which only a root script can do.
            let _ = killpg(self.leader, signal);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}
