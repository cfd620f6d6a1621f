//! What names a service, and a destination within it.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;

/// Address family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// `AF_INET`.
    V4,
    /// `AF_INET6`.
    V6,
}

impl Family {
    /// The family of an address.
    #[must_use]
    pub const fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(_) => Self::V4,
            IpAddr::V6(_) => Self::V6,
        }
    }
}

/// Transport protocol of a service that is found by its address. The kernel balances no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// 6.
    Tcp,
    /// 17.
    Udp,
    /// 132.
    Sctp,
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
            Self::Sctp => "SCTP",
        })
    }
}

/// What the kernel finds a service by. Two services with the same key cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ServiceKey {
    /// By what packets are sent to.
    Address {
        /// Transport protocol.
        protocol: Protocol,
        /// The virtual address.
        address: IpAddr,
        /// The virtual port; 0 is every port that has no service of its own, and needs persistence.
        port: u16,
    },
    /// By the mark that a packet filter has put on packets. It is looked for before the address is.
    Mark {
        /// The mark.
        mark: NonZeroU32,
        /// Of the packets.
        family: Family,
    },
}

impl ServiceKey {
    /// A TCP service.
    #[must_use]
    pub fn tcp(address: SocketAddr) -> Self {
        Self::at(Protocol::Tcp, address)
    }

    /// A UDP service.
    #[must_use]
    pub fn udp(address: SocketAddr) -> Self {
        Self::at(Protocol::Udp, address)
    }

    /// A service by its address. A scope or flow label of an IPv6 address is not part of it: the kernel knows none.
    #[must_use]
    pub fn at(protocol: Protocol, address: SocketAddr) -> Self {
        Self::Address {
            protocol,
            address: address.ip(),
            port: address.port(),
        }
    }

    /// The family of the packets that it takes.
    #[must_use]
    pub const fn family(&self) -> Family {
        match self {
            Self::Address { address, .. } => Family::of(*address),
            Self::Mark { family, .. } => *family,
        }
    }
}

/// As `ipvsadm -ln` writes it.
impl fmt::Display for ServiceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address {
                protocol,
                address,
                port,
            } => write!(f, "{protocol} {}", SocketAddr::new(*address, *port)),
            Self::Mark { mark, family } => {
                write!(f, "FWM {mark}")?;
                match family {
                    Family::V4 => Ok(()),
                    Family::V6 => f.write_str(" IPv6"),
                }
            }
        }
    }
}

/// What the kernel finds a destination of one service by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DestinationKey {
    /// The real server. Of another family than the service only through a tunnel.
    pub address: IpAddr,
    /// Its port. Direct routing and tunnels do not change ports: there it is the service's. 0 where the service's is.
    pub port: u16,
}

impl From<SocketAddr> for DestinationKey {
    fn from(address: SocketAddr) -> Self {
        Self {
            address: address.ip(),
            port: address.port(),
        }
    }
}

impl fmt::Display for DestinationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        SocketAddr::new(self.address, self.port).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::{Family, ServiceKey};
    use std::net::SocketAddr;
    use std::num::NonZeroU32;

    #[test]
    fn keys_read_as_ipvsadm_writes_them() {
        let six: SocketAddr = "[2001:db8::2]:443".parse().expect("an address");
        assert_eq!(ServiceKey::tcp(six).to_string(), "TCP [2001:db8::2]:443");
        let mark = NonZeroU32::new(8).expect("not zero");
        let marked = |family| ServiceKey::Mark { mark, family };
        assert_eq!(marked(Family::V4).to_string(), "FWM 8");
        assert_eq!(marked(Family::V6).to_string(), "FWM 8 IPv6");
    }
}
