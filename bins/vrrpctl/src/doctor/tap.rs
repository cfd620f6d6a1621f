//! What comes in at the cards, before any packet filter: no more of it than is looked at.

use std::io;

use socket2::{Domain, Protocol, SockFilter, Socket, Type};

use super::wire::ETH_P_ARP;

const ETH_P_ALL: u16 = 3;

/// ARP, and protocol 112 over IPv4 and IPv6, of no VLAN (a VLAN of this machine has an interface, where its frames come in once
/// more without a tag). The data begins behind the link header; what it says is asked of the kernel, beside the packet.
fn filter() -> [SockFilter; 13] {
    const ABOUT: u32 = 0xffff_f000;
    const PROTOCOL: u32 = 0;
    const VLAN_TAG: u32 = 44;
    const LOAD_WORD: u16 = 0x20;
    const LOAD_BYTE: u16 = 0x30;
    const AND: u16 = 0x54;
    const EQUAL: u16 = 0x15;
    const RETURN: u16 = 0x06;
    [
        SockFilter::new(LOAD_WORD, 0, 0, ABOUT + VLAN_TAG),
        SockFilter::new(AND, 0, 0, 0xfff),
        SockFilter::new(EQUAL, 0, 9, 0),
        SockFilter::new(LOAD_WORD, 0, 0, ABOUT + PROTOCOL),
        SockFilter::new(EQUAL, 6, 0, u32::from(ETH_P_ARP)),
        SockFilter::new(EQUAL, 0, 2, 0x0800),
        SockFilter::new(LOAD_BYTE, 0, 0, 9),
        SockFilter::new(EQUAL, 3, 4, 112),
        SockFilter::new(EQUAL, 0, 3, 0x86dd),
        SockFilter::new(LOAD_BYTE, 0, 0, 6),
        SockFilter::new(EQUAL, 0, 1, 112),
        SockFilter::new(RETURN, 0, 0, 0xffff),
        SockFilter::new(RETURN, 0, 0, 0),
    ]
}

/// All frames of all cards that may matter, without their link headers.
pub(super) fn tap() -> io::Result<Socket> {
    let protocol = Protocol::from(i32::from(ETH_P_ALL.to_be()));
    let tap = Socket::new(Domain::PACKET, Type::DGRAM, Some(protocol))?;
    tap.attach_filter(&filter())?;
    tap.set_nonblocking(true)?;
    Ok(tap)
}
