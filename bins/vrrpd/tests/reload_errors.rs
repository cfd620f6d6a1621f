//! Files that are not wrong in themselves, and by which something that runs would disappear nevertheless.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod node;

use node::{Node, instance};
use vrrp_control::State;

const ADDRESS: &str = "192.0.2.100/24";

fn holds_both(node: &Node) {
    for instance in node.status().instances {
        assert_eq!(instance.state, State::Active);
        assert_eq!(instance.counters["master-transitions"], 1);
        assert!(instance.addresses.iter().all(|address| address.present));
    }
}

#[test]
fn an_interface_that_is_spelt_wrong_takes_nothing_away() {
    let config = instance("VI_1", 51, ADDRESS, "");
    let Some(node) = Node::start(&config, &[]) else {
        return;
    };
    node.until_state("VI_1", "MASTER");
    let wrong = [
        config.replace("interface eth1", "interface eht1"),
        config
            .replace("interface eth1", "interface eht1")
            .replace("VI_1", "VI_9"),
        config.replace(ADDRESS, "192.0.2.100/24 dev eht1"),
    ];
    for config in wrong {
        let reload = node.reload(&config);
        assert!(!reload.applied, "{reload:?}");
        assert!(
            reload.message.contains("vrrpd.conf:1: ")
                && reload.message.contains("interface eht1 does not exist"),
            "{reload:?}"
        );
        holds_both(&node);
    }
}

#[test]
fn an_included_file_that_is_gone_takes_nothing_away() {
    let first = instance("VI_1", 51, ADDRESS, "");
    let Some(node) = Node::start(&first, &[]) else {
        return;
    };
    node.until_state("VI_1", "MASTER");
    let more = node.folder.join("more.conf");
    std::fs::write(&more, instance("VI_2", 52, "192.0.2.101/24", "")).unwrap();
    let config = format!("{first}include {}\n", more.display());
    assert!(node.reload(&config).applied);
    node.until_state("VI_2", "MASTER");
    std::fs::remove_file(&more).unwrap();
    let reload = node.reload(&config);
    assert!(!reload.applied, "{reload:?}");
    assert!(
        reload.message.contains("VI_2 would disappear") || reload.message.contains("VI_2, "),
        "{reload:?}"
    );
    assert!(reload.message.contains("more.conf"), "{reload:?}");
    holds_both(&node);
    // Taken away on purpose, it goes.
    assert!(node.reload(&first).applied);
}
