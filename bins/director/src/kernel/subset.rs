//! The part of a table that steps are about, so that one change does not cost a look at all services.

use std::collections::{BTreeMap, BTreeSet};

use vrrp_ipvs::{DestinationKey, ServiceKey, Table, VirtualServer};

use crate::decide::Step;

/// Entries of a table.
#[derive(Debug, Default)]
pub(super) struct Subset {
    services: BTreeMap<ServiceKey, Part>,
}

#[derive(Debug)]
enum Part {
    Whole,
    Some(BTreeSet<DestinationKey>),
}

impl Subset {
    pub(super) fn add(&mut self, step: &Step) {
        let part = self.services.entry(*step.service());
        let part = part.or_insert_with(|| Part::Some(BTreeSet::new()));
        match (step, part) {
            (Step::Destination { key, .. }, Part::Some(keys)) => {
                keys.insert(*key);
            }
            (_, part) => *part = Part::Whole,
        }
    }

    /// All of a service.
    pub(super) fn add_service(&mut self, service: &ServiceKey) {
        self.services.insert(*service, Part::Whole);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.services.is_empty()
    }

    /// Services of which more than the steps may differ: all of them is compared.
    pub(super) fn widen(&mut self, is_more: impl Fn(&ServiceKey) -> bool) {
        for (key, part) in &mut self.services {
            if is_more(key) {
                *part = Part::Whole;
            }
        }
    }

    /// This part of a table.
    pub(super) fn of(&self, table: &Table) -> Table {
        let mut some = Table::new();
        for (key, part) in &self.services {
            let Some(server) = table.get(key) else {
                continue;
            };
            match part {
                Part::Whole => some.put(server.clone()),
                Part::Some(keys) => {
                    some.put(VirtualServer::new(server.service().clone()));
                    for destination in keys.iter().filter_map(|key| server.destination(key)) {
                        some.set(&server.service().key, *destination);
                    }
                }
            }
        }
        some
    }
}
