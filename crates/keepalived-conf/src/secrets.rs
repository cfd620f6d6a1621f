//! Which parts of the text are shown to nobody: passwords, and keys of `auth_hmac`, wherever a mistake has put them
//! (HM-13).

use crate::keywords::{self, Block};
use crate::lexer::Word;
use crate::source::{SourceMap, Span};
use crate::tree::{Item, Node, Tree};

/// A longer word may be a key; no keyword, number or mode is longer.
const PLAIN_BYTES_MAX: usize = 16;

/// A word that is too long to be one of the language's own, and is not to be quoted where keys stand.
pub(crate) const fn may_be_key(word: &[u8]) -> bool {
    word.len() > PLAIN_BYTES_MAX
}

/// What people write for `auth_pass` and `auth_type`, besides misspelling them; letters only.
const ALIASES: &[&str] = &[
    "auth",
    "authkey",
    "authpass",
    "authpassword",
    "authpasswd",
    "authtype",
    "key",
    "pass",
    "password",
    "passwd",
    "secret",
];

/// Whether an unknown word of this block may be quoted: it is not, and holds no, password or key that lost its place.
pub(crate) fn quotable(block: Block, word: &[u8]) -> bool {
    match block {
        Block::AuthHmac => !may_be_key(word),
        Block::Authentication => is_plain(word),
        _ => !announces(word) || is_plain(word),
    }
}

/// Whether what stands behind `auth_type` is a kind, and not the password that was written in its place.
pub(crate) fn is_kind(word: &[u8]) -> bool {
    word.len() <= 8 && word.iter().all(u8::is_ascii_alphabetic) || word == b"MD5"
}

/// A word of the language, or what somebody took for one.
fn is_plain(word: &[u8]) -> bool {
    let word = word
        .strip_suffix(b":")
        .or(word.strip_suffix(b"="))
        .unwrap_or(word);
    let sign = |byte: &u8| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-');
    word.iter().all(sign)
        && (ALIASES.contains(&letters(word).as_str())
            || keywords::resembling(Block::Authentication, word).is_some()
            || Block::ALL
                .iter()
                .any(|block| keywords::find(*block, word).is_some()))
}

/// A password stands behind such a word, or in it (`auth_pass=sesame`).
fn announces(word: &[u8]) -> bool {
    // Asked of every word of a file.
    if !matches!(word.first(), Some(b'a' | b'A' | b'p' | b'P')) {
        return false;
    }
    let letters = letters(word);
    letters.starts_with("authpas") || letters.starts_with("password")
}

fn letters(word: &[u8]) -> String {
    let letters = word.iter().filter(|byte| byte.is_ascii_alphabetic());
    letters
        .map(|byte| char::from(byte.to_ascii_lowercase()))
        .collect()
}

/// Where what is not to be shown begins; it goes on to the end of its line, comments included.
pub(crate) fn secrets(tree: &Tree, sources: &SourceMap) -> Vec<Span> {
    let mut found = Vec::new();
    inside(&tree.nodes, Block::Root, sources, &mut found);
    found
}

fn inside(nodes: &[Node], block: Block, sources: &SourceMap, found: &mut Vec<Span>) {
    for node in nodes {
        match node {
            Node::Item(item) => {
                within(item, block, found);
                if let Some(body) = &item.body {
                    inside(&body.nodes, body.block, sources, found);
                }
            }
            // Nobody knows its words.
            Node::Unread { span, .. } => {
                let text = letters(sources.slice(*span));
                let marked = ["pass", "key", "smtplog", "authorization"]
                    .iter()
                    .any(|mark| text.contains(mark));
                found.extend(marked.then_some(*span));
            }
            Node::StrayBrace(_) => {}
        }
    }
}

fn within(item: &Item, block: Block, found: &mut Vec<Span>) {
    let name = item.words.first().map(Word::bytes).unwrap_or_default();
    let numbered = item.argument().is_some_and(is_number) && item.words.len() > 2;
    // The block's own word may be misspelt, and its lines be unknown where they stand then.
    let astray = item.keyword.is_none() && (numbered || keywords::find(Block::AuthHmac, name).is_some());
    if block == Block::AuthHmac || astray {
        found.extend(hidden(item));
    }
    found.extend(password(item, block));
    found.extend(of_a_relay(item, block));
    let digits = |word: &&Word| word.bytes().starts_with(b"hex:");
    found.extend(item.words.iter().filter(digits).map(|word| word.span));
}

/// From where on the line may hold a password.
fn password(item: &Item, block: Block) -> Option<Span> {
    let first = item.words.first()?;
    let whole = |word: &Word| {
        if is_plain(word.bytes()) {
            behind(word)
        } else {
            word.span
        }
    };
    // These blocks have no name.
    let opens = matches!(first.bytes(), b"authentication" | b"auth_hmac");
    if block == Block::Authentication && item.keyword.is_none() || opens {
        return Some(whole(first));
    }
    if first.is("auth_type") {
        let kind = item.argument()?;
        return Some(if is_kind(kind.bytes()) {
            behind(kind)
        } else {
            kind.span
        });
    }
    // The block's own word may be misspelt here, too.
    if item.keyword.is_none() && ALIASES.contains(&letters(first.bytes()).as_str()) {
        return Some(whole(first));
    }
    item.words.iter().find(|word| announces(word.bytes())).map(whole)
}

/// What a mail relay or a webhook is told to know this node by. A URL may be all of it.
fn of_a_relay(item: &Item, block: Block) -> Option<Span> {
    let first = item.words.first()?;
    // The word before the secret, and the secret.
    let (before, secret) = match (block, item.keyword.map(|keyword| keyword.name)) {
        (Block::VrrpWebhook, Some("url" | "authorization") | None) => (0, 1),
        // Alone it may be the password whose user was forgotten.
        (_, Some("smtp_login")) => (0, 2),
        (_, None) if first.is("authorization") || letters(first.bytes()).starts_with("smtplog") => (0, 1),
        _ => return None,
    };
    match item.words.get(secret) {
        Some(path) if path.bytes().starts_with(b"file:") => None,
        _ => item.words.get(before).map(behind),
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
