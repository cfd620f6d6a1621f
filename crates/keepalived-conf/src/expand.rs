//! Included files in their places.

use crate::diagnostic::{Diagnostic, Findings};
use crate::files::{FileError, Files};
use crate::lexer::{Piece, Word, lex};
use crate::pattern;
use crate::source::{SourceMap, Span};

/// How deep files may include files; more is a circle.
const DEPTH_MAX: usize = 32;
/// How many bytes all files may have together.
const BYTES_MAX: usize = 64 << 20;

/// The file set as one stream of pieces.
pub(crate) struct Expansion<'a> {
    files: &'a dyn Files,
    sources: &'a mut SourceMap,
    findings: &'a mut Findings,
    bytes: usize,
}

impl<'a> Expansion<'a> {
    pub(crate) fn new(files: &'a dyn Files, sources: &'a mut SourceMap, findings: &'a mut Findings) -> Self {
        Self {
            files,
            sources,
            findings,
            bytes: 0,
        }
    }

    /// Reads the file named on the command line.
    pub(crate) fn top(mut self, path: &str) -> Vec<Piece> {
        match self.files.read(path) {
            Ok(bytes) => self.file(path, bytes, 0),
            Err(error) => {
                let file = self.sources.add(path.to_owned(), Vec::new());
                let start = Span {
                    file,
                    start: 0,
                    end: 0,
                };
                let found = Diagnostic::fatal(
                    "file",
                    start,
                    format!("the configuration cannot be read: {error}"),
                )
                .effect("nothing is started")
                .help("give the path of a file that this user may read");
                self.findings.push(found);
                Vec::new()
            }
        }
    }

    fn file(&mut self, path: &str, bytes: Vec<u8>, depth: usize) -> Vec<Piece> {
        self.bytes = self.bytes.saturating_add(bytes.len());
        let pieces = {
            let file = self.sources.add(path.to_owned(), bytes);
            lex(file, self.sources.bytes(file), self.findings)
        };
        let mut out = Vec::with_capacity(pieces.len());
        for piece in pieces {
            match &piece {
                Piece::Words { words, span, .. } if words.first().is_some_and(is_include) => {
                    out.extend(self.include(path, words, *span, depth));
                }
                _ => out.push(piece),
            }
        }
        out
    }

    fn include(&mut self, from: &str, words: &[Word], span: Span, depth: usize) -> Vec<Piece> {
        let Some(argument) = words.get(1) else {
            self.findings.push(
                Diagnostic::error("missing-argument", span, "include names no file")
                    .effect("the line is left out")
                    .help("write the path or pattern behind it"),
            );
            return Vec::new();
        };
        if depth >= DEPTH_MAX || self.bytes > BYTES_MAX {
            let text =
                format!("files include each other more than {DEPTH_MAX} deep, or hold more than 64 MiB");
            let found = Diagnostic::fatal("include-circle", span, text).effect("nothing is started");
            self.findings
                .push(found.help("look for a file that includes itself"));
            return Vec::new();
        }
        let pattern = absolute(from, &argument.text());
        let (paths, plain) = if pattern::is_pattern(&pattern) {
            (self.files.matching(&pattern), false)
        } else {
            (vec![pattern.clone()], true)
        };
        if paths.is_empty() {
            self.absent(words, &pattern, argument.span);
        }
        let mut out = Vec::new();
        for path in paths {
            match self.files.read(&path) {
                Ok(bytes) => out.extend(self.file(&path, bytes, depth.saturating_add(1))),
                Err(FileError::Absent) if plain => self.absent(words, &path, argument.span),
                Err(error) => {
                    let text = format!("the included file {path} cannot be read: {error}");
                    let found = Diagnostic::fatal("include-unreadable", argument.span, text);
                    let found = found.effect("nothing is started: what the file holds is not known");
                    self.findings
                        .push(found.help("let this user read it, or remove the line"));
                }
            }
        }
        out
    }

    fn absent(&mut self, words: &[Word], pattern: &str, span: Span) {
        let strict = words.first().is_some_and(|word| !word.is("include"));
        let text = format!("no file matches {pattern}");
        let found = if strict {
            Diagnostic::error("include-absent", span, text)
        } else {
            Diagnostic::warning("include-absent", span, text)
        };
        let found = found.effect("the rest is read without it, as keepalived does");
        self.findings
            .push(found.help("create the file, or remove the line"));
    }
}

fn is_include(word: &Word) -> bool {
    matches!(
        word.bytes(),
        b"include" | b"includer" | b"includem" | b"includew" | b"includeb" | b"includea"
    )
}

/// A path relative to the folder of the file that includes it.
fn absolute(from: &str, path: &str) -> String {
    match from.rsplit_once('/') {
        Some((folder, _)) if !path.starts_with('/') => format!("{folder}/{path}"),
        _ => path.to_owned(),
    }
}
