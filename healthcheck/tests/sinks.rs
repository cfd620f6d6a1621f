//! A driven pool and the file sink: with commands of the test, and with a real nginx.

#![cfg(feature = "sink")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

mod support;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command as StdCommand};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::future::BoxFuture;
use healthcheck::{
    Check, Command, ConnectProbe, FileSink, Health, Judge, Member, Placement, Pool, PoolAction, PoolConfig,
    PoolInput, Rules, Runner, Sink, SinkError, Snapshot, Target, Transport, as_json, as_nginx_upstream,
    drive,
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

/// A web server that says its name, until it is dropped.
struct Backend {
    port: u16,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Backend {
    fn new(port: u16, name: &'static str) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let mut stream = stream.unwrap();
                let _ = stream.set_read_timeout(Some(Duration::from_millis(500)));
                if matches!(stream.read(&mut [0; 4096]), Ok(1..)) {
                    let answer = format!("HTTP/1.0 200 OK\r\nContent-Length: {}\r\n\r\n{name}", name.len());
                    let _ = stream.write_all(answer.as_bytes());
                }
            }
        });
        Self {
            port,
            stop,
            thread: Some(thread),
        }
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        let _ = self.thread.take().unwrap().join();
    }
}

struct Nginx {
    child: Child,
    binary: PathBuf,
    conf: PathBuf,
    port: u16,
}

impl Nginx {
    fn arguments(conf: &Path) -> [String; 4] {
        let folder = conf.parent().unwrap().display().to_string();
        [
            "-p".to_owned(),
            folder,
            "-c".to_owned(),
            conf.display().to_string(),
        ]
    }

    fn start(binary: PathBuf, folder: &Folder) -> Self {
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let conf = folder.file("nginx.conf");
        let temp = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {}/{kind};", folder.path().display()))
            .concat();
        let text = format!(
            "daemon off; worker_processes 1; pid {0}/pid; error_log {0}/error.log;\n\
             events {{}}\n\
             http {{ access_log off; {temp}\n\
               upstream pool {{ include {0}/servers.conf; }}\n\
               server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://pool; proxy_next_upstream off; }} }} }}\n",
            folder.path().display()
        );
        fs::write(&conf, text).unwrap();
        let child = StdCommand::new(&binary)
            .args(Self::arguments(&conf))
            .spawn()
            .unwrap();
        Self {
            child,
            binary,
            conf,
            port,
        }
    }

    fn command(&self, more: &[&str]) -> Command {
        let words = Self::arguments(&self.conf);
        let words = words.iter().map(String::as_str).chain(more.iter().copied());
        Command::new(
            [self.binary.display().to_string()]
                .into_iter()
                .chain(words.map(str::to_owned)),
        )
    }

    /// What is answered, the last line of it.
    fn get(&self) -> Option<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        stream.set_read_timeout(Some(LONG)).ok()?;
        stream.write_all(b"GET / HTTP/1.0\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        answer.lines().last().map(str::to_owned)
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let quit = StdCommand::new(&self.binary)
            .args(Self::arguments(&self.conf))
            .args(["-s", "stop"])
            .status();
        if !quit.is_ok_and(|status| status.success()) {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

fn connects(name: &str, port: u16) -> Check {
    Check {
        name: name.into(),
        probe: Box::new(ConnectProbe::new(Target {
            transport: Transport::Tcp,
            host: "127.0.0.1".to_owned(),
            port,
            timeout: Duration::from_secs(1),
        })),
        judge: Judge::new(Rules::new(1, 2)),
        interval: Duration::from_millis(50),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_web_server_leaves_nginx_and_comes_back_by_itself() {
    let binary = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/packages/bin/nginx");
    let Ok(binary) = binary.canonicalize() else {
        println!(
            "SKIP a_dead_web_server_leaves_nginx: there is no nginx in target/packages (cargo xtask packages)"
        );
        return;
    };
    let folder = Folder::new();
    let (one, two) = (Backend::new(0, "one"), Backend::new(0, "two"));
    let address = |backend: &Backend| format!("127.0.0.1:{}", backend.port);
    let members = [(&one, "check one"), (&two, "check two")]
        .map(|(backend, check)| Member::new(address(backend)).gated_by(check));
    let pool = Pool::new(PoolConfig::new(members)).unwrap();
    let servers = folder.file("servers.conf");
    let lines = format!("server {};\nserver {};\n", address(&one), address(&two));
    fs::write(&servers, lines).unwrap();
    let nginx = Nginx::start(binary, &folder);
    until("nginx answers", || nginx.get().is_some()).await;

    let sink = FileSink::new(&servers, as_nginx_upstream)
        .checked_by(nginx.command(&["-t"]))
        .then_run(nginx.command(&["-s", "reload"]));
    let (handle, driving) = drive(pool, sink);
    let driving = tokio::spawn(driving);
    let mut runner = Runner::new(move |change| handle.change(&change));
    runner.add(connects("check one", one.port));
    runner.add(connects("check two", two.port));
    let only = |wanted: &[&str]| {
        let answers: Vec<Option<String>> = (0..12).map(|_| nginx.get()).collect();
        let all_wanted = answers
            .iter()
            .all(|answer| answer.as_deref().is_some_and(|answer| wanted.contains(&answer)));
        all_wanted
            && wanted
                .iter()
                .all(|wanted| answers.iter().flatten().any(|answer| answer == wanted))
    };
    until("both answer", || only(&["one", "two"])).await;
    let port = two.port;
    drop(two);
    let line = format!("server 127.0.0.1:{port} down; # check 'check two' is down");
    let written = || fs::read_to_string(&servers).unwrap().contains(&line);
    // nginx finds out by itself that a server is dead, by requests that fail: what counts is the file.
    until("it is taken out", written).await;
    until("only one answers", || only(&["one"])).await;
    let _two = Backend::new(port, "two");
    until("both answer again", || only(&["one", "two"])).await;
    runner.stop().await;
    driving.await.unwrap();
}
