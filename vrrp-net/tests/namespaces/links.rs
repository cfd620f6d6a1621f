//! Interfaces that come, go, flap and change under a running router.

use std::time::Duration;

use vrrp_conformance::proves;
use vrrp_core::{Bar, Health, Report, StateName, Tracker, TrackerId, Weight};
use vrrp_net::{Happening, Options, StandingStatus};

use crate::adverts::service;
use crate::lab::{Capture, LIMIT, Node, Program, ip, isolated, switch, wait_for};

fn barred(running: &crate::lab::Running, bar: Bar) {
    wait_for(&format!("{bar:?}"), LIMIT, || {
        (running.service("VI_1").standing == StandingStatus::Barred(bar)).then_some(())
    });
}

/// Linux renames interfaces that are up (udev does at boot): the address must not stay on it under a name that nobody
/// looks at, while the successor holds it too. What others have there stays, also where it is secondary to ours.
#[test]
fn x_06_an_interface_that_is_renamed_while_it_is_up() {
    isolated("links::x_06_an_interface_that_is_renamed_while_it_is_up", || {
        switch();
        let node = Node::new(1);
        let running = node.start(vec![
            service(51)
                .address("192.0.2.254/24")
                .unwrap()
                .address("198.51.100.1/24")
                .unwrap(),
        ]);
        running.wait_state(StateName::Active);
        node.wait_has("192.0.2.254", true);
        node.wait_has("198.51.100.1", true);
        node.ip("addr add 198.51.100.9/24 dev eth1");
        if !node.try_ip("link set eth1 name wan0") {
            eprintln!("SKIPPED: this kernel (before 6.2) does not rename an interface that is up");
            running.stop();
            return;
        }
        barred(&running, Bar::LinkDown);
        node.wait_has("192.0.2.254", false);
        node.wait_has("198.51.100.1", false);
        assert!(node.has("192.0.2.1") && node.has("198.51.100.9"), "of others");
        node.ip("link set wan0 name eth1");
        running.wait_state(StateName::Active);
        node.wait_has("192.0.2.254", true);
        node.wait_has("198.51.100.1", true);
        running.stop();
        proves!("X-06", Obeys);
    });
}

/// Missing at the start, made later, taken away and made again under another index: waited for, each time.
#[test]
fn an_interface_that_comes_late_and_comes_back() {
    isolated("links::an_interface_that_comes_late_and_comes_back", || {
        switch();
        let node = Node::bare(1);
        let running = node.start(vec![service(51).address("192.0.2.254/24").unwrap()]);
        barred(&running, Bar::LinkDown);
        let mut indexes = Vec::new();
        for _ in 0..3 {
            node.wire("eth1", "port1", "02:00:00:00:00:01");
            let wire = Capture::on("port1");
            barred(&running, Bar::NoPrimaryAddress);
            node.ip("addr add 192.0.2.1/24 dev eth1");
            running.wait_state(StateName::Active);
            node.wait_has("192.0.2.254", true);
            let advert = wire.wait("an advertisement", crate::lab::Advert::parse);
            assert_eq!(advert.source.to_string(), "192.0.2.1");
            let index = node.run(|| nix::net::if_::if_nametoindex("eth1").unwrap());
            assert!(!indexes.contains(&index), "another index");
            indexes.push(index);
            ip("link del port1");
            barred(&running, Bar::LinkDown);
        }
        // A second node proves that the new socket hears, not only sends.
        node.wire("eth1", "port1", "02:00:00:00:00:01");
        node.ip("addr add 192.0.2.1/24 dev eth1");
        let other = Node::new(2);
        let better = other.start(vec![
            service(51)
                .address("192.0.2.254/24")
                .unwrap()
                .priority(200)
                .unwrap(),
        ]);
        better.wait_state(StateName::Active);
        wait_for("it to be heard", LIMIT, || {
            (running
                .service("VI_1")
                .last_active
                .map(|(address, _)| address.to_string())
                == Some("192.0.2.2".into()))
            .then_some(())
        });
        assert_eq!(running.service("VI_1").state, StateName::Backup);
        running.stop();
        better.stop();
    });
}

/// A renamed interface is another interface; renamed back it is the old one.
#[test]
fn an_interface_that_is_renamed() {
    isolated("links::an_interface_that_is_renamed", || {
        switch();
        let node = Node::new(1);
        let running = node.start(vec![service(51).address("192.0.2.254/24").unwrap()]);
        running.wait_state(StateName::Active);
        node.wait_has("192.0.2.254", true);
        node.ip("link set eth1 down");
        node.ip("link set eth1 name wan0");
        barred(&running, Bar::LinkDown);
        node.wait_has("192.0.2.254", false);
        node.ip("link set wan0 up");
        node.wait_running("wan0");
        barred(&running, Bar::LinkDown);
        node.ip("link set wan0 down");
        node.ip("link set wan0 name eth1");
        node.ip("link set eth1 up");
        running.wait_state(StateName::Active);
        node.wait_has("192.0.2.254", true);
        running.stop();
    });
}

/// X-06, PRJ-STOP-01: addresses are held exactly while Active or in hold, whatever the link does; nothing is sent while
/// barred.
#[test]
fn x_06_addresses_follow_the_state_through_many_flaps() {
    isolated(
        "links::x_06_addresses_follow_the_state_through_many_flaps",
        || {
            switch();
            let node = Node::new(1);
            let one = service(51)
                .address("192.0.2.254/24")
                .unwrap()
                .address("2001:db8::fe/64")
                .unwrap();
            let mut running = node.start(vec![one]);
            let all = ["192.0.2.254", "2001:db8::fe"];
            for round in 0..20 {
                running.wait_state(StateName::Active);
                for address in all {
                    node.wait_has(address, true);
                }
                match round % 3 {
                    0 => node.ip("link set eth1 down"),
                    1 => ip("link set port1 down"),
                    // Down and up at once: too short for anybody to see the kernel in between.
                    _ => node.ip("link set eth1 down") + &node.ip("link set eth1 up"),
                };
                if round % 3 != 2 {
                    barred(&running, Bar::LinkDown);
                    for address in all {
                        node.wait_has(address, false);
                    }
                    node.ip("link set eth1 up");
                    ip("link set port1 up");
                }
                node.wait_running("eth1");
            }
            running.wait_state(StateName::Active);
            let wire = Capture::on("port1");
            node.ip("addr flush dev eth1 scope global");
            barred(&running, Bar::NoPrimaryAddress);
            wire.forget();
            running.none_for(
                Duration::from_millis(500),
                "an address came back while barred",
                |_| false,
            );
            assert!(all.iter().all(|address| !node.has(address)));
            assert!(wire.adverts(1).is_empty(), "no advertisement while barred");
            let repeated = running
                .seen()
                .iter()
                .filter(|event| matches!(event.what, Happening::Core(Report::FailedFor { .. })));
            assert_eq!(
                repeated.count(),
                0,
                "a link that takes addresses along is not a thief"
            );
            running.stop();
            proves!("X-06", "PRJ-STOP-01", Obeys);
        },
    );
}

/// PRJ-IP-02, PRJ-CHG-06: the primary address changes while running, with the next advertisement; without one, barred.
#[test]
fn prj_chg_06_another_primary_address() {
    isolated("links::prj_chg_06_another_primary_address", || {
        switch();
        let node = Node::new(1);
        let wire = Capture::on("port1");
        let running = node.start(vec![service(51).address("192.0.2.254/24").unwrap()]);
        running.wait_state(StateName::Active);
        node.ip("addr add 198.51.100.9/24 dev eth1");
        node.ip("addr del 192.0.2.1/24 dev eth1");
        wait_for("another source", LIMIT, || {
            let last = wire.adverts(1).pop()?;
            (last.source.to_string() == "198.51.100.9").then_some(())
        });
        assert_eq!(
            running.service("VI_1").counters.master_transitions,
            1,
            "without a change of state"
        );
        node.ip("addr del 198.51.100.9/24 dev eth1");
        barred(&running, Bar::NoPrimaryAddress);
        node.wait_has("192.0.2.254", false);
        running.stop();
        proves!("PRJ-CHG-06", "PRJ-IP-02", Obeys);
    });
}

/// `mcast_src_ip`: sent from the address that was asked for, barred while it is not there.
#[test]
fn a_source_that_was_asked_for() {
    isolated("links::a_source_that_was_asked_for", || {
        switch();
        let node = Node::new(1);
        let wire = Capture::on("port1");
        let mut one = service(51).address("192.0.2.254/24").unwrap();
        one.source = Some("192.0.2.33".parse().unwrap());
        let running = node.start(vec![one]);
        barred(&running, Bar::NoPrimaryAddress);
        node.ip("addr add 192.0.2.33/24 dev eth1");
        running.wait_state(StateName::Active);
        let advert = wire.wait("an advertisement", crate::lab::Advert::parse);
        assert_eq!(advert.source.to_string(), "192.0.2.33");
        running.stop();
    });
}

/// X-04, X-05: a tracked interface as a weight and as a gate.
#[test]
fn x_04_x_05_tracked_interfaces() {
    isolated("links::x_04_x_05_tracked_interfaces", || {
        switch();
        let node = Node::new(1);
        node.wire("eth2", "side1", "02:00:00:00:01:01");
        node.wire("eth3", "side2", "02:00:00:00:02:01");
        let mut one = service(51).address("192.0.2.254/24").unwrap();
        let tracker = |weight: i16| Tracker {
            weight: Weight::from_keepalived(weight, false),
            initial: Health::Unknown,
        };
        one.settings.trackers = vec![tracker(-30), tracker(0)];
        one.track_interfaces = vec![("eth2".into(), TrackerId(0)), ("eth3".into(), TrackerId(1))];
        let running = node.start(vec![one]);
        running.wait_state(StateName::Active);
        assert_eq!(running.service("VI_1").priority, 100);
        ip("link set side1 down");
        wait_for("the weight", LIMIT, || {
            (running.service("VI_1").priority == 70).then_some(())
        });
        assert_eq!(running.service("VI_1").state, StateName::Active);
        ip("link set side2 down");
        barred(&running, Bar::Tracker(TrackerId(1)));
        node.wait_has("192.0.2.254", false);
        ip("link set side2 up");
        ip("link set side1 up");
        running.wait_state(StateName::Active);
        wait_for("the weight", LIMIT, || {
            (running.service("VI_1").priority == 100).then_some(())
        });
        running.stop();
        proves!("X-04", "X-05", Obeys);
    });
}

/// `dont_track_primary`: a link without a carrier does not bar.
#[test]
fn an_untracked_link_does_not_bar() {
    isolated("links::an_untracked_link_does_not_bar", || {
        switch();
        let node = Node::new(1);
        let mut one = service(51).address("192.0.2.254/24").unwrap();
        one.track_primary = false;
        let mut running = node.start(vec![one]);
        running.wait_state(StateName::Active);
        node.wait_has("192.0.2.254", true);
        ip("link set port1 down");
        wait_for("no carrier", LIMIT, || {
            node.ip("link show eth1").contains("NO-CARRIER").then_some(())
        });
        ip("link set port1 up");
        node.wait_running("eth1");
        assert_eq!(running.states(), [StateName::Backup, StateName::Active]);
        running.stop();
    });
}

/// Events that were lost: thousands of address changes while the process sleeps; afterwards it knows what is there.
#[test]
fn an_overrun_is_followed_by_reading_everything_anew() {
    isolated("links::an_overrun_is_followed_by_reading_everything_anew", || {
        switch();
        let node = Node::new(1);
        let program = Program::router(&node, "eth1 51 100 100 192.0.2.254/24 2001:db8::fe/64");
        program.wait_line(r#""to":"Active""#);
        program.freeze();
        // 4 MiB of events and more, the loss of a held address and of the primary one somewhere among them.
        let churn = node.run(|| {
            let mut text = String::new();
            for round in 0..30_u32 {
                for number in 0..250_u32 {
                    text += &format!(
                        "addr add 10.{round}.{number}.1/32 dev lo\naddr del 10.{round}.{number}.1/32 dev lo\n"
                    );
                }
            }
            text += "addr del 192.0.2.254/24 dev eth1\n";
            let file = std::env::temp_dir().join(format!("vrrp-net-churn-{}", std::process::id()));
            std::fs::write(&file, text).unwrap();
            let done = std::process::Command::new("ip")
                .arg("-batch")
                .arg(&file)
                .status()
                .unwrap();
            std::fs::remove_file(file).unwrap();
            done.success()
        });
        assert!(churn);
        assert!(!node.has("192.0.2.254"));
        program.thaw();
        node.wait_has("192.0.2.254", true);
        program.wait_line("AddressLost");
        program.signal(nix::sys::signal::Signal::SIGUSR1);
        let status = program.wait_line(r#""overruns""#);
        assert!(!status.contains(r#""overruns":0"#), "{status}");
        assert_eq!(program.count(r#""to":"Initialize""#), 0);
        program.stop();
    });
}

/// An audit finds what no event has told: here because the address was ours and became wrong before the driver began.
#[test]
fn an_audit_compares_the_kernel_with_the_wanted_set() {
    isolated("links::an_audit_compares_the_kernel_with_the_wanted_set", || {
        switch();
        let node = Node::new(1);
        let options = Options {
            audit_every: Duration::from_millis(100),
            ..Options::default()
        };
        // Its address goes on an interface that is not there yet: told as failed, not fatal, made when it comes.
        let mut elsewhere = vrrp_net::HeldAddress::host("10.3.0.1".parse().unwrap());
        elsewhere.device = Some("eth9".into());
        let one = service(51)
            .address("192.0.2.254/24")
            .unwrap()
            .held_address(elsewhere);
        let running = node.start_with(vec![one], options, None);
        running.wait_state(StateName::Active);
        node.wait_has("192.0.2.254", true);
        node.wire("eth9", "side9", "02:00:00:00:09:01");
        node.wait_has("10.3.0.1", true);
        running.stop();
        assert!(!node.has("10.3.0.1"));
    });
}
