//! Routes and rules that go with a service, or are there whatever its state: what is wanted, what was made, and how the one
//! becomes the other.
//!
//! There is no mirror of the kernel's tables: on a router with a million routes it would cost more than everything else
//! here. Adding the same again is harmless and says whether it was there (EEXIST), so a route that may be lost is asked
//! for again, and one that is not is not looked at.
//! A refusal for another reason says nothing of a route that was there.

mod event;
mod keeper;
mod message;
mod route;
mod rule;
mod service;

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

pub use route::{Hop, Metric, Placement, Route, RouteKind};
pub use rule::{Rule, RuleAction};

pub(crate) use event::{Gone, each_gone, open};
pub(crate) use keeper::{News, Presence, Routing, STATICS};

use crate::address::HeldAddress;

/// What is there whatever the state of any service: made at the start, kept over reloads, removed at the end (keepalived
/// `static_ipaddress`, `static_routes`, `static_rules`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Statics {
    /// Addresses; each names its interface. One that others have made already is left alone.
    pub addresses: Vec<Static<HeldAddress>>,
    /// Routes, made after the addresses and removed before them.
    pub routes: Vec<Static<Route>>,
    /// Rules, made last and removed first.
    pub rules: Vec<Static<Rule>>,
}

/// One entry, and whom its loss concerns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Static<T> {
    /// What is to be there.
    pub entry: T,
    /// While it is not there, services that name this group in [`Service::track_statics`](crate::Service::track_statics)
    /// have a failed tracker (keepalived `track_group`).
    pub group: Option<String>,
}

impl Statics {
    /// Whether there is nothing.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.addresses.is_empty() && self.routes.is_empty() && self.rules.is_empty()
    }

    /// What cannot be; `None`: nothing that is known beforehand.
    pub(crate) fn fault(&self) -> Option<String> {
        for address in &self.addresses {
            let entry = &address.entry;
            let most = if entry.address.is_ipv4() { 32 } else { 128 };
            if entry.prefix > most {
                return Some(format!(
                    "static address {entry}: a prefix length of {}",
                    entry.prefix
                ));
            }
            if entry.device.is_none() {
                return Some(format!("static address {entry}: no interface"));
            }
        }
        let routes = self.routes.iter().find_map(|route| {
            let fault = route.entry.fault()?;
            Some(format!("static route {}: {fault}", route.entry))
        });
        routes.or_else(|| {
            self.rules.iter().find_map(|rule| {
                let fault = rule.entry.fault()?;
                Some(format!("static rule {}: {fault}", rule.entry))
            })
        })
    }
}

/// A route or a rule, without what does not reach the kernel.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum Entry {
    Route(Box<Route>),
    Rule(Box<Rule>),
}

impl Entry {
    pub(crate) fn route(route: &Route) -> Self {
        let mut route = Box::new(route.clone());
        route.no_track = false;
        Self::Route(route)
    }

    pub(crate) fn rule(rule: &Rule) -> Self {
        let mut rule = Box::new(rule.clone());
        rule.no_track = false;
        Self::Rule(rule)
    }

    /// A mark that its line names.
    pub(crate) const fn own_mark(&self) -> Option<u8> {
        match self {
            Self::Route(route) => route.protocol,
            Self::Rule(rule) => rule.protocol,
        }
    }

    /// The source that it prefers.
    pub(crate) fn source(&self) -> Option<IpAddr> {
        match self {
            Self::Route(route) => route.source,
            Self::Rule(_) => None,
        }
    }

    /// Whether it leads over this interface.
    pub(crate) fn uses(&self, device: &str) -> bool {
        match self {
            Self::Route(route) => {
                // Where the interface is not named, any may be the one.
                let open = route.hops.iter().any(|hop| hop.device.is_none());
                open || route.devices().any(|known| known == device)
            }
            Self::Rule(_) => false,
        }
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Route(route) => write!(f, "route {route}"),
            Self::Rule(rule) => write!(f, "rule {rule}"),
        }
    }
}
