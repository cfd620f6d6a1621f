//! Synchronisation daemons in octets.

use super::attribute::{Attribute, Value, octets_of};
use super::request::number_of_role;
use super::uapi::{
    IP_VS_STATE_BACKUP, IP_VS_STATE_MASTER, IPVS_CMD_ATTR_DAEMON, IPVS_DAEMON_ATTR_MCAST_GROUP,
    IPVS_DAEMON_ATTR_MCAST_GROUP6, IPVS_DAEMON_ATTR_MCAST_IFN, IPVS_DAEMON_ATTR_MCAST_PORT,
    IPVS_DAEMON_ATTR_MCAST_TTL, IPVS_DAEMON_ATTR_STATE, IPVS_DAEMON_ATTR_SYNC_ID,
    IPVS_DAEMON_ATTR_SYNC_MAXLEN,
};
use super::{Malformed, attributes_of};
use crate::daemon::{SyncDaemon, SyncRole};
use crate::key::Family;
use std::net::IpAddr;
use std::num::{NonZeroU8, NonZeroU16};

pub(super) fn of(daemon: &SyncDaemon) -> Attribute<'_> {
    let mut attributes = vec![
        Attribute::U32(IPVS_DAEMON_ATTR_STATE, number_of_role(daemon.role)),
        Attribute::Text(IPVS_DAEMON_ATTR_MCAST_IFN, daemon.interface.as_str()),
        Attribute::U32(IPVS_DAEMON_ATTR_SYNC_ID, u32::from(daemon.sync_id)),
    ];
    // A kernel that does not know these takes no notice: what is not asked for is not sent.
    if let Some(octets) = daemon.datagram_octets {
        attributes.push(Attribute::U16(IPVS_DAEMON_ATTR_SYNC_MAXLEN, octets.get()));
    }
    if let Some(port) = daemon.port {
        // In the machine's order, other than every port else here.
        attributes.push(Attribute::U16(IPVS_DAEMON_ATTR_MCAST_PORT, port.get()));
    }
    if let Some(ttl) = daemon.ttl {
        attributes.push(Attribute::U8(IPVS_DAEMON_ATTR_MCAST_TTL, ttl.get()));
    }
    match daemon.group {
        None => {}
        Some(IpAddr::V4(group)) => attributes.push(Attribute::V4(IPVS_DAEMON_ATTR_MCAST_GROUP, group)),
        Some(group @ IpAddr::V6(_)) => {
            attributes.push(Attribute::Address(
                IPVS_DAEMON_ATTR_MCAST_GROUP6,
                octets_of(group),
            ));
        }
    }
    Attribute::Nested(IPVS_CMD_ATTR_DAEMON, attributes)
}

/// Reads an entry of [`super::Request::Daemons`].
///
/// # Errors
/// Something that belongs to every daemon is missing or unknown.
pub fn decode_daemon(payload: &[u8]) -> Result<SyncDaemon, Malformed> {
    let nested = attributes_of(payload)?.need(IPVS_CMD_ATTR_DAEMON, "IPVS_CMD_ATTR_DAEMON")?;
    let attributes = nested.nested();
    let state = attributes.need(IPVS_DAEMON_ATTR_STATE, "IPVS_DAEMON_ATTR_STATE")?;
    let role = match state.u32()? {
        IP_VS_STATE_MASTER => SyncRole::Master,
        IP_VS_STATE_BACKUP => SyncRole::Backup,
        other => return Err(state.unknown(other)),
    };
    let id = attributes.need(IPVS_DAEMON_ATTR_SYNC_ID, "IPVS_DAEMON_ATTR_SYNC_ID")?;
    let number = id.u32()?;
    let interface = attributes.need(IPVS_DAEMON_ATTR_MCAST_IFN, "IPVS_DAEMON_ATTR_MCAST_IFN")?;
    let octets = attributes.find(IPVS_DAEMON_ATTR_SYNC_MAXLEN, "IPVS_DAEMON_ATTR_SYNC_MAXLEN");
    let port = attributes.find(IPVS_DAEMON_ATTR_MCAST_PORT, "IPVS_DAEMON_ATTR_MCAST_PORT");
    let ttl = attributes.find(IPVS_DAEMON_ATTR_MCAST_TTL, "IPVS_DAEMON_ATTR_MCAST_TTL");
    let group = attributes.find(IPVS_DAEMON_ATTR_MCAST_GROUP, "IPVS_DAEMON_ATTR_MCAST_GROUP");
    let group6 = attributes.find(IPVS_DAEMON_ATTR_MCAST_GROUP6, "IPVS_DAEMON_ATTR_MCAST_GROUP6");
    Ok(SyncDaemon {
        role,
        interface: interface.name()?,
        sync_id: u8::try_from(number).map_err(|_| id.unknown(number))?,
        datagram_octets: octets.map(Value::u16).transpose()?.and_then(NonZeroU16::new),
        group: match (group, group6) {
            (_, Some(group)) => Some(group.address(Family::V6)?),
            (Some(group), None) => Some(IpAddr::V4(group.v4()?)),
            (None, None) => None,
        },
        port: port.map(Value::u16).transpose()?.and_then(NonZeroU16::new),
        ttl: ttl.map(Value::u8).transpose()?.and_then(NonZeroU8::new),
    })
}
