//! What the status shows of all this.

use std::time::Instant;

use vrrp_control::{HandedOver, Instance, Maintenance, Move};
use vrrp_core::Priority;
use vrrp_net::ServiceStatus;
use vrrp_plan::Plan;

use super::Said;
use super::units::own_priority;
use crate::node::ms;

impl Said {
    pub(crate) fn maintenance(&self) -> Option<Maintenance> {
        self.maintenance.clone()
    }

    /// What an operator is the reason of, on the status of an instance.
    pub(crate) fn show(&self, plan: &Plan, service: &ServiceStatus, mut instance: Instance) -> Instance {
        let planned = plan.instances.iter().find(|one| one.name == service.name);
        let Some(file) = planned.map(|one| one.service.settings.priority) else {
            return instance;
        };
        instance.priority.base = file.get();
        instance.priority.moves = self.moves_of(service, file);
        instance.handed_over = service.resigned.then(|| {
            let known = self.handed.get(&service.name);
            HandedOver {
                asked: known.map(|handed| handed.asked),
                since_unix_ms: known.map(|handed| handed.since_unix_ms),
            }
        });
        instance.handing_over = self.handing.get(&service.name).map(|one| one.asked);
        instance
    }

    fn moves_of(&self, service: &ServiceStatus, file: Priority) -> Vec<Move> {
        let mut moves = Vec::new();
        let maintenance = self.maintenance.as_ref().map(|maintenance| maintenance.asked.uid);
        let by_base = i32::from(service.base_priority) - i32::from(file.get());
        if let Some(moved) = self.moves.get(&service.name) {
            let left = moved
                .ends_at
                .map(|at| at.saturating_duration_since(Instant::now()));
            moves.push(Move {
                name: "operator".to_owned(),
                adds: if maintenance.is_some() { 0 } else { by_base },
                uid: Some(moved.asked.uid),
                ends_in_ms: left.map(ms),
            });
        }
        let base = Priority::new(service.base_priority).unwrap_or(file);
        let own = i32::from(own_priority(service, base).get());
        let by_resigning = if service.resigned {
            i32::from(service.priority) - own
        } else {
            0
        };
        let one = |name: &str, adds, uid| Move {
            name: name.to_owned(),
            adds,
            uid,
            ends_in_ms: None,
        };
        if maintenance.is_some() {
            moves.push(one("maintenance", by_base + by_resigning, maintenance));
        } else if service.resigned {
            let asked = self.handed.get(&service.name).map(|handed| handed.asked.uid);
            moves.push(one("switchover", by_resigning, asked));
        }
        moves
    }
}
