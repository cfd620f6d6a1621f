//! What stands, as it is told to whoever asks.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::SystemTime;

use healthcheck::{Because, Health, Placement, Verdict};
use vrrp_control::servers::{
    Balancing, Kernel, RealServer, ServerCheck, ServerOrder, Servers as Shown, Service, Sync, Traffic,
    VirtualServer,
};
use vrrp_control::{Answer, Problem, ProblemKind};
use vrrp_director::{CheckStatus, Counters, ServerStatus, Snapshot, VirtualServerStatus, Word};
use vrrp_ipvs::{DestinationStatus, Forwarding, Statistics, SyncRole};
use vrrp_plan::Plan;
use vrrp_plan::balance::{Place, VirtualServer as Planned};

use super::{Servers, which};
use crate::node::ms;
use crate::status::run;
use crate::words;

impl Servers {
    /// All that there is to know; `None` where nothing is balanced. With a name only that virtual server, or those that have
    /// that real server.
    pub(crate) async fn shown(&self, plan: &Plan, only: Option<&str>) -> Option<Shown> {
        let director = self.director()?;
        // Without counters all else is shown.
        let counters = director.counters().await.ok();
        let snapshot = director.snapshot();
        let shown = shown(plan, &snapshot, counters.as_ref(), only);
        let mut services = shown.virtual_servers.iter().flat_map(|one| &one.services);
        if counters.is_some() && services.any(|service| service.traffic.is_none()) {
            // Somebody else has taken it out: that is put right now.
            director.read();
        }
        Some(shown)
    }

    /// The answer to who asks for them.
    pub(crate) async fn answer(&self, plan: &Plan, only: Option<&str>) -> Answer {
        let shown = self.shown(plan, only).await.unwrap_or_default();
        match only {
            Some(name) if shown.virtual_servers.is_empty() => Answer::Error(Problem {
                kind: ProblemKind::NoSuchServer,
                message: which::unknown(&plan.balance, name),
            }),
            _ => Answer::Servers(Box::new(shown)),
        }
    }

    /// In short, with how many the file has that are left out.
    pub(crate) fn in_short(&self, left_out: usize) -> Option<Balancing> {
        let left_out = u64::try_from(left_out).unwrap_or(u64::MAX);
        let Some(director) = self.director() else {
            return (left_out > 0).then(|| Balancing {
                left_out,
                ..Balancing::default()
            });
        };
        let snapshot = director.snapshot();
        let all = || snapshot.virtual_servers.iter();
        let servers = all().flat_map(|one| &one.servers);
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        Some(Balancing {
            virtual_servers: count(all().count()),
            without_quorum: count(all().filter(|one| !one.has_quorum).count()),
            real_servers: count(servers.clone().count()),
            out: count(servers.filter(|one| matches!(one.weight, None | Some(0))).count()),
            trouble: snapshot.kernel.troubles.first().cloned(),
            left_out,
        })
    }
}

fn shown(plan: &Plan, snapshot: &Snapshot, counters: Option<&Counters>, only: Option<&str>) -> Shown {
    let planned: BTreeMap<&str, &Planned> = plan
        .balance
        .servers
        .iter()
        .map(|one| (one.name.as_str(), one.as_ref()))
        .collect();
    let checks: BTreeMap<&str, &CheckStatus> = snapshot.checks.iter().map(|one| (&*one.name, one)).collect();
    let one = |status: &VirtualServerStatus| {
        let planned = planned.get(&*status.name)?;
        if !only.is_none_or(|name| which::is_meant(planned, name)) {
            return None;
        }
        let mut shown = virtual_server(status, planned, &checks, counters);
        shown.suspended = snapshot.suspended.contains(&*status.name);
        Some(shown)
    };
    let kernel = &snapshot.kernel;
    Shown {
        virtual_servers: snapshot.virtual_servers.iter().filter_map(one).collect(),
        sync: plan.balance.sync.as_ref().map(|wanted| Sync {
            interface: wanted.daemon.interface.to_string(),
            id: wanted.daemon.sync_id,
            instance: wanted.instance.clone(),
            role: roles(kernel.daemons.iter().map(|daemon| daemon.role)),
            trouble: None,
        }),
        kernel: Kernel {
            troubles: kernel.troubles.clone(),
            foreign: kernel.foreign.iter().map(ToString::to_string).collect(),
            commands: kernel.commands,
            repairs: kernel.repairs,
        },
    }
}

fn roles(running: impl Iterator<Item = SyncRole>) -> String {
    let running: Vec<SyncRole> = running.collect();
    let is = |role| running.contains(&role);
    match (is(SyncRole::Master), is(SyncRole::Backup)) {
        (true, true) => "master and backup",
        (true, false) => "master",
        (false, true) => "backup",
        (false, false) => "none",
    }
    .to_owned()
}

fn virtual_server(
    status: &VirtualServerStatus,
    planned: &Planned,
    checks: &BTreeMap<&str, &CheckStatus>,
    counters: Option<&Counters>,
) -> VirtualServer {
    let first = status.services.first();
    let found = destinations(status, counters);
    let of_kernel = |server: &ServerStatus| {
        let key = server.destination.key;
        found.get(&if status.services.len() > 1 {
            (key.address, 0)
        } else {
            (key.address, key.port)
        })
    };
    let planned_servers = planned.servers.iter();
    let places: BTreeMap<&str, &Place> = planned_servers
        .map(|one| (one.name.as_str(), &one.place))
        .collect();
    let one = |server: &ServerStatus| {
        let mut shown = real_server(server, checks, of_kernel(server));
        if let Some(place) = places.get(&*server.name) {
            shown.place = place.to_string();
        }
        shown
    };
    let mut servers: Vec<RealServer> = status.servers.iter().map(one).collect();
    servers.extend(status.sorry.as_ref().map(|sorry| {
        RealServer {
            is_sorry: true,
            place: planned
                .sorry
                .as_ref()
                .map_or_else(String::new, |one| one.place.to_string()),
            ..one(sorry)
        }
    }));
    VirtualServer {
        name: status.name.to_string(),
        place: planned.place.to_string(),
        services: status
            .services
            .iter()
            .map(|service| Service {
                name: service.key.to_string(),
                traffic: counters
                    .and_then(|counters| counters.service(&service.key))
                    .map(|counters| traffic(&counters.statistics)),
            })
            .collect(),
        scheduler: first.map_or_else(String::new, |service| service.scheduler.to_string()),
        persistence_s: first.and_then(|service| Some(service.persistence.as_ref()?.timeout_seconds)),
        quorum: status.has_quorum,
        quorum_weight: status.quorum,
        living_weight: status.living_weight,
        suspended: false,
        servers,
    }
}

/// What the kernel has of the servers of a virtual server, over all of its services: by address and port; by address alone where
/// there are several services, each of which may have a port of its own.
fn destinations(
    status: &VirtualServerStatus,
    counters: Option<&Counters>,
) -> BTreeMap<(IpAddr, u16), Vec<DestinationStatus>> {
    let several = status.services.len() > 1;
    let mut all: BTreeMap<_, Vec<DestinationStatus>> = BTreeMap::new();
    let services = status.services.iter();
    let found = services.filter_map(|service| counters?.service(&service.key));
    for one in found.flat_map(|counters| &counters.destinations) {
        let key = one.destination.key;
        let port = if several { 0 } else { key.port };
        all.entry((key.address, port)).or_default().push(*one);
    }
    all
}

fn real_server(
    server: &ServerStatus,
    checks: &BTreeMap<&str, &CheckStatus>,
    kernel: Option<&Vec<DestinationStatus>>,
) -> RealServer {
    let kernel = kernel.map_or(&[][..], Vec::as_slice);
    let follows = server.follows.iter();
    let checked = follows.filter_map(|(name, _)| checks.get(&**name));
    let mut sum = Statistics::default();
    for one in kernel {
        add(&mut sum, &one.statistics);
    }
    RealServer {
        name: server.name.to_string(),
        place: String::new(),
        forwarding: forwarding(server.destination.forwarding).to_owned(),
        is_sorry: false,
        weight: server.weight,
        file_weight: server.destination.weight,
        because: because(server),
        order: order(server.word),
        checks: checked.map(|check| one_check(check)).collect(),
        active_connections: kernel.iter().map(|one| u64::from(one.active_connections)).sum(),
        inactive_connections: kernel.iter().map(|one| u64::from(one.inactive_connections)).sum(),
        traffic: (!kernel.is_empty()).then(|| traffic(&sum)),
    }
}

/// A server may be in though nothing has looked at it.
fn because(server: &ServerStatus) -> String {
    let is_known = |health: &Health| *health != Health::Unknown;
    match server.because {
        Because::Well if server.follows.is_empty() => "no check is asked for".to_owned(),
        Because::Well if !server.follows.iter().any(|(_, health)| is_known(health)) => {
            "none of its checks has given a result yet".to_owned()
        }
        _ => server.because.to_string(),
    }
}

fn order(word: Word) -> Option<ServerOrder> {
    match (word.placement, word.weight) {
        (Placement::Drained | Placement::Out, _) => Some(ServerOrder::Drain),
        (_, Some(weight)) => Some(ServerOrder::Weight(weight)),
        (Placement::Judged | Placement::In, None) => None,
    }
}

fn one_check(check: &CheckStatus) -> ServerCheck {
    let now = SystemTime::now();
    ServerCheck {
        name: check.name.to_string(),
        health: match check.health {
            Health::Value(_) => vrrp_control::Health::Up,
            health => words::health(health),
        },
        against: check.failing,
        last: check.last.as_ref().map(|(at, outcome)| run(*at, outcome, now)),
        unable: (check.last.as_ref()).is_some_and(|(_, outcome)| outcome.verdict == Verdict::Unable),
        since_ms: check.since.map_or(0, |since| ms(since.elapsed())),
    }
}

/// As `ipvsadm -ln` has it.
const fn forwarding(forwarding: Forwarding) -> &'static str {
    match forwarding {
        Forwarding::Masquerade => "masq",
        Forwarding::Direct => "route",
        Forwarding::Tunnel(_) => "tunnel",
        Forwarding::Local => "local",
        Forwarding::Bypass => "bypass",
    }
}

fn add(sum: &mut Statistics, more: &Statistics) {
    sum.connections = sum.connections.saturating_add(more.connections);
    sum.packets_in = sum.packets_in.saturating_add(more.packets_in);
    sum.packets_out = sum.packets_out.saturating_add(more.packets_out);
    sum.octets_in = sum.octets_in.saturating_add(more.octets_in);
    sum.octets_out = sum.octets_out.saturating_add(more.octets_out);
    let rates = [
        (&mut sum.connections_per_second, more.connections_per_second),
        (&mut sum.octets_in_per_second, more.octets_in_per_second),
        (&mut sum.octets_out_per_second, more.octets_out_per_second),
    ];
    for (rate, more) in rates {
        *rate = rate.saturating_add(more);
    }
}

const fn traffic(counted: &Statistics) -> Traffic {
    Traffic {
        connections: counted.connections,
        packets_in: counted.packets_in,
        packets_out: counted.packets_out,
        octets_in: counted.octets_in,
        octets_out: counted.octets_out,
        connections_per_second: counted.connections_per_second,
        octets_in_per_second: counted.octets_in_per_second,
        octets_out_per_second: counted.octets_out_per_second,
    }
}
