//! Groups that change while they run.

use vrrp_conformance::proves;
use vrrp_core::{
    Health, Input, Outbox, Router, Settings, StateName, Tracker, TrackerId, VirtualRouter, Weight,
};

use crate::node::{Node, heard, member};
use crate::subject::{SECOND, default};

const DOWN: u64 = 3_609_375_000;

/// Two members Active in a group, a third one started by itself beside them.
fn with_a_third(third: Settings) -> Node {
    let mut node = Node::alone(&[default(100, 100), default(100, 100), third]);
    let mut out = Outbox::new();
    let first = [node.ids[0], node.ids[1]];
    node.group = node.router.group(node.now, &first, &mut out);
    node.does(0, Input::Start);
    node.does(1, Input::Start);
    node.wait(DOWN).tick();
    node.does(2, Input::Start);
    node
}

/// X-03's wait, one interval and its Skew_Time, 1.609375 s; the members that are there do not notice.
#[test]
fn x_08_obeys_a_member_that_is_added_catches_up() {
    let mut node = with_a_third(default(100, 100));
    assert_eq!(node.states(), "AAB");
    assert_eq!(node.regroup(&[0, 1, 2]), "");
    assert_eq!(node.left(2), 1_609_375_000);
    assert_eq!(node.group_state(), StateName::Active);
    node.wait(1_609_375_000 - 1).tick();
    assert_eq!(node.states(), "AAB");
    node.wait(1).tick();
    assert_eq!(node.states(), "AAA");
    proves!("X-08", Obeys);
}

/// It hears an Active: that one has the service, and the group goes to where that is.
#[test]
fn x_08_obeys_a_member_that_is_added_and_is_not_ours_moves_the_group() {
    let mut node = with_a_third(default(100, 100));
    node.regroup(&[0, 1, 2]);
    node.wait(SECOND / 2);
    node.hear(2, 100);
    assert_eq!(node.states(), "HHB");
    proves!("X-08", Obeys);
}

/// A check that was added with it and has no result yet does not stop the group; a result that is bad does.
#[test]
fn x_08_a_member_that_is_added_is_given_time_for_its_first_result() {
    let mut gated = default(100, 100);
    gated.trackers = vec![Tracker {
        weight: Weight::Gate { reverse: false },
        initial: Health::Unknown,
    }];
    let mut node = with_a_third(gated.clone());
    assert_eq!(node.regroup(&[0, 1, 2]), "");
    assert_eq!(
        (node.states().as_str(), node.group_state()),
        ("AAI", StateName::Active)
    );
    node.does(2, Input::Track(TrackerId(0), Health::Up));
    assert_eq!((node.states().as_str(), node.left(2)), ("AAB", 1_609_375_000));
    node.wait(1_609_375_000).tick();
    assert_eq!(node.states(), "AAA");
    // From now on it counts.
    node.does(2, Input::Track(TrackerId(0), Health::Down));
    assert_eq!(node.states(), "HHH");
    let mut node = with_a_third(gated);
    node.regroup(&[0, 1, 2]);
    node.does(2, Input::Track(TrackerId(0), Health::Down));
    assert_eq!(node.states(), "HHI");
}

/// The one that barred the group goes: the others are free.
#[test]
fn x_08_a_member_that_leaves_frees_the_others() {
    let mut node = Node::active(2);
    node.link(0, false);
    assert_eq!(node.states(), "IH");
    node.wait(5 * SECOND).tick();
    assert_eq!(node.states(), "II");
    assert_eq!(node.regroup(&[1]), "1 State(Backup, Started)");
    assert_eq!(node.get(0).group(), None);
    // And one that only the group barred is free when it leaves.
    let mut node = Node::active(2);
    node.link(0, false);
    node.wait(5 * SECOND).tick();
    assert_eq!(node.regroup(&[0]), "1 State(Backup, Started)");
}

/// Out of the group first, then stopped: nobody else is touched.
#[test]
fn x_08_refuses_a_member_that_is_taken_away_does_not_move_the_group() {
    let mut node = Node::active(3);
    assert_eq!(node.regroup(&[0, 2]), "");
    node.does(1, Input::Stop);
    assert_eq!(node.states(), "AHA");
    node.wait(2 * SECOND).tick();
    assert_eq!(node.states(), "AIA");
    proves!("X-08", Refuses);
}

/// From one group to another.
#[test]
fn x_08_a_router_is_in_one_group() {
    let mut node = Node::active(3);
    let mut out = Outbox::new();
    let ids = [node.ids[2]];
    let other = node.router.group(node.now, &ids, &mut out);
    assert_eq!(node.router.members(node.group), &node.ids[..2]);
    assert_eq!(node.get(2).group(), Some(other));
    assert_eq!(node.router.groups().count(), 2);
    assert_eq!(node.regroup(&[]), "");
    assert_eq!(node.router.groups().count(), 1);
    assert_eq!(node.router.group_state(node.group), None);
}

/// PRJ-CHG-03 begins anew; beside Active members it catches up like one that is added.
#[test]
fn x_08_a_member_whose_ownership_changes_does_not_move_the_group() {
    let mut node = Node::active(2);
    node.reconfigure(0, default(255, 100));
    assert_eq!(node.states(), "BA");
    node.wait(1_003_906_250).tick();
    assert_eq!(node.states(), "AA");
}

/// The times of a group follow the configuration of its members.
#[test]
fn x_08_another_interval_of_one_member_changes_the_hold_of_the_other() {
    let mut node = Node::active(2);
    node.reconfigure(0, default(100, 50));
    node.reconfigure(1, default(100, 50));
    node.hear(1, 150);
    // 1.5 s + 255/256 * 0.5 s + 100 ms.
    assert_eq!((node.states().as_str(), node.left(0)), ("HB", 2_098_046_875));
}

/// After a re-execution the group stands as it stood: wishes, bars and holds.
#[test]
fn x_08_a_group_goes_on_after_a_reexecution() {
    let mut node = Node::started(&vec![default(100, 100); 2]);
    node.hear(1, 120);
    node.wait(DOWN - SECOND);
    node.hear(1, 120);
    node.wait(SECOND).tick();
    assert!(node.get(0).held_back());
    let mut restored = Router::new();
    let mut ids = Vec::new();
    for number in 0..2 {
        let config = member(number, default(100, 100)).build().unwrap();
        let router = VirtualRouter::restore(config, node.get(number).snapshot());
        ids.push(restored.insert(router).unwrap());
    }
    let mut out = Outbox::new();
    let group = restored.group(node.now, &ids, &mut out);
    assert!(out.is_empty(), "{:?}", out.as_slice());
    assert!(restored.get(ids[0]).unwrap().held_back());
    restored.tick(node.now.plus_nanos(DOWN), &mut out);
    assert_eq!(restored.group_state(group), Some(StateName::Active));
    // One that has no group any more lets go of what the group had barred.
    node.link(1, false);
    let snapshot = node.get(0).snapshot();
    let config = member(0, default(100, 100)).build().unwrap();
    let mut alone = Router::new();
    let id = alone.insert(VirtualRouter::restore(config, snapshot)).unwrap();
    assert_eq!(alone.get(id).unwrap().state_name(), StateName::Initialize);
    alone.leave_group(node.now, id, &mut out);
    assert_eq!(alone.get(id).unwrap().state_name(), StateName::Backup);
}

/// What a sender that is not in the group says does not reach its members.
#[test]
fn x_08_others_on_the_node_are_not_touched() {
    let mut node = with_a_third(default(100, 100));
    node.wait(DOWN).tick();
    assert_eq!(node.states(), "AAA");
    node.does(2, heard("192.0.2.20", 150));
    assert_eq!(node.states(), "AAB");
}

/// What an earlier version did not have yet begins anew: a member whose snapshot says nothing of what came later goes on.
#[cfg(feature = "serde")]
#[test]
fn x_08_a_snapshot_of_an_earlier_version_is_taken_over() {
    let mut node = Node::active(2);
    node.does(0, heard("192.0.2.20", 150));
    let mut told = serde_json::to_value(node.get(0).snapshot()).unwrap();
    let member_told = told["member"].as_object_mut().unwrap();
    for later in ["beaten", "rout", "group_rout"] {
        assert!(member_told.remove(later).is_some(), "{later}");
    }
    let snapshot = serde_json::from_value(told).unwrap();
    let config = member(0, default(100, 100)).build().unwrap();
    let restored = VirtualRouter::restore(config, snapshot);
    assert_eq!(restored.state(), node.get(0).state());
    assert_eq!(restored.group(), Some(node.group));
}
