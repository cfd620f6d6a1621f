//! A small laboratory: nodes in namespaces, wires between them and a switch, an ear on each wire.

mod ask;
mod capture;
#[cfg(feature = "accept")]
mod filter;
mod frame;
mod node;
mod program;
mod sys;

#[cfg(feature = "accept")]
pub(crate) use ask::echoes;
pub(crate) use ask::{ask_arp, icmpv6, solicit};
pub(crate) use capture::Capture;
#[cfg(feature = "accept")]
pub(crate) use filter::{flush_tables, foreign_table, tables};
pub(crate) use frame::{Advert, Frame};
pub(crate) use node::{Node, Running, block_on};
pub(crate) use program::{Program, example};
pub(crate) use sys::{route_multicast4, route_multicast6};

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
    // What a test puts into the folder for temporary files goes with it, also when it is killed.
    let temporary = tempfile::tempdir().unwrap();
    let output = Command::new("unshare")
        .args(flags)
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .env(INSIDE, name)
        .env("TMPDIR", temporary.path())
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

/// Runs `bridge` with these words in the caller's namespace.
pub(crate) fn bridge(words: &str) -> String {
    let output = Command::new("bridge")
        .args(words.split_whitespace())
        .output()
        .unwrap();
    assert!(output.status.success(), "bridge {words}");
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

/// What a positive control sends: it crosses wherever multicast crosses.
pub(crate) const CONTROL: &[u8] = b"a multicast that is forwarded";

/// Sends [`CONTROL`] again and again until it has crossed: the route is there, and the far ear hears.
pub(crate) fn wait_crossed(from: &Node, to: std::net::SocketAddr, far: &Capture) {
    let sender = from.run(move || {
        let socket =
            socket2::Socket::new(socket2::Domain::for_address(to), socket2::Type::DGRAM, None).unwrap();
        let index = nix::net::if_::if_nametoindex("eth1").unwrap();
        if to.is_ipv4() {
            socket.set_multicast_ttl_v4(8).unwrap();
            socket.set_multicast_if_v4(&"192.0.2.1".parse().unwrap()).unwrap();
        } else {
            socket.set_multicast_hops_v6(8).unwrap();
            socket.set_multicast_if_v6(index).unwrap();
        }
        socket
    });
    wait_for("the multicast that is forwarded", LIMIT, || {
        sender.send_to(CONTROL, &to.into()).unwrap();
        let crossed = |frame: &Frame| frame.octets.windows(CONTROL.len()).any(|part| part == CONTROL);
        far.frames().iter().any(crossed).then_some(())
    });
}

/// A switch without snooping, spanning tree or addresses.
pub(crate) fn switch() {
    ip("link add br0 type bridge mcast_snooping 0 stp_state 0");
    ip("link set br0 addrgenmode none");
    ip("link set br0 up");
}

/// How long to wait for anything before the test has failed.
pub(crate) const LIMIT: Duration = Duration::from_secs(20);
