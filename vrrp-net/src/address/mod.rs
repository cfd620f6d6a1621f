//! Addresses: what is wanted, what the kernel has, and how the one becomes the other.

mod endangered;
pub(crate) mod keeper;
pub(crate) mod linux;
mod message;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

/// A virtual address and how it is to be made (keepalived `virtual_ipaddress` and `virtual_ipaddress_excluded`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldAddress {
    /// The address.
    pub address: IpAddr,
    /// Prefix length, 0 to 32 or 0 to 128. Anything shorter than the whole makes the kernel delete the other addresses of
    /// the same subnet with it when it was the first there; they are put back.
    pub prefix: u8,
    /// The interface it is put on and announced on (`dev`); `None`: the virtual router's.
    pub device: Option<String>,
    /// IPv4 label, at most 15 octets (`label`).
    pub label: Option<String>,
    /// Scope as in `/etc/iproute2/rt_scopes`: 0 global, 253 link, 254 host (`scope`); `None`: global.
    pub scope: Option<u8>,
    /// Broadcast address (`brd`); `None`: none, as `ip address add` without `brd` does.
    pub broadcast: Option<Ipv4Addr>,
    /// The other end of a point-to-point address (`peer`).
    pub peer: Option<IpAddr>,
    /// IPv6: run duplicate address detection, against V3-8.2.2-07; the address answers only when that is over.
    pub dad: bool,
    /// Do not make the route to the prefix (`no_prefix_route`).
    pub noprefixroute: bool,
    /// Seconds for which it is preferred as a source (`preferred_lft`); `None`: for ever, and 0 for an IPv6 /128, so that
    /// connections from this node do not leave from a virtual address.
    pub preferred_lifetime: Option<u32>,
    /// Put on a device of this name that has the virtual MAC, made on `device` (an address with `use_vmac`); `None`: on that
    /// of the service, where `device` is `None` and the service has one, else on the interface itself.
    #[serde(default)]
    pub virtual_mac: Option<String>,
    /// Metric of the route to the prefix; `None`: the kernel's, and 4096 on a device with the virtual MAC, so that what the
    /// node itself sends goes on leaving by the interface below it.
    #[serde(default)]
    pub route_metric: Option<u32>,
    /// Losing it to others is repaired, but never counted against the router (`no_track`).
    pub no_track: bool,
}

impl HeldAddress {
    /// An address of this prefix length on the virtual router's interface, without anything special.
    #[must_use]
    pub const fn new(address: IpAddr, prefix: u8) -> Self {
        Self {
            address,
            prefix,
            device: None,
            label: None,
            scope: None,
            broadcast: None,
            peer: None,
            dad: false,
            noprefixroute: false,
            preferred_lifetime: None,
            virtual_mac: None,
            route_metric: None,
            no_track: false,
        }
    }

    /// Nobody but itself is in its prefix.
    pub(crate) const fn is_host(&self) -> bool {
        self.prefix == if self.address.is_ipv4() { 32 } else { 128 }
    }

    /// The kernel is asked for the same; on which device is another question.
    pub(crate) fn is_made_like(&self, other: &Self) -> bool {
        let plain = |held: &Self| Self {
            device: None,
            virtual_mac: None,
            no_track: false,
            ..held.clone()
        };
        plain(self) == plain(other)
    }

    /// `/32` or `/128`.
    #[must_use]
    pub const fn host(address: IpAddr) -> Self {
        let prefix = match address {
            IpAddr::V4(_) => 32,
            IpAddr::V6(_) => 128,
        };
        Self::new(address, prefix)
    }
}

/// `192.0.2.10/24`; without a prefix length `/32` or `/128`.
impl FromStr for HeldAddress {
    type Err = AddressSyntax;

    fn from_str(text: &str) -> Result<Self, AddressSyntax> {
        if let Ok(net) = text.parse::<IpNet>() {
            return Ok(Self::new(net.addr(), net.prefix_len()));
        }
        match text.parse() {
            Ok(address) => Ok(Self::host(address)),
            Err(_) => Err(AddressSyntax(text.to_owned())),
        }
    }
}

impl fmt::Display for HeldAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

/// Not an address with or without a prefix length.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an address such as 192.0.2.10/24 or 2001:db8::10/64")]
pub struct AddressSyntax(String);
