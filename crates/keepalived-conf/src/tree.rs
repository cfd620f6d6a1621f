//! The file as nested items, each with its place: what keepalived's reader sees, before anything is made of it.

use std::borrow::Cow;

use crate::keywords::{Block, Keyword};
use crate::lexer::{Unread, Word};
use crate::source::Span;

/// A whole configuration, included files in their places.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// The items at the top.
    pub nodes: Vec<Node>,
    pub(crate) bars: Vec<Bar>,
}

/// What stands in a block.
#[derive(Clone, Debug)]
pub enum Node {
    /// A keyword or list line.
    Item(Item),
    /// A `{` that nothing opens; keepalived reads on as if it were absent.
    StrayBrace(Span),
    /// A line that is not read at all.
    Unread {
        /// Why.
        why: Unread,
        /// The line.
        span: Span,
    },
}

/// One keyword with its arguments and block, or one line of a list. Its [`Debug`](core::fmt::Debug) leaves the text out, as
/// that of [`Word`] does.
#[derive(Clone)]
pub struct Item {
    /// Never empty.
    pub words: Vec<Word>,
    /// Its text where that is not the words with a blank between them.
    pub(crate) raw: Option<Box<[u8]>>,
    /// From the first word to the last.
    pub span: Span,
    /// What the first word means here; none if unknown, or in a list.
    pub keyword: Option<&'static Keyword>,
    /// The block that follows.
    pub body: Option<Body>,
}

impl core::fmt::Debug for Item {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Item")
            .field("keyword", &self.keyword.map(|keyword| keyword.name))
            .field("words", &self.words)
            .field("span", &self.span)
            .field("body", &self.body)
            .finish_non_exhaustive()
    }
}

/// The inside of a block.
#[derive(Clone, Debug)]
pub struct Body {
    /// Which.
    pub block: Block,
    /// Its contents.
    pub nodes: Vec<Node>,
    /// From the opening brace to the closing one, or to the last thing read.
    pub span: Span,
}

/// The bytes of an opening and a closing one.
const TYPOGRAPHIC_QUOTES: usize = 6;

impl Item {
    /// The first word.
    pub(crate) fn name(&self) -> String {
        self.words.first().map(Word::text).unwrap_or_default()
    }

    /// The word behind the first; that it is missing was said when the tree was built.
    pub(crate) fn argument(&self) -> Option<&Word> {
        self.words.get(1)
    }

    /// The words behind the first.
    pub(crate) fn arguments(&self) -> &[Word] {
        self.words.get(1..).unwrap_or_default()
    }

    /// Its text, quotes included.
    pub(crate) fn raw(&self) -> Cow<'_, [u8]> {
        self.raw.as_deref().map_or_else(
            || {
                let words: Vec<&[u8]> = self.words.iter().map(Word::bytes).collect();
                Cow::Owned(words.join(&b' '))
            },
            Cow::Borrowed,
        )
    }

    /// The text behind the first word, quotes included.
    pub(crate) fn raw_arguments(&self) -> Vec<u8> {
        let raw = self.raw();
        // Its place says nothing of its length: it may have come out of a parameter.
        let first = self.words.first().map_or(0, |word| {
            let quotes = match (word.quoted, raw.first()) {
                (true, Some(b'"')) => 2,
                (true, _) => TYPOGRAPHIC_QUOTES,
                (false, _) => 0,
            };
            let signs = word
                .bytes()
                .iter()
                .filter(|byte| matches!(byte, b'#' | b'!'))
                .count();
            // Outside quotes these are letters only behind a backslash.
            let escapes = if word.quoted { 0 } else { signs };
            word.bytes().len().saturating_add(quotes).saturating_add(escapes)
        });
        raw.get(first..).unwrap_or_default().to_vec()
    }

    /// The items of its block.
    pub(crate) fn items(&self) -> impl Iterator<Item = &Self> {
        self.body.iter().flat_map(|body| items(&body.nodes))
    }
}

/// The items among some nodes.
pub(crate) fn items(nodes: &[Node]) -> impl Iterator<Item = &Item> {
    nodes.iter().filter_map(|node| match node {
        Node::Item(item) => Some(item),
        Node::StrayBrace(_) | Node::Unread { .. } => None,
    })
}

/// A word that is lost by a mistake in writing and on which service may depend.
#[derive(Clone)]
pub(crate) struct Bar {
    /// The item at the top in which it stands, by its span; none at the top itself.
    pub(crate) owner: Option<Span>,
    /// As written.
    pub(crate) word: String,
    pub(crate) span: Span,
    /// What was probably meant, if the word itself is not known.
    pub(crate) meant: Option<&'static Keyword>,
    pub(crate) why: String,
}

impl core::fmt::Debug for Bar {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Bar")
            .field("owner", &self.owner)
            .field("span", &self.span)
            .field("meant", &self.meant.map(|keyword| keyword.name))
            .finish_non_exhaustive()
    }
}
