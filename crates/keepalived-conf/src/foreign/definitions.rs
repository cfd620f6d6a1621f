//! Definitions of what is tracked, pacing groups and the TLS block: what they cannot do without, and what is there twice.

use std::collections::BTreeSet;

use super::{reported, word};
use crate::diagnostic::{Diagnostic, Findings};
use crate::keywords::Block;
use crate::lexer::Word;
use crate::number;
use crate::read::address;
use crate::tree::{Item, Tree, items};

pub(super) fn check(tree: &Tree, findings: &mut Findings) {
    let top = || items(&tree.nodes);
    for item in top() {
        lacking(item, findings);
    }
    pacing(top(), findings);
    tls(top(), findings);
    for item in top() {
        tracked(item, tree, findings);
        contradictions(item, findings);
        families(item, findings);
    }
}

fn block(item: &Item) -> Option<Block> {
    item.body.as_ref().map(|body| body.block)
}

fn lacking(item: &Item, findings: &mut Findings) {
    let (names, wanted): (&[&str], _) = match block(item) {
        Some(Block::BfdInstance) => (&["neighbor_ip", "neighbour_ip"], "neighbor_ip"),
        Some(Block::GarpGroup) => (
            &["garp_interval", "gna_interval"],
            "garp_interval or gna_interval",
        ),
        Some(Block::VirtualServerGroup) => return servers(item, findings),
        _ => return,
    };
    if item.argument().is_none() && block(item) != Some(Block::GarpGroup) {
        return;
    }
    if word(item, names).is_none() {
        let text = format!("{} has no {wanted}", item.name());
        let found =
            reported("incomplete-block", item.span, text).effect("the block is left out, as with keepalived");
        findings.push(found.help(format!("add {wanted}")));
    }
}

/// A group of virtual servers: one name, and something in it.
fn servers(item: &Item, findings: &mut Findings) {
    if let Some(extra) = item.arguments().get(1) {
        let text = "virtual_server_group takes one name";
        let found = Diagnostic::fatal("block-name", extra.span, text);
        findings.push(
            found
                .effect("the file is refused, as keepalived does")
                .help("write the name as one word"),
        );
    } else if item.items().next().is_none() {
        findings.push(
            reported("incomplete-block", item.span, "this group names no server").help("add an address"),
        );
    }
}

/// An interface in two pacing groups.
fn pacing<'t>(top: impl Iterator<Item = &'t Item>, findings: &mut Findings) {
    let mut seen = BTreeSet::new();
    for group in top.filter(|item| block(item) == Some(Block::GarpGroup)) {
        for line in group.items() {
            let names: Vec<&Word> = match block(line) {
                Some(Block::GarpInterfaces) => line.items().flat_map(|line| &line.words).collect(),
                _ if line.keyword.is_some_and(|word| word.name == "interface") => {
                    line.arguments().iter().take(1).collect()
                }
                _ => continue,
            };
            for name in names {
                if !seen.insert(name.text()) {
                    let text = format!("{} is in a garp_group already", name.text());
                    findings.push(
                        reported("pacing-twice", name.span, text)
                            .effect("the first one counts, as with keepalived"),
                    );
                }
            }
        }
    }
}

fn tls<'t>(top: impl Iterator<Item = &'t Item>, findings: &mut Findings) {
    let blocks: Vec<&Item> = top.filter(|item| block(item) == Some(Block::Ssl)).collect();
    for again in blocks.iter().skip(1) {
        let found = reported("set-again", again.span, "there is an SSL block already");
        findings.push(
            found
                .effect("the last one counts, as with keepalived")
                .help("put all into one block"),
        );
    }
    for item in blocks {
        let mut seen = BTreeSet::new();
        for line in item.items().filter(|line| line.keyword.is_some()) {
            if !seen.insert(line.name()) {
                let found = reported("set-again", line.span, format!("{} is set again", line.name()));
                findings.push(
                    found
                        .effect("the last one counts, as with keepalived")
                        .help("remove one of them"),
                );
            }
        }
    }
}

/// Lists of BFD sessions that are not defined.
fn tracked(item: &Item, tree: &Tree, findings: &mut Findings) {
    if !matches!(block(item), Some(Block::Instance | Block::SyncGroup)) {
        return;
    }
    for list in item.items() {
        let kinds: &[&str] = match list.keyword.map(|word| word.name) {
            Some("track_bfd") => &["bfd_instance"],
            _ => continue,
        };
        sessions(list, findings);
        for name in list.items().filter_map(|line| line.words.first()) {
            let defined = |top: &Item| {
                let kind = top.keyword.is_some_and(|word| kinds.contains(&word.name));
                let whole = block(top) != Some(Block::BfdInstance)
                    || word(top, &["checker"]).is_none()
                    || word(top, &["vrrp"]).is_some();
                kind && whole && top.argument().is_some_and(|word| word.bytes() == name.bytes())
            };
            if !items(&tree.nodes).any(defined) {
                let text = format!("there is no {} {}", kinds.first().unwrap_or(&""), name.text());
                let found = reported("unknown-track", name.span, text);
                findings.push(found.help("define it, or correct the name"));
            }
        }
    }
}

/// Lines of `track_bfd`: each name once, with `weight N [reverse]` behind it.
fn sessions(list: &Item, findings: &mut Findings) {
    let mut seen = BTreeSet::new();
    for line in list.items() {
        let Some(name) = line.words.first() else { continue };
        if !seen.insert(name.bytes()) {
            let text = format!("{} is tracked already", name.text());
            findings.push(reported("tracked-twice", line.span, text).help("remove one of them"));
            continue;
        }
        let weight = |word: &Word| {
            let read = number::integer(word.bytes());
            read.whole && (-253..=253).contains(&read.value)
        };
        let good = match line.arguments() {
            [] => true,
            [option, value, rest @ ..] => {
                let reverse = rest.is_empty() || matches!(rest, [word] if word.is("reverse"));
                option.is("weight") && weight(value) && reverse
            }
            [_] => false,
        };
        if !good {
            let text = format!("{} may be followed by weight N [reverse]", name.text());
            findings.push(reported("unknown-option", line.span, text).help("correct the line"));
        }
    }
}

/// Both ends of a BFD session.
fn families(item: &Item, findings: &mut Findings) {
    if block(item) != Some(Block::BfdInstance) {
        return;
    }
    let end =
        |names: &[&str]| word(item, names).and_then(|line| Some((line.span, address(line.argument()?)?)));
    if let (Some((span, source)), Some((_, neighbor))) =
        (end(&["source_ip"]), end(&["neighbor_ip", "neighbour_ip"]))
        && source.is_ipv4() != neighbor.is_ipv4()
    {
        let text = "source and neighbour are of different families";
        findings.push(reported("incomplete-block", span, text).help("write both of one family"));
    }
}

/// Words of an instance that do not go together.
fn contradictions(item: &Item, findings: &mut Findings) {
    if block(item) != Some(Block::Instance) {
        return;
    }
    let name = item.argument().map(Word::text).unwrap_or_default();
    let is =
        |line: Option<&Item>, text: &str| line.and_then(Item::argument).is_some_and(|word| word.is(text));
    let ah = word(item, &["authentication"]).filter(|block| is(word(block, &["auth_type"]), "AH"));
    // An owner, which MASTER alone makes, stays one.
    let owner = word(item, &["priority"]).is_none_or(|line| is(Some(line), "255"));
    if let Some(line) = ah.filter(|_| !owner && is(word(item, &["state"]), "MASTER")) {
        let found = reported("ah-and-master", line.span, "with AH an instance begins as BACKUP");
        findings.push(
            found
                .effect("keepalived takes state BACKUP")
                .help("write state BACKUP")
                .about(name.clone()),
        );
    }
    if let (Some(line), Some(_)) = (word(item, &["promote_secondaries"]), word(item, &["use_vmac"])) {
        let found = reported(
            "promote-secondaries",
            line.span,
            "a virtual MAC has promote_secondaries anyway",
        );
        findings.push(
            found
                .effect("the word has no effect")
                .help("remove it")
                .about(name.clone()),
        );
    }
    let ipvlan = word(item, &["use_ipvlan"]);
    let ip = |line: &Item| line.arguments().iter().any(|word| address(word).is_some());
    let source = word(item, &["unicast_src_ip", "mcast_src_ip"]);
    if let Some(line) = ipvlan.filter(|line| !ip(line) && source.is_none()) {
        let found = reported(
            "ipvlan-without-address",
            line.span,
            "use_ipvlan needs an address to send from",
        );
        findings.push(
            found
                .effect("keepalived keeps the instance in FAULT")
                .help("write the address behind it")
                .about(name.clone()),
        );
    }
    if let (Some(line), Some(_)) = (word(item, &["vrf"]), word(item, &["interface"])) {
        let found = reported(
            "vrf-and-interface",
            line.span,
            "vrf is for instances without interface",
        );
        findings.push(found.help("remove one of the two").about(name));
    }
}
