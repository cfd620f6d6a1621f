//! What this machine has now.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::IpAddr;
use std::path::PathBuf;

use nix::ifaddrs::getifaddrs;
use nix::net::if_::InterfaceFlags;

use super::memory::Memory;
use super::rules::{Need, Wanted, filter_of};

/// Devices, addresses, and the settings that matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) devices: BTreeMap<String, Device>,
    pub(super) addresses: Vec<Present>,
    /// By the name that sysctl gives them; absent, where there is none.
    pub(super) settings: BTreeMap<String, String>,
    /// IPv6 is off at the loopback device.
    pub(super) no_ipv6: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Device {
    pub(super) up: bool,
    /// A neighbour may ask for its addresses.
    pub(super) is_asked: bool,
}

/// An address that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Present {
    pub(super) address: IpAddr,
    pub(super) prefix: u8,
    pub(super) device: String,
    /// As the kernel has it; of IPv6 the device.
    pub(super) label: String,
}

impl Found {
    /// In the network of the caller.
    pub(super) fn read(wanted: &Wanted, memory: &Memory) -> Result<Self, String> {
        let mut found = Self::default();
        let entries =
            getifaddrs().map_err(|errno| format!("the addresses of this machine cannot be read: {errno}"))?;
        for entry in entries {
            found.take(&entry);
        }
        let mut names: BTreeSet<String> = memory.settings.iter().map(|one| one.name.clone()).collect();
        for setting in wanted.settings() {
            if setting.need == Need::NotStrict {
                names.insert(filter_of("all"));
            }
            names.insert(setting.name);
        }
        for name in names {
            if let Some(value) = read(&name)? {
                found.settings.insert(name, value);
            }
        }
        // A kernel without IPv6 has no such setting.
        found.no_ipv6 = read("net.ipv6.conf.lo.disable_ipv6")?.is_none_or(|value| value == "1");
        Ok(found)
    }

    /// The name of an IPv4 address is its label, which begins with the device's name.
    fn take(&mut self, entry: &nix::ifaddrs::InterfaceAddress) {
        let name = &entry.interface_name;
        let device = name.split(':').next().unwrap_or(name).to_owned();
        let flags = entry.flags;
        let silent = InterfaceFlags::IFF_LOOPBACK | InterfaceFlags::IFF_NOARP;
        self.devices.insert(
            device.clone(),
            Device {
                up: flags.contains(InterfaceFlags::IFF_UP),
                is_asked: !flags.intersects(silent),
            },
        );
        let storage = entry.address.as_ref();
        let mask = entry.netmask.as_ref();
        let v4 = || Some(IpAddr::V4(storage?.as_sockaddr_in()?.ip()));
        let v6 = || Some(IpAddr::V6(storage?.as_sockaddr_in6()?.ip()));
        let bits_v4 = || Some(mask?.as_sockaddr_in()?.ip().to_bits().count_ones());
        let bits_v6 = || Some(mask?.as_sockaddr_in6()?.ip().to_bits().count_ones());
        if let Some(address) = v4().or_else(v6) {
            let bits = if address.is_ipv4() { bits_v4() } else { bits_v6() };
            self.addresses.push(Present {
                address,
                prefix: bits.and_then(|bits| u8::try_from(bits).ok()).unwrap_or(0),
                device,
                label: name.clone(),
            });
        }
    }

    pub(super) fn number(&self, setting: &str) -> Option<u8> {
        self.settings.get(setting)?.parse().ok()
    }

    pub(super) fn at(&self, address: IpAddr) -> impl Iterator<Item = &Present> {
        self.addresses.iter().filter(move |one| one.address == address)
    }
}

/// Where a setting is.
pub(super) fn path(setting: &str) -> PathBuf {
    PathBuf::from("/proc/sys").join(setting.replace('.', "/"))
}

fn read(setting: &str) -> Result<Option<String>, String> {
    match std::fs::read_to_string(path(setting)) {
        Ok(text) => Ok(Some(text.trim_end_matches('\n').to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!(
            "{}: {error}; nothing was changed",
            path(setting).display()
        )),
    }
}
