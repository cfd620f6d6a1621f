//! Names count the checks of a server: after a reload another check may have one's name.

use std::sync::Arc;

use healthcheck::Because;
use vrrp_director::{Event, Input};
use vrrp_ipvs::Table;
use vrrp_plan::balance::{Balance, Look};

use crate::balances::{balance, check, first, gate, key, runs, server, virtual_server};
use crate::world::World;

const SERVICE: &str = "192.0.2.1:80";
const A: &str = "198.51.100.1:80";
const B: &str = "198.51.100.2:80";
const FIRST: &str = "HTTP_GET";
const SECOND: &str = "HTTP_GET 2";

/// A is looked at by these, B by its own.
fn looked_at(checks: &[(&str, Look)]) -> Balance {
    let mut plan = virtual_server(SERVICE, vec![server(A, 1), server(B, 1)]);
    plan.servers[0].follows = checks.iter().map(|(name, _)| gate(name)).collect();
    let mut all = balance(vec![plan]);
    Arc::make_mut(&mut all.checks).retain(|other| other.name == B);
    Arc::make_mut(&mut all.checks).extend(checks.iter().map(|(name, look)| check(name, look.clone())));
    all
}

/// One of two has failed.
fn world() -> World {
    let both = [(FIRST, runs("/a")), (SECOND, runs("/b"))];
    let mut world = World::begin(looked_at(&both), &Table::new());
    world.check(B, true);
    world.check(FIRST, true);
    world.check(SECOND, false);
    assert_eq!(serving(&world), [B]);
    world.told();
    world.kernel.commands();
    world
}

fn serving(world: &World) -> Vec<String> {
    let weights = world.weights(&key(SERVICE)).into_iter();
    weights.map(|(name, _)| name).collect()
}

fn failed(world: &World) -> Because {
    world.director.status()[0].servers[0].because.clone()
}

/// Reloads, and nobody notices.
fn reload(world: &mut World, checks: &[(&str, Look)]) {
    world.reload(looked_at(checks));
    assert_eq!(serving(world), [B]);
    assert_eq!(world.told(), []);
    assert_eq!(world.kernel.commands(), [""; 0]);
}

#[test]
fn who_has_failed_stays_out_where_his_check_takes_the_name_of_one_that_was_well() {
    let mut world = world();
    reload(&mut world, &[(FIRST, runs("/b"))]);
    assert_eq!(failed(&world), Because::Failed(FIRST.into()));
    world.check(FIRST, true);
    assert_eq!(serving(&world), [A, B]);
}

#[test]
fn two_checks_that_change_their_places_keep_what_is_known_of_them() {
    let mut world = world();
    // Nothing of the virtual server itself has changed.
    reload(&mut world, &[(FIRST, runs("/b")), (SECOND, runs("/a"))]);
    assert_eq!(failed(&world), Because::Failed(FIRST.into()));
    world.check(FIRST, true);
    assert_eq!(serving(&world), [A, B], "what is known of /a is not forgotten");
}

#[test]
fn one_that_comes_before_takes_the_name_and_not_the_failure() {
    let mut world = world();
    let three = [
        (FIRST, runs("/c")),
        (SECOND, runs("/a")),
        ("HTTP_GET 3", runs("/b")),
    ];
    reload(&mut world, &three);
    world.check("HTTP_GET 3", true);
    assert_eq!(serving(&world), [B], "/c has not spoken");
    world.check(FIRST, true);
    assert_eq!(serving(&world), [A, B]);
}

#[test]
fn who_has_failed_and_is_looked_at_elsewhere_stays_out_until_that_has_spoken() {
    let mut world = world();
    reload(&mut world, &[(FIRST, runs("/a")), (SECOND, runs("/c"))]);
    assert_eq!(failed(&world), Because::Unchecked(SECOND.into()));
    // Nor at the next one.
    reload(&mut world, &[(FIRST, runs("/c")), (SECOND, runs("/d"))]);
    world.check(FIRST, true);
    assert_eq!(serving(&world), [B]);
    world.check(SECOND, true);
    assert_eq!(serving(&world), [A, B]);
}

/// Also with alpha, which is for the start: who is well is not taken out because his checks ask otherwise now.
#[test]
fn who_is_well_and_is_looked_at_elsewhere_stays_in() {
    let alpha = |look: &str| {
        let mut all = looked_at(&[(FIRST, runs(look))]);
        for follows in &mut first(&mut all).servers[0].follows {
            follows.alpha = true;
        }
        all
    };
    let mut world = World::begin(alpha("/a"), &Table::new());
    assert_eq!(serving(&world), [B]);
    world.reload(alpha("/b"));
    assert_eq!(serving(&world), [B], "it has never spoken");
    world.check(FIRST, true);
    world.told();
    world.reload(alpha("/c"));
    assert_eq!(serving(&world), [A, B]);
    assert_eq!(world.told(), []);
    world.check(FIRST, false);
    assert_eq!(serving(&world), [B]);
}

#[test]
fn a_weight_goes_with_the_program_that_has_set_it() {
    let mut world = World::begin(
        looked_at(&[(FIRST, runs("/a")), (SECOND, runs("/b"))]),
        &Table::new(),
    );
    let weight = 5;
    world.input(Input::CheckWeight { name: SECOND, weight });
    world.told();
    world.reload(looked_at(&[(FIRST, runs("/b"))]));
    assert_eq!(world.told(), []);
    assert_eq!(world.weights(&key(SERVICE))[0].1, 5);
    world.reload(looked_at(&[(FIRST, runs("/c"))]));
    assert_eq!(world.weights(&key(SERVICE))[0].1, 1, "as configured");
    assert!(matches!(world.told()[..], [Event::Weight { weight: 1, .. }]));
}
