//! What no safe crate wraps: real-time scheduling of the calling thread, and memory given back to the system.
#![allow(unsafe_code, reason = "these two calls are in no safe crate")]

use std::io;

/// Lets the calling thread run under SCHED_FIFO at `priority` (1 to 99). Threads and processes that it starts do not
/// inherit that: a check that loops for ever must not starve the machine.
///
/// # Errors
/// EPERM without CAP_SYS_NICE and a sufficient RLIMIT_RTPRIO; EINVAL for a priority out of range.
pub(crate) fn realtime(priority: u8) -> io::Result<()> {
    let parameters = libc::sched_param {
        sched_priority: i32::from(priority),
    };
    // SAFETY: 0 names the calling thread, and the structure outlives the call, which only reads it.
    let result =
        unsafe { libc::sched_setscheduler(0, libc::SCHED_FIFO | libc::SCHED_RESET_ON_FORK, &parameters) };
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// Gives memory that is free back to the system: reading a configuration needs much of it, and running it little.
pub(crate) fn give_back_memory() {
    #[cfg(target_env = "gnu")]
    // SAFETY: it touches only what the allocator holds as free, under the allocator's own locks.
    unsafe {
        libc::malloc_trim(0);
    }
}
