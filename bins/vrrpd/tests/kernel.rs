//! What the daemon finds in the kernel, leaves there, and keeps of what it may do.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod node;

use node::{Node, instance};
use vrrp_conformance::proves;

/// CAP_NET_ADMIN and CAP_NET_RAW.
const NETWORK: u64 = 1 << 12 | 1 << 13;

/// The name and the effective and permitted capabilities of every thread.
fn threads(node: &Node) -> Vec<(String, [u64; 2])> {
    let tasks = std::fs::read_dir(format!("/proc/{}/task", node.pid())).unwrap();
    let read = |task: std::io::Result<std::fs::DirEntry>| {
        let text = std::fs::read_to_string(task.ok()?.path().join("status")).ok()?;
        let field = |name: &str| {
            let line = text.lines().find(|line| line.starts_with(name))?;
            line.split_whitespace().nth(1).map(str::to_owned)
        };
        let set = |name| field(name).and_then(|set| u64::from_str_radix(&set, 16).ok());
        Some((field("Name:")?, [set("CapEff:")?, set("CapPrm:")?]))
    };
    tasks.filter_map(read).collect()
}

/// The log is written by a thread of its own.
fn wait_for_line(node: &Node, part: &str) {
    let end = std::time::Instant::now() + node::LIMIT;
    while !node.log().contains(part) {
        assert!(std::time::Instant::now() < end, "no {part} in:\n{}", node.log());
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

/// SEC-12: the thread that reads packets may change interfaces and open raw sockets, and nothing else; with that it does all
/// that it has to.
#[test]
fn sec_12_the_router_loop_keeps_two_capabilities() {
    let Some(mut node) = Node::start(&instance("VI_1", 51, "192.0.2.100/24", "no_accept"), &[]) else {
        return;
    };
    node.until_state("VI_1", "MASTER");
    let all = threads(&node);
    let (router, others): (Vec<_>, Vec<_>) = all.iter().partition(|(name, _)| name == "router");
    assert_eq!(router.len(), 1, "{all:?}");
    assert_eq!(router[0].1, [NETWORK; 2]);
    assert!(others.iter().any(|(_, sets)| sets[0] != NETWORK), "{others:?}");
    // Another address, another setting of the kernel, another rule, with these two.
    let reload = node.reload(&instance("VI_1", 51, "192.0.2.101/24", "accept"));
    assert!(reload.applied, "{}", reload.message);
    let moved = |status: &vrrp_control::Status| {
        let addresses = &status.instances[0].addresses;
        addresses[0].address.to_string() == "192.0.2.101" && addresses[0].present
    };
    node.until("the other address", moved);
    node.signal("-TERM");
    assert_eq!(node.wait(), 0);
    assert!(!node.log().contains("keeps permissions"), "{}", node.log());
    proves!("SEC-12", Obeys);
}

/// V3-8.1.3-01: proxy ARP is not ours to switch off, and is warned of, at the start and after a reload.
#[test]
fn v3_8_1_3_01_proxy_arp_is_warned_of() {
    let text = instance("VI_1", 51, "192.0.2.100/24", "");
    let Some(node) = Node::start(&text, &[]) else {
        return;
    };
    node.until_state("VI_1", "MASTER");
    wait_for_line(&node, "MASTER:");
    assert!(!node.log().contains("proxy_arp"), "{}", node.log());
    let on = "echo 1 > /proc/sys/net/ipv4/conf/eth1/proxy_arp";
    node.inside(&["sh", "-c", on]);
    let reload = node.reload(&text.replace("priority 150", "priority 151"));
    assert!(reload.applied, "{}", reload.message);
    wait_for_line(&node, "reloaded: ");
    let log = node.log();
    assert_eq!(
        log.matches("sysctl -w net.ipv4.conf.eth1.proxy_arp=0").count(),
        1,
        "{log}"
    );
    let value = node.inside(&["cat", "/proc/sys/net/ipv4/conf/eth1/proxy_arp"]);
    assert_eq!(value.trim(), "1", "as it was found");
    proves!("V3-8.1.3-01", Obeys);
    proves!("V3-8.1.3-01", Refuses);
}

/// PRJ-FSM-07: an owner's addresses are those of its interface. It stops, and they stay, and it says what that means; where
/// there were none, those that it made are gone.
#[test]
fn prj_fsm_07_an_owner_that_stops_keeps_its_addresses() {
    let owner = |address| {
        let text = instance("VI_1", 51, address, "");
        text.replace("priority 150", "priority 255")
            .replace("state BACKUP", "state MASTER")
    };
    for (address, stays) in [("192.0.2.1/24", true), ("192.0.2.100/24", false)] {
        let Some(mut node) = Node::start(&owner(address), &[]) else {
            return;
        };
        node.until_state("VI_1", "MASTER");
        node.until("the address is there", |status| {
            status.instances[0].addresses[0].present
        });
        let mut keeper = node.keeper();
        let inside = keeper.id().to_string();
        node.signal("-TERM");
        assert_eq!(node.wait(), 0);
        let output = std::process::Command::new("nsenter")
            .args(["-t", &inside, "-n"])
            .args(if node::is_root() {
                &[][..]
            } else {
                &["-U", "--preserve-credentials"][..]
            })
            .args(["ip", "-o", "address", "show", "dev", "eth1"])
            .output()
            .unwrap();
        let (there, log) = (node::text(&output.stdout), node.log());
        assert_eq!(there.contains(address), stays, "{there}");
        let warned = log.contains("both this node and its Backup will answer");
        assert_eq!(warned, stays, "{log}");
        let _gone = keeper.kill();
        let _gone = keeper.wait();
    }
    proves!("PRJ-FSM-07", Obeys);
    proves!("PRJ-FSM-07", Refuses);
}

/// V3-6.4.3-03, from the file: hosts are told, the node says of itself that it is a router meanwhile, and that it forwards
/// nothing is warned of.
#[test]
fn hosts_are_told_of_the_router_that_the_file_asks_for() {
    let text = |lines: &str| {
        instance("LAN", 51, "fe80::1/64\n        2001:db8::1/64", lines).replace("version 3", "")
    };
    let block = "    router_advertisements {\n        interval 30\n        prefix 2001:db8::/64\n    }";
    let Some(mut node) = Node::start(&text(block), &[]) else {
        return;
    };
    node.until_state("LAN", "MASTER");
    wait_for_line(&node, "advertising itself to hosts as their router");
    wait_for_line(&node, "sysctl -w net.ipv6.conf.all.forwarding=1");
    let status = node.until("hosts were told", |status| {
        let told = status.instances[0].hosts_told.as_ref();
        told.is_some_and(|told| told.sent >= 1)
    });
    let told = status.instances[0].hosts_told.clone().unwrap();
    assert_eq!(told.lifetime_s, 90);
    assert!(node.log().contains(&told.digest), "{told:?}");
    let forwarding = |value: &str| {
        let end = std::time::Instant::now() + node::LIMIT;
        let read = || node.inside(&["cat", "/proc/sys/net/ipv6/conf/eth1/forwarding"]);
        while read().trim() != value {
            assert!(
                std::time::Instant::now() < end,
                "never {value}; log:\n{}",
                node.log()
            );
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    };
    forwarding("1");
    let reload = node.reload(&text(""));
    assert!(reload.applied, "{}", reload.message);
    forwarding("0");
    assert_eq!(node.instance("LAN").hosts_told, None);
    let reload = node.reload(&text(&block.replace("30", "3")));
    assert!(!reload.applied, "an interval of 3 s is none");
    node.signal("-TERM");
    assert_eq!(node.wait(), 0);
    proves!("V3-6.4.3-03", Obeys);
}
