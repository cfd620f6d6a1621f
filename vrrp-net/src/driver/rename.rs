//! A service is the virtual router that it is (PRJ-KEY-01), whatever it is called: with another name it goes on.

use std::collections::BTreeSet;

use vrrp_core::{InstanceId, Instant};

use super::engine::Engine;
use super::instance::Instance;
use crate::event::Happening;
use crate::restart::renames;
use crate::service::Service;

/// Behind the name of a service that goes, and whose name another one has now.
const REMOVED: &str = " (removed)";

impl Engine {
    /// Gives services the names that they have among `services`. Nothing else changes, on the wire or in the kernel.
    pub(super) fn rename(&mut self, now: Instant, services: &[Service]) -> Vec<(String, String)> {
        let running = self.instances.values().filter(|instance| !instance.leaving);
        let renamed = renames(running.map(|instance| &instance.service), services);
        if renamed.is_empty() {
            return renamed;
        }
        let taken: BTreeSet<&str> = renamed.iter().map(|(_, after)| after.as_str()).collect();
        let mut called: Vec<(InstanceId, String)> = Vec::new();
        for (id, instance) in self.instances.iter_mut().filter(|(_, one)| !one.leaving) {
            let name = &instance.service.name;
            if let Some((_, after)) = renamed.iter().find(|(before, _)| before == name) {
                let before = name.clone();
                instance.call(after);
                called.push((*id, before));
            } else if taken.contains(name.as_str()) {
                let name = format!("{name}{REMOVED}");
                instance.call(&name);
            }
        }
        // Nobody is told before all have their names: two may have changed theirs.
        for (id, before) in called {
            tracing::debug!(before, id = id.0, "a service has another name");
            self.tell(now, Some(id), Happening::Renamed { before });
        }
        renamed
    }
}

impl Instance {
    pub(super) fn call(&mut self, name: &str) {
        name.clone_into(&mut self.service.name);
        self.name = name.into();
    }

    /// The name that it was given.
    pub(super) fn own_name(&self) -> String {
        let name = &self.service.name;
        name.strip_suffix(REMOVED).unwrap_or(name).to_owned()
    }
}
