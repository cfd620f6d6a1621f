//! Who else announces what is held here: a rival is answered, a successor ends a hold.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use vrrp_core::{Cause, Family, Input, InstanceId, Instant, InterfaceId, State, virtual_mac};

use super::engine::Engine;
use crate::address::keeper::Place;
use crate::announce::ear::{Claim, Ear};

/// NET-ARP-08: DEFEND_INTERVAL of RFC 5227.
const DEFEND_NANOS: u64 = 10_000_000_000;

/// A router that was Active before has let go of its addresses so soon, also on a busy machine.
const LETS_GO_NANOS: u64 = 1_000_000_000;
/// Claims read from one interface in one turn.
const CLAIMS: usize = 256;

/// An ear on every interface that has an IPv4 address of ours at the moment.
#[derive(Debug, Default)]
pub(super) struct Ears {
    open: BTreeMap<InterfaceId, Ear>,
    defended_at: BTreeMap<Place, Instant>,
    generation: u64,
    /// Not everything that was heard has been read.
    pub(super) unread: bool,
}

impl Ears {
    pub(super) fn iter(&self) -> impl Iterator<Item = &Ear> {
        self.open.values()
    }

    pub(super) const fn generation(&self) -> u64 {
        self.generation
    }

    /// Whether the address may be defended now; not more than once in DEFEND_INTERVAL.
    fn may_defend(&mut self, now: Instant, place: Place) -> bool {
        let before = self.defended_at.get(&place);
        let may = before.is_none_or(|at| now.nanos_since(*at) >= DEFEND_NANOS);
        if may {
            let _before = self.defended_at.insert(place, now);
        }
        may
    }
}

impl Engine {
    /// Opens and closes ears as addresses come and go.
    pub(super) fn fit_ears(&mut self) {
        let mut wanted = BTreeMap::new();
        // On a device with a virtual MAC as long as it is there: closing one costs the kernel some 17 ms, in which no
        // advertisement leaves, and a device that is down hears nothing anyway.
        let of_virtual_macs = self.virtual_devices_of_ipv4();
        for device in self
            .addresses
            .devices_of_ipv4()
            .into_iter()
            .chain(of_virtual_macs)
        {
            let index = self.devices.index(&self.table, device);
            let link = index
                .and_then(|index| self.table.link(index))
                .filter(|link| !link.no_arp);
            if let Some(link) = link {
                let _same = wanted.insert(device, link.index);
            }
        }
        let before = self.ears.open.len();
        self.ears
            .open
            .retain(|device, ear| wanted.get(device) == Some(&ear.index));
        let mut changed = before != self.ears.open.len();
        for (device, index) in wanted {
            let Entry::Vacant(place) = self.ears.open.entry(device) else {
                continue;
            };
            match Ear::open(index) {
                Ok(ear) => {
                    let _new = place.insert(ear);
                    changed = true;
                }
                Err(error) => {
                    tracing::debug!(%error, interface = self.devices.name(device), "rivals cannot be heard");
                }
            }
        }
        if changed {
            self.ears.generation = self.ears.generation.wrapping_add(1);
        }
    }

    /// Reads what was heard.
    pub(super) fn hear_claims(&mut self, now: Instant) {
        let mut claims = Vec::new();
        self.ears.unread = false;
        for (device, ear) in &self.ears.open {
            let mut read = 0;
            while let Some(claim) = ear.hear() {
                read += 1;
                if read == CLAIMS {
                    self.ears.unread = true;
                    break;
                }
                let place = Place {
                    device: *device,
                    address: IpAddr::V4(claim.address),
                };
                // A successor has the same virtual MAC.
                let virtual_mac = self
                    .table
                    .link(ear.index)
                    .is_some_and(|link| link.is_private_macvlan);
                let our_mac = self.table.link(ear.index).and_then(|link| link.mac);
                let own = our_mac == Some(claim.mac) && !virtual_mac;
                if !own && self.addresses.spec(place).is_some() {
                    let answers_us = claim.to.is_some() && claim.to == our_mac;
                    claims.push((place, claim, answers_us));
                }
            }
        }
        if claims.is_empty() {
            return;
        }
        // A better router speaks before it claims: what it said is waiting in the sockets by now.
        for key in self.channels.keys() {
            self.drain(now, key);
        }
        self.carry_out(now);
        for (place, claim, answers_us) in claims {
            for id in self.addresses.holders(place).to_vec() {
                if !self.is_active(id) {
                    self.note_answer(now, id, place);
                } else if answers_us && self.has_just_followed(now, id) {
                    tracing::debug!(address = %place.address, "the router before answers for a held address, and is about to let go of it");
                } else {
                    self.defend(now, id, place, claim);
                }
            }
        }
        self.carry_out(now);
    }

    /// A router that hands over, or has lost to a better one, keeps its addresses until that has spoken, and 50 ms more: its kernel answers
    /// the first announcements, which are questions to it.
    fn has_just_followed(&self, now: Instant, id: InstanceId) -> bool {
        self.instances.get(&id).is_some_and(|instance| {
            let followed = matches!(instance.why, Some(Cause::PriorityZero | Cause::LowerActive));
            followed && now.nanos_since(instance.since) < LETS_GO_NANOS
        })
    }

    /// NET-ARP-08: told, answered by one announcement, and never given up.
    fn defend(&mut self, now: Instant, id: InstanceId, place: Place, claim: Claim) {
        let instance = self.instances.get(&id);
        let virtual_one = instance.is_some_and(|instance| {
            let of_the_rfc = virtual_mac(Family::Ipv4, instance.service.settings.vrid);
            [of_the_rfc, instance.service.virtual_mac_address()].contains(&claim.mac)
        });
        if !virtual_one && self.ears.may_defend(now, place) {
            self.tell_claimed(now, id, place, claim.mac);
            self.announcements.push(now, id, &[place], 1);
        }
    }

    /// PRJ-STOP-02: a hold ends early when the successor was seen to answer for every address.
    fn note_answer(&mut self, now: Instant, id: InstanceId, place: Place) {
        let known = self.router.get(id).is_some_and(|router| {
            matches!(router.state(), State::Initialize { hold: Some(hold) } if hold.successor.is_some())
        });
        let Some(instance) = self.instances.get_mut(&id).filter(|_| known) else {
            return;
        };
        let _again = instance.answered.insert(place);
        let all: BTreeSet<Place> = instance.places.iter().copied().collect();
        if instance.answered.is_superset(&all) {
            instance.answered.clear();
            self.feed(now, id, Input::SuccessorAnswers);
        }
    }
}
