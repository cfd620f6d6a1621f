//! Names of things: which router, on which interface, by which path.

use alloc::boxed::Box;
use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::num::NonZeroU8;

/// Virtual Router Identifier, 1 to 255 (RFC 9568 section 5.2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Vrid(NonZeroU8);

impl Vrid {
    /// `None` for 0.
    #[must_use]
    pub const fn new(value: u8) -> Option<Self> {
        match NonZeroU8::new(value) {
            Some(value) => Some(Self(value)),
            None => None,
        }
    }

    /// 1 to 255.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0.get()
    }
}

impl fmt::Display for Vrid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Address family of a virtual router; one number in both families names two routers (V3-5.2.3-01).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Family {
    /// IPv4, group 224.0.0.18.
    Ipv4,
    /// IPv6, group ff02::12.
    Ipv6,
}

impl Family {
    /// The family of an address.
    #[must_use]
    pub const fn of(address: &IpAddr) -> Self {
        match address {
            IpAddr::V4(_) => Self::Ipv4,
            IpAddr::V6(_) => Self::Ipv6,
        }
    }

    /// The VRRP multicast group (RFC 9568 sections 5.1.1.2 and 5.1.2.2).
    #[must_use]
    pub const fn group(self) -> IpAddr {
        match self {
            Self::Ipv4 => IpAddr::V4(Ipv4Addr::new(224, 0, 0, 18)),
            Self::Ipv6 => IpAddr::V6(Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0x12)),
        }
    }

    /// Octets of one address on the wire.
    #[must_use]
    pub const fn address_octets(self) -> usize {
        match self {
            Self::Ipv4 => 4,
            Self::Ipv6 => 16,
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ipv4 => "IPv4",
            Self::Ipv6 => "IPv6",
        })
    }
}

/// A link, opaque to the core (PRJ-KEY-01): on Linux the interface index, with the namespace above it where needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct InterfaceId(pub u64);

/// A virtual router's place in a [`Router`](crate::Router); never reused while the `Router` lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct InstanceId(pub u32);

/// Virtual_Router_MAC_Address (RFC 9568 section 7.3): 00-00-5E-00-01-{VRID}, for IPv6 00-00-5E-00-02-{VRID}.
#[must_use]
pub const fn virtual_mac(family: Family, vrid: Vrid) -> [u8; 6] {
    let family = match family {
        Family::Ipv4 => 1,
        Family::Ipv6 => 2,
    };
    [0x00, 0x00, 0x5e, 0x00, family, vrid.get()]
}

/// One unicast peer and the hop limits that are believed from it (X-14, keepalived `unicast_peer`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Peer {
    /// Where advertisements are sent to and accepted from.
    pub address: IpAddr,
    /// Smallest TTL or Hop Limit accepted; 255 keeps off-link senders out (SEC-10).
    pub hop_limit_min: u8,
    /// Largest TTL or Hop Limit accepted.
    pub hop_limit_max: u8,
}

/// How advertisements travel; part of a router's key (PRJ-KEY-01).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Path {
    /// To the family's group on the interface; `group` other than the family's own is keepalived's `mcast_dst_ip`.
    Multicast {
        /// Destination group.
        group: IpAddr,
    },
    /// To each peer.
    Unicast {
        /// Own address that peers send to; `None`: the primary address of the interface.
        local: Option<IpAddr>,
        /// At least one.
        peers: Box<[Peer]>,
    },
}

impl Path {
    /// Multicast to the family's group.
    #[must_use]
    pub const fn multicast(family: Family) -> Self {
        Self::Multicast {
            group: family.group(),
        }
    }
}

/// What makes a virtual router unique on a node (PRJ-KEY-01).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct RouterKey {
    /// `None`: unicast without an interface.
    pub interface: Option<InterfaceId>,
    /// Family.
    pub family: Family,
    /// VRID.
    pub vrid: Vrid,
    /// Path.
    pub path: Path,
}
