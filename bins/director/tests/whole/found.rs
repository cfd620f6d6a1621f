//! What is found at the beginning: nobody, or what whoever was here before has left in the kernel.

use healthcheck::Placement;
use vrrp_core::Instant;
use vrrp_director::{Director, Event, Input};
use vrrp_ipvs::Table;
use vrrp_plan::balance::VirtualServer;

use crate::balances::{balance, key, server, sorry, virtual_server, which};
use crate::world::World;

const SERVICE: &str = "192.0.2.1:80";
const A: &str = "198.51.100.1:80";
const B: &str = "198.51.100.2:80";

/// ldirectord's fallback command, where there is no fallback: a beginning that finds nobody is told when all have spoken, once.
#[test]
fn nobody_is_found_at_the_beginning() {
    let none_found = Event::NoneFound {
        virtual_server: SERVICE.into(),
    };
    let mut plan = virtual_server(SERVICE, vec![server(A, 1), server(B, 1)]);
    plan.begins_as_found = true;
    let silent = plan.clone();
    plan.fallback_command = Some(vrrp_plan::Command {
        words: vec!["/bin/tell".to_owned()],
        user: None,
        secure: false,
    });
    let command = plan.fallback_command.clone();
    let count = |world: &mut World| {
        let told = world.told();
        told.iter().filter(|event| **event == none_found).count()
    };
    let begin = |plan| World::begin(balance(vec![plan]), &Table::new());
    let mut world = begin(plan.clone());
    assert_eq!(count(&mut world), 0);
    world.check(B, false);
    assert_eq!(count(&mut world), 0, "A may be up");
    world.check(A, false);
    assert_eq!(count(&mut world), 1);
    world.check(A, true);
    world.check(A, false);
    assert_eq!(count(&mut world), 0, "from then on it is a quorum");
    // One of them is found.
    let mut world = begin(plan.clone());
    world.check(B, true);
    world.check(B, false);
    world.check(A, false);
    assert_eq!(count(&mut world), 0);
    // A reload takes away who has not spoken.
    let mut world = begin(plan.clone());
    world.check(A, false);
    plan.servers.pop();
    world.reload(balance(vec![plan]));
    assert_eq!(count(&mut world), 1);
    let mut world = begin(silent.clone());
    world.check(A, false);
    world.check(B, false);
    assert_eq!(count(&mut world), 0, "nobody asks");
    // Now somebody does: who writes a command while nobody serves means it.
    let asks = VirtualServer {
        fallback_command: command,
        ..silent.clone()
    };
    world.reload(balance(vec![asks.clone()]));
    assert_eq!(count(&mut world), 1);
    world.reload(balance(vec![asks.clone()]));
    assert_eq!(count(&mut world), 0, "once");
    let mut world = begin(silent);
    world.check(A, true);
    world.reload(balance(vec![asks]));
    world.check(A, false);
    world.check(B, false);
    assert_eq!(count(&mut world), 0, "that is a quorum which is lost");
}

/// 2±1 is kept with one, and gained with three: what the kernel's table says of the process before is the memory of it.
#[test]
fn a_quorum_that_was_held_is_held() {
    let plan = VirtualServer {
        quorum: 2,
        hysteresis: 1,
        sorry: Some(sorry("198.51.100.9:80")),
        ..virtual_server(SERVICE, vec![server(A, 1), server(B, 1)])
    };
    let weights = |director: &Director| {
        let server = director.wanted().get(&key(SERVICE)).unwrap();
        let all = server.destinations().values();
        let serving = all.filter(|one| one.serves());
        serving.map(|one| one.key.to_string()).collect::<Vec<_>>()
    };
    // As an operator has said to the process before.
    let begun = |found: &Table| {
        let mut director = Director::new(balance(vec![plan.clone()])).unwrap();
        let now = Instant::default();
        director.handle(now, Input::Place(&which(B), Placement::Drained));
        let told = director.handle(now, Input::Start(found));
        let is_there = found.get(&key(SERVICE)).is_some();
        let found = Event::Found { services: 1 };
        assert_eq!(told.contains(&found), is_there, "it may be another program's");
        director
    };
    let mut held = Director::new(balance(vec![plan.clone()])).unwrap();
    held.handle(Instant::default(), Input::Start(&Table::new()));
    held.handle(Instant::default(), Input::Place(&which(B), Placement::Drained));
    assert_eq!(weights(&held), [A], "one of two keeps it");
    assert_eq!(weights(&begun(held.wanted())), [A]);
    let fresh = begun(&Table::new());
    assert_eq!(weights(&fresh), ["198.51.100.9:80"], "nobody has held it");
    assert_eq!(weights(&begun(fresh.wanted())), ["198.51.100.9:80"], "nor here");
}
