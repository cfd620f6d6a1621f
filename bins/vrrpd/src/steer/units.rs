//! What goes together: the members of a sync group, or one instance by itself.

use vrrp_core::{Priority, StateName};
use vrrp_net::{ServiceStatus, StandingStatus, Status};
use vrrp_plan::Plan;

use crate::names::Named;
use crate::words;

/// Instances that are Active together or not at all, in the order of the file.
#[derive(Debug, Clone)]
pub(super) struct Unit<'a> {
    pub(super) group: Option<&'a str>,
    pub(super) members: Vec<&'a ServiceStatus>,
}

impl Unit<'_> {
    pub(super) fn names(&self) -> Vec<String> {
        self.members.iter().map(|member| member.name.clone()).collect()
    }

    pub(super) fn is_active(&self) -> bool {
        self.members
            .iter()
            .any(|member| member.state == StateName::Active)
    }

    pub(super) fn is_resigned(&self) -> bool {
        self.members.iter().any(|member| member.resigned)
    }
}

/// Every unit, in the order of its first member.
pub(super) fn units(status: &Status) -> Vec<Unit<'_>> {
    let mut units: Vec<Unit<'_>> = Vec::new();
    for service in &status.services {
        let group = service.group.as_deref();
        let known = units
            .iter_mut()
            .find(|unit| group.is_some() && unit.group == group);
        match known {
            Some(unit) => unit.members.push(service),
            None => units.push(Unit {
                group,
                members: vec![service],
            }),
        }
    }
    units
}

/// The one that an instance belongs to.
pub(super) fn unit_of<'a>(status: &'a Status, name: &str) -> Option<Unit<'a>> {
    let mut all = units(status).into_iter();
    all.find(|unit| unit.members.iter().any(|member| member.name == name))
}

/// Why one that is not Active has nothing to hand over.
pub(super) fn why_not(service: &ServiceStatus, plan: &Plan, in_maintenance: bool) -> String {
    let name = &service.name;
    let planned = plan.instances.iter().find(|one| one.name == *name);
    let names = Named::new(planned, service.interface.as_deref());
    match (service.state, service.standing) {
        (StateName::Initialize, StandingStatus::Barred(bar)) => {
            format!("{name} takes no part: {}", words::bar(bar, &names))
        }
        (StateName::Initialize, StandingStatus::Eligible(_)) => {
            format!("{name} is handing over already: its addresses answer until the successor does")
        }
        (StateName::Backup | StateName::Active, _) => {
            let active = service.last_active.map_or_else(
                || "nobody was heard as Active yet".to_owned(),
                |(address, priority)| format!("{address} is (priority {priority})"),
            );
            let already = match (service.resigned, in_maintenance) {
                (true, true) => {
                    "; in maintenance it competes with priority 1, until `vrrpctl maintenance off`"
                }
                (true, false) => "; it was handed over before, and competes with priority 1 until --undo",
                (false, _) => "",
            };
            format!("{name} is not Active here: {active}{already}")
        }
    }
}

/// What it would compete with if nobody had asked it to resign.
pub(super) fn own_priority(service: &ServiceStatus, base: Priority) -> Priority {
    let adds = service.contributions.iter().map(|one| one.adds);
    base.adjusted(adds.fold(0, i32::saturating_add))
}
