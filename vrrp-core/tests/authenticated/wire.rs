//! HM-01 to HM-03: layout, tag, checksum; every captured packet, octet for octet.

use vrrp_conformance::proves;
use vrrp_core::wire::{IpPacket, Message, Received, Reject, Trailer, judge};
use vrrp_core::{Family, Ipv4Checksum, WallClock};

use crate::golden::{Packet, key, other, packet, packets, primary, settings};
use crate::node::{Node, h01, tag};

/// The clock that gives this sequence: the fraction is rounded down, so rounded up it comes back.
fn clock_of(seconds: u64, fraction: u64) -> WallClock {
    let nanos = (fraction * 1_000_000_000).div_ceil(65_536);
    WallClock {
        seconds,
        nanos: nanos as u32,
    }
}

/// HM-01, HM-02, HM-03: what keepalived 2.4.3 sent is what this router sends at the same time from the same state.
#[test]
fn hm_01_hm_02_hm_03_obeys_captured_packets_h01_to_h30_are_sent_again() {
    let mut sent = 0;
    for packet in packets("captured") {
        let octets = packet.octets("ip_hex");
        let ip = IpPacket::parse(&octets).unwrap();
        let name = other(packet.text("receiver"));
        assert_eq!(ip.source, primary(&name));
        let mut settings = settings(&name);
        settings.ipv4_checksum = Ipv4Checksum::PseudoHeader;
        let mut node = Node::new(settings, ip.source);
        let wall = clock_of(packet.number("seconds"), packet.number("fraction"));
        let draft = vrrp_core::Draft {
            priority: packet.number("priority") as u8,
            version: node.router.config().version,
        };
        let mut buffer = [0xee; 128];
        let sealed = node.router.seal(draft, Some(wall));
        let length = sealed.encode(ip.destination, &mut buffer).unwrap();
        assert_eq!(buffer[..length], *ip.payload, "{}", packet.named());
        assert_eq!(length, sealed.encoded_len());
        assert!(buffer[length..].iter().all(|octet| *octet == 0xee));
        sent += 1;
    }
    assert_eq!(sent, 30);
    proves!("HM-01", "HM-02", "HM-03", Obeys);
}

/// HM-01, HM-03: and is believed when it is heard.
#[test]
fn hm_01_hm_03_obeys_captured_packets_h01_to_h30_are_believed() {
    for packet in packets("captured") {
        let mut node = Node::before(packet);
        assert_eq!(node.verdict(packet), "accept", "{}", packet.named());
        assert_eq!(node.router.counters().advertisement_rcvd, 1);
    }
    proves!("HM-01", "HM-03", Obeys);
}

/// HM-01: the fields of the trailer.
#[test]
fn hm_01_obeys_the_layout() {
    for packet in packets("captured") {
        let octets = packet.octets("ip_hex");
        let ip = IpPacket::parse(&octets).unwrap();
        let (_, trailer) = Message::parse_with_trailer(ip.payload, ip.family()).unwrap();
        let trailer = trailer.unwrap();
        assert_eq!((trailer.kind, trailer.reserved), (1, 0));
        assert_eq!(u64::from(trailer.key_id), packet.number("key_id"));
        let sequence =
            packet.number("seconds") << 32 | packet.number("fraction") << 16 | packet.number("counter");
        assert_eq!(trailer.sequence, sequence);
        assert_eq!(u64::from(trailer.seconds()), packet.number("seconds"));
        assert_eq!(trailer.tag.to_vec(), packet.octets("tag"));
        assert_eq!(trailer.to_octets(), ip.payload[ip.payload.len() - 28..]);
    }
    proves!("HM-01", Obeys);
}

/// HM-01: message, or message and 28: nothing else, and the trailer only where it is asked for.
#[test]
fn hm_01_refuses_any_other_length() {
    let (mut node, source, wall, payload) = h01();
    assert_eq!(payload.len(), 40);
    for length in 0..40 {
        let error = node.hear(wall, source, &payload[..length]).unwrap_err();
        let expected = match length {
            0..12 => Reject::LengthShort,
            12 => Reject::HmacMissing,
            _ => Reject::LengthSurplus,
        };
        assert_eq!(error, expected, "{length}");
    }
    for more in [1, 2, 4, 28] {
        let mut longer = payload.clone();
        longer.extend(vec![0; more]);
        assert_eq!(node.hear(wall, source, &longer), Err(Reject::LengthSurplus));
    }
    assert_eq!(Message::parse(&payload, Family::Ipv4), Err(Reject::LengthSurplus));
    let mut without = settings("v3-ip4-node-b");
    without.auth_hmac = None;
    let mut without = Node::new(without, primary("v3-ip4-node-b"));
    assert_eq!(without.hear(wall, source, &payload), Err(Reject::LengthSurplus));
    let received = Received {
        interface: None,
        source,
        destination: Some(Family::Ipv4.group()),
        hop_limit: Some(255),
        message: &payload,
    };
    assert_eq!(
        judge(&received, None),
        Err(Reject::LengthSurplus),
        "no router of this VRID"
    );
    proves!("HM-01", Refuses);
}

/// HM-02: the tag's input as it was computed beside the captures, and both published images.
#[test]
fn hm_02_obeys_the_input_of_the_tag() {
    for packet in packets("captured") {
        let key = key(packet.text("receiver"), packet.number("key_id") as u8);
        assert_eq!(
            tag(&key, &packet.octets("input_hex"))[..16],
            packet.octets("tag"),
            "{}",
            packet.named()
        );
    }
    for (id, receiver, address) in [
        ("HV01", "v3-ip4-monotonic-node-b", "192.0.2.100"),
        ("HV02", "v3-ip6-unicast-node-b", "fe80::100"),
    ] {
        let packet = packet(id);
        assert_eq!(
            published(packet, receiver, address),
            "accept",
            "{}",
            packet.named()
        );
    }
    proves!("HM-02", Obeys);
}

/// A vector out of every window, heard by a router that has none.
fn published(packet: Packet, receiver: &str, address: &str) -> &'static str {
    let octets = packet.octets("ip_hex");
    let ip = IpPacket::parse(&octets).unwrap();
    let mut settings = settings(receiver);
    settings.vrid = vrrp_core::Vrid::new(51).unwrap();
    settings.addresses = vec![address.parse().unwrap()];
    let auth = settings.auth_hmac.as_mut().unwrap();
    auth.anti_replay = vrrp_core::AntiReplay::Monotonic;
    assert_eq!(packet.octets("key_hex"), key(receiver, 1));
    if let vrrp_core::Path::Unicast { local, peers } = &mut settings.path {
        *local = Some(ip.destination);
        peers[0].address = ip.source;
    }
    let mut node = Node::new(settings, primary(receiver));
    match node.hear_packet(None, &octets) {
        Ok(_) => "accept",
        Err(reject) => reject.id(),
    }
}

/// HM-02: every bit that the tag covers, and none of the destination: version 2 and 3, IPv4 and IPv6.
#[test]
fn hm_02_refuses_a_change_of_any_bit() {
    for id in ["H01", "H05", "H09", "H13"] {
        let packet = packet(id);
        let octets = packet.octets("ip_hex");
        let ip = IpPacket::parse(&octets).unwrap();
        for bit in 0..ip.payload.len() * 8 {
            let mut changed = ip.payload.to_vec();
            changed[bit / 8] ^= 1 << (bit % 8);
            let mut node = Node::before(packet);
            let before = node.future();
            assert!(
                node.hear(packet.wall(), ip.source, &changed).is_err(),
                "{id} bit {bit}"
            );
            assert_eq!(node.future(), before, "{id} bit {bit}");
        }
    }
    proves!("HM-02", Refuses);
}

/// HM-03: where the checksum ends.
#[test]
fn hm_03_refuses_the_checksum_of_the_other_family() {
    for (id, over_all) in [("H01", false), ("H05", true), ("H09", false)] {
        let packet = packet(id);
        let octets = packet.octets("ip_hex");
        let ip = IpPacket::parse(&octets).unwrap();
        let message = &ip.payload[..ip.payload.len() - Trailer::OCTETS];
        let right = |covered| {
            let verified = vrrp_core::wire::verify(covered, ip.source, ip.destination);
            verified.pseudo || (id == "H09" && verified.plain)
        };
        assert_eq!(right(ip.payload), over_all, "{id}");
        assert_eq!(right(message), !over_all, "{id}");
    }
    proves!("HM-03", Refuses);
}

/// PRJ-MAX-01: the trailer counts.
#[test]
fn hm_01_obeys_the_trailer_takes_28_octets_of_the_mtu() {
    let config = settings("v3-ip4-node-b").build().unwrap();
    assert_eq!(config.message_octets(), 40);
    let config = settings("v2-ip4-node-b").build().unwrap();
    assert_eq!(config.message_octets(), 52);
    let mut receiving = settings("v3-ip4-node-b");
    receiving.auth_hmac.as_mut().unwrap().mode = vrrp_core::HmacMode::ReceiveOnly;
    assert_eq!(receiving.build().unwrap().message_octets(), 12);
    proves!("HM-01", Obeys);
}
