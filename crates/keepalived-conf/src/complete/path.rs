//! Multicast or unicast.

use std::net::IpAddr;

use super::instance::About;
use super::virtual_mac;
use crate::diagnostic::Diagnostic;
use crate::keywords::Scope;
use crate::model::{Family, GlobalDefs, Missing, OldUnicastChecksum, Path, Sourced, Version};
use crate::read::Draft;

/// `old_unicast_checksum`: an old peer does not hear version 3 with the sums of today.
pub(super) fn old_checksum(draft: &mut Draft, path: &Path, version: Version, out: &mut About<'_>) {
    let always = (draft.old_unicast_checksum).filter(|sum| sum.value == OldUnicastChecksum::Always);
    let Some(span) = always.and_then(|sum| sum.span()) else {
        return;
    };
    if version == Version::V3 && matches!(path, Path::Unicast { .. }) {
        draft.missing.push(Missing {
            word: OLD_CHECKSUM.to_owned(),
            span,
            scope: Scope::Instance,
            why: "the sums of keepalived up to 1.3.6 are not sent: such a peer would not hear this node"
                .to_owned(),
            allow_word: OLD_CHECKSUM.to_owned(),
        });
        return;
    }
    let why = "it is for unicast adverts of version 3, which this instance does not send";
    out.push(Diagnostic::no_effect(span, OLD_CHECKSUM, why));
}

const OLD_CHECKSUM: &str = "old_unicast_checksum";

/// How the adverts of an instance travel.
pub(super) fn path(draft: &mut Draft, family: Family, global: &GlobalDefs, out: &mut About<'_>) -> Path {
    virtual_mac::alone(draft, out);
    if let Some(lost) = draft.lost_peers.first() {
        draft.missing.push(Missing {
            word: "unicast_peer".to_owned(),
            span: *lost,
            scope: Scope::Instance,
            why: "a peer of the list is left out by an error: it would not hear this node".to_owned(),
            allow_word: "unicast_peer".to_owned(),
        });
    }
    let fault_without = draft.switches.unicast_fault_no_peer.is_some();
    if !draft.peers.is_empty() || (draft.unicast.is_some() && fault_without) {
        let ttl = match family {
            Family::Ipv4 => Some(Sourced::default(255)),
            Family::Ipv6 => None,
        };
        return Path::Unicast {
            peers: std::mem::take(&mut draft.peers),
            source: draft.unicast_src_ip,
            ttl: draft.unicast_ttl.or(ttl),
        };
    }
    if let Some(span) = draft.unicast {
        let found = Diagnostic::error(
            "unicast-without-peer",
            span,
            "unicast is asked for without any unicast_peer",
        )
        .effect("adverts go by multicast, as with keepalived")
        .help(
            "add unicast_peer with the other node's address, or unicast_fault_no_peer to be barred instead",
        );
        out.push(found);
    }
    if let Some(ttl) = draft.unicast_ttl {
        let found = Diagnostic::error(
            "ttl-without-peer",
            ttl.span().unwrap_or(draft.span),
            "unicast_ttl without unicast peers",
        );
        out.push(
            found
                .effect("it is ignored, as keepalived does")
                .help("remove it, or add unicast_peer"),
        );
    }
    let group = draft.mcast_dst_ip.unwrap_or_else(|| match family {
        Family::Ipv4 => global.mcast_group4.map(IpAddr::V4).inherited("vrrp_mcast_group4"),
        Family::Ipv6 => global.mcast_group6.map(IpAddr::V6).inherited("vrrp_mcast_group6"),
    });
    Path::Multicast {
        group,
        source: draft.mcast_src_ip.or(draft.unicast_src_ip),
    }
}
