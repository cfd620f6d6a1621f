//! keepalived's layout of text: titles, lines, and its ways to write times and switches.

use std::fmt::Write;
use std::time::{Duration, SystemTime};

/// A dump that grows.
#[derive(Debug, Default)]
pub(super) struct Text(pub(super) String);

impl Text {
    pub(super) fn title(&mut self, title: &str) {
        // Into a string, which takes everything; so below.
        let _ = writeln!(self.0, "------< {title} >------");
    }

    /// ` word = value`.
    pub(super) fn global(&mut self, word: &str, value: &str) {
        let _ = writeln!(self.0, " {word} = {value}");
    }

    /// `   word = value`.
    pub(super) fn line(&mut self, word: &str, value: &str) {
        let _ = writeln!(self.0, "   {word} = {value}");
    }

    /// Another shape, indented as a line.
    pub(super) fn plain(&mut self, line: &str) {
        let _ = writeln!(self.0, "   {line}");
    }

    /// A heading with what belongs to it; nothing where there is nothing.
    pub(super) fn list(&mut self, heading: &str, entries: &[String]) {
        if entries.is_empty() {
            return;
        }
        self.plain(heading);
        for entry in entries {
            let _ = writeln!(self.0, "     {entry}");
        }
    }
}

pub(super) const fn enabled(on: bool) -> &'static str {
    if on { "enabled" } else { "disabled" }
}

/// Seconds since 1970 with six decimals. keepalived puts the local date behind them, which no program reads.
pub(super) fn time(time: SystemTime) -> String {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    format!("{}.{:06}", since.as_secs(), since.subsec_micros())
}

/// Whole seconds.
pub(super) fn seconds(nanoseconds: u64) -> String {
    Duration::from_nanos(nanoseconds).as_secs().to_string()
}
