//! Virtual servers of keepalived.conf as they are asked for: numbers by hand, from keepalived's manual and from what its
//! release 2.2.7 does to a kernel.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod checks;
mod invariants;
mod seen;
mod services;
mod tutorial;

use std::time::Duration;

use keepalived_conf::{MemoryFiles, Parsed, parse};
use vrrp_plan::balance::{Balance, ServerCheck, VirtualServer};
use vrrp_plan::{Allowed, Host, Lowered, lower};

fn parsed(text: impl Into<Vec<u8>>) -> Parsed {
    parse(&MemoryFiles::new([("k.conf", text.into())]), "k.conf")
}

fn lowered(parsed: &Parsed) -> Lowered {
    lower(
        &parsed.config,
        &parsed.sources,
        &Allowed::default(),
        &Host::default(),
    )
}

fn balance(text: &str) -> Balance {
    lowered(&parsed(text)).plan.balance
}

/// The only virtual server of a file.
fn only(text: &str) -> VirtualServer {
    let balance = balance(text);
    let [server] = &balance.servers[..] else {
        panic!("{balance:#?}")
    };
    server.as_ref().clone()
}

/// `virtual_server 192.0.2.1 80` by NAT with these lines, and one real server with those.
fn server(lines: &str, real: &str) -> String {
    format!(
        "virtual_server 192.0.2.1 80 {{\nlb_algo rr\nlb_kind NAT\nprotocol TCP\n{lines}\nreal_server 10.0.0.2 8080 {{\n{real}\n}}\n}}\n"
    )
}

/// The only check of a file.
fn check(lines: &str, real: &str) -> ServerCheck {
    let balance = balance(&server(lines, real));
    let [check] = &balance.checks[..] else {
        panic!("{balance:#?}")
    };
    check.clone()
}

const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Codes of what is to be said, without those of words that only have no effect.
fn codes(text: &str) -> Vec<&'static str> {
    let parsed = parsed(text);
    let all = parsed.diagnostics.iter().map(|found| found.code);
    all.filter(|code| !matches!(*code, "no-effect" | "missing"))
        .collect()
}
