#![doc = include_str!("../README.md")]

mod directive;
mod effective;
mod findings;
mod line;
mod model;
mod names;
mod read;
mod section;

use keepalived_conf::{Diagnostic, Files, Severity, SourceMap};

pub use directive::{Directive, Scope, directives};
pub use effective::{Effective, effective};
pub use model::*;
pub use names::{FewNames, MachineNames, Names};

/// What became of a file.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// What it means.
    pub config: Config,
    /// What is to be said about it, in the order of the file.
    pub diagnostics: Vec<Diagnostic>,
    /// The file, for places.
    pub sources: SourceMap,
}

impl Parsed {
    /// The file cannot be read at all.
    #[must_use]
    pub fn is_fatal(&self) -> bool {
        let mut severities = self.diagnostics.iter().map(|found| found.severity);
        severities.any(|severity| severity == Severity::Fatal)
    }
}

/// Reads a file. One that cannot be read is a fatal [`Diagnostic`], like everything else that is wrong; there is no other
/// error.
#[must_use]
pub fn parse(files: &dyn Files, names: &dyn Names, path: &str) -> Parsed {
    let mut sources = SourceMap::default();
    let mut findings = findings::Findings::default();
    let (bytes, unread) = match files.read(path) {
        Ok(bytes) => (bytes, None),
        Err(error) => (Vec::new(), Some(error)),
    };
    let file = sources.add(path.to_owned(), bytes.clone());
    if let Some(error) = unread {
        let start = keepalived_conf::Span {
            file,
            start: 0,
            end: 0,
        };
        let found = Diagnostic::fatal("unreadable", start, format!("{path} cannot be read: {error}"));
        findings.push(
            found
                .effect("there are no virtual servers")
                .help("name a file that is there"),
        );
    }
    let sections = section::sections(file, &bytes, &mut findings);
    for directive in sections.all() {
        if let ("passwd" | "secret", Some(word)) = (directive.name.as_str(), directive.words.first()) {
            sources.hide(word.span);
        }
    }
    let config = read::read(&sections, names, &mut findings);
    Parsed {
        config,
        diagnostics: findings.finish(),
        sources,
    }
}
