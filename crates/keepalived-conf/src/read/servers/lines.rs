//! The lines of a block that count, as keepalived reads them: what is wrong with the others is said elsewhere
//! ([`crate::foreign`]).

use std::borrow::Cow;
use std::net::IpAddr;
use std::time::Duration;

use crate::foreign;
use crate::keywords::Block;
use crate::model::Sourced;
use crate::number;
use crate::read::argument::address;
use crate::tree::{Body, Item, Node, items};

/// The lines of a block without those that keepalived passes over, and with the numbers that it takes the others for.
pub(super) struct Lines<'t>(Vec<Cow<'t, Item>>);

impl<'t> Lines<'t> {
    /// Blocks in it are no lines of it: real servers and checks have their own. There may be thousands, and every one of them
    /// asks what stands above it.
    pub(super) fn of(block: &'t Item) -> Self {
        let lines = block.items().filter(|item| item.body.is_none());
        Self(lines.filter_map(foreign::counted).collect())
    }

    /// All of a block that has been [`cleaned`].
    pub(super) fn all(block: &'t Item) -> Self {
        Self(block.items().map(Cow::Borrowed).collect())
    }

    pub(super) fn items(&self) -> impl Iterator<Item = &Item> {
        self.0.iter().map(AsRef::as_ref)
    }

    /// The last line of any of these words.
    pub(super) fn last(&self, words: &[&str]) -> Option<&Item> {
        let named = |line: &&Item| line.keyword.is_some_and(|word| words.contains(&word.name));
        self.items().filter(named).last()
    }

    /// A number, of the whole range of its word.
    pub(super) fn number<N: TryFrom<i128>>(&self, word: &str) -> Option<Sourced<N>> {
        self.number_of(&[word])
    }

    /// A number that has several words.
    pub(super) fn number_of<N: TryFrom<i128>>(&self, words: &[&str]) -> Option<Sourced<N>> {
        let argument = self.last(words)?.argument()?;
        let value = number::integer(argument.bytes()).value;
        Some(Sourced::line(N::try_from(value).ok()?, argument.span))
    }

    /// Seconds with decimals.
    pub(super) fn seconds(&self, word: &str) -> Option<Sourced<Duration>> {
        let argument = self.last(&[word])?.argument()?;
        let us = u64::try_from(number::decimal(argument.bytes()).value).unwrap_or(u64::MAX);
        Some(Sourced::line(Duration::from_micros(us), argument.span))
    }

    /// `[BOOL]`.
    pub(super) fn switch(&self, word: &str) -> Option<Sourced<bool>> {
        self.last(&[word]).map(switch)
    }

    /// A word that is on where it stands, whatever stands behind it.
    pub(super) fn flag(&self, word: &str) -> Sourced<bool> {
        self.last(&[word])
            .map_or(Sourced::default(false), |line| Sourced::line(true, line.span))
    }

    /// The word behind another.
    pub(super) fn text(&self, words: &[&str]) -> Option<Sourced<String>> {
        let argument = self.last(words)?.argument()?;
        let text = std::str::from_utf8(argument.bytes()).ok()?;
        Some(Sourced::line(text.to_owned(), argument.span))
    }

    /// `IP [PORT]`, 0 without a port.
    pub(super) fn endpoint(&self, word: &str) -> Option<(IpAddr, u16, &Item)> {
        let line = self.last(&[word])?;
        let ip = line.argument().and_then(address)?;
        let port = line
            .arguments()
            .get(1)
            .map(|port| number::integer(port.bytes()).value);
        Some((ip, u16::try_from(port.unwrap_or(0)).ok()?, line))
    }
}

/// `[BOOL]`: on without an argument, and where the argument is none: keepalived does not look at every one.
pub(super) fn switch(line: &Item) -> Sourced<bool> {
    let Some(argument) = line.argument() else {
        return Sourced::line(true, line.span);
    };
    let off = ["off", "false", "no"].iter().any(|off| argument.is(off));
    Sourced::line(!off, argument.span)
}

/// The first that says it; the default else.
pub(super) fn first<T>(all: impl IntoIterator<Item = Option<Sourced<T>>>, default: T) -> Sourced<T> {
    all.into_iter()
        .flatten()
        .next()
        .unwrap_or(Sourced::default(default))
}

/// A block with those of its lines that count, and of those of its blocks.
pub(super) fn cleaned(block: &Item) -> Item {
    let body = block.body.as_ref().map(|body| Body {
        block: body.block,
        nodes: items(&body.nodes).filter_map(line).map(Node::Item).collect(),
        span: body.span,
    });
    Item {
        words: block.words.clone(),
        raw: block.raw.clone(),
        span: block.span,
        keyword: block.keyword,
        body,
    }
}

fn line(item: &Item) -> Option<Item> {
    let counted = foreign::counted(item)?;
    let has_path = || {
        counted
            .items()
            .any(|line| line.keyword.is_some_and(|word| word.name == "path"))
    };
    // keepalived leaves such a page out.
    if counted.body.as_ref().is_some_and(|body| body.block == Block::Url) && !has_path() {
        return None;
    }
    Some(if counted.body.is_some() {
        cleaned(&counted)
    } else {
        counted.into_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::MemoryFiles;

    /// Each of thousands of real servers asks for what stands above it: that must not be all the others.
    #[test]
    fn real_servers_are_no_lines_of_their_virtual_server() {
        let text = "virtual_server 192.0.2.1 80 {\n weight 3\n real_server 192.0.2.2 80 {\n weight 4\n }\n protocol TCP\n}\n";
        let parsed = crate::parse(&MemoryFiles::new([("k.conf", text)]), "k.conf");
        let block = items(&parsed.tree.nodes).next().unwrap();
        let lines = Lines::of(block);
        let words = lines.items().filter_map(|line| line.keyword);
        assert_eq!(
            words.map(|word| word.name).collect::<Vec<_>>(),
            ["weight", "protocol"]
        );
        let server = block.items().find(|item| item.body.is_some()).unwrap();
        let weight = |lines: &Lines| lines.number::<u32>("weight").map(|found| found.value);
        assert_eq!((weight(&lines), weight(&Lines::of(server))), (Some(3), Some(4)));
    }
}
