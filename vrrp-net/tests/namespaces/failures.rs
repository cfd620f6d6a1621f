//! What cannot be done, and what is said about it.

use vrrp_conformance::proves;
use vrrp_core::{Bar, Report, StateName};
use vrrp_net::{Driver, Happening, OpenError, Options, StandingStatus};

use crate::adverts::service;
use crate::lab::{Capture, LIMIT, Node, ip, isolated, switch, wait_for};

/// No permission: the missing capability by name, and nothing half done.
#[test]
fn a_missing_capability_is_named() {
    isolated("failures::a_missing_capability_is_named", || {
        use rustix::thread::{CapabilitySet, capabilities, set_capabilities};
        switch();
        let node = Node::new(1);
        for (capability, name) in [
            (CapabilitySet::NET_ADMIN, "CAP_NET_ADMIN"),
            (CapabilitySet::NET_RAW, "CAP_NET_RAW"),
        ] {
            let error = node.run(move || {
                let before = capabilities(None).unwrap();
                let mut without = before;
                without.effective.remove(capability);
                set_capabilities(None, without).unwrap();
                let error = Driver::open(vec![service(51).address("10.0.0.1").unwrap()], Options::default());
                set_capabilities(None, before).unwrap();
                error.err().unwrap()
            });
            assert!(
                matches!(&error, OpenError::Capability { capability, .. } if *capability == name),
                "{error}"
            );
            assert!(error.to_string().contains(name));
        }
        assert!(!node.has("10.0.0.1"));
    });
}

/// PRJ-TX-02, PRJ-FAIL-01: the device goes while Active and untracked: barred at once, back by itself.
#[test]
fn prj_fail_01_a_device_that_is_gone_bars_at_once() {
    isolated("failures::prj_fail_01_a_device_that_is_gone_bars_at_once", || {
        switch();
        let node = Node::new(1);
        let mut one = service(51).address("192.0.2.254/24").unwrap();
        one.track_primary = false;
        let mut running = node.start(vec![one]);
        running.wait_state(StateName::Active);
        // Down, and its address stays: with an untracked link only the failing send can tell.
        node.ip("link set eth1 down");
        running.wait("the failure", |what| {
            matches!(
                what,
                Happening::Core(Report::FailedFor {
                    retry_after_seconds: 1
                })
            )
        });
        wait_for("the bar", LIMIT, || {
            let service = running.service("VI_1");
            (service.standing == StandingStatus::Barred(Bar::SendFailed)).then_some(())
        });
        assert!(running.service("VI_1").counters.send_errors >= 1);
        node.wait_has("192.0.2.254", false);
        node.ip("link set eth1 up");
        running.wait_state(StateName::Active);
        running.stop();
        proves!("PRJ-FAIL-01", "PRJ-TX-02", Obeys);
    });
}

/// PRJ-FAIL-01: not one address can be held: barred; one of several: told, and served.
#[test]
fn prj_fail_01_an_address_that_cannot_be_made() {
    isolated("failures::prj_fail_01_an_address_that_cannot_be_made", || {
        switch();
        let node = Node::new(1);
        node.run(|| std::fs::write("/proc/sys/net/ipv6/conf/eth1/disable_ipv6", "1").unwrap());
        let some = service(51)
            .address("192.0.2.254/24")
            .unwrap()
            .address("2001:db8::1/64")
            .unwrap();
        let mut running = node.start(vec![some]);
        running.wait_state(StateName::Active);
        let event = running.wait("the refusal", |what| {
            matches!(what, Happening::AddressFailed { adding: true, .. })
        });
        assert!(matches!(event.what, Happening::AddressFailed { address, .. } if address.is_ipv6()));
        assert!(node.has("192.0.2.254"));
        assert_eq!(running.service("VI_1").state, StateName::Active);
        running.stop();

        let mut none = service(51);
        none.settings.allow_no_address = true;
        let mut running = node.start(vec![none.address("2001:db8::1/64").unwrap()]);
        running.wait("giving up", |what| {
            matches!(what, Happening::Core(Report::FailedFor { .. }))
        });
        node.run(|| std::fs::write("/proc/sys/net/ipv6/conf/eth1/disable_ipv6", "0").unwrap());
        running.wait_state(StateName::Active);
        node.wait_has("2001:db8::1", true);
        running.stop();
        proves!("PRJ-FAIL-01", Obeys);
    });
}

/// From 192.0.2.2, in whose namespace it is called.
fn multicast(message: &[u8]) {
    use socket2::{Domain, Protocol, Socket, Type};
    let socket = Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::from(112))).unwrap();
    socket.set_multicast_ttl_v4(255).unwrap();
    socket.set_multicast_if_v4(&"192.0.2.2".parse().unwrap()).unwrap();
    let to = std::net::SocketAddrV4::new("224.0.0.18".parse().unwrap(), 0);
    socket.send_to(message, &to.into()).unwrap();
}

/// PRJ-RX-09, PRJ-LOG-01: a flood of packets that are discarded changes no timer and no role, and is told in few words.
#[test]
fn prj_rx_09_a_flood_of_rejected_packets_changes_nothing() {
    isolated(
        "failures::prj_rx_09_a_flood_of_rejected_packets_changes_nothing",
        || {
            switch();
            let (one, two) = (Node::new(1), Node::new(2));
            let mut running = one.start(vec![service(51).address("192.0.2.254/24").unwrap()]);
            running.wait_state(StateName::Active);
            let wire = Capture::on("port1");
            two.run(|| {
                // Version 2 with the right VRID, a wrong checksum, and a VRID of nobody.
                let kinds: [&[u8]; 3] = [
                    &[
                        0x21, 51, 200, 1, 0, 1, 0, 0, 192, 0, 2, 254, 0, 0, 0, 0, 0, 0, 0, 0,
                    ],
                    &[0x31, 51, 200, 1, 0, 10, 0xde, 0xad, 192, 0, 2, 254],
                    &[0x31, 99, 200, 1, 0, 10, 0xde, 0xad, 192, 0, 2, 254],
                ];
                for round in 0..3000 {
                    multicast(kinds[round % 3]);
                    if round % 30 == 0 {
                        std::thread::sleep(std::time::Duration::from_millis(6));
                    }
                }
            });
            wait_for("all to be counted", LIMIT, || {
                let status = running.status();
                (status.rejected.iter().map(|(_, count)| count).sum::<u64>() == 3000).then_some(())
            });
            assert_eq!(running.service("VI_1").counters.master_transitions, 1);
            assert_eq!(running.service("VI_1").counters.advertisement_rcvd, 0);
            let told = running
                .seen()
                .iter()
                .filter(|event| matches!(event.what, Happening::Rejected { .. }))
                .count();
            assert_eq!(told, 3, "one of each kind");
            assert_eq!(running.service("VI_1").incompatible.len(), 1);
            let adverts = wire.adverts(1);
            let gaps = adverts.windows(2).map(|pair| pair[1].at - pair[0].at);
            println!("the longest gap of 100 ms: {:?}", gaps.max());
            assert!(adverts.len() >= 5);
            // A weaker router's good one, its checksum without pseudo-header: it is understood now.
            two.run(|| {
                multicast(&[0x31, 51, 50, 1, 0, 10, 0xd9, 0xc2, 192, 0, 2, 254]);
            });
            wait_for("the peer to be understood", LIMIT, || {
                let service = running.service("VI_1");
                (service.counters.advertisement_rcvd == 1 && service.incompatible.is_empty()).then_some(())
            });
            ip("link show br0");
            running.stop();
            proves!("PRJ-RX-09", "PRJ-LOG-01", "SEC-11", Obeys);
        },
    );
}
