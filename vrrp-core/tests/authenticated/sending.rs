//! HM-08, HM-09: the sender's sequence, and one signature for all destinations.

use vrrp_conformance::proves;
use vrrp_core::wire::IpPacket;
use vrrp_core::{AntiReplay, Draft, Settings, Version, WallClock};

use crate::golden::{packet, packets, primary, settings};
use crate::node::{Node, at, trailer};

const A: &str = "v3-ip4-node-a";
const NOW: u64 = 1_795_230_725;

fn node(change: impl FnOnce(&mut Settings)) -> Node {
    let mut settings = settings(A);
    change(&mut settings);
    Node::new(settings, primary(A))
}

fn sequence(node: &mut Node, wall: WallClock) -> u64 {
    trailer(&node.sends(wall, 200).unwrap()).sequence
}

/// HM-08: the clock, or one more than before where it has not moved on; the carry runs into subseconds and seconds.
#[test]
fn hm_08_obeys_the_sequence_grows() {
    let mut node = node(|_| {});
    let wall = WallClock {
        seconds: NOW,
        nanos: 999_999_999,
    };
    assert_eq!(sequence(&mut node, wall), NOW << 32 | 0xffff_0000);
    let mut last = NOW << 32 | 0xffff_0000;
    for _ in 0..65_536 {
        let next = sequence(&mut node, wall);
        assert_eq!(next, last + 1);
        last = next;
    }
    assert_eq!(last, (NOW + 1) << 32, "carried into the seconds");
    let later = WallClock {
        seconds: NOW + 1,
        nanos: 500_000_000,
    };
    assert_eq!(sequence(&mut node, later), (NOW + 1) << 32 | 0x8000_0000);
    proves!("HM-08", Obeys);
}

/// HM-08: a clock set back: within the window counted on, further back given up, in monotonic never.
#[test]
fn hm_08_obeys_a_clock_that_jumps() {
    for (anti_replay, back, expected) in [
        (AntiReplay::Time, 5, (NOW << 32) + 1),
        (AntiReplay::Time, 6, (NOW - 6) << 32),
        (AntiReplay::Monotonic, 3600, (NOW << 32) + 1),
    ] {
        let mut node = node(|settings| settings.auth_hmac.as_mut().unwrap().anti_replay = anti_replay);
        assert_eq!(sequence(&mut node, at(NOW)), NOW << 32);
        assert_eq!(
            sequence(&mut node, at(NOW - back)),
            expected,
            "{anti_replay:?} {back}"
        );
    }
    let mut node = node(|_| {});
    sequence(&mut node, at(NOW));
    assert_eq!(
        sequence(&mut node, at(NOW + 3600)),
        (NOW + 3600) << 32,
        "and forward"
    );
    // 2106: modulo 2^32, and still growing.
    let wrap = 1_u64 << 32;
    assert_eq!(sequence(&mut node, at(wrap - 1)), (wrap - 1) << 32);
    assert_eq!(sequence(&mut node, at(wrap)), 0);
    assert_eq!(sequence(&mut node, at(wrap)), 1);
    proves!("HM-08", Obeys);
}

/// HM-08: a goodbye is signed like any other (H03).
#[test]
fn hm_08_obeys_a_goodbye_is_signed() {
    let mut sender = node(|_| {});
    let goodbye = sender.sends(at(NOW), 0).unwrap();
    let mut receiver = Node::named("v3-ip4-node-b");
    receiver.hear(at(NOW), primary(A), &goodbye).unwrap();
    assert_eq!(receiver.router.counters().priority_zero_pkts_rcvd, 1);
    assert_eq!(sender.router.counters().priority_zero_pkts_sent, 1);
    proves!("HM-08", Obeys);
}

/// HM-08: what cannot be signed is not sent: no time of day, no source.
#[test]
fn hm_08_hm_11_refuses_to_send_unsigned() {
    let mut node = node(|_| {});
    let draft = Draft {
        priority: 200,
        version: Version::V3,
    };
    let mut buffer = [0; 64];
    let sealed = node.router.seal(draft, None);
    let group = sealed.destinations().next().unwrap();
    assert_eq!(sealed.encode(group, &mut buffer), None);
    let sealed = node.router.seal(draft, Some(at(NOW)));
    assert_eq!(
        sealed.encode(group, &mut buffer[..39]),
        None,
        "no room for the trailer"
    );
    assert_eq!(sealed.encode(group, &mut buffer), Some(40));
    proves!("HM-08", "HM-11", Refuses);
}

/// HM-09: the copies to all peers carry one sequence and one tag (H13 and H14, H18 and H19).
#[test]
fn hm_09_obeys_one_signature_for_all_copies() {
    for ids in [["H13", "H14"], ["H18", "H19"]] {
        let [one, two] = ids.map(|id| {
            let octets = packet(id).octets("ip_hex");
            IpPacket::parse(&octets).unwrap().payload.to_vec()
        });
        assert_eq!(trailer(&one), trailer(&two));
        assert_ne!(one, two, "the checksum differs");
    }
    for name in ["v3-ip4-unicast-node-a", "v3-ip6-unicast-node-a"] {
        let mut node = Node::named(name);
        let draft = Draft {
            priority: 200,
            version: Version::V3,
        };
        let sealed = node.router.seal(draft, Some(at(NOW)));
        let mut copies = Vec::new();
        for destination in sealed.destinations() {
            let mut buffer = [0; 128];
            let length = sealed.encode(destination, &mut buffer).unwrap();
            copies.push(buffer[..length].to_vec());
        }
        assert_eq!(copies.len(), 2);
        assert_ne!(copies[0], copies[1]);
        assert_eq!(trailer(&copies[0]), trailer(&copies[1]));
        let next = trailer(&node.sends(at(NOW), 200).unwrap()).sequence;
        assert_eq!(
            next,
            trailer(&copies[0]).sequence + 1,
            "one number, not one for each copy"
        );
    }
    proves!("HM-09", Obeys);
}

/// Version 2 and version 3 of one advertisement (`v2_interop`) are two, each with its own number and version in the tag.
#[test]
fn hm_02_hm_08_obeys_both_versions_are_signed() {
    let both = |settings: &mut Settings| settings.v2_interop = true;
    let mut sender = node(both);
    let mut receiver = {
        let mut settings = settings("v3-ip4-node-b");
        both(&mut settings);
        Node::new(settings, primary("v3-ip4-node-b"))
    };
    for version in [Version::V3, Version::V2] {
        let draft = Draft {
            priority: 200,
            version,
        };
        let sealed = sender.router.seal(draft, Some(at(NOW)));
        let mut buffer = [0; 64];
        let group = sealed.destinations().next().unwrap();
        let length = sealed.encode(group, &mut buffer).unwrap();
        receiver.hear(at(NOW), primary(A), &buffer[..length]).unwrap();
    }
    assert_eq!(receiver.router.counters().v2_received, 1);
    proves!("HM-02", "HM-08", Obeys);
}

/// The clocks of the captures were those of one machine, so what one node sent grows.
#[test]
fn hm_08_obeys_keepalived_s_own_numbers_grow() {
    let mut last = std::collections::BTreeMap::new();
    for packet in packets("captured") {
        let octets = packet.octets("ip_hex");
        let ip = IpPacket::parse(&octets).unwrap();
        let sequence = trailer(ip.payload).sequence;
        let before = last.insert((packet.text("receiver"), ip.source), sequence);
        assert!(
            before.is_none_or(|before| before <= sequence),
            "{}",
            packet.named()
        );
    }
    proves!("HM-08", Obeys);
}
