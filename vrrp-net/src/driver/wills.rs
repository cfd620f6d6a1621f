//! What the parent process is to do should this one die, kept up to date: the core's own planned hand-over, asked of a copy.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};

use vrrp_core::{Action, Input, InstanceId, Instant, Order, State, StateName, VirtualRouter, WallClock};

use super::channels::Key;
use super::engine::Engine;
use super::virtual_macs::Found;
use crate::address::keeper::Place;
use crate::address::linux::Line;
use crate::clock;
use crate::handover::{SavedService, SavedSettings};
use crate::netlink::{Change, Requests, set_up};
use crate::vmac::advert;
use crate::will::{Goodbye, Removal, SharedSocket, Testator, Will, Word};

/// Words for which there was no room are tried again so soon.
const AGAIN_NANOS: u64 = 2_000_000;
/// A signed goodbye is dated later than the advertisement that may still leave before it: one interval, and this.
const DATED_LATER_NANOS: u64 = 100_000_000;

/// What was said to the parent process, and what is to be said.
#[derive(Debug)]
pub(super) struct Wills {
    testator: Testator,
    /// By which the parent asks the kernel: of this process's network.
    requests: Option<OwnedFd>,
    begun: bool,
    sockets: BTreeMap<Key, SharedSocket>,
    numbers: u32,
    generation: Option<u64>,
    ears_generation: Option<u64>,
    /// Whom the parent has a will of.
    said: BTreeSet<InstanceId>,
    stale: BTreeSet<InstanceId>,
    /// There was no room.
    again_at: Option<Instant>,
}

impl Wills {
    pub(super) fn new(testator: Testator) -> std::io::Result<Self> {
        Ok(Self {
            testator,
            requests: Some(Requests::open()?.into_fd()),
            begun: false,
            sockets: BTreeMap::new(),
            numbers: 0,
            generation: None,
            ears_generation: None,
            said: BTreeSet::new(),
            stale: BTreeSet::new(),
            again_at: None,
        })
    }

    pub(super) const fn again_at(&self) -> Option<Instant> {
        self.again_at
    }
}

/// The parent is gone, or there is no room for a word.
enum Unsaid {
    Later,
    Never(std::io::Error),
}

fn say(testator: &Testator, word: &Word, with: Option<BorrowedFd<'_>>) -> Result<(), Unsaid> {
    match testator.say(word, with) {
        Ok(true) => Ok(()),
        Ok(false) => Err(Unsaid::Later),
        Err(error) => Err(Unsaid::Never(error)),
    }
}

impl Engine {
    /// What this router would leave behind may be otherwise by now.
    pub(super) fn will_is_stale(&mut self, id: InstanceId) {
        if let Some(wills) = &mut self.wills {
            let _new = wills.stale.insert(id);
        }
    }

    pub(super) fn all_wills_are_stale(&mut self) {
        if let Some(wills) = &mut self.wills {
            wills.stale.extend(self.instances.keys());
        }
    }

    /// This loop ends and another one goes on with its routers, which the parent will not hear of: what it knows would soon be
    /// otherwise, so nothing is left to be done.
    pub(super) fn withdraw_wills(&mut self) {
        let Some(wills) = self.wills.take() else {
            return;
        };
        let ids = wills.said.iter().map(|id| id.0);
        if !matches!(wills.testator.withdraw(ids), Ok(true)) {
            tracing::warn!(
                "the parent process still has a will of this one, and would carry it out at its end"
            );
        }
    }

    /// The end of a turn: says what has changed.
    pub(super) fn tell_wills(&mut self, now: Instant) {
        let Some(mut wills) = self.wills.take() else {
            return;
        };
        wills.again_at = None;
        match self.tell_all(now, &mut wills) {
            Ok(()) => self.wills = Some(wills),
            Err(Unsaid::Later) => {
                wills.again_at = Some(now.plus_nanos(AGAIN_NANOS));
                self.wills = Some(wills);
            }
            Err(Unsaid::Never(error)) => {
                tracing::warn!(%error, "the parent process cannot be told what to do if this one dies; nobody would do it");
            }
        }
    }

    fn tell_all(&mut self, now: Instant, wills: &mut Wills) -> Result<(), Unsaid> {
        if let Some(fd) = &wills.requests {
            say(&wills.testator, &Word::Requests, Some(fd.as_fd()))?;
            wills.requests = None;
            say(&wills.testator, &Word::Frames, Some(self.announcer.fd.as_fd()))?;
        }
        self.share_sockets(wills)?;
        self.share_ears(wills)?;
        // Addresses that are about to come or go are said when they have.
        if !self.work.is_empty() {
            return Ok(());
        }
        while let Some(id) = wills.stale.first().copied() {
            match self.will_of(now, id, wills) {
                Some(will) => {
                    say(&wills.testator, &Word::Will(Box::new(will)), None)?;
                    let _new = wills.said.insert(id);
                }
                None if wills.said.contains(&id) => {
                    say(&wills.testator, &Word::Withdrawn(id.0), None)?;
                    let _known = wills.said.remove(&id);
                }
                None => {}
            }
            let _said = wills.stale.remove(&id);
        }
        if !wills.begun {
            say(&wills.testator, &Word::Begun, None)?;
            wills.begun = true;
        }
        Ok(())
    }

    fn share_sockets(&mut self, wills: &mut Wills) -> Result<(), Unsaid> {
        let generation = self.channels.generation();
        if wills.generation == Some(generation) {
            return Ok(());
        }
        // A socket that was opened anew has the old one's key.
        while let Some((key, socket)) = wills.sockets.first_key_value() {
            say(&wills.testator, &Word::Closed(socket.number), None)?;
            let key = *key;
            let _gone = wills.sockets.remove(&key);
        }
        for (key, open) in self.channels.iter() {
            wills.numbers = wills.numbers.wrapping_add(1);
            let socket = SharedSocket {
                number: wills.numbers,
                family: open.channel.family(),
                index: open.channel.index(),
                packets: open.channel.gives_packets(),
            };
            say(
                &wills.testator,
                &Word::Socket(socket.clone()),
                Some(open.fd.as_fd()),
            )?;
            let _none = wills.sockets.insert(*key, socket);
        }
        wills.generation = Some(generation);
        wills.stale.extend(self.instances.keys());
        Ok(())
    }

    fn share_ears(&self, wills: &mut Wills) -> Result<(), Unsaid> {
        let generation = self.ears.generation();
        if wills.ears_generation != Some(generation) {
            say(&wills.testator, &Word::Deaf, None)?;
            for ear in self.ears.iter() {
                say(&wills.testator, &Word::Ear(ear.index), Some(ear.fd.as_fd()))?;
            }
            wills.ears_generation = Some(generation);
        }
        Ok(())
    }

    /// Of all that it holds, or none.
    fn claims_of(&self, id: InstanceId) -> Vec<(u32, Ipv4Addr)> {
        let places = self.instances.get(&id).map(|instance| instance.places.iter());
        let claim = |place: &Place| match place.address {
            IpAddr::V4(address) => Some((self.devices.index(&self.table, place.device)?, address)),
            IpAddr::V6(_) => None,
        };
        let claims: Option<Vec<_>> = places.into_iter().flatten().map(claim).collect();
        claims.unwrap_or_default()
    }

    fn will_of(&mut self, now: Instant, id: InstanceId, wills: &Wills) -> Option<Will> {
        let router = self.router.get(id).filter(|router| router.holds())?;
        let mut heir = router.clone();
        let instance = self.instances.get(&id)?;
        let was_active = router.state_name() == StateName::Active;
        let said = if was_active {
            heir.handle(now, Input::Order(Order::Resign))
        } else {
            heir.handle(now, Input::Tick)
        };
        let ends_at = match heir.state() {
            State::Initialize { hold: Some(hold) } => Some(hold.ends_at),
            _ => None,
        };
        let settings = &instance.service.settings;
        let key = Key::of(&instance.service, instance.interface)?;
        let hear = |(other, socket): (&Key, &SharedSocket)| {
            let same = match *other {
                Key::Virtual { parent, family, .. } => {
                    Some(parent) == instance.interface && family == settings.family
                }
                Key::Device(..) | Key::Local(_) => *other == key,
            };
            same.then_some((*other != key, socket.number))
        };
        let mut sockets: Vec<_> = wills.sockets.iter().filter_map(hear).collect();
        // Its own comes first.
        sockets.sort_unstable();
        let later = was_active && ends_at.is_some() && !instance.leaving;
        let mut will = Will {
            id: id.0,
            name: instance.service.name.clone(),
            family: settings.family,
            vrid: settings.vrid,
            source: heir.link().primary,
            peers: match &settings.path {
                vrrp_core::Path::Multicast { .. } => Vec::new(),
                vrrp_core::Path::Unicast { peers, .. } => peers.iter().map(|peer| peer.address).collect(),
            },
            sockets: sockets.into_iter().map(|(_, number)| number).collect(),
            index: self.channels.get(key).map_or(0, |open| open.channel.index()),
            hop_limit: instance.service.unicast_hop_limit,
            goodbye: Vec::new(),
            hold_nanos: ends_at.map_or(0, |at| at.nanos_since(now)),
            until_nanos: ends_at.filter(|_| !was_active).map(Instant::as_nanos),
            claims: self.claims_of(id),
            removal: self.removal_of(id),
            held: self.lines_of(id),
            later: later.then(|| SavedService {
                name: instance.service.name.clone(),
                snapshot: heir.snapshot(),
                since: instance.since,
                since_wall: instance.since_wall,
                why: instance.why,
                leaving: false,
                before: Some(SavedSettings::of(&instance.service)),
            }),
        };
        let wall = later_than(clock::wall(), settings.interval.nanos());
        for action in said {
            if let Action::Send(draft) = action {
                self.write_goodbye(id, &mut heir, draft, wall, &mut will.goodbye);
            }
        }
        Some(will)
    }

    fn write_goodbye(
        &mut self,
        id: InstanceId,
        heir: &mut VirtualRouter,
        draft: vrrp_core::Draft,
        wall: WallClock,
        out: &mut Vec<Goodbye>,
    ) {
        let Some(instance) = self.instances.get(&id) else {
            return;
        };
        let frames = instance.service.sends_from_virtual_mac();
        let mac = instance.service.virtual_mac_address();
        let sealed = heir.seal(draft, Some(wall));
        let Some(source) = sealed.source() else {
            return;
        };
        for destination in sealed.destinations() {
            let Some(octets) = sealed.encode(destination, &mut self.message) else {
                continue;
            };
            let message = self.message.get(..octets).unwrap_or_default();
            let frame = frames
                .then(|| advert::frame(mac, source, destination, self.identification, message))
                .flatten();
            out.push(match frame {
                Some(frame) => Goodbye {
                    destination,
                    octets: frame.octets,
                    frame: Some((frame.ethertype, frame.destination)),
                },
                None => Goodbye {
                    destination,
                    octets: message.to_vec(),
                    frame: None,
                },
            });
        }
    }

    /// Its virtual MAC goes silent first, then its addresses go.
    fn removal_of(&self, id: InstanceId) -> Vec<Removal> {
        let Some(instance) = self.instances.get(&id) else {
            return Vec::new();
        };
        let devices = instance.virtual_macs.iter();
        let down = devices.filter_map(|wanted| match self.find_virtual_mac(wanted) {
            Found::Right(index) => Some(set_up(index, false)),
            _ => None,
        });
        let gone = instance
            .places
            .iter()
            .flat_map(|place| self.addresses.removal(*place, &self.table, &self.devices));
        let removal = |change: Change| Removal {
            kind: change.kind(),
            payload: change.payload().to_vec(),
        };
        down.chain(gone).map(removal).collect()
    }

    fn lines_of(&self, id: InstanceId) -> Vec<Line> {
        let places = self.instances.get(&id).map(|instance| instance.places.iter());
        let line = |place: &Place| Line {
            device: self.devices.name(place.device).to_owned(),
            address: place.address,
        };
        places.into_iter().flatten().map(line).collect()
    }
}

fn later_than(wall: WallClock, interval_nanos: u64) -> WallClock {
    let nanos = u64::from(wall.nanos)
        .saturating_add(interval_nanos)
        .saturating_add(DATED_LATER_NANOS);
    WallClock {
        seconds: wall.seconds.saturating_add(nanos / 1_000_000_000),
        nanos: u32::try_from(nanos % 1_000_000_000).unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 0.95 s and an interval of 1 s and 0.1 s: 2.05 s.
    #[test]
    fn a_signed_goodbye_is_dated_after_the_next_advertisement() {
        let wall = WallClock {
            seconds: 7,
            nanos: 950_000_000,
        };
        let later = later_than(wall, 1_000_000_000);
        assert_eq!((later.seconds, later.nanos), (9, 50_000_000));
    }
}
