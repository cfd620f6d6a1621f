//! Routes, rules and static entries: of a running daemon, and beside those that keepalived makes of the same file.
//!
//! keepalived: `KEEPALIVED_BIN` or `target/packages/bin/keepalived`; skipped in words where it is not to be had.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod node;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use node::{LIMIT, Node, file, folder, inside_of, instance, unshare};
use serde_json::Value;

/// All that both make of the same lines.
const LINES: &str = "    virtual_routes {
        10.1.0.0/16 via 192.0.2.254 dev eth1
        10.2.0.0/16 via 192.0.2.254 dev eth1 no_track
        10.3.0.0/16 dev eth1 scope link src 192.0.2.100
        blackhole 10.4.0.0/16
        unreachable 10.4.1.0/24 metric 9
        prohibit 10.4.2.0/24 table 12
        throw 10.4.3.0/24 table 12
        10.5.0.0/16 via 192.0.2.254
        default via 198.51.100.1 dev eth1
        10.6.0.0/16 dev eth1 rtt 300ms rttvar 2s rto_min 300 hoplimit 5 congctl cubic features ecn
        10.7.0.0/16 dev eth1 tos 0x10 mtu lock 1400 rtt 100ms advmss lock 1300
        10.8.0.0/16 via 192.0.2.254 dev eth1 protocol static
        10.11.0.0/16 via 192.0.2.254 dev eth1 protocol static no_track
        10.12.0.0/16 dev eth1 window 100 cwnd lock 10 ssthresh 7 reordering 4 initcwnd 10 initrwnd 10 quickack 1
        10.16.0.0/16 nexthop via 192.0.2.253 weight 2 nexthop via 192.0.2.252 dev eth1
        10.17.0.0/16 via 198.18.0.1 dev eth1 onlink
        10.18.0.0/16 dev eth1 table 300 metric 5 realms 3/4
        10.19.0.0/16 dev eth1 append
        2001:db8:7::/48 dev eth1 metric 77
        2001:db8:8::/48 via fe80::1 dev eth1 pref high
        blackhole 2001:db8:9::/48
    }
    virtual_rules {
        from 192.0.2.100 table 7
        from 192.0.2.101 table 8 priority 100
        fwmark 5 table 9 priority 101
        iif eth1 table 8 priority 102
        to 192.0.2.0/24 oif eth1 table 300 priority 103
        from 192.0.2.104 table 9
        from 192.0.2.105 suppress_prefixlength 0 table main priority 120
        not from 192.0.2.106 blackhole priority 130
        from 192.0.2.107 goto 200 priority 140
        from 192.0.2.108 tos 0x10 fwmark 0x10/0xff prohibit priority 150
        from 2001:db8::/32 table 8 priority 160
        from 192.0.2.109 realms 3/4 table 8 priority 170
        l3mdev priority 180
    }
";
const STATIC: &str = "static_ipaddress {
    192.0.2.55/24 dev eth1
    198.18.5.1/32 dev lo
}
static_routes {
    10.98.0.0/16 dev lo
    10.99.0.0/16 via 192.0.2.99 dev eth1
}
static_rules {
    from 10.77.0.0/16 table 77
    from 10.78.0.0/16 table 78 priority 500
}
";

fn keepalived() -> Option<PathBuf> {
    let project = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../target/packages/bin/keepalived"
    );
    let named = std::env::var_os("KEEPALIVED_BIN").map(PathBuf::from);
    let program = named.unwrap_or_else(|| project.into());
    if !program.exists() {
        println!("SKIP routes_beside_keepalived: there is no {}", program.display());
        return None;
    }
    Some(program)
}

/// What `ip -j` lists, each line for itself: without who made it, and without what changes from one look to the next.
fn listed(child: &Child, words: &[&str]) -> BTreeSet<String> {
    let text = inside_of(child, words);
    let list: Value =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{words:?}: {error}: {text}"));
    let one = |entry: &Value| {
        let mut entry = entry.as_object().unwrap().clone();
        let ours = ["112", "keepalived"].map(Value::from);
        if entry
            .get("protocol")
            .is_some_and(|protocol| ours.contains(protocol))
        {
            let _same = entry.insert("protocol".into(), "the daemon".into());
        }
        let _cache = entry.remove("cache");
        Value::Object(entry).to_string()
    };
    // What goes with an interface and its addresses is the kernel's.
    let list = list.as_array().unwrap().iter();
    let made = list.filter(|entry| entry["protocol"] != "kernel");
    made.map(one).collect()
}

fn everything(child: &Child) -> [BTreeSet<String>; 4] {
    [
        listed(child, &["ip", "-j", "-4", "route", "show", "table", "all"]),
        listed(child, &["ip", "-j", "-6", "route", "show", "table", "all"]),
        listed(child, &["ip", "-j", "-4", "rule", "show"]),
        listed(child, &["ip", "-j", "-6", "rule", "show"]),
    ]
}

fn has(sets: &[BTreeSet<String>; 4], part: &str) -> bool {
    sets.iter().flatten().any(|line| line.contains(part))
}

/// Both in a namespace of the same kind, each alone.
#[test]
fn the_kernel_has_what_it_has_with_keepalived() {
    let Some(program) = keepalived() else { return };
    let text = format!("{STATIC}{}", instance("VI_1", 51, "192.0.2.100/24", LINES));
    let Some(ours) = Node::start(&text, &[]) else {
        return;
    };
    let place = folder();
    let config = file(&place, &text);
    let network = "mount -t tmpfs tmpfs /run; ip link set lo up && ip link add eth1 type veth peer name far && \
                   ip link set far up && ip link set eth1 up && ip address add 192.0.2.1/24 dev eth1";
    let mut command = unshare().unwrap();
    command.args(["-m", "sh", "-c", &format!("{network} && exec \"$0\" \"$@\"")]);
    command
        .arg(&program)
        .args(["-G", "-l", "-n", "-P", "-f"])
        .arg(&config);
    let log = std::fs::File::create(place.join("log")).unwrap();
    command
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .stdin(Stdio::null());
    let mut theirs = command.spawn().unwrap();
    let _state = ours.until_state("VI_1", "MASTER");
    let begun = Instant::now();
    let said = || std::fs::read_to_string(place.join("log")).unwrap();
    while !said().contains("Entering MASTER STATE") {
        assert!(begun.elapsed() < LIMIT, "{}", said());
        std::thread::sleep(Duration::from_millis(20));
    }
    // Each makes them one by one behind the addresses.
    let mut last = (everything(ours.child()), everything(&theirs));
    while last.0 != last.1 && begun.elapsed() < LIMIT {
        std::thread::sleep(Duration::from_millis(50));
        last = (everything(ours.child()), everything(&theirs));
    }
    for (mine, other) in last.0.iter().zip(&last.1) {
        let only = |one: &BTreeSet<String>, another: &BTreeSet<String>| {
            one.difference(another).cloned().collect::<Vec<_>>().join("\n")
        };
        assert_eq!(
            (only(mine, other), only(other, mine)),
            (String::new(), String::new()),
            "vrrpd alone, keepalived alone; log of vrrpd:\n{}\nof keepalived:\n{}",
            ours.log(),
            said()
        );
    }
    for part in [
        "10.16.0.0/16",
        "2001:db8:8::/48",
        "\"priority\":130",
        "\"priority\":160",
        "10.98.0.0/16",
    ] {
        assert!(has(&last.0, part), "{part} is compared: {:?}", last.0);
    }
    let kept = ours.keeper();
    ours.signal("-TERM");
    let mut ours = ours;
    assert_eq!(ours.wait(), 0);
    let left = everything(&kept);
    for part in ["the daemon", "10.11.0.0/16", "192.0.2.55", "10.98.0.0"] {
        assert!(!has(&left, part), "left behind: {part} of {left:?}");
    }
    let _ended = Command::new("kill").arg(theirs.id().to_string()).status();
    let _status = theirs.wait();
    let mut kept = kept;
    let _gone = kept.kill();
    let _gone = kept.wait();
}

/// What a reload takes away goes, what it brings comes, what stays is not touched; a file with a new mistake changes nothing.
#[test]
fn a_reload_changes_routes_and_static_entries() {
    let config = |routes: &str, statics: &str| {
        let lines = format!("    virtual_routes {{\n{routes}\n    }}\n");
        format!(
            "static_routes {{\n{statics}\n}}\n{}",
            instance("VI_1", 51, "192.0.2.100/24", &lines)
        )
    };
    let begin = config("10.1.0.0/16 via 192.0.2.254 dev eth1", "10.98.0.0/16 dev lo");
    let Some(node) = Node::start(&begin, &[]) else {
        return;
    };
    let has = |net: &str| node.inside(&["ip", "route", "show"]).contains(net);
    let _state = node.until("the route", |status| {
        status
            .instances
            .iter()
            .any(|one| one.routing.iter().any(|entry| entry.present))
    });
    assert!(has("10.98.0.0/16") && has("10.1.0.0/16"));
    let statics = node.status().statics;
    assert_eq!(
        (statics.routing.len(), statics.routing[0].kind.as_str()),
        (1, "route")
    );
    let answer = node.reload(&config(
        "10.1.0.0/16 via 192.0.2.254 dev eth1",
        "10.97.0.0/16 dev lo",
    ));
    assert_eq!(
        (answer.applied, answer.message.as_str()),
        (true, "static entries changed")
    );
    assert!(has("10.97.0.0/16") && !has("10.98.0.0/16") && has("10.1.0.0/16"));
    let answer = node.reload(&config(
        "10.2.0.0/16 via 192.0.2.254 dev eth1",
        "10.97.0.0/16 dev lo",
    ));
    assert!(answer.applied, "{}", answer.message);
    assert!(has("10.2.0.0/16") && !has("10.1.0.0/16"));
    let answer = node.reload(&config("10.2.0.0/16 via nowhere dev eth1", "10.97.0.0/16 dev lo"));
    assert!(
        !answer.applied && answer.message.contains("nowhere"),
        "{}",
        answer.message
    );
    assert!(has("10.2.0.0/16"));
}

/// A static entry of a track_group that cannot be there bars its instances, in words.
#[test]
fn a_track_group_bars_its_instances() {
    let text = format!(
        "track_group uplink {{\n group {{\n VI_1\n }}\n}}\nstatic_routes {{\n 10.99.0.0/16 via 198.18.0.1 dev eth1 track_group uplink\n}}\n{}{}",
        instance("VI_1", 51, "192.0.2.100/24", ""),
        instance("VI_2", 52, "192.0.2.101/24", "")
    );
    let Some(node) = Node::start(&text, &[]) else {
        return;
    };
    let _state = node.until_state("VI_2", "MASTER");
    let status = node.until_state("VI_1", "FAULT");
    let barred = status.instances[0].barred.clone().unwrap_or_default();
    assert!(barred.contains("track_group uplink"), "{barred}");
    node.inside(&["ip", "address", "add", "198.18.0.2/24", "dev", "eth1"]);
    let _state = node.until_state("VI_1", "MASTER");
}
