//! Bytes -> lines -> names and words. Never fails: what has no sense is left to whoever reads the words.

use keepalived_conf::{FileId, Span};

/// How far a line is set in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Indent {
    /// It begins in column one.
    None,
    /// One to three blanks: ldirectord takes such a line for no directive.
    Little,
    /// A tab or four blanks.
    Enough,
}

/// What a line holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Holds {
    /// Nothing: it ends a section for ldirectord.
    Nothing,
    /// A comment.
    Comment,
    /// A directive.
    Directive(Directive),
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) indent: Indent,
    pub(crate) holds: Holds,
    /// The first blank that is none for ldirectord: a no-break space of a web page.
    pub(crate) odd_blank: Option<Span>,
}

/// `name = words`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Directive {
    pub(crate) name: String,
    pub(crate) name_span: Span,
    /// There is a `=`.
    pub(crate) equals: bool,
    pub(crate) words: Vec<Word>,
    /// From the name to the last word.
    pub(crate) span: Span,
}

/// One word of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) span: Span,
    pub(crate) kind: Kind,
}

/// What a word is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Bare,
    /// In quotes.
    Quoted,
    /// In quotes of which the second is missing.
    Open,
    Comma,
}

/// All lines of a file.
pub(crate) fn lines(file: FileId, bytes: &[u8]) -> impl Iterator<Item = Line> + '_ {
    let mut start = 0_usize;
    bytes.split(|byte| *byte == b'\n').map(move |text| {
        let at = start;
        start = start.saturating_add(text.len()).saturating_add(1);
        Cursor {
            file,
            at,
            rest: text.strip_suffix(b"\r").unwrap_or(text),
            odd_blank: None,
        }
        .line()
    })
}

struct Cursor<'a> {
    file: FileId,
    /// Offset of `rest` in the file.
    at: usize,
    rest: &'a [u8],
    odd_blank: Option<Span>,
}

impl Cursor<'_> {
    fn line(mut self) -> Line {
        let indent = self.indent();
        let holds = match self.rest.first() {
            None => Holds::Nothing,
            Some(b'#') => Holds::Comment,
            Some(_) => Holds::Directive(self.directive()),
        };
        Line {
            indent,
            holds,
            odd_blank: self.odd_blank,
        }
    }

    fn indent(&mut self) -> Indent {
        let (mut columns, mut tab) = (0_usize, false);
        while let Some(width) = blank(self.rest) {
            tab |= self.rest.first() == Some(&b'\t');
            columns = columns.saturating_add(1);
            self.pass_blank(width);
        }
        match columns {
            0 => Indent::None,
            1..4 if !tab => Indent::Little,
            _ => Indent::Enough,
        }
    }

    fn directive(&mut self) -> Directive {
        let name =
            self.take_while(|rest| blank(rest).is_none() && !matches!(rest.first(), Some(b'=' | b'#')));
        self.blanks();
        let equals = self.rest.first() == Some(&b'=');
        if equals {
            self.pass(1);
        }
        let mut words = Vec::new();
        while let Some(word) = self.word() {
            words.push(word);
        }
        let last = words.last().map_or(name.1, |word: &Word| word.span);
        Directive {
            name: name.0,
            name_span: name.1,
            equals,
            words,
            span: name.1.to(last),
        }
    }

    fn word(&mut self) -> Option<Word> {
        self.blanks();
        let (text, span, kind) = match self.rest.first()? {
            b'#' => return None,
            b',' => {
                let (text, span) = self.taken(1);
                (text, span, Kind::Comma)
            }
            b'"' => self.quoted(),
            _ => {
                let (text, span) = self.take_while(|rest| {
                    blank(rest).is_none() && !matches!(rest.first(), Some(b'#' | b',' | b'"'))
                });
                (text, span, Kind::Bare)
            }
        };
        Some(Word { text, span, kind })
    }

    /// The span is that of the text with its quotes.
    fn quoted(&mut self) -> (String, Span, Kind) {
        let start = self.at;
        self.pass(1);
        let mut escaped = false;
        let end = self.rest.iter().position(|byte| {
            let closes = *byte == b'"' && !escaped;
            escaped = *byte == b'\\' && !escaped;
            closes
        });
        let kind = if end.is_some() { Kind::Quoted } else { Kind::Open };
        let (text, _) = self.taken(end.unwrap_or(self.rest.len()));
        self.pass(usize::from(kind == Kind::Quoted));
        (text, span(self.file, start, self.at), kind)
    }

    fn blanks(&mut self) {
        while let Some(width) = blank(self.rest) {
            self.pass_blank(width);
        }
    }

    fn pass_blank(&mut self, width: usize) {
        if width > 1 && self.odd_blank.is_none() {
            self.odd_blank = Some(span(self.file, self.at, self.at.saturating_add(width)));
        }
        self.pass(width);
    }

    fn pass(&mut self, count: usize) {
        self.rest = self.rest.get(count..).unwrap_or_default();
        self.at = self.at.saturating_add(count);
    }

    fn take_while(&mut self, wanted: impl Fn(&[u8]) -> bool) -> (String, Span) {
        let whole = self.rest;
        let ends = |count: &usize| {
            !whole
                .get(*count..)
                .is_some_and(|rest| !rest.is_empty() && wanted(rest))
        };
        let count = (0..whole.len()).find(ends).unwrap_or(whole.len());
        self.taken(count)
    }

    fn taken(&mut self, count: usize) -> (String, Span) {
        let text = self.rest.get(..count).unwrap_or_default();
        let text = String::from_utf8_lossy(text).into_owned();
        let start = self.at;
        self.pass(count);
        (text, span(self.file, start, self.at))
    }
}

fn span(file: FileId, start: usize, end: usize) -> Span {
    let narrow = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
    Span {
        file,
        start: narrow(start),
        end: narrow(end),
    }
}

/// Octets of the blank at the head of a text. Beside blank and tab the no-break space and the ideographic one: what web
/// pages make of blanks.
fn blank(text: &[u8]) -> Option<usize> {
    match text {
        [b' ' | b'\t' | b'\r' | 0x0b | 0x0c, ..] => Some(1),
        [0xc2, 0xa0, ..] => Some(2),
        [0xe3, 0x80, 0x80, ..] => Some(3),
        _ => None,
    }
}
