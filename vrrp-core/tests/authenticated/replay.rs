//! HM-06, HM-07, HM-13, HM-15: window, marks, serial numbers.

use std::net::{IpAddr, Ipv4Addr};
use vrrp_conformance::proves;

use vrrp_core::wire::Reject;
use vrrp_core::{AntiReplay, VirtualRouter};

use crate::golden::{primary, settings};
use crate::node::{Node, at};

const B: &str = "v3-ip4-node-b";
const A: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

fn hears(node: &mut Node, source: IpAddr, seconds: u64, sequence: u64) -> Result<(), Reject> {
    let message = node.forged(B, source, sequence);
    node.hear(at(seconds), source, &message).map(|_| ())
}

/// HM-06: whole seconds, in both directions, also across 2106.
#[test]
fn hm_06_obeys_the_window_also_across_the_wrap() {
    let wrap = 1_u64 << 32;
    for now in [1_795_230_725, wrap - 3, wrap, wrap + 3] {
        for (off, expected) in [
            (5_i64, Ok(())),
            (-5, Ok(())),
            (6, Err(Reject::HmacStale)),
            (-6, Err(Reject::HmacStale)),
        ] {
            let mut node = Node::named(B);
            let sent = (now + 100).checked_add_signed(off - 100).unwrap();
            // The last instant of its second: subseconds do not count.
            let sequence = sent << 32 | 0xffff_ffff;
            assert_eq!(hears(&mut node, A, now, sequence), expected, "{now} {off}");
        }
    }
    proves!("HM-06", Obeys);
}

/// HM-06: a growing sequence goes on growing across the wrap, and an older one is older.
#[test]
fn hm_06_obeys_serial_numbers_across_the_wrap() {
    let wrap = 1_u64 << 32;
    let mut node = Node::named(B);
    assert_eq!(hears(&mut node, A, wrap - 1, (wrap - 1) << 32), Ok(()));
    assert_eq!(hears(&mut node, A, wrap, wrap << 32), Ok(()));
    assert_eq!(
        hears(&mut node, A, wrap, (wrap - 1) << 32),
        Err(Reject::HmacReplay)
    );
    assert_eq!(hears(&mut node, A, wrap, wrap << 32 | 1), Ok(()));
    proves!("HM-06", Obeys);
}

/// HM-06: the mark expires with the window of the current clock, in either direction; in monotonic never.
#[test]
fn hm_06_obeys_a_mark_expires_in_time_mode_only() {
    let then = 1_795_230_725_u64;
    for (anti_replay, later, expected) in [
        (AntiReplay::Time, 5, Err(Reject::HmacReplay)),
        (AntiReplay::Time, 6, Ok(())),
        (AntiReplay::Monotonic, 3600, Err(Reject::HmacReplay)),
    ] {
        let mut settings = settings(B);
        settings.auth_hmac.as_mut().unwrap().anti_replay = anti_replay;
        let mut node = Node::new(settings, primary(B));
        // It ran ahead, and was set back.
        assert_eq!(hears(&mut node, A, then + later, (then + later) << 32), Ok(()));
        assert_eq!(
            hears(&mut node, A, then, then << 32),
            expected,
            "{anti_replay:?} {later}"
        );
    }
    proves!("HM-06", Obeys);
}

/// HM-06: without the time of day nothing is fresh; without a window nothing needs it.
#[test]
fn hm_06_hm_14_refuses_to_do_without_a_clock() {
    for (receiver, expected) in [(B, "hmac-stale"), ("v3-ip4-monotonic-node-b", "accept")] {
        let golden = crate::golden::packets("captured")
            .find(|packet| packet.text("receiver") == receiver)
            .unwrap();
        let mut node = Node::named(receiver);
        let heard = node.hear_packet(None, &golden.octets("ip_hex"));
        assert_eq!(heard.map_or_else(Reject::id, |_| "accept"), expected);
    }
    // `receive` has no clock, which is not a clock that stands at the beginning of 1970.
    let mut node = Node::named(B);
    let message = node.forged(B, A, 1);
    let received = vrrp_core::wire::Received {
        interface: None,
        source: A,
        destination: Some(node.destination()),
        hop_limit: Some(255),
        message: &message,
    };
    let heard = node.router.receive(node.now, &received);
    assert_eq!(heard, Err(Reject::HmacStale));
    proves!("HM-06", "HM-14", Refuses);
}

/// HM-06: default window: three intervals in whole seconds, at least 5, at most 300.
#[test]
fn hm_06_obeys_the_default_window() {
    let mut auth = settings(B).auth_hmac.unwrap();
    auth.window_seconds = None;
    for (interval_cs, seconds) in [
        (10, 5),
        (100, 5),
        (199, 5),
        (200, 6),
        (299, 6),
        (4_095, 120),
        (9_900, 297),
        (10_000, 300),
        (25_500, 300),
    ] {
        let interval = vrrp_core::Interval::from_centiseconds(interval_cs).unwrap();
        assert_eq!(auth.window_seconds_at(interval), seconds, "{interval_cs} cs");
    }
    auth.window_seconds = Some(17);
    assert_eq!(auth.window_seconds_at(vrrp_core::Interval::DEFAULT), 17);
    proves!("HM-06", Obeys);
}

/// HM-07: only a right tag moves the mark.
#[test]
fn hm_07_refuses_a_mark_by_a_wrong_tag() {
    let now = 1_795_230_725_u64;
    let mut node = Node::named(B);
    assert_eq!(hears(&mut node, A, now, now << 32), Ok(()));
    let mut ahead = node.forged(B, A, (now + 4) << 32);
    *ahead.last_mut().unwrap() ^= 1;
    assert_eq!(node.hear(at(now), A, &ahead), Err(Reject::HmacMismatch));
    assert_eq!(hears(&mut node, A, now, now << 32 | 1), Ok(()));
    proves!("HM-07", Refuses);
}

/// HM-13: told from more than half the window on: 3 of 5 s and not 2, in either direction.
#[test]
fn hm_13_obeys_a_warning_at_half_the_window() {
    let now = 1_795_230_725_u64;
    for (window, off, warned) in [
        (5, 0_i64, 0),
        (5, 2, 0),
        (5, -2, 0),
        (5, 3, 1),
        (5, -3, 1),
        (6, 3, 0),
        (6, 4, 1),
    ] {
        let mut settings = settings(B);
        settings.auth_hmac.as_mut().unwrap().window_seconds = Some(window);
        let mut node = Node::new(settings, primary(B));
        let sent = now.checked_add_signed(off).unwrap();
        assert_eq!(hears(&mut node, A, now, sent << 32), Ok(()));
        assert_eq!(node.router.counters().hmac_clock, warned, "{off}");
    }
    proves!("HM-13", Obeys);
}

fn sender(number: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(192, 0, 2, number))
}

/// HM-15: at least 4 senders; who has a key and many addresses pushes out whoever has been silent longest.
#[test]
fn hm_15_obeys_eight_senders_are_remembered() {
    let now = 1_795_230_725_u64;
    let mut node = Node::named(B);
    for number in 10..18 {
        assert_eq!(hears(&mut node, sender(number), now, now << 32), Ok(()));
    }
    // Heard again: now 11 has been silent longest.
    assert_eq!(hears(&mut node, sender(10), now, now << 32 | 1), Ok(()));
    assert_eq!(hears(&mut node, sender(18), now, now << 32), Ok(()));
    for number in [10, 12, 13, 14, 15, 16, 17, 18] {
        let again = hears(&mut node, sender(number), now, now << 32);
        assert_eq!(again, Err(Reject::HmacReplay), "{number}");
    }
    assert_eq!(hears(&mut node, sender(11), now, now << 32), Ok(()));
    proves!("HM-15", Obeys);
}

/// HM-15: a forged packet pushes nobody out.
#[test]
fn hm_15_refuses_forged_senders() {
    let now = 1_795_230_725_u64;
    let mut node = Node::named(B);
    assert_eq!(hears(&mut node, A, now, now << 32), Ok(()));
    for number in 10..200 {
        let mut forged = node.forged(B, sender(number), now << 32);
        *forged.last_mut().unwrap() ^= 1;
        let heard = node.hear(at(now), sender(number), &forged);
        assert_eq!(heard, Err(Reject::HmacMismatch));
    }
    assert_eq!(hears(&mut node, A, now, now << 32), Err(Reject::HmacReplay));
    proves!("HM-15", Refuses);
}

/// HM-07: a program that re-executes itself, and a change of keys, forget no mark.
#[test]
fn hm_07_obeys_marks_outlive_a_restore_and_a_new_key() {
    let now = 1_795_230_725_u64;
    let mut node = Node::named(B);
    assert_eq!(hears(&mut node, A, now, now << 32), Ok(()));
    let sent = node.sends(at(now), 100).unwrap();
    node.router = VirtualRouter::restore(node.router.config().clone(), node.router.snapshot());
    assert_eq!(hears(&mut node, A, now, now << 32), Err(Reject::HmacReplay));
    let mut changed = settings(B);
    let keys = &mut changed.auth_hmac.as_mut().unwrap().keys;
    keys.push(vrrp_core::HmacKey::new(2, &[7; 32]).unwrap());
    node.router
        .reconfigure(node.now, changed.build().unwrap())
        .unwrap();
    assert_eq!(hears(&mut node, A, now, now << 32), Err(Reject::HmacReplay));
    // HM-08: nor what was sent last.
    let next = node.sends(at(now), 100).unwrap();
    assert_eq!(
        crate::node::trailer(&next).sequence,
        crate::node::trailer(&sent).sequence + 1
    );
    proves!("HM-07", Obeys);
}
