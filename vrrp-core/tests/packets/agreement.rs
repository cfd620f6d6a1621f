//! A peer that is there and not understood: what the packet says about it.

use vrrp_conformance::proves;
use vrrp_core::wire::{ChecksumForm, Difference, IpPacket, Reject, difference, judge};
use vrrp_core::{Interval, Profile, Version, Vrid};

use crate::golden::{Receiver, packet, packets, received, settings};

fn told(id: &str, profile: Profile) -> Option<Difference> {
    let packet = packet(id);
    let receiver = packet.receiver(profile);
    let octets = packet.octets();
    difference(&received(&IpPacket::parse(&octets).ok()?), &receiver.local())
}

#[test]
fn each_kind_of_difference_is_told() {
    let seconds = |seconds| Interval::from_seconds(seconds).unwrap();
    let default = |id| told(id, Profile::Default);
    assert_eq!(default("B01"), Some(Difference::HopLimit { theirs: Some(254) }));
    let version_2 = Difference::Version {
        theirs: 2,
        ours: Version::V3,
    };
    assert_eq!(default("B06"), Some(version_2));
    assert_eq!(default("B15"), Some(Difference::Surplus { octets: 4 }));
    assert_eq!(
        default("B16"),
        Some(Difference::Surplus { octets: 28 }),
        "PRJ-RX-04"
    );
    assert_eq!(default("B17"), Some(Difference::Checksum { theirs: None }));
    let pseudo = Difference::Checksum {
        theirs: Some(ChecksumForm::Pseudo),
    };
    assert_eq!(told("G07", Profile::Rfc), Some(pseudo));
    assert_eq!(default("B26"), Some(Difference::AuthType { theirs: 1, ours: 0 }));
    assert_eq!(default("B27"), Some(Difference::AuthType { theirs: 0, ours: 1 }));
    assert_eq!(default("B28"), Some(Difference::AuthData));
    let none = Difference::Interval {
        theirs: None,
        ours: seconds(1),
    };
    assert_eq!(default("B31"), Some(none));
    let destination = Difference::Destination {
        theirs: Some("192.0.2.2".parse().unwrap()),
        ours: Some("224.0.0.18".parse().unwrap()),
    };
    assert_eq!(default("B32"), Some(destination));
    assert_eq!(
        told("W05", Profile::Rfc),
        default("W05"),
        "rejected or believed with a warning"
    );
    assert!(matches!(
        default("W05"),
        Some(Difference::AddressList { ours: 1, .. })
    ));
    proves!("PRJ-RX-04", "SEC-09", Obeys);
}

/// A packet of another VRID says nothing about our peers, and neither does one that agrees.
#[test]
fn nothing_is_told_of_strangers_and_of_friends() {
    for id in ["B21", "B22", "B11", "B33", "B38", "G01", "G06", "G10", "W09"] {
        assert_eq!(told(id, Profile::Default), None, "{id}");
    }
}

/// Not even when a fault is found before the VRID is asked for: it may be what that other router wants.
#[test]
fn nothing_is_told_of_faulty_packets_for_others() {
    let packet = packet("B01");
    let octets = packet.octets();
    let ip = IpPacket::parse(&octets).unwrap();
    let told = |name| difference(&received(&ip), &Receiver::named(name, Profile::Default).local());
    assert!(told("r-v3-ip4").is_some());
    assert_eq!(told("r-v3-ip4-three"), None, "another VRID");
    let mut other_family = settings("r-v3-ip6", Profile::Default);
    other_family.vrid = Vrid::new(51).unwrap();
    let other_family = Receiver {
        config: other_family.build().unwrap(),
        primary: "fe80::2".parse().unwrap(),
    };
    assert_eq!(
        difference(&received(&ip), &other_family.local()),
        None,
        "another family"
    );
}

/// the most usual mistake with unicast.
#[test]
fn a_sender_that_nobody_listed_is_told() {
    let octets = packet("G27").octets();
    let ip = IpPacket::parse(&octets).unwrap();
    let receiver = Receiver::named("r-v3-ip4-unicast", Profile::Default);
    let mut stranger = received(&ip);
    stranger.source = "192.0.2.9".parse().unwrap();
    assert_eq!(
        difference(&stranger, &receiver.local()),
        Some(Difference::NotListed)
    );
    stranger.source = "127.0.0.1".parse().unwrap();
    stranger.destination = Some("192.0.2.1".parse().unwrap());
    assert!(matches!(
        difference(&stranger, &receiver.local()),
        Some(Difference::Destination { .. })
    ));
    proves!("X-14", Refuses);
}

/// V3-7.1-10: such a packet is believed all the same.
#[test]
fn an_interval_that_is_believed_is_told() {
    let interval = Difference::Interval {
        theirs: Some(Interval::from_centiseconds(4095).unwrap()),
        ours: Interval::from_seconds(1).unwrap(),
    };
    assert_eq!(told("G16", Profile::Default), Some(interval));
}

/// Where nobody is listed, nobody is missing from the list: such a source is no router's.
#[test]
fn nothing_is_told_of_an_impossible_source() {
    let octets = packet("G06").octets();
    let ip = IpPacket::parse(&octets).unwrap();
    let receiver = Receiver::named("r-v3-ip4", Profile::Default);
    let mut impossible = received(&ip);
    impossible.source = "127.0.0.1".parse().unwrap();
    assert_eq!(
        judge(&impossible, Some(&receiver.local())).err(),
        Some(Reject::SourceInvalid)
    );
    assert_eq!(difference(&impossible, &receiver.local()), None);
}

/// PRJ-RX-04 in version 2, whose own 8 octets of Authentication Data are no surplus.
#[test]
fn a_surplus_is_counted_behind_the_authentication_data() {
    let octets = packet("G01").octets();
    let ip = IpPacket::parse(&octets).unwrap();
    let longer = [ip.payload, &[0; 5]].concat();
    let mut longer_received = received(&ip);
    longer_received.message = &longer;
    let receiver = Receiver::named("r-v2", Profile::Default);
    assert_eq!(
        difference(&longer_received, &receiver.local()),
        Some(Difference::Surplus { octets: 5 })
    );
    proves!("PRJ-RX-04", Obeys);
}

/// The daemon writes "peer 192.0.2.1 " in front.
#[test]
fn a_difference_reads_as_half_a_sentence() {
    let say = |id| told(id, Profile::Default).unwrap().to_string();
    assert_eq!(say("B06"), "sends version 2, this router version 3");
    assert_eq!(
        say("B16"),
        "sends 28 octets behind the message, probably keepalived's auth_hmac"
    );
    assert_eq!(say("B28"), "sends another password than this router");
    assert_eq!(
        say("B31"),
        "advertises an interval of 0, this router every 1.00 s"
    );
    assert_eq!(
        say("B32"),
        "sends to 192.0.2.2, this router listens to 224.0.0.18"
    );
    proves!("SEC-09", Obeys);
}

/// No difference prints a password (SEC-08): there is none in the type, and this holds for every golden packet.
#[test]
fn no_difference_prints_a_password() {
    for packet in packets() {
        if let Some(difference) = told(packet.id(), Profile::Default) {
            let shown = format!("{difference} {difference:?}");
            assert!(!shown.contains("vrrp-pw"), "{}: {shown}", packet.named());
        }
    }
    proves!("SEC-08", Refuses);
}
