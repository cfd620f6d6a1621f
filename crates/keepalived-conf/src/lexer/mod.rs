//! Text into lines of words and braces, as keepalived cuts it: a brace outside double quotes ends a line wherever it
//! stands, a comment ends it, and what remains is split on blanks.

mod bytes;
mod line;
mod plain;
mod text;
mod word;

pub(crate) use line::{Pasted, cut};
pub(crate) use plain::Plain;
pub(crate) use text::Text;
pub(crate) use word::{between_typographic, blank};

use crate::source::Span;
use bytes::Bytes;

/// One word of the file. Its [`Debug`](core::fmt::Debug) says where it stands and not what it is: any word may be a password, by a
/// mistake in the line above it.
#[derive(Clone, PartialEq, Eq)]
pub struct Word {
    bytes: Bytes,
    /// Where it stands, without its quotes.
    pub span: Span,
    /// It stood in quotes.
    pub quoted: bool,
}

impl core::fmt::Debug for Word {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Word")
            .field("bytes", &self.bytes().len())
            .field("span", &self.span)
            .field("quoted", &self.quoted)
            .finish()
    }
}

impl Word {
    pub(crate) fn new(bytes: &[u8], span: Span, quoted: bool) -> Self {
        let bytes = bytes.into();
        Self { bytes, span, quoted }
    }

    /// Its bytes, quotes removed and `\#`, `\!` resolved. They need not be UTF-8.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.bytes.as_slice()
    }

    /// As text; bytes that are not UTF-8 become U+FFFD.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(self.bytes()).into_owned()
    }

    pub(crate) fn is(&self, text: &str) -> bool {
        self.bytes() == text.as_bytes()
    }
}

/// Why a whole line is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// Longer than 1,024 bytes.
    TooLong,
    /// Holds a NUL byte.
    Nul,
}

/// A piece of a line. A line such as `a { b }` is four.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Words up to the end of the line or a brace; `raw` is their text as it stands, quotes included, where it is not the words
    /// with a blank between them, and `span` its place.
    Words {
        words: Vec<Word>,
        raw: Option<Box<[u8]>>,
        span: Span,
    },
    /// `{`
    Open(Span),
    /// `}`
    Close(Span),
    /// A line that keepalived leaves out.
    Unread { why: Unread, span: Span },
}
