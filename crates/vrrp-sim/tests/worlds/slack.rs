//! PRJ-SLACK-01: timers that may share a wake-up never decide an election.

use std::time::Duration;
use vrrp_conformance::proves;

use proptest::prelude::*;
use vrrp_sim::{Fault, Waking, World, lan};

use crate::{became_active, cases, centiseconds, priority};

fn waking() -> impl Strategy<Value = Waking> {
    prop_oneof![Just(Waking::InTime), Just(Waking::Early), Just(Waking::Anywhere)]
}

proptest! {
    #![proptest_config(cases(200))]

    /// 100 and 101 at 10 ms differ by 10 ms / 256 = 39 µs, less than the slack of 100 µs. Whoever wakes when, and
    /// whenever the Active dies: 101 takes over, 100 never is Active.
    #[test]
    fn prj_slack_01_100_and_101_at_10_ms_never_swap(
        wakes in prop::array::uniform3(waking()), seed: u64, dies_after_us in 0_u64..100_000
    ) {
        let mut world = World::new(seed);
        let mut nodes = Vec::new();
        for (number, (value, wakes)) in (0..).zip([150, 101, 100].into_iter().zip(wakes)) {
            let mut node = lan::node(number, lan::settings(priority(value), centiseconds(1))).unwrap();
            node.wakes = wakes;
            let id = world.add_node(node);
            world.at(Duration::ZERO, Fault::Start(id));
            nodes.push(id);
        }
        let dies = Duration::from_millis(500) + Duration::from_micros(dies_after_us);
        world.at(dies, Fault::PowerCut(nodes[0]));
        world.run_until(dies + Duration::from_secs(2)).unwrap();
        prop_assert_eq!(became_active(&world, nodes[0]).len(), 1);
        prop_assert_eq!(became_active(&world, nodes[1]).len(), 1);
        prop_assert_eq!(became_active(&world, nodes[2]).len(), 0);
        // Never early: three intervals and the skew of 101 after the last advertisement, 30 + 6.0546875 ms.
        let last = *crate::sent(&world, nodes[0]).last().unwrap();
        let taken_over = became_active(&world, nodes[1])[0];
        prop_assert_eq!(taken_over - last, 36_054_687 + 20_000);
        proves!("PRJ-SLACK-01", Obeys);
    }

    /// The absolute phase is kept (PRJ-TIME-05): however early, 1000 intervals last 1000 intervals.
    #[test]
    fn prj_slack_01_the_phase_is_kept(seed: u64, wakes in waking()) {
        let mut node = lan::node(0, lan::settings(priority(100), centiseconds(1))).unwrap();
        node.wakes = wakes;
        let mut world = World::new(seed);
        let id = world.add_node(node);
        world.at(Duration::ZERO, Fault::Start(id));
        world.run_until(Duration::from_secs(11)).unwrap();
        let sent = crate::sent(&world, id);
        let active = became_active(&world, id)[0];
        for (number, at) in (0_u64..).zip(&sent) {
            let due = active + number * 10_000_000;
            prop_assert!((due - 100_000..=due).contains(at), "advertisement {} at {}, due at {}", number, at, due);
        }
        prop_assert!(sent.len() > 1000);
        proves!("PRJ-SLACK-01", "PRJ-TIME-05", Obeys);
    }
}
