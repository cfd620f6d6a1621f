//! The answer for people: every finding beside its source line, and a last line for each file.

use std::fmt::Write as _;

use keepalived_conf::{Severity, Verdict, render};

use super::Checked;
use crate::words::clean;

pub(super) fn all(checked: &[Checked], colour: bool) -> String {
    let mut text = String::new();
    for one in checked {
        for found in &one.judged.diagnostics {
            text.push_str(&render(found, &one.parsed.sources, colour));
            text.push('\n');
        }
        let _never_fails = writeln!(text, "{}: {}", clean(&one.file), summary(one));
    }
    text
}

fn summary(one: &Checked) -> String {
    let keepalived = match one.judged.verdict {
        Verdict::Clean => "keepalived reports nothing",
        Verdict::Warns => "keepalived reports something and runs",
        Verdict::Fatal => "keepalived does not start",
    };
    let count = |wanted: &[Severity]| {
        let list = one.judged.diagnostics.iter();
        list.filter(|found| wanted.contains(&found.severity)).count()
    };
    let errors = count(&[Severity::Fatal, Severity::InstanceDropped, Severity::Error]);
    let verdict = one.judged.verdict.word();
    format!(
        "{verdict}: {keepalived} (exit code {} of its -t); found here: {errors} errors, {} warnings, {} notes",
        one.judged.exit,
        count(&[Severity::Warning]),
        count(&[Severity::Note]),
    )
}
