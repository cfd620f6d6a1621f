//! What neighbours ask, and what they are told: probes of duplicate address detection, solicitations, and an address that
//! comes to a router that is Active.

use std::net::{Ipv4Addr, Ipv6Addr};

use vrrp_conformance::proves;
use vrrp_core::StateName;
use vrrp_net::Service;

use crate::adverts::service;
use crate::lab::{
    Capture, Frame, LIMIT, Node, Running, ask_arp, block_on, isolated, solicit, switch, wait_for,
};

const ONE: [u8; 6] = [2, 0, 0, 0, 0, 1];
const TWO: [u8; 6] = [2, 0, 0, 0, 0, 2];

fn pair(one: Service, two: Service) -> ([Node; 2], Node, [Running; 2]) {
    switch();
    let nodes = [1, 2].map(Node::new);
    let client = Node::new(9);
    let first = nodes[0].start(vec![one]);
    first.wait_state(StateName::Active);
    let second = nodes[1].start(vec![two]);
    second.wait_state(StateName::Backup);
    (nodes, client, [first, second])
}

/// Who says in an ARP reply that this address is his, and to whom it is said.
fn arp_reply(frame: &Frame, address: Ipv4Addr) -> Option<[u8; 6]> {
    let arp = frame.payload();
    let is_reply = frame.ethertype() == 0x0806 && arp[..8] == [0, 1, 8, 0, 6, 4, 0, 2];
    (is_reply && arp[14..18] == address.octets()).then(|| arp[8..14].try_into().unwrap())
}

/// NET-ARP-07: whoever looks whether the address is free (RFC 5227) hears from the Active that it is not.
#[test]
fn net_arp_07_the_active_answers_a_probe() {
    isolated("neighbours::net_arp_07_the_active_answers_a_probe", || {
        let with = |priority| {
            let service = service(51).address("192.0.2.254/24").unwrap();
            service.priority(priority).unwrap()
        };
        let (nodes, client, [first, second]) = pair(with(150), with(100));
        let wires = [Capture::on("port1"), Capture::on("port2")];
        let address = Ipv4Addr::new(192, 0, 2, 254);
        let ask = |other: Ipv4Addr| {
            for wire in &wires {
                wire.forget();
            }
            // The second question is one that the Backup answers: what came before it, it has read.
            client.run(move || {
                ask_arp(Ipv4Addr::UNSPECIFIED, address);
                ask_arp(Ipv4Addr::UNSPECIFIED, other);
            });
            wires[1].wait("an answer of the second node", |frame| arp_reply(frame, other));
        };
        let answers = || {
            let mut all: Vec<_> = wires
                .iter()
                .flat_map(|wire| wire.frames())
                .filter_map(|frame| arp_reply(&frame, address))
                .collect();
            all.sort_unstable();
            all.dedup();
            all
        };
        ask(Ipv4Addr::new(192, 0, 2, 2));
        wait_for("the answer of the Active", LIMIT, || {
            (answers() == [ONE]).then_some(())
        });
        first.stop();
        second.wait_state(StateName::Active);
        nodes[1].wait_has("192.0.2.254", true);
        ask(Ipv4Addr::new(192, 0, 2, 2));
        wait_for("the answer of its successor", LIMIT, || {
            (answers() == [TWO]).then_some(())
        });
        second.stop();
        proves!("NET-ARP-07", Obeys);
        proves!("NET-ARP-07", Refuses);
    });
}

/// What a Neighbor Advertisement says, and to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Answer {
    from_mac: [u8; 6],
    to: Ipv6Addr,
    router: bool,
    solicited: bool,
    overriding: bool,
    /// The target link-layer address, if it is there.
    mac: Option<[u8; 6]>,
}

fn answer(frame: &Frame, target: Ipv6Addr) -> Option<Answer> {
    let ip = frame.payload();
    let is_na = frame.ethertype() == 0x86dd && ip[6] == 58 && ip.get(40) == Some(&136);
    (is_na && ip[48..64] == target.octets()).then(|| Answer {
        from_mac: frame.source(),
        to: <[u8; 16]>::try_from(&ip[24..40]).unwrap().into(),
        router: ip[44] & 0x80 != 0,
        solicited: ip[44] & 0x40 != 0,
        overriding: ip[44] & 0x20 != 0,
        mac: (ip.get(64..66) == Some(&[2, 1])).then(|| ip[66..72].try_into().unwrap()),
    })
}

const CLIENT: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0xff, 0xfe00, 9);

fn six(priority: u8) -> Service {
    let service = Service::new_ipv6("VI_6", "eth1", 66).unwrap();
    service
        .interval_centiseconds(10)
        .unwrap()
        .address("fe80::fe/64")
        .unwrap()
        .address("2001:db8::fe/64")
        .unwrap()
        .priority(priority)
        .unwrap()
}

/// V3-6.4.3-04, NET-ND-01: on a router, an Active that answers says that it is one; S=1, R=1, O=1 with the link-layer
/// address; to whoever has no address yet S=0, to everybody. A Backup says nothing.
#[test]
fn v3_6_4_3_04_solicitations_are_answered_with_the_router_flag() {
    isolated(
        "neighbours::v3_6_4_3_04_solicitations_are_answered_with_the_router_flag",
        || {
            let (nodes, client, [first, second]) = pair(six(150), six(100));
            for node in &nodes {
                node.run(|| std::fs::write("/proc/sys/net/ipv6/conf/all/forwarding", "1").unwrap());
            }
            nodes[0].wait_has("2001:db8::fe", true);
            let wires = [Capture::on("port1"), Capture::on("port2")];
            for (target, last) in [("fe80::fe", 0xfe), ("2001:db8::fe", 0xfe)] {
                let target: Ipv6Addr = target.parse().unwrap();
                let group = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 1, 0xff00, last);
                for (source, to, solicited) in [
                    (CLIENT, CLIENT, true),
                    (
                        Ipv6Addr::UNSPECIFIED,
                        Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1),
                        false,
                    ),
                ] {
                    for wire in &wires {
                        wire.forget();
                    }
                    client.run(move || solicit([0x33, 0x33, 0xff, 0, 0, 0xfe], source, group, target));
                    let said = wires[0].wait("the Active's answer", |frame| {
                        answer(frame, target).filter(|answer| answer.solicited == solicited)
                    });
                    let expected = Answer {
                        from_mac: ONE,
                        to,
                        router: true,
                        solicited,
                        overriding: true,
                        mac: Some(ONE),
                    };
                    assert_eq!(said, expected);
                    // The Backup is asked for its own address afterwards, and that it answers.
                    let own = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0xff, 0xfe00, 2);
                    client.run(move || solicit(TWO, CLIENT, own, own));
                    wires[1].wait("the Backup's answer for itself", |frame| answer(frame, own));
                    let backup = |frame: &Frame| frame.source() == TWO && answer(frame, target).is_some();
                    assert!(!wires[1].frames().iter().any(backup));
                }
            }
            first.stop();
            second.stop();
            proves!("V3-6.4.3-04", "NET-ND-01", Obeys);
        },
    );
}

/// V3-8.2.2-06: an address that a reload brings to a router that is Active is announced to everybody.
#[test]
fn v3_8_2_2_06_an_address_that_comes_is_announced() {
    isolated(
        "neighbours::v3_8_2_2_06_an_address_that_comes_is_announced",
        || {
            switch();
            let node = Node::new(1);
            let wire = Capture::on("port1");
            let mut running = node.start(vec![six(100)]);
            running.wait_state(StateName::Active);
            let new: Ipv6Addr = "2001:db8::fd".parse().unwrap();
            assert!(!wire.frames().iter().any(|frame| answer(frame, new).is_some()));
            let more = six(100).address("2001:db8::fd/64").unwrap();
            block_on(running.handle.apply(vec![more])).unwrap();
            let said = wire.wait("the announcement", |frame| answer(frame, new));
            let expected = Answer {
                from_mac: ONE,
                to: Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1),
                router: true,
                solicited: false,
                overriding: true,
                mac: Some(ONE),
            };
            assert_eq!(said, expected);
            assert_eq!(running.states(), [StateName::Backup, StateName::Active]);
            running.stop();
            proves!("V3-8.2.2-06", Obeys);
            proves!("V3-8.2.2-06", Refuses);
        },
    );
}
