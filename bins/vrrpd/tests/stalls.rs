//! A log, a journal or a disk that takes nothing any more: the wire does not show it, what is lost is counted, and all goes on
//! when there is room again.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod node;

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::net::{IpAddr, Ipv4Addr};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use node::steering::{priority, until_log};
use node::wire::Wire;
use node::{LIMIT, Node, folder, instance};
use vrrp_control::{Shift, Status};

const ADDRESS: &str = "192.0.2.100/24";
const OWN: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
/// Nobody else hears anything for so long before it takes over: three intervals of `instance`, and the skew.
const TAKEN_OVER_AFTER: Duration = Duration::from_millis(300);

/// Much is logged, until `so`; the wire shows nothing of it.
fn stalled(node: &Node, wire: &Wire, what: &str, so: impl Fn(&Status) -> bool) {
    node.until_state("VI_1", "MASTER");
    let _before = wire.adverts();
    let began = Instant::now();
    let mut status = node.status();
    let mut step = 0;
    while !so(&status) || began.elapsed() < Duration::from_secs(1) {
        assert!(began.elapsed() < LIMIT, "never: {what}: {status:#?}");
        step ^= 1;
        // A priority that moves is told to everything that writes.
        let _moved = node.ask(priority("VI_1", Shift::To(150 + step), None));
        status = node.status();
    }
    let adverts = wire.adverts();
    let seconds = began.elapsed().as_secs_f64();
    let (longest, count) = Wire::longest_pause(&adverts, OWN);
    assert!(longest < TAKEN_OVER_AFTER, "{what}: {longest:?} of silence");
    assert!(
        count as f64 > seconds * 8.0,
        "{what}: {count} advertisements in {seconds} s"
    );
}

/// What is read once the reader wakes, line by line.
fn lines_of(fifo: &Path) -> Receiver<String> {
    let (tell, lines) = channel();
    let file = std::fs::File::open(fifo).unwrap();
    std::thread::spawn(move || {
        for line in BufReader::new(file).lines().map_while(Result::ok) {
            if tell.send(line).is_err() {
                return;
            }
        }
    });
    lines
}

fn until_line(lines: &Receiver<String>, part: &str) -> String {
    let end = Instant::now() + LIMIT;
    loop {
        let left = end.saturating_duration_since(Instant::now());
        let line = lines
            .recv_timeout(left)
            .unwrap_or_else(|_| panic!("never {part:?}"));
        if line.contains(part) {
            return line;
        }
    }
}

#[test]
fn a_pipe_that_nobody_reads_costs_lines_and_no_advertisement() {
    let folder = folder();
    let fifo = folder.join("fifo");
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).unwrap();
    // There is a reader, who does not read.
    let held = std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(&fifo)
        .unwrap();
    let prepare = format!("exec 2>{}", fifo.display());
    let config = instance("VI_1", 51, ADDRESS, "");
    let Some(node) = Node::start_after(&prepare, &config, &["--log-level", "trace"]) else {
        return;
    };
    let Some(wire) = Wire::of(&node) else { return };
    stalled(&node, &wire, "log lines are dropped", |status| {
        status.daemon.log_lines_dropped > 0
    });
    let lines = lines_of(&fifo);
    until_line(&lines, "lines of the log were dropped: its reader is too slow");
    assert!(node.reload(&config).applied);
    until_line(&lines, "reloaded: ");
    drop(held);
}

/// Stands where journald listens.
struct Journal {
    socket: UnixDatagram,
    prepare: String,
    _folder: node::Folder,
}

impl Journal {
    fn listen() -> Self {
        let folder = folder();
        let socket = UnixDatagram::bind(folder.join("socket")).unwrap();
        socket.set_read_timeout(Some(LIMIT)).unwrap();
        let prepare = format!(
            "mount -t tmpfs none /run && mkdir -p /run/systemd/journal && mount --bind {} /run/systemd/journal && \
             export JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2)",
            folder.display()
        );
        Self {
            socket,
            prepare,
            _folder: folder,
        }
    }

    /// The next line, with its fields.
    fn next(&self) -> BTreeMap<String, String> {
        let mut octets = vec![0; 1 << 18];
        let length = self.socket.recv(&mut octets).expect("a line");
        let mut rest = &octets[..length];
        let mut fields = BTreeMap::new();
        while let Some(end) = rest.iter().position(|octet| *octet == b'\n') {
            let name = node::text(&rest[..end]);
            let value = usize::from(u16::from_le_bytes([rest[end + 1], rest[end + 2]]));
            let from = end + 9;
            fields.insert(name, node::text(&rest[from..from + value]));
            rest = &rest[from + value + 1..];
        }
        fields
    }

    fn until(&self, what: &str, so: impl Fn(&BTreeMap<String, String>) -> bool) -> BTreeMap<String, String> {
        let end = Instant::now() + LIMIT;
        while Instant::now() < end {
            let line = self.next();
            if so(&line) {
                return line;
            }
        }
        panic!("never: {what}");
    }
}

fn says(line: &BTreeMap<String, String>, part: &str) -> bool {
    line.get("MESSAGE").is_some_and(|text| text.contains(part))
}

#[test]
fn a_journal_that_does_not_read_costs_lines_and_no_advertisement() {
    let journal = Journal::listen();
    let config = instance("VI_1", 51, ADDRESS, "");
    let Some(node) = Node::start_after(&journal.prepare, &config, &["--log-level", "trace"]) else {
        return;
    };
    let Some(wire) = Wire::of(&node) else { return };
    stalled(&node, &wire, "log lines are dropped", |status| {
        status.daemon.log_lines_dropped > 0
    });
    journal.until("it says what is missing", |line| {
        says(line, "lines of the log were dropped: its reader is too slow")
    });
    assert!(node.reload(&config).applied);
    let reloaded = journal.until("lines after it", |line| says(line, "reloaded: "));
    assert_eq!(reloaded["VRRP_EVENT"], "reload");
}

/// docs/service.md: instance, state, kind and code stand in fields of their own.
#[test]
fn the_journal_has_instance_state_event_and_code_in_fields() {
    let journal = Journal::listen();
    let config = instance("VI_1", 51, ADDRESS, "");
    let Some(node) = Node::start_after(&journal.prepare, &config, &[]) else {
        return;
    };
    let master = journal.until("MASTER", |line| {
        line.get("VRRP_STATE").is_some_and(|state| state == "MASTER")
    });
    let fields = [
        ("VRRP_INSTANCE", "VI_1"),
        ("VRRP_EVENT", "transition"),
        ("VRRP_CODE", "no-response"),
        ("SYSLOG_IDENTIFIER", "vrrpd"),
        ("PRIORITY", "6"),
    ];
    for (name, value) in fields {
        assert_eq!(master.get(name).map(String::as_str), Some(value), "{master:?}");
    }
    node.inside(&["ip", "link", "set", "eth1", "down"]);
    let fault = journal.until("FAULT", |line| {
        line.get("VRRP_STATE").is_some_and(|state| state == "FAULT")
    });
    assert_eq!(
        (fault["VRRP_CODE"].as_str(), fault["PRIORITY"].as_str()),
        ("barred-link-down", "4")
    );
}

/// A recording, the events and a log on a file system of 256 KiB.
#[test]
fn a_full_disk_costs_lines_of_what_is_written_there_and_no_advertisement() {
    let folder = folder();
    let small = folder.join("small");
    std::fs::create_dir(&small).unwrap();
    let at = |name: &str| small.join(name).display().to_string();
    let prepare = format!(
        "mount -t tmpfs -o size=256k,mode=755 none {} && exec 2>>{}",
        small.display(),
        at("log")
    );
    let config = instance("VI_1", 51, ADDRESS, "");
    let arguments = [
        "--log-level",
        "debug",
        "--record",
        &at("recording"),
        "--events-file",
        &at("events"),
    ];
    let Some(node) = Node::start_after(&prepare, &config, &arguments) else {
        return;
    };
    let Some(wire) = Wire::of(&node) else { return };
    node.until_state("VI_1", "MASTER");
    // The way through its namespace of mounts.
    let there = PathBuf::from(format!("/proc/{}/root{}", node.pid(), small.display()));
    let fill = there.join("fill");
    let full = std::fs::write(&fill, vec![0; 1 << 20]).unwrap_err();
    assert_eq!(full.kind(), std::io::ErrorKind::StorageFull);
    let lost = |status: &Status| {
        let events = status.journal.as_ref().unwrap().file.as_ref().unwrap();
        let recording = status.recording.as_ref().unwrap();
        (status.daemon.log_lines_dropped, events.dropped, recording.dropped)
    };
    stalled(&node, &wire, "all three lose lines", |status| {
        let (log, events, recording) = lost(status);
        let well = status.recording.as_ref().unwrap().well;
        log > 0 && events > 0 && recording > 0 && !well
    });

    std::fs::remove_file(&fill).unwrap();
    // One at a time: the room is soon full again.
    let end = Instant::now() + LIMIT;
    for step in [0, 1].into_iter().cycle() {
        let _moved = node.ask(priority("VI_1", Shift::To(150 + step), None));
        let status = node.status();
        let events = status.journal.as_ref().unwrap().file.as_ref().unwrap();
        if events.well && status.recording.as_ref().unwrap().well {
            break;
        }
        assert!(Instant::now() < end, "never written again: {status:#?}");
        std::thread::sleep(Duration::from_millis(50));
    }
    let told = || {
        let log = std::fs::read_to_string(there.join("log")).unwrap();
        let mut lines = log.lines();
        lines
            .find(|line| line.contains("lines of the log were dropped"))
            .map(str::to_owned)
    };
    while told().is_none() {
        assert!(Instant::now() < end, "never told");
        std::thread::sleep(Duration::from_millis(10));
    }
    let told = told().unwrap();
    assert!(
        told.contains("it could not be written (No space left on device"),
        "{told}"
    );
    // What is there can be read: no half line in the middle.
    let events = std::fs::read_to_string(there.join("events")).unwrap();
    for line in events.lines() {
        assert!(vrrp_control::Event::from_line(line.as_bytes()).is_ok(), "{line}");
    }
}

/// The file of keepalived's `-g`, on a disk that is full.
#[test]
fn a_full_disk_under_keepalived_s_log_file_costs_lines_and_no_advertisement() {
    let folder = folder();
    let small = folder.join("small");
    std::fs::create_dir(&small).unwrap();
    let program = folder.join("keepalived");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_vrrpd"), &program).unwrap();
    // `"$2"` is the configuration, `"$4"` the control socket: keepalived's command line has no word for that.
    let prepare = format!(
        "mount -t tmpfs -o size=256k,mode=755 none {0} && mount -t tmpfs none /run && mkdir /run/vrrpd && \
         mount --bind \"$(dirname \"$4\")\" /run/vrrpd && exec {1} -n -D -g {0}/own.log -f \"$2\"",
        small.display(),
        program.display()
    );
    let Some(node) = Node::start_after(&prepare, &instance("VI_1", 51, ADDRESS, ""), &[]) else {
        return;
    };
    node.until_state("VI_1", "MASTER");
    let Some(wire) = Wire::of(&node) else { return };
    let there = PathBuf::from(format!("/proc/{}/root{}", node.pid(), small.display()));
    let fill = there.join("fill");
    let full = std::fs::write(&fill, vec![0; 1 << 20]).unwrap_err();
    assert_eq!(full.kind(), std::io::ErrorKind::StorageFull);
    stalled(&node, &wire, "log lines are lost", |status| {
        status.daemon.log_lines_dropped > 0
    });
    std::fs::remove_file(&fill).unwrap();
    let end = Instant::now() + LIMIT;
    for step in [7, 8].into_iter().cycle() {
        let _moved = node.ask(priority("VI_1", Shift::To(150 + step), None));
        let log = std::fs::read_to_string(there.join("own_vrrp.log")).unwrap_or_default();
        if log.contains("-> 157") && log.contains("lines of the log were") {
            break;
        }
        assert!(Instant::now() < end, "never written again:\n{log}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The process has no descriptor left for a client: said once, and once more when it is over.
#[test]
fn no_descriptor_for_a_client_is_told_once() {
    let Some(node) = Node::start(&instance("VI_1", 51, ADDRESS, ""), &[]) else {
        return;
    };
    node.until_state("VI_1", "MASTER");
    let limit = |descriptors: &str| {
        let pid = node.pid().to_string();
        let limited = std::process::Command::new("prlimit")
            .args(["--pid", &pid, &format!("--nofile={descriptors}:")])
            .status();
        assert!(limited.unwrap().success());
    };
    limit("3");
    let mut waiting = Vec::new();
    let began = Instant::now();
    // Two more that it cannot hear: tried every second.
    while began.elapsed() < Duration::from_millis(2500) {
        waiting.push(std::os::unix::net::UnixStream::connect(node.folder.join("control.sock")).unwrap());
        std::thread::sleep(Duration::from_millis(500));
    }
    limit("1024");
    until_log(&node, "clients are heard again, after ");
    drop(waiting);
    let log = node.log();
    assert_eq!(
        log.matches("no client is heard until that is over").count(),
        1,
        "{log}"
    );
    assert!(log.contains("Too many open files"), "{log}");
    assert!(!log.contains("heard again, after 1 s"), "tried once only: {log}");
    node.until_state("VI_1", "MASTER");
    assert!(!log.contains("Active -> "), "{log}");
}
