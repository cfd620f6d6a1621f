//! `accept`, `no_accept` and `vrrp_strict`, from the file to the packet filter of the kernel.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod node;

use node::{Node, instance};
use vrrp_control::Accept;

fn config(global: &str, lines: &str) -> String {
    format!("global_defs {{\n{global}\n}}\n") + &instance("VI_1", 51, "192.0.2.100/24", lines)
}

/// Whether the address answers a connection to a port on which nobody listens: with a refusal, and not with silence.
fn answers(node: &Node) -> bool {
    let ask = "timeout 1 bash -c ': < /dev/tcp/192.0.2.100/9' 2> /dev/null; echo $?";
    match node.inside(&["bash", "-c", ask]).trim() {
        "1" => true,
        "124" => false,
        other => panic!("timeout or bash ended with {other}"),
    }
}

fn is_active_and(node: &Node, accept: Accept) {
    node.until(&format!("Active, and {accept}"), |status| {
        let one = &status.instances[0];
        one.keepalived_state.to_string() == "MASTER" && one.accept == Some(accept) && one.addresses[0].present
    });
    assert_eq!(answers(node), accept != Accept::Drops, "log:\n{}", node.log());
}

/// What the file says is what the kernel does, also after each reload; the address stays throughout.
#[test]
fn what_the_file_says_is_what_happens_to_packets() {
    let Some(mut node) = Node::start(&config("", "no_accept"), &[]) else {
        return;
    };
    is_active_and(&node, Accept::Drops);
    let since = node.instance("VI_1").since_unix_ms;
    for (global, lines, accept) in [
        ("", "accept", Accept::Serves),
        ("vrrp_strict", "", Accept::Drops),
        ("vrrp_strict", "accept", Accept::Serves),
        ("vrrp_strict", "strict_mode off", Accept::Serves),
        ("", "strict_mode", Accept::Drops),
    ] {
        let reload = node.reload(&config(global, lines));
        assert!(reload.applied, "{}", reload.message);
        is_active_and(&node, accept);
    }
    assert_eq!(
        node.instance("VI_1").since_unix_ms,
        since,
        "the role never changed"
    );
    // keepalived refuses such a reload; here the rest of it is carried out, and this is said.
    let reload = node.reload(&config("nftables edge", "no_accept"));
    assert!(reload.applied, "{}", reload.message);
    let end = std::time::Instant::now() + node::LIMIT;
    while !node.log().contains("nftables has changed") {
        assert!(std::time::Instant::now() < end, "{}", node.log());
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    is_active_and(&node, Accept::Drops);
    node.signal("-TERM");
    assert_eq!(node.wait(), 0);
}

/// keepalived #602: after a crash the address is not dead. The next start of a file that serves it finds nothing left.
#[test]
fn after_a_crash_nothing_is_dropped() {
    let Some(node) = Node::start(&config("", "no_accept"), &[]) else {
        return;
    };
    is_active_and(&node, Accept::Drops);
    let mut keeper = node.keeper();
    node.signal("-KILL");
    drop(node);
    let again = Node::again(&keeper, &config("", ""));
    is_active_and(&again, Accept::Serves);
    drop(again);
    let again = Node::again(&keeper, &config("", "no_accept"));
    is_active_and(&again, Accept::Drops);
    let _gone = keeper.kill();
    let _gone = keeper.wait();
}

/// An owner serves its addresses, whatever else is said.
#[test]
fn an_owner_serves() {
    let text = config("vrrp_strict", "no_accept").replace("priority 150", "priority 255");
    let Some(node) = Node::start(&text.replace("state BACKUP", "state MASTER"), &[]) else {
        return;
    };
    is_active_and(&node, Accept::Owner);
}
