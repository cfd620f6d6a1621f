//! Lines of `virtual_routes`, `virtual_rules` and their static relatives, and `track_group`.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::Serialize;

use super::{Address, Sourced};
use crate::source::Span;

/// What becomes of packets that a route matches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RouteKind {
    /// Sent on.
    #[default]
    Unicast,
    /// Delivered to this node.
    Local,
    /// Sent as a broadcast.
    Broadcast,
    /// Multicast.
    Multicast,
    /// The next rule decides.
    Throw,
    /// Answered with "unreachable".
    Unreachable,
    /// Answered with "prohibited".
    Prohibit,
    /// Dropped.
    Blackhole,
}

impl RouteKind {
    /// By its word.
    pub(crate) fn of(word: &[u8]) -> Option<Self> {
        Some(match word {
            b"unicast" => Self::Unicast,
            b"local" => Self::Local,
            b"broadcast" => Self::Broadcast,
            b"multicast" => Self::Multicast,
            b"throw" => Self::Throw,
            b"unreachable" => Self::Unreachable,
            b"prohibit" => Self::Prohibit,
            b"blackhole" => Self::Blackhole,
            _ => return None,
        })
    }

    /// Its word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unicast => "unicast",
            Self::Local => "local",
            Self::Broadcast => "broadcast",
            Self::Multicast => "multicast",
            Self::Throw => "throw",
            Self::Unreachable => "unreachable",
            Self::Prohibit => "prohibit",
            Self::Blackhole => "blackhole",
        }
    }
}

/// Where a route stands beside others to the same destination.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RoutePlacement {
    /// `prepend`: in front of them; the default.
    #[default]
    Prepend,
    /// `append`: behind them.
    Append,
    /// `add`: there may be no other.
    Add,
}

/// One way on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RouteHop {
    /// `via`.
    pub gateway: Option<IpAddr>,
    /// `dev`.
    pub dev: Option<String>,
    /// `weight`, 1 to 256; 0: not said.
    pub weight: u16,
    /// `onlink`.
    pub onlink: bool,
    /// `realms`, the first in the upper 16 bits.
    pub realms: Option<u32>,
}

/// A number that is tuned for one route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct RouteMetric {
    /// Its word.
    pub name: &'static str,
    /// The kernel's number for it (`RTAX_*`).
    pub kind: u16,
    /// As the kernel counts.
    pub value: u32,
    /// `lock`: the kernel does not change it.
    pub locked: bool,
}

/// A line of `virtual_routes` or `static_routes`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Route {
    /// Destination.
    pub to: IpNet,
    /// What becomes of packets.
    pub kind: RouteKind,
    /// Ways on: none, one, or several that share the traffic.
    pub hops: Vec<RouteHop>,
    /// `src`.
    pub source: Option<IpAddr>,
    /// `from`: IPv6 only.
    pub from: Option<IpNet>,
    /// `table`.
    pub table: Option<u32>,
    /// `metric`.
    pub metric: Option<u32>,
    /// `scope`.
    pub scope: Option<u8>,
    /// `protocol`; none: the daemon's own.
    pub protocol: Option<u8>,
    /// `tos`.
    pub tos: u8,
    /// `mtu` and its relatives.
    pub metrics: Vec<RouteMetric>,
    /// `congctl`, and whether it is fixed.
    pub congestion: Option<(String, bool)>,
    /// `pref`: 0 medium, 1 high, 3 low.
    pub preference: Option<u8>,
    /// `expires`, in seconds.
    pub expires_s: Option<u32>,
    /// `ttl-propagate`.
    pub ttl_propagate: Option<bool>,
    /// `add`, `prepend`, `append`.
    pub placement: RoutePlacement,
    /// `no_track`, or nothing to know it by.
    pub no_track: bool,
    /// `track_group`: static routes only.
    pub track_group: Option<Sourced<String>>,
    /// The line.
    pub span: Span,
}

/// What a rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RuleAction {
    /// `table`.
    Table(u32),
    /// `l3mdev`.
    L3mdev,
    /// `goto`.
    Goto(u32),
    /// `nop`.
    Nop,
    /// `blackhole`.
    Blackhole,
    /// `unreachable`.
    Unreachable,
    /// `prohibit`.
    Prohibit,
}

/// A line of `virtual_rules` or `static_rules`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// Of IPv6.
    pub ipv6: bool,
    /// `preference`; a rule without one gets the next below 16384, by the order of the file.
    pub preference: Sourced<u32>,
    /// What it does.
    pub action: RuleAction,
    /// `not`.
    pub invert: bool,
    /// `from`; none: all.
    pub from: Option<IpNet>,
    /// `to`; none: all.
    pub to: Option<IpNet>,
    /// `iif`, `dev`.
    pub incoming: Option<String>,
    /// `oif`.
    pub outgoing: Option<String>,
    /// `tos`.
    pub tos: u8,
    /// `fwmark` and its mask.
    pub mark: Option<(u32, u32)>,
    /// `realms`, the first in the upper 16 bits.
    pub realms: Option<u32>,
    /// `suppress_prefixlength`.
    pub suppress_prefix: Option<u32>,
    /// `suppress_ifgroup`.
    pub suppress_group: Option<u32>,
    /// `tunnel-id`.
    pub tunnel: Option<u64>,
    /// `uidrange`.
    pub users: Option<(u32, u32)>,
    /// `ipproto`.
    pub ip_protocol: Option<u8>,
    /// `sport`.
    pub source_ports: Option<(u16, u16)>,
    /// `dport`.
    pub destination_ports: Option<(u16, u16)>,
    /// `protocol`; none: the daemon's own.
    pub protocol: Option<u8>,
    /// `no_track`.
    pub no_track: bool,
    /// `track_group`: static rules only.
    pub track_group: Option<Sourced<String>>,
    /// The line.
    pub span: Span,
}

/// `track_group`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrackGroup {
    /// Its name.
    pub name: String,
    /// The header of its block.
    pub span: Span,
    /// Instances, each with its place.
    pub members: Vec<(String, Span)>,
}

/// What is there whatever the role of any instance.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Statics {
    /// `static_ipaddress`; each has an interface.
    pub addresses: Vec<Address>,
    /// `static_routes`.
    pub routes: Vec<Route>,
    /// `static_rules`.
    pub rules: Vec<Rule>,
    /// `track_group`.
    pub groups: Vec<TrackGroup>,
}

impl Statics {
    /// The static entries that name a group, as `track_group` of their lines has it.
    pub fn groups_named(&self) -> impl Iterator<Item = &Sourced<String>> {
        let addresses = self.addresses.iter().filter_map(|one| one.track_group.as_ref());
        let routes = self.routes.iter().filter_map(|one| one.track_group.as_ref());
        let rules = self.rules.iter().filter_map(|one| one.track_group.as_ref());
        addresses.chain(routes).chain(rules)
    }
}
