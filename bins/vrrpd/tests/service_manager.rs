//! What a service manager is told: in order, in time, and by nobody but the loops that it is about.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod node;

use std::ffi::OsStr;
use std::io::ErrorKind;
use std::os::unix::net::UnixDatagram;
use std::time::{Duration, Instant};

use nix::sys::ptrace;
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;
use node::{Folder, LIMIT, Node, folder, instance};
use vrrp_control::Ask;

const ADDRESS: &str = "192.0.2.100/24";

/// Stands where systemd listens.
struct Manager {
    socket: UnixDatagram,
    folder: Folder,
}

impl Manager {
    fn listen() -> Self {
        let folder = folder();
        let socket = UnixDatagram::bind(folder.join("notify")).unwrap();
        Self { socket, folder }
    }

    fn start(&self, more: &[(&str, &OsStr)], config: &str) -> Option<Node> {
        let path = self.folder.join("notify");
        let mut environment = vec![("NOTIFY_SOCKET", path.as_os_str())];
        environment.extend(more);
        Node::start_in(&environment, config, &[])
    }

    /// The next datagram; `None` after `limit`.
    fn next(&self, limit: Duration) -> Option<String> {
        self.socket
            .set_read_timeout(Some(limit.max(Duration::from_millis(1))))
            .unwrap();
        let mut octets = [0; 4096];
        match self.socket.recv(&mut octets) {
            Ok(length) => Some(node::text(&octets[..length])),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => None,
            Err(error) => panic!("{error}"),
        }
    }

    /// The next datagram that is no mere line for people.
    fn next_word(&self) -> String {
        loop {
            let said = self.next(LIMIT).expect("something is said");
            if !said.starts_with("STATUS=") {
                return said;
            }
        }
    }

    fn until(&self, wanted: &str) {
        let end = Instant::now() + LIMIT;
        while Instant::now() < end {
            if self.next(LIMIT).as_deref() == Some(wanted) {
                return;
            }
        }
        panic!("never told {wanted}");
    }

    /// How many signs of life come within `time`.
    fn beats(&self, time: Duration) -> usize {
        let end = Instant::now() + time;
        let mut count = 0;
        while let Some(said) = self.next(end.saturating_duration_since(Instant::now())) {
            count += usize::from(said == "WATCHDOG=1\n");
            if Instant::now() >= end {
                break;
            }
        }
        count
    }

    /// What was said before now is forgotten.
    fn forget(&self) {
        while self.next(Duration::from_millis(1)).is_some() {}
    }
}

fn micros_now() -> i128 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    i128::from(now.tv_sec) * 1_000_000 + i128::from(now.tv_nsec) / 1000
}

#[test]
fn ready_reloading_ready_stopping_in_this_order_and_no_earlier() {
    let manager = Manager::listen();
    let config = instance("VI_1", 51, ADDRESS, "");
    let Some(mut node) = manager.start(&[], &config) else {
        return;
    };
    let first = manager.next(LIMIT).expect("it is told that it is ready");
    assert_eq!(first, "READY=1\nSTATUS=VI_1 INIT\n");
    // 0x70 is protocol 112: its socket is open, and whoever asks is answered.
    let raw = node.inside(&["cat", "/proc/net/raw"]);
    assert!(raw.contains(":0070 "), "{raw}");
    assert!(vrrp_control::ask(&node.socket(), Ask::Status).is_ok());
    manager.until("STATUS=VI_1 MASTER\n");

    let before = micros_now();
    node.signal("-HUP");
    let reloading = manager.next_word();
    let stamp = reloading
        .strip_prefix("RELOADING=1\nMONOTONIC_USEC=")
        .and_then(|rest| rest.trim_end().parse::<i128>().ok())
        .unwrap_or_else(|| panic!("{reloading}"));
    assert!((before..=micros_now()).contains(&stamp), "{before} {stamp}");
    assert_eq!(manager.next_word(), "READY=1\nSTATUS=VI_1 MASTER\n");

    // A reload that is refused is over as well.
    node.configure("vrrp_instance VI_1 {\n    virtual_router_id 300\n}\n");
    node.signal("-HUP");
    assert!(manager.next_word().starts_with("RELOADING=1\n"));
    assert!(manager.next_word().starts_with("READY=1\n"));

    node.signal("-TERM");
    assert_eq!(manager.next_word(), "STOPPING=1\nSTATUS=stopping: VI_1 MASTER\n");
    assert_eq!(manager.next_word(), "EXTEND_TIMEOUT_USEC=20000000\n");
    assert_eq!(node.wait(), 0);
    // Nobody said so afterwards, as a watchdog that nobody asked for would.
    let rest: Vec<String> = std::iter::from_fn(|| manager.next(Duration::from_millis(1))).collect();
    assert!(
        rest.iter().all(|said| said.starts_with("STATUS=stopping: ")),
        "{rest:?}"
    );
}

#[test]
fn a_stop_that_goes_on_says_so_until_its_scripts_are_through() {
    let manager = Manager::listen();
    let scripts = folder();
    let slow = node::script(&scripts, "slow", "sleep 7");
    let config = instance("VI_1", 51, ADDRESS, &format!("    notify_stop {slow}"));
    let Some(mut node) = manager.start(&[], &config) else {
        return;
    };
    manager.until("STATUS=VI_1 MASTER\n");
    node.signal("-TERM");
    assert!(manager.next_word().starts_with("STOPPING=1\n"));
    let began = Instant::now();
    assert_eq!(manager.next_word(), "EXTEND_TIMEOUT_USEC=20000000\n");
    assert_eq!(manager.next_word(), "EXTEND_TIMEOUT_USEC=20000000\n");
    assert!(began.elapsed() >= Duration::from_secs(4), "{:?}", began.elapsed());
    assert_eq!(node.wait(), 0);
}

#[test]
fn a_configuration_that_cannot_run_is_never_ready() {
    let manager = Manager::listen();
    let Some(mut node) = manager.start(&[], "vrrp_instance VI_1 {\n    virtual_router_id 300\n}\n") else {
        return;
    };
    assert_ne!(node.wait(), 0);
    assert_eq!(manager.next(Duration::from_millis(1)), None);
}

/// Holds one thread of the daemon until it is dropped; the others go on.
struct Held(Pid);

impl Held {
    fn thread(id: u32) -> Self {
        let id = Pid::from_raw(i32::try_from(id).unwrap());
        ptrace::seize(id, ptrace::Options::empty()).unwrap();
        ptrace::interrupt(id).unwrap();
        waitpid(id, Some(WaitPidFlag::__WALL)).unwrap();
        Self(id)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let _gone = ptrace::detach(self.0, None);
    }
}

fn thread_called(node: &Node, name: &str) -> u32 {
    let threads = std::fs::read_dir(format!("/proc/{}/task", node.pid())).unwrap();
    let mut ids = threads.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let id = ids.find(|id| {
        let said = std::fs::read_to_string(format!("/proc/{}/task/{id}/comm", node.pid()));
        said.is_ok_and(|said| said.trim() == name)
    });
    id.unwrap_or_else(|| panic!("no thread {name}")).parse().unwrap()
}

/// Three times in the time that the watchdog waits; and not by any other thread while one of the two loops stands still.
#[test]
fn the_watchdog_hears_the_loops_themselves() {
    let manager = Manager::listen();
    let micros = OsStr::new("600000");
    let config = instance("VI_1", 51, ADDRESS, "");
    let Some(node) = manager.start(&[("WATCHDOG_USEC", micros)], &config) else {
        return;
    };
    manager.until("STATUS=VI_1 MASTER\n");
    let beats = manager.beats(Duration::from_secs(2));
    assert!((6..=11).contains(&beats), "{beats} in 2 s");
    for id in [thread_called(&node, "router"), node.pid()] {
        let held = Held::thread(id);
        // One may be on its way.
        std::thread::sleep(Duration::from_millis(100));
        manager.forget();
        assert_eq!(
            manager.beats(Duration::from_millis(1200)),
            0,
            "thread {id} stands still"
        );
        drop(held);
        assert!(manager.beats(Duration::from_secs(2)) >= 5, "thread {id} goes on");
    }
    node.signal("-STOP");
    std::thread::sleep(Duration::from_millis(100));
    manager.forget();
    assert_eq!(manager.beats(Duration::from_millis(1200)), 0);
    node.signal("-CONT");
    assert!(manager.beats(Duration::from_secs(2)) >= 5);
}

/// `WATCHDOG_PID` names another process: it is that one which is watched.
#[test]
fn a_watchdog_of_another_process_is_not_fed() {
    let manager = Manager::listen();
    let watchdog = [
        ("WATCHDOG_USEC", OsStr::new("300000")),
        ("WATCHDOG_PID", OsStr::new("1")),
    ];
    let Some(_node) = manager.start(&watchdog, &instance("VI_1", 51, ADDRESS, "")) else {
        return;
    };
    manager.until("STATUS=VI_1 MASTER\n");
    assert_eq!(manager.beats(Duration::from_secs(1)), 0);
}
