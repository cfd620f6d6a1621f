//! Old plan, new plan -> what has to be done, and what would be lost. Pure.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::plan::{Check, FileTrack, Group, Instance, Plan, ProcessTrack};

/// What leads from one plan to another. Whatever it does not name stays untouched.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Difference {
    /// Instances whose service differs; others keep their timers, roles and sockets.
    pub changed: Vec<String>,
    /// Instances that are new.
    pub added: Vec<String>,
    /// Instances that go.
    pub removed: Vec<String>,
    /// Instances that stay and follow other checks than before: tell them what those checks have found.
    pub follow_others: Vec<String>,
    /// Instances that stay and have other hooks.
    pub hooks: Vec<String>,
    /// Sync groups that are new, gone, or have other hooks; who is in them stands with the instances.
    pub groups: Vec<String>,
    /// The static entries differ.
    pub statics: bool,
    /// Checks to start.
    pub checks_added: Vec<Check>,
    /// Checks to stop, by name.
    pub checks_removed: Vec<String>,
    /// Checks that stay and run otherwise; what they have found so far is kept.
    pub checks_changed: Vec<Check>,
    /// Settings of the process that are taken over.
    pub node: Vec<&'static str>,
    /// Files to follow, new ones and those of another path.
    pub files_added: Vec<FileTrack>,
    /// Files to follow no longer, by name.
    pub files_removed: Vec<String>,
    /// Processes to count, new ones and those that are counted otherwise; a health that is known is kept.
    pub processes_added: Vec<ProcessTrack>,
    /// Processes to count no longer, by name.
    pub processes_removed: Vec<String>,
    /// Settings that a running process cannot change.
    pub needs_restart: Vec<&'static str>,
}

impl Difference {
    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether the driver has anything to do.
    #[must_use]
    pub fn touches_services(&self) -> bool {
        self.statics || !(self.changed.is_empty() && self.added.is_empty() && self.removed.is_empty())
    }
}

/// What leads from `old` to `new`. Equal plans have an empty difference.
#[must_use]
pub fn difference(old: &Plan, new: &Plan) -> Difference {
    let mut difference = Difference::default();
    for instance in &new.instances {
        let name = || instance.name.clone();
        let Some(before) = find(old, &instance.name) else {
            difference.added.push(name());
            continue;
        };
        if before.service != instance.service {
            difference.changed.push(name());
        }
        if before.tracked != instance.tracked {
            difference.follow_others.push(name());
        }
        if before.hooks != instance.hooks {
            difference.hooks.push(name());
        }
    }
    let gone = old
        .instances
        .iter()
        .filter(|instance| find(new, &instance.name).is_none());
    difference.removed = gone.map(|instance| instance.name.clone()).collect();
    difference.groups = groups(old, new);
    difference.statics = old.statics != new.statics;
    compare_checks(old, new, &mut difference);
    compare_tracks(old, new, &mut difference);
    let (before, after) = (&old.node, &new.node);
    let fixed = [
        (
            before.realtime_priority != after.realtime_priority,
            "vrrp_rt_priority",
        ),
        (before.nice != after.nice, "vrrp_priority"),
        (before.no_swap != after.no_swap, "vrrp_no_swap"),
        (before.arp_gap != after.arp_gap, "vrrp_garp_interval"),
        (before.filter_table != after.filter_table, "nftables"),
        (before.neighbor_gap != after.neighbor_gap, "vrrp_gna_interval"),
        (before.paces != after.paces, "garp_group"),
    ];
    if before.router_id != after.router_id {
        difference.node.push("router_id");
    }
    difference.needs_restart = fixed
        .into_iter()
        .filter(|(differs, _)| *differs)
        .map(|(_, word)| word)
        .collect();
    difference
}

fn groups(old: &Plan, new: &Plan) -> Vec<String> {
    let unlike = |one: &Plan, other: &Plan| {
        let same =
            |group: &Group, another: &Group| group.name == another.name && group.hooks == another.hooks;
        let differs = |group: &&Group| !other.groups.iter().any(|another| same(group, another));
        let differing = one.groups.iter().filter(differs);
        differing.map(|group| group.name.clone()).collect::<BTreeSet<_>>()
    };
    unlike(old, new).union(&unlike(new, old)).cloned().collect()
}

fn compare_checks(old: &Plan, new: &Plan, difference: &mut Difference) {
    let named = |plan: &Plan, name: &str| plan.checks.iter().find(|check| check.name == name).cloned();
    for check in &new.checks {
        match named(old, &check.name) {
            None => difference.checks_added.push(check.clone()),
            Some(before) if !runs_alike(&before, check) => difference.checks_changed.push(check.clone()),
            Some(_) => {}
        }
    }
    let gone = old
        .checks
        .iter()
        .filter(|check| named(new, &check.name).is_none());
    difference.checks_removed = gone.map(|check| check.name.clone()).collect();
}

fn compare_tracks(old: &Plan, new: &Plan, difference: &mut Difference) {
    let follows_alike = |one: &FileTrack, other: &FileTrack| one.name == other.name && one.path == other.path;
    let counts_alike = |one: &ProcessTrack, other: &ProcessTrack| {
        let elsewhere = ProcessTrack {
            place: one.place.clone(),
            ..other.clone()
        };
        *one == elsewhere
    };
    let files = new.files.iter();
    let files = files.filter(|file| !old.files.iter().any(|before| follows_alike(before, file)));
    difference.files_added = files.cloned().collect();
    let gone = old.files.iter();
    let gone = gone.filter(|file| !new.files.iter().any(|after| after.name == file.name));
    difference.files_removed = gone.map(|file| file.name.clone()).collect();
    let processes = new.processes.iter();
    let processes =
        processes.filter(|process| !old.processes.iter().any(|before| counts_alike(before, process)));
    difference.processes_added = processes.cloned().collect();
    let gone = old.processes.iter();
    let gone = gone.filter(|process| !new.processes.iter().any(|after| after.name == process.name));
    difference.processes_removed = gone.map(|process| process.name.clone()).collect();
}

/// A check that only moved within the file runs on.
fn runs_alike(one: &Check, other: &Check) -> bool {
    let elsewhere = Check {
        place: one.place.clone(),
        ..other.clone()
    };
    *one == elsewhere
}

fn find<'a>(plan: &'a Plan, name: &str) -> Option<&'a Instance> {
    plan.instances.iter().find(|instance| instance.name == name)
}

/// Something that runs now and would not with the new plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// The instance.
    pub instance: String,
    /// One of its addresses; `None`: the instance as a whole.
    pub address: Option<IpAddr>,
}

/// Instances and addresses of `old` that `new` lacks. An address that moved to another instance is not lost.
#[must_use]
pub fn losses(old: &Plan, new: &Plan) -> Vec<Loss> {
    let held = |plan: &Plan| -> BTreeSet<IpAddr> {
        let services = plan.instances.iter().map(|instance| &instance.service);
        services
            .flat_map(|service| service.addresses.iter().map(|held| held.address))
            .collect()
    };
    let kept = held(new);
    let mut losses = Vec::new();
    for instance in &old.instances {
        let name = || instance.name.clone();
        if find(new, &instance.name).is_none() {
            losses.push(Loss {
                instance: name(),
                address: None,
            });
        }
        let addresses = instance.service.addresses.iter().map(|held| held.address);
        losses.extend(
            addresses
                .filter(|address| !kept.contains(address))
                .map(|address| Loss {
                    instance: name(),
                    address: Some(address),
                }),
        );
    }
    losses
}

/// What runs now and would be put on an interface that does not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Astray {
    /// The instance of the new plan.
    pub instance: String,
    /// `file:line` of it.
    pub place: String,
    /// The interface that does not exist.
    pub interface: String,
}

/// Instances of `new` that carry on what runs in `old`, by their name or by an address, and name an interface that
/// neither `exists` nor is waited for already. Most likely it is spelt wrong, and what runs would disappear by it.
#[must_use]
pub fn astray(old: &Plan, new: &Plan, exists: impl Fn(&str) -> bool) -> Vec<Astray> {
    let known: BTreeSet<&str> = old.instances.iter().flat_map(interfaces).collect();
    let mut astray = Vec::new();
    for instance in &new.instances {
        let before = || old.instances.iter().filter(|before| carries_on(before, instance));
        if !before().any(|before| interfaces(before).any(&exists)) {
            continue;
        }
        let named: BTreeSet<&str> = interfaces(instance).collect();
        let lacking = named
            .into_iter()
            .filter(|name| !known.contains(name) && !exists(name));
        astray.extend(lacking.map(|interface| Astray {
            instance: instance.name.clone(),
            place: instance.place.clone(),
            interface: interface.to_owned(),
        }));
    }
    astray
}

fn carries_on(before: &Instance, after: &Instance) -> bool {
    let (before_has, after_has) = (&before.service.addresses, &after.service.addresses);
    before.name == after.name
        || (before_has.iter()).any(|held| after_has.iter().any(|other| other.address == held.address))
}

/// Where an instance talks and where it holds addresses.
fn interfaces(instance: &Instance) -> impl Iterator<Item = &str> {
    let service = &instance.service;
    let devices = service.addresses.iter().map(|held| held.device.as_deref());
    std::iter::once(service.interface.as_deref())
        .chain(devices)
        .flatten()
}
