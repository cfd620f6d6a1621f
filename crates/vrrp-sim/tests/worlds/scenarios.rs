//! Every named scenario keeps the invariants and costs the client no more than its theory says.

use std::time::Duration;

use vrrp_core::Interval;
use vrrp_sim::scenario::Scenario;

#[test]
fn every_scenario_costs_what_its_theory_says() {
    for scenario in Scenario::all() {
        let mut world = scenario.world(1, Interval::DEFAULT).unwrap();
        scenario
            .run(&mut world)
            .unwrap_or_else(|violation| panic!("{}: {violation}", scenario.name));
        let client = world.clients().next().unwrap();
        // One request a millisecond: the measure is at most one of them too long.
        let most = match scenario
            .outage_ms_max()
            .expect("the library says what is to be lost")
        {
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
            client.answered() > 15_000,
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
    for scenario in Scenario::all() {
        assert_eq!(Scenario::named(&scenario.name).unwrap().about(), scenario.about());
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

/// What is wrong with a file is said with its line, and nothing is run.
#[test]
fn a_wrong_file_is_named_with_its_line() {
    let good = "about = \"x\"\n[[node]]\nname = \"a\"\n";
    assert!(Scenario::parse("f.toml", good).is_ok());
    for (more, line, words) in [
        ("priority = 0\n", 4, "priority is 1 to 255"),
        ("speed = 3\n", 4, "unknown field `speed`"),
        ("version = 4\n", 4, "version is 2 or 3"),
        ("interval_ms = 15\n", 4, "multiple of 10"),
        ("[[node]]\nname = \"a\"\n", 5, "a second node is called a"),
        ("[[event]]\nat_ms = 1\nwhat = \"stop\"\n", 6, "needs `node`"),
        (
            "[[event]]\nat_ms = 1\nwhat = \"stop\"\nnode = \"z\"\n",
            7,
            "there is no node z",
        ),
        (
            "[[event]]\nat_ms = 1\nwhat = \"heal\"\nnode = \"a\"\n",
            6,
            "has no `node`",
        ),
        (
            "[[event]]\nat_ms = 1\nwhat = \"stall\"\nnode = \"a\"\n",
            6,
            "needs `lasts_ms`",
        ),
        (
            "[[event]]\nat_ms = 1\nwhat = \"explode\"\n",
            6,
            "unknown variant `explode`",
        ),
    ] {
        let error = Scenario::parse("f.toml", &format!("{good}{more}")).expect_err(more);
        assert_eq!(error.line, Some(line), "{error}");
        assert!(error.found.contains(words), "{error}");
        assert!(
            error.to_string().starts_with(&format!("f.toml:{line}: ")),
            "{error}"
        );
    }
}
