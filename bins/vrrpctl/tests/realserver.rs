//! `vrrpctl realserver` in a network with a neighbour: who answers for the virtual address, who takes packets to it, and what
//! is left afterwards.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic"
)]

mod folder;

use std::collections::BTreeMap;
use std::process::{Command, Output};

use folder::Folder;
use serde_json::Value;

/// `eth0` here and `c0` of a neighbour. `resolves` asks by ARP or Neighbor Discovery, `takes` sends to the address of `eth0`'s
/// card, as a director does: a refused connection is an answer.
const NETWORK: &str = r#"
mount -t tmpfs tmpfs /run
echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad
for word in arp_ignore arp_announce rp_filter; do echo 0 > /proc/sys/net/ipv4/conf/all/$word; done
ip link set lo up
ip netns add far
ip link add eth0 type veth peer name c0 netns far
ip address add 198.51.100.2/24 dev eth0; ip address add 2001:db8::2/64 dev eth0 nodad; ip link set eth0 up
ip -n far link set lo up
ip -n far address add 198.51.100.1/24 dev c0; ip -n far address add 2001:db8::1/64 dev c0 nodad; ip -n far link set c0 up
until ip -6 -o address show dev eth0 | grep -v tentative | grep -q fe80; do sleep 0.1; done
mac=$(ip -o link show eth0 | sed 's/.*ether \([^ ]*\).*/\1/')
resolves() {
    ip -n far neigh flush dev c0; ip -n far neigh replace "$1" dev c0 nud none use
    until ip -n far neigh show "$1" | grep -q -e REACHABLE -e FAILED -e STALE -e DELAY; do sleep 0.1; done
    ip -n far neigh show "$1" | grep -q lladdr && echo "$2 yes" || echo "$2 no"
    ip -n far neigh del "$1" dev c0
}
takes() {
    case $1 in *:*) url="[$1]";; *) url=$1;; esac
    ip -n far neigh flush dev c0; ip neigh flush dev eth0
    ip -n far neigh replace "$1" lladdr "$mac" dev c0 nud permanent
    ip netns exec far "$ctl" digest --timeout 5 "http://$url:9/" 2>&1 | grep -q refused && echo "$2 yes" || echo "$2 no"
    ip -n far neigh show | grep -v "^$1 " | grep -q "lladdr $mac" && echo "$2-asks-as-itself yes" || echo "$2-asks-as-itself no"
    ip -n far neigh del "$1" dev c0
}
all() { ip -o address; ip -d -o link | sed 's/<.*>//'; ip route show table all; ip -6 route show table all; grep -r . /proc/sys/net/ipv4/conf /proc/sys/net/ipv6/conf 2>/dev/null | sort; }
ctl=$0; state=$1/realserver.json
"#;

fn is_root() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let uids = status.lines().find(|line| line.starts_with("Uid:")).unwrap();
    uids.split_whitespace().nth(2) == Some("0")
}

/// What `script` prints in a network of its own; `None`, and said why, where there can be none.
fn inside(test: &str, script: &str, folder: &Folder) -> Option<Output> {
    let namespace = if is_root() { "-nm" } else { "-Urnm" };
    let trial = "mount -t tmpfs tmpfs /run && ip netns add trial";
    let trial = Command::new("unshare")
        .args([namespace, "sh", "-c", trial])
        .output();
    if !trial.is_ok_and(|output| output.status.success()) {
        eprintln!("SKIP {test}: no network namespace can be made here");
        return None;
    }
    let script = format!("set -e\n{NETWORK}\n{script}");
    let words = [namespace, "sh", "-c", &script, env!("CARGO_BIN_EXE_vrrpctl")];
    let mut command = Command::new("unshare");
    command.args(words).arg(folder.path(""));
    Some(command.output().unwrap())
}

/// Lines of two words.
fn answers(output: &Output) -> BTreeMap<String, String> {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}\n{said}");
    let lines = text.lines().filter_map(|line| line.split_once(' '));
    lines
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

#[test]
fn a_prepared_real_server_takes_the_address_and_does_not_answer_for_it() {
    let folder = Folder::new();
    let script = r#"
ip address add 192.0.2.100/32 dev lo; ip -6 address add 2001:db8:1::100/128 dev lo
ip -n far route add 192.0.2.100 dev c0; ip -n far route add 2001:db8:1::100 dev c0
resolves 192.0.2.100 unprepared-v4; takes 192.0.2.100 unprepared-v4-takes
resolves 2001:db8:1::100 unprepared-v6
ip address del 192.0.2.100/32 dev lo; ip -6 address del 2001:db8:1::100/128 dev lo
all > "$1/before"
"$ctl" realserver prepare --memory "$state" --address 192.0.2.100 2001:db8:1::100 > "$1/said"
all > "$1/prepared"
"$ctl" realserver prepare --memory "$state" --address 192.0.2.100 2001:db8:1::100 > "$1/said-again"
all > "$1/prepared-again"
resolves 192.0.2.100 v4; takes 192.0.2.100 v4-takes
resolves 2001:db8:1::100 v6; takes 2001:db8:1::100 v6-takes
resolves 198.51.100.2 own-v4; resolves 2001:db8::2 own-v6
"$ctl" realserver status --memory "$state" > "$1/status"; echo "status $?"
"$ctl" realserver undo --memory "$state" > /dev/null
all > "$1/after"
test -e "$state" && echo "state there" || echo "state gone"
"$ctl" realserver status --memory "$state" > /dev/null && echo "status-after 0" || echo "status-after $?"
"#;
    let Some(output) = inside("a_prepared_real_server", script, &folder) else {
        return;
    };
    let answers = answers(&output);
    let is = |key: &str, value: &str| assert_eq!(answers[key], value, "{key}: {answers:#?}");
    // Without it: both would answer, and the asked-for neighbour learns the virtual address with this machine's card.
    is("unprepared-v4", "yes");
    is("unprepared-v4-takes", "yes");
    is("unprepared-v4-takes-asks-as-itself", "no");
    // For IPv6 the kernel answers only at the interface that has the address.
    is("unprepared-v6", "no");
    for (key, value) in [
        ("v4", "no"),
        ("v4-takes", "yes"),
        ("v4-takes-asks-as-itself", "yes"),
    ] {
        is(key, value);
    }
    for (key, value) in [
        ("v6", "no"),
        ("v6-takes", "yes"),
        ("v6-takes-asks-as-itself", "yes"),
    ] {
        is(key, value);
    }
    is("own-v4", "yes");
    is("own-v6", "yes");
    is("status", "0");
    is("state", "gone");
    is("status-after", "1");
    let read = |name: &str| std::fs::read_to_string(folder.path(name)).unwrap();
    assert_eq!(read("before"), read("after"), "undo gives back what was");
    assert_eq!(read("prepared"), read("prepared-again"), "twice is as once");
    assert_eq!(read("said-again"), "nothing to do\n");
    let said = read("said");
    for step in [
        "set net.ipv4.conf.all.arp_ignore from 0 to 1",
        "set net.ipv4.conf.all.arp_announce from 0 to 2",
        "add 192.0.2.100/32 to lo",
        "add 2001:db8:1::100/128 to lo",
    ] {
        assert!(said.contains(step), "{said}");
    }
    let prepared = read("prepared");
    let lo = prepared.lines().find(|line| line.contains("192.0.2.100/32"));
    assert!(lo.unwrap().contains("scope host lo:vip"), "{prepared}");
    let lo = prepared.lines().find(|line| line.contains("2001:db8:1::100/128"));
    assert!(lo.unwrap().contains("deprecated"), "{prepared}");
    assert!(read("status").ends_with("everything is as it was prepared\n"));
}

#[test]
fn a_dry_run_changes_nothing_and_what_others_changed_stays() {
    let folder = Folder::new();
    let script = r#"
all > "$1/before"
"$ctl" realserver prepare --memory "$state" --dry-run --json --address 192.0.2.100 > "$1/dry"
all > "$1/after-dry"
test -e "$state" && echo "state there" || echo "state gone"
"$ctl" realserver prepare --memory "$state" --address 192.0.2.100 192.0.2.101 > /dev/null
stat -c 'mode %a' "$state"
echo 1 > /proc/sys/net/ipv4/conf/all/arp_announce
"$ctl" realserver status --memory "$state" > "$1/status" && echo "status 0" || echo "status $?"
"$ctl" realserver undo --memory "$state" --address 192.0.2.101 > /dev/null
ip -o address show dev lo > "$1/one-left"
"$ctl" realserver undo --memory "$state" > "$1/undone"
ip address add 192.0.2.100/24 dev eth0
"$ctl" realserver prepare --memory "$state" --address 192.0.2.100 2> "$1/refused" && echo "refused 0" || echo "refused $?"
echo "announce $(cat /proc/sys/net/ipv4/conf/all/arp_announce)"
echo "ignore $(cat /proc/sys/net/ipv4/conf/all/arp_ignore)"
"#;
    let Some(output) = inside("a_dry_run_changes_nothing", script, &folder) else {
        return;
    };
    let answers = answers(&output);
    let read = |name: &str| std::fs::read_to_string(folder.path(name)).unwrap();
    assert_eq!(read("before"), read("after-dry"));
    assert_eq!(answers["state"], "gone");
    let dry: Value = serde_json::from_str(&read("dry")).unwrap();
    assert_eq!((&dry["format"], &dry["dry_run"]), (&1.into(), &true.into()));
    let kinds: Vec<&Value> = dry["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| &step["kind"])
        .collect();
    assert_eq!(kinds, ["set", "set", "add"]);
    assert_eq!(answers["mode"], "600");
    assert_eq!(answers["status"], "1");
    let status = read("status");
    assert!(
        status.contains("set net.ipv4.conf.all.arp_announce from 1 to 2"),
        "{status}"
    );
    let left = read("one-left");
    assert!(left.contains("192.0.2.100/32") && !left.contains("192.0.2.101"));
    let undone = read("undone");
    assert!(undone.contains("somebody else has changed it since"), "{undone}");
    assert_eq!(
        (answers["announce"].as_str(), answers["ignore"].as_str()),
        ("1", "0")
    );
    assert_eq!(answers["refused"], "1");
    let refused = read("refused");
    assert!(
        refused.contains("ip address delete 192.0.2.100/24 dev eth0"),
        "{refused}"
    );
}

/// Root of a user namespace has no right over a network outside it, which is not that of this machine.
#[test]
fn without_the_right_nothing_is_begun() {
    let folder = Folder::new();
    let state = folder.path("realserver.json");
    let words = ["realserver", "prepare", "--address", "192.0.2.100", "--memory"];
    let output = Command::new("unshare")
        .args([if is_root() { "-n" } else { "-Urn" }, "unshare", "-Ur"])
        .arg(env!("CARGO_BIN_EXE_vrrpctl"))
        .args(words)
        .arg(&state)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    if said.starts_with("unshare") {
        eprintln!("SKIP without_the_right: no user namespace can be made here");
        return;
    }
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("CAP_NET_ADMIN"), "{said}");
    assert!(!std::path::Path::new(&state).exists());
}
