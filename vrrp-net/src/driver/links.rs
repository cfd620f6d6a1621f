//! Links and addresses as they change under a running router.

use std::collections::BTreeMap;
use std::io;

use vrrp_core::{Health, Input, InstanceId, Instant, InterfaceId, Link};

use super::channels::Key;
use super::engine::Engine;
use super::virtual_macs::Wanted;
use crate::address::keeper::{Place, Present};
use crate::netlink::{self, Message, each_message};
use crate::watch::Seen;

/// Datagrams of events read in one turn.
const DATAGRAMS: usize = 512;

/// What a configured interface was when it was last looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct DeviceState {
    index: Option<u32>,
    running: bool,
}

impl Engine {
    /// Reads what the kernel tells of links and addresses.
    pub(super) fn hear_links(&mut self, now: Instant) {
        let mut messages = Vec::new();
        let mut left = DATAGRAMS;
        loop {
            let Some(more) = left.checked_sub(1) else {
                self.unread = true;
                break;
            };
            left = more;
            match netlink::receive(&self.link_events, &mut self.netlink_buffer) {
                Ok(Some(datagram)) => each_message(datagram, |message| messages.push(message)),
                Ok(None) => break,
                Err(error) => {
                    // ENOBUFS, or whatever else: what was told is incomplete, so all of it is asked for anew.
                    tracing::warn!(%error, "news of links and addresses were lost; reading everything anew");
                    messages.push(Message::Overrun);
                    if error.raw_os_error() != Some(libc::ENOBUFS) {
                        break;
                    }
                }
            }
        }
        if messages.iter().any(|message| matches!(message, Message::Overrun)) {
            self.overruns = self.overruns.wrapping_add(1);
            self.resync(now);
            return;
        }
        let mut lost = Vec::new();
        let mut addresses = Vec::new();
        for message in messages {
            match self.table.apply(message) {
                // Each change of a link for itself: a flap is a flap, however late it is read.
                Some(Seen::Link { .. }) => {
                    self.refresh_addresses(now, &mut addresses);
                    self.refresh_devices(now);
                }
                Some(Seen::Address { index, address }) => addresses.push((index, address)),
                Some(Seen::AddressGone { index, address }) => {
                    addresses.push((index, address));
                    lost.extend(self.places_at(index, address));
                }
                None => {}
            }
        }
        self.refresh_addresses(now, &mut addresses);
        self.repair(now, lost);
    }

    /// Everything anew, after an overrun and at every audit.
    fn resync(&mut self, now: Instant) {
        let seen = match self.addresses.resync(&mut self.table) {
            Ok(seen) => seen,
            Err(error) => {
                tracing::warn!(%error, "links and addresses cannot be listed; trying again at the next audit");
                return;
            }
        };
        if seen.is_empty() {
            return;
        }
        let mut lost = Vec::new();
        let mut addresses = Vec::new();
        for change in seen {
            match change {
                Seen::Link { .. } => {}
                Seen::Address { index, address } => addresses.push((index, address)),
                Seen::AddressGone { index, address } => {
                    addresses.push((index, address));
                    lost.extend(self.places_at(index, address));
                }
            }
        }
        self.refresh_devices(now);
        self.refresh_addresses(now, &mut addresses);
        self.repair(now, lost);
    }

    /// The configured places with this address on the link of this index.
    fn places_at(&self, index: u32, address: std::net::IpAddr) -> Option<Place> {
        let link = self.table.link(index)?;
        let device = self
            .devices
            .ids()
            .find(|id| self.devices.name(*id) == link.name)?;
        let place = Place { device, address };
        self.addresses.spec(place).is_some().then_some(place)
    }

    /// The kernel is compared with what the events have told, and with what is wanted.
    pub(super) fn audit(&mut self, now: Instant) {
        let nanos = u64::try_from(self.audit_every.as_nanos()).unwrap_or(u64::MAX);
        self.audit_at = now.plus_nanos(nanos.max(1));
        self.sysctls_stale = true;
        self.filter_stale = true;
        self.resync(now);
        // A socket that could not be opened is tried again. Whatever else decides a link, the comparison has seen.
        for id in self.ids() {
            if self.lacks_channel(id) {
                self.refresh_link(now, id);
            }
        }
        let mut places = self.addresses.configured();
        let _made = self.settle(now, &mut places);
        self.look_after_routing(now, false, |_| true);
        self.refresh_statics(now);
        self.carry_out(now);
        self.addresses.audit_journal();
        self.routing.audit_journal();
        self.sysctls.audit_journal();
        self.virtual_macs.audit_journal();
    }

    /// What bears our mark, or stands in our journal, before anything has been made.
    pub(super) fn found_at_start(&self) -> Vec<Place> {
        let mut places = self.addresses.configured();
        places.retain(|place| self.addresses.present(*place, &self.table, &self.devices) == Present::Ours);
        places
    }

    /// What was found and is not wanted was left behind by a crash (PRJ-ADDR-02).
    pub(super) fn remove_leftovers(&mut self, now: Instant, found: &[Place]) {
        let mut places = self.addresses.configured();
        let _made = self.settle(now, &mut places);
        for place in found {
            if self.addresses.holders(*place).is_empty() {
                self.tell_leftover(now, *place);
            }
        }
        self.carry_out(now);
    }

    /// Addresses came or went: primary addresses may be others now, and what is ours may have become foreign.
    fn refresh_addresses(&mut self, now: Instant, changed: &mut Vec<(u32, std::net::IpAddr)>) {
        if changed.is_empty() {
            return;
        }
        let mut others = Vec::new();
        // A virtual address is nobody's source, but an owner's own addresses can be its primary one.
        let owner = self
            .instances
            .values()
            .any(|instance| instance.service.settings.priority.is_owner());
        for (index, address) in changed.drain(..) {
            let place = self.places_at(index, address);
            if let Some(place) = place
                && self.addresses.present(place, &self.table, &self.devices) == Present::Foreign
            {
                self.tell_foreign(now, place);
            }
            if owner || place.is_none_or(|place| self.is_only_static(place)) {
                others.push(index);
            }
        }
        others.sort_unstable();
        others.dedup();
        for id in self.ids() {
            if self.sends_from(id).is_none_or(|index| others.contains(&index)) {
                self.refresh_link(now, id);
            }
        }
    }

    /// The link whose addresses decide what the router sends from; `None`: any.
    fn sends_from(&self, id: InstanceId) -> Option<u32> {
        let instance = self.instances.get(&id)?;
        if instance
            .service
            .source
            .or(instance.service.unicast_local())
            .is_some()
        {
            return None;
        }
        self.devices.index(&self.table, instance.interface?)
    }

    /// Looks at every configured interface, and lets everyone know whom a change concerns.
    pub(super) fn refresh_devices(&mut self, now: Instant) {
        let mut changed = Vec::new();
        let mut came = Vec::new();
        let mut renamed = Vec::new();
        self.fit_virtual_macs(now);
        let virtual_macs = self.wanted_virtual_macs();
        for id in self.devices.ids() {
            let state = self.device_state(id, virtual_macs.get(&id));
            let place = usize::try_from(id.0).unwrap_or(usize::MAX);
            if self.device_states.len() <= place {
                self.device_states
                    .resize(place.saturating_add(1), DeviceState::default());
            }
            if let Some(before) = self.device_states.get_mut(place)
                && *before != state
            {
                if state.index.is_some()
                    && (before.index != state.index || (state.running && !before.running))
                {
                    came.push(id);
                }
                renamed.extend(
                    before
                        .index
                        .filter(|old| state.index != Some(*old))
                        .map(|old| (id, old)),
                );
                *before = state;
                changed.push(id);
            }
        }
        if changed.is_empty() {
            return;
        }
        self.sysctls_stale = true;
        for (id, old) in renamed {
            // Where it has gone, its addresses went along.
            if self.table.link(old).is_some() {
                let news = self.addresses.leave(id, old, &mut self.table, &self.devices);
                let _made = self.tell_news(now, news);
            }
        }
        for id in self.ids() {
            if self.concerns(id, &changed) {
                self.refresh_tracked(now, id);
                self.refresh_link(now, id);
            }
        }
        self.fit_channels();
        self.carry_out(now);
        self.bring_along(now, &came);
        self.fit_ears();
        self.fit_advertisers();
    }

    /// `virtual_mac`: it is one; what the kernel says of it follows the interface below a moment later.
    fn device_state(&self, id: InterfaceId, virtual_mac: Option<&Wanted>) -> DeviceState {
        let index = self.devices.index(&self.table, id);
        let link = index.and_then(|index| self.table.link(index));
        let running = match virtual_mac {
            None => link.is_some_and(|link| link.running),
            Some(wanted) => {
                let below = self.devices.index(&self.table, wanted.parent);
                let below = below.and_then(|below| self.table.link(below));
                link.is_some_and(|link| link.up) && below.is_some_and(|below| below.running)
            }
        };
        DeviceState { index, running }
    }

    /// We have taken it up or down, which is no news.
    pub(super) fn note_device_state(&mut self, virtual_mac: &Wanted) {
        let state = self.device_state(virtual_mac.device, Some(virtual_mac));
        let place = usize::try_from(virtual_mac.device.0).unwrap_or(usize::MAX);
        if let Some(known) = self.device_states.get_mut(place)
            && known.index == state.index
        {
            *known = state;
        }
    }

    fn concerns(&self, id: InstanceId, changed: &[InterfaceId]) -> bool {
        self.instances.get(&id).is_some_and(|instance| {
            let own = instance.interface.is_some_and(|device| changed.contains(&device));
            let virtual_macs = instance.virtual_macs.iter();
            let mut devices = virtual_macs.map(|wanted| wanted.device);
            own || devices.any(|device| changed.contains(&device))
                || instance
                    .tracked
                    .iter()
                    .any(|(device, _)| changed.contains(device))
        })
    }

    /// Addresses that are wanted on an interface that came (back), other than the router's own perhaps: made, and
    /// announced (V3-8.1.2-06).
    fn bring_along(&mut self, now: Instant, came: &[InterfaceId]) {
        let mut places = self.addresses.configured();
        places.retain(|place| came.contains(&place.device));
        let names: Vec<String> = came.iter().map(|id| self.devices.name(*id).to_owned()).collect();
        if places.is_empty() {
            self.look_after_routing(now, false, |entry| names.iter().any(|name| entry.uses(name)));
            return;
        }
        let _made = self.settle(now, &mut places);
        for place in places {
            for id in self.addresses.holders(place).to_vec() {
                self.announcements.push(now, id, &[place], 1);
            }
        }
        self.look_after_routing(now, false, |entry| names.iter().any(|name| entry.uses(name)));
    }

    /// Tells the core of the router's own link, where that is otherwise than it knows.
    pub(super) fn refresh_link(&mut self, now: Instant, id: InstanceId) {
        let open = match self.provide_channel(id) {
            Ok(()) => true,
            Err(error) => {
                if error.raw_os_error() != Some(libc::ENODEV) {
                    self.tell_socket_failed(now, id, &error);
                }
                false
            }
        };
        let Some(link) = self.link_of(id, open) else {
            return;
        };
        if self.router.get(id).is_some_and(|router| router.link() != link) {
            self.tell_link(now, id, link);
            self.feed(now, id, Input::Link(link));
            self.carry_out(now);
        }
    }

    fn link_of(&self, id: InstanceId, open: bool) -> Option<Link> {
        let instance = self.instances.get(&id)?;
        let service = &instance.service;
        let index = instance
            .interface
            .and_then(|device| self.devices.index(&self.table, device));
        let running = match (instance.interface, service.track_primary) {
            (None, _) | (_, false) => true,
            (Some(_), true) => index
                .and_then(|index| self.table.link(index))
                .is_some_and(|link| link.running),
        };
        let current = self.router.get(id)?.link().primary;
        let primary = match (service.source.or(service.unicast_local()), index) {
            (Some(address), _) => self.table.has(None, address).then_some(address),
            (None, Some(index)) => {
                let is_owner = service.settings.priority.is_owner();
                let is_virtual = |address| {
                    let device = instance.interface.unwrap_or(InterfaceId(u64::MAX));
                    let place = Place { device, address };
                    let own = is_owner && instance.places.contains(&place);
                    // With a virtual MAC its place is on another device.
                    let elsewhere = !instance.virtual_macs.is_empty()
                        && instance.places.iter().any(|place| place.address == address);
                    let held = self.addresses.spec(place).is_some() && !self.is_only_static(place);
                    (held || elsewhere) && !own
                };
                self.table
                    .primary(index, service.settings.family, is_virtual, current)
            }
            (None, None) => None,
        };
        Some(Link {
            up: running && open && self.has_virtual_macs(id),
            primary: if open { primary } else { None },
        })
    }

    /// Tells the core of the interfaces that a router tracks.
    pub(super) fn refresh_tracked(&mut self, now: Instant, id: InstanceId) {
        let Some(instance) = self.instances.get(&id) else {
            return;
        };
        for (tracker, health) in self.health_of_statics(&instance.service) {
            if self.router.get(id).and_then(|router| router.health(tracker)) != Some(health) {
                self.feed(now, id, Input::Track(tracker, health));
            }
        }
        let Some(instance) = self.instances.get(&id) else {
            return;
        };
        for (device, tracker) in instance.tracked.clone() {
            let index = self.devices.index(&self.table, device);
            let running = index
                .and_then(|index| self.table.link(index))
                .is_some_and(|link| link.running);
            let health = if running { Health::Up } else { Health::Down };
            if self.router.get(id).and_then(|router| router.health(tracker)) != Some(health) {
                self.feed(now, id, Input::Track(tracker, health));
            }
        }
    }

    /// Whether a router's socket is not as it should be.
    fn lacks_channel(&self, id: InstanceId) -> bool {
        let Some(instance) = self.instances.get(&id) else {
            return false;
        };
        let Some(key) = Key::of(&instance.service, instance.interface) else {
            return true;
        };
        let index = instance
            .interface
            .and_then(|device| self.devices.index(&self.table, device));
        !self.channels.is_as_wanted(key, index, &instance.service)
    }

    /// Opens the socket of a router, or leaves the right one open.
    pub(super) fn provide_channel(&mut self, id: InstanceId) -> io::Result<()> {
        let Some(instance) = self.instances.get(&id) else {
            return Ok(());
        };
        let Some(key) = Key::of(&instance.service, instance.interface) else {
            return Err(io::Error::from_raw_os_error(libc::ENODEV));
        };
        let index = instance
            .interface
            .and_then(|device| self.devices.index(&self.table, device));
        if index.is_none() && instance.interface.is_some() {
            self.channels.close(key);
            return Err(io::Error::from_raw_os_error(libc::ENODEV));
        }
        self.channels
            .provide(key, index, &instance.service, &self.devices)?;
        match self.virtual_key(id) {
            Some((key, index, mac)) => self.channels.provide_virtual(key, index, mac),
            None => Ok(()),
        }
    }

    /// Sockets as large as their routers need, and none that nobody needs.
    pub(super) fn fit_channels(&mut self) {
        let mut users: BTreeMap<Key, usize> = BTreeMap::new();
        for instance in self.instances.values() {
            if let Some(key) = Key::of(&instance.service, instance.interface) {
                let count = users.entry(key).or_default();
                *count = count.saturating_add(1);
            }
        }
        for id in self.ids() {
            if let Some((key, _, _)) = self.virtual_key(id) {
                let _one = users.insert(key, 1);
            }
        }
        self.channels.fit(&users);
    }
}
