//! A group on its way from version 2 to version 3 (RFC 9568 section 8.4), at 1 s.

use proptest::prelude::*;
use vrrp_conformance::proves;
use vrrp_core::{Config, Interval, Settings, StateName, Version};
use vrrp_sim::check::{AddressesFollowTheState, OneActive};
use vrrp_sim::{Fault, NodeId, World, lan};

use crate::{became_active, cases, ms, priority, sent, state};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Speaks {
    Two,
    Both,
    Three,
}

fn router(value: u8, speaks: Speaks) -> Settings {
    let mut settings = lan::settings(priority(value), Interval::DEFAULT);
    if speaks == Speaks::Two {
        settings.version = Version::V2;
    }
    settings.v2_interop = speaks == Speaks::Both;
    settings
}

fn group(seed: u64, routers: &[(u8, Speaks)]) -> (World, Vec<NodeId>) {
    let routers = routers.iter().map(|(value, speaks)| router(*value, *speaks));
    lan::lan(seed, routers.collect()).unwrap()
}

/// The last advertisement of `node` before `at_ms`, and the way of one frame.
fn last_heard(world: &World, node: NodeId, at_ms: u64) -> u64 {
    let before = sent(world, node).into_iter().rfind(|at| *at < at_ms * 1_000_000);
    before.unwrap() + 20_000
}

proptest! {
    #![proptest_config(cases(60))]

    /// Three nodes: the best and the worst speak both versions, the one between them version 2. Each takes over from its
    /// predecessor whatever version that spoke: 3 s + 106/256 s, then 3 s + 156/256 s, which is the version 3 formula with
    /// the 1 s of version 2 (PRJ-IOP-04); and the best one takes back what is its own.
    #[test]
    fn v3_8_4_2_03_a_group_of_both_versions_is_one_group(cut_after_ms in 0_u64..1000, seed: u64) {
        let (mut world, nodes) = group(seed, &[(200, Speaks::Both), (150, Speaks::Two), (100, Speaks::Both)]);
        let [a, b, c] = nodes[..] else { unreachable!("three nodes") };
        world.add_check(AddressesFollowTheState::default());
        world.add_check(OneActive::after(ms(1)));
        let first = 10_000 + cut_after_ms;
        world.at(ms(first), Fault::PowerCut(a));
        world.at(ms(20_000), Fault::Start(a));
        world.at(ms(30_000), Fault::PowerCut(a));
        world.at(ms(40_000), Fault::PowerCut(b));
        let result = world.run_until(ms(50_000));
        prop_assert!(result.is_ok(), "{}\n{}", result.unwrap_err(), world.timeline());
        let by_b = [(first, a), (30_000, a)].map(|(at_ms, node)| last_heard(&world, node, at_ms) + 3_414_062_500);
        prop_assert_eq!(became_active(&world, b), by_b.to_vec());
        prop_assert_eq!(became_active(&world, c), vec![last_heard(&world, b, 40_000) + 3_609_375_000]);
        prop_assert_eq!(became_active(&world, a).len(), 2, "at the start, and after its return");
        proves!("V3-8.4.2-03", "V3-8.4.2-04", "V3-8.4.2-05", "PRJ-IOP-04", Obeys);
    }

    /// The Active that speaks both is the bridge: routers of version 2 alone and of version 3 alone both wait for it.
    #[test]
    fn v3_8_4_2_03_the_active_bridges_those_that_do_not_hear_each_other(seed: u64) {
        let (mut world, nodes) = group(seed, &[(200, Speaks::Both), (150, Speaks::Two), (100, Speaks::Three)]);
        world.add_check(OneActive::after(ms(1)));
        let client = world.add_client(lan::client(ms(5000)));
        let result = world.run_until(ms(60_000));
        prop_assert!(result.is_ok(), "{}\n{}", result.unwrap_err(), world.timeline());
        prop_assert!(became_active(&world, nodes[1]).is_empty());
        prop_assert!(became_active(&world, nodes[2]).is_empty());
        prop_assert!(world.client(client).outages().is_empty());
        proves!("V3-8.4.2-03", Obeys);
    }
}

/// Without the flag they are two groups with one address: the check for one Active sees it.
#[test]
fn v3_8_4_2_03_refuses_two_groups_without_the_flag() {
    let (mut world, _) = group(1, &[(200, Speaks::Three), (150, Speaks::Two)]);
    world.add_check(OneActive::after(ms(100)));
    let violation = world.run_until(ms(20_000)).unwrap_err();
    assert!(violation.to_string().contains("Active"), "{violation}");
    proves!("V3-8.4.2-02", "V3-8.4.2-03", Refuses);
}

fn config(value: u8, speaks: Speaks) -> Box<Config> {
    Box::new(router(value, speaks).build().unwrap())
}

/// The way of the upgrade, Backups first: version 2, both, version 3, one node at a time. Going from version 2 to both is
/// another router (PRJ-CHG-07), hence a restart of that node; dropping the flag is a reload. At no time are two Active.
#[test]
fn v3_8_4_2_1_2_the_way_of_an_upgrade_has_one_active_at_every_step() {
    let (mut world, nodes) = group(1, &[(150, Speaks::Two), (100, Speaks::Two)]);
    let [a, b] = nodes[..] else {
        unreachable!("two nodes")
    };
    world.add_check(OneActive::after(ms(1)));
    world.add_check(AddressesFollowTheState::default());
    let client = world.add_client(lan::client(ms(5000)));
    // The Backup first: it hears version 2 and stays Backup.
    world.at(ms(10_000), Fault::Stop(b));
    world.run_until(ms(11_000)).unwrap();
    let b2 = world.add_node(lan::node(2, router(100, Speaks::Both)).unwrap());
    world.at(ms(11_000), Fault::Start(b2));
    world.run_until(ms(20_000)).unwrap();
    assert_eq!(state(&world, b2), StateName::Backup);
    // Then the Active: a planned stop, and back as one that speaks both.
    world.at(ms(20_000), Fault::Stop(a));
    world.run_until(ms(25_000)).unwrap();
    assert_eq!(state(&world, b2), StateName::Active);
    let a2 = world.add_node(lan::node(3, router(150, Speaks::Both)).unwrap());
    world.at(ms(25_000), Fault::Start(a2));
    world.run_until(ms(35_000)).unwrap();
    assert_eq!(
        (state(&world, a2), state(&world, b2)),
        (StateName::Active, StateName::Backup)
    );
    // No node needs version 2 any more: the flag goes, from one after the other.
    world.at(ms(35_000), Fault::Reconfigure(b2, 0, config(100, Speaks::Three)));
    world.at(ms(40_000), Fault::Reconfigure(a2, 0, config(150, Speaks::Three)));
    world.run_until(ms(50_000)).unwrap();
    assert_eq!(
        (state(&world, a2), state(&world, b2)),
        (StateName::Active, StateName::Backup)
    );
    assert_eq!(became_active(&world, a2).len(), 1);
    assert!(world.client(client).outages().is_empty(), "{}", world.timeline());
}
