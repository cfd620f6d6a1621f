//! Every packet before its receiver, in every profile.

use vrrp_conformance::proves;
use vrrp_core::Profile;
use vrrp_core::wire::{IpPacket, Reject, Warning, Warnings, judge};

use crate::golden::{Packet, Verdict, packets, received};

fn judged(packet: &Packet, profile: Profile) -> Verdict {
    let receiver = packet.receiver(profile);
    let octets = packet.octets();
    let verdict = IpPacket::parse(&octets).and_then(|ip| judge(&received(&ip), Some(&receiver.local())));
    match verdict {
        Ok(heard) => Verdict::Accept(
            heard
                .warnings
                .iter()
                .map(Warning::id)
                .map(str::to_owned)
                .collect(),
        ),
        Err(reject) => Verdict::Discard(reject.id().to_owned()),
    }
}

/// How many of the packets that `which` begins with are discarded, after comparing each with the file.
fn discarded(which: &str, profile: Profile) -> usize {
    let mut discarded = 0;
    for packet in packets().filter(|packet| packet.id().starts_with(which)) {
        let mut expected = packet.verdict(profile);
        if let Verdict::Accept(warnings) = &mut expected {
            warnings.sort_by_key(|id| Warning::ALL.iter().position(|warning| warning.id() == id));
        }
        let judged = judged(&packet, profile);
        assert_eq!(judged, expected, "{} in {profile:?}", packet.named());
        discarded += usize::from(matches!(judged, Verdict::Discard(_)));
    }
    discarded
}

/// A-5.3.10-01, A-5.3.6.2-01, PRJ-CK-01, PRJ-CK-02, PRJ-IOP-02, PRJ-IP-01, PRJ-RX-02, PRJ-RX-03, V2-5.1-01, V2-5.3.4-01,
/// V2-5.3.4-03, V2-5.3.6-01, V2-5.3.8-01, V3-5.1-01, V3-5.2.4-01, V3-5.2.4-03, V3-5.2.5-02, V3-5.2.6-01, V3-5.2.7-01,
/// V3-5.2.8-02, V3-5.2.8-03, V3-5.2.8-04, V3-5.2.9-01, V3-5.2.9-02, V3-7.1-10, V3-8.4.2-01, V3-8.4.2-04, X-14.
#[test]
fn valid_packets_g01_to_g27() {
    assert_eq!(discarded("G", Profile::Default), 0);
    // G02 has a password, G07 and G09 a pseudo-header, G27 is unicast.
    assert_eq!(discarded("G", Profile::Rfc), 4);
    proves!("V3-7.1-01", "V3-7.1-02", "V3-7.1-03", "V3-7.1-04", Obeys);
    proves!("V3-7.1-05", "V3-7.1-06", "V3-7.1-07", "V3-7.1-08", Obeys);
    proves!("V3-7.1-09", "V3-7.1-12", "V2-7.1-01", "V2-7.1-02", Obeys);
    proves!("V2-7.1-03", "V2-7.1-04", "V2-7.1-05", "V2-7.1-06", Obeys);
    proves!("V2-7.1-07", "V2-7.1-08", "V2-7.1-09", "V3-5.2.2-01", Obeys);
    proves!("V2-5.3.2-01", "V2-5.3.6-01", "V3-5.2.5-01", "SEC-01", Obeys);
    proves!("A-5.3.6.2-02", "V3-5.2.9-02", "V3-5.2.6-01", Obeys);
    proves!("V3-5.2.5-02", "V3-5.2.7-01", "V3-7.1-10", "PRJ-CK-01", Obeys);
    proves!("PRJ-CK-02", "PRJ-IP-01", "PRJ-RX-02", "PRJ-RX-03", Obeys);
    proves!("X-14", "V3-8.4.2-01", Obeys);
}

/// PRJ-RX-05, PRJ-RX-06, PRJ-V6-01, V2-7.1-06, V2-7.1-08, V3-5.1.2.1-01, V3-7.1-09, V3-7.1-10, V3-7.1-11, V3-7.1-13.
#[test]
fn odd_packets_w01_to_w10() {
    assert_eq!(discarded("W", Profile::Default), 0);
    assert_eq!(discarded("W", Profile::Rfc), 5);
    proves!("PRJ-RX-05", "PRJ-RX-06", "PRJ-V6-01", "V2-7.1-08", Obeys);
    proves!("V3-7.1-10", "V3-7.1-11", "V3-7.1-13", Obeys);
    proves!("V2-7.1-06", "V2-7.1-08", "V3-7.1-09", "V3-5.2.9-02", Refuses);
}

/// A-5.3.6.2-02, A-5.3.6.3-01, PRJ-RX-01, PRJ-RX-02, PRJ-RX-04, PRJ-RX-07, PRJ-V6-02, SEC-01, SEC-09, V2-5.3.2-01,
/// V2-5.3.6-01, V2-5.3.8-01, V2-7.1-01, V2-7.1-02, V2-7.1-03, V2-7.1-04, V2-7.1-07, V2-7.1-09, V3-5.1.1.4-01,
/// V3-5.1.2.4-01, V3-5.2.1-01, V2-5.3.1-01, V3-5.2.2-01, V3-5.2.3-01, V3-5.2.5-01, V3-5.2.8-03, V3-7.1-01, V3-7.1-02,
/// V3-7.1-03, V3-7.1-04, V3-7.1-05, V3-7.1-06, V3-7.1-07, V3-7.1-08, V3-7.1-12, V3-8.4.2-02.
#[test]
fn refused_packets_b01_to_b40() {
    assert_eq!(discarded("B", Profile::Default), 40);
    // B27 has no authentication, and neither has its receiver in `rfc`.
    assert_eq!(discarded("B", Profile::Rfc), 39);
    proves!("A-5.3.6.2-02", "A-5.3.6.3-01", "PRJ-RX-01", Refuses);
    proves!("PRJ-RX-02", "PRJ-RX-04", "PRJ-RX-07", "PRJ-V6-02", Refuses);
    proves!("SEC-01", "SEC-09", "V2-5.3.2-01", "V2-5.3.6-01", Refuses);
    proves!("V2-5.3.8-01", "V2-7.1-01", "V2-7.1-02", "V2-7.1-03", Refuses);
    proves!("V2-7.1-04", "V2-7.1-07", "V2-7.1-09", "V3-5.1.1.4-01", Refuses);
    proves!("V3-5.1.2.4-01", "V3-5.2.1-01", "V2-5.3.1-01", Refuses);
    proves!("V3-5.2.2-01", "V3-5.2.3-01", "V3-5.2.5-01", Refuses);
    proves!("V3-5.2.8-03", "V3-5.2.9-03", "V3-7.1-01", "V3-7.1-02", Refuses);
    proves!("V3-7.1-03", "V3-7.1-04", "V3-7.1-05", "V3-7.1-06", Refuses);
    proves!("V3-7.1-07", "V3-7.1-08", "V3-7.1-12", "V3-8.4.2-02", Refuses);
}

/// Part 0.1: 40 of the 77 are discarded in `default`, 48 in `rfc`.
#[test]
fn forty_of_77_are_discarded_in_default_and_48_in_rfc() {
    assert_eq!(packets().count(), 77);
    assert_eq!(discarded("", Profile::Default), 40);
    assert_eq!(discarded("", Profile::Rfc), 48);
}

/// Part 0.1: with the same version, and peers that are listed, an imported keepalived.conf judges like `default`.
#[test]
fn keepalived_judges_all_77_like_default() {
    assert_eq!(discarded("", Profile::Keepalived), 40);
}

/// PRJ-CK-01: an accepted packet tells its sender's form, if there is more than one form and not both verify.
#[test]
fn an_accepted_ipv4_version_3_packet_tells_the_checksum_form() {
    let form = |id| {
        let packet = crate::golden::packet(id);
        let receiver = packet.receiver(Profile::Default);
        let octets = packet.octets();
        let ip = IpPacket::parse(&octets).unwrap();
        judge(&received(&ip), Some(&receiver.local())).unwrap().checksum
    };
    assert_eq!(form("G06"), Some(vrrp_core::wire::ChecksumForm::Plain));
    assert_eq!(form("G07"), Some(vrrp_core::wire::ChecksumForm::Pseudo));
    assert_eq!(form("G01"), None, "version 2 has one form");
    assert_eq!(form("G10"), None, "IPv6 has one form");
    proves!("PRJ-CK-01", Obeys);
}

/// V3-8.4.2-04: seconds of version 2 times 100; the rest as it is.
#[test]
fn an_accepted_packet_hands_over_what_it_says() {
    for packet in packets() {
        let receiver = packet.receiver(Profile::Default);
        let octets = packet.octets();
        let Ok(ip) = IpPacket::parse(&octets) else {
            continue;
        };
        let Ok(heard) = judge(&received(&ip), Some(&receiver.local())) else {
            continue;
        };
        let fields = packet.message().unwrap();
        let centiseconds = match fields.get("max_advertise_interval_cs") {
            Some(centiseconds) => centiseconds.as_u64().unwrap(),
            None => fields["adver_int_s"].as_u64().unwrap() * 100,
        };
        assert_eq!(
            u64::from(heard.interval.centiseconds()),
            centiseconds,
            "{}",
            packet.named()
        );
        assert_eq!(heard.source, ip.source, "{}", packet.named());
        assert_eq!(
            u64::from(heard.priority),
            fields["priority"].as_u64().unwrap(),
            "{}",
            packet.named()
        );
        assert_eq!(
            u64::from(heard.version.number()),
            fields["version"].as_u64().unwrap(),
            "{}",
            packet.named()
        );
    }
    proves!("V3-8.4.2-04", "V3-5.2.7-01", "V2-5.3.7-01", Obeys);
}

/// What a driver logs and asks of the set.
#[test]
fn warnings_are_a_set() {
    let none = Warnings::NONE;
    let two = none
        .with(Warning::AddressListMismatch)
        .with(Warning::IntervalMismatch)
        .with(Warning::IntervalMismatch);
    assert!(none.is_empty() && !two.is_empty());
    assert!(two.contains(Warning::IntervalMismatch) && two.contains(Warning::AddressListMismatch));
    assert!(!two.contains(Warning::HmacMissing) && !none.contains(Warning::IntervalMismatch));
    assert_eq!(
        format!("{none:?} {two:?}"),
        r#"[] ["interval-mismatch", "address-list-mismatch"]"#
    );
}

/// A reason has one name, in logs as in counters.
#[test]
fn a_refusal_is_shown_by_its_id() {
    for reject in Reject::ALL {
        assert_eq!(reject.to_string(), reject.id());
        assert!(!reject.id().is_empty());
    }
}
