//! What the nodes of a world were told, told to the core once more: every decision is the same.

use vrrp_core::Interval;
use vrrp_recording::{Event, Replay};
use vrrp_sim::scenario::Scenario;
use vrrp_sim::{NodeId, World, random_world};

/// Decisions in a recording, all of them as recorded.
fn decisions(what: &str, text: &str) -> usize {
    let mut count = 0;
    for replayed in Replay::new(text.lines()) {
        let replayed = replayed.unwrap_or_else(|wrong| panic!("{what}: {wrong}"));
        if let Event::Decision(decision) = replayed.event {
            assert!(
                decision.is_as_recorded(),
                "{what}, line {}: {decision:#?}",
                replayed.line
            );
            count += 1;
        }
    }
    count
}

fn record(world: &mut World) -> Vec<std::sync::Arc<vrrp_recording::Transcript>> {
    let ids: Vec<NodeId> = world.nodes().map(|(id, _)| id).collect();
    ids.into_iter().map(|id| world.record(id)).collect()
}

#[test]
fn every_scenario_can_be_replayed_node_by_node() {
    for scenario in Scenario::all() {
        let mut world = scenario.world(1, Interval::DEFAULT).unwrap();
        let transcripts = record(&mut world);
        scenario.run(&mut world).unwrap();
        for transcript in transcripts {
            assert!(
                decisions(&scenario.name, &transcript.text()) > 5,
                "{}",
                scenario.name
            );
        }
    }
}

#[test]
fn random_worlds_can_be_replayed() {
    let mut all = 0;
    for seed in 0..100 {
        let mut random = random_world(seed, 3).unwrap();
        let transcripts = record(&mut random.world);
        random.run().unwrap();
        all += transcripts
            .iter()
            .map(|transcript| decisions(&format!("seed {seed}"), &transcript.text()))
            .sum::<usize>();
    }
    assert!(all > 10_000, "{all}");
}

/// A recording tells nothing that was not so: the world is the same with and without.
#[test]
fn nobody_decides_otherwise_for_being_watched() {
    for seed in 0..20 {
        let mut alone = random_world(seed, 3).unwrap();
        let mut watched = random_world(seed, 3).unwrap();
        let transcripts = record(&mut watched.world);
        assert_eq!(alone.run(), watched.run());
        assert_eq!(alone.world.timeline(), watched.world.timeline());
        assert_eq!(transcripts.len(), 3);
    }
}
