//! A member that is barred bars the group.

use vrrp_conformance::proves;
use vrrp_core::{
    Bar, Failure, Health, Input, Order, Settings, Standing, StateName, Tracker, TrackerId, Weight,
};

use crate::node::Node;
use crate::subject::{MILLI, SECOND, default};

const DOWN: u64 = 3_609_375_000;
/// Three intervals, 255/256 of one, 100 ms.
const YIELD: u64 = 4_096_093_750;
/// 255/256 of an interval, 100 ms (PRJ-STOP-02).
const STOP: u64 = 1_096_093_750;

fn gated(initial: Health) -> Settings {
    let mut settings = default(100, 100);
    settings.trackers = vec![Tracker {
        weight: Weight::Gate { reverse: false },
        initial,
    }];
    settings
}

fn health(health: Health) -> Input {
    Input::Track(TrackerId(0), health)
}

#[test]
fn x_08_obeys_a_dead_link_bars_all() {
    let mut node = Node::active(2);
    assert_eq!(
        node.link(0, false),
        "0 Send(0); 0 Disown; 0 State(Initialize, Barred(LinkDown)); \
         1 Send(0); 1 State(Initialize, Barred(Group { stopped: false }), holding)"
    );
    assert_eq!((node.states().as_str(), node.left(1)), ("IH", YIELD));
    assert_eq!(node.group_state(), StateName::Initialize);
    assert_eq!(
        node.get(1).standing(),
        Standing::Barred(Bar::Group { stopped: false })
    );
    node.wait(YIELD).tick();
    assert_eq!(node.states(), "II");
    // Free again: both, in one call, from the beginning.
    assert_eq!(
        node.link(0, true),
        "0 State(Backup, Started); 1 State(Backup, Started)"
    );
    assert_eq!((node.left(0), node.left(1)), (DOWN, DOWN));
    proves!("X-08", Obeys);
}

/// The others are free only when the last of them is.
#[test]
fn x_08_refuses_two_reasons_need_two_cures() {
    let mut node = Node::active(3);
    node.link(0, false);
    node.link(1, false);
    assert_eq!(node.link(0, true), "");
    assert_eq!(node.states(), "IIH");
    assert_eq!(
        node.get(0).standing(),
        Standing::Barred(Bar::Group { stopped: false })
    );
    node.link(1, true);
    assert_eq!(&node.states()[..2], "BB");
    proves!("X-08", Refuses);
}

/// A Backup group that is barred does not take over, whatever its other members hear or do not hear.
#[test]
fn x_08_refuses_a_barred_group_does_not_take_over() {
    let mut node = Node::started(&vec![default(100, 100); 2]);
    assert_eq!(
        node.link(1, false),
        "1 State(Initialize, Barred(LinkDown)); 0 State(Initialize, Barred(Group { stopped: false }))"
    );
    node.wait(100 * SECOND);
    assert_eq!(node.tick(), "");
    assert_eq!(node.states(), "II");
    proves!("X-08", Refuses);
}

/// PRJ-STOP-03 for a group: the check recovers before anybody took over; all go on, neighbours are told once more.
#[test]
fn x_08_a_group_that_nobody_replaced_goes_on_together() {
    let mut node = Node::started(&[gated(Health::Up), default(100, 100)]);
    node.wait(DOWN).tick();
    node.does(0, health(Health::Down));
    assert_eq!(node.states(), "HH");
    assert_eq!((node.left(0), node.left(1)), (YIELD, YIELD));
    node.wait(300 * MILLI);
    assert_eq!(
        node.does(0, health(Health::Up)),
        "0 Send(100); 0 Own; 0 Announce(1); 0 State(Active, NobodyTookOver); \
         1 Send(100); 1 Own; 1 Announce(1); 1 State(Active, NobodyTookOver)"
    );
}

/// Where somebody took over one of them, none goes on.
#[test]
fn x_08_a_group_of_which_one_was_replaced_does_not_go_on() {
    let mut node = Node::started(&[gated(Health::Up), default(100, 100)]);
    node.wait(DOWN).tick();
    node.does(0, health(Health::Down));
    node.wait(300 * MILLI);
    node.hear(1, 90);
    let said = node.does(0, health(Health::Up));
    assert_eq!(
        said,
        "1 Disown; 1 HoldEnded { successor: Some(192.0.2.20) }; 1 State(Backup, Started)"
    );
    assert_eq!(node.states(), "HB");
    node.wait(YIELD).tick();
    assert_eq!(node.states(), "BB");
}

/// PRJ-FAIL-01 in a group: no address could be held; after the pause all try again.
#[test]
fn x_08_a_failure_of_one_member_bars_all_for_its_pause() {
    let mut node = Node::active(2);
    node.does(0, Input::Failed(Failure::Hold));
    assert_eq!(node.states(), "IH");
    node.wait(SECOND - 1).tick();
    assert_eq!(node.states(), "IH");
    // The second one was not replaced and asks to go on; the first one begins anew, so the hold goes on to its end.
    node.wait(1).tick();
    assert_eq!(node.states(), "BH");
    node.wait(YIELD - SECOND).tick();
    assert_eq!(node.states(), "BB");
}

/// A stop of all, one after the other as a driver does it: each is told as a stop, one goodbye each, and the hold is that of
/// a stop.
#[test]
fn x_08_a_planned_stop_of_all() {
    let mut node = Node::active(2);
    assert_eq!(
        node.each(Input::Stop),
        "0 Send(0); 0 State(Initialize, Stopped, holding); 1 Send(0); 1 State(Initialize, Stopped, holding)"
    );
    assert_eq!((node.left(0), node.left(1)), (STOP, STOP));
    node.wait(STOP);
    assert_eq!(
        node.tick(),
        "0 Disown; 0 HoldEnded { successor: None }; 1 Disown; 1 HoldEnded { successor: None }"
    );
    assert!(node.router.deadline().is_none());
}

/// PRJ-STOP-03: asked to stay after all.
#[test]
fn x_08_a_stop_that_is_taken_back() {
    let mut node = Node::active(2);
    node.each(Input::Stop);
    node.wait(200 * MILLI);
    assert_eq!(
        node.each(Input::Start),
        "0 Send(100); 0 Own; 0 Announce(1); 0 State(Active, NobodyTookOver); \
         1 Send(100); 1 Own; 1 Announce(1); 1 State(Active, NobodyTookOver)"
    );
}

/// One member that is stopped alone stops its group; it is for this that it should leave the group first.
#[test]
fn x_08_a_stop_of_one_member_stops_the_group() {
    let mut node = Node::active(2);
    node.does(0, Input::Stop);
    assert_eq!(node.states(), "HH");
    node.wait(YIELD).tick();
    assert_eq!(node.states(), "II");
    assert_eq!(
        node.get(1).standing(),
        Standing::Barred(Bar::Group { stopped: true })
    );
    node.does(0, Input::Start);
    assert_eq!(node.states(), "BB");
}

/// A bar in the middle of a switchover ends it for all, and what the operator asked for is kept by those it was asked of.
#[test]
fn x_08_a_bar_during_a_switchover() {
    let mut node = Node::active(2);
    node.does(0, Input::Order(Order::Resign));
    assert_eq!(node.states(), "HH");
    node.link(0, false);
    assert_eq!(node.states(), "IH");
    node.wait(5 * SECOND).tick();
    assert_eq!(node.states(), "II");
    node.link(0, true);
    assert_eq!(node.states(), "BB");
    assert_eq!(
        (node.get(0).priority().get(), node.get(1).priority().get()),
        (1, 1)
    );
}

/// The first result of a check is missing at the start: the whole group waits for it.
#[test]
fn x_08_a_missing_first_result_keeps_the_group_back() {
    let mut node = Node::started(&[gated(Health::Unknown), default(100, 100)]);
    node.wait(100 * SECOND).tick();
    assert_eq!(node.states(), "II");
    node.does(0, health(Health::Up));
    assert_eq!(node.states(), "BB");
}
