//! Many routers together, in virtual time. Every world is deterministic; proptest chooses which.

mod checkers;
mod convergence;
mod fall;
mod flaps;
mod flood;
mod groups;
mod hardware;
mod merges;
mod owners;
mod planned_stop;
mod power_cut;
mod recorded;
mod rejected;
mod replay;
mod scenarios;
mod slack;
mod switchover;
mod three_backups;
mod upgrade;

use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use vrrp_core::{Interval, Priority, Report, StateName};
use vrrp_sim::{NodeId, What, World};

/// This many, or as many as PROPTEST_CASES asks for. Seeds of failures are kept beside the test (proptest finds no lib.rs
/// from here).
fn cases(usual: u32) -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|text| text.parse().ok());
    ProptestConfig {
        cases: asked.unwrap_or(usual),
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    }
}

fn priority(value: u8) -> Priority {
    Priority::new(value).unwrap()
}

fn centiseconds(value: u16) -> Interval {
    Interval::from_centiseconds(value).unwrap()
}

const fn ms(value: u64) -> Duration {
    Duration::from_millis(value)
}

fn state(world: &World, node: NodeId) -> StateName {
    world
        .node(node)
        .routers()
        .next()
        .map_or(StateName::Initialize, |router| router.state_name())
}

/// When a node became Active, in nanoseconds.
fn became_active(world: &World, node: NodeId) -> Vec<u64> {
    let name = &world.node(node).settings().name;
    let lines = world.timeline().lines().iter().filter(|line| line.who == *name);
    let active = |what: &What| matches!(what, What::Report { report: Report::Transition(change), .. } if change.to == StateName::Active);
    lines
        .filter(|line| active(&line.what))
        .map(|line| line.at.as_nanos())
        .collect()
}

/// When a node sent advertisements, in nanoseconds.
fn sent(world: &World, node: NodeId) -> Vec<u64> {
    let name = &world.node(node).settings().name;
    let lines = world.timeline().lines().iter().filter(|line| line.who == *name);
    let sent = |what: &What| matches!(what, What::Sent { .. });
    lines
        .filter(|line| sent(&line.what))
        .map(|line| line.at.as_nanos())
        .collect()
}
