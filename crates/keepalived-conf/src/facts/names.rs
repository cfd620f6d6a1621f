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
    found
}

/// Not a name that no interface can have: that was said where it was read.
fn possible(named: &Named) -> bool {
    let odd = |letter: char| !(letter.is_alphanumeric() || matches!(letter, '.' | '_' | '-'));
    named.name.len() <= 15 && !named.name.is_empty() && !named.name.contains(odd)
}

/// As [`possible`], where keepalived goes on to look for a name that is too long.
fn sensible(named: &Named) -> bool {
    named.name.len() > 15 || possible(named)
}

fn collect(item: &Item, found: &mut Vec<Named>) {
    let Some(body) = &item.body else { return };
    for line in item.items() {
        let words = &line.words;
        match body.block {
            Block::Instance if is(line, "interface") => {
                found.extend(line.argument().map(Named::of).filter(possible));
            }
            // Beside an interface it is passed over, and that was said.
            Block::Instance if is(line, "vrf") && !item.items().any(|line| is(line, "interface")) => {
                found.extend(line.argument().map(Named::of));
            }
            Block::GarpGroup if is(line, "interface") => found.extend(line.argument().map(Named::of)),
            Block::GarpInterfaces => found.extend(words.iter().map(Named::of)),
            Block::LinkbeatInterfaces | Block::UpDownDelays => found.extend(words.first().map(Named::of)),
            Block::TrackList if item.keyword.is_some_and(|word| word.name == "track_interface") => {
                found.extend(words.first().map(Named::of));
            }
            Block::VirtualIpaddress | Block::StaticIpaddress => {
                found.extend(behind(words, &["dev"]).into_iter().filter(sensible));
            }
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

/// A program of a virtual server.
pub(super) struct ServerScript<'t> {
    pub(super) program: Named,
    /// The word in front of it.
    pub(super) word: &'static str,
    /// `USER [GROUP]` of its own.
    pub(super) user: &'t [Word],
}

/// The programs of `misc_path`, which check real servers, and of notices about servers.
pub(super) fn servers_scripts(item: &Item) -> Vec<ServerScript<'_>> {
    const NOTICES: [&str; 4] = ["quorum_up", "quorum_down", "notify_up", "notify_down"];
    if item
        .body
        .as_ref()
        .is_none_or(|body| body.block != Block::VirtualServer)
    {
        return Vec::new();
    }
    let servers = || item.items().filter(|line| is(line, "real_server"));
    let mut found = Vec::new();
    for line in item.items().chain(servers().flat_map(Item::items)) {
        let notice = line.keyword.filter(|word| NOTICES.contains(&word.name));
        let users = line.arguments().get(1..).unwrap_or_default();
        let script = notice.and_then(|word| Some((word.name, program(line)?)));
        found.extend(script.map(|(word, program)| ServerScript {
            program,
            word,
            user: users,
        }));
    }
    for check in servers().flat_map(Item::items) {
        let user = check
            .items()
            .find(|line| is(line, "user"))
            .map_or(&[][..], Item::arguments);
        let paths = check
            .items()
            .filter(|line| is(line, "misc_path"))
            .filter_map(program);
        found.extend(paths.map(|program| ServerScript {
            program,
            word: "misc_path",
            user,
        }));
    }
    found
}

fn is(item: &Item, name: &str) -> bool {
    item.keyword.is_some_and(|word| word.name == name)
}

/// The first word of a command.
fn program(line: &Item) -> Option<Named> {
    let word = line.argument()?;
    let path = command::split(word.bytes()).ok()?.into_iter().next()?;
    Some(Named {
        name: String::from_utf8_lossy(&path).into_owned(),
        span: word.span,
    })
}
