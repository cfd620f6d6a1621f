//! A line into pieces.

use super::text::Text;
use super::word::Scan;
use super::{Piece, Word};
use crate::diagnostic::{Diagnostic, Findings, Keepalived};
use crate::keywords;
use crate::source::Span;

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

    fn is_command(&self) -> bool {
        self.words
            .first()
            .is_some_and(|word| keywords::takes_command(word.bytes()))
    }

    fn flush(&mut self, scan: &Scan<'_>, pieces: &mut Vec<Piece>) {
        if let Some((from, to)) = self.range.take() {
            let (raw, span) = scan.raw(from, to);
            // Not with the room for more: a file may have a million lines.
            let words: Vec<Word> = self.words.drain(..).collect();
            let raw = (!is_joined(raw, &words)).then(|| raw.into());
            pieces.push(Piece::Words { words, raw, span });
        }
    }
}

/// Whether a text is no more than these words with a blank between them.
pub(super) fn is_joined(raw: &[u8], words: &[Word]) -> bool {
    let mut left = Some(raw);
    for (number, word) in words.iter().enumerate() {
        if number > 0 {
            left = left.and_then(|left| left.strip_prefix(b" "));
        }
        left = left.and_then(|left| left.strip_prefix(word.bytes()));
    }
    left == Some(&[])
}

/// Cuts one line at its braces. Never fails: what cannot be read is reported and left out.
pub(crate) fn cut(text: &Text<'_>, pieces: &mut Vec<Piece>, pasted: &mut Pasted, findings: &mut Findings) {
    let mut scan = Scan::new(text);
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
            Some(b'"') => match scan.quoted(pending.is_command()) {
                Ok(word) => pending.push(word, from, &scan),
                // Said where the command is read.
                Err(rest) if pending.is_command() => pending.push(rest, from, &scan),
                Err(rest) => {
                    findings.push(unmatched(rest.span));
                    break pending.flush(&scan, pieces);
                }
            },
            Some(_) => {
                let word = scan.typographic().map_or_else(
                    || scan.plain(),
                    |(word, quote)| {
                        pasted.quote(quote, pending.words.first());
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
#[derive(Debug, Default)]
pub(crate) struct Pasted {
    blanks: Option<(Span, usize)>,
    quotes: Option<(Span, usize)>,
    /// What keepalived says to the quotes.
    letters: Keepalived,
}

/// Words behind which keepalived takes any letters.
const ANY_LETTERS: &[&str] = &[
    "router_id",
    "smtp_helo_name",
    "notification_email_from",
    "vrrp_instance",
    "vrrp_script",
    "path",
    "virtualhost",
];

/// What keepalived says to letters that were meant for quotes, behind the word that begins the line.
fn letters(first: Option<&Word>) -> Keepalived {
    let Some(first) = first else {
        return Keepalived::Reports;
    };
    let command = keywords::takes_command(first.bytes()) && !first.is("script");
    if first.is("interface") {
        Keepalived::Stops
    } else if command || ANY_LETTERS.iter().any(|word| first.is(word)) {
        Keepalived::Silent
    } else {
        Keepalived::Reports
    }
}

impl Pasted {
    fn blank(&mut self, at: Span) {
        let (_, count) = self.blanks.get_or_insert((at, 0));
        *count = count.saturating_add(1);
    }

    fn quote(&mut self, at: Span, first: Option<&Word>) {
        self.letters = self.letters.max(letters(first));
        let (_, count) = self.quotes.get_or_insert((at, 0));
        *count = count.saturating_add(1);
    }

    pub(crate) fn report(self, findings: &mut Findings) {
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
            let mut found = Diagnostic::warning("typographic-quote", at, text)
                .effect("read as plain double quotes; keepalived takes them for letters")
                .help(AGAIN);
            found.keepalived = self.letters;
            findings.push(found);
        }
    }
}
