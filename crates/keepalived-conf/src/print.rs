//! A tree as text again.

use crate::diagnostic::Findings;
use crate::expand::lines::LINE_BYTES_MAX;
use crate::expand::{Expansion, ends_in_use};
use crate::lexer::{Piece, Word};
use crate::source::SourceMap;
use crate::tree::{Item, Node, Tree};
use crate::{Host, MemoryFiles};

/// The configuration with one item per line, four blanks per level, without comments, includes in their places, and
/// every block closed. Words keep their quoting. What keepalived's reader makes of the result is what it made of the
/// original, and printing the parsed result gives the same text.
///
/// ```
/// use keepalived_conf::{MemoryFiles, parse, print};
/// let files = MemoryFiles::new([("k", "vrrp_instance A {interface eth0 # here\n}")]);
/// let parsed = parse(&files, "k");
/// assert_eq!(print(&parsed.tree), b"vrrp_instance A {\n    interface eth0\n}\n");
/// ```
#[must_use]
pub fn print(tree: &Tree) -> Vec<u8> {
    let mut out = Vec::new();
    write(&tree.nodes, 0, &mut out);
    out
}

fn write(nodes: &[Node], depth: usize, out: &mut Vec<u8>) {
    for node in nodes {
        match node {
            Node::Item(item) => {
                line(&safe_words(item), item.body.is_some(), depth, out);
                if let Some(body) = &item.body {
                    write(&body.nodes, depth.saturating_add(1), out);
                    line(b"}", false, depth, out);
                }
            }
            Node::StrayBrace(_) => line(b"{", false, depth, out),
            Node::Unread { .. } => {}
        }
    }
}

/// One line. Blanks and brace must not make it longer than what is read.
fn line(words: &[u8], opens: bool, depth: usize, out: &mut Vec<u8>) {
    let indent = depth.saturating_mul(4);
    let fits = words.len().saturating_add(indent).saturating_add(2) <= LINE_BYTES_MAX;
    out.extend(std::iter::repeat_n(b' ', if fits { indent } else { 0 }));
    out.extend_from_slice(words);
    if opens {
        out.extend_from_slice(if fits { b" {" } else { b"\n{" });
    }
    out.push(b'\n');
}

/// Bytes that may make another line of words, where something else stood in front of them in the original.
const SIGNS: &[u8] = b"\"\\#!$~@{}\xe2";

/// The words as they stand, or all of them in quotes where only that reads as the same words on a line of their own.
fn safe_words(item: &Item) -> Vec<u8> {
    let line = words(item);
    let opens = item.body.is_some();
    if !line.iter().any(|byte| SIGNS.contains(byte)) || reads_as(&line, opens, &item.words) {
        return line;
    }
    let quoted: Vec<Vec<u8>> = (item.words.iter().map(Word::bytes))
        .map(|word| [b"\"", word, b"\""].concat())
        .collect();
    let quoted = quoted.join(&b' ');
    if reads_as(&quoted, opens, &item.words) {
        quoted
    } else {
        line
    }
}

/// Whether a line is read as these words, and with a brace behind it as a block.
fn reads_as(line: &[u8], opens: bool, words: &[Word]) -> bool {
    let text = [line, if opens { b" {" } else { b"" }].concat();
    let files = MemoryFiles::new([("line", text)]);
    let (host, mut sources, mut findings) = (Host::default(), SourceMap::default(), Findings::default());
    let pieces = Expansion::new(&files, &host, &mut sources, &mut findings).top("line");
    let (read, open) = match pieces.as_slice() {
        [Piece::Words { words, .. }] => (words, false),
        [Piece::Words { words, .. }, Piece::Open(_)] => (words, true),
        _ => return false,
    };
    open == opens && read.iter().map(Word::bytes).eq(words.iter().map(Word::bytes))
}

/// The words as they stand, but for a first word that would be taken for a condition, definition, sequence or include
/// at the beginning of a line, where it did not stand in the original: that one gets quotes.
fn words(item: &Item) -> Vec<u8> {
    let first = item
        .words
        .first()
        .filter(|word| !word.quoted)
        .map(Word::bytes)
        .unwrap_or_default();
    let at_the_beginning = [&b"@"[..], b"$", b"~SEQ", b"~LST", b"include"];
    let line = if at_the_beginning.iter().any(|sign| first.starts_with(sign)) {
        [b"\"", first, b"\"", &item.raw_arguments()].concat()
    } else {
        item.raw().into_owned()
    };
    match item.words.last() {
        Some(last) if !last.quoted && ends_in_use(&line) => quoted_last(line, last.bytes()),
        _ => line,
    }
}

/// A brace that stood right behind a last word such as `$_HASH` kept it from being a parameter; a blank would not.
fn quoted_last(mut line: Vec<u8>, last: &[u8]) -> Vec<u8> {
    let mut left = line.as_slice();
    for byte in last.iter().rev() {
        let Some(rest) = left.strip_suffix(&[*byte]) else {
            return line;
        };
        left = match byte {
            b'#' | b'!' => rest.strip_suffix(b"\\").unwrap_or(rest),
            _ => rest,
        };
    }
    line.truncate(left.len());
    line.extend_from_slice(&[b"\"", last, b"\""].concat());
    line
}
