//! What no safe crate of ours offers: the address of a packet socket, and the clock of another process.
#![allow(
    unsafe_code,
    reason = "sockaddr_ll and clock_getcpuclockid; each block says why it is sound"
)]

use socket2::{SockAddr, SockAddrStorage};

/// A link-layer address: `protocol` as in `ETH_P_ALL` (host order), `interface` by index.
pub(crate) fn packet_address(protocol: u16, interface: u32) -> SockAddr {
    let mut storage = SockAddrStorage::zeroed();
    // SAFETY: `view_as` asks that the type is one of the system's socket addresses that fits the storage, and
    // sockaddr_ll (20 bytes, no pointers) is one.
    let link = unsafe { storage.view_as::<libc::sockaddr_ll>() };
    link.sll_family = libc::AF_PACKET as libc::sa_family_t;
    link.sll_protocol = protocol.to_be();
    link.sll_ifindex = interface.cast_signed();
    let length = size_of::<libc::sockaddr_ll>() as libc::socklen_t;
    // SAFETY: the storage was zeroed and then filled as a sockaddr_ll, whose family and length are the ones given.
    unsafe { SockAddr::new(storage, length) }
}

/// Processor time of a process so far, of all its threads, those that have ended too, in nanoseconds; 0 where it is gone.
pub(crate) fn process_cpu_ns(process: i32) -> u64 {
    let mut clock: libc::clockid_t = 0;
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: both calls write one value each through a pointer to a local of exactly that type.
    let failed = unsafe {
        libc::clock_getcpuclockid(process, &raw mut clock) != 0
            || libc::clock_gettime(clock, &raw mut time) != 0
    };
    if failed {
        return 0;
    }
    u64::try_from(time.tv_sec).unwrap_or(0) * 1_000_000_000 + u64::try_from(time.tv_nsec).unwrap_or(0)
}

/// The unit of times in `/proc`, in nanoseconds.
pub(crate) fn tick_ns() -> u64 {
    // SAFETY: takes a number and gives a number.
    let per_second = unsafe { libc::sysconf(libc::_SC_CLK_TCK) };
    1_000_000_000 / u64::try_from(per_second).unwrap_or(100).max(1)
}
