//! Sync groups, exhaustively: two nodes with a member on each of two LANs.

use vrrp_conformance::proves;
use vrrp_sim::explore::groups::{GroupBudget, GroupSetup, explore};

const STATES_MAX: usize = 3_000_000;

const NOTHING: GroupBudget = GroupBudget {
    losses: 0,
    cuts: 0,
    partitions: 0,
    crashes: 0,
    stops: 0,
    switchovers: 0,
};

fn run(name: &str, priorities: &[[u8; 2]], running: bool, budget: GroupBudget) -> usize {
    let setup = GroupSetup::new(priorities, running, budget).expect("settings agree");
    let explored = explore(&setup, STATES_MAX).unwrap_or_else(|broken| panic!("{name}: {broken}"));
    println!(
        "{name}: {} states, {} steps, at rest within {:?}",
        explored.states, explored.steps, explored.longest_convergence
    );
    explored.states
}

/// in no state is a group split, and from every state the nodes come to rest.
#[test]
fn x_08_every_state_of_two_nodes_on_two_lans() {
    let usual = [[150, 150], [100, 100]];
    let equal = [[100, 100], [100, 100]];
    let contrary = [[150, 50], [100, 100]];
    let link = GroupBudget {
        cuts: 1,
        losses: 1,
        ..NOTHING
    };
    let parted = GroupBudget {
        partitions: 1,
        losses: 1,
        ..NOTHING
    };
    let planned = GroupBudget {
        stops: 1,
        switchovers: 1,
        ..NOTHING
    };
    let mut states = 0;
    for (name, priorities) in [("usual", usual), ("equal", equal), ("contrary", contrary)] {
        states += run(&format!("{name}, link"), &priorities, true, link);
        states += run(&format!("{name}, parted"), &priorities, true, parted);
        states += run(&format!("{name}, planned"), &priorities, true, planned);
    }
    states += run(
        "usual, crash",
        &usual,
        true,
        GroupBudget {
            crashes: 1,
            losses: 1,
            ..NOTHING
        },
    );
    // One link of each node, and three equal nodes whose elections contradict each other.
    let cuts = GroupBudget { cuts: 2, ..NOTHING };
    states += run("usual, two links", &usual, true, cuts);
    states += run("equal, two links", &equal, true, cuts);
    states += run(
        "usual, both LANs parted",
        &usual,
        true,
        GroupBudget {
            partitions: 2,
            ..NOTHING
        },
    );
    let three = [[100, 100], [100, 100], [100, 100]];
    states += run(
        "three, parted",
        &three,
        true,
        GroupBudget {
            partitions: 1,
            ..NOTHING
        },
    );
    states += run(
        "three, crash",
        &three,
        true,
        GroupBudget {
            crashes: 1,
            ..NOTHING
        },
    );
    println!("{states} states");
    assert!(states > 10_000, "{states}");
    proves!("X-08", Refuses);
}
