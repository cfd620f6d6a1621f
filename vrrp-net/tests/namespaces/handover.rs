//! A driver that ends and another that goes on, in one program.

use std::time::Duration;

use vrrp_core::{Report, StateName};
use vrrp_net::{Happening, Options};

use crate::adverts::service;
use crate::lab::{Capture, LIMIT, Node, isolated, switch, wait_for};

/// State, sockets, counters and addresses go on; nothing is released in between, nothing said.
#[test]
fn everything_goes_on_after_a_handover() {
    isolated("handover::everything_goes_on_after_a_handover", || {
        switch();
        let (one, two) = (Node::new(1), Node::new(2));
        let wire = Capture::on("port1");
        let services = || {
            let first = service(51)
                .address("192.0.2.254/24")
                .unwrap()
                .address("2001:db8::fe/64")
                .unwrap();
            let mut backup = service(52).address("192.0.2.253/24").unwrap();
            backup.name = "backup".into();
            vec![first.priority(200).unwrap(), backup]
        };
        let mut better = service(52)
            .address("192.0.2.253/24")
            .unwrap()
            .priority(150)
            .unwrap();
        better.name = "better".into();
        let other = two.start(vec![better]);
        let mut running = one.start(services());
        wait_for("both roles", LIMIT, || {
            let states = [running.service("VI_1").state, running.service("backup").state];
            let heard = running.service("backup").last_active.is_some();
            (states == [StateName::Active, StateName::Backup] && heard).then_some(())
        });
        one.wait_has("2001:db8::fe", true);
        let mut gaps = Vec::new();
        for _ in 0..5 {
            let before = [running.service("VI_1"), running.service("backup")];
            wire.forget();
            let handover = running.handover();
            assert!(one.has("192.0.2.254") && one.has("2001:db8::fe"));
            running = one.start_with(services(), Options::default(), Some(handover));
            wait_for("ten advertisements", LIMIT, || {
                (wire.count(1, 51) >= 10).then_some(())
            });
            let after = [running.service("VI_1"), running.service("backup")];
            for (before, after) in before.iter().zip(&after) {
                assert_eq!(
                    (after.state, after.since_nanos, after.why),
                    (before.state, before.since_nanos, before.why)
                );
                assert!(after.counters.advertisement_sent >= before.counters.advertisement_sent);
                assert_eq!(after.last_active, before.last_active);
            }
            assert_eq!(running.states(), []);
            let adverts = wire.adverts(1);
            assert!(
                adverts
                    .iter()
                    .all(|advert| (advert.vrid, advert.priority) == (51, 200))
            );
            let longest = adverts
                .windows(2)
                .map(|pair| pair[1].at - pair[0].at)
                .max()
                .unwrap();
            gaps.push(longest);
        }
        // On a busy machine any one of them can be late, but not all.
        assert!(
            gaps.iter().min().unwrap() < &Duration::from_millis(150),
            "{gaps:?}"
        );
        assert_eq!(running.service("VI_1").counters.master_transitions, 1);
        running.stop();
        other.stop();
        assert!(!one.has("192.0.2.254") && !one.has("2001:db8::fe"));
    });
}

/// What the predecessor held and nobody asks for any more is removed; what is new begins.
#[test]
fn a_successor_with_another_configuration() {
    isolated("handover::a_successor_with_another_configuration", || {
        switch();
        let node = Node::new(1);
        let old = service(51)
            .address("192.0.2.254/24")
            .unwrap()
            .address("192.0.2.253/24")
            .unwrap();
        let running = node.start(vec![old]);
        running.wait_state(StateName::Active);
        node.wait_has("192.0.2.253", true);
        let old_handle = running.handle.clone();
        let handover = running.handover();
        let new = service(51)
            .address("192.0.2.254/24")
            .unwrap()
            .address("192.0.2.252/24")
            .unwrap();
        let mut running = node.start_with(vec![new], Options::default(), Some(handover));
        node.wait_has("192.0.2.252", true);
        assert!(node.has("192.0.2.254") && !node.has("192.0.2.253"));
        assert_eq!(running.states(), []);
        running.none_for(Duration::from_millis(300), "a failure", |what| {
            matches!(
                what,
                Happening::Core(Report::FailedFor { .. }) | Happening::AddressLost { .. }
            )
        });
        let status = crate::lab::block_on(old_handle.status()).unwrap();
        assert_eq!(
            status.services[0].addresses.len(),
            2,
            "the old handle talks to the new driver"
        );
        running.stop();
        assert!(!node.has("192.0.2.254") && !node.has("192.0.2.252"));
    });
}

/// PRJ-CHG-05: what the new configuration changes is carried out: an address more is advertised and announced at once, the
/// priority is told, the state stays.
#[test]
fn prj_chg_05_a_successor_carries_out_what_has_changed() {
    isolated(
        "handover::prj_chg_05_a_successor_carries_out_what_has_changed",
        || {
            switch();
            let node = Node::new(1);
            let with = |priority: u8| {
                let service = service(51).address("192.0.2.254/24").unwrap();
                let mut service = service.priority(priority).unwrap();
                // Nothing else announces it by chance.
                service.settings.announcements.refresh_every_nanos = 0;
                service
            };
            let running = node.start(vec![with(100)]);
            running.wait_state(StateName::Active);
            wait_for("the last of its announcements", LIMIT, || {
                (running.service("VI_1").counters.announcement_rounds >= 3).then_some(())
            });
            let handover = running.handover();
            let wire = Capture::on("port1");
            let new = with(120).address("192.0.2.252/24").unwrap();
            let mut running = node.start_with(vec![new], Options::default(), Some(handover));
            wire.wait("the announcement of the new address", |frame| {
                frame
                    .gratuitous_arp()
                    .filter(|(address, _)| address.to_string() == "192.0.2.252")
            });
            running.wait("the priority", |what| {
            matches!(what, Happening::Core(Report::Priority { from, to }) if (from.get(), to.get()) == (100, 120))
        });
            let first = &wire.adverts(1)[0];
            assert_eq!(
                (first.priority, first.message.len()),
                (120, 16),
                "two addresses from the first one on"
            );
            assert_eq!(running.states(), []);
            running.stop();
            assert!(!node.has("192.0.2.254") && !node.has("192.0.2.252"));
        },
    );
}

/// PRJ-CHG-07: another VRID is another router: it does not inherit that the first one was Active.
#[test]
fn prj_chg_07_a_successor_with_another_vrid_starts_anew() {
    isolated(
        "handover::prj_chg_07_a_successor_with_another_vrid_starts_anew",
        || {
            switch();
            let node = Node::new(1);
            let running = node.start(vec![service(51).address("192.0.2.254/24").unwrap()]);
            running.wait_state(StateName::Active);
            let handover = running.handover();
            let mut running = node.start_with(
                vec![service(52).address("192.0.2.253/24").unwrap()],
                Options::default(),
                Some(handover),
            );
            node.wait_has("192.0.2.254", false);
            running.wait_state(StateName::Active);
            assert_eq!(running.states(), [StateName::Backup, StateName::Active]);
            running.stop();
            assert!(!node.has("192.0.2.253"));
        },
    );
}

/// The future of a running driver is dropped (its runtime goes away): goodbye, and the addresses go.
#[test]
fn a_dropped_driver_leaves_nothing_behind() {
    isolated("handover::a_dropped_driver_leaves_nothing_behind", || {
        switch();
        let node = Node::new(1);
        let wire = Capture::on("port1");
        node.run(|| {
            let driver = vrrp_net::Driver::open(
                vec![service(51).address("192.0.2.254/24").unwrap()],
                Options::default(),
            )
            .unwrap();
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            let limit = Duration::from_millis(700);
            let ended = runtime.block_on(async { tokio::time::timeout(limit, driver.run()).await });
            assert!(ended.is_err(), "it ran until it was dropped");
        });
        assert!(!node.has("192.0.2.254"));
        let last = wait_for("the goodbye", LIMIT, || {
            wire.adverts(1).pop().filter(|advert| advert.priority == 0)
        });
        assert_eq!(last.vrid, 51);
    });
}

/// A program that cannot be executed: everything is still in hand, and goes on.
#[test]
fn an_exec_that_fails_changes_nothing() {
    isolated("handover::an_exec_that_fails_changes_nothing", || {
        switch();
        let node = Node::new(1);
        let services = || vec![service(51).address("192.0.2.254/24").unwrap()];
        let running = node.start(services());
        running.wait_state(StateName::Active);
        let handover = running.handover();
        let error = handover.exec(std::process::Command::new("/nonexistent/program"));
        assert!(error.to_string().contains("No such file"), "{error}");
        let mut running = node.start_with(services(), Options::default(), Some(handover));
        running.wait_state(StateName::Active);
        assert_eq!(running.states(), []);
        running.stop();
    });
}
