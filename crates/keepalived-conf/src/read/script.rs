//! `vrrp_script`.

use std::time::Duration;

use super::Reader;
use super::argument::Junk;
use crate::diagnostic::Diagnostic;
use crate::model::{CheckMode, Command, ScriptUser, Sourced, VrrpScript, Weight};
use crate::number;
use crate::tree::Item;

/// What the block says, before defaults.
#[derive(Default)]
struct Parts {
    command: Option<Sourced<Command>>,
    user: Option<Sourced<ScriptUser>>,
    timing: Timing,
}

/// When it runs and what its result counts, as scripts and checks without a script have it.
#[derive(Default)]
pub(super) struct Timing {
    pub(super) interval: Option<Sourced<Duration>>,
    pub(super) timeout: Option<Sourced<Duration>>,
    pub(super) weight: Option<Sourced<Weight>>,
    pub(super) rise: Option<Sourced<u32>>,
    pub(super) fall: Option<Sourced<u32>>,
    pub(super) init_fail: Option<Sourced<bool>>,
    pub(super) mode: Option<Sourced<CheckMode>>,
}

/// keepalived counts microseconds in 32 bits.
const SECONDS_MAX_US: u64 = 4_294_000_000;

impl Reader<'_> {
    pub(super) fn script(&mut self, block: &Item, name: &str) -> Option<VrrpScript> {
        let mut parts = Parts::default();
        for item in block.items() {
            self.script_word(item, &mut parts);
        }
        let Some(command) = parts.command else {
            let found = Diagnostic::error(
                "script-without-command",
                block.span,
                format!("vrrp_script {name} has no command"),
            )
            .effect("the script is left out, and what tracks it runs without it, as with keepalived")
            .help("add a line: script \"COMMAND\"");
            self.push(found);
            return None;
        };
        let timing = parts.timing;
        let interval = timing
            .interval
            .unwrap_or(Sourced::default(Duration::from_secs(1)));
        Some(VrrpScript {
            name: name.to_owned(),
            span: block.span,
            command,
            interval,
            timeout: timing
                .timeout
                .unwrap_or_else(|| Sourced::implied(interval.value, "interval")),
            weight: timing.weight.unwrap_or(Sourced::default(Weight::default())),
            rise: timing.rise.unwrap_or(Sourced::default(1)),
            fall: timing.fall.unwrap_or(Sourced::default(1)),
            user: parts.user,
            init_fail: timing.init_fail.unwrap_or(Sourced::default(false)),
            mode: timing.mode.unwrap_or(Sourced::default(CheckMode::Normal)),
            missing: Vec::new(),
        })
    }

    fn script_word(&mut self, item: &Item, parts: &mut Parts) {
        match item.keyword.map(|keyword| keyword.name) {
            Some("script") => parts.command = self.script_command(item).or(parts.command.take()),
            Some("user") if item.argument().is_some() => {
                self.surplus(item, 2);
                parts.user = self.user(item.arguments()).or(parts.user.take());
            }
            _ => self.timing_word(item, &mut parts.timing),
        }
    }

    pub(super) fn timing_word(&mut self, item: &Item, timing: &mut Timing) {
        match item.keyword.map(|keyword| keyword.name) {
            Some("interval") => timing.interval = self.positive_seconds(item).or(timing.interval),
            Some("timeout") => timing.timeout = self.positive_seconds(item).or(timing.timeout),
            Some("weight") => timing.weight = self.script_weight(item).or(timing.weight),
            Some("rise") => timing.rise = self.count(item).or(timing.rise),
            Some("fall") => timing.fall = self.count(item).or(timing.fall),
            Some("init_fail") => timing.init_fail = Some(self.flag(item)),
            Some("mode") => timing.mode = self.check_mode(item).or(timing.mode),
            _ => {}
        }
    }

    fn script_command(&mut self, item: &Item) -> Option<Sourced<Command>> {
        let span = item.argument()?.span;
        let (mut argv, rest) = self.command(item)?;
        if let (Some(first), Some(last)) = (rest.first(), rest.last()) {
            let text = "script takes one word, or one string in quotes";
            let found = Diagnostic::warning("surplus-words", first.span.to(last.span), text)
                .silent()
                .effect("the rest of the line is ignored, as keepalived does")
                .help("put the command with its arguments into double quotes");
            self.push(found);
        }
        // `< /path` with a blank is the same to a shell.
        let open = match argv.as_slice() {
            [only] => only.strip_prefix('<').map(str::to_owned),
            [sign, path] if sign == "<" => Some(path.clone()),
            _ => None,
        };
        let command = match open {
            Some(path) if path.starts_with('/') => Command::CanOpen { path },
            _ => Command::Run {
                argv: std::mem::take(&mut argv),
            },
        };
        Some(Sourced::line(command, span))
    }

    /// Seconds where 0 means 1.
    pub(super) fn positive_seconds(&mut self, item: &Item) -> Option<Sourced<Duration>> {
        let read = self.seconds(item, Junk::Warned, 0, SECONDS_MAX_US)?;
        if read.value.is_zero() {
            let found = Diagnostic::error(
                "zero-time",
                item.span,
                format!("{} must be more than 0", item.name()),
            )
            .effect("it is 1 second, as with keepalived");
            self.push(found.help("write the time in seconds"));
            return Some(read.map(|_| Duration::from_secs(1)));
        }
        Some(read)
    }

    fn count(&mut self, item: &Item) -> Option<Sourced<u32>> {
        let read = self.integer(item, Junk::Warned, 1, i64::from(i32::MAX))?;
        Some(read.map(|value| u32::try_from(value).unwrap_or(1)))
    }

    fn script_weight(&mut self, item: &Item) -> Option<Sourced<Weight>> {
        let word = item.argument()?;
        self.surplus(item, 2);
        let what = "weight is a whole number from -253 to 253";
        let value = self.number(
            word,
            number::integer(word.bytes()),
            Junk::Warned,
            -253..=253,
            what,
        )?;
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
        Some(Sourced::line(
            Weight {
                value: i16::try_from(value).ok()?,
                reverse,
            },
            word.span,
        ))
    }
}
