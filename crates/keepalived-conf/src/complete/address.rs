//! The advertised addresses of an instance.

use super::instance::About;
use crate::diagnostic::Diagnostic;
use crate::keywords::Scope;
use crate::model::{Family, Missing, Version};
use crate::read::Draft;

/// Their number, and whether there are any; false if the instance is dropped.
pub(super) fn check(
    draft: &mut Draft,
    version: Version,
    family: Family,
    strict: bool,
    out: &mut About<'_>,
) -> bool {
    if draft.addresses.is_empty() {
        if let Some(lost) = draft.lost_addresses.first() {
            draft.missing.push(Missing {
                word: "virtual_ipaddress".to_owned(),
                span: *lost,
                scope: Scope::Instance,
                why: "every address of the block is left out by an error: an active node would serve none"
                    .to_owned(),
                allow_word: "virtual_ipaddress".to_owned(),
            });
        }
        if draft.no_virtual_ipaddress && !strict {
            return true;
        }
        let text = format!("{} has no address in virtual_ipaddress", draft.name);
        if strict || version == Version::V3 {
            let found = Diagnostic::dropped("no-address", draft.span, text)
                .effect("the instance is left out, as keepalived does")
                .help("add an address, or no_virtual_ipaddress if that is meant");
            out.push(found);
            return false;
        }
        let found = Diagnostic::warning("no-address", draft.span, text)
            .effect("adverts carry no address, as with keepalived")
            .help("add an address, or no_virtual_ipaddress if that is meant");
        out.push(found);
        return true;
    }
    many(draft, family, out);
    // Of an MTU of 1500: the adverts of keepalived leave room for the trailer of version 2; a signature has 28 octets.
    let most = match (family, draft.hmac.block) {
        (Family::Ipv4, _) => 255,
        (Family::Ipv6, None) => 90,
        (Family::Ipv6, Some(_)) => 89,
    };
    if draft.addresses.len() > most {
        let moved = draft.addresses.split_off(most);
        let text = format!(
            "{} addresses do not fit into an advert; {most} do",
            most.saturating_add(moved.len())
        );
        let found = Diagnostic::error(
            "too-many-addresses",
            moved.first().map_or(draft.span, |first| first.span),
            text,
        )
        .effect("from here on they are held without being advertised, as with keepalived")
        .help("put them into virtual_ipaddress_excluded, the same ones on every node");
        out.push(found);
        draft.excluded.splice(0..0, moved);
    }
    first_is_link_local(draft, family, strict, out);
    true
}

/// RFC 9568 section 5.2.9.
fn first_is_link_local(draft: &Draft, family: Family, strict: bool, out: &mut About<'_>) {
    let link_local =
        |ip: std::net::IpAddr| matches!(ip, std::net::IpAddr::V6(ip) if ip.is_unicast_link_local());
    if let Some(first) = draft
        .addresses
        .first()
        .filter(|first| family == Family::Ipv6 && !link_local(first.ip()))
    {
        let text = format!(
            "the first IPv6 address should be link-local; found {}",
            first.ip()
        );
        // Strict mode says it, and does no more about it.
        let found = if strict {
            Diagnostic::error("first-not-link-local", first.span, text)
        } else {
            Diagnostic::warning("first-not-link-local", first.span, text).silent()
        };
        let found = found
            .effect("it is used all the same, as with keepalived")
            .help("put an address of fe80::/64 first, the same on every node (RFC 9568 section 5.2.9)");
        out.push(found);
    }
}

/// PRJ-MAX-02: RFC 8347 lists 16 addresses of IPv4 and 2 of IPv6, and some implementations stop there.
fn many(draft: &Draft, family: Family, out: &mut About<'_>) {
    let usual = match family {
        Family::Ipv4 => 16,
        Family::Ipv6 => 2,
    };
    let Some(beyond) = draft.addresses.get(usual) else {
        return;
    };
    let found = draft.addresses.len();
    let text = format!("{found} advertised addresses; other implementations may know {usual} at most");
    let found = Diagnostic::warning("many-addresses", beyond.span, text)
        .silent()
        .effect("all of them are advertised, as with keepalived")
        .help("nothing to do beside keepalived and vrrpd; else put the rest into virtual_ipaddress_excluded, the same ones on every node");
    out.push(found);
}
