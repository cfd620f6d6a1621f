//! Threads that speak with strangers have no capability, and the router loop has those that it needs.
#![cfg(all(feature = "metrics", feature = "webhook"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod node;

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::time::Instant;

use node::{LIMIT, Node, instance, is_root};

/// CAP_NET_ADMIN and CAP_NET_RAW, bits 12 and 13.
const OF_THE_LOOP: u64 = 0x3000;

/// What `/proc` says of each thread: its name, and lines of its status by their first word.
fn threads(pid: u32) -> Vec<(String, BTreeMap<String, String>)> {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let mut threads = Vec::new();
    for task in tasks {
        let path = task.unwrap().path();
        // A thread may have ended in between.
        let Ok(status) = std::fs::read_to_string(path.join("status")) else {
            continue;
        };
        let lines = status.lines().filter_map(|line| line.split_once(":\t"));
        let lines: BTreeMap<_, _> = lines
            .map(|(word, value)| (word.to_owned(), value.to_owned()))
            .collect();
        threads.push((lines["Name"].clone(), lines));
    }
    threads
}

fn set(status: &BTreeMap<String, String>, word: &str) -> u64 {
    u64::from_str_radix(&status[word], 16).unwrap()
}

fn assert_without(name: &str, status: &BTreeMap<String, String>) {
    for word in ["CapEff", "CapPrm", "CapInh", "CapAmb"] {
        assert_eq!(set(status, word), 0, "{name}: {word}");
    }
    assert_eq!(status["NoNewPrivs"], "1", "{name}");
    if is_root() {
        assert_eq!(set(status, "CapBnd"), 0, "{name}: CapBnd");
    }
}

fn config(token: &str) -> String {
    let hook = format!(
        "vrrp_webhook pager {{\n    url http://localhost:8088/x\n    authorization file:{token}\n}}\n"
    );
    hook + &instance("VI_1", 51, "192.0.2.100/24", "")
}

/// SEC-12, and threads that those start: a name is looked up by one.
#[test]
fn mail_webhooks_and_the_listener_have_no_capability() {
    let place = node::folder();
    let socket = place.join("metrics.sock");
    let token = place.join("token");
    std::fs::write(&token, "sesame\n").unwrap();
    let arguments = ["--metrics", socket.to_str().unwrap()];
    let Some(node) = Node::start(&config(token.to_str().unwrap()), &arguments) else {
        return;
    };
    node.until_state("VI_1", "MASTER");
    // A conversation, so that it is seen at work.
    let mut stream = UnixStream::connect(&socket).unwrap();
    stream.write_all(b"GET /healthz HTTP/1.0\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.ends_with("ok\n"), "{answer}");

    let end = Instant::now() + LIMIT;
    let found = loop {
        let found = threads(node.pid());
        // One tells, and one looks up the name.
        let telling = found.iter().filter(|(name, _)| name == "vrrpd-notices").count();
        if telling >= 2 || Instant::now() > end {
            break found;
        }
    };
    let named = |wanted: &str| {
        let found = found.iter().filter(move |(name, _)| name == wanted);
        found.map(|(_, status)| status).collect::<Vec<_>>()
    };
    assert!(named("vrrpd-notices").len() >= 2, "{found:?}");
    assert_eq!(named("vrrpd-metrics").len(), 1, "{found:?}");
    for name in ["vrrpd-notices", "vrrpd-metrics"] {
        for status in named(name) {
            assert_without(name, status);
        }
    }
    let router = named("router");
    assert_eq!(router.len(), 1, "{found:?}");
    assert_eq!(set(router[0], "CapEff"), OF_THE_LOOP);
    assert_eq!(set(router[0], "CapPrm"), OF_THE_LOOP);
    // It starts scripts as other users.
    let first = named("vrrpd");
    assert_ne!(set(first[0], "CapEff") & !OF_THE_LOOP, 0, "{found:?}");
}

/// What takes a capability to read is read with the file, and not by the thread that says it.
#[test]
fn a_token_of_another_user_is_sent() {
    if !is_root() {
        eprintln!("SKIPPED: only root reads files of others");
        return;
    }
    let place = node::folder();
    let token = place.join("token");
    std::fs::write(&token, "sesame\n").unwrap();
    std::os::unix::fs::chown(&token, Some(65_534), Some(65_534)).unwrap();
    let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&token, private).unwrap();
    let Some(node) = Node::start(&config(token.to_str().unwrap()), &[]) else {
        return;
    };
    node.until("it answers", |_| true);
    let namespace = std::fs::File::open(format!("/proc/{}/ns/net", node.pid())).unwrap();
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        nix::sched::setns(namespace, nix::sched::CloneFlags::CLONE_NEWNET).unwrap();
        let listener = TcpListener::bind(("127.0.0.1", 8088)).unwrap();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut heard = Vec::new();
            let mut part = [0; 4096];
            while !heard.windows(4).any(|end| end == b"\r\n\r\n") {
                let octets = stream.read(&mut part).unwrap();
                heard.extend_from_slice(&part[..octets]);
                if octets == 0 {
                    break;
                }
            }
            let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n");
            if tell.send(node::text(&heard)).is_err() {
                return;
            }
        }
    });
    let heard = told.recv_timeout(LIMIT).unwrap();
    assert!(heard.contains("authorization: sesame\r\n"), "{heard}");
    let status = node.until("told", |status| {
        status.notice_targets.iter().any(|target| target.arrived > 0)
    });
    let target = &status.notice_targets[0];
    assert_eq!((target.target.as_str(), target.failed), ("webhook pager", 0));
}
