//! Virtual servers and their real servers.

use std::collections::HashSet;
use std::net::IpAddr;

use super::codes::{
    MASK_WITH_HOLES, PORT_KEPT, SERVER_UNCHECKED, SSL_GET, SSL_GET_VERIFIES, UNUSED_SERVER_GROUP,
    VIRTUAL_NOT_HELD,
};
use crate::Parsed;
use crate::diagnostic::Findings;
use crate::model::{
    ClientMask, Config, Origin, Question, RealServer, ServerLook, VirtualAddress, VirtualServer,
};
use crate::number;
use crate::read::servers::forwarding::keeps_port;
use crate::tree::{Item, items};

pub(super) fn file(parsed: &Parsed, out: &mut Findings) {
    let config = &parsed.config;
    let held = held(config);
    for server in &config.virtual_servers {
        if !config.instances.is_empty() {
            not_held(server, &held, out);
        }
        unchecked(server, out);
        mask(server, out);
    }
    groups(parsed, out);
    certificates(config, out);
    for item in items(&parsed.tree.nodes).filter(|item| is(item, "virtual_server")) {
        ports(item, config, out);
    }
}

fn is(item: &Item, name: &str) -> bool {
    item.keyword.is_some_and(|word| word.name == name)
}

fn held(config: &Config) -> HashSet<IpAddr> {
    let moving = config
        .instances
        .iter()
        .flat_map(|one| one.addresses.iter().chain(&one.excluded));
    let there = config.statics.addresses.iter();
    moving.chain(there).map(crate::model::Address::ip).collect()
}

/// Told once for each virtual server.
fn not_held(server: &VirtualServer, held: &HashSet<IpAddr>, out: &mut Findings) {
    let mut all = server
        .members
        .iter()
        .flat_map(|member| member.each().map(|one| (one, member.span)));
    let first = all.find_map(|(address, span)| match address {
        VirtualAddress::At { ip, .. } if !held.contains(&ip) => Some((ip, span)),
        VirtualAddress::At { .. } | VirtualAddress::Mark { .. } => None,
    });
    let Some((ip, span)) = first else { return };
    let found = VIRTUAL_NOT_HELD
        .at(span, format!("{} is balanced here, and no instance holds {ip}", server.name))
        .effect("what is sent to it reaches this node only if somebody else sees to that, and does not move with the instances, as with keepalived")
        .help("write the address that an instance holds, or add this one to its virtual_ipaddress");
    out.push(found);
}

/// Told once for each virtual server.
fn unchecked(server: &VirtualServer, out: &mut Findings) {
    let Some(real) = server.servers.iter().find(|real| real.checks.is_empty()) else {
        return;
    };
    let found = SERVER_UNCHECKED
        .at(
            real.span,
            format!("nothing checks {} of {}", name(real), server.name),
        )
        .effect("it gets its share of connections whether it lives or not, as with keepalived")
        .help("add a check, such as TCP_CHECK { }");
    out.push(found);
}

/// As everything that balances calls it.
fn name(real: &RealServer) -> String {
    match real.port {
        0 => real.ip.to_string(),
        port => std::net::SocketAddr::new(real.ip, port).to_string(),
    }
}

fn mask(server: &VirtualServer, out: &mut Findings) {
    let Some(mask) = server.persistence_granularity else {
        return;
    };
    let (ClientMask::V4(value), Some(span)) = (mask.value, mask.span()) else {
        return;
    };
    let bits = u32::from(value);
    if bits.leading_ones().saturating_add(bits.trailing_zeros()) >= 32 && bits != 0 {
        return;
    }
    let found = MASK_WITH_HOLES
        .at(span, format!("persistence_granularity is the mask {value}"))
        .effect("clients that are alike in these bits count as one, wherever they are, as with keepalived")
        .help("write a mask such as 255.255.255.0; for IPv4 it is no length of a prefix");
    out.push(found);
}

fn groups(parsed: &Parsed, out: &mut Findings) {
    let top = || items(&parsed.tree.nodes);
    let named: HashSet<Vec<u8>> = top()
        .filter(|item| is(item, "virtual_server") && item.argument().is_some_and(|word| word.is("group")))
        .filter_map(|item| Some(item.arguments().get(1)?.bytes().to_vec()))
        .collect();
    for group in top().filter(|item| is(item, "virtual_server_group")) {
        let Some(name) = group.argument().filter(|name| !named.contains(name.bytes())) else {
            continue;
        };
        let found = UNUSED_SERVER_GROUP
            .at(
                group.span,
                format!("no virtual_server is for the group {}", name.text()),
            )
            .effect("nothing is balanced by it; keepalived says nothing to it")
            .help(format!("add: virtual_server group {} {{ … }}", name.text()));
        out.push(found);
    }
}

/// Told once for a file.
fn certificates(config: &Config, out: &mut Findings) {
    let reals = config.virtual_servers.iter().flat_map(|server| &server.servers);
    let mut verified = None;
    let mut believed = None;
    for check in reals.flat_map(|real| &real.checks) {
        let ServerLook::Ask(checker) = &check.look else {
            continue;
        };
        let Question::Http(http) = &checker.question else {
            continue;
        };
        if !http.tls {
            continue;
        }
        match (http.verify.value, http.verify.origin) {
            (true, Origin::Default) => verified = verified.or(Some(check.span)),
            (true, _) => {}
            (false, _) => believed = believed.or(Some(check.span)),
        }
    }
    if let Some(span) = verified {
        let found = SSL_GET_VERIFIES
            .at(span, "SSL_GET looks at the certificate of the real server")
            .effect("one that this machine does not trust for that name takes the real server out; keepalived never looks")
            .help("write the name of the certificate as virtualhost or sni_name; to believe every certificate as keepalived does, ssl_get_verify off in global_defs, or verify off in the check");
        out.push(found);
    }
    if let Some(span) = believed {
        let found = SSL_GET
            .at(span, "SSL_GET does not look at the server's certificate")
            .effect("any server that speaks TLS passes the check, as with keepalived")
            .help("take verify off and ssl_get_verify off away, and name the certificate's name as virtualhost or sni_name");
        out.push(found);
    }
}

/// keepalived says it of real servers of one address and of marks; not of a group, and not of a sorry server.
fn ports(item: &Item, config: &Config, out: &mut Findings) {
    let Some(server) = config
        .virtual_servers
        .iter()
        .find(|server| server.span == item.span)
    else {
        return;
    };
    let port = server.members.iter().find_map(|member| match member.first {
        VirtualAddress::At { port, .. } => Some(port),
        VirtualAddress::Mark { .. } => None,
    });
    let Some(port) = port else { return };
    let other = |line: &Item| {
        let own = number::integer(line.arguments().get(1)?.bytes()).value;
        (own != 0 && own != i128::from(port)).then_some(own)
    };
    for line in item.items() {
        let keeps = match line.keyword.map(|word| word.name) {
            Some("real_server") if server.group.is_some() => {
                keeps_port(line, "lvs_method").unwrap_or(server.forwarding.value.keeps_port())
            }
            Some("sorry_server") => server
                .sorry
                .as_ref()
                .is_some_and(|sorry| sorry.forwarding.value.keeps_port()),
            _ => continue,
        };
        if let Some(own) = other(line).filter(|_| keeps) {
            let found = PORT_KEPT
                .at(
                    line.span,
                    format!("DR and TUN do not change a port: {own} has no effect"),
                )
                .effect("it gets packets for the port of the service, as with keepalived")
                .help("write that port or none, or lb_kind NAT");
            out.push(found);
        }
    }
}
