//! The answer for people: every finding beside its source line, and a last line for each file and for all together.

use std::fmt::Write as _;

use keepalived_conf::{Diagnostic, Renderer, Severity, Verdict};

use super::Checked;
use super::nodes::Together;
use crate::words::{clean, counted};

pub(super) fn all(checked: &[Checked], together: Option<&Together>, colour: bool) -> String {
    let mut text = String::new();
    for one in checked {
        let mut renderer = Renderer::new(&one.parsed.sources, colour);
        for found in &one.judged.diagnostics {
            text.push_str(&renderer.render(found));
            text.push('\n');
        }
        let _never_fails = writeln!(text, "{}: {}", clean(&one.file), summary(one));
    }
    if let Some(all) = together {
        let mut renderer = Renderer::new(&all.sources, colour);
        for found in &all.diagnostics {
            text.push_str(&renderer.render(found));
            text.push('\n');
        }
        let _never_fails = writeln!(
            text,
            "together: {}, {}",
            counted(count(&all.diagnostics, &[Severity::Warning]), "warning"),
            counted(count(&all.diagnostics, &[Severity::Note]), "note"),
        );
    }
    text
}

fn summary(one: &Checked) -> String {
    let keepalived = match one.judged.verdict {
        Verdict::Clean => "keepalived reports nothing",
        Verdict::Warns => "keepalived reports something and runs",
        Verdict::Fatal => "keepalived does not start",
    };
    let found = &one.judged.diagnostics;
    let errors = count(
        found,
        &[Severity::Fatal, Severity::InstanceDropped, Severity::Error],
    );
    let verdict = one.judged.verdict.word();
    format!(
        "{verdict}: {keepalived} (exit code {} of its -t); found here: {}, {}, {}",
        one.judged.exit,
        counted(errors, "error"),
        counted(count(found, &[Severity::Warning]), "warning"),
        counted(count(found, &[Severity::Note]), "note"),
    )
}

fn count(found: &[Diagnostic], wanted: &[Severity]) -> usize {
    found
        .iter()
        .filter(|found| wanted.contains(&found.severity))
        .count()
}
