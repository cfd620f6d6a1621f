//! `--supervised` with `net_namespace`: the child works in a network that its parent was not started in.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod node;

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use node::steering::{Keeper, settled};
use node::supervisor::kill_router;
use node::{LIMIT, Node, instance, is_root, text};

const ADDRESS: &str = "192.0.2.100";

/// A command in the network and among the mounts of a process, in which the network `red` has its name.
fn beside(process: u32, words: &[&str]) -> Command {
    let mut command = Command::new("nsenter");
    command.args(["-t", &process.to_string(), "-n", "-m"]);
    if !is_root() {
        command.args(["-U", "--preserve-credentials"]);
    }
    command.args(words);
    command
}

fn ip(process: u32, words: &str) -> String {
    let words: Vec<&str> = std::iter::once("ip").chain(words.split(' ')).collect();
    let output = beside(process, &words).output().unwrap();
    assert!(output.status.success(), "{words:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// What keeps network and mounts when the daemon has ended.
fn keeper(node: &Node) -> Keeper {
    let sleep: Child = beside(node.pid(), &["sleep", "120"])
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    let name = format!("/proc/{}/comm", sleep.id());
    until("it keeps them", || {
        std::fs::read_to_string(&name).is_ok_and(|name| name.trim() == "sleep")
    });
    Keeper(sleep)
}

fn until(what: &str, so: impl Fn() -> bool) {
    let end = Instant::now() + LIMIT;
    while !so() {
        assert!(Instant::now() < end, "never: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn is_clean(process: u32) -> bool {
    let addresses = ip(process, "-n red -o address");
    let up = ip(process, "-n red -o link show up");
    !addresses.contains(ADDRESS) && !up.contains("vrrp.")
}

#[test]
fn a_router_that_is_killed_leaves_nothing_behind_in_its_network() {
    let vmac = instance("VI_1", 51, "192.0.2.100/24", "    nopreempt\n    use_vmac");
    let first = format!("net_namespace red\n{vmac}");
    let prepare = "mount -t tmpfs none /run && ip netns add red && ip -n red link set lo up";
    let Some(mut one) = Node::start_after(prepare, &first, &["--supervised"]) else {
        return;
    };
    one.until("it answers", |_| true);
    let two = one.beside(&vmac.replace("priority 150", "priority 100"));
    two.until("it answers", |_| true);
    // Whose link is ready first would else be the first, and stay.
    two.signal("-STOP");
    let far = two.pid();
    ip(
        one.pid(),
        &format!("link add cable type veth peer name eth1 netns {far}"),
    );
    ip(one.pid(), "link set cable netns red name eth1");
    ip(one.pid(), "-n red address add 192.0.2.1/24 dev eth1");
    ip(one.pid(), "-n red link set eth1 up");
    two.inside(&["ip", "address", "add", "192.0.2.2/24", "dev", "eth1"]);
    two.inside(&["ip", "link", "set", "eth1", "up"]);
    one.until_state("VI_1", "MASTER");
    two.signal("-CONT");
    settled(&one, &two);
    assert_eq!(one.status().daemon.net_namespace.as_deref(), Some("red"));
    assert!(!is_clean(one.pid()), "it works in red");

    kill_router(&one);
    two.until_state("VI_1", "MASTER");
    until("nothing is left in red", || is_clean(one.pid()));
    let status = one.until_state("VI_1", "BACKUP");
    assert_eq!(status.daemon.net_namespace.as_deref(), Some("red"));
    let log = one.log();
    assert!(log.contains("has taken over; the addresses are gone"), "{log}");

    // And it takes over in red again.
    two.signal("-STOP");
    one.until_state("VI_1", "MASTER");
    assert!(!is_clean(one.pid()));
    let keeper = keeper(&one);
    one.signal("-TERM");
    assert_eq!(one.wait(), 0, "{}", one.log());
    assert!(is_clean(keeper.0.id()), "{}", ip(keeper.0.id(), "-n red address"));
}
