//! PRJ-FSM-01: answers are limited. PRJ-LOG-01: so are log lines.

use vrrp_conformance::proves;
use vrrp_core::wire::{Difference, Received, Reject, Warning};
use vrrp_core::{Family, Input, Instant, InterfaceId, Interval, Link, Outbox, Router};

use crate::subject::{Armed, MILLI, SECOND, Subject, default, ip, rfc};

/// PRJ-FSM-01: three answers an interval beyond the periodic one; beyond that counted only.
#[test]
fn prj_fsm_01_obeys_three_answers_an_interval() {
    let mut router = Subject::active(rfc(100, 100));
    for number in 1..=10 {
        router.wait(10 * MILLI);
        let answer = router.hear(50);
        assert_eq!(answer.contains("Send(100)"), number <= 3, "{number}: {answer}");
    }
    assert_eq!(router.router.counters().triggered_suppressed, 7);
    assert_eq!(router.armed(), Armed::Adver(900 * MILLI));
    assert_eq!(router.wait(900 * MILLI).tick(), "Send(100)");
    assert!(router.hear(50).contains("Send(100)"), "a new interval");
    proves!("PRJ-FSM-01", Obeys);
}

/// PRJ-FSM-01: T-A-03, T-A-06 and T-A-07 share the limit; suppressed there is no timer change either.
#[test]
fn prj_fsm_01_obeys_a_suppressed_goodbye_moves_no_timer() {
    let mut router = Subject::active(rfc(100, 100));
    router.wait(100 * MILLI);
    assert!(router.hear(0).contains("Send"));
    assert!(router.hear(50).contains("Send"));
    assert!(
        router
            .hear_from(router.lower(), 100, crate::subject::cs(100))
            .contains("Send")
    );
    router.wait(100 * MILLI);
    assert_eq!(router.hear(0), "");
    assert_eq!(
        router.armed(),
        Armed::Adver(900 * MILLI),
        "1 s after the answered goodbye"
    );
    proves!("PRJ-FSM-01", Obeys);
}

/// PRJ-FSM-01: never for an advertisement that wins.
#[test]
fn prj_fsm_01_refuses_to_limit_yielding() {
    let mut router = Subject::active(rfc(100, 100));
    for _ in 0..10 {
        router.hear(50);
    }
    assert!(router.hear(101).starts_with("Disown; State(Backup"));
    proves!("PRJ-FSM-01", Refuses);
}

fn node() -> (Router, vrrp_core::InstanceId) {
    let mut node = Router::new();
    let id = node.add(default(100, 100).build().unwrap()).unwrap();
    let mut out = Outbox::new();
    let primary = Some(ip("192.0.2.10"));
    let now = Instant::from_nanos(0);
    node.handle(now, id, Input::Link(Link { up: true, primary }), &mut out);
    node.handle(now, id, Input::Start, &mut out);
    (node, id)
}

/// Octets that name VRID `vrid` and are too short for anything.
fn bad(vrid: u8, octets: &mut [u8; 8]) -> Received<'_> {
    *octets = [0x31, vrid, 200, 1, 0, 100, 0, 0];
    Received {
        interface: Some(InterfaceId(1)),
        source: ip("192.0.2.20"),
        destination: Some(Family::Ipv4.group()),
        hop_limit: Some(255),
        message: octets,
    }
}

/// PRJ-LOG-01: per router and reason: the first at once, then one line a minute with the number suppressed.
#[test]
fn prj_log_01_obeys_a_flood_of_10_000_gives_four_lines() {
    let (mut node, id) = node();
    let (mut out, mut octets) = (Outbox::new(), [0; 8]);
    let mut lines = Vec::new();
    for number in 0..10_000_u64 {
        let now = Instant::from_nanos(number * 20 * MILLI);
        let rejected = node.receive(now, &bad(7, &mut octets), &mut out).unwrap_err();
        assert_eq!(
            (rejected.reject, rejected.instance),
            (Reject::LengthShort, Some(id))
        );
        lines.extend(rejected.log.map(|suppressed| (number, suppressed.0)));
    }
    assert_eq!(lines, [(0, 0), (3000, 2999), (6000, 2999), (9000, 2999)]);
    assert!(out.is_empty());
    assert_eq!(node.counters().rejected.get(Reject::LengthShort), 10_000);
    proves!("PRJ-LOG-01", "SEC-11", Obeys);
}

/// PRJ-LOG-01: what is believed although it is odd: each kind for itself, with what differs, and every packet of it says
/// so to the caller.
#[test]
fn prj_log_01_obeys_odd_ones_are_told_once_a_minute_and_kind() {
    let (mut node, id) = node();
    // Every 2.5 s instead of every second.
    let message = advertisement_every(200, 250);
    let mut spare = [0; 8];
    let packet = Received {
        message: &message,
        ..bad(7, &mut spare)
    };
    let mut lines = Vec::new();
    for number in 0..6_500_u64 {
        let now = Instant::from_nanos(number * 20 * MILLI);
        let accepted = node.receive(now, &packet, &mut Outbox::new()).unwrap();
        assert_eq!(accepted.instance, id);
        assert_eq!(
            accepted.warnings.iter().collect::<Vec<_>>(),
            [Warning::IntervalMismatch]
        );
        let odd = node.odd(now, id, Warning::IntervalMismatch, &packet);
        lines.extend(odd.map(|odd| (number, odd.log.0, odd.difference)));
    }
    let difference = Some(Difference::Interval {
        theirs: Interval::from_centiseconds(250),
        ours: Interval::DEFAULT,
    });
    assert_eq!(
        lines,
        [
            (0, 0, difference),
            (3_000, 2_999, difference),
            (6_000, 2_999, difference)
        ]
    );
    let other = node.odd(Instant::from_nanos(1), id, Warning::PeerNotListed, &packet);
    assert_eq!(other.map(|odd| (odd.log.0, odd.difference)), Some((0, None)));
    proves!("PRJ-LOG-01", Obeys);
}

/// PRJ-LOG-01: packets of no router of ours are limited per interface.
#[test]
fn prj_log_01_obeys_unknown_routers_are_limited_per_interface() {
    let (mut node, _) = node();
    let (mut out, mut octets) = (Outbox::new(), [0; 8]);
    let mut lines = 0;
    for number in 0..1000_u64 {
        let vrid = u8::try_from(number % 200 + 20).unwrap();
        let now = Instant::from_nanos(number * MILLI);
        let rejected = node.receive(now, &bad(vrid, &mut octets), &mut out).unwrap_err();
        assert_eq!(rejected.instance, None);
        lines += u64::from(rejected.log.is_some());
    }
    assert_eq!(lines, 1);
    proves!("PRJ-LOG-01", Obeys);
}

/// PRJ-LOG-01: reset by an accepted packet of a new Active, never by a rejected one.
#[test]
fn prj_log_01_obeys_a_new_active_resets_the_limit() {
    let (mut node, _) = node();
    let (mut out, mut octets) = (Outbox::new(), [0; 8]);
    let mut told = |node: &mut Router, at: u64| {
        let rejected = node.receive(Instant::from_nanos(at), &bad(7, &mut octets), &mut Outbox::new());
        rejected.unwrap_err().log.is_some()
    };
    assert!(told(&mut node, SECOND));
    assert!(!told(&mut node, 2 * SECOND));
    let message = advertisement(200);
    let mut spare = [0; 8];
    let packet = Received {
        message: &message,
        ..bad(7, &mut spare)
    };
    node.receive(Instant::from_nanos(2 * SECOND), &packet, &mut out)
        .unwrap();
    assert!(told(&mut node, 3 * SECOND), "a new Active");
    node.receive(Instant::from_nanos(3 * SECOND), &packet, &mut out)
        .unwrap();
    assert!(!told(&mut node, 3 * SECOND), "the same Active");
    proves!("PRJ-LOG-01", Obeys);
}

fn advertisement(value: u8) -> Vec<u8> {
    advertisement_every(value, 100)
}

fn advertisement_every(value: u8, interval_cs: u16) -> Vec<u8> {
    let mut settings = default(value, interval_cs);
    settings.ipv4_checksum = vrrp_core::Ipv4Checksum::Rfc9568;
    let mut sender = Subject::active(settings);
    let draft = vrrp_core::Draft {
        priority: value,
        version: vrrp_core::Version::V3,
    };
    let mut octets = vec![0; 12];
    sender
        .router
        .seal(draft, None)
        .encode(Family::Ipv4.group(), &mut octets)
        .unwrap();
    octets
}

/// PRJ-LOG-01: two senders that take turns do not open the limit for good: it is reset once a minute at most.
#[test]
fn prj_log_01_refuses_a_reset_by_senders_that_take_turns() {
    let (mut node, _) = node();
    let (mut out, mut octets) = (Outbox::new(), [0; 8]);
    let message = advertisement(200);
    let mut lines = 0;
    for number in 0..1000_u64 {
        let now = Instant::from_nanos(number * 10 * MILLI);
        let rejected = node.receive(now, &bad(7, &mut octets), &mut out).unwrap_err();
        lines += u64::from(rejected.log.is_some());
        // The checksum has no pseudo-header, so any source will do.
        let packet = Received {
            source: ip(if number % 2 == 0 {
                "192.0.2.20"
            } else {
                "192.0.2.21"
            }),
            message: &message,
            ..bad(7, &mut octets)
        };
        node.receive(now, &packet, &mut out).unwrap();
    }
    assert_eq!(lines, 2, "the first, and one after the first reset");
    proves!("PRJ-LOG-01", Refuses);
}
