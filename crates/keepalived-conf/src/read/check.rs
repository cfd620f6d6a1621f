//! `vrrp_check`. It is of our own, and there to be relied on: whatever is wrong in it bars the instances that track it.

use std::time::Duration;

use super::Reader;
use super::script::Timing;
use crate::diagnostic::Diagnostic;
use crate::keywords::Scope;
use crate::model::{CheckMode, Command, Missing, Sourced, VrrpScript, Weight};
use crate::tree::Item;

const EFFECT: &str = "the check cannot be run as it is written, and what tracks it does not start";

impl Reader<'_> {
    pub(super) fn check(&mut self, block: &Item, name: &str) -> VrrpScript {
        let before = self.findings.mark();
        let mut timing = Timing::default();
        let mut checkers = Vec::new();
        for item in block.items() {
            if item.keyword.is_some_and(|keyword| keyword.opens.is_some()) {
                checkers.push(item);
            } else {
                self.timing_word(item, &mut timing);
            }
        }
        let interval = timing
            .interval
            .unwrap_or(Sourced::default(Duration::from_secs(1)));
        let limit = timing.timeout;
        let timeout = limit.unwrap_or_else(|| Sourced::implied(interval.value, "interval"));
        let command = self.only_checker(block, name, &checkers, timeout);
        let timeout = match &command {
            Some(Command::Hear(push)) => Sourced::implied(push.ttl.value, "ttl"),
            _ => timeout,
        };
        if let (Some(Command::Hear(_)), Some(limit)) = (&command, limit) {
            self.timeout_of_push(limit.span().unwrap_or(block.span));
        }
        let mut missing = Vec::new();
        let spoilt = self.findings.of_our_own(before, EFFECT);
        if spoilt || command.is_none() || strangers(block) {
            missing.push(Missing {
                word: format!("vrrp_check {name}"),
                span: block.span,
                scope: Scope::Instance,
                why: "it cannot be run as it is written, and what tracks it would run unchecked".to_owned(),
                allow_word: "vrrp_check".to_owned(),
            });
        }
        let command = command.map_or_else(
            || Sourced::default(Command::Nothing),
            |command| Sourced::line(command, block.span),
        );
        VrrpScript {
            name: name.to_owned(),
            span: block.span,
            command,
            interval,
            timeout,
            weight: timing.weight.unwrap_or(Sourced::default(Weight::default())),
            rise: timing.rise.unwrap_or(Sourced::default(1)),
            fall: timing.fall.unwrap_or(Sourced::default(1)),
            user: None,
            init_fail: timing.init_fail.unwrap_or(Sourced::default(false)),
            mode: timing.mode.unwrap_or(Sourced::default(CheckMode::Normal)),
            missing,
        }
    }

    fn only_checker(
        &mut self,
        block: &Item,
        name: &str,
        checkers: &[&Item],
        timeout: Sourced<Duration>,
    ) -> Option<Command> {
        match checkers {
            [one] if one.keyword.is_some_and(|keyword| keyword.name == "PUSH") => {
                return self.heard(one).map(|push| Command::Hear(Box::new(push)));
            }
            [one] => {
                let checker = self.checker(one, timeout)?;
                return Some(Command::Ask(Box::new(checker)));
            }
            [] => {
                let text = format!("vrrp_check {name} checks nothing");
                self.push(
                    Diagnostic::error("check-without-checker", block.span, text)
                        .help("put one block into it, such as TCP_CHECK { connect_port 80 }"),
                );
            }
            [first, second, ..] => {
                let text = format!("vrrp_check {name} has a second checker");
                self.push(
                    Diagnostic::error("check-with-two-checkers", second.span, text)
                        .label(first.span, "the first one")
                        .help("write a vrrp_check of its own for each, and track both"),
                );
            }
        }
        None
    }
}

/// Whether a word in it is none of the table: a misspelt one changes what is asked.
fn strangers(block: &Item) -> bool {
    block
        .items()
        .any(|item| item.keyword.is_none() || strangers(item))
}
