//! What keepalived's own test (`keepalived -t`) comes to for a file, on a machine.

use serde::Serialize;

use crate::Parsed;
use crate::diagnostic::{Diagnostic, Keepalived};
use crate::facts::{Asked, Facts, compare};

/// What keepalived makes of a file as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It reports nothing, except for what concerns the security of scripts.
    Clean,
    /// It reports something and runs.
    Warns,
    /// It does not start.
    Fatal,
}

impl Verdict {
    /// As it is written in JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Warns => "warns",
            Self::Fatal => "fatal",
        }
    }
}

/// A file beside a machine.
#[derive(Clone, Debug)]
pub struct Judged {
    /// What keepalived makes of it.
    pub verdict: Verdict,
    /// What `keepalived -t` ends with: 0 nothing to say, 4 cannot run, 5 runs with errors, 6 script security.
    pub exit: u8,
    /// Everything that is to be said, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

/// Holds a file against what is known of a machine. See [`Facts`].
#[must_use]
pub fn judge(parsed: &Parsed, facts: &Facts) -> Judged {
    let mut diagnostics = parsed.diagnostics.clone();
    diagnostics.extend(compare(&Asked::of(parsed), &parsed.config, facts));
    diagnostics.sort_by_key(|found| found.span.map(|span| (span.file, span.start)));
    let (verdict, exit) = weigh(&diagnostics);
    Judged {
        verdict,
        exit,
        diagnostics,
    }
}

/// Verdict and exit code of a list of findings.
fn weigh(diagnostics: &[Diagnostic]) -> (Verdict, u8) {
    let has = |what: Keepalived| diagnostics.iter().any(|found| found.keepalived == what);
    let verdict = if has(Keepalived::Stops) {
        Verdict::Fatal
    } else if has(Keepalived::Reports) {
        Verdict::Warns
    } else {
        Verdict::Clean
    };
    let exit = match verdict {
        Verdict::Fatal => 4,
        _ if has(Keepalived::ReportsSecurity) => 6,
        Verdict::Warns => 5,
        Verdict::Clean => 0,
    };
    (verdict, exit)
}
