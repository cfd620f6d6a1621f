//! A service is the virtual router that it is, whatever it is called.

use vrrp_conformance::proves;
use vrrp_core::{Health, StateName, Tracker, TrackerId, Weight};
use vrrp_net::{Happening, Service, ServiceStatus};

use crate::adverts::service;
use crate::lab::{Capture, LIMIT, Node, Running, block_on, isolated, switch, wait_for};

fn called(name: &str, vrid: u8) -> Service {
    let mut service = service(vrid).address(&format!("10.0.0.{vrid}")).unwrap();
    service.name = name.into();
    service.group = Some("both".into());
    service.settings.trackers = vec![Tracker {
        weight: Weight::Adjust {
            value: 7,
            reverse: false,
        },
        initial: Health::Down,
    }];
    service
}

fn address(service: &ServiceStatus) -> String {
    service.addresses[0].address.to_string()
}

/// (from, to) as they are told, each with the name that the event is told for.
fn told(running: &mut Running) -> Vec<(String, String)> {
    let renamed = running.seen().iter().filter_map(|event| match &event.what {
        Happening::Renamed { before } => Some((before.clone(), event.service.as_deref().unwrap().to_owned())),
        _ => None,
    });
    renamed.collect()
}

fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(before, after): &(&str, &str)| ((*before).to_owned(), (*after).to_owned());
    pairs.iter().map(owned).collect()
}

/// Applies what gives others names and changes nothing else.
fn rename(running: &mut Running, services: Vec<Service>, expected: &[(&str, &str)]) {
    let names: Vec<String> = services.iter().map(|service| service.name.clone()).collect();
    let applied = block_on(running.handle.apply(services)).unwrap();
    let mut renamed = applied.renamed.clone();
    renamed.sort();
    assert_eq!(renamed, owned(expected));
    assert_eq!(applied.unchanged, names);
    let mut heard = told(running);
    heard.sort();
    assert_eq!(heard, owned(expected));
    running.forget();
}

/// Of each VRID and priority nothing else, and no more than in this time is due.
fn nothing_extra(wire: &Capture, expected: [(u8, u8); 2]) {
    for (vrid, priority) in expected {
        let adverts = wire.adverts(1).into_iter().filter(|advert| advert.vrid == vrid);
        let adverts: Vec<_> = adverts.collect();
        assert!(adverts.iter().all(|advert| advert.priority == priority));
        let time = adverts[adverts.len() - 1].at - adverts[0].at;
        let room = time.as_millis() / 100 + 2;
        assert!(adverts.len() as u128 <= room, "{} in {time:?}", adverts.len());
    }
}

/// Other names, then each other's, then with another group and a better priority: states, times and addresses stay, and on
/// the wire is what would have been there.
#[test]
fn prj_key_01_another_name_changes_nothing_else() {
    isolated("renames::prj_key_01_another_name_changes_nothing_else", || {
        switch();
        let node = Node::new(1);
        let wire = Capture::on("port1");
        let mut running = node.start(vec![called("one", 1), called("two", 2)]);
        wait_for("both Active", LIMIT, || {
            let services = running.status().services;
            services
                .iter()
                .all(|service| service.state == StateName::Active)
                .then_some(())
        });
        running
            .handle
            .set_health("one", TrackerId(0), Health::Up)
            .unwrap();
        wait_for("the tracker counts", LIMIT, || {
            (running.service("one").priority == 107).then_some(())
        });
        let before = (running.service("one"), running.service("two"));
        running.forget();
        wire.forget();
        let mut grouped = vec![called("two", 1), called("web", 2)];
        grouped
            .iter_mut()
            .for_each(|service| service.group = Some("other".into()));
        let renamed = vec![called("web", 1), called("two", 2)];
        rename(&mut running, renamed, &[("one", "web")]);
        let swapped = vec![called("two", 1), called("web", 2)];
        rename(&mut running, swapped, &[("two", "web"), ("web", "two")]);
        let applied = block_on(running.handle.apply(grouped)).unwrap();
        assert_eq!((applied.renamed.len(), applied.changed.len()), (0, 2));
        let after = (running.service("two"), running.service("web"));
        assert_eq!(after.0.since_nanos, before.0.since_nanos);
        assert_eq!(after.1.since_nanos, before.1.since_nanos);
        assert_eq!(
            (address(&after.0), after.0.priority),
            ("10.0.0.1".into(), 107),
            "with its tracker"
        );
        assert_eq!((address(&after.1), after.1.priority), ("10.0.0.2".into(), 100));
        assert!(node.has("10.0.0.1") && node.has("10.0.0.2"));
        wait_for("some more adverts", LIMIT, || {
            (wire.count(1, 1) >= 5 && wire.count(1, 2) >= 5).then_some(())
        });
        nothing_extra(&wire, [(1, 107), (2, 100)]);
        assert_eq!(running.states(), []);
        // Orders go to the one that has the name now.
        running
            .handle
            .set_health("web", TrackerId(0), Health::Up)
            .unwrap();
        wait_for("the other tracker counts", LIMIT, || {
            (running.service("web").priority == 107).then_some(())
        });
        running.stop();
        proves!("PRJ-KEY-01", Obeys);
    });
}

/// Router 1 was called `one`; that name is router 2's now, and router 1 is asked for no more.
#[test]
fn a_name_that_another_router_gets_goes_with_a_goodbye() {
    isolated(
        "renames::a_name_that_another_router_gets_goes_with_a_goodbye",
        || {
            switch();
            let node = Node::new(1);
            let wire = Capture::on("port1");
            let mut running = node.start(vec![called("one", 1), called("two", 2)]);
            running.wait_state(StateName::Active);
            node.wait_has("10.0.0.2", true);
            node.wait_has("10.0.0.1", true);
            let before = running.service("two");
            running.forget();
            wire.forget();
            let applied = block_on(running.handle.apply(vec![called("one", 2), called("three", 3)])).unwrap();
            assert_eq!(applied.renamed, owned(&[("two", "one")]));
            assert_eq!(applied.removed, ["one"]);
            assert_eq!(applied.added, ["three"]);
            assert_eq!(applied.unchanged, ["one"]);
            node.wait_has("10.0.0.1", false);
            node.wait_has("10.0.0.3", true);
            let goodbyes: Vec<u8> = wire
                .adverts(1)
                .iter()
                .filter(|advert| advert.priority == 0)
                .map(|advert| advert.vrid)
                .collect();
            assert!(
                !goodbyes.is_empty() && goodbyes.iter().all(|vrid| *vrid == 1),
                "{goodbyes:?}"
            );
            let one = running.service("one");
            assert_eq!(
                (address(&one), one.since_nanos),
                ("10.0.0.2".into(), before.since_nanos)
            );
            // What becomes of the one that goes is told under a name that nobody has.
            let of_one = |event: &vrrp_net::Event| {
                event.service.as_deref() == Some("one")
                    && matches!(event.what, Happening::Core(vrrp_core::Report::Transition(_)))
            };
            assert!(!running.seen().iter().any(of_one));
            running.stop();
        },
    );
}

/// One that goes keeps its addresses until its successor answers; asked for again under another name, it is its own.
#[test]
fn prj_stop_03_one_that_is_called_back_may_have_another_name() {
    isolated(
        "renames::prj_stop_03_one_that_is_called_back_may_have_another_name",
        || {
            switch();
            let node = Node::new(1);
            let kept = || called("kept", 9);
            let mut alone = called("one", 1);
            alone.group = None;
            let running = node.start(vec![alone.clone(), kept()]);
            running.wait_state(StateName::Active);
            node.wait_has("10.0.0.1", true);
            // Nobody else is there, so it holds the address for a while.
            let applied = block_on(running.handle.apply(vec![kept()])).unwrap();
            assert_eq!(applied.removed, ["one"]);
            alone.name = "web".into();
            let applied = block_on(running.handle.apply(vec![alone, kept()])).unwrap();
            assert_eq!((applied.added.len(), applied.unchanged.len()), (0, 2));
            assert!(node.has("10.0.0.1"), "held all the time");
            wait_for("Active again", LIMIT, || {
                (running.service("web").state == StateName::Active).then_some(())
            });
            running.stop();
        },
    );
}
