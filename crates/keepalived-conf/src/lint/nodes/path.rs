//! Unicast and multicast, and who sends to whom.

use std::net::IpAddr;

use super::super::codes::{MULTICAST_GROUP_DIFFERS, PATH_DIFFERS, PEER_NOT_NAMED, PEERS_ALIKE, SOURCE_ALIKE};
use super::identity::NEVER_MEET;
use super::{Pair, View};
use crate::diagnostic::Findings;
use crate::model::{Path, Peer, Sourced, VrrpInstance};
use crate::source::Span;

pub(super) fn compare(pair: &Pair<'_>, out: &mut Findings) {
    let (one, two) = (pair.one.instance, pair.two.instance);
    match (&one.path, &two.path) {
        (Path::Multicast { group: first, .. }, Path::Multicast { group: second, .. }) => {
            if first.value != second.value && first.value.is_ipv4() == second.value.is_ipv4() {
                let text = format!(
                    "{} sends to {}, {} to {}",
                    pair.one.who(),
                    first.value,
                    pair.two.who(),
                    second.value
                );
                let places = (first.span(), second.span());
                let found = pair
                    .differ(MULTICAST_GROUP_DIFFERS, places, text, first.value.to_string())
                    .effect(NEVER_MEET)
                    .help("write the same group on every node, or none");
                out.push(found);
            }
        }
        (Path::Unicast { peers: first, .. }, Path::Unicast { peers: second, .. }) => {
            peers(pair, first, second, out);
        }
        _ => {
            let (with, without) = if matches!(one.path, Path::Unicast { .. }) {
                (&pair.one, &pair.two)
            } else {
                (&pair.two, &pair.one)
            };
            let text = format!("{} uses unicast, {} multicast", with.who(), without.who());
            let found = pair
                .differ(
                    PATH_DIFFERS,
                    (first_peer(one), first_peer(two)),
                    text,
                    "differs from this",
                )
                .effect(NEVER_MEET)
                .help("list the other node in unicast_peer on every node, or on none");
            out.push(found);
        }
    }
    sources(pair, out);
}

fn first_peer(instance: &VrrpInstance) -> Option<Span> {
    match &instance.path {
        Path::Unicast { peers, .. } => peers.first().map(|peer| peer.span),
        Path::Multicast { .. } => None,
    }
}

fn source(instance: &VrrpInstance) -> Option<Sourced<IpAddr>> {
    match &instance.path {
        Path::Unicast { source, .. } | Path::Multicast { source, .. } => *source,
    }
}

fn sources(pair: &Pair<'_>, out: &mut Findings) {
    let (Some(one), Some(two)) = (source(pair.one.instance), source(pair.two.instance)) else {
        return;
    };
    if one.value != two.value {
        return;
    }
    let text = format!(
        "{} and {} both send from {}",
        pair.one.who(),
        pair.two.who(),
        one.value
    );
    let found = pair
        .differ(SOURCE_ALIKE, (one.span(), two.span()), text, "the same")
        .effect("a node that has not this address cannot send from it, or is taken for itself by the other one: both become active, as with keepalived")
        .help("write each node's own address");
    out.push(found);
}

fn peers(pair: &Pair<'_>, first: &[Peer], second: &[Peer], out: &mut Findings) {
    let mut told = false;
    for (sender, list, receiver) in [(&pair.one, first, &pair.two), (&pair.two, second, &pair.one)] {
        told |= not_named(pair, sender, list, receiver, out);
    }
    if told {
        return;
    }
    if let ([one], [two]) = (first, second)
        && one.address == two.address
    {
        let text = format!(
            "{} and {} both have {} as their only peer",
            pair.one.who(),
            pair.two.who(),
            one.address
        );
        let found = pair
            .differ(PEERS_ALIKE, (Some(one.span), Some(two.span)), text, "the same")
            .effect("one of them sends to itself, and the other one hears nothing and becomes active too, as with keepalived")
            .help("write the other node's address on each node");
        out.push(found);
    }
}

/// Whether `receiver` is left out of what `sender` sends to; only a source that is written can be looked for.
fn not_named(
    pair: &Pair<'_>,
    sender: &View<'_>,
    list: &[Peer],
    receiver: &View<'_>,
    out: &mut Findings,
) -> bool {
    let Some(own) = source(receiver.instance) else {
        return false;
    };
    // A node with the same source is found by that.
    let same = source(sender.instance).is_some_and(|source| source.value == own.value);
    if same || list.iter().any(|peer| peer.address == own.value) {
        return false;
    }
    let text = format!(
        "{} does not list {}, the source of {}, as its peer",
        sender.who(),
        own.value,
        receiver.who()
    );
    let of = |view: &View<'_>| {
        if std::ptr::eq(view.instance, sender.instance) {
            list.first().map(|peer| peer.span)
        } else {
            own.span()
        }
    };
    let found = pair
        .differ(PEER_NOT_NAMED, (of(&pair.one), of(&pair.two)), text, "see here")
        .effect(format!(
            "{} does not hear {}, and becomes active too, as with keepalived",
            receiver.who(),
            sender.who()
        ))
        .help(format!("add {} to unicast_peer on {}", own.value, sender.node));
    out.push(found);
    true
}
