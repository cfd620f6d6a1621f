//! `include` and its stricter relatives.

use super::{Expansion, folder, lines, whole};
use crate::diagnostic::{Diagnostic, Findings};
use crate::files::FileError;
use crate::lexer::{Pasted, Piece, Text, Word, cut};
use crate::pattern;
use crate::source::Span;

/// How deep files may include files; more is a circle.
const DEPTH_MAX: usize = 32;
/// What reading one file counts for among the bytes that a configuration may unfold to.
const FILE_COST: usize = 1024;

/// A line that includes.
pub(super) struct Include {
    /// It is plain `include`, which forgives.
    plain: bool,
    /// It is `includem`, `includew` or `includea`: keepalived does not start where nothing matches.
    strict: bool,
    argument: Option<Word>,
    span: Span,
}

/// The directive a line is.
pub(super) fn directive(text: &Text<'_>) -> Option<Include> {
    let text = lines::trimmed(text);
    if !text.bytes.starts_with(b"include") {
        return None;
    }
    // Reported again when the line is read for good, if it is not a directive.
    let mut pieces = Vec::new();
    cut(
        &text,
        &mut pieces,
        &mut Pasted::default(),
        &mut Findings::default(),
    );
    let Some(Piece::Words { words, .. }) = pieces.first() else {
        return None;
    };
    let name = words.first()?.bytes();
    let known = [
        &b"include"[..],
        b"includer",
        b"includem",
        b"includew",
        b"includeb",
        b"includea",
    ]
    .contains(&name);
    known.then(|| Include {
        plain: name == b"include",
        strict: matches!(name, b"includem" | b"includew" | b"includea"),
        argument: words.get(1).cloned(),
        span: whole(&text),
    })
}

impl Expansion<'_> {
    pub(super) fn include(&mut self, from: &str, include: &Include) {
        let Some(argument) = &include.argument else {
            let found = Diagnostic::error("missing-argument", include.span, "include names no file")
                .effect("the line is left out")
                .help("write the path or pattern behind it");
            self.findings.push(found);
            return;
        };
        let pattern = absolute(from, &argument.text());
        let literal = !pattern::is_pattern(&pattern);
        let paths = if literal {
            vec![pattern.clone()]
        } else {
            self.files.matching(&pattern)
        };
        if paths.is_empty() {
            self.absent(include, &pattern, argument.span);
        }
        for path in paths {
            match self.files.read(&path) {
                Ok(_) if self.is_circle(&path) => self.circular(include, &path),
                Ok(bytes) if self.room(bytes.len().saturating_add(FILE_COST), include.span) => {
                    self.file(&path, bytes)
                }
                Ok(_) => return,
                Err(FileError::Absent) if literal => self.absent(include, &path, argument.span),
                Err(error) => {
                    let text = format!("the included file {path} cannot be read: {error}");
                    let found = Diagnostic::fatal("include-unreadable", argument.span, text);
                    let found = found.effect("nothing is started: what the file holds is not known");
                    self.findings
                        .push(found.help("let this user read it, or remove the line"));
                }
            }
        }
    }

    /// The file is being read already, or files include files without end.
    fn is_circle(&self, path: &str) -> bool {
        self.reading.len() >= DEPTH_MAX || self.reading.iter().any(|open| open == path)
    }

    fn circular(&mut self, include: &Include, path: &str) {
        let text = format!("{path} includes itself, or files include each other more than {DEPTH_MAX} deep");
        let found = Diagnostic::fatal("include-circle", include.span, text).effect("nothing is started");
        self.findings.push(found.help("remove one of the include lines"));
    }

    fn absent(&mut self, include: &Include, pattern: &str, span: Span) {
        let text = format!("no file matches {pattern}");
        if include.strict {
            let found = Diagnostic::fatal("include-absent", span, text)
                .effect("nothing is started, as with keepalived");
            self.findings
                .push(found.help("create the file, or write include, which forgives"));
            return;
        }
        let found = if include.plain {
            Diagnostic::warning("include-absent", span, text)
        } else {
            Diagnostic::error("include-absent", span, text)
        };
        let found = found.effect("the rest is read without it, as keepalived does");
        self.findings
            .push(found.help("create the file, or remove the line"));
    }
}

/// A path relative to the folder of the file that includes it.
fn absolute(from: &str, path: &str) -> String {
    match folder(from) {
        folder if !folder.is_empty() && !path.starts_with('/') => format!("{folder}/{path}"),
        _ => path.to_owned(),
    }
}
