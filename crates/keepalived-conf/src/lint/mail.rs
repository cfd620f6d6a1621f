//! Mail.

use super::codes::{MAIL_NEVER_SENT, SAMPLE_MAIL};
use crate::Parsed;
use crate::diagnostic::Findings;
use crate::tree::{Item, items};

/// What the whole tree shows that these rules need.
#[derive(Default)]
struct Seen {
    alert: bool,
    virtual_server: bool,
}

pub(super) fn file(parsed: &Parsed, out: &mut Findings) {
    let mut seen = Seen::default();
    for item in items(&parsed.tree.nodes) {
        look(item, &mut seen);
    }
    let mail = &parsed.config.global.mail;
    let Some(first) = mail.to.first() else { return };
    let span = first.span().or_else(|| mail.server.as_ref()?.span());
    let Some(span) = span else { return };
    // Real servers are told of by mail unless something says otherwise.
    if !seen.alert && !seen.virtual_server {
        let found = MAIL_NEVER_SENT
            .at(
                span,
                "mail is set up, and no smtp_alert says that any is to be sent",
            )
            .effect("no change of any instance is told by mail, as with keepalived")
            .help("add smtp_alert to global_defs or to the instances; or run a notify script");
        out.push(found);
        return;
    }
    let sample = |address: &str| address.ends_with("@firewall.loc");
    let to = mail.to.iter().find(|to| sample(&to.value));
    let server = mail
        .server
        .as_ref()
        .filter(|server| server.value.0 == "192.168.200.1");
    let place = to
        .and_then(|to| to.span())
        .or_else(|| server.and_then(|server| server.span()));
    if let Some(span) = place {
        let found = SAMPLE_MAIL
            .at(span, "this is the address of keepalived's sample file")
            .effect("mail goes nowhere, or to somebody else, as with keepalived")
            .help("write your own addresses and mail server, or take the words about mail away");
        out.push(found);
    }
}

fn look(item: &Item, seen: &mut Seen) {
    let name = item.keyword.map_or("", |keyword| keyword.name);
    match name {
        "smtp_alert" | "smtp_alert_vrrp" | "smtp_alert_checker" => {
            let off = item
                .argument()
                .is_some_and(|word| matches!(word.bytes(), b"off" | b"no" | b"false"));
            seen.alert |= !off;
        }
        "virtual_server" => seen.virtual_server = true,
        _ => {}
    }
    for inner in item.items() {
        look(inner, seen);
    }
}
