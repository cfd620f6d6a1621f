//! The number that generic netlink has given to IPVS, which differs from boot to boot.

use super::attribute::Attribute;
use super::request::encode_message;
use super::uapi::{
    CTRL_ATTR_FAMILY_ID, CTRL_ATTR_FAMILY_NAME, CTRL_CMD_GETFAMILY, CTRL_VERSION, GENL_ID_CTRL,
    IPVS_GENL_NAME,
};
use super::{Malformed, attributes_of};

/// Message type of IPVS on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FamilyId(pub u16);

/// Asks for it. The kernel answers ENOENT where there is no `ip_vs`, after it has tried to load the module.
#[must_use]
pub fn encode_family_question(sequence: u32) -> Vec<u8> {
    let name = Attribute::Text(CTRL_ATTR_FAMILY_NAME, IPVS_GENL_NAME);
    let mut datagram = Vec::new();
    let header = [CTRL_CMD_GETFAMILY, CTRL_VERSION, 0, 0];
    encode_message(&mut datagram, GENL_ID_CTRL, 0, sequence, header, &[name]);
    datagram
}

/// Reads the answer.
///
/// # Errors
/// There is no number in it.
pub fn decode_family(payload: &[u8]) -> Result<FamilyId, Malformed> {
    let id = attributes_of(payload)?.need(CTRL_ATTR_FAMILY_ID, "CTRL_ATTR_FAMILY_ID")?;
    id.u16().map(FamilyId)
}
