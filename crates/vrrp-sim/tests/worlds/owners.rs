//! Two address owners, and equal priorities: the addresses decide.

use std::time::Duration;

use vrrp_conformance::proves;
use vrrp_core::{Interval, Priority, StateName, Version};
use vrrp_sim::check::OneActive;
use vrrp_sim::{Fault, lan};

use crate::{became_active, ms, priority, state};

/// V3-7.1-13 and X-15: two owners hear each other, the lower address yields at once; in version 2 too, outside `rfc`.
#[test]
fn v3_7_1_13_of_two_owners_the_lower_address_yields() {
    for version in [Version::V3, Version::V2] {
        let mut settings = lan::settings(Priority::OWNER, Interval::DEFAULT);
        settings.version = version;
        let (mut world, nodes) = lan::lan(1, vec![settings; 2]).unwrap();
        world.add_check(OneActive::after(ms(1)));
        world.run_until(Duration::from_secs(30)).unwrap();
        assert_eq!(
            became_active(&world, nodes[0]),
            [0],
            "an owner is Active at once (T-I-01)"
        );
        assert_eq!(became_active(&world, nodes[1]), [0]);
        assert_eq!(state(&world, nodes[0]), StateName::Backup);
        assert_eq!(state(&world, nodes[1]), StateName::Active);
        assert!(
            world.node(nodes[0]).kernel().present().is_empty(),
            "T-B-09: `Disown` for an owner too"
        );
    }
    proves!("V3-7.1-13", "X-15", "DEV-04", Obeys);
}

/// T-B-09: the owner that lost is there when the other one goes.
#[test]
fn t_b_09_the_owner_that_yielded_takes_over() {
    let settings = lan::settings(Priority::OWNER, Interval::DEFAULT);
    let (mut world, nodes) = lan::lan(1, vec![settings; 2]).unwrap();
    world.at(Duration::from_secs(10), Fault::PowerCut(nodes[1]));
    world.run_until(Duration::from_secs(20)).unwrap();
    assert_eq!(state(&world, nodes[0]), StateName::Active);
    // 3 s + 1/256 s after the advertisement that left at 10 s or the one before it at 9 s.
    let again = became_active(&world, nodes[0])[1];
    assert_eq!(again, 9_000_000_000 + 20_000 + 3_003_906_250);
    proves!("T-B-09", Obeys);
}

/// T-A-05 and T-A-06: equal priorities that become Active together.
#[test]
fn t_a_05_of_equal_priorities_the_higher_address_wins() {
    let settings = lan::settings(priority(100), Interval::DEFAULT);
    let (mut world, nodes) = lan::lan(1, vec![settings; 3]).unwrap();
    world.add_check(OneActive::after(ms(1)));
    world.run_until(Duration::from_secs(30)).unwrap();
    assert_eq!(state(&world, nodes[2]), StateName::Active);
    assert_eq!(state(&world, nodes[1]), StateName::Backup);
    assert_eq!(state(&world, nodes[0]), StateName::Backup);
    proves!("T-A-05", "T-A-06", Obeys);
}

/// T-B-06: a Backup does not compare addresses: of equal priorities the one that is Active stays.
#[test]
fn t_b_06_an_equal_priority_does_not_take_over() {
    let settings = lan::settings(priority(100), Interval::DEFAULT);
    let (mut world, nodes) = lan::lan(1, vec![settings.clone()]).unwrap();
    let late = world.add_node(lan::node(1, settings).unwrap());
    world.at(Duration::from_secs(10), Fault::Start(late));
    world.run_until(Duration::from_secs(60)).unwrap();
    assert_eq!(state(&world, nodes[0]), StateName::Active);
    assert!(became_active(&world, late).is_empty());
    proves!("T-B-06", Obeys);
}
