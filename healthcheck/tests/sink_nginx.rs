//! A driven pool in front of a real nginx: a dead web server leaves it and comes back by itself.

#![cfg(feature = "sink")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

mod support;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command as StdCommand};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use healthcheck::{
    Check, Command, ConnectProbe, FileSink, Judge, Member, Pool, PoolConfig, Rules, Runner, Target,
    Transport, as_nginx_upstream, drive,
};
use support::{Folder, LONG, until};

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
