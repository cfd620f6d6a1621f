//! `@ID` and `@^ID` in front of a line.

use super::{Expansion, lines};
use crate::diagnostic::Diagnostic;
use crate::lexer::Text;

impl Expansion<'_> {
    /// The line without its condition; none if it is for another node.
    pub(super) fn condition<'t>(&mut self, text: &Text<'t>) -> Option<Text<'t>> {
        let line = lines::trimmed(text);
        if line.bytes.first() != Some(&b'@') {
            return Some(text.clone());
        }
        let blank = line.bytes.iter().position(u8::is_ascii_whitespace);
        let end = blank.unwrap_or(line.bytes.len());
        let id = line.bytes.get(1..end).unwrap_or_default();
        let (negated, id) = id.strip_prefix(b"^").map_or((false, id), |id| (true, id));
        let Some(own) = &self.host.config_id else {
            let found = Diagnostic::fatal(
                "condition-without-id",
                line.span(0, end),
                "this line is for some nodes only, and which one this is is not known",
            );
            let found = found.silent().effect("nothing is started");
            self.findings.push(found.help("name the node with --config-id"));
            return None;
        };
        // A second condition is an unknown word to keepalived, and stays in the line.
        ((own.as_bytes() == id) != negated).then(|| lines::trimmed(&line.part(end, line.bytes.len())))
    }
}
