//! The listener of a running daemon: what it says, and of what its threads are capable.
#![cfg(feature = "metrics")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod node;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::Path;

use node::{LIMIT, Node, instance, is_root, text};
use vrrp_control::{Answer, Reply};

/// Head and body of the answer.
fn ask(socket: &Path, request: &str) -> (String, String) {
    let mut stream = UnixStream::connect(socket).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    answer(&mut stream)
}

fn answer(stream: &mut impl Read) -> (String, String) {
    let mut octets = Vec::new();
    stream.read_to_end(&mut octets).unwrap();
    let whole = text(&octets);
    let (head, body) = whole.split_once("\r\n\r\n").expect("an answer of HTTP");
    (head.to_owned(), body.to_owned())
}

fn get(socket: &Path, path: &str) -> (String, String) {
    ask(socket, &format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n"))
}

/// The number behind a name with its labels.
fn value(metrics: &str, name: &str) -> Option<f64> {
    let mut lines = metrics.lines();
    let line = lines.find(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(' ')))?;
    line.rsplit(' ').next()?.parse().ok()
}

fn started(config: &str) -> Option<(Node, std::path::PathBuf)> {
    let place = node::folder();
    let socket = place.join("metrics.sock");
    let node = Node::start(config, &["--metrics", socket.to_str().unwrap()])?;
    // Its folder goes with the process that runs the tests.
    std::mem::forget(place);
    Some((node, socket))
}

fn config() -> String {
    let check = "vrrp_script chk {\n    script \"/bin/true\"\n    interval 0.1\n    weight 5\n}\n";
    let more = "    track_script {\n        chk\n    }\n";
    format!("{check}{}", instance("VI_1", 51, "192.0.2.100/24", more))
}

fn other_pages(node: &Node, socket: &Path, metrics: &str) {
    let (head, body) = get(socket, "/status.json");
    assert!(
        head.contains("200 OK") && head.contains("content-type: application/json"),
        "{head}"
    );
    let Answer::Status(told) = Reply::from_line(body.as_bytes()).unwrap().answer else {
        panic!("{body}");
    };
    assert_eq!(
        (told.daemon.pid, &told.instances[0].name),
        (node.pid(), &"VI_1".to_owned())
    );
    // Every counter there is, by its name in RFC 8347 or ours.
    assert!(told.instances[0].counters.len() > 20);
    for name in told.instances[0].counters.keys() {
        let metric = format!("vrrpd_instance_{}_total{{name=\"VI_1\"}}", name.replace('-', "_"));
        assert!(value(metrics, &metric).is_some(), "no {metric}");
    }

    for path in ["/healthz", "/readyz"] {
        let (head, body) = get(socket, path);
        assert!(
            head.starts_with("HTTP/1.1 200 ") && body == "ok\n",
            "{path}: {head}\n{body}"
        );
    }
    let (head, body) = ask(socket, "HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    assert!(head.contains("200 OK") && body.is_empty(), "{head}");
    let (head, _) = ask(
        socket,
        "POST /metrics HTTP/1.1\r\nHost: x\r\ncontent-length: 0\r\n\r\n",
    );
    assert!(
        head.starts_with("HTTP/1.1 405 ") && head.contains("allow: GET, HEAD"),
        "{head}"
    );
    assert!(get(socket, "/../etc/passwd").0.starts_with("HTTP/1.1 404 "));
    assert!(get(socket, "/").1.contains("/status.json"));
}

#[test]
fn what_the_listener_says_is_what_is() {
    let Some((node, socket)) = started(&config()) else {
        return;
    };
    let status = node.until("Active, and checked", |status| {
        status.instances[0].state == vrrp_control::State::Active
            && status.instances[0].priority.effective == 155
            && status.checks[0].runs > 2
    });
    let (head, metrics) = get(&socket, "/metrics");
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    assert!(
        head.contains("content-type: application/openmetrics-text; version=1.0.0; charset=utf-8"),
        "{head}"
    );
    assert!(metrics.ends_with("# EOF\n"), "{metrics}");
    let of = |name: &str| value(&metrics, name).unwrap_or_else(|| panic!("no {name}: {metrics}"));
    let router = r#"name="VI_1",vrid="51",family="IPv4""#;
    for (state, is) in [("active", 1.0), ("backup", 0.0), ("initialize", 0.0)] {
        let name = format!("vrrpd_instance_state{{{router},state=\"{state}\"}}");
        assert!((of(&name) - is).abs() < 0.1, "{name}");
    }
    let exact = [
        (r#"vrrpd_instance_priority{name="VI_1"}"#, 155.0),
        (r#"vrrpd_instance_base_priority{name="VI_1"}"#, 150.0),
        (
            r#"vrrpd_instance_priority_contribution{name="VI_1",kind="check",tracked="chk"}"#,
            5.0,
        ),
        (r#"vrrpd_instance_addresses_wanted{name="VI_1"}"#, 1.0),
        (r#"vrrpd_instance_addresses_held{name="VI_1"}"#, 1.0),
        (r#"vrrpd_instance_addresses_stray{name="VI_1"}"#, 0.0),
        (r#"vrrpd_instance_advert_interval_seconds{name="VI_1"}"#, 0.1),
        (r#"vrrpd_instance_master_transitions_total{name="VI_1"}"#, 1.0),
        (r#"vrrpd_check_state{check="chk",state="up"}"#, 1.0),
        (r#"vrrpd_check_state{check="chk",state="down"}"#, 0.0),
        (r#"vrrpd_check_failures_total{check="chk"}"#, 0.0),
        (r#"vrrpd_rejected_packets_total{reason="checksum"}"#, 0.0),
        ("vrrpd_loop_answering", 1.0),
        ("vrrpd_config_in_force", 1.0),
        ("vrrpd_stopping", 0.0),
    ];
    for (name, expected) in exact {
        assert!((of(name) - expected).abs() < 1e-9, "{name}: {}", of(name));
    }
    assert!(of(r#"vrrpd_check_runs_total{check="chk"}"#) >= 3.0);
    assert!(of(r#"vrrpd_instance_advertisement_sent_total{name="VI_1"}"#) >= 1.0);
    let since = of(r#"vrrpd_instance_last_transition_timestamp_seconds{name="VI_1"}"#);
    let known = status.instances[0].since_unix_ms;
    assert!((since * 1000.0 - known as f64).abs() < 1.0, "{since} {known}");
    assert!(metrics.contains(&format!(
        "vrrpd_build_info{{version=\"{}\"}} 1",
        env!("CARGO_PKG_VERSION")
    )));

    other_pages(&node, &socket, &metrics);
}

#[test]
fn a_node_that_is_at_fault_is_healthy_and_not_ready() {
    let Some((mut node, socket)) = started(&config()) else {
        return;
    };
    node.until_state("VI_1", "MASTER");
    node.inside(&["ip", "link", "set", "eth1", "down"]);
    node.until_state("VI_1", "FAULT");
    // What is told may be a quarter of a second old.
    let end = std::time::Instant::now() + LIMIT;
    let (head, body) = loop {
        let (head, body) = get(&socket, "/readyz");
        if head.contains("503") || std::time::Instant::now() > end {
            break (head, body);
        }
    };
    assert!(head.starts_with("HTTP/1.1 503 "), "{head}");
    assert_eq!(
        body,
        "VI_1 takes no part: interface eth1 is down or does not exist\n"
    );
    assert!(get(&socket, "/healthz").0.starts_with("HTTP/1.1 200 "));
    let (_, metrics) = get(&socket, "/metrics");
    assert_eq!(
        value(&metrics, r#"vrrpd_instance_barred{name="VI_1"}"#),
        Some(1.0)
    );

    node.signal("-TERM");
    assert_eq!(node.wait(), 0);
    assert!(!socket.exists(), "the socket's file goes with the daemon");
}

/// At a port that takes a capability: bound before they were given up.
#[test]
fn the_listener_has_a_low_port() {
    if !is_root() {
        eprintln!("SKIPPED: only root enters the namespace of the daemon");
        return;
    }
    let Some(node) = Node::start(&config(), &["--metrics", "127.0.0.1:80", "--metrics", "[::1]:80"]) else {
        return;
    };
    node.until("it answers", |_| true);
    let namespace = std::fs::File::open(format!("/proc/{}/ns/net", node.pid())).unwrap();
    let asked = std::thread::spawn(move || {
        nix::sched::setns(namespace, nix::sched::CloneFlags::CLONE_NEWNET).unwrap();
        ["127.0.0.1:80", "[::1]:80"].map(|place| {
            let mut stream = TcpStream::connect(place).unwrap();
            stream.write_all(b"GET /healthz HTTP/1.0\r\n\r\n").unwrap();
            answer(&mut stream)
        })
    });
    for (head, body) in asked.join().unwrap() {
        assert!(head.contains(" 200 OK") && body == "ok\n", "{head}");
    }
}

#[test]
fn a_place_that_cannot_be_had_is_refused_before_anything_is_begun() {
    let Some(mut command) = node::unshare() else {
        return;
    };
    let folder = node::folder();
    let precious = folder.join("precious");
    std::fs::write(&precious, "precious").unwrap();
    command.arg(env!("CARGO_BIN_EXE_vrrpd"));
    command.arg("-f").arg(node::file(&folder, &config()));
    command.arg("--control").arg(folder.join("control.sock"));
    command.arg("--metrics").arg(&precious);
    let (code, said) = node::refusal(command);
    let expected = format!(
        "--metrics {}: it is there, is not a socket, and is left alone",
        precious.display()
    );
    assert!(code == 1 && said.contains(&expected), "{code} {said}");
    assert_eq!(std::fs::read_to_string(&precious).unwrap(), "precious");
}
