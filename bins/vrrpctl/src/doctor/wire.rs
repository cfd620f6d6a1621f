//! Listens: at the cards, before any packet filter, and at sockets of protocol 112, behind all of them.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

use nix::ifaddrs::getifaddrs;
use nix::sys::socket::{LinkAddr, recvfrom};
use socket2::{Domain, InterfaceIndexOrAddress, Protocol, SockAddr, Socket, Type};
use vrrp_core::{Family, wire::IpPacket, wire::Message};

use super::subject::Subject;
use super::sys;
use super::tap::tap;

pub(super) const ETH_P_ARP: u16 = 0x0806;
const VRRP: i32 = 112;
/// Between two looks at the sockets.
const BEAT: Duration = Duration::from_millis(10);
/// No packet of protocol 112 is longer.
const OCTETS_MAX: usize = 2048;
/// Packets that are read before the next socket has its turn.
const TURN_MAX: usize = 256;
/// What is kept of a flood.
const KEPT_MAX: usize = 4096;

/// An advertisement that came in at a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Advert {
    pub(super) interface: String,
    pub(super) source: IpAddr,
    pub(super) destination: IpAddr,
    pub(super) vrid: u8,
    pub(super) version: u8,
    pub(super) priority: u8,
    pub(super) addresses: Vec<IpAddr>,
}

/// All that was heard.
#[derive(Debug, Default)]
pub(super) struct Heard {
    pub(super) listened: Duration,
    pub(super) adverts: Vec<Advert>,
    /// Who has come through to programs, by interface.
    pub(super) received: BTreeSet<(String, IpAddr)>,
    /// When whoever speaks was first and last heard, by interface, source and VRID; a farewell (priority 0) does not count.
    pub(super) spoke: BTreeMap<(String, IpAddr, u8), Span>,
    /// Whether a frame of our own that never leaves this node came back, by interface and group; absent: none was sent.
    pub(super) looped: BTreeMap<(String, IpAddr), bool>,
    /// MACs that answer for an address, by interface.
    pub(super) answers: BTreeMap<(String, Ipv4Addr), BTreeSet<[u8; 6]>>,
    /// Addresses that were asked for.
    pub(super) asked: BTreeSet<(String, Ipv4Addr)>,
    /// MACs of this node.
    pub(super) own: BTreeSet<[u8; 6]>,
    /// What could not be done.
    pub(super) problems: Vec<Problem>,
}

/// From the first to the last advertisement, since the begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) first: Duration,
    pub(super) last: Duration,
}

impl Span {
    pub(super) fn overlaps(self, other: Self) -> bool {
        self.first.max(other.first) <= self.last.min(other.last)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    Listen,
    Speak,
    Ask,
}

/// Something that could not be done, and why.
#[derive(Debug, Clone)]
pub(super) struct Problem {
    pub(super) act: Act,
    /// None: at no interface.
    pub(super) interface: Option<String>,
    pub(super) text: String,
}

impl Heard {
    /// Why not, at this interface.
    pub(super) fn problem(&self, act: Act, interface: &str) -> Option<&str> {
        let concerns =
            |one: &&Problem| one.act == act && one.interface.as_deref().is_none_or(|at| at == interface);
        self.problems.iter().find(concerns).map(|one| one.text.as_str())
    }

    fn fails(&mut self, act: Act, interface: Option<&str>, text: String) {
        self.problems.push(Problem {
            act,
            interface: interface.map(str::to_owned),
            text,
        });
    }
}

/// An interface, as long as it is listened at.
struct Place {
    name: String,
    index: u32,
    mac: Option<[u8; 6]>,
    addresses: Vec<IpAddr>,
}

/// Behind all filters.
struct Ear {
    socket: Socket,
    interface: String,
    /// Those that it has joined.
    groups: BTreeSet<IpAddr>,
}

/// Listens for a time in the network of the caller. With `speaks` a frame of our own is sent around within this node.
pub(super) fn listen(subjects: &[Subject], time: Duration, speaks: bool) -> Heard {
    let mut heard = Heard::default();
    let places = places(subjects, &mut heard);
    let own: BTreeSet<IpAddr> = places.iter().flat_map(|place| place.addresses.clone()).collect();
    let tap = match tap() {
        Ok(tap) => Some(tap),
        Err(error) => {
            let text = format!("what comes in at the cards cannot be seen ({error}): that needs CAP_NET_RAW");
            heard.fails(Act::Listen, None, text);
            None
        }
    };
    let ears = ears(subjects, &places, &mut heard);
    let begin = Instant::now();
    if speaks {
        ears.iter().for_each(|ear| speak(ear, &mut heard));
    }
    if let Some(tap) = &tap {
        ask(tap, subjects, &places, &mut heard);
    }
    let mut buffer = [0; OCTETS_MAX];
    // A flood does not end the others' turn, nor put off the end.
    while begin.elapsed() < time {
        let mut turn = 0..TURN_MAX;
        while begin.elapsed() < time
            && turn.next().is_some()
            && let Some((octets, from)) = tap.as_ref().and_then(|tap| frame(tap, &mut buffer))
        {
            let frame = buffer.get(..octets).unwrap_or_default();
            seen(frame, &from, &places, &own, begin.elapsed(), &mut heard);
        }
        for ear in &ears {
            let mut turn = 0..TURN_MAX;
            while begin.elapsed() < time
                && turn.next().is_some()
                && let Some((octets, source)) = datagram(&ear.socket, &mut buffer)
            {
                let octets = buffer.get(..octets).unwrap_or_default();
                // It has no hop left: it can only be from here, whatever its source (0.0.0.0 without an address).
                if let Some(group) = ear.groups.iter().find(|group| octets.ends_with(&test(**group))) {
                    heard.looped.insert((ear.interface.clone(), *group), true);
                } else if !own.contains(&source) && heard.received.len() < KEPT_MAX {
                    heard.received.insert((ear.interface.clone(), source));
                }
            }
        }
        std::thread::sleep(BEAT);
    }
    heard.listened = begin.elapsed();
    heard
}

/// Of no version of VRRP: whoever hears it discards it.
const TEST: &[u8] = b"\0vrrpctl doctor";

/// With the group that it goes to: an IPv6 socket does not tell.
fn test(group: IpAddr) -> Vec<u8> {
    let mut test = TEST.to_vec();
    match group {
        IpAddr::V4(group) => test.extend(group.octets()),
        IpAddr::V6(group) => test.extend(group.octets()),
    }
    test
}

fn places(subjects: &[Subject], heard: &mut Heard) -> Vec<Place> {
    let mut names: BTreeSet<String> = subjects.iter().filter_map(|one| one.interface.clone()).collect();
    let held = subjects.iter().flat_map(|one| &one.addresses);
    names.extend(held.filter_map(|held| held.device.clone()));
    let all: Vec<_> = match getifaddrs() {
        Ok(all) => all.collect(),
        Err(error) => {
            heard.fails(
                Act::Listen,
                None,
                format!("the interfaces cannot be listed ({error})"),
            );
            Vec::new()
        }
    };
    let mac = |one: &nix::ifaddrs::InterfaceAddress| one.address.as_ref()?.as_link_addr()?.addr();
    heard.own.extend(all.iter().filter_map(mac));
    let ip = |one: &nix::ifaddrs::InterfaceAddress| {
        let address = one.address.as_ref()?;
        let v4 = address.as_sockaddr_in().map(|v4| IpAddr::V4(v4.ip()));
        v4.or_else(|| address.as_sockaddr_in6().map(|v6| IpAddr::V6(v6.ip())))
    };
    let one = |name: String| {
        let index = nix::net::if_::if_nametoindex(name.as_str()).ok()?;
        let of: Vec<_> = all.iter().filter(|one| one.interface_name == name).collect();
        Some(Place {
            index,
            mac: of.iter().find_map(|one| mac(one)),
            addresses: of.iter().filter_map(|one| ip(one)).collect(),
            name,
        })
    };
    names.into_iter().filter_map(one).collect()
}

fn ears(subjects: &[Subject], places: &[Place], heard: &mut Heard) -> Vec<Ear> {
    let mut wanted: BTreeMap<(String, Family), BTreeSet<IpAddr>> = BTreeMap::new();
    for one in subjects {
        if let Some(interface) = &one.interface {
            let groups = wanted.entry((interface.clone(), one.family)).or_default();
            groups.extend(one.group);
        }
    }
    let mut ears = Vec::new();
    for ((interface, family), groups) in wanted {
        let Some(place) = places.iter().find(|place| place.name == interface) else {
            continue;
        };
        match ear(place, family, &groups) {
            Ok(socket) => ears.push(Ear {
                socket,
                interface,
                groups,
            }),
            Err(error) => {
                let text =
                    format!("{interface} cannot be listened at ({error}): raw sockets need CAP_NET_RAW");
                heard.fails(Act::Listen, Some(&interface), text);
            }
        }
    }
    ears
}

fn ear(place: &Place, family: Family, groups: &BTreeSet<IpAddr>) -> io::Result<Socket> {
    let domain = match family {
        Family::Ipv4 => Domain::IPV4,
        Family::Ipv6 => Domain::IPV6,
    };
    let socket = Socket::new(domain, Type::RAW, Some(Protocol::from(VRRP)))?;
    socket.set_nonblocking(true)?;
    socket.bind_device(Some(place.name.as_bytes()))?;
    for group in groups {
        match group {
            IpAddr::V4(group) => {
                socket.join_multicast_v4_n(group, &InterfaceIndexOrAddress::Index(place.index))?;
            }
            IpAddr::V6(group) => socket.join_multicast_v6(group, place.index)?,
        }
    }
    // A packet with no hop left is heard in this node and leaves it nowhere, where its group is joined.
    match family {
        Family::Ipv4 => {
            socket.set_multicast_loop_v4(true)?;
            socket.set_multicast_ttl_v4(0)?;
        }
        Family::Ipv6 => {
            socket.set_multicast_loop_v6(true)?;
            socket.set_multicast_hops_v6(0)?;
            socket.set_multicast_if_v6(place.index)?;
        }
    }
    Ok(socket)
}

/// Only to groups that are joined here: to another one the kernel would send it to the wire, and give nothing back.
fn speak(ear: &Ear, heard: &mut Heard) {
    for group in &ear.groups {
        let to = SockAddr::from(SocketAddr::new(*group, 0));
        let key = (ear.interface.clone(), *group);
        match ear.socket.send_to(&test(*group), &to) {
            Ok(_) => {
                heard.looped.insert(key, false);
            }
            // The output rules drop it.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                heard.looped.insert(key, false);
            }
            Err(error) => {
                let interface = &ear.interface;
                let text = format!("no packet of our own can be sent to {group} at {interface} ({error})");
                heard.fails(Act::Speak, Some(interface), text);
            }
        }
    }
}

/// Who has an address is asked as by a node that would like to have it (RFC 5227): nobody learns anything by that.
fn ask(tap: &Socket, subjects: &[Subject], places: &[Place], heard: &mut Heard) {
    for held in subjects.iter().flat_map(|one| &one.addresses) {
        let IpAddr::V4(address) = held.address else {
            continue;
        };
        let named = |place: &&Place| held.device.as_ref() == Some(&place.name);
        let Some(place) = places.iter().find(named) else {
            continue;
        };
        let Some(mac) = place.mac else { continue };
        let mut probe = vec![0, 1, 8, 0, 6, 4, 0, 1];
        probe.extend(mac);
        probe.extend([0; 4]);
        probe.extend([0; 6]);
        probe.extend(address.octets());
        match tap.send_to(&probe, &sys::everybody(ETH_P_ARP, place.index)) {
            Ok(_) => {
                heard.asked.insert((place.name.clone(), address));
            }
            Err(error) => {
                let name = &place.name;
                let text = format!("nobody can be asked for {address} at {name} ({error})");
                heard.fails(Act::Ask, Some(name), text);
            }
        }
    }
}

fn frame(tap: &Socket, buffer: &mut [u8]) -> Option<(usize, LinkAddr)> {
    let (octets, from) = recvfrom::<LinkAddr>(tap.as_raw_fd(), buffer).ok()?;
    Some((octets, from?))
}

fn datagram(socket: &Socket, buffer: &mut [u8]) -> Option<(usize, IpAddr)> {
    use nix::sys::socket::SockaddrStorage;
    let (octets, from) = recvfrom::<SockaddrStorage>(socket.as_raw_fd(), buffer).ok()?;
    let from = from?;
    let v4 = from.as_sockaddr_in().map(|v4| IpAddr::V4(v4.ip()));
    let source = v4.or_else(|| from.as_sockaddr_in6().map(|v6| IpAddr::V6(v6.ip())));
    Some((octets, source?))
}

fn seen(
    frame: &[u8],
    from: &LinkAddr,
    places: &[Place],
    own: &BTreeSet<IpAddr>,
    now: Duration,
    heard: &mut Heard,
) {
    let at = |place: &&Place| usize::try_from(place.index) == Ok(from.ifindex());
    let Some(place) = places.iter().find(at).filter(|_| !is_not_for_us(from.pkttype())) else {
        return;
    };
    if from.protocol() == ETH_P_ARP.to_be() || from.protocol() == ETH_P_ARP {
        if let Some((address, mac)) = answer(frame) {
            let key = (place.name.clone(), address);
            if heard.asked.contains(&key) {
                heard.answers.entry(key).or_default().insert(mac);
            }
        }
        return;
    }
    if let Some(advert) = advert(frame, &place.name).filter(|advert| !own.contains(&advert.source)) {
        keep(advert, now, heard);
    }
}

/// What goes to another node's MAC (a card in promiscuous mode, a flooding switch), what this node sends, and its echo.
const fn is_not_for_us(kind: u8) -> bool {
    const OTHER_HOST: u8 = 3;
    const OUTGOING: u8 = 4;
    const LOOPBACK: u8 = 5;
    matches!(kind, OTHER_HOST | OUTGOING | LOOPBACK)
}

fn keep(advert: Advert, now: Duration, heard: &mut Heard) {
    let key = (advert.interface.clone(), advert.source, advert.vrid);
    if advert.priority > 0 {
        if let Some(span) = heard.spoke.get_mut(&key) {
            span.last = now;
        } else if heard.spoke.len() < KEPT_MAX {
            heard.spoke.insert(
                key,
                Span {
                    first: now,
                    last: now,
                },
            );
        }
    }
    if heard.adverts.len() < KEPT_MAX && !heard.adverts.contains(&advert) {
        heard.adverts.push(advert);
    }
}

/// An ARP reply: who says to have which address.
fn answer(frame: &[u8]) -> Option<(Ipv4Addr, [u8; 6])> {
    let (head, rest) = frame.split_first_chunk::<8>()?;
    let (mac, rest) = rest.split_first_chunk::<6>()?;
    let (address, _) = rest.split_first_chunk::<4>()?;
    (*head == [0, 1, 8, 0, 6, 4, 0, 2]).then_some((Ipv4Addr::from(*address), *mac))
}

fn advert(frame: &[u8], interface: &str) -> Option<Advert> {
    let packet = IpPacket::parse(frame).ok()?;
    let family = Family::of(&packet.source);
    let known = Message::parse_with_trailer(packet.payload, family).ok();
    let vrid = Message::peek_vrid(packet.payload)?;
    let version = Message::peek_version(packet.payload)?;
    Some(Advert {
        interface: interface.to_owned(),
        source: packet.source,
        destination: packet.destination,
        vrid,
        version,
        priority: packet.payload.get(2).copied().unwrap_or_default(),
        addresses: known.map_or_else(Vec::new, |(message, _)| message.addresses().collect()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_to_other_nodes_are_none_of_ours() {
        // linux/if_packet.h: HOST 0, BROADCAST 1, MULTICAST 2, OTHERHOST 3, OUTGOING 4, LOOPBACK 5.
        let skipped: Vec<u8> = (0..6).filter(|kind| is_not_for_us(*kind)).collect();
        assert_eq!(skipped, [3, 4, 5]);
    }

    #[test]
    fn a_farewell_does_not_prolong_the_time_of_who_spoke() {
        let advert = |priority| Advert {
            interface: "eth1".to_owned(),
            source: [192, 0, 2, 2].into(),
            destination: [224, 0, 0, 18].into(),
            vrid: 51,
            version: 3,
            priority,
            addresses: Vec::new(),
        };
        let mut heard = Heard::default();
        for (priority, second) in [(100, 1), (100, 2), (0, 3)] {
            keep(advert(priority), Duration::from_secs(second), &mut heard);
        }
        let key = ("eth1".to_owned(), IpAddr::from([192, 0, 2, 2]), 51);
        let [first, last] = [1, 2].map(Duration::from_secs);
        assert_eq!(heard.spoke[&key], Span { first, last });
        assert_eq!(heard.adverts.len(), 2);
    }
}
