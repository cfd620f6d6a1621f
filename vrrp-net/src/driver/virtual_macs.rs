//! The devices with virtual MACs: there as long as their services are, up only while these hold their addresses.
//!
//! Levels again: what there is is compared with what is wanted, whenever either may have changed.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;
use std::time::Duration;

use vrrp_core::{InstanceId, Instant, InterfaceId};

use super::channels::Key;
use super::engine::Engine;
use super::virtual_levels::DOWNS;
use crate::address::keeper::Place;
use crate::clock;
use crate::journal::{Journal, WRITTEN_FIRST};
use crate::netlink::{Change, LinkInfo, MACVLAN_REQUESTS, Macvlan, Message, delete};
use crate::sysctl::Wishes;
use crate::vmac::{self, ALIAS, Made};

/// One device that a service wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) device: InterfaceId,
    /// The interface below it.
    pub(super) parent: InterfaceId,
    pub(super) mac: [u8; 6],
}

/// What was made, and what could not be.
#[derive(Debug)]
pub(super) struct VirtualMacs {
    made: BTreeSet<Made>,
    journal: Option<Journal<Made>>,
    /// Their settings were made in this life.
    prepared: BTreeSet<u32>,
    /// Told already.
    problems: BTreeMap<InterfaceId, String>,
    /// How many may still be taken down in this turn.
    pub(super) downs_left: usize,
    /// More are to be taken down, in the next turn.
    pub(super) unfinished: bool,
}

impl VirtualMacs {
    pub(super) fn open(directory: Option<&Path>) -> Self {
        let cost = "devices with a virtual MAC that a crash leaves behind are removed only where they are asked for again";
        let open = |directory| Journal::open(directory, "virtual-macs.json", cost);
        let (journal, left) = directory.map(open).unzip();
        Self {
            made: left.unwrap_or_default().into_iter().collect(),
            journal,
            prepared: BTreeSet::new(),
            problems: BTreeMap::new(),
            downs_left: DOWNS,
            unfinished: false,
        }
    }

    /// What a predecessor hands over.
    pub(super) fn adopt(&mut self, handed: Vec<Made>) {
        self.made.extend(handed);
        self.write_down();
    }

    /// What there is, for a successor.
    pub(super) fn hand_over(&mut self) -> Vec<Made> {
        if let Some(journal) = &mut self.journal {
            journal.flush();
        }
        self.made.iter().cloned().collect()
    }

    pub(super) fn audit_journal(&self) {
        if let Some(journal) = &self.journal {
            journal.audit();
        }
    }

    /// By its alias; what was told before it had one arrives later than the answer that it was made.
    fn is_ours(&self, link: &LinkInfo) -> bool {
        link.alias.as_deref() == Some(ALIAS) || self.prepared.contains(&link.index)
    }

    pub(super) fn problem(&self, device: InterfaceId) -> Option<&str> {
        self.problems.get(&device).map(String::as_str)
    }

    fn write_down(&self) {
        if let Some(journal) = &self.journal {
            journal.write(self.made.iter().cloned().collect());
        }
    }

    /// Before they are made: a crash right afterwards leaves devices that somebody knows. Their index is not known yet.
    /// Waits for the disk, at most `limit`.
    fn write_first(&mut self, names: impl Iterator<Item = String>, limit: Duration) {
        let new = names.map(|name| Made { name, index: 0 });
        let all = self.made.iter().cloned().chain(new).collect();
        if let Some(journal) = &mut self.journal {
            journal.write_first(all, limit.min(WRITTEN_FIRST));
        }
    }
}

/// What there is of a device that is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// There is nothing to make it on.
    NoParent,
    /// To be made on the interface with this index.
    Nothing(u32),
    /// Others made a device of that name.
    Foreign,
    /// As it is to be.
    Right(u32),
    /// Ours, but otherwise.
    Wrong(u32),
}

impl Engine {
    /// Every device that is wanted; the first who asks for one decides.
    pub(super) fn wanted_virtual_macs(&self) -> BTreeMap<InterfaceId, Wanted> {
        let mut all = BTreeMap::new();
        for instance in self.instances.values() {
            for wanted in &instance.virtual_macs {
                let _first = all.entry(wanted.device).or_insert(*wanted);
            }
        }
        all
    }

    /// Devices that IPv4 addresses are for, whether they are held or not.
    pub(super) fn virtual_devices_of_ipv4(&self) -> BTreeSet<InterfaceId> {
        let mut devices = BTreeSet::new();
        for instance in self.instances.values().filter(|one| !one.virtual_macs.is_empty()) {
            let own = |place: &&Place| {
                let mut all = instance.virtual_macs.iter();
                place.address.is_ipv4() && all.any(|one| one.device == place.device)
            };
            devices.extend(instance.places.iter().filter(own).map(|place| place.device));
        }
        devices
    }

    pub(super) fn find_virtual_mac(&self, wanted: &Wanted) -> Found {
        let parent = self.devices.index(&self.table, wanted.parent);
        let index = self.devices.index(&self.table, wanted.device);
        let link = index.and_then(|index| self.table.link(index));
        match (parent, link) {
            (None, _) => Found::NoParent,
            (Some(parent), None) => Found::Nothing(parent),
            (Some(_), Some(link)) if !self.virtual_macs.is_ours(link) => Found::Foreign,
            (Some(parent), Some(link)) => {
                let right =
                    link.is_private_macvlan && link.parent == Some(parent) && link.mac == Some(wanted.mac);
                if right {
                    Found::Right(link.index)
                } else {
                    Found::Wrong(link.index)
                }
            }
        }
    }

    /// Makes the devices that are missing, removes those that nobody wants, and takes each up or down.
    pub(super) fn fit_virtual_macs(&mut self, now: Instant) {
        let wanted = self.wanted_virtual_macs();
        if wanted.is_empty() && self.virtual_macs.made.is_empty() {
            return;
        }
        self.remove_all_virtual_macs_but(&wanted);
        let mut problems = self.make_virtual_macs(&wanted);
        self.prepare_virtual_macs(&wanted);
        problems.extend(self.level_virtual_macs(&wanted));
        self.tell_virtual_macs(now, &wanted, problems);
    }

    fn remove_all_virtual_macs_but(&mut self, wanted: &BTreeMap<InterfaceId, Wanted>) {
        let mut right = BTreeSet::new();
        let mut doomed = BTreeSet::new();
        for wanted in wanted.values() {
            match self.find_virtual_mac(wanted) {
                Found::Right(index) => {
                    let _new = right.insert(index);
                }
                Found::Wrong(index) => {
                    let _new = doomed.insert(index);
                }
                Found::NoParent | Found::Nothing(_) | Found::Foreign => {}
            }
        }
        let before = self.virtual_macs.made.len();
        // Also one that others have renamed: under its own name it could not be made again, for there is one of a MAC.
        for made in std::mem::take(&mut self.virtual_macs.made) {
            let index = match made.index {
                0 => self.table.index_of(&made.name),
                index => Some(index),
            };
            let Some(index) = index.filter(|index| {
                self.table
                    .link(*index)
                    .is_some_and(|link| self.virtual_macs.is_ours(link))
            }) else {
                continue;
            };
            if right.contains(&index) {
                let _kept = self.virtual_macs.made.insert(Made { index, ..made });
            } else {
                let _new = doomed.insert(index);
            }
        }
        let changed = self.virtual_macs.made.len() != before;
        self.remove_virtual_macs(doomed);
        if changed {
            self.virtual_macs.write_down();
        }
    }

    fn remove_virtual_macs(&mut self, doomed: BTreeSet<u32>) {
        if doomed.is_empty() {
            return;
        }
        let doomed: Vec<u32> = doomed.into_iter().collect();
        let result = self.addresses.requests().carry_out(&delete(&doomed)).pop();
        if let Some(Err(error)) = result
            && error.raw_os_error() != Some(libc::ENODEV)
        {
            tracing::error!(%error, "devices with a virtual MAC cannot be removed; `ip link delete` does");
            return;
        }
        for index in doomed {
            let _prepared = self.virtual_macs.prepared.remove(&index);
            let _seen = self.table.apply(Message::DelLink { index });
        }
    }

    /// Gives what could not be made, and why.
    fn make_virtual_macs(&mut self, wanted: &BTreeMap<InterfaceId, Wanted>) -> BTreeMap<InterfaceId, String> {
        let missing: Vec<(Wanted, u32)> = wanted
            .values()
            .filter_map(|wanted| match self.find_virtual_mac(wanted) {
                Found::Nothing(parent) => Some((*wanted, parent)),
                Found::NoParent | Found::Foreign | Found::Right(_) | Found::Wrong(_) => None,
            })
            .collect();
        if missing.is_empty() {
            return BTreeMap::new();
        }
        let names = missing
            .iter()
            .map(|(wanted, _)| self.devices.name(wanted.device).to_owned());
        let next = self.router.deadline().map(|(_, deadline)| deadline.at);
        let left = next.map_or(Duration::MAX, |at| at.since(clock::now()));
        self.virtual_macs.write_first(names, left);
        let changes = missing.iter().flat_map(|(wanted, parent)| {
            let macvlan = Macvlan {
                name: self.devices.name(wanted.device),
                parent: *parent,
                mac: wanted.mac,
                alias: ALIAS,
            };
            macvlan.make()
        });
        let changes: Vec<Change> = changes.collect();
        let results = self.addresses.requests().carry_out(&changes);
        let mut problems = BTreeMap::new();
        for ((wanted, _), results) in missing.iter().zip(results.chunks(MACVLAN_REQUESTS)) {
            let name = self.devices.name(wanted.device);
            if let Some(Err(error)) = results.first() {
                let parent = self.devices.name(wanted.parent);
                let _none = problems.insert(wanted.device, why_not_made(error, name, parent));
            } else {
                tracing::info!(
                    device = name,
                    mac = vmac::words(wanted.mac),
                    "made a device with the virtual MAC"
                );
            }
        }
        // Its number, which the kernel has chosen. What else has changed since the last event is seen by whoever called.
        if let Err(error) = self.addresses.reread_links(&mut self.table) {
            tracing::warn!(%error, "the links cannot be listed; trying again at the next audit");
        }
        problems
    }

    /// Whatever is as wanted and not known yet: just made, or left by a crash.
    fn prepare_virtual_macs(&mut self, wanted: &BTreeMap<InterfaceId, Wanted>) {
        let mut new = false;
        for wanted in wanted.values() {
            let Found::Right(index) = self.find_virtual_mac(wanted) else {
                continue;
            };
            let name = self.devices.name(wanted.device);
            if self.virtual_macs.prepared.insert(index) {
                vmac::settings::apply(name, self.devices.name(wanted.parent));
            }
            let name = name.to_owned();
            new |= self.virtual_macs.made.insert(Made { name, index });
        }
        if new {
            self.virtual_macs.write_down();
        }
    }

    fn tell_virtual_macs(
        &mut self,
        now: Instant,
        wanted: &BTreeMap<InterfaceId, Wanted>,
        mut problems: BTreeMap<InterfaceId, String>,
    ) {
        for (device, one) in wanted {
            if self.find_virtual_mac(one) == Found::Foreign {
                let name = self.devices.name(*device);
                let problem = format!(
                    "there is a device {name} that was not made here, and it is left alone: remove it (`ip link delete {name}`) \
                     or give the virtual MAC another name"
                );
                let _none = problems.insert(*device, problem);
            }
        }
        let before = std::mem::take(&mut self.virtual_macs.problems);
        for (device, problem) in &problems {
            if before.get(device) != Some(problem) {
                self.tell_virtual_mac(now, *device, Some(problem));
            }
        }
        for device in before.keys() {
            let there = wanted.get(device).map(|one| self.find_virtual_mac(one));
            if !problems.contains_key(device) && matches!(there, Some(Found::Right(_))) {
                self.tell_virtual_mac(now, *device, None);
            }
        }
        self.virtual_macs.problems = problems;
    }

    /// T-I-03: the service's own device is there, and nothing is wrong with any of them.
    pub(super) fn has_virtual_macs(&self, id: InstanceId) -> bool {
        let Some(instance) = self.instances.get(&id) else {
            return true;
        };
        let own = instance.interface;
        instance.virtual_macs.iter().all(|wanted| {
            let there = matches!(self.find_virtual_mac(wanted), Found::Right(_));
            let well = !self.virtual_macs.problems.contains_key(&wanted.device);
            well && (there || Some(wanted.parent) != own)
        })
    }

    /// Whether frames come in and go out by a device, where it is one with a virtual MAC.
    pub(super) fn is_down_virtual_mac(&self, device: InterfaceId) -> bool {
        let is_one = self
            .instances
            .values()
            .any(|instance| instance.virtual_macs.iter().any(|one| one.device == device));
        let index = self.devices.index(&self.table, device);
        let link = index.and_then(|index| self.table.link(index));
        is_one && !link.is_some_and(|link| link.up)
    }

    /// The key of the socket that hears what only the device hears.
    pub(super) fn virtual_key(&self, id: InstanceId) -> Option<(Key, u32, [u8; 6])> {
        let instance = self.instances.get(&id)?;
        let service = &instance.service;
        let _own = service.virtual_mac.as_ref()?;
        let multicast = matches!(service.settings.path, vrrp_core::Path::Multicast { .. });
        let wanted = instance.virtual_macs.first().filter(|_| multicast)?;
        let Found::Right(index) = self.find_virtual_mac(wanted) else {
            return None;
        };
        let key = Key::Virtual {
            device: wanted.device,
            parent: wanted.parent,
            family: service.settings.family,
        };
        Some((key, index, wanted.mac))
    }

    /// V3-8.1.2-02: an address that is on the interface below as well is answered for from there too.
    pub(super) fn look_below(&mut self, now: Instant, id: InstanceId) {
        let Some(instance) = self.instances.get(&id) else {
            return;
        };
        let below = |place: &Place| {
            let mut devices = instance.virtual_macs.iter();
            let device = devices.find(|one| one.device == place.device)?.parent;
            let index = self.devices.index(&self.table, device)?;
            let address = place.address;
            let there = self.table.find(index, address).next().is_some();
            there.then_some(Place { device, address })
        };
        let both: Vec<Place> = instance.places.iter().filter_map(below).collect();
        for place in both {
            if self.foreign_told.insert(place) {
                self.tell_below(now, id, place);
            }
        }
    }

    /// The end: what was made and changed is as it was before.
    pub(super) fn leave_nothing(&mut self) {
        self.remove_all_virtual_macs_but(&BTreeMap::new());
        let table = &self.table;
        self.sysctls.settle(&Wishes::new(), |index| {
            table.link(index).map(|link| link.name.as_str())
        });
    }
}

fn why_not_made(error: &io::Error, name: &str, parent: &str) -> String {
    match error.raw_os_error() {
        Some(libc::EOPNOTSUPP) => format!(
            "this kernel makes no macvlan ({error}): load or install its module (`modprobe macvlan`), or do without the \
             virtual MAC"
        ),
        Some(libc::EPERM) => format!("{name} cannot be made: {error}; CAP_NET_ADMIN is missing"),
        Some(libc::EINVAL) => {
            format!("{name} cannot be made on {parent} ({error}): is it an Ethernet interface?")
        }
        _ => format!("{name} cannot be made on {parent}: {error}"),
    }
}
