//! Whether a packet is the successor's.

use vrrp_core::wire::Message;

use super::Will;
use crate::socket::Arrived;

/// The hop limit of everything that was not routed (V3-5.1.1.3-01).
const NOT_ROUTED: u8 = 255;

impl Will {
    /// An advertisement for this virtual router, from another node, with a priority above 0 (PRJ-STOP-02).
    ///
    /// A signature is not verified: the keys are not here. Who forges an advertisement in this second has the addresses go
    /// before the successor has come, as they would go without a hold.
    pub(super) fn is_successor(&self, arrived: &Arrived<'_>) -> bool {
        let Ok(octets) = arrived.message else {
            return false;
        };
        let parsed = Message::parse_with_trailer(octets, self.family);
        let Ok((message, _signature)) = parsed else {
            return false;
        };
        let near = match self.peers.as_slice() {
            // What routers on the link say.
            [] => arrived.hop_limit == Some(NOT_ROUTED),
            peers => peers.contains(&arrived.source),
        };
        near && message.vrid() == self.vrid.get()
            && message.priority() > 0
            && self.source != Some(arrived.source)
    }
}
