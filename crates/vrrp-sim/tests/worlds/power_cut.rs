//! The first question asked of any failover: the Active loses its power, how long is the client without an answer?

use std::time::Duration;

use vrrp_conformance::proves;
use vrrp_core::{Interval, Priority, StateName};
use vrrp_sim::check::{AddressesFollowTheState, NoTwoHolders, NothingSentWhileBarred, OneActive};
use vrrp_sim::{Fault, lan};

/// V3-6.1-14: priority 100 at 100 cs takes over 3609.375 ms after the last advertisement.
#[test]
fn a_power_cut_costs_the_client_the_active_down_interval() {
    let interval = Interval::DEFAULT;
    let routers = [150, 100].map(|priority| lan::settings(Priority::new(priority).unwrap(), interval));
    let (mut world, nodes) = lan::lan(1, routers.to_vec()).unwrap();
    let client = world.add_client(lan::client(Duration::from_secs(5)));
    world.add_check(AddressesFollowTheState::default());
    world.add_check(NothingSentWhileBarred::default());
    world.add_check(OneActive::after(Duration::from_millis(1)));
    world.add_check(NoTwoHolders::for_longer_than(Duration::ZERO));
    world.at(Duration::from_secs(10), Fault::PowerCut(nodes[0]));
    world.run_until(Duration::from_secs(20)).unwrap();

    assert_eq!(
        world.node(nodes[1]).routers().next().unwrap().state_name(),
        StateName::Active
    );
    // Priority 150 became Active 3 s + 106/256 s after the start and has advertised each second since: last at
    // 9.414 062 500 s. 3.609 375 s later (and the way of one frame) priority 100 takes over: 13.023 457 500 s.
    let outages = world.client(client).outages();
    assert_eq!(outages.len(), 1);
    assert_eq!(outages[0].from.as_nanos(), 10_000_000_000);
    assert_eq!(outages[0].until.unwrap().as_nanos(), 13_024_000_000);
    let story = world.timeline().to_string();
    assert!(
        story.contains("  13.023457500  b        vrid 7: Backup -> Active, nobody was heard"),
        "{story}"
    );
    proves!("V3-6.1-14", "T-B-02", Obeys);
}
