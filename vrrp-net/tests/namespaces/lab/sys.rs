//! What no safe crate offers: whole frames, and a multicast routing daemon in miniature, the positive control of "is not
//! forwarded": without one Linux forwards no multicast at all, and nothing would be proven.
#![allow(
    unsafe_code,
    reason = "the socket options of multicast routing, and the address of a frame"
)]

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::os::fd::AsRawFd as _;

use nix::net::if_::if_nametoindex;
use socket2::{Domain, Protocol, SockAddr, SockAddrStorage, Socket, Type};

// linux/mroute.h and linux/mroute6.h: the same numbers for both families.
const MRT_INIT: libc::c_int = 200;
const MRT_ADD_VIF: libc::c_int = 202;
const MRT_ADD_MFC: libc::c_int = 204;
const VIFF_USE_IFINDEX: u8 = 8;
/// A packet leaves where its TTL is above this; 255: never.
const THRESHOLD: u8 = 1;

#[repr(C)]
struct Vif4 {
    number: u16,
    flags: u8,
    threshold: u8,
    rate_limit: u32,
    index: u32,
    remote: u32,
}

#[repr(C)]
struct Route4 {
    origin: [u8; 4],
    group: [u8; 4],
    parent: u16,
    thresholds: [u8; 32],
    counters: [u32; 3],
    expire: u32,
}

#[repr(C)]
struct Vif6 {
    number: u16,
    flags: u8,
    threshold: u8,
    index: u16,
    rate_limit: u32,
}

#[repr(C)]
struct Route6 {
    origin: libc::sockaddr_in6,
    group: libc::sockaddr_in6,
    parent: u16,
    out: [u32; 8],
}

fn set<T>(socket: &Socket, level: libc::c_int, option: libc::c_int, value: &T) -> io::Result<()> {
    let length = libc::socklen_t::try_from(size_of::<T>()).unwrap();
    // SAFETY: the kernel reads one T, which lives until the call returns; every T here is plain numbers.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            level,
            option,
            std::ptr::from_ref(value).cast(),
            length,
        )
    };
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// Routes multicast of these origins and groups from the first interface to the second, for as long as the socket is open.
/// An error where the kernel was built without that.
pub(crate) fn route_multicast4(interfaces: [u32; 2], routes: &[(Ipv4Addr, Ipv4Addr)]) -> io::Result<Socket> {
    let socket = Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::from(libc::IPPROTO_IGMP)))?;
    set(&socket, libc::IPPROTO_IP, MRT_INIT, &1_i32)?;
    for (number, index) in (0..).zip(interfaces) {
        let vif = Vif4 {
            number,
            flags: VIFF_USE_IFINDEX,
            threshold: THRESHOLD,
            rate_limit: 0,
            index,
            remote: 0,
        };
        set(&socket, libc::IPPROTO_IP, MRT_ADD_VIF, &vif)?;
    }
    for (origin, group) in routes {
        let mut thresholds = [255; 32];
        thresholds[1] = THRESHOLD;
        let route = Route4 {
            origin: origin.octets(),
            group: group.octets(),
            parent: 0,
            thresholds,
            counters: [0; 3],
            expire: 0,
        };
        set(&socket, libc::IPPROTO_IP, MRT_ADD_MFC, &route)?;
    }
    Ok(socket)
}

/// As [`route_multicast4`].
pub(crate) fn route_multicast6(interfaces: [u32; 2], routes: &[(Ipv6Addr, Ipv6Addr)]) -> io::Result<Socket> {
    let socket = Socket::new(Domain::IPV6, Type::RAW, Some(Protocol::ICMPV6))?;
    set(&socket, libc::IPPROTO_IPV6, MRT_INIT, &1_i32)?;
    for (number, index) in (0..).zip(interfaces) {
        let vif = Vif6 {
            number,
            flags: 0,
            threshold: THRESHOLD,
            index: u16::try_from(index).unwrap(),
            rate_limit: 0,
        };
        set(&socket, libc::IPPROTO_IPV6, MRT_ADD_VIF, &vif)?;
    }
    let address = |address: &Ipv6Addr| libc::sockaddr_in6 {
        sin6_family: libc::sa_family_t::try_from(libc::AF_INET6).unwrap(),
        sin6_port: 0,
        sin6_flowinfo: 0,
        sin6_addr: libc::in6_addr {
            s6_addr: address.octets(),
        },
        sin6_scope_id: 0,
    };
    for (origin, group) in routes {
        let route = Route6 {
            origin: address(origin),
            group: address(group),
            parent: 0,
            out: [0b10, 0, 0, 0, 0, 0, 0, 0],
        };
        set(&socket, libc::IPPROTO_IPV6, MRT_ADD_MFC, &route)?;
    }
    Ok(socket)
}

/// Sends a whole Ethernet frame by an interface of the calling namespace.
pub(crate) fn send_frame(interface: &str, octets: &[u8]) {
    let socket = Socket::new(Domain::PACKET, Type::RAW, Some(Protocol::from(0))).unwrap();
    let mut storage = SockAddrStorage::zeroed();
    // SAFETY: sockaddr_ll is one of the address types that sockaddr_storage is made to hold; all zeroes is one.
    let address = unsafe { storage.view_as::<libc::sockaddr_ll>() };
    address.sll_family = libc::sa_family_t::try_from(libc::AF_PACKET).unwrap();
    address.sll_protocol = u16::from_be_bytes([octets[12], octets[13]]).to_be();
    address.sll_ifindex = i32::try_from(if_nametoindex(interface).unwrap()).unwrap();
    address.sll_halen = 6;
    address.sll_addr[..6].copy_from_slice(&octets[..6]);
    let length = libc::socklen_t::try_from(size_of::<libc::sockaddr_ll>()).unwrap();
    // SAFETY: the storage holds a whole sockaddr_ll, and that is the length given.
    let to = unsafe { SockAddr::new(storage, length) };
    socket.send_to(octets, &to).unwrap();
}
