//! Announcements on links where no advertisement is sent.

use std::time::Duration;

use vrrp_core::StateName;
use vrrp_net::{AnnounceElsewhere, Options, Pace, Service, VirtualMac};

use crate::adverts::service;
use crate::lab::{Capture, LIMIT, Node, isolated, switch, wait_for};

/// Addresses that were announced on a wire, in order.
fn announced(wire: &Capture) -> Vec<String> {
    let frames = wire.frames();
    let all = frames.iter().filter_map(|frame| frame.gratuitous_arp());
    all.map(|(address, _)| address.to_string()).collect()
}

fn count(wire: &Capture, address: &str) -> usize {
    announced(wire).iter().filter(|other| *other == address).count()
}

fn wait_count(wire: &Capture, address: &str, wanted: usize) {
    let enough = || (count(wire, address) >= wanted).then_some(());
    wait_for("announcements", LIMIT, enough);
}

fn every_50_ms(physical_too: bool) -> Option<AnnounceElsewhere> {
    Some(AnnounceElsewhere {
        every: Duration::from_millis(50),
        physical_too,
    })
}

/// One announcement at a take-over, so that all others are those of the period.
fn once(mut service: Service) -> Service {
    service.settings.announcements.later_rounds = 0;
    service
}

/// keepalived `garp_extra_if all`: the address on the other link again and again, that of the own link once; nothing more
/// when the service no longer wants it, and nothing after its end.
#[test]
fn addresses_of_other_links_are_announced_again() {
    isolated("elsewhere::addresses_of_other_links_are_announced_again", || {
        switch();
        let node = Node::new(1);
        node.wire("eth2", "side1", "02:00:00:00:01:01");
        // On no switch: what is said on one link is not heard on the other.
        crate::lab::ip("link set side1 nomaster");
        let (wire, side) = (Capture::on(&node.port()), Capture::on("side1"));
        let mut plain = once(service(51).address("192.0.2.254/24").unwrap());
        let mut other: vrrp_net::HeldAddress = "198.51.100.254/24".parse().unwrap();
        other.device = Some("eth2".to_owned());
        plain = plain.held_address(other);
        plain.announce_elsewhere = every_50_ms(true);
        let running = node.start(vec![plain.clone()]);
        running.wait_state(StateName::Active);
        wait_count(&side, "198.51.100.254", 5);
        assert_eq!(count(&wire, "192.0.2.254"), 1, "{:?}", announced(&wire));

        // Of virtual MACs alone there is nothing here.
        plain.announce_elsewhere = every_50_ms(false);
        crate::lab::block_on(running.handle.apply(vec![plain.clone()])).unwrap();
        side.forget();
        // Twenty periods and more of advertisements.
        let before = wire.count(1, 51);
        let later = || (wire.count(1, 51) >= before + 10).then_some(());
        wait_for("a second of advertisements", LIMIT, later);
        assert_eq!(announced(&side), [""; 0]);

        plain.announce_elsewhere = every_50_ms(true);
        crate::lab::block_on(running.handle.apply(vec![plain])).unwrap();
        wait_count(&side, "198.51.100.254", 3);
        running.stop();
        side.forget();
        std::thread::sleep(Duration::from_millis(200));
        assert_eq!(announced(&side), [""; 0], "after the end");
    });
}

/// keepalived `garp_extra_if` beside `vmac_xmit_base`: nothing else shows switches the virtual MAC.
#[test]
fn a_virtual_mac_that_sends_no_advertisement_is_announced_again() {
    isolated(
        "elsewhere::a_virtual_mac_that_sends_no_advertisement_is_announced_again",
        || {
            switch();
            let node = Node::new(1);
            let wire = Capture::on(&node.port());
            let mut service = once(service(51).address("192.0.2.254/24").unwrap());
            service = service.virtual_mac(VirtualMac {
                adverts_from_parent: true,
                ..VirtualMac::default()
            });
            service.announce_elsewhere = every_50_ms(false);
            let running = node.start(vec![service.clone()]);
            running.wait_state(StateName::Active);
            wait_count(&wire, "192.0.2.254", 5);
            let of_virtual_mac = |frame: &crate::lab::Frame| {
                let (_, mac) = frame.gratuitous_arp()?;
                Some(mac == [0, 0, 0x5e, 0, 1, 51])
            };
            assert!(wire.frames().iter().filter_map(of_virtual_mac).all(|own| own));
            // Where advertisements come from it, switches know.
            service.virtual_mac = Some(VirtualMac::default());
            crate::lab::block_on(running.handle.apply(vec![service])).unwrap();
            wire.forget();
            let adverts = || {
                wire.frames()
                    .iter()
                    .filter(|frame| frame.ethertype() == 0x0800)
                    .count()
            };
            wait_for("a second of advertisements", LIMIT, || {
                (adverts() >= 10).then_some(())
            });
            assert_eq!(announced(&wire), [""; 0]);
            running.stop();
        },
    );
}

/// keepalived `garp_group`: 200 ms between those of one link, which is eleven times as long as without.
#[test]
fn a_link_has_a_pace_of_its_own() {
    isolated("elsewhere::a_link_has_a_pace_of_its_own", || {
        switch();
        let node = Node::new(1);
        let wire = Capture::on(&node.port());
        let mut service = once(service(51));
        for last in [1, 2, 3] {
            service = service.address(&format!("192.0.2.25{last}/24")).unwrap();
        }
        let pace = Pace {
            interfaces: vec!["eth1".to_owned()],
            arp_gap: Duration::from_millis(200),
            neighbor_gap: Duration::ZERO,
        };
        let options = Options {
            paces: vec![pace],
            ..Options::default()
        };
        let running = node.start_with(vec![service], options, None);
        running.wait_state(StateName::Active);
        wait_count(&wire, "192.0.2.253", 1);
        let frames = wire.frames();
        let times: Vec<_> = frames
            .iter()
            .filter(|frame| frame.gratuitous_arp().is_some())
            .map(|frame| frame.at)
            .collect();
        assert_eq!(times.len(), 3);
        assert!(times[2] - times[0] >= Duration::from_millis(390), "{times:?}");
        running.stop();
    });
}
