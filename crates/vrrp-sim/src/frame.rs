//! What travels over the LAN. Only advertisements are octets: they are what the core reads and writes.

use std::net::IpAddr;
use std::sync::Arc;

/// A place where the switch ends: a node or a client. It stands for the station's MAC address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Port(pub usize);

/// One IP packet of protocol 112.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Datagram {
    /// IP source.
    pub source: IpAddr,
    /// IP destination.
    pub destination: IpAddr,
    /// TTL or Hop Limit.
    pub hop_limit: u8,
    /// The VRRP message.
    pub message: Vec<u8>,
}

/// One frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// An advertisement, or what claims to be one.
    Advert(Arc<Datagram>),
    /// Gratuitous ARP or unsolicited NA: `address` is at `station`.
    Announcement {
        /// The virtual address.
        address: IpAddr,
        /// Who has it.
        station: Port,
    },
    /// ARP request or Neighbor Solicitation.
    WhoHas {
        /// The address asked for.
        address: IpAddr,
    },
    /// The answer to it.
    IsAt {
        /// The address asked for.
        address: IpAddr,
        /// Who has it.
        station: Port,
    },
    /// A request to the service behind the virtual address.
    Request {
        /// The virtual address.
        address: IpAddr,
        /// Number of the request.
        number: u64,
    },
    /// The answer to it.
    Reply {
        /// Number of the request.
        number: u64,
    },
}

/// Where a frame goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// Multicast and broadcast.
    Everyone,
    /// One station.
    One(Port),
}
