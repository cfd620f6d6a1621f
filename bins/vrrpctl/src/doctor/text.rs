//! The findings for people.

use std::fmt::Write as _;

use super::Report;
use super::finding::{Finding, Level};
use crate::colour::Colour;
use crate::words::{clean, counted};

pub(super) fn text(report: &Report, colour: Colour) -> String {
    let mut out = format!("{}\n\n", clean(&report.of));
    let mut findings: Vec<&Finding> = report.findings.iter().collect();
    // What is wrong first, and among equals the order of the checks.
    findings.sort_by_key(|finding| std::cmp::Reverse(rank(finding.level)));
    for finding in findings {
        let about = finding
            .about
            .as_deref()
            .map_or_else(String::new, |about| format!(" of {}", clean(about)));
        let mark = mark(finding.level, colour);
        let _ = writeln!(out, "{mark}  {}{about}: {}", finding.check, clean(&finding.found));
        if !finding.means.is_empty() {
            let _ = writeln!(out, "           That means: {}", clean(&finding.means));
        }
        if !finding.cure.is_empty() {
            let _ = writeln!(out, "           What to do: {}", clean(&finding.cure));
        }
    }
    let count = |level: Level| {
        report
            .findings
            .iter()
            .filter(|finding| finding.level == level)
            .count()
    };
    let _ = writeln!(
        out,
        "\n{}, {}, {} not checked, {} ok",
        counted(count(Level::Fault), "fault"),
        counted(count(Level::Warning), "warning"),
        count(Level::Unchecked),
        count(Level::Ok)
    );
    colour.paint(&out)
}

/// What is not known comes before what is well.
const fn rank(level: Level) -> u8 {
    match level {
        Level::Ok => 0,
        Level::Unchecked => 1,
        Level::Warning => 2,
        Level::Fault => 3,
    }
}

fn mark(level: Level, colour: Colour) -> String {
    match level {
        Level::Ok => "ok       ".to_owned(),
        Level::Unchecked => "unchecked".to_owned(),
        Level::Warning => "warning  ".to_owned(),
        Level::Fault => colour.alarm("FAULT") + if colour == Colour::On { "  " } else { "    " },
    }
}
