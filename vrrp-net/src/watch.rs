//! What links and addresses there are: a mirror of the kernel, kept by events, corrected by dumps. Pure.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use vrrp_core::Family;

use crate::netlink::{AddressInfo, LinkInfo, Message, Sink};

/// Something that is otherwise than before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Seen {
    /// A link came, went, was renamed, or went up or down.
    Link { index: u32 },
    /// An address came, or changed.
    Address { index: u32, address: IpAddr },
    /// An address went.
    AddressGone { index: u32, address: IpAddr },
}

#[derive(Debug, Clone)]
struct Entry {
    info: AddressInfo,
    /// Order of appearance: the kernel lists the address it would choose first.
    order: u64,
    /// The last dump that had it.
    round: u64,
}

type Place = (u32, IpAddr, u8);

/// The mirror.
#[derive(Debug, Default)]
pub(crate) struct Table {
    links: BTreeMap<u32, LinkInfo>,
    link_rounds: BTreeMap<u32, u64>,
    names: HashMap<String, u32>,
    addresses: BTreeMap<Place, Entry>,
    order: u64,
    round: u64,
}

impl Table {
    pub(crate) fn link(&self, index: u32) -> Option<&LinkInfo> {
        self.links.get(&index)
    }

    pub(crate) fn index_of(&self, name: &str) -> Option<u32> {
        self.names.get(name).copied()
    }

    /// One event.
    pub(crate) fn apply(&mut self, message: Message) -> Option<Seen> {
        match message {
            Message::NewLink(link) => self.put_link(link),
            Message::DelLink { index } => self.drop_link(index),
            Message::NewAddress(info) => self.put_address(info),
            Message::DelAddress(info) => self.drop_address(info.index, info.address, info.prefix),
            Message::Answer { .. } | Message::Done { .. } | Message::Overrun => None,
        }
    }

    fn put_link(&mut self, link: LinkInfo) -> Option<Seen> {
        let index = link.index;
        let before = self.links.insert(index, link.clone());
        if before.as_ref() == Some(&link) && self.index_of(&link.name) == Some(index) {
            return None;
        }
        if let Some(before) = before
            && self.index_of(&before.name) == Some(index)
        {
            let _renamed = self.names.remove(&before.name);
        }
        let _other = self.names.insert(link.name, index);
        Some(Seen::Link { index })
    }

    /// What was changed by ourselves, before the kernel tells of it.
    pub(crate) fn change_link(&mut self, index: u32, change: impl FnOnce(&mut LinkInfo)) {
        if let Some(link) = self.links.get_mut(&index) {
            change(link);
        }
    }

    fn drop_link(&mut self, index: u32) -> Option<Seen> {
        let link = self.links.remove(&index)?;
        let _round = self.link_rounds.remove(&index);
        if self.index_of(&link.name) == Some(index) {
            let _gone = self.names.remove(&link.name);
        }
        self.addresses.retain(|(of, _, _), _| *of != index);
        Some(Seen::Link { index })
    }

    /// Also for what was made by ourselves, before the kernel tells of it.
    pub(crate) fn put_address(&mut self, info: AddressInfo) -> Option<Seen> {
        let (index, address) = (info.index, info.address);
        self.order = self.order.wrapping_add(1);
        let order = self.order;
        let place = (index, address, info.prefix);
        match self.addresses.get_mut(&place) {
            Some(entry) if entry.info == info => return None,
            Some(entry) => entry.info = info,
            None => {
                let round = self.round;
                let _none = self.addresses.insert(place, Entry { info, order, round });
            }
        }
        Some(Seen::Address { index, address })
    }

    pub(crate) fn drop_address(&mut self, index: u32, address: IpAddr, prefix: u8) -> Option<Seen> {
        let _entry = self.addresses.remove(&(index, address, prefix))?;
        Some(Seen::AddressGone { index, address })
    }

    /// Dumps are about to be taken in.
    pub(crate) const fn resync(&mut self) -> Resync<'_> {
        Resync {
            table: self,
            seen: Vec::new(),
            round: 0,
        }
    }

    /// Every entry of one address on a link; in IPv4 there can be several, of different prefix lengths.
    pub(crate) fn find(&self, index: u32, address: IpAddr) -> impl Iterator<Item = &AddressInfo> {
        let range = (index, address, 0)..=(index, address, u8::MAX);
        self.addresses.range(range).map(|(_, entry)| &entry.info)
    }

    /// Names and links belong together, one name to one link; what was counted for a link goes with it.
    #[cfg(feature = "fuzzing")]
    pub(crate) fn check(&self) {
        for (name, index) in &self.names {
            assert_eq!(self.links.get(index).map(|link| &link.name), Some(name));
        }
        for index in self.link_rounds.keys() {
            assert!(self.links.contains_key(index), "rounds of {index}");
        }
        for ((index, address, prefix), entry) in &self.addresses {
            let info = &entry.info;
            assert_eq!(
                (info.index, info.address, info.prefix),
                (*index, *address, *prefix)
            );
        }
    }

    #[cfg(feature = "fuzzing")]
    pub(crate) fn is_empty(&self) -> bool {
        self.links.is_empty() && self.names.is_empty() && self.addresses.is_empty()
    }

    /// Every address of a link.
    pub(crate) fn on(&self, index: u32) -> impl Iterator<Item = &AddressInfo> {
        self.entries_on(index).map(|entry| &entry.info)
    }

    fn entries_on(&self, index: u32) -> impl Iterator<Item = &Entry> {
        let lowest = IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED);
        self.addresses
            .range((index, lowest, 0)..)
            .take_while(move |((of, _, _), _)| *of == index)
            .map(|(_, entry)| entry)
    }

    /// Whether an address is on this node and usable as a source; on the link, where one is given.
    pub(crate) fn has(&self, index: Option<u32>, address: IpAddr) -> bool {
        match index {
            Some(index) => self.find(index, address).any(|info| !info.is_unusable()),
            None => self
                .addresses
                .values()
                .any(|entry| entry.info.address == address && !entry.info.is_unusable()),
        }
    }

    /// PRJ-IP-02: the first address of the link that is not secondary, has the widest scope and is not virtual; in IPv6
    /// a link-local one (V3-5.1.2.1-01). `current` stays as long as there is none of a better kind.
    pub(crate) fn primary(
        &self,
        index: u32,
        family: Family,
        is_virtual: impl Fn(IpAddr) -> bool,
        current: Option<IpAddr>,
    ) -> Option<IpAddr> {
        let kind = |info: &AddressInfo| (info.is_secondary(), info.scope);
        let candidates = || {
            self.entries_on(index).filter(|entry| {
                let info = &entry.info;
                fits(info.address, family) && !info.is_unusable() && !is_virtual(info.address)
            })
        };
        let best = candidates().min_by_key(|entry| (kind(&entry.info), entry.order))?;
        let stays = candidates()
            .find(|entry| Some(entry.info.address) == current && kind(&entry.info) == kind(&best.info));
        Some(stays.unwrap_or(best).info.address)
    }
}

/// Everything anew, entry by entry: what is otherwise than was known is told as if by events. What no dump has is gone.
#[derive(Debug)]
pub(crate) struct Resync<'a> {
    table: &'a mut Table,
    seen: Vec<Seen>,
    round: u64,
}

impl Sink for Resync<'_> {
    fn begin(&mut self) {
        self.table.round = self.table.round.wrapping_add(1);
        self.round = self.table.round;
    }

    fn take(&mut self, entry: Message) {
        match entry {
            Message::NewLink(link) => {
                let _before = self.table.link_rounds.insert(link.index, self.round);
                self.seen.extend(self.table.put_link(link));
            }
            Message::NewAddress(info) => {
                let place = (info.index, info.address, info.prefix);
                self.seen.extend(self.table.put_address(info));
                if let Some(entry) = self.table.addresses.get_mut(&place) {
                    entry.round = self.round;
                    // A dump knows the kernel's order better than events do.
                    entry.order = self.table.order;
                }
            }
            _ => {}
        }
    }
}

impl Resync<'_> {
    /// After a dump of links: those that it did not have are gone.
    pub(crate) fn end_links(&mut self) {
        let rounds = &self.table.link_rounds;
        let gone = |index: &u32| rounds.get(index) != Some(&self.round);
        let gone: Vec<u32> = self.table.links.keys().copied().filter(gone).collect();
        for index in gone {
            self.seen.extend(self.table.drop_link(index));
        }
    }

    /// After a dump of addresses: those that it did not have are gone.
    pub(crate) fn end_addresses(&mut self) {
        let round = self.round;
        let seen = &mut self.seen;
        self.table.addresses.retain(|(index, address, _), entry| {
            let stays = entry.round == round;
            if !stays {
                seen.push(Seen::AddressGone {
                    index: *index,
                    address: *address,
                });
            }
            stays
        });
    }

    /// What is otherwise than before.
    pub(crate) fn end(self) -> Vec<Seen> {
        self.seen
    }
}

fn fits(address: IpAddr, family: Family) -> bool {
    match (family, address) {
        (Family::Ipv4, IpAddr::V4(address)) => !address.is_loopback(),
        (Family::Ipv6, IpAddr::V6(address)) => address.is_unicast_link_local(),
        (Family::Ipv4, IpAddr::V6(_)) | (Family::Ipv6, IpAddr::V4(_)) => false,
    }
}

#[cfg(test)]
mod tests;
