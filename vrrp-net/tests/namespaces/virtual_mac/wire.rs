//! What is seen on the wire.

use std::time::Duration;

use vrrp_conformance::proves;
use vrrp_core::StateName;
use vrrp_net::Service;

use super::{
    FOUR, SIX, VIP, VIP6, adverts, answering, ask, count, four, neighbor, physical, said, set, setting, six,
    wait_adverts, wait_up,
};
use crate::lab::{Capture, Frame, LIMIT, Node, isolated, switch, wait_for};

/// V3-6.4.3-11, V3-7.2-02, V3-6.4.1-04, V3-8.1.2-01, V3-8.1.2-02, DEV-US-01, NET-ARP-03: from the first advertisement to the
/// goodbye everything that speaks for the address has the virtual MAC, in the frame and in what it says.
#[test]
fn v3_7_2_02_an_ipv4_router_is_its_virtual_mac() {
    isolated(
        "virtual_mac::wire::v3_7_2_02_an_ipv4_router_is_its_virtual_mac",
        || {
            switch();
            let (node, client) = (Node::new(1), Node::new(3));
            let wire = Capture::on("port1");
            // As many distributions have it.
            set(&node, "ipv4/conf/all/rp_filter", "1");
            let running = node.start(vec![four(100)]);
            running.wait_state(StateName::Active);
            wait_adverts(&wire, FOUR, 3);
            ask(&client, "192.0.2.1");
            assert_eq!(
                neighbor(&client, "192.0.2.1").as_deref(),
                Some("02:00:00:00:00:01")
            );
            ask(&client, VIP);
            assert_eq!(neighbor(&client, VIP).as_deref(), Some("00:00:5e:00:01:33"));
            // What it sends itself from the address, to a neighbour that it has to look for.
            node.ip("neigh flush all");
            ask(&client, VIP);
            running.stop();

            let seen = adverts(&wire);
            assert!(seen.iter().all(|(from, _)| *from == FOUR), "{seen:?}");
            for (_, advert) in &seen {
                assert_eq!(
                    (advert.source.to_string().as_str(), advert.vrid),
                    ("192.0.2.1", 51)
                );
                assert_eq!(advert.to_mac, [0x01, 0x00, 0x5e, 0x00, 0x00, 0x12]);
                assert_eq!((advert.hop_limit, advert.traffic_class), (255, 0xc0));
                assert_eq!((advert.fragment, advert.header_octets), (0, 20));
            }
            assert_eq!(seen.last().unwrap().1.priority, 0, "the goodbye too");
            let frames = wire.frames();
            let announced = frames.iter().filter(|frame| frame.gratuitous_arp().is_some());
            let announced: Vec<&Frame> = announced.collect();
            assert_eq!(announced.len(), 1, "one for the one address");
            assert_eq!(announced[0].source(), FOUR);
            assert_eq!(announced[0].destination(), [0xff; 6]);
            assert_eq!(announced[0].payload()[8..14], FOUR, "the sender");
            assert_eq!(announced[0].payload()[18..24], FOUR, "the target");
            assert_eq!(said(&[&wire]), [FOUR], "never the physical one");
            assert_eq!(answering(&[&wire]), [FOUR]);
            let own = |frame: &&Frame| crate::answers::arp_reply(frame, [192, 0, 2, 1]).is_some();
            let sources = frames.iter().filter(own).map(Frame::source).collect::<Vec<_>>();
            assert_eq!(
                sources,
                vec![physical(1); sources.len()],
                "its own address is not the router's"
            );
            proves!(
                "V3-6.4.3-11",
                "V3-7.2-02",
                "V3-6.4.1-04",
                "V3-8.1.2-01",
                "V3-8.1.2-02",
                Obeys
            );
            proves!("V3-7.2-02", "V3-8.1.2-01", "V3-8.1.2-02", Refuses);
            proves!("DEV-US-01", "NET-ARP-03", Obeys);
        },
    );
}

/// V2-7.2-01, V2-7.3-01, V2-8.2-01: the same in version 2.
#[test]
fn v2_7_2_01_version_2_is_sent_by_the_same_rules() {
    isolated(
        "virtual_mac::wire::v2_7_2_01_version_2_is_sent_by_the_same_rules",
        || {
            switch();
            let (node, client) = (Node::new(1), Node::new(3));
            let wire = Capture::on("port1");
            let mut two = four(100);
            two.settings.version = vrrp_core::Version::V2;
            two.settings.interval = vrrp_core::Interval::from_centiseconds(100).unwrap();
            let running = node.start(vec![two]);
            running.wait_state(StateName::Active);
            wait_adverts(&wire, FOUR, 2);
            ask(&client, VIP);
            running.stop();
            let seen = adverts(&wire);
            assert!(
                seen.iter()
                    .all(|(from, advert)| *from == FOUR && advert.version == 2)
            );
            assert_eq!(said(&[&wire]), [FOUR]);
            assert_eq!(answering(&[&wire]), [FOUR]);
            proves!("V2-7.2-01", "V2-7.3-01", "V2-8.2-01", Obeys);
            proves!("V2-7.2-01", "V2-8.2-01", Refuses);
        },
    );
}

/// PRJ-TX-01, V3-8.2.2-01, V3-8.2.2-02, V3-8.2.2-06: IPv6 from the interface's own link-local address and the virtual MAC.
#[test]
fn prj_tx_01_an_ipv6_router_is_its_virtual_mac() {
    isolated(
        "virtual_mac::wire::prj_tx_01_an_ipv6_router_is_its_virtual_mac",
        || {
            switch();
            let (node, client) = (Node::new(1), Node::new(3));
            for node in [&node, &client] {
                node.ip(&format!("addr add 2001:db8::{}/64 dev eth1 nodad", node.number));
            }
            let wire = Capture::on("port1");
            let running = node.start(vec![six(100)]);
            running.wait_state(StateName::Active);
            wait_adverts(&wire, SIX, 3);
            ask(&client, VIP6);
            assert_eq!(neighbor(&client, VIP6).as_deref(), Some("00:00:5e:00:02:42"));
            node.ip("-6 neigh flush all");
            ask(&client, VIP6);
            running.stop();

            let seen = adverts(&wire);
            for (from, advert) in &seen {
                assert_eq!(*from, SIX);
                assert_eq!(advert.source.to_string(), "fe80::ff:fe00:1");
                assert_eq!(advert.to_mac, [0x33, 0x33, 0, 0, 0, 0x12]);
                assert_eq!((advert.hop_limit, advert.traffic_class), (255, 0xc0));
            }
            assert_eq!(said(&[&wire]), [SIX], "never the physical one");
            assert_eq!(answering(&[&wire]), [SIX]);
            for address in ["fe80::66", VIP6] {
                let unsolicited = |frame: &&Frame| {
                    frame
                        .neighbor_advertisement()
                        .is_some_and(|(target, flags, _)| target.to_string() == address && flags & 0x40 == 0)
                };
                let frames = wire.frames();
                assert_eq!(frames.iter().filter(unsolicited).count(), 1, "{address}");
                assert!(
                    frames
                        .iter()
                        .filter(unsolicited)
                        .all(|frame| frame.source() == SIX)
                );
            }
            proves!("PRJ-TX-01", "V3-8.2.2-01", "V3-8.2.2-02", "V3-8.2.2-06", Obeys);
            proves!("V3-8.2.2-01", "V3-8.2.2-02", "V3-8.2.2-06", Refuses);
        },
    );
}

/// V3-7.4-01, V3-7.4-02: no address is made of the virtual MAC, also where a router advertises a prefix to make one of.
#[test]
fn v3_7_4_01_no_address_is_made_of_the_virtual_mac() {
    isolated(
        "virtual_mac::wire::v3_7_4_01_no_address_is_made_of_the_virtual_mac",
        || {
            switch();
            let (node, client) = (Node::new(1), Node::new(3));
            let running = node.start(vec![six(100)]);
            running.wait_state(StateName::Active);
            wait_up(&node, "vrrp6.66", true);
            super::advertise_prefix(&client);
            // The interface below takes it, so it was heard.
            wait_for("an address by the prefix", LIMIT, || {
                node.ip("-6 -o addr show dev eth1")
                    .contains("2001:db8:5::")
                    .then_some(())
            });
            let text = node.ip("-6 -o addr show dev vrrp6.66");
            let mut addresses: Vec<&str> = text
                .lines()
                .filter_map(|line| line.split_whitespace().nth(3))
                .collect();
            addresses.sort_unstable();
            assert_eq!(addresses, ["2001:db8::fe/64", "fe80::66/64"], "{text}");
            assert!(!node.ip("-6 route show default").contains("vrrp6.66"));
            running.stop();
            proves!("V3-7.4-01", "V3-7.4-02", Obeys);
            proves!("V3-7.4-01", "V3-7.4-02", Refuses);
        },
    );
}

/// X-17, PRJ-MAC-01: with `vmac_xmit_base` only the advertisements have the physical MAC; without a virtual MAC everything.
#[test]
fn prj_mac_01_the_physical_mac_where_that_is_asked() {
    isolated(
        "virtual_mac::wire::prj_mac_01_the_physical_mac_where_that_is_asked",
        || {
            switch();
            let (node, client) = (Node::new(1), Node::new(3));
            let wire = Capture::on("port1");
            let mut service = four(100);
            service.virtual_mac.as_mut().unwrap().adverts_from_parent = true;
            let running = node.start(vec![service.clone()]);
            running.wait_state(StateName::Active);
            wait_adverts(&wire, physical(1), 3);
            ask(&client, VIP);
            running.stop();
            assert_eq!(count(&wire, FOUR), 0);
            assert_eq!(said(&[&wire]), [FOUR]);

            wire.forget();
            service.virtual_mac = None;
            let running = node.start(vec![service]);
            running.wait_state(StateName::Active);
            wait_adverts(&wire, physical(1), 3);
            ask(&client, VIP);
            assert!(!super::has_link(&node, "vrrp.51"));
            assert_eq!(setting(&node, "ipv4/conf/eth1/arp_ignore"), "0");
            running.stop();
            assert_eq!(said(&[&wire]), [physical(1)]);
            let mut settings = vrrp_core::Settings::new(
                vrrp_core::Profile::Rfc,
                vrrp_core::Family::Ipv4,
                vrrp_core::Vrid::new(51).unwrap(),
                vrrp_core::InterfaceId(0),
            );
            settings.addresses.push("192.0.2.254".parse().unwrap());
            let refused = node.run(|| {
                let service = Service::of("VI_1", Some("eth1"), settings);
                vrrp_net::Driver::open(vec![service], vrrp_net::Options::default())
                    .unwrap_err()
                    .to_string()
            });
            assert!(
                refused.contains("the profile rfc wants the virtual MAC"),
                "{refused}"
            );
            proves!("PRJ-MAC-01", "X-17", Obeys);
        },
    );
}

/// V3-8.1.2-04, V3-8.2.2-04, V3-8.2.2-03: an owner that starts, before any of its addresses is
/// there, says nothing of them with its physical MAC, in ARP or ND of any kind.
#[test]
fn v3_8_1_2_04_an_owner_that_starts() {
    isolated("virtual_mac::wire::v3_8_1_2_04_an_owner_that_starts", || {
        switch();
        let (node, client) = (Node::new(1), Node::new(3));
        for node in [&node, &client] {
            node.ip(&format!("addr add 2001:db8::{}/64 dev eth1 nodad", node.number));
        }
        let wire = Capture::on("port1");
        // Somebody asks all the time.
        let running = node.start(vec![four(255), six(255)]);
        running.wait_state(StateName::Active);
        ask(&client, VIP);
        ask(&client, VIP6);
        // The node looks for neighbours in the name of its addresses.
        node.ip("neigh flush all");
        for from in ["192.0.2.254:0", "[2001:db8::fe]:0"] {
            let to = if from.starts_with('[') {
                "[2001:db8::3]:9"
            } else {
                "192.0.2.3:9"
            };
            let seen = node.run(move || {
                let socket = std::net::UdpSocket::bind(from).unwrap();
                socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
                socket.connect(to).unwrap();
                let _sent = socket.send(b"?");
                socket.recv(&mut [0; 8]).unwrap_err().kind()
            });
            assert_eq!(seen, std::io::ErrorKind::ConnectionRefused, "{from}");
        }
        running.stop();
        assert_eq!(said(&[&wire]), [FOUR, SIX]);
        let frames = wire.frames();
        // Every Neighbor Solicitation from one of the addresses names the virtual MAC, if any.
        for frame in &frames {
            let ip = frame.payload();
            let solicitation = frame.ethertype() == 0x86dd && ip[6] == 58 && ip.get(40) == Some(&135);
            let vip: std::net::Ipv6Addr = VIP6.parse().unwrap();
            if solicitation && ip[8..24] == vip.octets() {
                assert_eq!(frame.source(), SIX);
                assert_eq!(ip[66..72], SIX);
            }
        }
        assert!(!frames.iter().any(Frame::is_duplicate_address_detection));
        proves!("V3-8.1.2-04", "V3-8.2.2-04", "V3-8.2.2-03", Obeys);
        proves!("V3-8.1.2-04", "V3-8.2.2-04", "V3-8.2.2-03", Refuses);
    });
}

/// NET-MLD-01, V3-6.4.2-07: the solicited-node groups are joined on the device, and those of VRRP on the interface below.
#[test]
fn net_mld_01_groups_are_where_their_frames_come() {
    isolated(
        "virtual_mac::wire::net_mld_01_groups_are_where_their_frames_come",
        || {
            switch();
            let node = Node::new(1);
            // ff02::1:ff00:66 and ff02::1:ff00:fe.
            let solicited = ["ff02::1:ff00:66", "ff02::1:ff00:fe"];
            let joined = |device: &str| node.ip(&format!("maddr show dev {device}"));
            let running = node.start(vec![four(100), six(100)]);
            wait_for("the groups of VRRP", LIMIT, || {
                let text = joined("eth1");
                (text.contains("224.0.0.18") && text.contains("ff02::12")).then_some(())
            });
            running.wait_state(StateName::Active);
            node.wait_has(VIP6, true);
            let text = wait_for("the solicited-node groups", LIMIT, || {
                let text = joined("vrrp6.66");
                solicited.iter().all(|group| text.contains(group)).then_some(text)
            });
            assert!(!text.contains("ff02::12") && !joined("vrrp.51").contains("224.0.0.18"));
            assert!(solicited.iter().all(|group| !joined("eth1").contains(group)));
            running.stop();
            assert!(!joined("eth1").contains("224.0.0.18") && !joined("eth1").contains("ff02::12"));
            proves!("NET-MLD-01", "V3-6.4.2-07", Obeys);
        },
    );
}
