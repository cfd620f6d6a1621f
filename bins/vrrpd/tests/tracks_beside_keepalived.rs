//! The priority that keepalived and vrrpd advertise for the same numbers in the same files, heard by a third node.
//!
//! keepalived: `KEEPALIVED_BIN` or `target/packages/bin/keepalived`. Skipped in words where it, or namespaces, are not to
//! be had.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod node;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use node::{LIMIT, Node, folder};
use vrrp_control::Status;

/// What a node does with a number: the priority that it advertises, or `None` where it is in FAULT.
struct Row {
    /// `weight …` of the definition, and behind the name in the list.
    weights: (&'static str, &'static str),
    /// Two numbers, one after the other, each with the outcome.
    numbers: [(&'static str, Option<u8>); 2],
}

const fn row(
    definition: &'static str,
    list: &'static str,
    first: (&'static str, Option<u8>),
    second: (&'static str, Option<u8>),
) -> Row {
    Row {
        weights: (definition, list),
        numbers: [first, second],
    }
}

/// By hand, from base 100: number times weight, at most 253 of it, within 1 to 254; FAULT from -254 on.
const ROWS: [Row; 20] = [
    row("", "", ("0", Some(100)), ("20", Some(120))),
    row("", "", ("-20", Some(80)), ("", Some(100))),
    row("weight 2", "", ("20", Some(140)), ("-49", Some(2))),
    row("weight -3", "", ("20", Some(40)), ("-20", Some(160))),
    row("weight -3 reverse", "", ("20", Some(160)), ("-20", Some(40))),
    row(
        "weight 5 reverse",
        "weight 2",
        ("10", Some(80)),
        ("-10", Some(120)),
    ),
    row(
        "weight 5 reverse",
        "weight 2 noreverse",
        ("10", Some(120)),
        ("-10", Some(80)),
    ),
    row("weight 5", "weight 2 reverse", ("10", Some(80)), ("1", Some(98))),
    row("", "", ("153", Some(253)), ("154", Some(254))),
    row("", "", ("1000000", Some(254)), ("-99", Some(1))),
    row("", "", ("-100", Some(1)), ("-253", Some(1))),
    // Back with more than the ear's priority, or the ear would stay.
    row("", "", ("-254", None), ("-98", Some(2))),
    row("weight 254", "", ("1", Some(254)), ("-1", None)),
    row("weight -254", "", ("1", None), ("-1", Some(254))),
    row("weight 127", "", ("-1", Some(1)), ("-2", None)),
    row("weight 0", "", ("0", Some(100)), ("1", None)),
    row("", "weight 0", ("-1", None), ("0", Some(100))),
    row("weight 0 reverse", "", ("1", Some(100)), ("0", None)),
    row("", "", ("12 of 20", Some(112)), ("junk", Some(100))),
    row("", "", ("0x10", Some(116)), ("010", Some(108))),
];

fn configuration(folder: &Path, first_vrid: u8, first_host: u8) -> String {
    let mut text = String::new();
    for (number, row) in (0_u8..).zip(&ROWS) {
        let file = folder.join(number.to_string());
        let (definition, list) = row.weights;
        let _ = write!(
            text,
            "track_file f{number} {{\n    file {}\n    {definition}\n}}\n",
            file.display()
        );
        text += &instance(
            number,
            first_vrid,
            first_host,
            100,
            &format!("    track_file {{\n        f{number} {list}\n    }}\n"),
        );
    }
    text
}

fn instance(number: u8, first_vrid: u8, first_host: u8, priority: u8, more: &str) -> String {
    format!(
        "vrrp_instance V{} {{\n    interface eth1\n    version 3\n    state BACKUP\n    priority {priority}\n    \
         virtual_router_id {}\n    advert_int 0.2\n    virtual_ipaddress {{\n        192.0.2.{}/24\n    }}\n{more}}}\n",
        first_vrid + number,
        first_vrid + number,
        first_host + number
    )
}

/// Hears everybody, and takes over where nobody speaks.
fn ear() -> String {
    let mut text = String::new();
    for (number, _) in (0_u8..).zip(&ROWS) {
        text += &instance(number, 1, 101, 1, "");
        text += &instance(number, 101, 151, 1, "");
    }
    // It waits longer than anybody, and takes nothing from a node that speaks with priority 1.
    text.replace(
        "    state BACKUP\n",
        "    state BACKUP\n    nopreempt\n    down_timer_adverts 10\n",
    )
}

/// The priority that is advertised for a VRID; `None`: nobody but the ear serves.
fn heard(status: &Status, vrid: u8) -> Result<Option<u8>, String> {
    let name = format!("V{vrid}");
    let mut all = status.instances.iter();
    let found = all.find(|instance| instance.name == name).ok_or("not there")?;
    match &found.active {
        Some(active) => Ok((!active.own).then_some(active.priority)),
        None => Err(format!("{} has heard nobody", found.state)),
    }
}

/// What is not as the table has it.
fn differences(ear: &Node, which: usize) -> Vec<String> {
    let status = ear.status();
    let mut differing = Vec::new();
    for (number, row) in (0_u8..).zip(&ROWS) {
        let (text, expected) = row.numbers[which];
        for (whose, vrid) in [("keepalived", 1 + number), ("vrrpd", 101 + number)] {
            let found = heard(&status, vrid);
            if found != Ok(expected) {
                let weights = row.weights;
                differing.push(format!(
                    "{text:?}, {weights:?}: {whose} {found:?}, expected {expected:?}"
                ));
            }
        }
    }
    differing
}

fn write(folder: &Path, which: usize) {
    for (number, row) in ROWS.iter().enumerate() {
        fs::write(folder.join(number.to_string()), row.numbers[which].0).unwrap();
    }
}

struct Keepalived(Child);

impl Drop for Keepalived {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn keepalived(beside: &Node, program: &Path, place: &Path, config: &str) -> Keepalived {
    fs::write(place.join("keepalived.conf"), config).unwrap();
    let at = |name: &str| place.join(name).display().to_string();
    let mut command = Command::new("nsenter");
    command.args(["-t", &beside.pid().to_string(), "-n"]);
    if !node::is_root() {
        command.args(["-U", "--preserve-credentials"]);
    }
    // In a process namespace of its own: its children end with it.
    command
        .args(["unshare", "-p", "--fork", "--kill-child"])
        .arg(program)
        .args(["-G", "-l", "-n", "-P", "-f", &at("keepalived.conf")])
        .args(["-p", &at("pid"), "-r", &at("vrrp.pid")])
        .stdout(fs::File::create(place.join("keepalived.log")).unwrap())
        .stderr(Stdio::null())
        .stdin(Stdio::null());
    Keepalived(command.spawn().unwrap())
}

#[test]
fn the_same_numbers_are_the_same_priorities_on_the_wire() {
    let program = std::env::var_os("KEEPALIVED_BIN").map_or_else(
        || {
            PathBuf::from(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../../target/packages/bin/keepalived"
            ))
        },
        PathBuf::from,
    );
    let Ok(program) = program.canonicalize() else {
        println!(
            "SKIP tracks_beside_keepalived: no keepalived; `cargo xtask lab` fetches one, or set KEEPALIVED_BIN"
        );
        return;
    };
    let place = folder();
    write(&place, 0);
    let Some(ours) = Node::start(&configuration(&place, 101, 151), &[]) else {
        return;
    };
    ours.until("it runs", |_| true);
    let theirs = keepalived(&ours, &program, &place, &configuration(&place, 1, 101));
    // The ear comes when both speak: a router that hears nobody at first would take over, and be answered.
    let ear = ours.beside(&ear());
    ear.until("it runs", |_| true);
    ours.inside(&["ip", "link", "set", "far", "netns", &ear.pid().to_string()]);
    ear.inside(&["ip", "link", "set", "far", "name", "eth1"]);
    ear.inside(&["ip", "address", "add", "192.0.2.2/24", "dev", "eth1"]);
    ear.inside(&["ip", "link", "set", "eth1", "up"]);
    let mut differing = Vec::new();
    for which in 0..2 {
        write(&place, which);
        let end = Instant::now() + LIMIT;
        loop {
            let now = differences(&ear, which);
            if now.is_empty() || Instant::now() > end {
                differing.extend(now);
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
    drop(theirs);
    let log = fs::read_to_string(place.join("keepalived.log")).unwrap_or_default();
    assert!(differing.is_empty(), "{}\n{log}", differing.join("\n"));
}
