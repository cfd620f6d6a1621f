//! What no virtual server shows by itself: services that two of them have, real servers that are one for the kernel, and
//! families that no real server can serve.

use std::collections::{BTreeSet, HashMap};

use crate::diagnostic::{Diagnostic, Findings};
use crate::model::{
    Config, Family, LvsSync, RealServer, Sourced, Transport, VirtualAddress, VirtualMember, VirtualServer,
};
use crate::source::Span;
use crate::tree::{Item, Tree, items};

/// A service of the kernel. A mark has no protocol.
type Key = (Option<Transport>, VirtualAddress);

/// `persistence_timeout` of a service for every port, in seconds.
const PERSISTENCE_S: u32 = 360;
/// Each service has its own entry in the kernel for each real server. More of them take gigabytes here and there, and minutes to
/// put in; what keepalived's release notes are proud of is 37,205.
const ENTRIES_MAX: u64 = 1_048_576;

pub(super) fn complete(servers: Vec<VirtualServer>, findings: &mut Findings) -> Vec<VirtualServer> {
    let mut taken: HashMap<Key, (String, Span)> = HashMap::new();
    let mut names = BTreeSet::new();
    let mut kept = Vec::new();
    let mut entries_left = ENTRIES_MAX;
    for mut server in servers {
        disjoint(&mut server, &mut taken, findings);
        if server.members.is_empty() {
            continue;
        }
        if !families(&mut server, findings) {
            give_back(&server, &mut taken);
            continue;
        }
        one_destination_each(&mut server, findings);
        sorry_by_itself(&mut server, findings);
        if !fits(&server, &mut entries_left, findings) {
            give_back(&server, &mut taken);
            continue;
        }
        let every = |member: &VirtualMember| matches!(member.first, VirtualAddress::At { port: 0, .. });
        if server.persistence_timeout.is_none() && server.members.iter().any(every) {
            server.persistence_timeout = Some(Sourced::implied(PERSISTENCE_S, "port 0"));
        }
        limits(&mut server);
        // One group twice with one protocol has no member left; whatever else, a name is there once.
        if names.insert(server.name.clone()) {
            kept.push(server);
        }
    }
    kept
}

/// What one that is left out does not carry out others may.
fn give_back(server: &VirtualServer, taken: &mut HashMap<Key, (String, Span)>) {
    for address in server.members.iter().flat_map(VirtualMember::each) {
        taken.remove(&key(address, server.protocol.value));
    }
}

fn key(address: VirtualAddress, protocol: Transport) -> Key {
    let marked = matches!(address, VirtualAddress::Mark { .. });
    ((!marked).then_some(protocol), address)
}

/// Leaves out what a virtual server above has already.
fn disjoint(server: &mut VirtualServer, taken: &mut HashMap<Key, (String, Span)>, findings: &mut Findings) {
    let protocol = server.protocol.value;
    let mut members: Vec<VirtualMember> = Vec::new();
    let mut told = None;
    for member in &server.members {
        let mut run: Option<VirtualMember> = None;
        for address in member.each() {
            let key = key(address, protocol);
            if let Some((other, span)) = taken.get(&key) {
                told = told.or_else(|| Some((member.span, address, other.clone(), *span)));
                members.extend(run.take());
                continue;
            }
            taken.insert(key, (server.name.clone(), member.span));
            match &mut run {
                Some(run) => run.count = run.count.saturating_add(1),
                None => {
                    run = Some(VirtualMember {
                        first: address,
                        count: 1,
                        span: member.span,
                    });
                }
            }
        }
        members.extend(run);
    }
    if let Some((span, address, other, first)) = told {
        let text = format!("{} is in {other} already", shown(address));
        let effect = if members.is_empty() {
            "the virtual server is left out: the first one counts; keepalived puts the real servers of both into one service"
        } else {
            "it is left out here: the first one counts; keepalived puts the real servers of both into one service"
        };
        findings.push(
            Diagnostic::error("virtual-server-twice", span, text)
                .silent()
                .effect(effect)
                .label(first, "the first one")
                .help("put all real servers into one block, or remove one of the two"),
        );
    }
    server.members = members;
}

fn shown(address: VirtualAddress) -> String {
    match address {
        VirtualAddress::At { ip, port } => std::net::SocketAddr::new(ip, port).to_string(),
        VirtualAddress::Mark { mark, .. } => format!("fwmark {mark}"),
    }
}

/// A packet reaches a real server of the other family through a tunnel alone. False where nothing is left.
fn families(server: &mut VirtualServer, findings: &mut Findings) -> bool {
    let mut all = server.members.iter().map(|member| member.first.family());
    let Some(family) = all.next() else { return false };
    let plain = |real: &RealServer| !real.forwarding.value.is_tunnel();
    if all.any(|other| other != family) {
        if !server.servers.iter().any(plain) {
            return true;
        }
        let text = format!("{} has addresses of IPv4 and of IPv6", server.name);
        findings.push(
            Diagnostic::error("virtual-server-families", server.span, text)
                .silent()
                .effect("the virtual server is left out, as by keepalived: a real server can answer one of them only, but for TUN")
                .help("make one virtual_server_group of each family"),
        );
        return false;
    }
    server.servers.retain(|real| {
        let fits = Family::of(real.ip) == family || !plain(real);
        if !fits {
            findings.push(
                Diagnostic::error(
                    "real-server",
                    real.span,
                    "the real server is of another family than the virtual server",
                )
                .silent()
                .effect("the real server is left out: the kernel refuses it")
                .help("use an address of the same family, or lvs_method TUN"),
            );
        }
        fits
    });
    let plain_sorry = |family| {
        move |sorry: &crate::model::SorryServer| {
            Family::of(sorry.ip) != family && !sorry.forwarding.value.is_tunnel()
        }
    };
    if server.sorry.as_ref().is_some_and(plain_sorry(family)) {
        server.sorry = None;
    }
    if server.servers.is_empty() {
        let text = format!("{} has no real server that can be used", server.name);
        findings.push(
            Diagnostic::error("virtual-server", server.span, text)
                .silent()
                .effect("the virtual server is left out")
                .help("add a real_server of the same family"),
        );
    }
    !server.servers.is_empty()
}

/// The ports of the services; 0 behind marks.
fn ports(server: &VirtualServer) -> BTreeSet<u16> {
    let port = |member: &VirtualMember| match member.first {
        VirtualAddress::At { port, .. } => port,
        VirtualAddress::Mark { .. } => 0,
    };
    server.members.iter().map(port).collect()
}

/// What the kernel finds a real server by in a service for this port.
const fn port_in(service: u16, keeps: bool, own: u16) -> u16 {
    if keeps || own == 0 { service } else { own }
}

fn one_destination_each(server: &mut VirtualServer, findings: &mut Findings) {
    let ports = ports(server);
    let mut seen = BTreeSet::new();
    server.servers.retain(|real| {
        let keeps = real.forwarding.value.keeps_port();
        let keys = ports.iter().map(|port| (*port, real.ip, port_in(*port, keeps, real.port)));
        let keys: Vec<_> = keys.collect();
        let again = keys.iter().any(|key| seen.contains(key));
        if again {
            let text = "for the kernel this real server is there already";
            findings.push(
                Diagnostic::error("real-server", real.span, text)
                    .silent()
                    .effect("it is left out here: the first one counts; with keepalived the kernel refuses it, and one that fails takes both out")
                    .help("remove one of the two"),
            );
        } else {
            seen.extend(keys);
        }
        !again
    });
}

fn sorry_by_itself(server: &mut VirtualServer, findings: &mut Findings) {
    let Some(sorry) = &server.sorry else { return };
    let keeps = sorry.forwarding.value.keeps_port();
    let same = |real: &RealServer| {
        real.ip == sorry.ip
            && ports(server).iter().any(|port| {
                let real_port = port_in(*port, real.forwarding.value.keeps_port(), real.port);
                real_port == port_in(*port, keeps, sorry.port)
            })
    };
    if let Some(real) = server.servers.iter().find(|real| same(real)) {
        findings.push(
            Diagnostic::error(
                "sorry-is-real",
                sorry.span,
                "the sorry server is one of the real servers",
            )
            .silent()
            .effect("there is no sorry server; with keepalived it would serve whatever its checks say")
            .label(real.span, "the real server")
            .help("name another server, or remove the line"),
        );
        server.sorry = None;
    }
}

/// Whether the kernel's table has room for it beside those above.
fn fits(server: &VirtualServer, entries_left: &mut u64, findings: &mut Findings) -> bool {
    let services: u64 = server.members.iter().map(|member| u64::from(member.count)).sum();
    let reals = u64::try_from(server.servers.len()).unwrap_or(u64::MAX);
    let entries = services.saturating_mul(reals);
    if let Some(left) = entries_left.checked_sub(entries) {
        *entries_left = left;
        return true;
    }
    let text = format!(
        "{} is {services} services of the kernel with {reals} real servers each, {entries} entries in all; {ENTRIES_MAX} are carried out in a file, and {entries_left} of them are left here",
        server.name
    );
    findings.push(
        Diagnostic::error("virtual-server", server.span, text)
            .silent()
            .effect("the virtual server is left out; keepalived asks the kernel for all of them")
            .help("mark the packets by a packet filter, and write fwmark N: that is one service for all addresses"),
    );
    false
}

/// The quorum is at most what is there, the hysteresis below it, as keepalived cuts them.
fn limits(server: &mut VirtualServer) {
    let weights = server.servers.iter().map(|real| real.weight.value);
    let most = weights.fold(0, u32::saturating_add).max(1);
    server.quorum = server.quorum.map(|quorum| quorum.clamp(1, most));
    let below = server.quorum.value.saturating_sub(1);
    server.hysteresis = server.hysteresis.map(|value| value.min(below));
    let address = |member: &VirtualMember| matches!(member.first, VirtualAddress::At { .. });
    if server.ha_suspend.value && !server.members.iter().any(address) {
        server.ha_suspend = Sourced::implied(false, "a mark is no address");
    }
}

/// `lvs_sync_daemon` and its old place; an instance that is not there has no role to follow.
pub(super) fn sync_daemon(config: &mut Config, tree: &Tree, findings: &mut Findings) {
    let lvs = &mut config.global.lvs;
    lvs.sync_daemon = lvs.sync_daemon.take().or_else(|| old_place(tree));
    let Some(sync) = &lvs.sync_daemon else { return };
    let Some(name) = &sync.value.instance else { return };
    let known = config.instances.iter().any(|one| one.name == *name);
    if let (false, Some(span)) = (known, sync.span()) {
        let text = format!("lvs_sync_daemon follows {name}, and there is no such instance");
        findings.push(
            Diagnostic::error("unknown-name", span, text)
                .silent()
                .effect("no connections are synchronised")
                .help("correct the name, or leave it out: then both directions run"),
        );
        lvs.sync_daemon = None;
    }
}

fn old_place(tree: &Tree) -> Option<Sourced<LvsSync>> {
    let named = |item: &Item, name: &str| item.keyword.is_some_and(|word| word.name == name);
    let instances = items(&tree.nodes).filter(|item| named(item, "vrrp_instance"));
    instances
        .flat_map(|instance| instance.items().map(move |line| (instance, line)))
        .find_map(|(instance, line)| {
            let interface = line
                .argument()
                .filter(|_| named(line, "lvs_sync_daemon_interface"))?;
            let sync = LvsSync {
                interface: interface.text(),
                instance: Some(instance.argument()?.text()),
                id: None,
                maxlen: None,
                port: None,
                ttl: None,
                group: None,
            };
            Some(Sourced::line(sync, line.span))
        })
}
