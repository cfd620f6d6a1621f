//! Definitions that nothing names: what somebody wrote is never looked at.

use std::collections::HashSet;

use super::codes::{Rule, UNUSED_SCRIPT, UNUSED_TRACK, UNUSED_TRACK_GROUP};
use crate::Parsed;
use crate::diagnostic::Findings;
use crate::keywords::Block;
use crate::tree::{Item, Tree, items};

/// The lists that name a definition, and the words of checks that do.
const NAMED_BY: [(&str, &str); 5] = [
    ("vrrp_script", "track_script"),
    ("track_file", "track_file"),
    ("vrrp_track_file", "track_file"),
    ("vrrp_track_process", "track_process"),
    ("bfd_instance", "track_bfd"),
];

/// A line that an error or a rule takes away was said, and names it all the same.
pub(super) fn file(parsed: &Parsed, out: &mut Findings) {
    let named = named(&parsed.tree);
    for item in items(&parsed.tree.nodes) {
        let Some(block) = item.keyword.map(|keyword| keyword.name) else {
            continue;
        };
        let Some((_, list)) = NAMED_BY.iter().find(|(kind, _)| *kind == block) else {
            continue;
        };
        // That it has no name was said.
        let Some(name) = item.argument().map(crate::lexer::Word::text) else {
            continue;
        };
        if named.contains(&(*list, name.clone())) {
            continue;
        }
        let (rule, effect): (Rule, _) = if *list == "track_script" {
            (
                UNUSED_SCRIPT,
                "it is never run, and its failure moves nothing; keepalived drops it without a word",
            )
        } else {
            (
                UNUSED_TRACK,
                "what it watches moves nothing; keepalived says nothing to it",
            )
        };
        let found = rule
            .at(item.span, format!("nothing tracks {name}"))
            .effect(effect)
            .help(format!("add to the instance: {list} {{ {name} }}"));
        out.push(found);
    }
    groups(parsed, out);
}

/// All names, each with the list that has it.
fn named(tree: &Tree) -> HashSet<(&'static str, String)> {
    let mut found = HashSet::new();
    for item in items(&tree.nodes) {
        within(item, &mut found);
    }
    found
}

fn within(item: &Item, found: &mut HashSet<(&'static str, String)>) {
    for line in item.items() {
        let (Some(keyword), block) = (line.keyword, line.body.as_ref().map(|body| body.block)) else {
            continue;
        };
        match (keyword.name, block) {
            (name, Some(Block::TrackList)) => {
                let names = line.items().map(Item::name);
                found.extend(names.map(|one| (name, one)));
            }
            ("track_file", _) => found.extend(line.argument().map(|word| ("track_file", word.text()))),
            ("name", None) if keyword.block == Block::BfdCheck => {
                found.extend(line.argument().map(|word| ("track_bfd", word.text())));
            }
            _ => within(line, found),
        }
    }
}

/// Track groups bar instances when a static entry that carries their name is lost.
fn groups(parsed: &Parsed, out: &mut Findings) {
    let statics = &parsed.config.statics;
    let addresses = statics.addresses.iter().map(|one| &one.track_group);
    let routes = statics.routes.iter().map(|one| &one.track_group);
    let rules = statics.rules.iter().map(|one| &one.track_group);
    let named: HashSet<&str> = addresses
        .chain(routes)
        .chain(rules)
        .flatten()
        .map(|name| name.value.as_str())
        .collect();
    for group in statics
        .groups
        .iter()
        .filter(|group| !named.contains(group.name.as_str()))
    {
        let found = UNUSED_TRACK_GROUP
            .at(group.span, format!("no static entry has track_group {}", group.name))
            .effect("the loss of a static address, route or rule bars none of its instances; keepalived says nothing to it")
            .help(format!("write track_group {} behind a static entry below this block", group.name));
        out.push(found);
    }
}
