//! Colours, only where a person reads them.

use vrrp_control::{Health, KeepalivedState};

/// Whether to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Colour {
    /// Terminal escapes.
    On,
    /// Plain text.
    Off,
}

/// A table counts columns, and a terminal escape has none: the table gets these two characters of one column each.
const BEGIN: [char; 3] = ['\u{e000}', '\u{e001}', '\u{e002}'];
const END: char = '\u{e003}';
const CODES: [&str; 3] = ["\u{1b}[32m", "\u{1b}[33m", "\u{1b}[31m"];

#[derive(Debug, Clone, Copy)]
enum Shade {
    Green = 0,
    Yellow = 1,
    Red = 2,
}

impl Colour {
    /// On for a terminal, unless `NO_COLOR` says otherwise.
    pub(crate) fn for_stdout(terminal: bool) -> Self {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        if terminal && !refused { Self::On } else { Self::Off }
    }

    /// A state, marked.
    pub(crate) fn state(self, state: KeepalivedState) -> String {
        let shade = match state {
            KeepalivedState::Master => Some(Shade::Green),
            KeepalivedState::Backup => None,
            KeepalivedState::Init | KeepalivedState::Stop => Some(Shade::Yellow),
            KeepalivedState::Fault => Some(Shade::Red),
        };
        self.mark(&state.to_string(), shade)
    }

    /// A health, marked.
    pub(crate) fn health(self, health: Health) -> String {
        let shade = match health {
            Health::Up => Some(Shade::Green),
            Health::Unknown => Some(Shade::Yellow),
            Health::Down => Some(Shade::Red),
        };
        self.mark(&health.to_string(), shade)
    }

    /// Something that is wrong, marked.
    pub(crate) fn alarm(self, text: &str) -> String {
        self.mark(text, Some(Shade::Red))
    }

    fn mark(self, text: &str, shade: Option<Shade>) -> String {
        match (self, shade) {
            (Self::On, Some(shade)) => format!("{}{text}{END}", BEGIN[shade as usize]),
            (Self::On | Self::Off, _) => text.to_owned(),
        }
    }

    /// The marks of a laid-out text become terminal escapes; the two columns they took become blanks.
    pub(crate) fn paint(self, text: &str) -> String {
        let mut painted = text.replace(END, "\u{1b}[0m  ");
        for (mark, code) in BEGIN.iter().zip(CODES) {
            painted = painted.replace(*mark, code);
        }
        painted
    }
}
