//! Timeouts and version in octets.

use super::attribute::Value;
use super::uapi::{
    IPVS_CMD_ATTR_TIMEOUT_TCP, IPVS_CMD_ATTR_TIMEOUT_TCP_FIN, IPVS_CMD_ATTR_TIMEOUT_UDP,
    IPVS_INFO_ATTR_CONN_TAB_SIZE, IPVS_INFO_ATTR_VERSION,
};
use super::{Malformed, attributes_of};
use crate::settings::{Info, Timeouts, Version};

/// Reads the answer to [`super::Request::Timeouts`].
///
/// # Errors
/// One is of another length. One that is not there is 0: a kernel without TCP has no timeouts for it.
pub fn decode_timeouts(payload: &[u8]) -> Result<Timeouts, Malformed> {
    let attributes = attributes_of(payload)?;
    let seconds = |kind, name| attributes.find(kind, name).map_or(Ok(0), Value::u32);
    Ok(Timeouts {
        tcp_seconds: seconds(IPVS_CMD_ATTR_TIMEOUT_TCP, "IPVS_CMD_ATTR_TIMEOUT_TCP")?,
        tcp_fin_seconds: seconds(IPVS_CMD_ATTR_TIMEOUT_TCP_FIN, "IPVS_CMD_ATTR_TIMEOUT_TCP_FIN")?,
        udp_seconds: seconds(IPVS_CMD_ATTR_TIMEOUT_UDP, "IPVS_CMD_ATTR_TIMEOUT_UDP")?,
    })
}

/// Reads the answer to [`super::Request::Info`].
///
/// # Errors
/// It lacks one of the two.
pub fn decode_info(payload: &[u8]) -> Result<Info, Malformed> {
    let attributes = attributes_of(payload)?;
    let version = attributes.need(IPVS_INFO_ATTR_VERSION, "IPVS_INFO_ATTR_VERSION")?;
    let buckets = attributes.need(IPVS_INFO_ATTR_CONN_TAB_SIZE, "IPVS_INFO_ATTR_CONN_TAB_SIZE")?;
    Ok(Info {
        version: Version(version.u32()?),
        connection_buckets: buckets.u32()?,
    })
}
