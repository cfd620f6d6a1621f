//! Fields -> octets.

use std::net::IpAddr;

use vrrp_conformance::proves;
use vrrp_core::wire::{Advertisement, ChecksumForm, IpPacket, Message};
use vrrp_core::{Authentication, Family, Interval, Profile, Version, Vrid};

use crate::golden::{Packet, Verdict, addresses, hex, interval, packets, small, text, version};

/// Reserve not zero, and 0xffff where we write 0x0000 (part 10): received, never sent.
const NOT_SENT_BY_US: [&str; 2] = ["G18", "G22"];

/// The typed fields encoded; nothing in it comes from our decoder.
fn encoded(packet: &Packet, source: IpAddr, destination: IpAddr) -> Vec<u8> {
    let fields = packet.message().unwrap();
    let addresses = addresses(&fields["addresses"]);
    let interval = match fields.get("max_advertise_interval_cs") {
        Some(centiseconds) => interval(centiseconds),
        None => Interval::from_seconds(small(&fields["adver_int_s"])).unwrap(),
    };
    let authentication = match fields.get("auth_type").map(small) {
        Some(1) => {
            let data = hex(text(&fields["auth_data_hex"]));
            Authentication::Password(data.try_into().unwrap())
        }
        Some(_) | None => Authentication::None,
    };
    let advertisement = Advertisement {
        version: version(&fields["version"]),
        vrid: Vrid::new(small(&fields["vrid"])).unwrap(),
        priority: small(&fields["priority"]),
        interval,
        addresses: &addresses,
        authentication,
        form: match packet.checksum_right("plain") {
            Some(true) => ChecksumForm::Plain,
            Some(false) | None => ChecksumForm::Pseudo,
        },
    };
    let mut buffer = vec![0xa5; advertisement.encoded_len(Family::of(&source))];
    let length = advertisement.encode(source, destination, &mut buffer).unwrap();
    assert_eq!(length, buffer.len());
    buffer
}

/// V3-5.1-01, V2-5.1-01, V3-5.2.6-01, V3-5.2.8-02, V3-5.2.8-03, V3-5.2.8-04 (a computed zero is sent as zero: G21),
/// V2-5.3.8-01, PRJ-CK-02, A-5.3.10-01, V2-5.3.6.1-01, V3-5.2.9-01.
#[test]
fn every_accepted_packet_is_written_octet_for_octet() {
    let mut written = 0;
    for packet in packets() {
        if matches!(packet.verdict(Profile::Default), Verdict::Discard(_))
            || NOT_SENT_BY_US.contains(&packet.id())
        {
            continue;
        }
        let octets = packet.octets();
        let ip = IpPacket::parse(&octets).unwrap();
        assert_eq!(
            encoded(&packet, ip.source, ip.destination),
            ip.payload,
            "{}",
            packet.named()
        );
        written += 1;
    }
    assert_eq!(written, 77 - 40 - NOT_SENT_BY_US.len());
    proves!("V3-5.1-01", "V2-5.1-01", "V3-5.2.6-01", "V3-5.2.8-02", Obeys);
    proves!("V3-5.2.8-03", "V3-5.2.8-04", "V2-5.3.8-01", "PRJ-CK-02", Obeys);
    proves!("A-5.3.10-01", "A-5.3.6.2-01", "V2-5.3.6.1-01", Obeys);
    proves!("V3-5.2.9-01", "V3-7.2-01", Obeys);
}

/// V3-5.2.8-04: what G22 says with 0xffff, we say with 0x0000.
#[test]
fn a_checksum_of_zero_is_sent_as_zero() {
    let packet = crate::golden::packet("G22");
    let octets = packet.octets();
    let ip = IpPacket::parse(&octets).unwrap();
    let ours = encoded(&packet, ip.source, ip.destination);
    assert_eq!(Message::parse(&ours, Family::Ipv4).unwrap().checksum(), 0);
    assert_eq!(
        Message::parse(ip.payload, Family::Ipv4).unwrap().checksum(),
        0xffff
    );
    proves!("V3-5.2.8-04", Obeys);
}

const V4: [IpAddr; 2] = [
    IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 253)),
    IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 254)),
];

fn advertisement(addresses: &[IpAddr]) -> Advertisement<'_> {
    Advertisement {
        version: Version::V3,
        vrid: Vrid::new(7).unwrap(),
        priority: 100,
        interval: Interval::DEFAULT,
        addresses,
        authentication: Authentication::None,
        form: ChecksumForm::Plain,
    }
}

/// PRJ-IOP-01: max(1, round down(I / 100)) seconds. PRJ-IOP-03: a version 2 copy has the version 2 checksum.
#[test]
fn a_version_2_copy_has_whole_seconds_and_the_plain_checksum() {
    let [source, destination] = V4;
    for (centiseconds, seconds) in [
        (1, 1),
        (99, 1),
        (100, 1),
        (150, 1),
        (299, 2),
        (4095, 40),
        (25_500, 255),
    ] {
        let copy = Advertisement {
            version: Version::V2,
            interval: Interval::from_centiseconds(centiseconds).unwrap(),
            form: ChecksumForm::Pseudo,
            ..advertisement(&V4)
        };
        let mut buffer = [0; 24];
        assert_eq!(copy.encode(source, destination, &mut buffer), Some(24));
        assert_eq!(buffer[5], seconds, "{centiseconds} cs");
        assert!(vrrp_core::wire::verify(&buffer, source, destination).plain);
    }
    proves!("PRJ-IOP-01", "PRJ-IOP-03", Obeys);
}

/// V3-5-01, V3-5.2.9-03: one advertisement never mixes families; PRJ-V6-02: version 2 is not written in IPv6.
#[test]
fn families_cannot_be_mixed() {
    let v6: IpAddr = "fe80::1".parse().unwrap();
    let group6 = Family::Ipv6.group();
    let mixed = [V4[0], v6];
    let mut buffer = [0; 64];
    assert_eq!(advertisement(&mixed).encode(V4[0], V4[1], &mut buffer), None);
    assert_eq!(advertisement(&mixed).encode(v6, group6, &mut buffer), None);
    assert_eq!(advertisement(&V4).encode(V4[0], group6, &mut buffer), None);
    assert_eq!(advertisement(&V4).encode(v6, group6, &mut buffer), None);
    let version_2 = Advertisement {
        version: Version::V2,
        ..advertisement(&[])
    };
    assert_eq!(version_2.encode(v6, group6, &mut buffer), None);
    proves!("V3-5-01", "V3-5.2.9-03", "PRJ-V6-02", Refuses);
}

/// PRJ-MAX-01: 255 addresses are the most; V3-5.2.7-01: 4095 cs the longest interval of version 3.
#[test]
fn what_the_fields_cannot_hold_is_not_written() {
    let [source, destination] = V4;
    let mut buffer = [0; 2048];
    let many = vec![source; 256];
    assert_eq!(
        advertisement(&many).encode(source, destination, &mut buffer),
        None
    );
    assert_eq!(
        advertisement(&many[..255]).encode(source, destination, &mut buffer),
        Some(8 + 255 * 4)
    );
    let slow = |centiseconds| Advertisement {
        interval: Interval::from_centiseconds(centiseconds).unwrap(),
        ..advertisement(&V4)
    };
    assert_eq!(slow(4096).encode(source, destination, &mut buffer), None);
    assert_eq!(slow(4095).encode(source, destination, &mut buffer), Some(16));
    assert_eq!(buffer[4..6], [0x0f, 0xff]);
    assert_eq!(advertisement(&V4).encode(source, destination, &mut [0; 15]), None);
    proves!("PRJ-MAX-01", "V3-5.2.5-02", "V3-5.2.6-01", Refuses);
    proves!("V3-5.2.7-01", Refuses);
}
