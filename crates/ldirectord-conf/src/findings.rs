//! Findings as they come.

use std::collections::BTreeMap;

use keepalived_conf::{Diagnostic, Severity, Span};

/// A hostile file may be wrong in one way on every line; nobody reads more of a kind than this.
const OF_A_KIND_MAX: usize = 1_000;

#[derive(Debug, Default)]
pub(crate) struct Findings {
    list: Vec<Diagnostic>,
    /// How many there were of each code.
    counts: BTreeMap<&'static str, usize>,
    left_out: usize,
}

impl Findings {
    pub(crate) fn push(&mut self, found: Diagnostic) {
        let count = self.counts.entry(found.code).or_default();
        *count = count.saturating_add(1);
        // What keeps something from being carried out is never left out.
        if *count <= OF_A_KIND_MAX || found.severity <= Severity::InstanceDropped {
            self.list.push(found.not_asked());
        } else {
            self.left_out = self.left_out.saturating_add(1);
        }
    }

    /// Only the first of its kind: the others would say the same.
    pub(crate) fn once(&mut self, found: Diagnostic) {
        if !self.counts.contains_key(found.code) {
            self.push(found);
        }
    }

    /// In the order of the file.
    pub(crate) fn finish(mut self) -> Vec<Diagnostic> {
        self.list.sort_by_key(|found| found.span);
        if let (true, Some(span)) = (self.left_out > 0, self.list.last().and_then(|last| last.span)) {
            self.list.push(too_many(self.left_out, span));
        }
        self.list
    }
}

fn too_many(left_out: usize, span: Span) -> Diagnostic {
    let text = format!("{left_out} more findings of the same kinds are not listed");
    Diagnostic::note("too-many-findings", span, text).not_asked()
}
