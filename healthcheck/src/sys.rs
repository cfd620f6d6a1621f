//! The calls that std, tokio and nix do not wrap.

#![allow(unsafe_code, reason = "the only file of this crate that may")]

use std::io;

use nix::unistd::Pid;
use tokio::process::Command;

/// Marks every descriptor from 3 on that is open now as close-on-exec, so that no script inherits it. Call once at
/// the start of a program: descriptors that its own starter left open (a shell's `3>file`) are not ours to mark
/// when they are opened, as all of Rust's are.
///
/// # Errors
/// `ENOSYS` before Linux 5.11.
pub fn close_inherited_on_exec() -> io::Result<()> {
    // SAFETY: close_range with CLOSE_RANGE_CLOEXEC takes three integers, touches no memory, and closes nothing
    // now: it only sets a flag on descriptors, which no safe code can be relying on to be unset.
    let result = unsafe {
        libc::syscall(
            libc::SYS_close_range,
            3_u32,
            libc::c_uint::MAX,
            libc::CLOSE_RANGE_CLOEXEC,
        )
    };
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// What is started gets TERM when the thread that started it ends, by whatever cause; a program with the set-user-id bit does not.
pub(crate) fn end_with_caller(command: &mut Command) {
    let caller = Pid::this();
    let before_exec = move || {
        // SAFETY: prctl with PR_SET_PDEATHSIG takes integers and touches no memory.
        if unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGTERM) } != 0 {
            return Err(io::Error::last_os_error());
        }
        if Pid::parent() == caller {
            Ok(())
        } else {
            // It has ended in between.
            Err(io::Error::from_raw_os_error(libc::ESRCH))
        }
    };
    // SAFETY: between fork and exec it calls prctl and getppid, which may be called there, and neither allocates nor locks.
    unsafe { command.pre_exec(before_exec) };
}
