//! `auth_hmac` when the whole instance is known.

use super::instance::About;
use crate::diagnostic::Diagnostic;
use crate::model::{AntiReplay, AuthHmac, HmacMode, Sourced};
use crate::read::{Draft, HMAC_EFFECT};

/// The block; an error if it keeps the instance from starting (what is wrong has been said then).
pub(super) fn auth_hmac(
    draft: &mut Draft,
    strict: bool,
    out: &mut About<'_>,
) -> Result<Option<AuthHmac>, ()> {
    let mut written = std::mem::take(&mut draft.hmac);
    let Some(span) = written.block else {
        return Ok(None);
    };
    if written.wrong {
        return Err(());
    }
    let has = |id| written.keys.iter().any(|key| key.id == id);
    let Some(active_key) = written.active_key.filter(|id| has(id.value)) else {
        let (at, text) = match written.active_key {
            None => (span, "auth_hmac has no active_key".to_owned()),
            Some(id) => (
                id.span().unwrap_or(span),
                format!("active_key {} is none of the keys of auth_hmac", id.value),
            ),
        };
        let found = Diagnostic::dropped("hmac-active-key", at, text)
            .effect(HMAC_EFFECT)
            .help("write active_key and the id of the key that all nodes have");
        out.push(found);
        return Err(());
    };
    if let Some(block) = draft.auth.block.take() {
        let text = "authentication and auth_hmac exclude each other";
        let found = Diagnostic::error("auth-beside-hmac", block, text)
            .effect("authentication is left out, as keepalived does")
            .help("remove it, on every node")
            .label(span, "this counts");
        out.push(found);
    }
    let mut mode = written.mode.take().unwrap_or(Sourced::default(HmacMode::Enforce));
    if strict {
        if mode.value != HmacMode::Enforce {
            let text = "strict mode allows no other mode of auth_hmac than enforce";
            let found = Diagnostic::warning("strict-hmac-mode", mode.span().unwrap_or(span), text)
                .effect("it is enforce, as with keepalived: peers that do not sign are not heard")
                .help("remove vrrp_strict until every node signs, or write mode enforce");
            out.push(found);
        }
        mode = Sourced::implied(HmacMode::Enforce, "vrrp_strict");
    }
    Ok(Some(AuthHmac {
        span,
        keys: written.keys,
        active_key,
        mode,
        anti_replay: written.anti_replay.unwrap_or(Sourced::default(AntiReplay::Time)),
        time_window_seconds: written.time_window_seconds,
    }))
}
