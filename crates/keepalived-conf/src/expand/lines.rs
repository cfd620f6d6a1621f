//! Physical lines: which are not read at all, and where their comment begins.

use crate::diagnostic::{Diagnostic, Keepalived};
use crate::lexer::{Text, Unread, blank};
use crate::source::Span;

/// The bytes of a line that keepalived reads: its buffer of 1,024 also holds an end mark. Of a longer line 2.2.7 takes the
/// rest for a line of its own, newer releases leave it out whole.
pub(crate) const LINE_BYTES_MAX: usize = 1023;

pub(super) fn unread(text: &Text<'_>) -> Option<Unread> {
    if text.bytes.contains(&0) {
        return Some(Unread::Nul);
    }
    (text.bytes.len() > LINE_BYTES_MAX).then_some(Unread::TooLong)
}

pub(super) fn is_blank_or_comment(text: &Text<'_>) -> bool {
    matches!(first(text), None | Some(b'#' | b'!'))
}

pub(super) fn is_comment(text: &Text<'_>) -> bool {
    matches!(first(text), Some(b'#' | b'!'))
}

fn first(text: &Text<'_>) -> Option<u8> {
    text.bytes.iter().copied().find(|byte| blank(&[*byte]) == 0)
}

pub(super) fn report(why: Unread, length: usize, span: Span) -> Diagnostic {
    let (code, message, help) = match why {
        Unread::TooLong => (
            "line-too-long",
            format!("this line has {length} bytes; {LINE_BYTES_MAX} are read"),
            "write it as several lines, or shorter",
        ),
        Unread::Nul => (
            "line-with-nul",
            "this line holds a NUL byte".to_owned(),
            "remove the byte; where it was something else, restore the file",
        ),
    };
    let found = Diagnostic::error(code, span, message)
        .effect("the whole line is left out, as newer releases of keepalived do")
        .help(help);
    match why {
        Unread::TooLong => found,
        // 2.2.7 ends the line there.
        Unread::Nul => found.silent(),
    }
}

/// A comment that is longer than a line may be.
pub(super) fn long_comment(text: &Text<'_>) -> Option<Diagnostic> {
    let length = text.bytes.len();
    let rest = text.bytes.get(LINE_BYTES_MAX..).unwrap_or_default();
    if rest.iter().all(|byte| blank(&[*byte]) > 0) {
        return None;
    }
    let message = format!("this comment has {length} bytes; {LINE_BYTES_MAX} are read");
    let place = text.span(LINE_BYTES_MAX, rest.len());
    let found = Diagnostic::warning("long-comment", place, message).effect(
        "it is a comment; keepalived 2.2.7 takes what stands from here for words of the configuration",
    );
    Some(found.help("break the line, with a # in front of each part"))
}

/// `\#` and `\!` outside double quotes become plain signs, which begin a comment where the line is read once more.
pub(super) fn unescaped(text: &Text<'_>) -> Text<'static> {
    let mut out = Text::empty(text.file());
    let (mut quoted, mut from) = (false, 0usize);
    for (at, byte) in text.bytes.iter().enumerate() {
        quoted ^= *byte == b'"';
        let sign = text.bytes.get(at.saturating_add(1));
        if *byte == b'\\' && !quoted && matches!(sign, Some(b'#' | b'!')) {
            out.push_part(text, from, at);
            from = at.saturating_add(1);
        }
    }
    out.push_part(text, from, text.bytes.len());
    out
}

/// A byte order mark in front of a file.
pub(super) fn byte_order_mark(text: &Text<'_>) -> Option<Diagnostic> {
    let mark = text.bytes.starts_with(b"\xef\xbb\xbf").then(|| text.span(0, 3))?;
    let found = Diagnostic::warning(
        "byte-order-mark",
        mark,
        "a byte order mark, as editors of Windows put it",
    )
    .effect(
        "it is passed over; keepalived takes it for a part of the first word, which it does not know then",
    );
    Some(found.help("save the file as UTF-8 without a mark"))
}

/// A file of two bytes a character, by its mark.
pub(super) fn wide_characters(text: &Text<'_>) -> Option<Diagnostic> {
    let marks: [&[u8]; 2] = [b"\xff\xfe", b"\xfe\xff"];
    // Behind the mark of another encoding no NUL stands.
    let wide = marks.iter().any(|mark| text.bytes.starts_with(mark)) && text.bytes.contains(&0);
    let place = wide.then(|| text.span(0, text.bytes.len()))?;
    let mut found = Diagnostic::fatal(
        "utf-16",
        place,
        "this file is UTF-16, as editors of Windows save it",
    )
    .effect("nothing is started: no word of it can be read; keepalived runs without any")
    .help("save it as UTF-8: iconv -f UTF-16 -t UTF-8 FILE > NEW");
    found.keepalived = Keepalived::Reports;
    Some(found)
}

/// A password or key that a comment cuts, or takes the place of.
pub(super) fn cut_password(line: &Text<'_>, kept: &Text<'_>) -> Option<Diagnostic> {
    let at = kept.bytes.len();
    let sign = char::from(*line.bytes.get(at)?);
    let blanks = kept.bytes.ends_with(b" ") || kept.bytes.ends_with(b"\t");
    let mut words = (kept.bytes.split(|byte| blank(&[*byte]) > 0)).filter(|word| !word.is_empty());
    let mut next = || words.next_back().unwrap_or_default();
    let last = [next(), next(), next()];
    let (code, what, effect) = match (last, blanks) {
        ([b"auth_pass", ..], true) => (
            "comment-in-password",
            "password",
            "there is no password, as with keepalived",
        ),
        ([_, b"auth_pass", _], false) => (
            "comment-in-password",
            "password",
            "the password is what stands in front of it, as with keepalived",
        ),
        ([_, id, b"key"], false) if id.iter().all(u8::is_ascii_digit) => (
            "comment-in-key",
            "key",
            "the key is what stands in front of it, as with keepalived",
        ),
        _ => return None,
    };
    let text = format!("a comment begins at this {sign}");
    let found = Diagnostic::warning(code, line.span(at, 1), text).silent();
    let help = format!("if it is part of the {what}, write \\{sign}, or put the {what} into double quotes");
    Some(found.effect(effect).help(help))
}

/// The line up to a `#` or `!` that stands outside double quotes and is not escaped.
pub(super) fn without_comment<'a>(text: &Text<'a>) -> Text<'a> {
    let mut quoted = false;
    let mut escaped = false;
    let end = text.bytes.iter().position(|byte| {
        let comment = matches!(byte, b'#' | b'!') && !quoted && !escaped;
        if *byte == b'"' && !escaped {
            quoted = !quoted;
        }
        escaped = *byte == b'\\' && !escaped;
        comment
    });
    text.part(0, end.unwrap_or(text.bytes.len()))
}

/// Without blanks in front and behind.
pub(super) fn trimmed<'a>(text: &Text<'a>) -> Text<'a> {
    let mut from = 0usize;
    while let Some(length) = text.bytes.get(from..).map(blank).filter(|length| *length > 0) {
        from = from.saturating_add(length);
    }
    let ascii = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | 0x0b | 0x0c);
    let tail = text.bytes.iter().rev().take_while(|byte| ascii(byte)).count();
    text.part(from, text.bytes.len().saturating_sub(tail))
}
