//! Physical lines: which are not read at all, and where their comment begins.

use crate::diagnostic::Diagnostic;
use crate::lexer::{Text, Unread, blank};
use crate::source::Span;

/// keepalived reads lines into a buffer of this size; a longer one is left out whole.
pub(crate) const LINE_BYTES_MAX: usize = 1024;

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
    let (code, message) = match why {
        Unread::TooLong => (
            "line-too-long",
            format!("this line has {length} bytes; {LINE_BYTES_MAX} are read"),
        ),
        Unread::Nul => ("line-with-nul", "this line holds a NUL byte".to_owned()),
    };
    Diagnostic::error(code, span, message)
        .effect("the whole line is left out, as keepalived does")
        .help("break the line at a blank, or remove the byte")
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
