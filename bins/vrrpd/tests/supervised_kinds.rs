//! `--supervised` with everything that an instance can be: its router is killed, and the other node takes over after one goodbye.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod node;

use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use node::steering::{Keeper, adverts_pass, plug, settled};
use node::supervisor::{kill_router, kill_router_by, router};
use node::wire::{Advert, Wire};
use node::{LIMIT, Node, instance};

/// The interval is 300 ms; of a priority of 100 the skew is (256 - 100) / 256 of it, 183 ms. A busy machine has 400 ms more; who has
/// heard no goodbye waits for 3 intervals and the skew, 1083 ms.
const AT_ONCE: Duration = Duration::from_millis(583);
const KEY: &str = "hex:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

/// The two sides of one configuration: own address, and the other's.
struct Side {
    own: &'static str,
    other: &'static str,
    priority: u8,
}

const FIRST: Side = Side {
    own: "192.0.2.1",
    other: "192.0.2.2",
    priority: 150,
};
const SECOND: Side = Side {
    own: "192.0.2.2",
    other: "192.0.2.1",
    priority: 100,
};

fn router_of(side: &Side, name: &str, vrid: u8, address: &str, more: &str) -> String {
    instance(name, vrid, address, &format!("    nopreempt\n{more}"))
        .replace("priority 150", &format!("priority {}", side.priority))
        .replace("advert_int 0.1", "advert_int 0.3")
}

fn one_router(side: &Side, more: &str) -> String {
    router_of(side, "VI_1", 51, "192.0.2.100/24", more)
}

/// When each virtual router said goodbye, and when the other node spoke for it.
fn gaps(heard: &[Advert]) -> Vec<(u8, Duration)> {
    let goodbyes = heard.iter().filter(|advert| advert.priority == 0);
    goodbyes
        .map(|goodbye| {
            let successor = heard.iter().find(|advert| {
                advert.vrid == goodbye.vrid && advert.priority == SECOND.priority && advert.at > goodbye.at
            });
            let successor = successor.unwrap_or_else(|| panic!("nobody follows {goodbye:?}"));
            (goodbye.vrid, successor.at - goodbye.at)
        })
        .collect()
}

fn until_gone(node: &Node, what: &str, words: &[&str], parts: &[&str]) {
    let end = Instant::now() + LIMIT;
    loop {
        let found = node.inside(words);
        if !parts.iter().any(|part| found.contains(part)) {
            return;
        }
        assert!(Instant::now() < end, "{what}:\n{found}\nlog:\n{}", node.log());
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn dies(config: impl Fn(&Side) -> String, addresses: &[&str], vrids: &[u8]) {
    dies_by(kill_router, config, addresses, vrids);
}

/// `addresses`: all that is held, as `ip` shows it; `vrids`: whose goodbyes are waited for.
fn dies_by(death: impl Fn(&Node), config: impl Fn(&Side) -> String, addresses: &[&str], vrids: &[u8]) {
    let Some(one) = Node::alone_with(&config(&FIRST), &["--supervised"]) else {
        return;
    };
    one.until("it answers", |_| true);
    let two = one.beside(&config(&SECOND));
    two.until("it answers", |_| true);
    // Whose link-local address is ready first would else be the first, and stay.
    two.signal("-STOP");
    plug(&one, &two);
    one.until("it is Active with everything", |status| {
        let mut all = status.instances.iter();
        all.all(|one| one.keepalived_state.to_string() == "MASTER")
    });
    two.signal("-CONT");
    settled(&one, &two);
    let Some(wire) = Wire::of(&two) else { return };
    adverts_pass(&one, 2);
    let _before = wire.adverts();
    death(&one);
    two.until("it is Active with everything", |status| {
        let mut all = status.instances.iter();
        all.all(|one| one.keepalived_state.to_string() == "MASTER")
    });
    let mut gaps = gaps(&wire.adverts());
    gaps.sort_unstable();
    let heard: Vec<u8> = gaps.iter().map(|(vrid, _)| *vrid).collect();
    assert_eq!(heard, vrids, "{gaps:?}; log:\n{}", one.log());
    assert!(gaps.iter().all(|(_, gap)| *gap < AT_ONCE), "{gaps:?}");

    until_gone(&one, "a stray address", &["ip", "-o", "address"], addresses);
    until_gone(
        &one,
        "a virtual MAC that is up",
        &["ip", "-o", "link", "show", "up"],
        &["vrrp."],
    );
    let log = one.log();
    assert!(log.contains("has taken over; the addresses are gone"), "{log}");
    assert!(!log.contains("an earlier life had left"), "{log}");
    for address in addresses {
        assert!(
            two.inside(&["ip", "-o", "address"]).contains(address),
            "{address}"
        );
    }
    // The next process takes its place, and disturbs nobody.
    one.until("the next process is Backup with everything", |status| {
        let mut all = status.instances.iter();
        all.all(|one| one.keepalived_state.to_string() == "BACKUP")
    });
    adverts_pass(&two, 10);
    assert!(
        wire.adverts()
            .iter()
            .filter(|advert| advert.priority == FIRST.priority)
            .count()
            == 0
    );
    ends_clean(one, addresses);
}

fn ends_clean(mut node: Node, addresses: &[&str]) {
    let mut keeper = Keeper(node.keeper());
    node.signal("-TERM");
    assert_eq!(node.wait(), 0, "{}", node.log());
    let left = node::inside_of(&keeper.0, &["ip", "-o", "address"]);
    assert!(!addresses.iter().any(|address| left.contains(address)), "{left}");
    let left = node::inside_of(&keeper.0, &["ip", "-o", "link"]);
    assert!(!left.contains("vrrp."), "{left}");
    keeper.0.kill().unwrap();
}

#[test]
fn one_address() {
    dies(|side| one_router(side, ""), &["192.0.2.100/"], &[51]);
}

/// What a panic of its loop comes to (`supervisor/child.rs`), and a fault of the program.
#[test]
fn an_abort() {
    let death = |node: &Node| kill_router_by(node, Signal::SIGABRT);
    dies_by(death, |side| one_router(side, ""), &["192.0.2.100/"], &[51]);
}

#[test]
fn a_sync_group() {
    let config = |side: &Side| {
        "vrrp_sync_group G {\n    group {\n        VI_1\n        VI_2\n    }\n}\n".to_owned()
            + &one_router(side, "")
            + &router_of(side, "VI_2", 52, "192.0.2.102/24", "")
    };
    dies(config, &["192.0.2.100/", "192.0.2.102/"], &[51, 52]);
}

#[test]
fn a_virtual_mac() {
    dies(|side| one_router(side, "    use_vmac"), &["192.0.2.100/"], &[51]);
}

#[test]
fn a_virtual_mac_that_advertises_by_the_interface_below() {
    let config = |side: &Side| one_router(side, "    use_vmac\n    vmac_xmit_base");
    dies(config, &["192.0.2.100/"], &[51]);
}

#[test]
fn ipv6() {
    let config = |side: &Side| {
        let address = "fe80::100/64\n        2001:db8::100/64";
        router_of(side, "VI_1", 51, address, "    native_ipv6")
    };
    dies(config, &["fe80::100/", "2001:db8::100/"], &[51]);
}

#[test]
fn ipv6_with_a_virtual_mac() {
    let config = |side: &Side| {
        let address = "fe80::100/64\n        2001:db8::100/64";
        router_of(side, "VI_1", 51, address, "    native_ipv6\n    use_vmac")
    };
    dies(config, &["fe80::100/", "2001:db8::100/"], &[51]);
}

#[test]
fn unicast_peers() {
    let config = |side: &Side| {
        let (own, other) = (side.own, side.other);
        let peers = format!("    unicast_src_ip {own}\n    unicast_peer {{\n        {other}\n    }}");
        one_router(side, &peers)
    };
    dies(config, &["192.0.2.100/"], &[51]);
}

#[test]
fn signed_advertisements() {
    let keys = format!("    auth_hmac {{\n        key 7 {KEY}\n        active_key 7\n    }}");
    dies(|side| one_router(side, &keys), &["192.0.2.100/"], &[51]);
}

/// The supervisor is where it was started, and its child in the network of the file: it reaches that by the child's sockets.
#[test]
fn a_network_namespace_of_its_own() {
    let prepare = "mount -t tmpfs none /run && ip netns add blue && ip link set eth1 netns blue && \
                   ip -n blue address add 192.0.2.1/24 dev eth1 && ip -n blue link set eth1 up";
    let config = "net_namespace blue\n".to_owned() + &instance("VI_1", 51, "192.0.2.100/24", "");
    let Some(node) = Node::start_after(prepare, &config, &["--supervised"]) else {
        return;
    };
    node.until_state("VI_1", "MASTER");
    let held = |pid: i32| {
        let pid = u32::try_from(pid).unwrap();
        node::inside_network(pid, &["ip", "-o", "address"]).contains("192.0.2.100/")
    };
    let first = router(&node, None);
    assert!(held(first.as_raw()));
    // The first time it goes on, as nobody else is there; the second time it goes.
    kill_router(&node);
    let status = node.until_state("VI_1", "MASTER");
    assert_eq!(
        status.instances[0].why,
        "nobody took over while the addresses were held"
    );
    let second = router(&node, None);
    assert!(held(second.as_raw()));
    kill(second, Signal::SIGKILL).unwrap();
    node::steering::until_log(&node, "VI_1: nobody took over in time; the addresses are gone");
    let third = router(&node, Some(second));
    let log = node.log();
    assert!(!log.contains("not all of its addresses"), "{log}");
    let status = node.until_state("VI_1", "MASTER");
    assert_eq!(i32::try_from(status.daemon.pid), Ok(third.as_raw()));
    assert!(held(third.as_raw()));
}
