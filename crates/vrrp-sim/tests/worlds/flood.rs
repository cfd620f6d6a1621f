//! Floods and storms: what others send bounds nothing but counters.

use std::sync::Arc;
use std::time::Duration;

use vrrp_conformance::proves;
use vrrp_core::wire::{Advertisement, ChecksumForm};
use vrrp_core::{Authentication, Family, Interval, StateName, Version};
use vrrp_sim::{Datagram, Fault, lan};

use crate::{became_active, ms, priority, sent, state};

/// A valid advertisement of VRID 7 from a router that is not in the world.
fn stranger(value: u8) -> Arc<Datagram> {
    let source = "192.0.2.77".parse().unwrap();
    let advertisement = Advertisement {
        version: Version::V3,
        vrid: vrrp_core::Vrid::new(7).unwrap(),
        priority: value,
        interval: Interval::DEFAULT,
        addresses: &[lan::VIRTUAL],
        authentication: Authentication::None,
        form: ChecksumForm::Pseudo,
    };
    let mut message = vec![0; 12];
    let destination = Family::Ipv4.group();
    assert_eq!(advertisement.encode(source, destination, &mut message), Some(12));
    Arc::new(Datagram {
        source,
        destination,
        hop_limit: 255,
        message,
    })
}

/// PRJ-FSM-01: 5,000 weaker advertisements a second for ten seconds: at most three answers an interval beside the
/// periodic one, which is never late.
#[test]
fn prj_fsm_01_a_flood_of_weaker_advertisements_is_answered_with_measure() {
    let (mut world, nodes) = lan::lan(1, vec![lan::settings(priority(200), Interval::DEFAULT)]).unwrap();
    for number in 0..50_000_u64 {
        world.at(
            ms(5000) + Duration::from_micros(number * 200),
            Fault::Forged(stranger(10)),
        );
    }
    world.run_until(ms(15_000)).unwrap();
    // Active since 3.218 75 s; ten whole intervals lie in the flood.
    let sent = sent(&world, nodes[0]);
    let phase = 3_218_750_000_u64;
    for number in 0..12 {
        assert!(
            sent.contains(&(phase + number * 1_000_000_000)),
            "the periodic advertisement {number} is missing"
        );
    }
    let in_flood = sent
        .iter()
        .filter(|at| (5_000_000_000..15_000_000_000).contains(*at))
        .count();
    assert!((40..=44).contains(&in_flood), "{in_flood} advertisements in 10 s");
    let suppressed = world
        .node(nodes[0])
        .routers()
        .next()
        .unwrap()
        .counters()
        .triggered_suppressed;
    assert!(suppressed > 49_900, "{suppressed}");
    proves!("PRJ-FSM-01", "SEC-11", Obeys);
}

/// The same with priority 0 (T-A-03), which may put the periodic one off: never by more than an interval.
#[test]
fn prj_fsm_01_a_flood_of_goodbyes_leaves_no_gap() {
    let (mut world, nodes) = lan::lan(1, vec![lan::settings(priority(200), Interval::DEFAULT)]).unwrap();
    for number in 0..50_000_u64 {
        world.at(
            ms(5000) + Duration::from_micros(number * 200),
            Fault::Forged(stranger(0)),
        );
    }
    world.run_until(ms(15_000)).unwrap();
    let sent = sent(&world, nodes[0]);
    let longest = sent.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap();
    assert!(
        longest <= 1_000_000_000,
        "{longest} ns between two advertisements"
    );
    assert!(sent.len() <= 4 * 12, "{} advertisements in 12 s", sent.len());
    proves!("PRJ-FSM-01", Obeys);
}

/// PRJ-RX-07: a looped LAN brings back what was sent, twice, and repeats what others send: no storm, no change of role.
#[test]
fn prj_rx_07_a_looped_lan_sends_no_storm() {
    let run = |looped: bool| {
        let routers = [150, 150, 100].map(|value| lan::settings(priority(value), Interval::DEFAULT));
        let (mut world, nodes) = lan::lan(1, routers.to_vec()).unwrap();
        world.at(ms(0), Fault::Looped(looped));
        world.run_until(ms(60_000)).unwrap();
        let all = nodes.iter().map(|id| sent(&world, *id)).collect::<Vec<_>>();
        let active = nodes
            .iter()
            .map(|id| became_active(&world, *id))
            .collect::<Vec<_>>();
        assert_eq!(state(&world, nodes[1]), StateName::Active);
        (
            all,
            active,
            world.node(nodes[1]).routers().next().unwrap().counters().rejected,
        )
    };
    let (plain, plain_active, _) = run(false);
    let (looped, looped_active, rejected) = run(true);
    assert_eq!(plain_active, looped_active);
    // `a` and `b` are both Active for the way of a frame; the copies make b answer a's first advertisement twice.
    let count = |all: &[Vec<u64>]| all.iter().map(Vec::len).sum::<usize>();
    assert!(
        count(&looped) <= count(&plain) + 3,
        "{} and {}",
        count(&looped),
        count(&plain)
    );
    let own = rejected.get(vrrp_core::wire::Reject::SourceSelf);
    assert!(own >= 100, "its own advertisements came back twice each: {own}");
    proves!("PRJ-RX-07", Refuses);
}
