//! Which parts of the text are shown to nobody: passwords, and keys of `auth_hmac`, wherever a mistake has put them
//! (HM-13).

use crate::keywords::{self, Block};
use crate::lexer::Word;
use crate::source::Span;
use crate::tree::{Item, Tree, items};

/// A longer word may be a key; no keyword, number or mode is longer.
const PLAIN_BYTES_MAX: usize = 16;

/// A word that is too long to be one of the language's own, and is not to be quoted where keys stand.
pub(crate) const fn may_be_key(word: &[u8]) -> bool {
    word.len() > PLAIN_BYTES_MAX
}

/// Where what is not to be shown begins; it goes on to the end of its line, comments included.
pub(crate) fn secrets(tree: &Tree) -> Vec<Span> {
    let mut found = Vec::new();
    for item in items(&tree.nodes) {
        within(item, Block::Root, &mut found);
    }
    found
}

fn within(item: &Item, block: Block, found: &mut Vec<Span>) {
    let name = item.words.first().map(Word::bytes).unwrap_or_default();
    let numbered = item.argument().is_some_and(is_number) && item.words.len() > 2;
    // The block's own word may be misspelt, and its lines be unknown where they stand then.
    let astray = item.keyword.is_none() && (numbered || keywords::find(Block::AuthHmac, name).is_some());
    if block == Block::AuthHmac || astray {
        found.extend(hidden(item));
    }
    let password = item.words.first().filter(|word| word.is("auth_pass"));
    found.extend(password.map(behind));
    let digits = |word: &&Word| word.bytes().starts_with(b"hex:");
    found.extend(item.words.iter().filter(digits).map(|word| word.span));
    for inner in item.items() {
        within(inner, item.body.as_ref().map_or(block, |body| body.block), found);
    }
}

/// From behind the words that are no key.
fn hidden(item: &Item) -> Option<Span> {
    let first = item.words.first()?;
    if may_be_key(first.bytes()) {
        return Some(first.span);
    }
    let key = item.keyword.is_none() || first.is("key");
    let shown = |word: &&Word| is_number(word) || !(key || may_be_key(word.bytes()));
    let Some(second) = item.argument().filter(shown) else {
        return Some(behind(first));
    };
    match item.words.get(2) {
        Some(path) if path.bytes().starts_with(b"file:") => None,
        _ => Some(behind(second)),
    }
}

fn is_number(word: &Word) -> bool {
    word.bytes().len() <= 3 && word.bytes().iter().all(u8::is_ascii_digit)
}

const fn behind(word: &Word) -> Span {
    Span {
        start: word.span.end,
        ..word.span
    }
}
