//! The side of the parent process.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd};
use std::process::Command;

use rustix::io::{FdFlags, fcntl_setfd};
use vrrp_core::Instant;

use super::channel::{self, Listened};
use super::testator::variable;
use super::{Goodbye, SharedSocket, Will, Word};
use crate::announce::ear::Ear;
use crate::announce::{Announcer, Frame};
use crate::clock;
use crate::handover::{Given, Handover, Saved};
use crate::netlink::{Change, Requests};
use crate::socket::{Buffers, Channel, Way};

/// PRJ-STOP-02: the successor advertises before it owns the address.
const AFTER_SUCCESSOR_NANOS: u64 = 50_000_000;
/// Its claim was seen for every address: what was on its way to this node still is answered (PRJ-STOP-02).
const AFTER_ANSWER_NANOS: u64 = 5_000_000;
/// Packets read from one socket in one go.
const PACKETS_MAX: usize = 1024;

/// Carries out what a router's process, its child, has told it to do in the case of its death: priority 0 for what was
/// Active, and the removal of the addresses as soon as the successor has spoken (PRJ-STOP-01, PRJ-STOP-02).
///
/// It holds copies of the child's sockets and never reads them while the child lives. A parent that wants to stay small does
/// nothing but wait for [`Executor::descriptor`], for the child's end, and then, until [`Executor::is_over`], for
/// [`Executor::sockets`] and [`Executor::deadline`]. What nobody takes over stays where it is and goes to the next child, which
/// goes on with it: [`Executor::equip`].
///
/// # Examples
/// ```no_run
/// use vrrp_net::Executor;
///
/// # fn main() -> std::io::Result<()> {
/// let mut executor = Executor::new();
/// let mut command = std::process::Command::new("/usr/local/bin/proxy");
/// let equipment = executor.equip(&mut command)?;
/// let mut child = command.spawn()?;
/// drop(equipment);
/// // … poll executor.descriptor() and a pidfd of the child; on the first:
/// executor.hear();
/// // … on the second:
/// let _status = child.wait()?;
/// executor.begin(true);
/// while !executor.is_over() {
///     // … poll executor.sockets() until executor.deadline():
///     for parted in executor.act() {
///         println!("{}: {:?}", parted.service, parted.successor);
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Executor {
    ear: Option<OwnedFd>,
    buffer: Vec<u8>,
    requests: Option<OwnedFd>,
    announcer: Option<Announcer>,
    sockets: BTreeMap<u32, (Channel, OwnedFd)>,
    ears: BTreeMap<u32, Ear>,
    wills: BTreeMap<u32, Will>,
    /// Being carried out.
    open: BTreeMap<u32, Open>,
    /// Those that nobody takes over are kept.
    keeps: bool,
    /// Nobody took them over, and no child has said yet that it answers for them.
    left: Vec<Will>,
    packets: Buffers,
}

#[derive(Debug, Clone)]
struct Open {
    ends_at: Instant,
    successor: Option<IpAddr>,
    claimed: BTreeSet<(u32, Ipv4Addr)>,
}

/// What became of one virtual router.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parted {
    /// Its service.
    pub service: String,
    /// Who has taken over.
    pub successor: Option<IpAddr>,
    /// Nobody has, and the addresses stay for the next child.
    pub kept: bool,
    /// What could not be removed, in words.
    pub problem: Option<String>,
}

/// What a child inherits; to be dropped once it was started.
#[derive(Debug)]
pub struct Equipment {
    _end: OwnedFd,
    _handover: Option<Given>,
}

impl Default for Executor {
    fn default() -> Self {
        Self::new()
    }
}

impl Executor {
    /// Knows of nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            ear: None,
            buffer: Vec::new(),
            requests: None,
            announcer: None,
            sockets: BTreeMap::new(),
            ears: BTreeMap::new(),
            wills: BTreeMap::new(),
            open: BTreeMap::new(),
            keeps: false,
            left: Vec::new(),
            packets: Buffers::new(),
        }
    }

    /// Gives a child what it needs to be heard, and what nobody took over from the one before it. Its program has to use
    /// [`Testator::from_env`](super::Testator::from_env) and [`Handover::from_env`].
    ///
    /// The descriptors stay open for any program that is started before the answer is dropped: start nothing else meanwhile.
    ///
    /// # Errors
    /// When no sockets can be made.
    pub fn equip(&mut self, command: &mut Command) -> io::Result<Equipment> {
        let (here, there) = channel::pair()?;
        fcntl_setfd(&there, FdFlags::empty())?;
        let (name, value) = variable(there.as_raw_fd());
        let _same = command.env(name, value);
        let handover = self.bequest().map(|bequest| bequest.give(command)).transpose()?;
        self.ear = Some(here);
        self.sockets.clear();
        self.ears.clear();
        self.wills.clear();
        self.announcer = None;
        Ok(Equipment {
            _end: there,
            _handover: handover,
        })
    }

    fn bequest(&self) -> Option<Handover> {
        let services: Vec<_> = self.left.iter().filter_map(|will| will.later.clone()).collect();
        if services.is_empty() {
            return None;
        }
        let saved = Saved {
            services,
            held: self.left.iter().flat_map(|will| will.held.clone()).collect(),
            sysctls: Vec::new(),
            filter: None,
            virtual_macs: Vec::new(),
            routing: Vec::new(),
        };
        Some(Handover::new(saved, Vec::new()))
    }

    /// Readable when the child has said something, or has ended: then call [`Executor::hear`].
    #[must_use]
    pub fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        self.ear.as_ref().map(|ear| ear.as_fd())
    }

    /// Takes in what the child has said.
    pub fn hear(&mut self) {
        while let Some(ear) = &self.ear {
            match channel::listen(ear, &mut self.buffer) {
                Ok(Listened::Word(word, with)) => self.take(word, with),
                Ok(Listened::NotUnderstood(why)) => {
                    tracing::warn!(why, "a word of the router's process is not understood");
                }
                Ok(Listened::Nothing) => return,
                Ok(Listened::Over) => self.ear = None,
                Err(error) => {
                    tracing::warn!(%error, "the router's process is no longer heard");
                    self.ear = None;
                }
            }
        }
        // Such a buffer is needed now and then only.
        self.buffer = Vec::new();
    }

    fn take(&mut self, word: Word, with: Option<OwnedFd>) {
        match (word, with) {
            (Word::Begun, _) => self.left.clear(),
            (Word::Requests, Some(fd)) => self.requests = Some(fd),
            (Word::Frames, Some(fd)) => self.announcer = Some(Announcer::over(fd)),
            (Word::Socket(socket), Some(fd)) => {
                let SharedSocket {
                    number,
                    family,
                    index,
                    packets,
                } = socket;
                let channel = Channel::copy(family, index, packets);
                let _before = self.sockets.insert(number, (channel, fd));
            }
            (Word::Closed(number), _) => drop(self.sockets.remove(&number)),
            (Word::Deaf, _) => self.ears.clear(),
            (Word::Ear(index), Some(fd)) => drop(self.ears.insert(index, Ear { fd, index })),
            (Word::Will(will), _) => drop(self.wills.insert(will.id, *will)),
            (Word::Withdrawn(id), _) => drop(self.wills.remove(&id)),
            (Word::Requests | Word::Frames | Word::Socket(_) | Word::Ear(_), None) => {
                tracing::warn!("a descriptor of the router's process did not arrive");
            }
        }
    }

    /// Services whose addresses are held by the child, as far as it has said.
    pub fn services(&self) -> impl Iterator<Item = &str> {
        self.wills.values().map(|will| will.name.as_str())
    }

    /// Whether there is anything that a dead child has left to be done.
    #[must_use]
    pub fn has_something_to_do(&self) -> bool {
        !self.wills.is_empty() || !self.left.is_empty()
    }

    /// The child is dead: the goodbyes leave now. `keep`: what nobody takes over stays, for the next child to go on with. What a
    /// child was to go on with and did not is removed at once.
    pub fn begin(&mut self, keep: bool) {
        self.hear();
        self.ear = None;
        self.keeps = keep;
        let now = clock::now();
        // What was sent before the goodbye is no answer to it.
        let mut packets = std::mem::replace(&mut self.packets, Buffers::new());
        for (channel, fd) in self.sockets.values() {
            for _ in 0..PACKETS_MAX {
                if !matches!(channel.receive(fd.as_fd(), &mut packets), Ok(Some(_))) {
                    break;
                }
            }
        }
        self.packets = packets;
        for ear in self.ears.values() {
            let _before = std::iter::from_fn(|| ear.hear()).take(PACKETS_MAX).count();
        }
        for (id, will) in &self.wills {
            self.say_goodbye(will);
            let latest = now.plus_nanos(will.hold_nanos);
            let until = will.until_nanos.map(Instant::from_nanos);
            let open = Open {
                ends_at: until.map_or(latest, |until| until.min(latest)),
                successor: None,
                claimed: BTreeSet::new(),
            };
            let _none = self.open.insert(*id, open);
        }
        for will in std::mem::take(&mut self.left) {
            if !self.wills.values().any(|other| other.name == will.name) {
                let _problem = self.remove(&will);
            }
        }
    }

    fn say_goodbye(&self, will: &Will) {
        for goodbye in &will.goodbye {
            if let Err(error) = self.send(will, goodbye) {
                tracing::warn!(service = will.name, %error, "the goodbye could not be sent");
            }
        }
    }

    fn send(&self, will: &Will, goodbye: &Goodbye) -> io::Result<()> {
        let missing = || io::Error::from(io::ErrorKind::NotConnected);
        if let Some((ethertype, destination)) = goodbye.frame {
            let frame = Frame {
                octets: goodbye.octets.clone(),
                ethertype,
                destination,
            };
            let announcer = self.announcer.as_ref().ok_or_else(missing)?;
            return announcer.send(will.index, &frame);
        }
        let first = will.sockets.first().and_then(|number| self.sockets.get(number));
        let (channel, fd) = first.ok_or_else(missing)?;
        let way = Way {
            source: will.source.ok_or_else(missing)?,
            destination: goodbye.destination,
            hop_limit: will.hop_limit,
        };
        channel.send(fd.as_fd(), way, &goodbye.octets)
    }

    /// No hold any longer: the addresses go with the next [`Executor::act`] (PRJ-STOP-04).
    pub fn hurry(&mut self) {
        self.keeps = false;
        let now = clock::now();
        for open in self.open.values_mut() {
            open.ends_at = open.ends_at.min(now);
        }
    }

    /// Where successors are heard.
    pub fn sockets(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        let ears = self.ears.values().map(|ear| ear.fd.as_fd());
        self.sockets.values().map(|(_, fd)| fd.as_fd()).chain(ears)
    }

    /// When to call [`Executor::act`], if no successor speaks before.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.open.values().map(|open| open.ends_at).min()
    }

    /// Whether everything was carried out.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.open.is_empty()
    }

    /// Hears successors, and removes what is due.
    pub fn act(&mut self) -> Vec<Parted> {
        let now = clock::now();
        self.hear_successors(now);
        self.hear_claims(now);
        let due: Vec<(u32, Open)> = self
            .open
            .iter()
            .filter(|(_, open)| open.ends_at <= now)
            .map(|(id, open)| (*id, open.clone()))
            .collect();
        let mut parted = Vec::new();
        for (id, open) in due {
            let _open = self.open.remove(&id);
            let Some(will) = self.wills.remove(&id) else {
                continue;
            };
            let kept = self.keeps && open.successor.is_none() && will.later.is_some();
            let problem = if kept { None } else { self.remove(&will) };
            parted.push(Parted {
                service: will.name.clone(),
                successor: open.successor,
                kept,
                problem,
            });
            if kept {
                self.left.push(will);
            }
        }
        parted
    }

    fn hear_successors(&mut self, now: Instant) {
        for (number, (channel, fd)) in &self.sockets {
            for _ in 0..PACKETS_MAX {
                let Ok(Some(arrived)) = channel.receive(fd.as_fd(), &mut self.packets) else {
                    break;
                };
                for (id, will) in &self.wills {
                    if !will.sockets.contains(number) || !will.is_successor(&arrived) {
                        continue;
                    }
                    if let Some(open) = self.open.get_mut(id).filter(|open| open.successor.is_none()) {
                        open.successor = Some(arrived.source);
                        open.ends_at = open.ends_at.min(now.plus_nanos(AFTER_SUCCESSOR_NANOS));
                    }
                }
            }
        }
    }

    /// A better router speaks before it claims: only whoever was heard ends a hold sooner.
    fn hear_claims(&mut self, now: Instant) {
        for (index, ear) in &self.ears {
            for claim in std::iter::from_fn(|| ear.hear()).take(PACKETS_MAX) {
                let claimed = (*index, claim.address);
                for (id, will) in self
                    .wills
                    .iter()
                    .filter(|(_, will)| will.claims.contains(&claimed))
                {
                    let Some(open) = self.open.get_mut(id).filter(|open| open.successor.is_some()) else {
                        continue;
                    };
                    let _again = open.claimed.insert(claimed);
                    if will.claims.iter().all(|claim| open.claimed.contains(claim)) {
                        open.ends_at = open.ends_at.min(now.plus_nanos(AFTER_ANSWER_NANOS));
                    }
                }
            }
        }
    }

    /// What went wrong, in words.
    fn remove(&mut self, will: &Will) -> Option<String> {
        let Some(fd) = self.requests.take() else {
            return Some("the router's process has not said by which socket".to_owned());
        };
        let mut requests = Requests::over(fd);
        let changes = will.removal.iter();
        let changes: Vec<Change> = changes
            .map(|removal| Change::raw(removal.kind, 0, removal.payload.clone()))
            .collect();
        let mut problem = None;
        for result in requests.carry_out(&changes) {
            match result {
                // Gone already, or with its interface.
                Err(error)
                    if matches!(
                        error.raw_os_error(),
                        Some(libc::EADDRNOTAVAIL | libc::ENODEV | libc::ENXIO)
                    ) => {}
                Err(error) => problem = Some(error.to_string()),
                Ok(()) => {}
            }
        }
        self.requests = Some(requests.into_fd());
        problem
    }
}

#[cfg(test)]
mod tests {
    use vrrp_core::{Family, Vrid};

    use super::super::Testator;
    use super::*;

    fn will(id: u32) -> Will {
        Will {
            id,
            name: format!("VI_{id}"),
            family: Family::Ipv4,
            vrid: Vrid::new(51).unwrap(),
            source: None,
            peers: Vec::new(),
            sockets: Vec::new(),
            index: 0,
            hop_limit: 255,
            goodbye: Vec::new(),
            hold_nanos: 0,
            until_nanos: None,
            claims: Vec::new(),
            removal: Vec::new(),
            held: Vec::new(),
            later: None,
        }
    }

    /// A program that replaces itself would otherwise be spoken for by what the one before it has said.
    #[test]
    fn what_is_withdrawn_is_not_carried_out() {
        let (here, there) = channel::pair().unwrap();
        let testator = Testator::over(there);
        let mut executor = Executor {
            ear: Some(here),
            ..Executor::new()
        };
        for id in 1..4 {
            assert!(testator.say(&Word::Will(Box::new(will(id))), None).unwrap());
        }
        executor.hear();
        assert_eq!(executor.services().collect::<Vec<_>>(), ["VI_1", "VI_2", "VI_3"]);
        assert!(testator.withdraw([1, 3]).unwrap());
        drop(testator);
        executor.begin(false);
        let parted = executor.act();
        let names: Vec<&str> = parted.iter().map(|one| one.service.as_str()).collect();
        assert_eq!(names, ["VI_2"]);
    }
}
