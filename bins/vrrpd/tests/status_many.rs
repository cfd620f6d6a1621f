//! The answer to `vrrpctl status` is put together in pieces: it is whole and in order all the same.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod node;

use std::fmt::Write as _;
use std::thread;

use node::Node;
use vrrp_control::{Answer, Ask, State};

/// More than one piece, and not a multiple of it.
const MANY: u8 = 75;

#[test]
fn every_instance_once_in_order_for_each_of_many_who_ask() {
    let mut config = String::new();
    for vrid in 1..=MANY {
        let _ = write!(
            config,
            "{}",
            node::instance(
                &format!("VI_{vrid}"),
                vrid,
                &format!("192.0.2.{}/24", 100 + vrid),
                ""
            )
        );
    }
    let Some(node) = Node::start(&config, &[]) else {
        return;
    };
    node.until("all are Active", |status| {
        status.instances.iter().all(|one| one.state == State::Active)
    });
    let names: Vec<String> = (1..=MANY).map(|vrid| format!("VI_{vrid}")).collect();
    thread::scope(|scope| {
        for _ in 0..12 {
            scope.spawn(|| {
                for _ in 0..10 {
                    let Ok(Answer::Status(status)) = vrrp_control::ask(&node.socket(), Ask::Status) else {
                        panic!("no status");
                    };
                    let found: Vec<&str> = status.instances.iter().map(|one| one.name.as_str()).collect();
                    assert_eq!(found, names);
                }
            });
        }
    });
    let status = node.status();
    assert!(
        status.instances.iter().all(|one| one.heard.is_empty()),
        "nobody else is there"
    );
}
