//! Sync groups, exhaustively: nodes with a member on each of two LANs.

use vrrp_conformance::proves;
use vrrp_sim::explore::groups::{explore, library};

const STATES_MAX: usize = 3_000_000;

/// in no state is a group split, and from every state the nodes come to rest.
#[test]
fn x_08_every_state_of_two_nodes_on_two_lans() {
    let mut states = 0;
    for search in library::ALL {
        let setup = search.setup().expect("settings agree");
        let explored =
            explore(&setup, STATES_MAX).unwrap_or_else(|broken| panic!("{}: {broken}", search.name));
        println!(
            "{}: {} states, {} steps, at rest within {:?}",
            search.name, explored.states, explored.steps, explored.longest_convergence
        );
        states += explored.states;
    }
    println!("{states} states");
    assert!(states > 10_000, "{states}");
    proves!("X-08", Refuses);
}
