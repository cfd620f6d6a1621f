//! Lines of `virtual_rules` and `static_rules`: the words of `ip rule`.

use ipnet::IpNet;

use super::Reader;
use super::iproute::{Kind, any_base};
use super::line_words::{Words, Wrong, bad, is_everywhere, prefix};
use super::route_report::is_static;
use crate::diagnostic::Diagnostic;
use crate::lexer::Word;
use crate::model::{Missing, Rule, RuleAction, Sourced};
use crate::source::Span;
use crate::tree::Item;

/// Rules without a preference get this one and those below it.
const PREFERENCE_FIRST: u32 = 16384;
/// Protocols by name, as /etc/protocols has them.
const PROTOCOLS: [(&str, u8); 14] = [
    ("icmp", 1),
    ("igmp", 2),
    ("ipencap", 4),
    ("tcp", 6),
    ("udp", 17),
    ("dccp", 33),
    ("ipv6", 41),
    ("gre", 47),
    ("esp", 50),
    ("ah", 51),
    ("ipv6-icmp", 58),
    ("ospf", 89),
    ("vrrp", 112),
    ("sctp", 132),
];

/// A line as far as it was read.
#[derive(Default)]
struct Draft {
    ipv6: Option<bool>,
    preference: Option<Sourced<u32>>,
    action: Option<RuleAction>,
    rest: Rest,
}

/// Everything that needs no second thought.
#[derive(Default)]
struct Rest {
    invert: bool,
    from: Option<IpNet>,
    to: Option<IpNet>,
    incoming: Option<String>,
    outgoing: Option<String>,
    tos: u8,
    mark: Option<(u32, u32)>,
    realms: Option<u32>,
    suppress_prefix: Option<u32>,
    suppress_group: Option<u32>,
    tunnel: Option<u64>,
    users: Option<(u32, u32)>,
    ip_protocol: Option<u8>,
    source_ports: Option<(u16, u16)>,
    destination_ports: Option<(u16, u16)>,
    protocol: Option<u8>,
    no_track: bool,
    track_group: Option<Sourced<String>>,
    single_ports: Vec<Span>,
}

impl Reader<'_> {
    /// The lines of a block of rules.
    pub(super) fn rules(&mut self, block: &Item, missing: &mut Vec<Missing>) -> Vec<Rule> {
        let mut rules = Vec::new();
        for line in block.items() {
            match read(Words::new(&line.words, &self.names, is_static(block))) {
                Ok(draft) => rules.extend(self.rule(line, draft)),
                Err(wrong) => self.wrong_routing(block, wrong, missing),
            }
        }
        rules
    }

    fn rule(&mut self, line: &Item, draft: Draft) -> Option<Rule> {
        let wrong = |why: &'static str| {
            Diagnostic::error("bad-line", line.span, why)
                .effect("the line is left out, as keepalived does")
                .help("write the line as for ip rule add")
        };
        let mut families = draft
            .rest
            .from
            .iter()
            .chain(&draft.rest.to)
            .map(|net| net.addr().is_ipv6());
        let ipv6 = draft.ipv6.or_else(|| families.clone().next()).unwrap_or(false);
        if families.any(|other| other != ipv6) {
            self.push(wrong("IPv4 and IPv6 in one line"));
            return None;
        }
        let Some(action) = draft.action else {
            self.push(wrong("a rule without an action").help("add table N"));
            return None;
        };
        for span in &draft.rest.single_ports {
            let found = Diagnostic::error("single-port", *span, "one port, and no range")
                .effect(
                    "it is that port; keepalived 2.2.7 leaves the word out, and its rule matches every port",
                )
                .help("write A-A, which every release takes");
            self.push(found);
        }
        let preference = draft.preference.unwrap_or_else(|| self.next_preference(line));
        if let RuleAction::Goto(target) = action
            && target <= preference.value
        {
            let found =
                wrong("a rule that goes back, or to itself").help("write a goto above its own priority");
            self.push(found);
            return None;
        }
        Some(draft.rest.finish(ipv6, preference, action, line))
    }

    fn next_preference(&mut self, line: &Item) -> Sourced<u32> {
        let value = PREFERENCE_FIRST.saturating_sub(self.unnumbered_rules);
        self.unnumbered_rules = self.unnumbered_rules.saturating_add(1);
        let text = "a rule without a preference";
        let found = Diagnostic::error("rule-without-preference", line.span, text)
            .effect(format!(
                "it gets {value}, as with keepalived, which counts down from {PREFERENCE_FIRST}"
            ))
            .help("add priority N");
        self.push(found);
        Sourced::implied(value, "its place among the rules without a preference")
    }
}

fn read(mut words: Words<'_>) -> Result<Draft, Wrong> {
    let mut draft = Draft::default();
    while let Some(word) = words.next() {
        let done = draft.act(word, &mut words)?
            || draft.rest.place(word, &mut words)?
            || draft.rest.traffic(word, &mut words)?;
        if !done {
            return Err(bad(word, "word of a rule"));
        }
    }
    Ok(draft)
}

impl Draft {
    fn act(&mut self, word: &Word, words: &mut Words<'_>) -> Result<bool, Wrong> {
        let mut word = word;
        if word.is("type") {
            word = words.behind(word)?;
            if word.is("unicast") {
                return Ok(true);
            }
        }
        let action = match word.bytes() {
            b"table" | b"lookup" => {
                let what = "routing table (rt_tables names them)";
                let table = words.named(word, Kind::Table, u32::MAX, what)?;
                if table == 0 {
                    return Err(bad(word, "word in front of 0, which is no table"));
                }
                RuleAction::Table(table)
            }
            b"l3mdev" => RuleAction::L3mdev,
            b"goto" => RuleAction::Goto(words.number(word, u32::MAX)?),
            b"nop" => RuleAction::Nop,
            b"blackhole" => RuleAction::Blackhole,
            b"unreachable" => RuleAction::Unreachable,
            b"prohibit" => RuleAction::Prohibit,
            _ => return self.order(word, words),
        };
        if self.action.replace(action).is_some() {
            return Err(bad(word, "word of a rule that has an action already"));
        }
        Ok(true)
    }

    fn order(&mut self, word: &Word, words: &mut Words<'_>) -> Result<bool, Wrong> {
        match word.bytes() {
            b"inet" => self.ipv6 = Some(false),
            b"inet6" => self.ipv6 = Some(true),
            b"preference" | b"order" | b"priority" => {
                let number = words.number(word, u32::MAX)?;
                self.preference = Some(Sourced::line(number, word.span));
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
}

impl Rest {
    fn place(&mut self, word: &Word, words: &mut Words<'_>) -> Result<bool, Wrong> {
        let net = |word: &Word| {
            if is_everywhere(word) {
                return Ok(None);
            }
            prefix(word)
                .map(Some)
                .ok_or_else(|| bad(word, "address or prefix"))
        };
        match word.bytes() {
            b"not" => self.invert = true,
            b"no_track" => self.no_track = true,
            b"from" => self.from = net(words.behind(word)?)?,
            b"to" => self.to = net(words.behind(word)?)?,
            b"dev" | b"iif" => self.incoming = Some(words.device(word)?),
            b"oif" => self.outgoing = Some(words.device(word)?),
            b"suppress_prefixlength" | b"sup_pl" => self.suppress_prefix = Some(words.number(word, 128)?),
            b"suppress_ifgroup" | b"sup_group" => {
                let group = words.named(word, Kind::Group, u32::MAX, "group of interfaces")?;
                self.suppress_group = Some(group);
            }
            b"protocol" => {
                let number = words.named(word, Kind::Protocol, 255, "protocol (rt_protos names them)")?;
                self.protocol = u8::try_from(number).ok();
            }
            b"track_group" if words.is_static => {
                let value = words.behind(word)?;
                self.track_group = Some(Sourced::line(value.text(), value.span));
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn traffic(&mut self, word: &Word, words: &mut Words<'_>) -> Result<bool, Wrong> {
        let ports = |(first, last): (u32, u32)| {
            let port = |number: u32| u16::try_from(number).unwrap_or(u16::MAX);
            Some((port(first), port(last)))
        };
        match word.bytes() {
            b"tos" | b"dsfield" => {
                let number = words.named(word, Kind::Service, 255, "type of service")?;
                self.tos = u8::try_from(number).unwrap_or(0);
            }
            b"fwmark" => {
                let value = words.behind(word)?;
                let text = value.text();
                let (mark, mask) = text.split_once('/').unwrap_or((&text, "0xffffffff"));
                match (any_base(mark), any_base(mask)) {
                    (Some(mark), Some(mask)) => self.mark = Some((mark, mask)),
                    _ => return Err(bad(value, "mark")),
                }
            }
            b"realms" => self.realms = Some(words.realms(word)?),
            b"tunnel-id" => self.tunnel = Some(u64::from(words.number(word, u32::MAX)?)),
            b"uidrange" => {
                let value = words.peek().filter(|value| !value.bytes().contains(&b'-'));
                if let Some(value) = value {
                    return Err(bad(value, "range of users, as in 1000-2000"));
                }
                self.users = Some(words.range(word, u32::MAX)?);
            }
            b"ipproto" => {
                let value = words.behind(word)?;
                let known = PROTOCOLS.iter().find(|(name, _)| value.is(name));
                let number = any_base(&value.text()).and_then(|number| u8::try_from(number).ok());
                let protocol = known.map(|(_, number)| *number).or(number);
                self.ip_protocol = Some(protocol.ok_or_else(|| bad(value, "IP protocol"))?);
            }
            b"sport" => self.source_ports = ports(self.port(words.range(word, 65535)?, word)),
            b"dport" => self.destination_ports = ports(self.port(words.range(word, 65535)?, word)),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// keepalived 2.2.7 wants two.
    fn port(&mut self, range: (u32, u32), word: &Word) -> (u32, u32) {
        if range.0 == range.1 {
            self.single_ports.push(word.span);
        }
        range
    }

    fn finish(self, ipv6: bool, preference: Sourced<u32>, action: RuleAction, line: &Item) -> Rule {
        Rule {
            ipv6,
            preference,
            action,
            invert: self.invert,
            from: self.from,
            to: self.to,
            incoming: self.incoming,
            outgoing: self.outgoing,
            tos: self.tos,
            mark: self.mark,
            realms: self.realms,
            suppress_prefix: self.suppress_prefix,
            suppress_group: self.suppress_group,
            tunnel: self.tunnel,
            users: self.users,
            ip_protocol: self.ip_protocol,
            source_ports: self.source_ports,
            destination_ports: self.destination_ports,
            protocol: self.protocol,
            no_track: self.no_track,
            track_group: self.track_group,
            span: line.span,
        }
    }
}
