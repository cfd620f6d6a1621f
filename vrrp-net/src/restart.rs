//! Which changes of a service begin it anew: the core's rule, with interfaces by their names.

use std::net::IpAddr;

use vrrp_core::Restart;

use crate::service::Service;

impl Service {
    /// Why a driver that runs this service would begin it anew for `next`; empty: it changes it in place.
    ///
    /// An interface is the same by its name, whatever number the settings have for it.
    #[must_use]
    pub fn restarts(&self, next: &Self) -> Vec<Restart> {
        let interface = (self.interface != next.interface).then_some(Restart::Interface);
        let others = self.settings.restarts(&next.settings);
        let others = others.filter(|reason| *reason != Restart::Interface);
        interface.into_iter().chain(others).collect()
    }

    /// Whether both have `address`, on the same device and made alike: it can go from the one to the other without leaving
    /// the kernel in between.
    #[must_use]
    pub fn makes_alike(&self, other: &Self, address: IpAddr) -> bool {
        let made = |service: &Self| {
            let held = service
                .all_held()
                .into_iter()
                .find(|held| held.address == address)?;
            Some((service.device_of(&held)?, held))
        };
        made(self)
            .zip(made(other))
            .is_some_and(|((device, held), (other_device, other_held))| {
                device == other_device && held.is_made_like(&other_held)
            })
    }
}
