//! What was sent from a virtual MAC that a device of this node has too: the kernel gives such a frame, be it to a group, to
//! that device alone, and the interface below never hears it. Without this ear two routers that are Active with one virtual
//! MAC would never hear each other.

use std::io;
use std::os::fd::{AsFd as _, OwnedFd};

use nix::sys::socket::{setsockopt, sockopt};
use socket2::{Domain, Protocol, SockFilter, Socket, Type};
use vrrp_core::Family;

use super::{Channel, size_queue};
use crate::sys::link_address;

const ETH_P_IP: u16 = 0x0800;
const ETH_P_IPV6: u16 = 0x86dd;
/// `SKF_LL_OFF`: operands from here on count from the Ethernet header.
const LINK_HEADER: u32 = 0xffe0_0000;
const SOURCE_MAC: u32 = LINK_HEADER + 6;
/// Offsets of Protocol and Next Header.
const PROTOCOL_IPV4: u32 = 9;
const PROTOCOL_IPV6: u32 = 6;
const VRRP: u32 = 112;

impl Channel {
    /// Whole IP packets of protocol 112 that come to the interface with this index from `mac`.
    ///
    /// # Errors
    /// EPERM without CAP_NET_RAW, ENODEV where the interface has gone.
    pub(crate) fn open_packet(
        family: Family,
        index: u32,
        mac: [u8; 6],
        packets: usize,
    ) -> io::Result<(OwnedFd, Self)> {
        // Protocol 0, then the filter, then the protocol: nothing slips in between.
        let socket = Socket::new(Domain::PACKET, Type::DGRAM, Some(Protocol::from(0)))?;
        socket.set_nonblocking(true)?;
        socket.attach_filter(&filter(family, mac))?;
        let protocol = match family {
            Family::Ipv4 => ETH_P_IP,
            Family::Ipv6 => ETH_P_IPV6,
        };
        socket.bind(&link_address(index, protocol, [0; 6]))?;
        setsockopt(&socket.as_fd(), sockopt::ReceiveTimestampns, &true)?;
        let fd = OwnedFd::from(socket);
        size_queue(&fd, packets)?;
        let mut channel = Self::of(family, index, Vec::new());
        channel.packets = true;
        Ok((fd, channel))
    }
}

/// A classic BPF program: the source MAC and the protocol are as wanted.
fn filter(family: Family, mac: [u8; 6]) -> [SockFilter; 8] {
    let [m0, m1, m2, m3, m4, m5] = mac;
    let protocol = match family {
        Family::Ipv4 => PROTOCOL_IPV4,
        Family::Ipv6 => PROTOCOL_IPV6,
    };
    let program = [
        // 0, 1: the first four octets? else to 7
        (0x20, 0, 0, SOURCE_MAC),
        (0x15, 0, 5, u32::from_be_bytes([m0, m1, m2, m3])),
        // 2, 3: the last two? else to 7
        (0x28, 0, 0, SOURCE_MAC + 4),
        (0x15, 0, 3, u32::from(u16::from_be_bytes([m4, m5]))),
        // 4, 5: the protocol? else to 7
        (0x30, 0, 0, protocol),
        (0x15, 0, 1, VRRP),
        // 6: accept
        (0x06, 0, 0, 0x0004_0000),
        // 7: refuse
        (0x06, 0, 0, 0),
    ];
    program.map(|(code, yes, no, operand)| SockFilter::new(code, yes, no, operand))
}
