//! A file into pieces.

use super::word::{Scan, blank};
use super::{Piece, Unread, Word};
use crate::diagnostic::{Diagnostic, Findings};
use crate::source::{FileId, Span};

/// keepalived reads lines into a buffer of this size; a longer one is left out whole.
const LINE_BYTES_MAX: usize = 1024;

/// Cuts a file into pieces. Never fails: what cannot be read is reported and left out.
pub(crate) fn lex(file: FileId, bytes: &[u8], findings: &mut Findings) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut pasted = Pasted::default();
    let mut at = 0usize;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let start = at;
        at = at.saturating_add(line.len());
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let span = span(file, start, line.len());
        let why = if line.contains(&0) {
            Some(Unread::Nul)
        } else {
            (line.len() > LINE_BYTES_MAX).then_some(Unread::TooLong)
        };
        match why {
            Some(why) => unread(why, line, span, &mut pieces, findings),
            None => cut(Scan::new(file, start, line), &mut pieces, &mut pasted, findings),
        }
    }
    pasted.report(findings);
    pieces
}

pub(super) fn span(file: FileId, start: usize, length: usize) -> Span {
    let narrow = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Span {
        file,
        start: narrow(start),
        end: narrow(start.saturating_add(length)),
    }
}

fn unread(why: Unread, line: &[u8], span: Span, pieces: &mut Vec<Piece>, findings: &mut Findings) {
    let first = line.iter().find(|byte| blank(std::slice::from_ref(byte)) == 0);
    if matches!(first, None | Some(b'#' | b'!')) {
        return;
    }
    let (code, message) = match why {
        Unread::TooLong => (
            "line-too-long",
            format!("this line has {} bytes; {LINE_BYTES_MAX} are read", line.len()),
        ),
        Unread::Nul => ("line-with-nul", "this line holds a NUL byte".to_owned()),
    };
    let found = Diagnostic::error(code, span, message)
        .effect("the whole line is left out, as keepalived does")
        .help("break the line at a blank, or remove the byte");
    findings.push(found);
    pieces.push(Piece::Unread { why, span });
}

/// The words of one piece while it is read.
#[derive(Default)]
struct Pending {
    words: Vec<Word>,
    /// First byte and end in the line, quotes included.
    range: Option<(usize, usize)>,
}

impl Pending {
    fn push(&mut self, word: Word, from: usize, scan: &Scan<'_>) {
        self.words.push(word);
        self.range = Some((self.range.map_or(from, |(first, _)| first), scan.at()));
    }

    fn flush(&mut self, scan: &Scan<'_>, pieces: &mut Vec<Piece>) {
        if let Some((from, to)) = self.range.take() {
            let (raw, span) = scan.raw(from, to);
            pieces.push(Piece::Words {
                words: std::mem::take(&mut self.words),
                raw,
                span,
            });
        }
    }
}

/// Cuts one line at its braces.
fn cut(mut scan: Scan<'_>, pieces: &mut Vec<Piece>, pasted: &mut Pasted, findings: &mut Findings) {
    let mut pending = Pending::default();
    loop {
        if let Some(at) = scan.skip_blanks() {
            pasted.blank(at);
        }
        let from = scan.at();
        match scan.peek() {
            None | Some(b'#' | b'!') => break pending.flush(&scan, pieces),
            Some(brace @ (b'{' | b'}')) => {
                pending.flush(&scan, pieces);
                let span = scan.take(1);
                pieces.push(if brace == b'{' {
                    Piece::Open(span)
                } else {
                    Piece::Close(span)
                });
            }
            Some(b'"') => match scan.quoted() {
                Ok(word) => pending.push(word, from, &scan),
                Err(span) => {
                    findings.push(unmatched(span));
                    break pending.flush(&scan, pieces);
                }
            },
            Some(_) => {
                let word = scan.typographic().map_or_else(
                    || scan.plain(),
                    |(word, quote)| {
                        pasted.quote(quote);
                        word
                    },
                );
                pending.push(word, from, &scan);
            }
        }
    }
}

fn unmatched(span: Span) -> Diagnostic {
    Diagnostic::error(
        "unmatched-quote",
        span,
        "this double quote is never closed on its line",
    )
    .effect("the rest of the line is left out")
    .help("close the quote, or remove it")
}

/// Characters that a web page puts into copied text; reported once per file, at the first place.
#[derive(Default)]
struct Pasted {
    blanks: Option<(Span, usize)>,
    quotes: Option<(Span, usize)>,
}

impl Pasted {
    fn blank(&mut self, at: Span) {
        let (_, count) = self.blanks.get_or_insert((at, 0));
        *count = count.saturating_add(1);
    }

    fn quote(&mut self, at: Span) {
        let (_, count) = self.quotes.get_or_insert((at, 0));
        *count = count.saturating_add(1);
    }

    fn report(self, findings: &mut Findings) {
        const AGAIN: &str = "type the line again, or replace the characters by plain ones";
        if let Some((at, count)) = self.blanks {
            let text = format!(
                "no-break or other special blanks, as web pages put them ({count} places, first here)"
            );
            findings.push(
                Diagnostic::warning("special-blank", at, text)
                    .effect("read as plain blanks; keepalived takes them for words")
                    .help(AGAIN),
            );
        }
        if let Some((at, count)) = self.quotes {
            let text = format!("typographic quotes, as web pages put them ({count} pairs, first here)");
            findings.push(
                Diagnostic::warning("typographic-quote", at, text)
                    .effect("read as plain double quotes; keepalived takes them for letters")
                    .help(AGAIN),
            );
        }
    }
}
