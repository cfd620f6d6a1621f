//! Files that are not wrong in themselves, and by which something that runs would disappear nevertheless.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod node;

use node::{Node, folder, instance, script, with_check};
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

/// With `dynamic_interfaces` the file says that it may come later: then it is waited for, as at a start.
#[test]
fn an_interface_that_may_come_later_is_waited_for() {
    let config = instance("VI_1", 51, ADDRESS, "");
    let Some(node) = Node::start(&config, &[]) else {
        return;
    };
    node.until_state("VI_1", "MASTER");
    let later = config.replace("interface eth1", "interface eth9");
    let reload = node.reload(&later);
    assert!(
        !reload.applied && reload.message.contains("dynamic_interfaces"),
        "{reload:?}"
    );
    holds_both(&node);
    let reload = node.reload(&format!("global_defs {{\n    dynamic_interfaces\n}}\n{later}"));
    assert!(
        reload.applied && reload.message.contains("settings: dynamic_interfaces"),
        "{reload:?}"
    );
    node.until_state("VI_1", "FAULT");
    assert!(
        node.log()
            .contains("VI_1: interface eth9 does not exist; it is waited for"),
        "{}",
        node.log()
    );
    node.inside(&[
        "ip", "link", "add", "eth9", "type", "veth", "peer", "name", "far9",
    ]);
    node.inside(&["ip", "link", "set", "far9", "up"]);
    node.inside(&["ip", "address", "add", "198.51.100.1/24", "dev", "eth9"]);
    node.inside(&["ip", "link", "set", "eth9", "up"]);
    node.until_state("VI_1", "MASTER");
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

/// Errors that keepalived forgives with a default, each new in an instance that runs.
#[test]
fn a_new_error_in_an_instance_that_runs_changes_nothing() {
    let place = folder();
    let config = with_check(&script(&place, "check.sh", "exit 0"), -10);
    let Some(node) = Node::start(&config, &[]) else {
        return;
    };
    node.until_state("VI_1", "MASTER");
    let wrong = [
        // Applied as 100 at a start.
        (
            "priority 150",
            "priority 1500",
            "vrrpd.conf:11:14: ",
            "correct the number",
        ),
        // The instance would run without its check.
        (
            "        chk\n",
            "        chkk\n",
            "vrrpd.conf:18:9: ",
            "correct the name",
        ),
        ("state BACKUP", "state SLAVE", "vrrpd.conf:10:11: ", "bad-state"),
        // What a tracked script says concerns who tracks it.
        ("fall 2", "fall x", "vrrpd.conf:5:10: ", "bad-number"),
        (
            "advert_int 0.1",
            "advert_imt 0.1",
            "vrrpd.conf:13:5: ",
            "did you mean advert_int?",
        ),
    ];
    for (right, mistake, place, cure) in wrong {
        let reload = node.reload(&config.replace(right, mistake));
        assert!(!reload.applied, "{mistake}: {reload:?}");
        assert!(
            reload.message.contains(place) && reload.message.contains(cure),
            "{mistake}: {reload:?}"
        );
        holds_both(&node);
        let priority = node.instance("VI_1").priority;
        assert_eq!((priority.base, priority.contributions.len()), (150, 1));
    }
    assert!(node.reload(&format!("# all is well again\n{config}")).applied);
}

/// The daemon runs with an error; what is changed elsewhere is carried out all the same.
#[test]
fn an_error_that_was_there_before_bars_no_reload() {
    let config = instance(
        "VI_1",
        51,
        ADDRESS,
        "    track_script {\n        nothing\n    }\n",
    ) + &instance("VI_2", 52, "192.0.2.101/24", "");
    let Some(node) = Node::start(&config, &[]) else {
        return;
    };
    node.until_state("VI_1", "MASTER");
    node.until_state("VI_2", "MASTER");
    // On another line.
    let reload = node.reload(&format!("# moved\n{config}").replace("priority 150", "priority 151"));
    assert!(reload.applied, "{reload:?}");
    assert_eq!(node.instance("VI_1").priority.base, 151);
    // In another instance, or a second time, it is a new one.
    let elsewhere = config.replace("        nothing\n", "");
    let elsewhere = elsewhere + "vrrp_instance VI_3 {\n}\n";
    let moved = elsewhere.replace(
        "        192.0.2.101/24\n    }\n",
        "        192.0.2.101/24\n    }\n    track_script {\n        nothing\n    }\n",
    );
    let twice = config.replace("nothing\n", "nothing\n        nothing\n");
    for config in [moved, twice] {
        let reload = node.reload(&config);
        assert!(
            !reload.applied && reload.message.contains("nothing"),
            "{reload:?}"
        );
    }
    // What is to go may go, though the file has an error; and what is new and wrong takes nothing away.
    let one = instance(
        "VI_1",
        51,
        ADDRESS,
        "    track_script {\n        nothing\n    }\n",
    );
    let reload = node.reload(&(one.clone() + "vrrp_instance VI_3 {\n}\n"));
    assert!(
        !reload.applied
            && (reload.message.contains("VI_2 would disappear") || reload.message.contains("VI_2, ")),
        "{reload:?}"
    );
    let reload = node.reload(&one);
    assert!(reload.applied, "{reload:?}");
    node.until("VI_2 has gone", |status| status.instances.len() == 1);
}

/// By a brace that lacked before, more may be lost now than before.
#[test]
fn what_goes_goes_out_of_a_file_whose_blocks_are_closed() {
    let second = instance("VI_2", 52, "192.0.2.101/24", "");
    let first = instance("VI_1", 51, ADDRESS, "");
    let config = format!("{second}{}", first.trim_end().trim_end_matches('}'));
    let Some(node) = Node::start(&config, &[]) else {
        return;
    };
    node.until_state("VI_1", "MASTER");
    node.until_state("VI_2", "MASTER");
    let reload = node.reload(first.trim_end().trim_end_matches('}'));
    assert!(
        !reload.applied
            && reload
                .message
                .contains("VI_2, 192.0.2.101 of VI_2 would disappear"),
        "{reload:?}"
    );
    holds_both(&node);
    assert!(node.reload(&first).applied);
}

/// A check that cannot be run fails at once, and with weight 0 its instance with it.
#[test]
fn a_script_that_cannot_be_run_takes_nothing_away() {
    let place = folder();
    let path = script(&place, "check.sh", "exit 0");
    let checked = with_check(&path, 0);
    let Some(node) = Node::start(&checked, &[]) else {
        return;
    };
    node.until_state("VI_1", "MASTER");
    let hook =
        |path: &str| checked.replace("state BACKUP", &format!("state BACKUP\n    notify_master {path}"));
    let wrong = [
        (
            checked.replace("check.sh", "chekc.sh"),
            "vrrpd.conf:1: script of chk: ",
        ),
        (hook("/no/such/hook.sh"), "vrrpd.conf:11: notify_master of VI_1: "),
    ];
    for (config, expected) in wrong {
        let reload = node.reload(&config);
        assert!(
            !reload.applied && reload.message.contains(expected) && reload.message.contains("does not exist"),
            "{reload:?}"
        );
        holds_both(&node);
    }
    assert!(node.reload(&hook(&path)).applied);
    // What was there before and cannot be run any more is told by the check itself, and bars no reload.
    std::fs::remove_file(&path).unwrap();
    let reload = node.reload(&hook(&path).replace("priority 150", "priority 151"));
    assert!(reload.applied, "{reload:?}");
}
