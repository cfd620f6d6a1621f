//! The open sockets, by interface and family.

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::os::fd::{AsFd as _, OwnedFd};

use vrrp_core::{Family, InterfaceId, Path};

use crate::devices::Devices;
use crate::handover::SavedSocket;
use crate::service::Service;
use crate::socket::{Channel, Scope, size_queue};

/// PRJ-TIME-08: so many packets at least may wait, and are read in one go.
const PACKETS_MIN: usize = 1024;

/// What a socket is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    /// One interface.
    Device(InterfaceId, Family),
    /// Unicast without an interface, to this address.
    Local(IpAddr),
    /// A device with the virtual MAC: what its kernel takes from the interface below, where it was sent from that MAC.
    Virtual {
        device: InterfaceId,
        parent: InterfaceId,
        family: Family,
    },
}

impl Key {
    /// The socket that a service needs.
    pub(super) fn of(service: &Service, interface: Option<InterfaceId>) -> Option<Self> {
        match interface {
            Some(device) => Some(Self::Device(device, service.settings.family)),
            None => service.unicast_local().map(Self::Local),
        }
    }
}

/// One open socket.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) fd: OwnedFd,
    pub(super) channel: Channel,
    /// Virtual routers that use it.
    routers: usize,
}

impl Open {
    /// PRJ-TIME-08: how many packets are read in one go.
    pub(super) fn drain_max(&self) -> usize {
        packets(self.routers)
    }
}

fn packets(routers: usize) -> usize {
    routers.saturating_mul(4).max(PACKETS_MIN)
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Channels {
    open: BTreeMap<Key, Open>,
    /// Grows with every change, so that whoever waits on them knows.
    generation: u64,
}

impl Channels {
    pub(super) fn get(&self, key: Key) -> Option<&Open> {
        self.open.get(&key)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&Key, &Open)> {
        self.open.iter()
    }

    /// Whether a socket bound to the interface of this index hears the family of an unbound one.
    pub(super) fn hears(&self, index: Option<u32>, unbound: Key) -> bool {
        let Key::Local(local) = unbound else {
            return false;
        };
        let family = Family::of(&local);
        self.open.iter().any(|(key, open)| {
            matches!(key, Key::Device(_, of) if *of == family) && Some(open.channel.index()) == index
        })
    }

    pub(super) fn keys(&self) -> Vec<Key> {
        self.open.keys().copied().collect()
    }

    pub(super) const fn generation(&self) -> u64 {
        self.generation
    }

    /// Opens the socket of `key` where it is not open on the right interface, and joins the service's group.
    /// `index`: of the key's interface.
    pub(super) fn provide(
        &mut self,
        key: Key,
        index: Option<u32>,
        service: &Service,
        devices: &Devices,
    ) -> io::Result<()> {
        let right = match (key, index, self.open.get(&key)) {
            (_, _, None) => false,
            (Key::Local(_) | Key::Virtual { .. }, _, Some(_)) => true,
            (Key::Device(..), index, Some(open)) => index == Some(open.channel.index()),
        };
        if !right {
            self.close(key);
            let (family, scope) = match key {
                Key::Local(address) => (Family::of(&address), Scope::Address(address)),
                Key::Device(device, family) => {
                    let Some(index) = index else {
                        return Err(io::Error::from_raw_os_error(libc::ENODEV));
                    };
                    let name = devices.name(device);
                    (family, Scope::Device { name, index })
                }
                // By provide_virtual.
                Key::Virtual { .. } => return Err(io::Error::from(io::ErrorKind::InvalidInput)),
            };
            let (fd, mut channel) = Channel::open(family, scope, packets(1))?;
            // One that could not join is no use to anybody, and is closed.
            if let Path::Multicast { group } = &service.settings.path {
                channel.join(fd.as_fd(), *group)?;
            }
            self.insert(key, fd, channel);
        }
        match (self.open.get_mut(&key), &service.settings.path) {
            (Some(open), Path::Multicast { group }) => open.channel.join(open.fd.as_fd(), *group),
            _ => Ok(()),
        }
    }

    /// Opens the socket of a device with the virtual MAC, where it is not open on the right one.
    pub(super) fn provide_virtual(&mut self, key: Key, index: u32, mac: [u8; 6]) -> io::Result<()> {
        let Key::Virtual { family, .. } = key else {
            return Err(io::Error::from(io::ErrorKind::InvalidInput));
        };
        if self
            .open
            .get(&key)
            .is_some_and(|open| open.channel.index() == index)
        {
            return Ok(());
        }
        self.close(key);
        let (fd, channel) = Channel::open_packet(family, index, mac, packets(1))?;
        self.insert(key, fd, channel);
        Ok(())
    }

    /// Whether [`Channels::provide`] would have nothing to do. `index`: of the key's interface.
    pub(super) fn is_as_wanted(&self, key: Key, index: Option<u32>, service: &Service) -> bool {
        let Some(open) = self.open.get(&key) else {
            return false;
        };
        let bound = match key {
            Key::Local(_) => true,
            Key::Virtual { .. } | Key::Device(..) => index == Some(open.channel.index()),
        };
        let joined = match &service.settings.path {
            Path::Multicast { group } => open.channel.groups().contains(group),
            Path::Unicast { .. } => true,
        };
        bound && joined
    }

    /// A socket that a predecessor has opened.
    pub(super) fn insert(&mut self, key: Key, fd: OwnedFd, channel: Channel) {
        self.generation = self.generation.wrapping_add(1);
        let open = Open {
            fd,
            channel,
            routers: 1,
        };
        let _before = self.open.insert(key, open);
    }

    /// A socket bound to an interface that has gone stays silent for ever.
    pub(super) fn close(&mut self, key: Key) {
        if self.open.remove(&key).is_some() {
            self.generation = self.generation.wrapping_add(1);
        }
    }

    /// How many routers use each socket: closes what nobody uses, makes room for their packets.
    pub(super) fn fit(&mut self, users: &BTreeMap<Key, usize>) {
        let unused: Vec<Key> = self
            .open
            .keys()
            .copied()
            .filter(|key| !users.contains_key(key))
            .collect();
        for key in unused {
            self.close(key);
        }
        for (key, open) in &mut self.open {
            let routers = users.get(key).copied().unwrap_or(0);
            if packets(routers) != open.drain_max() {
                // Less room than wished is a matter of luck, not of life.
                let _refused = size_queue(&open.fd, packets(routers));
            }
            open.routers = routers;
        }
    }

    /// Gives the descriptors out with what they are for. That of a virtual MAC's device the successor opens anew: before
    /// it, a successor of this one's age would not know what to do with it.
    pub(super) fn give_out(&mut self, devices: &Devices) -> Vec<(SavedSocket, OwnedFd)> {
        let open = std::mem::take(&mut self.open);
        let saved = |(key, open): (Key, Open)| {
            let (device, family, local) = match key {
                Key::Device(device, family) => (Some(devices.name(device).to_owned()), family, None),
                Key::Local(local) => (None, Family::of(&local), Some(local)),
                Key::Virtual { .. } => return None,
            };
            let socket = SavedSocket {
                device,
                index: open.channel.index(),
                family,
                local,
                groups: open.channel.groups().to_vec(),
            };
            Some((socket, open.fd))
        };
        open.into_iter().filter_map(saved).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A socket whose first join was refused is not kept, or it would look open and hear nothing; the next try opens anew.
    /// An open one is as wanted only for who is bound and joined as it is.
    #[test]
    fn a_socket_that_could_not_join_is_not_kept() {
        let mut devices = Devices::default();
        let key = Key::Device(devices.id("lo"), Family::Ipv4);
        let service = |group: &str| {
            let mut service = Service::new("VI_1", "lo", 51).unwrap();
            let group = group.parse().unwrap();
            service.settings.path = Path::Multicast { group };
            service
        };
        let mut channels = Channels::default();
        let refused = channels.provide(key, Some(1), &service("192.0.2.1"), &devices);
        if refused
            .as_ref()
            .is_err_and(|error| error.kind() == io::ErrorKind::PermissionDenied)
        {
            println!("SKIP: raw sockets need root");
            return;
        }
        assert!(refused.is_err(), "no group");
        assert!(channels.get(key).is_none());
        assert!(!channels.is_as_wanted(key, Some(1), &service("224.0.0.18")));

        channels
            .provide(key, Some(1), &service("224.0.0.18"), &devices)
            .unwrap();
        assert!(channels.is_as_wanted(key, Some(1), &service("224.0.0.18")));
        assert!(
            !channels.is_as_wanted(key, Some(2), &service("224.0.0.18")),
            "another interface"
        );
        assert!(
            !channels.is_as_wanted(key, None, &service("224.0.0.18")),
            "the interface has gone"
        );
        assert!(
            !channels.is_as_wanted(key, Some(1), &service("224.0.0.19")),
            "another group"
        );
        let later = channels.provide(key, Some(1), &service("192.0.2.1"), &devices);
        assert!(later.is_err());
        assert!(
            channels.is_as_wanted(key, Some(1), &service("224.0.0.18")),
            "that of others stays"
        );
    }
}
