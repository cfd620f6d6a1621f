//! A driven pool and the file sink: with commands of the test, and with a real nginx.

#![cfg(feature = "sink")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

mod support;

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Command as StdCommand;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::future::BoxFuture;
use healthcheck::{
    FileSink, Health, Member, Placement, Pool, PoolAction, PoolConfig, PoolInput, Sink, SinkError, Snapshot,
    as_json, as_nginx_upstream, drive,
};
use support::{Folder, LONG, limits, sh, until};

fn pool() -> Pool {
    let members = ["a", "b"].map(|name| Member::new(name).gated_by(name));
    let mut pool = Pool::new(PoolConfig::new(members)).unwrap();
    pool.handle(PoolInput::Start);
    pool
}

fn down(pool: &mut Pool, name: &str) -> Vec<PoolAction> {
    pool.handle(PoolInput::Check {
        name,
        health: Health::Down,
        degraded: false,
    })
}

fn leftovers(folder: &Folder) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder.path()).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

#[tokio::test]
async fn json_has_every_server_its_weight_and_why() {
    let folder = Folder::new();
    let path = folder.file("pool.json");
    let mut pool = pool();
    let actions = down(&mut pool, "b");
    let mut sink = FileSink::new(&path, as_json);
    sink.apply(&pool.snapshot(), &actions).await.unwrap();
    let written: serde_json::Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    let expected = serde_json::json!({
        "quorum": true,
        "living_weight": 1,
        "servers": [
            {"name": "a", "weight": 1, "because": "its checks pass"},
            {"name": "b", "weight": null, "because": "check 'b' is down"},
        ],
    });
    assert_eq!(written, expected);
    assert_eq!(leftovers(&folder), [path], "nothing else is left in the folder");
}

#[tokio::test]
async fn the_command_runs_for_each_new_content_and_not_for_the_same() {
    let folder = Folder::new();
    let (path, runs) = (folder.file("pool"), folder.file("runs"));
    let count = || fs::read_to_string(&runs).unwrap_or_default().len();
    let command = sh(&format!("printf x >> {}", runs.display()));
    let mut pool = pool();
    let mut sink = FileSink::new(&path, as_nginx_upstream).then_run(command.clone());
    sink.apply(&pool.snapshot(), &[]).await.unwrap();
    sink.apply(&pool.snapshot(), &[]).await.unwrap();
    assert_eq!(count(), 1);
    down(&mut pool, "a");
    sink.apply(&pool.snapshot(), &[]).await.unwrap();
    assert_eq!(count(), 2);
    // A program that has been started anew does not know whether the command was run for what it finds.
    let mut sink = FileSink::new(&path, as_nginx_upstream).then_run(command);
    sink.apply(&pool.snapshot(), &[]).await.unwrap();
    assert_eq!(count(), 3);
}

#[tokio::test]
async fn what_the_check_refuses_is_put_back() {
    let folder = Folder::new();
    let (path, ran) = (folder.file("pool"), folder.file("ran"));
    fs::write(&path, "as it was").unwrap();
    let check = sh(&format!(
        "echo no good; grep -q server {} && exit 3",
        path.display()
    ));
    let mut sink = FileSink::new(&path, as_nginx_upstream)
        .checked_by(check)
        .then_run(sh(&format!("touch {}", ran.display())));
    let error = sink.apply(&pool().snapshot(), &[]).await.unwrap_err().to_string();
    assert!(
        error.contains("exit 3: no good") && error.contains("put back"),
        "{error}"
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), "as it was");
    assert!(!ran.exists());
    // Where there was no file there is none again.
    fs::remove_file(&path).unwrap();
    let mut sink = FileSink::new(&path, as_nginx_upstream).checked_by(sh("false"));
    sink.apply(&pool().snapshot(), &[]).await.unwrap_err();
    assert!(leftovers(&folder).is_empty());
}

#[tokio::test]
async fn a_command_that_hangs_or_a_file_that_cannot_be_is_told() {
    let folder = Folder::new();
    let mut sink = FileSink::new(folder.file("pool"), as_json)
        .then_run(sh("sleep 100"))
        .limits(limits(200, 200));
    let started = Instant::now();
    let error = sink.apply(&pool().snapshot(), &[]).await.unwrap_err().to_string();
    assert!(error.contains("no end within 200ms"), "{error}");
    assert!(started.elapsed() < LONG);
    let mut sink = FileSink::new(folder.file("no/such/folder/pool"), as_json);
    let error = sink.apply(&pool().snapshot(), &[]).await.unwrap_err().to_string();
    assert!(
        error.contains("could not be written") && error.contains("no/such/folder"),
        "{error}"
    );
}

/// What a write that was given up has written is not what is wanted now.
#[tokio::test(start_paused = true)]
async fn a_write_that_was_given_up_does_not_count_for_the_next() {
    let folder = Folder::new();
    let path = folder.file("pool");
    let made = StdCommand::new("mkfifo").arg(&path).status().unwrap();
    assert!(made.success());
    let mut pool = pool();
    let mut sink = FileSink::new(&path, as_nginx_upstream);
    // A pipe that nobody writes to cannot be read either.
    let error = sink.apply(&pool.snapshot(), &[]).await.unwrap_err().to_string();
    assert!(
        error.contains("could not be written") && !error.contains("as it was"),
        "{error}"
    );
    tokio::time::resume();
    drop(fs::OpenOptions::new().write(true).open(&path).unwrap());
    down(&mut pool, "a");
    sink.apply(&pool.snapshot(), &[]).await.unwrap();
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        as_nginx_upstream(&pool.snapshot())
    );
}

#[tokio::test]
async fn a_file_keeps_its_mode_its_owner_and_its_link() {
    let folder = Folder::new();
    let (path, link) = (folder.file("pool"), folder.file("link"));
    fs::write(&path, "old").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink(&path, &link).unwrap();
    let root = nix::unistd::geteuid().is_root();
    if root {
        std::os::unix::fs::chown(&path, Some(1), Some(2)).unwrap();
    }
    let owned = |path: &Path| {
        let data = fs::metadata(path).unwrap();
        (data.uid(), data.gid(), data.mode() & 0o7777)
    };
    let before = owned(&path);
    // Somebody has put a file of his own where the new one is written first.
    let trap = folder.file(&format!("pool.{}.new", std::process::id()));
    fs::write(&trap, "").unwrap();
    let (held, kept) = (fs::File::open(&trap).unwrap(), folder.file("kept"));
    fs::hard_link(&trap, &kept).unwrap();
    let mut sink = FileSink::new(&link, as_nginx_upstream);
    sink.apply(&pool().snapshot(), &[]).await.unwrap();
    assert!(
        fs::symlink_metadata(&link).unwrap().is_symlink(),
        "the link stays"
    );
    assert!(fs::read_to_string(&path).unwrap().contains("server a"));
    assert_eq!(owned(&path), before);
    assert_eq!(held.metadata().unwrap().len(), 0, "nothing is written into it");
    assert_eq!(leftovers(&folder), [kept, link, path]);
}

/// Keeps what it was told; refuses the first times.
struct Noted {
    told: Arc<Mutex<Vec<Vec<PoolAction>>>>,
    refuse: u32,
}

impl Sink for Noted {
    fn apply<'a>(
        &'a mut self,
        _wanted: &'a Snapshot,
        actions: &'a [PoolAction],
    ) -> BoxFuture<'a, Result<(), SinkError>> {
        async {
            self.told.lock().unwrap().push(actions.to_vec());
            tokio::time::sleep(Duration::from_millis(10)).await;
            match self.refuse.checked_sub(1) {
                Some(left) => {
                    self.refuse = left;
                    Err(SinkError("the test refuses".to_owned()))
                }
                None => Ok(()),
            }
        }
        .boxed()
    }
}

#[tokio::test(start_paused = true)]
async fn a_sink_that_fails_is_told_everything_again() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let members = ["a", "b"].map(|name| Member::new(name).gated_by(name));
    let pool = Pool::new(PoolConfig::new(members)).unwrap();
    let sink = Noted {
        told: Arc::clone(&told),
        refuse: 2,
    };
    let (handle, driving) = drive(pool, sink);
    let task = tokio::spawn(driving);
    let began = tokio::time::Instant::now();
    until("three times", || told.lock().unwrap().len() == 3).await;
    let waited = began.elapsed();
    assert!(
        (3000..3200).contains(&waited.as_millis()),
        "1 s and 2 s: {waited:?}"
    );
    let add = |member: &str| PoolAction::Add {
        member: member.into(),
        weight: 1,
    };
    assert_eq!(told.lock().unwrap()[2], [add("a"), add("b")]);
    // While the sink is at work changes gather.
    for placement in [Placement::Out, Placement::Drained, Placement::Out] {
        handle.place("a", placement);
    }
    until("the change", || told.lock().unwrap().len() == 4).await;
    drop(handle);
    task.await.unwrap();
    assert_eq!(told.lock().unwrap().len(), 4);
}

/// Who is no longer configured is taken out, though the sink refuses it at first.
#[tokio::test(start_paused = true)]
async fn a_reload_reaches_the_sink() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let config = |names: &[&str]| PoolConfig::new(names.iter().map(|name| Member::new(*name)));
    let sink = Noted {
        told: Arc::clone(&told),
        refuse: 0,
    };
    let (handle, driving) = drive(Pool::new(config(&["a", "b"])).unwrap(), Refuses(2, sink));
    let task = tokio::spawn(driving);
    until("the start", || !told.lock().unwrap().is_empty()).await;
    assert!(handle.reconfigure(config(&["a", "a"])).is_err());
    handle.reconfigure(config(&["a", "c"])).unwrap();
    until("the reload", || told.lock().unwrap().len() == 3).await;
    let add = |member: &str| PoolAction::Add {
        member: member.into(),
        weight: 1,
    };
    let remove = PoolAction::Remove { member: "b".into() };
    let all = told.lock().unwrap().clone();
    assert_eq!(all[1], [add("c"), remove.clone()]);
    assert_eq!(all[2], [add("a"), add("c"), remove]);
    assert_eq!(handle.watch().borrow().places[1].name, "c".into());
    drop(handle);
    task.await.unwrap();
}

/// Refuses the call of this number, from 1.
struct Refuses(u32, Noted);

impl Sink for Refuses {
    fn apply<'a>(
        &'a mut self,
        wanted: &'a Snapshot,
        actions: &'a [PoolAction],
    ) -> BoxFuture<'a, Result<(), SinkError>> {
        self.0 = self.0.wrapping_sub(1);
        self.1.refuse = u32::from(self.0 == 0);
        self.1.apply(wanted, actions)
    }
}

/// Nobody knows what a sink holds at the start of a program.
#[tokio::test(start_paused = true)]
async fn at_the_start_a_sink_is_told_who_is_out() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let members = [Member::new("a"), Member::new("b").gated_by("b")];
    let started = |begun: bool, config: PoolConfig| {
        let mut pool = Pool::new(config).unwrap();
        if begun {
            pool.handle(PoolInput::Start);
            down(&mut pool, "b");
        }
        let sink = Noted {
            told: Arc::clone(&told),
            refuse: 0,
        };
        drive(pool, sink)
    };
    let remove = |member: &str| PoolAction::Remove {
        member: member.into(),
    };
    let add = |member: &str| PoolAction::Add {
        member: member.into(),
        weight: 1,
    };
    let (handle, driving) = started(
        false,
        PoolConfig::new([Member::new("a"), Member::new("b").gated_by("b").alpha()]),
    );
    let task = tokio::spawn(driving);
    until("the first", || !told.lock().unwrap().is_empty()).await;
    let first = told.lock().unwrap().remove(0);
    assert_eq!(first, [add("a"), remove("b"), PoolAction::QuorumGained]);
    drop(handle);
    task.await.unwrap();
    // One that had begun before it was driven.
    let (handle, driving) = started(true, PoolConfig::new(members));
    let task = tokio::spawn(driving);
    until("the second", || !told.lock().unwrap().is_empty()).await;
    assert_eq!(told.lock().unwrap().remove(0), [add("a"), remove("b")]);
    drop(handle);
    task.await.unwrap();
}
