//! Members whose elections contradict each other: the group must not be split, and must not flap for ever.

use std::hash::{DefaultHasher, Hasher};

use vrrp_conformance::proves;

use crate::node::{Node, heard};
use crate::subject::{MILLI, SECOND, default};

/// 156/256 s.
const SKEW: u64 = 609_375_000;

/// The node lost at its first member. A goodbye for that one comes 300 ms later: without a group it would want to be Active
/// after Skew_Time, 609.375 ms. It lets the other node, which may have lost at its second member, go first: one interval from
/// the goodbye of the equal that it lost to.
#[test]
fn x_08_obeys_the_node_that_lost_at_the_first_member_goes_last() {
    let mut node = Node::active(2);
    node.does(0, heard("192.0.2.20", 100));
    assert_eq!(node.states(), "BH");
    node.wait(300 * MILLI).hear(0, 0);
    assert_eq!(node.left(0), SECOND);
    node.wait(SECOND - 1).tick();
    assert_eq!(node.states(), "BH");
    node.wait(1).tick();
    assert_eq!(node.states(), "AA", "the other node is not there after all");
    proves!("X-08", Obeys);
}

/// Where the goodbye comes within a quarter of an interval both have yielded, and the other node may need its whole
/// Active_Down_Interval at some member: 3 s and at most 255/256 s; with the interval, 4996.09375 ms from the defeat. Also
/// where only the other member hears the goodbye, which would hurry it.
#[test]
fn x_08_obeys_of_two_that_yielded_the_second_waits_for_the_slowest_member_of_the_first() {
    let mut node = Node::active(2);
    node.does(0, heard("192.0.2.20", 100));
    node.wait(2 * MILLI).hear(0, 0);
    assert_eq!(node.left(0), 4_994_093_750);
    node.wait(100 * MILLI).hear(0, 0);
    assert_eq!(
        node.left(0),
        4_894_093_750,
        "goodbyes without end put nothing off"
    );

    let mut node = Node::active(2);
    node.does(0, heard("192.0.2.20", 100));
    node.wait(2 * MILLI).hear(1, 50);
    node.wait(50 * MILLI).tick();
    assert_eq!(node.states(), "BB");
    node.wait(100 * MILLI).hear(1, 0);
    assert_eq!(node.left(1), 4_996_093_750 - 152 * MILLI);
    assert_eq!(node.left(0), 4_996_093_750 - 152 * MILLI, "not hurried past it");
    proves!("X-08", Obeys);
}

/// Whoever wins at every member has nobody to yield to: its goodbye is a stop, and ends while it still holds the addresses,
/// whether the others hear of it in their hold or, without one, in Backup.
#[test]
fn x_08_refuses_to_take_a_stop_of_one_that_wins_everywhere_for_a_group_that_yields() {
    for hold in [true, false] {
        let mut settings = default(100, 100);
        settings.hold = hold;
        let mut node = Node::started(&vec![settings; 2]);
        node.wait(3_609_375_000).tick();
        node.hear(0, 150);
        node.hear(1, 150);
        node.wait(100 * MILLI).tick();
        assert_eq!(node.states(), "BB");
        node.hear(0, 0);
        node.hear(1, 0);
        assert_eq!(node.left(0), 900 * MILLI, "one interval from the defeat, {hold}");
        assert_eq!(node.left(1), SKEW, "{hold}");
        // The next time it is beaten at one of them only.
        node.wait(900 * MILLI).tick();
        assert_eq!(node.states(), "AA");
        node.hear(0, 150);
        node.hear(0, 0);
        assert_eq!(node.left(0), 4_996_093_750, "{hold}");
    }
    proves!("X-08", Refuses);
}

/// After a quarter of an interval it is a stop.
#[test]
fn x_08_refuses_to_take_a_stop_for_a_group_that_yields() {
    for (after_nanos, left_nanos) in [
        (250 * MILLI - 1, 4_996_093_750 - 250 * MILLI + 1),
        (250 * MILLI, SECOND),
    ] {
        let mut node = Node::active(2);
        node.does(0, heard("192.0.2.20", 100));
        node.wait(after_nanos).hear(0, 0);
        assert_eq!(node.left(0), left_nanos);
    }
    proves!("X-08", Refuses);
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

/// Of three members: 2/2, 1/2 and 0/2 of an interval; beyond the 3996.09375 ms of the slowest where both yielded.
#[test]
fn x_08_the_wait_after_a_defeat_by_place() {
    for (place, stop, both_yielded) in [
        (0, SECOND, 4_996_093_750),
        (1, SKEW, 4_496_093_750),
        (2, SKEW, SKEW),
    ] {
        let mut node = Node::active(3);
        node.does(place, heard("192.0.2.20", 100));
        node.hear(place, 0);
        assert_eq!(node.left(place), both_yielded, "{place}");
        let mut node = Node::active(3);
        node.does(place, heard("192.0.2.20", 100));
        node.wait(300 * MILLI).hear(place, 0);
        assert_eq!(node.left(place), stop, "{place}");
    }
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

/// The search for states tells two nodes apart by when they were beaten for as long as that decides what a goodbye means,
/// a quarter of an interval, and no longer.
#[test]
fn x_08_a_defeat_is_part_of_the_fingerprint_while_it_matters() {
    let fingerprints = |beaten_at: u64| {
        let mut node = Node::active(2);
        node.wait(beaten_at).hear(0, 100);
        node.hear(1, 50);
        node.wait(90 * MILLI - beaten_at).tick();
        assert_eq!(node.states(), "BB");
        // From here on all else is alike: the timers and what the defeat costs.
        node.wait(10 * MILLI);
        for (member, priority) in [(0, 0), (0, 100), (1, 100)] {
            node.hear(member, priority);
        }
        [100, 100].map(|wait| {
            node.wait(wait * MILLI);
            let mut hasher = DefaultHasher::new();
            for member in 0..2 {
                node.get(member).fingerprint(node.now, &mut hasher);
            }
            hasher.finish()
        })
    };
    let [one, other] = [0, 20 * MILLI].map(fingerprints);
    assert_ne!(one[0], other[0], "200 ms: a goodbye would mean different times");
    assert_eq!(one[1], other[1], "300 ms: it is over");
}
