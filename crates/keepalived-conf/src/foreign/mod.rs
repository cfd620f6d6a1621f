//! Words that are not carried out and are checked all the same: virtual servers and their checks, and the
//! definitions of what is tracked. keepalived reports what is wrong there, and so does `vrrpctl check`.

mod again;
mod definitions;
mod server;
mod shape;
mod value;

use crate::diagnostic::{Diagnostic, Findings};
use crate::keywords::Block;
use crate::source::Span;
use crate::tree::{Item, Tree, items};

/// Reports what keepalived would report about them.
pub(crate) fn check(tree: &Tree, findings: &mut Findings) {
    for item in items(&tree.nodes) {
        match item.body.as_ref().map(|body| body.block) {
            Some(Block::VirtualServer) => server::check(item, tree, findings),
            _ => walk(item, findings),
        }
    }
    definitions::check(tree, findings);
    again::check(tree, findings);
}

/// The words of a block, and those of its blocks.
fn walk(item: &Item, findings: &mut Findings) {
    if let Some(found) = value::check(item) {
        findings.push(found);
    } else {
        shape::check(item, findings);
    }
    let Some(block) = item.body.as_ref().map(|body| body.block) else {
        return;
    };
    for line in item.items() {
        match block {
            Block::VirtualServerGroup => server::group_line(line, findings),
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
    Diagnostic::error(code, span, text).effect("keepalived ignores it; vrrpd does not carry this block out")
}
