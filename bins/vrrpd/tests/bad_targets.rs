//! Targets and scripts at their worst, by the file of a running vrrpd: each is a result with a reason, within its time and
//! within little memory, while the router loop goes on. Kind by kind they are in the tests of vrrp-healthcheck:
//!
//! | what | there |
//! |---|---|
//! | never answers, resets, floods, drips | `http.rs`, `exchange.rs`, `tls.rs`, `dns.rs`, `connect.rs` |
//! | 1 GB, a body without end | `http.rs`, memory measured |
//! | redirects for ever | `http.rs` |
//! | bad TLS | `tls.rs` |
//! | a name that does not resolve | `connect.rs` |
//! | forks away, ignores TERM, prints for ever | `process.rs`, `script.rs` |
//! | missing, not executable | `process.rs`, `script.rs` |
//! | writable by others | `security.rs`; here `bad_checks.rs` |
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod node;

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use node::{Folder, Node, folder, instance, is_root, script};
use vrrp_control::{Check, Health, Status, Verdict};

const SERVES: &str = "VRRPD_TEST_SERVES";

const SILENT: u16 = 9001;
const RESETS: u16 = 9002;
const FLOODS: u16 = 9003;
const GIGABYTE: u16 = 9004;
const REDIRECTS: u16 = 9005;
const PLAIN: u16 = 9006;
const DRIPS: u16 = 9007;
const NGINX: u16 = 9008;
/// From nginx's own documentation.
const NUMBERS: &str = "Active connections: 291 \nserver accepts handled requests\n 16630948 16630948 31070465 \nReading: 6 Writing: 179 Waiting: 106 \n";

/// Every run has to be over by then, with its limit of 400 ms and what a busy machine adds.
const TOOK_MS_MAX: u64 = 3000;
/// Of the whole daemon with all that is thrown at it.
const MEMORY_KB_MAX: u64 = 80 * 1024;

fn each(port: u16, serve: fn(TcpStream)) {
    let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            thread::spawn(move || serve(stream.unwrap()));
        }
    });
}

/// Waits for a request, of whatever it is.
fn heard(stream: &mut TcpStream) -> bool {
    matches!(stream.read(&mut [0; 4096]), Ok(1..))
}

fn pours(mut stream: TcpStream, head: &[u8]) {
    let flood = vec![b'X'; 1 << 16];
    if stream.write_all(head).is_ok() {
        while stream.write_all(&flood).is_ok() {}
    }
}

/// No test: the servers, in the node's network, when this program is started for them.
#[test]
fn servers() {
    if std::env::var_os(SERVES).is_none() {
        return;
    }
    each(SILENT, |mut stream| while heard(&mut stream) {});
    each(RESETS, |mut stream| {
        // What was not read makes a reset of the end.
        let _ = stream.read(&mut [0; 1]);
    });
    each(FLOODS, |stream| pours(stream, b""));
    each(GIGABYTE, |mut stream| {
        if heard(&mut stream) {
            pours(stream, b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n");
        }
    });
    each(REDIRECTS, |mut stream| {
        while heard(&mut stream) {
            let again = "HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n";
            let _ = stream.write_all(again.as_bytes());
        }
    });
    each(PLAIN, |mut stream| {
        let _ = stream.write_all(b"220 this is no TLS\r\n");
        while heard(&mut stream) {}
    });
    each(DRIPS, |mut stream| {
        heard(&mut stream);
        while stream.write_all(b"H").is_ok() {
            thread::sleep(Duration::from_millis(20));
        }
    });
    each(NGINX, |mut stream| {
        if heard(&mut stream) {
            let length = NUMBERS.len();
            let _ = write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{NUMBERS}"
            );
        }
    });
    thread::sleep(Duration::from_secs(600));
}

/// The servers in the network of a node; ended when dropped.
struct Servers(Child);

impl Servers {
    fn beside(node: &Node) -> Self {
        let mut command = Command::new("nsenter");
        command.args(["-t", &node.pid().to_string(), "-n"]);
        if !is_root() {
            command.args(["-U", "--preserve-credentials"]);
        }
        command
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", "servers", "--nocapture"])
            .env(SERVES, "1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Self(command.spawn().unwrap())
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A check, and what its result has to say.
struct Case {
    name: &'static str,
    block: String,
    reason: &'static str,
}

fn asks(name: &'static str, checker: &str, port: u16, more: &str, reason: &'static str) -> Case {
    Case {
        name,
        block: format!(
            "vrrp_check {name} {{\n    interval 0.5\n    timeout 0.4\n    {checker} {{\n        connect_port {port}\n{more}\n    }}\n}}\n"
        ),
        reason,
    }
}

fn runs(name: &'static str, command: &str, reason: &'static str) -> Case {
    Case {
        name,
        block: format!(
            "vrrp_script {name} {{\n    script \"{command}\"\n    interval 0.5\n    timeout 0.4\n}}\n"
        ),
        reason,
    }
}

#[allow(clippy::too_many_lines, reason = "a table: one row for each target")]
fn targets() -> Vec<Case> {
    let url = "        url {\n            path /\n        }";
    let read = "        url {\n            path /\n            regex \"the end\"\n        }";
    let tls = if cfg!(feature = "tls") {
        "no TLS: "
    } else {
        "needs a vrrpd that was built with its feature tls"
    };
    vec![
        asks(
            "never_answers",
            "HTTP_GET",
            SILENT,
            url,
            "no whole answer within 400ms",
        ),
        asks("never_greets", "SMTP_CHECK", SILENT, "", "not done within 400ms"),
        asks("resets", "HTTP_GET", RESETS, url, "reset"),
        asks(
            "resets_too",
            "SEND_EXPECT",
            RESETS,
            "        send \"hello\"\n        expect \"x\"",
            "reset",
        ),
        asks("floods", "HTTP_GET", FLOODS, url, "no HTTP"),
        asks(
            "floods_too",
            "SEND_EXPECT",
            FLOODS,
            "        expect \"never\"",
            "65536 octets came without what is expected",
        ),
        asks(
            "floods_smtp",
            "SMTP_CHECK",
            FLOODS,
            "",
            "65536 octets came without what is expected",
        ),
        asks("gigabyte", "HTTP_GET", GIGABYTE, read, "more than 1048576 octets"),
        asks(
            "redirects",
            "HTTP_GET",
            REDIRECTS,
            url,
            "302 to '/'; redirects are not followed",
        ),
        asks("drips", "HTTP_GET", DRIPS, url, "no whole answer within 400ms"),
        asks("not_there", "TCP_CHECK", 9, "", "refused"),
        asks("no_datagram", "UDP_CHECK", 9, "        require_reply", "refused"),
        asks(
            "plain",
            "SSL_GET",
            PLAIN,
            &format!("        verify off\n{url}"),
            tls,
        ),
        asks(
            "plain_too",
            "TLS_CHECK",
            PLAIN,
            "        verify off",
            if cfg!(feature = "tls") { tls } else { "feature tls" },
        ),
        asks(
            "no_numbers",
            "STUB_STATUS",
            REDIRECTS,
            "        path /nginx_status",
            "302 to '/'; redirects are not followed",
        ),
        runs(
            "no_name",
            "</dev/tcp/no-such-host.invalid/80",
            "no-such-host.invalid",
        ),
    ]
}

fn scripts(place: &Folder) -> Vec<Case> {
    let here = |name: &str, body: &str| script(place, name, body);
    let dead = here("dead.sh", "exit 0");
    std::fs::set_permissions(&dead, std::fs::Permissions::from_mode(0o644)).unwrap();
    vec![
        runs(
            "forks_away",
            &here("forks.sh", "setsid sleep 100 &\nexit 4"),
            "exit 4",
        ),
        runs("hangs", &here("hangs.sh", "sleep 100"), "no end within 400ms"),
        runs(
            "deaf",
            &here("deaf.sh", "trap '' TERM\nwhile :; do sleep 1; done"),
            "no end within 400ms",
        ),
        runs("prints", &here("prints.sh", "exec yes"), "no end within 400ms"),
        runs("missing", "/no/such/script", "'/no/such/script' does not exist"),
        runs(
            "not_executable",
            &dead,
            "dead.sh' cannot be executed by user root",
        ),
        runs("killed", &here("killed.sh", "kill -9 $$"), "SIGKILL"),
    ]
}

fn config(cases: &[Case]) -> String {
    let mut text = String::from("global_defs {\n    script_user root\n}\n");
    let mut list = String::from("    track_script {\n");
    for case in cases {
        text.push_str(&case.block);
        let _ = writeln!(list, "        {} weight -1", case.name);
    }
    text + &instance("VI_1", 51, "192.0.2.100/24", &format!("{list}    }}\n"))
}

fn check<'a>(status: &'a Status, name: &str) -> &'a Check {
    let found = status.checks.iter().find(|check| check.name == name);
    found.unwrap_or_else(|| panic!("no {name}"))
}

fn memory_peak_kb(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn each_is_a_failure_with_a_reason_in_little_time_and_memory() {
    let place = folder();
    let mut cases = targets();
    cases.extend(scripts(&place));
    let Some(node) = Node::start(&config(&cases), &[]) else {
        return;
    };
    node.until("it answers", |_| true);
    let _servers = Servers::beside(&node);
    let as_expected = |status: &Status, case: &Case| {
        let last = check(status, case.name).last.as_ref();
        last.is_some_and(|last| last.result.contains(case.reason))
    };
    let deadline = std::time::Instant::now() + node::LIMIT;
    let mut status = node.status();
    // Several runs of each, with the servers there.
    while std::time::Instant::now() < deadline
        && !cases
            .iter()
            .all(|case| as_expected(&status, case) && check(&status, case.name).runs >= 3)
    {
        thread::sleep(Duration::from_millis(50));
        status = node.status();
    }
    let mut wrong = String::new();
    for case in &cases {
        let found = check(&status, case.name);
        let last = found.last.as_ref().unwrap();
        println!("{}: {} ({} ms)", case.name, last.result, last.took_ms);
        let so = as_expected(&status, case)
            && found.verdict == Some(Verdict::Fail)
            && found.health == Health::Down
            && last.took_ms <= TOOK_MS_MAX
            && last.result.len() <= 500
            && last.output.len() <= 4096
            && found.runs >= 3;
        if !so {
            let _ = writeln!(wrong, "{}, not {:?}: {found:#?}", case.name, case.reason);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert_eq!(
        usize::from(150 - status.instances[0].priority.effective),
        cases.len(),
        "each counts"
    );
    let peak = memory_peak_kb(node.pid());
    println!("{peak} kB at most");
    assert!(peak < MEMORY_KB_MAX, "{peak} kB");
    let before = status.instances[0].counters["advertisement-sent"];
    node.until("it advertises", |status| {
        status.instances[0].counters["advertisement-sent"] > before + 5
    });
}

/// A pass, a warning and a failure of one page, by the limits of the file: the warning is seen, and moves nothing.
#[test]
fn the_numbers_of_nginx_have_limits() {
    let page = |limit: &str| format!("        path /nginx_status\n        {limit}");
    let cases = [
        asks("plenty", "STUB_STATUS", NGINX, &page("active_max 1000"), ""),
        asks("much", "STUB_STATUS", NGINX, &page("active_warn 290"), ""),
        asks("too_much", "STUB_STATUS", NGINX, &page("active_max 290"), ""),
    ];
    let Some(node) = Node::start(&config(&cases), &[]) else {
        return;
    };
    node.until("it answers", |_| true);
    let _servers = Servers::beside(&node);
    let status = node.until("each as it is", |status| {
        let is = |name, verdict| check(status, name).verdict == Some(verdict);
        is("plenty", Verdict::Pass) && is("much", Verdict::Degraded) && is("too_much", Verdict::Fail)
    });
    let result = |name| check(&status, name).last.as_ref().unwrap().result.clone();
    assert!(
        result("much").contains("291 active connections, more than 290"),
        "{}",
        result("much")
    );
    assert!(result("too_much").contains("291 active connections, more than 290"));
    assert!(check(&status, "much").degraded && check(&status, "much").health == Health::Up);
    node.until("only the failure counts", |status| {
        status.instances[0].priority.effective == 149
    });
    assert!(
        node.log().contains("check much is up and degraded: "),
        "{}",
        node.log()
    );
}

/// From the file to the status: a certificate that ends within 14 days is a warning that names the days.
#[cfg(feature = "tls")]
#[test]
fn a_certificate_that_ends_soon_is_degraded() {
    let place = folder();
    let made = |days: &str| {
        let (key, certificate) = (
            place.join(format!("{days}.key")),
            place.join(format!("{days}.crt")),
        );
        let mut command = Command::new("openssl");
        command.args(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=lb -days".split(' '),
        );
        command
            .arg(days)
            .arg("-keyout")
            .arg(&key)
            .arg("-out")
            .arg(&certificate);
        let made = command.stderr(Stdio::null()).status();
        made.is_ok_and(|made| made.success())
            .then_some((key, certificate))
    };
    let (Some(soon), Some(late)) = (made("5"), made("60")) else {
        eprintln!("SKIP a_certificate_that_ends_soon: openssl is not installed");
        return;
    };
    let url = "        verify off\n        url {\n            path /\n        }";
    let cases = [
        asks("page", "SSL_GET", 9443, url, ""),
        asks("greeting", "TLS_CHECK", 9443, "        verify off", ""),
        asks("late", "TLS_CHECK", 9444, "        verify off", ""),
    ];
    let Some(node) = Node::start(&config(&cases).replace("timeout 0.4", "timeout 5"), &[]) else {
        return;
    };
    node.until("it answers", |_| true);
    let serve = |port: &str, (key, certificate): &(std::path::PathBuf, std::path::PathBuf)| {
        let mut command = Command::new("nsenter");
        command.args(["-t", &node.pid().to_string(), "-n"]);
        if !is_root() {
            command.args(["-U", "--preserve-credentials"]);
        }
        command.args(["openssl", "s_server", "-quiet", "-www", "-accept", port, "-key"]);
        command.arg(key).arg("-cert").arg(certificate);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Servers(command.spawn().unwrap())
    };
    let _servers = [serve("9443", &soon), serve("9444", &late)];
    let status = node.until("each as it is", |status| {
        let is = |name, verdict| check(status, name).verdict == Some(verdict);
        is("page", Verdict::Degraded) && is("greeting", Verdict::Degraded) && is("late", Verdict::Pass)
    });
    for name in ["page", "greeting"] {
        let check = check(&status, name);
        assert!(check.degraded && check.health == Health::Up);
        let reason = &check.last.as_ref().unwrap().result;
        assert!(
            reason.contains("the certificate ends in ") && reason.contains(" days"),
            "{reason}"
        );
    }
    node.until("nothing is moved", |status| {
        status.instances[0].priority.effective == 150
    });
}
