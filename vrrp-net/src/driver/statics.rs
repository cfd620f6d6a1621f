//! What is there whatever the state of any service.

use std::collections::BTreeMap;

use vrrp_core::{Health, Input, InstanceId, Instant, TrackerId};

use super::engine::Engine;
use crate::address::HeldAddress;
use crate::address::keeper::{Place, Present};
use crate::devices::Devices;
use crate::routing::{Entry, STATICS, Static, Statics};
use crate::service::Service;
use crate::status::{AddressPresence, AddressStatus, StaticsStatus};

fn places(statics: &Statics, devices: &mut Devices) -> Vec<(Place, HeldAddress)> {
    let mut places = Vec::new();
    for one in &statics.addresses {
        if let Some(device) = &one.entry.device {
            let place = Place {
                device: devices.id(device),
                address: one.entry.address,
            };
            places.push((place, one.entry.clone()));
        }
    }
    places
}

fn entries(statics: &Statics) -> Vec<Entry> {
    let routes = statics.routes.iter().map(|one| Entry::route(&one.entry));
    let rules = statics.rules.iter().map(|one| Entry::rule(&one.entry));
    routes.chain(rules).collect()
}

impl Engine {
    /// Before the start: nothing is made yet.
    pub(super) fn configure_statics(&mut self, statics: Statics) {
        for (place, held) in places(&statics, &mut self.devices) {
            self.addresses.configure(place, Some(held));
            self.static_places.push(place);
        }
        self.statics = statics;
    }

    /// At the start, and behind a handover: made, or found there.
    pub(super) fn make_statics(&mut self, now: Instant) {
        let mut held = self.static_places.clone();
        for place in &held {
            self.addresses.keeper().hold(STATICS, *place);
        }
        let _made = self.settle(now, &mut held);
        let entries = entries(&self.statics);
        for entry in &entries {
            self.routing.hold(STATICS, entry);
        }
        self.bring(now, &entries);
    }

    /// What is new is made; what went is only released: [`Engine::release_statics`] ends it when the services had their turn,
    /// for one of them may want it now.
    pub(super) fn change_statics(&mut self, now: Instant, statics: Statics) -> Statics {
        let new = places(&statics, &mut self.devices);
        let otherwise = |(place, held): &&(Place, HeldAddress)| {
            self.static_places.contains(place) && self.addresses.spec(*place).is_some_and(|spec| spec != held)
        };
        let mut otherwise: Vec<Place> = new.iter().filter(otherwise).map(|(place, _)| *place).collect();
        for place in &otherwise {
            self.addresses.keeper().release(STATICS, *place);
        }
        let _gone = self.settle(now, &mut otherwise);
        for (place, held) in &new {
            if !self.static_places.contains(place) {
                self.static_places.push(*place);
            }
            self.addresses.configure(*place, Some(held.clone()));
        }
        let before = std::mem::replace(&mut self.statics, statics);
        let mut held: Vec<Place> = new.into_iter().map(|(place, _)| place).collect();
        for place in &held {
            self.addresses.keeper().hold(STATICS, *place);
        }
        let _made = self.settle(now, &mut held);
        let wanted = entries(&self.statics);
        for entry in &wanted {
            self.routing.hold(STATICS, entry);
        }
        self.bring(now, &wanted);
        before
    }

    /// Removes what only `before` asked for.
    pub(super) fn release_statics(&mut self, now: Instant, before: &Statics) {
        let stays = entries(&self.statics);
        let gone: Vec<Entry> = entries(before)
            .into_iter()
            .filter(|entry| !stays.contains(entry))
            .collect();
        for entry in &gone {
            self.routing.release(STATICS, entry);
        }
        self.take_away(now, &gone);
        let stays: Vec<Place> = places(&self.statics.clone(), &mut self.devices)
            .into_iter()
            .map(|(place, _)| place)
            .collect();
        let gone: Vec<Place> = self
            .static_places
            .iter()
            .copied()
            .filter(|place| !stays.contains(place))
            .collect();
        for place in &gone {
            self.addresses.keeper().release(STATICS, *place);
        }
        self.static_places = stays;
        let _removed = self.settle(now, &mut gone.clone());
        for place in gone {
            self.forget_place(place);
        }
        self.refresh_statics(now);
    }

    /// The end: as keepalived does, they go last.
    pub(super) fn remove_statics(&mut self, now: Instant) {
        let before = std::mem::take(&mut self.statics);
        self.release_statics(now, &before);
        self.routing.write_journal();
        self.addresses.write_journal(&self.devices);
    }

    /// A static address and no service's: the interface may well send from it.
    pub(super) fn is_only_static(&self, place: Place) -> bool {
        let virtual_one = || {
            self.instances
                .values()
                .any(|instance| instance.places.contains(&place))
        };
        self.static_places.contains(&place) && !virtual_one()
    }

    /// Whether all entries of a group are there.
    fn group_health(&self, group: &str) -> Health {
        fn of<'a, T>(list: &'a [Static<T>], group: &'a str) -> impl Iterator<Item = &'a T> {
            let named = list.iter().filter(move |one| one.group.as_deref() == Some(group));
            named.map(|one| &one.entry)
        }
        let addresses = of(&self.statics.addresses, group).all(|held| {
            let device = held.device.as_deref().and_then(|name| self.table.index_of(name));
            device.is_some_and(|index| self.table.find(index, held.address).next().is_some())
        });
        let routes = of(&self.statics.routes, group).all(|route| self.routing.is_there(&Entry::route(route)));
        let rules = of(&self.statics.rules, group).all(|rule| self.routing.is_there(&Entry::rule(rule)));
        if addresses && routes && rules {
            Health::Up
        } else {
            Health::Down
        }
    }

    /// The trackers that follow static entries.
    pub(super) fn health_of_statics(&self, service: &Service) -> Vec<(TrackerId, Health)> {
        let followed = service.track_statics.iter();
        followed
            .map(|(group, tracker)| (*tracker, self.group_health(group)))
            .collect()
    }

    /// Tells the core of what it does not know yet.
    pub(super) fn refresh_statics(&mut self, now: Instant) {
        let mut news: BTreeMap<InstanceId, Vec<(TrackerId, Health)>> = BTreeMap::new();
        for (id, instance) in &self.instances {
            for (tracker, health) in self.health_of_statics(&instance.service) {
                if self.router.get(*id).and_then(|router| router.health(tracker)) != Some(health) {
                    news.entry(*id).or_default().push((tracker, health));
                }
            }
        }
        for (id, healths) in news {
            for (tracker, health) in healths {
                self.feed(now, id, Input::Track(tracker, health));
            }
        }
    }

    pub(super) fn statics_status(&self) -> StaticsStatus {
        let address = |place: &Place| AddressStatus {
            address: place.address,
            prefix: self.addresses.spec(*place).map_or(0, |spec| spec.prefix),
            interface: self.devices.name(place.device).to_owned(),
            advertised: false,
            wanted: true,
            present: match self.addresses.present(*place, &self.table, &self.devices) {
                Present::NoDevice => AddressPresence::NoInterface,
                Present::Absent => AddressPresence::Absent,
                Present::Ours => AddressPresence::Ours,
                Present::Foreign => AddressPresence::Foreign,
            },
        };
        StaticsStatus {
            addresses: self.static_places.iter().map(address).collect(),
            routing: self.routing_statuses(&entries(&self.statics), true),
        }
    }
}
