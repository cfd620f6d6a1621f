//! PRJ-RX-09: a rejected packet is as if it had never come: the world with a flood of them and the world without are
//! equal.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use vrrp_conformance::proves;
use vrrp_core::wire::{Advertisement, ChecksumForm, Reject};
use vrrp_core::{Authentication, Family, Interval, Ipv4Checksum, Priority, Profile, Settings, Version};
use vrrp_sim::{Datagram, Fault, Line, NodeId, What, World, lan};

use crate::{ms, priority};

/// A group, an advertisement that it would believe, and how to spoil it.
struct Spoiled {
    reject: Reject,
    group: fn() -> Vec<Settings>,
    spoil: fn(&mut Datagram),
}

fn three(change: fn(&mut Settings), family: Family) -> Vec<Settings> {
    let routers = [200, 150, 100].map(|value| {
        let mut settings = lan::settings_in(family, priority(value), Interval::DEFAULT);
        change(&mut settings);
        settings
    });
    routers.to_vec()
}

fn version_3() -> Vec<Settings> {
    three(|_| {}, Family::Ipv4)
}

fn version_2() -> Vec<Settings> {
    three(|s| s.version = Version::V2, Family::Ipv4)
}

fn password() -> Vec<Settings> {
    three(
        |s| {
            s.version = Version::V2;
            s.authentication = Authentication::password(b"secret").unwrap();
        },
        Family::Ipv4,
    )
}

fn rfc(settings: &mut Settings) {
    let addresses = settings.addresses.clone();
    let (family, vrid) = (settings.family, settings.vrid);
    let (priority, version) = (settings.priority, settings.version);
    *settings = Settings::new(Profile::Rfc, family, vrid, vrrp_sim::INTERFACE);
    (settings.addresses, settings.priority, settings.version) = (addresses, priority, version);
    settings.ipv4_checksum = Ipv4Checksum::Rfc9568;
}

fn rfc_six() -> Vec<Settings> {
    three(rfc, Family::Ipv6)
}

fn rfc_2() -> Vec<Settings> {
    three(
        |s| {
            s.version = Version::V2;
            rfc(s);
        },
        Family::Ipv4,
    )
}

fn rfc_2_owner() -> Vec<Settings> {
    let mut routers = rfc_2();
    routers.truncate(1);
    routers[0].priority = Priority::OWNER;
    routers
}

/// Makes the checksum right again, in the form that every group accepts.
fn sum(datagram: &mut Datagram) {
    let pseudo = datagram.source.is_ipv6();
    datagram.message[6..8].fill(0);
    let mut octets = datagram.message.clone();
    if pseudo {
        for address in [datagram.source, datagram.destination] {
            let IpAddr::V6(address) = address else {
                panic!("families differ")
            };
            octets.extend(address.octets());
        }
        octets.extend([0, u8::try_from(datagram.message.len()).unwrap(), 0, 112]);
    }
    let mut sum = octets.chunks(2).fold(0_u32, |sum, pair| {
        sum + u32::from(u16::from_be_bytes([pair[0], pair.get(1).copied().unwrap_or(0)]))
    });
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    let sum = !u16::try_from(sum).unwrap();
    datagram.message[6..8].copy_from_slice(&sum.to_be_bytes());
}

fn set(datagram: &mut Datagram, offset: usize, octet: u8) {
    datagram.message[offset] = octet;
    sum(datagram);
}

const KINDS: [Spoiled; 20] = [
    Spoiled {
        reject: Reject::IpTtl,
        group: version_3,
        spoil: |d| d.hop_limit = 254,
    },
    Spoiled {
        reject: Reject::DestinationNotGroup,
        group: version_3,
        spoil: |d| d.destination = "224.0.0.5".parse().unwrap(),
    },
    Spoiled {
        reject: Reject::SourceInvalid,
        group: version_3,
        spoil: |d| d.source = "0.0.0.0".parse().unwrap(),
    },
    // The Active's own address: for the others it is a believable packet, so the group is one router.
    Spoiled {
        reject: Reject::SourceSelf,
        group: alone,
        spoil: |d| d.source = lan::primary(Family::Ipv4, 0),
    },
    Spoiled {
        reject: Reject::SourceNotLinkLocal,
        group: rfc_six,
        spoil: |d| {
            d.source = "2001:db8::7".parse().unwrap();
            sum(d);
        },
    },
    Spoiled {
        reject: Reject::LengthShort,
        group: version_3,
        spoil: |d| {
            d.message.pop();
        },
    },
    Spoiled {
        reject: Reject::LengthSurplus,
        group: version_3,
        spoil: |d| {
            d.message.extend([0; 28]);
        },
    },
    Spoiled {
        reject: Reject::Version,
        group: version_3,
        spoil: |d| set(d, 0, 0x41),
    },
    Spoiled {
        reject: Reject::Type,
        group: version_3,
        spoil: |d| set(d, 0, 0x32),
    },
    Spoiled {
        reject: Reject::Checksum,
        group: version_3,
        spoil: |d| d.message[7] ^= 0x55,
    },
    Spoiled {
        reject: Reject::VridUnknown,
        group: version_3,
        spoil: |d| set(d, 1, 8),
    },
    Spoiled {
        reject: Reject::CountZero,
        group: version_3,
        spoil: |d| {
            d.message.truncate(8);
            set(d, 3, 0);
        },
    },
    Spoiled {
        reject: Reject::IntervalZero,
        group: version_3,
        spoil: |d| {
            d.message[4] = 0;
            set(d, 5, 0);
        },
    },
    Spoiled {
        reject: Reject::FirstAddressNotLinkLocal,
        group: rfc_six,
        spoil: |d| set(d, 8, 0x20),
    },
    Spoiled {
        reject: Reject::AuthTypeUnknown,
        group: version_2,
        spoil: |d| set(d, 4, 3),
    },
    Spoiled {
        reject: Reject::AuthTypeMismatch,
        group: version_2,
        spoil: |d| set(d, 4, 1),
    },
    Spoiled {
        reject: Reject::AuthFailed,
        group: password,
        spoil: |d| set(d, 19, b'x'),
    },
    Spoiled {
        reject: Reject::OwnerConflict,
        group: rfc_2_owner,
        spoil: |_| {},
    },
    Spoiled {
        reject: Reject::AddressListMismatch,
        group: rfc_2,
        spoil: |d| set(d, 11, 99),
    },
    Spoiled {
        reject: Reject::IntervalMismatch,
        group: version_2,
        spoil: |d| set(d, 5, 2),
    },
];

fn alone() -> Vec<Settings> {
    version_3().into_iter().take(1).collect()
}

/// What the best possible rival would send to this group: priority 254, everything else as theirs.
fn believed(settings: &Settings) -> Datagram {
    let (source, destination) = (lan::primary(settings.family, 99), settings.family.group());
    let advertisement = Advertisement {
        version: settings.version,
        vrid: settings.vrid,
        priority: 254,
        interval: settings.interval,
        addresses: &settings.addresses,
        authentication: settings.authentication,
        form: ChecksumForm::Plain,
    };
    let mut message = vec![0; advertisement.encoded_len(settings.family)];
    advertisement.encode(source, destination, &mut message).unwrap();
    Datagram {
        source,
        destination,
        hop_limit: 255,
        message,
    }
}

/// Twenty seconds of a group whose Active dies after ten, with a packet every `every` where there is one.
fn run(routers: &[Settings], flood: Option<(&Arc<Datagram>, Duration)>) -> World {
    let (mut world, nodes) = lan::lan(1, routers.to_vec()).unwrap();
    if nodes.len() > 1 {
        world.at(ms(10_000), Fault::PowerCut(nodes[0]));
    }
    if let Some((datagram, every)) = flood {
        let mut at = ms(1);
        while at < ms(20_000) {
            world.at(at, Fault::Forged(datagram.clone()));
            at += every;
        }
    }
    world.run_until(ms(20_000)).unwrap();
    world
}

fn without_rejects(world: &World) -> Vec<Line> {
    let lines = world.timeline().lines().iter();
    lines
        .filter(|line| !matches!(line.what, What::Rejected { .. }))
        .cloned()
        .collect()
}

/// States with their deadlines, of every router.
fn states(world: &World) -> Vec<String> {
    let routers = world.nodes().flat_map(|(_, node)| node.routers());
    routers
        .map(|router| {
            format!(
                "{:?} {:?} {:?}",
                router.state(),
                router.deadline(),
                router.last_active()
            )
        })
        .collect()
}

fn same_with_and_without(every: Duration) {
    for kind in &KINDS {
        let routers = (kind.group)();
        let mut datagram = believed(&routers[0]);
        (kind.spoil)(&mut datagram);
        let calm = run(&routers, None);
        let flooded = run(&routers, Some((&Arc::new(datagram), every)));
        assert_eq!(
            without_rejects(&calm),
            without_rejects(&flooded),
            "{}",
            kind.reject
        );
        assert_eq!(states(&calm), states(&flooded), "{}", kind.reject);
        let rejects = flooded
            .timeline()
            .lines()
            .iter()
            .filter_map(|line| match line.what {
                What::Rejected { reject, .. } => Some(reject),
                _ => None,
            });
        let rejects = rejects.collect::<Vec<_>>();
        assert!(
            rejects.iter().all(|reject| *reject == kind.reject),
            "{}: {:?}",
            kind.reject,
            rejects[0]
        );
        let at_least = 19_999 / u64::try_from(every.as_millis()).unwrap();
        assert!(
            rejects.len() as u64 >= at_least,
            "{}: {} packets",
            kind.reject,
            rejects.len()
        );
    }
}

/// Two a second of each kind.
#[test]
fn prj_rx_09_two_a_second_change_nothing() {
    same_with_and_without(ms(500));
    proves!("PRJ-RX-09", Obeys);
    proves!("V3-7.1-14", Refuses);
}

/// 5,000 a second would take a while here; a thousand already put one between any two timers.
#[test]
fn prj_rx_09_a_flood_changes_nothing() {
    same_with_and_without(ms(1));
    proves!("PRJ-RX-09", "SEC-11", Obeys);
    proves!("V3-7.1-14", Refuses);
}

/// The same packets unspoiled do change the world: the comparison above can fail.
#[test]
fn an_accepted_packet_does_change_the_world() {
    let routers = version_3();
    let datagram = Arc::new(believed(&routers[0]));
    let calm = run(&routers, None);
    let other = run(&routers, Some((&datagram, ms(500))));
    assert_ne!(without_rejects(&calm), without_rejects(&other));
    assert!(crate::became_active(&other, NodeId(0)).is_empty());
    proves!("PRJ-RX-09", Refuses);
}
