//! What one router puts on the wire, and what it has in the kernel meanwhile.

use vrrp_core::StateName;
use vrrp_net::{AddressPresence, Service};

use crate::lab::{Capture, Node, isolated, switch};

pub(crate) fn service(vrid: u8) -> Service {
    Service::new("VI_1", "eth1", vrid)
        .unwrap()
        .interval_centiseconds(10)
        .unwrap()
}

/// V3-5.1.1.1-01, V3-5.1.1.2-01, V3-5.1.1.3-01, V3-6.4.1-04, V3-7.2-03, V3-7.2-04, PRJ-IP-01, PRJ-IP-03, NET-ARP-02 to -06:
/// an IPv4 router alone, from start to planned stop.
#[test]
fn v3_5_1_1_an_ipv4_router_on_the_wire() {
    isolated("adverts::v3_5_1_1_an_ipv4_router_on_the_wire", || {
        switch();
        let node = Node::new(1);
        let wire = Capture::on(&node.port());
        let one = service(51)
            .address("192.0.2.254/24")
            .unwrap()
            .address("198.51.100.7")
            .unwrap();
        let mut running = node.start(vec![one]);
        running.wait_state(StateName::Active);
        let advert = wire.wait("an advertisement", crate::lab::Advert::parse);
        assert_eq!(advert.source.to_string(), "192.0.2.1");
        assert_eq!(advert.destination.to_string(), "224.0.0.18");
        assert_eq!(advert.to_mac, [0x01, 0x00, 0x5e, 0x00, 0x00, 0x12]);
        assert_eq!((advert.hop_limit, advert.traffic_class), (255, 0xc0));
        assert_eq!(
            (advert.fragment, advert.header_octets),
            (0, 20),
            "no DF, no options"
        );
        assert_eq!((advert.version, advert.vrid, advert.priority), (3, 51, 100));
        assert_eq!(advert.message[8..], [192, 0, 2, 254, 198, 51, 100, 7]);

        node.wait_has("192.0.2.254", true);
        node.wait_has("198.51.100.7", true);
        assert_eq!(running.presence("192.0.2.254"), AddressPresence::Ours);
        for address in ["192.0.2.254", "198.51.100.7"] {
            let mac = wire.wait("gratuitous ARP", |frame| {
                let (announced, mac) = frame.gratuitous_arp()?;
                (announced.to_string() == address).then_some(mac)
            });
            assert_eq!(mac, [2, 0, 0, 0, 0, 1], "the physical MAC");
        }
        let probes =
            |frame: &crate::lab::Frame| frame.ethertype() == 0x0806 && frame.payload()[14..18] == [0; 4];
        assert!(!wire.frames().iter().any(probes), "NET-ARP-06: no probing");

        wire.forget();
        let states = running.states();
        assert_eq!(states, [StateName::Backup, StateName::Active]);
        running.stop();
        assert!(!node.has("192.0.2.254") && !node.has("198.51.100.7"));
        let last = wire.adverts(1);
        assert_eq!(last.last().unwrap().priority, 0, "the goodbye is the last word");
        assert!(node.has("192.0.2.1"), "what is not ours stays");
    });
}
