//! A small laboratory: nodes in namespaces, wires between them and a switch, an ear on each wire.

mod capture;
mod frame;
mod node;
mod program;

pub(crate) use capture::Capture;
pub(crate) use frame::{Advert, Frame};
pub(crate) use node::{Node, Running, block_on};
pub(crate) use program::{Program, example};

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const INSIDE: &str = "VRRP_NET_TEST_INSIDE";

/// Runs `test` in new network and mount namespaces, or says why it cannot.
///
/// `name`: of the calling test, as the harness knows it.
pub(crate) fn isolated(name: &str, test: impl FnOnce()) {
    if std::env::var(INSIDE).as_deref() == Ok(name) {
        ip("link set lo up");
        test();
        return;
    }
    let Some(flags) = unshare_flags() else {
        println!(
            "SKIP {name}: network namespaces are refused here (as an ordinary user: sysctl kernel.unprivileged_userns_clone, \
            user.max_user_namespaces, kernel.apparmor_restrict_unprivileged_userns)"
        );
        return;
    };
    let output = Command::new("unshare")
        .args(flags)
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .env(INSIDE, name)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    print!("{}", String::from_utf8_lossy(&output.stdout));
    eprint!("{}", String::from_utf8_lossy(&output.stderr));
    let ran = String::from_utf8_lossy(&output.stdout).contains("1 passed");
    assert!(output.status.success() && ran, "{name} failed in its namespace");
}

fn unshare_flags() -> Option<&'static [&'static str]> {
    let works = |flags: &[&str]| {
        let status = Command::new("unshare")
            .args(flags)
            .arg("true")
            .stderr(Stdio::null())
            .status();
        status.is_ok_and(|status| status.success())
    };
    let candidates: [&'static [&'static str]; 2] = [&["-n", "-m"], &["-U", "-r", "-n", "-m"]];
    candidates.into_iter().find(|flags| works(flags))
}

/// Runs `ip` with these words in the caller's namespace.
pub(crate) fn ip(words: &str) -> String {
    let output = Command::new("ip")
        .args(words.split_whitespace())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "ip {words}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// As [`ip`], where failing is allowed.
pub(crate) fn try_ip(words: &str) -> bool {
    let status = Command::new("ip")
        .args(words.split_whitespace())
        .stderr(Stdio::null())
        .status();
    status.is_ok_and(|status| status.success())
}

/// Asks until `found` gives something; panics after `limit`.
pub(crate) fn wait_for<T>(what: &str, limit: Duration, mut found: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + limit;
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(Instant::now() < end, "waited {limit:?} in vain for {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// A switch without snooping, spanning tree or addresses.
pub(crate) fn switch() {
    ip("link add br0 type bridge mcast_snooping 0 stp_state 0");
    ip("link set br0 addrgenmode none");
    ip("link set br0 up");
}

/// How long to wait for anything before the test has failed.
pub(crate) const LIMIT: Duration = Duration::from_secs(20);
