//! `authentication`.

use super::Reader;
use super::instance::DraftAuth;
use crate::diagnostic::Diagnostic;
use crate::model::{AuthPass, Sourced};
use crate::secrets::is_kind;
use crate::tree::Item;

/// `auth_type` as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AuthType {
    Pass,
    Ah,
    /// A word that is neither.
    Unknown,
}

impl Reader<'_> {
    pub(super) fn authentication(&mut self, block: &Item, auth: &mut DraftAuth) {
        auth.block = Some(block.span);
        for item in block.items() {
            match item.keyword.map(|keyword| keyword.name) {
                Some("auth_type") => self.auth_type(item, auth),
                Some("auth_pass") => self.auth_pass(item, auth),
                _ => {}
            }
        }
    }

    fn auth_type(&mut self, item: &Item, auth: &mut DraftAuth) {
        let Some(word) = item.argument() else { return };
        self.surplus(item, 1);
        let kind = match word.bytes() {
            b"PASS" => AuthType::Pass,
            b"AH" => AuthType::Ah,
            _ => {
                let quoted = if is_kind(word.bytes()) {
                    format!("{:?}", word.text())
                } else {
                    "(not shown, it may be the password)".to_owned()
                };
                let text = format!("unknown kind of authentication {quoted}");
                let found = Diagnostic::error("bad-auth-type", word.span, text)
                    .effect("keepalived runs without authentication; this instance does not start")
                    .help("write PASS, in capitals, or remove the block");
                self.push(found);
                AuthType::Unknown
            }
        };
        auth.kind = Some(Sourced::line(kind, word.span));
    }

    fn auth_pass(&mut self, item: &Item, auth: &mut DraftAuth) {
        let Some(word) = item.argument() else { return };
        self.surplus(item, 1);
        if word.bytes().len() > 8 {
            let text = format!(
                "the password has {} bytes; a packet has room for 8",
                word.bytes().len()
            );
            let found = Diagnostic::warning("auth-pass-cut", word.span, text)
                .effect("the first 8 count, as for keepalived")
                .help("shorten it to 8 bytes on every node");
            self.push(found);
        }
        auth.pass = AuthPass::new(word.bytes()).map(|pass| Sourced::line(pass, word.span));
    }
}
