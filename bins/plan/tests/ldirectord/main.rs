//! `ldirectord.cf` to what is balanced. Numbers and defaults are typed from the table of its directives.

mod checks;
mod properties;
mod servers;
mod services;
mod tutorial;

use keepalived_conf::{MemoryFiles, line};
use ldirectord_conf::{FewNames, Parsed, parse};
use vrrp_plan::balance::{Balance, Look, RealServer, ServerCheck};
use vrrp_plan::ldirectord::{Lowered, Settings, lower};

fn read(text: &str) -> Parsed {
    parse(&MemoryFiles::new([("l.cf", text)]), &FewNames, "l.cf")
}

/// Lowered, and in which there is nothing to complain of.
fn lowered(text: &str) -> Lowered {
    let parsed = read(text);
    let graves = parsed
        .diagnostics
        .iter()
        .filter(|found| found.severity.word() == "error");
    let graves: Vec<String> = graves.map(|found| line(found, &parsed.sources)).collect();
    assert_eq!(graves, Vec::<String>::new(), "{text}");
    let lowered = lower(&parsed.config, &parsed.sources, Settings::default());
    assert_eq!(lowered.faults, [], "{text}");
    lowered
}

fn balance(text: &str) -> Balance {
    lowered(text).balance
}

/// Of a virtual server on port 80 with one real server, and these words below it.
fn web(words: &[&str]) -> Balance {
    let below: String = words.iter().map(|word| format!("\t{word}\n")).collect();
    balance(&format!(
        "virtual=192.0.2.1:80\n\treal=192.0.2.10:80 masq\n{below}"
    ))
}

/// What cannot be carried out: the message and what to do.
fn refused(text: &str) -> (String, String) {
    let parsed = read(text);
    let lowered = lower(&parsed.config, &parsed.sources, Settings::default());
    assert_eq!(lowered.balance.servers, [], "{text}");
    assert_eq!(*lowered.balance.checks, [], "{text}");
    let found = parsed.diagnostics.into_iter().chain(lowered.faults);
    let mut found = found.filter(|found| found.severity.word() == "error");
    let first = found
        .next()
        .unwrap_or_else(|| panic!("nothing is wrong with {text}"));
    (first.message, first.help.into_owned())
}

fn only_check(balance: &Balance) -> &ServerCheck {
    let [check] = balance.checks.as_slice() else {
        panic!("{:?}", balance.checks)
    };
    check
}

fn only_look(balance: &Balance) -> &Look {
    &only_check(balance).look
}

fn followed(server: &RealServer) -> Vec<&str> {
    server
        .follows
        .iter()
        .map(|follows| follows.check.as_str())
        .collect()
}
