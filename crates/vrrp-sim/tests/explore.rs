//! The exhaustive searches that are small enough for every run.

use std::collections::BTreeSet;

use vrrp_sim::explore::library::{ALL, Search};
use vrrp_sim::explore::{Coverage, Explored, explore};

/// Transitions of RFC 9568 section 6.4 and of the project's holds that a group on a sound link can make. What needs a
/// link without carrier, a failing executor or another configuration is driven by random worlds and the core's tests.
const TRANSITIONS: [&str; 14] = [
    "Active -> Backup: HigherHeard",
    "Active -> Initialize: Barred(Tracker(TrackerId(0))) with hold",
    "Active -> Initialize: Resigned with hold",
    "Active -> Initialize: Stopped",
    "Active -> Initialize: Stopped with hold",
    "Backup -> Active: LowerActive",
    "Backup -> Active: NoResponse",
    "Backup -> Active: PriorityZero",
    "Backup -> Initialize: Barred(Tracker(TrackerId(0)))",
    "Backup -> Initialize: Stopped",
    "Initialize -> Active: NobodyTookOver",
    "Initialize -> Active: Owner",
    "Initialize -> Backup: Resigned",
    "Initialize -> Backup: Started",
];

fn run(search: &Search) -> Explored {
    let setup = search.setup().expect("its settings agree");
    match explore(&setup) {
        Ok(explored) => explored,
        Err(broken) => panic!("{}: {broken}", search.name),
    }
}

/// Every state of the small searches, at least half a million, and every transition among them.
#[test]
fn every_small_search_ends_without_a_violation_and_every_transition_is_made() {
    let mut states = 0;
    let mut coverage = Coverage::default();
    for search in ALL.iter().filter(|search| !search.large) {
        let explored = run(search);
        println!(
            "{}: {} states, {} steps, settles within {:?}",
            search.name, explored.states, explored.steps, explored.longest_convergence
        );
        states += explored.states;
        coverage.extend(&explored.coverage);
    }
    assert!(states >= 500_000, "{states} states");
    let missing: Vec<&str> = {
        let made: BTreeSet<String> = coverage.transitions();
        TRANSITIONS
            .into_iter()
            .filter(|one| !made.contains(*one))
            .collect()
    };
    assert!(missing.is_empty(), "never made: {missing:?}");
    for (state, what) in ["Initialize", "Backup", "Active"]
        .into_iter()
        .flat_map(|state| ["start", "stop", "tick", "track"].map(|what| (state, what)))
    {
        // Only a program that is away is started, so a router in Initialize is all that can be.
        if what == "start" && state != "Initialize" {
            continue;
        }
        assert!(
            coverage.inputs().contains(&format!("{state}: {what}")),
            "{state}: {what}"
        );
    }
    for heard in ["goodbye", "lower", "equal", "higher"] {
        assert!(
            coverage.inputs().contains(&format!("Active: heard {heard}")),
            "{heard}"
        );
        assert!(
            coverage.inputs().contains(&format!("Backup: heard {heard}")),
            "{heard}"
        );
    }
}

/// RFC 9568 section 6.1 by hand: after the Active's power is cut the Backup of priority 100 takes over within
/// 3 intervals and its skew of 156/256 s after it heard the last advertisement, which was under way for 20 us. A pair
/// without other faults cannot be unsettled for longer.
#[test]
fn a_pair_settles_within_three_intervals_and_the_skew() {
    use std::time::Duration;
    use vrrp_core::{Interval, Priority};
    use vrrp_sim::explore::{Budget, Setup};
    use vrrp_sim::lan;

    let routers = [150, 100].map(|priority| {
        let priority = Priority::new(priority).expect("not 0");
        lan::settings(priority, Interval::DEFAULT)
            .build()
            .expect("agrees")
    });
    let budget = Budget {
        crashes: 1,
        ..Budget::default()
    };
    let explored = explore(&Setup::new(routers.to_vec(), budget)).expect("no violation");
    assert_eq!(
        explored.longest_convergence,
        Duration::from_nanos(3_609_375_000 + 20_000)
    );
}

/// The checker has teeth: RFC 9568 to the letter takes the address away before the successor is told (T-A-01), and that
/// is found as soon as the promise of a hold is asked of it.
#[test]
fn a_stop_without_a_hold_is_found_to_leave_the_client_alone() {
    let search = Search::named("pair-rfc").expect("it is in the library");
    let mut setup = search.setup().expect("its settings agree");
    assert!(!setup.serves_through_changes);
    setup.serves_through_changes = true;
    let broken = explore(&setup).expect_err("a skew without an answer");
    assert!(broken.found.contains("nobody answers"), "{broken}");
    let stop = broken.path.last().expect("a way there");
    assert!(stop.contains("planned stop"), "{broken}");
}

/// Beyond the limit the search gives up in words, not in memory.
#[test]
fn a_search_that_would_not_end_says_so() {
    let search = Search::named("trio-mixed").expect("it is in the library");
    let mut setup = search.setup().expect("its settings agree");
    setup.states_max = 100;
    let broken = explore(&setup).expect_err("there are more");
    assert!(broken.found.contains("more than 100 states"), "{broken}");
}
