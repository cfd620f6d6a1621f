//! The kernel's IPVS itself, with real sockets behind it. These tests run where IPVS is to be had: in a network namespace of their
//! own on this machine, as root or as root of a user namespace; else by the command that `VRRP_IPVS_RUNNER` names, which runs
//! another as root under a kernel with `ip_vs` (a virtual machine's, whose root is this one's). Else they are skipped.
//!
//! One process tests all, because a virtual machine takes its time: the tests are ignored ones, and `under_a_kernel` calls this
//! program again for them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test says by a panic what is wrong"
)]

#[path = "../model/balances.rs"]
mod balances;

mod many;
mod stories;
mod traffic;

use std::io::Write as _;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use vrrp_director::{Event, Handle, Options, start};
use vrrp_ipvs::{Client, ServiceKey};
use vrrp_plan::balance::Balance;

/// Skipping is said alone on a line, and in the file that collects it.
fn skip(name: &str, reason: &str) {
    println!("SKIP {name}: {reason}");
    if let Some(path) = std::env::var_os("VRRP_SKIP_LOG") {
        let file = std::fs::File::options().create(true).append(true).open(path);
        file.and_then(|mut file| writeln!(file, "SKIP {name}: {reason}"))
            .ok();
    }
}

/// This program with these words in front, for the ignored tests whose names hold `filter`.
fn again(wrapper: &[&str], filter: &[&str]) -> std::process::Output {
    let program = std::env::current_exe().unwrap();
    let program = program.to_str().expect("a path of UTF-8");
    let words = [
        wrapper,
        &[program, "--ignored", "--test-threads=1", "--nocapture"],
        filter,
    ]
    .concat();
    Command::new(words[0]).args(&words[1..]).output().unwrap()
}

#[test]
fn under_a_kernel() {
    let runner = std::env::var("VRRP_IPVS_RUNNER").unwrap_or_default();
    let runner: Vec<&str> = runner.split_whitespace().collect();
    let here: [&[&str]; 2] = [
        &["unshare", "--net"],
        &["unshare", "--user", "--map-root-user", "--net"],
    ];
    let found = here.into_iter().find(|wrapper| {
        let probe = ["--exact", "ipvs_is_there"];
        Command::new("unshare").arg("--version").output().is_ok() && again(wrapper, &probe).status.success()
    });
    let wrapper = match found {
        Some(wrapper) => wrapper,
        None if runner.is_empty() => {
            let why = match Client::open().and_then(|mut client| client.info()) {
                Ok(_) => "no network namespace of its own can be had".to_owned(),
                Err(error) => error.to_string(),
            };
            return skip(
                "director_under_a_kernel",
                &format!("{why}; VRRP_IPVS_RUNNER names no command that has one"),
            );
        }
        None => &runner,
    };
    let output = again(wrapper, &[]);
    let said = String::from_utf8_lossy(&output.stdout);
    println!("{wrapper:?}\n{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}", output.status);
    // A runner that runs nothing has tested nothing.
    assert!(said.contains("test stories::"), "the tests did not run");
}

#[test]
#[ignore = "under_a_kernel asks by it what a kernel can do"]
fn ipvs_is_there() {
    Client::open().unwrap().info().unwrap();
}

const LIMIT: Duration = Duration::from_secs(60);
const SERVICE: &str = "192.0.2.1:80";

/// An empty table, and the addresses that the tests use.
fn empty() -> Client {
    let mut client = Client::open().unwrap();
    client.flush().unwrap();
    for daemon in client.daemons().unwrap() {
        client.stop_daemon(daemon.role).unwrap();
    }
    for words in [
        "link set lo up",
        "addr replace 192.0.2.1/32 dev lo",
        "addr replace 198.51.100.1/32 dev lo",
    ] {
        let status = Command::new("ip").args(words.split(' ')).status().unwrap();
        assert!(status.success(), "{words}");
    }
    client
}

#[derive(Debug, Clone, Default)]
struct Told(Arc<Mutex<Vec<Event>>>);

impl Told {
    fn all(&self) -> Vec<Event> {
        self.0.lock().unwrap().clone()
    }
}

fn begin(balance: Balance) -> (Handle, Told) {
    let told = Told::default();
    let events = Arc::clone(&told.0);
    let handle = start(
        Client::open().unwrap(),
        balance,
        Options::default(),
        move |event| {
            events.lock().unwrap().push(event);
        },
    );
    (handle.unwrap(), told)
}

fn weights(client: &mut Client, service: &ServiceKey) -> Vec<(String, u32)> {
    let table = client.table().unwrap();
    let server = table.get(service);
    let destinations = server.map(|server| server.destinations().clone());
    let each = destinations.unwrap_or_default().into_values();
    each.map(|destination| (destination.key.to_string(), destination.weight))
        .collect()
}

fn are(pairs: &[(&str, u32)]) -> Vec<(String, u32)> {
    pairs
        .iter()
        .map(|(name, weight)| ((*name).to_owned(), *weight))
        .collect()
}

/// Waits until the deciding value says so, and the kernel has been asked for it.
async fn until(handle: &Handle, is_so: impl Fn(&Handle) -> bool) {
    let mut revision = handle.watch();
    let waiting = async {
        while !is_so(handle) {
            revision.changed().await.unwrap();
        }
        handle.settled().await;
    };
    let waited = tokio::time::timeout(LIMIT, waiting).await;
    assert!(waited.is_ok(), "it did not come to be: {:#?}", handle.snapshot());
}
