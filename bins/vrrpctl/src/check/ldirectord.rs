//! `vrrpctl check --ldirectord`: files of the other language.

use std::fmt::Write as _;
use std::io::IsTerminal;

use keepalived_conf::{Diagnostic, DiskFiles, Renderer, Severity, SourceMap, Verdict};
use ldirectord_conf::{MachineNames, parse};
use serde::Serialize;
use vrrp_plan::balance::Balance;
use vrrp_plan::ldirectord::{Settings, lower};

use super::answer::{Finding, finding};
use crate::words::{clean, counted};
use crate::{REFUSED, print};

/// One file, read, lowered and judged.
struct Checked {
    file: String,
    sources: SourceMap,
    /// In the order of the file.
    diagnostics: Vec<Diagnostic>,
    /// Virtual servers that stand in the file, where they can be told.
    written: usize,
    balance: Balance,
}

#[derive(Serialize)]
struct Answer<'a> {
    /// The gravest of all files.
    verdict: Verdict,
    exit: u8,
    files: Vec<File<'a>>,
}

#[derive(Serialize)]
struct File<'a> {
    file: &'a str,
    verdict: Verdict,
    exit: u8,
    virtual_servers: usize,
    virtual_servers_written: usize,
    real_servers: usize,
    checks: usize,
    diagnostics: Vec<Finding<'a>>,
}

/// Gives the exit code.
pub(super) fn run(files: &[String], json: bool) -> u8 {
    let names = MachineNames::read();
    let checked: Vec<Checked> = files.iter().map(|file| check(file, &names)).collect();
    let verdicts = checked.iter().map(|one| one.verdict());
    let verdict = verdicts.max().unwrap_or(Verdict::Clean);
    let text = if json {
        let answer = Answer {
            verdict,
            exit: exit(verdict),
            files: checked.iter().map(Checked::answer).collect(),
        };
        match crate::pretty(&answer) {
            Ok(text) => text,
            Err(error) => {
                eprintln!("vrrpctl: cannot write the answer as JSON: {error}");
                return REFUSED;
            }
        }
    } else {
        let colour = std::io::stdout().is_terminal();
        checked.iter().map(|one| one.text(colour)).collect()
    };
    match print(&text) {
        crate::DONE => exit(verdict),
        failed => failed,
    }
}

fn check(file: &str, names: &MachineNames) -> Checked {
    let parsed = parse(&DiskFiles, names, file);
    let lowered = lower(&parsed.config, &parsed.sources, Settings::default());
    let mut diagnostics = parsed.diagnostics;
    diagnostics.extend(lowered.faults);
    diagnostics.sort_by_key(|found| found.span);
    Checked {
        file: file.to_owned(),
        sources: parsed.sources,
        diagnostics,
        written: parsed.config.virtuals.len(),
        balance: lowered.balance,
    }
}

const fn exit(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Clean => 0,
        Verdict::Warns => 5,
        Verdict::Fatal => 4,
    }
}

impl Checked {
    /// By the gravest finding: something is not carried out as it is written, or is probably not meant so.
    fn verdict(&self) -> Verdict {
        match self.diagnostics.iter().map(|found| found.severity).min() {
            Some(Severity::Fatal | Severity::InstanceDropped | Severity::Error) => Verdict::Fatal,
            Some(Severity::Warning) => Verdict::Warns,
            Some(Severity::Note) | None => Verdict::Clean,
        }
    }

    fn count(&self, wanted: &[Severity]) -> usize {
        let found = self.diagnostics.iter();
        found.filter(|found| wanted.contains(&found.severity)).count()
    }

    fn real_servers(&self) -> usize {
        let servers = self.balance.servers.iter();
        servers.map(|server| server.servers.len()).sum()
    }

    fn text(&self, colour: bool) -> String {
        let mut renderer = Renderer::new(&self.sources, colour);
        let mut text = String::new();
        for found in &self.diagnostics {
            text.push_str(&renderer.render(found));
            text.push('\n');
        }
        let errors = [Severity::Fatal, Severity::InstanceDropped, Severity::Error];
        let _never_fails = writeln!(
            text,
            "{}: {}: {} of {} carried out, with {} and {}; found here: {}, {}, {}",
            clean(&self.file),
            self.verdict().word(),
            self.balance.servers.len(),
            counted(self.written, "virtual server"),
            counted(self.real_servers(), "real server"),
            counted(self.balance.checks.len(), "check"),
            counted(self.count(&errors), "error"),
            counted(self.count(&[Severity::Warning]), "warning"),
            counted(self.count(&[Severity::Note]), "note"),
        );
        text
    }

    fn answer(&self) -> File<'_> {
        let diagnostics = self.diagnostics.iter();
        File {
            file: &self.file,
            verdict: self.verdict(),
            exit: exit(self.verdict()),
            virtual_servers: self.balance.servers.len(),
            virtual_servers_written: self.written,
            real_servers: self.real_servers(),
            checks: self.balance.checks.len(),
            diagnostics: diagnostics.map(|found| finding(found, &self.sources)).collect(),
        }
    }
}
