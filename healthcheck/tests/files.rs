//! Files that are written, replaced, removed, linked elsewhere, and whose folders come and go.

#![cfg(feature = "watch")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

mod support;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};

use healthcheck::{Change, FileSpec, FileWatch, Health, Init};
use support::{Folder, LONG};

fn watch() -> (FileWatch, Receiver<Change>) {
    let (tell, told) = channel();
    let watch = FileWatch::new(move |change| drop(tell.send(change))).unwrap();
    (watch, told)
}

fn spec(path: &Path) -> FileSpec {
    FileSpec {
        name: "f".into(),
        path: path.to_owned(),
        init: None,
    }
}

fn next(told: &Receiver<Change>) -> Health {
    told.recv_timeout(LONG).unwrap().health
}

/// Waits for a number; what stands between is allowed, as a file may be seen in the middle.
fn until(told: &Receiver<Change>, value: i32) {
    while next(told) != Health::Value(value) {}
}

#[test]
fn every_way_to_change_a_file() {
    let folder = Folder::new();
    let path = folder.file("n");
    fs::write(&path, "7\n").unwrap();
    let (mut files, told) = watch();
    assert_eq!(files.add(spec(&path)), 7);
    assert_eq!(next(&told), Health::Value(7));
    fs::write(&path, "-20").unwrap();
    until(&told, -20);
    // As editors and configuration management do it.
    fs::write(folder.file("n.new"), "3").unwrap();
    fs::rename(folder.file("n.new"), &path).unwrap();
    until(&told, 3);
    fs::remove_file(&path).unwrap();
    until(&told, 0);
    assert!(files.status("f").unwrap().found.contains("is not there"));
    fs::write(&path, "5").unwrap();
    until(&told, 5);
    fs::rename(&path, folder.file("elsewhere")).unwrap();
    until(&told, 0);
    fs::hard_link(folder.file("elsewhere"), &path).unwrap();
    until(&told, 5);
    let change_of_before = files.status("f").unwrap();
    assert_eq!((change_of_before.value, change_of_before.late), (5, None));
}

/// The folder itself comes later, is exchanged, and goes.
#[test]
fn folders_come_and_go() {
    let folder = Folder::new();
    let path = folder.file("a/b/n");
    let (mut files, told) = watch();
    assert_eq!(files.add(spec(&path)), 0);
    assert_eq!(next(&told), Health::Value(0));
    fs::create_dir(folder.file("a")).unwrap();
    fs::create_dir(folder.file("a/b")).unwrap();
    fs::write(&path, "1").unwrap();
    until(&told, 1);
    fs::create_dir_all(folder.file("other/b")).unwrap();
    fs::write(folder.file("other/b/n"), "2").unwrap();
    fs::rename(folder.file("a"), folder.file("was")).unwrap();
    until(&told, 0);
    fs::rename(folder.file("other"), folder.file("a")).unwrap();
    until(&told, 2);
    // The folder that was moved away is no longer looked at.
    fs::write(folder.file("was/b/n"), "99").unwrap();
    fs::remove_dir_all(folder.file("a")).unwrap();
    until(&told, 0);
}

/// As Kubernetes exchanges the content of a ConfigMap: one link in the middle is replaced by renaming.
#[test]
fn a_link_is_exchanged() {
    let folder = Folder::new();
    for (version, value) in [("1", "10"), ("2", "20")] {
        fs::create_dir(folder.file(version)).unwrap();
        fs::write(folder.file(version).join("n"), value).unwrap();
    }
    symlink("1", folder.file("now")).unwrap();
    symlink("now/n", folder.file("n")).unwrap();
    let (mut files, told) = watch();
    assert_eq!(files.add(spec(&folder.file("n"))), 10);
    symlink("2", folder.file("now.new")).unwrap();
    fs::rename(folder.file("now.new"), folder.file("now")).unwrap();
    until(&told, 20);
    // And what it leads to is watched now.
    fs::write(folder.file("2/n"), "21").unwrap();
    until(&told, 21);
}

#[test]
fn what_is_no_number_and_no_file() {
    let folder = Folder::new();
    let path = folder.file("n");
    fs::write(&path, "4").unwrap();
    let (mut files, told) = watch();
    files.add(spec(&path));
    until(&told, 4);
    // The number before it stays, as for keepalived.
    fs::write(&path, "99999999999").unwrap();
    let end = std::time::Instant::now() + LONG;
    while !files.status("f").unwrap().found.contains("too great") {
        assert!(std::time::Instant::now() < end);
        std::thread::yield_now();
    }
    assert_eq!(files.health("f"), Health::Value(4));
    fs::write(&path, "up").unwrap();
    until(&told, 0);
    fs::write(&path, "6").unwrap();
    until(&told, 6);
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    until(&told, 0);
    fs::remove_dir(&path).unwrap();
    // A pipe would be waited for.
    let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
    assert!(made.success());
    fs::remove_file(&path).unwrap();
    fs::write(&path, "8").unwrap();
    until(&told, 8);
}

#[test]
fn a_file_is_made_at_start() {
    let folder = Folder::new();
    let path = folder.file("n");
    let (mut files, _told) = watch();
    let with = |value, overwrite| FileSpec {
        init: Some(Init { value, overwrite }),
        ..spec(&path)
    };
    assert_eq!(files.add(with(-7, false)), -7);
    assert_eq!(fs::read_to_string(&path).unwrap(), "-7\n");
    // It is there: it stays.
    assert_eq!(files.add(with(9, false)), -7);
    assert_eq!(files.add(with(9, true)), 9);
    assert!(files.remove("f") && !files.remove("f"));
    assert_eq!(files.health("f"), Health::Unknown);
}

/// Another path by the same name, and only what changes is told.
#[test]
fn a_name_may_follow_another_file() {
    let folder = Folder::new();
    fs::write(folder.file("one"), "1").unwrap();
    fs::write(folder.file("two"), "2").unwrap();
    let (mut files, told) = watch();
    files.add(spec(&folder.file("one")));
    files.add(spec(&folder.file("one")));
    files.add(spec(&folder.file("two")));
    assert_eq!([next(&told), next(&told)], [Health::Value(1), Health::Value(2)]);
    fs::write(folder.file("one"), "11").unwrap();
    fs::write(folder.file("two"), "22").unwrap();
    until(&told, 22);
    assert!(told.try_recv().is_err());
}
