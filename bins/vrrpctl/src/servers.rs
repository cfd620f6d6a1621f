//! `vrrpctl servers`: virtual servers, who is behind them, and why one is not.

use std::io::IsTerminal;
use std::path::Path;

use clap::Args;
use vrrp_control::servers::{
    Balancing, RealServer, ServerCheck, ServerOrder, Servers, Sync, Traffic, VirtualServer,
};
use vrrp_control::{Answer, Ask, Health};

use crate::colour::Colour;
use crate::overview::{bare_table, lay_out};
use crate::{REFUSED, pretty, print, refused, words};

/// Which, and how.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// One virtual server (192.0.2.1:80, "TCP 192.0.2.1:80", "FWM 5", "group web TCP"), or those that have this real server.
    server: Option<String>,
    /// The whole answer as JSON; its fields are described with the crate vrrp-control.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(socket: &Path, arguments: &Arguments) -> u8 {
    let only = arguments.server.clone();
    match vrrp_control::ask(socket, Ask::Servers { only }) {
        Ok(Answer::Servers(servers)) if arguments.json => match pretty(&servers) {
            Ok(text) => print(&text),
            Err(error) => {
                eprintln!("vrrpctl: cannot write the answer as JSON: {error}");
                REFUSED
            }
        },
        Ok(Answer::Servers(servers)) => {
            let colour = Colour::for_stdout(std::io::stdout().is_terminal());
            print(&render(&servers, colour))
        }
        other => refused(socket, other),
    }
}

/// A line of the status.
pub(crate) fn in_short(balancing: &Balancing, colour: Colour) -> String {
    let number = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
    let mut text = words::counted(number(balancing.virtual_servers), "virtual server");
    if balancing.without_quorum > 0 {
        let lost = format!("{} WITHOUT QUORUM", balancing.without_quorum);
        text.push_str(&format!(", {}", colour.alarm(&lost)));
    }
    text.push_str(&format!(
        "; {}",
        words::counted(number(balancing.real_servers), "real server")
    ));
    if balancing.out > 0 {
        let out = format!("{} not serving", balancing.out);
        text.push_str(&format!(", {}", colour.alarm(&out)));
    }
    text.push_str(" (vrrpctl servers)");
    if balancing.left_out > 0 {
        let many = words::counted(number(balancing.left_out), "virtual server");
        let line =
            format!("{many} of the file left out, as --allow-missing lvs allows: the kernel cannot balance");
        text.push_str(&format!("\n! {}", colour.alarm(&line)));
    }
    if let Some(trouble) = &balancing.trouble {
        let line = format!(
            "the kernel's table is not as it is to be: {}",
            words::clean(trouble)
        );
        text.push_str(&format!("\n! {}", colour.alarm(&line)));
    }
    text
}

fn render(servers: &Servers, colour: Colour) -> String {
    let mut text = String::new();
    if servers.virtual_servers.is_empty() {
        text.push_str("no virtual server is balanced here\n");
    }
    for (place, one) in servers.virtual_servers.iter().enumerate() {
        if place > 0 {
            text.push('\n');
        }
        text.push_str(&virtual_server(one, colour));
    }
    if let Some(one) = &servers.sync {
        text.push_str(&format!("\n{}\n", sync(one)));
    }
    let kernel = &servers.kernel;
    for trouble in &kernel.troubles {
        let line = format!(
            "the kernel's table is not as it is to be: {}",
            words::clean(trouble)
        );
        text.push_str(&format!("\n! {}\n", colour.alarm(&line)));
    }
    if kernel.repairs > 0 {
        let times = usize::try_from(kernel.repairs).unwrap_or(usize::MAX);
        text.push_str(&format!(
            "\n! somebody else has changed the kernel's table; put right: {}\n",
            words::counted(times, "change")
        ));
    }
    if !kernel.foreign.is_empty() {
        let names: Vec<String> = kernel.foreign.iter().map(|name| words::clean(name)).collect();
        text.push_str(&format!(
            "\nnot balanced by vrrpd, left alone: {}\n",
            names.join(", ")
        ));
    }
    colour.paint(&text)
}

fn sync(sync: &Sync) -> String {
    let follows = sync.instance.as_ref().map_or_else(String::new, |name| {
        format!(", as {} is Active or Backup", words::clean(name))
    });
    let trouble = sync.trouble.as_ref();
    let trouble = trouble.map_or_else(String::new, |why| {
        format!("; not as it is to be: {}", words::clean(why))
    });
    format!(
        "connections are synchronised on {} (id {}): {}{follows}{trouble}",
        words::clean(&sync.interface),
        sync.id,
        words::clean(&sync.role),
    )
}

fn virtual_server(one: &VirtualServer, colour: Colour) -> String {
    let mut text = format!("{}: {}", words::clean(&one.name), words::clean(&one.scheduler));
    if let Some(seconds) = one.persistence_s {
        text.push_str(&format!(
            ", clients stay {}",
            words::span(u64::from(seconds) * 1000)
        ));
    }
    let quorum = if one.quorum {
        format!(
            ", quorum: weight {} lives, {} needed",
            one.living_weight, one.quorum_weight
        )
    } else {
        let lost = format!(
            "QUORUM LOST: weight {} lives, {} needed",
            one.living_weight, one.quorum_weight
        );
        format!(", {}", colour.alarm(&lost))
    };
    text.push_str(&quorum);
    if one.suspended {
        text.push_str("; its checks rest, the address is elsewhere");
    }
    text.push('\n');
    if one.services.len() > 1 {
        let names: Vec<String> = one.services.iter().map(|one| words::clean(&one.name)).collect();
        text.push_str(&format!("services: {}\n", names.join(", ")));
    }
    for service in one.services.iter().filter(|service| service.traffic.is_none()) {
        let line = format!("the kernel does not have {}", words::clean(&service.name));
        text.push_str(&format!("! {}\n", colour.alarm(&line)));
    }
    text.push_str(&table(&one.servers, colour));
    text
}

fn table(servers: &[RealServer], colour: Colour) -> String {
    let mut table = bare_table(&[
        "SERVER", "FORWARD", "WEIGHT", "ACTIVE", "INACTIVE", "CONN/S", "BYTES/S", "WHY",
    ]);
    for server in servers {
        let traffic = server.traffic.clone().unwrap_or_default();
        let octets = octets_per_second(&traffic);
        let weight = match server.weight {
            Some(0) if server.is_sorry => "0".to_owned(),
            None if server.is_sorry => "out".to_owned(),
            Some(0) => colour.alarm("0"),
            Some(weight) => weight.to_string(),
            None => colour.alarm("out"),
        };
        table.add_row([
            words::clean(&server.name),
            words::clean(&server.forwarding),
            weight,
            server.active_connections.to_string(),
            server.inactive_connections.to_string(),
            traffic.connections_per_second.to_string(),
            octets.to_string(),
            why(server),
        ]);
    }
    lay_out(&mut table)
}

const fn octets_per_second(traffic: &Traffic) -> u64 {
    traffic
        .octets_in_per_second
        .saturating_add(traffic.octets_out_per_second)
}

fn why(server: &RealServer) -> String {
    let mut text = words::clean(&server.because);
    // One that rests has nothing to say.
    let failing = |check: &&ServerCheck| {
        check.last.is_some() && (check.unable || check.health == Health::Down || check.against > 0)
    };
    let found: Vec<String> = server.checks.iter().filter(failing).map(finding).collect();
    if !found.is_empty() {
        text.push_str(&format!(": {}", found.join("; ")));
    }
    match server.order {
        Some(ServerOrder::Weight(weight)) => {
            text.push_str(&format!(
                "; an operator has set weight {weight}, the file says {}",
                server.file_weight
            ));
        }
        Some(ServerOrder::Drain | ServerOrder::Enable) | None => {}
    }
    text
}

fn finding(check: &ServerCheck) -> String {
    let said = check.last.as_ref().map_or_else(String::new, words::run);
    if check.unable {
        let known = match check.health {
            Health::Up => "it was up",
            Health::Down => "it was down",
            Health::Unknown => "nothing was known yet",
        };
        return format!("cannot be looked at from here just now: {said}; {known}, and that counts");
    }
    match check.health {
        Health::Down => format!("{said}, down for {}", words::span(check.since_ms)),
        Health::Up | Health::Unknown => {
            format!("{said} ({} in a row)", words::counted_failures(check.against))
        }
    }
}

#[cfg(test)]
mod tests {
    use vrrp_control::Run;
    use vrrp_control::servers::Service;

    use super::*;

    fn check(health: Health, result: &str) -> ServerCheck {
        ServerCheck {
            name: "TCP 192.0.2.1:80 192.0.2.11:80 TCP_CHECK".to_owned(),
            health,
            against: 0,
            last: Some(Run {
                ended_unix_ms: 1,
                took_ms: 2,
                succeeded: health == Health::Up,
                result: result.to_owned(),
                output: String::new(),
            }),
            unable: false,
            since_ms: 12_000,
        }
    }

    #[test]
    fn what_cannot_be_looked_at_says_so_and_what_counts() {
        let mut one = server("192.0.2.10:80", Some(1), "its checks pass");
        one.checks = vec![ServerCheck {
            unable: true,
            ..check(Health::Up, "192.0.2.10:80: Too many open files (os error 24)")
        }];
        assert_eq!(
            why(&one),
            "its checks pass: cannot be looked at from here just now: 192.0.2.10:80: Too many open files (os error 24) after 2 ms; it was up, and that counts"
        );
    }

    fn server(name: &str, weight: Option<u32>, because: &str) -> RealServer {
        RealServer {
            name: name.to_owned(),
            forwarding: "route".to_owned(),
            weight,
            file_weight: 1,
            because: because.to_owned(),
            ..RealServer::default()
        }
    }

    #[test]
    fn a_server_that_is_out_says_why_and_for_how_long() {
        let mut dead = server("192.0.2.11:80", None, "check 'x' is down");
        dead.checks = vec![check(Health::Down, "connection refused\u{1b}[31m")];
        let mut drained = server("192.0.2.12:80", Some(0), "an operator has drained it");
        drained.order = Some(ServerOrder::Drain);
        let mut well = server("192.0.2.10:80", Some(1), "its checks pass");
        well.active_connections = 12;
        well.traffic = Some(Traffic {
            connections_per_second: 4,
            octets_in_per_second: 100,
            octets_out_per_second: 20,
            ..Traffic::default()
        });
        let servers = Servers {
            virtual_servers: vec![VirtualServer {
                name: "TCP 192.0.2.1:80".to_owned(),
                scheduler: "rr".to_owned(),
                services: vec![Service {
                    name: "TCP 192.0.2.1:80".to_owned(),
                    traffic: Some(Traffic::default()),
                }],
                quorum: true,
                quorum_weight: 1,
                living_weight: 1,
                servers: vec![well, dead, drained],
                ..VirtualServer::default()
            }],
            ..Servers::default()
        };
        let text = render(&servers, Colour::Off);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "TCP 192.0.2.1:80: rr, quorum: weight 1 lives, 1 needed");
        let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(
            words(lines[2]),
            "192.0.2.10:80 route 1 12 0 4 120 its checks pass"
        );
        assert_eq!(
            words(lines[3]),
            "192.0.2.11:80 route out 0 0 0 0 check 'x' is down: connection refused?[31m after 2 ms, down for 12 s"
        );
        assert_eq!(
            words(lines[4]),
            "192.0.2.12:80 route 0 0 0 0 0 an operator has drained it"
        );
    }

    #[test]
    fn the_status_has_a_line_of_it() {
        let mut balancing = Balancing {
            virtual_servers: 1,
            real_servers: 2,
            ..Balancing::default()
        };
        let line = |balancing: &Balancing| in_short(balancing, Colour::Off);
        assert_eq!(
            line(&balancing),
            "1 virtual server; 2 real servers (vrrpctl servers)"
        );
        balancing.left_out = 3;
        assert!(
            line(&balancing).ends_with(
                "\n! 3 virtual servers of the file left out, as --allow-missing lvs allows: the kernel cannot balance"
            ),
            "{}",
            line(&balancing)
        );
        balancing.left_out = 0;
        balancing.without_quorum = 1;
        balancing.out = 2;
        balancing.trouble = Some("no scheduler".to_owned());
        assert_eq!(
            line(&balancing),
            "1 virtual server, 1 WITHOUT QUORUM; 2 real servers, 2 not serving (vrrpctl servers)\n! the kernel's table is not as it is to be: no scheduler"
        );
    }

    #[test]
    fn what_is_wrong_stands_out() {
        let servers = Servers {
            virtual_servers: vec![VirtualServer {
                name: "FWM 5".to_owned(),
                scheduler: "wlc".to_owned(),
                services: vec![Service {
                    name: "FWM 5".to_owned(),
                    traffic: None,
                }],
                quorum_weight: 2,
                ..VirtualServer::default()
            }],
            kernel: vrrp_control::servers::Kernel {
                troubles: vec!["no scheduler 'xx'".to_owned()],
                foreign: vec!["TCP 192.0.2.9:80".to_owned()],
                commands: 7,
                repairs: 2,
            },
            sync: Some(Sync {
                interface: "eth0".to_owned(),
                id: 5,
                instance: Some("VI_1".to_owned()),
                role: "master".to_owned(),
                trouble: None,
            }),
        };
        let text = render(&servers, Colour::Off);
        for line in [
            "FWM 5: wlc, QUORUM LOST: weight 0 lives, 2 needed\n",
            "! the kernel does not have FWM 5\n",
            "connections are synchronised on eth0 (id 5): master, as VI_1 is Active or Backup\n",
            "! the kernel's table is not as it is to be: no scheduler 'xx'\n",
            "! somebody else has changed the kernel's table; put right: 2 changes\n",
            "not balanced by vrrpd, left alone: TCP 192.0.2.9:80\n",
        ] {
            assert!(text.contains(line), "{line:?} in {text}");
        }
        assert_eq!(
            render(&Servers::default(), Colour::Off),
            "no virtual server is balanced here\n"
        );
    }
}
