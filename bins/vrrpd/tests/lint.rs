//! What the lint finds is said by the test, at the start and at a reload, and changes nothing.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod node;

use node::{Node, file, folder, instance, refusal, vrrpd};

const ADDRESS: &str = "192.0.2.100/24";

/// A script that nobody tracks.
fn unused(name: &str) -> String {
    format!("vrrp_script {name} {{\n    script \"/bin/true\"\n}}\n")
}

#[test]
fn a_trap_is_told_with_place_and_cure_and_changes_no_exit_code() {
    let config = instance("VI_1", 51, ADDRESS, "").replace("eth1", "lo");
    for (config, traps) in [(config.clone(), 0), (config + &unused("lost"), 1)] {
        let place = folder();
        let mut command = vrrpd();
        command.arg("-t").arg("-f").arg(file(&place, &config));
        let (code, said) = refusal(command);
        assert_eq!(code, 0, "{said}");
        assert_eq!(said.matches("[unused-script]").count(), traps, "{said}");
        assert_eq!(
            said.lines()
                .any(|line| line.contains("test.conf:13:") && line.contains("track_script")),
            traps > 0,
            "the place and the cure: {said}"
        );
    }
}

#[test]
fn a_running_daemon_tells_each_trap_once() {
    let config = instance("VI_1", 51, ADDRESS, "") + &unused("lost");
    let Some(node) = Node::start(&config, &[]) else {
        return;
    };
    node.until_state("VI_1", "MASTER");
    let count = |name: &str| {
        let log = node.log();
        let lines = log.lines().filter(|line| line.contains("unused-script"));
        lines.filter(|line| line.contains(name)).count()
    };
    assert_eq!(count("lost"), 1, "{}", node.log());
    // Elsewhere in the file it is the same.
    let reload = node.reload(&format!("# a line more\n{config}"));
    assert!(reload.applied, "{reload:?}");
    let reload = node.reload(&format!("{config}{}", unused("other")));
    assert!(reload.applied, "a trap bars no reload: {reload:?}");
    assert_eq!((count("lost"), count("other")), (1, 1), "{}", node.log());
    let warnings = node.status().daemon.warnings;
    for name in ["lost", "other"] {
        let told = warnings
            .iter()
            .filter(|text| text.contains("unused-script") && text.contains(name));
        assert_eq!(told.count(), 1, "{warnings:?}");
    }
}
