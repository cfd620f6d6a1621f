//! What no safe crate of ours offers: the address of a packet socket.
#![allow(unsafe_code, reason = "sockaddr_ll; each block says why it is sound")]

use socket2::{SockAddr, SockAddrStorage};

/// All stations at an interface, by its index; `protocol` as in `ETH_P_ARP` (host order).
pub(super) fn everybody(protocol: u16, interface: u32) -> SockAddr {
    let mut storage = SockAddrStorage::zeroed();
    // SAFETY: `view_as` asks that the type is one of the system's socket addresses that fits the storage, and
    // sockaddr_ll (20 bytes, no pointers) is one.
    let link = unsafe { storage.view_as::<libc::sockaddr_ll>() };
    link.sll_family = libc::AF_PACKET as libc::sa_family_t;
    link.sll_protocol = protocol.to_be();
    link.sll_ifindex = interface.cast_signed();
    link.sll_halen = 6;
    link.sll_addr = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0];
    let length = size_of::<libc::sockaddr_ll>() as libc::socklen_t;
    // SAFETY: the storage was zeroed and then filled as a sockaddr_ll, whose family and length are the ones given.
    unsafe { SockAddr::new(storage, length) }
}
