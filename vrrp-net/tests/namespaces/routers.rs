//! Router Advertisements: who tells hosts that it is their router, when, and what a host makes of it.

use std::net::Ipv6Addr;
use std::process::Command;
use std::time::{Duration, Instant};

use vrrp_conformance::proves;
use vrrp_core::StateName;
use vrrp_net::{AdvertisedPrefix, Options, RouterAdvertisements, Service, VirtualMac};

use crate::lab::{
    Capture, Frame, LIMIT, Node, Program, block_on, example, icmpv6, isolated, solicit, switch, wait_for,
};

const ONE: [u8; 6] = [2, 0, 0, 0, 0, 1];
const TWO: [u8; 6] = [2, 0, 0, 0, 0, 2];
const CLIENT: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0xff, 0xfe00, 9);

/// What a Router Advertisement says.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Advert {
    at: Instant,
    from: [u8; 6],
    source: Ipv6Addr,
    to: Ipv6Addr,
    hops: u8,
    lifetime: u16,
    /// The source link-layer address option.
    mac: [u8; 6],
}

fn advert(frame: &Frame) -> Option<Advert> {
    let ip = frame.payload();
    let is_ra = frame.ethertype() == 0x86dd && ip[6] == 58 && ip.get(40) == Some(&134);
    let address = |at: usize| Ipv6Addr::from(<[u8; 16]>::try_from(&ip[at..at + 16]).unwrap());
    is_ra.then(|| {
        assert_eq!(ip[56..58], [1, 1], "source link-layer address option");
        Advert {
            at: frame.at,
            from: frame.source(),
            source: address(8),
            to: address(24),
            hops: ip[7],
            lifetime: u16::from_be_bytes([ip[46], ip[47]]),
            mac: ip[58..64].try_into().unwrap(),
        }
    })
}

fn adverts(wire: &Capture) -> Vec<Advert> {
    wire.frames().iter().filter_map(advert).collect()
}

fn router(priority: u8) -> Service {
    let service = Service::new_ipv6("LAN", "eth1", 66).unwrap();
    let mut service = service
        .interval_centiseconds(10)
        .unwrap()
        .address("fe80::fe/64")
        .unwrap()
        .address("2001:db8::fe/64")
        .unwrap()
        .priority(priority)
        .unwrap();
    service.router_advertisements = Some(RouterAdvertisements {
        interval_max: Duration::from_secs(1800),
        prefixes: vec![AdvertisedPrefix::new("2001:db8::/64".parse().unwrap())],
        ..RouterAdvertisements::default()
    });
    service
}

/// V3-6.4.3-03, NET-RA-04, NET-RA-05: a host finds its router by what the Active says at once, and does not lose it when
/// another takes over; a Backup says nothing, and whoever leaves says no goodbye.
#[test]
fn v3_6_4_3_03_a_host_keeps_its_router() {
    isolated("routers::v3_6_4_3_03_a_host_keeps_its_router", || {
        switch();
        let nodes = [1, 2].map(Node::new);
        let client = Node::new(9);
        let wires = [Capture::on("port1"), Capture::on("port2")];
        let route = || client.ip("-6 route show default");
        assert_eq!(route(), "");
        let first = nodes[0].start(vec![router(150)]);
        first.wait_state(StateName::Active);
        let second = nodes[1].start(vec![router(100)]);
        second.wait_state(StateName::Backup);
        wait_for("the host's default route", LIMIT, || {
            route().contains("via fe80::fe dev eth1").then_some(())
        });
        wait_for("the host's own address", LIMIT, || {
            client
                .ip("-6 addr show dev eth1")
                .contains("2001:db8::ff:fe00:9/64")
                .then_some(())
        });
        // The address is announced before anybody is told to use it (V3-8.2.2-05).
        let frames = wires[0].frames();
        let said = frames.iter().position(|frame| advert(frame).is_some()).unwrap();
        let announced = |frame: &Frame| {
            frame
                .neighbor_advertisement()
                .is_some_and(|(target, _, _)| target.to_string() == "fe80::fe")
        };
        assert!(frames.iter().position(announced).is_some_and(|at| at < said));
        let told = adverts(&wires[0]);
        assert_eq!((told[0].from, told[0].lifetime, told[0].hops), (ONE, 5400, 255));
        assert_eq!(told[0].to.to_string(), "ff02::1");

        let of_backup = adverts(&wires[1]).into_iter().find(|advert| advert.from == TWO);
        assert_eq!(of_backup, None);

        let mut lost = false;
        let mut look = || lost |= !route().contains("via fe80::fe dev eth1");
        look();
        first.stop();
        look();
        second.wait_state(StateName::Active);
        let began = Instant::now();
        let next = wires[1].wait("the successor's first", |frame| {
            advert(frame).filter(|advert| advert.from == TWO)
        });
        look();
        assert!(
            next.at.saturating_duration_since(began) < Duration::from_millis(500),
            "at once"
        );
        assert_eq!((next.source.to_string(), next.mac), ("fe80::fe".to_owned(), TWO));
        second.stop();
        look();
        assert!(!lost, "the route was there throughout");
        let all: Vec<Advert> = wires.iter().flat_map(adverts).collect();
        assert!(all.iter().all(|advert| advert.lifetime == 5400), "NET-RA-04");
        let late = all.iter().any(|advert| advert.from == ONE && advert.at > next.at);
        assert!(!late, "after its stop");
        proves!("V3-6.4.3-03", "NET-RA-04", "NET-RA-05", Obeys);
        proves!("NET-RA-04", Refuses);
    });
}

/// Without being asked to, nobody says so: routers are where the administrator says that they are.
#[test]
fn nobody_is_a_router_by_accident() {
    isolated("routers::nobody_is_a_router_by_accident", || {
        switch();
        let node = Node::new(1);
        let client = Node::new(9);
        let wire = Capture::on("port1");
        let mut quiet = router(100);
        quiet.router_advertisements = None;
        let running = node.start(vec![quiet]);
        running.wait_state(StateName::Active);
        client.run(|| ask_for_a_router(255));
        wait_for("twenty advertisements", LIMIT, || {
            (wire.count(1, 66) >= 20).then_some(())
        });
        assert_eq!(adverts(&wire), []);
        // A reload that asks for them brings them at once, and one that does not ends them.
        block_on(running.handle.apply(vec![router(100)])).unwrap();
        wire.wait("the first", advert);
        client.run(|| ask_for_a_router(255));
        let mut quiet = router(100);
        quiet.router_advertisements = None;
        block_on(running.handle.apply(vec![quiet])).unwrap();
        wire.forget();
        let sent = wire.count(1, 66);
        wait_for("four seconds, by its advertisements", LIMIT, || {
            (wire.count(1, 66) >= sent + 40).then_some(())
        });
        assert_eq!(adverts(&wire), [], "the answer that was due is not sent any more");
        running.stop();
    });
}

/// A Router Solicitation of the client, with its link-layer address.
fn ask_for_a_router(hops: u8) {
    let message = [133, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 0, 0, 0, 0, 9];
    let all_routers = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 2);
    icmpv6([0x33, 0x33, 0, 0, 0, 2], CLIENT, all_routers, hops, &message);
}

/// V3-6.4.2-03: a host that asks is answered by the Active, 3 s after the last one at the earliest; by a Backup never.
#[test]
fn a_host_that_asks_is_answered() {
    isolated("routers::a_host_that_asks_is_answered", || {
        switch();
        let nodes = [1, 2].map(Node::new);
        let client = Node::new(9);
        let wires = [Capture::on("port1"), Capture::on("port2")];
        let first = nodes[0].start(vec![router(150)]);
        first.wait_state(StateName::Active);
        let second = nodes[1].start(vec![router(100)]);
        second.wait_state(StateName::Backup);
        let unasked = wires[0].wait("the first", advert);
        client.run(|| ask_for_a_router(255));
        wait_for("the answer", LIMIT, || {
            (adverts(&wires[0]).len() >= 2).then_some(())
        });
        let answer = adverts(&wires[0])[1].clone();
        let after = answer.at.duration_since(unasked.at);
        assert!(
            (Duration::from_millis(2950)..Duration::from_millis(5000)).contains(&after),
            "{after:?}"
        );
        assert_eq!((answer.from, answer.to.to_string()), (ONE, "ff02::1".to_owned()));
        let from_backup = adverts(&wires[1]).iter().any(|advert| advert.from == TWO);
        assert!(!from_backup);

        // The better one now is another, and the first a Backup that runs on.
        let better = vrrp_core::Priority::new(200).unwrap();
        second.handle.set_priority("LAN", better).unwrap();
        second.wait_state(StateName::Active);
        first.wait_state(StateName::Backup);
        wires[0].forget();
        client.run(|| ask_for_a_router(255));
        let of_second = || {
            adverts(&wires[1])
                .iter()
                .filter(|advert| advert.from == TWO)
                .count()
        };
        wait_for("one at once, and the answer", LIMIT, || {
            (of_second() >= 2).then_some(())
        });
        // By now the first would have answered: it had spoken before the second did.
        let of_first: Vec<_> = adverts(&wires[0])
            .into_iter()
            .filter(|advert| advert.from == ONE)
            .collect();
        assert_eq!(of_first, []);
        first.stop();
        second.stop();
        proves!("V3-6.4.2-03", Obeys);
        proves!("V3-6.4.2-03", "V3-6.4.3-03", Refuses);
    });
}

/// NET-RA-01, V3-8.2.2-05: with the addresses on a device that has the virtual MAC, advertisements leave by it: its MAC in the frame and
/// in the option, and the link-local address of the virtual router.
#[test]
fn net_ra_01_from_the_virtual_mac() {
    isolated("routers::net_ra_01_from_the_virtual_mac", || {
        switch();
        let node = Node::new(1);
        let wire = Capture::on("port1");
        let client = Node::new(9);
        let running = node.start(vec![router(100).virtual_mac(VirtualMac::default())]);
        running.wait_state(StateName::Active);
        let active = Instant::now();
        let said = wire.wait("an advertisement", advert);
        assert!(
            said.at.saturating_duration_since(active) < Duration::from_secs(1),
            "at once"
        );
        let virtual_mac = [0x00, 0x00, 0x5e, 0x00, 0x02, 0x42];
        assert_eq!((said.from, said.mac), (virtual_mac, virtual_mac));
        assert_eq!((said.source.to_string(), said.hops), ("fe80::fe".to_owned(), 255));
        wait_for("the host's default route", LIMIT, || {
            client
                .ip("-6 route show default")
                .contains("via fe80::fe dev eth1")
                .then_some(())
        });
        // A host that asks is heard on the device, and a solicitation is answered from there, as by a router.
        client.run(|| ask_for_a_router(255));
        wait_for("the answer", LIMIT, || (adverts(&wire).len() >= 2).then_some(()));
        let target: Ipv6Addr = "2001:db8::fe".parse().unwrap();
        let group = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 1, 0xff00, 0xfe);
        client.run(move || solicit([0x33, 0x33, 0xff, 0, 0, 0xfe], CLIENT, group, target));
        let flags = wire.wait("the answer", |frame| {
            let (answered, flags, mac) = frame.neighbor_advertisement()?;
            let solicited = answered == target && flags & 0x40 != 0 && mac == virtual_mac;
            solicited.then_some(flags)
        });
        assert_eq!(flags, 0xe0, "R, S and O");
        running.stop();
        assert!(adverts(&wire).iter().all(|advert| advert.from == virtual_mac));
        proves!("NET-RA-01", Obeys);
        proves!("NET-RA-01", Refuses);
    });
}

fn forwarding(node: &Node) -> String {
    node.run(|| std::fs::read_to_string("/proc/sys/net/ipv6/conf/eth1/forwarding").unwrap())
        .trim()
        .to_owned()
}

/// NET-ARP-09: a crash leaves the setting, and the next start puts it back, though nobody asks for it any more.
#[test]
fn a_crash_leaves_the_setting_for_the_next_start_to_put_back() {
    isolated(
        "routers::a_crash_leaves_the_setting_for_the_next_start_to_put_back",
        || {
            switch();
            let node = Node::new(1);
            let journal = std::env::temp_dir().join(format!("vrrp-net-routers-{}", std::process::id()));
            let start = |advertise: bool| {
                let mut command = Command::new(example("router"));
                command.args("eth1 66 100 10 fe80::fe/64".split_whitespace());
                command.env("VRRP_JOURNAL", &journal);
                if advertise {
                    command.env("VRRP_ADVERTISE", "1");
                }
                let program = Program::start(&node, command);
                program.wait_line("ready");
                program
            };
            let crashed = start(true);
            wait_for("the setting", LIMIT, || (forwarding(&node) == "1").then_some(()));
            crashed.kill();
            assert_eq!(forwarding(&node), "1");
            let next = start(false);
            wait_for("the setting as it was", LIMIT, || {
                (forwarding(&node) == "0").then_some(())
            });
            next.stop();
            let _gone = std::fs::remove_dir_all(&journal);
        },
    );
}

/// V3-6.4.3-04, NET-ND-01: where the kernel would answer that it is no router, and its hosts would forget it, it does not;
/// afterwards the setting is as it was, also after a handover.
#[test]
fn v3_6_4_3_04_the_router_flag_where_the_node_does_not_forward() {
    isolated(
        "routers::v3_6_4_3_04_the_router_flag_where_the_node_does_not_forward",
        || {
            switch();
            let node = Node::new(1);
            let client = Node::new(9);
            let wire = Capture::on("port1");
            let target: Ipv6Addr = "2001:db8::fe".parse().unwrap();
            let flags = || {
                wire.forget();
                let group = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 1, 0xff00, 0xfe);
                client.run(move || solicit([0x33, 0x33, 0xff, 0, 0, 0xfe], CLIENT, group, target));
                wire.wait("the answer", |frame| {
                    let (answered, flags, _) = frame.neighbor_advertisement()?;
                    (answered == target && flags & 0x40 != 0).then_some(flags)
                })
            };
            assert_eq!(forwarding(&node), "0");
            let running = node.start(vec![router(100)]);
            running.wait_state(StateName::Active);
            node.wait_has("2001:db8::fe", true);
            wait_for("the setting", LIMIT, || (forwarding(&node) == "1").then_some(()));
            assert_eq!(flags(), 0xe0, "R, S and O");
            let handover = running.handover();
            let running = node.start_with(vec![router(100)], Options::default(), Some(handover));
            assert_eq!(flags(), 0xe0);
            // Without advertisements it is not set: nobody asked for a router.
            let mut quiet = router(100);
            quiet.router_advertisements = None;
            block_on(running.handle.apply(vec![quiet])).unwrap();
            wait_for("the setting as it was", LIMIT, || {
                (forwarding(&node) == "0").then_some(())
            });
            block_on(running.handle.apply(vec![router(100)])).unwrap();
            wait_for("the setting", LIMIT, || (forwarding(&node) == "1").then_some(()));
            running.stop();
            assert_eq!(forwarding(&node), "0");
            proves!("V3-6.4.3-04", "NET-ND-01", Refuses);
        },
    );
}
