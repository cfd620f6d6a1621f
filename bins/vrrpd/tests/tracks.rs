//! Files and processes that are tracked, in a running daemon.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod node;

use std::fs;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use node::{LIMIT, Node, folder, instance};
use vrrp_control::{Health, State, Status, TrackedKind};

const ADDRESS: &str = "192.0.2.100/24";

fn with_file(path: &Path, weight: &str, more: &str) -> String {
    let definition = format!("track_file load {{\n    file {}\n{weight}}}\n", path.display());
    definition
        + &instance(
            "VI_1",
            51,
            ADDRESS,
            &format!("    track_file {{\n        load\n    }}\n{more}"),
        )
}

/// A process that no other test has: the seconds are its name.
struct Sleeper(Child);

impl Sleeper {
    fn start(seconds: &str) -> Self {
        Self(Command::new("sleep").arg(seconds).spawn().unwrap())
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        // Ended already: nothing more to end.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn priority(status: &Status) -> u8 {
    status.instances[0].priority.effective
}

fn until_address(node: &Node, there: bool) {
    let end = Instant::now() + LIMIT;
    while node.inside(&["ip", "-o", "address"]).contains(ADDRESS) != there {
        assert!(Instant::now() < end, "address there: {}; {}", !there, node.log());
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_file_s_number_changes_the_priority_and_bars() {
    let place = folder();
    let path = place.join("load");
    fs::write(&path, "-20\n").unwrap();
    let Some(node) = Node::start(&with_file(&path, "    weight 2\n", ""), &[]) else {
        return;
    };
    let status = node.until_state("VI_1", "MASTER");
    assert_eq!(priority(&status), 110);
    let one = &status.instances[0].priority.contributions[0];
    assert_eq!((one.name.as_str(), one.kind), ("load", TrackedKind::File));
    assert_eq!((one.value, one.weight, one.adds), (Some(-20), 2, -40));
    assert_eq!(status.files[0].tracked_by, ["VI_1"]);
    fs::write(&path, "-127\n").unwrap();
    let status = node.until_state("VI_1", "FAULT");
    assert_eq!(status.instances[0].priority.contributions[0].health, Health::Down);
    assert!(
        status.instances[0]
            .barred
            .as_ref()
            .unwrap()
            .contains("tracked file load"),
        "{:?}",
        status.instances[0].barred
    );
    // A new one by renaming, as editors do it.
    fs::write(place.join("new"), "10").unwrap();
    fs::rename(place.join("new"), &path).unwrap();
    let status = node.until_state("VI_1", "MASTER");
    assert_eq!(priority(&status), 170);
    fs::remove_file(&path).unwrap();
    node.until("the file that is gone counts as 0", |status| {
        priority(status) == 150
    });
}

/// The address goes to the other node when a file of this one says so, and comes back.
#[test]
fn a_file_moves_the_address() {
    let place = folder();
    let (path, other) = (place.join("one"), place.join("two"));
    let config = with_file(&path, "    init_file 0\n", "");
    let Some(one) = Node::start(&config, &[]) else {
        return;
    };
    one.until("it runs", |_| true);
    let second = with_file(&other, "", "").replace("priority 150", "priority 140");
    let two = one.beside(&second);
    two.until("it runs", |_| true);
    let pid = two.pid().to_string();
    one.inside(&["ip", "link", "set", "far", "netns", &pid]);
    two.inside(&["ip", "link", "set", "far", "name", "eth1"]);
    two.inside(&["ip", "address", "add", "192.0.2.2/24", "dev", "eth1"]);
    two.inside(&["ip", "link", "set", "eth1", "up"]);
    one.until_state("VI_1", "MASTER");
    two.until_state("VI_1", "BACKUP");
    assert_eq!(fs::read_to_string(&path).unwrap(), "0\n");
    fs::write(&path, "-20").unwrap();
    two.until_state("VI_1", "MASTER");
    one.until_state("VI_1", "BACKUP");
    until_address(&one, false);
    until_address(&two, true);
    fs::write(&path, "0").unwrap();
    one.until_state("VI_1", "MASTER");
    two.until_state("VI_1", "BACKUP");
}

#[test]
fn the_end_of_a_process_bars() {
    let seconds = format!("5100.{}", std::process::id());
    let config = format!(
        "vrrp_track_process web {{\n    process sleep {seconds}\n}}\n{}",
        instance("VI_1", 51, ADDRESS, "    track_process {\n        web\n    }\n")
    );
    let process = Sleeper::start(&seconds);
    let Some(node) = Node::start(&config, &[]) else {
        return;
    };
    let status = node.until_state("VI_1", "MASTER");
    assert_eq!(
        (status.processes[0].count, status.processes[0].health),
        (1, Health::Up)
    );
    assert!(node.log().contains("tracked processes: "), "{}", node.log());
    drop(process);
    let status = node.until_state("VI_1", "FAULT");
    assert!(
        status.instances[0]
            .barred
            .as_ref()
            .unwrap()
            .contains("tracked process web"),
        "{:?}",
        status.instances[0].barred
    );
    // It answers for a moment yet, for want of a successor.
    until_address(&node, false);
    let _process = Sleeper::start(&seconds);
    node.until_state("VI_1", "MASTER");
}

/// What stays is not touched: neither its number nor the instance's role.
#[test]
fn a_reload_adds_changes_and_removes_what_is_tracked() {
    let place = folder();
    let path = place.join("load");
    fs::write(&path, "-20").unwrap();
    let config = with_file(&path, "", "");
    let Some(node) = Node::start(&config, &[]) else {
        return;
    };
    let before = node.until_state("VI_1", "MASTER");
    assert_eq!(priority(&before), 130);
    let reload = node.reload(&format!("# moved\n{config}"));
    assert_eq!(reload.message, "the file says the same as before");
    let other = place.join("other");
    fs::write(&other, "7").unwrap();
    let more = format!(
        "track_file more {{\n    file {}\n}}\n{}",
        other.display(),
        config.replace("        load\n", "        load weight 3\n        more\n")
    );
    let reload = node.reload(&more);
    assert!(
        reload.applied && reload.message.contains("files new or changed: more"),
        "{reload:?}"
    );
    let status = node.status();
    assert_eq!(priority(&status), 150 - 60 + 7);
    assert_eq!(status.instances[0].state, State::Active);
    assert_eq!(status.instances[0].counters["master-transitions"], 1);
    // Another file by the same name.
    fs::write(place.join("third"), "1").unwrap();
    let third = more.replace(
        &format!("file {}", path.display()),
        &format!("file {}", place.join("third").display()),
    );
    assert!(node.reload(&third).message.contains("files new or changed: load"));
    node.until("the other file counts", |status| priority(status) == 150 + 3 + 7);
    fs::write(&path, "-254").unwrap();
    let plain = instance("VI_1", 51, ADDRESS, "");
    let reload = node.reload(&plain);
    assert!(reload.message.contains("files gone: "), "{reload:?}");
    let status = node.status();
    assert_eq!((priority(&status), status.files.len()), (150, 0));
    assert_eq!(status.instances[0].counters["master-transitions"], 1);
}
