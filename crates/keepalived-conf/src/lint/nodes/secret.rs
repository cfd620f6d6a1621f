//! Passwords and keys. No message shows one.

use super::super::codes::{AUTH_DIFFERS, HMAC_DIFFERS};
use super::identity::NEVER_MEET;
use super::{Pair, View};
use crate::diagnostic::Findings;
use crate::model::{AuthHmac, HmacMode, Version};

pub(super) fn compare(pair: &Pair<'_>, out: &mut Findings) {
    let (one, two) = (pair.one.instance, pair.two.instance);
    if one.version.value == Version::V2 && two.version.value == Version::V2 {
        password(pair, out);
    }
    match (&one.auth_hmac, &two.auth_hmac) {
        (Some(first), Some(second)) => {
            keys(pair, (&pair.one, first), (&pair.two, second), out);
        }
        (Some(signs), None) => unsigned(pair, &pair.one, signs, &pair.two, out),
        (None, Some(signs)) => unsigned(pair, &pair.two, signs, &pair.one, out),
        (None, None) => {}
    }
}

fn password(pair: &Pair<'_>, out: &mut Findings) {
    let (one, two) = (
        &pair.one.instance.authentication,
        &pair.two.instance.authentication,
    );
    let text = match (one, two) {
        (Some(one), Some(two)) if one.value != two.value => {
            format!(
                "{} and {} have different passwords",
                pair.one.who(),
                pair.two.who()
            )
        }
        (Some(_), None) => format!("{} has a password, {} has none", pair.one.who(), pair.two.who()),
        (None, Some(_)) => format!("{} has a password, {} has none", pair.two.who(), pair.one.who()),
        _ => return,
    };
    let place = |auth: &Option<crate::model::Sourced<_>>| auth.as_ref().and_then(crate::model::Sourced::span);
    let found = pair
        .differ(AUTH_DIFFERS, (place(one), place(two)), text, "differs from this")
        .effect(NEVER_MEET)
        .help("write the same authentication block on every node; 8 bytes count, and a # or ! outside quotes ends the password");
    out.push(found);
}

/// One signs; the other has no block at all.
fn unsigned(pair: &Pair<'_>, with: &View<'_>, signs: &AuthHmac, without: &View<'_>, out: &mut Findings) {
    if signs.mode.value == HmacMode::ReceiveOnly {
        return;
    }
    let text = format!(
        "{} signs its adverts, {} has no auth_hmac",
        with.who(),
        without.who()
    );
    let place = |view: &View<'_>| view.instance.auth_hmac.as_ref().map(|hmac| hmac.span);
    let found = pair
        .differ(
            HMAC_DIFFERS,
            (place(&pair.one), place(&pair.two)),
            text,
            "differs from this",
        )
        .effect("a node without the block drops signed adverts: both become active, as with keepalived")
        .help("put auth_hmac with mode receive-only on every node first, then permissive, then enforce");
    out.push(found);
}

fn keys(pair: &Pair<'_>, one: (&View<'_>, &AuthHmac), two: (&View<'_>, &AuthHmac), out: &mut Findings) {
    for ((sender, signs), (receiver, verifies)) in [(one, two), (two, one)] {
        let silent = signs.mode.value == HmacMode::ReceiveOnly;
        let active = signs.keys.iter().find(|key| key.id == signs.active_key.value);
        let known = verifies.keys.iter().find(|key| key.id == signs.active_key.value);
        let what = match (silent, active, known) {
            (true, ..) if verifies.mode.value == HmacMode::Enforce => {
                "does not sign, and the other node believes nothing unsigned"
            }
            (false, Some(_), None) => "signs with a key that the other node does not have",
            (false, Some(own), Some(theirs)) if own.octets() != theirs.octets() => {
                "signs with a key that has the same id and other octets on the other node"
            }
            _ => continue,
        };
        let text = format!("{} {what} ({})", sender.who(), receiver.who());
        let places = (Some(one.1.span), Some(two.1.span));
        let found = pair
            .differ(HMAC_DIFFERS, places, text, "its block")
            .effect("its adverts are dropped there, and that node becomes active too, as with keepalived")
            .help("give every node all keys, and change active_key afterwards");
        out.push(found);
    }
}
