//! Which changes of a service begin it anew, and which service is the same under another name: the core's rule, with
//! interfaces by their names.

use std::collections::{BTreeMap, BTreeSet};
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

    /// Whether both are one virtual router, whatever they are called: the same interface, family, VRID, path and version
    /// (PRJ-KEY-01, PRJ-CHG-07).
    #[must_use]
    pub fn is_same_router(&self, other: &Self) -> bool {
        let mut reasons = self.restarts(other).into_iter();
        !reasons.any(Restart::is_another_router)
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

/// What leads from `before` to `after` under another name: the earlier name and the later one of every router that is in
/// both ([`Service::is_same_router`]) and is called otherwise. Two may have each other's names.
///
/// Whoever has a name in `before` that another one gets, and none in `after`, is not in `after`.
///
/// # Examples
/// ```
/// use vrrp_net::{Service, renames};
///
/// let before = [Service::new("VI_1", "eth0", 51)?, Service::new("VI_2", "eth0", 52)?];
/// let after = [Service::new("web", "eth0", 51)?, Service::new("VI_2", "eth0", 52)?];
/// assert_eq!(renames(&before, &after), [("VI_1".to_owned(), "web".to_owned())]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn renames<'a>(
    before: impl IntoIterator<Item = &'a Service>,
    after: impl IntoIterator<Item = &'a Service>,
) -> Vec<(String, String)> {
    let named: BTreeMap<&str, &Service> = (before.into_iter())
        .map(|service| (service.name.as_str(), service))
        .collect();
    let is_itself = |service: &&Service| {
        let earlier = named.get(service.name.as_str());
        earlier.is_some_and(|earlier| earlier.is_same_router(service))
    };
    let (same, others): (Vec<&Service>, Vec<&Service>) = after.into_iter().partition(is_itself);
    let same: BTreeSet<&str> = same.iter().map(|service| service.name.as_str()).collect();
    // A thousand that are renamed at once are not compared with a thousand each.
    let number = |service: &'a Service| (service.interface.as_deref(), service.settings.vrid);
    let mut left: BTreeMap<_, Vec<&Service>> = BTreeMap::new();
    for service in named
        .into_values()
        .filter(|service| !same.contains(service.name.as_str()))
    {
        left.entry(number(service)).or_default().push(service);
    }
    let mut renamed = Vec::new();
    for service in others {
        let Some(earlier) = left.get_mut(&number(service)) else {
            continue;
        };
        if let Some(place) = earlier.iter().position(|earlier| earlier.is_same_router(service)) {
            let earlier = earlier.swap_remove(place);
            renamed.push((earlier.name.clone(), service.name.clone()));
        }
    }
    renamed
}
