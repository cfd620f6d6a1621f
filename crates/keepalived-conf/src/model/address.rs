//! One line of `virtual_ipaddress`.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use ipnet::IpNet;
use serde::Serialize;

use super::Sourced;
use crate::source::Span;

/// Scope of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RouteScope {
    /// Everywhere; the default.
    Global,
    /// This site.
    Site,
    /// This link.
    Link,
    /// This host.
    Host,
    /// Nowhere.
    Nowhere,
    /// By number.
    Number(u8),
}

impl RouteScope {
    /// The kernel's number (`RT_SCOPE_*`).
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Global => 0,
            Self::Site => 200,
            Self::Link => 253,
            Self::Host => 254,
            Self::Nowhere => 255,
            Self::Number(number) => number,
        }
    }
}

/// `preferred_lft`: how long an address may be chosen as a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lifetime {
    /// Without end.
    Forever,
    /// So long; zero never.
    For(Duration),
}

/// An address that moves with an instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Address {
    /// Address and prefix length. The default length is that of a host: /32 or /128.
    pub prefix: Sourced<IpNet>,
    /// `dev`: its interface; that of the instance if none.
    pub dev: Option<Sourced<String>>,
    /// `label`: at most 15 bytes, IPv4 only.
    pub label: Option<Sourced<String>>,
    /// `scope`: IPv4 only.
    pub scope: Option<Sourced<RouteScope>>,
    /// `brd`: `+` and `-` are resolved.
    pub broadcast: Option<Sourced<Ipv4Addr>>,
    /// `peer`: the other end of a point-to-point link.
    pub peer: Option<Sourced<IpNet>>,
    /// `preferred_lft`. Where IPv6 has none: /128 is never chosen as a source, others for ever.
    pub preferred_lifetime: Option<Sourced<Lifetime>>,
    /// Duplicate address detection (IPv6): off, unless `-nodad`.
    pub duplicate_detection: bool,
    /// `home`.
    pub home: bool,
    /// `mngtmpaddr`.
    pub manage_temporary: bool,
    /// `noprefixroute`.
    pub no_prefix_route: bool,
    /// `autojoin`.
    pub auto_join: bool,
    /// `no_track`: its removal by others is of no account.
    pub no_track: bool,
    /// `track_group`: static addresses only.
    pub track_group: Option<Sourced<String>>,
    /// `use_vmac`: put on a device with the virtual MAC, on its own interface.
    pub use_vmac: Option<Sourced<bool>>,
    /// The address's place.
    pub span: Span,
}

impl Address {
    /// The address without its length.
    #[must_use]
    pub fn ip(&self) -> IpAddr {
        self.prefix.value.addr()
    }
}
