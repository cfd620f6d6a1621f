//! A virtual server as a whole.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::{reported, shape, walk, word};
use crate::command::{self, CommandError};
use crate::diagnostic::{Diagnostic, Findings, Keepalived};
use crate::keywords::Block;
use crate::lexer::Word;
use crate::number;
use crate::read::address;
use crate::tree::{Item, Tree, items};

/// What a virtual server stands for.
enum Head {
    /// An address and, unless 0, a port.
    Address(IpAddr, u16),
    Mark,
    Group(Marks),
    Bad,
}

/// Whether marks stand in a group.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Marks {
    /// Addresses alone, or nothing at all.
    Absent,
    Beside,
    /// Nothing else.
    Only,
}

impl Head {
    /// It has no protocol of its own.
    const fn is_mark(&self) -> bool {
        matches!(self, Self::Mark | Self::Group(Marks::Only))
    }

    /// Ports and addresses are those of packets that somebody marks.
    const fn has_marks(&self) -> bool {
        matches!(self, Self::Mark | Self::Group(Marks::Only | Marks::Beside))
    }
}

pub(super) fn check(item: &Item, tree: &Tree, findings: &mut Findings) {
    let head = head(item, tree);
    if matches!(head, Head::Bad) {
        let text = "a virtual server is IP [PORT], fwmark N, or group NAME";
        findings.push(reported("virtual-server", item.span, text).help("correct the address and the port"));
        return;
    }
    item.items().for_each(|line| walk(line, findings));
    let real: Vec<&Item> = item
        .items()
        .filter(|line| line.keyword.is_some_and(|word| word.name == "real_server"))
        .collect();
    for server in &real {
        checkers(server, tree, findings);
    }
    sorry(item, &head, findings);
    if let Some(found) = settings(item, &head) {
        findings.push(found);
    }
    let Some(weights) = servers(item, &head, &real, findings) else {
        let text = "this virtual server has no real server that can be used";
        findings
            .push(reported("virtual-server", item.span, text).help("add a real_server of the same family"));
        return;
    };
    quorum(item, weights, findings);
}

fn head(item: &Item, tree: &Tree) -> Head {
    let Some(first) = item.argument() else {
        return Head::Group(Marks::Absent);
    };
    let second = item.arguments().get(1);
    if first.is("group") {
        return Head::Group(second.map_or(Marks::Absent, |name| marks(name, tree)));
    }
    if first.is("fwmark") {
        let mark = second.map(|word| number::integer(word.bytes()));
        return match mark {
            Some(mark) if mark.whole && (0..=4_294_967_295).contains(&mark.value) => Head::Mark,
            _ => Head::Bad,
        };
    }
    match (address(first), port(second)) {
        (Some(ip), Some(port)) => Head::Address(ip, port),
        _ => Head::Bad,
    }
}

/// The marks in the group of that name.
fn marks(name: &Word, tree: &Tree) -> Marks {
    let groups = items(&tree.nodes).filter(|item| {
        let group = item
            .keyword
            .is_some_and(|word| word.name == "virtual_server_group");
        group && item.argument().is_some_and(|word| word.bytes() == name.bytes())
    });
    let lines = groups.flat_map(Item::items).filter_map(|line| line.words.first());
    let (marks, others): (Vec<_>, Vec<_>) = lines.partition(|first| first.is("fwmark"));
    match (marks.is_empty(), others.is_empty()) {
        (true, _) => Marks::Absent,
        (false, true) => Marks::Only,
        (false, false) => Marks::Beside,
    }
}

/// A port, 0 if there is none; none if it is wrong.
fn port(word: Option<&Word>) -> Option<u16> {
    let Some(word) = word else { return Some(0) };
    let read = number::integer(word.bytes());
    u16::try_from(read.value).ok().filter(|_| read.whole)
}

fn value(item: &Item, names: &[&str]) -> Option<String> {
    word(item, names)?.argument().map(Word::text)
}

/// The first of the settings that are missing or do not go together.
fn settings(item: &Item, head: &Head) -> Option<Diagnostic> {
    let found =
        |text: &str| Some(reported("virtual-server", item.span, text).effect("keepalived takes its default"));
    let known = |names: &[&str]| value(item, names);
    let protocol = known(&["protocol"]).map(|name| name.to_ascii_uppercase());
    let scheduler = known(&["lb_algo", "lvs_sched"]);
    let mark = head.is_mark();
    if scheduler.is_none() {
        return found("this virtual server has no lb_algo").map(|found| found.help("write lb_algo wlc"));
    }
    if known(&["lb_kind", "lvs_method"]).is_none() {
        return found("this virtual server has no lb_kind")
            .map(|found| found.help("write lb_kind NAT, DR or TUN"));
    }
    if protocol.is_none() && !mark {
        return found("this virtual server has no protocol").map(|found| found.help("write protocol TCP"));
    }
    if protocol.is_some() && mark {
        return found("a virtual server for a mark has no protocol")
            .map(|found| found.help("remove the word"));
    }
    if word(item, &["ha_suspend"]).is_some() && head.has_marks() {
        return found("ha_suspend asks for addresses, and a mark is none")
            .map(|found| found.help("remove the word"));
    }
    if matches!(head, Head::Address(_, 0)) && word(item, &["persistence_timeout"]).is_none() {
        return found("port 0 is for services with persistence_timeout")
            .map(|found| found.help("give the port"));
    }
    if word(item, &["ops"]).is_some() && protocol.as_deref() != Some("UDP") && !mark {
        return found("ops is for UDP").map(|found| found.help("remove the word"));
    }
    for (words, of) in [
        (&["hashed", "sh-port", "sh-fallback"][..], "sh"),
        (&["mh-port", "mh-fallback"], "mh"),
    ] {
        if word(item, words).is_some() && scheduler.as_deref() != Some(of) {
            return found(&format!("{} are words of lb_algo {of}", words.join(", ")))
                .map(|found| found.help("remove the word"));
        }
    }
    None
}

/// The sum of the weights of the real servers that can be used; none if there is none.
fn servers(item: &Item, head: &Head, real: &[&Item], findings: &mut Findings) -> Option<u64> {
    let method = value(item, &["lb_kind", "lvs_method"]);
    let default = value(item, &["weight"])
        .and_then(|text| text.parse().ok())
        .unwrap_or(1u64);
    let mut seen = BTreeSet::new();
    let mut sum = None;
    for server in real {
        let ip = server.argument().and_then(address);
        let (Some(ip), Some(own)) = (ip, port(server.arguments().get(1))) else {
            let text = "a real server is IP [PORT]";
            findings
                .push(reported("real-server", server.span, text).help("correct the address and the port"));
            continue;
        };
        let method = value(server, &["lvs_method"]).or_else(|| method.clone());
        let method = method.as_deref();
        let mut bad = |text: &str| findings.push(reported("real-server", server.span, text));
        if let Head::Address(virtual_ip, virtual_port) = head {
            if virtual_ip.is_ipv4() != ip.is_ipv4() && method != Some("TUN") {
                bad("the real server is of another family than the virtual server");
                continue;
            }
            if matches!(method, Some("DR" | "TUN")) && own != 0 && own != *virtual_port {
                bad("with DR and TUN the port of the real server is that of the virtual server");
            }
        }
        if head.has_marks() && matches!(method, Some("DR" | "TUN")) && own != 0 {
            bad("with DR and TUN a marked packet keeps its port: that of the real server has no effect");
        }
        if !seen.insert((ip, own)) {
            bad("this real server is there already");
            continue;
        }
        let weight = value(server, &["weight"]).and_then(|text| text.parse::<u64>().ok());
        sum = Some(weight.unwrap_or(default).saturating_add(sum.unwrap_or(0)));
    }
    if let (Head::Address(virtual_ip, _), Some(sorry)) = (head, word(item, &["sorry_server"]))
        && let Some(ip) = sorry.argument().and_then(address)
        && virtual_ip.is_ipv4() != ip.is_ipv4()
        && method.as_deref() != Some("TUN")
    {
        let text = "the sorry server is of another family than the virtual server";
        findings.push(reported("real-server", sorry.span, text));
    }
    sum
}

fn quorum(item: &Item, weights: u64, findings: &mut Findings) {
    let number = |name| value(item, &[name]).and_then(|text| text.parse::<u64>().ok());
    let quorum = number("quorum").filter(|quorum| *quorum > 0).unwrap_or(1);
    let span = word(item, &["quorum"]).map_or(item.span, |line| line.span);
    if quorum > weights {
        let text = format!("the quorum is {quorum}, and all real servers together weigh {weights}");
        let found = reported("quorum", span, text).effect("keepalived lowers it to the sum");
        findings.push(found.help("lower the quorum, or raise the weights"));
    }
    let hysteresis = word(item, &["hysteresis"]);
    if let (Some(line), Some(value)) = (hysteresis, number("hysteresis"))
        && value >= quorum.min(weights)
        && value > 0
    {
        let text = format!("the hysteresis {value} is not below the quorum");
        findings.push(reported("quorum", line.span, text).effect("keepalived lowers it below the quorum"));
    }
}

/// `sorry_server_inhibit` is for a sorry server that stands above it.
fn sorry(item: &Item, head: &Head, findings: &mut Findings) {
    let method =
        value(item, &["sorry_server_lvs_method"]).or_else(|| value(item, &["lb_kind", "lvs_method"]));
    let port = |line: &Item| line.arguments().get(1).is_some_and(|word| !word.is("0"));
    if let Some(line) = word(item, &["sorry_server"])
        && head.has_marks()
        && matches!(method.as_deref(), Some("DR" | "TUN"))
        && port(line)
    {
        let text = "with DR and TUN a marked packet keeps its port: that of the sorry server has no effect";
        findings.push(reported("real-server", line.span, text).help("remove the port"));
    }
    let named = |line: &&Item| {
        line.keyword
            .is_some_and(|word| word.name.starts_with("sorry_server"))
    };
    let first = item.items().find(named);
    if let Some(line) = first.filter(|line| line.name() == "sorry_server_inhibit") {
        let text = "sorry_server_inhibit stands in front of sorry_server, or without it";
        findings.push(reported("bad-value", line.span, text).help("write it behind sorry_server"));
    }
}

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
    let raw = line.raw_arguments().trim_ascii();
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

/// What a checker cannot do without.
fn checkers(server: &Item, tree: &Tree, findings: &mut Findings) {
    for check in server.items() {
        let Some(name) = check
            .keyword
            .filter(|word| word.opens.is_some())
            .map(|word| word.name)
        else {
            continue;
        };
        if let Some(found) = server
            .argument()
            .and_then(address)
            .and_then(|ip| shape::check_of_server(check, ip))
        {
            findings.push(found);
        }
        if let Some(found) = quotes(check) {
            findings.push(found);
        }
        let lacking = match name {
            "HTTP_GET" | "SSL_GET" => {
                let urls = || check.items().filter(|line| line.body.is_some());
                let whole = urls().filter(|url| word(url, &["path"]).is_some()).count();
                match (whole, urls().count()) {
                    (0, _) => Some(USABLE_URL),
                    (whole, all) => (whole < all).then_some("path in its url"),
                }
            }
            "MISC_CHECK" => value(check, &["misc_path"])
                .is_none_or(|path| path.is_empty())
                .then_some("misc_path"),
            "FILE_CHECK" => (!refers(check, "track_file", &["track_file", "vrrp_track_file"], tree))
                .then_some("track_file of this file"),
            "BFD_CHECK" => (!refers(check, "name", &["bfd_instance"], tree))
                .then_some("bfd_instance of this file as its name"),
            _ => None,
        };
        let Some(lacking) = lacking else { continue };
        let mut found = reported("checker", check.span, format!("{name} has no {lacking}"))
            .effect("keepalived leaves the check out");
        if lacking == USABLE_URL && is_first(check, tree) {
            found = found.effect("keepalived 2.2.7 breaks down at this block, and does not start");
            found.keepalived = Keepalived::Stops;
        }
        findings.push(found);
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

/// One line of `virtual_server_group`.
pub(super) fn group_line(line: &Item, findings: &mut Findings) {
    let Some(first) = line.words.first() else { return };
    let second = line.words.get(1);
    if first.is("fwmark") {
        let Some(mark) = second else {
            let text = "fwmark lacks its number";
            let found = Diagnostic::fatal("missing-argument", line.span, text);
            findings.push(
                found
                    .effect("the file is refused, as keepalived does")
                    .help("write fwmark N"),
            );
            return;
        };
        let read = number::integer(mark.bytes());
        let family = line
            .words
            .get(2)
            .is_none_or(|word| word.is("inet") || word.is("inet6"));
        if !read.whole || !(0..=4_294_967_295).contains(&read.value) || !family {
            let text = "a mark is a whole number, with inet or inet6 behind it";
            findings.push(reported("bad-value", mark.span, text));
        }
        return;
    }
    let text = first.text();
    let good = match (text.split_once('-'), text.split_once('/')) {
        (Some((from, to)), _) => range(from, to),
        (_, Some((ip, length))) => network(ip, length),
        _ => text.parse::<IpAddr>().is_ok(),
    };
    if !good || port(second).is_none() {
        let text = "a line of a group is IP[-LAST|/LENGTH] [PORT] or fwmark N";
        findings.push(reported("bad-value", line.span, text).help("correct the address and the port"));
    }
}

/// `IP-LAST` or `IP-IP`: the end lies behind the start.
fn range(from: &str, to: &str) -> bool {
    match (from.parse::<IpAddr>(), to.parse::<IpAddr>()) {
        (Ok(IpAddr::V4(from)), Err(_)) => to.parse::<u8>().is_ok_and(|last| last > from.octets()[3]),
        (Ok(IpAddr::V6(from)), Err(_)) => {
            u16::from_str_radix(to, 16).is_ok_and(|last| last > from.segments()[7])
        }
        (Ok(from), Ok(to)) => from.is_ipv4() == to.is_ipv4() && from < to,
        _ => false,
    }
}

/// `IP/LENGTH` without bits of a host.
fn network(ip: &str, length: &str) -> bool {
    let Ok(net) = format!("{ip}/{length}").parse::<ipnet::IpNet>() else {
        return false;
    };
    net.network() == net.addr()
}
