//! Checks that cannot be run as they are written: a fault with a reason, never a check that vanishes, unless the file asks for
//! that.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod node;

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use node::{Node, folder, instance, is_root, script};
use vrrp_control::Health;

/// What cannot be asked is no check that is left out: what tracks it does not run, and the reason says where.
#[test]
fn a_name_where_an_address_must_stand_bars_the_instance() {
    let check = "vrrp_check web {\n    TCP_CHECK {\n        connect_ip no-such-host.invalid\n        connect_port 80\n    }\n}\n";
    let tracked = instance(
        "VI_2",
        52,
        "192.0.2.101/24",
        "    track_script {\n        web\n    }\n",
    );
    let file = format!("{check}{tracked}{}", instance("VI_1", 51, "192.0.2.100/24", ""));
    let Some(node) = Node::start(&file, &[]) else {
        return;
    };
    let status = node.until_state("VI_1", "MASTER");
    let missing = &status.daemon.not_started;
    assert!(
        missing.len() == 1 && missing[0].name == "VI_2" && missing[0].place.ends_with("vrrpd.conf:1"),
        "{missing:?}"
    );
    assert!(missing[0].reason.contains("vrrp_check web"), "{missing:?}");
}

fn gated(path: &Path, global: &str) -> String {
    format!(
        "global_defs {{\n    enable_script_security\n    script_user root\n    {global}\n}}\nvrrp_script chk {{\n    script \"{}\"\n    interval 0.2\n}}\n{}",
        path.display(),
        instance(
            "VI_1",
            51,
            "192.0.2.100/24",
            "    track_script {\n        chk\n    }\n"
        )
    )
}

/// A script that all may change: a fault with the exact file or folder. With `drop_unusable_scripts`, as with keepalived
/// 2.2.7, the instance runs without it, which is told.
#[test]
fn an_insecure_script_is_a_fault_unless_the_file_says_to_drop_it() {
    if !is_root() {
        eprintln!("SKIP an_insecure_script: only what root runs has to be safe");
        return;
    }
    let place = folder();
    let open = script(&place, "open.sh", "exit 0");
    std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o777)).unwrap();
    let Some(node) = Node::start(&gated(Path::new(&open), ""), &[]) else {
        return;
    };
    let status = node.until_state("VI_1", "FAULT");
    let check = &status.checks[0];
    let reason = &check.last.as_ref().unwrap().result;
    assert!(
        reason.contains("not safe to run as root") && reason.contains("may be written by"),
        "{reason}"
    );
    assert_eq!(check.health, Health::Down);

    // A reload does not take a running instance's gate away unasked, and does when asked.
    let reload = node.reload(&gated(Path::new(&open), "drop_unusable_scripts"));
    assert!(reload.applied, "{}", reload.message);
    let status = node.until_state("VI_1", "MASTER");
    assert!(status.checks.is_empty(), "{:?}", status.checks);
    let told = status.daemon.warnings.iter();
    let told: Vec<_> = told.filter(|line| line.contains("WITHOUT this check")).collect();
    assert!(
        told.len() == 1 && told[0].contains("vrrp_script chk cannot be run"),
        "{told:?}"
    );
    assert!(node.log().contains("WITHOUT this check"), "{}", node.log());
}
