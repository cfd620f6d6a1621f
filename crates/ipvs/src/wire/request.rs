//! What the kernel can be asked, and how.

use super::attribute::Attribute;
use super::family::FamilyId;
use super::uapi::{
    IP_VS_STATE_BACKUP, IP_VS_STATE_MASTER, IPVS_CMD_ATTR_DAEMON, IPVS_CMD_ATTR_TIMEOUT_TCP,
    IPVS_CMD_ATTR_TIMEOUT_TCP_FIN, IPVS_CMD_ATTR_TIMEOUT_UDP, IPVS_CMD_DEL_DAEMON, IPVS_CMD_DEL_DEST,
    IPVS_CMD_DEL_SERVICE, IPVS_CMD_FLUSH, IPVS_CMD_GET_CONFIG, IPVS_CMD_GET_DAEMON, IPVS_CMD_GET_DEST,
    IPVS_CMD_GET_INFO, IPVS_CMD_GET_SERVICE, IPVS_CMD_NEW_DAEMON, IPVS_CMD_NEW_DEST, IPVS_CMD_NEW_SERVICE,
    IPVS_CMD_SET_CONFIG, IPVS_CMD_SET_DEST, IPVS_CMD_SET_SERVICE, IPVS_CMD_ZERO, IPVS_DAEMON_ATTR_STATE,
    IPVS_GENL_VERSION,
};
use super::{daemon, destination, service};
use crate::change::Change;
use crate::daemon::{SyncDaemon, SyncRole};
use crate::key::ServiceKey;
use crate::settings::Timeouts;
use netlink_packet_core::{Emitable, NLM_F_ACK, NLM_F_DUMP, NLM_F_REQUEST, NetlinkHeader};
use std::fmt;

/// Octets of `struct nlmsghdr`.
const HEADER_OCTETS: usize = 16;

/// Something that is asked of the kernel's IPVS.
#[derive(Debug, Clone, Copy)]
pub enum Request<'a> {
    /// A change of the table. Answered by an acknowledgement.
    Change(&'a Change),
    /// All services. Answered by one entry each: [`super::decode_service`].
    Services,
    /// One service. Answered by an entry.
    Service(&'a ServiceKey),
    /// All destinations of a service; none where there is no such service. [`super::decode_destination`].
    Destinations(&'a ServiceKey),
    /// Counters to zero, of one service and its destinations or of all. Acknowledged.
    Zero(Option<&'a ServiceKey>),
    /// Every service of the network namespace, whoever made it. Acknowledged.
    Flush,
    /// The timeouts. Answered by an entry: [`super::decode_timeouts`].
    Timeouts,
    /// Other timeouts. Acknowledged.
    SetTimeouts(&'a Timeouts),
    /// The daemons that run. One entry each: [`super::decode_daemon`].
    Daemons,
    /// Start one. Acknowledged.
    StartDaemon(&'a SyncDaemon),
    /// Stop one. Acknowledged.
    StopDaemon(SyncRole),
    /// Version and size. Answered by an entry: [`super::decode_info`].
    Info,
}

impl Request<'_> {
    /// Appends the message to a datagram, which may hold many: the kernel carries them out in order, each whatever became
    /// of those before.
    pub fn encode(&self, family: FamilyId, sequence: u32, datagram: &mut Vec<u8>) {
        let header = [self.command(), IPVS_GENL_VERSION, 0, 0];
        let attributes = self.attributes();
        encode_message(datagram, family.0, self.flags(), sequence, header, &attributes);
    }

    const fn command(&self) -> u8 {
        match self {
            Self::Change(Change::AddService(_)) => IPVS_CMD_NEW_SERVICE,
            Self::Change(Change::EditService(_)) => IPVS_CMD_SET_SERVICE,
            Self::Change(Change::DeleteService(_)) => IPVS_CMD_DEL_SERVICE,
            Self::Change(Change::AddDestination { .. }) => IPVS_CMD_NEW_DEST,
            Self::Change(Change::EditDestination { .. }) => IPVS_CMD_SET_DEST,
            Self::Change(Change::DeleteDestination { .. }) => IPVS_CMD_DEL_DEST,
            Self::Services | Self::Service(_) => IPVS_CMD_GET_SERVICE,
            Self::Destinations(_) => IPVS_CMD_GET_DEST,
            Self::Zero(_) => IPVS_CMD_ZERO,
            Self::Flush => IPVS_CMD_FLUSH,
            Self::Timeouts => IPVS_CMD_GET_CONFIG,
            Self::SetTimeouts(_) => IPVS_CMD_SET_CONFIG,
            Self::Daemons => IPVS_CMD_GET_DAEMON,
            Self::StartDaemon(_) => IPVS_CMD_NEW_DAEMON,
            Self::StopDaemon(_) => IPVS_CMD_DEL_DAEMON,
            Self::Info => IPVS_CMD_GET_INFO,
        }
    }

    const fn flags(&self) -> u16 {
        match self {
            Self::Services | Self::Destinations(_) | Self::Daemons => NLM_F_DUMP,
            Self::Service(_) | Self::Timeouts | Self::Info => 0,
            Self::Change(_)
            | Self::Zero(_)
            | Self::Flush
            | Self::SetTimeouts(_)
            | Self::StartDaemon(_)
            | Self::StopDaemon(_) => NLM_F_ACK,
        }
    }

    fn attributes(&self) -> Vec<Attribute<'_>> {
        match self {
            Self::Change(change) => of_change(change),
            Self::Service(key) | Self::Destinations(key) => vec![service::of_key(key)],
            Self::Zero(Some(key)) => vec![service::of_key(key)],
            Self::SetTimeouts(timeouts) => vec![
                Attribute::U32(IPVS_CMD_ATTR_TIMEOUT_TCP, timeouts.tcp_seconds),
                Attribute::U32(IPVS_CMD_ATTR_TIMEOUT_TCP_FIN, timeouts.tcp_fin_seconds),
                Attribute::U32(IPVS_CMD_ATTR_TIMEOUT_UDP, timeouts.udp_seconds),
            ],
            Self::StartDaemon(daemon) => vec![daemon::of(daemon)],
            Self::StopDaemon(role) => {
                let state = Attribute::U32(IPVS_DAEMON_ATTR_STATE, number_of_role(*role));
                vec![Attribute::Nested(IPVS_CMD_ATTR_DAEMON, vec![state])]
            }
            Self::Services | Self::Zero(None) | Self::Flush | Self::Timeouts | Self::Daemons | Self::Info => {
                vec![]
            }
        }
    }
}

fn of_change(change: &Change) -> Vec<Attribute<'_>> {
    match change {
        Change::AddService(service) | Change::EditService(service) => vec![service::of(service)],
        Change::DeleteService(key) => vec![service::of_key(key)],
        Change::AddDestination { service, destination }
        | Change::EditDestination { service, destination } => {
            vec![service::of_key(service), destination::of(destination)]
        }
        Change::DeleteDestination { service, destination } => {
            vec![service::of_key(service), destination::of_key(destination)]
        }
    }
}

pub(super) const fn number_of_role(role: SyncRole) -> u32 {
    match role {
        SyncRole::Master => IP_VS_STATE_MASTER,
        SyncRole::Backup => IP_VS_STATE_BACKUP,
    }
}

/// Appends one message of generic netlink.
pub(super) fn encode_message(
    datagram: &mut Vec<u8>,
    kind: u16,
    flags: u16,
    sequence: u32,
    genl_header: [u8; super::GENL_HEADER_OCTETS],
    attributes: &[Attribute<'_>],
) {
    let body = attributes.buffer_len();
    let length = HEADER_OCTETS
        .saturating_add(genl_header.len())
        .saturating_add(body);
    let mut header = NetlinkHeader::default();
    header.length = u32::try_from(length).unwrap_or(u32::MAX);
    header.message_type = kind;
    header.flags = NLM_F_REQUEST | flags;
    header.sequence_number = sequence;
    let mut octets = [0; HEADER_OCTETS];
    header.emit(&mut octets);
    datagram.extend_from_slice(&octets);
    datagram.extend_from_slice(&genl_header);
    let from = datagram.len();
    // Attributes are padded to four octets, so the next message begins aligned.
    datagram.resize(from.saturating_add(body), 0);
    if let Some(place) = datagram.get_mut(from..) {
        attributes.emit(place);
    }
}

/// What is asked, for messages.
impl fmt::Display for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Change(change) => change.fmt(f),
            Self::Services => f.write_str("list the services"),
            Self::Service(key) => write!(f, "look up {key}"),
            Self::Destinations(key) => write!(f, "list the destinations of {key}"),
            Self::Zero(None) => f.write_str("set all counters to zero"),
            Self::Zero(Some(key)) => write!(f, "set the counters of {key} to zero"),
            Self::Flush => f.write_str("delete all services"),
            Self::Timeouts => f.write_str("ask for the timeouts"),
            Self::SetTimeouts(_) => f.write_str("set the timeouts"),
            Self::Daemons => f.write_str("list the sync daemons"),
            Self::StartDaemon(daemon) => write!(f, "start a sync daemon on {}", daemon.interface),
            Self::StopDaemon(_) => f.write_str("stop a sync daemon"),
            Self::Info => f.write_str("ask for the version of IPVS"),
        }
    }
}
