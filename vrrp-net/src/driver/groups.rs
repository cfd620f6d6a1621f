//! Sync groups: which service is in which, and what becomes of a group as a whole.

use std::collections::BTreeMap;

use vrrp_core::{Bar, GroupId, Health, InstanceId, Instant, Standing, StateName};

use super::engine::Engine;
use crate::event::Happening;
use crate::status::GroupStatus;

/// The groups by name, each with what was told of it last.
#[derive(Debug, Default)]
pub(super) struct Groups {
    known: BTreeMap<String, (GroupId, Option<GroupStatus>)>,
}

impl Engine {
    /// Lets the groups of the core be as the services say; whoever is about to go is in none.
    pub(super) fn fit_groups(&mut self, now: Instant) {
        let mut wanted: BTreeMap<String, Vec<InstanceId>> = BTreeMap::new();
        let mut alone = Vec::new();
        for (id, instance) in &self.instances {
            match instance.service.group.as_ref().filter(|_| !instance.leaving) {
                Some(group) => wanted.entry(group.clone()).or_default().push(*id),
                None => alone.push(*id),
            }
        }
        for id in alone {
            self.router.leave_group(now, id, &mut self.outbox);
        }
        let router = &mut self.router;
        let outbox = &mut self.outbox;
        self.groups.known.retain(|name, (group, _)| {
            let stays = wanted.contains_key(name);
            if !stays {
                router.regroup(now, *group, &[], outbox);
            }
            stays
        });
        for (name, members) in wanted {
            match self.groups.known.get(&name) {
                Some((group, _)) => router.regroup(now, *group, &members, outbox),
                None => {
                    let group = router.group(now, &members, outbox);
                    let _new = self.groups.known.insert(name, (group, None));
                }
            }
        }
    }

    /// Tells each group whose state is another one than before, when its addresses are as that state has them.
    pub(super) fn tell_groups(&mut self, now: Instant) {
        if !self.work.is_empty() {
            return;
        }
        let changed = self.groups.known.iter().filter_map(|(name, (group, told))| {
            let status = self.group_status(name, *group)?;
            let news = told.as_ref().is_none_or(|told| {
                (told.state, told.at_fault.is_empty()) != (status.state, status.at_fault.is_empty())
            });
            // Backup and a stop come when the last address is gone, a failure at once, as with one service.
            let failed = !status.at_fault.is_empty();
            let over = status.state == StateName::Active || failed || !self.group_holds(*group);
            (news && over).then_some(status)
        });
        for status in changed.collect::<Vec<_>>() {
            if let Some((_, told)) = self.groups.known.get_mut(&status.name) {
                *told = Some(status.clone());
            }
            tracing::debug!(group = status.name, state = %status.state, "group");
            self.tell(now, None, Happening::Group(status));
        }
    }

    fn group_holds(&self, group: GroupId) -> bool {
        let mut members = self.router.members(group).iter();
        members.any(|id| self.router.get(*id).is_some_and(|router| router.holds()))
    }

    pub(super) fn group_statuses(&self) -> Vec<GroupStatus> {
        let known = self.groups.known.iter();
        known
            .filter_map(|(name, (group, _))| self.group_status(name, *group))
            .collect()
    }

    fn group_status(&self, name: &str, group: GroupId) -> Option<GroupStatus> {
        let state = self.router.group_state(group)?;
        let named = |id: &InstanceId| {
            let instance = self.instances.get(id)?;
            Some(instance.service.name.clone())
        };
        let members = self.router.members(group);
        let at_fault = members.iter().filter(|id| self.is_at_fault(**id));
        Some(GroupStatus {
            name: name.to_owned(),
            members: members.iter().filter_map(named).collect(),
            state,
            at_fault: at_fault.filter_map(named).collect(),
        })
    }

    /// Barred by something that has failed: not stopped, not waiting for a first result, not because of others.
    fn is_at_fault(&self, id: InstanceId) -> bool {
        let Some(router) = self.router.get(id) else {
            return false;
        };
        match router.standing() {
            Standing::Eligible(_) => false,
            Standing::Barred(Bar::NotStarted | Bar::StartDelay | Bar::Group { .. }) => false,
            Standing::Barred(Bar::Tracker(tracker)) => router.health(tracker) != Some(Health::Unknown),
            Standing::Barred(_) => true,
        }
    }
}
