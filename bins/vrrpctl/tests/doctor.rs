//! `vrrpctl doctor -f FILE` in networks in which the faults are really made.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic"
)]

mod folder;

use std::process::Command;

use folder::Folder;
use serde_json::Value;

/// `eth1` with an address, and its other end.
const NETWORK: &str = "ip link set lo up\nip link add eth1 type veth peer name far\nip link set far up\nip link set eth1 up\n\
                       ip address add 192.0.2.1/24 dev eth1\necho 0 > /proc/sys/net/ipv4/conf/all/rp_filter\n\
                       echo 0 > /proc/sys/net/ipv4/conf/eth1/rp_filter\n";

const FILE: &str = "vrrp_instance VI_1 {\n    interface eth1\n    version 3\n    virtual_router_id 51\n    virtual_ipaddress {\n        192.0.2.100/24\n    }\n}\n";

fn is_root() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let uids = status.lines().find(|line| line.starts_with("Uid:")).unwrap();
    uids.split_whitespace().nth(2) == Some("0")
}

/// The answer in a network of its own that `script` makes, and the exit code; `None`, and said why, where there can be none.
fn examined(test: &str, script: &str, file: &str) -> Option<(Vec<Value>, i32)> {
    examined_as(test, script, file, "-f")
}

/// The same of a file of the language that `option` names.
fn examined_as(test: &str, script: &str, file: &str, option: &str) -> Option<(Vec<Value>, i32)> {
    let namespace = if is_root() { "-n" } else { "-Urn" };
    let trial = Command::new("unshare").args([namespace, "ip", "link"]).output();
    if !trial.is_ok_and(|output| output.status.success()) {
        eprintln!("SKIP {test}: no network namespace can be made here");
        return None;
    }
    let folder = Folder::new();
    let file = folder.file("k.conf", file);
    let script = format!("set -e\n{script}\nset +e\n\"$0\" doctor {option} \"$1\" --json --listen 1");
    let output = Command::new("unshare")
        .args([
            namespace,
            "sh",
            "-c",
            &script,
            env!("CARGO_BIN_EXE_vrrpctl"),
            &file,
        ])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let answer: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}"));
    assert_eq!(answer["format"], 1);
    let findings = answer["findings"].as_array().unwrap().clone();
    Some((findings, output.status.code().unwrap()))
}

fn find<'a>(findings: &'a [Value], check: &str, level: &str) -> &'a Value {
    let found = findings
        .iter()
        .find(|one| one["check"] == check && one["level"] == level);
    found.unwrap_or_else(|| panic!("no {level} of {check} in {findings:#?}"))
}

#[test]
fn a_network_that_is_fine_is_told_so() {
    let Some((findings, code)) = examined("a_network_that_is_fine", NETWORK, FILE) else {
        return;
    };
    let reception = find(&findings, "reception", "ok")["found"].as_str().unwrap();
    assert!(reception.contains("sent to itself came back"), "{reception}");
    let neighbours = find(&findings, "neighbours", "ok")["found"].as_str().unwrap();
    assert_eq!(neighbours, "nobody answers for 192.0.2.100 at eth1: it is free");
    find(&findings, "bridge", "ok");
    find(&findings, "vrid", "ok");
    assert!(
        findings.iter().all(|one| one["level"] != "fault"),
        "{findings:#?}"
    );
    // What the machine of the test runs may be worth a warning.
    assert!([0, 4].contains(&code), "{code}");
}

#[test]
fn a_filter_that_drops_protocol_112_is_found_and_its_rule_named() {
    if Command::new("nft").arg("--version").output().is_err() {
        eprintln!("SKIP a_filter_that_drops_protocol_112: nft is not installed");
        return;
    }
    let script = format!(
        "{NETWORK}nft add table inet guard\nnft 'add chain inet guard in {{ type filter hook input priority 0; policy accept; }}'\n\
         nft add rule inet guard in iifname eth1 ip protocol 112 drop\n"
    );
    let Some((findings, code)) = examined("a_filter_that_drops_protocol_112", &script, FILE) else {
        return;
    };
    let rule = find(&findings, "firewall", "fault");
    let found = rule["found"].as_str().unwrap();
    assert!(
        found.starts_with("rule 2 of chain in of table inet guard"),
        "{found}"
    );
    let cure = "nft insert rule inet guard in iifname \"eth1\" ip daddr 224.0.0.18 meta l4proto 112 accept";
    assert!(rule["cure"].as_str().unwrap().starts_with(cure), "{rule}");
    let reception = find(&findings, "reception", "fault")["found"].as_str().unwrap();
    assert!(reception.contains("did not come back"), "{reception}");
    assert_eq!(code, 1);
}

/// Only what comes with a TTL of 255 is let in: the others' advertisements, and not the test, which has none left.
#[test]
fn a_filter_that_drops_only_the_test_is_no_fault() {
    if Command::new("nft").arg("--version").output().is_err() {
        eprintln!("SKIP a_filter_that_drops_only_the_test: nft is not installed");
        return;
    }
    let script = format!(
        "{NETWORK}nft add table inet guard\nnft 'add chain inet guard in {{ type filter hook input priority 0; policy accept; }}'\n\
         nft add rule inet guard in ip protocol 112 ip ttl 255 accept\nnft add rule inet guard in ip protocol 112 drop\n"
    );
    let Some((findings, code)) = examined("a_filter_that_drops_only_the_test", &script, FILE) else {
        return;
    };
    find(&findings, "firewall", "ok");
    let reception = find(&findings, "reception", "warning")["found"].as_str().unwrap();
    assert!(reception.contains("did not come back"), "{reception}");
    assert_eq!(code, 4, "{findings:#?}");
}

/// To a group that nobody has joined a test would go to the wire, and not come back.
#[test]
fn the_test_goes_to_the_groups_of_the_file_and_nowhere_else() {
    let unicast = FILE.replace(
        "    virtual_ip",
        "    unicast_peer {\n        192.0.2.2\n    }\n    virtual_ip",
    );
    let other = format!("global_defs {{\n    vrrp_mcast_group4 224.0.0.77\n}}\n{FILE}");
    for (file, level, words) in [
        (
            &unicast,
            "unchecked",
            "no other router with VRID 51 spoke at eth1",
        ),
        (&other, "ok", "sent to itself came back"),
    ] {
        let Some((findings, _)) = examined("the_test_goes_to_the_groups", NETWORK, file) else {
            return;
        };
        let reception = find(&findings, "reception", level)["found"].as_str().unwrap();
        assert!(reception.contains(words), "{reception}");
    }
}

#[test]
fn a_bridge_that_holds_multicast_back_is_found() {
    let bridge = format!(
        "ip link add br0 type bridge mcast_snooping 1\nip link set br0 up\nip link set far master br0\n{}",
        "ip link add eth2 type veth peer name port\nip link set port master br0\n"
    );
    let file = FILE.replace("eth1", "br0");
    let Some((findings, code)) = examined("a_bridge_that_holds_back", &format!("{NETWORK}{bridge}"), &file)
    else {
        return;
    };
    let snoops = find(&findings, "bridge", "warning");
    assert!(
        snoops["cure"]
            .as_str()
            .unwrap()
            .contains("br0 type bridge mcast_querier 1"),
        "{snoops}"
    );
    assert_eq!(code, 4, "{findings:#?}");
    let closed = format!("{NETWORK}{bridge}bridge link set dev port mcast_flood off\n");
    let (findings, code) = examined("a_bridge_that_holds_back", &closed, &file).unwrap();
    let fault = find(&findings, "bridge", "fault")["found"].as_str().unwrap();
    assert!(fault.contains("to its port port"), "{fault}");
    assert_eq!(code, 1);
}

/// Another machine has the address, and speaks no VRRP.
#[test]
fn an_address_that_is_in_use_is_found_with_the_mac_that_answers() {
    let script = format!(
        "{NETWORK}unshare -n sleep 30 &\npeer=$!\ntrap 'kill $peer' EXIT\n\
         until [ \"$(readlink /proc/$peer/ns/net)\" != \"$(readlink /proc/$$/ns/net)\" ]; do :; done\n\
         ip link set far address 02:00:00:00:00:99 netns $peer\nnsenter -t $peer -n ip address add 192.0.2.100/24 dev far\n\
         nsenter -t $peer -n ip link set far up\n"
    );
    let Some((findings, code)) = examined("an_address_that_is_in_use", &script, FILE) else {
        return;
    };
    let fault = find(&findings, "neighbours", "fault");
    let found = fault["found"].as_str().unwrap();
    assert!(
        found.starts_with("02:00:00:00:00:99 answers for 192.0.2.100"),
        "{found}"
    );
    assert_eq!(code, 1);
}

#[test]
fn settings_of_the_kernel_are_found() {
    let script = format!(
        "{NETWORK}echo 1 > /proc/sys/net/ipv4/conf/eth1/proxy_arp\necho 1 > /proc/sys/net/ipv4/conf/eth1/rp_filter\n"
    );
    let Some((findings, _)) = examined("settings_of_the_kernel", &script, FILE) else {
        return;
    };
    let told: Vec<&str> = findings
        .iter()
        .filter(|one| one["check"] == "sysctl" && one["level"] == "warning")
        .map(|one| one["found"].as_str().unwrap())
        .collect();
    assert_eq!(
        told,
        ["rp_filter of eth1 is 1 (strict)", "proxy_arp is on at eth1"]
    );
}

#[test]
fn without_a_daemon_and_a_file_it_says_what_to_do() {
    let folder = Folder::new();
    let output = Command::new(env!("CARGO_BIN_EXE_vrrpctl"))
        .args(["doctor", "--socket", &folder.path("no.sock")])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("vrrpctl doctor -f FILE"), "{said}");
    let output = Command::new(env!("CARGO_BIN_EXE_vrrpctl"))
        .args(["doctor", "-f", &folder.path("none.conf")])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn the_virtual_servers_of_an_ldirectord_cf_are_looked_at() {
    let file = "virtual=192.0.2.100:80\n\treal=192.0.2.10:80 masq\n\tchecktype=off\n";
    let script = format!("{NETWORK}echo 0 > /proc/sys/net/ipv4/ip_forward\n");
    let test = "the_virtual_servers_of_an_ldirectord_cf";
    let Some((findings, code)) = examined_as(test, &script, file, "--ldirectord") else {
        return;
    };
    let all: Vec<_> = findings
        .iter()
        .filter(|one| one["check"] == "balancing")
        .collect();
    let forwards = all.iter().find(|one| {
        let found = one["found"].as_str().unwrap();
        found == "net.ipv4.ip_forward is 0, and real servers are reached by NAT"
    });
    assert!(forwards.is_some(), "{findings:#?}");
    assert_eq!(code, 1);
    assert!(
        !findings.iter().any(|one| one["check"] == "listen"),
        "nothing is said of another language"
    );
}
