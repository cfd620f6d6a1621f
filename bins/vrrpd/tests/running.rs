//! A daemon in a namespace: start, checks, notify scripts, reload, stop.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod node;

use std::time::{Duration, Instant};

use node::{LIMIT, Node, folder, instance, script, with_check};
use vrrp_conformance::proves;
use vrrp_control::{Health, State};

const ADDRESS: &str = "192.0.2.100/24";

fn address_is_there(node: &Node) -> bool {
    node.inside(&["ip", "-o", "address", "show", "dev", "eth1"])
        .contains("192.0.2.100/24")
}

fn lines(path: &std::path::Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

fn until_lines(path: &std::path::Path, count: usize) -> Vec<String> {
    let end = Instant::now() + LIMIT;
    while lines(path).len() < count && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(10));
    }
    lines(path)
}

#[test]
fn status_says_who_why_what_is_held_and_what_comes_next() {
    let Some(node) = Node::start(&instance("VI_1", 51, ADDRESS, ""), &[]) else {
        return;
    };
    // Of a deadline that comes while the loop answers, it is not woken.
    let status = node.until("MASTER with its address", |status| {
        let mut instances = status.instances.iter();
        let woken = status.daemon.router_loop.wakeups > 0;
        woken && instances.any(|one| one.state == State::Active && one.addresses[0].present)
    });
    let one = &status.instances[0];
    assert_eq!(one.why, "no Active router was heard");
    assert_eq!((one.priority.effective, one.priority.base), (150, 150));
    let active = one.active.as_ref().unwrap();
    assert!(active.own);
    assert_eq!(active.address, Some("192.0.2.1".parse().unwrap()));
    assert!(one.addresses[0].wanted && one.addresses[0].advertised && !one.addresses[0].foreign);
    let next = one.next.as_ref().unwrap();
    assert_eq!(next.what, "advertise");
    assert!(next.in_ms <= 100, "{next:?}");
    assert_eq!(one.counters["master-transitions"], 1);
    assert!(one.counters["advertisement-sent"] >= 1);
    assert!(address_is_there(&node));
    assert!(
        node.log()
            .contains("has to let protocol 112 in: nft: iifname \"eth1\""),
        "{}",
        node.log()
    );
}

/// YANG-06, YANG-07, MIB-08: an operator's management system reads them from `vrrpctl status --json`. 106/256 of 0.1 s is
/// 41 406.25 us, three intervals and that are 34.14 cs.
#[test]
fn status_has_the_leaves_of_rfc_8347() {
    let Some(node) = Node::start(&instance("VI_1", 51, ADDRESS, ""), &[]) else {
        return;
    };
    let status = node.until("MASTER", |status| {
        status.instances.iter().any(|one| one.state == State::Active)
    });
    let one = &status.instances[0];
    let leaves = one.leaves.as_ref().unwrap();
    assert_eq!((leaves.state.as_str(), leaves.is_owner), ("master", false));
    assert_eq!((leaves.priority, leaves.effective_priority), (150, 150));
    assert_eq!(leaves.advertise_interval_centi_sec, 10);
    assert_eq!((leaves.skew_time, leaves.master_down_interval), (41_406, 34));
    assert_eq!(leaves.last_adv_source, Some("192.0.2.1".parse().unwrap()));
    assert_eq!(leaves.primary_ip_address, leaves.last_adv_source);
    assert_eq!(leaves.virtual_mac_address, "00:00:5e:00:01:33");
    assert_eq!(leaves.address_count, 1);
    assert_eq!(leaves.last_event, "vrrp-event-master-timeout");
    assert_eq!(leaves.new_master_reason, "no-response");
    let up = leaves.up_unix_ms.unwrap();
    let since = one.since_unix_ms;
    assert!(
        up < since && since - up < 2000,
        "it was Backup before: {up}, {since}"
    );
    for name in [
        "master-transitions",
        "advertisement-rcvd",
        "advertisement-sent",
        "interval-errors",
        "priority-zero-pkts-rcvd",
        "priority-zero-pkts-sent",
        "invalid-type-pkts-rcvd",
        "address-list-errors",
        "packet-length-errors",
    ] {
        assert!(one.counters.contains_key(name), "{name}: {:?}", one.counters);
    }
    assert_eq!(one.counters["master-transitions"], 1);
    assert_eq!(one.counters["advertisement-rcvd"], 0);
    assert!(
        node.log().contains("new_master_reason=no-response"),
        "{}",
        node.log()
    );
    proves!("YANG-06", "YANG-07", "YANG-09", "MIB-08", "MIB-19", Obeys);
}

#[test]
fn a_planned_stop_ends_with_0_and_leaves_nothing() {
    let Some(mut node) = Node::start(&instance("VI_1", 51, ADDRESS, ""), &[]) else {
        return;
    };
    node.until_state("VI_1", "MASTER");
    node.signal("-TERM");
    assert_eq!(node.wait(), 0, "{}", node.log());
    assert!(!node.socket().exists());
    assert!(
        node.log()
            .contains("the addresses answer until the successor does"),
        "{}",
        node.log()
    );
    proves!("PRJ-STOP-01", Obeys);
}

#[test]
fn a_second_signal_ends_at_once() {
    // With 5 s of interval in version 3 the hold would last 5 s; nobody takes over.
    let config = instance("VI_1", 51, ADDRESS, "")
        .replace("advert_int 0.1", "advert_int 4.8")
        .replace("150", "255");
    let Some(mut node) = Node::start(&config, &[]) else {
        return;
    };
    node.until_state("VI_1", "MASTER");
    node.signal("-TERM");
    node.until("stopping", |status| {
        status.daemon.stopping && status.instances[0].holding
    });
    let asked = Instant::now();
    node.signal("-TERM");
    assert_eq!(node.wait(), 0, "{}", node.log());
    assert!(asked.elapsed() < Duration::from_secs(3), "{:?}", asked.elapsed());
    proves!("PRJ-STOP-04", Obeys);
}

#[test]
fn notify_scripts_get_keepalived_s_arguments_in_order() {
    let place = folder();
    let told = place.join("told");
    // Slower for the first one: what is not ordered overtakes it.
    let body = format!(
        "[ \"$3\" = BACKUP ] && sleep 0.5\necho \"$*\" >> {}",
        told.display()
    );
    let all = script(&place, "notify.sh", &body);
    let only = script(&place, "only.sh", &format!("echo only-$1 >> {}", told.display()));
    let more =
        format!("    notify {all}\n    notify_master \"{only} master\"\n    notify_stop \"{only} stop\"\n");
    let Some(mut node) = Node::start(&instance("VI_1", 51, ADDRESS, &more), &[]) else {
        return;
    };
    let expected = [
        "INSTANCE VI_1 BACKUP 150",
        "only-master",
        "INSTANCE VI_1 MASTER 150",
    ];
    assert_eq!(until_lines(&told, 3), expected);
    let status = node.until("results kept", |status| status.instances[0].hooks.len() == 3);
    assert!(
        status.instances[0].hooks.iter().all(|hook| hook.run.succeeded),
        "{:?}",
        status.instances[0].hooks
    );
    node.signal("-TERM");
    assert_eq!(node.wait(), 0);
    assert_eq!(lines(&told)[3..], ["only-stop", "INSTANCE VI_1 STOP 150"]);
}

#[test]
fn a_link_that_is_down_from_the_start_is_told_as_fault() {
    let place = folder();
    let told = place.join("told");
    let all = script(&place, "notify.sh", &format!("echo \"$*\" >> {}", told.display()));
    let config = instance("VI_1", 51, ADDRESS, &format!("    notify {all}\n")).replace("eth1", "eth9");
    let Some(node) = Node::start(&config, &[]) else {
        return;
    };
    assert_eq!(until_lines(&told, 1), ["INSTANCE VI_1 FAULT 150"]);
    assert!(
        node.log()
            .contains("interface eth9 does not exist; it is waited for"),
        "{}",
        node.log()
    );
    assert_eq!(
        node.instance("VI_1").why,
        "interface eth9 is down or does not exist"
    );
    // It appears, and the instance takes part.
    node.inside(&[
        "ip", "link", "add", "eth9", "type", "veth", "peer", "name", "far9",
    ]);
    node.inside(&["ip", "link", "set", "far9", "up"]);
    node.inside(&["ip", "address", "add", "192.0.2.9/24", "dev", "eth9"]);
    node.inside(&["ip", "link", "set", "eth9", "up"]);
    node.until_state("VI_1", "MASTER");
    assert_eq!(
        until_lines(&told, 3)[1..],
        ["INSTANCE VI_1 BACKUP 150", "INSTANCE VI_1 MASTER 150"]
    );
    proves!("X-06", Obeys);
}

#[test]
fn a_check_moves_the_priority_and_says_what_it_found() {
    let place = folder();
    let flag = place.join("good");
    std::fs::write(&flag, "").unwrap();
    let body = format!(
        "test -e {} || {{ echo the flag is gone; exit 3; }}",
        flag.display()
    );
    let path = script(&place, "check.sh", &body);
    let Some(node) = Node::start(&with_check(&path, -60), &[]) else {
        return;
    };
    node.until("the check is up", |status| status.checks[0].health == Health::Up);
    node.until_state("VI_1", "MASTER");
    std::fs::remove_file(&flag).unwrap();
    let status = node.until("90 = 150 - 60", |status| {
        status.instances[0].priority.effective == 90
    });
    let check = &status.checks[0];
    assert_eq!(check.health, Health::Down);
    let last = check.last.as_ref().unwrap();
    assert_eq!(
        (last.result.as_str(), last.output.trim()),
        ("exit 3", "the flag is gone")
    );
    assert_eq!(check.tracked_by, ["VI_1"]);
    let contribution = &status.instances[0].priority.contributions[0];
    assert_eq!(
        (contribution.name.as_str(), contribution.weight, contribution.adds),
        ("chk", -60, -60)
    );
    std::fs::write(&flag, "").unwrap();
    node.until("150 again", |status| {
        status.instances[0].priority.effective == 150
    });
    proves!("X-04", Obeys);
}

#[test]
fn a_check_without_weight_bars_and_names_itself() {
    let place = folder();
    let flag = place.join("good");
    std::fs::write(&flag, "").unwrap();
    let path = script(&place, "check.sh", &format!("test -e {}", flag.display()));
    let Some(node) = Node::start(&with_check(&path, 0), &[]) else {
        return;
    };
    node.until_state("VI_1", "MASTER");
    std::fs::remove_file(&flag).unwrap();
    let status = node.until_state("VI_1", "FAULT");
    assert_eq!(status.instances[0].barred.as_deref(), Some("check chk is not up"));
    node.until("the hold is over", |status| {
        !status.instances[0].addresses[0].present
    });
    std::fs::write(&flag, "").unwrap();
    node.until_state("VI_1", "MASTER");
    proves!("X-05", Obeys);
}

/// Twenty advertisements with a log that `treat` has spoilt.
fn advertises_with(treat: impl FnOnce(&mut std::process::Child)) {
    let Some(mut command) = node::unshare() else {
        return;
    };
    let folder = folder();
    let socket = folder.join("control.sock");
    std::fs::write(folder.join("c.conf"), instance("VI_1", 51, ADDRESS, "")).unwrap();
    let network = "ip link add eth1 type veth peer name far && ip link set far up && ip link set eth1 up && \
                   ip address add 192.0.2.1/24 dev eth1 && exec \"$0\" \"$@\"";
    command.args([
        "sh",
        "-c",
        network,
        env!("CARGO_BIN_EXE_vrrpd"),
        "--log-level",
        "trace",
        "-f",
    ]);
    command.arg(folder.join("c.conf")).arg("--control").arg(&socket);
    let mut child = command.stderr(std::process::Stdio::piped()).spawn().unwrap();
    treat(&mut child);
    let end = Instant::now() + LIMIT;
    let mut sent = 0;
    while sent < 20 && Instant::now() < end {
        if let Ok(vrrp_control::Answer::Status(status)) =
            vrrp_control::ask(&socket, vrrp_control::Ask::Status)
        {
            sent = status.instances[0].counters["advertisement-sent"];
        }
        // Much is logged at trace level, until the pipe is full.
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(sent >= 20, "{sent} advertisements only");
}

#[test]
fn a_stalled_reader_of_the_log_stops_nothing() {
    // The pipe stays, and nobody reads it.
    advertises_with(|_| {});
}

#[test]
fn a_reader_of_the_log_that_is_gone_stops_nothing() {
    advertises_with(|child| drop(child.stderr.take()));
}

#[test]
fn ipv6_and_held_only_addresses_are_held_and_told_apart() {
    let excluded = "    virtual_ipaddress_excluded {\n        192.0.2.200/32\n    }\n";
    let config = instance("VI_6", 61, "fe80::51\n        2001:db8::51/64", excluded);
    let Some(node) = Node::start(&config, &[]) else {
        return;
    };
    let status = node.until("all three are there", |status| {
        let one = &status.instances[0];
        one.state == State::Active && one.addresses.iter().all(|address| address.present)
    });
    let one = &status.instances[0];
    assert_eq!((one.family.as_str(), one.protocol_version), ("IPv6", 3));
    let advertised: Vec<bool> = one.addresses.iter().map(|address| address.advertised).collect();
    assert_eq!(advertised, [true, true, false]);
    let kernel = node.inside(&["ip", "-o", "address", "show", "dev", "eth1"]);
    for address in ["fe80::51/128", "2001:db8::51/64", "192.0.2.200/32"] {
        assert!(kernel.contains(address), "{address} is missing in:\n{kernel}");
    }
    proves!("X-18", "PRJ-ADDR-01", Obeys);
}

#[test]
fn the_first_notify_carries_the_priority_in_effect() {
    let place = folder();
    let told = place.join("told");
    let check = script(&place, "check.sh", "sleep 5");
    let notify = script(&place, "notify.sh", &format!("echo \"$*\" >> {}", told.display()));
    let config = format!(
        "vrrp_script chk {{\n    script \"{check}\"\n    interval 6\n    weight -60\n    init_fail\n}}\n"
    ) + &instance(
        "VI_1",
        51,
        ADDRESS,
        &format!("    track_script {{\n        chk\n    }}\n    notify {notify}\n"),
    );
    let Some(_node) = Node::start(&config, &[]) else {
        return;
    };
    assert_eq!(until_lines(&told, 1)[0], "INSTANCE VI_1 BACKUP 90");
}

/// A cleaner of temporary files takes the control socket away: vrrpctl works again soon, and the log says it once.
#[test]
fn a_deleted_control_socket_comes_back() {
    let Some(mut node) = Node::start(&instance("VI_1", 51, ADDRESS, ""), &[]) else {
        return;
    };
    node.until_state("VI_1", "MASTER");
    std::fs::remove_file(node.socket()).unwrap();
    assert!(node.try_status().is_none());
    node.until_state("VI_1", "MASTER");
    let log = node.log();
    assert_eq!(log.matches("control socket had been deleted").count(), 1, "{log}");
    node.signal("-TERM");
    assert_eq!(node.wait(), 0);
    assert!(!node.socket().exists(), "it goes with the daemon");
}
