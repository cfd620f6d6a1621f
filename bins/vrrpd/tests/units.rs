//! The units of `packaging/`, as systemd reads them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

const VRRPD: &str = include_str!("../../../packaging/vrrpd.service");
const SUPERVISED: &str = include_str!("../../../packaging/supervised.conf");
const KEEPALIVED: &str = include_str!("../../../packaging/keepalived.service");

/// A root in which the units stand with what they name.
fn root() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    let units = root.path().join("usr/lib/systemd/system");
    for folder in ["usr/sbin", "bin", "etc", "usr/lib/systemd/system"] {
        std::fs::create_dir_all(root.path().join(folder)).unwrap();
    }
    for program in ["usr/sbin/vrrpd", "usr/sbin/keepalived", "bin/kill"] {
        let path = root.path().join(program);
        std::fs::write(&path, "#!/bin/sh\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    for target in ["sysinit", "basic", "network-online", "multi-user", "shutdown"] {
        std::fs::write(
            units.join(format!("{target}.target")),
            "[Unit]\nDescription=there\n",
        )
        .unwrap();
    }
    std::fs::write(units.join("vrrpd.service"), VRRPD).unwrap();
    std::fs::write(units.join("keepalived.service"), KEEPALIVED).unwrap();
    root
}

fn analyze(root: &Path, words: &[&str]) -> Option<Output> {
    let mut command = Command::new("systemd-analyze");
    command.arg(format!("--root={}", root.display())).args(words);
    let Ok(output) = command.output() else {
        eprintln!("SKIP units_as_systemd_reads_them: systemd-analyze (Debian package systemd) is absent");
        return None;
    };
    Some(output)
}

/// It ends with 0 for a word that it does not know, and says so.
#[test]
fn systemd_has_nothing_to_say_about_the_units() {
    let root = root();
    for unit in ["vrrpd", "keepalived"] {
        let beside = root.path().join(format!("etc/systemd/system/{unit}.service.d"));
        std::fs::create_dir_all(&beside).unwrap();
        std::fs::write(beside.join("supervised.conf"), SUPERVISED).unwrap();
    }
    let Some(output) = analyze(
        root.path(),
        &["--man=no", "verify", "vrrpd.service", "keepalived.service"],
    ) else {
        return;
    };
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && said.is_empty(), "{said}");
}

/// 3.0 with systemd 252; what is left open, scripts and routers need.
#[test]
fn the_unit_of_an_ordinary_user_is_closed() {
    let root = root();
    let words = [
        "security",
        "--offline=yes",
        "--threshold=34",
        "--no-pager",
        "vrrpd.service",
    ];
    let Some(output) = analyze(root.path(), &words) else {
        return;
    };
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{said}");
}

fn value<'a>(unit: &'a str, word: &str) -> Vec<&'a str> {
    let of = |line: &'a str| line.strip_prefix(word)?.strip_prefix('=');
    unit.lines().filter_map(of).collect()
}

/// What both promise must not drift apart: two daemons never run at once, and a stop has the time that it takes.
#[test]
fn the_two_units_agree_where_they_have_to() {
    for word in [
        "Type",
        "NotifyAccess",
        "WatchdogSec",
        "Restart",
        "TimeoutStopSec",
        "KillMode",
        "RuntimeDirectory",
        "RuntimeDirectoryPreserve",
        "StateDirectory",
        "WantedBy",
        "ExecReload",
    ] {
        assert_eq!(value(VRRPD, word), value(KEEPALIVED, word), "{word}");
        assert_eq!(value(VRRPD, word).len(), 1, "{word}");
    }
    // docs/crash.md.
    assert_eq!(value(SUPERVISED, "NotifyAccess"), value(VRRPD, "NotifyAccess"));
    assert_eq!(value(SUPERVISED, "OOMPolicy"), ["continue"]);
    assert_eq!(value(SUPERVISED, "KillMode"), ["control-group"]);
    assert_eq!(value(VRRPD, "Conflicts"), ["keepalived.service"]);
    assert_eq!(value(KEEPALIVED, "Conflicts"), ["vrrpd.service"]);
    // docs/notify.md: 82 s with the usual limits.
    let stop: u32 = value(VRRPD, "TimeoutStopSec")[0].parse().unwrap();
    assert!(stop >= 82);
}
