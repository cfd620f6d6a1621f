//! Netlink without a task of its own.
//!
//! The kernel carries a route request out inside `send` and has queued the answer when that returns. So a request is
//! sent, and its answers are read, in one go: nothing can be pending, out of order or forgotten when a connection task
//! ends, and a hundred addresses cost one system call and not a hundred. Framing and attributes are those of
//! `netlink-packet-core` and `netlink-packet-route`, taken through `rtnetlink`.

mod frame;
mod link;
mod request;

pub(crate) use frame::{AddressInfo, LinkInfo, Message, each_message};
pub(crate) use link::{MACVLAN_REQUESTS, Macvlan, delete, set_mtu, set_up};
#[cfg(feature = "accept")]
pub(crate) use request::frame;
pub(crate) use request::{Change, Requests, Sink};

use std::io;
use std::os::fd::OwnedFd;

use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{
    AddressFamily, Protocol, RecvFlags, SocketFlags, SocketType, bind, recv, socket_with,
    sockopt::{set_socket_recv_buffer_size, set_socket_recv_buffer_size_force},
};

/// Room for one answer: the kernel fills at most 32 KiB a datagram.
pub(crate) const DATAGRAM_OCTETS: usize = 64 * 1024;
/// Room for the events of thousands of addresses that change at once.
const RECEIVE_OCTETS: usize = 4 << 20;

/// `RTMGRP_LINK`, `RTMGRP_IPV4_IFADDR`, `RTMGRP_IPV6_IFADDR`.
const EVENT_GROUPS: u32 = 0x1 | 0x10 | 0x100;

fn open(groups: u32) -> io::Result<OwnedFd> {
    // No protocol is NETLINK_ROUTE.
    open_for(None, groups)
}

/// A socket that changes packet filters.
#[cfg(feature = "accept")]
pub(crate) fn open_netfilter() -> io::Result<OwnedFd> {
    open_for(Some(rustix::net::netlink::NETFILTER), 0)
}

fn open_for(protocol: Option<Protocol>, groups: u32) -> io::Result<OwnedFd> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let fd = socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, protocol)?;
    // Beyond the system's limit only with CAP_NET_ADMIN; an overrun is noticed in any case.
    if set_socket_recv_buffer_size_force(&fd, RECEIVE_OCTETS).is_err() {
        set_socket_recv_buffer_size(&fd, RECEIVE_OCTETS)?;
    }
    bind(&fd, &SocketAddrNetlink::new(0, groups))?;
    Ok(fd)
}

/// A socket that hears of these groups.
pub(crate) fn open_groups(groups: u32) -> io::Result<OwnedFd> {
    open(groups)
}

/// A socket that hears of every link and address.
pub(crate) fn open_events() -> io::Result<OwnedFd> {
    open(EVENT_GROUPS)
}

/// Reads one datagram; `None` when there is none.
///
/// # Errors
/// ENOBUFS after an overrun: events are lost, dump everything anew.
pub(crate) fn receive<'a>(fd: &OwnedFd, buffer: &'a mut [u8]) -> io::Result<Option<&'a [u8]>> {
    loop {
        match recv(fd, &mut *buffer, RecvFlags::empty()) {
            Ok((octets, _)) => return Ok(buffer.get(..octets)),
            Err(rustix::io::Errno::INTR) => {}
            Err(rustix::io::Errno::AGAIN) => return Ok(None),
            Err(errno) => return Err(errno.into()),
        }
    }
}
