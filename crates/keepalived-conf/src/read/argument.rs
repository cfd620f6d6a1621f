//! Arguments of one line into values, with what is said where they are wrong.

use std::net::IpAddr;
use std::time::Duration;

use super::Reader;
use crate::diagnostic::{Diagnostic, Severity};
use crate::keywords;
use crate::lexer::Word;
use crate::model::{ScriptUser, Sourced};
use crate::number::{self, Reading};
use crate::tree::Item;

/// Words by which keepalived takes any argument without a word.
const UNSAID: [&str; 3] = ["vrrp_strict", "vrrp_skip_check_adv_addr", "no_email_faults"];

/// What junk behind a number does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Junk {
    /// The word is not a number.
    Refused,
    /// The digits in front count.
    Warned,
}

impl Reader<'_> {
    /// Reports words beyond the first `most` arguments.
    pub(super) fn surplus(&mut self, item: &Item, most: usize) {
        let Some((first, last)) = item
            .arguments()
            .get(most..)
            .and_then(|extra| Some((extra.first()?, extra.last()?)))
        else {
            return;
        };
        let span = first.span.to(last.span);
        let block = item.keyword.map(|keyword| keyword.block);
        let merged = item
            .arguments()
            .iter()
            .skip(most)
            .find(|word| block.is_some_and(|block| keywords::find(block, word.bytes()).is_some()));
        let found = match merged {
            Some(word) => Diagnostic::error(
                "settings-on-one-line",
                word.span,
                format!("{} stands on the line of {}", word.text(), item.name()),
            )
            .silent()
            .effect(format!(
                "keepalived takes it for an argument of {}, and so it has no effect",
                item.name()
            ))
            .help("write each setting on a line of its own"),
            None => Diagnostic::warning(
                "surplus-words",
                span,
                format!("{} takes fewer words", item.name()),
            )
            .silent()
            .effect("the rest of the line is ignored, as keepalived does")
            .help("remove it, or put # in front of it if it is a comment"),
        };
        self.push(found);
    }

    /// The name behind a block's word. keepalived wants exactly one word.
    pub(super) fn block_name(&mut self, item: &Item) -> Option<String> {
        let name = item.argument()?;
        let first_counts = ["vrrp_script", "vrrp_track_file", "vrrp_track_process"];
        if item.arguments().len() > 1
            && item
                .keyword
                .is_some_and(|keyword| !first_counts.contains(&keyword.name))
        {
            let text = format!(
                "{} takes one name, and here are {} words",
                item.name(),
                item.arguments().len()
            );
            let found = Diagnostic::dropped("block-name", item.span, text)
                .effect("the block is left out whole, as keepalived does")
                .help("write the name as one word, or in double quotes")
                .about(name.text());
            self.push(found);
            return None;
        }
        Some(name.text())
    }

    /// `[BOOL]`: on without an argument.
    pub(super) fn switch(&mut self, item: &Item) -> Option<Sourced<bool>> {
        self.surplus(item, 1);
        let Some(word) = item.arguments().first() else {
            return Some(Sourced::line(true, item.span));
        };
        match word.bytes() {
            b"on" | b"true" | b"yes" => Some(Sourced::line(true, word.span)),
            b"off" | b"false" | b"no" => Some(Sourced::line(false, word.span)),
            _ => {
                let text = format!("{} is neither on nor off: {:?}", item.name(), word.text());
                let found = Diagnostic::error("bad-switch", word.span, text)
                    .effect("the line is ignored")
                    .help("write on, off, true, false, yes or no, in lower case");
                let unsaid = item.keyword.is_some_and(|word| UNSAID.contains(&word.name));
                self.push(if unsaid { found.silent() } else { found });
                None
            }
        }
    }

    /// Whether a switch is turned on by its line.
    pub(super) fn asks(&self, item: &Item) -> bool {
        let word = item.arguments().first();
        word.is_none_or(|word| ["on", "true", "yes"].iter().any(|on| word.is(on)))
    }

    /// A word without an argument.
    pub(super) fn flag(&mut self, item: &Item) -> Sourced<bool> {
        self.surplus(item, 0);
        Sourced::line(true, item.span)
    }

    /// A whole number of a range.
    pub(super) fn integer(&mut self, item: &Item, junk: Junk, least: i64, most: i64) -> Option<Sourced<i64>> {
        let word = item.argument()?;
        self.surplus(item, 1);
        let what = format!("{} is a whole number from {least} to {most}", item.name());
        let value = self.number(
            word,
            number::integer(word.bytes()),
            junk,
            i128::from(least)..=i128::from(most),
            &what,
        )?;
        Some(Sourced::line(i64::try_from(value).ok()?, word.span))
    }

    /// Seconds with decimals, of a range given in microseconds.
    pub(super) fn seconds(
        &mut self,
        item: &Item,
        junk: Junk,
        least_us: u64,
        most_us: u64,
    ) -> Option<Sourced<Duration>> {
        let word = item.argument()?;
        self.surplus(item, 1);
        let what = format!(
            "{} is a number of seconds from {} to {}",
            item.name(),
            Duration::from_micros(least_us).as_secs_f64(),
            Duration::from_micros(most_us).as_secs_f64()
        );
        let range = i128::from(least_us)..=i128::from(most_us);
        let value = self.number(word, number::decimal(word.bytes()), junk, range, &what)?;
        Some(Sourced::line(
            Duration::from_micros(u64::try_from(value).ok()?),
            word.span,
        ))
    }

    pub(super) fn number(
        &mut self,
        word: &Word,
        reading: Reading,
        junk: Junk,
        range: std::ops::RangeInclusive<i128>,
        what: &str,
    ) -> Option<i128> {
        let usable = reading.whole || junk == Junk::Warned;
        let value = Some(reading.value).filter(|value| usable && range.contains(value));
        let text = format!("{what}; found {:?}", word.text());
        let found = match value {
            Some(_) if reading.whole && reading.exact => return value,
            Some(_) if reading.whole => Diagnostic::error("too-many-decimals", word.span, text)
                .effect("it is rounded to six decimals, as by keepalived")
                .help("write at most six decimals"),
            Some(_) if reading.digits => Diagnostic::error("number-with-junk", word.span, text)
                .effect("the digits in front count, as for keepalived")
                .help("write the number alone, without a unit"),
            Some(_) => Diagnostic::error("bad-number", word.span, text)
                .effect("it counts as 0, as for keepalived")
                .help("write a number"),
            None => Diagnostic::error("bad-number", word.span, text)
                .effect("the line is ignored, as keepalived does")
                .help("correct the number"),
        };
        self.push(found);
        value
    }

    /// An IP address.
    pub(super) fn ip(&mut self, item: &Item) -> Option<Sourced<IpAddr>> {
        let word = item.argument()?;
        self.surplus(item, 1);
        let Some(address) = address(word) else {
            self.push(bad_address(word, &item.name()));
            return None;
        };
        Some(Sourced::line(address, word.span))
    }

    /// Text; reported if it is not UTF-8, which no name we pass on may be.
    pub(super) fn text(&mut self, word: &Word) -> Option<Sourced<String>> {
        if let Ok(text) = std::str::from_utf8(word.bytes()) {
            return Some(Sourced::line(text.to_owned(), word.span));
        }
        let found = Diagnostic::error(
            "not-utf8",
            word.span,
            format!("{:?} is not UTF-8 text", word.text()),
        )
        .silent()
        .effect("the line is ignored")
        .help("save the file as UTF-8");
        self.push(found);
        None
    }

    /// A text that is only shown to people: octets that are not UTF-8 are replaced, and nothing is lost by that.
    pub(super) fn shown(&mut self, word: &Word) -> Sourced<String> {
        let text = word.text();
        if std::str::from_utf8(word.bytes()).is_err() {
            let found = Diagnostic::warning("not-utf8", word.span, format!("{text:?} is not UTF-8 text"))
                .silent()
                .effect("octets that are no text are shown as U+FFFD; keepalived shows them as they are")
                .help("save the file as UTF-8");
            self.push(found);
        }
        Sourced::line(text, word.span)
    }

    /// The name of an interface, as the kernel allows it.
    pub(super) fn interface(&mut self, word: &Word) -> Option<Sourced<String>> {
        let name = word.text();
        if name.len() > 15 {
            let text = format!(
                "{name:?} has {} bytes; the name of an interface has at most 15",
                name.len()
            );
            let found = Diagnostic::error("interface-name", word.span, text)
                .effect("the line is ignored, as keepalived does");
            self.push(found.help("write the name as ip link shows it"));
            return None;
        }
        let odd = |letter: char| !(letter.is_alphanumeric() || matches!(letter, '.' | '_' | '-'));
        if name.is_empty() || name.contains(odd) || name == "." || name == ".." {
            let text = format!("{name:?} is not the name of an interface");
            let found = Diagnostic::fatal("interface-name", word.span, text)
                .effect("the file is refused: keepalived does not start with an interface that is not there")
                .help("write the name as ip link shows it; is this a placeholder?");
            self.push(found);
            return None;
        }
        Some(Sourced::line(name, word.span))
    }

    /// `USER [GROUP]`.
    pub(super) fn user(&mut self, words: &[Word]) -> Option<Sourced<ScriptUser>> {
        let user = self.text(words.first()?)?;
        let group = match words.get(1) {
            Some(word) => Some(self.text(word)?.value),
            None => None,
        };
        Some(user.map(|user| ScriptUser { user, group }))
    }

    /// Reports that a line repeats a setting.
    pub(super) fn again<T>(&mut self, item: &Item, before: Option<&Sourced<T>>) {
        let Some(span) = before.and_then(Sourced::span) else {
            return;
        };
        let found = Diagnostic::new(
            Severity::Note,
            "set-again",
            item.span,
            format!("{} is set again", item.name()),
        )
        .silent()
        .effect("the last one counts")
        .label(span, "the first one");
        self.push(found.help("remove one of them"));
    }
}

/// An address; keepalived does not look at a prefix length behind it.
pub(crate) fn address(word: &Word) -> Option<IpAddr> {
    let text = word.text();
    text.split('/').next()?.parse().ok()
}

pub(super) fn bad_address(word: &Word, name: &str) -> Diagnostic {
    Diagnostic::error(
        "bad-address",
        word.span,
        format!("{name} is an IP address; found {:?}", word.text()),
    )
    .effect("it is ignored, as keepalived does")
    .help("write a numeric IPv4 or IPv6 address")
}
