//! What was done, in words and as JSON.

use std::fmt::Write as _;

use serde::Serialize;

use super::memory::{Memory, Store};
use super::step::Step;
use crate::{REFUSED, pretty, print};

/// The field names of its JSON form stay.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    /// Version of this form: 1.
    format: u8,
    /// The file.
    memory: String,
    /// Nothing was changed, only foretold.
    dry_run: bool,
    steps: Vec<Said>,
    /// What is worth a word, and changes nothing.
    notes: Vec<String>,
    /// Of `status`: the addresses that are prepared.
    #[serde(skip_serializing_if = "Option::is_none")]
    addresses: Option<Vec<String>>,
    /// Of `status`: what is not as it was prepared.
    #[serde(skip_serializing_if = "Option::is_none")]
    lacking: Option<Vec<String>>,
}

#[derive(Debug, Serialize)]
struct Said {
    kind: &'static str,
    text: String,
}

impl Report {
    fn new(store: &Store, steps: &[Step], notes: Vec<String>) -> Self {
        let said = |step: &Step| Said {
            kind: step.kind(),
            text: step.to_string(),
        };
        Self {
            format: 1,
            memory: store.path().display().to_string(),
            dry_run: false,
            steps: steps.iter().map(said).collect(),
            notes,
            addresses: None,
            lacking: None,
        }
    }

    pub(super) fn done(store: &Store, steps: &[Step], notes: Vec<String>) -> Self {
        Self::new(store, steps, notes)
    }

    pub(super) fn foretold(store: &Store, steps: &[Step], notes: Vec<String>) -> Self {
        Self {
            dry_run: true,
            ..Self::new(store, steps, notes)
        }
    }

    pub(super) fn standing(store: &Store, memory: &Memory, lacking: Vec<String>) -> Self {
        let addresses = memory.addresses.iter();
        let addresses = addresses.map(|one| format!("{} on {}", one.address, one.device));
        Self {
            addresses: Some(addresses.collect()),
            lacking: Some(lacking),
            ..Self::new(store, &[], Vec::new())
        }
    }

    fn text(&self) -> String {
        let mut out = String::new();
        let mut line = |words: &str| {
            let _infallible = writeln!(out, "{words}");
        };
        if let (Some(addresses), Some(lacking)) = (&self.addresses, &self.lacking) {
            addresses
                .iter()
                .for_each(|address| line(&format!("prepared: {address}")));
            lacking.iter().for_each(|what| line(what));
            if lacking.is_empty() {
                line("everything is as it was prepared");
            }
            return out;
        }
        if self.dry_run && !self.steps.is_empty() {
            line("would be done; nothing was changed:");
        }
        self.steps.iter().for_each(|step| line(&step.text));
        self.notes.iter().for_each(|note| line(&format!("note: {note}")));
        if self.steps.is_empty() {
            line("nothing to do");
        }
        out
    }
}

/// Gives the exit code.
pub(super) fn tell(report: &Report, json: bool) -> u8 {
    let text = if json {
        match pretty(report) {
            Ok(text) => text,
            Err(error) => {
                eprintln!("vrrpctl: cannot write the answer as JSON: {error}");
                return REFUSED;
            }
        }
    } else {
        report.text()
    };
    let code = print(&text);
    match &report.lacking {
        Some(lacking) if !lacking.is_empty() => REFUSED,
        _ => code,
    }
}
