//! A destination of a virtual service: a real server.

use crate::key::DestinationKey;
use crate::statistics::Statistics;

/// A real server as it is asked for, and as the kernel reports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Destination {
    /// What it is found by.
    pub key: DestinationKey,
    /// How packets get there.
    pub forwarding: Forwarding,
    /// Share of new connections, 0 to [`Destination::WEIGHT_MAX`]; 0: none, and those that there are stay.
    pub weight: u32,
    /// Connections from which on it gets no new ones; 0: no limit.
    pub upper_connections: u32,
    /// Connections below which it gets some again, at most the upper limit; 0: three quarters of that.
    pub lower_connections: u32,
}

impl Destination {
    /// The kernel keeps the weight as a signed number.
    pub const WEIGHT_MAX: u32 = i32::MAX as u32;

    /// A destination without limits.
    #[must_use]
    pub const fn new(key: DestinationKey, forwarding: Forwarding, weight: u32) -> Self {
        Self {
            key,
            forwarding,
            weight,
            upper_connections: 0,
            lower_connections: 0,
        }
    }

    /// Whether it may get new connections.
    #[must_use]
    pub const fn serves(&self) -> bool {
        self.weight > 0
    }
}

/// How packets get to a destination (`IP_VS_CONN_F_FWD_MASK`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Forwarding {
    /// NAT: addresses and ports are changed; what it answers must come back this way.
    Masquerade,
    /// Only the MAC address is changed: the real server is on the same link, has the virtual address, and keeps silent
    /// about it.
    Direct,
    /// In a tunnel.
    Tunnel(Tunnel),
    /// To a program of this machine. The kernel finds that out by itself from the address.
    Local,
    /// To where they were sent, past the balancer.
    Bypass,
}

/// What packets are put into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tunnel {
    /// IP in IP.
    Ipip,
    /// Generic UDP Encapsulation.
    Gue {
        /// UDP port of the tunnel's end, not 0.
        port: u16,
        /// Of the outer header.
        checksum: Checksum,
    },
    /// GRE.
    Gre {
        /// Of the outer header.
        checksum: Checksum,
    },
    /// One that a kernel has which is newer than this library.
    Other {
        /// `IPVS_DEST_ATTR_TUN_TYPE`.
        kind: u8,
        /// `IPVS_DEST_ATTR_TUN_PORT`.
        port: u16,
        /// `IPVS_DEST_ATTR_TUN_FLAGS`.
        flags: u16,
    },
}

/// Checksum of a tunnel's outer header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Checksum {
    /// None.
    Absent,
    /// In full (`IP_VS_TUNNEL_ENCAP_FLAG_CSUM`).
    Full,
    /// Remote checksum offload (`IP_VS_TUNNEL_ENCAP_FLAG_REMCSUM`); GUE only.
    Remote,
    /// Other bits than these, as they are.
    Other(u16),
}

/// A destination with what goes on there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DestinationStatus {
    /// What it is.
    pub destination: Destination,
    /// Established connections.
    pub active_connections: u32,
    /// Connections in any other state: about to end, or UDP.
    pub inactive_connections: u32,
    /// Templates of persistent clients.
    pub persistent_connections: u32,
    /// What has passed.
    pub statistics: Statistics,
}
