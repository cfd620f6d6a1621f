//! Octets -> fields.

use vrrp_conformance::proves;
use vrrp_core::wire::{IpPacket, Message, Reject, verify};
use vrrp_core::{Family, Profile, Version};

use crate::golden::{Packet, Verdict, address, addresses, hex, packets, small, text};

/// Discarded for the IP header alone?
fn header_fault(packet: &Packet) -> Option<String> {
    let header = [Reject::IpMalformed, Reject::IpNotVrrp, Reject::IpFragment];
    match packet.verdict(Profile::Default) {
        Verdict::Discard(id) if header.iter().any(|reject| reject.id() == id) => Some(id),
        Verdict::Discard(_) | Verdict::Accept(_) => None,
    }
}

/// PRJ-RX-02 (options skipped: G19; checksum, Total Length, fragments: B35, B36, B37), PRJ-RX-03 (padding: G20),
/// PRJ-IP-01 (any DSCP: G24), V3-5.1.1.4-01 (B33), V3-5.1.2.4-01 (B34).
#[test]
fn every_ip_header_reads_as_typed_or_fails_as_typed() {
    for packet in packets() {
        let octets = packet.octets();
        let parsed = IpPacket::parse(&octets);
        if let Some(id) = header_fault(&packet) {
            assert_eq!(parsed.unwrap_err().id(), id, "{}", packet.named());
            continue;
        }
        let parsed = parsed.unwrap_or_else(|reject| panic!("{}: {reject}", packet.named()));
        let ip = packet.ip();
        let hop_limit = ip.get("ttl").unwrap_or(&ip["hop_limit"]);
        assert_eq!(parsed.source, address(&ip["src"]), "{}", packet.named());
        assert_eq!(parsed.destination, address(&ip["dst"]), "{}", packet.named());
        assert_eq!(parsed.hop_limit, small(hop_limit), "{}", packet.named());
        assert_eq!(
            parsed.payload.len(),
            packet.message_octets(),
            "{}",
            packet.named()
        );
        assert_eq!(parsed.family() == Family::Ipv4, small(&ip["version"]) == 4);
    }
    proves!("PRJ-RX-02", "PRJ-RX-03", "PRJ-IP-01", Obeys);
    proves!("PRJ-RX-02", "V3-5.1.1.4-01", "V3-5.1.2.4-01", Refuses);
}

/// V3-5.1-01, V2-5.1-01, V3-5.2.5-02 (255 addresses: G23), V3-5.2.6-01 (Reserve ignored: G18), V3-5.2.7-01,
/// V3-5.2.9-01, V2-5.3.9-01 (G03), A-5.3.6.2-01 (G02), V2-5.3.6.1-01.
#[test]
fn every_complete_message_reads_as_typed() {
    let mut read = 0;
    for packet in packets().filter(|packet| header_fault(packet).is_none()) {
        let octets = packet.octets();
        let ip = IpPacket::parse(&octets).unwrap();
        let Ok(message) = Message::parse(ip.payload, ip.family()) else {
            continue;
        };
        read += 1;
        let named = packet.named();
        let fields = packet.message().unwrap();
        assert_eq!(message.version().number(), small(&fields["version"]), "{named}");
        assert_eq!(message.kind(), small(&fields["type"]), "{named}");
        assert_eq!(message.vrid(), small(&fields["vrid"]), "{named}");
        assert_eq!(message.priority(), small(&fields["priority"]), "{named}");
        assert_eq!(message.count(), small(&fields["addr_count"]), "{named}");
        assert_eq!(
            format!("0x{:04x}", message.checksum()),
            text(&fields["checksum"]),
            "{named}"
        );
        assert_eq!(
            message.addresses().collect::<Vec<_>>(),
            addresses(&fields["addresses"]),
            "{named}"
        );
        let interval = u64::from(message.interval_centiseconds());
        match message.version() {
            Version::V3 => {
                assert_eq!(
                    Some(interval),
                    fields["max_advertise_interval_cs"].as_u64(),
                    "{named}"
                );
                assert_eq!(message.authentication(), None, "{named}");
            }
            Version::V2 => {
                let (kind, data) = message.authentication().unwrap();
                assert_eq!(
                    interval,
                    u64::from(small(&fields["adver_int_s"])) * 100,
                    "{named}"
                );
                assert_eq!(kind, small(&fields["auth_type"]), "{named}");
                assert_eq!(data.to_vec(), hex(text(&fields["auth_data_hex"])), "{named}");
            }
        }
    }
    // 77 without 5 header faults (B33 to B37), 5 of another version or type (B04, B05, B08, B09, B10), 5 short, 2 with a surplus.
    assert_eq!(read, 60);
    proves!("V3-5.1-01", "V2-5.1-01", "V3-5.2.1-01", "V2-5.3.1-01", Obeys);
    proves!("V3-5.2.5-02", "V3-5.2.6-01", "V3-5.2.7-01", Obeys);
    proves!("V2-5.3.7-01", "V3-5.2.9-01", "V3-5.2.9-03", Obeys);
    proves!("V2-5.3.9-01", "A-5.3.6.2-01", Obeys);
}

/// V3-5.2.8-01 to V3-5.2.8-04, V2-5.3.8-01, PRJ-CK-02; G21 and G22 are the two zeros.
#[test]
fn every_checksum_is_right_exactly_in_the_forms_typed() {
    for packet in packets().filter(|packet| header_fault(packet).is_none()) {
        let octets = packet.octets();
        let ip = IpPacket::parse(&octets).unwrap();
        let Some(plain) = packet.checksum_right("plain") else {
            continue;
        };
        let verified = verify(ip.payload, ip.source, ip.destination);
        assert_eq!(verified.plain, plain, "{}", packet.named());
        assert_eq!(
            Some(verified.pseudo),
            packet.checksum_right("pseudo"),
            "{}",
            packet.named()
        );
    }
    proves!("V3-5.2.8-01", "V3-5.2.8-02", "V3-5.2.8-03", Obeys);
    proves!("V3-5.2.8-04", "V2-5.3.8-01", "PRJ-CK-02", Obeys);
    proves!("V3-5.2.8-01", "V3-5.2.8-02", "V3-5.2.8-03", Refuses);
    proves!("V2-5.3.8-01", "PRJ-CK-02", Refuses);
}

/// A router is found by the VRID before anything else is known; nothing is read that is not there (PRJ-RX-08).
#[test]
fn vrid_and_version_can_be_peeked_at_in_any_octets() {
    assert_eq!(Message::peek_vrid(&[0x31, 51, 0]), Some(51));
    assert_eq!(Message::peek_vrid(&[0x31]), None);
    assert_eq!(Message::peek_version(&[0x21]), Some(2));
    assert_eq!(Message::peek_version(&[]), None);
    proves!("PRJ-RX-08", Obeys);
}

/// PRJ-RX-02: a header length below 20 octets, or beyond what was received, names no header.
#[test]
fn impossible_header_lengths_are_malformed() {
    let good = crate::golden::packet("G06").octets();
    assert!(IpPacket::parse(&good).is_ok());
    for header_words in [0, 4, 9, 15] {
        let mut octets = good.clone();
        octets[0] = 0x40 | header_words;
        assert_eq!(
            IpPacket::parse(&octets),
            Err(Reject::IpMalformed),
            "{header_words} words"
        );
    }
    // 16 octets with a right checksum of their own.
    let mut short = good.clone();
    short[0] = 0x44;
    short[10..12].fill(0);
    let sum: u32 = short[..16]
        .chunks(2)
        .map(|word| u32::from(word[0]) * 256 + u32::from(word[1]))
        .sum();
    let sum = u16::try_from((sum & 0xffff) + (sum >> 16)).unwrap();
    short[10..12].copy_from_slice(&(!sum).to_be_bytes());
    assert_eq!(IpPacket::parse(&short), Err(Reject::IpMalformed));
    for length in 0..good.len() {
        assert_eq!(
            IpPacket::parse(&good[..length]),
            Err(Reject::IpMalformed),
            "{length} octets"
        );
    }
    proves!("PRJ-RX-02", Refuses);
}

/// PRJ-RX-03 in IPv6: octets after Payload Length are padding; fewer than it says are no packet.
#[test]
fn the_payload_length_of_ipv6_is_kept_to() {
    let good = crate::golden::packet("G10").octets();
    let padded = [good.as_slice(), &[0xff; 6]].concat();
    assert!(IpPacket::parse(&good).is_ok());
    assert_eq!(IpPacket::parse(&padded), IpPacket::parse(&good));
    for length in 0..good.len() {
        assert_eq!(
            IpPacket::parse(&good[..length]),
            Err(Reject::IpMalformed),
            "{length} octets"
        );
    }
    proves!("PRJ-RX-03", Obeys);
    proves!("PRJ-RX-03", Refuses);
}

/// V3-5.2.8-04: right is a sum of 0xffff; a sum of 0, which only octets of zero have, is not. An odd octet is the high
/// half of its word (RFC 1071).
#[test]
fn only_a_sum_of_all_ones_is_right() {
    let nowhere = "0.0.0.0".parse().unwrap();
    assert!(!verify(&[0; 12], nowhere, nowhere).plain);
    assert!(verify(&[0xff, 0xff], nowhere, nowhere).plain);
    assert!(verify(&[0x0f, 0xff, 0xf0], nowhere, nowhere).plain);
    assert!(!verify(&[0xff, 0x0f, 0xf0], nowhere, nowhere).plain);
    proves!("V3-5.2.8-04", Refuses);
}
