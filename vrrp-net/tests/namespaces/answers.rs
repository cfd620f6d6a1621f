//! Who answers for an address, and what does not cross a router: asked by a third node, seen on the wire.

use std::io::ErrorKind;
use std::net::UdpSocket;
use std::time::Duration;

use vrrp_conformance::proves;
use vrrp_core::StateName;
use vrrp_net::Service;

use crate::adverts::service;
use crate::lab::{Advert, Capture, Frame, LIMIT, Node, isolated, switch, wait_for};

fn with(priority: u8) -> Service {
    service(51)
        .address("192.0.2.254/24")
        .unwrap()
        .address("2001:db8::fe/64")
        .unwrap()
        .priority(priority)
        .unwrap()
}

/// Two routers and a client, all with an address in 2001:db8::/64 too.
fn three() -> [Node; 3] {
    switch();
    let nodes = [1, 2, 3].map(Node::new);
    for node in &nodes {
        node.ip(&format!("addr add 2001:db8::{}/64 dev eth1 nodad", node.number));
    }
    nodes
}

/// A datagram to a port on which nobody listens: whoever has the address refuses it, and a neighbour is looked for first.
pub(crate) fn refused(client: &Node, address: &str) -> bool {
    let address = address.to_owned();
    client.run(move || {
        let any = if address.contains(':') {
            "[::]:0"
        } else {
            "0.0.0.0:0"
        };
        let socket = UdpSocket::bind(any).unwrap();
        let to = if address.contains(':') {
            format!("[{address}]:9")
        } else {
            format!("{address}:9")
        };
        socket.connect(to).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        let _no_route_is_no_answer_either = socket.send(b"?");
        socket
            .recv(&mut [0; 8])
            .is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused)
    })
}

/// The MAC that claims this address in an ARP reply.
pub(crate) fn arp_reply(frame: &Frame, address: [u8; 4]) -> Option<[u8; 6]> {
    let arp = frame.payload();
    let is_reply = frame.ethertype() == 0x0806 && arp[..8] == [0, 1, 8, 0, 6, 4, 0, 2];
    (is_reply && arp[14..18] == address).then(|| arp[8..14].try_into().unwrap())
}

/// The MAC that claims this address in a solicited Neighbor Advertisement (S=1).
pub(crate) fn solicited(frame: &Frame, address: &str) -> Option<[u8; 6]> {
    let (target, flags, mac) = frame.neighbor_advertisement()?;
    (target.to_string() == address && flags & 0x40 != 0).then_some(mac)
}

/// Everyone who answered for the addresses, on any of these wires.
fn answered(wires: &[&Capture]) -> Vec<[u8; 6]> {
    let frames = wires.iter().flat_map(|wire| wire.frames()).collect::<Vec<_>>();
    let mut macs = frames
        .iter()
        .filter_map(|frame| arp_reply(frame, [192, 0, 2, 254]).or_else(|| solicited(frame, "2001:db8::fe")))
        .collect::<Vec<_>>();
    macs.sort_unstable();
    macs.dedup();
    macs
}

const ONE: [u8; 6] = [2, 0, 0, 0, 0, 1];
const TWO: [u8; 6] = [2, 0, 0, 0, 0, 2];

/// Asks for both addresses until somebody answers for each.
fn ask(client: &Node) {
    client.ip("neigh flush dev eth1");
    answers(client, ["192.0.2.254", "2001:db8::fe"]);
}

/// Somebody answers for each of the addresses: in the end, as a busy machine may be late once.
fn answers(client: &Node, addresses: [&str; 2]) {
    for address in addresses {
        wait_for("an answer", LIMIT, || refused(client, address).then_some(()));
    }
}

/// V3-6.4.2-01, V3-6.4.2-02, V3-6.4.3-01: the Active answers, the Backup does not; after a planned stop the other way round.
#[test]
fn v3_6_4_2_01_only_the_active_answers() {
    isolated("answers::v3_6_4_2_01_only_the_active_answers", || {
        let [one, two, client] = three();
        let (first_wire, second_wire) = (Capture::on("port1"), Capture::on("port2"));
        let first = one.start(vec![with(150)]);
        let second = two.start(vec![with(100)]);
        first.wait_state(StateName::Active);
        second.wait_state(StateName::Backup);
        one.wait_has("2001:db8::fe", true);
        ask(&client);
        // What was asked for has reached the Backup as well, and it answers for its own address afterwards.
        answers(&client, ["192.0.2.2", "2001:db8::2"]);
        let asked =
            |frame: &Frame| frame.ethertype() == 0x0806 && frame.payload()[24..28] == [192, 0, 2, 254];
        assert!(second_wire.frames().iter().any(asked));
        assert_eq!(answered(&[&first_wire, &second_wire]), [ONE]);

        first.stop();
        second.wait_state(StateName::Active);
        two.wait_has("2001:db8::fe", true);
        first_wire.forget();
        second_wire.forget();
        ask(&client);
        answers(&client, ["192.0.2.1", "2001:db8::1"]);
        assert_eq!(answered(&[&first_wire, &second_wire]), [TWO]);
        second.stop();
        proves!("V3-6.4.2-01", "V3-6.4.2-02", "V3-6.4.3-01", Obeys);
        proves!("V3-6.4.2-01", "V3-6.4.2-02", "V3-6.4.3-01", Refuses);
    });
}

/// V3-6.4.2-05: packets that are sent to the Backup all the same, for an address that it does not have now.
#[test]
fn v3_6_4_2_05_a_backup_takes_no_packets_for_the_addresses() {
    isolated(
        "answers::v3_6_4_2_05_a_backup_takes_no_packets_for_the_addresses",
        || {
            let [one, two, client] = three();
            let wire = Capture::on("port2");
            let first = one.start(vec![with(150)]);
            let second = two.start(vec![with(100)]);
            first.wait_state(StateName::Active);
            second.wait_state(StateName::Backup);
            one.wait_has("2001:db8::fe", true);
            let through = |mac: &str| {
                for address in ["192.0.2.254", "2001:db8::fe"] {
                    client.ip(&format!(
                        "neigh replace {address} lladdr {mac} nud permanent dev eth1"
                    ));
                }
                ["192.0.2.254", "2001:db8::fe"].map(|address| refused(&client, address))
            };
            assert_eq!(through("02:00:00:00:00:01"), [true, true], "the Active has them");
            assert_eq!(through("02:00:00:00:00:02"), [false, false]);
            let reached = |frame: &Frame| {
                frame.destination() == TWO
                    && frame.ethertype() == 0x0800
                    && frame.payload()[16..20] == [192, 0, 2, 254]
            };
            assert!(wire.frames().iter().any(reached), "they were sent there");
            wait_for("the Backup refuses what is for itself", LIMIT, || {
                refused(&client, "192.0.2.2").then_some(())
            });
            first.stop();
            second.wait_state(StateName::Active);
            two.wait_has("2001:db8::fe", true);
            assert_eq!(through("02:00:00:00:00:02"), [true, true], "now it has them");
            second.stop();
            proves!("V3-6.4.2-05", Obeys);
            proves!("V3-6.4.2-05", Refuses);
        },
    );
}

/// V3-5.1.2.2-02: with two interfaces, forwarding on and a multicast route for our group, nothing crosses; what goes to
/// another group by such a route does.
#[test]
fn v3_5_1_2_2_02_nothing_is_forwarded_in_ipv6() {
    isolated("answers::v3_5_1_2_2_02_nothing_is_forwarded_in_ipv6", || {
        switch();
        let (one, two) = (Node::new(1), Node::new(2));
        two.run(|| std::fs::write("/proc/sys/net/ipv6/conf/all/forwarding", "1").unwrap());
        crate::lab::ip("link add br1 type bridge mcast_snooping 0");
        crate::lab::ip("link set br1 up");
        two.wire("eth2", "side2", "02:00:00:00:01:02");
        crate::lab::ip("link set side2 master br1");
        two.ip("addr add 2001:db8:2::2/64 dev eth2 nodad");
        let (near, far) = (Capture::on("port2"), Capture::on("side2"));
        one.ip("addr add 2001:db8::1/64 dev eth1 nodad");
        let routed = two.run(|| {
            let indexes = ["eth1", "eth2"].map(|name| nix::net::if_::if_nametoindex(name).unwrap());
            let routes = [("fe80::ff:fe00:1", "ff02::12"), ("2001:db8::1", "ff05::1234")];
            let routes = routes.map(|(origin, group)| (origin.parse().unwrap(), group.parse().unwrap()));
            crate::lab::route_multicast6(indexes, &routes)
        });
        let Ok(_routed) = routed else {
            println!("SKIP: this kernel routes no multicast: {routed:?}");
            return;
        };
        crate::lab::wait_crossed(&one, "[ff05::1234]:5000".parse().unwrap(), &far);
        let six = |priority: u8| {
            let service = Service::new_ipv6("VI_6", "eth1", 66).unwrap();
            let service = service.interval_centiseconds(10).unwrap();
            service
                .address("fe80::66/64")
                .unwrap()
                .priority(priority)
                .unwrap()
        };
        let first = one.start(vec![six(150)]);
        let second = two.start(vec![six(100)]);
        first.wait_state(StateName::Active);
        wait_for("ten captured", LIMIT, || (near.count(1, 66) >= 10).then_some(()));
        wait_for("ten heard", LIMIT, || {
            (second.service("VI_6").counters.advertisement_rcvd >= 10).then_some(())
        });
        assert!(far.frames().iter().all(|frame| Advert::parse(frame).is_none()));
        first.stop();
        second.stop();
        proves!("V3-5.1.2.2-02", Obeys);
        proves!("V3-5.1.2.2-02", Refuses);
    });
}

/// V2-5.2.1-01: a version 2 router on the wire.
#[test]
fn v2_5_2_1_01_a_version_2_router_on_the_wire() {
    isolated("answers::v2_5_2_1_01_a_version_2_router_on_the_wire", || {
        switch();
        let node = Node::new(1);
        let wire = Capture::on(&node.port());
        let mut two = Service::new("VI_2", "eth1", 12)
            .unwrap()
            .address("192.0.2.254/24")
            .unwrap();
        two.settings.version = vrrp_core::Version::V2;
        let running = node.start(vec![two]);
        running.wait_state(StateName::Active);
        wait_for("two advertisements", LIMIT, || {
            (wire.count(1, 12) >= 2).then_some(())
        });
        running.stop();
        let adverts = wire.adverts(1);
        for advert in &adverts {
            assert_eq!(
                advert.source.to_string(),
                "192.0.2.1",
                "never the address that it holds"
            );
            assert_eq!(advert.destination.to_string(), "224.0.0.18");
            assert_eq!(
                (advert.hop_limit, advert.to_mac),
                (255, [0x01, 0x00, 0x5e, 0, 0, 0x12])
            );
            // Version and type, VRID, priority, one address, no authentication, 1 s; the data is there, and zero.
            assert_eq!((advert.version, advert.message.len()), (2, 20));
            assert_eq!(advert.message[3..6], [1, 0, 1]);
            assert_eq!(advert.message[12..], [0; 8]);
        }
        assert_eq!(adverts.last().unwrap().priority, 0);
        proves!("V2-5.2.1-01", "V2-5.1-01", "V2-5.3.4-03", Obeys);
        proves!("V2-5.2.1-01", Refuses);
    });
}

/// V3-5.1.2.3-01: multicast keeps Hop Limit 255, whatever was asked for unicast.
#[test]
fn v3_5_1_2_3_01_another_hop_limit_is_not_sent_to_the_group() {
    isolated(
        "answers::v3_5_1_2_3_01_another_hop_limit_is_not_sent_to_the_group",
        || {
            switch();
            let node = Node::new(1);
            let wire = Capture::on(&node.port());
            let six = Service::new_ipv6("VI_6", "eth1", 66).unwrap();
            let mut six = six
                .interval_centiseconds(10)
                .unwrap()
                .address("fe80::66/64")
                .unwrap();
            six.unicast_hop_limit = 64;
            let running = node.start(vec![six]);
            running.wait_state(StateName::Active);
            wait_for("ten captured", LIMIT, || (wire.count(1, 66) >= 10).then_some(()));
            running.stop();
            assert!(wire.adverts(1).iter().all(|advert| advert.hop_limit == 255));
            proves!("V3-5.1.2.3-01", Refuses);
        },
    );
}

/// V3-8.3.2-01: of two owners on one link each tells that there is another, once in a minute.
#[test]
fn v3_8_3_2_01_two_owners_are_told() {
    isolated("answers::v3_8_3_2_01_two_owners_are_told", || {
        switch();
        let (one, two) = (Node::new(1), Node::new(2));
        let owner = || {
            vec![
                service(51)
                    .address("192.0.2.254/24")
                    .unwrap()
                    .priority(255)
                    .unwrap(),
            ]
        };
        let mut first = one.start(owner());
        let second = two.start(owner());
        let conflict = |what: &vrrp_net::Happening| {
            let wanted = vrrp_core::wire::Warning::OwnerConflict;
            matches!(what, vrrp_net::Happening::Odd { warning, .. } if *warning == wanted)
        };
        first.wait("the other owner", conflict);
        second.wait_state(StateName::Active);
        first.wait_state(StateName::Backup);
        wait_for("ten more", LIMIT, || {
            (first.service("VI_1").counters.owner_conflicts >= 10).then_some(())
        });
        assert_eq!(
            first.seen().iter().filter(|event| conflict(&event.what)).count(),
            1
        );
        second.stop();
        first.stop();
        proves!("V3-8.3.2-01", "X-15", Obeys);
    });
}
