//! Two daemons with `auth_hmac`, each in a namespace of its own, with a cable between them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod node;

use node::{Node, instance};
use vrrp_control::{State, Status};

/// 32 octets each.
const KEY: &str = "hex:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const OTHER: &str = "hex:ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

fn config(priority: u8, interface: &str, lines: &str) -> String {
    let block = format!("    auth_hmac {{\n{lines}\n    }}");
    instance("VI_1", 51, "192.0.2.100/24", &block)
        .replace("priority 150", &format!("priority {priority}"))
        // A busy machine may keep a daemon from its turn for longer than three tenths of a second.
        .replace("advert_int 0.1", "advert_int 0.3")
        .replace("eth1", interface)
}

fn pair(first: &str, second: &str) -> Option<(Node, Node)> {
    let one = Node::alone(&config(150, "eth1", first))?;
    one.until_state("VI_1", "FAULT");
    let two = one.beside(&config(100, "eth2", second));
    two.until_state("VI_1", "FAULT");
    let far = two.pid().to_string();
    let cable = "ip link add eth1 type veth peer name eth2 netns";
    let words: Vec<&str> = cable.split(' ').chain([far.as_str()]).collect();
    one.inside(&words);
    one.inside(&["ip", "address", "add", "192.0.2.1/24", "dev", "eth1"]);
    two.inside(&["ip", "address", "add", "192.0.2.2/24", "dev", "eth2"]);
    two.inside(&["ip", "link", "set", "eth2", "up"]);
    one.inside(&["ip", "link", "set", "eth1", "up"]);
    Some((one, two))
}

/// HM-02, HM-11: the key of the file signs and verifies, and is nowhere to be read.
#[test]
fn hm_11_obeys_a_signed_pair_has_one_active_node() {
    let lines = format!("key 7 {KEY}\nactive_key 7");
    let Some((one, two)) = pair(&lines, &lines) else {
        return;
    };
    one.until_state("VI_1", "MASTER");
    let status = two.until("lb02 hears lb01", |status| {
        let active = status.instances[0].active.as_ref();
        status.instances[0].counters["advertisement-rcvd"] > 5 && active.is_some_and(|a| a.priority == 150)
    });
    let second = &status.instances[0];
    assert_eq!(second.state, State::Backup);
    assert_eq!(
        ["hmac-missing", "hmac-clock"].map(|name| second.counters[name]),
        [0; 2]
    );
    // While the cable is put in, either may be first.
    assert!(second.counters["bounces"] <= 1, "{second:?}");
    assert!(second.rejected.is_empty(), "{:?}", second.rejected);
    let said = one.log() + &two.log() + &format!("{status:?}");
    assert!(!said.contains("0d0e0f") && !said.contains("13, 14, 15"), "{said}");
}

#[test]
fn hm_11_refuses_another_key_and_counts_it() {
    let lines = |key: &str| format!("key 7 {key}\nactive_key 7");
    let Some((one, two)) = pair(&lines(KEY), &lines(OTHER)) else {
        return;
    };
    one.until_state("VI_1", "MASTER");
    two.until("a forged advertisement is counted", |status| {
        status.instances[0]
            .rejected
            .get("hmac-mismatch")
            .is_some_and(|count| *count > 5)
    });
    assert_eq!(two.instance("VI_1").counters["advertisement-rcvd"], 0);
}

/// HM-10: permissive believes who does not sign, and counts it.
#[test]
fn hm_10_obeys_permissive_counts_who_does_not_sign() {
    let keys = format!("key 7 {KEY}\nactive_key 7\n");
    let (first, second) = (
        format!("{keys}mode receive-only"),
        format!("{keys}mode permissive"),
    );
    let Some((one, two)) = pair(&first, &second) else {
        return;
    };
    one.until_state("VI_1", "MASTER");
    let status = two.until("an unsigned one is believed", |status| {
        status.instances[0].counters["hmac-missing"] > 5
    });
    assert_eq!(status.instances[0].state, State::Backup);
}

/// HM-11: a new key goes round without a gap, and a file that would end signing changes nothing.
#[test]
fn hm_11_obeys_a_reload_brings_another_key() {
    let old = format!("key 7 {KEY}\nactive_key 7");
    let both = |active: u8| format!("key 7 {KEY}\nkey 8 {OTHER}\nactive_key {active}");
    let Some((one, two)) = pair(&old, &old) else {
        return;
    };
    one.until_state("VI_1", "MASTER");
    // While the cable is put in, either may be first.
    let before = two.until("lb02 hears lb01", |status| {
        status.instances[0].counters["advertisement-rcvd"] > 5 && status.instances[0].state == State::Backup
    });
    let took_over = |status: &Status| status.instances[0].counters["master-transitions"];
    let took = (took_over(&one.status()), took_over(&before));
    let first = |lines: &str| one.reload(&config(150, "eth1", lines));
    let second = |lines: &str| two.reload(&config(100, "eth2", lines));
    for reload in [second(&both(7)), first(&both(8)), second(&both(8))] {
        assert!(reload.applied, "{reload:?}");
    }
    let refused = first("active_key 9");
    assert!(!refused.applied, "{refused:?}");
    let heard = two.instance("VI_1").counters["advertisement-rcvd"];
    let status = two.until("advertisements with the new key are heard", |status| {
        status.instances[0].counters["advertisement-rcvd"] > heard + 5
    });
    let second = &status.instances[0];
    assert!(second.rejected.is_empty(), "{:?}", second.rejected);
    assert_eq!(second.state, State::Backup);
    assert_eq!((took_over(&one.status()), took_over(&status)), took, "no gap");
}
