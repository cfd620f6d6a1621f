//! Each way by which packets get to the real servers, seen by a client: in turn, from nobody else.

use std::net::IpAddr;
use std::time::Duration;

use vrrp_lab::LabError;
use vrrp_lab::daemon::Daemon;
use vrrp_lab::private::run;
use vrrp_lab::virtual_servers::{Director, Forwarding, Service, Site, Visit, text, visits};

use crate::report::Report;

/// Where a client asks, and how the packets go on.
struct Way {
    name: &'static str,
    address: &'static str,
    port: u16,
    forwarding: Forwarding,
    /// Packets to the address are marked so, and the mark is balanced.
    mark: Option<u32>,
}

const fn way(name: &'static str, address: &'static str, port: u16, forwarding: Forwarding) -> Way {
    Way {
        name,
        address,
        port,
        forwarding,
        mark: None,
    }
}

const WAYS: [Way; 12] = [
    way("NAT", "198.51.100.100", 8080, Forwarding::Nat),
    way("NAT, IPv6", "2001:db8:1::100", 8080, Forwarding::Nat),
    way("DR", "172.25.44.144", 80, Forwarding::Dr),
    way("DR, IPv6", "2001:db8:44::144", 80, Forwarding::Dr),
    way("TUN (ipip)", "172.25.44.145", 80, Forwarding::Tun),
    way("TUN, IPv6", "2001:db8:44::145", 80, Forwarding::Tun),
    way("TUN (gre)", "172.25.44.147", 80, Forwarding::Gre),
    way("TUN (gre), IPv6", "2001:db8:44::147", 80, Forwarding::Gre),
    way("TUN (gue)", "172.25.44.148", 80, Forwarding::Gue),
    way("TUN (gue), IPv6", "2001:db8:44::148", 80, Forwarding::Gue),
    Way {
        mark: Some(7),
        ..way("fwmark", "172.25.44.146", 80, Forwarding::Dr)
    },
    Way {
        mark: Some(8),
        ..way("fwmark, IPv6", "2001:db8:44::146", 80, Forwarding::Dr)
    },
];

/// Who unwraps UDP is asked for each of them.
const FAMILIES: [&str; 2] = ["-4", "-6"];

impl Way {
    fn address(&self) -> IpAddr {
        self.address.parse().unwrap()
    }

    fn service(&self, site: &Site) -> Service {
        let six = self.address().is_ipv6();
        let servers = site
            .servers
            .each_ref()
            .map(|server| (if six { server.address_6 } else { server.address }, 80));
        let name = self.mark.map_or_else(
            || format!("{} {}", self.address, self.port),
            |mark| format!("fwmark {mark}"),
        );
        let mut service = Service::new(&name, &servers);
        service.forwarding = self.forwarding;
        if self.mark.is_some() && six {
            service.lines.push("ip_family inet6".to_owned());
        }
        service
    }

    /// Without a packet filter: the traffic control of the card does it.
    fn mark(&self, site: &Site) -> Result<(), LabError> {
        let Some(mark) = self.mark else { return Ok(()) };
        let (protocol, word) = if self.address().is_ipv6() {
            ("ipv6", "dst_ip")
        } else {
            ("ip", "dst_ip")
        };
        let mark = mark.to_string();
        let tc = |words: &[&str]| {
            let front = ["netns", "exec", site.directors[0].name(), "tc"];
            run("ip", front.iter().chain(words)).map(drop)
        };
        // The second mark, and the second daemon, find it there.
        let _ = tc(&["qdisc", "add", "dev", "eth0", "ingress"]);
        tc(&[
            "filter",
            "add",
            "dev",
            "eth0",
            "parent",
            "ffff:",
            "protocol",
            protocol,
            "prio",
            &mark,
            "flower",
            word,
            self.address,
            "action",
            "skbedit",
            "mark",
            &mark,
        ])
    }
}

/// One after the other, both of them.
fn in_turn(visits: &[Visit]) -> Result<String, LabError> {
    let names: Vec<&str> = visits.iter().flatten().map(String::as_str).collect();
    let alternate = names.windows(2).all(|pair| pair[0] != pair[1]);
    let known = names.iter().all(|name| ["rs1", "rs2"].contains(name));
    if names.len() == visits.len() && alternate && known {
        return Ok("in turn".to_owned());
    }
    Err(LabError::Other(format!("not in turn: {visits:?}")))
}

/// Each real server takes what comes in the way of each; the ways that it can take.
fn prepared(site: &Site) -> Result<Vec<&'static Way>, LabError> {
    // They are not loaded by themselves; where there are none, there are none.
    let _ = run("modprobe", ["-a", "fou", "fou6"]);
    let mut can_unwrap_udp = true;
    for server in &site.servers {
        let of = |forwarding| {
            let ways = WAYS.iter().filter(move |way| way.forwarding == forwarding);
            ways.map(|way| way.address)
        };
        let ways: [(&[&str], Forwarding); 4] = [
            (&[], Forwarding::Dr),
            (&["--tunnel"], Forwarding::Tun),
            // What comes out of the UDP packet is what ipip sends.
            (&["--tunnel"], Forwarding::Gue),
            (&["--tunnel", "gre"], Forwarding::Gre),
        ];
        for (how, forwarding) in ways {
            let words: Vec<&str> = ["prepare"]
                .iter()
                .chain(how)
                .chain(&["--address"])
                .copied()
                .chain(of(forwarding))
                .collect();
            server.realserver(&words)?;
        }
        server.realserver(&["status"])?;
        for family in FAMILIES {
            let added = server.node.ip(&[family, "fou", "add", "port", "6080", "gue"]);
            can_unwrap_udp &= added.is_ok();
        }
    }
    let can = |way: &&Way| can_unwrap_udp || way.forwarding != Forwarding::Gue;
    Ok(WAYS.iter().filter(can).collect())
}

pub(crate) fn each_way(site: &mut Site, daemon: Daemon, report: &mut Report) -> Result<(), LabError> {
    let director = site.directors[0].clone();
    for way in &WAYS {
        site.hold(&director, way.address())?;
        way.mark(site)?;
    }
    let before = site.servers.each_ref().map(|server| everything(&server.node));
    let ways = prepared(site)?;
    for way in WAYS
        .iter()
        .filter(|way| !ways.iter().any(|one| one.name == way.name))
    {
        let why = "not tried: this kernel has no fou";
        report.row(way.name, daemon, Ok(why.to_owned()));
    }
    let services: Vec<Service> = ways.iter().map(|way| way.service(site)).collect();
    let balanced = Director::start(daemon, &director, &text(&services))?;
    balanced.until(
        "all services have both servers",
        Duration::from_secs(20),
        |table| table.len() == ways.len() && table.iter().all(|entry| entry.serving() == 2),
    )?;
    for way in &ways {
        let seen = visits(&site.client, way.address(), way.port, 6)?;
        let outcome = in_turn(&seen).map_err(|error| balanced.explain(&error.to_string()));
        report.row(way.name, daemon, outcome);
    }
    report.row(
        "a stop takes everything out",
        daemon,
        balanced.stop().map(|()| "yes".to_owned()),
    );
    for way in &WAYS {
        site.release(&director, way.address())?;
    }
    for server in &site.servers {
        server.realserver(&["undo"])?;
        for family in FAMILIES {
            // Where it could be made.
            let _ = server.node.ip(&[family, "fou", "del", "port", "6080"]);
        }
    }
    let after = site.servers.each_ref().map(|server| everything(&server.node));
    if before != after {
        return Err(LabError::Other(format!(
            "undo has not given back what was: {before:#?} {after:#?}"
        )));
    }
    Ok(())
}

/// Addresses and settings of a real server; tunnel devices come with their modules and stay, down.
fn everything(node: &vrrp_lab::topology::Node) -> Vec<String> {
    let addresses = node.ip(&["-o", "address"]).unwrap_or_default();
    let settings = node.within(|| {
        ["arp_ignore", "arp_announce", "rp_filter"].map(|word| {
            let path = format!("/proc/sys/net/ipv4/conf/all/{word}");
            format!("{word} {}", std::fs::read_to_string(path).unwrap_or_default())
        })
    });
    addresses
        .lines()
        .map(str::to_owned)
        .chain(settings.unwrap())
        .collect()
}
