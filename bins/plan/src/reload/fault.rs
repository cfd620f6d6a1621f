//! The errors of a file, so that a reload can tell new ones from those it runs with already.

use std::collections::BTreeMap;

use crate::lower::NotStarted;
use crate::succession::Succession;
use keepalived_conf::{Diagnostic, Parsed, Severity, SourceMap, line};

/// What an error can do beside what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// One setting, or one block.
    Itself,
    /// What follows it in the file may have been understood otherwise than it was meant, whoever it belongs to.
    WhatFollows,
    /// An included file that is not there: no error, but what it held is no wish of the operator to take it away.
    Absent,
}

/// Something of the file that is not carried out as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The instance it stands in; none where it concerns the file.
    instance: Option<String>,
    /// What was found, without its place: a line more above it makes no new fault.
    what: String,
    reach: Reach,
    /// Place, what was found, what happens now, what to do.
    pub text: String,
}

/// Codes of errors by which the bounds of blocks are lost.
const BOUNDS: [&str; 9] = [
    "missing-open-brace",
    "missing-close-brace",
    "extra-close-brace",
    "unexpected-open-brace",
    "stranded-keyword",
    "unmatched-quote",
    "open-definition",
    "line-too-long",
    "line-with-nul",
];
/// The code of an included file that is not there.
const ABSENT: &str = "include-absent";

/// What makes two faults the same: whose they are, and what was found.
type Key<'a> = (Option<&'a str>, &'a str);

impl Fault {
    fn key(&self) -> Key<'_> {
        (self.instance.as_deref(), &self.what)
    }

    /// A finding of the parser, if it is a fault.
    pub(super) fn found(found: &Diagnostic, parsed: &Parsed) -> Option<Self> {
        Self::of(found, &parsed.sources)
    }

    /// The same of another file.
    #[must_use]
    pub fn of(found: &Diagnostic, sources: &SourceMap) -> Option<Self> {
        let reach = if found.code == ABSENT {
            Reach::Absent
        } else if BOUNDS.contains(&found.code) {
            Reach::WhatFollows
        } else {
            Reach::Itself
        };
        (found.severity <= Severity::Error || reach == Reach::Absent).then(|| Self {
            instance: found.instance.clone(),
            what: format!("{}: {}", found.code, found.message),
            reach,
            text: line(found, sources),
        })
    }

    /// An instance that is not started, and why.
    pub(super) fn refused(missing: &NotStarted, text: String) -> Self {
        Self {
            instance: Some(missing.name.clone()),
            what: missing.reason.clone(),
            reach: Reach::Itself,
            text,
        }
    }

    /// It may be the reason why something is no longer in the plan.
    pub(super) fn may_hide(&self) -> bool {
        self.reach == Reach::WhatFollows
    }

    /// It concerns what runs already: one of its instances, or all that the file holds.
    pub(super) fn concerns(&self, succession: &Succession<'_>) -> bool {
        let runs = |name: &String| succession.before(name).is_some();
        self.reach != Reach::Absent && self.instance.as_ref().is_none_or(runs)
    }
}

/// The faults of `new` that `old` does not have, counted: the same mistake a second time is a new one. That of an instance
/// that goes on under another name is the same.
pub(super) fn fresh<'a>(old: &'a [Fault], new: &'a [Fault], succession: &Succession<'a>) -> Vec<&'a Fault> {
    let mut known: BTreeMap<Key<'_>, usize> = BTreeMap::new();
    for fault in old {
        let (instance, what) = fault.key();
        let instance = match instance {
            None => None,
            Some(name) => match succession.after(name) {
                // It has gone, and another one that runs has its name now.
                None if succession.before(name).is_some() => continue,
                after => Some(after.unwrap_or(name)),
            },
        };
        *known.entry((instance, what)).or_default() += 1;
    }
    let mut fresh = Vec::new();
    for fault in new {
        match known.get_mut(&fault.key()) {
            Some(left) if *left > 0 => *left -= 1,
            _ => fresh.push(fault),
        }
    }
    fresh
}
