//! Passwords.

use super::codes::PASS_IN_CLEAR;
use crate::diagnostic::Findings;
use crate::model::Config;

/// Told once for a file.
pub(super) fn file(config: &Config, out: &mut Findings) {
    let with = config
        .instances
        .iter()
        .find_map(|instance| Some((instance, instance.authentication.as_ref()?)));
    let Some((instance, pass)) = with else { return };
    let found = PASS_IN_CLEAR
        .at(
            pass.span().unwrap_or(instance.span),
            format!("the password of {} stands in clear in every packet", instance.name),
        )
        .effect("it keeps out neighbours that are set up wrongly, and nobody who means harm, as with keepalived")
        .help("auth_hmac signs adverts (keepalived 2.4.2 and later, and vrrpd); put mode receive-only on all nodes first")
        .about(&instance.name);
    out.push(found);
}
