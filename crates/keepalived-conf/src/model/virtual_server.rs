//! `virtual_server`, `virtual_server_group`: services that are spread over real servers.

use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;
use std::time::Duration;

use serde::Serialize;

use super::{Family, NotifyScript, RealServer, Sourced};
use crate::source::Span;

/// One `virtual_server`, as far as it can be carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VirtualServer {
    /// Unique: `TCP 192.0.2.1:80`, `FWM 5`, `group web TCP`.
    pub name: String,
    /// The header of its block.
    pub span: Span,
    /// The `virtual_server_group` that it is for.
    pub group: Option<String>,
    /// `protocol`, default UDP. Of a mark it is that of the packets.
    pub protocol: Sourced<Transport>,
    /// What the kernel balances, one or several; no address stands in two of them, in no virtual server.
    pub members: Vec<VirtualMember>,
    /// `lb_algo`, default wlc.
    pub scheduler: Sourced<String>,
    /// `flag-1`, `sh-port` and their relatives, as written.
    pub scheduler_flags: Vec<Sourced<&'static str>>,
    /// `ops`.
    pub one_packet: Sourced<bool>,
    /// `persistence_timeout` in seconds; 360 where the word stands alone, or only a granularity does.
    pub persistence_timeout: Option<Sourced<u32>>,
    /// `persistence_granularity`, default each address by itself.
    pub persistence_granularity: Option<Sourced<ClientMask>>,
    /// `persistence_engine`.
    pub persistence_engine: Option<Sourced<String>>,
    /// `lb_kind`, default NAT.
    pub forwarding: Sourced<Forwarding>,
    /// `delay_loop`, default 60 s.
    pub delay_loop: Sourced<Duration>,
    /// `quorum`, default 1; at most what all real servers weigh together, and at least 1.
    pub quorum: Sourced<u32>,
    /// `hysteresis`, default 0; below the quorum.
    pub hysteresis: Sourced<u32>,
    /// `quorum_up`.
    pub quorum_up: Option<Sourced<NotifyScript>>,
    /// `quorum_down`.
    pub quorum_down: Option<Sourced<NotifyScript>>,
    /// `omega`.
    pub omega: Sourced<bool>,
    /// `ha_suspend`.
    pub ha_suspend: Sourced<bool>,
    /// `smtp_alert`, else `smtp_alert_checker`, else `smtp_alert` of `global_defs`, else off.
    pub smtp_alert: Sourced<bool>,
    /// `sorry_server`.
    pub sorry: Option<SorryServer>,
    /// `real_server`, one or several, in the order of the file.
    pub servers: Vec<RealServer>,
}

/// `protocol`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Transport {
    /// `TCP`.
    Tcp,
    /// `UDP`.
    Udp,
    /// `SCTP`.
    Sctp,
}

impl Transport {
    /// As the file has it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
            Self::Sctp => "SCTP",
        }
    }
}

/// What a virtual server stands for: an address, a run of them, or a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct VirtualMember {
    /// The first address, or the mark.
    pub first: VirtualAddress,
    /// So many addresses, one behind the other; 1 for a mark.
    pub count: u32,
    /// Where it stands.
    pub span: Span,
}

/// What the kernel finds a service by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum VirtualAddress {
    /// `IP [PORT]`; port 0 is any.
    At {
        /// The address.
        ip: IpAddr,
        /// The port.
        port: u16,
    },
    /// `fwmark N`.
    Mark {
        /// The mark.
        mark: NonZeroU32,
        /// Of the packets.
        family: Family,
    },
}

impl VirtualAddress {
    /// Of the packets that are balanced.
    #[must_use]
    pub const fn family(self) -> Family {
        match self {
            Self::At { ip, .. } => Family::of(ip),
            Self::Mark { family, .. } => family,
        }
    }
}

impl VirtualMember {
    /// Each address by itself.
    pub fn each(&self) -> impl Iterator<Item = VirtualAddress> + use<> {
        let first = self.first;
        (0..self.count).filter_map(move |at| match first {
            VirtualAddress::At { ip, port } => Some(VirtualAddress::At {
                ip: behind(ip, at)?,
                port,
            }),
            VirtualAddress::Mark { .. } => (at == 0).then_some(first),
        })
    }
}

fn behind(ip: IpAddr, at: u32) -> Option<IpAddr> {
    Some(match ip {
        IpAddr::V4(ip) => IpAddr::V4(u32::from(ip).checked_add(at)?.into()),
        IpAddr::V6(ip) => IpAddr::V6(u128::from(ip).checked_add(at.into())?.into()),
    })
}

/// `persistence_granularity`: which clients count as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClientMask {
    /// A mask of IPv4.
    V4(Ipv4Addr),
    /// A prefix length of IPv6, 1 to 128.
    V6(u8),
}

/// `lb_kind`, `lvs_method`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Forwarding {
    /// `NAT`.
    Nat,
    /// `DR`.
    Direct,
    /// `TUN`, `TUN type ipip`.
    Ipip,
    /// `TUN type gue port N`.
    Gue {
        /// UDP port of the tunnel's end.
        port: u16,
        /// Of the outer header.
        checksum: TunnelChecksum,
    },
    /// `TUN type gre`.
    Gre {
        /// Of the outer header.
        checksum: TunnelChecksum,
    },
}

impl Forwarding {
    /// `TUN` of any type.
    #[must_use]
    pub const fn is_tunnel(self) -> bool {
        matches!(self, Self::Ipip | Self::Gue { .. } | Self::Gre { .. })
    }

    /// A packet keeps its port: `DR` and `TUN`.
    #[must_use]
    pub const fn keeps_port(self) -> bool {
        !matches!(self, Self::Nat)
    }
}

/// `nocsum`, `csum`, `remcsum`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TunnelChecksum {
    /// `nocsum`, the default.
    #[default]
    Absent,
    /// `csum`.
    Full,
    /// `remcsum`; GUE only.
    Remote,
}

/// `sorry_server`: who answers while too little weight lives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SorryServer {
    /// Where it stands.
    pub span: Span,
    /// Its address.
    pub ip: IpAddr,
    /// Its port; 0 is that of the service.
    pub port: u16,
    /// `sorry_server_lvs_method`, default `lb_kind`.
    pub forwarding: Sourced<Forwarding>,
    /// `sorry_server_inhibit`.
    pub inhibit: Sourced<bool>,
}
