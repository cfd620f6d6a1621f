//! Any service, destination and daemon that can be.

#![allow(dead_code, reason = "each test takes what it needs")]

use proptest::option::of;
use proptest::prelude::*;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::{NonZeroU8, NonZeroU16, NonZeroU32};
use vrrp_ipvs::{
    Checksum, Destination, DestinationKey, Family, Forwarding, Granularity, Name, Persistence, Protocol,
    SchedulerFlags, Service, ServiceKey, SyncDaemon, SyncRole, Tunnel,
};

pub(crate) fn name() -> impl Strategy<Value = Name> {
    "[a-z0-9_.-]{1,15}".prop_map(|text| Name::new(&text).expect("a name"))
}

pub(crate) fn v4() -> impl Strategy<Value = IpAddr> {
    any::<u32>().prop_map(|bits| IpAddr::V4(Ipv4Addr::from(bits)))
}

pub(crate) fn v6() -> impl Strategy<Value = IpAddr> {
    any::<u128>().prop_map(|bits| IpAddr::V6(Ipv6Addr::from(bits)))
}

pub(crate) fn address() -> impl Strategy<Value = IpAddr> {
    prop_oneof![v4(), v6()]
}

pub(crate) fn service_key() -> impl Strategy<Value = ServiceKey> {
    let protocol = prop_oneof![Just(Protocol::Tcp), Just(Protocol::Udp), Just(Protocol::Sctp)];
    let family = prop_oneof![Just(Family::V4), Just(Family::V6)];
    prop_oneof![
        (protocol, address(), any::<u16>()).prop_map(|(protocol, address, port)| ServiceKey::Address {
            protocol,
            address,
            port
        }),
        (any::<NonZeroU32>(), family).prop_map(|(mark, family)| ServiceKey::Mark { mark, family }),
    ]
}

fn persistence(family: Family) -> impl Strategy<Value = Persistence> {
    let granularity = match family {
        Family::V4 => any::<u32>().prop_map(|mask| Granularity::V4(mask.into())).boxed(),
        Family::V6 => (1..=128_u8).prop_map(Granularity::V6).boxed(),
    };
    (1..=Persistence::SECONDS_MAX, granularity, of(name())).prop_map(
        |(timeout_seconds, granularity, engine)| Persistence {
            timeout_seconds,
            granularity,
            engine,
        },
    )
}

pub(crate) fn scheduler_flags() -> impl Strategy<Value = SchedulerFlags> {
    any::<[bool; 3]>().prop_map(|set| {
        let each = [
            SchedulerFlags::FIRST,
            SchedulerFlags::SECOND,
            SchedulerFlags::THIRD,
        ];
        let set = each.into_iter().zip(set).filter(|(_, set)| *set);
        set.fold(SchedulerFlags::NONE, |all, (flag, _)| all.and(flag))
    })
}

pub(crate) fn service_of(key: ServiceKey) -> impl Strategy<Value = Service> {
    let persistence = of(persistence(key.family()));
    (name(), scheduler_flags(), any::<bool>(), persistence).prop_map(
        move |(scheduler, scheduler_flags, one_packet, persistence)| Service {
            key,
            scheduler,
            scheduler_flags,
            one_packet,
            persistence,
        },
    )
}

pub(crate) fn service() -> impl Strategy<Value = Service> {
    service_key().prop_flat_map(service_of)
}

pub(crate) fn destination_key() -> impl Strategy<Value = DestinationKey> {
    (address(), any::<u16>()).prop_map(|(address, port)| DestinationKey { address, port })
}

fn checksum() -> impl Strategy<Value = Checksum> {
    prop_oneof![
        Just(Checksum::Absent),
        Just(Checksum::Full),
        Just(Checksum::Remote),
        (3..=u16::MAX).prop_map(Checksum::Other),
    ]
}

pub(crate) fn forwarding() -> impl Strategy<Value = Forwarding> {
    let tunnel = prop_oneof![
        Just(Tunnel::Ipip),
        (any::<u16>(), checksum()).prop_map(|(port, checksum)| Tunnel::Gue { port, checksum }),
        checksum().prop_map(|checksum| Tunnel::Gre { checksum }),
        (3..=u8::MAX, any::<u16>(), any::<u16>()).prop_map(|(kind, port, flags)| Tunnel::Other {
            kind,
            port,
            flags
        }),
    ];
    prop_oneof![
        Just(Forwarding::Masquerade),
        Just(Forwarding::Direct),
        Just(Forwarding::Local),
        Just(Forwarding::Bypass),
        tunnel.prop_map(Forwarding::Tunnel),
    ]
}

pub(crate) fn destination_of(key: DestinationKey) -> impl Strategy<Value = Destination> {
    let weight = prop_oneof![Just(0), 1..=Destination::WEIGHT_MAX];
    (forwarding(), weight, any::<u32>(), any::<u32>()).prop_map(
        move |(forwarding, weight, upper_connections, lower_connections)| Destination {
            key,
            forwarding,
            weight,
            upper_connections,
            lower_connections,
        },
    )
}

pub(crate) fn destination() -> impl Strategy<Value = Destination> {
    destination_key().prop_flat_map(destination_of)
}

pub(crate) fn daemon() -> impl Strategy<Value = SyncDaemon> {
    let role = prop_oneof![Just(SyncRole::Master), Just(SyncRole::Backup)];
    let sizes = (
        of(any::<NonZeroU16>()),
        of(any::<NonZeroU16>()),
        of(any::<NonZeroU8>()),
    );
    (role, name(), any::<u8>(), of(address()), sizes).prop_map(
        |(role, interface, sync_id, group, (datagram_octets, port, ttl))| SyncDaemon {
            role,
            interface,
            sync_id,
            datagram_octets,
            group,
            port,
            ttl,
        },
    )
}
