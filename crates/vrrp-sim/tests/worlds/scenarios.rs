//! Every named scenario keeps the invariants and costs the client no more than its theory says.

use std::time::Duration;

use vrrp_core::Interval;
use vrrp_sim::scenario::{self, Scenario};

#[test]
fn every_scenario_costs_what_its_theory_says() {
    for scenario in &scenario::ALL {
        let mut world = scenario.world(1, Interval::DEFAULT).unwrap();
        scenario
            .run(&mut world)
            .unwrap_or_else(|violation| panic!("{}: {violation}", scenario.name));
        let client = world.clients().next().unwrap();
        // One request a millisecond: the measure is at most one of them too long.
        let most = match scenario.outage_ms_max {
            0 => Duration::ZERO,
            outage_ms => Duration::from_millis(outage_ms + 1),
        };
        let longest = client.longest_outage();
        assert!(
            longest <= most,
            "{}: {longest:?}\n{}",
            scenario.name,
            world.timeline()
        );
        assert!(
            client.answered() > 25_000,
            "{}: the client asked in vain",
            scenario.name
        );
        assert!(
            client.outages().iter().all(|outage| outage.until.is_some()),
            "{}: an outage did not end",
            scenario.name
        );
    }
}

#[test]
fn names_are_unique_and_found() {
    for scenario in &scenario::ALL {
        assert_eq!(Scenario::named(scenario.name).unwrap().about, scenario.about);
    }
    assert!(Scenario::named("no-such").is_none());
}

/// The lines are an interface: `vrrpctl replay` and bug reports use them.
#[test]
fn the_story_of_a_planned_stop_reads_like_this() {
    let scenario = Scenario::named("planned-stop").unwrap();
    let mut world = scenario.world(1, Interval::DEFAULT).unwrap();
    scenario.run(&mut world).unwrap();
    assert_eq!(world.timeline().to_string(), include_str!("planned_stop.txt"));
}
