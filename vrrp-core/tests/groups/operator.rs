//! PRJ-STOP-04 for a group: an order to one member is one to all.

use vrrp_core::{Input, Order};

use crate::node::Node;
use crate::subject::{MILLI, SECOND};

/// 255/256 s + 100 ms.
const LATEST: u64 = 1_096_093_750;

fn resigning() -> Node {
    let mut node = Node::active(2);
    assert_eq!(
        node.does(1, Input::Order(Order::Resign)),
        "0 Send(0); 0 State(Initialize, Resigned, holding); 1 Send(0); 1 State(Initialize, Resigned, holding)"
    );
    assert_eq!((node.left(0), node.left(1)), (LATEST, LATEST));
    node
}

#[test]
fn x_08_nobody_takes_over_and_all_roll_back_together() {
    let mut node = resigning();
    node.wait(LATEST - 1);
    assert_eq!(node.tick(), "");
    let said = node.wait(1).tick();
    assert!(said.contains("0 State(Active, NobodyTookOver)"), "{said}");
    assert!(said.contains("1 State(Active, NobodyTookOver)"), "{said}");
    assert_eq!(
        (node.get(0).priority().get(), node.get(1).priority().get()),
        (100, 100)
    );
}

/// Somebody was heard for one member only, the packets of the other were lost: no member rolls back.
#[test]
fn x_08_a_successor_of_one_member_is_one_of_all() {
    let mut node = resigning();
    node.wait(600 * MILLI).hear(0, 90);
    node.wait(50 * MILLI).tick();
    assert_eq!(node.states(), "BH");
    let said = node.wait(LATEST - 650 * MILLI).tick();
    assert_eq!(
        said,
        "1 Disown; 1 HoldEnded { successor: None }; 1 State(Backup, Resigned)"
    );
    assert_eq!(
        (node.get(0).priority().get(), node.get(1).priority().get()),
        (1, 1)
    );
}

#[test]
fn x_08_a_switchover_that_is_undone() {
    let mut node = resigning();
    node.wait(100 * MILLI);
    node.does(0, Input::Order(Order::Compete));
    assert_eq!(node.states(), "AA");
    // With a successor for one of them already: none goes back, and none is left with priority 1.
    let mut node = resigning();
    node.wait(600 * MILLI).hear(0, 90);
    node.does(1, Input::Order(Order::Compete));
    assert_eq!(node.states(), "HH");
    node.wait(5 * SECOND).tick();
    assert_eq!(node.states(), "BB");
    assert_eq!(
        (node.get(0).priority().get(), node.get(1).priority().get()),
        (100, 100)
    );
}

#[test]
fn x_08_a_resigned_group_takes_over_together_when_its_successor_is_lost() {
    let mut node = resigning();
    node.wait(600 * MILLI);
    node.hear(0, 90);
    node.hear(1, 90);
    node.wait(50 * MILLI).tick();
    assert_eq!(node.states(), "BB");
    // 3 s + 255/256 s.
    node.wait(3_996_093_750).tick();
    assert_eq!(node.states(), "AA");
    assert_eq!(node.get(1).priority().get(), 100);
}
