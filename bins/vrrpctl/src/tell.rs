//! `vrrpctl push` and `vrrpctl check-mode`: what a daemon is told.

use std::io::Read;
use std::path::Path;

use clap::{Args, ValueEnum};
use vrrp_control::{Answer, Ask, AskError, CheckMode, Verdict, push_socket};

use crate::{DONE, REFUSED, print, refused, words};

/// As much as the daemon keeps.
const TEXT_OCTETS_MAX: usize = 4096;

/// What an application says of itself.
#[derive(Debug, Args)]
pub(crate) struct Push {
    /// A vrrp_check with PUSH.
    check: String,
    /// How the application is.
    result: Result,
    /// Why; - reads it from standard input. The last 4096 octets are kept and shown.
    text: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Result {
    /// It is well.
    Pass,
    /// It is well, and something needs attention.
    Degraded,
    /// It is not.
    Fail,
}

/// Whether a check counts.
#[derive(Debug, Args)]
pub(crate) struct Mode {
    /// A vrrp_script or vrrp_check of the configuration.
    check: String,
    /// From now on, until a new start of the daemon; a reload changes nothing of it.
    mode: Modes,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Modes {
    /// What it finds counts.
    Normal,
    /// It counts as up whatever it finds, which is shown: a trial.
    DryRun,
    /// It counts as up whatever it finds: its service is being worked at.
    Maintenance,
    /// It counts as down whatever it finds: this node is to be without it.
    MaintenanceDown,
}

pub(crate) fn push(socket: &Path, arguments: &Push) -> u8 {
    let text = match arguments.text.as_deref() {
        Some("-") => match standard_input() {
            Ok(text) => text,
            Err(error) => {
                eprintln!("vrrpctl: standard input: {error}");
                return REFUSED;
            }
        },
        text => text.unwrap_or_default().to_owned(),
    };
    let ask = Ask::Push {
        check: arguments.check.clone(),
        result: match arguments.result {
            Result::Pass => Verdict::Pass,
            Result::Degraded => Verdict::Degraded,
            Result::Fail => Verdict::Fail,
        },
        text: shortened(&text),
    };
    match vrrp_control::ask(socket, ask.clone()) {
        // Its own door, for those who may not ask anything else.
        Err(denied @ AskError::Denied { .. }) => match vrrp_control::ask(&push_socket(socket), ask) {
            Err(AskError::NoSocket { .. } | AskError::Stale { .. }) => answered(socket, Err(denied)),
            other => answered(&push_socket(socket), other),
        },
        other => answered(socket, other),
    }
}

pub(crate) fn check_mode(socket: &Path, arguments: &Mode) -> u8 {
    let ask = Ask::CheckMode {
        check: arguments.check.clone(),
        mode: match arguments.mode {
            Modes::Normal => CheckMode::Normal,
            Modes::DryRun => CheckMode::DryRun,
            Modes::Maintenance => CheckMode::Maintenance,
            Modes::MaintenanceDown => CheckMode::MaintenanceDown,
        },
    };
    answered(socket, vrrp_control::ask(socket, ask))
}

fn answered(socket: &Path, answer: std::result::Result<Answer, AskError>) -> u8 {
    match answer {
        // An application says it every few seconds: no word is wanted.
        Ok(Answer::Pushed { .. }) => DONE,
        Ok(Answer::CheckMode { check, mode, before }) => {
            let effect = words::effect(mode);
            print(&format!(
                "{}: {before} -> {mode}: {effect}\n",
                words::clean(&check)
            ))
        }
        other => refused(socket, other),
    }
}

/// Its end; what comes before the last 4 KB is read and let go.
fn standard_input() -> std::io::Result<String> {
    let mut kept = Vec::new();
    let mut input = std::io::stdin().lock();
    let mut piece = [0; TEXT_OCTETS_MAX];
    loop {
        match input.read(&mut piece)? {
            0 => return Ok(String::from_utf8_lossy(&kept).into_owned()),
            octets => kept.extend(piece.iter().take(octets)),
        }
        let surplus = kept.len().saturating_sub(TEXT_OCTETS_MAX);
        kept.drain(..surplus);
    }
}

/// The end of a text, without what would be six octets each on the line.
fn shortened(text: &str) -> String {
    let plain: String = text
        .chars()
        .map(|c| {
            if c.is_control() && !matches!(c, '\n' | '\t') {
                '?'
            } else {
                c
            }
        })
        .collect();
    let mut start = plain.len().saturating_sub(TEXT_OCTETS_MAX);
    while !plain.is_char_boundary(start) {
        start += 1;
    }
    plain.get(start..).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use vrrp_control::{LINE_OCTETS_MAX, Request};

    use super::*;

    #[test]
    fn the_end_of_a_long_text_fits_on_a_line() {
        for text in ["ü".repeat(5000), "\n".repeat(9000), "\u{1b}\"\\".repeat(9000)] {
            let short = shortened(&text);
            assert!(short.len() <= TEXT_OCTETS_MAX && short.len() > TEXT_OCTETS_MAX - 4);
            let ask = Ask::Push {
                check: "x".repeat(255),
                result: Verdict::Degraded,
                text: short,
            };
            assert!(Request::new(ask).to_line().unwrap().len() <= LINE_OCTETS_MAX);
        }
        assert_eq!(shortened("the first… the last"), "the first… the last");
    }
}
