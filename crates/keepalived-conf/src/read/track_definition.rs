//! `track_file` and `vrrp_track_process`, and the lists of them: what an instance can track beside scripts and interfaces.

use std::time::Duration;

use super::argument::Junk;
use super::{DraftTrack, Reader};
use crate::diagnostic::Diagnostic;
use crate::lexer::Word;
use crate::model::{Argv, InitFile, ParamMatch, Sourced, TrackFile, TrackProcess, Weight};
use crate::number;
use crate::tree::Item;

const DELAY_MAX_US: u64 = 3_600_000_000;

/// A process as written.
#[derive(Default)]
struct Parts {
    process: Option<Sourced<Argv>>,
    param_match: Option<Sourced<ParamMatch>>,
    weight: Option<Sourced<Weight>>,
    quorum: Option<Sourced<u16>>,
    quorum_max: Option<Sourced<u16>>,
    fork_delay: Option<Sourced<Duration>>,
    terminate_delay: Option<Sourced<Duration>>,
    full_command: Option<Sourced<bool>>,
}

impl Reader<'_> {
    pub(super) fn track_file(&mut self, block: &Item, name: &str) -> Option<TrackFile> {
        let (mut file, mut weight, mut init) = (None, None, None);
        for item in block.items() {
            match item.keyword.map(|keyword| keyword.name) {
                Some("file") => {
                    let Some(word) = item.argument() else { continue };
                    self.surplus(item, 1);
                    file = self.text(word).or(file);
                }
                Some("weight") => weight = self.weight_of_definition(item).or(weight),
                Some("init_file") => init = self.init_file(item).or(init),
                _ => {}
            }
        }
        let Some(file) = file else {
            self.incomplete(block, "file");
            return None;
        };
        let one = Weight {
            value: 1,
            reverse: false,
        };
        Some(TrackFile {
            name: name.to_owned(),
            span: block.span,
            file,
            weight: weight.unwrap_or(Sourced::default(one)),
            init,
        })
    }

    fn incomplete(&mut self, block: &Item, wanted: &str) {
        let text = format!("{} has no {wanted}", block.name());
        let found = Diagnostic::error("incomplete-block", block.span, text)
            .effect("the block is left out, and what tracks it runs without it, as with keepalived")
            .help(format!("add {wanted}"));
        self.push(found);
    }

    fn init_file(&mut self, item: &Item) -> Option<Sourced<InitFile>> {
        let mut init = InitFile {
            value: 0,
            overwrite: false,
        };
        self.surplus(item, 2);
        for word in item.arguments().iter().take(2) {
            if word.is("overwrite") {
                init.overwrite = true;
                continue;
            }
            let range = i128::from(i32::MIN)..=i128::from(i32::MAX);
            let what = "init_file takes a whole number and the word overwrite";
            let value = self.number(word, number::integer(word.bytes()), Junk::Refused, range, what);
            init.value = i32::try_from(value?).ok()?;
        }
        Some(Sourced::line(init, item.span))
    }

    fn weight_of_definition(&mut self, item: &Item) -> Option<Sourced<Weight>> {
        let word = item.argument()?;
        self.surplus(item, 2);
        let value = self.weight_to_254(word)?;
        let reverse = match item.arguments().get(1) {
            None => false,
            Some(option) if option.is("reverse") => true,
            Some(option) => {
                let text = format!("unknown word {:?} behind a weight", option.text());
                let found = Diagnostic::error("unknown-option", option.span, text).effect("it is ignored");
                self.push(found.help("only reverse may stand there"));
                false
            }
        };
        Some(Sourced::line(Weight { value, reverse }, word.span))
    }

    fn weight_to_254(&mut self, word: &Word) -> Option<i16> {
        let what = "weight is a whole number from -254 to 254";
        let reading = number::integer(word.bytes());
        let value = self.number(word, reading, Junk::Warned, -254..=254, what)?;
        i16::try_from(value).ok()
    }

    /// The lines of `track_file` and `track_process`: `NAME [weight N [reverse|noreverse]]`, and in no other order.
    pub(super) fn tracked_numbers(&mut self, block: &Item) -> Vec<DraftTrack> {
        block
            .items()
            .filter_map(|line| self.tracked_number(line))
            .collect()
    }

    fn tracked_number(&mut self, line: &Item) -> Option<DraftTrack> {
        let name = line.words.first()?;
        let mut track = DraftTrack {
            name: self.text(name)?.value,
            span: name.span,
            weight: None,
            reverse: None,
        };
        let mut words = line.arguments().iter();
        let Some(word) = words.next() else {
            return Some(track);
        };
        if !word.is("weight") {
            return self.useless_line(word, &track.name);
        }
        let Some(value) = words.next() else {
            let found = Diagnostic::error("missing-argument", word.span, "weight lacks its number");
            self.push(
                found
                    .effect("this line is ignored, as keepalived does")
                    .help("write weight N"),
            );
            return None;
        };
        track.weight = self
            .weight_to_254(value)
            .map(|weight| Sourced::line(weight, value.span));
        match words.next() {
            None => {}
            Some(word) if word.is("reverse") => track.reverse = Some(true),
            Some(word) if word.is("noreverse") => track.reverse = Some(false),
            Some(word) => return self.useless_line(word, &track.name),
        }
        self.surplus(line, 3);
        Some(track)
    }

    fn useless_line(&mut self, word: &Word, name: &str) -> Option<DraftTrack> {
        let text = format!("unknown word {:?} behind {name}", word.text());
        let found = Diagnostic::error("unknown-option", word.span, text);
        self.push(
            found
                .effect("this line is ignored, as keepalived does")
                .help("write each name on a line of its own, followed by weight N [reverse]"),
        );
        None
    }

    pub(super) fn track_process(&mut self, block: &Item, name: &str) -> Option<TrackProcess> {
        let mut parts = Parts::default();
        for item in block.items() {
            self.process_word(item, &mut parts);
        }
        let Some(process) = parts.process else {
            self.incomplete(block, "process");
            return None;
        };
        let none = Sourced::default(Duration::ZERO);
        Some(TrackProcess {
            name: name.to_owned(),
            span: block.span,
            process,
            param_match: parts.param_match,
            weight: parts.weight.unwrap_or(Sourced::default(Weight::default())),
            quorum: parts.quorum.unwrap_or(Sourced::default(1)),
            quorum_max: parts.quorum_max,
            fork_delay: parts.fork_delay.unwrap_or(none),
            terminate_delay: parts.terminate_delay.unwrap_or(none),
            full_command: parts.full_command.unwrap_or(Sourced::default(false)),
        })
    }

    fn process_word(&mut self, item: &Item, parts: &mut Parts) {
        match item.keyword.map(|keyword| keyword.name) {
            Some("process") => {
                let words = item.arguments().iter();
                let argv: Option<Argv> = words.map(|word| Some(self.text(word)?.value)).collect();
                if let (Some(argv), Some(first)) = (argv.filter(|argv| !argv.is_empty()), item.argument()) {
                    parts.process = Some(Sourced::line(argv, first.span));
                }
            }
            Some("param_match") => parts.param_match = self.param_match(item).or(parts.param_match),
            Some("weight") => parts.weight = self.weight_of_definition(item).or(parts.weight),
            Some("quorum") => parts.quorum = self.quorum(item, 1).or(parts.quorum),
            Some("quorum_max") => parts.quorum_max = self.quorum(item, 0).or(parts.quorum_max),
            Some("delay") => {
                if let Some(delay) = self.seconds(item, Junk::Warned, 1, DELAY_MAX_US) {
                    parts.fork_delay = Some(delay.inherited("delay"));
                    parts.terminate_delay = Some(delay.inherited("delay"));
                }
            }
            Some("fork_delay") => {
                parts.fork_delay = self
                    .seconds(item, Junk::Warned, 1, DELAY_MAX_US)
                    .or(parts.fork_delay);
            }
            Some("terminate_delay") => {
                let delay = self.seconds(item, Junk::Warned, 1, DELAY_MAX_US);
                parts.terminate_delay = delay.or(parts.terminate_delay);
            }
            Some("full_command") => parts.full_command = Some(self.flag(item)),
            _ => {}
        }
    }

    fn quorum(&mut self, item: &Item, least: i64) -> Option<Sourced<u16>> {
        let read = self.integer(item, Junk::Refused, least, i64::from(u16::MAX))?;
        Some(read.map(|value| u16::try_from(value).unwrap_or(u16::MAX)))
    }

    fn param_match(&mut self, item: &Item) -> Option<Sourced<ParamMatch>> {
        self.surplus(item, 1);
        let Some(word) = item.argument() else {
            return Some(Sourced::line(ParamMatch::Exact, item.span));
        };
        let how = match word.bytes() {
            b"initial" => ParamMatch::Initial,
            b"partial" => ParamMatch::Partial,
            _ => {
                let text = format!("param_match is initial or partial; found {:?}", word.text());
                let found = Diagnostic::error("bad-value", word.span, text)
                    .effect("the line is ignored, as keepalived does");
                self.push(found.help("write one of the two, or nothing for an exact match"));
                return None;
            }
        };
        Some(Sourced::line(how, word.span))
    }
}
