//! What a real server needs.

use std::collections::BTreeSet;
use std::net::IpAddr;

use clap::ValueEnum;

use super::memory::Memory;

/// Where the addresses are.
pub(super) const LOOPBACK: &str = "lo";
/// What an IPv4 address of ours is labelled with, behind the device: whoever looks sees whose it is.
pub(super) const LABEL: &str = "vip";

/// How the director wraps packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Tunnel {
    /// An IP packet in an IP packet: lb_kind TUN without a type, ipip in ldirectord.cf.
    Ipip,
    /// lb_kind TUN type gre.
    Gre,
}

impl Tunnel {
    const ALL: [Self; 2] = [Self::Ipip, Self::Gre];

    /// The kernel's own device that unwraps whatever comes.
    pub(super) const fn device(self, is_v4: bool) -> &'static str {
        match (self, is_v4) {
            (Self::Ipip, true) => "tunl0",
            (Self::Ipip, false) => "ip6tnl0",
            (Self::Gre, true) => "gre0",
            (Self::Gre, false) => "ip6gre0",
        }
    }
}

/// The addresses that this machine is to have, and how it gets their packets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    /// Each with the device that has it.
    pub(super) addresses: Vec<(IpAddr, String)>,
    /// Devices that have to be up.
    pub(super) devices: BTreeSet<String>,
}

/// A setting of the kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Setting {
    /// As sysctl names it.
    pub(super) name: String,
    pub(super) need: Need,
}

/// What it has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// Not less.
    AtLeast(u8),
    /// Loose, where it or that of all is strict: the larger one counts, so 0 would not help.
    NotStrict,
}

impl Wanted {
    pub(super) fn new(addresses: &[IpAddr], tunnel: Option<Tunnel>) -> Self {
        let mut wanted = Self::default();
        for address in addresses {
            // Where packets come out of a tunnel the kernel asks for the way back to their sender, which is another one; it lets
            // that pass only where the device has an address (rp_filter, loose). IPv6 has no such rule.
            let tunnel_device = tunnel.map(|tunnel| tunnel.device(address.is_ipv4()));
            let device = tunnel_device.filter(|_| address.is_ipv4()).unwrap_or(LOOPBACK);
            if !wanted.addresses.iter().any(|(known, _)| known == address) {
                wanted.addresses.push((*address, device.to_owned()));
            }
            wanted.devices.insert(device.to_owned());
            wanted.devices.extend(tunnel_device.map(str::to_owned));
        }
        wanted
    }

    /// What was wanted when this was remembered.
    pub(super) fn of(memory: &Memory) -> Self {
        let addresses = memory.addresses.iter();
        let addresses: Vec<_> = addresses.map(|one| (one.address, one.device.clone())).collect();
        let of_addresses = addresses.iter().map(|(_, device)| device.clone());
        let raised = memory.devices.iter().map(|one| one.name.clone());
        Self {
            devices: of_addresses.chain(raised).collect(),
            addresses,
        }
    }

    /// Only ARP has to be kept silent: for IPv6 the kernel answers for an address only at the interface that has it, and it
    /// asks in the name of another one's address never.
    ///
    /// That for all is enough: the larger one of it and the interface's counts, also for an interface that comes later.
    pub(super) fn settings(&self) -> Vec<Setting> {
        let mut settings = Vec::new();
        let mut add = |name: String, need| settings.push(Setting { name, need });
        if self.addresses.iter().any(|(address, _)| address.is_ipv4()) {
            add("net.ipv4.conf.all.arp_ignore".to_owned(), Need::AtLeast(1));
            add("net.ipv4.conf.all.arp_announce".to_owned(), Need::AtLeast(2));
        }
        for device in Tunnel::ALL.map(|tunnel| tunnel.device(true)) {
            if self.devices.contains(device) {
                add(filter_of(device), Need::NotStrict);
            }
        }
        settings
    }
}

/// Whether a packet's sender is looked up.
pub(super) fn filter_of(device: &str) -> String {
    format!("net.ipv4.conf.{device}.rp_filter")
}

/// 32 or 128: the machine has the address, and not a network around it.
pub(super) fn whole(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}
