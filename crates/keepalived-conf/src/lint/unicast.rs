//! Peers.

use super::codes::{PEER_IS_SELF, PEER_IS_VIRTUAL, UNICAST_UNCHECKED};
use crate::diagnostic::Findings;
use crate::model::{Path, VrrpInstance};

pub(super) fn instance(instance: &VrrpInstance, out: &mut Findings) {
    let Path::Unicast { peers, source, .. } = &instance.path else {
        return;
    };
    for peer in peers {
        let mut all = instance.addresses.iter().chain(&instance.excluded);
        if source.is_some_and(|source| source.value == peer.address) {
            let found = PEER_IS_SELF
                .at(peer.span, format!("{} is the source of {} and a peer too", peer.address, instance.name))
                .effect("the node sends its adverts to itself as well, where they are dropped; if it was meant to be the other node, that one hears nothing, as with keepalived")
                .help("list the other nodes only; each node has a list of its own")
                .about(&instance.name);
            out.push(found);
        } else if let Some(address) = all.find(|address| address.ip() == peer.address) {
            let found = PEER_IS_VIRTUAL
                .at(peer.span, format!("the peer {} is an address that {} moves", peer.address, instance.name))
                .effect("adverts go to whoever is active, the sender itself included: the other node does not hear them, and both become active, as with keepalived")
                .help("write the other node's own address")
                .label(address.span, "it moves")
                .about(&instance.name);
            out.push(found);
        }
    }
    if !instance.check_unicast_src.value
        && instance.auth_hmac.is_none()
        && let Some(first) = peers.first()
    {
        let found = UNICAST_UNCHECKED
            .at(first.span, format!("{} hears unicast adverts of anybody, not of its peers only", instance.name))
            .effect("whoever can send a packet to this node can take its addresses away: the TTL is not looked at in unicast, as with keepalived")
            .help("add check_unicast_src to the instance, or vrrp_check_unicast_src to global_defs")
            .about(&instance.name);
        out.push(found);
    }
}
