//! `include` and its stricter relatives.

use super::definitions::definition;
use super::{Expansion, folder, lines, whole};
use crate::diagnostic::{Diagnostic, Keepalived};
use crate::files::FileError;
use crate::lexer::{Text, between_typographic, blank};
use crate::pattern;
use crate::source::Span;

/// How deep files may include files; more is a circle.
const DEPTH_MAX: usize = 32;
/// What reading one file counts for among the bytes that a configuration may unfold to.
const FILE_COST: usize = 1024;

/// A line that includes.
pub(super) struct Include {
    kind: Kind,
    /// What stands behind the word, up to the end of the line: quotes and blanks are part of it.
    pattern: String,
    span: Span,
}

/// Which word it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Plain,
    Readable,
    Match,
    Wildcard,
    Braces,
    All,
}

/// The directive a line is.
pub(super) fn directive(text: &Text<'_>) -> Option<Include> {
    let text = lines::trimmed(text);
    let rest = text.bytes.strip_prefix(b"include")?;
    let (kind, rest) = match rest {
        [b'r', rest @ ..] => (Kind::Readable, rest),
        [b'm', rest @ ..] => (Kind::Match, rest),
        [b'w', rest @ ..] => (Kind::Wildcard, rest),
        [b'b', rest @ ..] => (Kind::Braces, rest),
        [b'a', rest @ ..] => (Kind::All, rest),
        rest => (Kind::Plain, rest),
    };
    if !rest.is_empty() && blank(rest) == 0 {
        return None;
    }
    let pattern = text.part(text.bytes.len().saturating_sub(rest.len()), text.bytes.len());
    let pattern = lines::trimmed(&pattern);
    Some(Include {
        kind,
        pattern: String::from_utf8_lossy(&pattern.bytes).into_owned(),
        span: whole(&text),
    })
}

/// Where, behind a brace on the same line, something begins that takes a line of its own: keepalived ends lines at braces.
pub(super) fn behind_brace(text: &Text<'_>) -> Option<usize> {
    let (mut quoted, mut within) = (false, false);
    // A word may begin here, and between typographic quotes it may hold braces.
    let mut begins = true;
    let mut earlier = None;
    let mut at = 0usize;
    while let Some(rest @ [byte, ..]) = text.bytes.get(at..) {
        let pair = between_typographic(rest).filter(|_| begins && !quoted);
        let taken = pair.map_or_else(|| blank(rest).max(1), |inner| inner.saturating_add(6));
        at = at.saturating_add(taken);
        match byte {
            b'"' => quoted = !quoted,
            b'{' if earlier == Some(b'$') => within = true,
            b'}' if within => within = false,
            b'{' | b'}' if !quoted && own_line(&lines::trimmed(&text.part(at, text.bytes.len()))) => {
                return Some(at);
            }
            _ => {}
        }
        begins = pair.is_some() || blank(rest) > 0 || matches!(byte, b'"' | b'{' | b'}');
        earlier = Some(*byte);
    }
    None
}

/// What keepalived reads at the beginning of a line only.
fn own_line(line: &Text<'_>) -> bool {
    let signs = [&b"~SEQ"[..], b"~LST", b"@"];
    signs.iter().any(|sign| line.bytes.starts_with(sign))
        || directive(line).is_some()
        || definition(line).is_some()
}

impl Expansion<'_> {
    pub(super) fn include(&mut self, from: &str, include: &Include) {
        if include.pattern.is_empty() {
            let found = Diagnostic::error("missing-argument", include.span, "include names no file")
                .effect("the line is left out")
                .help("write the path or pattern behind it");
            self.findings.push(found);
            return;
        }
        let pattern = absolute(from, &include.pattern);
        let literal = !pattern::is_pattern(&pattern);
        let paths = if literal {
            vec![pattern.clone()]
        } else {
            self.matched(include, &pattern)
        };
        for path in paths {
            match self.files.read(&path) {
                Ok(_) if self.is_circle(&path) => self.circular(include, &path),
                Ok(bytes) if self.room(bytes.len().saturating_add(FILE_COST), include.span) => {
                    self.file(&path, bytes)
                }
                Ok(_) => return,
                Err(FileError::Absent) if literal => {
                    self.absent(include, &path, &[Kind::Match, Kind::Wildcard, Kind::All])
                }
                Err(FileError::Folder) => self.folder(include, &path),
                Err(error) => {
                    let text = format!("the included file {path} cannot be read: {error}");
                    let found = Diagnostic::fatal("include-unreadable", include.span, text);
                    let mut found = found.effect("nothing is started: what the file holds is not known");
                    if error == FileError::Special {
                        // It is passed over, and said so.
                        found.keepalived = Keepalived::Reports;
                    }
                    self.findings
                        .push(found.help("let this user read it, or remove the line"));
                }
            }
        }
    }

    /// The files that a pattern matches; reported where keepalived does it.
    fn matched(&mut self, include: &Include, pattern: &str) -> Vec<String> {
        let alternatives = pattern::alternatives(pattern);
        if alternatives.len() > 1 {
            let mut lacking = alternatives
                .iter()
                .filter(|one| !pattern::is_pattern(one) && self.files.matching(one).is_empty());
            if let Some(first) = lacking.next().cloned() {
                self.absent(include, &first, &[Kind::Braces, Kind::All]);
            }
        }
        let paths = self.files.matching(pattern);
        if paths.is_empty() && alternatives.len() <= 1 {
            self.absent(include, pattern, &[Kind::Wildcard, Kind::All]);
        }
        paths
    }

    fn folder(&mut self, include: &Include, path: &str) {
        let text = format!("{path} is a folder");
        let found = if matches!(include.kind, Kind::Readable | Kind::All) {
            Diagnostic::fatal("include-folder", include.span, text).effect("nothing is started")
        } else {
            Diagnostic::error("include-folder", include.span, text)
                .effect("the rest is read without it, as keepalived does")
        };
        self.findings
            .push(found.help("write /* behind it to read the files in it"));
    }

    /// The file is being read already, or files include files without end.
    fn is_circle(&self, path: &str) -> bool {
        self.reading.len() >= DEPTH_MAX || self.reading.iter().any(|open| open == path)
    }

    fn circular(&mut self, include: &Include, path: &str) {
        let text = format!("{path} includes itself, or files include each other more than {DEPTH_MAX} deep");
        let mut found = Diagnostic::fatal("include-circle", include.span, text)
            .effect("nothing is started; keepalived goes on until it has too many open files")
            .help("remove one of the include lines");
        found.keepalived = Keepalived::Reports;
        self.findings.push(found);
    }

    /// A pattern that finds nothing in a folder that is there: keepalived says nothing to it.
    fn looks_in_vain(&self, pattern: &str) -> bool {
        let Some(sign) = pattern.find(['*', '?', '[']) else {
            return false;
        };
        let searched = folder(pattern.get(..sign).unwrap_or_default());
        let own = self.reading.last().map_or("", |path| folder(path));
        searched == own || self.files.read(searched) == Err(FileError::Folder)
    }

    /// No file is there: fatal for some of the directives.
    fn absent(&mut self, include: &Include, pattern: &str, fatal: &[Kind]) {
        let text = format!("no file matches {pattern}");
        let found = if fatal.contains(&include.kind) {
            Diagnostic::fatal("include-absent", include.span, text)
                .effect("nothing is started, as keepalived does")
        } else {
            let found = Diagnostic::warning("include-absent", include.span, text);
            let found = if self.looks_in_vain(pattern) {
                found.silent()
            } else {
                found
            };
            found.effect("the rest is read without it, as keepalived does")
        };
        let quoted = pattern.contains('"') || pattern.contains('\'');
        self.findings.push(found.help(if quoted {
            "remove the quotes: keepalived takes them for a part of the name"
        } else if fatal.contains(&include.kind) {
            "create the file, or write include, which forgives"
        } else {
            "create the file, or remove the line"
        }));
    }
}

/// A path relative to the folder of the file that includes it.
fn absolute(from: &str, path: &str) -> String {
    match folder(from) {
        folder if !folder.is_empty() && !path.starts_with('/') => format!("{folder}/{path}"),
        _ => path.to_owned(),
    }
}
