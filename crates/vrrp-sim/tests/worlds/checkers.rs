//! The checks of the election see what they are for: worlds that break each rule, without a broken core.

use std::time::Duration;

use vrrp_core::{Interval, Priority, Settings};
use vrrp_sim::{Fault, Violation, Way, World, check, lan};

fn routers(priorities: &[u8]) -> Vec<Settings> {
    let settings = |priority: &u8| lan::settings(Priority::new(*priority).unwrap(), Interval::DEFAULT);
    priorities.iter().map(settings).collect()
}

fn seconds(value: u64) -> Duration {
    Duration::from_secs(value)
}

fn violation(world: &mut World) -> Option<Violation> {
    world.run_until(seconds(60)).err()
}

/// V3-6.1-13: where the better Backup waits for five advertisements, and the worse one for three, the worse one is first.
#[test]
fn a_worse_backup_that_is_first_is_seen() {
    for (adverts, seen) in [(3, None), (5, Some("the best is first"))] {
        let mut settings = routers(&[200, 150, 100]);
        settings[1].down_adverts = adverts;
        let (mut world, ids) = lan::lan(1, settings).unwrap();
        world.at(seconds(20), Fault::PowerCut(ids[0]));
        world.add_check(check::TheBestIsFirst::at(Interval::DEFAULT));
        assert_eq!(violation(&mut world).map(|violation| violation.check), seen);
    }
}

/// T-B-05: a Backup that hears nothing any more takes over from an Active that speaks.
#[test]
fn a_take_over_from_a_living_active_is_seen() {
    for deaf in [false, true] {
        let (mut world, ids) = lan::lan(1, routers(&[200, 100])).unwrap();
        if deaf {
            world.at(seconds(20), Fault::Way(ids[0], ids[1], Way::deaf()));
        }
        world.add_check(check::TheActiveIsLeftAlone::at(Interval::DEFAULT));
        let seen = violation(&mut world).map(|violation| violation.check);
        assert_eq!(seen, deaf.then_some("a living Active is left alone"));
    }
}

/// PRJ-STOP-02: a goodbye that nobody hears lets the hold end without a successor.
#[test]
fn a_planned_stop_that_nobody_takes_over_is_seen() {
    for deaf in [false, true] {
        let (mut world, ids) = lan::lan(1, routers(&[200, 100])).unwrap();
        let stop = Duration::from_millis(20_100);
        if deaf {
            world.at(stop - Duration::from_millis(1), Fault::Ways(Way::deaf()));
        }
        world.at(stop, Fault::Stop(ids[0]));
        world.add_check(check::HandedOver::at(Interval::DEFAULT));
        let seen = violation(&mut world).map(|violation| violation.check);
        assert_eq!(seen, deaf.then_some("a planned stop hands over"));
    }
}

/// V3-6.4.1-04: an address that takes a second is announced after it.
#[test]
fn an_active_that_does_not_announce_is_seen() {
    for (takes, seen) in [(10, None), (1000, Some("the new Active announces"))] {
        let settings = routers(&[200]).remove(0);
        let mut node = lan::node(0, settings).unwrap();
        node.address_takes = Duration::from_millis(takes);
        let mut world = World::new(1);
        let id = world.add_node(node);
        world.at(Duration::ZERO, Fault::Start(id));
        // Somebody has to look meanwhile.
        let _client = world.add_client(lan::client(Duration::ZERO));
        world.add_check(check::TheNewActiveAnnounces::within(Duration::from_millis(250)));
        assert_eq!(violation(&mut world).map(|violation| violation.check), seen);
    }
}
