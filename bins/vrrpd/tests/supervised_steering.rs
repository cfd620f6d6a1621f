//! `--supervised`: what an operator has said outlives the router's process, and the wire shows one goodbye and nothing else.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod node;

use node::steering::{Keeper, adverts_pass, outcomes, plug, settled};
use node::supervisor::kill_router;
use node::wire::Wire;
use node::{Node, folder, instance, script, with_check};
use vrrp_control::{Answer, Ask, CheckMode, Outcome, Shift, State};

const ADDRESS: &str = "192.0.2.100/24";

/// Nobody else is there, so that it goes on after each death.
fn alone() -> Option<(Node, Wire)> {
    alone_as(&instance("VI_1", 51, ADDRESS, ""))
}

fn alone_as(config: &str) -> Option<(Node, Wire)> {
    let node = Node::start(config, &["--supervised"])?;
    node.until_state("VI_1", "MASTER");
    let wire = Wire::of(&node)?;
    Some((node, wire))
}

/// The router dies; who listens hears a goodbye, and then this priority alone.
fn dies_as(node: &Node, wire: &Wire, priority: u8) {
    node.until("as it will be after it", |status| {
        status.instances[0].state == State::Active && status.instances[0].priority.effective == priority
    });
    adverts_pass(node, 2);
    let _before = wire.adverts();
    kill_router(node);
    node.until_state("VI_1", "MASTER");
    adverts_pass(node, 10);
    let heard: Vec<u8> = wire.adverts().iter().map(|advert| advert.priority).collect();
    let goodbyes = heard.iter().filter(|one| **one == 0).count();
    assert_eq!(goodbyes, 1, "{heard:?}; log:\n{}", node.log());
    assert!(
        heard.iter().all(|one| [0, priority].contains(one)),
        "{heard:?}; log:\n{}",
        node.log()
    );
}

#[test]
fn maintenance_outlives_the_router_and_says_goodbye_once() {
    let Some((node, wire)) = alone() else { return };
    let Answer::Maintenance(set) = node.ask(Ask::Maintenance { on: true }) else {
        panic!("no answer to it");
    };
    assert_eq!(outcomes(&set.instances), [("VI_1", Outcome::RolledBack)]);
    dies_as(&node, &wire, 1);
    assert!(node.status().daemon.maintenance.is_some());
}

#[test]
fn a_priority_that_was_moved_outlives_the_router_and_no_new_start() {
    let Some((mut node, wire)) = alone() else { return };
    let keeper = Keeper(node.keeper());
    node.priority("VI_1", Shift::To(200), Some(600_000));
    dies_as(&node, &wire, 200);
    let shown = node.instance("VI_1").priority;
    assert_eq!((shown.base, shown.moves.len()), (150, 1), "{shown:?}");
    assert!(shown.moves[0].ends_in_ms.is_some_and(|left| left < 600_000));
    // Once more, and by what the process in between has put down.
    node.priority("VI_1", Shift::By(-20), None);
    dies_as(&node, &wire, 130);

    node.signal("-TERM");
    assert_eq!(node.wait(), 0, "{}", node.log());
    let node = node.once_more(&keeper.0, &instance("VI_1", 51, ADDRESS, ""));
    node.until_state("VI_1", "MASTER");
    let shown = node.instance("VI_1").priority;
    assert_eq!((shown.effective, shown.moves.len()), (150, 0), "{shown:?}");
}

/// What it finds would take 50 off the priority.
#[test]
fn the_mode_of_a_check_outlives_the_router() {
    let folder = folder();
    let fails = script(&folder, "fails", "exit 1");
    let Some((node, wire)) = alone_as(&with_check(&fails, -50)) else {
        return;
    };
    let check = "chk".to_owned();
    let mode = CheckMode::Maintenance;
    let answer = node.ask(Ask::CheckMode { check, mode });
    assert!(matches!(answer, Answer::CheckMode { .. }), "{answer:?}");
    dies_as(&node, &wire, 150);
    let status = node.until("the check has run", |status| status.checks[0].runs > 0);
    let check = &status.checks[0];
    assert_eq!(check.mode, CheckMode::Maintenance);
    assert!(check.mode_set.is_some() && status.instances[0].priority.effective == 150);
}

/// It would win the election that nobody has asked for.
#[test]
fn what_was_handed_over_stays_there_when_the_router_dies() {
    let of = |priority: u8| {
        instance("VI_1", 51, ADDRESS, "").replace("priority 150", &format!("priority {priority}"))
    };
    let Some(one) = Node::alone_with(&of(150), &["--supervised"]) else {
        return;
    };
    one.until("it answers", |_| true);
    let two = one.beside(&of(100));
    two.until("it answers", |_| true);
    plug(&one, &two);
    settled(&one, &two);
    assert_eq!(outcomes(&one.switchover(None)), [("VI_1", Outcome::HandedOver)]);
    two.until_state("VI_1", "MASTER");
    let since = two.instance("VI_1").since_unix_ms;
    kill_router(&one);
    one.until_state("VI_1", "BACKUP");
    adverts_pass(&two, 20);
    let (one, two) = (one.instance("VI_1"), two.instance("VI_1"));
    assert_eq!((two.state, two.since_unix_ms), (State::Active, since));
    assert_eq!((one.state, one.priority.effective), (State::Backup, 1));
    assert!(one.handed_over.unwrap().asked.is_some());
}
