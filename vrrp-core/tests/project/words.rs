//! What users read: each contradiction in the settings, and each way in which a peer differs, names what was found and what
//! would do.

use vrrp_core::wire::{ChecksumForm, Difference, SignatureFault};
use vrrp_core::{
    Authentication, Family, Health, Interval, Path, Peer, Priority, Profile, Settings, Tracker, Version,
    Weight,
};

use crate::subject::{cs, default, ip, rfc, rfc_6, settings};

type Change = fn(&mut Settings);

fn complaint(mut settings: Settings, change: Change) -> String {
    change(&mut settings);
    settings.build().unwrap_err().to_string()
}

fn unicast(settings: &mut Settings, local: Option<&str>, peers: &[(&str, u8, u8)]) {
    let peer = |(address, min, max): &(&str, u8, u8)| Peer {
        address: ip(address),
        hop_limit_min: *min,
        hop_limit_max: *max,
    };
    settings.path = Path::Unicast {
        local: local.map(ip),
        peers: peers.iter().map(peer).collect(),
    };
}

fn tracker(weight: i16) -> Tracker {
    Tracker {
        weight: Weight::from_keepalived(weight, false),
        initial: Health::Up,
    }
}

fn complain(base: &Settings, cases: &[(&str, Change)]) {
    for (words, change) in cases {
        assert_eq!(complaint(base.clone(), *change), *words);
    }
}

#[test]
fn settings_that_contradict_the_protocol_are_told() {
    complain(
        &default(100, 100),
        &[
            (
                "version 2 sends whole seconds from 1 to 255, not 1.50 s; use version 3",
                |s| {
                    s.version = Version::V2;
                    s.interval = cs(150);
                },
            ),
            ("version 3 sends 0.01 to 40.95 s, not 40.96 s", |s| {
                s.interval = cs(4096)
            }),
            ("a password belongs to version 2 outside the rfc profile", |s| {
                s.authentication = Authentication::password(b"secret").unwrap();
            }),
            ("v2_interop needs version 3 and IPv4", |s| {
                s.version = Version::V2;
                s.v2_interop = true;
            }),
            ("no virtual address to advertise", |s| s.addresses.clear()),
            ("256 advertised addresses; at most 255 fit", |s| {
                s.addresses = (0..=255).map(|host| ip(&format!("10.0.0.{host}"))).collect();
            }),
            (
                "2001:db8::1 is not IPv4 as the router is; hold it without advertising it",
                |s| {
                    s.addresses.push(ip("2001:db8::1"));
                },
            ),
            ("198.51.100.1 is listed twice", |s| {
                s.addresses.push(ip("198.51.100.1"))
            }),
            ("198.51.100.1 is listed twice", |s| {
                s.held_only.push(ip("198.51.100.1"))
            }),
            ("priority 255 always preempts", |s| {
                s.priority = Priority::OWNER;
                s.preempt = false;
            }),
            ("a preempt delay needs preemption", |s| {
                s.preempt = false;
                s.preempt_delay_nanos = 1;
            }),
            ("at least one announcement is sent on becoming Active", |s| {
                s.announcements.at_once = 0
            }),
            ("101 missed advertisements; 1 to 100 are possible", |s| {
                s.down_adverts = 101
            }),
            ("stepping back after a stall needs nopreempt", |s| {
                s.step_back_when_stalled = true
            }),
            ("preempt_delay_nanos is out of range", |s| {
                s.preempt_delay_nanos = 65_535_000_000_001
            }),
            ("trackers is out of range", |s| s.trackers.push(tracker(255))),
            ("more than 65535 tracked objects", |s| {
                s.trackers = vec![tracker(0); 65_536];
            }),
        ],
    );
    let six = settings(Profile::Default, Family::Ipv6, 100, 100);
    complain(
        &six,
        &[("VRRP version 2 does not exist in IPv6; use version 3", |s| {
            s.version = Version::V2
        })],
    );
}

#[test]
fn paths_that_lead_nowhere_are_told() {
    complain(
        &default(100, 100),
        &[
            (
                "no interface; only unicast with a source address can do without",
                |s| s.interface = None,
            ),
            (
                "no interface; only unicast with a source address can do without",
                |s| {
                    s.interface = None;
                    unicast(s, None, &[("192.0.2.20", 255, 255)]);
                },
            ),
            ("192.0.2.1 is not a multicast group of the router's family", |s| {
                s.path = Path::Multicast {
                    group: ip("192.0.2.1"),
                };
            }),
            ("unicast without a peer", |s| unicast(s, None, &[])),
            (
                "peer 192.0.2.20 could never be heard: its smallest hop limit is above its largest",
                |s| unicast(s, None, &[("192.0.2.20", 255, 254)]),
            ),
            ("224.0.0.18 is no unicast peer: no packet can come from it", |s| {
                unicast(s, None, &[("224.0.0.18", 255, 255)]);
            }),
            ("0.0.0.0 is no unicast peer: no packet can come from it", |s| {
                unicast(s, None, &[("0.0.0.0", 255, 255)]);
            }),
            ("192.0.2.20 is listed twice", |s| {
                unicast(s, None, &[("192.0.2.20", 255, 255), ("192.0.2.20", 1, 255)]);
            }),
            (
                "fe80::20 is not IPv4 as the router is; hold it without advertising it",
                |s| {
                    unicast(s, None, &[("fe80::20", 255, 255)]);
                },
            ),
            (
                "fe80::10 is not IPv4 as the router is; hold it without advertising it",
                |s| {
                    unicast(s, Some("fe80::10"), &[("192.0.2.20", 255, 255)]);
                },
            ),
        ],
    );
}

/// The profile `rfc` names the setting that goes beyond it.
#[test]
fn what_the_rfc_does_not_have_is_told_by_name() {
    complain(
        &rfc(100, 100),
        &[
            ("unicast peers are not in the RFC", |s| {
                unicast(s, None, &[("192.0.2.20", 255, 255)])
            }),
            (
                "preempt_delay_nanos goes beyond the RFC; use another profile",
                |s| s.preempt_delay_nanos = 1,
            ),
            ("down_adverts goes beyond the RFC; use another profile", |s| {
                s.down_adverts = 4
            }),
            ("hold goes beyond the RFC; use another profile", |s| s.hold = true),
            ("held_only goes beyond the RFC; use another profile", |s| {
                s.held_only.push(ip("10.9.9.9"))
            }),
        ],
    );
    complain(
        &rfc_6(100, 100),
        &[(
            "the first IPv6 address must be link-local, not 2001:db8::1",
            |s| {
                s.addresses.insert(0, ip("2001:db8::1"));
            },
        )],
    );
}

fn each_is_told(cases: &[(Difference, &str)]) {
    for (difference, words) in cases {
        assert_eq!(difference.to_string(), *words);
    }
}

/// Each continues the sentence "peer 192.0.2.2 …".
#[test]
fn what_a_peer_does_otherwise_is_told() {
    let second = Interval::DEFAULT;
    let cases = [
        (
            Difference::Version {
                theirs: 2,
                ours: Version::V3,
            },
            "sends version 2, this router version 3",
        ),
        (
            Difference::Interval {
                theirs: Some(cs(250)),
                ours: second,
            },
            "advertises every 2.50 s, this router every 1.00 s",
        ),
        (
            Difference::Interval {
                theirs: None,
                ours: second,
            },
            "advertises an interval of 0, this router every 1.00 s",
        ),
        (
            Difference::AuthType { theirs: 2, ours: 1 },
            "sends authentication type 2, this router type 1",
        ),
        (Difference::AuthData, "sends another password than this router"),
        (
            Difference::AddressList { theirs: 2, ours: 2 },
            "advertises 2 addresses that are not all those of this router",
        ),
        (
            Difference::AddressList { theirs: 1, ours: 3 },
            "advertises 1 addresses, this router has 3",
        ),
    ];
    each_is_told(&cases);
}

/// The same of what carries the message, and of what surrounds it.
#[test]
fn a_peer_that_cannot_be_meant_is_told() {
    let cases = [
        (
            Difference::Checksum {
                theirs: Some(ChecksumForm::Plain),
            },
            "sends checksums without pseudo-header, this router expects one",
        ),
        (
            Difference::Checksum {
                theirs: Some(ChecksumForm::Pseudo),
            },
            "sends checksums with a pseudo-header, this router expects none",
        ),
        (Difference::Checksum { theirs: None }, "sends wrong checksums"),
        (
            Difference::HopLimit { theirs: Some(64) },
            "is heard with TTL or Hop Limit 64, as if it were not on this link",
        ),
        (
            Difference::HopLimit { theirs: None },
            "is heard without a TTL or Hop Limit",
        ),
        (
            Difference::Destination {
                theirs: Some(ip("192.0.2.1")),
                ours: Some(ip("224.0.0.18")),
            },
            "sends to 192.0.2.1, this router listens to 224.0.0.18",
        ),
        (
            Difference::Destination {
                theirs: None,
                ours: Some(ip("224.0.0.18")),
            },
            "is heard without a destination",
        ),
        (
            Difference::Destination {
                theirs: Some(ip("192.0.2.1")),
                ours: None,
            },
            "sends to this router, which has no address to listen to",
        ),
        (
            Difference::NotListed,
            "is not among the unicast peers of this router",
        ),
        (
            Difference::Surplus { octets: 28 },
            "sends 28 octets behind the message, probably keepalived's auth_hmac",
        ),
        (
            Difference::Surplus { octets: 3 },
            "sends 3 octets behind the message",
        ),
    ];
    each_is_told(&cases);
}

/// SEC-08: ids are told, keys never.
#[test]
fn how_a_peer_signs_otherwise_is_told() {
    let clock = |ahead_seconds| SignatureFault::Clock { ahead_seconds };
    let cases = [
        (
            SignatureFault::Missing,
            "does not sign its advertisements, and this router believes signed ones only",
        ),
        (
            SignatureFault::Kind { theirs: 3 },
            "signs in an unknown way, with a trailer of type 3",
        ),
        (
            SignatureFault::Key { id: 9 },
            "signs with key 9, which this router does not have",
        ),
        (
            SignatureFault::Tag { id: 1 },
            "signs with another key 1 than this router's, or as keepalived before 2.4.2 did",
        ),
        (
            clock(Some(-40)),
            "signs with a clock that is 40 s behind this router's",
        ),
        (
            clock(Some(31)),
            "signs with a clock that is 31 s ahead of this router's",
        ),
        (
            clock(None),
            "signs with the time of day, which this router was not told",
        ),
    ];
    for (fault, words) in cases {
        assert_eq!(Difference::Signature(fault).to_string(), words);
    }
}
