//! The one file with `unsafe`: what no safe crate offers, each call with its reason.
#![allow(
    unsafe_code,
    reason = "tokio's AsyncFd::register, sockaddr_ll, one socket option, descriptors passed through exec"
)]

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

use socket2::{SockAddr, SockAddrStorage};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Registers a descriptor for reading with the reactor of the current runtime.
///
/// # Errors
/// When the reactor refuses it (EPERM for a file that cannot be polled, ENOSPC for too many watches).
pub(crate) fn watch_readable(fd: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    // SAFETY: an OwnedFd is a valid descriptor, closes only when dropped, always returns the same number, and is
    // owned by the AsyncFd from here on, which hands out shared references only.
    unsafe { AsyncFd::register_with_interest(fd, Interest::READABLE) }.map_err(io::Error::from)
}

/// The address of a frame that leaves by the interface with this index: a `sockaddr_ll`.
pub(crate) fn link_address(ifindex: u32, protocol: u16, mac: [u8; 6]) -> SockAddr {
    let mut storage = SockAddrStorage::zeroed();
    // SAFETY: sockaddr_ll is one of the address types that sockaddr_storage is made to hold, and all zeroes is a
    // valid value of it.
    let address = unsafe { storage.view_as::<libc::sockaddr_ll>() };
    address.sll_family = libc::AF_PACKET as libc::sa_family_t;
    address.sll_protocol = protocol.to_be();
    address.sll_ifindex = i32::try_from(ifindex).unwrap_or(0);
    address.sll_halen = 6;
    address.sll_addr[..6].copy_from_slice(&mac);
    let length = size_of::<libc::sockaddr_ll>() as libc::socklen_t;
    // SAFETY: the storage holds a whole sockaddr_ll, and that is the length given.
    unsafe { SockAddr::new(storage, length) }
}

/// PRJ-CK-05: lets wrong IPv6 checksums through to us, so that they are verified and counted in one place.
pub(crate) fn leave_ipv6_checksum_to_us(socket: &impl AsRawFd) -> io::Result<()> {
    let off: libc::c_int = -1;
    // SAFETY: the kernel reads one c_int, which lives until the call returns.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::IPPROTO_IPV6,
            libc::IPV6_CHECKSUM,
            (&raw const off).cast(),
            size_of::<libc::c_int>() as libc::socklen_t,
        )
    };
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// Takes over a descriptor that came through `exec`.
///
/// The caller must know that the number was left open for it, and must take each number once.
pub(crate) fn inherited(fd: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: fcntl with F_GETFD on any number is harmless: it fails with EBADF where nothing is open.
    if unsafe { libc::fcntl(fd, libc::F_GETFD) } < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the descriptor is open, and the list of numbers that a handover brings is used once and names
    // descriptors that nothing else in this program has opened.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}
