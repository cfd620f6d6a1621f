//! What a service or script said, made fit to be kept and shown.

/// Bytes of output that are kept.
pub const OUTPUT_BYTES_MAX: usize = 4096;

/// The last [`OUTPUT_BYTES_MAX`] of it.
pub(crate) fn end(bytes: &[u8]) -> &[u8] {
    bytes
        .get(bytes.len().saturating_sub(OUTPUT_BYTES_MAX)..)
        .unwrap_or_default()
}

/// Output ends up on an operator's terminal: whatever could move its cursor or set its title is replaced by `?`,
/// which also keeps the text within the limit.
pub(crate) fn printable(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.extend(chunk.valid().chars().map(|c| match c {
            '\n' | '\t' => c,
            c if c.is_control() => '?',
            c => c,
        }));
        if !chunk.invalid().is_empty() {
            text.push('?');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn what_moves_a_terminal_is_replaced() {
        assert_eq!(printable(b"a\x1b[2Jb\r\n\tc\xff\x00\x7fd"), "a?[2Jb?\n\tc???d");
        assert_eq!(printable("größe".as_bytes()), "größe");
        assert_eq!(printable("\u{9b}1m".as_bytes()), "?1m");
    }
}
