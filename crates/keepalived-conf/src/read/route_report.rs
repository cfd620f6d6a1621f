//! What is said of lines of routes and rules that are not carried out as they are written.

use super::Reader;
use super::line_words::Wrong;
use crate::diagnostic::Diagnostic;
use crate::keywords::Scope;
use crate::model::{Missing, Route, RouteHop, RouteKind};
use crate::tree::Item;

/// keepalived's protocol number (linux/rtnetlink.h).
const KEEPALIVED: u8 = 18;

/// A block at the top, and not of an instance.
pub(super) fn is_static(block: &Item) -> bool {
    block
        .keyword
        .is_some_and(|keyword| keyword.name.starts_with("static"))
}

pub(super) fn bad_line(line: &Item, why: impl Into<String>) -> Diagnostic {
    Diagnostic::error("bad-line", line.span, why)
        .effect("the line is left out, as keepalived does")
        .help("write the line as for ip route and ip rule")
}

/// What netlink would answer with "invalid".
pub(super) fn refused_by_the_kernel(route: &Route) -> Option<&'static str> {
    let ipv4 = route.to.addr().is_ipv4();
    let sends_on = !matches!(
        route.kind,
        RouteKind::Throw | RouteKind::Unreachable | RouteKind::Prohibit | RouteKind::Blackhole
    );
    let nowhere = |hop: &RouteHop| hop.gateway.is_none() && hop.dev.is_none();
    match () {
        () if route.to.addr() != route.to.network() => Some("bits set behind the prefix of its destination"),
        () if sends_on && route.hops.is_empty() => Some("neither a gateway (via) nor an interface (dev)"),
        () if route.hops.iter().any(nowhere) => Some("a nexthop without gateway (via) and interface (dev)"),
        () if route.from.is_some_and(|from| from.addr() != from.network()) => {
            Some("bits set behind the prefix of its source")
        }
        () if !ipv4
            && route
                .hops
                .iter()
                .any(|hop| hop.gateway.is_some_and(|via| via.is_ipv4())) =>
        {
            Some("an IPv4 gateway to an IPv6 destination")
        }
        () => None,
    }
}

impl Reader<'_> {
    /// keepalived tracks each route, and cannot track one without an interface or of another protocol.
    pub(super) fn untracked(&mut self, line: &Item, route: &mut Route) {
        if route.no_track {
            return;
        }
        let only = match route.hops.as_slice() {
            [only] => only.dev.is_some(),
            _ => false,
        };
        if !only {
            let text = "a route without dev cannot be tracked";
            let found = Diagnostic::error("untracked-route", line.span, text)
                .effect("it is set, and put back when others remove it, but never counts against the instance; keepalived does not watch it")
                .help("add dev IF, or no_track if that is meant");
            self.push(found);
            route.no_track = true;
        } else if route.protocol.is_some_and(|protocol| protocol != KEEPALIVED) {
            let text = "a route of another protocol cannot be tracked";
            let found = Diagnostic::error("untracked-route", line.span, text)
                .effect("it bears the daemon's own protocol number, as with keepalived")
                .help("remove the protocol, or add no_track");
            self.push(found);
            route.protocol = None;
        }
    }

    /// Reports a line that is not read, of routes and of rules.
    pub(super) fn wrong_routing(&mut self, block: &Item, wrong: Wrong, missing: &mut Vec<Missing>) {
        match wrong {
            Wrong::Lacks(span, word) => {
                let found = Diagnostic::fatal("missing-argument", span, format!("{word} lacks its argument"));
                self.push(
                    found
                        .effect("the file is refused, as keepalived does")
                        .help("complete the line"),
                );
            }
            Wrong::Bad(span, text) => {
                let found = Diagnostic::error("bad-line", span, text)
                    .effect("the line is left out")
                    .help("write the line as for ip route and ip rule");
                self.push(found);
            }
            Wrong::CannotDo(span, word, why) => {
                let Some(keyword) = block.keyword else { return };
                let scope = if is_static(block) {
                    Scope::Daemon
                } else {
                    Scope::Instance
                };
                missing.push(Missing {
                    word: word.to_owned(),
                    span,
                    scope,
                    why: why.to_owned(),
                    allow_word: keyword.name.to_owned(),
                });
            }
        }
    }
}
