//! when the Active's own priority falls, the best of three Backups takes over within its skew.

use std::time::Duration;

use proptest::prelude::*;
use vrrp_conformance::proves;
use vrrp_core::{Health, StateName, Tracker, TrackerId, Weight};
use vrrp_sim::check::OneActive;
use vrrp_sim::{Fault, NodeId, Way, World, lan};

use crate::{became_active, cases, centiseconds, ms, priority, sent, state};

/// `a` with 200, which falls to 50; Backups with 150, 120 and 100; 100 ms.
fn group(seed: u64, hurry: bool) -> (World, Vec<NodeId>) {
    let routers = [200, 150, 120, 100].map(|value| {
        let mut settings = lan::settings(priority(value), centiseconds(10));
        settings.hurry_after_fall = hurry;
        settings.trackers = vec![Tracker {
            weight: Weight::from_keepalived(-150, false),
            initial: Health::Up,
        }];
        settings
    });
    lan::lan(seed, routers.to_vec()).unwrap()
}

fn fall(node: NodeId) -> Fault {
    Fault::Health(node, TrackerId(0), Health::Down)
}

proptest! {
    #![proptest_config(cases(100))]

    /// Fallen at any time: it is said at once, and 106/256 of 100 ms later the best is Active. The others never are.
    #[test]
    fn x_20_the_highest_wins_within_its_skew(falls_after_us in 0_u64..200_000) {
        let (mut world, nodes) = group(1, true);
        let falls = ms(2000) + Duration::from_micros(falls_after_us);
        world.at(falls, fall(nodes[0]));
        world.run_until(ms(4000)).unwrap();
        let falls = u64::try_from(falls.as_nanos()).unwrap();
        let told = *sent(&world, nodes[0]).iter().find(|at| **at >= falls).unwrap();
        prop_assert_eq!(told, falls, "PRJ-CHG-02");
        prop_assert_eq!(became_active(&world, nodes[1]), vec![told + 20_000 + 41_406_250]);
        prop_assert!(became_active(&world, nodes[2]).is_empty());
        prop_assert!(became_active(&world, nodes[3]).is_empty());
        proves!("X-20", Obeys);
    }

    /// Frames overtake each other by up to one and a half intervals, old priorities after new ones: still the highest
    /// ends up Active, and once the LAN is in order again nobody else is.
    #[test]
    fn x_20_the_highest_wins_when_frames_overtake_each_other(seed: u64, jitter_ms in 0_u64..150) {
        let (mut world, nodes) = group(seed, true);
        world.at(ms(1900), Fault::Ways(Way { jitter: ms(jitter_ms), ..Way::default() }));
        world.at(ms(2000), fall(nodes[0]));
        world.at(ms(4000), Fault::Ways(Way::default()));
        world.add_check(OneActive::after(ms(200)));
        let result = world.run_until(ms(6000));
        prop_assert!(result.is_ok(), "{}\n{}", result.unwrap_err(), world.timeline());
        prop_assert_eq!(state(&world, nodes[1]), StateName::Active, "{}", world.timeline());
        proves!("X-20", Obeys);
    }
}

/// Without X-20, as in `rfc`, the Backup waits for the rest of its Active_Down_Interval: 341.40625 ms from the last
/// advertisement that was not lower.
#[test]
fn x_20_without_it_the_wait_is_the_active_down_interval() {
    let (mut world, nodes) = group(1, false);
    world.at(ms(2000), fall(nodes[0]));
    world.run_until(ms(4000)).unwrap();
    let last_high = *sent(&world, nodes[0])
        .iter()
        .rfind(|at| **at < 2_000_000_000)
        .unwrap();
    assert_eq!(
        became_active(&world, nodes[1]),
        [last_high + 20_000 + 341_406_250]
    );
    proves!("X-20", Refuses);
}

/// A check that flaps faster than may be said: what was said last of it is true, and nobody takes over from an Active that is
/// well again.
#[test]
fn prj_chg_02_a_flapping_check_moves_nothing() {
    for changes in [2, 4, 6, 8] {
        let (mut world, nodes) = group(1, true);
        for number in 0..changes {
            let health = if number % 2 == 0 { Health::Down } else { Health::Up };
            let at = ms(2050) + Duration::from_millis(2 * number);
            world.at(at, Fault::Health(nodes[0], TrackerId(0), health));
        }
        world.run_until(ms(4000)).unwrap();
        assert_eq!(state(&world, nodes[0]), StateName::Active);
        let others = nodes[1..].iter().flat_map(|node| became_active(&world, *node));
        assert_eq!(others.count(), 0, "{changes}: {}", world.timeline());
    }
    proves!("PRJ-CHG-02", Refuses);
}
