//! Mail.

use std::time::Duration;

use keepalived_conf::{Sourced, Span};

use super::value::whole;
use super::{Defaults, Given, Reader, or_default};
use crate::line::{Directive, Kind};
use crate::model::{Alert, States};

impl Reader<'_> {
    pub(super) fn alert(&mut self, given: &Given<'_>, file: &Defaults<'_>) -> Option<Alert> {
        let to = self.either(given, file, "emailalert", Self::addresses)?;
        let from = self.either(given, file, "emailalertfrom", Self::sender);
        let smtp = self.either(given, file, "smtp", Self::sender);
        let repeat = self.either(given, file, "emailalertfreq", |reader, directive| {
            let repeat = reader.seconds(directive, 0)?;
            if !repeat.value.is_zero() {
                reader.no_repeats(directive);
            }
            Some(repeat)
        });
        let states = self.either(given, file, "emailalertstatus", Self::states);
        Some(Alert {
            to,
            from,
            repeat: or_default(repeat, Duration::ZERO),
            states: or_default(states, States::ALL),
            smtp,
        })
    }

    /// Commas part them, within quotes too.
    fn addresses(&mut self, directive: &Directive) -> Option<Sourced<Vec<String>>> {
        let span = whole(&directive.words, directive.span);
        let to: Vec<String> = parts(directive).map(|(part, _)| part).collect();
        if to.is_empty() || to.iter().any(|address| !address.contains('@')) {
            self.fault(
                "no-mail-address",
                span,
                format!("{} names no address of mail", directive.name),
                "write NAME@HOST, several with commas between them",
            );
            return None;
        }
        Some(Sourced::line(to, span))
    }

    /// As it is written, with its quotes: `"ldirectord Alerts" <alerts@example.com>`.
    fn sender(&mut self, directive: &Directive) -> Option<Sourced<String>> {
        let words = directive.words.iter().map(|word| match word.kind {
            Kind::Quoted if directive.words.len() > 1 => format!("\"{}\"", word.text),
            _ => word.text.clone(),
        });
        let text = words.collect::<Vec<_>>().join(" ");
        if text.is_empty() {
            return self.filled(directive);
        }
        Some(Sourced::line(text, whole(&directive.words, directive.span)))
    }

    fn states(&mut self, directive: &Directive) -> Option<Sourced<States>> {
        let span = whole(&directive.words, directive.span);
        let mut states = States::NONE;
        let (mut none, mut some) = (false, false);
        for (word, at) in parts(directive) {
            some |= word != "none";
            match word.as_str() {
                "all" => states = States::ALL,
                "none" => none = true,
                "starting" => states.starting = true,
                "running" => states.running = true,
                "stopping" => states.stopping = true,
                "reloading" => states.reloading = true,
                _ => {
                    self.unknown_state(at, &word);
                    return None;
                }
            }
        }
        if none == some {
            self.fault(
                "no-alert-state",
                span,
                "emailalertstatus is none and something else, or nothing",
                "write all, none, or some of starting, running, stopping, reloading",
            );
            return None;
        }
        if some && !states.running {
            self.warn(
                "no-mail",
                span,
                "emailalertstatus does not name running, the state in which vrrpd sends mail",
                "no mail is sent; starting, stopping and reloading are told by vrrpd's log",
                "add running, or write none",
            );
        }
        Some(Sourced::line(states, span))
    }

    fn no_repeats(&mut self, directive: &Directive) {
        self.warn(
            "not-repeated",
            directive.name_span,
            "emailalertfreq asks for repeated mails, which vrrpd does not send",
            "one mail is sent when a server goes down, and one when it comes back",
            "write 0, or take the line out; who is down stands in vrrpctl servers and in the metrics",
        );
    }

    fn unknown_state(&mut self, span: Span, word: &str) {
        self.fault(
            "no-alert-state",
            span,
            format!("there is no state '{word}'"),
            "write all, none, or some of starting, running, stopping, reloading",
        );
    }
}

fn parts(directive: &Directive) -> impl Iterator<Item = (String, Span)> + '_ {
    let words = directive.words.iter().filter(|word| word.kind != Kind::Comma);
    words.flat_map(|word| {
        let parts = word.text.split(',').map(|part| part.trim().to_owned());
        parts
            .filter(|part| !part.is_empty())
            .map(|part| (part, word.span))
    })
}
