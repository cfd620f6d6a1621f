//! Routes, rules and static entries as they are understood.

use keepalived_conf::{
    Host, MemoryFiles, Parsed, Route, RouteHop, RouteKind, RoutePlacement, Rule, RuleAction, effective,
    parse_for,
};

use super::text::{codes, file, found, web};

fn route(line: &str) -> Route {
    let parsed = web(&format!("virtual_routes {{\n{line}\n}}"));
    let routes = &parsed.config.instances[0].routes;
    assert_eq!(routes.len(), 1, "{line}: {:?}", codes(&parsed));
    routes[0].clone()
}

fn rule(line: &str) -> Rule {
    let parsed = web(&format!("virtual_rules {{\n{line}\n}}"));
    let rules = &parsed.config.instances[0].rules;
    assert_eq!(rules.len(), 1, "{line}: {:?}", codes(&parsed));
    rules[0].clone()
}

fn via(gateway: &str) -> RouteHop {
    RouteHop {
        gateway: gateway.parse().ok(),
        ..RouteHop::default()
    }
}

#[test]
fn a_route_in_the_words_of_ip_route() {
    let read = route(
        "inet unicast 10.9.0.0/24 via 192.0.2.9 dev eth0 src 192.0.2.1 table 0x10 metric 7 scope link protocol 99 tos 0x10 \
         onlink append no_track mtu lock 1400 rtt 300ms rto_min 1s hoplimit 64 features ecn congctl lock cubic realms 3/4",
    );
    assert_eq!(
        (read.to.to_string().as_str(), read.kind),
        ("10.9.0.0/24", RouteKind::Unicast)
    );
    let hop = RouteHop {
        dev: Some("eth0".into()),
        onlink: true,
        realms: Some(0x0003_0004),
        ..via("192.0.2.9")
    };
    assert_eq!(read.hops, [hop]);
    assert_eq!(read.source, "192.0.2.1".parse().ok());
    assert_eq!(
        (read.table, read.metric, read.scope, read.protocol),
        (Some(16), Some(7), Some(253), Some(99))
    );
    assert_eq!(
        (read.tos, read.placement, read.no_track),
        (16, RoutePlacement::Append, true)
    );
    let metrics: Vec<_> = read
        .metrics
        .iter()
        .map(|one| (one.kind, one.value, one.locked))
        .collect();
    assert_eq!(
        metrics,
        [
            (2, 1400, true),
            (4, 2400, false),
            (13, 1000, false),
            (10, 64, false),
            (12, 1, false)
        ]
    );
    assert_eq!(read.congestion, Some(("cubic".into(), true)));
}

#[test]
fn several_ways_share_the_traffic() {
    let read = route(
        "default metric 3 no_track nexthop via 192.0.2.9 dev eth0 weight 3 nexthop via 192.0.2.8 onlink",
    );
    assert_eq!(read.to.to_string(), "0.0.0.0/0");
    let first = RouteHop {
        dev: Some("eth0".into()),
        weight: 3,
        ..via("192.0.2.9")
    };
    let second = RouteHop {
        onlink: true,
        ..via("192.0.2.8")
    };
    assert_eq!(read.hops, [first, second]);
    let old = route("default via 192.0.2.9 or 192.0.2.8 no_track");
    assert_eq!(old.hops, [via("192.0.2.9"), via("192.0.2.8")]);
}

#[test]
fn the_family_of_default_is_that_of_the_other_addresses() {
    for (line, to) in [
        ("default via fe80::1 dev eth0", "::/0"),
        ("default src 2001:db8::1 dev eth0", "::/0"),
        ("default6 dev eth0", "::/0"),
        ("inet6 default dev eth0", "::/0"),
        ("any dev eth0", "0.0.0.0/0"),
        ("10.9.0.0/24 via inet6 fe80::1 dev eth0", "10.9.0.0/24"),
    ] {
        assert_eq!(route(line).to.to_string(), to, "{line}");
    }
}

/// keepalived finds out when it is Active; here the line is left out, and the instance runs.
#[test]
fn what_the_kernel_refuses_is_told_beforehand() {
    for line in [
        "10.9.0.5/24 dev eth0",
        "10.9.0.0/24 no_track",
        "2001:db8::/32 via inet 192.0.2.1 dev eth0",
        "default no_track nexthop weight 3 nexthop via 192.0.2.8",
    ] {
        let parsed = web(&format!("virtual_routes {{\n{line}\n}}"));
        assert!(found(&parsed, "impossible-route").span.is_some(), "{line}");
        assert!(
            parsed.config.instances[0].routes.is_empty() && parsed.config.instances[0].missing.is_empty()
        );
    }
}

/// What is right and not carried out bars the instance by its block, and says why.
#[test]
fn what_is_not_built_bars_with_its_reason() {
    for (line, why) in [
        ("10.9.0.0/24 encap ip6 id 5 dev eth0", "tunnel"),
        ("10.9.0.0/24 vrf red dev eth0", "table"),
        ("10.9.0.0/24 nexthop encap mpls 3 via 192.0.2.9", "tunnel"),
    ] {
        let parsed = web(&format!("virtual_routes {{\n{line}\n}}"));
        let missing = &parsed.config.instances[0].missing;
        assert_eq!(missing.len(), 1, "{line}");
        assert!(missing[0].why.contains(why), "{}", missing[0].why);
        assert_eq!(missing[0].allow_word, "virtual_routes");
    }
}

#[test]
fn a_rule_in_the_words_of_ip_rule() {
    let read = rule(
        "not from 10.0.0.0/8 to 10.9.0.0/16 iif eth0 oif eth1 fwmark 0x10/0xff tos 0x10 realms 2 table main priority 99 \
         uidrange 5-9 ipproto tcp sport 1-5 dport 80 suppress_prefixlength 0 suppress_ifgroup 3 tunnel-id 7 protocol 5",
    );
    assert_eq!(
        (read.ipv6, read.preference.value, read.action),
        (false, 99, RuleAction::Table(254))
    );
    assert_eq!(
        (read.invert, read.mark, read.tos, read.realms),
        (true, Some((16, 255)), 16, Some(2))
    );
    assert_eq!(
        (read.incoming.as_deref(), read.outgoing.as_deref()),
        (Some("eth0"), Some("eth1"))
    );
    assert_eq!((read.users, read.ip_protocol), (Some((5, 9)), Some(6)));
    assert_eq!(
        (read.source_ports, read.destination_ports),
        (Some((1, 5)), Some((80, 80)))
    );
    assert_eq!((read.suppress_prefix, read.suppress_group), (Some(0), Some(3)));
    assert_eq!(
        (read.tunnel, read.protocol, read.no_track),
        (Some(7), Some(5), false)
    );
    for (line, action) in [
        ("from all goto 200 priority 5", RuleAction::Goto(200)),
        ("from all type blackhole priority 5", RuleAction::Blackhole),
        ("from all prohibit priority 5", RuleAction::Prohibit),
        ("l3mdev priority 5", RuleAction::L3mdev),
    ] {
        assert_eq!(rule(line).action, action, "{line}");
    }
    assert!(rule("from 2001:db8::/32 table 5 priority 5").ipv6);
}

/// Observed with 2.2.7: one count for the whole file, downwards.
#[test]
fn rules_without_a_preference_count_down_through_the_file() {
    let text = "static_rules {\nfrom 10.0.0.0/8 table 5\nfrom 10.1.0.0/16 table 5\n}\n\
                vrrp_instance a {\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress {\n192.0.2.1\n}\n\
                virtual_rules {\nfrom 10.2.0.0/16 table 5\nfrom 10.3.0.0/16 table 5 priority 9\nfrom 10.4.0.0/16 table 5\n}\n}";
    let parsed = file(text);
    let of = |rules: &[Rule]| rules.iter().map(|one| one.preference.value).collect::<Vec<_>>();
    assert_eq!(of(&parsed.config.statics.rules), [16384, 16383]);
    assert_eq!(of(&parsed.config.instances[0].rules), [16382, 9, 16381]);
}

/// Observed with 2.2.7 by its messages, and by what the kernel had then.
#[test]
fn lines_that_keepalived_leaves_out() {
    for line in [
        "10.9.0.0/16 dev eth0 table nosuch",
        "10.9.0.0/16 dev eth0 scope nosuch",
        "10.9.0.0/16 dev eth0 protocol nosuch no_track",
        "10.9.0.0/16 dev eth0 realms nosuch",
        "10.9.0.0/16 dev eth0 metric 5x",
        "10.9.0.0/16 dev eth0 weight 5",
        "10.9.0.0/16 dev eth0 tos 300",
        "10.9.0.0/16 dev eth0 tos ff",
        "10.9.0.0/16 dev eth0 from 10.0.0.0/8",
        "10.9.0.0/16 dev eth0 hoplimit 300",
        "10.9.0.0/16 dev eth0 quickack 2",
        "10.9.0.0/16 dev eth0 pref high",
        "10.9.0.0/16 dev eth0 expires 5",
        "10.9.0.0/16 dev eth0 via 192.0.2.4/24",
        "10.9.0.0/16 dev eth0 track_group up",
    ] {
        let parsed = web(&format!("virtual_routes {{\n{line}\n}}"));
        assert_eq!(codes(&parsed), ["bad-line"], "{line}");
        assert!(parsed.config.instances[0].routes.is_empty());
    }
    for line in [
        "from 10.1.0.0/16 table nosuch priority 5",
        "from 10.1.0.0/16 table 5 priority 5 uidrange 5",
        "from 10.1.0.0/16 table 5 priority 5 goto 100",
        "from 10.1.0.0/16 goto 3 priority 5",
        "from 10.1.0.0/16 table 0 priority 5",
        "from 10.1.0.0/16 table 5 priority 5 suppress_ifgroup nosuch",
        "from 10.1.0.0/16 suppress_prefixlength 5 priority 5",
        "from 10.1.0.0/16 table 5 priority 5 track_group up",
    ] {
        let parsed = web(&format!("virtual_rules {{\n{line}\n}}"));
        assert_eq!(codes(&parsed), ["bad-line"], "{line}");
        assert!(parsed.config.instances[0].rules.is_empty());
    }
    let kept =
        web("virtual_routes {\n10.9.0.0/16 dev eth0 features xx\n10.8.0.0/16 dev eth0 as to 10.0.0.1\n}");
    assert_eq!(codes(&kept), ["unknown-option"; 2]);
    assert_eq!(kept.config.instances[0].routes.len(), 2);
    let single = web("virtual_rules {\nfrom 10.1.0.0/16 table 5 priority 5 dport 80\n}");
    assert!(found(&single, "single-port").span.is_some());
}

fn with_names(text: &str) -> Parsed {
    let files = MemoryFiles::new([
        ("k.conf", text),
        ("/etc/iproute2/rt_tables", "7 uplink\n"),
        ("/etc/iproute2/rt_realms", "0x14 cosmos\n"),
        ("/opt/names/rt_tables", "9 other\n"),
    ]);
    parse_for(&Host::default(), &files, "k.conf")
}

#[test]
fn tables_have_names() {
    let parsed = with_names(
        "global_defs {\niproute_etc_dir /opt/names\n}\nstatic_routes {\n10.9.0.0/24 dev eth0 table uplink\n\
         10.8.0.0/24 dev eth0 table other\n10.7.0.0/24 dev eth0 table nobody\n}\n\
         static_rules {\nfrom 10.0.0.0/8 table uplink priority 5\n}",
    );
    let tables: Vec<_> = parsed.config.statics.routes.iter().map(|one| one.table).collect();
    assert_eq!(tables, [Some(7), Some(9)]);
    assert!(found(&parsed, "bad-line").message.contains("nobody"));
    assert_eq!(parsed.config.statics.rules[0].action, RuleAction::Table(7));
}

#[test]
fn static_entries_and_who_is_barred_by_their_loss() {
    let text = "track_group up {\ngroup {\na nobody\n}\n}\nglobal_defs {\ndefault_interface eth7\n}\n\
                static_ipaddress {\n192.0.2.9/24\n192.0.2.8/24 dev eth0 track_group up\n}\n\
                static_routes {\n10.9.0.0/24 dev eth0 track_group up\n10.8.0.0/24 dev eth0 track_group none\n}\n\
                vrrp_instance a {\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress {\n192.0.2.1\n}\n}";
    let parsed = file(text);
    let statics = &parsed.config.statics;
    let devices: Vec<_> = statics
        .addresses
        .iter()
        .map(|one| one.dev.as_ref().unwrap().value.as_str())
        .collect();
    assert_eq!(devices, ["eth7", "eth0"]);
    let named: Vec<_> = statics.groups_named().map(|name| name.value.as_str()).collect();
    assert_eq!(named, ["up", "up"]);
    assert_eq!(statics.groups[0].members.len(), 1);
    assert_eq!(codes(&parsed), ["unknown-track-group", "unknown-member"]);
    let shown = effective(&parsed).statics.unwrap();
    let routes: Vec<String> = shown
        .many("static_routes")
        .iter()
        .map(|one| one.shown())
        .collect();
    assert_eq!(
        routes[0],
        "10.9.0.0/24 type unicast dev eth0 mode prepend track_group up"
    );
}
