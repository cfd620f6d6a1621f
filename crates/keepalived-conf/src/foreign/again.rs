//! Words that keepalived takes once, and says so of the second.

use std::collections::BTreeSet;

use super::reported;
use crate::diagnostic::Findings;
use crate::keywords::Block;
use crate::tree::{Item, Tree, items};

pub(super) fn check(tree: &Tree, findings: &mut Findings) {
    twice(items(&tree.nodes), Block::Root, findings);
    for item in items(&tree.nodes) {
        within(item, findings);
    }
    let mut interface = false;
    for instance in items(&tree.nodes).filter(|item| is_block(item, Block::Instance)) {
        for line in instance
            .items()
            .filter(|line| is(line, "lvs_sync_daemon_interface"))
        {
            if std::mem::replace(&mut interface, true) {
                again(line, findings);
            }
        }
    }
}

fn within(item: &Item, findings: &mut Findings) {
    let Some(body) = &item.body else { return };
    twice(item.items(), body.block, findings);
    item.items().for_each(|line| within(line, findings));
}

fn twice<'t>(lines: impl Iterator<Item = &'t Item>, block: Block, findings: &mut Findings) {
    let mut seen = BTreeSet::new();
    for line in lines {
        let Some(keyword) = line.keyword.map(|keyword| keyword.name) else {
            continue;
        };
        // Of some it is the name that stands once.
        let name = match (block, keyword) {
            (Block::Root, "track_group" | "bfd_instance") | (Block::RealServer, "BFD_CHECK") => named(line),
            _ if once(block, keyword) => String::new(),
            _ => continue,
        };
        if !seen.insert((keyword, name)) {
            again(line, findings);
        }
    }
}

/// The name of a block: behind its word, or in it.
fn named(line: &Item) -> String {
    let inner = line.items().find(|inner| is(inner, "name"));
    let word = line.argument().or_else(|| inner.and_then(Item::argument));
    word.map(crate::lexer::Word::text).unwrap_or_default()
}

fn again(line: &Item, findings: &mut Findings) {
    let text = format!("{} is set already", line.name());
    let found = reported("set-again", line.span, text)
        .effect("the first one counts, as for keepalived")
        .help("remove one of them");
    findings.push(found);
}

fn is(item: &Item, name: &str) -> bool {
    item.keyword.is_some_and(|keyword| keyword.name == name)
}

fn is_block(item: &Item, block: Block) -> bool {
    item.body.as_ref().is_some_and(|body| body.block == block)
}

fn once(block: Block, name: &str) -> bool {
    match block {
        Block::Root => matches!(name, "instance" | "net_namespace"),
        Block::GlobalDefs => matches!(
            name,
            "startup_script"
                | "shutdown_script"
                | "notify_fifo"
                | "vrrp_notify_fifo"
                | "lvs_notify_fifo"
                | "tmp_config_directory"
                | "nftables"
                | "nftables_ipvs"
                | "lvs_sync_daemon"
                | "snmp_socket"
                | "vmac_prefix"
                | "vmac_addr_prefix"
        ),
        Block::TrackFileDefinition => name == "file",
        Block::TrackProcessDefinition => name == "process",
        Block::DnsCheck => name == "name",
        Block::SyncGroup | Block::TrackGroup => name == "group",
        _ => false,
    }
}
