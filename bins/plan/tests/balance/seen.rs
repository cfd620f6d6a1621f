//! Beside what keepalived 2.2.7 was seen to put into a kernel's table (`ipvsadm -Sn`, Linux 6.1) for the same text, right after its
//! start and before any check.

use std::fmt::Write as _;

use vrrp_ipvs::{Checksum, Forwarding, Granularity, SchedulerFlags, Service, ServiceKey, Tunnel};
use vrrp_plan::balance::{Balance, RealServer};

use super::balance;

fn key(key: &ServiceKey) -> String {
    match key {
        ServiceKey::Address {
            protocol,
            address,
            port,
        } => {
            let option = match protocol.to_string().as_str() {
                "TCP" => "-t",
                "UDP" => "-u",
                _ => "--sctp-service",
            };
            format!("{option} {}", std::net::SocketAddr::new(*address, *port))
        }
        ServiceKey::Mark { mark, family } => match family {
            vrrp_ipvs::Family::V4 => format!("-f {mark}"),
            vrrp_ipvs::Family::V6 => format!("-f {mark} -6"),
        },
    }
}

fn service(service: &Service) -> String {
    let mut line = format!("-A {} -s {}", key(&service.key), service.scheduler);
    let flags = service.scheduler_flags;
    let named = service.scheduler.as_str();
    let words = [
        (SchedulerFlags::FIRST, "fallback"),
        (SchedulerFlags::SECOND, "port"),
    ];
    let set: Vec<_> = words
        .into_iter()
        .filter(|(flag, _)| flags.has(*flag))
        .map(|(_, word)| format!("{named}-{word}"))
        .collect();
    if !set.is_empty() {
        let _ = write!(line, " -b {}", set.join(","));
    }
    if let Some(persistence) = &service.persistence {
        let _ = write!(line, " -p {}", persistence.timeout_seconds);
        match persistence.granularity {
            each if each == Granularity::each(service.key.family()) => {}
            Granularity::V4(mask) => _ = write!(line, " -M {mask}"),
            Granularity::V6(bits) => _ = write!(line, " -M {bits}"),
        }
    }
    line
}

fn destination(real: &RealServer, of: &ServiceKey) -> String {
    let one = real.in_service(of);
    let (method, tunnel) = match one.forwarding {
        Forwarding::Direct => ("-g", String::new()),
        Forwarding::Tunnel(Tunnel::Ipip) => ("-i", " --tun-type ipip".to_owned()),
        Forwarding::Tunnel(Tunnel::Gue { port, checksum }) => {
            let sum = match checksum {
                Checksum::Remote => " --tun-remcsum",
                Checksum::Full => " --tun-csum",
                _ => "",
            };
            ("-i", format!(" --tun-type gue --tun-port {port}{sum}"))
        }
        Forwarding::Tunnel(_) => ("-i", " --tun-type gre".to_owned()),
        _ => ("-m", String::new()),
    };
    format!("-a {} -r {} {method} -w {}{tunnel}", key(of), one.key, one.weight)
}

/// As `ipvsadm -Sn` prints it, sorted: real servers with `alpha` are not in yet.
pub(crate) fn table(balance: &Balance) -> Vec<String> {
    let mut lines = Vec::new();
    for server in &balance.servers {
        for one in &server.services {
            lines.push(service(one));
            let begins = server
                .servers
                .iter()
                .filter(|real| real.follows.iter().all(|follows| !follows.alpha));
            lines.extend(begins.map(|real| destination(real, &one.key)));
        }
    }
    lines.sort();
    lines
}

fn sorted(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = text.lines().map(|line| line.trim().to_owned()).collect();
    lines.sort();
    lines
}

/// Numbers with something stuck to them, lines that count for nothing, words in every order.
#[test]
fn numbers_and_defaults() {
    let text = include_str!("seen/numbers.conf");
    assert_eq!(
        table(&balance(text)),
        sorted(include_str!("seen/numbers.table").trim())
    );
}

/// Groups, marks, tunnels, masks and flags.
#[test]
fn groups_marks_and_tunnels() {
    let text = include_str!("seen/groups.conf");
    let mut theirs = sorted(include_str!("seen/groups.table").trim());
    // Two virtual servers are for the group, TCP and UDP, and a mark is neither: keepalived puts the real servers of both into it.
    theirs.retain(|line| {
        !matches!(
            line.as_str(),
            "-a -f 8 -r 10.0.0.5:90 -m -w 1" | "-a -f 9 -r 10.0.0.5:90 -m -w 1"
        )
    });
    assert_eq!(table(&balance(text)), theirs);
}
