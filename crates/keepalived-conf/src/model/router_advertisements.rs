//! `router_advertisements`, a block of our own: keepalived sends none, and takes the block's end for that of its instance.

use ipnet::Ipv6Net;
use serde::Serialize;

use super::{Lifetime, Sourced};

/// What the node tells hosts while it is active in IPv6 (RFC 4861 section 6.2.1); what is not written has the default there.
///
/// ```
/// use keepalived_conf::{MemoryFiles, parse};
///
/// let text = "vrrp_instance LAN {\n interface eth1\n virtual_router_id 51\n \
///             virtual_ipaddress {\n  fe80::1\n  2001:db8::1\n }\n \
///             router_advertisements {\n  interval 30\n  prefix 2001:db8::/64\n }\n}\n";
/// let parsed = parse(&MemoryFiles::new([("k.conf", text)]), "k.conf");
/// let told = parsed.config.instances[0].router_advertisements.as_ref().unwrap();
/// assert_eq!(told.interval_s.unwrap().value, 30);
/// assert_eq!(told.prefixes[0].prefix.value.to_string(), "2001:db8::/64");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RouterAdvertisements {
    /// `interval`: MaxRtrAdvInterval, 4 to 1800 s.
    pub interval_s: Option<Sourced<u16>>,
    /// `lifetime`: 0, or `interval` to 9000 s.
    pub lifetime_s: Option<Sourced<u16>>,
    /// `hop_limit`, 0 to 255.
    pub hop_limit: Option<Sourced<u8>>,
    /// `mtu`, 1280 to 65535.
    pub mtu: Option<Sourced<u16>>,
    /// `managed`: addresses come from DHCPv6.
    pub managed: bool,
    /// `other_config`: other things come from DHCPv6.
    pub other_config: bool,
    /// `prefix`, each on a line of its own.
    pub prefixes: Vec<AdvertisedPrefix>,
}

/// `prefix PREFIX [valid SECONDS|forever] [preferred SECONDS|forever] [off_link] [no_autonomous]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AdvertisedPrefix {
    /// Without the bits behind its length.
    pub prefix: Sourced<Ipv6Net>,
    /// `valid`.
    pub valid: Option<Sourced<Lifetime>>,
    /// `preferred`.
    pub preferred: Option<Sourced<Lifetime>>,
    /// `off_link` is not there: addresses of it are on this link.
    pub on_link: bool,
    /// `no_autonomous` is not there: hosts make addresses of it.
    pub autonomous: bool,
}
