//! The answer for programs (docs/check.md).

use keepalived_conf::{Diagnostic, Keepalived, Severity, SourceMap, Span, Verdict};
use serde::Serialize;

use super::Checked;
use super::nodes::Together;

#[derive(Serialize)]
struct Answer<'a> {
    /// The gravest of all files.
    verdict: Verdict,
    exit: u8,
    files: Vec<File<'a>>,
    /// What only several files show.
    together: Vec<Finding<'a>>,
}

#[derive(Serialize)]
struct File<'a> {
    file: &'a str,
    verdict: Verdict,
    exit: u8,
    diagnostics: Vec<Finding<'a>>,
}

/// One finding with its place written out.
#[derive(Serialize)]
pub(super) struct Finding<'a> {
    code: &'a str,
    severity: Severity,
    keepalived: Keepalived,
    instance: Option<&'a str>,
    #[serde(flatten)]
    place: Option<Place>,
    message: &'a str,
    effect: &'a str,
    help: &'a str,
    labels: Vec<Label<'a>>,
}

#[derive(Serialize)]
struct Label<'a> {
    #[serde(flatten)]
    place: Place,
    text: &'a str,
}

#[derive(Serialize)]
struct Place {
    file: String,
    line: u32,
    column: u32,
}

pub(super) fn json(
    checked: &[Checked],
    together: Option<&Together>,
    exit: u8,
) -> Result<String, serde_json::Error> {
    let verdicts = checked.iter().map(|one| one.judged.verdict);
    let answer = Answer {
        verdict: verdicts.max().unwrap_or(Verdict::Clean),
        exit,
        files: checked.iter().map(file).collect(),
        together: (together.iter())
            .flat_map(|all| all.diagnostics.iter().map(|found| finding(found, &all.sources)))
            .collect(),
    };
    crate::pretty(&answer)
}

fn file(checked: &Checked) -> File<'_> {
    let judged = &checked.judged;
    File {
        file: &checked.file,
        verdict: judged.verdict,
        exit: judged.exit,
        diagnostics: (judged.diagnostics.iter())
            .map(|found| finding(found, &checked.parsed.sources))
            .collect(),
    }
}

pub(super) fn finding<'a>(found: &'a Diagnostic, sources: &SourceMap) -> Finding<'a> {
    Finding {
        code: found.code,
        severity: found.severity,
        keepalived: found.keepalived,
        instance: found.instance.as_deref(),
        place: found.span.map(|span| place(span, sources)),
        message: &found.message,
        effect: &found.effect,
        help: &found.help,
        labels: (found.labels.iter())
            .map(|label| Label {
                place: place(label.span, sources),
                text: &label.text,
            })
            .collect(),
    }
}

fn place(span: Span, sources: &SourceMap) -> Place {
    let place = sources.place(span);
    Place {
        file: place.file,
        line: place.line,
        column: place.column,
    }
}
