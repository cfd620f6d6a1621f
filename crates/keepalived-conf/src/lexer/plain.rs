//! What most lines of most files are: plain words, with one brace behind them at most. They are cut without a look at all that a line
//! may be else.

use super::line::is_joined;
use super::text::Text;
use super::{Piece, Word};

/// A line that holds nothing but words and a brace behind them.
pub(crate) struct Plain {
    /// Where the words end.
    end: usize,
    /// Which brace stands there.
    brace: Option<u8>,
}

const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | 0x0b | 0x0c)
}

/// A letter that means nothing else anywhere in a line.
const fn is_letter(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'"' | b'#' | b'!' | b'$' | b'~' | b'\\' | b'{' | b'}')
}

impl Plain {
    /// None for a line with anything that may mean more: quotes, comments, parameters, conditions, what includes, and what is not
    /// ASCII.
    pub(crate) fn of(line: &[u8]) -> Option<Self> {
        let end = line
            .iter()
            .position(|byte| !is_letter(*byte) && !is_blank(*byte))
            .unwrap_or(line.len());
        let mut behind = line.get(end..)?.iter();
        let brace = match behind.next() {
            None => None,
            Some(brace @ (b'{' | b'}')) => Some(*brace),
            Some(_) => return None,
        };
        if !behind.all(|byte| is_blank(*byte)) {
            return None;
        }
        // A vertical tab is a blank too, which it is not for `trim_ascii`.
        let from = line.iter().position(|byte| !is_blank(*byte)).unwrap_or(end);
        let words = line.get(from..end)?;
        let means_more = words.starts_with(b"@") || words.starts_with(b"include");
        (!means_more).then_some(Self { end, brace })
    }

    /// Its pieces.
    pub(crate) fn cut(&self, text: &Text<'_>, pieces: &mut Vec<Piece>) {
        let line = text.bytes.get(..self.end).unwrap_or_default();
        let parts = || {
            let parts = line.split(|byte| is_blank(*byte));
            parts.filter(|part| !part.is_empty())
        };
        let mut words = Vec::with_capacity(parts().count());
        let mut at = 0usize;
        for part in line.split(|byte| is_blank(*byte)) {
            if !part.is_empty() {
                words.push(Word::new(part, text.span(at, part.len()), false));
            }
            at = at.saturating_add(part.len()).saturating_add(1);
        }
        if let Some(first) = words.first() {
            let blanks = |byte: &&u8| is_blank(**byte);
            let from = line.iter().take_while(blanks).count();
            let tail = line.iter().rev().take_while(blanks).count();
            let to = line.len().saturating_sub(tail);
            let raw = line.get(from..to).unwrap_or_default();
            let span = text.span(from, raw.len());
            debug_assert_eq!(first.span.start, span.start);
            let raw = (!is_joined(raw, &words)).then(|| raw.into());
            pieces.push(Piece::Words { words, raw, span });
        }
        let span = text.span(self.end, 1);
        match self.brace {
            Some(b'{') => pieces.push(Piece::Open(span)),
            Some(_) => pieces.push(Piece::Close(span)),
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Pasted, cut};
    use super::*;
    use crate::diagnostic::Findings;
    use crate::source::FileId;

    fn fast(line: &[u8]) -> Option<Vec<Piece>> {
        let mut pieces = Vec::new();
        Plain::of(line)?.cut(&Text::new(FileId(0), 7, line), &mut pieces);
        Some(pieces)
    }

    fn slow(line: &[u8]) -> Vec<Piece> {
        let (mut pieces, mut findings) = (Vec::new(), Findings::default());
        let text = Text::new(FileId(0), 7, line);
        cut(&text, &mut pieces, &mut Pasted::default(), &mut findings);
        assert!(findings.finish().is_empty(), "{line:?}");
        pieces
    }

    /// All lines of up to five of some bytes.
    fn lines() -> Vec<Vec<u8>> {
        const BYTES: &[u8] = b"a1 \t\r{}\"#$@'\xc2";
        let mut all = vec![Vec::new()];
        let mut longest = all.clone();
        for _ in 0..5 {
            let longer = |line: &Vec<u8>| {
                let line = line.clone();
                BYTES.iter().map(move |byte| [line.as_slice(), &[*byte]].concat())
            };
            longest = longest.iter().flat_map(longer).collect();
            all.extend(longest.iter().cloned());
        }
        all
    }

    #[test]
    fn a_plain_line_is_cut_as_any_other() {
        let mut plain = 0;
        for line in lines() {
            if let Some(pieces) = fast(&line) {
                plain += 1;
                assert_eq!(pieces, slow(&line), "{:?}", String::from_utf8_lossy(&line));
            }
        }
        assert!(plain > 10_000, "{plain}");
        let long = b"  real_server   2001:db8::1234:5678:9abc 8080\t{  ";
        assert_eq!(fast(long), Some(slow(long)));
    }

    #[test]
    fn what_may_mean_more_is_not_plain() {
        for line in [
            &b"a \"b\""[..],
            b"a # b",
            b"a ! b",
            b"a $b",
            b"~SEQ(a, 1) b",
            b"@a b",
            b"  @^a b",
            b"\x0b@a b",
            b"\x0binclude /etc/a.conf",
            b"a\\#",
            b"a { b",
            b"} }",
            b"include /etc/a.conf",
            b" includer a",
            b"a\0",
            b"a\xc2\xa0b",
        ] {
            assert!(Plain::of(line).is_none(), "{:?}", String::from_utf8_lossy(line));
        }
    }
}
