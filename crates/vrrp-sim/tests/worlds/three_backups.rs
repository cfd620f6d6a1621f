//! PRJ-STOP with three Backups on a LAN whose frames overtake each other.

use proptest::prelude::*;
use vrrp_conformance::proves;
use vrrp_core::StateName;
use vrrp_sim::check::{AddressesFollowTheState, NoTwoHolders, NothingSentWhileBarred, OneActive};
use vrrp_sim::{Fault, Way, lan};

use crate::{became_active, cases, centiseconds, ms, priority, state};

proptest! {
    #![proptest_config(cases(100))]

    /// 200 stops before 150, 120 and 100, at 100 ms, while frames are late by up to one and a half intervals: the highest of
    /// the three ends up Active, the stopped node holds nothing, and no two hold the address for longer than the hold,
    /// 255/256 of 100 ms and 100 ms, and what the latest frame needs.
    #[test]
    fn prj_stop_01_the_highest_of_three_succeeds_when_frames_overtake_each_other(
        seed: u64,
        jitter_ms in 0_u64..150,
        stops_after_ms in 0_u64..100,
    ) {
        let routers = [200, 150, 120, 100].map(|value| lan::settings(priority(value), centiseconds(10)));
        let (mut world, nodes) = lan::lan(seed, routers.to_vec()).unwrap();
        world.at(ms(1900), Fault::Ways(Way { jitter: ms(jitter_ms), ..Way::default() }));
        world.at(ms(2000 + stops_after_ms), Fault::Stop(nodes[0]));
        world.at(ms(4000), Fault::Ways(Way::default()));
        world.add_check(AddressesFollowTheState::default());
        world.add_check(NothingSentWhileBarred::default());
        world.add_check(NoTwoHolders::for_longer_than(ms(200 + jitter_ms)));
        world.add_check(OneActive::after(ms(200)));
        let result = world.run_until(ms(6000));
        prop_assert!(result.is_ok(), "{}\n{}", result.unwrap_err(), world.timeline());
        prop_assert_eq!(state(&world, nodes[1]), StateName::Active, "{}", world.timeline());
        prop_assert!(!world.node(nodes[0]).is_running());
        prop_assert!(world.node(nodes[0]).kernel().present().is_empty());
        proves!("PRJ-STOP-01", "PRJ-STOP-02", Obeys);
    }

    /// In order, the highest alone succeeds, 106/256 of 100 ms and the way of a frame after the goodbye, and the client
    /// waits for nothing.
    #[test]
    fn prj_stop_01_the_highest_of_three_succeeds_alone_and_without_an_outage(stops_after_us in 0_u64..100_000) {
        let routers = [200, 150, 120, 100].map(|value| lan::settings(priority(value), centiseconds(10)));
        let (mut world, nodes) = lan::lan(1, routers.to_vec()).unwrap();
        let client = world.add_client(lan::client(ms(1000)));
        let stops_us = 2_000_000 + stops_after_us;
        world.at(std::time::Duration::from_micros(stops_us), Fault::Stop(nodes[0]));
        world.run_until(ms(4000)).unwrap();
        prop_assert_eq!(became_active(&world, nodes[1]), vec![stops_us * 1000 + 20_000 + 41_406_250]);
        prop_assert!(became_active(&world, nodes[2]).is_empty());
        prop_assert!(became_active(&world, nodes[3]).is_empty());
        prop_assert!(world.client(client).outages().is_empty());
        proves!("PRJ-STOP-01", "PRJ-STOP-02", Obeys);
    }
}

/// Without the hold, as in `rfc`, the client waits for the successor: 106/256 of 100 ms.
#[test]
fn prj_stop_01_refuses_without_the_hold_the_client_waits_for_the_skew() {
    let routers = [200, 150, 120, 100].map(|value| {
        let mut settings = lan::settings(priority(value), centiseconds(10));
        settings.hold = false;
        settings
    });
    let (mut world, nodes) = lan::lan(1, routers.to_vec()).unwrap();
    let client = world.add_client(lan::client(ms(1000)));
    world.at(ms(2000), Fault::Stop(nodes[0]));
    world.run_until(ms(4000)).unwrap();
    let longest = world.client(client).longest_outage();
    assert!((ms(41)..=ms(43)).contains(&longest), "{longest:?}");
    proves!("PRJ-STOP-01", Refuses);
}
