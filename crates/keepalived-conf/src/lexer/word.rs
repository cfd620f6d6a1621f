//! One line, byte by byte.

use super::Word;
use super::text::Text;
use crate::source::Span;

/// The length of the blank that `bytes` begin with; 0 for anything else. keepalived knows the blanks of ASCII.
pub(crate) fn blank(bytes: &[u8]) -> usize {
    match bytes {
        [b' ' | b'\t' | b'\r' | 0x0b | 0x0c, ..] => 1,
        _ => special_blank(bytes),
    }
}

/// Blanks beyond ASCII that pasted text holds: U+00A0, U+2000 to U+200B, U+202F, U+205F, U+3000, U+FEFF.
fn special_blank(bytes: &[u8]) -> usize {
    match bytes {
        [0xc2, 0xa0, ..] => 2,
        [0xe2, 0x80, 0x80..=0x8b | 0xaf, ..]
        | [0xe2, 0x81, 0x9f, ..]
        | [0xe3, 0x80, 0x80, ..]
        | [0xef, 0xbb, 0xbf, ..] => 3,
        _ => 0,
    }
}

/// The quotes U+201C, U+201D, U+201E, each three bytes.
const fn typographic_quote(bytes: &[u8]) -> bool {
    matches!(bytes, [0xe2, 0x80, 0x9c..=0x9e, ..])
}

/// The length of what stands between two typographic quotes at the beginning of `bytes`.
pub(crate) fn between_typographic(bytes: &[u8]) -> Option<usize> {
    let inner = bytes.get(3..).filter(|_| typographic_quote(bytes))?;
    (0..inner.len()).find(|at| inner.get(*at..).is_some_and(typographic_quote))
}

/// A place in a line.
pub(super) struct Scan<'a> {
    text: &'a Text<'a>,
    at: usize,
}

impl<'a> Scan<'a> {
    pub(super) const fn new(text: &'a Text<'a>) -> Self {
        Self { text, at: 0 }
    }

    fn rest(&self) -> &'a [u8] {
        self.text.bytes.get(self.at..).unwrap_or_default()
    }

    /// The place in the line.
    pub(super) const fn at(&self) -> usize {
        self.at
    }

    /// The text between two places in the line.
    pub(super) fn raw(&self, from: usize, to: usize) -> (&'a [u8], Span) {
        let length = to.saturating_sub(from);
        let raw = self.text.bytes.get(from..to).unwrap_or_default();
        (raw, self.text.span(from, length))
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.rest().first().copied()
    }

    /// Moves on by `length` bytes and gives their place.
    pub(super) fn take(&mut self, length: usize) -> Span {
        let span = self.text.span(self.at, length);
        self.at = self.at.saturating_add(length);
        span
    }

    /// Skips blanks; gives the place of the first special one.
    pub(super) fn skip_blanks(&mut self) -> Option<Span> {
        let mut special = None;
        loop {
            let special_length = special_blank(self.rest());
            match blank(self.rest()) {
                0 => return special,
                length => {
                    let span = self.take(length);
                    // A byte order mark in front of a file is not worth a word.
                    if special_length > 0 && span.start > 0 {
                        special = special.or(Some(span));
                    }
                }
            }
        }
    }

    /// A word in double quotes, where a backslash may keep one from closing; the open quote and the rest of the line if
    /// it is never closed.
    pub(super) fn quoted(&mut self, escapes: bool) -> Result<Word, Word> {
        let inner = self.rest().get(1..).unwrap_or_default();
        let mut escaped = false;
        let end = inner.iter().position(|byte| {
            let closes = *byte == b'"' && !escaped;
            escaped = escapes && *byte == b'\\' && !escaped;
            closes
        });
        let Some(length) = end else {
            let rest = self.rest();
            let span = self.take(rest.len());
            return Err(Word::new(rest, span, false));
        };
        self.take(1);
        let word = Word::new(inner.get(..length).unwrap_or_default(), self.take(length), true);
        self.take(1);
        Ok(word)
    }

    /// A word between typographic quotes that both stand on this line, with the place of the first.
    pub(super) fn typographic(&mut self) -> Option<(Word, Span)> {
        let length = between_typographic(self.rest())?;
        let inner = self.rest().get(3..)?;
        let quote = self.take(3);
        let word = Word::new(inner.get(..length)?, self.take(length), true);
        self.take(3);
        Some((word, quote))
    }

    /// A word up to a blank, brace, quote or comment. `\#` and `\!` are letters.
    pub(super) fn plain(&mut self) -> Word {
        let rest = self.rest();
        let mut length = 0usize;
        let mut escapes = false;
        while let Some(tail @ [byte, ..]) = rest.get(length..) {
            if let [b'\\', b'#' | b'!', ..] = tail {
                escapes = true;
                length = length.saturating_add(2);
            } else if matches!(byte, b'{' | b'}' | b'"' | b'#' | b'!') || blank(tail) > 0 {
                break;
            } else {
                length = length.saturating_add(1);
            }
        }
        // A lone byte that starts nothing else still has to be taken, else the line would never end.
        let span = self.take(length);
        let bytes = rest.get(..length).unwrap_or_default();
        if escapes {
            Word::new(&resolved(bytes), span, false)
        } else {
            Word::new(bytes, span, false)
        }
    }
}

/// `\#` and `\!` become the signs.
fn resolved(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut left = bytes;
    while let Some((byte, rest)) = left.split_first() {
        let escapes = *byte == b'\\' && matches!(rest.first(), Some(b'#' | b'!'));
        if !escapes {
            out.push(*byte);
        }
        left = rest;
    }
    out
}
