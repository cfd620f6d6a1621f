//! Names of interfaces and programs among the words of the tree, whether or not their blocks are carried out.

use crate::command;
use crate::keywords::Block;
use crate::lexer::Word;
use crate::source::Span;
use crate::tree::Item;

/// A name and its place.
pub(super) struct Named {
    pub(super) name: String,
    pub(super) span: Span,
}

impl Named {
    fn of(word: &Word) -> Self {
        Self {
            name: word.text(),
            span: word.span,
        }
    }
}

/// The interfaces that a block at the top names, in the order of the file.
pub(super) fn interfaces(item: &Item) -> Vec<Named> {
    let mut found = Vec::new();
    collect(item, &mut found);
    // A name that no interface can have was said where it was read.
    found.retain(|named| {
        let odd = |letter: char| !(letter.is_alphanumeric() || matches!(letter, '.' | '_' | '-'));
        named.name.len() <= 15 && !named.name.is_empty() && !named.name.contains(odd)
    });
    found
}

fn collect(item: &Item, found: &mut Vec<Named>) {
    let Some(body) = &item.body else { return };
    for line in item.items() {
        let words = &line.words;
        match body.block {
            Block::Instance | Block::GarpGroup
                if line.keyword.is_some_and(|word| word.name == "interface") =>
            {
                found.extend(line.argument().map(Named::of));
            }
            Block::GarpInterfaces => found.extend(words.iter().map(Named::of)),
            Block::LinkbeatInterfaces | Block::UpDownDelays => found.extend(words.first().map(Named::of)),
            Block::TrackList if item.keyword.is_some_and(|word| word.name == "track_interface") => {
                found.extend(words.first().map(Named::of));
            }
            Block::VirtualIpaddress | Block::StaticIpaddress => found.extend(behind(words, &["dev"])),
            Block::VirtualRoutes | Block::StaticRoutes => found.extend(behind(words, &["dev", "oif"])),
            Block::VirtualRules | Block::StaticRules => found.extend(behind(words, &["dev", "iif", "oif"])),
            _ => {}
        }
        collect(line, found);
    }
}

/// The words behind certain words of a line.
fn behind(words: &[Word], marks: &[&str]) -> Vec<Named> {
    let pairs = words.iter().zip(words.iter().skip(1));
    pairs
        .filter(|(mark, _)| marks.iter().any(|known| mark.is(known)))
        .map(|(_, name)| Named::of(name))
        .collect()
}

/// The interfaces that keepalived makes itself for an instance.
pub(super) fn made(item: &Item) -> Vec<String> {
    if item
        .body
        .as_ref()
        .is_none_or(|body| body.block != Block::Instance)
    {
        return Vec::new();
    }
    let of = |name: &str| {
        item.items()
            .find(|line| line.keyword.is_some_and(|word| word.name == name))
    };
    let vrid = of("virtual_router_id")
        .and_then(Item::argument)
        .map(Word::text)
        .unwrap_or_default();
    let mut names = Vec::new();
    for word in ["use_vmac", "use_ipvlan"] {
        let Some(line) = of(word) else { continue };
        names.extend(line.arguments().iter().map(Word::text));
        names.extend([format!("vrrp.{vrid}"), format!("vrrp6.{vrid}")]);
    }
    names
}

/// The programs of `misc_path`, which check real servers.
pub(super) fn servers_scripts(item: &Item) -> Vec<Named> {
    let mut found = Vec::new();
    let servers = item
        .items()
        .filter(|line| line.keyword.is_some_and(|word| word.name == "real_server"));
    let checks = servers.flat_map(Item::items).flat_map(Item::items);
    for line in checks.filter(|line| line.keyword.is_some_and(|word| word.name == "misc_path")) {
        let Some(word) = line.argument() else { continue };
        let first = command::split(word.bytes())
            .ok()
            .and_then(|words| words.into_iter().next());
        found.extend(first.map(|path| Named {
            name: String::from_utf8_lossy(&path).into_owned(),
            span: word.span,
        }));
    }
    found
}
