//! Telling the link who answers for an address: gratuitous ARP and unsolicited Neighbor Advertisements, sent as whole
//! frames, so that they leave by the right interface whatever the routes say.

mod arp;
pub(crate) mod ear;
mod elsewhere;
mod neighbor;
pub(crate) mod queue;

use std::io;
use std::net::IpAddr;
use std::os::fd::OwnedFd;

pub use elsewhere::AnnounceElsewhere;
use socket2::{Domain, Protocol, SockRef, Socket, Type};

use crate::sys::link_address;

/// A frame, and the EtherType and destination it goes by.
pub(crate) struct Frame {
    pub(crate) octets: Vec<u8>,
    pub(crate) ethertype: u16,
    pub(crate) destination: [u8; 6],
}

/// The announcement of one address from the interface's own `mac`.
///
/// `source`: for IPv6 the address that the advertisement comes from, a link-local one of the virtual router's where it
/// has one, else the announced address itself (NET-ND-03).
pub(crate) fn frame(address: IpAddr, source: Option<IpAddr>, mac: [u8; 6]) -> Option<Frame> {
    match address {
        IpAddr::V4(address) => arp::announcement(address, mac),
        IpAddr::V6(address) => {
            let source = match source {
                Some(IpAddr::V6(source)) => source,
                Some(IpAddr::V4(_)) | None => address,
            };
            neighbor::announcement(address, source, mac)
        }
    }
}

/// The socket that announcements leave by. It receives nothing: its protocol is 0.
#[derive(Debug)]
pub(crate) struct Announcer {
    pub(crate) fd: OwnedFd,
}

impl Announcer {
    pub(crate) fn open() -> io::Result<Self> {
        let socket = Socket::new(Domain::PACKET, Type::RAW, Some(Protocol::from(0)))?;
        socket.set_nonblocking(true)?;
        Ok(Self { fd: socket.into() })
    }

    /// By a socket that was opened before.
    pub(crate) const fn over(fd: OwnedFd) -> Self {
        Self { fd }
    }

    /// Sends one frame by the interface with this index.
    pub(crate) fn send(&self, index: u32, frame: &Frame) -> io::Result<()> {
        let to = link_address(index, frame.ethertype, frame.destination);
        let _octets = SockRef::from(&self.fd).send_to(&frame.octets, &to)?;
        Ok(())
    }
}
