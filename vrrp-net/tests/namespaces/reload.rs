//! What a reload touches, and what it does not.

use vrrp_conformance::proves;
use vrrp_core::{Health, Interval, Priority, Report, StateName, Tracker, TrackerId, Weight};
use vrrp_net::{Applied, Happening, RequestError, Service};

use crate::adverts::service;
use crate::lab::{Capture, LIMIT, Node, Running, block_on, isolated, switch, wait_for};

fn named(name: &str, vrid: u8, address: &str) -> Service {
    let mut service = service(vrid).address(address).unwrap();
    service.name = name.into();
    service
}

fn three(node: &Node) -> ([Service; 3], Running) {
    let services = [
        named("kept", 1, "10.0.0.1"),
        named("changed", 2, "10.0.0.2"),
        named("gone", 3, "10.0.0.3"),
    ];
    let running = node.start(services.to_vec());
    running.wait_state(StateName::Active);
    for address in ["10.0.0.1", "10.0.0.2", "10.0.0.3"] {
        node.wait_has(address, true);
    }
    (services, running)
}

/// Two of one name, two of one key, a contradiction: each changes nothing.
#[test]
fn a_reload_that_is_wrong_changes_nothing() {
    isolated("reload::a_reload_that_is_wrong_changes_nothing", || {
        switch();
        let node = Node::new(1);
        let ([kept, changed, _], mut running) = three(&node);
        let mut twice = changed.clone();
        twice.name = "twice".into();
        let mut contradiction = changed.clone();
        contradiction.settings.preempt = false;
        contradiction.settings.priority = Priority::OWNER;
        let mut label = changed.clone();
        label.addresses[0].label = Some("a label of 16 oct".into());
        let wrong = [
            vec![kept.clone(), kept.clone()],
            vec![changed, twice],
            vec![kept.clone(), contradiction],
            vec![label],
        ];
        running.forget();
        for services in wrong {
            let error = block_on(running.handle.apply(services)).unwrap_err();
            assert!(matches!(error, RequestError::Service(_)), "{error}");
            assert_eq!(running.status().services.len(), 3);
        }
        assert_eq!(running.states(), []);
        assert!(
            ["10.0.0.1", "10.0.0.2", "10.0.0.3"]
                .iter()
                .all(|address| node.has(address))
        );
        running.stop();
    });
}

/// An equal service is not touched, a changed one changes while running, one that goes is stopped. PRJ-CHG-02, PRJ-CHG-05.
#[test]
fn prj_chg_05_a_reload_touches_what_has_changed() {
    isolated("reload::prj_chg_05_a_reload_touches_what_has_changed", || {
        switch();
        let node = Node::new(1);
        let wire = Capture::on("port1");
        let ([kept, changed, _], mut running) = three(&node);
        let before = (running.service("kept"), running.service("changed"));
        let mut other = changed.address("10.0.0.22").unwrap().priority(130).unwrap();
        other
            .settings
            .addresses
            .retain(|address| address.to_string() != "10.0.0.2");
        other
            .addresses
            .retain(|held| held.address.to_string() != "10.0.0.2");
        let new = named("new", 4, "10.0.0.4");
        running.forget();
        wire.forget();
        let applied = block_on(running.handle.apply(vec![kept, other, new])).unwrap();
        let expected = Applied {
            renamed: vec![],
            unchanged: vec!["kept".into()],
            changed: vec!["changed".into()],
            added: vec!["new".into()],
            removed: vec!["gone".into()],
        };
        assert_eq!(applied, expected);
        for (address, there) in [
            ("10.0.0.22", true),
            ("10.0.0.2", false),
            ("10.0.0.3", false),
            ("10.0.0.4", true),
        ] {
            node.wait_has(address, there);
        }
        wire.wait("the new address to be announced", |frame| {
            frame
                .gratuitous_arp()
                .filter(|(address, _)| address.to_string() == "10.0.0.22")
        });
        let said = |vrid: u8, priority: u8| {
            wire.adverts(1)
                .iter()
                .any(|advert| (advert.vrid, advert.priority) == (vrid, priority))
                .then_some(())
        };
        wait_for("the goodbye of what is gone", LIMIT, || said(3, 0));
        wait_for("the new priority on the wire", LIMIT, || said(2, 130));
        assert!(
            wire.adverts(1)
                .iter()
                .all(|advert| advert.vrid == 3 || advert.priority != 0)
        );
        wait_for("it to be forgotten", LIMIT, || {
            (running.status().services.len() == 3).then_some(())
        });
        let after = (running.service("kept"), running.service("changed"));
        assert_eq!(after.0.since_nanos, before.0.since_nanos);
        assert_eq!(
            after.1.since_nanos, before.1.since_nanos,
            "changed without a change of state"
        );
        let taken = running
            .states()
            .iter()
            .filter(|state| **state == StateName::Active)
            .count();
        assert_eq!(taken, 1, "the new one");
        running.stop();
        proves!("PRJ-CHG-02", "PRJ-CHG-05", "V3-8.1.2-06", Obeys);
    });
}

/// PRJ-CHG-07: another VRID is another router: goodbye of the old, a new beginning; what is left out goes.
#[test]
fn prj_chg_07_another_vrid_is_another_router() {
    isolated("reload::prj_chg_07_another_vrid_is_another_router", || {
        switch();
        let node = Node::new(1);
        let wire = Capture::on("port1");
        let (_, running) = three(&node);
        let moved = vec![named("kept", 9, "10.0.0.1")];
        let applied = block_on(running.handle.apply(moved)).unwrap();
        assert_eq!((applied.changed.len(), applied.removed.len()), (1, 2));
        wait_for("one service", LIMIT, || {
            (running.status().services.len() == 1).then_some(())
        });
        running.wait_state(StateName::Active);
        node.wait_has("10.0.0.1", true);
        assert!(!node.has("10.0.0.2") && !node.has("10.0.0.3"));
        let goodbyes: Vec<u8> = wire
            .adverts(1)
            .iter()
            .filter(|advert| advert.priority == 0)
            .map(|advert| advert.vrid)
            .collect();
        assert!(
            [1, 2, 3].iter().all(|vrid| goodbyes.contains(vrid)),
            "{goodbyes:?}"
        );
        assert!(wire.count(1, 9) > 0);
        running.stop();
        proves!("PRJ-CHG-07", Obeys);
    });
}

/// An address that is to be made otherwise is made anew, the others are not touched.
#[test]
fn an_address_that_is_to_be_made_otherwise() {
    isolated("reload::an_address_that_is_to_be_made_otherwise", || {
        switch();
        let node = Node::new(1);
        let mut running = node.start(vec![
            service(51)
                .address("10.0.0.1/24")
                .unwrap()
                .address("10.1.0.1")
                .unwrap(),
        ]);
        running.wait_state(StateName::Active);
        node.wait_has("10.1.0.1", true);
        running.forget();
        let other = service(51)
            .address("10.0.0.1/16")
            .unwrap()
            .address("10.1.0.1")
            .unwrap();
        block_on(running.handle.apply(vec![other])).unwrap();
        wait_for("the other prefix", LIMIT, || {
            node.ip("addr").contains("10.0.0.1/16").then_some(())
        });
        assert!(!node.ip("addr").contains("10.0.0.1/24"));
        assert!(
            !running
                .seen()
                .iter()
                .any(|event| matches!(event.what, Happening::AddressLost { .. }))
        );
        running.stop();
        assert!(!node.has("10.0.0.1"));
    });
}

/// PRJ-CHG-01, PRJ-CHG-02 from an application; PRJ-STOP-04 without a successor.
#[test]
fn prj_stop_04_a_switchover_without_a_successor_is_rolled_back() {
    isolated(
        "reload::prj_stop_04_a_switchover_without_a_successor_is_rolled_back",
        || {
            switch();
            let node = Node::new(1);
            let running = node.start(vec![service(51).address("10.0.0.1").unwrap()]);
            running.wait_state(StateName::Active);
            running
                .handle
                .set_priority("VI_1", Priority::new(77).unwrap())
                .unwrap();
            wait_for("the priority", LIMIT, || {
                (running.service("VI_1").priority == 77).then_some(())
            });
            node.wait_has("10.0.0.1", true);
            let error = block_on(running.handle.resign("VI_1")).unwrap_err();
            assert!(matches!(error, RequestError::NobodyTookOver), "{error}");
            assert!(node.has("10.0.0.1"), "never let go");
            running.wait_state(StateName::Active);
            let error = block_on(running.handle.resign("VI_2")).unwrap_err();
            assert!(matches!(error, RequestError::UnknownService(_)), "{error}");
            running.stop();
            proves!("PRJ-STOP-04", Obeys);
        },
    );
}

/// a gate that is added by a reload starts with what is known of its interface: nothing flaps.
#[test]
fn x_05_a_tracked_interface_that_a_reload_adds() {
    isolated("reload::x_05_a_tracked_interface_that_a_reload_adds", || {
        switch();
        let node = Node::new(1);
        let plain = service(51).address("10.0.0.1").unwrap();
        let mut running = node.start(vec![plain.clone()]);
        running.wait_state(StateName::Active);
        running.forget();
        let gate = Tracker {
            weight: Weight::Gate { reverse: false },
            initial: Health::Unknown,
        };
        let mut tracking = plain;
        tracking.settings.trackers = vec![gate];
        tracking.track_interfaces = vec![("eth1".into(), TrackerId(0))];
        let applied = block_on(running.handle.apply(vec![tracking.clone()])).unwrap();
        assert_eq!(applied.changed, ["VI_1"]);
        assert_eq!(running.service("VI_1").contributions[0].health, Health::Up);
        // And one more: what the first was known to be stays, whatever the new list says of it.
        tracking.settings.trackers[0].initial = Health::Down;
        block_on(running.handle.apply(vec![tracking])).unwrap();
        running
            .handle
            .set_priority("VI_1", Priority::new(90).unwrap())
            .unwrap();
        wait_for("the priority", LIMIT, || {
            (running.service("VI_1").priority == 90).then_some(())
        });
        assert_eq!(running.states(), []);
        running.stop();
        proves!("X-05", Obeys);
    });
}

/// What would begin behind a stop would never let it end.
#[test]
fn a_stop_is_not_held_up_by_a_reload() {
    isolated("reload::a_stop_is_not_held_up_by_a_reload", || {
        switch();
        let node = Node::new(1);
        let ([kept, ..], mut running) = three(&node);
        let new = named("new", 4, "10.0.0.4");
        let handle = running.handle.clone();
        // Both are asked before either is answered: the hold of the addresses has only begun.
        let (stopped, applied) = block_on(async {
            let stop = handle.stop();
            let apply = handle.apply(vec![kept, new]);
            tokio::join!(stop, apply)
        });
        let refused = applied.unwrap_err();
        assert!(matches!(refused, RequestError::Stopping), "{refused}");
        stopped.unwrap();
        running.join();
        assert!(!node.has("10.0.0.1") && !node.has("10.0.0.4"));
    });
}

/// A stop is the first word to those that stay, and would be the second, which means at once, to one that was sent away and holds.
#[test]
fn a_stop_leaves_the_hold_of_one_that_goes_alone() {
    isolated("reload::a_stop_leaves_the_hold_of_one_that_goes_alone", || {
        switch();
        let node = Node::new(1);
        let of = |name, vrid, address| {
            let mut service = named(name, vrid, address);
            // Nobody takes over: the addresses stay for a second and a bit.
            service.settings.interval = Interval::from_seconds(1).unwrap();
            service
        };
        let (kept, gone) = (of("kept", 1, "10.0.0.1"), of("gone", 2, "10.0.0.2"));
        let mut running = node.start(vec![kept.clone(), gone]);
        node.wait_has("10.0.0.1", true);
        node.wait_has("10.0.0.2", true);
        let handle = running.handle.clone();
        let has_stood_back = |what: &Happening| matches!(what, Happening::Core(Report::Transition(transition)) if transition.to == StateName::Initialize);
        block_on(handle.apply(vec![kept])).unwrap();
        running.wait("one stands back", has_stood_back);
        running.forget();
        let stopping = std::thread::spawn(move || block_on(handle.stop()));
        running.wait("the other one stands back", has_stood_back);
        assert!(node.has("10.0.0.1") && node.has("10.0.0.2"));
        stopping.join().unwrap().unwrap();
        running.join();
        assert!(!node.has("10.0.0.2"));
    });
}
