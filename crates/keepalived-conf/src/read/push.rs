//! `PUSH` of a `vrrp_check`: what an application says by itself.

use super::Reader;
use crate::diagnostic::Diagnostic;
use crate::model::{CheckMode, Push, Sourced};
use crate::source::Span;
use crate::tree::Item;

impl Reader<'_> {
    pub(super) fn heard(&mut self, block: &Item) -> Option<Push> {
        let (mut ttl, mut user) = (None, None);
        for item in block.items() {
            match item.keyword.map(|keyword| keyword.name) {
                Some("ttl") => ttl = self.positive_seconds(item).or(ttl),
                Some("user") if item.argument().is_some() => {
                    self.surplus(item, 2);
                    user = self.user(item.arguments()).or(user);
                }
                Some("user") => self.lacks_its_word(item),
                _ => {}
            }
        }
        let Some(ttl) = ttl else {
            let text = "PUSH does not say how long a word of the application counts";
            let found = Diagnostic::error("push-without-ttl", block.span, text);
            self.push(
                found.help("add ttl SECONDS, a few times as long as the application needs between two words"),
            );
            return None;
        };
        Some(Push {
            span: block.span,
            ttl,
            user,
        })
    }

    pub(super) fn timeout_of_push(&mut self, span: Span) {
        let text =
            "timeout is not for a check with PUSH: nothing is asked, and what is heard counts for its ttl";
        self.push(Diagnostic::error("not-in-a-check", span, text).help("remove the line"));
    }

    /// `mode`, of checks and scripts.
    pub(super) fn check_mode(&mut self, item: &Item) -> Option<Sourced<CheckMode>> {
        let word = item.argument()?;
        self.surplus(item, 1);
        if let Some((mode, _)) = CheckMode::ALL.iter().find(|(_, name)| word.is(name)) {
            return Some(Sourced::line(*mode, word.span));
        }
        let names = CheckMode::ALL.map(|(_, name)| name).join(", ");
        let text = format!("mode is one of {names}; found {:?}", word.text());
        self.push(
            Diagnostic::error("bad-value", word.span, text)
                .effect("the line is ignored, and what the check finds counts")
                .help("write one of them, or remove the line"),
        );
        None
    }
}
