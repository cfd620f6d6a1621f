//! Addresses follow the state and nothing is sent while barred, whatever flaps. The commonest real bug of this field
//! is an address left behind on a Backup after its link flapped.

use std::time::Duration;

use proptest::prelude::*;
use vrrp_conformance::proves;
use vrrp_core::{Family, Health, Interval, Tracker, TrackerId, Version, Weight};
use vrrp_sim::check::{AddressesFollowTheState, NothingSentWhileBarred, OneActive};
use vrrp_sim::{Fault, NodeId, lan};

use crate::{cases, centiseconds, priority};

fn fault() -> impl Strategy<Value = Fault> {
    let node = (0_usize..3).prop_map(NodeId);
    let health = prop_oneof![Just(Health::Up), Just(Health::Down), Just(Health::Unknown)];
    prop_oneof![
        4 => node.clone().prop_map(Fault::LinkDown),
        4 => node.clone().prop_map(Fault::LinkUp),
        1 => node.clone().prop_map(Fault::Stop),
        2 => node.clone().prop_map(Fault::Start),
        1 => node.clone().prop_map(Fault::Kill),
        1 => (node.clone(), 0_u64..2000).prop_map(|(node, ms)| Fault::Stall(node, Duration::from_millis(ms))),
        2 => (node, health).prop_map(|(node, health)| Fault::Health(node, TrackerId(0), health)),
    ]
}

proptest! {
    #![proptest_config(cases(300))]

    /// PRJ-STOP-01 and X-06: after any sequence, with any spacing, and with a kernel that takes its time.
    #[test]
    fn prj_stop_01_addresses_are_held_exactly_while_active_or_in_hold(
        faults in prop::collection::vec((0_u64..1500, fault()), 1..40),
        takes_us in prop_oneof![Just(0_u64), 1_u64..3000],
        kind in 0_u8..3,
        seed: u64,
    ) {
        let family = if kind == 2 { Family::Ipv6 } else { Family::Ipv4 };
        let interval = if kind == 1 { Interval::DEFAULT } else { centiseconds(10) };
        let mut world = vrrp_sim::World::new(seed);
        for (number, value) in (0..).zip([200, 150, 100]) {
            let mut settings = lan::settings_in(family, priority(value), interval);
            if kind == 1 {
                settings.version = Version::V2;
            }
            settings.held_only = vec!["203.0.113.9".parse().unwrap(), "2001:db8::9".parse().unwrap()];
            settings.trackers = vec![Tracker { weight: Weight::Gate { reverse: false }, initial: Health::Up }];
            let mut node = lan::node(number, settings).unwrap();
            node.address_takes = Duration::from_micros(takes_us);
            let id = world.add_node(node);
            world.at(Duration::ZERO, Fault::Start(id));
        }
        world.add_check(AddressesFollowTheState::default());
        world.add_check(NothingSentWhileBarred::default());
        // A hold of 1 s and 100 ms may roll back.
        world.add_check(OneActive::after(Duration::from_millis(1200)));
        let mut at = 0;
        for (after_ms, fault) in faults {
            at += after_ms;
            world.at(Duration::from_millis(at), fault);
        }
        let result = world.run_until(Duration::from_millis(at + 15_000));
        prop_assert!(result.is_ok(), "{}\n{}", result.unwrap_err(), world.timeline());
        proves!("PRJ-STOP-01", "X-06", Obeys);
    }
}

/// NothingSentWhileBarred judged by hand once: the link goes at 5 s and comes back at 9 s; no frame in between.
#[test]
fn x_06_a_router_without_link_is_silent() {
    let routers = [150, 100].map(|value| lan::settings(priority(value), Interval::DEFAULT));
    let (mut world, nodes) = lan::lan(1, routers.to_vec()).unwrap();
    world.at(Duration::from_secs(5), Fault::LinkDown(nodes[0]));
    world.at(Duration::from_secs(9), Fault::LinkUp(nodes[0]));
    world.run_until(Duration::from_secs(20)).unwrap();
    let sent = crate::sent(&world, nodes[0]);
    // Active at 3.414 062 5 s and again 3.414 062 5 s after the link is back, one advertisement a second.
    assert_eq!(sent[..3], [3_414_062_500, 4_414_062_500, 12_414_062_500]);
    proves!("X-06", Refuses);
}
