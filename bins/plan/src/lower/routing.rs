//! Routes and rules as the driver has them.

use keepalived_conf::{RouteHop, RouteKind, RoutePlacement, RuleAction, Sourced, Statics, VrrpInstance};
use vrrp_core::{Health, Tracker, Weight};
use vrrp_net::{Hop, Metric, Placement, Static};

use super::instance::held;

pub(super) fn route(line: &keepalived_conf::Route) -> vrrp_net::Route {
    let mut route = vrrp_net::Route::to(line.to.addr(), line.to.prefix_len());
    route.kind = match line.kind {
        RouteKind::Unicast => vrrp_net::RouteKind::Unicast,
        RouteKind::Local => vrrp_net::RouteKind::Local,
        RouteKind::Broadcast => vrrp_net::RouteKind::Broadcast,
        RouteKind::Multicast => vrrp_net::RouteKind::Multicast,
        RouteKind::Throw => vrrp_net::RouteKind::Throw,
        RouteKind::Unreachable => vrrp_net::RouteKind::Unreachable,
        RouteKind::Prohibit => vrrp_net::RouteKind::Prohibit,
        RouteKind::Blackhole => vrrp_net::RouteKind::Blackhole,
    };
    let hop = |hop: &RouteHop| Hop {
        gateway: hop.gateway,
        device: hop.dev.clone(),
        weight: hop.weight,
        onlink: hop.onlink,
        realms: hop.realms,
    };
    route.hops = line.hops.iter().map(hop).collect();
    route.source = line.source;
    route.from = line.from.map(|net| (net.addr(), net.prefix_len()));
    route.table = line.table;
    route.metric = line.metric;
    // keepalived sets the widest one where none is written, also for what is on the link.
    let sends_on = !matches!(
        line.kind,
        RouteKind::Local | RouteKind::Broadcast | RouteKind::Multicast
    );
    route.scope = line.scope.or(sends_on.then_some(0));
    route.protocol = line.protocol;
    route.tos = line.tos;
    let metric = |metric: &keepalived_conf::RouteMetric| Metric {
        kind: metric.kind,
        value: metric.value,
        locked: metric.locked,
    };
    route.metrics = line.metrics.iter().map(metric).collect();
    route.congestion.clone_from(&line.congestion);
    route.preference = line.preference;
    route.expires_s = line.expires_s;
    route.ttl_propagate = line.ttl_propagate;
    route.placement = match line.placement {
        RoutePlacement::Prepend => Placement::Prepend,
        RoutePlacement::Append => Placement::Append,
        RoutePlacement::Add => Placement::Alone,
    };
    route.no_track = line.no_track;
    route
}

pub(super) fn rule(line: &keepalived_conf::Rule) -> vrrp_net::Rule {
    let action = match line.action {
        RuleAction::Table(table) => vrrp_net::RuleAction::Table(table),
        RuleAction::L3mdev => vrrp_net::RuleAction::RoutingDomain,
        RuleAction::Goto(target) => vrrp_net::RuleAction::Goto(target),
        RuleAction::Nop => vrrp_net::RuleAction::Nop,
        RuleAction::Blackhole => vrrp_net::RuleAction::Blackhole,
        RuleAction::Unreachable => vrrp_net::RuleAction::Unreachable,
        RuleAction::Prohibit => vrrp_net::RuleAction::Prohibit,
    };
    let mut rule = vrrp_net::Rule::new(line.preference.value, action);
    rule.ipv6 = line.ipv6;
    rule.invert = line.invert;
    rule.from = line.from.map(|net| (net.addr(), net.prefix_len()));
    rule.to = line.to.map(|net| (net.addr(), net.prefix_len()));
    rule.incoming.clone_from(&line.incoming);
    rule.outgoing.clone_from(&line.outgoing);
    rule.tos = line.tos;
    rule.mark = line.mark;
    rule.realms = line.realms;
    rule.suppress_prefix = line.suppress_prefix;
    rule.suppress_group = line.suppress_group;
    rule.tunnel = line.tunnel;
    rule.users = line.users;
    rule.ip_protocol = line.ip_protocol;
    rule.source_ports = line.source_ports;
    rule.destination_ports = line.destination_ports;
    rule.protocol = line.protocol;
    rule.no_track = line.no_track;
    rule
}

fn with_group<T>(entry: T, group: Option<&Sourced<String>>) -> Static<T> {
    Static {
        entry,
        group: group.map(|group| group.value.clone()),
    }
}

/// What is there whatever the role.
pub(super) fn statics(file: &Statics) -> vrrp_net::Statics {
    let addresses = file.addresses.iter();
    let routes = file.routes.iter();
    let rules = file.rules.iter();
    vrrp_net::Statics {
        addresses: addresses
            .map(|one| with_group(held(one), one.track_group.as_ref()))
            .collect(),
        routes: routes
            .map(|one| with_group(route(one), one.track_group.as_ref()))
            .collect(),
        rules: rules
            .map(|one| with_group(rule(one), one.track_group.as_ref()))
            .collect(),
    }
}

/// The groups of static entries whose loss bars this instance: those that it is in, and that a static entry names.
pub(super) fn groups_of(instance: &VrrpInstance, file: &Statics) -> Vec<String> {
    let named = |group: &str| file.groups_named().any(|name| name.value == group);
    let member = |group: &&keepalived_conf::TrackGroup| {
        group.members.iter().any(|(name, _)| *name == instance.name) && named(&group.name)
    };
    let groups = file.groups.iter().filter(member);
    groups.map(|group| group.name.clone()).collect()
}

/// One that bars while its entries are not there.
pub(super) const fn tracker() -> Tracker {
    Tracker {
        weight: Weight::Gate { reverse: false },
        initial: Health::Unknown,
    }
}
