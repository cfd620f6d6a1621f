//! Files of several nodes, held against each other.

use keepalived_conf::{Diagnostic, Parsed, SourceMap, lint};

use super::Checked;

/// What only several files show, with the places of all of them.
pub(super) struct Together {
    pub(super) diagnostics: Vec<Diagnostic>,
    pub(super) sources: SourceMap,
}

/// None for one file. A node is called as its file.
pub(super) fn compare(checked: &[Checked]) -> Option<Together> {
    let nodes: Vec<(&str, &Parsed)> = checked
        .iter()
        .map(|one| (one.file.as_str(), &one.parsed))
        .collect();
    (nodes.len() > 1).then(|| Together {
        diagnostics: lint::nodes(&nodes),
        sources: lint::sources(&nodes),
    })
}
