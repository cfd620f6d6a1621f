//! From octets to the wire: source address and interface go with every message.

use std::io::{self, IoSlice};
use std::net::{IpAddr, Ipv4Addr, SocketAddrV4, SocketAddrV6};
use std::os::fd::{AsRawFd, BorrowedFd};

use nix::sys::socket::{ControlMessage, MsgFlags, SockaddrIn, SockaddrIn6, sendmsg};

use super::{Channel, scope_id};

/// From where to where.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Way {
    /// Must be an address of this node (V3-5.1.1.1-01, V3-5.1.2.1-01).
    pub(crate) source: IpAddr,
    pub(crate) destination: IpAddr,
    /// Of unicast; the group is reached with 255.
    pub(crate) hop_limit: u8,
}

impl Channel {
    /// Sends one message.
    ///
    /// # Errors
    /// What the system call says; the message did not leave then.
    pub(crate) fn send(&self, fd: BorrowedFd<'_>, way: Way, message: &[u8]) -> io::Result<()> {
        let octets = [IoSlice::new(message)];
        // With each packet: the socket is that of every router here.
        let hop_limit = libc::c_int::from(way.hop_limit);
        // What the socket has anyway costs nothing.
        let ordinary = way.hop_limit == 255 || way.destination.is_multicast();
        let _sent = match (way.source, way.destination) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => {
                let info = libc::in_pktinfo {
                    ipi_ifindex: i32::try_from(self.index).unwrap_or(0),
                    ipi_spec_dst: in_addr(source),
                    ipi_addr: in_addr(Ipv4Addr::UNSPECIFIED),
                };
                let control = [
                    ControlMessage::Ipv4PacketInfo(&info),
                    ControlMessage::Ipv4Ttl(&hop_limit),
                ];
                let control = if ordinary { &control[..1] } else { &control[..] };
                let to = SockaddrIn::from(SocketAddrV4::new(destination, 0));
                sendmsg(fd.as_raw_fd(), &octets, control, MsgFlags::empty(), Some(&to))?
            }
            (IpAddr::V6(source), IpAddr::V6(destination)) => {
                let info = libc::in6_pktinfo {
                    ipi6_addr: libc::in6_addr {
                        s6_addr: source.octets(),
                    },
                    ipi6_ifindex: self.index,
                };
                let control = [
                    ControlMessage::Ipv6PacketInfo(&info),
                    ControlMessage::Ipv6HopLimit(&hop_limit),
                ];
                let control = if ordinary { &control[..1] } else { &control[..] };
                // The port must be 0: another number but the protocol's is refused.
                let scope = scope_id(destination, self.index);
                let to = SockaddrIn6::from(SocketAddrV6::new(destination, 0, 0, scope));
                sendmsg(fd.as_raw_fd(), &octets, control, MsgFlags::empty(), Some(&to))?
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => {
                return Err(io::Error::from(io::ErrorKind::InvalidInput));
            }
        };
        Ok(())
    }
}

fn in_addr(address: Ipv4Addr) -> libc::in_addr {
    libc::in_addr {
        s_addr: u32::from_ne_bytes(address.octets()),
    }
}
