//! What a service wants of virtual MACs, and whether that can be.

use std::collections::BTreeSet;

use vrrp_core::{Path, Profile};

use crate::address::HeldAddress;
use crate::service::{Service, ServiceError};

/// Name of a device, the interface below it, its MAC.
type Device = (String, String, [u8; 6]);

impl Service {
    /// Every device with the virtual MAC that it needs.
    pub(crate) fn virtual_macs(&self) -> Vec<Device> {
        let mac = self.virtual_mac_address();
        let mut all = Vec::new();
        if let (Some(device), Some(interface)) = (self.virtual_mac_device(), &self.interface) {
            all.push((device, interface.clone(), mac));
        }
        for held in &self.addresses {
            let below = held.device.as_ref().or(self.interface.as_ref());
            if let (Some(device), Some(below)) = (&held.virtual_mac, below) {
                let one = (device.clone(), below.clone(), mac);
                if !all.contains(&one) {
                    all.push(one);
                }
            }
        }
        all
    }

    /// V3-7.2-02: advertisements have the virtual MAC as source. Those to one peer have not: theirs has to be asked for.
    pub(crate) fn sends_from_virtual_mac(&self) -> bool {
        let own = self.virtual_mac.as_ref();
        let multicast = matches!(self.settings.path, Path::Multicast { .. });
        multicast && own.is_some_and(|own| !own.adverts_from_parent)
    }

    /// Devices of its addresses from which it sends no advertisement, as far as they are to be announced again.
    pub(crate) fn devices_elsewhere(&self) -> BTreeSet<String> {
        let Some(plan) = &self.announce_elsewhere else {
            return BTreeSet::new();
        };
        let own = self.virtual_mac_device();
        let speaks = if self.sends_from_virtual_mac() {
            own.clone()
        } else {
            self.interface.clone()
        };
        let held = self.all_held();
        let virtual_mac =
            |held: &HeldAddress| held.virtual_mac.is_some() || (held.device.is_none() && own.is_some());
        let wanted = held.iter().filter(|held| plan.physical_too || virtual_mac(held));
        let devices = wanted.filter_map(|held| self.device_of(held));
        devices.filter(|device| Some(device) != speaks.as_ref()).collect()
    }

    /// The interface that an address goes on, the virtual MAC's where it has one.
    pub(crate) fn device_of(&self, held: &HeldAddress) -> Option<String> {
        if let Some(device) = &held.virtual_mac {
            return Some(device.clone());
        }
        let own = || self.virtual_mac_device().or_else(|| self.interface.clone());
        held.device.clone().or_else(own)
    }

    pub(crate) fn check_virtual_macs(&self) -> Result<(), ServiceError> {
        let service = || self.name.clone();
        if self.virtual_mac.is_none() {
            // PRJ-MAC-01.
            return match self.settings.profile {
                Profile::Rfc => Err(ServiceError::VirtualMacWanted { service: service() }),
                Profile::Default | Profile::Keepalived => self.check_devices(),
            };
        }
        if self.interface.is_none() {
            return Err(ServiceError::VirtualMacInterface { service: service() });
        }
        self.check_devices()
    }

    fn check_devices(&self) -> Result<(), ServiceError> {
        for (device, below, mac) in self.virtual_macs() {
            let service = self.name.clone();
            if !super::is_device_name(&device) || device == below {
                return Err(ServiceError::VirtualMacDevice { service, device });
            }
            // The lowest bit of the first octet: a group.
            if mac == [0; 6] || mac.first().is_some_and(|first| first & 1 != 0) {
                let mac = super::words(mac);
                return Err(ServiceError::VirtualMacAddress { service, mac });
            }
        }
        Ok(())
    }
}

/// Checks that no two services want the same device or, on one interface, the same virtual MAC: the kernel has a frame for
/// one of them only.
pub(crate) fn check_shared_virtual_macs(services: &[Service]) -> Result<(), ServiceError> {
    let mut all: Vec<(&str, Device)> = Vec::new();
    for service in services {
        for one in service.virtual_macs() {
            let clash = all
                .iter()
                .find(|(_, other)| other.0 == one.0 || (&other.1, other.2) == (&one.1, one.2));
            if let Some((other, _)) = clash
                && *other != service.name
            {
                return Err(ServiceError::VirtualMacTwice {
                    service: service.name.clone(),
                    other: (*other).to_owned(),
                    device: one.0,
                });
            }
            all.push((&service.name, one));
        }
    }
    Ok(())
}
