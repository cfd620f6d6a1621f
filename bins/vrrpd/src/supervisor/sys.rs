//! Signals as descriptors and as numbers: keepalived has one without a name (SIGRTMIN + 2), which no safe crate knows.
#![allow(
    unsafe_code,
    reason = "no safe crate blocks, reads or sends real-time signals"
)]

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, FromRawFd as _, OwnedFd};

use rustix::process::Pid;

/// Passed on to the child, but for SIGABRT.
const NAMED: [i32; 7] = [
    libc::SIGTERM,
    libc::SIGINT,
    libc::SIGHUP,
    libc::SIGUSR1,
    libc::SIGUSR2,
    libc::SIGQUIT,
    libc::SIGABRT,
];
/// Octets of `struct signalfd_siginfo`, of which the first four are the signal's number.
const RECORD_OCTETS: usize = 128;

/// Every signal that would end this process, as something to be read.
#[derive(Debug)]
pub(crate) struct Signals {
    fd: OwnedFd,
}

impl Signals {
    /// To be called before the first thread is started: threads inherit what is blocked, and so do children.
    pub(crate) fn block() -> io::Result<Self> {
        let set = mask(libc::SIG_BLOCK)?;
        // SAFETY: the set is initialized, and -1 asks for a new descriptor.
        let fd = unsafe { libc::signalfd(-1, &raw const set, libc::SFD_NONBLOCK | libc::SFD_CLOEXEC) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the descriptor was just made, and nobody else knows it.
        let fd = unsafe { OwnedFd::from_raw_fd(fd) };
        Ok(Self { fd })
    }

    /// Those that have come, in order.
    pub(super) fn read(&self) -> io::Result<Vec<i32>> {
        let mut numbers = Vec::new();
        let mut record = [0; RECORD_OCTETS];
        loop {
            match rustix::io::read(&self.fd, &mut record) {
                Ok(RECORD_OCTETS) => {
                    let [a, b, c, d, ..] = record;
                    numbers.extend(i32::try_from(u32::from_ne_bytes([a, b, c, d])));
                }
                Ok(_) | Err(rustix::io::Errno::AGAIN) => return Ok(numbers),
                Err(rustix::io::Errno::INTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
    }
}

/// A child is to hear them again; to be called before its first thread is started.
pub(super) fn unblock() -> io::Result<()> {
    mask(libc::SIG_UNBLOCK).map(|_| ())
}

/// Blocks or unblocks all of them for the calling thread.
fn mask(how: i32) -> io::Result<libc::sigset_t> {
    let mut set = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: sigemptyset initializes the whole set, and the other calls get a pointer to an initialized one; null is
    // allowed as the place for the old mask.
    unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        for number in NAMED.into_iter().chain(libc::SIGRTMIN()..=libc::SIGRTMAX()) {
            libc::sigaddset(set.as_mut_ptr(), number);
        }
        match libc::pthread_sigmask(how, set.as_ptr(), std::ptr::null_mut()) {
            0 => Ok(set.assume_init()),
            error => Err(io::Error::from_raw_os_error(error)),
        }
    }
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// A descriptor that the supervisor has left open for this process.
pub(super) fn inherited(number: i32) -> OwnedFd {
    // SAFETY: the caller has found what the supervisor has made under this number, at the start, when nothing else was
    // opened under it; nobody else in this process knows of it.
    unsafe { OwnedFd::from_raw_fd(number) }
}

/// Sends a signal to a child that was not waited for yet, so that its number is nobody else's.
pub(super) fn send(child: Pid, number: i32) {
    // SAFETY: kill takes two numbers and touches no memory.
    let _dead = unsafe { libc::kill(child.as_raw_nonzero().get(), number) };
}
