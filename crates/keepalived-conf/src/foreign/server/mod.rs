//! A virtual server as a whole: what of it keepalived carries out, and what it says to the rest.

mod checks;
pub(crate) mod group;

use std::borrow::Cow;
use std::collections::HashSet;
use std::net::IpAddr;

use super::{reported, walk, word};
use crate::diagnostic::{Diagnostic, Findings};
use crate::lexer::Word;
use crate::model::Family;
use crate::number;
use crate::read::address;
use crate::tree::{Item, Tree};

/// A virtual server that keepalived carries out.
pub(crate) struct Judged<'t> {
    /// Its block.
    pub(crate) item: &'t Item,
    pub(crate) head: Head,
    /// One or several.
    pub(crate) servers: Vec<Usable<'t>>,
}

/// A real server that keepalived carries out.
pub(crate) struct Usable<'t> {
    pub(crate) item: &'t Item,
    pub(crate) ip: IpAddr,
    /// As it is written; 0 if it is not.
    pub(crate) port: u16,
    /// Those of its checks that keepalived runs.
    pub(crate) checks: Vec<&'t Item>,
}

/// What a virtual server stands for.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Head {
    /// An address and, unless 0, a port.
    Address(IpAddr, u16),
    Mark(u32),
    Group(String, Marks),
    Bad,
}

/// Whether marks stand in a group.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Marks {
    /// Addresses alone, or nothing at all.
    Absent,
    Beside,
    /// Nothing else.
    Only,
}

impl Head {
    /// It has no protocol of its own.
    pub(crate) const fn is_mark(&self) -> bool {
        matches!(self, Self::Mark(_) | Self::Group(_, Marks::Only))
    }

    /// Ports and addresses are those of packets that somebody marks.
    const fn has_marks(&self) -> bool {
        matches!(self, Self::Mark(_) | Self::Group(_, Marks::Only | Marks::Beside))
    }
}

pub(super) fn check<'t>(item: &'t Item, tree: &Tree, findings: &mut Findings) -> Option<Judged<'t>> {
    let head = head(item, tree);
    if head == Head::Bad {
        let text = "a virtual server is IP [PORT], fwmark N, or group NAME";
        let found = reported("virtual-server", item.span, text)
            .effect("the virtual server is left out, as by keepalived")
            .help("correct the address and the port");
        findings.push(found);
        return None;
    }
    item.items().for_each(|line| walk(line, findings));
    let real: Vec<&Item> = item
        .items()
        .filter(|line| line.keyword.is_some_and(|word| word.name == "real_server"))
        .collect();
    let checks: Vec<Vec<&Item>> = real
        .iter()
        .map(|server| checks::check(server, tree, findings))
        .collect();
    sorry(item, &head, findings);
    if let Some(found) = settings(item, &head) {
        findings.push(found);
    }
    let mut servers = servers(item, &head, &real, findings);
    if servers.is_empty() {
        let text = "this virtual server has no real server that can be used";
        let found = reported("virtual-server", item.span, text)
            .effect("the virtual server is left out, as by keepalived")
            .help("add a real_server of the same family");
        findings.push(found);
        return None;
    }
    let weights = servers.iter().map(|(_, weight)| *weight);
    quorum(item, weights.fold(0, u64::saturating_add), findings);
    // Those that can be used are some of all, in their order.
    let mut usable = servers.iter_mut().peekable();
    for (server, checks) in real.iter().zip(checks) {
        if let Some((usable, _)) = usable.next_if(|(usable, _)| std::ptr::eq(usable.item, *server)) {
            usable.checks = checks;
        }
    }
    Some(Judged {
        item,
        head,
        servers: servers.into_iter().map(|(usable, _)| usable).collect(),
    })
}

fn head(item: &Item, tree: &Tree) -> Head {
    let Some(first) = item.argument() else {
        return Head::Bad;
    };
    let second = item.arguments().get(1);
    if first.is("group") {
        return second.map_or(Head::Bad, |name| Head::Group(name.text(), marks(name, tree)));
    }
    if first.is("fwmark") {
        let mark = second.map(|word| number::integer(word.bytes()));
        return match mark {
            Some(mark) if mark.whole => u32::try_from(mark.value).map_or(Head::Bad, Head::Mark),
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
    let lines = group::named(name, tree).map(group::lines).unwrap_or_default();
    let mark = |(line, _): &(group::Line, _)| matches!(line, group::Line::Mark { .. });
    match (lines.iter().any(mark), lines.iter().all(mark)) {
        (false, _) => Marks::Absent,
        (true, true) => Marks::Only,
        (true, false) => Marks::Beside,
    }
}

/// A port, 0 if there is none; none if it is wrong.
fn port(word: Option<&Word>) -> Option<u16> {
    let Some(word) = word else { return Some(0) };
    let read = number::integer(word.bytes());
    u16::try_from(read.value).ok().filter(|_| read.whole)
}

fn value<'t>(item: &'t Item, names: &[&str]) -> Option<Cow<'t, str>> {
    Some(String::from_utf8_lossy(word(item, names)?.argument()?.bytes()))
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
        let found = reported("virtual-server", item.span, "this virtual server has no protocol");
        return Some(
            found
                .effect("it becomes one for UDP")
                .help("write protocol TCP, or UDP where that is meant"),
        );
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

/// The real servers that can be used, each with its weight.
fn servers<'t>(
    item: &Item,
    head: &Head,
    real: &[&'t Item],
    findings: &mut Findings,
) -> Vec<(Usable<'t>, u64)> {
    let method = value(item, &["lb_kind", "lvs_method"]);
    let weight = |item: &Item| {
        let line = word(item, &["weight"])?;
        u64::try_from(number::integer(line.argument()?.bytes()).value).ok()
    };
    let default = weight(item).unwrap_or(1);
    let mut seen = HashSet::new();
    let mut usable = Vec::new();
    let mut family = family(item, head);
    for server in real {
        let ip = server.argument().and_then(address);
        let (Some(ip), Some(own)) = (ip, port(server.arguments().get(1))) else {
            let text = "a real server is IP [PORT]";
            let found = reported("real-server", server.span, text)
                .effect("the real server is left out, as by keepalived")
                .help("correct the address and the port");
            findings.push(found);
            continue;
        };
        let own_method = value(server, &["lvs_method"]);
        let method = own_method.as_deref().or(method.as_deref());
        if let Some(found) = of_other_family(server, ip, &mut family, method) {
            findings.push(found);
            continue;
        }
        findings.extend(port_without_effect(server, head, own, method));
        if !seen.insert((ip, own)) {
            let found = reported("real-server", server.span, "this real server is there already")
                .effect("it is left out here, as by keepalived: the first one counts")
                .help("remove one of the two");
            findings.push(found);
            continue;
        }
        let weight = weight(server).unwrap_or(default);
        let one = Usable {
            item: server,
            ip,
            port: own,
            checks: Vec::new(),
        };
        usable.push((one, weight));
    }
    if let Some(found) = sorry_of_other_family(item, family, method.as_deref()) {
        findings.push(found);
    }
    usable
}

/// That of the packets, where the file says it: of an address, or of a mark with `ip_family`.
fn family(item: &Item, head: &Head) -> Option<Family> {
    match head {
        Head::Address(ip, _) => Some(Family::of(*ip)),
        Head::Mark(_) => match value(item, &["ip_family"]).as_deref() {
            Some("inet") => Some(Family::Ipv4),
            Some("inet6") => Some(Family::Ipv6),
            _ => None,
        },
        Head::Group(..) | Head::Bad => None,
    }
}

/// Of a mark that does not say it the first real server tells the family.
fn of_other_family(
    server: &Item,
    ip: IpAddr,
    family: &mut Option<Family>,
    method: Option<&str>,
) -> Option<Diagnostic> {
    let other = family.is_some_and(|family| family != Family::of(ip)) && method != Some("TUN");
    let text = "the real server is of another family than the virtual server";
    other.then(|| {
        reported("real-server", server.span, text)
            .effect("the real server is left out, as by keepalived")
            .help("use an address of the same family, or lvs_method TUN")
    })
}

/// Packets keep their port with DR and TUN.
fn port_without_effect(server: &Item, head: &Head, own: u16, method: Option<&str>) -> Option<Diagnostic> {
    if !matches!(method, Some("DR" | "TUN")) || own == 0 {
        return None;
    }
    let text = match head {
        Head::Address(_, virtual_port) if own != *virtual_port => {
            "with DR and TUN the port of the real server is that of the virtual server"
        }
        _ if head.has_marks() => {
            "with DR and TUN a marked packet keeps its port: that of the real server has no effect"
        }
        _ => return None,
    };
    let found = reported("real-server", server.span, text);
    Some(
        found
            .effect("it gets packets for the port of the service, as with keepalived")
            .help("write that port, or lb_kind NAT, which changes it"),
    )
}

fn sorry_of_other_family(item: &Item, family: Option<Family>, method: Option<&str>) -> Option<Diagnostic> {
    let line = word(item, &["sorry_server"])?;
    let ip = line.argument().and_then(address)?;
    let other = family.is_some_and(|family| family != Family::of(ip)) && method != Some("TUN");
    let text = "the sorry server is of another family than the virtual server";
    other.then(|| {
        reported("real-server", line.span, text)
            .effect("there is no sorry server, as with keepalived")
            .help("use an address of the same family")
    })
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
        let found = reported("quorum", line.span, text).effect("keepalived lowers it below the quorum");
        findings.push(found.help("lower the hysteresis, or raise the quorum"));
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
