//! Multicast or unicast.

use std::net::IpAddr;

use super::instance::About;
use crate::diagnostic::Diagnostic;
use crate::keywords::Scope;
use crate::model::{Family, GlobalDefs, Missing, Path, Sourced};
use crate::read::Draft;

/// How the adverts of an instance travel.
pub(super) fn path(draft: &mut Draft, family: Family, global: &GlobalDefs, out: &mut About<'_>) -> Path {
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
