//! `real = ADDRESS[->ADDRESS][:PORT] gate|masq|ipip [WEIGHT] ["REQUEST", "RECEIVE"] [l:LOWER] [u:UPPER]`.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use keepalived_conf::{Sourced, Span};

use super::address::{address, port, written};
use super::{Given, Reader};
use crate::line::{Directive, Kind, Word};
use crate::model::{Family, Forwarding, Protocol, Real};

/// More in one range is a slip, or hostile.
const RANGE_MAX: usize = 4096;

/// What ipvsadm takes.
const WEIGHT_MAX: u32 = 65_535;

const LOST: &str = "this real server is left out; ldirectord does not load such a file";

/// What the words behind the address say.
struct Rest {
    forwarding: Forwarding,
    weight: Sourced<u32>,
    request: Option<Sourced<String>>,
    receive: Option<Sourced<String>>,
    lower: Sourced<u32>,
    upper: Sourced<u32>,
}

impl Reader<'_> {
    pub(super) fn reals(&mut self, given: &Given<'_>, family: Family, protocol: Protocol) -> Vec<Real> {
        let mut reals: Vec<Real> = Vec::new();
        let mut known: BTreeSet<(IpAddr, u16)> = BTreeSet::new();
        for directive in &given.reals {
            for real in self.real(directive, family, protocol) {
                if known.insert((real.address, real.port)) {
                    reals.push(real);
                } else {
                    self.lost(
                        "duplicate-real",
                        real.span,
                        format!(
                            "{} is a real server of this virtual server already",
                            SocketAddr::new(real.address, real.port)
                        ),
                        "the first one counts",
                        "take one of both out, or give the first a greater weight",
                    );
                }
            }
        }
        reals
    }

    fn real(&mut self, directive: &Directive, family: Family, protocol: Protocol) -> Vec<Real> {
        let six = directive.name == "real6";
        if six != (family == Family::Ipv6) {
            let (has, write) = if six { ("IPv4", "real") } else { ("IPv6", "real6") };
            self.lost(
                "family-mismatch",
                directive.name_span,
                format!("{} stands below a virtual server of {has}", directive.name),
                LOST,
                format!("write {write}, and an address of {has}"),
            );
            return Vec::new();
        }
        let Some((target, words)) = directive.words.split_first().filter(|_| directive.equals) else {
            self.lost(
                "no-value",
                directive.name_span,
                format!("{} has no address", directive.name),
                LOST,
                format!("write {} = ADDRESS:PORT gate", directive.name),
            );
            return Vec::new();
        };
        let Some((hosts, port)) = self.targets(target, family, protocol) else {
            return Vec::new();
        };
        let Some(rest) = self.rest(directive, words) else {
            return Vec::new();
        };
        if hosts.len() > self.reals_left {
            self.lost(
                "too-many-reals",
                target.span,
                "there are more than 262144 real servers in this file",
                "those from here on are left out",
                "part the file",
            );
            return Vec::new();
        }
        self.reals_left = self.reals_left.saturating_sub(hosts.len());
        let one = |(address, host): (IpAddr, Option<String>)| Real {
            span: directive.span,
            host,
            address,
            port,
            forwarding: rest.forwarding,
            weight: rest.weight,
            request: rest.request.clone(),
            receive: rest.receive.clone(),
            lower_connections: rest.lower,
            upper_connections: rest.upper,
        };
        hosts.into_iter().map(one).collect()
    }

    #[allow(
        clippy::type_complexity,
        reason = "an address and the name it was found by, for each; and their port"
    )]
    fn targets(
        &mut self,
        target: &Word,
        family: Family,
        protocol: Protocol,
    ) -> Option<(Vec<(IpAddr, Option<String>)>, u16)> {
        match self.try_targets(&target.text, family, protocol) {
            Ok(found) => Some(found),
            Err((code, message, help)) => {
                self.lost(code, target.span, message, LOST, help);
                None
            }
        }
    }

    #[allow(
        clippy::type_complexity,
        reason = "as of targets, and code, message and help of what is wrong"
    )]
    fn try_targets(
        &self,
        text: &str,
        family: Family,
        protocol: Protocol,
    ) -> Result<(Vec<(IpAddr, Option<String>)>, u16), (&'static str, String, &'static str)> {
        let named = |(message, help)| ("no-address", message, help);
        let (from, to) = match text.split_once("->") {
            Some((from, to)) => (from, Some(to)),
            None => (text, None),
        };
        let brackets = || {
            let message = format!("the brackets of '{text}' do not match");
            ("no-address", message, "write [ADDRESS]:PORT")
        };
        let last = written(to.unwrap_or(from)).ok_or_else(brackets)?;
        let number = match last.port {
            Some(text) => port(text, protocol, self.names).map_err(|(m, h)| ("no-port", m, h))?,
            None => 0,
        };
        let Some(_) = to else {
            let (address, host) = address(last.host, family, self.names).map_err(named)?;
            return Ok((vec![(address, host)], number));
        };
        let (low, _) = address(from, family, self.names).map_err(named)?;
        let (high, _) = address(last.host, family, self.names).map_err(named)?;
        let (IpAddr::V4(low), IpAddr::V4(high)) = (low, high) else {
            let message = "a range is of IPv4 addresses".to_owned();
            return Err(("bad-range", message, "write each server in a line of its own"));
        };
        let (first, end) = (u32::from(low), u32::from(high));
        if first > end {
            let message = format!("the range begins with {low} and ends before it, with {high}");
            return Err(("bad-range", message, "write the lower address first"));
        }
        let count =
            usize::try_from(end.abs_diff(first)).map_or(usize::MAX, |between| between.saturating_add(1));
        if count > RANGE_MAX {
            let message = format!("the range has {count} addresses, and {RANGE_MAX} are allowed");
            return Err(("bad-range", message, "part it, if that many servers are meant"));
        }
        let hosts = (first..=end).map(|address| (IpAddr::from(Ipv4Addr::from(address)), None));
        Ok((hosts.collect(), number))
    }

    fn rest(&mut self, directive: &Directive, words: &[Word]) -> Option<Rest> {
        let mut words = words.iter().filter(|word| word.kind != Kind::Comma).peekable();
        let method = words.next();
        let forwarding = method.and_then(|word| forwarding(&word.text));
        let Some(forwarding) = forwarding else {
            let (span, said) = match method {
                Some(word) => (word.span, format!("'{}' is no way to a real server", word.text)),
                None => (directive.span, "how packets get to it is not said".to_owned()),
            };
            self.lost(
                "no-forwarding",
                span,
                said,
                LOST,
                "write gate, masq or ipip behind the address",
            );
            return None;
        };
        let mut rest = Rest {
            forwarding,
            weight: Sourced::default(1),
            request: None,
            receive: None,
            lower: Sourced::default(0),
            upper: Sourced::default(0),
        };
        // As for ipvsadm: ldirectord takes it so too.
        let _ = words.next_if(|word| word.text == "-w");
        if let Some(weight) = words.next_if(|word| is_weight(word)) {
            rest.weight = Sourced::line(self.weight(weight)?, weight.span);
        }
        self.strings_and_limits(&mut rest, words)?;
        self.limits(directive.span, &mut rest);
        Some(rest)
    }

    fn weight(&mut self, word: &Word) -> Option<u32> {
        let weight = word.text.parse().ok().filter(|weight| *weight <= WEIGHT_MAX);
        if weight.is_none() {
            self.lost(
                "weight-range",
                word.span,
                format!("the weight is '{}'", word.text),
                "this real server is left out",
                "write a number from 0 to 65535",
            );
        }
        weight
    }

    fn strings_and_limits<'w>(
        &mut self,
        rest: &mut Rest,
        words: impl Iterator<Item = &'w Word>,
    ) -> Option<()> {
        for word in words {
            if let Some((lower, connections)) = limit(&word.text) {
                let which = if lower { &mut rest.lower } else { &mut rest.upper };
                *which = Sourced::line(connections, word.span);
                if word.kind == Kind::Quoted {
                    self.said_quoted_limit(word.span);
                }
                continue;
            }
            let text = Sourced::line(word.text.clone(), word.span);
            match (word.kind, &rest.request, &rest.receive) {
                (Kind::Quoted, None, _) => rest.request = Some(text),
                (Kind::Quoted, Some(_), None) => rest.receive = Some(text),
                _ => {
                    let quote = word.kind == Kind::Open;
                    let help = if quote {
                        "write \" at the end of the text"
                    } else {
                        "write WEIGHT \"REQUEST\", \"RECEIVE\" l:LOWER u:UPPER in this order, or leave out what is not needed"
                    };
                    let code = if quote { "unmatched-quote" } else { "stray-word" };
                    let said = format!("'{}' has no meaning here", word.text);
                    self.lost(code, word.span, said, LOST, help);
                    return None;
                }
            }
        }
        Some(())
    }

    fn said_quoted_limit(&mut self, span: Span) {
        self.warn(
            "quoted-threshold",
            span,
            "this threshold stands in quotes",
            "it is taken as one; ldirectord takes it for a request",
            "write it without quotes, as l:5 or u:10",
        );
    }

    /// The kernel refuses a lower limit that is not below the upper one.
    fn limits(&mut self, span: Span, rest: &mut Rest) {
        let [lower, upper] = [&rest.lower, &rest.upper].map(|limit| limit.value);
        if lower > upper {
            self.warn(
                "threshold-order",
                span,
                format!("the lower threshold {lower} is above the upper one, {upper}"),
                "neither is set: the kernel refuses such",
                "write u: with more connections than l:",
            );
            rest.lower = Sourced::default(0);
            rest.upper = Sourced::default(0);
        }
    }
}

pub(super) fn forwarding(text: &str) -> Option<Forwarding> {
    match text {
        "gate" => Some(Forwarding::Gate),
        "masq" => Some(Forwarding::Masq),
        "ipip" => Some(Forwarding::Ipip),
        _ => None,
    }
}

fn is_weight(word: &Word) -> bool {
    let mut signs = word.text.chars();
    word.kind == Kind::Bare
        && signs
            .next()
            .is_some_and(|first| first == '-' || first.is_ascii_digit())
}

/// `l:5` or `u:5`, also as the manual has it: `<l:5>`.
fn limit(text: &str) -> Option<(bool, u32)> {
    let bare = text.strip_prefix('<').and_then(|inside| inside.strip_suffix('>'));
    let (which, connections) = bare.unwrap_or(text).split_once(':')?;
    let connections = connections.parse().ok()?;
    match which {
        "l" => Some((true, connections)),
        "u" => Some((false, connections)),
        _ => None,
    }
}
