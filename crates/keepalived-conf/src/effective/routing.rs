//! Routes, rules, and what is there whatever the role.

use crate::model::{Route, RouteHop, RoutePlacement, Rule, RuleAction, Sourced, Statics, TrackGroup};

use super::place::{Came, Places};
use super::value::{Setting, Unit, Value};
use super::{Entry, Section};

type Fields = Vec<(&'static str, Value)>;

fn put(fields: &mut Fields, name: &'static str, text: Option<String>) {
    fields.extend(text.map(|text| (name, Value::Text(text))));
}

fn count(fields: &mut Fields, name: &'static str, number: Option<u32>) {
    fields.extend(number.map(|number| (name, Value::Number(number.into()))));
}

impl Places<'_> {
    pub(super) fn routes(self, keyword: &'static str, routes: &[Route]) -> Entry {
        let one = |route: &Route| Setting {
            keyword,
            unit: Unit::None,
            value: Value::Fields(route_fields(route)),
            came: self.line(route.span),
        };
        Entry::Many {
            keyword,
            settings: routes.iter().map(one).collect(),
        }
    }

    pub(super) fn rules_of(self, keyword: &'static str, rules: &[Rule]) -> Entry {
        let one = |rule: &Rule| Setting {
            keyword,
            unit: Unit::None,
            value: Value::Fields(rule_fields(rule)),
            came: self.line(rule.span),
        };
        Entry::Many {
            keyword,
            settings: rules.iter().map(one).collect(),
        }
    }

    /// None where the file has no static entries.
    pub(super) fn statics(self, statics: &Statics) -> Option<Section> {
        if *statics == Statics::default() {
            return None;
        }
        let group = |group: &TrackGroup| Setting {
            keyword: "track_group",
            unit: Unit::None,
            value: Value::Fields(vec![
                ("name", Value::Text(group.name.clone())),
                (
                    "group",
                    Value::Words(group.members.iter().map(|(name, _)| name.clone()).collect()),
                ),
            ]),
            came: Came::Line(self.of(group.span)),
        };
        Some(Section {
            block: "static",
            name: None,
            place: None,
            settings: vec![
                self.addresses("static_ipaddress", &statics.addresses, None),
                self.routes("static_routes", &statics.routes),
                self.rules_of("static_rules", &statics.rules),
                Entry::Many {
                    keyword: "track_group",
                    settings: statics.groups.iter().map(group).collect(),
                },
            ],
            missing: Vec::new(),
        })
    }
}

fn hop_words(hop: &RouteHop) -> String {
    let mut words = Vec::new();
    words.extend(hop.gateway.map(|gateway| format!("via {gateway}")));
    words.extend(hop.dev.as_ref().map(|dev| format!("dev {dev}")));
    words.push(format!("weight {}", hop.weight.max(1)));
    words.extend(hop.onlink.then(|| "onlink".to_owned()));
    words.extend(hop.realms.map(realms).map(|realms| format!("realms {realms}")));
    words.join(" ")
}

fn realms(both: u32) -> String {
    format!("{}/{}", both >> 16, both & 0xffff)
}

fn group_name(fields: &mut Fields, group: Option<&Sourced<String>>) {
    put(fields, "track_group", group.map(|group| group.value.clone()));
}

fn route_fields(route: &Route) -> Fields {
    let mut fields = vec![
        ("to", Value::Text(route.to.to_string())),
        ("type", Value::Text(route.kind.word().to_owned())),
    ];
    match route.hops.as_slice() {
        [] => {}
        [only] => {
            put(&mut fields, "via", only.gateway.map(|via| via.to_string()));
            put(&mut fields, "dev", only.dev.clone());
            put(&mut fields, "realms", only.realms.map(realms));
            fields.push(("onlink", Value::Flag(only.onlink)));
        }
        several => fields.push(("nexthops", Value::Words(several.iter().map(hop_words).collect()))),
    }
    put(&mut fields, "src", route.source.map(|source| source.to_string()));
    put(&mut fields, "from", route.from.map(|from| from.to_string()));
    count(&mut fields, "table", route.table);
    count(&mut fields, "metric", route.metric);
    count(&mut fields, "scope", route.scope.map(u32::from));
    count(&mut fields, "protocol", route.protocol.map(u32::from));
    count(
        &mut fields,
        "tos",
        Some(u32::from(route.tos)).filter(|tos| *tos > 0),
    );
    for metric in &route.metrics {
        let lock = if metric.locked { "lock " } else { "" };
        put(&mut fields, metric.name, Some(format!("{lock}{}", metric.value)));
    }
    if let Some((name, locked)) = &route.congestion {
        let lock = if *locked { "lock " } else { "" };
        put(&mut fields, "congctl", Some(format!("{lock}{name}")));
    }
    let preference = route.preference.map(|preference| match preference {
        1 => "high",
        3 => "low",
        _ => "medium",
    });
    put(&mut fields, "pref", preference.map(str::to_owned));
    count(&mut fields, "expires", route.expires_s);
    let propagate = route
        .ttl_propagate
        .map(|on| if on { "enabled" } else { "disabled" });
    put(&mut fields, "ttl-propagate", propagate.map(str::to_owned));
    let placement = match route.placement {
        RoutePlacement::Prepend => "prepend",
        RoutePlacement::Append => "append",
        RoutePlacement::Add => "add",
    };
    put(&mut fields, "mode", Some(placement.to_owned()));
    fields.push(("no_track", Value::Flag(route.no_track)));
    group_name(&mut fields, route.track_group.as_ref());
    fields
}

fn rule_fields(rule: &Rule) -> Fields {
    let mut fields = Vec::new();
    let net = |net: Option<ipnet::IpNet>| net.map_or_else(|| "all".to_owned(), |net| net.to_string());
    put(&mut fields, "from", Some(net(rule.from)));
    put(&mut fields, "to", Some(net(rule.to)));
    let family = if rule.ipv6 { "inet6" } else { "inet" };
    put(&mut fields, "family", Some(family.to_owned()));
    count(&mut fields, "priority", Some(rule.preference.value));
    fields.push(("not", Value::Flag(rule.invert)));
    put(&mut fields, "iif", rule.incoming.clone());
    put(&mut fields, "oif", rule.outgoing.clone());
    count(
        &mut fields,
        "tos",
        Some(u32::from(rule.tos)).filter(|tos| *tos > 0),
    );
    put(
        &mut fields,
        "fwmark",
        rule.mark.map(|(mark, mask)| format!("{mark:#x}/{mask:#x}")),
    );
    put(&mut fields, "realms", rule.realms.map(realms));
    count(&mut fields, "suppress_prefixlength", rule.suppress_prefix);
    count(&mut fields, "suppress_ifgroup", rule.suppress_group);
    put(
        &mut fields,
        "tunnel-id",
        rule.tunnel.map(|tunnel| tunnel.to_string()),
    );
    put(
        &mut fields,
        "uidrange",
        rule.users.map(|(first, last)| format!("{first}-{last}")),
    );
    count(&mut fields, "ipproto", rule.ip_protocol.map(u32::from));
    let ports = |ports: Option<(u16, u16)>| ports.map(|(first, last)| format!("{first}-{last}"));
    put(&mut fields, "sport", ports(rule.source_ports));
    put(&mut fields, "dport", ports(rule.destination_ports));
    count(&mut fields, "protocol", rule.protocol.map(u32::from));
    let (name, value) = match rule.action {
        RuleAction::Table(table) => ("table", Value::Number(table.into())),
        RuleAction::Goto(target) => ("goto", Value::Number(target.into())),
        RuleAction::L3mdev => ("l3mdev", Value::Flag(true)),
        RuleAction::Nop => ("nop", Value::Flag(true)),
        RuleAction::Blackhole => ("blackhole", Value::Flag(true)),
        RuleAction::Unreachable => ("unreachable", Value::Flag(true)),
        RuleAction::Prohibit => ("prohibit", Value::Flag(true)),
    };
    fields.push((name, value));
    fields.push(("no_track", Value::Flag(rule.no_track)));
    group_name(&mut fields, rule.track_group.as_ref());
    fields
}
