//! What no safe crate wraps: real-time scheduling of the calling thread, memory given back to the system, a process of its own
//! for the daemon, syslog, the groups of a peer.
#![allow(unsafe_code, reason = "these calls are in no safe crate that is here anyway")]

use std::ffi::CStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd};

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

/// Two processes go on: the caller of this gets the other one's id, and that one `None`. Only while this process has one thread.
///
/// # Errors
/// No process or no memory is left.
pub(crate) fn fork() -> io::Result<Option<i32>> {
    // SAFETY: without other threads no lock is held by one that the new process does not have, so all of it may be used there.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => Ok(None),
        child => Ok(Some(child)),
    }
}

/// # Errors
/// As dup2(2).
pub(crate) fn replace_stdin(by: &File) -> io::Result<()> {
    replace(libc::STDIN_FILENO, by)
}

/// # Errors
/// As dup2(2).
pub(crate) fn replace_stdout(by: &File) -> io::Result<()> {
    replace(libc::STDOUT_FILENO, by)
}

/// # Errors
/// As dup2(2).
pub(crate) fn replace_stderr(by: &File) -> io::Result<()> {
    replace(libc::STDERR_FILENO, by)
}

fn replace(standard: i32, by: &File) -> io::Result<()> {
    // SAFETY: the standard streams belong to no value of this program that would close them, and `by` is open.
    match unsafe { libc::dup2(by.as_raw_fd(), standard) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// From here on [`syslog`] writes as keepalived's router does, with the process id.
pub(crate) fn open_syslog(facility: i32) {
    // SAFETY: the C library keeps the pointer, and the name is there for ever.
    unsafe {
        libc::openlog(
            c"Keepalived_vrrp".as_ptr(),
            libc::LOG_PID | libc::LOG_NDELAY,
            facility,
        )
    };
}

/// Waits where the reader of syslog does.
pub(crate) fn syslog(severity: i32, line: &CStr) {
    // SAFETY: the format asks for one string, and that is what follows.
    unsafe { libc::syslog(severity, c"%s".as_ptr(), line.as_ptr()) };
}

/// The supplementary groups that the process at the other end had when it connected (SO_PEERGROUPS); none where the kernel
/// does not tell.
pub(crate) fn peer_groups(socket: &impl AsFd) -> Vec<u32> {
    // More than the kernel lets a process have.
    const GROUPS_MAX: usize = 65_536;
    let mut groups: Vec<libc::gid_t> = vec![0; 64];
    loop {
        let room = groups.len().saturating_mul(size_of::<libc::gid_t>());
        let mut octets = libc::socklen_t::try_from(room).unwrap_or(0);
        // SAFETY: the kernel writes at most `octets` octets, which the vector has, and any of them make a valid number.
        let result = unsafe {
            libc::getsockopt(
                socket.as_fd().as_raw_fd(),
                libc::SOL_SOCKET,
                libc::SO_PEERGROUPS,
                groups.as_mut_ptr().cast(),
                &raw mut octets,
            )
        };
        let wanted = usize::try_from(octets).unwrap_or(0) / size_of::<libc::gid_t>();
        if result == 0 {
            groups.truncate(wanted);
            return groups;
        }
        let short = io::Error::last_os_error().raw_os_error() == Some(libc::ERANGE);
        if !short || wanted <= groups.len() || wanted > GROUPS_MAX {
            return Vec::new();
        }
        groups.resize(wanted, 0);
    }
}
