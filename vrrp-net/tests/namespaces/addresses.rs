//! PRJ-ADDR-02 and its surroundings: who makes an address, who removes it, and what happens when somebody else does.

use std::net::IpAddr;
use std::time::Duration;

use vrrp_conformance::proves;
use vrrp_core::{Bar, Report, StateName};
use vrrp_net::{AddressPresence, Happening, HeldAddress, Options, Service, StandingStatus};

use crate::adverts::service;
use crate::lab::{Capture, LIMIT, Node, Program, isolated, switch, wait_for};

fn lost(happening: &Happening) -> bool {
    matches!(happening, Happening::AddressLost { .. })
}

/// PRJ-ADDR-02: deleted by others while Active: made again at once, announced, told, and Active all the time.
#[test]
fn prj_addr_02_deleted_by_others() {
    isolated("addresses::prj_addr_02_deleted_by_others", || {
        switch();
        let node = Node::new(1);
        let mut running = node.start(vec![service(51).address("192.0.2.254/24").unwrap()]);
        running.wait_state(StateName::Active);
        node.wait_has("192.0.2.254", true);
        // Past the repeats of becoming Active, so that what is heard below has another reason.
        running.wait(
            "the transition",
            |what| matches!(what, Happening::Core(Report::Transition(t)) if t.to == StateName::Active),
        );
        let wire = Capture::on(&node.port());
        for times in 1..=4 {
            running.forget();
            wire.forget();
            node.ip("addr del 192.0.2.254/24 dev eth1");
            let event = running.wait("the loss", lost);
            assert!(matches!(event.what, Happening::AddressLost { times: counted, .. } if counted == times));
            assert!(node.has("192.0.2.254"), "made again before it is told");
            wire.wait("an announcement", crate::lab::Frame::gratuitous_arp);
            assert_eq!(running.service("VI_1").state, StateName::Active);
        }
        // The fifth time within a minute: it gives up for a second, and tries again by itself.
        running.forget();
        node.ip("addr del 192.0.2.254/24 dev eth1");
        running.wait("giving up", |what| {
            matches!(
                what,
                Happening::Core(Report::FailedFor {
                    retry_after_seconds: 1
                })
            )
        });
        wait_for("the bar", LIMIT, || {
            let service = running.service("VI_1");
            (service.standing == StandingStatus::Barred(Bar::HoldFailed)).then_some(())
        });
        assert!(!node.has("192.0.2.254"), "barred, it holds nothing");
        running.wait_state(StateName::Active);
        node.wait_has("192.0.2.254", true);
        running.stop();
        proves!("PRJ-ADDR-02", Obeys);
    });
}

/// PRJ-ADDR-02: there before we took it, and not ours: no error, told once, announced while Active, never removed.
#[test]
fn prj_addr_02_a_foreign_alias_is_left_alone() {
    isolated("addresses::prj_addr_02_a_foreign_alias_is_left_alone", || {
        switch();
        let node = Node::new(1);
        node.ip("addr add 192.0.2.254/32 dev eth1");
        let wire = Capture::on(&node.port());
        let one = service(51)
            .address("192.0.2.254/24")
            .unwrap()
            .address("192.0.2.253/32")
            .unwrap();
        let options = Options {
            audit_every: Duration::from_millis(50),
            ..Options::default()
        };
        let mut running = node.start_with(vec![one], options, None);
        let foreign = |what: &Happening| matches!(what, Happening::AddressForeign { address, .. } if address.to_string() == "192.0.2.254");
        running.wait("also answers while Backup", foreign);
        running.wait_state(StateName::Active);
        assert_eq!(running.presence("192.0.2.254"), AddressPresence::Foreign);
        assert_eq!(running.presence("192.0.2.253"), AddressPresence::Ours);
        wire.wait("an announcement", |frame| {
            frame
                .gratuitous_arp()
                .filter(|(address, _)| address.to_string() == "192.0.2.254")
        });
        assert_eq!(
            wire.adverts(1)[0].source.to_string(),
            "192.0.2.1",
            "no virtual address is a source"
        );
        // Ten audits see it again and again.
        running.none_for(Duration::from_millis(500), "an address was lost", lost);
        assert_eq!(
            running.seen().iter().filter(|event| foreign(&event.what)).count(),
            1
        );

        // Its owner takes it away while we are Active: now it is ours to make.
        node.ip("addr del 192.0.2.254/32 dev eth1");
        wait_for("our own", LIMIT, || {
            (running.presence("192.0.2.254") == AddressPresence::Ours).then_some(())
        });
        node.ip("addr add 192.0.2.200/24 dev eth1");
        running.stop();
        assert!(!node.has("192.0.2.254") && !node.has("192.0.2.253"));
        assert!(node.has("192.0.2.200"));
        proves!("PRJ-ADDR-02", Obeys);
    });
}

/// PRJ-ADDR-02: a foreign one that appears while we are Backup is told, and stays.
#[test]
fn prj_addr_02_a_foreign_alias_stays_after_a_stop() {
    isolated(
        "addresses::prj_addr_02_a_foreign_alias_stays_after_a_stop",
        || {
            switch();
            let node = Node::new(1);
            let mut running = node.start(vec![service(51).address("192.0.2.254/24").unwrap()]);
            running.wait("the link", |what| {
                matches!(what, Happening::Link { up: true, .. })
            });
            assert!(node.try_ip("addr add 192.0.2.254/24 dev eth1") || node.has("192.0.2.254"));
            running.wait_state(StateName::Active);
            if running.presence("192.0.2.254") == AddressPresence::Foreign {
                running.stop();
                assert!(node.has("192.0.2.254"), "never deleted");
            } else {
                println!("it was ours before the alias came");
            }
        },
    );
}

/// PRJ-ADDR-02: kill -9 leaves an address; the next start removes it within a second, and nothing else.
#[test]
fn prj_addr_02_leftovers_of_a_crash_go_at_the_next_start() {
    isolated(
        "addresses::prj_addr_02_leftovers_of_a_crash_go_at_the_next_start",
        || {
            switch();
            let node = Node::new(1);
            node.ip("addr add 192.0.2.77/24 dev eth1");
            let words = "eth1 51 100 10 192.0.2.254/24 2001:db8::fe/64 192.0.2.253";
            let program = Program::router(&node, words);
            program.wait_line(r#""to":"Active""#);
            let all = ["192.0.2.254", "192.0.2.253", "2001:db8::fe"];
            assert!(all.iter().all(|address| node.has(address)));
            program.kill();
            assert!(
                all.iter().all(|address| node.has(address)),
                "the kernel keeps them"
            );

            let began = std::time::Instant::now();
            // An interval of 1 s: nothing becomes Active in the meantime.
            let program = Program::router(
                &node,
                "eth1 51 100 100 192.0.2.254/24 2001:db8::fe/64 192.0.2.253",
            );
            wait_for("them to go", Duration::from_secs(1), || {
                all.iter().all(|address| !node.has(address)).then_some(())
            });
            assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
            assert_eq!(program.count("LeftoverRemoved"), 3);
            assert!(node.has("192.0.2.77") && node.has("192.0.2.1"));
            program.stop();
            proves!("PRJ-ADDR-02", Obeys);
        },
    );
}

/// PRJ-ADDR-02: on a kernel that keeps no marks the journal knows what a crash has left.
#[test]
fn prj_addr_02_without_marks_the_journal_knows() {
    isolated("addresses::prj_addr_02_without_marks_the_journal_knows", || {
        switch();
        let node = Node::new(1);
        let directory = std::env::temp_dir().join(format!("vrrp-net-held-{}", std::process::id()));
        let options = Options {
            tag: None,
            journal: Some(directory.clone()),
            ..Options::default()
        };
        let held = || vec![service(51).address("192.0.2.254/24").unwrap()];
        let running = node.start_with(held(), options.clone(), None);
        running.wait_state(StateName::Active);
        node.wait_has("192.0.2.254", true);
        // A handover that nobody takes is as good as a crash: the address stays.
        drop(running.handover());
        assert!(node.has("192.0.2.254"));
        let mut slow = held();
        slow[0].settings.interval = vrrp_core::Interval::DEFAULT;
        let running = node.start_with(slow, options.clone(), None);
        node.wait_has("192.0.2.254", false);
        running.stop();

        // Without the journal nobody could know: it counts as somebody else's.
        node.ip("addr add 192.0.2.254/24 dev eth1");
        std::fs::remove_dir_all(&directory).unwrap();
        let mut running = node.start_with(held(), options, None);
        running.wait("a foreign address", |what| {
            matches!(what, Happening::AddressForeign { .. })
        });
        running.stop();
        assert!(node.has("192.0.2.254"));
        assert!(!directory.exists(), "there was nothing to write down");
    });
}

/// Deleting a primary address deletes its secondaries: ours and those of others come back.
#[test]
fn secondaries_survive_the_removal_of_their_primary() {
    isolated(
        "addresses::secondaries_survive_the_removal_of_their_primary",
        || {
            switch();
            let node = Node::new(1);
            let mut first = service(51)
                .address("10.9.0.100/24")
                .unwrap()
                .priority(200)
                .unwrap();
            first.name = "first".into();
            let mut second = service(52).address("10.9.0.101/24").unwrap();
            second.name = "second".into();
            let running = node.start(vec![first, second]);
            running.wait_state(StateName::Active);
            node.wait_has("10.9.0.100", true);
            node.wait_has("10.9.0.101", true);
            node.ip("addr add 10.9.0.7/24 dev eth1 label eth1:admin");
            let listed = node.ip("-o -4 addr show dev eth1");
            let primary = listed.lines().find(|line| line.contains("10.9.0.100")).unwrap();
            assert!(
                !primary.contains("secondary"),
                "the one that goes is the primary: {listed}"
            );

            let other = running.service("second");
            crate::lab::block_on(running.handle.apply(vec![{
                let mut second = service(52).address("10.9.0.101/24").unwrap();
                second.name = "second".into();
                second
            }]))
            .unwrap();
            node.wait_has("10.9.0.100", false);
            node.wait_has("10.9.0.101", true);
            let listed = node.ip("-o -4 addr show dev eth1");
            assert!(
                listed.contains("10.9.0.7/24") && listed.contains("eth1:admin"),
                "as it was: {listed}"
            );
            let after = running.service("second");
            assert_eq!(
                (after.state, after.since_nanos),
                (StateName::Active, other.since_nanos)
            );
            running.stop();
            assert!(!node.has("10.9.0.101") && node.has("10.9.0.7"));
        },
    );
}

fn of_every_kind() -> Service {
    let ip = |text: &str| text.parse::<IpAddr>().unwrap();
    let mut labelled = HeldAddress::new(ip("10.1.0.1"), 24);
    labelled.label = Some("eth1:vip".into());
    labelled.scope = Some(253);
    let mut broadcast = HeldAddress::new(ip("10.2.0.1"), 16);
    broadcast.broadcast = Some([10, 2, 255, 255].into());
    broadcast.noprefixroute = true;
    let mut elsewhere = HeldAddress::new(ip("10.3.0.1"), 32);
    elsewhere.device = Some("eth2".into());
    let mut preferred = HeldAddress::new(ip("2001:db8::2"), 128);
    preferred.preferred_lifetime = Some(u32::MAX);
    let service = [labelled, broadcast, elsewhere, preferred]
        .into_iter()
        .fold(service(51), Service::held_address);
    service
        .address("2001:db8::1")
        .unwrap()
        .address("2001:db8:1::1/64")
        .unwrap()
}

/// Every way to make an address, as the kernel shows it.
#[test]
fn addresses_are_made_as_asked() {
    isolated("addresses::addresses_are_made_as_asked", || {
        switch();
        let node = Node::new(1);
        node.wire("eth2", "side1", "02:00:00:00:01:01");
        // As on any host; the laboratory's own addresses went without.
        node.run(|| std::fs::write("/proc/sys/net/ipv6/conf/eth1/accept_dad", "1").unwrap());
        let running = node.start(vec![of_every_kind()]);
        running.wait_state(StateName::Active);
        node.wait_has("2001:db8:1::1", true);
        let line = |address: &str| {
            let all = node.ip("-o addr show");
            all.lines()
                .find(|line| line.contains(&format!(" {address}/")))
                .unwrap()
                .to_owned()
        };
        let one = line("10.1.0.1");
        assert!(
            one.contains("scope link eth1:vip") && !one.contains("brd"),
            "{one}"
        );
        let two = line("10.2.0.1");
        assert!(
            two.contains("10.2.0.1/16 brd 10.2.255.255") && two.contains("noprefixroute"),
            "{two}"
        );
        assert!(!node.ip("route").contains("10.2.0.0/16"));
        assert!(line("10.3.0.1").contains("eth2"));
        for (address, deprecated) in [
            ("2001:db8::1", true),
            ("2001:db8::2", false),
            ("2001:db8:1::1", false),
        ] {
            assert!(!line(address).contains("tentative"), "{}", line(address));
            // The kernel looks at lifetimes in a task of its own.
            wait_for(&format!("{address} deprecated: {deprecated}"), LIMIT, || {
                (line(address).contains("deprecated") == deprecated).then_some(())
            });
        }
        running.stop();
        let left = node.ip("-o addr show");
        assert!(!left.contains("10.3.0.1") && !left.contains("2001:db8"), "{left}");
    });
}

/// PRJ-ADDR-01, V3-8.2.2-07, NET-ND-02: held-only addresses of the other family are announced by their own protocol, those
/// of another interface on that; and nothing is ever probed for duplicates.
#[test]
fn prj_addr_01_every_address_is_announced_where_it_is() {
    isolated(
        "addresses::prj_addr_01_every_address_is_announced_where_it_is",
        || {
            switch();
            let node = Node::new(1);
            node.wire("eth2", "side1", "02:00:00:00:01:01");
            // As on any host; the laboratory's own addresses went without.
            node.run(|| std::fs::write("/proc/sys/net/ipv6/conf/eth1/accept_dad", "1").unwrap());
            let (wire, side) = (Capture::on(&node.port()), Capture::on("side1"));
            let running = node.start(vec![of_every_kind()]);
            running.wait_state(StateName::Active);
            side.wait("an announcement on its own interface", |frame| {
                frame
                    .gratuitous_arp()
                    .filter(|(address, mac)| address.to_string() == "10.3.0.1" && mac[4] == 1)
            });
            let (_, flags, mac) = wire.wait("an advertisement of the held-only address", |frame| {
                frame
                    .neighbor_advertisement()
                    .filter(|(target, _, _)| target.to_string() == "2001:db8::1")
            });
            assert_eq!((flags, mac), (0xa0, [2, 0, 0, 0, 0, 1]), "R and O set, S clear");
            let probe = |frame: &crate::lab::Frame| frame.is_duplicate_address_detection();
            assert!(!wire.frames().iter().any(probe), "no duplicate address detection");
            assert!(wire.frames().iter().all(|frame| {
                // eth2 is on the same switch: what it says comes by here as well.
                let other = |(address, mac): (std::net::Ipv4Addr, [u8; 6])| {
                    address.to_string() != "10.3.0.1" || mac[4] == 1
                };
                frame.gratuitous_arp().is_none_or(other)
            }));
            running.stop();
            proves!("PRJ-ADDR-01", Obeys);
            proves!("V3-8.2.2-07", Refuses);
        },
    );
}

/// PRJ-ADDR-02: a crash, and then a configuration that does not name the address any more: what our journal names and our
/// mark confirms goes at the next start; what another program with the same mark has made stays.
#[test]
fn prj_addr_02_a_leftover_that_nobody_asks_for() {
    isolated("addresses::prj_addr_02_a_leftover_that_nobody_asks_for", || {
        switch();
        let node = Node::new(1);
        let journal = std::env::temp_dir().join(format!("vrrp-net-stray-{}", std::process::id()));
        let start = |journal: &std::path::Path, words: &str| {
            let mut command = std::process::Command::new(crate::lab::example("router"));
            command
                .args(words.split_whitespace())
                .env("VRRP_JOURNAL", journal);
            let program = Program::start(&node, command);
            program.wait_line("ready");
            program
        };
        let program = start(&journal, "eth1 51 100 10 192.0.2.254/24 192.0.2.253 192.0.2.252");
        let other = start(&journal.join("other"), "eth1 52 100 10 192.0.2.152/24");
        for (program, last) in [(&program, "192.0.2.252"), (&other, "192.0.2.152")] {
            program.wait_line(r#""to":"Active""#);
            node.wait_has(last, true);
        }
        program.kill();
        // Somebody has taken one over: the mark has gone with the address that bore it.
        node.ip("addr del 192.0.2.252/32 dev eth1");
        node.ip("addr add 192.0.2.252/32 dev eth1");
        // An interval of 10 s: nothing becomes Active in the meantime.
        let program = start(&journal, "eth1 51 100 1000 192.0.2.253");
        node.wait_has("192.0.2.254", false);
        node.wait_has("192.0.2.253", false);
        program.wait_line(r#""LeftoverRemoved":{"address":"192.0.2.254","interface":"eth1"}"#);
        assert!(node.has("192.0.2.252"), "not ours any more");
        assert!(node.has("192.0.2.152"), "never ours");
        program.stop();
        other.stop();
        assert!(node.has("192.0.2.252"));
        std::fs::remove_dir(journal.join("other")).expect("nothing left in it");
        std::fs::remove_dir(&journal).expect("nothing left in it");
    });
}
