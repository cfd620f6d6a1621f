//! What the kernel is asked for.

use keepalived_conf::{ClientMask, Transport, VirtualAddress, VirtualServer};
use vrrp_ipvs::{Family, Granularity, Name, Persistence, Protocol, SchedulerFlags, Service, ServiceKey};

/// One for each address.
pub(super) fn services(server: &VirtualServer) -> Vec<Service> {
    let Ok(scheduler) = Name::new(&server.scheduler.value) else {
        return Vec::new();
    };
    let all = server
        .members
        .iter()
        .flat_map(keepalived_conf::VirtualMember::each);
    all.map(|address| {
        let key = key(address, server.protocol.value);
        Service {
            scheduler_flags: flags(server),
            one_packet: server.one_packet.value,
            persistence: persistence(server, key.family()),
            ..Service::new(key, scheduler.clone())
        }
    })
    .collect()
}

fn key(address: VirtualAddress, protocol: Transport) -> ServiceKey {
    match address {
        VirtualAddress::At { ip, port } => ServiceKey::Address {
            protocol: match protocol {
                Transport::Tcp => Protocol::Tcp,
                Transport::Udp => Protocol::Udp,
                Transport::Sctp => Protocol::Sctp,
            },
            address: ip,
            port,
        },
        VirtualAddress::Mark { mark, family } => ServiceKey::Mark {
            mark,
            family: match family {
                keepalived_conf::Family::Ipv4 => Family::V4,
                keepalived_conf::Family::Ipv6 => Family::V6,
            },
        },
    }
}

/// `hashed` the kernel sets by itself.
fn flags(server: &VirtualServer) -> SchedulerFlags {
    let flag = |word| match word {
        "flag-1" | "sh-fallback" | "mh-fallback" => SchedulerFlags::FIRST,
        "flag-2" | "sh-port" | "mh-port" => SchedulerFlags::SECOND,
        "flag-3" => SchedulerFlags::THIRD,
        _ => SchedulerFlags::NONE,
    };
    let flags = server.scheduler_flags.iter().map(|word| flag(word.value));
    flags.fold(SchedulerFlags::NONE, SchedulerFlags::and)
}

fn persistence(server: &VirtualServer, family: Family) -> Option<Persistence> {
    let timeout = server.persistence_timeout?;
    let mask = server.persistence_granularity.map(|mask| match mask.value {
        ClientMask::V4(mask) => Granularity::V4(mask),
        ClientMask::V6(bits) => Granularity::V6(bits),
    });
    let engine = server.persistence_engine.as_ref();
    Some(Persistence {
        // One of the other family says nothing of these clients.
        granularity: mask
            .filter(|mask| mask.family() == family)
            .unwrap_or(Granularity::each(family)),
        engine: engine.and_then(|engine| Name::new(&engine.value).ok()),
        ..Persistence::of_each(family, timeout.value)
    })
}
