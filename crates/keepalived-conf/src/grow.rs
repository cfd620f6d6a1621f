//! Pieces into a tree, block by block, as keepalived's reader walks them.
//!
//! That reader is flat: a known block word reads lines until the next `}`; an unknown word's `{` is ignored, so that
//! its `}` ends the block around it. This is kept, for it decides what keepalived makes of a broken file, and whatever
//! is lost that way is reported, with the place of the brace that is to blame.

use std::collections::HashMap;

use crate::diagnostic::{Diagnostic, Findings, Keepalived};
use crate::keywords::{self, Block, Content, Keyword, Safety, Suggestion};
use crate::lexer::{Piece, Word};
use crate::secrets::quotable;
use crate::source::Span;
use crate::tree::{Bar, Body, Item, Node, Tree};

/// Builds the tree. Every mistake of form is reported; nothing is refused.
pub(crate) fn grow(pieces: Vec<Piece>, findings: &mut Findings) -> Tree {
    let mut grower = Grower {
        pieces: pieces.into_iter().peekable(),
        findings,
        bars: Vec::new(),
        unfinished: Vec::new(),
        open: Vec::new(),
        strays: Vec::new(),
        suggestions: HashMap::new(),
    };
    let nodes = grower.nodes(Block::Root).0;
    grower.leftover();
    Tree {
        nodes,
        bars: grower.bars,
    }
}

struct Grower<'a> {
    pieces: std::iter::Peekable<std::vec::IntoIter<Piece>>,
    findings: &'a mut Findings,
    bars: Vec<Bar>,
    /// What stands so far in the blocks that are open, one behind the other.
    unfinished: Vec<Node>,
    /// The items whose blocks are open, outermost first.
    open: Vec<Open>,
    /// `{` that were ignored and whose `}` are still to come.
    strays: Vec<Stray>,
    /// What unknown words resemble: a word that is wrong once is wrong often.
    suggestions: HashMap<(Block, Vec<u8>), Option<Suggestion>>,
}

#[derive(Clone, Copy)]
struct Open {
    header: Span,
    block: Block,
}

/// How many ignored `{` are asked which block a word was meant for.
const STRAYS_MAX: usize = 64;

/// An ignored `{`.
#[derive(Clone)]
struct Stray {
    span: Span,
    /// The blocks that were open around it: their words may come to stand outside them.
    within: Vec<Open>,
}

impl Grower<'_> {
    /// Reads until the `}` that ends this block; gives its place.
    fn nodes(&mut self, block: Block) -> (Vec<Node>, Option<Span>) {
        let begin = self.unfinished.len();
        let close = self.read(block, begin);
        // Not with the room for more: a file may have tens of thousands of blocks.
        (self.unfinished.split_off(begin), close)
    }

    fn read(&mut self, block: Block, begin: usize) -> Option<Span> {
        while let Some(piece) = self.pieces.next() {
            match piece {
                Piece::Close(span) if block == Block::Root => self.extra_close(span),
                Piece::Close(span) => return Some(span),
                Piece::Open(span) => {
                    self.stray_open(span, begin);
                    self.unfinished.push(Node::StrayBrace(span));
                }
                Piece::Unread { why, span } => {
                    let owner = self.open.first().map(|open| open.header);
                    let why_text = "the line may have held anything".to_owned();
                    self.bars.push(Bar {
                        owner,
                        word: "unread-line".into(),
                        span,
                        meant: None,
                        why: why_text,
                    });
                    self.unfinished.push(Node::Unread { why, span });
                }
                Piece::Words { words, raw, span } => {
                    let item = self.item(block, words, raw, span);
                    self.unfinished.push(Node::Item(item));
                }
            }
        }
        None
    }

    fn item(&mut self, block: Block, words: Vec<Word>, raw: Option<Box<[u8]>>, span: Span) -> Item {
        let first = words.first().map(Word::bytes).unwrap_or_default();
        let keyword = match block.content() {
            Content::Keywords => keywords::find(block, first),
            Content::Lines | Content::Words => None,
        };
        if keyword.is_none()
            && block.content() == Content::Keywords
            && let Some(word) = words.first()
        {
            self.unknown(block, word);
        }
        if let Some((keyword, instead)) = keyword.and_then(|keyword| Some((keyword, keyword.instead?))) {
            let found = Diagnostic::warning("deprecated", span, format!("{} is out of use", keyword.name));
            self.findings.push(found.help(format!("write {instead}")));
        }
        // What an smtp_tls without one does, its reader says.
        let lacks =
            |keyword: &&Keyword| words.len() < 2 && keyword.takes_argument() && keyword.name != "smtp_tls";
        if let Some(keyword) = keyword.filter(lacks) {
            self.findings.push(missing_argument(keyword, span));
        }
        if let Some(keyword) =
            keyword.filter(|word| word.opens.is_some() && !word.takes_argument() && words.len() > 1)
        {
            let found = Diagnostic::error(
                "surplus-words",
                span,
                format!("{} takes no words on its line", keyword.name),
            )
            .effect("they are ignored, as keepalived does")
            .help("write them inside the braces");
            // keepalived says it of lists only.
            let list = keyword
                .opens
                .is_some_and(|block| block.content() != Content::Keywords);
            self.findings.push(if list { found } else { found.silent() });
        }
        let body = keyword.and_then(|keyword| Some((keyword, keyword.opens?)));
        let body = body.map(|(keyword, opens)| self.body(keyword, opens, span));
        let bare = |body: &Body| body.span.start == span.start && breaks_keepalived(body);
        if first == b"vrrp_instance" && words.len() != 2 && body.as_ref().is_some_and(bare) {
            let text = "vrrp_instance has neither one name nor a `{`, and blocks follow";
            let mut found = Diagnostic::error("block-name", span, text)
                .effect("keepalived 2.2.7 breaks down here, and does not start")
                .help("write vrrp_instance NAME {");
            found.keepalived = Keepalived::Stops;
            self.findings.push(found);
        }
        Item {
            words,
            raw,
            span,
            keyword,
            body,
        }
    }

    fn body(&mut self, keyword: &'static Keyword, block: Block, header: Span) -> Body {
        let brace = match self.pieces.next_if(|piece| matches!(piece, Piece::Open(_))) {
            Some(Piece::Open(span)) => Some(span),
            _ => {
                let text = format!("{} needs a `{{` behind it", keyword.name);
                let mut found = Diagnostic::error("missing-open-brace", header, text)
                    .effect("what follows, up to the next `}`, is read as its block")
                    .help("add the brace");
                if block == Block::VirtualServerGroup {
                    found.keepalived = Keepalived::Stops;
                }
                self.findings.push(found);
                None
            }
        };
        self.open.push(Open { header, block });
        let (nodes, close) = self.nodes(block);
        self.open.pop();
        if close.is_none() {
            let found = Diagnostic::error(
                "missing-close-brace",
                brace.unwrap_or(header),
                format!("the block of {} is never closed", keyword.name),
            );
            let found = found.effect("it ends with the file, as keepalived takes it");
            self.findings.push(
                found
                    .help("add a `}` where the block ends")
                    .label(header, "opened here"),
            );
        }
        let from = brace.unwrap_or(header);
        let last = nodes.last().map(node_span);
        Body {
            block,
            nodes,
            span: from.to(close.or(last).unwrap_or(from)),
        }
    }

    fn extra_close(&mut self, span: Span) {
        let found = match self.strays.pop() {
            Some(stray) if stray.within.is_empty() => return,
            Some(stray) => Diagnostic::error("extra-close-brace", span, "this `}` ends nothing any more")
                .effect("it is ignored, as keepalived does")
                .label(
                    stray.span,
                    "the `{` that belongs to it was ignored, so every `}` since ended one block too many",
                ),
            None => Diagnostic::error("extra-close-brace", span, "this `}` ends nothing")
                .effect("it is ignored, as keepalived does"),
        };
        self.findings
            .push(found.help("remove it, or the one that ended the block too early"));
    }

    /// Ignored `{` for which there were not enough `}`: the file lacks as many.
    fn leftover(&mut self) {
        let Some(stray) = self.strays.first() else { return };
        let text = match self.strays.len() {
            1 => "a `}` is missing: more blocks are opened than closed".to_owned(),
            many => format!("{many} `}}` are missing: more blocks are opened than closed"),
        };
        let mut found = Diagnostic::error("missing-close-brace", stray.span, text)
            .effect("what follows is read as keepalived reads it")
            .help("close each block that is opened");
        if let Some(open) = stray.within.first() {
            found = found.label(open.header, "in this block");
        }
        self.findings.push(found);
    }

    fn stray_open(&mut self, span: Span, begin: usize) {
        let within = self.open.clone();
        let what = match self.unfinished.get(begin..).and_then(<[Node]>::last) {
            Some(Node::Item(item)) if item.keyword.is_some() => format!("{} takes no block", item.name()),
            Some(Node::Item(item)) => {
                let block = within.last().map_or(Block::Root, |open| open.block);
                let quoted = item.words.first().filter(|word| quotable(block, word.bytes()));
                let name = quoted.map_or_else(|| "(not shown)".to_owned(), Word::text);
                format!("{name} is not a word that takes a block here")
            }
            _ => "no word in front of it takes a block".to_owned(),
        };
        let mut found = Diagnostic::error("unexpected-open-brace", span, format!("unexpected `{{`: {what}"))
            .help("remove the block, or correct the word in front of it");
        found = match within.last() {
            Some(open) => found
                .effect("the brace is ignored, as keepalived does; its `}` ends the block around it")
                .label(open.header, "the block that will end too early"),
            None => found.effect("the brace is ignored, as keepalived does"),
        };
        self.findings.push(found);
        self.strays.push(Stray { span, within });
    }

    /// An unknown word: reported, and a bar where it may be one on which service depends.
    fn unknown(&mut self, block: Block, word: &Word) {
        // Inside an unknown block at the top, one report is enough.
        let silenced =
            self.open.is_empty() && self.strays.last().is_some_and(|stray| stray.within.is_empty());
        let stranded = self.stranded(word.bytes());
        if silenced && stranded.is_none() {
            return;
        }
        let text = if quotable(block, word.bytes()) {
            word.text()
        } else {
            "(not shown)".to_owned()
        };
        let mut found = Diagnostic::error(
            "unknown-keyword",
            word.span,
            format!("unknown word {text:?} in {}", block.title()),
        )
        .effect("the line is ignored, as keepalived does");
        let suggestion = self.suggestion(block, word.bytes());
        if let Some((owner, open, keyword)) = stranded {
            found.code = "stranded-keyword";
            found.effect = format!("it is a word of {}; here the line is ignored", open.block.title()).into();
            found = found
                .label(open.header, "the block it was meant for")
                .help("close and open braces where they belong");
            self.bar(
                Some(owner),
                word,
                keyword,
                format!("{text} came to stand outside its block"),
            );
        } else if let Some(help) = keywords::heard_of(block, &word.text()) {
            found = found.help(help);
        } else if let Some(Suggestion::Misspelt(keyword)) = suggestion {
            found = found.help(format!("did you mean {}?", keyword.name));
            let owner = self.open.first().map(|open| open.header);
            self.bar(
                owner,
                word,
                keyword,
                format!("{text:?} looks like {}", keyword.name),
            );
        } else if let Some(Suggestion::Elsewhere(keyword)) = suggestion {
            found = found.help(format!("{} is a word of {}", keyword.name, keyword.block.title()));
        } else {
            found = found.help("remove the line, or see the list of keywords");
        }
        self.findings.push(found);
    }

    fn suggestion(&mut self, block: Block, word: &[u8]) -> Option<Suggestion> {
        if let Some(known) = self.suggestions.get(&(block, word.to_vec())) {
            return *known;
        }
        let suggestion = keywords::resembling(block, word);
        self.suggestions.insert((block, word.to_vec()), suggestion);
        suggestion
    }

    /// The block around, or the one that ended too early, to which a word that is unknown here belongs.
    /// With the header of the item at the top that it belongs to.
    fn stranded(&self, word: &[u8]) -> Option<(Span, Open, &'static Keyword)> {
        let around = self.open.split_last().map_or(&[][..], |(_, around)| around);
        // A file of nothing but braces has thousands; the first ones are to blame.
        let earlier = self
            .strays
            .iter()
            .take(STRAYS_MAX)
            .map(|stray| stray.within.as_slice());
        std::iter::once(around).chain(earlier).find_map(|blocks| {
            let found =
                |open: &Open| Some((blocks.first()?.header, *open, keywords::find(open.block, word)?));
            blocks.iter().rev().find_map(found)
        })
    }

    fn bar(&mut self, owner: Option<Span>, word: &Word, meant: &'static Keyword, why: String) {
        if matches!(meant.safety, Safety::Decides { .. }) {
            self.bars.push(Bar {
                owner,
                word: if quotable(meant.block, word.bytes()) {
                    word.text()
                } else {
                    meant.name.to_owned()
                },
                span: word.span,
                meant: Some(meant),
                why,
            });
        }
    }
}

/// A block with blocks in it.
fn breaks_keepalived(body: &Body) -> bool {
    let block = |node: &Node| match node {
        Node::Item(item) => item.body.is_some(),
        Node::StrayBrace(_) => true,
        Node::Unread { .. } => false,
    };
    body.nodes.iter().any(block)
}

fn missing_argument(keyword: &Keyword, span: Span) -> Diagnostic {
    let text = format!("{} lacks its argument", keyword.name);
    let found = if keyword.required {
        Diagnostic::fatal("missing-argument", span, text).effect("the file is refused, as keepalived does")
    } else if keyword.opens.is_some() {
        Diagnostic::error("missing-argument", span, text).effect("the block is left out, as keepalived does")
    } else {
        Diagnostic::error("missing-argument", span, text).effect("the line is ignored, as keepalived does")
    };
    let found = found.help(format!("write {} {}", keyword.name, keyword.arguments));
    if keyword.block == Block::Url && UNSAID.contains(&keyword.name) {
        found.silent()
    } else {
        found
    }
}

/// Words of a page that keepalived passes over in silence where their argument is missing.
const UNSAID: [&str; 6] = [
    "status_code",
    "regex",
    "regex_options",
    "regex_min_offset",
    "regex_max_offset",
    "regex_stack",
];

fn node_span(node: &Node) -> Span {
    match node {
        Node::Item(item) => item
            .body
            .as_ref()
            .map_or(item.span, |body| item.span.to(body.span)),
        Node::StrayBrace(span) | Node::Unread { span, .. } => *span,
    }
}
