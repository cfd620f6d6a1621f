//! Destinations in octets.

use super::attribute::{Attribute, Attributes, Value, number_of, octets_of};
use super::uapi::{
    IP_VS_CONN_F_BYPASS, IP_VS_CONN_F_DROUTE, IP_VS_CONN_F_FWD_MASK, IP_VS_CONN_F_LOCALNODE,
    IP_VS_CONN_F_MASQ, IP_VS_CONN_F_TUNNEL, IP_VS_CONN_F_TUNNEL_TYPE_GRE, IP_VS_CONN_F_TUNNEL_TYPE_GUE,
    IP_VS_CONN_F_TUNNEL_TYPE_IPIP, IP_VS_TUNNEL_ENCAP_FLAG_CSUM, IP_VS_TUNNEL_ENCAP_FLAG_NOCSUM,
    IP_VS_TUNNEL_ENCAP_FLAG_REMCSUM, IPVS_CMD_ATTR_DEST, IPVS_DEST_ATTR_ACTIVE_CONNS, IPVS_DEST_ATTR_ADDR,
    IPVS_DEST_ATTR_ADDR_FAMILY, IPVS_DEST_ATTR_FWD_METHOD, IPVS_DEST_ATTR_INACT_CONNS,
    IPVS_DEST_ATTR_L_THRESH, IPVS_DEST_ATTR_PERSIST_CONNS, IPVS_DEST_ATTR_PORT, IPVS_DEST_ATTR_STATS,
    IPVS_DEST_ATTR_STATS64, IPVS_DEST_ATTR_TUN_FLAGS, IPVS_DEST_ATTR_TUN_PORT, IPVS_DEST_ATTR_TUN_TYPE,
    IPVS_DEST_ATTR_U_THRESH, IPVS_DEST_ATTR_WEIGHT,
};
use super::{Malformed, attributes_of, statistics};
use crate::destination::{Checksum, Destination, DestinationStatus, Forwarding, Tunnel};
use crate::key::{DestinationKey, Family};

pub(super) fn of_key(key: &DestinationKey) -> Attribute<'static> {
    Attribute::Nested(IPVS_CMD_ATTR_DEST, key_attributes(key))
}

fn key_attributes(key: &DestinationKey) -> Vec<Attribute<'static>> {
    vec![
        Attribute::U16(IPVS_DEST_ATTR_ADDR_FAMILY, number_of(Family::of(key.address))),
        Attribute::Address(IPVS_DEST_ATTR_ADDR, octets_of(key.address)),
        Attribute::U16Be(IPVS_DEST_ATTR_PORT, key.port),
    ]
}

pub(super) fn of(destination: &Destination) -> Attribute<'static> {
    let mut attributes = key_attributes(&destination.key);
    let (method, tunnel) = match destination.forwarding {
        Forwarding::Masquerade => (IP_VS_CONN_F_MASQ, Tunnel::Ipip),
        Forwarding::Local => (IP_VS_CONN_F_LOCALNODE, Tunnel::Ipip),
        Forwarding::Tunnel(tunnel) => (IP_VS_CONN_F_TUNNEL, tunnel),
        Forwarding::Direct => (IP_VS_CONN_F_DROUTE, Tunnel::Ipip),
        Forwarding::Bypass => (IP_VS_CONN_F_BYPASS, Tunnel::Ipip),
    };
    let (kind, port, flags) = match tunnel {
        Tunnel::Ipip => (IP_VS_CONN_F_TUNNEL_TYPE_IPIP, 0, 0),
        Tunnel::Gue { port, checksum } => (IP_VS_CONN_F_TUNNEL_TYPE_GUE, port, flags_of(checksum)),
        Tunnel::Gre { checksum } => (IP_VS_CONN_F_TUNNEL_TYPE_GRE, 0, flags_of(checksum)),
        Tunnel::Other { kind, port, flags } => (kind, port, flags),
    };
    attributes.extend([
        Attribute::U32(IPVS_DEST_ATTR_FWD_METHOD, method),
        Attribute::U32(IPVS_DEST_ATTR_WEIGHT, destination.weight),
        Attribute::U8(IPVS_DEST_ATTR_TUN_TYPE, kind),
        Attribute::U16Be(IPVS_DEST_ATTR_TUN_PORT, port),
        Attribute::U16(IPVS_DEST_ATTR_TUN_FLAGS, flags),
        Attribute::U32(IPVS_DEST_ATTR_U_THRESH, destination.upper_connections),
        Attribute::U32(IPVS_DEST_ATTR_L_THRESH, destination.lower_connections),
    ]);
    Attribute::Nested(IPVS_CMD_ATTR_DEST, attributes)
}

const fn flags_of(checksum: Checksum) -> u16 {
    match checksum {
        Checksum::Absent => IP_VS_TUNNEL_ENCAP_FLAG_NOCSUM,
        Checksum::Full => IP_VS_TUNNEL_ENCAP_FLAG_CSUM,
        Checksum::Remote => IP_VS_TUNNEL_ENCAP_FLAG_REMCSUM,
        Checksum::Other(flags) => flags,
    }
}

const fn checksum_of(flags: u16) -> Checksum {
    match flags {
        IP_VS_TUNNEL_ENCAP_FLAG_NOCSUM => Checksum::Absent,
        IP_VS_TUNNEL_ENCAP_FLAG_CSUM => Checksum::Full,
        IP_VS_TUNNEL_ENCAP_FLAG_REMCSUM => Checksum::Remote,
        other => Checksum::Other(other),
    }
}

/// Reads an entry of [`super::Request::Destinations`].
///
/// # Errors
/// Something that belongs to every destination is missing or unknown.
pub fn decode_destination(payload: &[u8]) -> Result<DestinationStatus, Malformed> {
    let nested = attributes_of(payload)?.need(IPVS_CMD_ATTR_DEST, "IPVS_CMD_ATTR_DEST")?;
    let attributes = nested.nested();
    let count = |kind, name| attributes.find(kind, name).map_or(Ok(0), Value::u32);
    let wide = attributes.find(IPVS_DEST_ATTR_STATS64, "IPVS_DEST_ATTR_STATS64");
    let counters = wide.or_else(|| attributes.find(IPVS_DEST_ATTR_STATS, "IPVS_DEST_ATTR_STATS"));
    let weight = attributes.need(IPVS_DEST_ATTR_WEIGHT, "IPVS_DEST_ATTR_WEIGHT")?;
    Ok(DestinationStatus {
        destination: Destination {
            key: decode_key(attributes)?,
            forwarding: decode_forwarding(attributes)?,
            weight: weight.u32()?,
            upper_connections: count(IPVS_DEST_ATTR_U_THRESH, "IPVS_DEST_ATTR_U_THRESH")?,
            lower_connections: count(IPVS_DEST_ATTR_L_THRESH, "IPVS_DEST_ATTR_L_THRESH")?,
        },
        active_connections: count(IPVS_DEST_ATTR_ACTIVE_CONNS, "IPVS_DEST_ATTR_ACTIVE_CONNS")?,
        inactive_connections: count(IPVS_DEST_ATTR_INACT_CONNS, "IPVS_DEST_ATTR_INACT_CONNS")?,
        persistent_connections: count(IPVS_DEST_ATTR_PERSIST_CONNS, "IPVS_DEST_ATTR_PERSIST_CONNS")?,
        statistics: statistics::decode(counters)?,
    })
}

fn decode_key(attributes: Attributes<'_>) -> Result<DestinationKey, Malformed> {
    // Before Linux 3.18 a destination was always of the service's family, and the kernel did not name it.
    let family = attributes.need(IPVS_DEST_ATTR_ADDR_FAMILY, "IPVS_DEST_ATTR_ADDR_FAMILY")?;
    let address = attributes.need(IPVS_DEST_ATTR_ADDR, "IPVS_DEST_ATTR_ADDR")?;
    let port = attributes.need(IPVS_DEST_ATTR_PORT, "IPVS_DEST_ATTR_PORT")?;
    Ok(DestinationKey {
        address: address.address(family.family()?)?,
        port: port.u16_be()?,
    })
}

fn decode_forwarding(attributes: Attributes<'_>) -> Result<Forwarding, Malformed> {
    let method = attributes.need(IPVS_DEST_ATTR_FWD_METHOD, "IPVS_DEST_ATTR_FWD_METHOD")?;
    Ok(match method.u32()? & IP_VS_CONN_F_FWD_MASK {
        IP_VS_CONN_F_MASQ => Forwarding::Masquerade,
        IP_VS_CONN_F_LOCALNODE => Forwarding::Local,
        IP_VS_CONN_F_TUNNEL => Forwarding::Tunnel(decode_tunnel(attributes)?),
        IP_VS_CONN_F_DROUTE => Forwarding::Direct,
        IP_VS_CONN_F_BYPASS => Forwarding::Bypass,
        other => return Err(method.unknown(other)),
    })
}

/// Before Linux 5.2 there is IP in IP alone, and nothing about it.
fn decode_tunnel(attributes: Attributes<'_>) -> Result<Tunnel, Malformed> {
    let kind = attributes
        .find(IPVS_DEST_ATTR_TUN_TYPE, "IPVS_DEST_ATTR_TUN_TYPE")
        .map_or(Ok(IP_VS_CONN_F_TUNNEL_TYPE_IPIP), Value::u8)?;
    let port = attributes
        .find(IPVS_DEST_ATTR_TUN_PORT, "IPVS_DEST_ATTR_TUN_PORT")
        .map_or(Ok(0), Value::u16_be)?;
    let flags = attributes
        .find(IPVS_DEST_ATTR_TUN_FLAGS, "IPVS_DEST_ATTR_TUN_FLAGS")
        .map_or(Ok(0), Value::u16)?;
    let checksum = checksum_of(flags);
    Ok(match kind {
        IP_VS_CONN_F_TUNNEL_TYPE_IPIP => Tunnel::Ipip,
        IP_VS_CONN_F_TUNNEL_TYPE_GUE => Tunnel::Gue { port, checksum },
        IP_VS_CONN_F_TUNNEL_TYPE_GRE => Tunnel::Gre { checksum },
        kind => Tunnel::Other { kind, port, flags },
    })
}
