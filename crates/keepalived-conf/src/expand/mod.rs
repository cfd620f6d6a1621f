//! Files into one stream of pieces: included files in their places, conditions, parameters and sequences resolved.

mod condition;
mod definitions;
mod include;
pub(crate) mod lines;
mod random;
mod sequence;

use crate::Host;
use crate::diagnostic::{Diagnostic, Findings};
use crate::files::{FileError, Files};
use crate::lexer::{Pasted, Piece, Plain, Text, Unread, cut};
use crate::pattern;
use crate::source::{SourceMap, Span};
use definitions::Definitions;
pub(crate) use definitions::ends_in_use;

/// How many bytes all files and everything they unfold to may have together.
const BYTES_MAX: usize = 64 << 20;

/// The file set while it is read.
pub(crate) struct Expansion<'a> {
    files: &'a dyn Files,
    host: &'a Host,
    sources: &'a mut SourceMap,
    findings: &'a mut Findings,
    definitions: Definitions,
    pieces: Vec<Piece>,
    /// The files that are being read, each included by the one before.
    reading: Vec<String>,
    /// How many random numbers were drawn.
    drawn: u64,
    /// Bytes unfolded so far.
    bytes: usize,
    /// The definitions whose lines are being read, each named by a line of the one before.
    pasting: Vec<Vec<u8>>,
    /// The last limit was reported.
    full: bool,
}

impl<'a> Expansion<'a> {
    pub(crate) fn new(
        files: &'a dyn Files,
        host: &'a Host,
        sources: &'a mut SourceMap,
        findings: &'a mut Findings,
    ) -> Self {
        let definitions = Definitions::default();
        Self {
            files,
            host,
            sources,
            findings,
            definitions,
            pieces: Vec::new(),
            reading: Vec::new(),
            drawn: 0,
            bytes: 0,
            pasting: Vec::new(),
            full: false,
        }
    }

    /// Reads the file named on the command line, or all files that a pattern matches, in the order of their names.
    pub(crate) fn top(mut self, path: &str) -> Vec<Piece> {
        match self.files.read(path) {
            Ok(bytes) => self.file(path, bytes),
            Err(FileError::Absent) if pattern::is_pattern(path) => {
                let paths = self.files.matching(path);
                if paths.is_empty() {
                    self.unreadable(path, "no file matches this pattern");
                }
                for path in paths {
                    match self.files.read(&path) {
                        Ok(bytes) => self.file(&path, bytes),
                        Err(error) => self.unreadable(&path, &error.to_string()),
                    }
                }
            }
            Err(error) => self.unreadable(path, &error.to_string()),
        }
        self.pieces
    }

    fn unreadable(&mut self, path: &str, why: &str) {
        let file = self.sources.add(path.to_owned(), Vec::new());
        let start = Span {
            file,
            start: 0,
            end: 0,
        };
        let text = format!("the configuration cannot be read: {why}");
        let found = Diagnostic::fatal("file", start, text).effect("nothing is started");
        self.findings
            .push(found.help("give the path of a configuration file that this user may read"));
    }

    fn file(&mut self, path: &str, bytes: Vec<u8>) {
        self.reading.push(path.to_owned());
        let id = self.sources.add(path.to_owned(), bytes);
        let bytes = self.sources.shared(id);
        // Most lines are one piece, and one for each brace: growing bit by bit takes twice the memory.
        let ends = bytes.iter().filter(|byte| matches!(byte, b'\n' | b'{' | b'}'));
        self.pieces.reserve(ends.count().saturating_add(1));
        let mut pasted = Pasted::default();
        let mut at = 0usize;
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            let start = at;
            at = at.saturating_add(line.len());
            let text = Text::new(id, start, line.strip_suffix(b"\n").unwrap_or(line));
            if line.len() <= lines::LINE_BYTES_MAX
                && !self.definitions.is_open()
                && let Some(plain) = Plain::of(&text.bytes)
            {
                if self.room(text.bytes.len(), whole(&text)) {
                    plain.cut(&text, &mut self.pieces);
                }
                continue;
            }
            if let Some(found) = (start == 0).then(|| lines::byte_order_mark(&text)).flatten() {
                self.findings.push(found);
            }
            if let Some(found) = (start == 0).then(|| lines::wide_characters(&text)).flatten() {
                self.findings.push(found);
                break;
            }
            if self.unread(&text) {
                continue;
            }
            if self.definitions.is_open() && lines::is_comment(&text) {
                // A comment between the lines of a definition does not end it.
                continue;
            }
            let kept = lines::without_comment(&text);
            if let Some(found) = lines::cut_password(&text, &kept) {
                self.findings.push(found);
            }
            self.line(&kept, path, &mut pasted);
        }
        if let Some(open) = self.definitions.end_of_file() {
            let found = Diagnostic::error(
                "open-definition",
                open,
                "the last line of this definition is missing",
            )
            .silent()
            .effect("it ends with the file");
            self.findings
                .push(found.help("a line that ends in \\ goes on; the last one must not"));
        }
        pasted.report(self.findings);
        self.reading.pop();
    }

    /// One line of a file, its comment removed.
    fn line(&mut self, text: &Text<'_>, path: &str, pasted: &mut Pasted) {
        if self.definitions.goes_on(text) {
            return;
        }
        let Some(text) = self.condition(text) else { return };
        if self.definitions.define(&text) {
            return;
        }
        if let Some(at) = include::behind_brace(&text) {
            self.line(&text.part(0, at), path, pasted);
            self.line(&text.part(at, text.bytes.len()), path, pasted);
            return;
        }
        if !text.bytes.iter().any(|byte| matches!(byte, b'$' | b'~')) {
            self.settled(&text, path, pasted);
            return;
        }
        if let Some((name, lines)) = self.pasted(&text) {
            return self.paste(&text, name, &lines, path, pasted);
        }
        let before = text.bytes.clone();
        for text in self.unfold(&text, path, 0) {
            // What was put in may begin a comment too, and so may a sign that was escaped before.
            let changed = text.bytes != before;
            let text = if changed { lines::unescaped(&text) } else { text };
            let text = lines::without_comment(&text);
            // The lines of a definition may have conditions, and define more.
            if let Some(text) = self
                .condition(&text)
                .filter(|text| !self.definitions.define(text))
            {
                self.settled(&text, path, pasted);
            }
        }
    }

    /// A line with everything put in.
    fn settled(&mut self, text: &Text<'_>, path: &str, pasted: &mut Pasted) {
        match include::directive(text) {
            Some(include) => self.include(path, &include),
            None => self.cut(text, pasted),
        }
    }

    fn cut(&mut self, text: &Text<'_>, pasted: &mut Pasted) {
        // A line may have grown too long by what was put in.
        if self.unread(text) {
            return;
        }
        if self.room(text.bytes.len(), text.span(0, text.bytes.len())) {
            cut(text, &mut self.pieces, pasted, self.findings);
        }
    }

    /// Counts bytes; false, and a report the first time, where there are too many.
    fn room(&mut self, bytes: usize, span: Span) -> bool {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes <= BYTES_MAX {
            return true;
        }
        if !std::mem::replace(&mut self.full, true) {
            let text = "the configuration unfolds to more than 64 MiB";
            let found = Diagnostic::fatal("too-large", span, text)
                .effect("nothing is started")
                .silent();
            self.findings
                .push(found.help("look for a file that includes itself, or a sequence without end"));
        }
        false
    }

    /// Lines that keepalived leaves out: too long, or with a NUL byte.
    fn unread(&mut self, text: &Text<'_>) -> bool {
        let Some(why) = lines::unread(text) else {
            return false;
        };
        let comment = lines::is_blank_or_comment(text);
        let fits =
            why == Unread::TooLong && lines::without_comment(text).bytes.len() <= lines::LINE_BYTES_MAX;
        if comment || fits {
            if let Some(found) = lines::long_comment(text) {
                self.findings.push(found);
            }
            return comment;
        }
        let span = text.span(0, text.bytes.len());
        self.findings.push(lines::report(why, text.bytes.len(), span));
        self.pieces.push(Piece::Unread { why, span });
        true
    }
}

/// The folder of a path; empty for a bare name.
fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Where a text begins, for reports about it as a whole.
fn whole(text: &Text<'_>) -> Span {
    text.span(0, text.bytes.len())
}
