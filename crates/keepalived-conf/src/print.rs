//! A tree as text again.

use crate::lexer::Word;
use crate::tree::{Item, Node, Tree};

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
                indent(depth, out);
                write_words(item, out);
                if let Some(body) = &item.body {
                    out.extend_from_slice(b" {\n");
                    write(&body.nodes, depth.saturating_add(1), out);
                    indent(depth, out);
                    out.push(b'}');
                }
                out.push(b'\n');
            }
            Node::StrayBrace(_) => {
                indent(depth, out);
                out.extend_from_slice(b"{\n");
            }
            Node::Unread { .. } => {}
        }
    }
}

/// The words as they stand, but for a first word that would be taken for a condition, definition, sequence or include
/// at the beginning of a line, where it did not stand in the original: that one gets quotes.
fn write_words(item: &Item, out: &mut Vec<u8>) {
    let first = item
        .words
        .first()
        .filter(|word| !word.quoted)
        .map(Word::bytes)
        .unwrap_or_default();
    if !(first.starts_with(b"@") || first.starts_with(b"$") || first.starts_with(b"include")) {
        out.extend_from_slice(&item.raw);
        return;
    }
    out.push(b'"');
    out.extend_from_slice(first);
    out.push(b'"');
    out.extend_from_slice(item.raw_arguments());
}

fn indent(depth: usize, out: &mut Vec<u8>) {
    out.extend(std::iter::repeat_n(b' ', depth.saturating_mul(4)));
}
