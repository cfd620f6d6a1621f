//! Rules by hand, in the form in which nft lists them.

use serde_json::json;

use super::*;

fn packet(v4: bool) -> Packet<'static> {
    Packet {
        goes_out: false,
        interface: Some("eth1"),
        source: None,
        destination: Some(if v4 {
            [224, 0, 0, 18].into()
        } else {
            "ff02::12".parse().unwrap()
        }),
        v4,
    }
}

fn rules(policy: &str, rules: &[Value]) -> Value {
    let chain = json!({"chain": {"family": "inet", "table": "filter", "name": "input", "handle": 1,
        "type": "filter", "hook": "input", "prio": 0, "policy": policy}});
    let rules = rules.iter().zip(4..).map(|(expr, handle)| {
        json!({"rule": {"family": "inet", "table": "filter", "chain": "input", "handle": handle, "expr": expr}})
    });
    json!({"nftables": std::iter::once(chain).chain(rules).collect::<Vec<_>>()})
}

fn of(left: Value, right: Value) -> Value {
    json!({"match": {"op": "==", "left": left, "right": right}})
}

fn not(mut condition: Value) -> Value {
    condition["match"]["op"] = json!("!=");
    condition
}

fn field(protocol: &str, field: &str, right: Value) -> Value {
    of(json!({"payload": {"protocol": protocol, "field": field}}), right)
}

fn meta(key: &str, right: Value) -> Value {
    of(json!({"meta": {"key": key}}), right)
}

#[test]
fn a_rule_that_drops_is_found_and_named() {
    let drops = json!([meta("l4proto", json!("vrrp")), {"counter": {}}, {"drop": null}]);
    let Fate::Dropped(by) = fate(&rules("accept", std::slice::from_ref(&drops)), &packet(true)) else {
        panic!("it is dropped")
    };
    assert!(
        by.text.starts_with("rule 4 of chain input of table inet filter"),
        "{by:?}"
    );
    assert!(cure(&packet(true), &by).starts_with(
        "nft insert rule inet filter input iifname \"eth1\" ip daddr 224.0.0.18 meta l4proto 112 accept"
    ));
    let out = Packet {
        goes_out: true,
        ..packet(true)
    };
    assert_eq!(
        fate(&rules("accept", std::slice::from_ref(&drops)), &out),
        Fate::Passes,
        "another hook"
    );
    for (more, passes) in [
        (meta("iifname", json!("eth1")), true),
        (meta("iifname", json!("eth2")), false),
        (meta("iifname", json!("eth*")), true),
        (meta("l4proto", json!(112)), true),
        (meta("l4proto", json!({"set": ["tcp", "vrrp"]})), true),
        (
            of(json!({"ct": {"key": "state"}}), json!(["established", "related"])),
            false,
        ),
        (
            of(
                json!({"payload": {"protocol": "ip", "field": "daddr"}}),
                json!({"prefix": {"addr": "224.0.0.0", "len": 24}}),
            ),
            true,
        ),
        (
            of(
                json!({"payload": {"protocol": "ip", "field": "daddr"}}),
                json!({"prefix": {"addr": "224.0.1.0", "len": 24}}),
            ),
            false,
        ),
        (
            of(
                json!({"payload": {"protocol": "tcp", "field": "dport"}}),
                json!(22),
            ),
            false,
        ),
    ] {
        let accepts = json!([more, {"accept": null}]);
        let end = fate(&rules("accept", &[accepts, drops.clone()]), &packet(true));
        assert_eq!(end == Fate::Passes, passes, "{more}");
    }
}

#[test]
fn a_policy_drops_what_no_rule_accepts() {
    let dropped = |some: &[Value], v4| matches!(fate(&rules("drop", some), &packet(v4)), Fate::Dropped(_));
    let accepts = |right| json!([meta("l4proto", right), {"accept": null}]);
    assert!(dropped(&[], true) && dropped(&[accepts(json!("tcp"))], true));
    assert!(!dropped(&[accepts(json!(112))], true));
    let ip = json!([of(json!({"payload": {"protocol": "ip", "field": "protocol"}}), json!(112)), {"accept": null}]);
    assert!(!dropped(std::slice::from_ref(&ip), true) && dropped(&[ip], false));
}

#[test]
fn what_cannot_be_judged_may_drop() {
    let unknown = json!([{"xt": null}, {"drop": null}]);
    assert!(matches!(
        fate(&rules("accept", &[unknown]), &packet(true)),
        Fate::PerhapsDropped(_)
    ));
    let named = json!([meta("iifname", json!("@trusted")), {"accept": null}]);
    assert!(matches!(
        fate(&rules("drop", &[named]), &packet(true)),
        Fate::PerhapsDropped(_)
    ));
}

/// `tcp dport != 22` asks for TCP first: what is none of it does not match, whatever the operator.
#[test]
fn a_foreign_protocol_or_family_matches_no_inverted_condition() {
    let drops = |condition: Value, v4| {
        let rule = json!([condition, {"drop": null}]);
        fate(&rules("accept", &[rule]), &packet(v4)) != Fate::Passes
    };
    let ports = || json!({"set": [22, 80]});
    let ten = || json!({"prefix": {"addr": "10.0.0.0", "len": 8}});
    let from = |v4| Packet {
        source: Some([192, 0, 2, 2].into()),
        ..packet(v4)
    };
    assert!(!drops(not(field("tcp", "dport", ports())), true));
    assert!(!drops(not(field("ip", "saddr", ten())), false), "IPv6");
    assert!(
        !drops(not(field("ip6", "saddr", json!("2001:db8::1"))), true),
        "IPv4"
    );
    let rule = json!([not(field("ip", "saddr", ten())), {"drop": null}]);
    let all = rules("accept", &[rule]);
    assert!(
        matches!(fate(&all, &from(true)), Fate::Dropped(_)),
        "of its family"
    );
}

#[test]
fn behind_what_cannot_be_judged_nothing_is_certain() {
    let unjudged = [
        json!([{"vmap": {"key": {"meta": {"key": "iifname"}}, "data": "@ways"}}]),
        json!([{"queue": {"num": 1}}]),
        json!([{"counter": null}, {"xt": {"type": "target", "name": "TEE"}}]),
        json!([{"xt": null}]),
        json!([meta("mark", json!(7)), {"return": null}]),
        json!([meta("mark", json!(7)), {"goto": {"target": "empty"}}]),
    ];
    let drop = json!([{"drop": null}]);
    for rule in unjudged {
        for all in [
            rules("drop", std::slice::from_ref(&rule)),
            rules("accept", &[rule.clone(), drop.clone()]),
        ] {
            let end = fate(&all, &packet(true));
            assert!(matches!(end, Fate::PerhapsDropped(_)), "{rule}: {end:?}");
        }
    }
}

#[test]
fn a_rule_that_cannot_be_judged_is_said_where_nothing_drops() {
    let queue = json!([{"queue": {"num": 1}}]);
    assert!(matches!(
        fate(&rules("accept", &[queue]), &packet(true)),
        Fate::Unjudged(_)
    ));
    let states =
        |key| json!([{"vmap": {"key": {"ct": {"key": "state"}}, "data": {"set": [[key, {"drop": null}]]}}}]);
    assert_eq!(
        fate(&rules("accept", &[states("invalid")]), &packet(true)),
        Fate::Passes
    );
    assert_ne!(
        fate(&rules("accept", &[states("new")]), &packet(true)),
        Fate::Passes
    );
    assert!(matches!(
        fate(&rules("drop", &[states("invalid")]), &packet(true)),
        Fate::Dropped(_)
    ));
}

#[test]
fn chains_below_ip_that_drop_are_said() {
    let with = |family: &str, hook: &str, expr: Value| {
        below(&json!({"nftables": [
            {"chain": {"family": family, "table": "t", "name": "c", "hook": hook, "policy": "accept"}},
            {"rule": {"family": family, "table": "t", "chain": "c", "expr": [expr]}},
        ]}))
    };
    for (family, hook) in [("netdev", "ingress"), ("bridge", "forward"), ("inet", "ingress")] {
        assert_eq!(
            with(family, hook, json!({"drop": null})),
            [format!("chain c of table {family} t")]
        );
        assert!(with(family, hook, json!({"counter": null})).is_empty());
    }
    let map =
        json!({"vmap": {"key": {"meta": {"key": "protocol"}}, "data": {"set": [["arp", {"drop": null}]]}}});
    assert_eq!(with("netdev", "ingress", map).len(), 1);
    assert!(with("inet", "input", json!({"drop": null})).is_empty());
}
