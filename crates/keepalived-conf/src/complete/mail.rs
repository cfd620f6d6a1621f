//! Who is told by mail, and what keeps mail and webhooks from telling anybody.

use crate::diagnostic::{Diagnostic, Findings};
use crate::model::{Config, Mail, MailTls, Sourced};

/// `smtp_alert` of an instance or group: its own, else that of all VRRP, else that of everything.
pub(super) fn alert(own: Option<Sourced<bool>>, mail: &Mail) -> Sourced<bool> {
    let vrrp = mail.alert_vrrp.map(|on| on.inherited("smtp_alert_vrrp"));
    let all = mail.alert.map(|on| on.inherited("smtp_alert"));
    own.or(vrrp).or(all).unwrap_or(Sourced::default(false))
}

/// Mail is asked for, to nobody.
fn nobody(config: &Config, findings: &mut Findings) {
    let mail = &config.global.mail;
    let instances = config.instances.iter().map(|one| one.smtp_alert);
    let groups = config.sync_groups.iter().map(|one| one.smtp_alert);
    let global = [mail.alert_vrrp, mail.alert].into_iter().flatten();
    let mut all = global.chain(instances).chain(groups).filter(|on| on.value);
    if let Some(span) = all.find_map(|on| on.span()) {
        let text = "smtp_alert asks for mail, and notification_email names nobody to send it to";
        findings.push(
            Diagnostic::warning("no-recipient", span, text)
                .silent()
                .effect("no mail is sent, as with keepalived")
                .help("add notification_email { USER@HOST } to global_defs, or remove smtp_alert"),
        );
    }
}

pub(super) fn complete(config: &Config, findings: &mut Findings) {
    let mail = &config.global.mail;
    let wanted = config.instances.iter().any(|one| one.smtp_alert.value)
        || config.sync_groups.iter().any(|one| one.smtp_alert.value);
    if wanted && mail.to.is_empty() {
        nobody(config, findings);
    }
    if let (true, None, Some(to)) = (wanted, &mail.server, mail.to.first().and_then(Sourced::span)) {
        let text = "mail is asked for, and no smtp_server is named";
        findings.push(
            Diagnostic::warning("no-smtp-server", to, text)
                .silent()
                .effect("no mail is sent, as with keepalived")
                .help("add smtp_server 127.0.0.1, or the address of your mail relay"),
        );
    }
    if let (Some(login), MailTls::None | MailTls::Optional) = (&mail.login, mail.tls.value)
        && let Some(span) = login.span()
    {
        let text = "smtp_login without smtp_tls required or wrapped";
        findings.push(
            Diagnostic::error("login-without-tls", span, text)
                .silent()
                .effect(
                    "the password is never sent unprotected: where the connection is not, no mail is sent",
                )
                .help("add smtp_tls required, or wrapped for port 465"),
        );
    }
    for name in config.webhooks.iter().flat_map(|hook| &hook.only) {
        let known = config.instances.iter().any(|one| one.name == name.value)
            || config.sync_groups.iter().any(|one| one.name == name.value);
        if let (false, Some(span)) = (known, name.span()) {
            let text = format!("there is no instance or sync group {}", name.value);
            findings.push(
                Diagnostic::error("unknown-name", span, text)
                    .silent()
                    .effect("nothing is told of it")
                    .help("define it, or correct the name"),
            );
        }
    }
}
