//! The virtual MAC (RFC 9568 section 7.3) on Linux: a macvlan in private mode that exists as long as the service does, and
//! is up only while the service holds its addresses.
//!
//! Down it is nobody's: the kernel takes no frame for it (V3-6.4.2-04), and says nothing from it, not even that it leaves
//! its multicast groups, so that switches look for the virtual MAC where the Active is (V3-2.4-01).

pub(crate) mod advert;
pub(crate) mod settings;
mod wish;

pub(crate) use wish::check_shared_virtual_macs;

use serde::{Deserialize, Serialize};
use vrrp_core::{Family, Settings, virtual_mac};

/// The alias of every device of ours: by it, and not by its name, it is known.
pub(crate) const ALIAS: &str = "virtual MAC, made by vrrp-net";
/// Metric of routes to the prefixes of addresses on such a device: above those of the interface below it (0 and 256), so
/// that what this node itself sends goes on leaving by that, and does not stop when the device goes down.
pub(crate) const ROUTE_METRIC: u32 = 4096;

/// A device with the virtual MAC for a service: its addresses are on it, and are announced, answered and advertised with
/// that MAC, so that neighbours and switches need not learn another one at a failover (keepalived `use_vmac`).
///
/// # Examples
/// ```
/// use vrrp_net::{Service, VirtualMac};
///
/// let service = Service::new("VI_1", "eth1", 51)?.address("192.0.2.10/24")?.virtual_mac(VirtualMac::default());
/// assert_eq!(service.virtual_mac_device().as_deref(), Some("vrrp.51"));
/// assert_eq!(service.virtual_mac_address(), [0x00, 0x00, 0x5e, 0x00, 0x01, 51]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct VirtualMac {
    /// Name of the device, 1 to 15 octets; `None`: `vrrp.VRID`, for IPv6 `vrrp6.VRID`. A device of that name that was not
    /// made here is left alone, and the service takes no part as long as it is there.
    pub device: Option<String>,
    /// Another MAC than that of RFC 9568 section 7.3; the same on every router of the group.
    pub mac: Option<[u8; 6]>,
    /// Advertisements leave with the interface's own MAC (keepalived `vmac_xmit_base`), for networks in which a switch lets
    /// one MAC only through; so do unicast ones in any case.
    pub adverts_from_parent: bool,
}

impl VirtualMac {
    pub(crate) fn device_of(&self, settings: &Settings) -> String {
        self.device.clone().unwrap_or_else(|| match settings.family {
            Family::Ipv4 => format!("vrrp.{}", settings.vrid.get()),
            Family::Ipv6 => format!("vrrp6.{}", settings.vrid.get()),
        })
    }
}

/// The MAC of a service.
pub(crate) fn mac_of(of: Option<&VirtualMac>, settings: &Settings) -> [u8; 6] {
    let own = of.and_then(|virtual_mac| virtual_mac.mac);
    own.unwrap_or_else(|| virtual_mac(settings.family, settings.vrid))
}

/// As ip(8) writes it.
pub(crate) fn words(mac: [u8; 6]) -> String {
    mac.map(|octet| format!("{octet:02x}")).join(":")
}

/// A name that the kernel takes for a device.
pub(crate) fn is_device_name(name: &str) -> bool {
    let odd = |letter: char| letter == '/' || letter == ':' || letter.is_whitespace();
    (1..=15).contains(&name.len()) && !matches!(name, "." | ".." | "all" | "default") && !name.contains(odd)
}

/// A device that was made, as the journal and a successor hear of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Made {
    pub(crate) name: String,
    /// The same as long as the device exists, also under another name.
    pub(crate) index: u32,
}
