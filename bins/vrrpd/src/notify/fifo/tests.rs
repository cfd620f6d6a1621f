//! Pipes on this machine, with readers of all kinds.

mod words;

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::time::SystemTime;

use healthcheck::NotifyState;
use tokio::time::{Instant, sleep};

use super::*;
use crate::notify::notice::{Kind, What};

const LIMIT: Duration = Duration::from_secs(10);

pub(super) fn wanted(path: &Path) -> Wanted {
    Wanted {
        word: "vrrp_notify_fifo",
        path: path.to_owned(),
        place: "k.conf:3".to_owned(),
        owner: None,
        impossible: None,
        secure: false,
        script: None,
    }
}

fn tell(fifos: &mut Fifos, name: &str) {
    fifos.told(&Notice {
        kind: Kind::Instance,
        name: name.to_owned(),
        what: What::State(NotifyState::Master),
        priority: 100,
        at: SystemTime::UNIX_EPOCH,
    });
}

fn line(name: &str) -> String {
    format!("INSTANCE \"{name}\" MASTER 100\n")
}

/// Reads without waiting.
fn reader(path: &Path) -> File {
    let mut options = OpenOptions::new();
    options
        .read(true)
        .custom_flags(libc::O_NONBLOCK)
        .open(path)
        .unwrap()
}

pub(super) async fn until(what: &str, mut so: impl FnMut() -> bool) {
    let end = Instant::now() + LIMIT;
    while !so() {
        assert!(Instant::now() < end, "never: {what}");
        sleep(Duration::from_millis(5)).await;
    }
}

/// Reads until there are so many octets.
async fn read(file: &mut File, octets: usize) -> String {
    let mut text = Vec::new();
    until("so many octets", || {
        let mut buffer = vec![0; octets - text.len()];
        if let Ok(some) = file.read(&mut buffer) {
            text.extend_from_slice(buffer.get(..some).unwrap());
        }
        text.len() == octets
    })
    .await;
    String::from_utf8(text).unwrap()
}

#[tokio::test]
async fn a_reader_that_comes_late_reads_every_line_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fifo");
    let mut fifos = Fifos::default();
    fifos.take(vec![wanted(&path)]);
    let found = std::fs::metadata(&path).unwrap();
    assert!(found.file_type().is_fifo());
    assert_eq!(
        found.permissions().mode() & 0o7777,
        0o600,
        "as keepalived makes it"
    );
    for name in ["A", "B"] {
        tell(&mut fifos, name);
    }
    assert_eq!(fifos.status()[0].lines_waiting, 2);
    let mut late = reader(&path);
    let both = line("A") + &line("B");
    assert_eq!(read(&mut late, both.len()).await, both);
    until("read", || fifos.status()[0].lines_waiting == 0).await;
    let status = fifos.status().remove(0);
    assert!(status.has_reader && status.lines_read == 2 && status.lines_lost == 0);
    tell(&mut fifos, "C");
    assert_eq!(read(&mut late, line("C").len()).await, line("C"));
    tell(&mut fifos, "D");
    fifos.finish().await;
    let mut rest = String::new();
    late.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, line("D"), "and then the end");
    assert!(!path.exists(), "we have made it");
}

#[tokio::test]
async fn a_reader_that_goes_within_a_line_gives_none_of_it_to_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fifo");
    let mut fifos = Fifos::default();
    fifos.take(vec![wanted(&path)]);
    for name in ["A", "B"] {
        tell(&mut fifos, name);
    }
    let mut first = reader(&path);
    let octets = line("A").len() + 5;
    assert_eq!(read(&mut first, octets).await.len(), octets);
    until("seen", || fifos.status()[0].has_reader).await;
    drop(first);
    until("gone", || !fifos.status()[0].has_reader).await;
    tell(&mut fifos, "C");
    let mut second = reader(&path);
    let rest = line("B") + &line("C");
    assert_eq!(read(&mut second, rest.len()).await, rest);
}

/// The pipe takes a page, 1,024 lines wait behind it; of 2,000 the oldest of those are lost.
#[tokio::test]
async fn a_slow_reader_loses_what_nobody_can_keep_and_this_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fifo");
    let mut fifos = Fifos::default();
    fifos.take(vec![wanted(&path)]);
    for number in 0..2000 {
        tell(&mut fifos, &format!("{number:04}"));
    }
    let status = fifos.status().remove(0);
    assert_eq!((status.lines_waiting, status.lines_lost), (1024, 976));
    let mut slow = reader(&path);
    let octets = 1024 * line("0000").len();
    let text = read(&mut slow, octets).await;
    assert!(text.starts_with(&line("0976")) && text.ends_with(&line("1999")));
}

#[tokio::test]
async fn a_slow_reader_has_its_last_lines_when_the_daemon_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fifo");
    let mut fifos = Fifos::default();
    fifos.take(vec![wanted(&path)]);
    let mut slow = reader(&path);
    until("seen", || fifos.status()[0].has_reader).await;
    for number in 0..900 {
        tell(&mut fifos, &format!("{number:04}"));
    }
    fifos.finish().await;
    let mut text = String::new();
    slow.read_to_string(&mut text).unwrap();
    assert_eq!(text.lines().count(), 900);
    assert!(text.ends_with(&line("0899")));
}

#[tokio::test]
async fn what_is_no_pipe_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("file"), "precious").unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        at("pipe"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR | rustix::fs::Mode::RGRP,
        0,
    )
    .unwrap();
    std::os::unix::fs::symlink(at("pipe"), at("link")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
    std::fs::create_dir(at("folder")).unwrap();
    for (name, what) in [
        ("file", "is a file, not a pipe"),
        ("link", "is a symbolic link, not a pipe"),
        ("socket", "is a socket, not a pipe"),
        ("folder", "is a folder, not a pipe"),
        ("missing/fifo", "cannot be made"),
        (&"x".repeat(256), "Name a shorter path"),
        (
            "../../../../../../dev/null",
            "is a device, not a pipe; nothing is written into it and it is not removed. Name another path",
        ),
    ] {
        let mut fifos = Fifos::default();
        fifos.take(vec![wanted(&at(name))]);
        tell(&mut fifos, "A");
        let status = fifos.status().remove(0);
        let problem = status.problem.unwrap();
        assert!(problem.contains(what), "{problem}");
        assert_eq!(status.lines_waiting, 1, "kept until somebody corrects it");
        fifos.finish().await;
        assert!(name.starts_with(['m', 'x']) || at(name).symlink_metadata().is_ok());
    }
    assert_eq!(std::fs::read_to_string(at("file")).unwrap(), "precious");
    let mut fifos = Fifos::default();
    fifos.take(vec![wanted(&at("pipe"))]);
    fifos.finish().await;
    let mode = std::fs::metadata(at("pipe")).unwrap().mode();
    assert_eq!(
        mode & 0o777,
        0o640,
        "one that was there is not changed and not removed"
    );
}

/// As keepalived does not: it closes the pipe and opens it anew.
#[tokio::test]
async fn a_reload_keeps_the_reader_and_takes_the_lines_to_another_path() {
    let folder = tempfile::tempdir().unwrap();
    let (path, other) = (folder.path().join("fifo"), folder.path().join("other"));
    let mut fifos = Fifos::default();
    fifos.take(vec![wanted(&path)]);
    let mut stays = reader(&path);
    until("seen", || fifos.status()[0].has_reader).await;
    fifos.take(vec![wanted(&path)]);
    tell(&mut fifos, "A");
    assert_eq!(read(&mut stays, line("A").len()).await, line("A"));
    drop(stays);
    until("gone", || !fifos.status()[0].has_reader).await;
    tell(&mut fifos, "B");
    fifos.take(vec![wanted(&other)]);
    let mut moved = reader(&other);
    assert_eq!(read(&mut moved, line("B").len()).await, line("B"));
    until("removed", || !path.exists()).await;
    fifos.take(Vec::new());
    until("removed", || !other.exists()).await;
    assert!(fifos.status().is_empty());
}

#[tokio::test]
async fn a_pipe_that_was_removed_is_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fifo");
    let mut fifos = Fifos::default();
    fifos.take(vec![wanted(&path)]);
    std::fs::remove_file(&path).unwrap();
    until("made again", || path.exists()).await;
    tell(&mut fifos, "A");
    let mut late = reader(&path);
    assert_eq!(read(&mut late, line("A").len()).await, line("A"));
}

/// As a fresh open has it: who holds the old one has what is in it, and no more.
#[tokio::test]
async fn a_pipe_that_is_renamed_under_its_reader_gets_no_more_lines() {
    let folder = tempfile::tempdir().unwrap();
    let (path, old) = (folder.path().join("fifo"), folder.path().join("old"));
    let mut fifos = Fifos::default();
    fifos.take(vec![wanted(&path)]);
    let mut holds = reader(&path);
    tell(&mut fifos, "A");
    assert_eq!(read(&mut holds, line("A").len()).await, line("A"));
    until("read", || fifos.status()[0].lines_waiting == 0).await;
    std::fs::rename(&path, &old).unwrap();
    tell(&mut fifos, "B");
    until("made again", || path.exists()).await;
    let mut fresh = reader(&path);
    assert_eq!(read(&mut fresh, line("B").len()).await, line("B"));
    let mut rest = String::new();
    holds.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "", "an end, and no line");
    // Also where nothing is told, and somebody else has made the new one.
    let theirs = folder.path().join("theirs");
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mknodat(rustix::fs::CWD, &theirs, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    std::fs::rename(&theirs, &path).unwrap();
    let mut other = reader(&path);
    until("it is let go", || {
        fresh.read(&mut [0; 1]).is_ok_and(|octets| octets == 0)
    })
    .await;
    tell(&mut fifos, "C");
    assert_eq!(read(&mut other, line("C").len()).await, line("C"));
    fifos.finish().await;
    assert!(path.exists(), "it is not ours");
}

/// A reader that takes the pipe away and ends leaves its lines to the next one.
#[tokio::test]
async fn a_reader_that_removes_the_pipe_and_goes_loses_no_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fifo");
    let mut fifos = Fifos::default();
    fifos.take(vec![wanted(&path)]);
    let mut holds = reader(&path);
    tell(&mut fifos, "A");
    assert_eq!(read(&mut holds, line("A").len()).await, line("A"));
    until("read", || fifos.status()[0].lines_waiting == 0).await;
    tell(&mut fifos, "B");
    until("it is in the pipe", || {
        rustix::io::ioctl_fionread(&holds).is_ok_and(|octets| octets == line("B").len() as u64)
    })
    .await;
    std::fs::remove_file(&path).unwrap();
    drop(holds);
    until("made again", || path.exists()).await;
    let mut fresh = reader(&path);
    assert_eq!(read(&mut fresh, line("B").len()).await, line("B"));
    fifos.finish().await;
}

/// It is started again when it ends, and at the end it reads on.
#[tokio::test]
async fn the_program_reads_everything_up_to_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let (path, told) = (folder.path().join("fifo"), folder.path().join("told"));
    let script = format!(
        "trap 'echo TERM >> {0}; exit' TERM; for last; do :; done; echo \"begin $#\" >> {0}; while read -r one; do echo \"$one\" >> {0}; \
         case $one in *quit*) exit 3;; esac; done < \"$last\"; echo end >> {0}",
        told.display()
    );
    let mut with = wanted(&path);
    with.script = Some(Command::new(["/bin/sh", "-c", &script, "sh", "argument"]));
    let mut fifos = Fifos::default();
    fifos.take(vec![with.clone()]);
    for name in ["A", "quit", "B"] {
        tell(&mut fifos, name);
    }
    let lines = || std::fs::read_to_string(&told).unwrap_or_default();
    // Its first run has the second and the third line too, in its buffer or in the pipe.
    until("started again", || lines().matches("begin 2").count() == 2).await;
    fifos.take(vec![with]);
    until("it reads", || fifos.status()[0].has_reader).await;
    let script = fifos.status().remove(0).script.unwrap();
    assert_eq!((script.starts, script.last_end.as_deref()), (2, Some("exit 3")));
    assert!(script.running_since_unix_ms.is_some(), "a reload lets it run on");
    tell(&mut fifos, "last");
    fifos.finish().await;
    let text = lines();
    assert!(!text.contains("TERM"), "it ended by itself: {text}");
    assert!(
        text.starts_with(&format!("begin 2\n{}{}", line("A"), line("quit"))),
        "{text}"
    );
    assert!(text.ends_with(&format!("{}end\n", line("last"))), "{text}");
    assert!(text.contains(&line("B")), "{text}");
}

#[tokio::test]
async fn a_program_that_cannot_be_started_was_not_and_has_not_ended() {
    let folder = tempfile::tempdir().unwrap();
    let mut with = wanted(&folder.path().join("fifo"));
    with.script = Some(Command::new(["/no/such/reader"]));
    let mut fifos = Fifos::default();
    fifos.take(vec![with]);
    let script = |fifos: &Fifos| fifos.status().remove(0).script.unwrap();
    until("tried", || script(&fifos).not_started.is_some()).await;
    let script = script(&fifos);
    assert_eq!((script.starts, script.last_end), (0, None));
    assert!(script.not_started.unwrap().contains("does not exist"));
}

/// With a user that nobody has.
#[tokio::test]
async fn a_pipe_that_is_not_made_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fifo");
    let mut with = wanted(&path);
    with.impossible = Some("it is not made: user 'x' does not exist".to_owned());
    let mut fifos = Fifos::default();
    fifos.take(vec![with]);
    tell(&mut fifos, "A");
    let status = fifos.status().remove(0);
    assert_eq!(
        status.problem.as_deref(),
        Some("it is not made: user 'x' does not exist")
    );
    assert_eq!(status.path, path.display().to_string());
    assert!(!path.exists());
    fifos.take(vec![wanted(&path)]);
    assert_eq!((fifos.status().len(), path.exists()), (1, true));
}

#[tokio::test]
async fn a_program_that_does_not_end_is_ended() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fifo");
    let mut with = wanted(&path);
    with.script = Some(Command::new(["/bin/sh", "-c", "trap '' TERM; sleep 1000"]));
    let mut fifos = Fifos::default();
    fifos.take(vec![with]);
    let runs = |fifos: &Fifos| {
        let script = fifos.status().remove(0).script.unwrap();
        script.running_since_unix_ms.is_some()
    };
    until("it runs", || runs(&fifos)).await;
    let before = Instant::now();
    fifos.finish().await;
    let took = before.elapsed();
    assert!(took >= Duration::from_secs(1), "TERM after 1 s");
    assert!(took < Duration::from_secs(6), "KILL 2 s later: {took:?}");
}

/// The idiom of shells: opened, one line read, closed.
#[tokio::test]
async fn a_reader_that_comes_for_each_line_has_them_all_and_soon() {
    let folder = tempfile::tempdir().unwrap();
    let (path, told) = (folder.path().join("fifo"), folder.path().join("told"));
    let mut fifos = Fifos::default();
    fifos.take(vec![wanted(&path)]);
    let script = format!(
        "while read -r one < {}; do echo \"$one\"; /bin/true; done > {}",
        path.display(),
        told.display()
    );
    let mut shell = std::process::Command::new("/bin/sh")
        .args(["-c", &script])
        .spawn()
        .unwrap();
    let names: Vec<String> = (0..400).map(|number| format!("{number:04}")).collect();
    for name in &names {
        tell(&mut fifos, name);
    }
    let all: String = names.iter().map(|name| line(name)).collect();
    let read = || std::fs::read_to_string(&told).unwrap_or_default();
    until("all were read", || read().len() >= all.len()).await;
    shell.kill().unwrap();
    shell.wait().unwrap();
    assert_eq!(read(), all);
}

/// Whoever may write into it could tell the program what is not so.
#[tokio::test]
async fn a_pipe_that_others_may_write_into_is_refused_where_scripts_are_to_be_secure() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fifo");
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    let problem = |secure: bool| {
        let mut fifos = Fifos::default();
        let mut wanted = wanted(&path);
        wanted.secure = secure;
        fifos.take(vec![wanted]);
        let status = fifos.status().remove(0);
        status.problem
    };
    assert_eq!(problem(true), None, "our own");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o620)).unwrap();
    let said = problem(true).unwrap();
    assert!(said.contains("has mode 0620: it is open to others"), "{said}");
    assert_eq!(problem(false), None, "told in the log");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    if std::os::unix::fs::chown(&path, Some(12345), None).is_ok() {
        let said = problem(true).unwrap();
        assert!(said.contains("belongs to user 12345"), "{said}");
        let mut theirs = wanted(&path);
        (theirs.owner, theirs.secure) = (Some((12345, 12345)), true);
        let mut fifos = Fifos::default();
        fifos.take(vec![theirs]);
        assert_eq!(fifos.status().remove(0).problem, None, "who is meant to have it");
    }
}

#[tokio::test]
async fn a_program_that_goes_with_its_path_is_ended_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let script = format!(
        "trap 'echo bye > {}; exit' TERM; echo > {}; while :; do sleep 0.01; done",
        at("said").display(),
        at("runs").display()
    );
    let mut with = wanted(&at("fifo"));
    with.script = Some(Command::new(["/bin/sh", "-c", &script]));
    let mut fifos = Fifos::default();
    fifos.take(vec![with]);
    until("it runs", || at("runs").exists()).await;
    fifos.take(vec![wanted(&at("other"))]);
    until("it has ended in order", || at("said").exists()).await;
}
