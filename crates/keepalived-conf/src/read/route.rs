//! Lines of `virtual_routes` and `static_routes`: the words of `ip route`.

use std::net::IpAddr;

use ipnet::IpNet;

use super::Reader;
use super::iproute::Kind;
use super::line_words::{Words, Wrong, bad, everywhere, is_everywhere, number_within, prefix};
use super::route_report::{bad_line, is_static, refused_by_the_kernel};
use crate::diagnostic::Diagnostic;
use crate::lexer::Word;
use crate::model::{Missing, Route, RouteHop, RouteKind, RouteMetric, RoutePlacement, Sourced};
use crate::number;
use crate::source::Span;
use crate::tree::Item;

/// `RTAX_FEATURE_ECN` of linux/rtnetlink.h.
const FEATURE_ECN: u32 = 1;
/// Words with a number for the kernel (`RTAX_*`), and the greatest.
const METRICS: [(&str, u16, u32); 11] = [
    ("mtu", 2, u32::MAX),
    ("window", 3, u32::MAX),
    ("ssthresh", 6, u32::MAX),
    ("cwnd", 7, u32::MAX),
    ("advmss", 8, u32::MAX),
    ("reordering", 9, u32::MAX),
    ("hoplimit", 10, 255),
    ("initcwnd", 11, u32::MAX),
    ("initrwnd", 14, u32::MAX),
    ("quickack", 15, 1),
    ("fastopen_no_cookie", 17, 1),
];
/// Words with a time, and what the kernel counts of a millisecond.
const TIME_LEAST_MS: u32 = 200;
const TIMES: [(&str, u16, u32); 3] = [("rtt", 4, 8), ("rttvar", 5, 4), ("rto_min", 13, 1)];

/// A line as far as it was read.
#[derive(Default)]
struct Draft {
    ipv6: Option<bool>,
    /// `None` inside: everywhere.
    to: Option<Option<IpNet>>,
    only: RouteHop,
    hops: Vec<RouteHop>,
    /// `via inet6` of an IPv4 route.
    any_family: bool,
    kind: RouteKind,
    source: Option<IpAddr>,
    from: Option<IpNet>,
    table: Option<u32>,
    metric: Option<u32>,
    scope: Option<u8>,
    protocol: Option<u8>,
    tos: u8,
    metrics: Vec<RouteMetric>,
    congestion: Option<(String, bool)>,
    preference: Option<u8>,
    expires_s: Option<u32>,
    ttl_propagate: Option<bool>,
    placement: RoutePlacement,
    no_track: bool,
    track_group: Option<Sourced<String>>,
    deprecated: Vec<(&'static str, &'static str)>,
    /// Another destination behind the first.
    again: Option<(Span, bool)>,
    /// Words that change nothing.
    ignored: Vec<(Span, String, &'static str)>,
    /// Times that are shorter than keepalived lets them be.
    raised: Vec<&'static str>,
}

impl Reader<'_> {
    /// The lines of a block of routes; what is not carried out of them goes to `missing`.
    pub(super) fn routes(&mut self, block: &Item, missing: &mut Vec<Missing>) -> Vec<Route> {
        let mut routes = Vec::new();
        for line in block.items() {
            match read(Words::new(&line.words, &self.names, is_static(block))) {
                Ok(draft) => routes.extend(self.route(line, draft)),
                Err(wrong) => self.wrong_routing(block, wrong, missing),
            }
        }
        routes
    }

    fn route(&mut self, line: &Item, draft: Draft) -> Option<Route> {
        for (old, new) in &draft.deprecated {
            let text = format!("{old} is out of use in a route");
            let found = Diagnostic::error("deprecated", line.span, text)
                .effect("it is understood, as by keepalived")
                .help(format!("write {new}"));
            self.push(found);
        }
        for (span, text, help) in &draft.ignored {
            let found = Diagnostic::error("unknown-option", *span, text.clone())
                .effect("it is ignored, as keepalived does")
                .help(*help);
            self.push(found);
        }
        if let Some((span, told)) = draft.again {
            let found = Diagnostic::warning("set-again", span, "a route has one destination")
                .effect("the last one counts, as with keepalived")
                .help("write a line for each destination");
            // It reports a second default, and no other one.
            self.push(if told { found } else { found.silent() });
        }
        for name in &draft.raised {
            let text = format!("{name} is at least {TIME_LEAST_MS} ms");
            let found = Diagnostic::warning("short-time", line.span, text)
                .silent()
                .effect("it is that, as with keepalived; a number without ms or s counts as the kernel does")
                .help(format!("write {name} {TIME_LEAST_MS}ms or more"));
            self.push(found);
        }
        let mut route = match draft.finish(line) {
            Ok(route) => route,
            Err(why) => {
                self.push(bad_line(line, why));
                return None;
            }
        };
        self.untracked(line, &mut route);
        if let Some(why) = refused_by_the_kernel(&route) {
            let found = Diagnostic::error("impossible-route", line.span, format!("a route with {why}"))
                .silent()
                .effect("the line is left out: the kernel takes no such route, which keepalived finds out when it is Active")
                .help("write the line as for ip route add");
            self.push(found);
            return None;
        }
        Some(route)
    }
}

/// The name or number of a kind of route; behind it stands where it leads.
fn is_kind(word: &Word) -> bool {
    let number = number::integer(word.bytes());
    let numbered = word.bytes().is_empty() || (number.whole && (0..=255).contains(&number.value));
    numbered || RouteKind::of(word.bytes()).is_some()
}

fn read(mut words: Words<'_>) -> Result<Draft, Wrong> {
    let mut draft = Draft::default();
    let mut leads = false;
    while let Some(word) = words.next() {
        if words.peek().is_none() && is_kind(word) && !leads {
            return Err(Wrong::Lacks(word.span, word.text()));
        }
        // What stands behind these is a destination.
        let family = word.is("inet") || word.is("inet6");
        leads = family || is_everywhere(word) || RouteKind::of(word.bytes()).is_some();
        let done = draft.plain(word)?
            || draft.way(word, &mut words)?
            || draft.place(word, &mut words)?
            || draft.tuned(word, &mut words)?;
        if !done {
            draft.destination(word)?;
        }
    }
    Ok(draft)
}

impl Draft {
    /// Words without an argument, and those that are not carried out.
    fn plain(&mut self, word: &Word) -> Result<bool, Wrong> {
        match word.bytes() {
            b"inet" => self.ipv6 = Some(false),
            b"inet6" => self.ipv6 = Some(true),
            b"onlink" => self.only.onlink = true,
            b"no_track" => self.no_track = true,
            b"add" => self.placement = RoutePlacement::Add,
            b"prepend" => self.placement = RoutePlacement::Prepend,
            b"append" => self.placement = RoutePlacement::Append,
            b"encap" => {
                let why = "light-weight tunnels are not built: the packets would leave without their tunnel";
                return Err(Wrong::CannotDo(word.span, "encap", why));
            }
            b"vrf" => {
                let why = "the table of a routing domain is not looked up: name it by table";
                return Err(Wrong::CannotDo(word.span, "vrf", why));
            }
            other => match RouteKind::of(other) {
                Some(kind) => self.kind = kind,
                None => return Ok(false),
            },
        }
        Ok(true)
    }

    /// Where packets go, and where they come from.
    fn way(&mut self, word: &Word, words: &mut Words<'_>) -> Result<bool, Wrong> {
        match word.bytes() {
            b"to" => {
                let to = words.behind(word)?;
                self.destination(to)?;
            }
            b"via" | b"gw" => {
                let (gateway, written) = words.gateway(word)?;
                self.only.gateway = Some(gateway);
                self.any_family |= written;
                if word.is("gw") {
                    self.deprecated.push(("gw", "via"));
                }
            }
            b"or" => {
                let (gateway, _) = words.gateway(word)?;
                self.deprecated.push(("or", "nexthop"));
                if self.hops.is_empty() {
                    self.hops.push(std::mem::take(&mut self.only));
                }
                self.hops.push(RouteHop {
                    gateway: Some(gateway),
                    ..RouteHop::default()
                });
            }
            b"nexthop" => {
                let hop = self.next_hop(words)?;
                self.hops.push(hop);
            }
            b"src" => self.source = Some(words.ip(word)?),
            b"dev" | b"oif" => self.only.dev = Some(words.device(word)?),
            b"from" => {
                let from = words.behind(word)?;
                self.from = match is_everywhere(from) {
                    true => None,
                    false => Some(prefix(from).ok_or_else(|| bad(from, "address or prefix"))?),
                };
            }
            b"realms" => self.only.realms = Some(words.realms(word)?),
            b"as" => {
                let to = words.behind(word)?;
                if to.is("to") {
                    let _address = words.behind(to)?;
                }
                let text = "as is for MPLS alone".to_owned();
                self.ignored.push((word.span, text, "remove it"));
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The words behind `nexthop`, up to the next one.
    fn next_hop(&mut self, words: &mut Words<'_>) -> Result<RouteHop, Wrong> {
        let mut hop = RouteHop::default();
        while let Some(word) = words.peek().filter(|word| !word.is("nexthop")) {
            let _same = words.next();
            match word.bytes() {
                b"via" => {
                    let (gateway, written) = words.gateway(word)?;
                    hop.gateway = Some(gateway);
                    self.any_family |= written;
                }
                b"dev" | b"oif" => hop.dev = Some(words.device(word)?),
                b"weight" => {
                    let weight = words.number(word, 256)?;
                    hop.weight = u16::try_from(weight)
                        .ok()
                        .filter(|weight| *weight > 0)
                        .ok_or_else(|| bad(word, "weight from 1 to 256"))?;
                }
                b"onlink" => hop.onlink = true,
                b"realms" => hop.realms = Some(words.realms(word)?),
                _ => {
                    let _tunnel = self.plain(word)?;
                    return Err(bad(word, "word of a nexthop"));
                }
            }
        }
        Ok(hop)
    }

    /// Where the route stands, and what is known of it.
    fn place(&mut self, word: &Word, words: &mut Words<'_>) -> Result<bool, Wrong> {
        let byte = |number: u32| u8::try_from(number).unwrap_or(u8::MAX);
        match word.bytes() {
            b"table" => {
                let what = "routing table (rt_tables names them)";
                self.table = Some(words.named(word, Kind::Table, u32::MAX, what)?);
            }
            b"metric" | b"priority" | b"preference" => self.metric = Some(words.number(word, u32::MAX)?),
            b"scope" => {
                self.scope = Some(byte(words.named(
                    word,
                    Kind::Scope,
                    255,
                    "scope (rt_scopes names them)",
                )?));
            }
            b"protocol" => {
                let what = "protocol (rt_protos names them)";
                self.protocol = Some(byte(words.named(word, Kind::Protocol, 255, what)?));
            }
            b"tos" | b"dsfield" => {
                self.tos = byte(words.named(word, Kind::Service, 255, "type of service")?);
            }
            b"expires" => self.expires_s = Some(words.number(word, u32::MAX)?),
            b"pref" => {
                let value = words.behind(word)?;
                self.preference = Some(match value.bytes() {
                    b"low" => 3,
                    b"medium" => 0,
                    b"high" => 1,
                    _ => return Err(bad(value, "preference: low, medium or high")),
                });
            }
            b"ttl-propagate" => {
                let value = words.behind(word)?;
                self.ttl_propagate = Some(match value.bytes() {
                    b"enabled" => true,
                    b"disabled" => false,
                    _ => return Err(bad(value, "choice: enabled or disabled")),
                });
            }
            b"track_group" if words.is_static => {
                let value = words.behind(word)?;
                self.track_group = Some(Sourced::line(value.text(), value.span));
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Numbers that are tuned for one route.
    fn tuned(&mut self, word: &Word, words: &mut Words<'_>) -> Result<bool, Wrong> {
        let mut put = |name, kind, value, locked| {
            self.metrics.retain(|metric| metric.kind != kind);
            self.metrics.push(RouteMetric {
                name,
                kind,
                value,
                locked,
            });
        };
        if let Some((name, kind, most)) = METRICS.iter().find(|(name, _, _)| word.is(name)) {
            let (value, locked) = words.lockable(word)?;
            put(name, *kind, number_within(value, *most)?, locked);
        } else if let Some((name, kind, parts)) = TIMES.iter().find(|(name, _, _)| word.is(name)) {
            let (value, locked) = words.lockable(word)?;
            let asked = time(value, *parts)?;
            let least = TIME_LEAST_MS.saturating_mul(*parts);
            put(name, *kind, asked.max(least), locked);
            if asked < least {
                self.raised.push(name);
            }
        } else if word.is("features") {
            let value = words.behind(word)?;
            if value.is("ecn") {
                put("features", 12, FEATURE_ECN, false);
            } else {
                let text = format!("{:?} is no feature of a route", value.text());
                self.ignored.push((value.span, text, "ecn is the one there is"));
            }
        } else if word.is("congctl") {
            let (value, locked) = words.lockable(word)?;
            self.congestion = Some((value.text(), locked));
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    fn destination(&mut self, word: &Word) -> Result<(), Wrong> {
        let to = if is_everywhere(word) {
            if word.is("default6") {
                self.deprecated.push(("default6", "inet6 default"));
                self.ipv6 = Some(true);
            }
            None
        } else {
            Some(prefix(word).ok_or_else(|| bad(word, "word or destination of a route"))?)
        };
        if self.to.replace(to).is_some() {
            let told = self.again.is_some_and(|(_, told)| told);
            self.again = Some((word.span, told || is_everywhere(word)));
        }
        Ok(())
    }

    fn finish(mut self, line: &Item) -> Result<Route, &'static str> {
        let to = self
            .to
            .ok_or("a route has a destination: write default or a prefix in front")?;
        if self.hops.is_empty() && self.only != RouteHop::default() {
            self.hops.push(self.only.clone());
        }
        let written = to.map(|net| net.addr().is_ipv6()).or(self.ipv6);
        let gateways = self.hops.iter().filter_map(|hop| hop.gateway);
        let mut others: Vec<IpAddr> = self
            .source
            .into_iter()
            .chain(self.from.map(|from| from.addr()))
            .collect();
        if !self.any_family {
            others.extend(gateways);
        }
        let ipv6 = written
            .or_else(|| others.first().map(IpAddr::is_ipv6))
            .unwrap_or(false);
        if others.iter().any(|address| address.is_ipv6() != ipv6)
            || self.ipv6.is_some_and(|hint| hint != ipv6)
        {
            return Err("IPv4 and IPv6 in one line");
        }
        if !ipv6 && (self.from.is_some() || self.preference.is_some() || self.expires_s.is_some()) {
            return Err("from, pref and expires are for IPv6");
        }
        Ok(Route {
            to: to.unwrap_or_else(|| everywhere(ipv6)),
            kind: self.kind,
            hops: self.hops,
            source: self.source,
            from: self.from,
            table: self.table,
            metric: self.metric,
            scope: self.scope,
            protocol: self.protocol,
            tos: self.tos,
            metrics: self.metrics,
            congestion: self.congestion,
            preference: self.preference,
            expires_s: self.expires_s,
            ttl_propagate: self.ttl_propagate,
            placement: self.placement,
            no_track: self.no_track,
            track_group: self.track_group,
            span: line.span,
        })
    }
}

/// A number as the kernel counts, or a time with `s` or `ms` behind it.
fn time(word: &Word, parts: u32) -> Result<u32, Wrong> {
    let text = word.text();
    let unit = |suffix: &str, ms: u32| {
        let number: u32 = text.strip_suffix(suffix)?.parse().ok()?;
        number.checked_mul(ms)?.checked_mul(parts)
    };
    match unit("ms", 1).or_else(|| unit("s", 1000)) {
        Some(value) => Ok(value),
        None => number_within(word, u32::MAX),
    }
}
