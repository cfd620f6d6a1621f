//! Routes and rules as the kernel wants to hear them.

use std::io;
use std::net::IpAddr;

use rtnetlink::packet_core::{DefaultNla, Emitable};
use rtnetlink::packet_route::AddressFamily;
use rtnetlink::packet_route::IpProtocol;
use rtnetlink::packet_route::route::{
    RouteAddress, RouteAttribute, RouteHeader, RouteMessage, RouteMetric, RouteMplsTtlPropagation,
    RouteNextHop, RouteNextHopFlags, RoutePreference, RouteRealm, RouteScope, RouteType, RouteVia,
};
use rtnetlink::packet_route::rule::{
    RuleAction as Action, RuleAttribute, RuleFlags, RuleMessage, RulePortRange, RuleUidRange,
};

use super::route::{Hop, Placement, Route, RouteKind};
use super::rule::{Rule, RuleAction};
use crate::netlink::Change;
use crate::watch::Table;

/// `RT_TABLE_COMPAT`: the table is in an attribute, for want of room.
const TABLE_COMPAT: u8 = 252;
/// `RTAX_LOCK`.
const LOCK: u16 = 1;
/// `RTAX_CC_ALGO`.
const CONGESTION: u16 = 16;
/// `RTNH_F_ONLINK`.
const ONLINK: u32 = 4;

fn family(address: IpAddr) -> AddressFamily {
    if address.is_ipv4() {
        AddressFamily::Inet
    } else {
        AddressFamily::Inet6
    }
}

fn realm(both: u32) -> RouteRealm {
    let [s0, s1, d0, d1] = both.to_be_bytes();
    RouteRealm {
        source: u16::from_be_bytes([s0, s1]),
        destination: u16::from_be_bytes([d0, d1]),
    }
}

/// A table that fits into a header's eight bits, or what stands there where it does not.
fn short(table: u32) -> u8 {
    u8::try_from(table).unwrap_or(TABLE_COMPAT)
}

/// Adds the route.
///
/// # Errors
/// ENODEV where an interface of it does not exist.
pub(super) fn add_route(route: &Route, tag: u8, table: &Table) -> io::Result<Change> {
    let flags = libc::NLM_F_CREATE
        | match route.placement {
            Placement::Prepend => 0,
            Placement::Append => libc::NLM_F_APPEND,
            Placement::Alone => libc::NLM_F_EXCL,
        };
    let payload = payload_of_route(route, tag, table)?;
    Ok(Change::raw(libc::RTM_NEWROUTE, flags, payload))
}

/// Removes exactly that route.
///
/// # Errors
/// ENODEV where an interface of it does not exist: it has gone with that.
pub(super) fn delete_route(route: &Route, tag: u8, table: &Table) -> io::Result<Change> {
    let payload = payload_of_route(route, tag, table)?;
    Ok(Change::raw(libc::RTM_DELROUTE, 0, payload))
}

fn payload_of_route(route: &Route, tag: u8, table: &Table) -> io::Result<Vec<u8>> {
    let message = route_message(route, tag, table)?;
    let mut payload = vec![0; message.buffer_len()];
    message.emit(&mut payload);
    Ok(payload)
}

fn route_message(route: &Route, tag: u8, links: &Table) -> io::Result<RouteMessage> {
    let mut message = RouteMessage::default();
    let into = route.in_table();
    message.header = RouteHeader {
        address_family: family(route.destination),
        destination_prefix_length: route.prefix,
        source_prefix_length: route.from.map_or(0, |(_, prefix)| prefix),
        tos: route.tos,
        table: short(into),
        protocol: route.protocol.unwrap_or(tag).into(),
        scope: RouteScope::from(route.scope.unwrap_or_else(|| usual_scope(route))),
        kind: kind(route.kind),
        ..RouteHeader::default()
    };
    let attributes = &mut message.attributes;
    if route.prefix > 0 {
        attributes.push(RouteAttribute::Destination(route.destination.into()));
    }
    if let Some((from, _)) = route.from.filter(|(_, prefix)| *prefix > 0) {
        attributes.push(RouteAttribute::Source(from.into()));
    }
    attributes.push(RouteAttribute::Table(into));
    if let Some(source) = route.source {
        attributes.push(RouteAttribute::PrefSource(source.into()));
    }
    if let Some(metric) = route.metric {
        attributes.push(RouteAttribute::Priority(metric));
    }
    let metrics = metrics(route);
    if !metrics.is_empty() {
        attributes.push(RouteAttribute::Metrics(metrics));
    }
    if let Some(preference) = route.preference {
        attributes.push(RouteAttribute::Preference(RoutePreference::from(preference)));
    }
    if let Some(seconds) = route.expires_s {
        attributes.push(RouteAttribute::Expires(seconds));
    }
    if let Some(on) = route.ttl_propagate {
        attributes.push(RouteAttribute::TtlPropagate(RouteMplsTtlPropagation::from(
            u8::from(on),
        )));
    }
    match route.hops.as_slice() {
        [] => {}
        [hop] => {
            let index = index(hop, links)?;
            message.attributes.extend(way(hop, route, index));
            if hop.onlink {
                message.header.flags = rtnetlink::packet_route::route::RouteFlags::from_bits_retain(ONLINK);
            }
        }
        several => {
            let hops: io::Result<Vec<RouteNextHop>> =
                several.iter().map(|hop| next_hop(hop, route, links)).collect();
            message.attributes.push(RouteAttribute::MultiPath(hops?));
        }
    }
    Ok(message)
}

/// As `ip route add` has it.
fn usual_scope(route: &Route) -> u8 {
    let goes_on = route.hops.len() > 1 || route.hops.iter().any(|hop| hop.gateway.is_some());
    if route.destination.is_ipv6() {
        return 0;
    }
    match route.kind {
        RouteKind::Local => u8::from(RouteScope::Host),
        RouteKind::Broadcast | RouteKind::Multicast => u8::from(RouteScope::Link),
        RouteKind::Unicast if !goes_on => u8::from(RouteScope::Link),
        _ => 0,
    }
}

const fn kind(kind: RouteKind) -> RouteType {
    match kind {
        RouteKind::Unicast => RouteType::Unicast,
        RouteKind::Local => RouteType::Local,
        RouteKind::Broadcast => RouteType::Broadcast,
        RouteKind::Multicast => RouteType::Multicast,
        RouteKind::Throw => RouteType::Throw,
        RouteKind::Unreachable => RouteType::Unreachable,
        RouteKind::Prohibit => RouteType::Prohibit,
        RouteKind::Blackhole => RouteType::BlackHole,
    }
}

fn metrics(route: &Route) -> Vec<RouteMetric> {
    let congestion_locked = matches!(route.congestion, Some((_, true)));
    let mut lock = if congestion_locked { 1 << CONGESTION } else { 0 };
    let mut metrics = Vec::new();
    for metric in &route.metrics {
        if metric.locked {
            lock |= 1u32.checked_shl(u32::from(metric.kind)).unwrap_or(0);
        }
        let value = metric.value.to_ne_bytes().to_vec();
        metrics.push(RouteMetric::Other(DefaultNla::new(metric.kind, value)));
    }
    if let Some((name, _)) = &route.congestion {
        metrics.push(RouteMetric::CcAlgo(name.clone()));
    }
    if lock != 0 {
        metrics.insert(
            0,
            RouteMetric::Other(DefaultNla::new(LOCK, lock.to_ne_bytes().to_vec())),
        );
    }
    metrics
}

fn index(hop: &Hop, links: &Table) -> io::Result<Option<u32>> {
    let Some(device) = &hop.device else {
        return Ok(None);
    };
    match links.index_of(device) {
        Some(index) => Ok(Some(index)),
        None => Err(io::Error::from_raw_os_error(libc::ENODEV)),
    }
}

/// Gateway, interface and realms.
fn way(hop: &Hop, route: &Route, index: Option<u32>) -> Vec<RouteAttribute> {
    let mut attributes = Vec::new();
    match hop.gateway {
        Some(gateway) if gateway.is_ipv4() == route.destination.is_ipv4() => {
            attributes.push(RouteAttribute::Gateway(RouteAddress::from(gateway)));
        }
        Some(gateway) => attributes.push(RouteAttribute::Via(RouteVia::from(gateway))),
        None => {}
    }
    attributes.extend(index.map(RouteAttribute::Oif));
    attributes.extend(hop.realms.map(|both| RouteAttribute::Realm(realm(both))));
    attributes
}

fn next_hop(hop: &Hop, route: &Route, links: &Table) -> io::Result<RouteNextHop> {
    let index = index(hop, links)?;
    let mut next = RouteNextHop::default();
    next.hops = u8::try_from(hop.weight.max(1).saturating_sub(1)).unwrap_or(u8::MAX);
    next.interface_index = index.unwrap_or(0);
    if hop.onlink {
        next.flags = RouteNextHopFlags::Onlink;
    }
    // The interface stands in its header.
    next.attributes = way(hop, route, None);
    Ok(next)
}

/// Adds the rule: one that is equal must not be there yet.
pub(super) fn add_rule(rule: &Rule, tag: u8) -> Change {
    let flags = libc::NLM_F_CREATE | libc::NLM_F_EXCL;
    Change::raw(libc::RTM_NEWRULE, flags, payload_of_rule(rule, tag))
}

/// Removes exactly that rule.
pub(super) fn delete_rule(rule: &Rule, tag: u8) -> Change {
    Change::raw(libc::RTM_DELRULE, 0, payload_of_rule(rule, tag))
}

fn payload_of_rule(rule: &Rule, tag: u8) -> Vec<u8> {
    let message = rule_message(rule, tag);
    let mut payload = vec![0; message.buffer_len()];
    message.emit(&mut payload);
    payload
}

fn rule_message(rule: &Rule, tag: u8) -> RuleMessage {
    let mut message = RuleMessage::default();
    message.header.family = if rule.ipv6 {
        AddressFamily::Inet6
    } else {
        AddressFamily::Inet
    };
    message.header.tos = rule.tos;
    message.header.src_len = rule.from.map_or(0, |(_, prefix)| prefix);
    message.header.dst_len = rule.to.map_or(0, |(_, prefix)| prefix);
    message.header.action = action(rule.action);
    if rule.invert {
        message.header.flags = RuleFlags::Invert;
    }
    let some = |side: Option<(IpAddr, u8)>| side.filter(|(_, prefix)| *prefix > 0);
    let attributes = &mut message.attributes;
    attributes.push(RuleAttribute::Priority(rule.preference));
    attributes.extend(some(rule.from).map(|(from, _)| RuleAttribute::Source(from)));
    attributes.extend(some(rule.to).map(|(to, _)| RuleAttribute::Destination(to)));
    match rule.action {
        RuleAction::Table(table) => {
            message.header.table = short(table);
            attributes.push(RuleAttribute::Table(table));
        }
        RuleAction::RoutingDomain => attributes.push(RuleAttribute::L3MDev(true)),
        RuleAction::Goto(target) => attributes.push(RuleAttribute::Goto(target)),
        RuleAction::Nop | RuleAction::Blackhole | RuleAction::Unreachable | RuleAction::Prohibit => {}
    }
    attributes.extend(rule.incoming.clone().map(RuleAttribute::Iifname));
    attributes.extend(rule.outgoing.clone().map(RuleAttribute::Oifname));
    if let Some((mark, mask)) = rule.mark {
        attributes.push(RuleAttribute::FwMark(mark));
        attributes.push(RuleAttribute::FwMask(mask));
    }
    attributes.extend(rule.realms.map(|both| RuleAttribute::Realm(realm(both))));
    attributes.extend(rule.suppress_prefix.map(RuleAttribute::SuppressPrefixLen));
    attributes.extend(rule.suppress_group.map(RuleAttribute::SuppressIfGroup));
    attributes.extend(rule.tunnel.map(RuleAttribute::TunId));
    attributes.extend(
        rule.users
            .map(|(start, end)| RuleAttribute::UidRange(RuleUidRange { start, end })),
    );
    attributes.extend(
        rule.ip_protocol
            .map(|number| RuleAttribute::IpProtocol(IpProtocol::from(number))),
    );
    let ports = |(start, end)| RulePortRange { start, end };
    attributes.extend(
        rule.source_ports
            .map(|range| RuleAttribute::SourcePortRange(ports(range))),
    );
    attributes.extend(
        rule.destination_ports
            .map(|range| RuleAttribute::DestinationPortRange(ports(range))),
    );
    attributes.push(RuleAttribute::Protocol(rule.protocol.unwrap_or(tag).into()));
    message
}

const fn action(action: RuleAction) -> Action {
    match action {
        RuleAction::Table(_) | RuleAction::RoutingDomain => Action::ToTable,
        RuleAction::Goto(_) => Action::Goto,
        RuleAction::Nop => Action::Nop,
        RuleAction::Blackhole => Action::Blackhole,
        RuleAction::Unreachable => Action::Unreachable,
        RuleAction::Prohibit => Action::Prohibit,
    }
}
