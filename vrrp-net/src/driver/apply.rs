//! A reload: what is equal is not touched, what is wrong changes nothing.

use vrrp_core::{Config, Health, Input, InstanceId, Instant, Restart, Tracker};

use super::channels::{Channels, Key};
use super::engine::{Ending, Engine, has_let_go};
use super::instance::places_of;
use super::open::check_names;
use crate::address::keeper::Place;
use crate::handle::{Applied, RequestError};
use crate::routing::{Entry, Placement, Statics};
use crate::service::{Service, ServiceError};

/// Announcements of addresses that have moved to or from the virtual MAC.
const MOVED_COPIES: u8 = 3;

impl Engine {
    pub(super) fn apply(
        &mut self,
        now: Instant,
        services: Vec<Service>,
        statics: Option<Statics>,
    ) -> Result<Applied, RequestError> {
        // A service that begins now would never let the stop end.
        if !matches!(self.ending, Ending::Open) {
            return Err(RequestError::Stopping);
        }
        self.check(&services)?;
        if let Some(fault) = statics.as_ref().and_then(Statics::fault) {
            return Err(RequestError::Statics(fault));
        }
        self.widen_filter(&services)?;
        let statics_before = statics.map(|statics| self.change_statics(now, statics));
        let mut applied = Applied {
            renamed: self.rename(now, &services),
            ..Applied::default()
        };
        self.bridge(&services);
        for id in self.ids() {
            let Some(instance) = self.instances.get(&id).filter(|instance| !instance.leaving) else {
                continue;
            };
            if !services
                .iter()
                .any(|service| service.name == instance.service.name)
            {
                applied.removed.push(instance.own_name());
                self.send_away(now, id);
            }
        }
        // Those that go have gone before others take their keys.
        self.carry_out(now);
        let mut new = Vec::new();
        for service in services {
            let name = service.name.clone();
            match self.find(&name).or_else(|| self.call_back(now, &service)) {
                None => {
                    applied.added.push(name);
                    new.push(service);
                }
                Some(id) if self.instances.get(&id).is_some_and(|i| i.service == service) => {
                    applied.unchanged.push(name);
                }
                Some(id) => {
                    applied.changed.push(name);
                    new.extend(self.change(now, id, service));
                }
            }
        }
        for service in new {
            self.begin(now, service);
        }
        self.all_wills_are_stale();
        self.fit_groups(now);
        self.carry_out(now);
        self.finish_routing(now, statics_before);
        self.refresh_devices(now);
        self.fit_channels();
        // Whoever asked is answered when it is so.
        self.refit_filter();
        Ok(applied)
    }

    /// What goes from one service to another that holds its addresses already is held by both for a moment, whichever of
    /// them is changed first: the kernel never lets go of it.
    fn bridge(&mut self, services: &[Service]) {
        for service in services {
            let Some(id) = self.find(&service.name) else {
                continue;
            };
            let Some(instance) = self.instances.get(&id) else {
                continue;
            };
            if !instance.holds || !instance.service.restarts(service).is_empty() {
                continue;
            }
            let before = instance.places.clone();
            for (place, held) in places_of(service, &mut self.devices)
                .into_iter()
                .zip(service.all_held())
            {
                let made_alike = (self.addresses.spec(place)).is_some_and(|spec| spec.is_made_like(&held));
                if made_alike && !before.contains(&place) {
                    self.addresses.keeper().hold(id, place);
                }
            }
        }
    }

    /// Everything that could go wrong, before anything changes.
    fn check(&mut self, services: &[Service]) -> Result<(), RequestError> {
        check_names(services)?;
        let mut keys: Vec<(Config, &str)> = Vec::new();
        for service in services {
            let interface = service.interface.as_deref().map(|name| self.devices.id(name));
            let config = service.config(interface)?;
            if let Some((_, other)) = keys.iter().find(|(other, _)| other.key() == config.key()) {
                return Err(RequestError::Service(ServiceError::KeyTwice {
                    service: service.name.clone(),
                    other: (*other).to_owned(),
                }));
            }
            keys.push((config, &service.name));
            self.try_socket(service)?;
        }
        Ok(())
    }

    /// A socket that could not be opened would leave the service barred: better said now.
    fn try_socket(&mut self, service: &Service) -> Result<(), RequestError> {
        let interface = service.interface.as_deref().map(|name| self.devices.id(name));
        let Some(key) = Key::of(service, interface).filter(|key| self.channels.get(*key).is_none()) else {
            return Ok(());
        };
        let index = interface.and_then(|device| self.devices.index(&self.table, device));
        let mut trial = Channels::default();
        match trial.provide(key, index, service, &self.devices) {
            Err(error) if error.raw_os_error() != Some(libc::ENODEV) => Err(RequestError::Socket {
                service: service.name.clone(),
                error,
            }),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Another configuration of a service that runs. Gives it back where it has to start as another router
    /// (PRJ-CHG-07).
    fn change(&mut self, now: Instant, id: InstanceId, service: Service) -> Option<Service> {
        let config = self.config_now(Some(id), &service).ok()?;
        let mut reasons = (self.router.get(id)).map(|router| router.config().restarts(config.settings()));
        let another = reasons
            .as_mut()
            .is_none_or(|reasons| reasons.any(Restart::is_another_router));
        if another {
            self.send_away(now, id);
            self.feed(now, id, Input::Stop);
            self.carry_out(now);
            self.drop_now(now, id);
            return Some(service);
        }
        self.rearrange(now, id, service);
        if let Err(error) = self.router.reconfigure(now, id, config, &mut self.outbox) {
            tracing::error!(?error, "a service could not be changed while running");
        }
        self.carry_out(now);
        self.refresh_tracked(now, id);
        self.refresh_link(now, id);
        None
    }

    /// The configuration of a service with what is known of its trackers, so that nothing that is well looks unknown for
    /// the moment between two inputs. Where the running router tracks the same, its trackers stay as they are.
    pub(super) fn config_now(
        &mut self,
        id: Option<InstanceId>,
        service: &Service,
    ) -> Result<Config, ServiceError> {
        let interface = service.interface.as_deref().map(|name| self.devices.id(name));
        let mut known = service.clone();
        let running = id
            .and_then(|id| self.router.get(id))
            .map(|router| &router.config().trackers);
        let statics = self.health_of_statics(service);
        let trackers = &mut known.settings.trackers;
        match running {
            Some(running) if alike(running, trackers) => trackers.clone_from(running),
            Some(_) | None => {
                for (name, tracker) in &service.track_interfaces {
                    let link = self.table.index_of(name).and_then(|index| self.table.link(index));
                    let health = if link.is_some_and(|link| link.running) {
                        Health::Up
                    } else {
                        Health::Down
                    };
                    if let Some(tracker) = trackers.get_mut(usize::from(tracker.0)) {
                        tracker.initial = health;
                    }
                }
                for (tracker, health) in statics {
                    if let Some(tracker) = trackers.get_mut(usize::from(tracker.0)) {
                        tracker.initial = health;
                    }
                }
            }
        }
        known.config(interface)
    }

    /// Other addresses, or other ways to make them. What is no longer asked for goes before the core hears of it; what is
    /// new comes with its `HoldAddresses`.
    fn rearrange(&mut self, now: Instant, id: InstanceId, service: Service) {
        let Some(instance) = self.instances.get_mut(&id) else {
            return;
        };
        let holds = instance.holds;
        self.filter_stale = true;
        let virtual_macs = instance.virtual_macs.clone();
        let told = instance.service.router_advertisements.clone();
        let entries_before = instance.entries.clone();
        let before = instance.replace(service, &mut self.devices);
        let entries = instance.entries.clone();
        let moved = holds && instance.virtual_macs != virtual_macs;
        let after = instance.places.clone();
        let held: Vec<_> = after.iter().copied().zip(instance.service.all_held()).collect();
        let mut touched = Vec::new();
        for place in before {
            let made_otherwise = held.iter().any(|(other, held)| {
                *other == place && self.addresses.spec(place).is_some_and(|spec| spec != held)
            });
            if made_otherwise || !after.contains(&place) {
                self.addresses.keeper().release(id, place);
                touched.push(place);
            }
        }
        self.release_entries(now, id, entries_before, &entries);
        let _made = self.settle(now, &mut touched.clone());
        for place in touched {
            self.forget_place(place);
        }
        if moved {
            self.fit_virtual_macs(now);
            self.fit_sysctls();
        }
        for (place, held) in held {
            self.addresses.configure(place, Some(held));
            if holds {
                self.addresses.keeper().hold(id, place);
            }
        }
        let made = self.settle(now, &mut after.clone());
        if holds {
            for entry in &entries {
                self.routing.hold(id, entry);
            }
            self.bring(now, &entries);
        }
        if moved {
            // The neighbours know another MAC.
            let moved: Vec<Place> = after.into_iter().filter(|place| made.contains(place)).collect();
            self.announcements.push(now, id, &moved, MOVED_COPIES);
        }
        self.readvertise(now, id, told.as_ref());
        self.level_elsewhere(now, id);
    }

    /// What is no longer asked for goes when all services had their turn, for another one may want it now. It goes at once
    /// where what replaces it can only be made then.
    fn release_entries(&mut self, now: Instant, id: InstanceId, before: Vec<Entry>, after: &[Entry]) {
        let gone: Vec<Entry> = before
            .into_iter()
            .filter(|entry| !after.contains(entry))
            .collect();
        for entry in &gone {
            self.routing.release(id, entry);
        }
        let alone =
            |entry: &Entry| matches!(entry, Entry::Route(route) if route.placement == Placement::Alone);
        if after.iter().any(alone) {
            self.take_away(now, &gone);
        } else {
            self.released.extend(gone);
        }
    }

    fn finish_routing(&mut self, now: Instant, statics_before: Option<Statics>) {
        let released = std::mem::take(&mut self.released);
        self.take_away(now, &released);
        if let Some(before) = statics_before {
            self.release_statics(now, &before);
        }
        self.fit_route_events();
        self.carry_out(now);
    }

    /// No longer configured by anybody: not ours to care for. One that is held is on its way to another service.
    pub(super) fn forget_place(&mut self, place: Place) {
        let mut instances = self.instances.values();
        let configured = instances.any(|instance| instance.places.contains(&place));
        let is_static = self.static_places.contains(&place);
        if !configured && !is_static && !self.addresses.keeper().wants(place) {
            self.addresses.configure(place, None);
        }
    }

    /// Stops a service; it goes when it holds nothing any more.
    fn send_away(&mut self, now: Instant, id: InstanceId) {
        if let Some(instance) = self.instances.get_mut(&id) {
            instance.leaving = true;
        }
        // A member that stops would stop its group.
        self.router.leave_group(now, id, &mut self.outbox);
        self.feed(now, id, Input::Stop);
    }

    /// One that was sent away and is wanted again before its hold is over: it stays (PRJ-STOP-03), under whatever name.
    fn call_back(&mut self, now: Instant, service: &Service) -> Option<InstanceId> {
        let id = self.rival(service)?;
        let instance = self.instances.get_mut(&id);
        let instance = instance.filter(|instance| instance.service.is_same_router(service))?;
        instance.leaving = false;
        instance.call(&service.name);
        self.feed(now, id, Input::Start);
        self.carry_out(now);
        Some(id)
    }

    fn begin(&mut self, now: Instant, service: Service) {
        // A predecessor that still holds its addresses makes way at once.
        let rival = self.rival(&service);
        if let Some(rival) = rival {
            self.feed(now, rival, Input::Stop);
            self.carry_out(now);
            self.drop_now(now, rival);
        }
        let name = service.name.clone();
        match self.admit(service, None, now) {
            Ok(id) => {
                let mut places = self
                    .instances
                    .get(&id)
                    .map_or_else(Vec::new, |instance| instance.places.clone());
                let _left = self.settle(now, &mut places);
                self.refresh_devices(now);
                self.refresh_tracked(now, id);
                self.refresh_link(now, id);
                self.feed(now, id, Input::Start);
                self.carry_out(now);
            }
            Err(error) => tracing::error!(service = name, %error, "a service could not be started"),
        }
    }

    fn rival(&mut self, service: &Service) -> Option<InstanceId> {
        let interface = service.interface.as_deref().map(|name| self.devices.id(name));
        let key = service.config(interface).ok()?.key();
        let has_key = |id: &InstanceId| {
            self.router
                .get(*id)
                .is_some_and(|router| router.config().key() == key)
        };
        let mut leaving = self.instances.iter().filter(|(_, instance)| instance.leaving);
        leaving.find(|(id, _)| has_key(id)).map(|(id, _)| *id)
    }

    /// Takes a stopped service out, with everything that it still has to do done first.
    fn drop_now(&mut self, now: Instant, id: InstanceId) {
        while self.work.iter().any(|(of, _)| *of == id) {
            self.work_window(now);
        }
        self.filter_stale = true;
        let _router = self.router.remove(id);
        if let Some(instance) = self.instances.remove(&id) {
            for entry in &instance.entries {
                self.routing.release(id, entry);
            }
            self.take_away(now, &instance.entries);
            for place in instance.places {
                self.addresses.keeper().release(id, place);
                self.forget_place(place);
            }
        }
        self.announcements.cancel(id);
        self.advertise(now, id, false);
        self.level_elsewhere(now, id);
    }

    /// Services that were sent away and hold nothing any more.
    pub(super) fn forget_the_gone(&mut self) {
        let quiet = |id: &InstanceId| self.router.get(*id).is_none_or(has_let_go);
        let leaving = self.instances.iter().filter(|(_, instance)| instance.leaving);
        let gone: Vec<InstanceId> = leaving.map(|(id, _)| *id).filter(quiet).collect();
        if gone.is_empty() {
            return;
        }
        let now = crate::clock::now();
        for id in gone {
            self.drop_now(now, id);
        }
        self.fit_virtual_macs(now);
        self.sysctls_stale = true;
        self.fit_channels();
    }
}

/// The same weights in the same order.
fn alike(a: &[Tracker], b: &[Tracker]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.weight == b.weight)
}
