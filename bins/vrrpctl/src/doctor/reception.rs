//! What was heard: whether it gets through to programs, who else uses a VRID, who answers for an address.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::finding::{About, Finding};
use super::subject::{Held, Subject};
use super::wire::{Act, Advert, Heard, Span};

/// Whether advertisements come in, tested on the spot. `is_dropped`: a rule has been found that drops them for certain.
pub(super) fn reception(subject: &Subject, heard: &Heard, is_dropped: bool) -> Finding {
    let about = About::one("reception", &subject.name);
    let Some(interface) = subject.hears_on() else {
        return about.unchecked(
            "it has no interface of its own (unicast)",
            "vrrpctl status NAME shows whether its peers are heard",
        );
    };
    if let Some(problem) = heard.problem(Act::Listen, interface) {
        return about.unchecked(problem, "run it as root");
    }
    let time = heard.listened.as_secs_f32();
    let mut adverts = at(subject, interface, heard);
    let mut elsewhere = adverts.iter().map(|advert| advert.destination);
    let elsewhere = elsewhere.find(|to| to.is_multicast() && subject.group != Some(*to));
    adverts.retain(|advert| !advert.destination.is_multicast() || subject.group == Some(advert.destination));
    let at_card: BTreeSet<IpAddr> = adverts.iter().map(|advert| advert.source).collect();
    let through = |source: &IpAddr| heard.received.contains(&(interface.to_owned(), *source));
    let lost: Vec<String> = at_card
        .iter()
        .filter(|source| !through(source))
        .map(ToString::to_string)
        .collect();
    if !lost.is_empty() {
        return about.fault(
            format!(
                "within {time:.1} s packets of protocol 112 of {} came in at {interface}, and none of them reached a socket",
                lost.join(", ")
            ),
            "something in this machine drops them: a packet filter (nftables, iptables, eBPF) or rp_filter. This node does not hear the others and becomes Active beside them",
            "see the checks firewall and sysctl; let protocol 112 in at this interface",
        );
    }
    let others: Vec<String> = at_card.iter().map(ToString::to_string).collect();
    if !others.is_empty() {
        return about.ok(format!(
            "advertisements of {} came in at {interface} and reached a socket, within {time:.1} s",
            others.join(", ")
        ));
    }
    if let Some(group) = elsewhere {
        return about.unchecked(
            format!("advertisements come in at {interface} for the group {group}, which is not joined here"),
            "with vrrp_mcast_group4 or vrrp_mcast_group6 of its file: vrrpctl doctor -f FILE",
        );
    }
    alone(&about, subject, interface, heard, is_dropped)
}

/// Nobody else was heard.
fn alone(about: &About, subject: &Subject, interface: &str, heard: &Heard, is_dropped: bool) -> Finding {
    let time = heard.listened.as_secs_f32();
    let running = subject.running.as_ref();
    let looped = |group| heard.looped.get(&(interface.to_owned(), group));
    let lost =
        format!("a packet of protocol 112 that this node sent to itself at {interface} did not come back");
    match subject.group.and_then(looped) {
        Some(false) if !is_dropped => {
            return about.warning(
                lost,
                "a packet filter in this machine drops it: protocol 112 as a whole, or only this one, for its source (this node) or its TTL (0), which those of others do not have",
                "see the check firewall; vrrpctl doctor beside the running daemons tells whether the others are heard",
            );
        }
        Some(false) => {
            return about.fault(
                lost,
                "a packet filter in this machine drops protocol 112, in or out: nobody would be heard, or hear this node",
                "see the check firewall; let protocol 112 in and out at this interface",
            );
        }
        Some(true) => {
            return about.ok(format!(
                "nobody else speaks at {interface}; a packet of protocol 112 that this node sent to itself came back ({time:.1} s)"
            ));
        }
        None => {}
    }
    if let Some(other) = running.and_then(|running| running.other_active) {
        return about.fault(
            format!("the daemon takes {other} for Active, and within {time:.1} s nothing of it came in at {interface}"),
            "it has just gone silent, or its advertisements are lost on the way",
            "vrrpctl status shows what happens next; look at the cable, the switch (multicast snooping) and the other node",
        );
    }
    if let Some(problem) = heard.problem(Act::Speak, interface) {
        return about.unchecked(
            problem,
            "see the address and the state of the interface (ip address)",
        );
    }
    about.unchecked(
        format!("no other router with VRID {} spoke at {interface} within {time:.1} s, so nothing could come in", subject.vrid),
        "run it on the other node as well: there this one must be heard. While a daemon runs, and for unicast, no packet is sent to test it",
    )
}

fn at<'a>(subject: &Subject, interface: &str, heard: &'a Heard) -> Vec<&'a Advert> {
    let same = |advert: &&Advert| {
        advert.interface == interface
            && advert.vrid == subject.vrid
            && advert.source.is_ipv4() == subject.is_v4()
    };
    heard.adverts.iter().filter(same).collect()
}

/// Who else speaks for the same VRID.
pub(super) fn identity(subject: &Subject, heard: &Heard) -> Vec<Finding> {
    let about = About::one("vrid", &subject.name);
    let vrid = subject.vrid;
    let mut found = Vec::new();
    let incompatible = subject.running.iter().flat_map(|running| &running.incompatible);
    for difference in incompatible {
        found.push(about.fault(
            format!("VRID {vrid}: {difference}"),
            "the two do not understand each other, and both become Active",
            "give both the same version, authentication, addresses and interval; or another virtual_router_id, where it is another service",
        ));
    }
    let Some(interface) = subject.hears_on() else {
        return found;
    };
    let own: BTreeSet<IpAddr> = subject.advertised().into_iter().collect();
    let mut told = BTreeSet::new();
    for advert in at(subject, interface, heard) {
        let theirs: BTreeSet<IpAddr> = advert.addresses.iter().copied().collect();
        let source = advert.source;
        if advert.version != subject.version && told.insert((source, 'v')) {
            found.push(about.fault(
                format!(
                    "{source} speaks version {} for VRID {vrid} at {interface}, this instance version {}",
                    advert.version, subject.version
                ),
                "the two do not understand each other, and both become Active",
                "give both the same version; or another virtual_router_id, where it is another service",
            ));
        } else if !theirs.is_empty() && theirs != own && told.insert((source, 'a')) {
            found.push(other_addresses(&about, subject, advert, own.is_disjoint(&theirs)));
        }
    }
    if found.is_empty() {
        found.push(at_a_time(&about, subject, interface, heard));
    }
    found
}

/// Whether one is Active at a time.
fn at_a_time(about: &About, subject: &Subject, interface: &str, heard: &Heard) -> Finding {
    let vrid = subject.vrid;
    let is_of = |source: &IpAddr| {
        at(subject, interface, heard)
            .iter()
            .any(|advert| advert.source == *source)
    };
    let speaking: Vec<(IpAddr, Span)> = (heard.spoke.iter())
        .filter(|((at, source, of), _)| at == interface && *of == vrid && is_of(source))
        .map(|((_, source, _), span)| (*source, *span))
        .collect();
    let words = |some: &[IpAddr]| {
        some.iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(" and ")
    };
    let all: Vec<IpAddr> = speaking.iter().map(|(source, _)| *source).collect();
    let beside = |(source, span): &(IpAddr, Span)| {
        let mut others = speaking.iter().filter(|(other, _)| other != source);
        others.any(|(_, other)| span.overlaps(*other))
    };
    let together: Vec<IpAddr> = speaking
        .iter()
        .filter(|one| beside(one))
        .map(|(source, _)| *source)
        .collect();
    let who = match (subject.is_active(), all.is_empty(), together.is_empty()) {
        (true, false, _) => format!("this node and {}", words(&all)),
        (false, _, false) => words(&together),
        (_, _, true) if all.len() > 1 => {
            return about.unchecked(
                format!("{} spoke for VRID {vrid} at {interface}, one behind the other: a change of roles, or too short a time", words(&all)),
                "run it again, with --listen 10",
            );
        }
        _ => return about.ok(format!("nobody speaks for VRID {vrid} who should not")),
    };
    about.fault(
        format!("{who} are Active for VRID {vrid} at {interface} at the same time"),
        "each takes the others for silent: clients reach now one, now another",
        "they do not hear each other: run vrrpctl doctor on each; look at packet filters, the switch, and at differences in version or password",
    )
}

fn other_addresses(about: &About, subject: &Subject, advert: &Advert, is_stranger: bool) -> Finding {
    let list = |all: &[IpAddr]| all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let (vrid, source) = (subject.vrid, advert.source);
    let found = format!(
        "{source} speaks for VRID {vrid} with {}, this instance has {}",
        list(&advert.addresses),
        list(&subject.advertised())
    );
    if is_stranger {
        return about.fault(
            found,
            "another service uses the same VRID on this network: each takes the other for its Active, and the lower one serves nobody",
            "choose another virtual_router_id for one of the two, on all its nodes",
        );
    }
    about.warning(
        found,
        "the nodes of one service hold different addresses: after a change of roles some are nowhere",
        "write the same virtual_ipaddress on all nodes; what only one shall have belongs into virtual_ipaddress_excluded",
    )
}

/// Who answers when asked for an address.
pub(super) fn neighbours(subject: &Subject, heard: &Heard) -> Vec<Finding> {
    let about = About::one("neighbours", &subject.name);
    let of_v6 = subject.addresses.iter().any(|held| held.address.is_ipv6());
    let mut found: Vec<Finding> = subject
        .addresses
        .iter()
        .filter_map(|held| answered(&about, subject, held, heard))
        .collect();
    if of_v6 {
        found.push(about.unchecked(
            "who answers for IPv6 addresses is not asked",
            "from another machine: ip -6 neigh show ADDRESS, behind a ping of it",
        ));
    }
    found
}

fn answered(about: &About, subject: &Subject, held: &Held, heard: &Heard) -> Option<Finding> {
    let IpAddr::V4(address) = held.address else {
        return None;
    };
    let device = held.device.clone().unwrap_or_default();
    let key = (device.clone(), address);
    if !heard.asked.contains(&key) {
        let usual = || format!("nobody could be asked for {address} at {device:?}");
        let why = heard.problem(Act::Ask, &device).map_or_else(usual, str::to_owned);
        return Some(about.unchecked(why, "run it as root, where the interface exists"));
    }
    let none = BTreeSet::new();
    let answers = heard.answers.get(&key).unwrap_or(&none);
    let macs: Vec<String> = answers.difference(&heard.own).map(hex).collect();
    let list = macs.join(" and ");
    let speaks = !at(subject, subject.hears_on().unwrap_or_default(), heard).is_empty();
    Some(match (held.here, macs.len()) {
        (true, 0) => about.ok(format!("{address} is here, and nobody else answers for it at {device}")),
        (true, _) => about.fault(
            format!("{address} is here, and {list} answers for it at {device} as well"),
            "clients reach now this node, now the other one",
            "find the machine with this MAC (the switch knows its port); take the address off it, or see the check vrid where it is the other node",
        ),
        (false, 0) if subject.running.as_ref().is_some_and(|running| running.other_active.is_some()) => about.warning(
            format!("another node is Active, and nobody answers for {address} at {device}"),
            "clients do not reach it: its ARP is filtered, or the address is not there",
            "look at vrrpctl status and at the address on that node",
        ),
        (false, 0) => about.ok(format!("nobody answers for {address} at {device}: it is free")),
        (false, 1) if speaks || subject.running.is_some() => {
            about.ok(format!("{address} is with {list} at {device}, one machine"))
        }
        (false, 1) => about.fault(
            format!("{list} answers for {address} at {device}, and nobody speaks for VRID {} there", subject.vrid),
            "the address is in use by a machine that does not share it: both would answer for it",
            "take it off that machine, or choose another address",
        ),
        (false, _) => about.fault(
            format!("{list} answer for {address} at {device}"),
            "clients reach now one, now another",
            "find the machines with these MACs (the switch knows their ports), and leave the address to one of them",
        ),
    })
}

fn hex(mac: &[u8; 6]) -> String {
    let pairs: Vec<String> = mac.iter().map(|octet| format!("{octet:02x}")).collect();
    pairs.join(":")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use vrrp_core::Family;

    use super::super::finding::Level;
    use super::super::subject::{Running, settled};
    use super::super::wire::Problem;
    use super::*;

    fn subject(running: Option<vrrp_control::State>) -> Subject {
        let ours = IpAddr::from([192, 0, 2, 100]);
        Subject {
            name: "VI_1".to_owned(),
            vrid: 51,
            family: Family::Ipv4,
            version: 3,
            interface: Some("eth1".to_owned()),
            group: Some([224, 0, 0, 18].into()),
            peers: Vec::new(),
            addresses: vec![Held {
                address: ours,
                device: Some("eth1".to_owned()),
                advertised: true,
                here: running == Some(vrrp_control::State::Active),
            }],
            virtual_mac: None,
            interval: Duration::from_secs(1),
            running: running.map(|state| Running {
                state,
                other_active: None,
                incompatible: Vec::new(),
            }),
        }
    }

    fn heard(adverts: &[(u8, u8, [u8; 4])], through: bool) -> Heard {
        let mut heard = Heard::default();
        for (last, version, address) in adverts {
            let source = IpAddr::from([192, 0, 2, *last]);
            heard.adverts.push(Advert {
                interface: "eth1".to_owned(),
                source,
                destination: [224, 0, 0, 18].into(),
                vrid: 51,
                version: *version,
                priority: 100,
                addresses: vec![IpAddr::from(*address)],
            });
            let (first, last) = (Duration::ZERO, Duration::from_secs(1));
            heard
                .spoke
                .insert(("eth1".to_owned(), source, 51), Span { first, last });
            if through {
                heard.received.insert(("eth1".to_owned(), source));
            }
        }
        heard.asked.insert(("eth1".to_owned(), [192, 0, 2, 100].into()));
        heard
    }

    const OURS: [u8; 4] = [192, 0, 2, 100];
    const ACTIVE: Option<vrrp_control::State> = Some(vrrp_control::State::Active);
    const BACKUP: Option<vrrp_control::State> = Some(vrrp_control::State::Backup);

    #[test]
    fn what_comes_in_and_reaches_nobody_is_a_fault() {
        assert_eq!(
            reception(&subject(None), &heard(&[(2, 3, OURS)], true), false).level,
            Level::Ok
        );
        let found = reception(&subject(None), &heard(&[(2, 3, OURS)], false), false);
        assert_eq!(found.level, Level::Fault);
        assert!(found.found.contains("192.0.2.2"), "{found:?}");
        let mut other = heard(&[(2, 3, OURS)], false);
        other.adverts[0].destination = [224, 0, 0, 19].into();
        assert_eq!(reception(&subject(None), &other, false).level, Level::Unchecked);
        let mut silent = heard(&[], true);
        assert_eq!(reception(&subject(None), &silent, false).level, Level::Unchecked);
        let group = IpAddr::from([224, 0, 0, 18]);
        for (back, is_dropped, level) in [
            (true, false, Level::Ok),
            (false, true, Level::Fault),
            (false, false, Level::Warning),
        ] {
            silent.looped.insert(("eth1".to_owned(), group), back);
            assert_eq!(reception(&subject(None), &silent, is_dropped).level, level);
        }
        let mut unicast = subject(None);
        unicast.group = None;
        assert_eq!(
            reception(&unicast, &silent, true).level,
            Level::Unchecked,
            "nothing is sent"
        );
    }

    #[test]
    fn a_problem_of_one_interface_is_none_of_another() {
        let problem = |interface: Option<&str>, act| {
            let mut all = heard(&[(2, 3, OURS)], false);
            all.problems.push(Problem {
                act,
                interface: interface.map(str::to_owned),
                text: "eth9 cannot be listened at".to_owned(),
            });
            reception(&subject(None), &all, false).level
        };
        assert_eq!(problem(Some("eth9"), Act::Listen), Level::Fault);
        assert_eq!(problem(Some("eth1"), Act::Listen), Level::Unchecked);
        assert_eq!(problem(None, Act::Listen), Level::Unchecked);
        assert_eq!(problem(Some("eth1"), Act::Ask), Level::Fault);
    }

    #[test]
    fn two_that_speak_one_behind_the_other_are_not_active_at_a_time() {
        let level = |state, times: [[u64; 2]; 2]| {
            let mut all = heard(&[(2, 3, OURS), (3, 3, OURS)], true);
            for ((_, span), [first, last]) in all.spoke.iter_mut().zip(times) {
                let [first, last] = [first, last].map(Duration::from_millis);
                *span = Span { first, last };
            }
            identity(&subject(state), &all)[0].level
        };
        assert_eq!(level(BACKUP, [[0, 900], [1000, 2000]]), Level::Unchecked);
        assert_eq!(level(BACKUP, [[0, 1000], [900, 2000]]), Level::Fault);
        assert_eq!(
            level(ACTIVE, [[0, 900], [1000, 2000]]),
            Level::Fault,
            "this node beside both"
        );
    }

    #[test]
    fn a_role_that_changed_meanwhile_is_no_fault() {
        let level = |before, after| {
            let settled = settled(&[subject(before)], &[subject(after)]);
            identity(&settled[0], &heard(&[(2, 3, OURS)], true))[0].level
        };
        assert_eq!(level(ACTIVE, BACKUP), Level::Ok);
        assert_eq!(level(BACKUP, ACTIVE), Level::Ok);
        assert_eq!(level(ACTIVE, ACTIVE), Level::Fault);
    }

    #[test]
    fn strangers_with_the_same_vrid_are_told_apart_from_peers() {
        let level = |state, adverts: &[(u8, u8, [u8; 4])]| {
            let mut levels: Vec<Level> = identity(&subject(state), &heard(adverts, true))
                .into_iter()
                .map(|one| one.level)
                .collect();
            levels.sort();
            levels.pop().unwrap()
        };
        assert_eq!(level(BACKUP, &[(2, 3, OURS)]), Level::Ok);
        assert_eq!(
            level(BACKUP, &[(2, 3, [198, 51, 100, 9])]),
            Level::Fault,
            "another service"
        );
        assert_eq!(level(BACKUP, &[(2, 2, OURS)]), Level::Fault, "another version");
        assert_eq!(level(ACTIVE, &[(2, 3, OURS)]), Level::Fault, "two at a time");
        assert_eq!(
            level(BACKUP, &[(2, 3, OURS), (3, 3, OURS)]),
            Level::Fault,
            "two others"
        );
        assert_eq!(level(ACTIVE, &[]), Level::Ok);
    }

    #[test]
    fn another_mac_for_our_address_is_a_fault() {
        let mut all = heard(&[], true);
        let level = |state, heard: &Heard| neighbours(&subject(state), heard)[0].level;
        assert_eq!(level(ACTIVE, &all), Level::Ok);
        assert_eq!(level(None, &all), Level::Ok);
        let key = ("eth1".to_owned(), OURS.into());
        all.answers
            .entry(key.clone())
            .or_default()
            .insert([2, 0, 0, 0, 0, 9]);
        assert_eq!(level(ACTIVE, &all), Level::Fault);
        assert_eq!(level(BACKUP, &all), Level::Ok, "the Active's");
        assert_eq!(level(None, &all), Level::Fault, "nobody speaks for it");
        all.own.insert([2, 0, 0, 0, 0, 9]);
        assert_eq!(level(ACTIVE, &all), Level::Ok, "our own");
    }
}
