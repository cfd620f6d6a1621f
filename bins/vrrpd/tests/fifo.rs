//! `vrrp_notify_fifo` in a network namespace: what keepalived writes, and no line lost where nobody reads at the time.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod node;

use std::fs::{File, OpenOptions};
use std::io::{Read, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use std::time::{Duration, Instant};

use node::supervisor::kill_router;
use node::{LIMIT, Node, file, folder, instance, refusal, script, vrrpd};

/// The group of keepalived 2.4.3's own output.
fn group(path: &Path, more: &str) -> String {
    format!(
        "global_defs {{\n    vrrp_notify_fifo {}\n    script_user root\n{more}\n}}\nvrrp_sync_group VG_1 {{\n    group {{\n        VI_1\n        VI_2\n    }}\n}}\n{}{}",
        path.display(),
        instance("VI_1", 51, "192.0.2.100/24", ""),
        instance("VI_2", 52, "192.0.2.101/24", "")
    )
}

fn until_master(node: &Node) {
    node.until("the group is MASTER", |status| {
        let mut groups = status.groups.iter();
        groups.any(|group| group.keepalived_state.to_string() == "MASTER")
    });
}

/// For reading, without waiting.
fn open(path: &Path) -> File {
    let mut options = OpenOptions::new();
    options
        .read(true)
        .custom_flags(libc::O_NONBLOCK)
        .open(path)
        .unwrap()
}

/// Reads until `lines` lines have come.
fn read_lines(file: &mut File, lines: usize) -> String {
    let mut text = Vec::new();
    let end = Instant::now() + LIMIT;
    while text.iter().filter(|octet| **octet == b'\n').count() < lines {
        assert!(Instant::now() < end, "only {}", String::from_utf8_lossy(&text));
        let mut octet = [0];
        match file.read(&mut octet) {
            Ok(1) => text.push(octet[0]),
            Ok(_) | Err(_) => std::thread::sleep(Duration::from_millis(5)),
        }
    }
    String::from_utf8(text).unwrap()
}

const BEGIN: &str = "GROUP \"VG_1\" BACKUP 0\nINSTANCE \"VI_1\" BACKUP 150\nINSTANCE \"VI_2\" BACKUP 150\n";
const END: &str = "INSTANCE \"VI_1\" STOP 150\nINSTANCE \"VI_2\" STOP 150\nGROUP \"VG_1\" STOP 0\n";

/// Which member is the first to be MASTER is the timers' choice, as with keepalived.
fn is_master(text: &str) -> bool {
    let (one, two) = ("INSTANCE \"VI_1\" MASTER 150\n", "INSTANCE \"VI_2\" MASTER 150\n");
    let group = "GROUP \"VG_1\" MASTER 0\n";
    text == format!("{one}{two}{group}") || text == format!("{two}{one}{group}")
}

/// Nobody reads until the group is MASTER; a reload later the reader still reads; and it has the STOP of a daemon that is gone.
#[test]
fn the_life_of_a_group_for_a_reader_that_comes_late() {
    let place = folder();
    let path = place.join("vrrp.fifo");
    let config = group(&path, "");
    let Some(mut node) = Node::start(&config, &[]) else {
        return;
    };
    until_master(&node);
    let mut late = open(&path);
    assert_eq!(read_lines(&mut late, 3), BEGIN);
    let master = read_lines(&mut late, 3);
    assert!(is_master(&master), "{master}");
    let status = node.until("read", |status| status.fifos[0].lines_waiting == 0);
    assert!(
        status.fifos[0].has_reader && status.fifos[0].lines_read == 6,
        "{status:#?}"
    );
    assert!(node.reload(&config).applied);
    // Whether the reload writes anything: what the one behind it does comes next.
    let again = group(&path, "    fifo_write_vrrp_states_on_reload");
    assert!(node.reload(&again).applied);
    let states = "GROUP \"VG_1\" MASTER 0\nINSTANCE \"VI_1\" MASTER 150\nINSTANCE \"VI_2\" MASTER 150\n";
    assert_eq!(read_lines(&mut late, 3), states);
    node.signal("-TERM");
    assert_eq!(node.wait(), 0);
    let mut rest = String::new();
    late.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, END);
    assert!(!path.exists(), "made by vrrpd, removed by it");
}

#[test]
fn priorities_of_who_takes_part() {
    let place = folder();
    let (path, number) = (place.join("vrrp.fifo"), place.join("number"));
    std::fs::write(&number, "0").unwrap();
    let config = format!(
        "global_defs {{\n    vrrp_notify_fifo {}\n    vrrp_notify_priority_changes\n}}\ntrack_file load {{\n    file {}\n    weight -1\n}}\n{}",
        path.display(),
        number.display(),
        instance(
            "VI_1",
            51,
            "192.0.2.100/24",
            "    track_file {\n        load\n    }"
        )
    );
    let Some(node) = Node::start(&config, &[]) else {
        return;
    };
    node.until_state("VI_1", "MASTER");
    let mut reader = open(&path);
    assert_eq!(
        read_lines(&mut reader, 2),
        "INSTANCE \"VI_1\" BACKUP 150\nINSTANCE \"VI_1\" MASTER 150\n"
    );
    for (value, priority) in [("20", 130), ("0", 150)] {
        File::create(&number)
            .unwrap()
            .write_all(value.as_bytes())
            .unwrap();
        assert_eq!(
            read_lines(&mut reader, 1),
            format!("INSTANCE \"VI_1\" MASTER_PRIORITY {priority}\n")
        );
    }
}

/// What would be said at a start, with the exit code of a hook's fault.
#[test]
fn the_test_of_a_file_looks_at_pipes_as_well() {
    let place = folder();
    let at = |name: &str| place.join(name).display().to_string();
    std::fs::write(place.join("file"), "").unwrap();
    std::os::unix::fs::symlink(place.join("file"), place.join("link")).unwrap();
    let fine = at("fifo");
    let open = place.join("open");
    std::fs::write(&open, "#!/bin/sh\n").unwrap();
    std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o777)).unwrap();
    for (lines, said, exit) in [
        (format!("notify_fifo {fine}"), "fine", 0),
        (
            format!("notify_fifo {} no-such-user", at("fifo")),
            "no-such-user",
            5,
        ),
        (format!("notify_fifo {}", at("file")), "is a file, not a pipe", 5),
        (
            format!("notify_fifo {}", at("link")),
            "is a symbolic link, not a pipe",
            5,
        ),
        (
            "notify_fifo /dev/null".to_owned(),
            "is a device, not a pipe; nothing is written into it and it is not removed. Name another path",
            5,
        ),
        (format!("notify_fifo {}", at("none/fifo")), "cannot be made", 5),
        ("notify_fifo fifo".to_owned(), "is no absolute path", 5),
        ("notify_fifo \"\"".to_owned(), "", 5),
        (
            format!("notify_fifo {fine}\nnotify_fifo_script /no/such/program"),
            "notify_fifo_script: ",
            5,
        ),
        (
            format!("notify_fifo {fine}\nnotify_fifo_script {}", open.display()),
            "who could replace a script that runs as root",
            6,
        ),
    ] {
        let config = format!("global_defs {{\nenable_script_security\nscript_user root\n{lines}\n}}\n")
            + &instance("VI_1", 51, "192.0.2.100/24", "").replace("eth1", "lo");
        let mut command = vrrpd();
        command.arg("-t").arg("-f").arg(file(&place, &config));
        let (code, text) = refusal(command);
        assert!(text.contains(said), "{lines}: {text}");
        assert_eq!(code, exit, "{lines}: {text}");
        assert!(!place.join("fifo").exists(), "a test makes nothing");
    }
}

#[test]
fn a_file_at_the_path_is_told_with_its_line_and_left_alone() {
    let place = folder();
    let path = place.join("vrrp.fifo");
    std::fs::write(&path, "precious").unwrap();
    let Some(mut node) = Node::start(&group(&path, ""), &[]) else {
        return;
    };
    until_master(&node);
    let status = node.status();
    let problem = status.fifos[0].problem.clone().unwrap();
    assert!(problem.contains("is a file, not a pipe"), "{problem}");
    assert!(
        node.log().contains("vrrpd.conf:2: vrrp_notify_fifo: "),
        "{}",
        node.log()
    );
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "precious");
    std::fs::remove_file(&path).unwrap();
    node.until("the pipe is there", |status| status.fifos[0].problem.is_none());
    let mut reader = open(&path);
    assert_eq!(read_lines(&mut reader, 3), BEGIN, "nothing was lost meanwhile");
    drop(reader);
    node.signal("-TERM");
    assert_eq!(node.wait(), 0);
}

/// keepalived ends its program before it has read of the stop.
#[test]
fn the_program_reads_of_the_stop_and_ends_by_itself() {
    let place = folder();
    let (path, told) = (place.join("vrrp.fifo"), place.join("told"));
    let body = format!("exec cat \"$2\" > {}", told.display());
    let reader = script(&place, "reader", &body);
    let config = group(
        &path,
        &format!("    vrrp_notify_fifo_script \"{reader} argument\""),
    );
    let Some(mut node) = Node::start(&config, &[]) else {
        return;
    };
    until_master(&node);
    let status = node.status();
    let script = status.fifos[0].script.clone().unwrap();
    assert!(
        script.running_since_unix_ms.is_some() && script.starts == 1,
        "{script:?}"
    );
    let before = Instant::now();
    node.signal("-TERM");
    assert_eq!(node.wait(), 0);
    assert!(before.elapsed() < LIMIT / 2);
    let text = std::fs::read_to_string(&told).unwrap();
    assert!(text.starts_with(BEGIN) && text.ends_with(END), "{text}");
    assert!(!path.exists());
    let log = node.log();
    let said = "has ended: exit 0; not started again, for its pipe ends";
    assert!(log.contains(said) && !log.contains("started again in"), "{log}");
}

/// What a killed process has made its daemon removes, however many there were; what somebody else has made stays.
#[test]
fn a_pipe_of_a_router_that_was_killed_goes_with_the_daemon() {
    let place = folder();
    let (ours, theirs) = (place.join("ours"), place.join("theirs"));
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mknodat(rustix::fs::CWD, &theirs, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    let config = group(&ours, &format!("    notify_fifo {}", theirs.display()));
    let Some(mut node) = Node::start(&config, &["--supervised"]) else {
        return;
    };
    until_master(&node);
    kill_router(&node);
    kill_router(&node);
    assert!(ours.exists());
    node.signal("-TERM");
    assert_eq!(node.wait(), 0);
    assert!(!ours.exists(), "log:\n{}", node.log());
    assert!(theirs.exists());
    let left: Vec<_> = std::fs::read_dir(&*node.folder).unwrap().collect();
    let named = |name: &str| left.iter().flatten().any(|one| one.file_name() == *name);
    assert!(!named("control.sock.fifos"), "{left:?}");
}
