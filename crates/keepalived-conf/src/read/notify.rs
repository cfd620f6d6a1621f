//! Commands.

use super::Reader;
use crate::command::{self, CommandError};
use crate::diagnostic::Diagnostic;
use crate::keywords::Block;
use crate::lexer::Word;
use crate::model::{Argv, Notify, NotifyScript, Sourced};
use crate::tree::Item;

impl Reader<'_> {
    /// Words that name a script of an instance or group; false for any other word.
    pub(super) fn notify(&mut self, item: &Item, notify: &mut Notify) -> bool {
        let place = match item.keyword.map(|keyword| keyword.name) {
            Some("notify") => &mut notify.any,
            Some("notify_master") => &mut notify.master,
            Some("notify_backup") => &mut notify.backup,
            Some("notify_fault") => &mut notify.fault,
            Some("notify_stop") => &mut notify.stop,
            Some("notify_master_rx_lower_pri") => &mut notify.rx_lower_pri,
            Some("notify_before_stop") => &mut notify.before_stop,
            Some("notify_priority_changes") => {
                notify.priority_changes = self.switch(item).or(notify.priority_changes);
                return true;
            }
            Some("notify_deleted") => {
                self.deleted(item, notify);
                return true;
            }
            _ => return false,
        };
        let Some(script) = self.notify_script(item) else {
            return true;
        };
        if place.is_some() {
            self.set_already(item);
            return true;
        }
        *place = Some(script);
        true
    }

    /// keepalived keeps the first and says so.
    pub(super) fn set_already(&mut self, item: &Item) {
        let found = Diagnostic::error("set-again", item.span, format!("{} is set already", item.name()))
            .effect("the first one counts, as for keepalived")
            .help("remove one of them");
        self.push(found);
    }

    /// `[COMMAND [USER [GROUP]]]`.
    fn deleted(&mut self, item: &Item, notify: &mut Notify) {
        if notify.deleted.is_some() {
            self.set_already(item);
        } else if let Some(script) = self.notify_script(item) {
            notify.deleted = Some(script.map(Some));
        } else if item.arguments().is_empty() {
            notify.deleted = Some(Sourced::line(None, item.span));
        }
    }

    pub(super) fn notify_script(&mut self, item: &Item) -> Option<Sourced<NotifyScript>> {
        let first = item.argument()?;
        let (argv, rest) = self.command(item)?;
        let user = match rest.as_slice() {
            [] => None,
            [_, ..] => {
                if let Some(extra) = rest.get(2) {
                    let text = format!("{} takes a command, a user and a group", item.name());
                    let found = Diagnostic::error("surplus-words", extra.span, text)
                        .silent()
                        .effect("the first two words behind the command are its user and group, as with keepalived")
                        .help("put the command with its arguments into double quotes");
                    self.push(found);
                }
                Some(self.user(rest.get(..2).unwrap_or(&rest))?.value)
            }
        };
        Some(Sourced::line(NotifyScript { argv, user }, first.span))
    }

    /// Says which words of a command line mean nothing, because no shell reads it.
    fn without_shell(&mut self, item: &Item, word: &Word) {
        let raw = item.raw_arguments();
        let raw = raw.trim_ascii_start();
        let argument = "the program gets it as an argument, as with keepalived";
        let (text, effect) = match raw.split_first() {
            _ if word.quoted => (word.bytes(), argument),
            Some((quote @ b'\'', inner)) => (
                inner.split(|byte| byte == quote).next().unwrap_or(inner),
                argument,
            ),
            _ => (
                raw,
                "without quotes the command ends in front of it, as for keepalived",
            ),
        };
        let told: Vec<String> = (command::for_a_shell(text).iter())
            .map(|word| String::from_utf8_lossy(word).into_owned())
            .collect();
        if told.is_empty() {
            return;
        }
        let text = format!(
            "{} in the command of {}, which no shell reads",
            told.join(" "),
            item.name()
        );
        let found = Diagnostic::warning("no-shell", word.span, text)
            .silent()
            .effect(effect)
            .help("put the command into a script file, or write: \"/bin/sh -c 'COMMAND'\"");
        self.push(found);
    }

    /// The command of a line, and the words behind it.
    pub(super) fn command(&mut self, item: &Item) -> Option<(Argv, Vec<Word>)> {
        let word = item.argument()?;
        let raw = item.raw_arguments();
        if matches!(raw.first(), Some(b'"' | b'\'')) {
            // keepalived takes both for one word.
            let found = Diagnostic::error(
                "missing-argument",
                item.span,
                format!("no blank behind {}", item.name()),
            )
            .effect("the line is ignored, as keepalived does")
            .help("put a blank in front of the quote");
            self.push(found);
            return None;
        }
        let raw = raw.trim_ascii();
        if command::dangling(raw) {
            let text = "this double quote is never closed on its line";
            let found = Diagnostic::error("unmatched-quote", item.span, text)
                .effect("it is passed over, as by keepalived")
                .help("remove it");
            self.push(found);
        }
        let all = item.arguments();
        let parsed = if word.quoted && raw.first() != Some(&b'"') {
            // Typographic quotes; the lexer has found their ends.
            command::split(word.bytes()).map(|argv| (argv, all.get(1..).unwrap_or_default().to_vec()))
        } else {
            command::first(raw).map(|(argv, behind)| {
                // The words behind are those that the lexer sees in the rest of the text.
                let behind = behind.split(u8::is_ascii_whitespace);
                let left = behind.filter(|part| !part.is_empty()).count();
                let from = all.len().saturating_sub(left);
                (argv, all.get(from..).unwrap_or_default().to_vec())
            })
        };
        match parsed {
            Ok((argv, rest)) => {
                self.without_shell(item, word);
                let texts = argv
                    .into_iter()
                    .map(String::from_utf8)
                    .collect::<Result<Vec<_>, _>>();
                let Ok(argv) = texts else {
                    let _ = self.text(word);
                    return None;
                };
                Some((argv, rest))
            }
            Err(error) => {
                self.push(bad_command(item, error));
                None
            }
        }
    }
}

fn bad_command(item: &Item, error: CommandError) -> Diagnostic {
    let text = match error {
        CommandError::OpenQuote(quote) | CommandError::OpenInside(quote) => {
            format!("the command of {} lacks a closing {quote}", item.name())
        }
        CommandError::Empty => format!("the command of {} is empty", item.name()),
    };
    let is_check = item.keyword.is_some_and(|word| word.block == Block::VrrpScript);
    let found = match error {
        CommandError::OpenQuote(_) if is_check => Diagnostic::fatal("bad-command", item.span, text)
            .effect("nothing is started: keepalived 2.2.7 breaks down at this line"),
        CommandError::Empty => Diagnostic::error("bad-command", item.span, text)
            .silent()
            .effect("the line is ignored, as keepalived does"),
        _ => Diagnostic::error("bad-command", item.span, text)
            .effect("the line is ignored, as keepalived does"),
    };
    found.help("put the whole command into double quotes, and what is one argument within into single quotes")
}
