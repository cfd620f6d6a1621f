//! `virtual_server_group`.

use std::net::IpAddr;

use super::super::reported;
use super::port;
use crate::diagnostic::{Diagnostic, Findings};
use crate::lexer::Word;
use crate::model::Family;
use crate::number;
use crate::source::Span;
use crate::tree::{Item, Tree, items};

/// One line.
#[derive(Clone, Copy)]
pub(crate) enum Line {
    /// So many addresses from this one on.
    Addresses { first: IpAddr, count: u128, port: u16 },
    /// `fwmark N [inet|inet6]`.
    Mark { mark: u32, family: Option<Family> },
}

/// The first group of that name.
pub(crate) fn named<'t>(name: &Word, tree: &'t Tree) -> Option<&'t Item> {
    items(&tree.nodes).find(|item| {
        let group = item
            .keyword
            .is_some_and(|word| word.name == "virtual_server_group");
        group && item.argument().is_some_and(|word| word.bytes() == name.bytes())
    })
}

/// The lines that can be used, each with its place.
pub(crate) fn lines(group: &Item) -> Vec<(Line, Span)> {
    let line = |line: &Item| Some((read(line)?, line.span));
    group.items().filter_map(line).collect()
}

fn read(line: &Item) -> Option<Line> {
    let first = line.words.first()?;
    if first.is("fwmark") {
        let reading = number::integer(line.words.get(1)?.bytes());
        let family = match line.words.get(2) {
            None => None,
            Some(word) if word.is("inet") => Some(Family::Ipv4),
            Some(word) if word.is("inet6") => Some(Family::Ipv6),
            Some(_) => return None,
        };
        let mark = u32::try_from(reading.value).ok().filter(|_| reading.whole)?;
        return Some(Line::Mark { mark, family });
    }
    let text = first.text();
    let (first, count) = match (text.split_once('-'), text.split_once('/')) {
        (Some((from, to)), _) => range(from, to)?,
        (_, Some((ip, length))) => network(ip, length)?,
        _ => (text.parse().ok()?, 1),
    };
    let port = port(line.words.get(1))?;
    Some(Line::Addresses { first, count, port })
}

fn number_of(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(ip) => u32::from(ip).into(),
        IpAddr::V6(ip) => ip.into(),
    }
}

/// `IP-LAST` or `IP-IP`: the end lies behind the start.
fn range(from: &str, to: &str) -> Option<(IpAddr, u128)> {
    let from: IpAddr = from.parse().ok()?;
    let (first, last) = match (from, to.parse::<IpAddr>()) {
        (_, Ok(to)) if from.is_ipv4() == to.is_ipv4() => (number_of(from), number_of(to)),
        (IpAddr::V4(from), Err(_)) => (from.octets()[3].into(), to.parse::<u8>().ok()?.into()),
        (IpAddr::V6(from), Err(_)) => {
            let last = u16::from_str_radix(to, 16).ok()?;
            (from.segments()[7].into(), last.into())
        }
        _ => return None,
    };
    let more = last.checked_sub(first).filter(|more| *more > 0)?;
    Some((from, more.saturating_add(1)))
}

/// `IP/LENGTH` without bits of a host.
fn network(ip: &str, length: &str) -> Option<(IpAddr, u128)> {
    let net: ipnet::IpNet = format!("{ip}/{length}").parse().ok()?;
    let bits = net.max_prefix_len().saturating_sub(net.prefix_len());
    let count = 1u128.checked_shl(bits.into()).unwrap_or(u128::MAX);
    (net.network() == net.addr()).then_some((net.addr(), count))
}

/// IPv4 and IPv6 addresses, and a mark that does not say of which it is: keepalived removes such a group.
pub(crate) fn is_removed(group: &Item) -> bool {
    let lines = lines(group);
    let of = |wanted: Family| {
        lines.iter().any(|(line, _)| match line {
            Line::Addresses { first, .. } => Family::of(*first) == wanted,
            Line::Mark { family, .. } => *family == Some(wanted),
        })
    };
    let unsaid = |(line, _): &(Line, Span)| matches!(line, Line::Mark { family: None, .. });
    of(Family::Ipv4) && of(Family::Ipv6) && lines.iter().any(unsaid)
}

/// A group as a whole.
pub(crate) fn check(group: &Item, findings: &mut Findings) {
    if is_removed(group) {
        let text = "this group has addresses of IPv4 and of IPv6, and a fwmark without inet or inet6";
        let found = reported("virtual-server-group", group.span, text)
            .effect("the group is left out, as by keepalived")
            .help("write inet or inet6 behind the mark, or make one group of each family");
        findings.push(found);
    }
}

/// One line of `virtual_server_group`.
pub(crate) fn check_line(line: &Item, findings: &mut Findings) {
    let Some(first) = line.words.first() else { return };
    if read(line).is_some() {
        return;
    }
    if first.is("fwmark") {
        let Some(mark) = line.words.get(1) else {
            let text = "fwmark lacks its number";
            let found = Diagnostic::fatal("missing-argument", line.span, text);
            findings.push(
                found
                    .effect("the file is refused, as keepalived does")
                    .help("write fwmark N"),
            );
            return;
        };
        let text = "a mark is a whole number, with inet or inet6 behind it";
        findings.push(reported("bad-value", mark.span, text).help("write fwmark 5, or fwmark 5 inet6"));
        return;
    }
    let text = "a line of a group is IP[-LAST|/LENGTH] [PORT] or fwmark N";
    findings.push(reported("bad-value", line.span, text).help("correct the address and the port"));
}
