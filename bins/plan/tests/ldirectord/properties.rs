//! Whatever a file says, what is balanced can be carried out.

use std::collections::BTreeSet;

use proptest::prelude::*;
use vrrp_plan::ldirectord::{Settings, lower};

use super::read;

fn word() -> impl Strategy<Value = String> {
    let names: Vec<&str> = ldirectord_conf::directives()
        .iter()
        .map(|directive| directive.name)
        .collect();
    let values = [
        "192.0.2.1:80",
        "5",
        "192.0.2.10->192.0.2.12:80 gate 2",
        "[2001:db8::1]:80 masq",
        "yes",
        "no",
        "3",
        "off",
        "http",
        "\"a\", \"b\"",
        "connect",
        "127.0.0.1:80",
        "udp",
        "fwm",
        "\"/x y\"",
        "255.255.0.0",
        "external",
        "[2001:db8::9]:0",
        "dns",
        "mh-port",
        "imap",
        "a@b",
        "/bin/x",
    ];
    let indent = prop_oneof![Just(""), Just("\t"), Just("  ")];
    let line = (
        indent,
        prop::sample::select(names),
        prop::sample::select(values.to_vec()),
    );
    line.prop_map(|(indent, name, value)| format!("{indent}{name}={value}\n"))
}

fn file() -> impl Strategy<Value = String> {
    let section =
        (prop::bool::ANY, 0_u8..4, prop::collection::vec(word(), 0..8)).prop_map(|(six, last, words)| {
            let head = if six {
                format!("virtual6=[2001:db8::{last}]:80\n\treal6=[2001:db8::1{last}]:80 gate\n")
            } else {
                format!("virtual=192.0.2.{last}:80\n\treal=192.0.2.1{last}:80 gate\n")
            };
            head + &words.concat()
        });
    let free = prop::collection::vec(word(), 0..4).prop_map(|words| words.concat());
    (free, prop::collection::vec(section, 0..5)).prop_map(|(free, sections)| free + &sections.concat())
}

proptest! {
    #[test]
    fn invariants_of_what_is_balanced_hold(text in file()) {
        let parsed = read(&text);
        let lowered = lower(&parsed.config, &parsed.sources, Settings::default());
        let balance = lowered.balance;
        let (mut names, mut services) = (BTreeSet::new(), BTreeSet::new());
        let checks: BTreeSet<&str> = balance.checks.iter().map(|check| check.name.as_str()).collect();
        prop_assert_eq!(checks.len(), balance.checks.len());
        let mut followed = BTreeSet::new();
        for server in &balance.servers {
            prop_assert!(names.insert(server.name.clone()));
            prop_assert!(!server.servers.is_empty() || server.sorry.is_some());
            prop_assert_eq!(server.quorum, 1);
            for service in &server.services {
                prop_assert!(services.insert(service.key));
                prop_assert_eq!(service.check(), Ok(()));
                for real in &server.servers {
                    prop_assert_eq!(real.in_service(&service.key).check(&service.key), Ok(()));
                }
                if let Some(sorry) = &server.sorry {
                    prop_assert_eq!(sorry.in_service(&service.key).check(&service.key), Ok(()));
                }
            }
            let reals: BTreeSet<&str> = server.servers.iter().map(|real| real.name.as_str()).collect();
            prop_assert_eq!(reals.len(), server.servers.len());
            prop_assert!(server.sorry.iter().all(|sorry| !reals.contains(sorry.name.as_str())));
            followed.extend(server.servers.iter().flat_map(|real| real.follows.iter()).map(|follows| follows.check.as_str()));
        }
        prop_assert_eq!(followed, checks);
        prop_assert!(balance.checks.iter().all(|check| !check.interval.is_zero() && !check.timeout.is_zero()));
    }
}
