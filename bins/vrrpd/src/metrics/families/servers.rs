//! Virtual servers and the real servers behind them.

use vrrp_control::servers::{RealServer, Servers, Traffic, VirtualServer};

use super::{Each, Facts, Family, Value};

const BY_VIRTUAL_SERVER: &[&str] = &["virtual_server"];
const BY_SERVER: &[&str] = &["virtual_server", "server"];

fn each_virtual(facts: &Facts<'_>, each: Each<'_>, of: impl Fn(&VirtualServer) -> Value) {
    for one in facts.servers.iter().flat_map(|servers| &servers.virtual_servers) {
        each(&[&one.name], of(one));
    }
}

fn each_server(facts: &Facts<'_>, each: Each<'_>, of: impl Fn(&RealServer) -> Option<Value>) {
    for one in facts.servers.iter().flat_map(|servers| &servers.virtual_servers) {
        for server in &one.servers {
            if let Some(value) = of(server) {
                each(&[&one.name, &server.name], value);
            }
        }
    }
}

/// Of what passes through a server, where the kernel has it.
fn traffic(facts: &Facts<'_>, each: Each<'_>, of: impl Fn(&Traffic) -> u64) {
    each_server(facts, each, |server| {
        server.traffic.as_ref().map(|traffic| of(traffic).into())
    });
}

fn kernel(facts: &Facts<'_>, each: Each<'_>, of: impl Fn(&Servers) -> Value) {
    if let Some(servers) = facts.servers {
        each(&[], of(servers));
    }
}

pub(super) const FAMILIES: &[Family] = &[
    Family::gauge(
        "vrrpd_virtual_server_quorum",
        BY_VIRTUAL_SERVER,
        "1 while enough weight of its real servers lives.",
        |facts, each| each_virtual(facts, each, |one| one.quorum.into()),
    ),
    Family::gauge(
        "vrrpd_virtual_server_living_weight",
        BY_VIRTUAL_SERVER,
        "How much weight lives.",
        |facts, each| each_virtual(facts, each, |one| one.living_weight.into()),
    ),
    Family::gauge(
        "vrrpd_real_server_up",
        BY_SERVER,
        "1 while it gets new connections; the sorry server, which is to be out, is not told.",
        |facts, each| {
            each_server(facts, each, |server| {
                (!server.is_sorry).then(|| server.serves().into())
            });
        },
    ),
    Family::gauge(
        "vrrpd_real_server_weight",
        BY_SERVER,
        "Its weight in the kernel's table; none where it is not in it.",
        |facts, each| {
            each_server(facts, each, |server| {
                server.weight.map(|weight| u64::from(weight).into())
            });
        },
    ),
    Family::gauge(
        "vrrpd_real_server_active_connections",
        BY_SERVER,
        "Established connections.",
        |facts, each| each_server(facts, each, |server| Some(server.active_connections.into())),
    ),
    Family::gauge(
        "vrrpd_real_server_inactive_connections",
        BY_SERVER,
        "Connections in any other state.",
        |facts, each| each_server(facts, each, |server| Some(server.inactive_connections.into())),
    ),
    Family::counter(
        "vrrpd_real_server_connections",
        BY_SERVER,
        "Connections since it is in the kernel's table.",
        |facts, each| traffic(facts, each, |traffic| traffic.connections),
    ),
    Family::counter(
        "vrrpd_real_server_in_bytes",
        BY_SERVER,
        "Octets that went to it.",
        |facts, each| traffic(facts, each, |traffic| traffic.octets_in),
    ),
    Family::counter(
        "vrrpd_real_server_out_bytes",
        BY_SERVER,
        "Octets that it answered; none where answers do not pass here (direct routing, tunnels).",
        |facts, each| traffic(facts, each, |traffic| traffic.octets_out),
    ),
    Family::gauge(
        "vrrpd_ipvs_in_step",
        &[],
        "1 while the kernel's table of virtual servers is as it is to be.",
        |facts, each| kernel(facts, each, |servers| servers.kernel.troubles.is_empty().into()),
    ),
    Family::counter(
        "vrrpd_ipvs_changes",
        &[],
        "Changes of it that the kernel has taken.",
        |facts, each| kernel(facts, each, |servers| servers.kernel.commands.into()),
    ),
    Family::counter(
        "vrrpd_ipvs_repairs",
        &[],
        "Entries of it that somebody else had changed, and that were put right.",
        |facts, each| kernel(facts, each, |servers| servers.kernel.repairs.into()),
    ),
];
