//! `--supervised`: what the parent passes on, and what it does when its child dies.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod node;

use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use node::supervisor::{kill_router, router};
use node::{LIMIT, Node, file, folder, instance, refusal, vrrpd};

const ADDRESS: &str = "192.0.2.100/24";

fn supervised() -> Option<Node> {
    Node::start(&instance("VI_1", 51, ADDRESS, ""), &["--supervised"])
}

fn address_is_there(keeper: &std::process::Child) -> bool {
    node::inside_of(keeper, &["ip", "-o", "address", "show", "dev", "eth1"]).contains(ADDRESS)
}

#[test]
fn signals_and_the_exit_code_are_passed_on() {
    let Some(mut node) = supervised() else {
        return;
    };
    let status = node.until_state("VI_1", "MASTER");
    let child = router(&node, None);
    assert_eq!(Pid::from_raw(i32::try_from(status.daemon.pid).unwrap()), child);
    let capabilities = std::fs::read_to_string(format!("/proc/{}/status", node.pid())).unwrap();
    // CAP_NET_ADMIN is 12, CAP_NET_RAW 13.
    assert!(
        capabilities.contains("CapEff:\t0000000000003000\n"),
        "{capabilities}"
    );
    assert!(
        node.reload(&instance("VI_1", 51, ADDRESS, "    garp_master_refresh 60"))
            .applied
    );
    let mut keeper = node.keeper();
    node.signal("-TERM");
    assert_eq!(node.wait(), 0);
    assert!(!address_is_there(&keeper));
    keeper.kill().unwrap();
    keeper.wait().unwrap();

    let folder = folder();
    let mut command = vrrpd();
    command.args(["--supervised", "--no-control", "-f"]);
    command.arg(file(
        &folder,
        "vrrp_instance VI_1 {\n    virtual_router_id 300\n}\n",
    ));
    let (code, said) = refusal(command);
    assert!(code == 2 || code == 4, "{code}: {said}");
}

/// Whoever ends the child in order ends both.
#[test]
fn sigterm_to_the_child_alone_is_a_planned_stop() {
    let Some(mut node) = supervised() else {
        return;
    };
    node.until_state("VI_1", "MASTER");
    let mut keeper = node.keeper();
    kill(router(&node, None), Signal::SIGTERM).unwrap();
    assert_eq!(node.wait(), 0, "{}", node.log());
    assert!(!node.log().contains("has died"), "{}", node.log());
    assert!(!address_is_there(&keeper));
    keeper.kill().unwrap();
    keeper.wait().unwrap();
}

/// Ctrl-C, `killall vrrpd`, `KillMode=control-group`: the child hears of it twice, and it is one request.
#[test]
fn a_signal_to_both_processes_is_one_request() {
    // Held for long enough to hear of it twice.
    let config = instance("VI_1", 51, ADDRESS, "").replace("advert_int 0.1", "advert_int 0.5");
    let Some(mut node) = Node::start(&config, &["--supervised"]) else {
        return;
    };
    node.until_state("VI_1", "MASTER");
    let child = router(&node, None);
    kill(child, Signal::SIGTERM).unwrap();
    node::steering::until_log(&node, "SIGTERM: stopping;");
    node.signal("-TERM");
    assert_eq!(node.wait(), 0, "{}", node.log());
    let log = node.log();
    assert!(!log.contains("again: stopping at once"), "{log}");
    assert!(
        log.contains("nobody took over in time; the addresses are given up"),
        "{log}"
    );
}

/// As root under `NoNewPrivileges=yes` a program gains nothing by `exec`: the child has what its supervisor was given.
#[test]
fn without_new_privileges_the_child_keeps_those_that_there_were() {
    if !node::is_root() {
        eprintln!("SKIPPED: only root has them by being root");
        return;
    }
    let config = instance("VI_1", 51, ADDRESS, "");
    let prepare = "exec setpriv --no-new-privs \"$0\" \"$@\"";
    let Some(node) = Node::start_after(prepare, &config, &["--supervised"]) else {
        return;
    };
    node.until_state("VI_1", "MASTER");
    let status = |pid: i32| std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let parent = status(i32::try_from(node.pid()).unwrap());
    assert!(parent.contains("NoNewPrivs:\t1"), "{parent}");
    assert!(parent.contains("CapEff:\t0000000000003000\n"), "{parent}");
    let child = status(router(&node, None).as_raw());
    // CAP_SETUID is 7: scripts run as other users.
    let effective = child
        .lines()
        .find_map(|line| line.strip_prefix("CapEff:\t"))
        .unwrap();
    let effective = u64::from_str_radix(effective, 16).unwrap();
    assert!(effective & (1 << 7) != 0, "{child}");
}

/// The first time what nobody takes over stays, without a gap; then it goes with the process, and in the end so does the
/// supervisor.
#[test]
fn a_router_that_dies_again_and_again_is_given_up_without_an_address() {
    let Some(mut node) = supervised() else {
        return;
    };
    node.until_state("VI_1", "MASTER");
    let mut keeper = node.keeper();
    let mut child = router(&node, None);
    kill(child, Signal::SIGKILL).unwrap();
    let next = router(&node, Some(child));
    child = next;
    let status = node.until_state("VI_1", "MASTER");
    assert_eq!(
        status.instances[0].why,
        "nobody took over while the addresses were held"
    );
    for _ in 0..3 {
        kill(child, Signal::SIGKILL).unwrap();
        child = router(&node, Some(child));
    }
    kill(child, Signal::SIGKILL).unwrap();
    assert_eq!(node.wait(), 7, "{}", node.log());
    assert!(!address_is_there(&keeper));
    keeper.kill().unwrap();
    keeper.wait().unwrap();
}

/// systemd's watchdog: the hanging process is killed, its addresses go, and the unit is started anew by whoever asked.
#[test]
fn a_router_that_hangs_is_killed_when_the_watchdog_says_so() {
    let Some(mut node) = supervised() else {
        return;
    };
    node.until_state("VI_1", "MASTER");
    let mut keeper = node.keeper();
    kill(router(&node, None), Signal::SIGSTOP).unwrap();
    node.signal("-ABRT");
    assert_eq!(node.wait(), 1, "{}", node.log());
    assert!(!address_is_there(&keeper), "{}", node.log());
    keeper.kill().unwrap();
    keeper.wait().unwrap();
}

#[test]
fn a_router_outlives_its_supervisor_and_says_so() {
    let Some(node) = supervised() else {
        return;
    };
    node.until_state("VI_1", "MASTER");
    let keeper_of_the_network = node.keeper();
    let child = router(&node, None);
    node.signal("-KILL");
    let status = node.until("it says so", |status| {
        status
            .daemon
            .warnings
            .iter()
            .any(|warning| warning.contains("the supervisor has died"))
    });
    assert_eq!(Pid::from_raw(i32::try_from(status.daemon.pid).unwrap()), child);
    assert!(address_is_there(&keeper_of_the_network));
    // It is nobody's child by now.
    kill(child, Signal::SIGTERM).unwrap();
    let end = Instant::now() + LIMIT;
    while kill(child, None).is_ok() && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(!address_is_there(&keeper_of_the_network));
    let mut keeper = keeper_of_the_network;
    keeper.kill().unwrap();
    keeper.wait().unwrap();
}

/// A file that was spoilt while the router ran, and then it dies: what was in force goes on, until the file is right again.
#[test]
fn a_file_that_was_spoilt_takes_no_address_away() {
    let Some(node) = supervised() else {
        return;
    };
    node.until_state("VI_1", "MASTER");
    let file = node.folder.join("vrrpd.conf");
    let other = |priority: u8| {
        let text = instance("VI_1", 51, ADDRESS, "");
        text.replace("priority 150", &format!("priority {priority}"))
    };
    assert!(node.reload(&other(140)).applied);
    let goes_on = |spoil: &dyn Fn()| {
        spoil();
        kill_router(&node);
        let status = node.until_state("VI_1", "MASTER");
        let said = "and is not taken over: ";
        let warnings = &status.daemon.warnings;
        assert!(warnings.iter().any(|text| text.contains(said)), "{warnings:?}");
        assert_eq!(status.instances[0].priority.base, 140, "{}", node.log());
    };
    goes_on(&|| std::fs::write(&file, "vrrp_instance {\n").unwrap());
    // The first death: without a gap.
    assert!(!node.log().contains("addresses are gone"), "{}", node.log());
    goes_on(&|| std::fs::remove_file(&file).unwrap());
    std::fs::write(&file, other(130)).unwrap();
    kill_router(&node);
    let status = node.until_state("VI_1", "MASTER");
    assert_eq!(status.instances[0].priority.base, 130, "{}", node.log());
    assert!(status.daemon.warnings.is_empty(), "{:?}", status.daemon.warnings);
}

/// Something else keeps the next process from starting: nobody is left in doubt.
#[test]
fn a_next_process_that_cannot_start_leaves_no_address_and_says_so() {
    let Some(mut node) = supervised() else {
        return;
    };
    node.until_state("VI_1", "MASTER");
    let mut keeper = node.keeper();
    let socket = node.folder.join("control.sock");
    std::fs::remove_file(&socket).unwrap();
    std::fs::create_dir(&socket).unwrap();
    kill(router(&node, None), Signal::SIGKILL).unwrap();
    let code = node.wait();
    let log = node.log();
    assert_ne!(code, 0, "{log}");
    assert!(
        log.contains("no address of the one before is left on this node"),
        "{log}"
    );
    assert!(!address_is_there(&keeper), "{log}");
    keeper.kill().unwrap();
    keeper.wait().unwrap();
}
