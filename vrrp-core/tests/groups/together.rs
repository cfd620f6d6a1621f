//! Becoming Active together, and yielding together.

use vrrp_conformance::proves;
use vrrp_core::{Interval, Profile, StateName};

use crate::node::Node;
use crate::subject::{MILLI, SECOND, default};

/// 3 s + 156/256 s, priority 100.
const DOWN: u64 = 3_609_375_000;
/// 3 s + 255/256 s + 100 ms: the longest Active_Down_Interval of a successor, the margin.
const YIELD: u64 = 4_096_093_750;

fn hundred(members: usize) -> Node {
    Node::started(&vec![default(100, 100); members])
}

/// Nobody is seen half started: each member goes to Backup once, when all have been started.
#[test]
fn x_08_a_group_starts_together() {
    let mut node = Node::new(&vec![default(100, 100); 3]);
    assert_eq!(
        node.start(),
        "2 State(Backup, Started); 0 State(Backup, Started); 1 State(Backup, Started)"
    );
    assert_eq!(node.group_state(), StateName::Backup);
}

#[test]
fn x_08_obeys_all_members_take_over_in_one_call() {
    let mut node = hundred(2);
    assert_eq!(node.wait(DOWN - 1).tick(), "");
    assert_eq!(
        node.wait(1).tick(),
        "0 Send(100); 0 Own; 0 Announce(1); 0 State(Active, NoResponse); \
         1 Send(100); 1 Own; 1 Announce(1); 1 State(Active, NoResponse)"
    );
    assert_eq!(node.group_state(), StateName::Active);
    proves!("X-08", Obeys);
}

/// The second member hears an Active at 2 s: it would take over at 2 + 3.609375 s, and the first one waits for it,
/// re-armed by Active_Down_Interval.
#[test]
fn x_08_refuses_a_member_that_is_held_back_rearms_active_down_interval() {
    let mut node = hundred(2);
    node.wait(2 * SECOND);
    assert_eq!(node.hear(1, 120), "");
    node.wait(DOWN - 2 * SECOND);
    assert_eq!(node.tick(), "0 HeldBack");
    assert_eq!(node.states(), "BB");
    assert_eq!(node.left(0), DOWN);
    assert!(node.get(0).held_back() && !node.get(1).held_back());
    // The second one's time comes: both.
    node.wait(2 * SECOND - 1);
    assert_eq!(node.tick(), "");
    node.wait(1).tick();
    assert_eq!(node.states(), "AA");
    proves!("X-08", Refuses);
}

/// Held back for ever, and told once.
#[test]
fn x_08_it_is_told_once_while_it_is_held_back() {
    let mut node = hundred(2);
    let mut told = String::new();
    for _ in 0..50 {
        node.hear(1, 120);
        told += &node.tick();
        node.wait(SECOND);
    }
    assert_eq!(told, "0 HeldBack");
    assert_eq!(node.states(), "BB");
    // Until it hears an Active: then it is news again.
    node.hear(0, 120);
    assert!(!node.get(0).held_back());
    node.wait(DOWN);
    node.hear(1, 120);
    assert_eq!(node.tick(), "0 HeldBack");
}

/// A lower router does not make a member want less, and an Active that is accepted does.
#[test]
fn x_08_a_member_wants_until_it_accepts_an_active() {
    let mut node = hundred(2);
    node.wait(2 * SECOND).hear(1, 120);
    node.wait(DOWN - 2 * SECOND).tick();
    node.hear(0, 50);
    assert!(node.get(0).held_back());
    node.hear(0, 100);
    assert!(!node.get(0).held_back(), "T-B-05");
    node.wait(2 * SECOND).tick();
    assert_eq!(node.states(), "BB", "now the first one does not want to");
}

/// The first member meets a better router: it goes at once, the other says goodbye and answers until its successor does.
#[test]
fn x_08_obeys_one_yields_all_follow() {
    let mut node = Node::active(2);
    assert_eq!(
        node.hear(0, 150),
        "0 Send(100); 0 Disown; 0 State(Backup, HigherHeard { source: 192.0.2.20, priority: 150 }); \
         1 Send(0); 1 State(Initialize, GroupYields, holding)"
    );
    assert_eq!(node.states(), "BH");
    assert_eq!(node.group_state(), StateName::Backup);
    assert_eq!(node.left(1), YIELD);
    // PRJ-STOP-02: 50 ms after the successor has spoken.
    node.wait(2 * MILLI);
    assert_eq!(node.hear(1, 150), "");
    assert_eq!(node.left(1), 50 * MILLI);
    assert_eq!(
        node.wait(50 * MILLI).tick(),
        "1 Disown; 1 HoldEnded { successor: Some(192.0.2.20) }; 1 State(Backup, GroupYields)"
    );
    // The group lost at its first member: one interval more than the slowest member of any priority waits, 3 s and
    // 255/256 s, until an Active is heard again.
    assert_eq!(node.left(1), 4_996_093_750);
    node.hear(1, 150);
    assert_eq!(node.left(1), DOWN);
    proves!("X-08", Obeys);
}

/// The group lost at its last member, which costs nothing; in its hold the first one finds out that it would have lost too,
/// which costs one interval beyond the slowest. A lower router that it hears there has not beaten it.
#[test]
fn x_08_a_defeat_in_the_hold_counts_as_one() {
    for (heard, wait) in [(150, 4_996_093_750), (50, DOWN)] {
        let mut node = Node::active(2);
        node.hear(1, 150);
        assert_eq!(node.states(), "HB");
        node.wait(2 * MILLI).hear(0, heard);
        node.wait(50 * MILLI).tick();
        assert_eq!(node.states(), "BB");
        assert_eq!(node.left(0), wait, "{heard}");
    }
}

/// Nobody speaks on the second member's link: the hold ends, the group does not come back by that.
#[test]
fn x_08_refuses_a_hold_that_nobody_ends_becomes_backup() {
    let mut node = Node::active(2);
    node.hear(0, 150);
    for _ in 0..4 {
        node.wait(SECOND).hear(0, 150);
    }
    node.wait(YIELD - 4 * SECOND - 1);
    assert_eq!(node.tick(), "");
    assert_eq!(
        node.wait(1).tick(),
        "1 Disown; 1 HoldEnded { successor: None }; 1 State(Backup, GroupYields)"
    );
    proves!("X-08", Refuses);
}

/// Profile `rfc` knows no hold: the sibling lets go at once.
#[test]
fn x_08_without_holds_the_sibling_lets_go_at_once() {
    let settings = vec![crate::subject::rfc(100, 100); 2];
    let mut node = Node::started(&settings);
    node.wait(DOWN).tick();
    assert_eq!(node.states(), "AA");
    assert_eq!(settings[0].profile, Profile::Rfc);
    let said = node.hear(0, 150);
    assert!(
        said.ends_with("1 Send(0); 1 Disown; 1 State(Initialize, GroupYields); 1 State(Backup, GroupYields)"),
        "{said}"
    );
}

/// The hold of a member lasts for the slowest member's successor: 4 s + 255/256 * 4 s + 0.1 s is above 5 s.
#[test]
fn x_08_a_hold_lasts_for_the_slowest_successor_and_never_longer_than_5_seconds() {
    let mut node = Node::started(&[default(100, 50), default(100, 100)]);
    node.wait(DOWN).tick();
    assert_eq!(node.states(), "AA");
    node.hear(1, 150);
    // Of the member of 1 s, not of 0.5 s.
    assert_eq!((node.states().as_str(), node.left(0)), ("HB", YIELD));
    let mut node = Node::started(&[default(100, 100), default(100, 400)]);
    node.wait(14_437_500_000).tick();
    node.hear(1, 150);
    assert_eq!((node.states().as_str(), node.left(0)), ("HB", 5 * SECOND));
}

/// A goodbye on one link says that the other node's group leaves: where its link is dead it cannot say so. One interval
/// lets an Active that is still there be heard, then Skew_Time: 1.609375 s.
#[test]
fn x_08_a_goodbye_heard_by_one_member_hurries_the_others() {
    let mut node = hundred(2);
    node.wait(SECOND);
    node.hear(0, 150);
    node.hear(1, 150);
    assert_eq!((node.left(0), node.left(1)), (DOWN, DOWN));
    node.hear(1, 0);
    // 156/256 s.
    assert_eq!((node.left(0), node.left(1)), (1_609_375_000, 609_375_000));
    node.wait(609_375_000);
    assert_eq!(node.tick(), "1 HeldBack");
    assert_eq!(node.left(1), DOWN);
    node.wait(SECOND).tick();
    assert_eq!(node.states(), "AA");
    // And where the Active is still there on the first link, nothing happens.
    let mut node = hundred(2);
    node.hear(0, 150);
    node.hear(1, 150);
    node.hear(1, 0);
    node.wait(SECOND).hear(0, 150);
    assert_eq!(node.left(0), DOWN);
}

/// A member that answers a rival announces again; so do the others: the rival's group has announced all of them.
#[test]
fn x_08_a_rival_of_one_member_makes_all_announce() {
    let mut node = Node::active(2);
    node.wait(SECOND / 2);
    assert_eq!(
        node.hear(0, 50),
        "0 Send(100); 0 Announce(1); 0 Reasserted(192.0.2.20, 50); 1 Announce(1)"
    );
}

/// Preemption needs every member: `nopreempt` of one is that of the group.
#[test]
fn x_08_one_member_without_preemption_keeps_the_group_back() {
    let mut loyal = default(100, 100);
    loyal.preempt = false;
    let mut node = Node::started(&[default(100, 100), loyal]);
    for _ in 0..20 {
        node.hear(0, 50);
        node.hear(1, 50);
        node.wait(SECOND).tick();
    }
    assert_eq!(node.states(), "BB");
    assert!(node.get(0).held_back());
}

/// X-02 in a group: the delay of one member is that of the group.
#[test]
fn x_08_a_preempt_delay_of_one_member_delays_the_group() {
    let mut patient = default(100, 100);
    patient.preempt_delay_nanos = 10 * SECOND;
    let mut node = Node::started(&[default(100, 100), patient]);
    let mut took = 0;
    while node.states() == "BB" && took < 100 {
        node.hear(0, 50);
        node.hear(1, 50);
        node.wait(SECOND).tick();
        took += 1;
    }
    assert_eq!(node.states(), "AA");
    // Accepted for the last time at 9 s, ignored from 10 s on: 9 s + 3.609375 s, seen by the tick of the next second.
    assert_eq!(took, 13);
}

/// a member that was stalled too long and steps back takes the others with it.
#[test]
fn x_08_a_member_that_was_stalled_takes_the_group_back() {
    let mut timid = default(100, 100);
    (timid.preempt, timid.step_back_when_stalled) = (false, true);
    let mut node = Node::started(&[timid.clone(), timid]);
    node.wait(DOWN).tick();
    assert_eq!(node.states(), "AA");
    node.wait(10 * SECOND).tick();
    assert_eq!(node.states(), "BB");
}

/// X-03, in a group: an owner among others waits one interval and the smallest Skew_Time, 1 s + 1/256 s, and then for the
/// others; owners among themselves do not wait at all.
#[test]
fn x_03_owners_in_a_group() {
    let owner = default(255, 100);
    let mut node = Node::started(&[owner.clone(), owner.clone()]);
    assert_eq!(node.states(), "AA");
    let mut node2 = Node::started(&[owner, default(100, 100)]);
    assert_eq!((node2.left(0), node2.left(1)), (1_003_906_250, DOWN));
    node2.wait(1_003_906_250);
    assert_eq!(node2.tick(), "0 HeldBack");
    // 3 s + 1/256 s more.
    assert_eq!(node2.left(0), 3_003_906_250);
    node2.wait(DOWN - 1_003_906_250).tick();
    assert_eq!(node2.states(), "AA");
    assert_eq!(
        node.hear(0, 254),
        "0 Send(255); 0 Announce(1); 0 Reasserted(192.0.2.20, 254); 1 Announce(1)"
    );
    proves!("X-03", Obeys);
}

/// Members of unlike intervals: the slowest decides when, each goes on in its own rhythm.
#[test]
fn x_08_members_of_unlike_intervals() {
    let mut slow = default(100, 100);
    slow.interval = Interval::from_centiseconds(1000).unwrap();
    let mut node = Node::started(&[default(100, 100), slow]);
    node.wait(36_093_750_000 - 1).tick();
    assert_eq!(node.states(), "BB");
    node.wait(1).tick();
    assert_eq!(node.states(), "AA");
}
