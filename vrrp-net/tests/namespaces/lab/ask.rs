//! Questions that a neighbour asks, written octet by octet and sent as whole frames.

#[cfg(feature = "accept")]
use std::net::{IpAddr, SocketAddr};
use std::net::{Ipv4Addr, Ipv6Addr};
#[cfg(feature = "accept")]
use std::time::Duration;

#[cfg(feature = "accept")]
use socket2::{Domain, Protocol, Socket, Type};

use super::sys::send_frame;

/// The sum of RFC 1071.
fn checksum(octets: &[u8]) -> u16 {
    let words = octets
        .chunks(2)
        .map(|pair| u32::from(pair[0]) << 8 | u32::from(pair.get(1).copied().unwrap_or(0)));
    let mut sum: u32 = words.sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap()
}

/// An ICMPv6 message of the client (MAC 02:00:00:00:00:09), its checksum put in.
pub(crate) fn icmpv6(to_mac: [u8; 6], source: Ipv6Addr, destination: Ipv6Addr, hops: u8, message: &[u8]) {
    let length = u16::try_from(message.len()).unwrap();
    let mut pseudo = source.octets().to_vec();
    pseudo.extend(destination.octets());
    pseudo.extend(u32::from(length).to_be_bytes());
    pseudo.extend([0, 0, 0, 58]);
    pseudo.extend(message);
    let sum = checksum(&pseudo).to_be_bytes();
    let mut frame = to_mac.to_vec();
    frame.extend([2, 0, 0, 0, 0, 9, 0x86, 0xdd, 0x60, 0, 0, 0]);
    frame.extend(length.to_be_bytes());
    frame.extend([58, hops]);
    frame.extend(source.octets());
    frame.extend(destination.octets());
    frame.extend(message);
    frame[56..58].copy_from_slice(&sum);
    send_frame("eth1", &frame);
}

/// A Neighbor Solicitation for `target`, with the source's link-layer address where there is a source.
pub(crate) fn solicit(to_mac: [u8; 6], source: Ipv6Addr, destination: Ipv6Addr, target: Ipv6Addr) {
    let mut message = vec![135, 0, 0, 0, 0, 0, 0, 0];
    message.extend(target.octets());
    if !source.is_unspecified() {
        message.extend([1, 1, 2, 0, 0, 0, 0, 9]);
    }
    icmpv6(to_mac, source, destination, 255, &message);
}

/// Asks who has an IPv4 address, from `sender`; a probe of RFC 5227 has the unspecified one.
pub(crate) fn ask_arp(sender: Ipv4Addr, target: Ipv4Addr) {
    let mut frame = vec![0xff; 6];
    frame.extend([2, 0, 0, 0, 0, 9, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1]);
    frame.extend([2, 0, 0, 0, 0, 9]);
    frame.extend(sender.octets());
    frame.extend([0; 6]);
    frame.extend(target.octets());
    frame.resize(60, 0);
    send_frame("eth1", &frame);
}

/// Whether an echo request is answered within this time.
#[cfg(feature = "accept")]
pub(crate) fn echoes(to: SocketAddr, patience: Duration) -> bool {
    let (domain, protocol, kind, answer) = match to {
        SocketAddr::V4(_) => (Domain::IPV4, Protocol::ICMPV4, 8, 0),
        SocketAddr::V6(_) => (Domain::IPV6, Protocol::ICMPV6, 128, 129),
    };
    let socket = Socket::new(domain, Type::RAW, Some(protocol)).unwrap();
    socket.set_read_timeout(Some(patience)).unwrap();
    let mut message = vec![kind, 0, 0, 0, 0x12, 0x34, 0, 1];
    if to.is_ipv4() {
        let sum = checksum(&message).to_be_bytes();
        message[2..4].copy_from_slice(&sum);
    }
    let _no_route_is_no_answer_either = socket.send_to(&message, &to.into());
    let mut buffer = [0; 256];
    let socket = std::net::UdpSocket::from(socket);
    while let Ok((length, from)) = socket.recv_from(&mut buffer) {
        let start = if to.is_ipv4() { 20 } else { 0 };
        let same: IpAddr = to.ip();
        if from.ip() == same && buffer[start..length].starts_with(&[answer, 0]) {
            return true;
        }
    }
    false
}
