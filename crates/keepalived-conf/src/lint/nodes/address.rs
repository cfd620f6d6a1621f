//! What moves from one node to the other.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::super::codes::{ADDRESSES_DIFFER, EXCLUDED_DIFFER, LENGTH_DIFFERS, Rule, VMAC_DIFFERS};
use super::{Pair, View};
use crate::diagnostic::Findings;
use crate::model::Address;

pub(super) fn compare(pair: &Pair<'_>, out: &mut Findings) {
    let (one, two) = (pair.one.instance, pair.two.instance);
    if one.family.value == two.family.value {
        let effect = "an address that only one node has is gone when the other is active; keepalived before 2.3.3 also drops adverts with another list, and then both are active";
        lists(
            pair,
            ADDRESSES_DIFFER,
            (&one.addresses, &two.addresses),
            effect,
            out,
        );
    }
    let effect = "an address that only one node has is gone when the other is active, as with keepalived";
    lists(pair, EXCLUDED_DIFFER, (&one.excluded, &two.excluded), effect, out);
    lengths(pair, out);
    let (first, second) = (&one.vmac.own, &two.vmac.own);
    if first.is_some() != second.is_some() {
        let with = if first.is_some() { &pair.one } else { &pair.two };
        let text = format!("only {} has use_vmac", with.who());
        let place = |vmac: &Option<crate::model::UseVmac>| vmac.as_ref().map(|vmac| vmac.span);
        let found = pair
            .differ(VMAC_DIFFERS, (place(first), place(second)), text, "differs from this")
            .effect("the addresses have another MAC on each node: neighbours that ignore gratuitous ARP lose them at every takeover, as with keepalived")
            .help("write use_vmac on every node, or on none");
        out.push(found);
    }
}

fn lists(
    pair: &Pair<'_>,
    rule: Rule,
    (one, two): (&[Address], &[Address]),
    effect: &'static str,
    out: &mut Findings,
) {
    // An address that stands in the other list of the same node moves all the same.
    let missing = |here: &[Address], there: &[Address], view: &View<'_>| {
        let instance = view.instance;
        let first = here.iter().find(|address| {
            let ip = address.ip();
            there.iter().all(|other| other.ip() != ip)
                && (rule == ADDRESSES_DIFFER
                    || instance
                        .addresses
                        .iter()
                        .chain(&instance.excluded)
                        .all(|other| other.ip() != ip))
        });
        first.map(|address| (address.ip(), address.span))
    };
    let only_one = missing(one, two, &pair.two);
    let only_two = missing(two, one, &pair.one);
    let Some(text) = (match (only_one, only_two) {
        (Some((a, _)), Some((b, _))) => Some(format!(
            "{} has {a} and {} has {b}, which the other does not have",
            pair.one.who(),
            pair.two.who()
        )),
        (Some((a, _)), None) => Some(format!("{} has {a}, {} does not", pair.one.who(), pair.two.who())),
        (None, Some((b, _))) => Some(format!("{} has {b}, {} does not", pair.two.who(), pair.one.who())),
        (None, None) => None,
    }) else {
        return;
    };
    let places = (only_one.map(|(_, span)| span), only_two.map(|(_, span)| span));
    let found = pair
        .differ(rule, places, text, "its list differs")
        .effect(effect)
        .help("write the same addresses on every node");
    out.push(found);
}

fn lengths(pair: &Pair<'_>, out: &mut Findings) {
    let all = |view: &View<'_>| -> BTreeMap<IpAddr, (u8, crate::source::Span)> {
        let instance = view.instance;
        let addresses = instance.addresses.iter().chain(&instance.excluded);
        addresses
            .map(|address| (address.ip(), (address.prefix.value.prefix_len(), address.span)))
            .collect()
    };
    let (one, two) = (all(&pair.one), all(&pair.two));
    let differs = one.iter().find_map(|(ip, (length, span))| {
        let (other, place) = two.get(ip)?;
        (other != length).then_some((ip, length, span, other, place))
    });
    let Some((ip, length, span, other, place)) = differs else {
        return;
    };
    let text = format!(
        "{ip} is /{length} on {}, /{other} on {}",
        pair.one.node, pair.two.node
    );
    let found = pair
        .differ(LENGTH_DIFFERS, (Some(*span), Some(*place)), text, format!("/{length}"))
        .effect("the address moves all the same; a length other than that of the host adds a route to the network, which comes and goes with it on one node only, as with keepalived")
        .help("write the same length on every node; /32 or /128 where the interface has an address of that network already");
    out.push(found);
}
