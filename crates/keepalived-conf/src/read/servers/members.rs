//! What a virtual server stands for: one address, a mark, or the lines of a group.

use std::num::NonZeroU32;

use crate::diagnostic::{Diagnostic, Findings};
use crate::foreign::server::group::{self, Line};
use crate::foreign::server::{Head, Judged};
use crate::model::{Family, VirtualAddress, VirtualMember};
use crate::source::Span;
use crate::tree::{Item, Tree, items};

/// A group of more is a mistake: each address is a service of the kernel with real servers of its own.
const ADDRESSES_MAX: u128 = 65_536;

/// The members; none where there is nothing to balance, which is said.
pub(super) fn members(
    judged: &Judged<'_>,
    family: Family,
    tree: &Tree,
    findings: &mut Findings,
) -> Option<Vec<VirtualMember>> {
    let span = judged.item.span;
    match &judged.head {
        Head::Address(ip, port) => Some(vec![VirtualMember {
            first: VirtualAddress::At { ip: *ip, port: *port },
            count: 1,
            span,
        }]),
        Head::Mark(mark) => Some(vec![mark_of(*mark, family, span, findings)?]),
        Head::Group(name, _) => of_group(judged.item, name, family, tree, findings),
        Head::Bad => None,
    }
}

fn mark_of(mark: u32, family: Family, span: Span, findings: &mut Findings) -> Option<VirtualMember> {
    let Some(mark) = NonZeroU32::new(mark) else {
        let text = "a packet with mark 0 has no mark";
        let found = Diagnostic::error("virtual-server", span, text)
            .silent()
            .effect("nothing is balanced by it; keepalived balances UDP to 255.255.255.255 instead")
            .help("write the mark that the packet filter sets, from 1 on");
        findings.push(found);
        return None;
    };
    Some(VirtualMember {
        first: VirtualAddress::Mark { mark, family },
        count: 1,
        span,
    })
}

fn of_group(
    item: &Item,
    name: &str,
    family: Family,
    tree: &Tree,
    findings: &mut Findings,
) -> Option<Vec<VirtualMember>> {
    let left_out = |text: String, help: &'static str| {
        Diagnostic::error("virtual-server", item.span, text)
            .silent()
            .effect("the virtual server is left out, as by keepalived")
            .help(help)
    };
    let mut groups = items(&tree.nodes).filter(|item| is_group(item));
    let Some(group) = groups.find(|item| item.argument().is_some_and(|word| word.is(name))) else {
        findings.push(left_out(
            format!("there is no virtual_server_group {name}"),
            "define it, or correct the name",
        ));
        return None;
    };
    if group::is_removed(group) {
        findings.push(left_out(
            format!("virtual_server_group {name} is left out"),
            "correct the group",
        ));
        return None;
    }
    let mut members = Vec::new();
    let mut all: u128 = 0;
    for (line, span) in group::lines(group) {
        members.extend(match line {
            Line::Addresses { first, count, port } => {
                all = all.saturating_add(count);
                Some(VirtualMember {
                    first: VirtualAddress::At { ip: first, port },
                    count: u32::try_from(count).unwrap_or(u32::MAX),
                    span,
                })
            }
            Line::Mark { mark, family: own } => mark_of(mark, own.unwrap_or(family), span, findings),
        });
    }
    if all > ADDRESSES_MAX {
        findings.push(
            left_out(
                format!("virtual_server_group {name} has more than {ADDRESSES_MAX} addresses, each a service of the kernel"),
                "mark the packets by a packet filter, and write fwmark N into the group",
            )
            .effect("the virtual server is left out"),
        );
        return None;
    }
    if members.is_empty() {
        findings.push(left_out(
            format!("virtual_server_group {name} has no line that can be used"),
            "add an address",
        ));
        return None;
    }
    Some(members)
}

fn is_group(item: &Item) -> bool {
    item.keyword
        .is_some_and(|word| word.name == "virtual_server_group")
}

/// Groups whose name another one above has.
pub(super) fn groups_again(tree: &Tree, findings: &mut Findings) {
    let mut seen: Vec<(String, Span)> = Vec::new();
    for group in items(&tree.nodes).filter(|item| is_group(item)) {
        let Some(name) = group.argument().map(crate::lexer::Word::text) else {
            continue;
        };
        let Some((_, first)) = seen.iter().find(|(known, _)| *known == name) else {
            seen.push((name, group.span));
            continue;
        };
        let text = format!("virtual_server_group {name} is there already");
        findings.push(
            Diagnostic::error("duplicate-block", group.span, text)
                .silent()
                .effect("the first one counts, as for keepalived")
                .label(*first, "the first one")
                .help("put all lines into one block"),
        );
    }
}
