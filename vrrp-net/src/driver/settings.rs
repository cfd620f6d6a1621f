//! Kernel settings that routers need while they hold addresses.

use std::time::Duration;

use vrrp_core::Family;

use super::engine::Engine;
use crate::clock;
use crate::sysctl::{ACCEPT_LOCAL, ARP_ANNOUNCE, ARP_IGNORE, FORWARDING, Wishes};

impl Engine {
    /// NET-ARP-09: makes the settings as they are needed now, and puts the others back.
    pub(super) fn fit_sysctls(&mut self) {
        self.sysctls_stale = false;
        let mut wishes = Wishes::new();
        for instance in self.instances.values() {
            let settings = &instance.service.settings;
            // The owner may have no address but the one that is held here: its advertisements come "from ourselves". A
            // router that sends and hears without an interface has none to set it on.
            let hears_owner = settings.family == Family::Ipv4 && !settings.priority.is_owner();
            let index = instance
                .interface
                .and_then(|device| self.devices.index(&self.table, device));
            if let (true, true, Some(index)) = (hears_owner, instance.holds, index) {
                let _same = wishes.insert((index, ACCEPT_LOCAL), "1");
            }
            // Not only while they are held: nothing of this may delay a take-over.
            if instance.places.iter().any(|place| place.address.is_ipv4()) {
                for wanted in &instance.virtual_macs {
                    if let Some(index) = self.devices.index(&self.table, wanted.parent) {
                        let _same = wishes.insert((index, ARP_IGNORE), "1");
                        let _same = wishes.insert((index, ARP_ANNOUNCE), "2");
                    }
                }
            }
            if instance.holds && instance.service.router_advertisements.is_some() {
                // Where its hosts ask for it: an answer without the Router flag would make them forget the router.
                let devices = instance.places.iter().filter(|place| place.address.is_ipv6());
                let indexes = devices.filter_map(|place| self.devices.index(&self.table, place.device));
                wishes.extend(indexes.map(|index| ((index, FORWARDING), "1")));
            }
        }
        // Settings are made after whatever was due; the next thing that is must not wait for a disk.
        let next = self.router.deadline().map(|(_, deadline)| deadline.at);
        let left = next.map_or(Duration::MAX, |at| at.since(clock::now()));
        self.sysctls.wait_at_most(left);
        let table = &self.table;
        self.sysctls
            .settle(&wishes, |index| table.link(index).map(|link| link.name.as_str()));
    }
}
