//! HM-04, HM-07: nobody without a key makes a router believe, or forget, anything.

use proptest::prelude::*;
use proptest::sample::Index;
use vrrp_conformance::proves;
use vrrp_core::WallClock;
use vrrp_core::wire::IpPacket;

use crate::golden::{Packet, packets};
use crate::node::Node;

fn captured() -> impl Strategy<Value = Packet> {
    prop::sample::select(packets("captured").collect::<Vec<_>>())
}

/// The payload with some octets changed, and perhaps some cut off or added.
fn forge(payload: &[u8], edits: &[(Index, u8)], length: isize) -> Vec<u8> {
    let mut forged = payload.to_vec();
    for (place, octet) in edits {
        let place = place.index(forged.len());
        forged[place] ^= octet;
    }
    forged.resize(forged.len().saturating_add_signed(length), 0);
    forged
}

/// The checksum is not covered by the tag, and two forms of it are right.
fn without_checksum(payload: &[u8]) -> Vec<u8> {
    let mut octets = payload.to_vec();
    if let Some(checksum) = octets.get_mut(6..8) {
        checksum.fill(0);
    }
    octets
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// HM-04, HM-07: what is believed is what was signed, once, near its time; all else leaves no trace.
    #[test]
    fn hm_04_hm_07_refuses_whatever_was_not_signed(
        packet in captured(),
        edits in prop::collection::vec((any::<Index>(), any::<u8>()), 0..4),
        length in prop_oneof![4 => Just(0_isize), 1 => -40_isize..40],
        off_seconds in -8_i64..8,
        heard_before in any::<bool>(),
    ) {
        let octets = packet.octets("ip_hex");
        let ip = IpPacket::parse(&octets).unwrap();
        let mut node = Node::before(packet);
        if heard_before {
            prop_assert_eq!(node.verdict(packet), "accept");
        }
        let forged = forge(ip.payload, &edits, length);
        let wall = WallClock {
            seconds: packet.wall().seconds.checked_add_signed(off_seconds).unwrap(),
            nanos: 0,
        };
        let before = node.future();
        let heard = node.hear(wall, ip.source, &forged);
        if heard.is_ok() {
            let timed = !packet.text("receiver").contains("monotonic");
            let unsigned = forged.len() < 40 && packet.text("receiver").contains("permissive");
            prop_assert!(unsigned || without_checksum(&forged) == without_checksum(ip.payload));
            prop_assert!(unsigned || !timed || off_seconds.abs() <= 6);
            // A mark that is out of the window is forgotten, but then so is the packet.
            prop_assert!(unsigned || !heard_before);
        } else {
            prop_assert_eq!(node.future(), before);
        }
        proves!("HM-04", "HM-07", Refuses);
    }
}
