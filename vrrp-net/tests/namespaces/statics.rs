//! What is there whatever the state of any service.

use vrrp_core::{StateName, Tracker, TrackerId, Weight};
use vrrp_net::{HeldAddress, RequestError, Static, Statics};

use crate::lab::{Node, Running, block_on, isolated, switch};
use crate::routes::{at, holder, monitor, routes, rule, rules, to, wait_route, wait_told_active};

fn always<T>(entry: T, group: Option<&str>) -> Static<T> {
    Static {
        entry,
        group: group.map(str::to_owned),
    }
}

/// What is static is there whatever the role, is put back, bars those that follow it while it cannot be, and goes at the end.
#[test]
fn static_entries_are_there_whatever_the_role() {
    isolated("statics::static_entries_are_there_whatever_the_role", || {
        switch();
        let node = Node::new(1);
        let mut follower = holder();
        follower.settings.trackers.push(Tracker {
            weight: Weight::Gate { reverse: false },
            initial: vrrp_core::Health::Unknown,
        });
        follower.track_statics.push(("uplink".into(), TrackerId(0)));
        let statics = |gateway: &str| {
            let mut address: HeldAddress = "192.0.2.55/24".parse().unwrap();
            address.device = Some("eth1".into());
            Statics {
                addresses: vec![always(address, None)],
                routes: vec![always(
                    to("203.0.113.0/24").via(at(gateway)).on("eth1"),
                    Some("uplink"),
                )],
                rules: vec![always(rule(100), None)],
            }
        };
        let mut running = node.start(vec![follower.clone()]);
        let apply = |running: &Running, statics| {
            block_on(running.handle.apply_all(vec![follower.clone()], statics)).unwrap();
        };
        running.wait_state(StateName::Active);
        // A gateway that is nowhere: the kernel refuses the route, and its follower takes no part.
        apply(&running, statics("198.18.0.1"));
        running.wait_state(StateName::Initialize);
        assert!(node.has("192.0.2.55") && rules(&node).len() == 1);
        apply(&running, statics("192.0.2.254"));
        running.wait_state(StateName::Active);
        wait_told_active(&mut running, 2);
        running.forget();
        node.ip("route del 203.0.113.0/24");
        wait_route(&node, "203.0.113.0/24 via 192.0.2.254", true);
        node.ip("addr del 192.0.2.55/24 dev eth1");
        node.wait_has("192.0.2.55", true);
        assert_eq!(running.states(), [], "put back: no reason to leave");
        let told = monitor(&node);
        apply(&running, statics("192.0.2.254"));
        assert_eq!(told.count("203.0.113.0"), 0, "{:?}", told.lines());
        let status = running.status().statics;
        assert_eq!((status.addresses.len(), status.routing.len()), (1, 2));
        let wrong = Statics {
            routes: vec![always(to("203.0.113.5/24").on("eth1"), None)],
            ..Statics::default()
        };
        let error = block_on(running.handle.apply_all(vec![follower.clone()], wrong)).unwrap_err();
        assert!(matches!(error, RequestError::Statics(_)), "{error}");
        running.stop();
        assert_eq!((routes(&node), rules(&node)), (vec![], vec![]));
        assert!(!node.has("192.0.2.55"));
    });
}
