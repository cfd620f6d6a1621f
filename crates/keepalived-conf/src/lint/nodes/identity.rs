//! What a node drops adverts for: number, family, version, interval.

use super::super::codes::{
    FAMILY_DIFFERS, INTERVAL_DIFFERS, INTERVAL_LEARNED, ROUTER_ID_DIFFERS, VERSION_DIFFERS,
};
use super::Pair;
use crate::diagnostic::Findings;
use crate::model::{Family, Version, VrrpInstance};

/// What two nodes come to that do not hear each other.
pub(super) const NEVER_MEET: &str =
    "neither hears the other: both become active and both hold the addresses, as with keepalived";

pub(super) fn compare(pair: &Pair<'_>, out: &mut Findings) {
    let (one, two) = (pair.one.instance, pair.two.instance);
    if one.family.value != two.family.value {
        let name = |family| if family == Family::Ipv4 { "IPv4" } else { "IPv6" };
        let text = format!(
            "{} advertises {}, {} {}",
            pair.one.who(),
            name(one.family.value),
            pair.two.who(),
            name(two.family.value)
        );
        let places = (
            one.addresses.first().map(|address| address.span),
            two.addresses.first().map(|address| address.span),
        );
        let found = pair
            .differ(FAMILY_DIFFERS, places, text, name(one.family.value))
            .effect(NEVER_MEET)
            .help("virtual_ipaddress has addresses of one family, the same on every node; the other family goes into virtual_ipaddress_excluded");
        out.push(found);
        // Nothing else of them need be alike.
        return;
    }
    if one.virtual_router_id.value != two.virtual_router_id.value {
        let (first, second) = (one.virtual_router_id, two.virtual_router_id);
        let text = format!(
            "{} has virtual_router_id {}, {} has {}",
            pair.one.who(),
            first.value,
            pair.two.who(),
            second.value
        );
        let found = pair
            .differ(
                ROUTER_ID_DIFFERS,
                (first.span(), second.span()),
                text,
                first.value.to_string(),
            )
            .effect(NEVER_MEET)
            .help("write the same virtual_router_id on every node");
        out.push(found);
    }
    version(pair, out);
    interval(pair, out);
}

const fn number(version: Version) -> u8 {
    match version {
        Version::V2 => 2,
        Version::V3 => 3,
    }
}

/// Our `v2_interop` speaks both.
const fn both(instance: &VrrpInstance) -> bool {
    instance.v2_interop.value
}

fn version(pair: &Pair<'_>, out: &mut Findings) {
    let (one, two) = (pair.one.instance, pair.two.instance);
    if one.version.value == two.version.value || both(one) || both(two) {
        return;
    }
    let text = format!(
        "{} speaks version {}, {} version {}",
        pair.one.who(),
        number(one.version.value),
        pair.two.who(),
        number(two.version.value)
    );
    let found = pair
        .differ(
            VERSION_DIFFERS,
            (one.version.span(), two.version.span()),
            text,
            format!("version {}", number(one.version.value)),
        )
        .effect(NEVER_MEET)
        .help(
            "write the same version on every node; while nodes are changed one by one, vrrpd has v2_interop",
        );
    out.push(found);
}

fn interval(pair: &Pair<'_>, out: &mut Findings) {
    let (one, two) = (pair.one.instance, pair.two.instance);
    let (first, second) = (one.advert_int_cs, two.advert_int_cs);
    if first.value == second.value || one.version.value != two.version.value {
        return;
    }
    let seconds = |cs: u16| {
        format!(
            "{:?}",
            std::time::Duration::from_millis(u64::from(cs).saturating_mul(10))
        )
    };
    let text = format!(
        "{} sends every {}, {} every {}",
        pair.one.who(),
        seconds(first.value),
        pair.two.who(),
        seconds(second.value)
    );
    let places = (first.span(), second.span());
    let (rule, effect) = if one.version.value == Version::V2 {
        (INTERVAL_DIFFERS, NEVER_MEET)
    } else {
        (
            INTERVAL_LEARNED,
            "in version 3 a Backup waits as long as the Active says: how soon a failure is seen depends on which node fails, as with keepalived",
        )
    };
    let found = pair
        .differ(rule, places, text, seconds(first.value))
        .effect(effect)
        .help("write the same advert_int on every node");
    out.push(found);
}
