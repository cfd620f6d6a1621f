//! What keepalived reports of virtual servers and their checks, which decides what of them is carried out, and of words
//! that are not carried out at all: the definitions of BFD sessions, and settings of processes that there are not.

mod again;
mod definitions;
pub(crate) mod server;
mod shape;
mod value;

use std::borrow::Cow;

use crate::diagnostic::{Diagnostic, Findings};
use crate::keywords::Block;
use crate::source::Span;
use crate::tree::{Item, Tree, items};

/// Reports what keepalived would report about them. Gives the virtual servers that it carries out.
pub(crate) fn check<'t>(tree: &'t Tree, findings: &mut Findings) -> Vec<server::Judged<'t>> {
    let mut judged = Vec::new();
    for item in items(&tree.nodes) {
        match item.body.as_ref().map(|body| body.block) {
            Some(Block::VirtualServer) => judged.extend(server::check(item, tree, findings)),
            Some(Block::VirtualServerGroup) => {
                walk(item, findings);
                server::group::check(item, findings);
            }
            _ => walk(item, findings),
        }
    }
    definitions::check(tree, findings);
    again::check(tree, findings);
    judged
}

/// Words of `global_defs` about virtual servers that are checked here.
pub(crate) const fn lvs_words() -> &'static [&'static str] {
    &[
        "lvs_sync_daemon",
        "lvs_timeouts",
        "lvs_flush_on_stop",
        "lvs_flush_onstop",
        "smtp_alert_checker",
        "no_checker_emails",
        "checker_log_all_failures",
        "rs_init_notifies",
    ]
}

/// What of a line counts, as keepalived reads it: the line, one with another number, or nothing.
pub(crate) fn counted(line: &Item) -> Option<Cow<'_, Item>> {
    let keyword = line.keyword?;
    if keyword.takes_argument() && line.argument().is_none() {
        return None;
    }
    let Some(wrong) = value::check(line) else {
        return shape::is_good(line).then_some(Cow::Borrowed(line));
    };
    let number = wrong.counts?;
    let mut line = line.clone();
    if let Some(word) = line.words.get_mut(1) {
        *word = crate::lexer::Word::new(number.as_bytes(), word.span, word.quoted);
    }
    Some(Cow::Owned(line))
}

/// The words of a block, and those of its blocks.
fn walk(item: &Item, findings: &mut Findings) {
    if let Some(wrong) = value::check(item) {
        findings.push(wrong.found);
    } else {
        shape::check(item, findings);
        shape::tunnel(item, findings);
        shape::sync_daemon(item, findings);
    }
    let Some(block) = item.body.as_ref().map(|body| body.block) else {
        return;
    };
    for line in item.items() {
        match block {
            Block::VirtualServerGroup => server::group::check_line(line, findings),
            Block::LinkbeatInterfaces => shape::linkbeat(line, findings),
            Block::UpDownDelays => shape::delays(line, findings),
            _ => walk(line, findings),
        }
    }
}

/// The line of a certain word in a block: the last, which counts.
fn word<'t>(item: &'t Item, names: &[&str]) -> Option<&'t Item> {
    let named = |line: &&Item| line.keyword.is_some_and(|word| names.contains(&word.name));
    item.items().filter(named).last()
}

/// What keepalived reports and then passes over.
fn reported(code: &'static str, span: Span, text: impl Into<String>) -> Diagnostic {
    Diagnostic::error(code, span, text).effect("it is ignored, as by keepalived")
}
