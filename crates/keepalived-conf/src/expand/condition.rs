//! `@ID` and `@^ID` in front of a line.

use super::{Expansion, lines};
use crate::diagnostic::Diagnostic;
use crate::lexer::Text;

impl Expansion<'_> {
    /// The line without its condition; none if it is for another node.
    pub(super) fn condition<'t>(&mut self, text: &Text<'t>) -> Option<Text<'t>> {
        let line = text;
        let mut text = lines::trimmed(line);
        if text.bytes.first() != Some(&b'@') {
            return Some(line.clone());
        }
        while text.bytes.first() == Some(&b'@') {
            let end = text
                .bytes
                .iter()
                .position(u8::is_ascii_whitespace)
                .unwrap_or(text.bytes.len());
            let id = text.bytes.get(1..end).unwrap_or_default();
            let (negated, id) = id.strip_prefix(b"^").map_or((false, id), |id| (true, id));
            let Some(own) = &self.host.config_id else {
                let found = Diagnostic::fatal(
                    "condition-without-id",
                    text.span(0, end),
                    "this line is for some nodes only, and which one this is is not known",
                );
                let found = found.silent().effect("nothing is started");
                self.findings.push(found.help("name the node with --config-id"));
                return None;
            };
            if (own.as_bytes() == id) == negated {
                return None;
            }
            text = lines::trimmed(&text.part(end, text.bytes.len()));
        }
        Some(text)
    }
}
