//! What this node holds and does not serve.

use std::collections::BTreeSet;

use super::engine::Engine;
use super::instance::places_of;
use crate::accept::{FilterError, Target};
use crate::address::keeper::Place;
use crate::service::Service;

impl Engine {
    /// V3-6.4.3-07: what the services that run leave to be dropped.
    fn unserved(&self) -> BTreeSet<Target> {
        let instances = self.instances.values();
        instances
            .filter(|instance| instance.service.accept_mode().drops())
            .flat_map(|instance| instance.places.iter().map(|place| self.target(*place)))
            .collect()
    }

    fn target(&self, place: Place) -> Target {
        Target::new(place.address, self.devices.name(place.device))
    }

    /// Before other services run: drops also what they leave to be dropped, or says that it cannot be, and nothing has
    /// changed.
    pub(super) fn widen_filter(&mut self, services: &[Service]) -> Result<(), FilterError> {
        let mut wanted = self.filter.in_force().clone();
        for service in services.iter().filter(|service| service.accept_mode().drops()) {
            let places = places_of(service, &mut self.devices);
            wanted.extend(places.into_iter().map(|place| self.target(place)));
        }
        self.filter_stale = true;
        self.filter.settle(&wanted)
    }

    /// Drops exactly what is to be dropped.
    pub(super) fn fit_filter(&mut self) -> Result<(), FilterError> {
        let wanted = self.unserved();
        self.filter.settle(&wanted)?;
        self.filter_stale = false;
        Ok(())
    }

    /// As [`Engine::fit_filter`], in the midst of work: what fails is told, and tried again at every audit.
    pub(super) fn refit_filter(&mut self) {
        if let Err(error) = self.fit_filter() {
            tracing::error!("{error}; tried again at every audit");
            self.filter_stale = false;
        }
    }
}
