//! One virtual server.

use std::collections::BTreeSet;

use keepalived_conf::Family;
use ldirectord_conf::{
    CheckType, Fallback, Forwarding, Listens, Netmask, Protocol, Real, Scheduling, Virtual,
};
use vrrp_core::Weight;
use vrrp_ipvs::{
    Destination, DestinationKey, Granularity, Name, Persistence, SchedulerFlags, Service, ServiceKey, Tunnel,
};

use super::{CannotBe, Lowering, command};
use crate::balance::{Follows, RealServer, Sorry, VirtualServer};

impl Lowering<'_> {
    pub(super) fn server(&mut self, read: &Virtual) -> Result<VirtualServer, CannotBe> {
        let key = key(read);
        let service = service(read, key).map_err(|message| CannotBe {
            code: "kernel-refuses",
            span: read.span,
            message,
            help: "correct what is named".to_owned(),
        })?;
        let mut servers = Vec::new();
        for real in &read.reals {
            servers.push(self.real(read, real)?);
        }
        let taken: BTreeSet<String> = servers.iter().map(|server| server.name.clone()).collect();
        // While nothing is checked by order, no fallback serves either.
        let off = read.check.kind.value == CheckType::Off;
        let fallback_command = (read.fallback_command.as_ref())
            .filter(|_| !off)
            .map(|line| command(&line.value, []));
        let sorry = read.fallback.as_ref().filter(|_| !off).map(|fallback| Sorry {
            name: address(fallback.value.address, fallback.value.port),
            place: self.place(fallback.span().unwrap_or(read.span)),
            destination: fallback_destination(&fallback.value),
            inhibit: false,
        });
        if let Some(sorry) = sorry.as_ref().filter(|sorry| taken.contains(&sorry.name)) {
            return Err(CannotBe {
                code: "fallback-is-real",
                span: read.fallback.as_ref().and_then(|f| f.span()).unwrap_or(read.span),
                message: format!("the fallback {} is a real server too", sorry.name),
                help: "take it out of one of both".to_owned(),
            });
        }
        if servers.is_empty() && sorry.is_none() {
            return Err(CannotBe {
                code: "no-real",
                span: read.span,
                message:
                    "nobody can serve: there is no real server, and checktype off takes the fallback out"
                        .to_owned(),
                help: "take this virtual server out, or write another checktype".to_owned(),
            });
        }
        Ok(VirtualServer {
            name: key.to_string(),
            place: self.place(read.span),
            group: None,
            services: vec![service],
            servers,
            sorry,
            quorum: 1,
            hysteresis: 0,
            quorum_up: None,
            quorum_down: None,
            fallback_command,
            omega: false,
            ha_suspend: false,
            mail: false,
            begins_as_found: true,
            tells_first: false,
        })
    }

    fn real(&mut self, read: &Virtual, real: &Real) -> Result<RealServer, CannotBe> {
        let follows = self.checks(read, real)?;
        let gate = |check| Follows {
            check,
            weight: Weight::Gate { reverse: false },
            alpha: false,
        };
        let destination = Destination {
            key: DestinationKey {
                address: real.address,
                port: real.port,
            },
            forwarding: forwarding(real.forwarding),
            weight: real.weight.value,
            upper_connections: real.upper_connections.value,
            lower_connections: real.lower_connections.value,
        };
        Ok(RealServer {
            name: address(real.address, real.port),
            place: self.place(real.span),
            destination,
            inhibit: read.quiescent.value,
            follows: follows.into_iter().map(gate).collect(),
            notify_up: None,
            notify_down: None,
            // Who is told of it is told as `Duties::alerts` has it, and not those of keepalived.conf.
            mail: false,
        })
    }
}

fn address(ip: std::net::IpAddr, port: u16) -> String {
    std::net::SocketAddr::new(ip, port).to_string()
}

fn key(read: &Virtual) -> ServiceKey {
    match read.listens {
        Listens::Mark(mark) => ServiceKey::Mark {
            mark,
            family: match read.family {
                Family::Ipv4 => vrrp_ipvs::Family::V4,
                Family::Ipv6 => vrrp_ipvs::Family::V6,
            },
        },
        Listens::At(address, port) => ServiceKey::Address {
            protocol: match read.protocol.value {
                Protocol::Udp => vrrp_ipvs::Protocol::Udp,
                Protocol::Tcp | Protocol::Mark => vrrp_ipvs::Protocol::Tcp,
            },
            address,
            port,
        },
    }
}

fn service(read: &Virtual, key: ServiceKey) -> Result<Service, String> {
    let Scheduling {
        scheduler,
        flags,
        persistent,
        netmask,
        one_packet,
    } = &read.scheduling;
    let scheduler = Name::new(&scheduler.value).map_err(|error| error.to_string())?;
    let mut service = Service::new(key, scheduler);
    service.one_packet = one_packet.value;
    for flag in flags {
        service.scheduler_flags = service.scheduler_flags.and(flag_of(&flag.value));
    }
    service.persistence = persistent.as_ref().map(|seconds| {
        let mut persistence = Persistence::of_each(key.family(), seconds.value);
        persistence.granularity = match netmask.as_ref().map(|mask| mask.value) {
            None => persistence.granularity,
            Some(Netmask::V4(mask)) => Granularity::V4(mask),
            Some(Netmask::V6(bits)) => Granularity::V6(bits),
        };
        persistence
    });
    service.check().map_err(|fault| fault.to_string())?;
    Ok(service)
}

fn flag_of(word: &str) -> SchedulerFlags {
    match word {
        "flag-1" | "sh-fallback" | "mh-fallback" => SchedulerFlags::FIRST,
        "flag-2" | "sh-port" | "mh-port" => SchedulerFlags::SECOND,
        "flag-3" => SchedulerFlags::THIRD,
        _ => SchedulerFlags::NONE,
    }
}

fn fallback_destination(fallback: &Fallback) -> Destination {
    let key = DestinationKey {
        address: fallback.address,
        port: fallback.port,
    };
    Destination::new(key, forwarding(fallback.forwarding), 1)
}

const fn forwarding(written: Forwarding) -> vrrp_ipvs::Forwarding {
    match written {
        Forwarding::Gate => vrrp_ipvs::Forwarding::Direct,
        Forwarding::Masq => vrrp_ipvs::Forwarding::Masquerade,
        Forwarding::Ipip => vrrp_ipvs::Forwarding::Tunnel(Tunnel::Ipip),
    }
}
