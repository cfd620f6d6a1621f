//! Addresses, announcements and reports, in the order in which the core asked, a window at a time: between two windows
//! the loop looks at its sockets and its timers again.

use std::collections::HashSet;

use vrrp_core::{Failure, Input, InstanceId, Instant};

use super::engine::{Engine, Work};
use super::execute::KEPT;
use crate::address::keeper::{LOSSES_MAX, Place, Present};
use crate::address::linux::News;
use crate::announce;
use crate::routing::{Entry, STATICS};

/// Addresses changed in one window: a millisecond or so of the kernel's time.
const WINDOW: usize = 128;

impl Engine {
    /// Carries out the next window: what is to be held and released as a whole, then its announcements and reports.
    pub(super) fn work_window(&mut self, now: Instant) {
        // What keeps the physical MAC silent comes before any address.
        if self.sysctls_stale {
            self.fit_sysctls();
        }
        let mut room = WINDOW;
        let mut taken = Vec::new();
        let mut touched = Vec::new();
        let mut entries = Vec::new();
        while let Some((id, work)) = self.work.front().copied() {
            let cost = self.cost(id, work);
            if cost > room && !taken.is_empty() {
                break;
            }
            room = room.saturating_sub(cost);
            let _same = self.work.pop_front();
            self.wish(id, work, &mut touched, &mut entries);
            taken.push((id, work));
        }
        if taken.is_empty() {
            return;
        }
        if self.work.is_empty() {
            self.work.shrink_to(KEPT);
        }
        // Routes may name an address as their source, and lead over a device that is about to go down.
        self.take_away(now, &entries);
        // Up before the addresses come, and down before they go: nothing is to be said from the virtual MAC any more.
        let virtual_macs = self.wanted_virtual_macs();
        if !virtual_macs.is_empty() {
            let _told_by_the_hold = self.level_virtual_macs(&virtual_macs);
        }
        self.settle(now, &mut touched);
        self.bring(now, &entries);
        for (id, work) in &taken {
            match work {
                Work::Hold => {
                    self.check_hold(now, *id);
                    self.level_elsewhere(now, *id);
                }
                Work::Release => self.level_elsewhere(now, *id),
                Work::Announce(copies) => self.queue_announcements(now, *id, *copies),
                Work::Advertise(on) => self.advertise(now, *id, *on),
                Work::Report(report) => self.tell_report(now, *id, *report),
            }
        }
        self.carry_out(now);
    }

    fn cost(&self, id: InstanceId, work: Work) -> usize {
        match work {
            Work::Hold | Work::Release => self.instances.get(&id).map_or(1, |instance| {
                instance
                    .places
                    .len()
                    .saturating_add(instance.entries.len())
                    .max(1)
            }),
            Work::Announce(_) | Work::Advertise(_) | Work::Report(_) => 1,
        }
    }

    /// Levels: the last word of a window is what is done.
    fn wish(&mut self, id: InstanceId, work: Work, touched: &mut Vec<Place>, entries: &mut Vec<Entry>) {
        let (Some(instance), Work::Hold | Work::Release) = (self.instances.get_mut(&id), work) else {
            return;
        };
        let hold = matches!(work, Work::Hold);
        instance.holds = hold;
        self.sysctls_stale = true;
        for place in &instance.places {
            if hold {
                self.addresses.keeper().hold(id, *place);
            } else {
                self.addresses.keeper().release(id, *place);
            }
        }
        for entry in &instance.entries {
            if hold {
                self.routing.hold(id, entry);
            } else {
                self.routing.release(id, entry);
            }
        }
        entries.extend(instance.entries.iter().cloned());
        touched.extend(&instance.places);
        if !hold {
            self.announcements.cancel(id);
        }
    }

    /// Makes these places as they are wanted, and tells what came of it. Gives those that had to be made.
    pub(super) fn settle(&mut self, now: Instant, places: &mut Vec<Place>) -> HashSet<Place> {
        places.sort_unstable();
        places.dedup();
        let news = self.addresses.settle(places, &mut self.table, &self.devices);
        self.tell_news(now, news)
    }

    /// Gives the places that had to be made.
    pub(super) fn tell_news(&mut self, now: Instant, news: Vec<News>) -> HashSet<Place> {
        let mut added = HashSet::new();
        for item in news {
            match item {
                News::Added(place) => {
                    let _new = added.insert(place);
                    let _told = self.foreign_told.remove(&place);
                }
                News::Removed(place) => tracing::debug!(address = %place.address, "removed"),
                News::Foreign(place) => self.tell_foreign(now, place),
                News::Failed { place, adding, error } => self.tell_address_failed(now, place, adding, &error),
                News::PutBack(info) => {
                    tracing::info!(address = %info.address, "went with the virtual address that it was secondary to, and was put back");
                }
            }
        }
        added
    }

    /// PRJ-FAIL-01: a hold has failed when not one address is there.
    fn check_hold(&mut self, now: Instant, id: InstanceId) {
        let Some(instance) = self.instances.get(&id) else {
            return;
        };
        let present = |place: &Place| self.is_present(*place);
        if instance.holds && !instance.places.is_empty() && !instance.places.iter().any(present) {
            self.feed(now, id, Input::Failed(Failure::Hold));
        }
        self.look_below(now, id);
    }

    pub(super) fn is_present(&self, place: Place) -> bool {
        let present = self.addresses.present(place, &self.table, &self.devices);
        matches!(present, Present::Ours | Present::Foreign) && !self.is_down_virtual_mac(place.device)
    }

    fn queue_announcements(&mut self, now: Instant, id: InstanceId, copies: u8) {
        let Some(instance) = self.instances.get(&id).filter(|instance| instance.holds) else {
            return;
        };
        let places: Vec<Place> = instance
            .places
            .iter()
            .copied()
            .filter(|place| self.is_present(*place))
            .collect();
        self.announcements.push(now, id, &places, copies);
    }

    /// Sends the announcements whose turn it is, at most `limit`.
    pub(super) fn announce_due(&mut self, now: Instant, limit: usize) {
        for _ in 0..limit {
            let Some(item) = self.announcements.pop(now) else {
                return;
            };
            self.announce(item.by, item.place);
        }
    }

    fn announce(&self, by: InstanceId, place: Place) {
        let index = self.devices.index(&self.table, place.device);
        let Some(link) = index.and_then(|index| self.table.link(index)) else {
            return;
        };
        let (Some(mac), false) = (link.mac, link.no_arp) else {
            return;
        };
        let Some(frame) = announce::frame(place.address, self.announced_from(by), mac) else {
            return;
        };
        if let Err(error) = self.announcer.send(link.index, &frame) {
            tracing::debug!(%error, address = %place.address, interface = link.name, "announcing");
        }
    }

    /// NET-ND-03: the router's own link-local virtual address, where it has one.
    fn announced_from(&self, by: InstanceId) -> Option<std::net::IpAddr> {
        let instance = self.instances.get(&by)?;
        let addresses = instance.places.iter().map(|place| place.address);
        addresses.into_iter().find(|address| match address {
            std::net::IpAddr::V6(address) => address.is_unicast_link_local(),
            std::net::IpAddr::V4(_) => false,
        })
    }

    /// PRJ-ADDR-02: addresses that are held have gone from the kernel: made again at once, announced, and told; after
    /// five times in a minute the router gives up for a while.
    pub(super) fn repair(&mut self, now: Instant, mut lost: Vec<Place>) {
        // A link that goes down takes IPv6 addresses along: what the core made of the link comes first.
        while !lost.is_empty() && !self.work.is_empty() {
            self.work_window(now);
        }
        lost.retain(|place| self.addresses.keeper().wants(*place));
        if lost.is_empty() {
            return;
        }
        // Where it is there after all, the news was old; nothing was lost then.
        let made = self.settle(now, &mut lost);
        // The kernel drops what has it as its source, without a word.
        self.look_after_routing(now, false, |entry| {
            entry
                .source()
                .is_some_and(|source| made.iter().any(|place| place.address == source))
        });
        for place in made {
            let times = self.addresses.keeper().lost(now, place);
            let mut holders = self.addresses.holders(place).to_vec();
            if holders.contains(&STATICS) {
                self.tell_static_lost(place, times);
                holders.retain(|id| *id != STATICS);
            }
            let counts = !self.addresses.spec(place).is_some_and(|spec| spec.no_track);
            for id in holders {
                self.tell_lost(now, id, place, times);
                self.announcements.push(now, id, &[place], 1);
                if times >= LOSSES_MAX && counts {
                    self.feed(now, id, Input::Failed(Failure::Hold));
                }
            }
            if times >= LOSSES_MAX && counts {
                self.addresses.keeper().forget_losses(place);
            }
        }
        self.carry_out(now);
    }
}
