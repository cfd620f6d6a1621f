//! Who is told of priorities.

use crate::model::{Config, Sourced};

/// An instance says so itself, else its group, else `vrrp_notify_priority_changes`; as with keepalived.
pub(super) fn complete(config: &mut Config) {
    let global = config.global.fifos.priority_changes;
    let global = (global.span().is_some()).then(|| global.inherited("vrrp_notify_priority_changes"));
    for instance in &mut config.instances {
        let mut groups = config.sync_groups.iter();
        let group = groups.find(|group| group.members.iter().any(|(name, _)| *name == instance.name));
        let of_group = group.and_then(|group| group.notify.priority_changes.as_ref());
        let of_group = of_group.map(|said| said.inherited("notify_priority_changes of its vrrp_sync_group"));
        let own: Option<Sourced<bool>> = instance.notify.priority_changes;
        instance.notify.priority_changes = own.or(of_group).or(global);
    }
}
