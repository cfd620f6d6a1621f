//! Checks of real servers: what keepalived leaves out.

use super::super::{reported, shape, word};
use super::value;
use crate::command::{self, CommandError};
use crate::diagnostic::{Diagnostic, Findings, Keepalived};
use crate::keywords::Block;
use crate::read::address;
use crate::tree::{Item, Tree, items};

/// Whether no other check of the file stands above.
fn is_first(check: &Item, tree: &Tree) -> bool {
    let servers = items(&tree.nodes).flat_map(Item::items);
    let mut checks = servers.flat_map(Item::items).filter(|line| {
        let block = line.keyword.is_some_and(|word| word.opens.is_some());
        block && line.keyword.is_some_and(|word| word.block == Block::RealServer)
    });
    checks.next().is_some_and(|first| first.span == check.span)
}

/// Without one, keepalived 2.2.7 breaks down at the first check of a file.
const USABLE_URL: &str = "url with a path";

/// The quotes of `misc_path`.
fn quotes(check: &Item) -> Option<Diagnostic> {
    let line = word(check, &["misc_path"])?;
    let raw = line.raw_arguments();
    let raw = raw.trim_ascii();
    if command::dangling(raw) {
        let text = "this double quote is never closed on its line";
        return Some(reported("unmatched-quote", line.span, text).help("remove it"));
    }
    if !matches!(command::first(raw), Err(CommandError::OpenQuote(_))) {
        return None;
    }
    let mut found = reported(
        "bad-command",
        line.span,
        "the command of misc_path lacks a closing quote",
    )
    .effect("keepalived 2.2.7 breaks down at this line, and does not start")
    .help("put the whole command into double quotes");
    found.keepalived = Keepalived::Stops;
    Some(found)
}

/// The checks that keepalived runs.
pub(super) fn check<'t>(server: &'t Item, tree: &Tree, findings: &mut Findings) -> Vec<&'t Item> {
    let of_server = |line: &&Item| line.keyword.is_some_and(|word| word.opens.is_some());
    let ip = server.argument().and_then(address);
    let mut run = Vec::new();
    for check in server.items().filter(of_server) {
        let odd = ip.and_then(|ip| shape::check_of_server(check, ip));
        findings.extend(odd);
        findings.extend(quotes(check));
        let Some((lacking, whole)) = lacking(check, tree) else {
            run.push(check);
            continue;
        };
        let name = check.name();
        let mut found = reported("checker", check.span, format!("{name} has no {lacking}"));
        if whole {
            run.push(check);
            found = found.effect("that page is left out, as by keepalived");
        } else {
            found =
                found.effect("the check is left out, as by keepalived: the server is in service without it");
        }
        if lacking == USABLE_URL && is_first(check, tree) {
            found = found.effect("keepalived 2.2.7 breaks down at this block, and does not start; here the check is left out, and the server is in service without it");
            found.keepalived = Keepalived::Stops;
        }
        findings.push(found.help(format!("add the {lacking}, or remove the check")));
    }
    run
}

/// What a check cannot do without, and whether it is run all the same.
fn lacking(check: &Item, tree: &Tree) -> Option<(&'static str, bool)> {
    let lost = |what| Some((what, false));
    match check.keyword?.name {
        "HTTP_GET" | "SSL_GET" => {
            let urls = || check.items().filter(|line| line.body.is_some());
            let whole = urls().filter(|url| word(url, &["path"]).is_some()).count();
            match (whole, urls().count()) {
                (0, _) => lost(USABLE_URL),
                (whole, all) => (whole < all).then_some(("path in its url", true)),
            }
        }
        "MISC_CHECK" if value(check, &["misc_path"]).is_none_or(|path| path.is_empty()) => lost("misc_path"),
        "FILE_CHECK" if !refers(check, "track_file", &["track_file", "vrrp_track_file"], tree) => {
            lost("track_file of this file")
        }
        "BFD_CHECK" if !refers(check, "name", &["bfd_instance"], tree) => {
            lost("bfd_instance of this file as its name")
        }
        _ => None,
    }
}

/// Whether a word of a block names a definition of the file.
fn refers(check: &Item, name: &str, kinds: &[&str], tree: &Tree) -> bool {
    let Some(wanted) = value(check, &[name]) else {
        return false;
    };
    items(&tree.nodes)
        .filter(|item| item.keyword.is_some_and(|word| kinds.contains(&word.name)))
        .any(|item| item.argument().is_some_and(|word| word.is(&wanted)))
}
