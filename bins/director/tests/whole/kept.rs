//! What the keeper does where the kernel refuses, is silent, or obeys others too.

use std::time::Duration;

use vrrp_director::{AUDIT_EVERY, Input, Keeper, KernelEvent, Step};
use vrrp_ipvs::{Change, Table};
use vrrp_plan::balance::AtStop;

use crate::balances::{at, balance, destination, key, server, service, sorry, virtual_server};
use crate::model::Model;
use crate::world::{World, seconds};

const SERVICE: &str = "192.0.2.1:80";
const A: &str = "198.51.100.1:80";
const B: &str = "198.51.100.2:80";
const SORRY: &str = "127.0.0.1:80";
const OTHERS: &str = "203.0.113.1:80";

fn others() -> Table {
    let mut table = Table::new();
    table.insert(service(OTHERS), [destination(A, 3)]).unwrap();
    table
}

fn world() -> World {
    let plan = virtual_server(SERVICE, vec![server(A, 1), server(B, 1)]);
    let mut world = World::begin(balance(vec![plan]), &others());
    world.kernel.commands();
    world.kernel_events.clear();
    world
}

fn weights(pairs: &[(&str, u32)]) -> Vec<(String, u32)> {
    pairs
        .iter()
        .map(|(name, weight)| ((*name).to_owned(), *weight))
        .collect()
}

fn refused(events: &[KernelEvent]) -> Vec<&str> {
    let each = events.iter().filter_map(|event| match event {
        KernelEvent::Refused { asked, .. } => Some(asked.as_str()),
        _ => None,
    });
    each.collect()
}

#[test]
fn a_foreign_hand_is_told_and_put_right_at_the_next_reading() {
    let mut world = world();
    world.kernel.by_another_hand(key(SERVICE), |table| {
        table.unset(&key(SERVICE), &at(A).into());
        table.set(&key(SERVICE), destination("198.51.100.9:80", 1));
    });
    world.pass(AUDIT_EVERY - Duration::from_millis(1));
    assert_eq!(world.kernel.commands(), [""; 0]);
    world.pass(Duration::from_millis(1));
    let repairs = [
        format!("add {A} to TCP {SERVICE}"),
        format!("delete 198.51.100.9:80 from TCP {SERVICE}"),
    ];
    assert_eq!(world.kernel.commands(), repairs);
    let told = KernelEvent::ForeignHand {
        repairs: repairs.to_vec(),
        count: 2,
    };
    assert_eq!(world.kernel_events, [told]);
    assert_eq!(world.keeper.status().repairs, 2);
    world.pass(AUDIT_EVERY * 3);
    assert_eq!(world.kernel_events.len(), 1, "once");
}

/// What was refused is asked for again when its pause is over, and not because the table was read.
#[test]
fn a_foreign_hand_is_put_right_while_what_is_refused_rests() {
    let plan = virtual_server(SERVICE, vec![server(A, 1), server(B, 1)]);
    let (other, c) = ("192.0.2.2:80", "198.51.100.3:80");
    let other_plan = virtual_server(other, vec![server(c, 1)]);
    let mut world = World::begin(balance(vec![plan, other_plan]), &Table::new());
    world.check(B, false);
    world.kernel.inside().refused.insert(at(B).into());
    world.check(B, true);
    // Tried after 1, 3, 7, 15 and 31 s: then nothing for 30 s.
    world.pass(seconds(32));
    world.kernel.commands();
    world.kernel_events.clear();
    world.kernel.by_another_hand(key(other), |table| {
        table.unset(&key(other), &at(c).into());
    });
    world.pass(AUDIT_EVERY);
    assert_eq!(world.kernel.commands(), [format!("add {c} to TCP {other}")]);
    assert!(
        matches!(
            &world.kernel_events[..],
            [KernelEvent::ForeignHand { count: 1, .. }]
        ),
        "{:?}",
        world.kernel_events
    );
    assert_eq!(world.keeper.status().troubles.len(), 1, "B is still refused");
    world.pass(seconds(23));
    assert_eq!(world.kernel.commands(), [""; 0]);
    world.pass(seconds(1));
    assert!(!world.kernel.commands().is_empty(), "now it is time for B");
}

#[test]
fn what_takes_long_to_read_is_read_less_often() {
    let mut world = world();
    assert_eq!(world.keeper.deadline().since(world.now), AUDIT_EVERY);
    world.kernel.inside().reading_takes = Duration::from_millis(120);
    world.pass(AUDIT_EVERY);
    let rest = world.keeper.deadline().since(world.now);
    assert!(rest >= seconds(6), "{rest:?}");
}

/// Deleted by another hand, and known by the refusal of what comes next, long before the next reading.
#[test]
fn a_refusal_shows_what_others_have_done() {
    let mut world = world();
    world.kernel.by_another_hand(key(SERVICE), |table| {
        table.take(&key(SERVICE));
    });
    world.check(A, false);
    assert_eq!(world.weights(&key(SERVICE)), weights(&[(B, 1)]));
    assert!(
        matches!(&world.kernel_events[..], [KernelEvent::ForeignHand { .. }]),
        "{:?}",
        world.kernel_events
    );
    assert_eq!(world.keeper.status().troubles, [""; 0]);
}

#[test]
fn what_belongs_to_others_stays_and_is_shown() {
    let mut world = world();
    assert_eq!(world.keeper.status().foreign, [key(OTHERS)]);
    let mut inside = world.kernel.inside();
    inside.table.set(&key(OTHERS), destination(B, 9));
    let theirs = inside.table.get(&key(OTHERS)).cloned();
    drop(inside);
    world.pass(AUDIT_EVERY * 2);
    world.reload(balance(Vec::new()));
    assert_eq!(world.kernel.table().get(&key(OTHERS)), theirs.as_ref());
    assert_eq!(world.kernel.table().len(), 1);
}

#[test]
fn a_refusal_is_told_once_and_tried_again_with_pauses_that_grow() {
    let mut world = world();
    world.check(B, false);
    world.kernel.inside().refused.insert(at(B).into());
    world.kernel.commands();
    world.check(B, true);
    let asked = format!("add {B} to TCP {SERVICE}");
    assert_eq!(refused(&world.kernel_events), [asked.as_str()]);
    // The first, and with the table read anew in between a second and a third.
    assert_eq!(world.kernel.commands(), vec![asked.clone(); 3]);
    let mut tries = Vec::new();
    for _ in 0..70 {
        world.pass(seconds(1));
        tries.push(world.kernel.commands().len());
    }
    let at: Vec<usize> = tries
        .iter()
        .enumerate()
        .filter(|(_, count)| **count > 0)
        .map(|(at, _)| at + 1)
        .collect();
    assert_eq!(at, [1, 3, 7, 15, 31, 61], "after 1, 2, 4, 8, 16 and then 30 s");
    assert_eq!(refused(&world.kernel_events).len(), 1, "the same is told once");
    assert_eq!(world.keeper.status().troubles.len(), 1);
    assert!(world.keeper.status().troubles[0].contains("no memory"));
    world.kernel.inside().refused.clear();
    world.pass(seconds(30));
    assert_eq!(world.weights(&key(SERVICE)), weights(&[(A, 1), (B, 1)]));
    assert_eq!(world.kernel_events.last(), Some(&KernelEvent::Recovered));
    assert_eq!(world.keeper.status().troubles, [""; 0]);
}

/// One that is refused does not keep the others waiting.
#[test]
fn what_is_not_refused_goes_on() {
    let plan = virtual_server(SERVICE, vec![server(A, 1), server(B, 1)]);
    let other = virtual_server("192.0.2.2:80", vec![server("198.51.100.3:80", 1)]);
    let mut world = World::begin(balance(vec![plan, other]), &Table::new());
    world.check(B, false);
    world.kernel.inside().refused.insert(at(B).into());
    world.check(B, true);
    world.kernel.commands();
    world.check("198.51.100.3:80", false);
    let only = ["delete 198.51.100.3:80 from TCP 192.0.2.2:80".to_owned()];
    assert_eq!(world.kernel.commands(), only);
}

/// Nobody would serve.
#[test]
fn who_is_to_go_waits_where_who_is_to_come_is_refused() {
    let plan = virtual_server(SERVICE, vec![server(A, 1)]);
    let plan = vrrp_plan::balance::VirtualServer {
        sorry: Some(sorry(SORRY)),
        ..plan
    };
    let mut world = World::begin(balance(vec![plan]), &Table::new());
    world.kernel.inside().refused.insert(at(SORRY).into());
    world.check(A, false);
    assert_eq!(world.weights(&key(SERVICE)), weights(&[(A, 1)]));
    world.kernel.inside().refused.clear();
    world.pass(seconds(1));
    assert_eq!(world.weights(&key(SERVICE)), weights(&[(SORRY, 1)]));
}

#[test]
fn a_silent_kernel_is_told_and_what_it_did_meanwhile_is_no_foreign_hand() {
    let mut world = world();
    world.kernel.inside().is_silent = true;
    world.check(A, false);
    world.check(A, true);
    world.check(B, false);
    assert_eq!(refused(&world.kernel_events), ["read the table of services"]);
    world.kernel.inside().is_silent = false;
    world.pass(seconds(10));
    assert_eq!(world.weights(&key(SERVICE)), weights(&[(A, 1)]));
    assert_eq!(world.kernel_events.len(), 2, "{:?}", world.kernel_events);
    assert_eq!(world.kernel_events[1], KernelEvent::Recovered);
}

/// B is thought to be there, and is not: A must not go before the kernel has said who is there.
#[test]
fn nobody_goes_while_it_is_not_known_who_is_there() {
    let mut world = world();
    world.kernel.inside().is_silent = true;
    world.check(B, false);
    world.check(B, true);
    world.check(A, false);
    assert_eq!(world.weights(&key(SERVICE)), weights(&[(A, 1)]));
    assert_eq!(world.kernel.inside().wrongs, [""; 0]);
    world.kernel.inside().is_silent = false;
    world.pass(seconds(10));
    assert_eq!(world.weights(&key(SERVICE)), weights(&[(B, 1)]));
}

/// B comes when the table cannot be read, and A was to go when B has come.
#[test]
fn what_was_not_begun_comes_before_what_goes_later() {
    let of = |name| balance(vec![virtual_server(SERVICE, vec![server(name, 1)])]);
    let mut world = World::begin(of(A), &Table::new());
    world.reload(of(B));
    world.pass(seconds(2));
    world.kernel.inside().is_silent = true;
    world.is_slow = true;
    // With the reading at 5 s, and who goes at 5 s and a little.
    world.pass(Duration::from_millis(1));
    world.reload(of(A));
    world.pass(seconds(3));
    assert_eq!(world.kernel.inside().wrongs, [""; 0]);
    world.kernel.inside().is_silent = false;
    world.pass(seconds(10));
    assert_eq!(world.weights(&key(SERVICE)), weights(&[(A, 1)]));
}

#[test]
fn news_that_come_together_are_one_change() {
    let mut world = world();
    world.is_slow = true;
    world.check(A, false);
    world.check(B, false);
    world.check(A, true);
    world.input(Input::Tick);
    world.turn();
    assert_eq!(
        world.kernel.commands(),
        [format!("delete {B} from TCP {SERVICE}")]
    );
}

fn stopped(how: AtStop) -> Table {
    let kernel = Model::default();
    kernel.inside().table = others();
    let now = vrrp_core::Instant::from_nanos(0);
    let mut keeper = Keeper::new(now, kernel.clone(), others());
    let (service, key) = (service(SERVICE), at(A).into());
    let destination = Some(destination(A, 1));
    let step = Step::Destination {
        service: service.key,
        key,
        destination,
    };
    keeper.turn(now, &[Step::Service(service), step], None);
    // Also one that was ours once, and is there again by another's hand.
    keeper.turn(now, &[Step::Gone(self::key(SERVICE))], None);
    kernel
        .inside()
        .table
        .change(&Change::AddService(self::service(SERVICE)));
    keeper.stop(how).unwrap();
    kernel.table()
}

#[test]
fn at_the_end_ours_goes_or_all_or_nothing() {
    assert_eq!(stopped(AtStop::TakeOut), others());
    assert_eq!(stopped(AtStop::Flush), Table::new());
    assert_eq!(stopped(AtStop::Keep).len(), 2);
}
