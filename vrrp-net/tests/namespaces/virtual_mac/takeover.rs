//! Two routers of one virtual MAC: who takes frames, whom switch and clients find, what is still heard and said.

use vrrp_conformance::proves;
use vrrp_core::StateName;
use vrrp_net::Service;

use super::{FOUR, SIX, VIP, VIP6, four, neighbor, set, six, wait_adverts, wait_up};
use crate::answers::refused;
use crate::lab::{Capture, Frame, LIMIT, Node, ip, isolated, switch, wait_for};

/// V3-2.4-01: a client keeps its neighbour entries over a failover, and the switch finds the virtual MAC at the Active,
/// also when that is the old one again.
#[test]
fn v3_2_4_01_switch_and_client_follow() {
    isolated(
        "virtual_mac::takeover::v3_2_4_01_switch_and_client_follow",
        || {
            switch();
            let (one, two, client) = (Node::new(1), Node::new(2), Node::new(3));
            for node in [&one, &two, &client] {
                node.ip(&format!("addr add 2001:db8::{}/64 dev eth1 nodad", node.number));
            }
            let first = one.start(vec![four(150), six(150)]);
            first.wait_state(StateName::Active);
            let second = two.start(vec![four(100), six(100)]);
            second.wait_state(StateName::Backup);
            for address in [VIP, VIP6] {
                wait_for("an answer", LIMIT, || refused(&client, address).then_some(()));
            }
            let known = || [neighbor(&client, VIP), neighbor(&client, VIP6)].map(Option::unwrap);
            let before = known();
            assert_eq!(before, ["00:00:5e:00:01:33", "00:00:5e:00:02:42"]);
            wait_port("port1");

            first.stop();
            second.wait_state(StateName::Active);
            wait_port("port2");
            // The entries are as they were, and go to the new one.
            for address in [VIP, VIP6] {
                wait_for("an answer", LIMIT, || refused(&client, address).then_some(()));
            }
            assert_eq!(known(), before);
            let first = one.start(vec![four(150), six(150)]);
            first.wait_state(StateName::Active);
            second.wait_state(StateName::Backup);
            wait_port("port1");
            for address in [VIP, VIP6] {
                wait_for("an answer", LIMIT, || refused(&client, address).then_some(()));
            }
            assert_eq!(known(), before);
            // Several advertisements of the Active later the switch has not been told otherwise by the one that left.
            let wire = Capture::on("port1");
            wait_adverts(&wire, FOUR, 5);
            wait_port("port1");
            second.stop();
            wait_adverts(&wire, FOUR, 7);
            wait_port("port1");
            first.stop();
            proves!("V3-2.4-01", Obeys);
        },
    );
}

/// Both virtual MACs are where they are to be.
fn wait_port(port: &str) {
    wait_for(port, LIMIT, || {
        let text = crate::lab::bridge("fdb show br br0");
        let at = |mac: &str| {
            text.lines()
                .any(|line| line.starts_with(mac) && line.contains(&format!("dev {port} ")))
        };
        (at("00:00:5e:00:01:33") && at("00:00:5e:00:02:42")).then_some(())
    });
}

/// V3-2.4-01: leaving Active says nothing from the virtual MAC, not even that groups are left: the switch would look for it
/// at the wrong port until the next advertisement.
#[test]
fn v3_2_4_01_who_leaves_says_nothing_more() {
    isolated(
        "virtual_mac::takeover::v3_2_4_01_who_leaves_says_nothing_more",
        || {
            switch();
            let (one, two) = (Node::new(1), Node::new(2));
            let first = one.start(vec![four(100), six(100)]);
            first.wait_state(StateName::Active);
            let wire = Capture::on("port1");
            let second = two.start(vec![four(150), six(150)]);
            second.wait_state(StateName::Active);
            first.wait_state(StateName::Backup);
            wait_up(&one, "vrrp.51", false);
            wait_up(&one, "vrrp6.66", false);
            let far = Capture::on("port2");
            wait_adverts(&far, SIX, 10);
            // Multicast Listener Reports (RFC 3810 section 5.2) by kind of record: 4 begins to listen to a group, 3 ends it.
            let frames = wire.frames();
            let from_one = frames
                .iter()
                .filter(|frame| [FOUR, SIX].contains(&frame.source()) && !frame.outgoing);
            let records: Vec<u8> = from_one.filter_map(listener_record).collect();
            assert!(records.contains(&4), "{records:?}");
            assert!(!records.contains(&3), "{records:?}");
            first.stop();
            second.stop();
            proves!("V3-2.4-01", Obeys);
        },
    );
}

/// V3-6.4.2-04, V3-6.4.3-06, V2-6.4.2-02: what is sent to the virtual MAC and for somewhere else is forwarded by the Active,
/// and by nobody else; nor does a Backup take what is for itself, or for the address.
#[test]
fn v3_6_4_2_04_only_the_active_takes_frames_for_the_virtual_mac() {
    isolated(
        "virtual_mac::takeover::v3_6_4_2_04_only_the_active_takes_frames_for_the_virtual_mac",
        || {
            switch();
            let (one, two, client) = (Node::new(1), Node::new(2), Node::new(3));
            ip("link add br1 type bridge mcast_snooping 0");
            ip("link set br1 up");
            for node in [&one, &two] {
                let side = format!("side{}", node.number);
                node.wire("eth2", &side, &format!("02:00:00:00:01:0{}", node.number));
                ip(&format!("link set {side} master br1"));
                node.ip(&format!("addr add 203.0.113.{}/24 dev eth2", node.number));
                // Not for the device, which does not exist yet: it has to be as the interface below.
                for name in ["eth1", "eth2"] {
                    set(node, &format!("ipv4/conf/{name}/forwarding"), "1");
                }
            }
            let far = Node::bare(9);
            far.wire("eth1", "port9", "02:00:00:00:00:09");
            ip("link set port9 master br1");
            far.ip("addr add 203.0.113.9/24 dev eth1");
            far.ip("route add 192.0.2.0/24 via 203.0.113.1");
            // The switch floods: both get every frame.
            ip("link set br0 type bridge ageing_time 0");
            let sides = [Capture::on("side1"), Capture::on("side2")];
            let first = one.start(vec![four(150)]);
            first.wait_state(StateName::Active);
            let second = two.start(vec![four(100)]);
            second.wait_state(StateName::Backup);
            wait_up(&two, "vrrp.51", false);

            client.ip("route add 203.0.113.0/24 via 192.0.2.254");
            wait_for("forwarded by the Active", LIMIT, || {
                refused(&client, "203.0.113.9").then_some(())
            });
            let forwarded = |side: &Capture| {
                side.frames()
                    .iter()
                    .filter(|frame| {
                        let packet = frame.payload();
                        frame.ethertype() == 0x0800 && packet[9] == 17 && packet[16..20] == [203, 0, 113, 9]
                    })
                    .filter(|frame| frame.source()[4] == 1)
                    .map(Frame::source)
                    .collect::<Vec<_>>()
            };
            wait_for("it is seen behind the Active", LIMIT, || {
                (!forwarded(&sides[0]).is_empty()).then_some(())
            });
            assert!(forwarded(&sides[0]).iter().all(|mac| mac[5] == 1));
            assert!(
                forwarded(&sides[1]).iter().all(|mac| mac[5] == 1),
                "none by the Backup"
            );
            // To the virtual MAC, and for the Backup's own address.
            client.ip("neigh replace 192.0.2.2 lladdr 00:00:5e:00:01:33 nud permanent dev eth1");
            client.ip("neigh replace 192.0.2.254 lladdr 00:00:5e:00:01:33 nud permanent dev eth1");
            let near = Capture::on("port2");
            wait_for("the Active has it", LIMIT, || refused(&client, VIP).then_some(()));
            let to_virtual = |frame: &Frame| (frame.destination() == FOUR).then_some(());
            near.wait("the frame reaches the Backup", to_virtual);
            set(&one, "ipv4/conf/vrrp.51/forwarding", "0");
            assert!(!refused(&client, "192.0.2.2"), "not by that MAC");

            first.stop();
            second.wait_state(StateName::Active);
            wait_up(&two, "vrrp.51", true);
            wait_for("now it has", LIMIT, || refused(&client, VIP).then_some(()));
            second.stop();
            proves!("V3-6.4.2-04", "V3-6.4.3-06", "V2-6.4.2-02", Obeys);
            proves!("V3-6.4.2-04", "V3-6.4.3-06", "V2-6.4.2-02", Refuses);
        },
    );
}

/// Two that are Active with one virtual MAC, after the wire between them was cut, hear each other when it is whole again:
/// the kernel gives such frames to the device alone.
#[test]
fn two_actives_of_one_virtual_mac_hear_each_other() {
    isolated(
        "virtual_mac::takeover::two_actives_of_one_virtual_mac_hear_each_other",
        || {
            switch();
            let (one, two) = (Node::new(1), Node::new(2));
            ip("link set port2 nomaster");
            // The better one speaks so seldom that the other is heard first.
            let seldom = |service: Service| service.interval_centiseconds(100).unwrap();
            let first = one.start(vec![seldom(four(150)), seldom(six(150))]);
            let second = two.start(vec![four(100), six(100)]);
            first.wait_state(StateName::Active);
            second.wait_state(StateName::Active);
            let wire = Capture::on("port1");
            ip("link set port2 master br0");
            second.wait_state(StateName::Backup);
            for name in ["VI_1", "VI_6"] {
                wait_for("the better one has heard the other", LIMIT, || {
                    (first.service(name).counters.advertisement_rcvd >= 1).then_some(())
                });
            }
            wait_adverts(&wire, FOUR, 3);
            assert_eq!(first.service("VI_1").counters.master_transitions, 1);
            second.wait_state(StateName::Backup);
            first.stop();
            second.wait_state(StateName::Active);
            second.stop();
        },
    );
}

/// The kind of the first record of a Multicast Listener Report, which comes behind an 8 octet Hop-by-Hop header.
fn listener_record(frame: &Frame) -> Option<u8> {
    let ip = frame.payload();
    let is_report = frame.ethertype() == 0x86dd && ip[6] == 0 && ip.get(48) == Some(&143);
    is_report.then(|| ip[56])
}
