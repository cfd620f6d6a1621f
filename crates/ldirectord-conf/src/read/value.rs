//! Single values.

use std::ops::RangeInclusive;
use std::time::Duration;

use keepalived_conf::{Sourced, Span};

use super::Reader;
use crate::line::{Directive, Kind, Word};

impl Reader<'_> {
    /// One word, in quotes or not.
    pub(super) fn text(&mut self, directive: &Directive) -> Option<Sourced<String>> {
        let word = self.only_word(directive)?;
        Some(Sourced::line(word.text.clone(), word.span))
    }

    /// One word that is not empty.
    pub(super) fn filled(&mut self, directive: &Directive) -> Option<Sourced<String>> {
        let text = self.text(directive)?;
        if text.value.is_empty() {
            let name = &directive.name;
            self.fault(
                "empty-value",
                directive.span,
                format!("{name} is empty"),
                "write a value, or take the line out",
            );
            return None;
        }
        Some(text)
    }

    /// A command line: the rest of the line, in quotes or not.
    pub(super) fn command(&mut self, directive: &Directive) -> Option<Sourced<String>> {
        let bare = directive
            .words
            .iter()
            .all(|word| matches!(word.kind, Kind::Bare | Kind::Comma));
        if directive.words.len() < 2 || !bare {
            return self.filled(directive);
        }
        let words = directive.words.iter().map(|word| word.text.as_str());
        let text = words.collect::<Vec<_>>().join(" ");
        Some(Sourced::line(text, whole(&directive.words, directive.span)))
    }

    fn only_word<'d>(&mut self, directive: &'d Directive) -> Option<&'d Word> {
        let name = &directive.name;
        let Some((word, rest)) = directive.words.split_first() else {
            self.fault(
                "no-value",
                directive.name_span,
                format!("{name} has no value"),
                format!("write {name} = VALUE"),
            );
            return None;
        };
        if word.kind == Kind::Open {
            self.fault(
                "unmatched-quote",
                word.span,
                "the closing quote is missing",
                "write \" at the end of the text",
            );
            return None;
        }
        if let Some(next) = rest.first() {
            self.fault(
                "several-words",
                next.span,
                format!("{name} takes one text, and here is another word"),
                "put a text with blanks or commas into quotes",
            );
            return None;
        }
        if word.kind == Kind::Quoted && word.text.contains('#') {
            self.warn(
                "hash-in-quotes",
                word.span,
                "there is a # in the quotes",
                "it belongs to the text; ldirectord takes it for the begin of a comment, and does not load such a file",
                "nothing to do unless ldirectord reads the file too",
            );
        }
        Some(word)
    }

    /// A number, as ldirectord reads one: what stands behind the digits is ignored, which is said.
    pub(super) fn number(
        &mut self,
        directive: &Directive,
        range: RangeInclusive<u32>,
    ) -> Option<Sourced<u32>> {
        let name = &directive.name;
        let (least, most) = (*range.start(), *range.end());
        let Some(word) = directive.words.first() else {
            self.only_word(directive);
            return None;
        };
        let digits = word.text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, behind) = word.text.split_at(digits);
        let value = number.parse().ok().filter(|value| range.contains(value));
        let Some(value) = value else {
            self.fault(
                "not-a-number",
                word.span,
                format!("{name} is '{}'", word.text),
                format!("write a number from {least} to {most}"),
            );
            return None;
        };
        let extra = directive.words.get(1).map(|extra| extra.span);
        if let Some(span) = (!behind.is_empty()).then_some(word.span).or(extra) {
            self.warn(
                "text-behind-number",
                span,
                format!("text stands behind the number of {name}"),
                format!("it is taken as {value}"),
                "take the text out, or write # in front of it",
            );
        }
        Some(Sourced::line(value, word.span))
    }

    pub(super) fn seconds(&mut self, directive: &Directive, least: u32) -> Option<Sourced<Duration>> {
        // A year: longer than anybody waits, and no sum of such overflows.
        let number = self.number(directive, least..=365 * 86_400)?;
        Some(number.map(|seconds| Duration::from_secs(seconds.into())))
    }

    /// `yes` or `no`, and nothing else.
    pub(super) fn yes_no(&mut self, directive: &Directive) -> Option<Sourced<bool>> {
        let text = self.text(directive)?;
        let Some(value) = yes_or_no(&text.value) else {
            let span = text.span().unwrap_or(directive.span);
            let (name, word) = (&directive.name, &text.value);
            self.fault(
                "not-yes-or-no",
                span,
                format!("{name} is '{word}'"),
                "write yes or no",
            );
            return None;
        };
        Some(text.map(|_| value))
    }
}

fn yes_or_no(text: &str) -> Option<bool> {
    match text {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}

/// From the first to the last of some words.
pub(super) fn whole(words: &[Word], none: Span) -> Span {
    match (words.first(), words.last()) {
        (Some(first), Some(last)) => first.span.to(last.span),
        _ => none,
    }
}
