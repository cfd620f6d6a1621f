//! Virtual servers end to end: directors, real servers with nginx and a client, under a kernel with IPVS.
//!
//! Such a kernel is this machine's, or that of the command that `VRRP_IPVS_RUNNER` names, which runs another as root under a
//! kernel with `ip_vs` (a virtual machine's, whose root is this one's). Elsewhere it is skipped. It is one test, because a
//! virtual machine takes its time to start; `VRRP_LAB_CASES` names the cases that are wanted, by a part of their names.
//!
//! What is measured is printed as a table, keepalived beside us.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test says by a panic what is wrong"
)]

mod forwarding;
mod health;
mod operator;
mod pair;
mod quorum;
mod reload;
mod report;
mod schedulers;
mod sql;
mod survival;
mod suspended;
mod tutorials;

use std::process::Command;

use report::Report;
use vrrp_lab::daemon::Daemon;
use vrrp_lab::program::{find, find_own};
use vrrp_lab::skip::skip;
use vrrp_lab::virtual_servers::Site;
use vrrp_lab::{LabError, private};

const NAME: &str = "virtual_servers_end_to_end";

/// What is done with each daemon, one after the other at the same place.
type Case = fn(&mut Site, Daemon, &mut Report) -> Result<(), LabError>;

const CASES: &[(&str, Case)] = &[
    ("forwarding", forwarding::each_way),
    ("schedulers", schedulers::each),
    ("health", health::each_misfortune),
    ("sorry", health::all_dead_and_one_back),
    ("quorum", quorum::lost_and_gained),
    ("operator", operator::drains),
    ("survival", survival::killed_and_started_again),
    ("pair", pair::power_cut),
    ("control of pair", pair::power_cut_without_sync),
    ("suspended", suspended::rests_while_the_address_is_elsewhere),
    ("reload", reload::many_real_servers),
    ("tutorial lvs-director", tutorials::lvs_director),
    ("tutorial ldirectord", tutorials::ldirectord),
    ("sql", sql::a_row_decides),
];

/// Who is asked.
const DAEMONS: &[Daemon] = &[Daemon::Vrrpd, Daemon::Keepalived];

#[test]
fn virtual_servers_end_to_end() {
    for program in [
        Daemon::Vrrpd.program(),
        find_own("vrrpctl", "VRRPCTL_BIN"),
        find("nginx"),
        find("ipvsadm"),
    ] {
        if let Err(missing) = program {
            return skip(NAME, &missing.to_string());
        }
    }
    if has_ipvs() {
        return private::test(NAME, every_case);
    }
    let runner = std::env::var("VRRP_IPVS_RUNNER").unwrap_or_default();
    let runner: Vec<&str> = runner.split_whitespace().collect();
    match runner.split_first() {
        Some((program, words)) => under(program, words),
        None => skip(
            NAME,
            "this kernel has no ip_vs, and VRRP_IPVS_RUNNER names no command that has one",
        ),
    }
}

/// In a network of its own: whoever may not make one has no use for it.
fn has_ipvs() -> bool {
    std::env::var_os("VRRP_LAB_INSIDE").is_some()
        || ["-n", "-Urn"].iter().any(|network| {
            let asked = Command::new("unshare")
                .args([*network, "ipvsadm", "-ln"])
                .output();
            asked.is_ok_and(|output| output.status.success())
        })
}

/// This test under the runner, which hands on no variables: they go by `env`.
fn under(program: &str, words: &[&str]) {
    let own = std::env::current_exe().unwrap();
    let mut command = Command::new(program);
    command.args(words).arg("env");
    for name in ["PATH", "VRRPD_BIN", "VRRPCTL_BIN", "VRRP_LAB_CASES", reload::MANY] {
        if let Ok(value) = std::env::var(name) {
            command.arg(format!("{name}={value}"));
        }
    }
    let _alone = private::turn(false);
    let output = command
        .arg(own)
        .args(["--exact", NAME, "--nocapture", "--test-threads=1"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    println!("{said}");
    assert!(
        output.status.success(),
        "{}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    // A runner that runs nothing, or a kernel that has none either, has tested nothing.
    assert!(said.contains(report::HEAD), "the cases did not run");
}

fn every_case() -> Result<(), LabError> {
    let wanted = std::env::var("VRRP_LAB_CASES").unwrap_or_default();
    let wanted: Vec<&str> = wanted.split(',').filter(|part| !part.is_empty()).collect();
    let mut site = Site::new()?;
    let mut report = Report::default();
    for (name, case) in CASES {
        if !wanted.is_empty() && !wanted.iter().any(|part| name.contains(part)) {
            continue;
        }
        for daemon in DAEMONS {
            if *daemon == Daemon::Keepalived && daemon.program().is_err() {
                continue;
            }
            let outcome = site.reset().and_then(|()| case(&mut site, *daemon, &mut report));
            report.end(name, *daemon, outcome);
        }
    }
    println!("{}", report.table());
    report.verdict()
}
