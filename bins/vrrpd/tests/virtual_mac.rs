//! The daemon with `use_vmac`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod node;

use node::{Node, instance};
use vrrp_control::VirtualMac;

const MAC: &str = "00:00:5e:00:01:33";

fn config(words: &str) -> String {
    instance("VI_1", 51, "192.0.2.100/24", words)
}

fn link(node: &Node) -> String {
    node.inside(&["ip", "-o", "link"])
}

fn shown(device: &str, mac: &str) -> Option<VirtualMac> {
    Some(VirtualMac {
        device: device.to_owned(),
        mac: mac.to_owned(),
        up: true,
        problem: None,
    })
}

/// From the file to the kernel and to the status; asked for and not by a reload; nothing left at the end.
#[test]
fn use_vmac_from_the_file_to_the_kernel() {
    let Some(mut node) = Node::start(&config("    use_vmac\n"), &[]) else {
        return;
    };
    let status = node.until_state("VI_1", "MASTER");
    // Not earlier: the daemon is in its namespace only by now.
    let mut keeper = node.keeper();
    assert_eq!(
        status.instances[0].virtual_mac,
        shown("vrrp.51", MAC),
        "{}",
        node.log()
    );
    assert!(link(&node).contains(MAC));
    let addresses = node.inside(&["ip", "-o", "address", "show", "dev", "vrrp.51"]);
    assert!(addresses.contains("192.0.2.100/24"), "{addresses}");

    let steps = [
        (
            "    use_vmac own 02:00:00:00:0a\n",
            shown("own", "02:00:00:00:0a:33"),
        ),
        ("", None),
        ("    use_vmac\n", shown("vrrp.51", MAC)),
    ];
    for (words, wanted) in steps {
        assert!(node.reload(&config(words)).applied, "{}", node.log());
        let status = node.until("the device", |status| status.instances[0].virtual_mac == wanted);
        assert_eq!(
            status.instances[0].counters["master-transitions"],
            1,
            "{}",
            node.log()
        );
        for device in ["vrrp.51", "own"] {
            let there = link(&node).contains(&format!(" {device}@eth1"));
            assert_eq!(
                there,
                wanted.as_ref().is_some_and(|own| own.device == device),
                "{device}"
            );
        }
    }
    node.signal("-TERM");
    assert_eq!(node.wait(), 0, "{}", node.log());
    let left = node::inside_of(&keeper, &["ip", "-o", "link"]);
    assert!(!left.contains("vrrp") && left.contains("eth1"), "{left}");
    keeper.kill().unwrap();
    keeper.wait().unwrap();
}

/// A device of somebody else: the reason and what to do stand in the status.
#[test]
fn a_device_of_somebody_else_is_told() {
    let Some(node) = Node::start(&config(""), &[]) else {
        return;
    };
    node.until_state("VI_1", "MASTER");
    node.inside(&[
        "ip", "link", "add", "other", "type", "veth", "peer", "name", "vrrp.51",
    ]);
    assert!(node.reload(&config("    use_vmac\n")).applied);
    let status = node.until_state("VI_1", "FAULT");
    let barred = status.instances[0].barred.clone().unwrap();
    assert!(barred.contains("`ip link delete vrrp.51`"), "{barred}");
    node.inside(&["ip", "link", "delete", "vrrp.51"]);
    node.until_state("VI_1", "MASTER");
}
