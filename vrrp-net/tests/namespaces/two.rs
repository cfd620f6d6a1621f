//! Two nodes on one switch.

use std::time::Duration;

use vrrp_conformance::proves;
use vrrp_core::{Family, Report, StateName};
use vrrp_net::{Happening, Resigned, Service};

use crate::adverts::service;
use crate::lab::{Capture, LIMIT, Node, Program, block_on, isolated, switch, wait_for};

fn pair() -> (Node, Node) {
    switch();
    (Node::new(1), Node::new(2))
}

fn with(priority: u8) -> Service {
    service(51)
        .address("192.0.2.254/24")
        .unwrap()
        .address("2001:db8::fe/64")
        .unwrap()
        .priority(priority)
        .unwrap()
}

/// Exactly one holds the addresses: after the start, a planned stop, a return with preemption, a switchover and back.
#[test]
fn prj_fsm_05_one_of_two_holds_the_addresses() {
    isolated("two::prj_fsm_05_one_of_two_holds_the_addresses", || {
        let (one, two) = pair();
        let first = one.start(vec![with(150)]);
        let second = two.start(vec![with(100)]);
        first.wait_state(StateName::Active);
        second.wait_state(StateName::Backup);
        one.wait_has("2001:db8::fe", true);
        assert!(!two.has("192.0.2.254"));
        first.stop();
        second.wait_state(StateName::Active);
        two.wait_has("2001:db8::fe", true);
        assert!(!one.has("192.0.2.254") && !one.has("2001:db8::fe"));

        let first = one.start(vec![with(150)]);
        first.wait_state(StateName::Active);
        second.wait_state(StateName::Backup);
        one.wait_has("192.0.2.254", true);
        two.wait_has("192.0.2.254", false);
        two.wait_has("2001:db8::fe", false);

        let to = block_on(first.handle.resign("VI_1")).unwrap();
        assert_eq!(to, Resigned::To("192.0.2.2".parse().unwrap()));
        second.wait_state(StateName::Active);
        one.wait_has("192.0.2.254", false);
        assert_eq!(first.service("VI_1").priority, 1);
        first.handle.compete("VI_1").unwrap();
        first.wait_state(StateName::Active);
        two.wait_has("192.0.2.254", false);
        assert_eq!(
            block_on(second.handle.resign("VI_1")).unwrap(),
            Resigned::WasNotActive
        );
        first.stop();
        second.stop();
        for node in [one, two] {
            assert!(!node.has("192.0.2.254") && !node.has("2001:db8::fe"));
        }
        proves!("PRJ-FSM-05", "PRJ-STOP-04", Obeys);
    });
}

/// PRJ-STOP-01, PRJ-STOP-02: at a planned stop the leaving node holds the address until the successor has it.
#[test]
fn prj_stop_02_the_address_is_never_nobodys() {
    isolated("two::prj_stop_02_the_address_is_never_nobodys", || {
        let (one, two) = pair();
        let first = one.start(vec![with(150)]);
        let second = two.start(vec![with(100)]);
        first.wait_state(StateName::Active);
        one.wait_has("192.0.2.254", true);
        second.wait_state(StateName::Backup);
        std::thread::scope(|scope| {
            let stop = scope.spawn(|| first.stop());
            while !stop.is_finished() {
                // Asked in this order: when the first one has let go, the second one must have taken.
                let (first, second) = (one.has("192.0.2.254"), two.has("192.0.2.254"));
                assert!(first || second || two.has("192.0.2.254"), "nobody had it");
            }
        });
        second.wait_state(StateName::Active);
        second.stop();
        proves!("PRJ-STOP-01", "PRJ-STOP-02", Obeys);
    });
}

/// The IPv6 path between two nodes: heard with Hop Limit 255 by ancillary data, checksums verified by us (PRJ-CK-05).
#[test]
fn v3_7_1_02_two_nodes_in_ipv6() {
    isolated("two::v3_7_1_02_two_nodes_in_ipv6", || {
        let (one, two) = pair();
        let six = |priority: u8| {
            let service = Service::new_ipv6("VI_6", "eth1", 66)
                .unwrap()
                .interval_centiseconds(10)
                .unwrap();
            service
                .address("fe80::66/64")
                .unwrap()
                .priority(priority)
                .unwrap()
        };
        let first = one.start(vec![six(150)]);
        let second = two.start(vec![six(100)]);
        first.wait_state(StateName::Active);
        wait_for("ten heard", LIMIT, || {
            (second.service("VI_6").counters.advertisement_rcvd >= 10).then_some(())
        });
        assert_eq!(second.service("VI_6").state, StateName::Backup);
        assert_eq!(
            second.service("VI_6").last_active.unwrap().0.to_string(),
            "fe80::ff:fe00:1"
        );
        assert_eq!(
            Family::of(&second.service("VI_6").link.primary.unwrap()),
            Family::Ipv6
        );

        // A damaged one gets as far as our own counter: the kernel does not throw it away first.
        one.run(send_damaged_ipv6);
        wait_for("the counter", LIMIT, || {
            let counters = second.service("VI_6").counters;
            (counters.rejected.get(vrrp_core::wire::Reject::Checksum) == 1).then_some(())
        });
        first.stop();
        second.wait_state(StateName::Active);
        second.stop();
        proves!("V3-7.1-02", "PRJ-CK-05", Obeys);
        proves!("V3-7.1-06", Refuses);
    });
}

/// An advertisement for VRID 66 with a checksum that is wrong in every form, Hop Limit 255, to ff02::12.
fn send_damaged_ipv6() {
    use socket2::{Domain, Protocol, Socket, Type};
    let socket = Socket::new(Domain::IPV6, Type::RAW, Some(Protocol::from(112))).unwrap();
    let index = nix::net::if_::if_nametoindex("eth1").unwrap();
    socket.set_multicast_if_v6(index).unwrap();
    socket.set_multicast_hops_v6(255).unwrap();
    let mut message = vec![0x31, 66, 200, 1, 0, 10, 0xde, 0xad];
    message.extend("fe80::66".parse::<std::net::Ipv6Addr>().unwrap().octets());
    let to = std::net::SocketAddrV6::new("ff02::12".parse().unwrap(), 0, 0, index);
    socket.send_to(&message, &to.into()).unwrap();
}

/// V3-5.1.1.2-02: with two interfaces, forwarding on and a multicast route for our group, nothing crosses; what goes to
/// another group by such a route does.
#[test]
fn v3_5_1_1_2_02_nothing_is_forwarded() {
    isolated("two::v3_5_1_1_2_02_nothing_is_forwarded", || {
        let (one, two) = pair();
        two.run(|| std::fs::write("/proc/sys/net/ipv4/ip_forward", "1").unwrap());
        crate::lab::ip("link add br1 type bridge mcast_snooping 0");
        crate::lab::ip("link set br1 up");
        two.wire("eth2", "side2", "02:00:00:00:01:02");
        crate::lab::ip("link set side2 master br1");
        two.ip("addr add 198.51.100.2/24 dev eth2");
        let far = Capture::on("side2");
        let near = Capture::on("port2");
        let routed = two.run(|| {
            let indexes = ["eth1", "eth2"].map(|name| nix::net::if_::if_nametoindex(name).unwrap());
            let origin = "192.0.2.1".parse().unwrap();
            let groups = ["224.0.0.18", "239.1.1.1"].map(|group| (origin, group.parse().unwrap()));
            crate::lab::route_multicast4(indexes, &groups)
        });
        let Ok(_routed) = routed else {
            println!("SKIP: this kernel routes no multicast: {routed:?}");
            return;
        };
        crate::lab::wait_crossed(&one, "239.1.1.1:5000".parse().unwrap(), &far);
        let first = one.start(vec![with(150)]);
        let second = two.start(vec![with(100)]);
        first.wait_state(StateName::Active);
        wait_for("ten heard", LIMIT, || {
            (second.service("VI_1").counters.advertisement_rcvd >= 10).then_some(())
        });
        wait_for("ten captured", LIMIT, || (near.count(1, 51) >= 10).then_some(()));
        assert!(
            far.frames()
                .iter()
                .all(|frame| crate::lab::Advert::parse(frame).is_none())
        );
        first.stop();
        second.stop();
        proves!("V3-5.1.1.2-02", Obeys);
        proves!("V3-5.1.1.2-02", Refuses);
    });
}

/// A power cut of the Active (its process is killed, its address stays in its kernel): the Backup takes over and
/// announces, and takes nothing away from itself when the other comes back as Backup.
#[test]
fn a_killed_active_is_replaced() {
    isolated("two::a_killed_active_is_replaced", || {
        let (one, two) = pair();
        let program = Program::router(&one, "eth1 51 150 10 192.0.2.254/24 2001:db8::fe/64");
        program.wait_line(r#""to":"Active""#);
        let second = two.start(vec![with(100)]);
        second.wait_state(StateName::Backup);
        let wire = Capture::on("port2");
        program.kill();
        second.wait_state(StateName::Active);
        let (_, mac) = wire.wait("the successor's announcement", |frame| {
            frame
                .gratuitous_arp()
                .filter(|(_, mac)| *mac == [2, 0, 0, 0, 0, 2])
        });
        assert_eq!(mac, [2, 0, 0, 0, 0, 2]);
        assert!(one.has("192.0.2.254"), "two holders until the first comes back");
        let program = Program::router(&one, "eth1 51 90 10 192.0.2.254/24 2001:db8::fe/64");
        one.wait_has("192.0.2.254", false);
        assert!(two.has("192.0.2.254"));
        assert_eq!(program.count(r#""to":"Active""#), 0);
        program.stop();
        second.stop();
        proves!("PRJ-ADDR-02", "T-B-02", Obeys);
    });
}

/// NET-ARP-08: a rival host claims the address: told, answered once and not again within 10 s, never given up.
#[test]
fn net_arp_08_a_rival_is_answered_and_the_address_kept() {
    isolated("two::net_arp_08_a_rival_is_answered_and_the_address_kept", || {
        let (one, rival) = pair();
        let mut running = one.start(vec![with(150)]);
        running.wait_state(StateName::Active);
        one.wait_has("192.0.2.254", true);
        // Past the announcements of becoming Active, at 0, 1 and 2 s.
        let wire = Capture::on("port1");
        wait_for("the last of its own announcements", LIMIT, || {
            (running.service("VI_1").counters.announcement_rounds >= 3).then_some(())
        });
        rival.ip("addr add 192.0.2.254/24 dev eth1");
        rival.run(|| std::fs::write("/proc/sys/net/ipv4/conf/eth1/arp_notify", "1").unwrap());
        let ours = |mac: [u8; 6]| mac == [2, 0, 0, 0, 0, 1];
        let claims = || {
            let frames = wire.frames();
            let claims = frames.iter().filter_map(crate::lab::Frame::gratuitous_arp);
            let claims = claims.filter(|(address, _)| address.to_string() == "192.0.2.254");
            let (own, others): (Vec<_>, Vec<_>) = claims.partition(|(_, mac)| ours(*mac));
            (own.len(), others.len())
        };
        wire.forget();
        running.forget();
        for round in 1..=3 {
            // With arp_notify the kernel announces every address under a new hardware address.
            rival.ip(&format!("link set eth1 address 02:00:00:00:00:2{round}"));
            wait_for("the rival's claim", LIMIT, || (claims().1 >= round).then_some(()));
        }
        let claimed = |what: &Happening| matches!(what, Happening::AddressClaimed { mac, .. } if mac.starts_with("02:00:00:00:00:2"));
        running.wait("the rival to be told", claimed);
        wait_for("the answer", LIMIT, || (claims().0 >= 1).then_some(()));
        running.none_for(Duration::from_millis(300), "given up", |what| {
            matches!(
                what,
                Happening::Core(Report::Transition(_)) | Happening::AddressLost { .. }
            )
        });
        assert_eq!(
            running.seen().iter().filter(|event| claimed(&event.what)).count(),
            1
        );
        assert_eq!(claims().0, 1, "one answer in 10 s");
        assert!(one.has("192.0.2.254"));
        running.stop();
        proves!("NET-ARP-08", Obeys);
        proves!("NET-ARP-08", Refuses);
    });
}

/// PRJ-STOP-02: the hold ends when the successor's ARP was seen for every address, before the 50 ms are over.
#[test]
fn prj_stop_02_a_hold_ends_when_the_successor_answers() {
    isolated("two::prj_stop_02_a_hold_ends_when_the_successor_answers", || {
        let (one, two) = pair();
        let only_ipv4 = |priority: u8| {
            service(51)
                .address("192.0.2.254/24")
                .unwrap()
                .priority(priority)
                .unwrap()
        };
        let mut second = two.start(vec![only_ipv4(100)]);
        // The machine may be busy: once in a few times it must show.
        let early = (0..5).any(|_| {
            let mut first = one.start(vec![only_ipv4(150)]);
            first.wait_state(StateName::Active);
            second.wait_state(StateName::Backup);
            one.wait_has("192.0.2.254", true);
            second.forget();
            block_on(first.handle.stop()).unwrap();
            let ended = first.wait("the end of the hold", |what| {
                matches!(what, Happening::Core(Report::HoldEnded { successor: Some(_) }))
            });
            let taken = second.wait(
                "the successor",
                |what| matches!(what, Happening::Core(Report::Transition(t)) if t.to == StateName::Active),
            );
            let held = Duration::from_nanos(ended.at_nanos.saturating_sub(taken.at_nanos));
            println!("held for {held:?} beside the successor");
            first.join();
            assert!(!one.has("192.0.2.254") && two.has("192.0.2.254"));
            held < Duration::from_millis(30)
        });
        assert!(early, "each hold lasted its 50 ms");
        second.stop();
        proves!("PRJ-STOP-02", Obeys);
    });
}
