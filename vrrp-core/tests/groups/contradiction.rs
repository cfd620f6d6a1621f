//! Members whose elections contradict each other: the group must not be split, and must not flap for ever.

use vrrp_conformance::proves;

use crate::node::{Node, heard};
use crate::subject::{MILLI, SECOND, default};

/// 156/256 s.
const SKEW: u64 = 609_375_000;

/// The node lost at its first member. A goodbye for that one comes 2 ms later: without a group it would want to be Active
/// after Skew_Time, 609.375 ms. It lets the other node, which lost at its second member, go first: one interval from the
/// goodbye of the equal that it lost to.
#[test]
fn x_08_obeys_the_node_that_lost_at_the_first_member_goes_last() {
    let mut node = Node::active(2);
    node.does(0, heard("192.0.2.20", 100));
    assert_eq!(node.states(), "BH");
    node.wait(2 * MILLI).hear(0, 0);
    assert_eq!(node.left(0), SECOND);
    node.wait(SECOND - 1).tick();
    assert_eq!(node.states(), "BH");
    node.wait(1).tick();
    assert_eq!(node.states(), "AA", "the other node is not there after all");
    proves!("X-08", Obeys);
}

#[test]
fn x_08_obeys_the_node_that_lost_at_the_last_member_goes_first() {
    let mut node = Node::active(2);
    node.does(1, heard("192.0.2.20", 100));
    assert_eq!(node.states(), "HB");
    node.wait(2 * MILLI).hear(1, 0);
    assert_eq!(node.left(1), SKEW);
    node.wait(SKEW);
    assert_eq!(
        node.tick(),
        "0 Send(100); 0 Own; 0 Announce(1); 0 State(Active, NobodyTookOver); \
         1 Send(100); 1 Own; 1 Announce(1); 1 State(Active, PriorityZero)"
    );
    proves!("X-08", Obeys);
}

/// Of three members: 2/2, 1/2 and 0/2 of an interval.
#[test]
fn x_08_the_wait_after_a_defeat_by_place() {
    for (place, wait) in [(0, SECOND), (1, SKEW), (2, SKEW)] {
        let mut node = Node::active(3);
        node.does(place, heard("192.0.2.20", 100));
        node.hear(place, 0);
        assert_eq!(node.left(place), wait, "{place}");
    }
    // Priority 254: Skew_Time is 2/256 s, so that the half interval shows.
    let mut node = Node::started(&vec![default(254, 100); 3]);
    node.wait(4 * SECOND).tick();
    node.does(1, heard("192.0.2.20", 254));
    node.hear(1, 0);
    assert_eq!(node.left(1), SECOND / 2);
}

/// Each member alone would win one election; the group wins none that it does not win everywhere.
#[test]
fn x_08_refuses_a_better_member_does_not_split_the_group() {
    let mut node = Node::started(&[default(200, 100), default(50, 100)]);
    for _ in 0..30 {
        node.hear(0, 100);
        node.hear(1, 100);
        node.tick();
        node.wait(SECOND);
    }
    assert_eq!(node.states(), "BB");
    assert!(node.get(0).held_back());
    proves!("X-08", Refuses);
}

/// The places are by VRID: a file that lists the members the other way round agrees.
#[test]
fn x_08_the_order_of_members_does_not_depend_on_the_order_of_the_list() {
    let mut node = Node::alone(&vec![default(100, 100); 3]);
    let backwards = [node.ids[2], node.ids[0], node.ids[1]];
    let mut out = vrrp_core::Outbox::new();
    let group = node.router.group(node.now, &backwards, &mut out);
    assert_eq!(node.router.members(group), node.ids);
}

/// A third node of the same priority, Backup all the time, hears the goodbye of one that it would lose to: as if it had lost.
/// From one that it would win against, or of another priority, Skew_Time as ever.
#[test]
fn x_08_the_goodbye_of_an_equal_that_one_would_lose_to() {
    for (source, priority, wait) in [
        ("192.0.2.20", 100, SECOND),
        ("192.0.2.9", 100, SKEW),
        ("192.0.2.20", 150, SKEW),
    ] {
        let mut node = Node::started(&vec![default(100, 100); 2]);
        node.does(0, heard(source, priority));
        node.does(0, heard(source, 0));
        assert_eq!(node.left(0), wait, "{source} {priority}");
    }
    // At the last member it is worth nothing.
    let mut node = Node::started(&vec![default(100, 100); 2]);
    node.does(1, heard("192.0.2.20", 100));
    node.does(1, heard("192.0.2.20", 0));
    assert_eq!(node.left(1), SKEW);
}
