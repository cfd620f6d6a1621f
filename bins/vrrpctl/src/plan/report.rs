//! What is told of a reload.

use std::fmt::Write as _;

use keepalived_conf::Value;
use serde::Serialize;

use crate::words::clean;

/// All of it. The field names of its JSON form stay.
#[derive(Debug, Default, Serialize)]
pub(super) struct Report {
    /// Version of this form: 1.
    pub(super) format: u8,
    /// The reload would be carried out; else nothing would change.
    pub(super) applied: bool,
    /// Why nothing would change.
    pub(super) because: Option<String>,
    /// Anything would be done at all.
    pub(super) changes: bool,
    pub(super) instances: Vec<Change>,
    pub(super) scripts: Vec<Change>,
    pub(super) track_files: Vec<Change>,
    pub(super) track_processes: Vec<Change>,
    pub(super) sync_groups: Vec<Change>,
    /// Mail, where it is sent otherwise.
    pub(super) mail: Vec<Change>,
    pub(super) webhooks: Vec<Change>,
    /// Static entries, where they differ.
    pub(super) statics: Vec<Change>,
    /// Virtual servers, and what is about all of them where that differs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) virtual_servers: Vec<Change>,
    pub(super) moves: Vec<Move>,
    /// Settings of the process that are taken over.
    pub(super) node: Vec<String>,
    /// The same, each with what happens.
    #[serde(skip)]
    pub(super) node_lines: Vec<String>,
    /// Settings that a running vrrpd keeps until it is started anew.
    pub(super) needs_restart: Vec<String>,
    /// The same, each with its place and its values.
    pub(super) kept: Vec<Kept>,
    /// Blocks of the new file that do not start.
    pub(super) not_started: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum What {
    Unchanged,
    Added,
    Removed,
    Changed,
    Restarted,
}

#[derive(Debug, Serialize)]
pub(super) struct Change {
    pub(super) name: String,
    /// The name that it has had, where that was another: it goes on under the new one.
    pub(super) renamed_from: Option<String>,
    pub(super) what: What,
    /// Why it is restarted, in keepalived's words.
    pub(super) because: Vec<&'static str>,
    pub(super) settings: Vec<Differs>,
    /// What a client would notice.
    pub(super) interrupts: Vec<String>,
}

/// A setting that a running vrrpd keeps.
#[derive(Debug, Serialize)]
pub(super) struct Kept {
    pub(super) word: &'static str,
    /// `file:line` of the new file, where it has the word.
    pub(super) place: Option<String>,
    pub(super) settings: Vec<Differs>,
}

#[derive(Debug, Serialize)]
pub(super) struct Differs {
    #[serde(skip)]
    pub(super) keyword: String,
    /// As in `vrrpctl effective --json`.
    pub(super) name: String,
    pub(super) old: Option<Value>,
    pub(super) new: Option<Value>,
    #[serde(skip)]
    pub(super) shown: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Move {
    pub(super) address: String,
    pub(super) from: String,
    pub(super) to: String,
    /// It does not leave a node that is Active for both.
    pub(super) stays: bool,
}

impl Report {
    pub(super) fn refused(because: String) -> Self {
        Self {
            format: 1,
            because: Some(because),
            ..Self::default()
        }
    }
}

pub(super) fn text(report: &Report) -> String {
    if let Some(because) = &report.because {
        return format!("Nothing would change, because {}\n", clean(because));
    }
    let mut out = String::new();
    if !report.changes {
        out.push_str("Nothing would change: the files say the same\n");
    }
    for (title, changes) in [
        ("Instances", &report.instances),
        ("Scripts", &report.scripts),
        ("Files", &report.track_files),
        ("Processes", &report.track_processes),
        ("Sync groups", &report.sync_groups),
        ("Mail", &report.mail),
        ("Webhooks", &report.webhooks),
        ("Static entries", &report.statics),
        ("Virtual servers", &report.virtual_servers),
    ] {
        if !changes.is_empty() {
            let _ = writeln!(out, "{title}");
            out.extend(changes.iter().map(change));
        }
    }
    if !report.moves.is_empty() {
        out.push_str("Addresses that move\n");
    }
    for moved in &report.moves {
        let Move {
            address, from, to, ..
        } = moved;
        let stays = if moved.stays {
            "; it stays where both are Active"
        } else {
            ""
        };
        let _ = writeln!(out, "  {address}  from {} to {}{stays}", clean(from), clean(to));
    }
    for line in &report.node_lines {
        let _ = writeln!(out, "{line}");
    }
    for kept in &report.kept {
        let place = kept.place.as_deref();
        let place = place.map_or_else(String::new, |place| format!("{}: ", clean(place)));
        let word = kept.settings.first().map_or(kept.word, |differs| &differs.shown);
        let _ = writeln!(
            out,
            "{place}{}: a running vrrpd keeps the old value until it is started anew",
            clean(word)
        );
    }
    for left in &report.not_started {
        let _ = writeln!(out, "{}", clean(left));
    }
    out
}

fn change(change: &Change) -> String {
    let what = match change.what {
        What::Unchanged => "unchanged",
        What::Added => "added",
        What::Removed => "removed",
        What::Changed => "changed in place",
        What::Restarted => "restarted",
    };
    let because = if change.because.is_empty() {
        String::new()
    } else {
        format!(", because of another {}", change.because.join(", "))
    };
    let before = change.renamed_from.as_deref();
    let renamed = before.map_or_else(String::new, |name| format!("renamed, was {}; ", clean(name)));
    let mut out = format!("  {}  {renamed}{what}{because}\n", clean(&change.name));
    for differs in &change.settings {
        let _ = writeln!(out, "      {}", clean(&differs.shown));
    }
    for interrupts in &change.interrupts {
        let _ = writeln!(out, "      interrupts: {interrupts}");
    }
    out
}
