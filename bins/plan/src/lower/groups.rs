//! Sync groups: a member that does not start keeps the others from starting.

use super::{Lowering, NotStarted};

impl Lowering<'_> {
    /// The group moves as one: with the others alone this node would take half of a service, and its peer the rest. To
    /// keepalived a member that cannot run is in FAULT, and so is its group.
    pub(super) fn bar_groups(&mut self) {
        let mut barred = Vec::new();
        for group in &self.config.sync_groups {
            let member = |name: &str| group.members.iter().any(|(member, _)| member == name);
            let Some(first) = self.out.not_started.iter().find(|one| member(&one.name)) else {
                continue;
            };
            let starting = self.out.plan.instances.iter().filter(|one| member(&one.name));
            barred.extend(starting.map(|instance| NotStarted {
                name: instance.name.clone(),
                place: self.place(group.span),
                reason: format!(
                    "vrrp_sync_group {}: its member {} does not start, and the group moves as one",
                    group.name, first.name
                ),
                allow_missing: first.allow_missing.clone(),
            }));
        }
        let stays = |name: &str| barred.iter().all(|one| one.name != name);
        self.out.plan.instances.retain(|instance| stays(&instance.name));
        self.out.not_started.extend(barred);
    }
}
