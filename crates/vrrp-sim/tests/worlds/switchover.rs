//! PRJ-STOP-04: an operator moves the address, and nothing is lost on the way.

use std::time::Duration;

use proptest::prelude::*;
use vrrp_conformance::proves;
use vrrp_core::{Interval, Order, StateName};
use vrrp_sim::check::{AddressesFollowTheState, NothingSentWhileBarred, OneActive, OutageAtMost};
use vrrp_sim::{Fault, NodeId, World, lan};

use crate::{became_active, cases, centiseconds, ms, priority, state};

fn group(values: &[u8], interval: Interval) -> (World, Vec<NodeId>) {
    let routers = values
        .iter()
        .map(|value| lan::settings(priority(*value), interval));
    let (mut world, nodes) = lan::lan(1, routers.collect()).unwrap();
    world.add_client(lan::client(Duration::from_nanos(interval.nanos() * 5)));
    // On the way back, which is a preemption, one request may be under way when the other lets go.
    world.add_check(OutageAtMost::new(ms(1)));
    world.add_check(AddressesFollowTheState::default());
    world.add_check(NothingSentWhileBarred::default());
    // A hold of up to 255/256 of 1 s and 100 ms.
    world.add_check(OneActive::after(ms(1_200)));
    (world, nodes)
}

proptest! {
    #![proptest_config(cases(60))]

    /// There and back, at any interval up to 1 s; undone at any time, the hold included.
    #[test]
    fn prj_stop_04_there_and_back_costs_nothing(
        values in prop::collection::btree_set(2_u8..=254, 2..4),
        interval_cs in 10_u16..=100,
        undone_after_ms in 0_u64..4000,
    ) {
        let values = values.into_iter().collect::<Vec<_>>();
        let (mut world, nodes) = group(&values, centiseconds(interval_cs));
        let best = *nodes.last().unwrap();
        world.at(ms(10_000), Fault::Order(best, Order::Resign));
        world.at(ms(10_000 + undone_after_ms), Fault::Order(best, Order::Compete));
        let result = world.run_until(ms(25_000));
        prop_assert!(result.is_ok(), "{}\n{}", result.unwrap_err(), world.timeline());
        prop_assert_eq!(state(&world, best), StateName::Active, "{}", world.timeline());
        proves!("PRJ-STOP-04", Obeys);
    }
}

/// It stays where it was put: the one that resigned competes with priority 1.
#[test]
fn prj_stop_04_after_a_switchover_the_address_stays() {
    let (mut world, nodes) = group(&[200, 100, 50], Interval::DEFAULT);
    world.at(ms(10_000), Fault::Order(nodes[0], Order::Resign));
    world.run_until(ms(60_000)).unwrap();
    assert_eq!(state(&world, nodes[1]), StateName::Active);
    assert_eq!(state(&world, nodes[0]), StateName::Backup);
    assert_eq!(became_active(&world, nodes[0]).len(), 1);
    proves!("PRJ-STOP-04", Obeys);
}

/// Roll-back: nobody there, so it is Active again after 255/256 s + 100 ms, and no client noticed.
#[test]
fn prj_stop_04_without_a_successor_it_rolls_back() {
    let (mut world, nodes) = group(&[200], Interval::DEFAULT);
    world.at(ms(10_000), Fault::Order(nodes[0], Order::Resign));
    world.run_until(ms(30_000)).unwrap();
    // 3 s + 56/256 s after the start, then the end of the hold.
    assert_eq!(became_active(&world, nodes[0]), [3_218_750_000, 11_096_093_750]);
    proves!("PRJ-STOP-04", Obeys);
}

/// "Until the successor is lost": with priority 1 it still takes over, and then has its own priority again.
#[test]
fn prj_stop_04_when_the_successor_is_lost_it_serves_again() {
    let routers = [200, 100].map(|value| lan::settings(priority(value), Interval::DEFAULT));
    let (mut world, nodes) = lan::lan(1, routers.to_vec()).unwrap();
    world.at(ms(10_000), Fault::Order(nodes[0], Order::Resign));
    world.at(ms(20_000), Fault::PowerCut(nodes[1]));
    world.at(ms(40_000), Fault::Start(nodes[1]));
    world.run_until(ms(60_000)).unwrap();
    assert_eq!(state(&world, nodes[0]), StateName::Active);
    assert_eq!(
        world.node(nodes[0]).routers().next().unwrap().priority(),
        priority(200)
    );
    assert_eq!(state(&world, nodes[1]), StateName::Backup);
    proves!("PRJ-STOP-04", Obeys);
}
