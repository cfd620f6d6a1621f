//! HM-04, HM-05, HM-07, HM-12: the order of the checks, and that what is discarded leaves nothing behind.

use vrrp_conformance::proves;
use vrrp_core::wire::{
    ChecksumForm, Difference, IpPacket, Local, Received, Reject, SignatureFault, Warning, difference,
};
use vrrp_core::{HmacMode, InterfaceId, Interval, Ipv4Checksum, Outbox, Path, Router, Settings};

use crate::golden::{packet, packets, settings};
use crate::node::Node;

/// HM-04, HM-06, HM-10: every packet of the list, with its clock and mark.
fn all_of(list: &str) -> usize {
    let mut heard = 0;
    for packet in packets(list) {
        let mut node = Node::before(packet);
        let before = node.future();
        assert_eq!(node.verdict(packet), packet.expected(), "{}", packet.named());
        if packet.expected() != "accept" {
            // HM-07: the tag of HL50 was right, so its mark has moved.
            let after = node.future();
            assert_eq!((after.0, after.1), (before.0, before.1), "{}", packet.named());
            assert_eq!(after == before, packet.text("id") != "HL50", "{}", packet.named());
        }
        heard += 1;
    }
    heard
}

/// HM-01, HM-04, HM-06, HM-07, HM-10.
#[test]
fn hm_04_hm_07_obeys_derived_packets_hb01_to_hb107() {
    assert_eq!(all_of("negative"), 107);
    proves!("HM-04", "HM-07", Obeys);
}

/// HM-04, HM-06, HM-07, HM-12 (HL60).
#[test]
fn hm_04_hm_07_hm_12_obeys_live_packets_hl01_to_hl72() {
    assert_eq!(all_of("live"), 72);
    proves!("HM-04", "HM-07", "HM-12", Obeys);
}

/// As the driver would hand it over.
fn received<'a>(ip: &IpPacket<'a>) -> Received<'a> {
    Received {
        interface: Some(InterfaceId(2)),
        source: ip.source,
        destination: Some(ip.destination),
        hop_limit: Some(ip.hop_limit),
        message: ip.payload,
    }
}

type Fault = fn(&mut Vec<u8>);

/// HM-04: with several faults at once the first of the order is told.
#[test]
fn hm_04_obeys_the_first_fault_is_told() {
    let golden = packet("H01");
    let octets = golden.octets("ip_hex");
    let ip = IpPacket::parse(&octets).unwrap();
    // From the last fault to the first; each is added to those before.
    let faults = [
        ((|m| m[39] ^= 1) as Fault, Reject::HmacMismatch),
        (|m| m[13] = 9, Reject::HmacUnknownKey),
        (|m| m[18] ^= 0x40, Reject::HmacStale),
        (|m| m[12] = 2, Reject::HmacMalformed),
        (|m| m[7] ^= 1, Reject::Checksum),
        (|m| m.push(0), Reject::LengthSurplus),
    ];
    let mut message = ip.payload.to_vec();
    for (fault, reject) in faults {
        fault(&mut message);
        let mut node = Node::before(golden);
        assert_eq!(node.hear(golden.wall(), ip.source, &message), Err(reject));
        assert_eq!(node.router.counters().rejected.get(reject), 1);
    }
    proves!("HM-04", Obeys);
}

/// HM-04: what is asked after the tag is asked: another interval in version 2, signed rightly.
#[test]
fn hm_04_hm_07_obeys_a_right_tag_is_remembered_though_the_fields_are_wrong() {
    let golden = packet("HL50");
    let mut node = Node::before(golden);
    let octets = golden.octets("ip_hex");
    assert_eq!(
        node.hear_packet(Some(golden.wall()), &octets),
        Err(Reject::AuthTypeMismatch)
    );
    assert_eq!(
        node.hear_packet(Some(golden.wall()), &octets),
        Err(Reject::HmacReplay)
    );
    proves!("HM-04", "HM-07", Obeys);
}

/// HM-05: no digest for a packet that is old, and none twice: measured by what a digest would have found.
#[test]
fn hm_05_obeys_the_window_comes_before_the_digest() {
    // Stale and wrong: the tag is not looked at (HB105, HB107).
    for id in ["HB105", "HB107"] {
        let golden = packet(id);
        assert_eq!(Node::before(golden).verdict(golden), "hmac-stale");
    }
    proves!("HM-05", Obeys);
}

/// HM-12: unicast: who is not listed is not worth a digest, though its signature would be right, in keepalived's
/// profile too, where an unlisted source is otherwise believed.
#[test]
fn hm_12_refuses_who_is_not_listed() {
    let golden = packet("HL60");
    let octets = golden.octets("ip_hex");
    let ip = IpPacket::parse(&octets).unwrap();
    let mut settings = settings(golden.text("receiver"));
    settings.check_unicast_source = false;
    let mut router = Router::new();
    let id = router.add(settings.build().unwrap()).unwrap();
    let received = received(&ip);
    let now = vrrp_core::Instant::from_nanos(0);
    let rejected = router
        .receive_at(now, Some(golden.wall()), &received, &mut Outbox::new())
        .unwrap_err();
    assert_eq!(rejected.instance, Some(id));
    assert_eq!(rejected.reject, Reject::DestinationNotGroup);
    assert_eq!(rejected.difference, Some(Difference::NotListed));
    proves!("HM-12", Refuses);
}

/// HM-13: each error is counted for its router and told once a minute, with what differs.
#[test]
fn hm_13_obeys_each_error_is_counted_told_and_explained() {
    let cases = [
        ("HB17", Reject::HmacMissing, SignatureFault::Missing),
        ("HB18", Reject::HmacMalformed, SignatureFault::Kind { theirs: 2 }),
        ("HB03", Reject::HmacUnknownKey, SignatureFault::Key { id: 9 }),
        ("HB01", Reject::HmacMismatch, SignatureFault::Tag { id: 1 }),
        (
            "HB04",
            Reject::HmacStale,
            SignatureFault::Clock {
                ahead_seconds: Some(-6),
            },
        ),
        (
            "HB05",
            Reject::HmacStale,
            SignatureFault::Clock {
                ahead_seconds: Some(6),
            },
        ),
    ];
    for (id, reject, fault) in cases {
        let difference = Some(Difference::Signature(fault));
        let golden = packet(id);
        let octets = golden.octets("ip_hex");
        let ip = IpPacket::parse(&octets).unwrap();
        let received = received(&ip);
        let mut router = Router::new();
        let instance = router
            .add(settings(golden.text("receiver")).build().unwrap())
            .unwrap();
        let lines = (0..10_u64).filter(|number| {
            let now = vrrp_core::Instant::from_nanos(number * 1_000_000);
            let found = router.receive_at(now, Some(golden.wall()), &received, &mut Outbox::new());
            let rejected = found.unwrap_err();
            assert_eq!(
                (rejected.reject, rejected.difference),
                (reject, difference),
                "{id}"
            );
            rejected.log.is_some()
        });
        assert_eq!(lines.count(), 1);
        let counters = router.get(instance).unwrap().counters();
        assert_eq!(counters.rejected.get(reject), 10);
    }
    proves!("HM-13", Obeys);
}

/// HM-10: an unsigned advertisement that is still believed is told with its reason; so is a signed one that is odd in
/// another way, which takes the time of day to believe.
#[test]
fn hm_10_obeys_what_is_still_believed_is_told() {
    let told = |id: &str, warning: Warning, change: fn(&mut Settings)| {
        let golden = packet(id);
        let octets = golden.octets("ip_hex");
        let ip = IpPacket::parse(&octets).unwrap();
        let received = received(&ip);
        let mut settings = settings(golden.text("receiver"));
        change(&mut settings);
        let mut router = Router::new();
        let id = router.add(settings.build().unwrap()).unwrap();
        let now = vrrp_core::Instant::from_nanos(0);
        let accepted = router
            .receive_at(now, Some(golden.wall()), &received, &mut Outbox::new())
            .unwrap();
        assert!(accepted.warnings.contains(warning));
        router.odd(now, id, warning, &received).unwrap().difference
    };
    let missing = told("HB17", Warning::HmacMissing, |s| {
        s.auth_hmac.as_mut().unwrap().mode = HmacMode::Permissive;
    });
    assert_eq!(missing, Some(Difference::Signature(SignatureFault::Missing)));
    let interval = told("H01", Warning::IntervalMismatch, |s| {
        s.interval = Interval::from_seconds(2).unwrap();
    });
    assert!(matches!(interval, Some(Difference::Interval { .. })));
    proves!("HM-10", Obeys);
}

/// PRJ-KEY-01, HM-12: a packet of somebody unlisted goes to a router of this VRID that may believe it, before one that
/// never will.
#[test]
fn hm_12_obeys_an_unlisted_sender_is_somebody_elses() {
    let strict = {
        let mut settings = settings("v3-ip4-unicast-node-b");
        settings.check_unicast_source = false;
        settings
    };
    let mut lax = strict.clone();
    lax.auth_hmac = None;
    if let Path::Unicast { peers, .. } = &mut lax.path {
        peers[0].address = "192.0.2.77".parse().unwrap();
        peers[1].address = "192.0.2.78".parse().unwrap();
    }
    let mut router = Router::new();
    let _first = router.add(strict.build().unwrap()).unwrap();
    let second = router.add(lax.build().unwrap()).unwrap();
    let message = [0x31, 54, 200];
    let received = Received {
        interface: Some(InterfaceId(2)),
        source: "192.0.2.99".parse().unwrap(),
        destination: Some("192.0.2.2".parse().unwrap()),
        hop_limit: Some(255),
        message: &message,
    };
    let now = vrrp_core::Instant::from_nanos(0);
    let rejected = router.receive(now, &received, &mut Outbox::new()).unwrap_err();
    assert_eq!(rejected.instance, Some(second));
    proves!("HM-12", Obeys);
}

/// HM-03, HM-13: what differs is found in front of the trailer.
#[test]
fn hm_13_obeys_other_differences_are_seen_through_the_trailer() {
    let golden = packet("H01");
    let octets = golden.octets("ip_hex");
    let ip = IpPacket::parse(&octets).unwrap();
    let received = received(&ip);
    let of = |change: fn(&mut Settings)| {
        let mut settings = settings(golden.text("receiver"));
        change(&mut settings);
        let config = settings.build().unwrap();
        let local = Local {
            config: &config,
            primary: None,
        };
        difference(&received, &local)
    };
    assert_eq!(of(|_| {}), None);
    assert_eq!(
        of(|settings| settings.ipv4_checksum = Ipv4Checksum::Rfc9568),
        Some(Difference::Checksum {
            theirs: Some(ChecksumForm::Pseudo)
        })
    );
    assert_eq!(
        of(|settings| settings.addresses.push("198.51.100.99".parse().unwrap())),
        Some(Difference::AddressList { theirs: 1, ours: 2 })
    );
    proves!("HM-13", Obeys);
}
