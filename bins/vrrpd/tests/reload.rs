//! SIGHUP: what did not change is not touched, and a file that is wrong changes nothing.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod node;

use node::{Node, folder, instance, script, with_check};
use vrrp_control::{Health, State};

const ADDRESS: &str = "192.0.2.100/24";

#[test]
fn a_reload_that_says_the_same_touches_nothing() {
    let config = instance("VI_1", 51, ADDRESS, "");
    let Some(node) = Node::start(&config, &[]) else {
        return;
    };
    node.until_state("VI_1", "MASTER");
    let reload = node.reload(&format!("# a comment more\n{config}"));
    assert!(reload.applied, "{reload:?}");
    assert_eq!(reload.message, "the file says the same as before");
    assert_eq!(node.instance("VI_1").counters["master-transitions"], 1);
}

#[test]
fn a_check_that_stays_goes_on_where_it_was() {
    let place = folder();
    let path = script(&place, "check.sh", "exit 0");
    let config = with_check(&path, -60);
    let Some(node) = Node::start(&config, &[]) else {
        return;
    };
    let before = node.until("some runs", |status| status.checks[0].runs >= 3);
    // Another line, another weight, and a check beside it.
    let more = format!("# moved\nvrrp_script other {{\n    script \"{path}\"\n}}\n{config}")
        .replace("weight -60", "weight -50");
    let more = more.replace("        chk\n", "        chk\n        other\n");
    let reload = node.reload(&more);
    assert!(
        reload.applied && reload.message.contains("checks new: other"),
        "{reload:?}"
    );
    let after = node.status();
    assert!(
        after
            .checks
            .iter()
            .any(|check| check.name == "chk" && check.runs >= before.checks[0].runs)
    );
    let health: Vec<Health> = after.instances[0]
        .priority
        .contributions
        .iter()
        .map(|one| one.health)
        .collect();
    assert_eq!(health, [Health::Up, Health::Up]);
}

#[test]
fn a_reload_that_adds_an_instance_leaves_the_other_alone() {
    let config = instance("VI_1", 51, ADDRESS, "");
    let Some(node) = Node::start(&config, &[]) else {
        return;
    };
    let before = node.until_state("VI_1", "MASTER").instances[0].since_unix_ms;
    let reload = node.reload(&(config.clone() + &instance("VI_2", 52, "192.0.2.101/24", "")));
    assert!(reload.applied && reload.message == "new: VI_2", "{reload:?}");
    node.until_state("VI_2", "MASTER");
    assert_eq!(node.instance("VI_1").since_unix_ms, before);
    let reload = node.reload(&config);
    assert!(reload.applied && reload.message == "gone: VI_2", "{reload:?}");
    node.until("VI_2 has gone", |status| status.instances.len() == 1);
    assert_eq!(node.instance("VI_1").since_unix_ms, before);
    assert_eq!(node.instance("VI_1").counters["yielded"], 0);
}

#[test]
fn a_reload_that_adds_a_check_does_not_bar_who_runs() {
    let place = folder();
    let path = script(&place, "check.sh", "exit 0");
    let Some(node) = Node::start(&instance("VI_1", 51, ADDRESS, ""), &[]) else {
        return;
    };
    node.until_state("VI_1", "MASTER");
    let reload = node.reload(&with_check(&path, 0));
    assert!(reload.applied, "{reload:?}");
    let one = node.instance("VI_1");
    assert_eq!(one.state, State::Active, "{}", node.log());
    assert_eq!(one.counters["master-transitions"], 1, "{}", node.log());
    assert_eq!(one.priority.contributions[0].health, Health::Up);
}

/// As keepalived: it takes a check that a reload brings for good until its first run ends.
#[test]
fn a_check_that_hangs_does_not_bar_who_runs_when_a_reload_brings_it() {
    let place = folder();
    let hangs = script(&place, "hangs.sh", "exec sleep 100");
    let good = script(&place, "good.sh", "exit 0");
    let Some(node) = Node::start(&instance("VI_1", 51, ADDRESS, ""), &[]) else {
        return;
    };
    node.until_state("VI_1", "MASTER");
    let slow = |path: &str| with_check(path, 0).replace("interval 0.1\n", "interval 60\n    timeout 50\n");
    assert!(slow(&hangs).contains("timeout 50"), "{}", slow(&hangs));
    // Brought to an instance; and another check in the place of one that is good.
    let swapped = slow(&hangs).replace("chk", "other");
    for config in [slow(&hangs), with_check(&good, 0), swapped] {
        let reload = node.reload(&config);
        assert!(reload.applied, "{reload:?}");
        let one = node.instance("VI_1");
        assert_eq!(one.state, State::Active, "{}", node.log());
        assert_eq!(one.counters["yielded"], 0, "{}", node.log());
        assert_eq!(one.counters["master-transitions"], 1, "{}", node.log());
    }
}

#[test]
fn a_reload_that_adds_a_tracked_interface_does_not_bar_who_runs() {
    let Some(node) = Node::start(&instance("VI_1", 51, ADDRESS, ""), &[]) else {
        return;
    };
    node.until_state("VI_1", "MASTER");
    let reload = node.reload(&instance(
        "VI_1",
        51,
        ADDRESS,
        "    track_interface {\n        lo\n    }\n",
    ));
    assert!(reload.applied, "{reload:?}");
    let one = node.instance("VI_1");
    assert_eq!(
        (one.state, one.counters["master-transitions"]),
        (State::Active, 1),
        "{}",
        node.log()
    );
}

#[test]
fn a_file_that_is_wrong_changes_nothing_and_is_told_with_its_place() {
    let config = instance("VI_1", 51, ADDRESS, "") + &instance("VI_2", 52, "192.0.2.101/24", "");
    let Some(node) = Node::start(&config, &[]) else {
        return;
    };
    node.until_state("VI_1", "MASTER");
    let before = node.until_state("VI_2", "MASTER");
    let wrong = [
        // By its error VI_2 would disappear.
        (
            config.replace("virtual_router_id 52", "virtual_router_id 520"),
            "VI_2 would disappear",
        ),
        // By its error an address would disappear.
        (
            config.replace("192.0.2.101/24", "192.0.2.1001/24"),
            "192.0.2.101 of VI_2",
        ),
        // A word that decides and is not carried out.
        (
            config.replace("virtual_router_id 52", "virtual_router_id 52\n    use_ipvlan"),
            "VI_2 would disappear",
        ),
        // The reason stands in the answer, with its place.
        (
            config.replace("virtual_router_id 52", "virtual_router_id 520"),
            "vrrpd.conf:18:23: ",
        ),
        (String::new(), "no virtual_server would be left: to stop vrrpd"),
    ];
    for (config, expected) in wrong {
        let reload = node.reload(&config);
        assert!(!reload.applied, "{reload:?}");
        assert!(
            reload.message.contains(expected),
            "{expected}: {reload:?}\n{}",
            node.log()
        );
        for instance in node.status().instances {
            assert_eq!(instance.counters["master-transitions"], 1);
            assert_eq!(instance.state, State::Active);
        }
    }
    std::fs::remove_file(node.folder.join("vrrpd.conf")).unwrap();
    node.signal("-HUP");
    let status = node.until("refused", |status| {
        status
            .daemon
            .last_reload
            .as_ref()
            .is_some_and(|reload| reload.message.contains("cannot be read"))
    });
    assert_eq!(status.instances.len(), before.instances.len());
    assert!(
        node.log().contains("not reloaded, nothing has changed"),
        "{}",
        node.log()
    );
}

#[test]
fn a_clean_file_may_take_an_address_away() {
    let two = instance("VI_1", 51, "192.0.2.100/24\n        192.0.2.102/24", "");
    let Some(node) = Node::start(&two, &[]) else {
        return;
    };
    node.until_state("VI_1", "MASTER");
    let reload = node.reload(&instance("VI_1", 51, ADDRESS, ""));
    assert!(reload.applied && reload.message == "changed: VI_1", "{reload:?}");
    let one = node.instance("VI_1");
    assert_eq!((one.addresses.len(), one.counters["master-transitions"]), (1, 1));
    let kernel = node.inside(&["ip", "-o", "address"]);
    assert!(
        kernel.contains(ADDRESS) && !kernel.contains("192.0.2.102"),
        "{kernel}"
    );
}

/// A word that only a start takes over: told with its line as long as the file says otherwise, and nothing else happens.
#[test]
fn what_a_running_process_keeps_is_told_as_long_as_the_file_says_otherwise() {
    let plain = instance("VI_1", 51, ADDRESS, "");
    let Some(node) = Node::start(&plain, &[]) else {
        return;
    };
    node.until_state("VI_1", "MASTER");
    let other = format!("global_defs {{\n    nftables other\n}}\n{plain}");
    for turn in 0..2 {
        let reload = node.reload(&format!("{other}# {turn}\n"));
        let expected = format!(
            "as before until a new start: nftables ({}:2)",
            node.folder.join("vrrpd.conf").display()
        );
        assert!(reload.applied && reload.message == expected, "{reload:?}");
    }
    assert_eq!(
        node.log()
            .matches(":2: nftables has changed; a running vrrpd")
            .count(),
        2
    );
    // As it was at the start.
    let reload = node.reload(&plain);
    assert_eq!(reload.message, "the file says the same as before");
    // Gaps between announcements are taken over.
    let paced = format!("global_defs {{\n    vrrp_garp_interval 0.01\n}}\n{plain}");
    assert_eq!(node.reload(&paced).message, "settings: vrrp_garp_interval");
    assert_eq!(node.instance("VI_1").counters["master-transitions"], 1);
}

/// The first half is a clean file by itself, by which an instance would go.
#[test]
fn a_file_that_is_being_written_is_read_when_it_is_whole() {
    let (first, second) = (
        instance("VI_1", 51, ADDRESS, ""),
        instance("VI_2", 52, "192.0.2.101/24", ""),
    );
    let Some(node) = Node::start(&format!("{first}{second}"), &[]) else {
        return;
    };
    node.until_state("VI_1", "MASTER");
    node.until_state("VI_2", "MASTER");
    let path = node.folder.join("vrrpd.conf");
    std::fs::write(&path, &first).unwrap();
    node.signal("-HUP");
    // Somebody who writes in two parts.
    std::thread::sleep(std::time::Duration::from_millis(20));
    std::fs::write(&path, format!("{first}{second}# whole\n")).unwrap();
    let status = node.until("reloaded", |status| status.daemon.last_reload.is_some());
    let reload = status.daemon.last_reload.unwrap();
    assert_eq!(reload.message, "the file says the same as before");
    assert_eq!(status.instances.len(), 2);
    assert_eq!(node.instance("VI_2").counters["yielded"], 0);
}
