//! Services in octets.

use super::attribute::{Attribute, Attributes, number_of, octets_of};
use super::uapi::{
    IP_VS_SVC_F_ONEPACKET, IP_VS_SVC_F_PERSISTENT, IP_VS_SVC_F_SCHED1, IP_VS_SVC_F_SCHED2,
    IP_VS_SVC_F_SCHED3, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP, IPVS_CMD_ATTR_SERVICE, IPVS_SVC_ATTR_ADDR,
    IPVS_SVC_ATTR_AF, IPVS_SVC_ATTR_FLAGS, IPVS_SVC_ATTR_FWMARK, IPVS_SVC_ATTR_NETMASK,
    IPVS_SVC_ATTR_PE_NAME, IPVS_SVC_ATTR_PORT, IPVS_SVC_ATTR_PROTOCOL, IPVS_SVC_ATTR_SCHED_NAME,
    IPVS_SVC_ATTR_STATS, IPVS_SVC_ATTR_STATS64, IPVS_SVC_ATTR_TIMEOUT,
};
use super::{Malformed, attributes_of, statistics};
use crate::key::{Family, Protocol, ServiceKey};
use crate::service::{Granularity, Persistence, SchedulerFlags, Service};
use crate::statistics::Statistics;
use std::num::NonZeroU32;

/// What a scheduler's flags are called in the kernel.
const SCHEDULER_FLAGS: [(SchedulerFlags, u32); 3] = [
    (SchedulerFlags::FIRST, IP_VS_SVC_F_SCHED1),
    (SchedulerFlags::SECOND, IP_VS_SVC_F_SCHED2),
    (SchedulerFlags::THIRD, IP_VS_SVC_F_SCHED3),
];

pub(super) fn of_key(key: &ServiceKey) -> Attribute<'static> {
    Attribute::Nested(IPVS_CMD_ATTR_SERVICE, key_attributes(key))
}

pub(super) fn of(service: &Service) -> Attribute<'_> {
    let mut attributes = key_attributes(&service.key);
    attributes.push(Attribute::Text(
        IPVS_SVC_ATTR_SCHED_NAME,
        service.scheduler.as_str(),
    ));
    let persistence = service.persistence.as_ref();
    if let Some(engine) = persistence.and_then(|p| p.engine.as_ref()) {
        attributes.push(Attribute::Text(IPVS_SVC_ATTR_PE_NAME, engine.as_str()));
    }
    // All flags are meant: what is not asked for is taken away. The kernel keeps IP_VS_SVC_F_HASHED by itself.
    attributes.push(Attribute::Flags(IPVS_SVC_ATTR_FLAGS, flags_of(service), u32::MAX));
    let timeout_seconds = persistence.map_or(0, |p| p.timeout_seconds);
    attributes.push(Attribute::U32(IPVS_SVC_ATTR_TIMEOUT, timeout_seconds));
    // A service of IPv6 is refused without one, persistent or not.
    let each = Granularity::each(service.key.family());
    attributes.push(match persistence.map_or(each, |p| p.granularity) {
        Granularity::V4(mask) => Attribute::V4(IPVS_SVC_ATTR_NETMASK, mask),
        Granularity::V6(bits) => Attribute::U32(IPVS_SVC_ATTR_NETMASK, u32::from(bits)),
    });
    Attribute::Nested(IPVS_CMD_ATTR_SERVICE, attributes)
}

fn key_attributes(key: &ServiceKey) -> Vec<Attribute<'static>> {
    let family = Attribute::U16(IPVS_SVC_ATTR_AF, number_of(key.family()));
    match key {
        ServiceKey::Mark { mark, .. } => vec![family, Attribute::U32(IPVS_SVC_ATTR_FWMARK, mark.get())],
        ServiceKey::Address {
            protocol,
            address,
            port,
        } => vec![
            family,
            Attribute::U16(IPVS_SVC_ATTR_PROTOCOL, number_of_protocol(*protocol)),
            Attribute::Address(IPVS_SVC_ATTR_ADDR, octets_of(*address)),
            Attribute::U16Be(IPVS_SVC_ATTR_PORT, *port),
        ],
    }
}

const fn number_of_protocol(protocol: Protocol) -> u16 {
    match protocol {
        Protocol::Tcp => IPPROTO_TCP,
        Protocol::Udp => IPPROTO_UDP,
        Protocol::Sctp => IPPROTO_SCTP,
    }
}

fn flags_of(service: &Service) -> u32 {
    let mut flags = 0;
    if service.persistence.is_some() {
        flags |= IP_VS_SVC_F_PERSISTENT;
    }
    if service.one_packet {
        flags |= IP_VS_SVC_F_ONEPACKET;
    }
    for (flag, bit) in SCHEDULER_FLAGS {
        if service.scheduler_flags.has(flag) {
            flags |= bit;
        }
    }
    flags
}

/// Reads an entry of [`super::Request::Services`] or the answer to [`super::Request::Service`].
///
/// # Errors
/// Something that belongs to every service is missing or unknown.
pub fn decode_service(payload: &[u8]) -> Result<(Service, Statistics), Malformed> {
    let nested = attributes_of(payload)?.need(IPVS_CMD_ATTR_SERVICE, "IPVS_CMD_ATTR_SERVICE")?;
    let attributes = nested.nested();
    let key = decode_key(attributes)?;
    let scheduler = attributes.need(IPVS_SVC_ATTR_SCHED_NAME, "IPVS_SVC_ATTR_SCHED_NAME")?;
    let flags = attributes
        .need(IPVS_SVC_ATTR_FLAGS, "IPVS_SVC_ATTR_FLAGS")?
        .flags()?;
    let persistence = if flags & IP_VS_SVC_F_PERSISTENT == 0 {
        None
    } else {
        Some(decode_persistence(attributes, key.family())?)
    };
    let mut scheduler_flags = SchedulerFlags::NONE;
    for (flag, bit) in SCHEDULER_FLAGS {
        if flags & bit != 0 {
            scheduler_flags = scheduler_flags.and(flag);
        }
    }
    let service = Service {
        key,
        scheduler: scheduler.name()?,
        scheduler_flags,
        one_packet: flags & IP_VS_SVC_F_ONEPACKET != 0,
        persistence,
    };
    let wide = attributes.find(IPVS_SVC_ATTR_STATS64, "IPVS_SVC_ATTR_STATS64");
    let counters = wide.or_else(|| attributes.find(IPVS_SVC_ATTR_STATS, "IPVS_SVC_ATTR_STATS"));
    Ok((service, statistics::decode(counters)?))
}

fn decode_key(attributes: Attributes<'_>) -> Result<ServiceKey, Malformed> {
    let family = attributes.need(IPVS_SVC_ATTR_AF, "IPVS_SVC_ATTR_AF")?.family()?;
    let mark = attributes.find(IPVS_SVC_ATTR_FWMARK, "IPVS_SVC_ATTR_FWMARK");
    if let Some(mark) = mark.map(|mark| mark.u32()).transpose()?.and_then(NonZeroU32::new) {
        return Ok(ServiceKey::Mark { mark, family });
    }
    let protocol = attributes.need(IPVS_SVC_ATTR_PROTOCOL, "IPVS_SVC_ATTR_PROTOCOL")?;
    Ok(ServiceKey::Address {
        protocol: match protocol.u16()? {
            IPPROTO_TCP => Protocol::Tcp,
            IPPROTO_UDP => Protocol::Udp,
            IPPROTO_SCTP => Protocol::Sctp,
            other => return Err(protocol.unknown(u32::from(other))),
        },
        address: attributes
            .need(IPVS_SVC_ATTR_ADDR, "IPVS_SVC_ATTR_ADDR")?
            .address(family)?,
        port: attributes
            .need(IPVS_SVC_ATTR_PORT, "IPVS_SVC_ATTR_PORT")?
            .u16_be()?,
    })
}

fn decode_persistence(attributes: Attributes<'_>, family: Family) -> Result<Persistence, Malformed> {
    let mask = attributes.need(IPVS_SVC_ATTR_NETMASK, "IPVS_SVC_ATTR_NETMASK")?;
    let granularity = match family {
        Family::V4 => Granularity::V4(mask.v4()?),
        Family::V6 => {
            let bits = mask.u32()?;
            Granularity::V6(u8::try_from(bits).map_err(|_| mask.unknown(bits))?)
        }
    };
    let engine = attributes.find(IPVS_SVC_ATTR_PE_NAME, "IPVS_SVC_ATTR_PE_NAME");
    Ok(Persistence {
        timeout_seconds: attributes
            .need(IPVS_SVC_ATTR_TIMEOUT, "IPVS_SVC_ATTR_TIMEOUT")?
            .u32()?,
        granularity,
        engine: engine.map(|engine| engine.name()).transpose()?,
    })
}
