//! Addresses on links where no advertisement is sent: nothing else shows switches there at which port their MAC is, so
//! they are announced again and again (keepalived `garp_extra_if`).

use std::collections::BTreeMap;

use vrrp_core::{InstanceId, Instant};

use super::engine::Engine;
use crate::address::keeper::Place;

/// When which router says it again.
#[derive(Debug, Default)]
pub(super) struct Elsewheres {
    at: BTreeMap<InstanceId, Instant>,
}

impl Elsewheres {
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.at.values().min().copied()
    }
}

impl Engine {
    /// The router holds its addresses from now on, no longer, or otherwise than before.
    pub(super) fn level_elsewhere(&mut self, now: Instant, id: InstanceId) {
        let instance = self.instances.get(&id).filter(|instance| instance.holds);
        let every = instance.and_then(|instance| instance.service.announce_elsewhere.as_ref());
        let begun = self.elsewhere.at.get(&id).copied();
        let next = every.map(|plan| now.plus_nanos(plan.every_nanos()));
        // Saying "hold" twice postpones nothing.
        let _before = match next {
            Some(next) => self
                .elsewhere
                .at
                .insert(id, begun.map_or(next, |begun| begun.min(next))),
            None => self.elsewhere.at.remove(&id),
        };
    }

    /// What is due. A hold is silent: its successor speaks for the addresses.
    pub(super) fn announce_elsewhere(&mut self, now: Instant) {
        let due = self.elsewhere.at.iter().filter(|(_, at)| **at <= now);
        let due: Vec<InstanceId> = due.map(|(id, _)| *id).collect();
        for id in due {
            let Some(instance) = self.instances.get(&id) else {
                let _gone = self.elsewhere.at.remove(&id);
                continue;
            };
            let plan = instance.service.announce_elsewhere.as_ref();
            let Some(every) = plan.map(|plan| plan.every_nanos()) else {
                let _unwanted = self.elsewhere.at.remove(&id);
                continue;
            };
            let places = self.places_elsewhere(id);
            if self.is_active(id) {
                self.announcements.push(now, id, &places, 1);
            }
            let _before = self.elsewhere.at.insert(id, now.plus_nanos(every));
        }
    }

    fn places_elsewhere(&self, id: InstanceId) -> Vec<Place> {
        let Some(instance) = self.instances.get(&id) else {
            return Vec::new();
        };
        let devices = instance.service.devices_elsewhere();
        let elsewhere = |place: &&Place| devices.iter().any(|name| name == self.devices.name(place.device));
        let places = instance.places.iter().filter(elsewhere).copied();
        places.filter(|place| self.is_present(*place)).collect()
    }
}
