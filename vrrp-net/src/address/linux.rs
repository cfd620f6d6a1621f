//! Carries out what the keeper wants, by netlink, many addresses in few messages.

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use vrrp_core::{InstanceId, InterfaceId};

use super::HeldAddress;
use super::endangered::{endangered, shares_subnets};
use super::keeper::{Keeper, Place, Present, Step};
use super::message::make;
use crate::devices::Devices;
use crate::journal::{Journal, WRITTEN_FIRST};
use crate::netlink::{AddressInfo, Change, Requests};
use crate::watch::{Seen, Table};

/// One address that is held, as the journal and a successor hear of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Line {
    pub(crate) device: String,
    pub(crate) address: IpAddr,
}

/// What came of it.
#[derive(Debug)]
pub(crate) enum News {
    /// We made it: it was not there.
    Added(Place),
    /// It was ours and is gone now.
    Removed(Place),
    /// It could be neither.
    Failed {
        place: Place,
        adding: bool,
        error: io::Error,
    },
    /// It is there, and not ours.
    Foreign(Place),
    /// It went with the address that it was secondary to, and was put back.
    PutBack(AddressInfo),
}

/// The addresses of this node that are ours to make and remove.
#[derive(Debug)]
pub(crate) struct Addresses {
    requests: Requests,
    keeper: Keeper,
    specs: HashMap<Place, Box<HeldAddress>>,
    /// Made by us, as the journal knows it; all there is on kernels (before 5.18) that do not say so.
    made: BTreeSet<Place>,
    tag: Option<u8>,
    journal: Option<Journal<Line>>,
    /// The journal is behind.
    unwritten: bool,
}

impl Addresses {
    /// `tag`: the address protocol number that marks ours; `None` where the kernel keeps none.
    pub(crate) fn new(requests: Requests, tag: Option<u8>, journal: Option<Journal<Line>>) -> Self {
        Self {
            requests,
            keeper: Keeper::default(),
            specs: HashMap::new(),
            made: BTreeSet::new(),
            tag,
            journal,
            unwritten: false,
        }
    }

    pub(crate) fn keeper(&mut self) -> &mut Keeper {
        &mut self.keeper
    }

    pub(crate) fn holders(&self, place: Place) -> &[InstanceId] {
        self.keeper.holders(place)
    }

    /// Says how an address is to be made; `None`: it is no longer ours to care for.
    pub(crate) fn configure(&mut self, place: Place, spec: Option<HeldAddress>) {
        let _before = match spec {
            Some(spec) => self.specs.insert(place, Box::new(spec)),
            None => self.specs.remove(&place),
        };
    }

    /// Interfaces on which an IPv4 address is wanted.
    pub(crate) fn devices_of_ipv4(&self) -> BTreeSet<InterfaceId> {
        self.keeper
            .places()
            .filter(|place| place.address.is_ipv4())
            .map(|place| place.device)
            .collect()
    }

    pub(crate) fn spec(&self, place: Place) -> Option<&HeldAddress> {
        self.specs.get(&place).map(Box::as_ref)
    }

    /// Every address that is configured: all that an audit looks at.
    pub(crate) fn configured(&self) -> Vec<Place> {
        let mut places: Vec<Place> = self.specs.keys().copied().collect();
        places.sort_unstable();
        places
    }

    /// What an earlier life has written down, or handed over.
    pub(crate) fn adopt(&mut self, lines: &[Line], devices: &mut Devices) {
        // What was handed over stands in no file of this life.
        self.unwritten |= !lines.is_empty();
        for line in lines {
            let _new = self.made.insert(Place {
                device: devices.id(&line.device),
                address: line.address,
            });
        }
    }

    /// Everything that we have made, in this life or in an earlier one that has told of it.
    pub(crate) fn known_places(&self) -> Vec<Place> {
        self.made.iter().copied().collect()
    }

    /// What an earlier life has written down and is not there any more was removed by others meanwhile.
    pub(crate) fn forget_the_absent(&mut self, table: &Table, devices: &Devices) {
        let mut made = std::mem::take(&mut self.made);
        self.made.clone_from(&made);
        made.retain(|place| self.present(*place, table, devices) == Present::Ours);
        self.unwritten |= made.len() != self.made.len();
        self.made = made;
    }

    /// What is held now, for a successor of this program.
    pub(crate) fn lines(&self, devices: &Devices) -> Vec<Line> {
        lines_of(&self.made, devices)
    }

    fn is_ours(&self, info: &AddressInfo, place: Place) -> bool {
        match self.tag {
            Some(tag) => info.tag == Some(tag),
            None => info.tag.is_none() && self.made.contains(&place),
        }
    }

    /// What is at a place.
    pub(crate) fn present(&self, place: Place, table: &Table, devices: &Devices) -> Present {
        let Some(index) = devices.index(table, place.device) else {
            return Present::NoDevice;
        };
        let mut present = Present::Absent;
        for info in table.find(index, place.address) {
            if self.is_ours(info, place) {
                return Present::Ours;
            }
            present = Present::Foreign;
        }
        present
    }

    /// Makes every one of these places as it is wanted. Removals come first and are over when the additions begin.
    pub(crate) fn settle(&mut self, places: &[Place], table: &mut Table, devices: &Devices) -> Vec<News> {
        let mut news = Vec::new();
        let (mut add, mut remove) = (Vec::new(), Vec::new());
        for place in places {
            let present = self.present(*place, table, devices);
            if present == Present::Absent {
                let _gone = self.made.remove(place);
            }
            match self.keeper.step(*place, present) {
                Step::Leave => {}
                Step::Add => add.push(*place),
                Step::Remove => remove.push(*place),
                Step::LeaveForeign => news.push(News::Foreign(*place)),
            }
        }
        if !remove.is_empty() {
            self.remove(&remove, table, devices, &mut news, &mut add);
        }
        if !add.is_empty() {
            self.add(&add, table, devices, &mut news);
        }
        self.note_in_journal(devices, &news);
        news
    }

    fn add(&mut self, places: &[Place], table: &mut Table, devices: &Devices, news: &mut Vec<News>) {
        let mut asked = Vec::with_capacity(places.len());
        let mut changes = Vec::with_capacity(places.len());
        for place in places {
            let (Some(spec), Some(index)) = (self.specs.get(place), devices.index(table, place.device))
            else {
                continue;
            };
            let message = make(spec, index, self.tag.unwrap_or_default());
            changes.push(Change::add(&message));
            asked.push((*place, index));
        }
        self.announce_in_journal(asked.iter().map(|(place, _)| *place), devices);
        let results = self.requests.carry_out(&changes);
        let mut unclear = Vec::new();
        for (((place, index), change), result) in asked.into_iter().zip(&changes).zip(results) {
            match result {
                Ok(()) => {
                    let _new = self.made.insert(place);
                    let _seen = table.put_address(self.as_made(place, index, change));
                    news.push(News::Added(place));
                }
                Err(error) if error.raw_os_error() == Some(libc::EEXIST) => unclear.push(place),
                Err(error) => news.push(News::Failed {
                    place,
                    adding: true,
                    error,
                }),
            }
        }
        self.clear_up(&unclear, table, devices, news);
    }

    /// "Exists already" is success (PRJ-FAIL-01); whose it is, only the kernel knows.
    fn clear_up(&mut self, places: &[Place], table: &mut Table, devices: &Devices, news: &mut Vec<News>) {
        if places.is_empty() {
            return;
        }
        self.reread_addresses(table);
        for place in places {
            if self.present(*place, table, devices) == Present::Foreign {
                news.push(News::Foreign(*place));
            }
        }
    }

    fn remove(
        &mut self,
        places: &[Place],
        table: &mut Table,
        devices: &Devices,
        news: &mut Vec<News>,
        add: &mut Vec<Place>,
    ) {
        let mut doomed = Vec::new();
        for place in places {
            if let Some(index) = devices.index(table, place.device) {
                let ours = table
                    .find(index, place.address)
                    .filter(|info| self.is_ours(info, *place));
                doomed.extend(ours.map(|info| (*place, info.clone())));
            }
        }
        self.delete(doomed, table, devices, news, add);
    }

    /// An interface has another name now, and the addresses made under the old one are still on it: those of ours go, or
    /// this node would answer for them beside its successor, and nobody would know. What is wanted under the new name stays.
    pub(crate) fn leave(
        &mut self,
        device: InterfaceId,
        index: u32,
        table: &mut Table,
        devices: &Devices,
    ) -> Vec<News> {
        let stays = |address| {
            self.keeper
                .places()
                .any(|place| place.address == address && devices.index(table, place.device) == Some(index))
        };
        let mut doomed = Vec::new();
        for place in self.specs.keys().filter(|place| place.device == device) {
            if !stays(place.address) {
                let ours = table
                    .find(index, place.address)
                    .filter(|info| self.is_ours(info, *place));
                doomed.extend(ours.map(|info| (*place, info.clone())));
            }
        }
        let (mut news, mut add) = (Vec::new(), Vec::new());
        if !doomed.is_empty() {
            self.delete(doomed, table, devices, &mut news, &mut add);
            self.add(&add, table, devices, &mut news);
            self.note_in_journal(devices, &news);
        }
        news
    }

    fn delete(
        &mut self,
        doomed: Vec<(Place, AddressInfo)>,
        table: &mut Table,
        devices: &Devices,
        news: &mut Vec<News>,
        add: &mut Vec<Place>,
    ) {
        if shares_subnets(table, &doomed) {
            // Who is secondary to whom changes with each deletion, and others delete too.
            self.reread_addresses(table);
        }
        let endangered = endangered(table, &doomed);
        let changes: Vec<Change> = doomed
            .iter()
            .map(|(_, info)| Change::delete_again(info))
            .collect();
        let results = self.requests.carry_out(&changes);
        for ((place, info), result) in doomed.iter().zip(results) {
            match result {
                Err(error) if !is_gone(&error) => news.push(News::Failed {
                    place: *place,
                    adding: false,
                    error,
                }),
                Ok(()) | Err(_) => {
                    let _mine = self.made.remove(place);
                    let _seen = table.drop_address(info.index, info.address, info.prefix);
                    news.push(News::Removed(*place));
                }
            }
        }
        if !endangered.is_empty() {
            self.put_back(endangered, table, devices, news, add);
        }
    }

    /// Removing a primary address removes its secondaries: whatever else was there comes back, ours as it is wanted, that
    /// of others as it was.
    fn put_back(
        &mut self,
        endangered: Vec<AddressInfo>,
        table: &mut Table,
        devices: &Devices,
        news: &mut Vec<News>,
        add: &mut Vec<Place>,
    ) {
        self.reread_addresses(table);
        let lost = |info: &AddressInfo| {
            table
                .find(info.index, info.address)
                .all(|left| left.prefix != info.prefix)
        };
        let missing: Vec<AddressInfo> = endangered.into_iter().filter(lost).collect();
        let mut others = Vec::new();
        for info in missing {
            let place = self.specs.keys().copied().find(|place| {
                place.address == info.address && devices.index(table, place.device) == Some(info.index)
            });
            match place {
                Some(place) if self.is_ours(&info, place) => {
                    if self.keeper.wants(place) && !add.contains(&place) {
                        add.push(place);
                    }
                }
                // Made by another vrrpd, which puts back what it wants, and may have let go of it this very moment.
                None if self.tag.is_some() && info.tag == self.tag => {}
                Some(_) | None => others.push(info),
            }
        }
        let changes: Vec<Change> = others
            .iter()
            .map(|info| Change::add_again(info.message.to_vec()))
            .collect();
        let results = self.requests.carry_out(&changes);
        for (info, result) in others.into_iter().zip(results) {
            if result.is_ok() {
                let _seen = table.put_address(info.clone());
                news.push(News::PutBack(info));
            }
        }
    }

    /// What the kernel will tell of an address that was just made.
    fn as_made(&self, place: Place, index: u32, change: &Change) -> AddressInfo {
        let spec = self.specs.get(&place);
        AddressInfo {
            index,
            address: place.address,
            prefix: spec.map_or(0, |spec| spec.prefix),
            scope: spec.and_then(|spec| spec.scope).unwrap_or(0),
            flags: libc::IFA_F_PERMANENT,
            tag: self.tag,
            message: change.payload().into(),
        }
    }

    fn note_in_journal(&mut self, devices: &Devices, news: &[News]) {
        self.unwritten |= news
            .iter()
            .any(|news| matches!(news, News::Added(_) | News::Removed(_)));
        // Without marks the list is all there is to know them by.
        if self.tag.is_none() {
            self.write_journal(devices);
        }
    }

    /// Writes down what has changed. Where addresses bear a mark that can wait for the end of a burst: the list is asked
    /// only for those that nobody asks for any more.
    pub(crate) fn write_journal(&mut self, devices: &Devices) {
        if std::mem::take(&mut self.unwritten)
            && let Some(journal) = &self.journal
        {
            journal.write(self.lines(devices));
        }
    }

    /// Without marks a crash right after the kernel has made them would leave addresses that nobody knows.
    fn announce_in_journal(&mut self, places: impl Iterator<Item = Place>, devices: &Devices) {
        if self.tag.is_some() || self.journal.is_none() {
            return;
        }
        let mut all = self.made.clone();
        all.extend(places);
        let lines = lines_of(&all, devices);
        // Those that the kernel refuses are not ours.
        self.unwritten = true;
        if let Some(journal) = &mut self.journal {
            journal.write_first(lines, WRITTEN_FIRST);
        }
    }

    /// The list is made good where others have deleted it.
    pub(crate) fn audit_journal(&self) {
        if let Some(journal) = &self.journal {
            journal.audit();
        }
    }

    /// For a successor that reads it.
    pub(crate) fn flush_journal(&mut self) {
        if let Some(journal) = &mut self.journal {
            journal.flush();
        }
    }

    /// Every link and address anew: what is otherwise than the events had told.
    pub(crate) fn resync(&mut self, table: &mut Table) -> io::Result<Vec<Seen>> {
        let mut resync = table.resync();
        self.requests.links(&mut resync)?;
        resync.end_links();
        self.requests.addresses(&mut resync)?;
        resync.end_addresses();
        Ok(resync.end())
    }

    /// The socket of all changes: one after the other, whatever they are about.
    /// What removes ours at a place.
    pub(crate) fn removal<'a>(
        &'a self,
        place: Place,
        table: &'a Table,
        devices: &Devices,
    ) -> impl Iterator<Item = Change> + use<'a> {
        let index = devices.index(table, place.device);
        let there = index.map(|index| table.find(index, place.address));
        let ours = there
            .into_iter()
            .flatten()
            .filter(move |info| self.is_ours(info, place));
        ours.map(Change::delete_again)
    }

    pub(crate) fn requests(&mut self) -> &mut Requests {
        &mut self.requests
    }

    /// The links that there are by now.
    pub(crate) fn reread_links(&mut self, table: &mut Table) -> io::Result<Vec<Seen>> {
        let mut resync = table.resync();
        self.requests.links(&mut resync)?;
        resync.end_links();
        Ok(resync.end())
    }

    /// What the kernel has by now; events will tell the same to everybody else.
    fn reread_addresses(&mut self, table: &mut Table) {
        let mut resync = table.resync();
        match self.requests.addresses(&mut resync) {
            Ok(()) => resync.end_addresses(),
            Err(error) => tracing::debug!(%error, "the addresses cannot be listed"),
        }
    }
}

fn lines_of(places: &BTreeSet<Place>, devices: &Devices) -> Vec<Line> {
    let line = |place: &Place| Line {
        device: devices.name(place.device).to_owned(),
        address: place.address,
    };
    places.iter().map(line).collect()
}

/// "Is not there" and "its interface is not there" are what was wanted.
fn is_gone(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(libc::EADDRNOTAVAIL | libc::ENODEV | libc::ENXIO)
    )
}
