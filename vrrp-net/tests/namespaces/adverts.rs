//! What one router puts on the wire, and what it has in the kernel meanwhile.

use vrrp_conformance::proves;
use vrrp_core::StateName;
use vrrp_net::{AddressPresence, Service};

use crate::lab::{Capture, LIMIT, Node, isolated, switch, wait_for};

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
        proves!("V3-5.1.1.1-01", "V3-5.1.1.2-01", "V3-5.1.1.3-01", Obeys);
        proves!("V3-7.2-03", "V3-7.2-04", "PRJ-IP-01", "PRJ-IP-03", Obeys);
        proves!("NET-ARP-02", "NET-ARP-04", "X-17", Obeys);
        proves!("NET-ARP-06", Refuses);
    });
}

/// Nobody has asked, so every one is unsolicited: its flags, its Hop Limit and ff02::1, and no other.
fn check_unsolicited(wire: &Capture, targets: &[&str]) {
    let all_nodes: std::net::Ipv6Addr = "ff02::1".parse().unwrap();
    for frame in wire.frames() {
        let Some((target, flags, _)) = frame.neighbor_advertisement() else {
            continue;
        };
        if targets.contains(&target.to_string().as_str()) {
            let ip = frame.payload();
            assert_eq!((flags, ip[7]), (0xa0, 255), "{target}");
            assert_eq!(ip[24..40], all_nodes.octets(), "{target}");
        }
    }
}

/// V3-5.1.2.1-01, V3-5.1.2.2-01, V3-5.1.2.3-01, V3-6.4.1-05, V3-6.4.2-07, V3-6.4.3-02, NET-ND-02, NET-ND-03, NET-ND-04,
/// PRJ-CK-05: an IPv6 router on the wire, forwarding off.
#[test]
fn v3_5_1_2_an_ipv6_router_on_the_wire() {
    isolated("adverts::v3_5_1_2_an_ipv6_router_on_the_wire", || {
        switch();
        let node = Node::new(1);
        let wire = Capture::on(&node.port());
        let one = Service::new_ipv6("VI_6", "eth1", 51)
            .unwrap()
            .interval_centiseconds(10)
            .unwrap()
            .address("fe80::5:1/64")
            .unwrap()
            .address("2001:db8::a1:b2c3/64")
            .unwrap();
        let running = node.start(vec![one]);
        running.wait_state(StateName::Active);
        let advert = wire.wait("an advertisement", crate::lab::Advert::parse);
        assert_eq!(advert.source.to_string(), "fe80::ff:fe00:1");
        assert_eq!(advert.destination.to_string(), "ff02::12");
        assert_eq!(advert.to_mac, [0x33, 0x33, 0x00, 0x00, 0x00, 0x12]);
        assert_eq!((advert.hop_limit, advert.traffic_class), (255, 0xc0));
        assert_eq!((advert.version, advert.vrid), (3, 51));
        assert_eq!(advert.message.len(), 8 + 2 * 16);
        // The pseudo-header sum over the message with its checksum in place is all ones.
        assert_eq!(
            ipv6_sum(&advert),
            0xffff,
            "we fill the checksum, the kernel does not"
        );

        for address in ["fe80::5:1", "2001:db8::a1:b2c3"] {
            let (source, flags, mac) = wire.wait("an unsolicited advertisement", |frame| {
                let (target, flags, mac) = frame.neighbor_advertisement()?;
                let source = <[u8; 16]>::try_from(&frame.payload()[8..24]).unwrap();
                (target.to_string() == address && frame.destination() == [0x33, 0x33, 0, 0, 0, 1])
                    .then_some((std::net::Ipv6Addr::from(source), flags, mac))
            });
            assert_eq!(
                source.to_string(),
                "fe80::5:1",
                "NET-ND-03: the router's own link-local address"
            );
            assert_eq!((flags, mac), (0xa0, [2, 0, 0, 0, 0, 1]));
        }
        // The kernel joins a little later than it has the address.
        wait_for("the groups", LIMIT, || {
            let groups = node.ip("maddr show dev eth1");
            let solicited = ["ff02::1:ff05:1", "ff02::1:ffa1:b2c3"];
            let joined = solicited.iter().all(|group| groups.contains(group));
            (groups.contains("ff02::12") && joined).then_some(())
        });
        assert!(node.ip("-6 route show table all").contains("2001:db8::a1:b2c3"));
        running.stop();
        let groups = node.ip("maddr show dev eth1");
        assert!(
            !groups.contains("ff02::12")
                && !groups.contains("ff02::1:ff05:1")
                && !groups.contains("ff02::1:ffa1:b2c3"),
            "{groups}"
        );
        assert!(!node.has("fe80::5:1") && !node.has("2001:db8::a1:b2c3"));
        assert!(node.has("fe80::ff:fe00:1"));
        check_unsolicited(&wire, &["fe80::5:1", "2001:db8::a1:b2c3"]);
        proves!("NET-ND-02", Refuses);
        proves!("V3-5.1.2.1-01", "V3-5.1.2.2-01", "V3-5.1.2.3-01", Obeys);
        proves!("V3-6.4.1-05", "V3-6.4.2-07", "V3-6.4.3-02", "V3-7.2-03", Obeys);
        proves!("V3-7.2-04", "NET-ND-02", "NET-ND-03", "NET-ND-04", Obeys);
        proves!("NET-MLD-01", "PRJ-CK-04", Obeys);
        proves!("V3-6.4.2-07", "V3-6.4.3-02", Refuses);
    });
}

fn ipv6_sum(advert: &crate::lab::Advert) -> u16 {
    let mut octets = Vec::new();
    for address in [advert.source, advert.destination] {
        let std::net::IpAddr::V6(address) = address else {
            panic!("an IPv4 address in an IPv6 packet")
        };
        octets.extend(address.octets());
    }
    octets.extend(u32::try_from(advert.message.len()).unwrap().to_be_bytes());
    octets.extend([0, 0, 0, 112]);
    octets.extend(&advert.message);
    let mut sum: u32 = octets
        .chunks(2)
        .map(|pair| u32::from(u16::from_be_bytes([pair[0], pair[1]])))
        .sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    u16::try_from(sum).unwrap()
}

/// V3-5.2.3-01, PRJ-ADDR-01: one VRID in both families is two routers, that share an interface and nothing else.
#[test]
fn v3_5_2_3_01_one_vrid_in_two_families() {
    isolated("adverts::v3_5_2_3_01_one_vrid_in_two_families", || {
        switch();
        let node = Node::new(1);
        let wire = Capture::on(&node.port());
        let four = service(51).address("192.0.2.254").unwrap();
        let six = Service::new_ipv6("VI_6", "eth1", 51)
            .unwrap()
            .interval_centiseconds(10)
            .unwrap()
            .address("fe80::5:1/64")
            .unwrap()
            .priority(120)
            .unwrap();
        let running = node.start(vec![four, six]);
        running.wait_state(StateName::Active);
        for (is_ipv6, priority) in [(false, 100), (true, 120)] {
            let found = wire.wait("an advertisement", |frame| {
                crate::lab::Advert::parse(frame).filter(|advert| advert.source.is_ipv6() == is_ipv6)
            });
            assert_eq!((found.vrid, found.priority), (51, priority));
        }
        crate::lab::block_on(running.handle.resign("VI_6")).unwrap_err();
        assert_eq!(running.service("VI_1").counters.master_transitions, 1);
        running.stop();
        let goodbyes: Vec<bool> = wire
            .adverts(1)
            .iter()
            .filter(|advert| advert.priority == 0)
            .map(|advert| advert.source.is_ipv6())
            .collect();
        assert!(goodbyes.contains(&false), "{goodbyes:?}");
        proves!("V3-5.2.3-01", "V3-6.4-01", Obeys);
    });
}

/// PRJ-IP-03, V3-6.4.3-08: what a router sends does not come back to it (loop off), and a stranger's group is not heard.
#[test]
fn prj_ip_03_nothing_of_its_own_comes_back() {
    isolated("adverts::prj_ip_03_nothing_of_its_own_comes_back", || {
        switch();
        let node = Node::new(1);
        let wire = Capture::on(&node.port());
        let running = node.start(vec![service(51).address("192.0.2.254").unwrap()]);
        running.wait_state(StateName::Active);
        wait_for("ten advertisements", LIMIT, || {
            (wire.adverts(1).len() >= 10).then_some(())
        });
        let status = running.status();
        let discarded: u64 = status.rejected.iter().map(|(_, count)| count).sum();
        assert_eq!(
            (discarded, status.services[0].counters.advertisement_rcvd),
            (0, 0)
        );
        running.stop();
        proves!("PRJ-IP-03", Obeys);
    });
}

/// X-14, PRJ-RX-01, PRJ-KEY-01: unicast between two nodes; nothing is multicast, and each goes to the listed peer only.
#[test]
fn x_14_unicast_peers() {
    isolated("adverts::x_14_unicast_peers", || {
        switch();
        let (one, two) = (Node::new(1), Node::new(2));
        let wire = Capture::on(&one.port());
        let unicast = |peer: &str, priority: u8| {
            let service = service(51)
                .address("192.0.2.254")
                .unwrap()
                .priority(priority)
                .unwrap();
            service.unicast(&[peer.parse().unwrap()])
        };
        let first = one.start(vec![unicast("192.0.2.2", 150)]);
        let second = two.start(vec![unicast("192.0.2.1", 100)]);
        first.wait_state(StateName::Active);
        wait_for("the Active to be heard", LIMIT, || {
            (second.service("VI_1").last_active.is_some()).then_some(())
        });
        assert_eq!(
            second.service("VI_1").last_active.unwrap().0.to_string(),
            "192.0.2.1"
        );
        let advert = wire.adverts(1).pop().unwrap();
        assert_eq!(advert.destination.to_string(), "192.0.2.2");
        assert_eq!((advert.hop_limit, advert.traffic_class), (255, 0xc0));
        assert!(
            wire.adverts(1)
                .iter()
                .all(|advert| !advert.destination.is_multicast())
        );
        first.stop();
        second.wait_state(StateName::Active);
        two.wait_has("192.0.2.254", true);
        second.stop();
        proves!("X-14", "PRJ-RX-01", Obeys);
    });
}

/// PRJ-KEY-01: unicast without an interface, by a local address; beside a multicast router that hears the same link.
#[test]
fn prj_key_01_unicast_without_an_interface() {
    isolated("adverts::prj_key_01_unicast_without_an_interface", || {
        switch();
        let (one, two) = (Node::new(1), Node::new(2));
        let unicast = |number: u8, priority: u8| {
            let mut held = vrrp_net::HeldAddress::host("192.0.2.254".parse().unwrap());
            held.device = Some("eth1".into());
            let mut service = service(51).held_address(held).priority(priority).unwrap();
            service.interface = None;
            let peer = |address: String| vrrp_core::Peer {
                address: address.parse().unwrap(),
                hop_limit_min: 255,
                hop_limit_max: 255,
            };
            service.settings.path = vrrp_core::Path::Unicast {
                local: Some(format!("192.0.2.{number}").parse().unwrap()),
                peers: [peer(format!("192.0.2.{}", 3 - number))].into(),
            };
            service
        };
        let multicast = |priority: u8| {
            let mut service = service(52)
                .address("192.0.2.253")
                .unwrap()
                .priority(priority)
                .unwrap();
            service.name = "multicast".into();
            service
        };
        let first = one.start(vec![unicast(1, 150), multicast(150)]);
        let second = two.start(vec![unicast(2, 100), multicast(100)]);
        first.wait_state(StateName::Active);
        wait_for("five of each", LIMIT, || {
            let services = second.status().services;
            services
                .iter()
                .all(|service| service.counters.advertisement_rcvd >= 5)
                .then_some(())
        });
        let status = second.status();
        assert!(
            status
                .services
                .iter()
                .all(|service| service.state == StateName::Backup)
        );
        assert_eq!(
            status.rejected.iter().map(|(_, count)| count).sum::<u64>(),
            0,
            "nothing is heard twice"
        );
        first.stop();
        second.wait_state(StateName::Active);
        second.stop();
        proves!("PRJ-KEY-01", Obeys);
    });
}

/// keepalived `unicast_ttl`: the hop limit of a service goes with its unicast, in both families, while another
/// service on the same socket keeps 255, and so does multicast.
#[test]
fn a_hop_limit_of_its_own_goes_with_unicast_only() {
    isolated("adverts::a_hop_limit_of_its_own_goes_with_unicast_only", || {
        switch();
        let node = Node::new(1);
        node.ip("neigh add 192.0.2.2 lladdr 02:00:00:00:00:02 dev eth1");
        node.ip("neigh add fe80::2 lladdr 02:00:00:00:00:02 dev eth1");
        let wire = Capture::on(&node.port());
        let named = |name: &str, vrid: u8, hop_limit: u8, peer: Option<&str>| {
            let six = peer.is_some_and(|peer| peer.contains(':'));
            let service = if six {
                Service::new_ipv6(name, "eth1", vrid).unwrap()
            } else {
                Service::new(name, "eth1", vrid).unwrap()
            };
            let address = if six { "fe80::66" } else { "192.0.2.254" };
            let service = service
                .interval_centiseconds(10)
                .unwrap()
                .address(address)
                .unwrap();
            let mut service = match peer {
                Some(peer) => service.unicast(&[peer.parse().unwrap()]),
                None => service,
            };
            service.unicast_hop_limit = hop_limit;
            service
        };
        let running = node.start(vec![
            named("far", 1, 64, Some("192.0.2.2")),
            named("near", 2, 255, Some("192.0.2.2")),
            named("group", 3, 64, None),
            named("six", 4, 3, Some("fe80::2")),
        ]);
        for (vrid, hop_limit) in [(1, 64), (2, 255), (3, 255), (4, 3)] {
            let sent = wire.wait("an advertisement", |frame| {
                crate::lab::Advert::parse(frame).filter(|advert| advert.vrid == vrid)
            });
            assert_eq!(sent.hop_limit, hop_limit, "VRID {vrid}");
            assert_eq!(sent.traffic_class, 0xc0);
        }
        running.stop();
        let none = named("none", 5, 0, Some("192.0.2.2"));
        let refused =
            node.run(move || vrrp_net::Driver::open(vec![none], vrrp_net::Options::default()).err());
        assert!(refused.unwrap().to_string().contains("TTL 0"));
        proves!("V3-5.1.1.3-01", Refuses);
    });
}
