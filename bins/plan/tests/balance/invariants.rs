//! Whatever a file says, what comes of it can be asked of a kernel.

use std::collections::BTreeSet;

use proptest::prelude::*;
use vrrp_plan::balance::{Balance, Look};

use super::{lowered, parsed};

/// Every promise of [`Balance`].
pub(crate) fn hold(balance: &Balance) {
    let mut names = BTreeSet::new();
    let mut keys = BTreeSet::new();
    let mut checks = BTreeSet::new();
    for check in balance.checks.iter() {
        assert!(checks.insert(check.name.as_str()), "{} twice", check.name);
        assert!(
            !check.interval.is_zero() && !check.timeout.is_zero(),
            "{check:#?}"
        );
        if let Look::Run { command, .. } = &check.look {
            assert!(!command.words.is_empty());
        }
    }
    for server in &balance.servers {
        assert!(names.insert(server.name.as_str()), "{} twice", server.name);
        assert!(
            !server.services.is_empty() && !server.servers.is_empty(),
            "{server:#?}"
        );
        assert!(
            server.quorum >= 1 && server.hysteresis < server.quorum,
            "{server:#?}"
        );
        let mut reals = BTreeSet::new();
        for real in &server.servers {
            assert!(
                reals.insert(real.name.as_str()),
                "{} twice in {}",
                real.name,
                server.name
            );
            for follows in &real.follows {
                assert!(
                    checks.contains(follows.check.as_str()),
                    "{} is no check",
                    follows.check
                );
            }
        }
        if let Some(sorry) = &server.sorry {
            assert!(!reals.contains(sorry.name.as_str()), "{}", sorry.name);
        }
        for service in &server.services {
            assert!(keys.insert(service.key), "{} twice", service.key);
            service.check().unwrap();
            let mut destinations = BTreeSet::new();
            let all = server.servers.iter().map(|real| real.in_service(&service.key));
            for destination in all.chain(server.sorry.iter().map(|sorry| sorry.in_service(&service.key))) {
                destination.check(&service.key).unwrap();
                assert!(
                    destinations.insert(destination.key),
                    "{} twice in {}",
                    destination.key,
                    service.key
                );
            }
        }
    }
}

fn line(words: &'static [&'static str]) -> impl Strategy<Value = String> {
    let values = [
        "",
        "0",
        "1",
        "2",
        "80",
        "5x",
        "x",
        "-3",
        "NAT",
        "DR",
        "TUN",
        "TUN type gue port 6080",
        "TCP",
        "udp",
        "inet6",
        "10.0.0.2 80",
        "10.0.0.2",
        "fe80::2 80",
        "10.0.0.9 81",
        "sh",
        "mh",
        "255.255.0.0",
        "64",
        "/bin/true",
        "on",
        "off",
    ];
    (prop::sample::select(words), prop::sample::select(values.to_vec()))
        .prop_map(|(word, value)| format!("{word} {value}\n"))
}

fn lines(words: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::collection::vec(line(words), 0..5).prop_map(|lines| lines.concat())
}

const SERVER: &[&str] = &[
    "lb_algo",
    "lb_kind",
    "protocol",
    "persistence_timeout",
    "persistence_granularity",
    "sorry_server",
    "sorry_server_lvs_method",
    "quorum",
    "hysteresis",
    "weight",
    "ops",
    "sh-port",
    "ha_suspend",
    "ip_family",
    "delay_loop",
    "connect_timeout",
    "retry",
    "alpha",
];
const REAL: &[&str] = &[
    "weight",
    "lvs_method",
    "uthreshold",
    "lthreshold",
    "retry",
    "notify_up",
    "delay_loop",
];
const CHECK: &[&str] = &[
    "connect_port",
    "connect_timeout",
    "retry",
    "delay_loop",
    "misc_path",
    "warmup",
    "misc_timeout",
];

fn real_server() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec![
        "10.0.0.2",
        "10.0.0.2 80",
        "10.0.0.3 81",
        "fe80::2 80",
        "fe80::2",
        "x",
    ]);
    let kind = prop::sample::select(vec![
        "TCP_CHECK",
        "MISC_CHECK",
        "DNS_CHECK",
        "PING_CHECK",
        "HTTP_GET",
        "UDP_CHECK",
    ]);
    let checks = prop::collection::vec((kind, lines(CHECK)), 0..3);
    (name, lines(REAL), checks).prop_map(|(name, lines, checks)| {
        let checks = checks
            .into_iter()
            .map(|(kind, lines)| format!("{kind} {{\n{lines}url {{\npath /\n}}\n}}\n"));
        format!("real_server {name} {{\n{lines}{}}}\n", checks.collect::<String>())
    })
}

fn virtual_server() -> impl Strategy<Value = String> {
    let head = prop::sample::select(vec![
        "192.0.2.1 80",
        "192.0.2.1",
        "192.0.2.2 80",
        "fe80::1 80",
        "fwmark 1",
        "fwmark 0",
        "group G",
        "group H",
        "group X",
        "x",
    ]);
    (head, lines(SERVER), prop::collection::vec(real_server(), 0..4))
        .prop_map(|(head, lines, real)| format!("virtual_server {head} {{\n{lines}{}}}\n", real.concat()))
}

fn group() -> impl Strategy<Value = String> {
    let line = prop::sample::select(vec![
        "192.0.2.1 80\n",
        "192.0.2.0-5 80\n",
        "192.0.2.8/30 81\n",
        "fe80::1-3 80\n",
        "fwmark 1\n",
        "fwmark 2 inet6\n",
        "fwmark 0\n",
        "x\n",
        "192.0.2.9\n",
    ]);
    let name = prop::sample::select(vec!["G", "H"]);
    (name, prop::collection::vec(line, 0..4))
        .prop_map(|(name, lines)| format!("virtual_server_group {name} {{\n{}}}\n", lines.concat()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_file_asks_for_what_a_kernel_can_do(
        groups in prop::collection::vec(group(), 0..3),
        servers in prop::collection::vec(virtual_server(), 0..4),
    ) {
        let text = groups.concat() + &servers.concat();
        hold(&lowered(&parsed(text)).plan.balance);
    }
}

/// Real files from public repositories, which are not part of the project.
#[test]
fn real_files_ask_for_what_a_kernel_can_do() {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared");
    let shared = std::env::var("SHARED").unwrap_or_else(|_| beside.to_owned());
    let folder = std::path::Path::new(&shared).join("corpus/keepalived");
    let Ok(files) = std::fs::read_dir(&folder) else {
        println!("SKIP vrrp_plan_corpus: nothing at {}", folder.display());
        return;
    };
    let mut servers = 0;
    for file in files.map(|file| file.unwrap().path()) {
        if file.extension().is_none_or(|kind| kind != "conf") {
            continue;
        }
        let text = std::fs::read(&file).unwrap();
        let balance = lowered(&parsed(text)).plan.balance;
        hold(&balance);
        servers += balance.servers.len();
    }
    println!("{servers} virtual servers");
    assert!(servers > 90, "{servers}");
}
