//! Lines of routes and rules, word by word.

use std::net::IpAddr;

use super::reported;
use crate::diagnostic::{Diagnostic, Findings};
use crate::lexer::Word;
use crate::number;
use crate::read::address;
use crate::tree::Item;

const ROUTE_FLAGS: &[&str] = &[
    "inet",
    "inet6",
    "onlink",
    "no_track",
    "add",
    "prepend",
    "append",
    "unicast",
    "local",
    "broadcast",
    "multicast",
    "throw",
    "unreachable",
    "prohibit",
    "blackhole",
    "lock",
];
const ROUTE_WORDS: &[&str] = &[
    "to",
    "src",
    "via",
    "gw",
    "dev",
    "oif",
    "table",
    "metric",
    "priority",
    "preference",
    "scope",
    "protocol",
    "tos",
    "dsfield",
    "from",
    "as",
    "or",
    "mtu",
    "advmss",
    "rtt",
    "rttvar",
    "reordering",
    "cwnd",
    "ssthresh",
    "rto_min",
    "congctl",
    "hoplimit",
    "window",
    "initcwnd",
    "initrwnd",
    "quickack",
    "fastopen_no_cookie",
    "features",
    "realms",
    "expires",
    "pref",
    "ttl-propagate",
    "vrf",
    "track_group",
];
const RULE_FLAGS: &[&str] = &[
    "inet",
    "inet6",
    "not",
    "no_track",
    "l3mdev",
    "nop",
    "blackhole",
    "prohibit",
    "unreachable",
];
const RULE_WORDS: &[&str] = &[
    "from",
    "to",
    "table",
    "lookup",
    "preference",
    "order",
    "priority",
    "tos",
    "dsfield",
    "fwmark",
    "realms",
    "suppress_prefixlength",
    "sup_pl",
    "suppress_ifgroup",
    "sup_group",
    "dev",
    "iif",
    "oif",
    "tunnel-id",
    "uidrange",
    "protocol",
    "ipproto",
    "sport",
    "dport",
    "track_group",
    "type",
    "goto",
];

/// The words of a line, each with what stands behind it; where a line breaks off, the word that lacks its argument.
struct Pairs<'t> {
    list: Vec<(&'t Word, Option<&'t Word>)>,
    /// Words that are none of the known ones.
    bare: Vec<&'t Word>,
    lacking: Option<&'t Word>,
}

impl<'t> Pairs<'t> {
    fn of(line: &'t Item, words: &[&str], flags: &[&str]) -> Self {
        let mut pairs = Self {
            list: Vec::new(),
            bare: Vec::new(),
            lacking: None,
        };
        let mut rest = line.words.iter();
        while let Some(word) = rest.next() {
            if word.is("nexthop") || word.is("encap") {
                // What follows has a language of its own.
                break;
            }
            if flags.iter().any(|flag| word.is(flag)) {
                pairs.list.push((word, None));
            } else if words.iter().any(|known| word.is(known)) {
                let argument = rest.next();
                if argument.is_none() {
                    pairs.lacking = Some(word);
                }
                pairs.list.push((word, argument));
            } else {
                pairs.bare.push(word);
            }
        }
        pairs
    }

    fn has(&self, names: &[&str]) -> bool {
        self.list
            .iter()
            .any(|(word, _)| names.iter().any(|name| word.is(name)))
    }

    /// The arguments of some words.
    fn behind(&self, names: &[&str]) -> Vec<&'t Word> {
        let named = self
            .list
            .iter()
            .filter(|(word, _)| names.iter().any(|name| word.is(name)));
        named.filter_map(|(_, argument)| *argument).collect()
    }

    /// Reports a line that breaks off.
    fn breaks_off(&self, findings: &mut Findings) -> bool {
        let Some(word) = self.lacking else { return false };
        let found = Diagnostic::fatal(
            "missing-argument",
            word.span,
            format!("{} lacks its argument", word.text()),
        );
        findings.push(
            found
                .effect("the file is refused, as keepalived does")
                .help("complete the line"),
        );
        true
    }
}

fn anything(word: &Word) -> bool {
    ["default", "default6", "any", "all"]
        .iter()
        .any(|name| word.is(name))
}

/// An address with a length that fits.
fn prefix(word: &Word) -> bool {
    let text = word.text();
    let Some((ip, length)) = text.split_once('/') else {
        return text.parse::<IpAddr>().is_ok();
    };
    ip.parse::<IpAddr>().is_ok_and(|ip| {
        let most = if ip.is_ipv4() { 32 } else { 128 };
        length.parse::<u8>().is_ok_and(|length| length <= most)
    })
}

fn bad(word: &Word, what: &str) -> Diagnostic {
    reported("bad-line", word.span, format!("{:?} is no {what}", word.text()))
        .effect("keepalived leaves the line out; vrrpd does not carry this block out")
        .help("write the line as for ip route and ip rule")
}

fn numbers(pairs: &Pairs<'_>, names: &[&str], findings: &mut Findings) {
    for word in pairs.behind(names) {
        // `mtu lock 1400`
        if !number::integer(word.bytes()).whole && !word.is("lock") {
            findings.push(bad(word, "number"));
        }
    }
}

/// A line of `virtual_routes` or `static_routes`.
pub(super) fn route(line: &Item, findings: &mut Findings) {
    let pairs = Pairs::of(line, ROUTE_WORDS, ROUTE_FLAGS);
    if pairs.breaks_off(findings) {
        return;
    }
    let lock = pairs
        .list
        .iter()
        .any(|(_, argument)| argument.is_some_and(|word| word.is("lock")));
    let mut destinations = pairs.behind(&["to"]);
    destinations.extend(&pairs.bare);
    match destinations.as_slice() {
        [] => findings.push(
            reported("bad-line", line.span, "a route has a destination")
                .help("write default or a prefix in front"),
        ),
        [only] if anything(only) || prefix(only) => {}
        several => {
            let wrong = several.iter().find(|word| !anything(word) && !prefix(word));
            // A number behind `lock` looks like one.
            if let Some(wrong) = wrong.filter(|_| !lock) {
                findings.push(bad(wrong, "word or destination of a route"));
            }
        }
    }
    for word in pairs.behind(&["via", "gw", "src", "or"]) {
        if address(word).is_none() && !word.is("inet") && !word.is("inet6") {
            findings.push(bad(word, "address"));
        }
    }
    mixed(&pairs, &destinations, line, findings);
    numbers(
        &pairs,
        &[
            "metric",
            "priority",
            "preference",
            "mtu",
            "advmss",
            "window",
            "initcwnd",
            "initrwnd",
        ],
        findings,
    );
    for (old, new) in [("gw", "via"), ("or", "nexthop")] {
        if pairs.has(&[old]) {
            let found = reported("deprecated", line.span, format!("{old} is out of use in a route"));
            findings.push(found.help(format!("write {new}")));
        }
    }
    untracked(&pairs, line, findings);
}

/// IPv4 and IPv6 in one route.
fn mixed(pairs: &Pairs<'_>, destinations: &[&Word], line: &Item, findings: &mut Findings) {
    let words = pairs.behind(&["via", "gw", "src", "from"]);
    let mut addresses = words
        .into_iter()
        .chain(destinations.iter().copied())
        .filter_map(address);
    let Some(first) = addresses.next() else { return };
    if addresses.any(|other| other.is_ipv4() != first.is_ipv4()) {
        findings.push(reported("bad-line", line.span, "IPv4 and IPv6 in one line").help("write one family"));
    }
}

/// keepalived tracks each route, and cannot track one without an interface or of another protocol.
fn untracked(pairs: &Pairs<'_>, line: &Item, findings: &mut Findings) {
    if pairs.has(&["no_track"]) {
        return;
    }
    if !pairs.has(&["dev", "oif"]) {
        let found = reported(
            "untracked-route",
            line.span,
            "a route without dev cannot be tracked",
        )
        .effect("keepalived sets it and does not watch it");
        findings.push(found.help("add dev IF, or no_track if that is meant"));
    } else if pairs.has(&["protocol"])
        && !pairs
            .behind(&["protocol"])
            .iter()
            .any(|word| word.is("keepalived"))
    {
        let found = reported(
            "untracked-route",
            line.span,
            "a route of another protocol cannot be tracked",
        )
        .effect("keepalived gives it its own protocol number");
        findings.push(found.help("remove the protocol, or add no_track"));
    }
}

/// A line of `virtual_rules` or `static_rules`.
pub(super) fn rule(line: &Item, findings: &mut Findings) {
    let pairs = Pairs::of(line, RULE_WORDS, RULE_FLAGS);
    if pairs.breaks_off(findings) {
        return;
    }
    if let Some(word) = pairs.bare.first() {
        findings.push(bad(word, "word of a rule"));
        return;
    }
    for word in pairs.behind(&["from", "to"]) {
        if !anything(word) && !prefix(word) {
            findings.push(bad(word, "address"));
            return;
        }
    }
    mixed_rule(&pairs, line, findings);
    numbers(&pairs, &["preference", "order", "priority"], findings);
    for word in pairs.behind(&["fwmark"]) {
        let text = word.text();
        let mark = text.split('/').next().unwrap_or_default().to_owned();
        let hex = mark
            .strip_prefix("0x")
            .is_some_and(|digits| u32::from_str_radix(digits, 16).is_ok());
        if !hex && mark.parse::<u32>().is_err() {
            findings.push(bad(word, "mark"));
        }
    }
    let acts = [
        "table",
        "lookup",
        "goto",
        "nop",
        "blackhole",
        "prohibit",
        "unreachable",
        "type",
        "l3mdev",
        "suppress_prefixlength",
        "sup_pl",
        "suppress_ifgroup",
        "sup_group",
        "realms",
    ];
    if !pairs.has(&acts) {
        let found = reported("bad-line", line.span, "a rule without an action").help("add table N");
        findings.push(found);
    } else if !pairs.has(&["preference", "order", "priority"]) {
        let found = reported(
            "rule-without-preference",
            line.span,
            "a rule without a preference",
        )
        .effect("keepalived gives it one that counts down from 16384");
        findings.push(found.help("add priority N"));
    }
}

fn mixed_rule(pairs: &Pairs<'_>, line: &Item, findings: &mut Findings) {
    let families: Vec<bool> = pairs
        .behind(&["from", "to"])
        .into_iter()
        .filter_map(address)
        .map(|ip| ip.is_ipv4())
        .collect();
    if families.contains(&true) && families.contains(&false) {
        findings.push(reported("bad-line", line.span, "IPv4 and IPv6 in one line").help("write one family"));
    }
}
