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
