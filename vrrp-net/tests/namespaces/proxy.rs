//! The proxy of the examples: the fewest lines of ours, a failover and a binary upgrade under a client that keeps asking.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use vrrp_conformance::proves;

use crate::lab::{Capture, LIMIT, Node, Program, example, ip, isolated, switch, wait_for};

const ADDRESS: &str = "192.0.2.10";

/// At most 15 lines of the proxy are ours, and none is hidden from the count.
#[test]
fn embedding_takes_at_most_fifteen_lines() {
    let text = include_str!("../../examples/proxy.rs");
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let mut ours = 0;
    for line in code {
        let names = [
            "failover",
            "Service::",
            "vrrp_net",
            "service.",
            "Options",
            "inherited",
            "kept",
        ];
        let about_us = names
            .iter()
            .any(|name| line.split("// failover").next().unwrap().contains(name));
        assert!(!about_us || line.ends_with("// failover"), "not marked: {line}");
        ours += usize::from(line.ends_with("// failover"));
    }
    println!("{ours} lines");
    assert!((5..=15).contains(&ours), "{ours} lines");
}

/// Answers every request with the node's name.
fn upstream(node: &Node) {
    let name = format!("node {}", node.number);
    node.run(move || {
        let listener = TcpListener::bind("127.0.0.1:8080").unwrap();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut request = [0; 4096];
                let _octets = stream.read(&mut request);
                let _gone = write!(
                    stream,
                    "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{name}",
                    name.len()
                );
            }
        });
    });
}

/// One request by a fresh connection.
fn ask() -> std::io::Result<String> {
    let to: SocketAddr = format!("{ADDRESS}:80").parse().unwrap();
    let limit = Duration::from_millis(500);
    let mut stream = TcpStream::connect_timeout(&to, limit)?;
    stream.set_read_timeout(Some(limit))?;
    stream.write_all(b"GET / HTTP/1.1\r\nhost: proxy\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    match answer.rsplit("\r\n\r\n").next() {
        Some(body) if answer.starts_with("HTTP/1.1 200") => Ok(body.to_owned()),
        _ => Err(std::io::Error::other(answer)),
    }
}

/// A client that keeps asking.
struct Client {
    answers: Arc<Mutex<Vec<Result<String, String>>>>,
    over: Arc<AtomicBool>,
}

impl Client {
    fn start(node: &Node) -> Self {
        let answers = Arc::new(Mutex::new(Vec::new()));
        let over = Arc::new(AtomicBool::new(false));
        let client = Self {
            answers: answers.clone(),
            over: over.clone(),
        };
        node.run(move || {
            thread::spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    let answer = ask().map_err(|error| error.to_string());
                    answers.lock().unwrap().push(answer);
                    thread::sleep(Duration::from_millis(2));
                }
            });
        });
        client
    }

    fn wait_answer(&self, from: &str) {
        wait_for(&format!("an answer from {from}"), LIMIT, || {
            let answers = self.answers.lock().unwrap();
            answers
                .last()
                .is_some_and(|last| last.as_deref() == Ok(from))
                .then_some(())
        });
    }

    /// What was answered since the last call.
    fn take(&self) -> Vec<Result<String, String>> {
        std::mem::take(&mut *self.answers.lock().unwrap())
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
    }
}

fn install(program: &Path) {
    let new = program.with_extension("new");
    std::fs::copy(example("proxy"), &new).unwrap();
    std::fs::rename(&new, program).unwrap();
}

fn start(node: &Node, program: &Path, priority: u8) -> Program {
    let mut command = Command::new(program);
    let words = format!("0.0.0.0:80 127.0.0.1:8080 eth1 51 {priority} {ADDRESS}/24");
    command.args(words.split_whitespace());
    let program = Program::start(node, command);
    program.wait_line("listens");
    program
}

/// Two proxies and a client: the binary of one is replaced without a request lost, an advertisement late or a change of
/// state; then it loses its power, and the other one answers.
#[test]
fn a_proxy_is_upgraded_and_then_fails_over() {
    isolated("proxy::a_proxy_is_upgraded_and_then_fails_over", || {
        switch();
        let (one, two, host) = (Node::new(1), Node::new(2), Node::new(3));
        upstream(&one);
        upstream(&two);
        let directory = std::env::temp_dir().join(format!("vrrp-net-proxy-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let program: PathBuf = directory.join("proxy");
        install(&program);
        let wire = Capture::on("port1");
        let first = start(&one, &program, 150);
        one.wait_has(ADDRESS, true);
        let second = start(&two, &program, 100);
        let client = Client::start(&host);
        client.wait_answer("node 1");

        // The upgrade, three times.
        let mut gaps = Vec::new();
        for _ in 0..3 {
            let before = inode(&first);
            install(&program);
            let _answers = client.take();
            wire.forget();
            first.signal(Signal::SIGUSR2);
            wait_for("the new program", LIMIT, || {
                assert!(one.has(ADDRESS), "the address stays");
                (inode(&first) != before).then_some(())
            });
            wait_for("ten advertisements of it", LIMIT, || {
                (wire.count(1, 51) >= 10).then_some(())
            });
            client.wait_answer("node 1");
            let answers = client.take();
            let failed: Vec<_> = answers
                .iter()
                .filter(|answer| answer.as_deref() != Ok("node 1"))
                .collect();
            assert!(failed.is_empty(), "{} asked, lost {failed:?}", answers.len());
            let adverts = wire.adverts(1);
            assert!(adverts.iter().all(|advert| advert.priority == 150), "no goodbye");
            let longest = adverts
                .windows(2)
                .map(|pair| pair[1].at - pair[0].at)
                .max()
                .unwrap();
            println!("{} requests, longest gap of 100 ms: {longest:?}", answers.len());
            gaps.push(longest);
        }
        // On a busy machine any one of them can be late, but not all.
        assert!(
            gaps.iter().min().unwrap() < &Duration::from_millis(150),
            "{gaps:?}"
        );
        assert_eq!(first.count("version"), 4, "each version told of itself");
        assert!(
            wire.adverts(2).is_empty() && !two.has(ADDRESS),
            "the other one noticed nothing"
        );

        // A power cut.
        let began = Instant::now();
        ip("link set port1 down");
        first.kill();
        client.wait_answer("node 2");
        println!("power cut: answered again after {:?}", began.elapsed());
        assert!(two.has(ADDRESS));
        second.stop();
        assert!(!two.has(ADDRESS));
        std::fs::remove_dir_all(&directory).unwrap();
    });
}

fn inode(program: &Program) -> u64 {
    // In the middle of exec there is none.
    std::fs::metadata(format!("/proc/{}/exe", program.pid())).map_or(0, |exe| exe.ino())
}

/// A planned stop of the proxy: the client loses nothing.
#[test]
fn prj_stop_01_a_planned_stop_of_a_proxy_costs_the_client_nothing() {
    isolated(
        "proxy::prj_stop_01_a_planned_stop_of_a_proxy_costs_the_client_nothing",
        || {
            switch();
            let (one, two, host) = (Node::new(1), Node::new(2), Node::new(3));
            upstream(&one);
            upstream(&two);
            let first = start(&one, &example("proxy"), 150);
            one.wait_has(ADDRESS, true);
            let second = start(&two, &example("proxy"), 100);
            let client = Client::start(&host);
            client.wait_answer("node 1");
            first.stop();
            client.wait_answer("node 2");
            let answers = client.take();
            let failed: Vec<_> = answers.iter().filter(|answer| answer.is_err()).collect();
            println!("{} asked, lost {failed:?}", answers.len());
            // A connection to the first node that is open when it lets go of the address may be lost; none may be refused
            // for want of an address.
            assert!(failed.len() <= 1, "{failed:?}");
            second.stop();
            proves!("PRJ-STOP-01", Obeys);
        },
    );
}
