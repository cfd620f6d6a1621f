//! What a node and a switch do to time and packets, each seen by its effect.

use std::time::Duration;

use vrrp_conformance::proves;
use vrrp_core::{Family, Interval, Priority};
use vrrp_sim::{Fault, NodeId, Way, What, World, lan};

/// A better and a worse node, changed before they start.
fn pair(change: impl Fn(usize, &mut vrrp_sim::NodeSettings)) -> (World, [NodeId; 2]) {
    let mut world = World::new(1);
    let ids = [150, 100].map(|priority| Priority::new(priority).unwrap());
    let mut number = 0_u8;
    let ids = ids.map(|priority| {
        let settings = lan::settings_in(Family::Ipv4, priority, Interval::DEFAULT);
        let mut node = lan::node(number, settings).unwrap();
        change(usize::from(number), &mut node);
        number += 1;
        let id = world.add_node(node);
        world.at(Duration::ZERO, Fault::Start(id));
        id
    });
    (world, ids)
}

fn sent(world: &World) -> u64 {
    let lines = world.timeline().lines().iter();
    lines
        .filter(|line| matches!(line.what, What::Sent { .. }))
        .count() as u64
}

fn heard(world: &World, node: NodeId) -> u64 {
    let router = world.node(node).routers().next().unwrap();
    router.counters().advertisement_rcvd
}

/// 120 s of the world are 144 s of a clock that gains a fifth: 3 s and 106/256 s of waiting (V3-6.1-13), then one
/// advertisement at once and one a second make 141; without drift it is 117.
#[test]
fn a_clock_that_gains_sends_more() {
    for (drift_ppm, expected) in [(0, 117), (200_000, 141)] {
        let (mut world, _) = pair(|_, node| node.drift_ppm = drift_ppm);
        world.run_until(Duration::from_secs(120)).unwrap();
        assert_eq!(sent(&world), expected, "{drift_ppm}");
    }
}

#[test]
fn every_frame_that_comes_twice_is_heard_twice() {
    for (duplicate_ppm, times) in [(0, 1), (1_000_000, 2)] {
        let (mut world, [_, worse]) = pair(|_, _| {});
        world.fabric_mut().set_usual(Way {
            duplicate_ppm,
            ..Way::default()
        });
        world.run_until(Duration::from_millis(60_900)).unwrap();
        assert!(sent(&world) > 50);
        assert_eq!(heard(&world, worse), sent(&world) * times);
    }
}

/// Advertisements of six seconds find room for two.
#[test]
fn a_full_socket_loses_what_comes_last() {
    let (mut world, [_, worse]) = pair(|_, node| node.socket_packets_max = 2);
    world.at(
        Duration::from_secs(10),
        Fault::Stall(worse, Duration::from_secs(6)),
    );
    world.run_until(Duration::from_millis(30_900)).unwrap();
    assert_eq!(world.node(worse).overflowed(), 4);
    assert_eq!(heard(&world, worse), sent(&world) - 4);
}

/// NET-ARP-08: a host claims the address, and the client believes whoever spoke last. A router that listens speaks up at
/// once, so that the claim at 20 s costs nothing, and not again before 30 s, so that the one at 21 s does; one that does
/// not listen loses the client at 20 s.
#[test]
fn net_arp_08_a_claimed_address_is_defended_once_in_ten_seconds() {
    for (listens, announced, lost_at_s) in [(true, vec![20, 31], 21), (false, vec![], 20)] {
        let (mut world, [better, worse]) = pair(|_, node| node.hears_announcements = listens);
        let address = world.node(better).settings().routers[0].addresses[0];
        let client = world.add_client(lan::client(Duration::from_secs(10)));
        for at_s in [20, 21, 29, 31] {
            world.at(Duration::from_secs(at_s), Fault::Claim(worse, address));
        }
        world.run_until(Duration::from_secs(60)).unwrap();
        let who = world.node(better).settings().name.clone();
        let later = |line: &&vrrp_sim::Line| line.at.as_nanos() >= 20_000_000_000 && line.who == who;
        let lines = world.timeline().lines().iter().filter(later);
        let defended = lines.filter(|line| matches!(line.what, What::Announced(_)));
        let seconds = defended.map(|line| line.at.as_nanos() / 1_000_000_000);
        assert_eq!(seconds.collect::<Vec<_>>(), announced);
        let lost_at = world.client(client).outages()[0].from;
        assert_eq!(lost_at.as_nanos() / 1_000_000_000, lost_at_s);
    }
    proves!("NET-ARP-08", Obeys);
    proves!("NET-ARP-08", Refuses);
}

/// A core that wanted to be woken at once for ever, a busy loop in a daemon, would keep a run from ending: it is a violation
/// too. Here it is a client without a pause between two requests.
#[test]
fn an_instant_that_does_not_end_is_a_violation() {
    let (mut world, _) = pair(|_, _| {});
    let mut hasty = lan::client(Duration::from_secs(5));
    hasty.every = Duration::ZERO;
    world.add_client(hasty);
    world.run_until(Duration::from_secs(4)).unwrap();
    let violation = world.run_until(Duration::from_secs(6)).unwrap_err();
    assert_eq!(violation.check, "time goes on");
    assert_eq!(violation.at.as_nanos(), 5_000_000_000);
}
