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
    // The kernel's sched_param is this one number. Not by the C library: musl's function only answers ENOSYS.
    let sched_priority = libc::c_int::from(priority);
    let policy = libc::SCHED_FIFO | libc::SCHED_RESET_ON_FORK;
    // SAFETY: 0 names the calling thread, and the number outlives the call, which only reads it.
    let result = unsafe { libc::syscall(libc::SYS_sched_setscheduler, 0, policy, &raw const sched_priority) };
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// The shortest slice that the kernel grants (0.1 ms; Linux from 6.12 on), at the nice value that the calling thread has: a
/// thread that runs for microseconds then preempts at once whoever is in the middle of a long slice. It needs no permission, and
/// is not inherited.
///
/// # Errors
/// EINVAL or E2BIG from a kernel that does not know it; a sandbox may forbid the call.
pub(crate) fn shortest_slice() -> io::Result<()> {
    const SLICE_NANOS: u64 = 100_000;
    const RESET_ON_FORK: u64 = 1;
    let nice = rustix::process::getpriority_process(None)?;
    let attributes = libc::sched_attr {
        size: u32::try_from(size_of::<libc::sched_attr>()).unwrap_or_default(),
        sched_policy: u32::try_from(libc::SCHED_OTHER).unwrap_or_default(),
        sched_flags: RESET_ON_FORK,
        sched_nice: nice,
        sched_priority: 0,
        sched_runtime: SLICE_NANOS,
        sched_deadline: 0,
        sched_period: 0,
    };
    // SAFETY: 0 names the calling thread, and the structure, whose size stands in it, outlives the call, which only reads it.
    let result = unsafe { libc::syscall(libc::SYS_sched_setattr, 0, &raw const attributes, 0) };
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Policy, nice value and slice of the calling thread.
    fn attributes() -> (u32, i32, u64) {
        let size = u32::try_from(size_of::<libc::sched_attr>()).unwrap();
        // SAFETY: all zero is a value of it, and the kernel writes at most `size` octets.
        let attributes = unsafe {
            let mut attributes: libc::sched_attr = std::mem::zeroed();
            let result = libc::syscall(libc::SYS_sched_getattr, 0, &raw mut attributes, size, 0);
            assert_eq!(result, 0, "{}", io::Error::last_os_error());
            attributes
        };
        (
            attributes.sched_policy,
            attributes.sched_nice,
            attributes.sched_runtime,
        )
    }

    /// Of this thread, not of those that it starts; the nice value stays. An older kernel tells of no slice: 0.
    #[test]
    fn a_short_slice_leaves_all_else_as_it_was() {
        let seen = std::thread::spawn(|| {
            rustix::process::setpriority_process(None, 3).unwrap();
            let before = attributes();
            shortest_slice().unwrap();
            let child = std::thread::spawn(attributes).join().unwrap();
            (before, attributes(), child)
        });
        let (before, after, child) = seen.join().unwrap();
        assert_eq!((after.0, after.1), (before.0, 3));
        assert!(before.2 == 0 || after.2 == 100_000, "{after:?}");
        assert_eq!(child.2, before.2, "not inherited");
    }

    /// Fields 40 and 41 of `stat`, counted behind the name, which may hold blanks.
    #[test]
    fn a_thread_with_real_time_priority_runs_under_it() {
        let thread = std::thread::spawn(|| {
            // Without CAP_SYS_NICE the kernel refuses; that it was asked is what tells it from a C library that never asks.
            if let Err(error) = realtime(7) {
                assert_eq!(error.raw_os_error(), Some(libc::EPERM), "{error}");
                return;
            }
            let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
            let behind = stat.rsplit_once(") ").unwrap().1;
            let fields: Vec<&str> = behind.split(' ').collect();
            assert_eq!(
                (fields[37], fields[38]),
                ("7", "1"),
                "priority and SCHED_FIFO: {stat}"
            );
        });
        thread.join().unwrap();
        assert_eq!(realtime(100).unwrap_err().raw_os_error(), Some(libc::EINVAL));
    }
}
