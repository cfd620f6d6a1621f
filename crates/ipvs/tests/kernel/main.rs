//! A real kernel, and ipvsadm beside us. These tests run where IPVS is to be had: in a network namespace of their own on
//! this machine, as root or as root of a user namespace; else by the command that `VRRP_IPVS_RUNNER` names, which runs
//! another as root under a kernel with `ip_vs` (a virtual machine's, whose root is this one's). Else they are skipped.
//!
//! One process tests all, because a virtual machine takes its time: the tests are ignored ones, and `under_a_kernel`
//! calls this program again for them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test says by a panic what is wrong"
)]

#[path = "../strategies/mod.rs"]
mod strategies;

mod daemons;
mod destinations;
mod differences;
mod ipvsadm;
mod refusals;
mod services;
mod traffic;
mod whole;

use std::io::Write as _;
use std::net::SocketAddr;
use std::process::Command;
use vrrp_ipvs::{Client, Error, Name, Reason, Service, ServiceKey};

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
                "ipvs_under_a_kernel",
                &format!("{why}; VRRP_IPVS_RUNNER names no command that has one"),
            );
        }
        None => &runner,
    };
    if Command::new("ipvsadm").arg("--help").output().is_err() {
        return skip(
            "ipvs_under_a_kernel",
            "no ipvsadm to stand beside (Debian's package of that name)",
        );
    }
    let output = again(wrapper, &[]);
    let said = String::from_utf8_lossy(&output.stdout);
    println!("{wrapper:?}\n{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}", output.status);
    // A runner that runs nothing has tested nothing.
    assert!(
        said.contains("test services::every_kind"),
        "the tests did not run"
    );
}

/// Here and now: where there is no IPVS that is said with the module's name, and nothing else is.
#[test]
fn a_kernel_without_ipvs_is_told_by_the_modules_name() {
    match Client::open() {
        Ok(_) => skip("ipvs_missing", "this kernel has IPVS"),
        Err(error) => {
            assert!(matches!(error, Error::NoIpvs), "{error}");
            assert!(
                error
                    .to_string()
                    .contains("the module ip_vs is neither loaded nor built in")
            );
        }
    }
}

#[test]
#[ignore = "under_a_kernel asks by it what a kernel can do"]
fn ipvs_is_there() {
    Client::open().unwrap().info().unwrap();
}

/// An empty table.
fn empty() -> Client {
    let mut client = Client::open().unwrap();
    client.flush().unwrap();
    assert_eq!(client.services().unwrap(), []);
    client
}

fn at(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn tcp(text: &str, scheduler: &str) -> Service {
    Service::new(ServiceKey::tcp(at(text)), name(scheduler))
}

/// Why it was refused.
fn reason<T: std::fmt::Debug>(result: Result<T, Error>) -> Reason {
    result.unwrap_err().reason().expect("the kernel to refuse")
}
