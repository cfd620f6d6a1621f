//! Routes and rules that go with a service.

use std::net::IpAddr;
use std::process::Command;
use std::time::Duration;

use vrrp_core::StateName;
use vrrp_net::{
    Handle, Happening, Hop, Metric, Options, Route, RouteKind, RoutingPresence, Rule, RuleAction, Service,
};

use crate::adverts::service;
use crate::lab::{LIMIT, Node, Program, Running, block_on, isolated, switch, wait_for};

pub(crate) fn at(text: &str) -> IpAddr {
    text.parse().unwrap()
}

pub(crate) fn to(text: &str) -> Route {
    let (address, prefix) = text.split_once('/').unwrap();
    Route::to(at(address), prefix.parse().unwrap())
}

pub(crate) fn uplink() -> Route {
    to("203.0.113.0/24").via(at("192.0.2.254")).on("eth1")
}

pub(crate) fn rule(preference: u32) -> Rule {
    let mut rule = Rule::new(preference, RuleAction::Table(7));
    rule.from = Some((at("192.0.2.10"), 32));
    rule
}

pub(crate) fn holder() -> Service {
    service(51).address("192.0.2.10/24").unwrap()
}

/// What bears our mark, as `ip route` shows it.
pub(crate) fn routes(node: &Node) -> Vec<String> {
    let all = [
        node.ip("-4 route show table all proto 112"),
        node.ip("-6 route show table all proto 112"),
    ];
    let mut lines: Vec<String> = Vec::new();
    for line in all.iter().flat_map(|text| text.lines()) {
        match lines.last_mut() {
            // The ways of one route stand on lines of their own.
            Some(last) if line.starts_with('\t') => last.push_str(&format!(" {}", line.trim())),
            _ => lines.push(line.split_whitespace().collect::<Vec<_>>().join(" ")),
        }
    }
    lines
}

pub(crate) fn rules(node: &Node) -> Vec<String> {
    let all = [node.ip("rule show"), node.ip("-6 rule show")];
    let lines = all.iter().flat_map(|text| text.lines());
    let ours = lines.filter(|line| line.contains("proto 112"));
    ours.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}

/// Until it was told that it is Active, so often.
pub(crate) fn wait_told_active(running: &mut Running, times: usize) {
    wait_for("Active to be told", LIMIT, || {
        let told = running
            .states()
            .into_iter()
            .filter(|state| *state == StateName::Active);
        (told.count() == times).then_some(())
    });
}

pub(crate) fn wait_route(node: &Node, words: &str, there: bool) {
    wait_for(&format!("{words} there: {there}"), LIMIT, || {
        (routes(node).iter().any(|line| line.contains(words)) == there).then_some(())
    });
}

fn with_every_kind() -> Service {
    let mut from_it = to("198.51.100.0/24").on("eth1");
    from_it.source = Some(at("192.0.2.10"));
    let mut tuned = uplink();
    tuned.destination = at("203.0.114.0");
    tuned.table = Some(1000);
    tuned.metric = Some(5);
    tuned.metrics = vec![
        Metric {
            kind: 2,
            value: 1400,
            locked: true,
        },
        Metric {
            kind: 8,
            value: 1300,
            locked: false,
        },
    ];
    let hop = |gateway: &str, weight| Hop {
        gateway: Some(at(gateway)),
        device: Some("eth1".into()),
        weight,
        ..Hop::default()
    };
    let mut shared = to("203.0.115.0/24");
    shared.hops = vec![hop("192.0.2.253", 2), hop("192.0.2.252", 1)];
    let mut hole = to("203.0.116.0/24");
    hole.kind = RouteKind::Blackhole;
    let mut far = to("203.0.117.0/24").via(at("198.18.0.1")).on("eth1");
    far.hops[0].onlink = true;
    let six = to("2001:db8:7::/48").via(at("fe80::1")).on("eth1");
    let mut service = holder();
    for route in [uplink(), from_it, tuned, shared, hole, far, six] {
        service = service.route(route);
    }
    let mut drops = Rule::new(101, RuleAction::Prohibit);
    drops.invert = true;
    drops.from = Some((at("192.0.2.0"), 24));
    drops.mark = Some((5, 0xff));
    let mut of_six = Rule::new(102, RuleAction::Table(1000));
    of_six.ipv6 = true;
    of_six.incoming = Some("eth1".into());
    service.rule(rule(100)).rule(drops).rule(of_six)
}

/// Every kind of route and rule that this kernel takes is there while Active, and nothing of it afterwards.
#[test]
fn they_come_with_the_addresses_and_go_before_them() {
    isolated("routes::they_come_with_the_addresses_and_go_before_them", || {
        switch();
        let node = Node::new(1);
        let service = with_every_kind();
        let mut running = node.start(vec![service]);
        running.wait_state(StateName::Active);
        wait_for("the last rule", LIMIT, || (rules(&node).len() == 3).then_some(()));
        assert_eq!(
            routes(&node),
            [
                "203.0.114.0/24 via 192.0.2.254 dev eth1 table 1000 metric 5 mtu lock 1400 advmss 1300",
                "198.51.100.0/24 dev eth1 scope link src 192.0.2.10",
                "203.0.113.0/24 via 192.0.2.254 dev eth1",
                "203.0.115.0/24 nexthop via 192.0.2.253 dev eth1 weight 2 nexthop via 192.0.2.252 dev eth1 weight 1",
                "blackhole 203.0.116.0/24",
                "203.0.117.0/24 via 198.18.0.1 dev eth1 onlink",
                "2001:db8:7::/48 via fe80::1 dev eth1 metric 1024 pref medium",
            ]
        );
        assert_eq!(
            rules(&node),
            [
                "100: from 192.0.2.10 lookup 7 proto 112",
                "101: not from 192.0.2.0/24 fwmark 0x5/0xff prohibit proto 112",
                "102: from all iif eth1 lookup 1000 proto 112",
            ]
        );
        let status = running.service("VI_1");
        assert!(
            status
                .routing
                .iter()
                .all(|one| one.wanted && one.present == RoutingPresence::Ours)
        );
        let _events = running.seen();
        running.stop();
        assert_eq!((routes(&node), rules(&node)), (vec![], vec![]));
        assert!(!node.has("192.0.2.10"));
    });
}

/// PRJ-ADDR-01 in spirit: an equal route that others made is neither made again nor removed.
#[test]
fn what_was_there_before_stays() {
    isolated("routes::what_was_there_before_stays", || {
        switch();
        let node = Node::new(1);
        node.ip("route add 203.0.113.0/24 via 192.0.2.254 dev eth1 proto static");
        node.ip("route add 203.0.114.0/24 via 192.0.2.200 dev eth1 proto static");
        node.ip("rule add from 192.0.2.10 table 7 priority 100");
        let mut equal = uplink();
        equal.protocol = Some(4);
        let mut beside = uplink();
        beside.destination = at("203.0.114.0");
        let running = node.start(vec![holder().route(equal).route(beside).rule(rule(100))]);
        running.wait_state(StateName::Active);
        wait_route(&node, "203.0.114.0/24 via 192.0.2.254", true);
        let status = running.service("VI_1");
        let present: Vec<_> = status.routing.iter().map(|one| one.present.clone()).collect();
        use RoutingPresence::{Foreign, Ours};
        // The mark is part of what makes rules equal: there are two now.
        assert_eq!(present, [Foreign, Ours, Ours]);
        running.stop();
        assert_eq!((routes(&node), rules(&node)), (vec![], vec![]));
        let left = node.ip("route show proto static");
        assert_eq!(left.lines().count(), 2, "{left}");
        assert!(node.ip("rule show").contains("from 192.0.2.10 lookup 7"));
    });
}

/// Others delete it: it is back at once and the router stays Active, four times in a minute. At the fifth it makes way,
/// but not for a route that is not tracked.
#[test]
fn what_others_delete_is_put_back() {
    isolated("routes::what_others_delete_is_put_back", || {
        switch();
        let node = Node::new(1);
        let mut free = uplink();
        free.destination = at("203.0.114.0");
        free.no_track = true;
        let mut from_it = to("198.51.100.0/24").on("eth1");
        from_it.source = Some(at("192.0.2.10"));
        from_it.no_track = true;
        let mut running = node.start(vec![
            holder()
                .route(uplink())
                .route(free)
                .route(from_it)
                .rule(rule(100)),
        ]);
        running.wait_state(StateName::Active);
        wait_for("the rule", LIMIT, || (rules(&node).len() == 1).then_some(()));
        wait_told_active(&mut running, 1);
        running.forget();
        for (entry, delete) in [
            ("203.0.113.0/24", "route del 203.0.113.0/24"),
            ("from 192.0.2.10/32 table 7", "rule del priority 100"),
        ] {
            node.ip(delete);
            running.wait("its loss", |what| {
                matches!(what, Happening::RoutingLost { entry: lost, times: 1 } if lost.contains(entry))
            });
        }
        // With its source the kernel drops a route without a word.
        node.ip("addr del 192.0.2.10/24 dev eth1");
        wait_route(&node, "198.51.100.0/24 dev eth1 scope link src 192.0.2.10", true);
        running.wait("the address", |what| {
            matches!(what, Happening::AddressLost { .. })
        });
        // A route that is replaced is lost without a word of deletion.
        node.ip("route replace 203.0.113.0/24 via 192.0.2.77 dev eth1");
        running.wait("the replaced one", |what| {
            matches!(what, Happening::RoutingLost { times: 2, .. })
        });
        wait_route(&node, "203.0.113.0/24 via 192.0.2.254", true);
        for times in 1..=6_usize {
            node.ip("route del 203.0.114.0/24");
            running.wait("the untracked one", |what| {
                matches!(what, Happening::RoutingLost { entry, times: now } if entry.contains("203.0.114.0") && *now == (times - 1) % 5 + 1)
            });
        }
        assert_eq!(running.states(), [], "none of this is a reason to leave");
        for times in 3..=5_usize {
            node.ip("route del 203.0.113.0/24 via 192.0.2.254");
            running.wait("the tracked one", |what| {
                matches!(what, Happening::RoutingLost { entry, times: now } if entry.contains("203.0.113.0") && *now == times)
            });
        }
        wait_for("it to make way", LIMIT, || {
            (!running.states().is_empty()).then_some(())
        });
        assert_ne!(running.states()[0], StateName::Active);
        running.stop();
        assert_eq!((routes(&node), rules(&node)), (vec![], vec![]));
    });
}

/// The kernel refuses a gateway that it cannot reach, be the route there or not: nothing is lost by that.
#[test]
fn a_refusal_is_no_loss() {
    isolated("routes::a_refusal_is_no_loss", || {
        switch();
        let node = Node::new(1);
        let options = Options {
            audit_every: Duration::from_millis(50),
            ..Options::default()
        };
        let mut running = node.start_with(vec![holder().route(uplink())], options, None);
        running.wait_state(StateName::Active);
        wait_route(&node, "203.0.113.0/24", true);
        wait_told_active(&mut running, 1);
        running.forget();
        node.ip("rule add to 192.0.2.254 blackhole priority 50");
        running.none_for(Duration::from_millis(400), "nothing is lost", |what| {
            matches!(
                what,
                Happening::RoutingLost { .. } | Happening::RoutingFailed { .. }
            )
        });
        assert_eq!(running.service("VI_1").routing[0].present, RoutingPresence::Ours);
        // What the kernel has told to be gone is.
        node.ip("route del 203.0.113.0/24");
        running.wait("that it cannot be put back", |what| {
            matches!(what, Happening::RoutingFailed { adding: true, .. })
        });
        wait_for("it to make way", LIMIT, || {
            (!running.states().is_empty()).then_some(())
        });
        running.stop();
    });
}

/// An interface that comes back brings its routes, and one that the kernel refuses is told and does no more.
#[test]
fn a_route_over_another_interface_waits_for_it() {
    isolated("routes::a_route_over_another_interface_waits_for_it", || {
        switch();
        let node = Node::new(1);
        let mut refused = to("203.0.114.0/24").via(at("198.18.0.1")).on("eth1");
        refused.no_track = true;
        let running = node.start(vec![
            holder().route(to("203.0.113.0/24").on("eth7")).route(refused),
        ]);
        running.wait_state(StateName::Active);
        let problem = |place: usize| match running.service("VI_1").routing[place].present.clone() {
            RoutingPresence::Refused(why) => Some(why),
            _ => None,
        };
        let why = wait_for("a refusal", LIMIT, || problem(1));
        assert!(why.contains("unreachable"), "{why}");
        assert!(problem(0).unwrap().contains("No such device"));
        node.wire("eth7", "port7", "02:00:00:00:00:77");
        wait_route(&node, "203.0.113.0/24 dev eth7", true);
        node.ip("link set eth7 down");
        wait_route(&node, "203.0.113.0/24", false);
        node.ip("link set eth7 up");
        wait_route(&node, "203.0.113.0/24 dev eth7", true);
        running.stop();
        assert_eq!(routes(&node), Vec::<String>::new());
    });
}

pub(crate) fn monitor(node: &Node) -> Program {
    let mut command = Command::new("stdbuf");
    command.args(["-oL", "ip", "monitor", "route", "rule"]);
    let program = Program::start(node, command);
    // What it says first proves that it hears.
    wait_for("the monitor", LIMIT, || {
        node.ip("route add blackhole 198.18.99.0/24");
        node.ip("route del blackhole 198.18.99.0/24");
        (program.count("198.18.99.0") > 0).then_some(())
    });
    program
}

/// Of a reload the kernel hears what differs, and nothing else: what stays, moves or is equal is not touched.
#[test]
fn a_reload_touches_what_differs() {
    isolated("routes::a_reload_touches_what_differs", || {
        switch();
        let node = Node::new(1);
        let other = |route: Route| {
            let mut service = service(52).address("192.0.2.11/24").unwrap().route(route);
            service.name = "other".into();
            service
        };
        let stays = || to("203.0.115.0/24").via(at("192.0.2.253")).on("eth1");
        let mine = |more: Route| holder().route(uplink()).route(more).rule(rule(100));
        let moved = || to("203.0.116.0/24").via(at("192.0.2.252")).on("eth1");
        let running = node.start(vec![mine(moved()), other(stays())]);
        running.wait_state(StateName::Active);
        wait_route(&node, "203.0.115.0/24", true);
        wait_route(&node, "203.0.116.0/24", true);
        wait_for("the rule", LIMIT, || (rules(&node).len() == 1).then_some(()));
        let told = monitor(&node);
        let apply = |handle: &Handle, services| block_on(handle.apply(services)).unwrap();
        // Equal; then one route that moves to the other service, and one that is new.
        apply(&running.handle, vec![mine(moved()), other(stays())]);
        let fresh = || to("203.0.117.0/24").on("eth1");
        apply(
            &running.handle,
            vec![mine(fresh()), other(stays()).route(moved())],
        );
        wait_route(&node, "203.0.117.0/24", true);
        apply(
            &running.handle,
            vec![mine(stays()), other(stays()).route(moved())],
        );
        wait_route(&node, "203.0.117.0/24", false);
        told.wait_line("Deleted 203.0.117.0/24");
        let news = |net: &str| told.count(net);
        assert_eq!(
            [
                news("203.0.113.0"),
                news("203.0.115.0"),
                news("203.0.116.0"),
                news("192.0.2.10 ")
            ],
            [0; 4],
            "{:?}",
            told.lines()
        );
        assert_eq!(news("203.0.117.0"), 2, "made and removed");
        // Two services hold it: it goes with the second.
        apply(
            &running.handle,
            vec![mine(fresh()), other(stays()).route(moved())],
        );
        assert!(routes(&node).iter().any(|line| line.contains("203.0.115.0")));
        apply(&running.handle, vec![mine(fresh()), other(moved())]);
        wait_route(&node, "203.0.115.0/24", false);
        running.stop();
        assert_eq!(routes(&node), Vec::<String>::new());
    });
}

/// A program that goes on after another one: what both ask for is not touched, what it does not ask for goes. After a crash
/// the same, by the journal.
#[test]
fn a_successor_keeps_them_and_a_crash_leaves_nothing() {
    isolated(
        "routes::a_successor_keeps_them_and_a_crash_leaves_nothing",
        || {
            switch();
            let node = Node::new(1);
            let folder = std::env::temp_dir().join(format!("vrrp-net-routes-{}", std::process::id()));
            let options = || Options {
                journal: Some(folder.clone()),
                ..Options::default()
            };
            let mut named = to("203.0.115.0/24").on("eth1");
            named.protocol = Some(99);
            let gone = to("203.0.114.0/24").on("eth1");
            let both = || {
                holder()
                    .route(uplink())
                    .route(gone.clone())
                    .route(named.clone())
                    .rule(rule(100))
            };
            let running = node.start_with(vec![both()], options(), None);
            running.wait_state(StateName::Active);
            wait_for("the rule", LIMIT, || (rules(&node).len() == 1).then_some(()));
            let told = monitor(&node);
            let handover = running.handover();
            let running = node.start_with(
                vec![holder().route(uplink()).route(named.clone()).rule(rule(100))],
                options(),
                Some(handover),
            );
            wait_route(&node, "203.0.114.0/24", false);
            running.wait_state(StateName::Active);
            told.wait_line("Deleted 203.0.114.0/24");
            assert_eq!(
                [
                    told.count("203.0.113.0"),
                    told.count("203.0.115.0"),
                    told.count("192.0.2.10 ")
                ],
                [0; 3]
            );
            // A crash: nobody releases anything, and the journal is all there is.
            wait_for("the journal", LIMIT, || {
                let text = std::fs::read_to_string(folder.join("held-routes.json")).unwrap_or_default();
                (text.contains("203.0.113.0") && !text.contains("203.0.114.0")).then_some(())
            });
            let kept = std::fs::read(folder.join("held-routes.json")).unwrap();
            drop(running.handover());
            std::fs::write(folder.join("held-routes.json"), kept).unwrap();
            assert_eq!(routes(&node).len(), 1);
            let running = node.start_with(vec![holder().priority(100).unwrap()], options(), None);
            wait_route(&node, "203.0.113.0/24", false);
            wait_for("the rest to go", LIMIT, || {
                (rules(&node).is_empty() && node.ip("route show proto 99").is_empty()).then_some(())
            });
            running.stop();
            let _gone = std::fs::remove_dir_all(&folder);
        },
    );
}
