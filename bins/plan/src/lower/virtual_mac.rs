//! `use_vmac`: which devices with a virtual MAC there are, and what they are called.

use std::collections::{BTreeMap, BTreeSet};

use keepalived_conf::{Config, Family, VrrpInstance};
use vrrp_net::{HeldAddress, Service, VirtualMac};

/// `IFNAMSIZ` without its terminating zero.
const NAME_OCTETS: usize = 15;

/// The names and MACs that are given away, in the order of the file.
#[derive(Debug, Clone)]
pub(super) struct VirtualMacs {
    names: BTreeSet<String>,
    /// Interface and MAC of a device, and whose it is: the kernel has a frame for one of them only.
    owners: BTreeMap<(String, [u8; 6]), String>,
    prefix: String,
    address_prefix: String,
}

impl VirtualMacs {
    /// Names that stand in the file are nobody else's.
    pub(super) fn new(config: &Config) -> Self {
        let written = config.instances.iter().filter_map(|instance| {
            let name = instance.vmac.own.as_ref()?.name.as_ref()?;
            Some(name.value.clone())
        });
        let global = &config.global;
        let prefix = global
            .vmac_prefix
            .as_ref()
            .map_or_else(|| "vrrp".to_owned(), |prefix| prefix.value.clone());
        Self {
            names: written.collect(),
            owners: BTreeMap::new(),
            address_prefix: global
                .vmac_addr_prefix
                .as_ref()
                .map_or_else(|| prefix.clone(), |prefix| prefix.value.clone()),
            prefix,
        }
    }

    /// Gives a service the devices that its instance asks for.
    ///
    /// # Errors
    /// Why it cannot have them, in words.
    pub(super) fn fit(&mut self, instance: &VrrpInstance, service: &mut Service) -> Result<(), String> {
        if let Some(wanted) = &instance.vmac.own {
            let Some(interface) = service.interface.clone() else {
                return Err(
                    "use_vmac needs an interface to make the device on: add a line: interface …".into(),
                );
            };
            service.virtual_mac = Some(VirtualMac {
                device: wanted.name.as_ref().map(|name| name.value.clone()),
                mac: wanted.mac.as_ref().map(|mac| mac.value.0),
                adverts_from_parent: instance.vmac.xmit_base.value,
            });
            self.own(&interface, service)?;
            if let Some(virtual_mac) = &mut service.virtual_mac
                && virtual_mac.device.is_none()
            {
                virtual_mac.device = Some(self.name(instance, false));
            }
        }
        self.addresses(instance, service)
    }

    /// Addresses with `use_vmac`, and with `use_vmac_addr` all on other interfaces.
    fn addresses(&mut self, instance: &VrrpInstance, service: &mut Service) -> Result<(), String> {
        let mut made: BTreeMap<String, String> = BTreeMap::new();
        let lines = instance.addresses.iter().chain(&instance.excluded);
        let mut held = std::mem::take(&mut service.addresses);
        for (line, held) in lines.zip(&mut held) {
            let elsewhere = held.device.is_some() && held.device != service.interface;
            if line.use_vmac.is_none() && !(instance.vmac.addresses.value && elsewhere) {
                continue;
            }
            if !elsewhere && service.virtual_mac.is_some() {
                held.device = None;
                continue;
            }
            let Some(interface) = held.device.clone().or_else(|| service.interface.clone()) else {
                return Err(format!(
                    "use_vmac of {} needs an interface to make the device on: add dev … behind the address",
                    line.ip()
                ));
            };
            let device = match made.get(&interface) {
                Some(device) => device.clone(),
                None => {
                    self.own(&interface, service)?;
                    self.name(instance, true)
                }
            };
            made.insert(interface, device.clone());
            *held = HeldAddress {
                virtual_mac: Some(device),
                ..held.clone()
            };
        }
        service.addresses = held;
        Ok(())
    }

    fn own(&mut self, interface: &str, service: &Service) -> Result<(), String> {
        let place = (interface.to_owned(), service.virtual_mac_address());
        match self.owners.insert(place, service.name.clone()) {
            Some(other) if other != service.name => Err(format!(
                "{other} has a device with the same virtual MAC on {interface}, and a frame reaches only one: give one of \
                 them another virtual_router_id, or another MAC behind use_vmac"
            )),
            Some(_) | None => Ok(()),
        }
    }

    /// `vrrp.VRID`; where that is taken `vrrp6.VRID` for IPv6, then `vrrp1.VRID` and so on, as keepalived names them.
    fn name(&mut self, instance: &VrrpInstance, of_address: bool) -> String {
        let prefix = if of_address {
            &self.address_prefix
        } else {
            &self.prefix
        };
        let six = (instance.family.value == Family::Ipv6).then(|| "6".to_owned());
        let numbers = (1_u32..).map(|number| number.to_string());
        let middles = std::iter::once(String::new()).chain(six).chain(numbers);
        let names = middles.map(|middle| {
            let end = format!("{middle}.{}", instance.virtual_router_id.value);
            let room = NAME_OCTETS.saturating_sub(end.len());
            let start = prefix.get(..room).unwrap_or(prefix);
            format!("{start}{end}")
        });
        let free = |name: &String| !self.names.contains(name);
        let name = names.into_iter().find(free).unwrap_or_default();
        self.names.insert(name.clone());
        name
    }
}
