//! Who serves, by hand-written stories.

use std::sync::Arc;
use std::time::Duration;

use healthcheck::{Because, Health, Placement};
use vrrp_core::Weight;
use vrrp_director::{Director, Event, Input, When, Which};
use vrrp_ipvs::Table;
use vrrp_plan::balance::{Balance, Follows, VirtualServer};

use crate::balances::{balance, destination, gate, key, runs, server, service, sorry, virtual_server, which};
use crate::world::{World, seconds};

const SERVICE: &str = "192.0.2.1:80";
const A: &str = "198.51.100.1:80";
const B: &str = "198.51.100.2:80";
const C: &str = "198.51.100.3:80";
const SORRY: &str = "127.0.0.1:80";

fn two() -> VirtualServer {
    virtual_server(SERVICE, vec![server(A, 2), server(B, 1)])
}

fn with_sorry() -> VirtualServer {
    VirtualServer {
        sorry: Some(sorry(SORRY)),
        ..two()
    }
}

fn world(server: VirtualServer) -> World {
    World::begin(balance(vec![server]), &Table::new())
}

fn weights(pairs: &[(&str, u32)]) -> Vec<(String, u32)> {
    pairs
        .iter()
        .map(|(name, weight)| ((*name).to_owned(), *weight))
        .collect()
}

fn life(server: &str, up: bool, because: Because) -> Event {
    Event::Server {
        virtual_server: SERVICE.into(),
        server: server.into(),
        up,
        because,
        when: When::Running,
    }
}

fn quorum(gained: bool, living_weight: u64, when: When) -> Event {
    Event::Quorum {
        virtual_server: SERVICE.into(),
        gained,
        living_weight,
        when,
    }
}

fn fallback(serves: bool) -> Event {
    Event::Sorry {
        virtual_server: SERVICE.into(),
        server: SORRY.into(),
        serves,
    }
}

#[test]
fn a_dead_server_goes_at_once_and_comes_back_by_itself() {
    let mut world = world(two());
    assert_eq!(
        world.told(),
        [quorum(true, 3, When::Start)],
        "who is in unchecked is no news"
    );
    assert_eq!(world.weights(&key(SERVICE)), weights(&[(A, 2), (B, 1)]));
    world.check(A, true);
    assert_eq!(world.told(), []);
    world.kernel.commands();
    world.check(A, false);
    assert_eq!(world.told(), [life(A, false, Because::Failed(A.into()))]);
    assert_eq!(
        world.kernel.commands(),
        [format!("delete {A} from TCP {SERVICE}")]
    );
    world.check(A, true);
    assert_eq!(world.told(), [life(A, true, Because::Well)]);
    assert_eq!(world.kernel.commands(), [format!("add {A} to TCP {SERVICE}")]);
}

/// Deleting a living destination breaks what is under way to it: it stays a while with weight 0.
#[test]
fn the_sorry_server_comes_first_and_goes_slowly() {
    let mut world = world(with_sorry());
    world.check(A, false);
    world.told();
    world.kernel.commands();
    world.check(B, false);
    assert_eq!(
        world.told(),
        [
            life(B, false, Because::Failed(B.into())),
            fallback(true),
            quorum(false, 0, When::Running)
        ]
    );
    assert_eq!(
        world.kernel.commands(),
        [
            format!("add {SORRY} to TCP {SERVICE}"),
            format!("delete {B} from TCP {SERVICE}")
        ]
    );
    world.check(A, true);
    assert_eq!(
        world.told(),
        [
            life(A, true, Because::Well),
            fallback(false),
            quorum(true, 2, When::Running)
        ]
    );
    assert_eq!(
        world.kernel.commands(),
        [
            format!("add {A} to TCP {SERVICE}"),
            format!("edit {SORRY} of TCP {SERVICE}")
        ]
    );
    assert_eq!(world.weights(&key(SERVICE)), weights(&[(SORRY, 0), (A, 2)]));
    world.pass(Duration::from_millis(2_999));
    assert_eq!(world.kernel.commands(), [""; 0]);
    world.pass(Duration::from_millis(1));
    assert_eq!(
        world.kernel.commands(),
        [format!("delete {SORRY} from TCP {SERVICE}")]
    );
    assert_eq!(world.director.deadline(), None);
}

/// keepalived takes the living out when the quorum is lost; they are well, so they go slowly, and come back at once.
#[test]
fn the_living_that_a_lost_quorum_takes_out_go_slowly() {
    let mut world = world(VirtualServer {
        quorum: 3,
        ..with_sorry()
    });
    world.check(B, false);
    assert_eq!(world.weights(&key(SERVICE)), weights(&[(SORRY, 1), (A, 0)]));
    world.pass(seconds(1));
    world.check(B, true);
    assert_eq!(
        world.weights(&key(SERVICE)),
        weights(&[(SORRY, 0), (A, 2), (B, 1)])
    );
    world.pass(seconds(3));
    assert_eq!(world.weights(&key(SERVICE)), weights(&[(A, 2), (B, 1)]));
}

#[test]
fn with_alpha_nobody_is_in_before_its_checks_have_spoken() {
    let mut plan = two();
    for server in &mut plan.servers {
        for follows in &mut server.follows {
            follows.alpha = true;
        }
    }
    let mut world = world(plan);
    assert_eq!(world.told(), []);
    assert_eq!(world.weights(&key(SERVICE)), []);
    world.check(B, true);
    assert_eq!(
        world.told(),
        [life(B, true, Because::Well), quorum(true, 1, When::Running)]
    );
    assert_eq!(world.weights(&key(SERVICE)), weights(&[(B, 1)]));
}

/// keepalived, seen from 2.2.7: an `alpha` server that is dead from the start is told to be down, once.
#[test]
fn who_waits_for_his_checks_and_fails_is_told_to_be_down() {
    let mut plan = two();
    for follows in plan.servers.iter_mut().flat_map(|server| &mut server.follows) {
        follows.alpha = true;
    }
    let mut world = world(plan);
    world.check(A, false);
    assert_eq!(world.told(), [life(A, false, Because::Failed(A.into()))]);
    world.check(A, false);
    assert_eq!(world.told(), []);
    world.check(A, true);
    assert_eq!(
        world.told(),
        [life(A, true, Because::Well), quorum(true, 2, When::Running)]
    );
}

/// Two checks, of which the second has `alpha`: nobody hears twice that the server is down.
#[test]
fn who_was_told_to_be_down_and_waits_again_is_not_told_once_more() {
    let mut plan = two();
    plan.servers[0].follows.push(Follows {
        alpha: true,
        ..gate(C)
    });
    let mut world = world(plan);
    world.told();
    world.check(A, false);
    assert_eq!(world.told(), [life(A, false, Because::Failed(A.into()))]);
    world.check(A, true);
    world.check(C, false);
    assert_eq!(world.told(), []);
    world.check(C, true);
    assert_eq!(world.told(), [life(A, true, Because::Well)]);
}

/// keepalived `rs_init_notifies`, seen from 2.2.7: who is in from the start is told to be up, before its virtual server.
#[test]
fn who_is_in_from_the_first_moment_is_told_where_it_is_asked_for() {
    let first = |name: &str| Event::Server {
        virtual_server: SERVICE.into(),
        server: name.into(),
        up: true,
        because: Because::Well,
        when: When::Start,
    };
    let mut plan = two();
    plan.tells_first = true;
    plan.servers[1].follows[0].alpha = true;
    let mut world = world(plan.clone());
    assert_eq!(world.told(), [first(A), quorum(true, 2, When::Start)]);
    world.check(B, true);
    assert_eq!(world.told(), [life(B, true, Because::Well)]);
    world.reload(balance(vec![plan.clone()]));
    assert_eq!(world.told(), [], "they were there before");
    plan.servers.push(server(C, 1));
    world.reload(balance(vec![plan]));
    assert_eq!(world.told(), [first(C)]);
}

#[test]
fn an_inhibited_server_stays_with_weight_0() {
    let mut plan = two();
    plan.servers[0].inhibit = true;
    let mut world = world(plan);
    world.check(A, false);
    assert_eq!(world.weights(&key(SERVICE)), weights(&[(A, 0), (B, 1)]));
    world.pass(seconds(10));
    assert_eq!(world.weights(&key(SERVICE)), weights(&[(A, 0), (B, 1)]));
    world.told();
    world.check(A, true);
    assert_eq!(
        world.told(),
        [life(A, true, Because::Well)],
        "its weight is no news beside"
    );
}

#[test]
fn an_operator_drains_weighs_and_takes_out_and_a_reload_does_not_forget_it() {
    let mut world = world(two());
    world.told();
    world.input(Input::Place(&which(A), Placement::Drained));
    assert_eq!(world.told(), [life(A, false, Because::Drained)]);
    assert_eq!(world.weights(&key(SERVICE)), weights(&[(A, 0), (B, 1)]));
    let mut plan = two();
    plan.servers.push(server(C, 4));
    world.reload(balance(vec![plan]));
    assert_eq!(world.weights(&key(SERVICE)), weights(&[(A, 0), (B, 1), (C, 4)]));
    // Drained a second ago: what is under way may end, three in all.
    world.pass(seconds(1));
    world.input(Input::Place(&which(A), Placement::Out));
    world.pass(Duration::from_millis(1_999));
    assert_eq!(world.weights(&key(SERVICE)), weights(&[(A, 0), (B, 1), (C, 4)]));
    world.pass(Duration::from_millis(1));
    assert_eq!(world.weights(&key(SERVICE)), weights(&[(B, 1), (C, 4)]));
    world.input(Input::Weigh(&which(B), Some(7)));
    world.input(Input::Place(&which(A), Placement::Judged));
    assert_eq!(world.weights(&key(SERVICE)), weights(&[(A, 2), (B, 7), (C, 4)]));
    world.reload(balance(vec![two()]));
    world.pass(seconds(3));
    assert_eq!(world.weights(&key(SERVICE)), weights(&[(A, 2), (B, 7)]));
    let nobody = Which {
        virtual_server: Some(SERVICE.to_owned()),
        server: C.to_owned(),
    };
    let missing = world.director.find(&nobody).unwrap_err().to_string();
    assert_eq!(
        missing,
        format!("virtual server '{SERVICE}' has no real server '{C}'")
    );
}

/// keepalived `misc_dynamic`: 0 leaves the weight as it is; an operator's word goes before.
#[test]
fn a_check_sets_the_weight_of_those_who_follow_it() {
    let mut plan = balance(vec![two()]);
    Arc::make_mut(&mut plan.checks)[0].look = runs("/a");
    let mut world = World::begin(plan, &Table::new());
    world.told();
    let set = |weight| Input::CheckWeight { name: A, weight };
    world.input(set(9));
    assert_eq!(world.weights(&key(SERVICE)), weights(&[(A, 9), (B, 1)]));
    world.input(Input::Weigh(&which(A), Some(3)));
    world.input(set(8));
    assert_eq!(world.weights(&key(SERVICE)), weights(&[(A, 3), (B, 1)]));
    world.input(Input::Weigh(&which(A), None));
    let weight = |weight| Event::Weight {
        virtual_server: SERVICE.into(),
        server: A.into(),
        weight,
    };
    assert_eq!(world.told(), [weight(9), weight(3), weight(8)]);
    // A run that a reload has ended says one more.
    world.reload(balance(vec![two()]));
    world.told();
    world.input(set(7));
    assert_eq!(world.weights(&key(SERVICE)), weights(&[(A, 2), (B, 1)]));
    assert_eq!(world.told(), []);
}

/// ldirectord: who is in the kernel's table stays in service, others wait for their checks.
#[test]
fn servers_begin_as_the_table_has_them() {
    let mut plan = virtual_server(SERVICE, vec![server(A, 1), server(B, 1), server(C, 1)]);
    plan.begins_as_found = true;
    let mut found = Table::new();
    found
        .insert(service(SERVICE), [destination(A, 1), destination(B, 0)])
        .unwrap();
    let mut world = World::begin(balance(vec![plan.clone()]), &found);
    assert_eq!(world.weights(&key(SERVICE)), weights(&[(A, 1)]));
    world.check(B, true);
    world.check(C, true);
    assert_eq!(world.weights(&key(SERVICE)), weights(&[(A, 1), (B, 1), (C, 1)]));
    // A new one waits, a known one does not.
    plan.servers.push(server("198.51.100.4:80", 1));
    plan.servers[0].follows.push(gate("a new check"));
    world.reload(balance(vec![plan]));
    assert_eq!(world.weights(&key(SERVICE)), weights(&[(A, 1), (B, 1), (C, 1)]));
}

/// keepalived puts it in (its pull request 106): a check by another name has not failed yet.
#[test]
fn a_dead_server_whose_check_is_replaced_stays_out_until_that_has_spoken() {
    let mut world = world(two());
    world.check(A, false);
    world.told();
    let mut plan = two();
    plan.servers[0].follows = vec![gate("another")];
    world.reload(balance(vec![plan.clone()]));
    assert_eq!(world.weights(&key(SERVICE)), weights(&[(B, 1)]));
    plan.servers[1].destination.weight = 5;
    world.reload(balance(vec![plan]));
    assert_eq!(
        world.weights(&key(SERVICE)),
        weights(&[(B, 5)]),
        "nor at the next one"
    );
    assert_eq!(world.told(), []);
    world.check("another", true);
    assert_eq!(world.weights(&key(SERVICE)), weights(&[(A, 2), (B, 5)]));
}

/// A check that another virtual server follows already is known.
#[test]
fn what_is_known_of_a_check_is_known_to_who_begins_to_follow_it() {
    let other = virtual_server("192.0.2.2:80", vec![server(C, 1)]);
    let mut world = World::begin(balance(vec![two(), other.clone()]), &Table::new());
    world.check(C, false);
    world.told();
    let mut plan = two();
    plan.servers[0].follows.push(gate(C));
    world.reload(balance(vec![plan, other]));
    assert_eq!(world.told(), [life(A, false, Because::Failed(C.into()))]);
    assert_eq!(world.weights(&key(SERVICE)), weights(&[(B, 1)]));
}

#[test]
fn a_reload_touches_what_has_changed() {
    let mut world = world(with_sorry());
    world.kernel.commands();
    world.reload(balance(vec![with_sorry()]));
    assert_eq!(world.kernel.commands(), [""; 0]);
    let mut plan = with_sorry();
    plan.servers.remove(1);
    plan.servers.push(server(C, 1));
    world.reload(balance(vec![plan]));
    let expected = [
        format!("add {C} to TCP {SERVICE}"),
        format!("edit {B} of TCP {SERVICE}"),
    ];
    assert_eq!(world.kernel.commands(), expected);
    world.pass(seconds(3));
    assert_eq!(
        world.kernel.commands(),
        [format!("delete {B} from TCP {SERVICE}")]
    );
    world.reload(Balance::default());
    assert_eq!(world.kernel.commands(), [format!("delete service TCP {SERVICE}")]);
}

/// omega: notices of going down at the end.
#[test]
fn the_end_is_told_to_who_wants_it() {
    let mut world = world(VirtualServer { omega: true, ..two() });
    world.check(B, false);
    world.told();
    world.input(Input::Stop);
    let going = Event::Server {
        virtual_server: SERVICE.into(),
        server: A.into(),
        up: false,
        because: Because::Well,
        when: When::Stop,
    };
    assert_eq!(world.told(), [going, quorum(false, 0, When::Stop)]);
    world.reload(balance(vec![two()]));
    world.input(Input::Stop);
    assert_eq!(world.told(), []);
}

#[test]
fn a_balance_that_cannot_be_changes_nothing_and_says_why() {
    let why = |servers| Director::new(balance(servers)).unwrap_err().to_string();
    assert_eq!(
        why(vec![two(), two()]),
        format!("test.conf:1: virtual server {SERVICE} is there twice; nothing is changed")
    );
    let mut other = virtual_server("192.0.2.2:80", vec![server(C, 1)]);
    other.services = vec![service(SERVICE)];
    assert_eq!(
        why(vec![two(), other]),
        format!(
            "test.conf:1: TCP {SERVICE} belongs to virtual server {SERVICE} and to 192.0.2.2:80; nothing is changed. Each service has one"
        )
    );
    let none = virtual_server(SERVICE, Vec::new());
    assert!(why(vec![none]).contains("the pool has no member"));
    let mut lost = balance(vec![two()]);
    lost.checks = Arc::default();
    let mut world = world(two());
    let refused = world.director.reload(world.now, lost).unwrap_err().to_string();
    assert!(refused.contains("follows the check"), "{refused}");
    assert_eq!(world.director.take_steps(), []);
    assert_eq!(world.weights(&key(SERVICE)), weights(&[(A, 2), (B, 1)]));
}

/// A file is a gate for one virtual server and adds to the weight in another.
#[test]
fn what_is_told_of_one_virtual_server_does_not_hide_the_weights_of_another() {
    const OTHER: &str = "192.0.2.2:80";
    let mut weighed = virtual_server(OTHER, vec![server(C, 5)]);
    weighed.servers[0].follows = vec![Follows {
        check: A.to_owned(),
        weight: Weight::from_keepalived(1, false),
        alpha: false,
    }];
    let mut world = World::begin(balance(vec![two(), weighed]), &Table::new());
    world.told();
    world.input(Input::Check {
        name: A,
        health: Health::Value(-3),
        degraded: false,
    });
    let told = world.told();
    let [gate, weight] = &told[..] else {
        panic!("{told:?}");
    };
    assert_eq!(gate, &life(A, false, Because::Failed(A.into())));
    let expected = Event::Weight {
        virtual_server: OTHER.into(),
        server: C.into(),
        weight: 2,
    };
    assert_eq!(weight, &expected);
}
