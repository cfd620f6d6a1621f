//! Old plan, new plan -> what has to be done, and what would be lost. Pure.

use std::collections::BTreeSet;
use std::net::IpAddr;

use vrrp_net::Service;

use crate::balance::Changes;
use crate::notices::{Mail, Webhook};
use crate::plan::{Check, Fifo, FileTrack, Group, Instance, Node, Plan, ProcessTrack};
use crate::succession::Succession;

/// What leads from one plan to another. Whatever it does not name stays untouched.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Difference {
    /// Instances that have another name and go on as they are: the earlier name and the one that they have in the other lists.
    pub renamed: Vec<(String, String)>,
    /// Instances whose service differs; others keep their timers, roles and sockets.
    pub changed: Vec<String>,
    /// Instances that are new.
    pub added: Vec<String>,
    /// Instances that go, by their earlier names. Another one may have such a name now.
    pub removed: Vec<String>,
    /// Instances that stay and follow other checks than before: tell them what those checks have found.
    pub follow_others: Vec<String>,
    /// Instances that stay and have other hooks.
    pub hooks: Vec<String>,
    /// Sync groups that are new, gone, or have other hooks; who is in them stands with the instances.
    pub groups: Vec<String>,
    /// Mail is sent otherwise, or to others.
    pub mail: bool,
    /// Webhooks that are new, gone, or different.
    pub webhooks: Vec<String>,
    /// Virtual servers that are new, gone, or different, by their names.
    pub virtual_servers: Changes,
    /// Anything else about them differs: checks of real servers, the kernel's settings.
    pub balancing: bool,
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
    pub needs_restart: Vec<Kept>,
}

/// A setting that a running process keeps as it is, whatever the new file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// keepalived's word for it.
    pub word: &'static str,
    /// `file:line` that says otherwise; `None`: the new file no longer has the word.
    pub place: Option<String>,
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
        let lists = [&self.changed, &self.added, &self.removed];
        self.statics || !self.renamed.is_empty() || !lists.iter().all(|list| list.is_empty())
    }

    /// The name that an instance of the new plan has had.
    #[must_use]
    pub fn old_name<'a>(&'a self, name: &'a str) -> &'a str {
        let mut renamed = self.renamed.iter();
        let found = renamed.find(|(_, after)| after == name);
        found.map_or(name, |(before, _)| before)
    }
}

/// What leads from `old` to `new`. Equal plans have an empty difference.
#[must_use]
pub fn difference(old: &Plan, new: &Plan) -> Difference {
    // Whatever a plan has is compared here: a field that comes to it stops the compiler until it is.
    let Plan {
        node,
        instances,
        groups: _,
        statics,
        checks: _,
        files: _,
        processes: _,
        mail,
        webhooks: _,
        balance,
    } = new;
    let succession = Succession::between(old, new);
    let mut difference = Difference {
        renamed: succession.renamed().to_vec(),
        removed: succession.removed().map(|one| one.name.clone()).collect(),
        groups: groups(old, new),
        statics: old.statics != *statics,
        mail: !sends_alike(old.mail.as_ref(), mail.as_ref()),
        webhooks: webhooks(old, new),
        virtual_servers: balance.differs_from(&old.balance),
        balancing: !balance.is_otherwise_as(&old.balance),
        ..Difference::default()
    };
    for instance in instances {
        compare_instance(succession.before(&instance.name), instance, &mut difference);
    }
    compare_checks(old, new, &mut difference);
    compare_nodes(&old.node, node, &mut difference);
    compare_tracks(old, new, &mut difference);
    difference
}

fn compare_instance(before: Option<&Instance>, instance: &Instance, difference: &mut Difference) {
    let Instance {
        name,
        place: _,
        service,
        tracked,
        hooks,
    } = instance;
    let Some(before) = before else {
        difference.added.push(name.clone());
        return;
    };
    if !serves_alike(&before.service, service) {
        difference.changed.push(name.clone());
    }
    if before.tracked != *tracked {
        difference.follow_others.push(name.clone());
    }
    if before.hooks != *hooks {
        difference.hooks.push(name.clone());
    }
}

/// Equal but for the name.
fn serves_alike(before: &Service, after: &Service) -> bool {
    if before.name == after.name {
        return before == after;
    }
    let mut before = before.clone();
    before.name.clone_from(&after.name);
    before == *after
}

fn compare_nodes(before: &Node, after: &Node, difference: &mut Difference) {
    let Node {
        router_id,
        realtime_priority,
        nice,
        no_swap,
        arp_gap,
        neighbor_gap,
        paces,
        delay_after_boot,
        filter_table,
        dynamic_interfaces,
        // Another one is refused: see `judge`.
        net_namespace: _,
        fifos,
        states_on_reload,
        json_version,
        places: _,
    } = after;
    let differs = |word| !fed_alike(fifo(&before.fifos, word), fifo(fifos, word));
    let read_otherwise = |word| !read_alike(fifo(&before.fifos, word), fifo(fifos, word));
    let taken_over = [
        (before.router_id != *router_id, "router_id"),
        (before.arp_gap != *arp_gap, "vrrp_garp_interval"),
        (before.neighbor_gap != *neighbor_gap, "vrrp_gna_interval"),
        (before.paces != *paces, "garp_group"),
        // For instances that come from now on.
        (
            before.delay_after_boot != *delay_after_boot,
            "vrrp_delay_after_boot",
        ),
        // For what is judged from now on.
        (
            before.dynamic_interfaces != *dynamic_interfaces,
            "dynamic_interfaces",
        ),
        (differs("notify_fifo"), "notify_fifo"),
        (read_otherwise("notify_fifo"), "notify_fifo_script"),
        (differs("vrrp_notify_fifo"), "vrrp_notify_fifo"),
        (read_otherwise("vrrp_notify_fifo"), "vrrp_notify_fifo_script"),
        (differs("lvs_notify_fifo"), "lvs_notify_fifo"),
        (read_otherwise("lvs_notify_fifo"), "lvs_notify_fifo_script"),
        (
            before.states_on_reload != *states_on_reload,
            "fifo_write_vrrp_states_on_reload",
        ),
        (before.json_version != *json_version, "json_version"),
    ];
    let kept = [
        (before.realtime_priority != *realtime_priority, "vrrp_rt_priority"),
        (before.nice != *nice, "vrrp_priority"),
        (before.no_swap != *no_swap, "vrrp_no_swap"),
        (before.filter_table != *filter_table, "nftables"),
    ];
    let differing = |(differs, word): (bool, &'static str)| differs.then_some(word);
    difference.node = taken_over.into_iter().filter_map(differing).collect();
    let kept = kept.into_iter().filter_map(differing);
    difference.needs_restart = kept
        .map(|word| Kept {
            word,
            place: after.places.get(word).cloned(),
        })
        .collect();
}

fn fifo<'a>(fifos: &'a [Fifo], word: &str) -> Option<&'a Fifo> {
    fifos.iter().find(|fifo| fifo.word == word)
}

/// The same pipe, wherever in the file it stands.
fn fed_alike(one: Option<&Fifo>, other: Option<&Fifo>) -> bool {
    let what = |fifo: &Fifo| (fifo.path.clone(), fifo.user.clone());
    one.map(what) == other.map(what)
}

/// The same program reads it.
fn read_alike(one: Option<&Fifo>, other: Option<&Fifo>) -> bool {
    let script = |fifo: &Fifo| fifo.script.as_ref().map(|script| script.command.clone());
    one.and_then(script) == other.and_then(script)
}

impl Plan {
    /// What a process that runs `running` runs after a reload to this: the same, but for what only a start takes over.
    #[must_use]
    pub fn taken_over(mut self, running: &Self) -> Self {
        let Node {
            realtime_priority,
            nice,
            no_swap,
            filter_table,
            ..
        } = &running.node;
        self.node.realtime_priority = *realtime_priority;
        self.node.nice = *nice;
        self.node.no_swap = *no_swap;
        self.node.filter_table.clone_from(filter_table);
        for file in &mut self.files {
            let mut before = running.files.iter();
            if let Some(before) = before.find(|before| follows_alike(before, file)) {
                file.init = before.init;
            }
        }
        self
    }
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

/// Equal but for the place.
fn sends_alike(before: Option<&Mail>, after: Option<&Mail>) -> bool {
    let here = |mail: &Mail| Mail {
        place: String::new(),
        ..mail.clone()
    };
    before.map(here) == after.map(here)
}

fn webhooks(old: &Plan, new: &Plan) -> Vec<String> {
    let here = |hook: &Webhook| Webhook {
        place: String::new(),
        ..hook.clone()
    };
    let unlike = |one: &Plan, other: &Plan| {
        let known: Vec<Webhook> = other.webhooks.iter().map(here).collect();
        let differing = one.webhooks.iter().filter(|hook| !known.contains(&here(hook)));
        differing.map(|hook| hook.name.clone()).collect::<BTreeSet<_>>()
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
    // What is written at a start is not written over what has been counted since.
    let begins_otherwise = |file: &&FileTrack| {
        let mut before = old.files.iter().filter(|before| follows_alike(before, file));
        before.any(|before| before.init != file.init)
    };
    let kept = new.files.iter().filter(begins_otherwise).map(|file| Kept {
        word: "init_file",
        place: Some(file.place.clone()),
    });
    difference.needs_restart.extend(kept);
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

fn follows_alike(one: &FileTrack, other: &FileTrack) -> bool {
    one.name == other.name && one.path == other.path
}

/// A check that only moved within the file runs on.
fn runs_alike(one: &Check, other: &Check) -> bool {
    let elsewhere = Check {
        place: one.place.clone(),
        ..other.clone()
    };
    *one == elsewhere
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
    let succession = Succession::between(old, new);
    let removed: BTreeSet<&str> = succession.removed().map(|one| one.name.as_str()).collect();
    let mut losses = Vec::new();
    for instance in &old.instances {
        let name = || instance.name.clone();
        if removed.contains(instance.name.as_str()) {
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

/// Instances of `new` that carry on what runs in `old`, or hold an address of it, and name an interface that
/// neither `exists` nor is waited for already. Most likely it is spelt wrong, and what runs would disappear by it.
#[must_use]
pub fn astray(old: &Plan, new: &Plan, exists: impl Fn(&str) -> bool) -> Vec<Astray> {
    let known: BTreeSet<&str> = old.instances.iter().flat_map(interfaces).collect();
    let succession = Succession::between(old, new);
    let mut astray = Vec::new();
    for instance in &new.instances {
        let itself = succession.before(&instance.name);
        let carries_on = |before: &&Instance| {
            itself.is_some_and(|itself| itself.name == before.name) || shares_an_address(before, instance)
        };
        let before = || old.instances.iter().filter(carries_on);
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

fn shares_an_address(before: &Instance, after: &Instance) -> bool {
    let (before_has, after_has) = (&before.service.addresses, &after.service.addresses);
    (before_has.iter()).any(|held| after_has.iter().any(|other| other.address == held.address))
}

/// Where an instance talks and where it holds addresses.
fn interfaces(instance: &Instance) -> impl Iterator<Item = &str> {
    let service = &instance.service;
    let devices = service.addresses.iter().map(|held| held.device.as_deref());
    std::iter::once(service.interface.as_deref())
        .chain(devices)
        .flatten()
}
