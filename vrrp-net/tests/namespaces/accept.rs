//! Accept_Mode: who may talk to an Active router by its virtual addresses, asked by a client; and what of the packet filter
//! is left behind.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv6Addr, SocketAddr, SocketAddrV6, TcpListener, TcpStream, UdpSocket};
use std::process::Command;
use std::time::Duration;

use vrrp_conformance::proves;
use vrrp_core::{StateName, Version};
use vrrp_net::{AcceptMode, Options, RequestError, Service};

use crate::lab::{
    Capture, Frame, LIMIT, Node, Program, Running, block_on, echoes, example, flush_tables, foreign_table,
    isolated, solicit, switch, tables, wait_for,
};

/// How long a client waits for an answer that may not come.
const PATIENCE: Duration = Duration::from_millis(300);
const PORT: u16 = 8080;

/// A router of both families: 192.0.2.254, 2001:db8::fe, and fe80::fe, which is one on its link only.
fn both(accept: bool, priority: u8) -> Service {
    let mut service = crate::adverts::service(51)
        .address("192.0.2.254/24")
        .unwrap()
        .address("2001:db8::fe/64")
        .unwrap()
        .address("fe80::fe/64")
        .unwrap()
        .priority(priority)
        .unwrap();
    service.settings.accept = accept;
    service
}

const ADDRESSES: [&str; 3] = ["192.0.2.254", "2001:db8::fe", "fe80::fe"];

/// Routers as asked for, and a client.
fn lab(routers: u8) -> (Vec<Node>, Node) {
    switch();
    let nodes: Vec<Node> = (1..=routers).map(Node::new).collect();
    let client = Node::new(9);
    for node in nodes.iter().chain([&client]) {
        node.ip(&format!("addr add 2001:db8::{}/64 dev eth1 nodad", node.number));
    }
    (nodes, client)
}

fn socket_address(address: &str, port: u16) -> SocketAddr {
    match address.parse().unwrap() {
        IpAddr::V6(ip) if ip.is_unicast_link_local() => {
            let index = nix::net::if_::if_nametoindex("eth1").unwrap();
            SocketAddrV6::new(ip, port, 0, index).into()
        }
        ip => SocketAddr::new(ip, port),
    }
}

/// Whether a datagram to a port on which nobody listens is refused.
fn refuses(client: &Node, address: &str) -> bool {
    let address = address.to_owned();
    client.run(move || {
        let to = socket_address(&address, 9);
        let any = if to.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
        let socket = UdpSocket::bind(any).unwrap();
        socket.connect(to).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let _no_route_is_no_answer_either = socket.send(b"?");
        socket
            .recv(&mut [0; 8])
            .is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused)
    })
}

/// Whether a connection to a service on the router comes about.
fn connects(client: &Node, address: &str) -> bool {
    let address = address.to_owned();
    client.run(move || TcpStream::connect_timeout(&socket_address(&address, PORT), PATIENCE).is_ok())
}

/// Whether a ping is answered.
fn pings(client: &Node, address: &str) -> bool {
    let address = address.to_owned();
    client.run(move || echoes(socket_address(&address, 0), PATIENCE))
}

/// A service that listens on every address of the node.
fn listen(node: &Node) -> TcpListener {
    node.run(|| TcpListener::bind(("::", PORT)).unwrap())
}

/// Every way to be served at every address.
fn served(client: &Node) -> Vec<bool> {
    let mut seen = Vec::new();
    for address in ADDRESSES {
        seen.push(refuses(client, address));
        seen.push(connects(client, address));
        seen.push(pings(client, address));
    }
    seen
}

fn active(node: &Node, service: Service) -> Running {
    let running = node.start(vec![service]);
    running.wait_state(StateName::Active);
    for address in ADDRESSES {
        node.wait_has(address, true);
    }
    running
}

fn tables_of(node: &Node) -> Vec<String> {
    node.run(tables)
}

/// The MAC in a solicited Neighbor Advertisement for this address.
fn solicited(frame: &Frame, address: &str) -> Option<[u8; 6]> {
    let (target, flags, mac) = frame.neighbor_advertisement()?;
    (target.to_string() == address && flags & 0x40 != 0).then_some(mac)
}

/// A Neighbor Advertisement without options: the answer to a solicitation that was sent to the address itself.
fn advertised_bare(frame: &Frame, address: Ipv6Addr) -> bool {
    let ip = frame.payload();
    let is_na = frame.ethertype() == 0x86dd && ip[6] == 58 && ip.get(40) == Some(&136);
    is_na && ip[4..6] == [0, 24] && ip[48..64] == address.octets()
}

fn arp_reply(frame: &Frame) -> Option<[u8; 6]> {
    let arp = frame.payload();
    let is_reply = frame.ethertype() == 0x0806 && arp[..8] == [0, 1, 8, 0, 6, 4, 0, 2];
    (is_reply && arp[14..18] == [192, 0, 2, 254]).then(|| arp[8..14].try_into().unwrap())
}

/// V3-6.4.3-07, V3-6.1-11, V3-6.4.3-05: an owner serves, one with Accept_Mode serves, one without does not; neighbours find all.
#[test]
fn v3_6_4_3_07_served_by_the_owner_or_with_accept_mode() {
    isolated(
        "accept::v3_6_4_3_07_served_by_the_owner_or_with_accept_mode",
        || {
            let (nodes, client) = lab(1);
            let node = &nodes[0];
            let wire = Capture::on("port1");
            let _listener = listen(node);
            for (accept, priority, mode) in [
                (true, 100, AcceptMode::Serves),
                (false, 100, AcceptMode::Drops),
                (true, 255, AcceptMode::Owner),
                (false, 255, AcceptMode::Owner),
            ] {
                let running = active(node, both(accept, priority));
                assert_eq!(running.service("VI_1").accept_mode, mode);
                client.ip("neigh flush dev eth1");
                wire.forget();
                let seen = served(&client);
                let all = !mode.drops();
                assert!(seen.iter().all(|served| *served == all), "{mode:?}: {seen:?}");
                // ARP and neighbour discovery were answered in any case, and a solicitation to the address itself is too.
                let mac = Some([2, 0, 0, 0, 0, 1]);
                assert_eq!(wire.frames().iter().find_map(arp_reply), mac, "{mode:?}");
                for address in &ADDRESSES[1..] {
                    let answers = wire.frames();
                    let answer = answers.iter().find_map(|frame| solicited(frame, address));
                    assert_eq!(answer, mac, "{mode:?}: {address}");
                }
                wire.forget();
                let (client_has, target) = ("2001:db8::9".parse().unwrap(), "2001:db8::fe".parse().unwrap());
                client.run(move || solicit([2, 0, 0, 0, 0, 1], client_has, target, target));
                let probed = |frame: &Frame| advertised_bare(frame, target).then_some(());
                wire.wait(
                    "an answer to whoever looks whether the neighbour is there",
                    probed,
                );
                assert!(refuses(&client, "192.0.2.1"), "its own address is served always");
                assert_eq!(tables_of(node).is_empty(), all, "{mode:?}");
                running.stop();
                assert_eq!(tables_of(node), [""; 0], "{mode:?}");
            }
            proves!("V3-6.4.3-07", "V3-6.4.3-05", "V3-6.1-11", Obeys);
            proves!("V3-6.4.3-07", "V3-6.4.3-05", "V3-6.1-11", Refuses);
        },
    );
}

/// V2-6.4.3-03: in version 2 the same.
#[test]
fn v2_6_4_3_03_version_2_serves_as_owner_only() {
    isolated("accept::v2_6_4_3_03_version_2_serves_as_owner_only", || {
        let (nodes, client) = lab(1);
        for (priority, served) in [(100, false), (255, true)] {
            let mut two = Service::new("VI_2", "eth1", 52).unwrap();
            two.settings.version = Version::V2;
            two.settings.accept = false;
            let two = two.address("192.0.2.254/24").unwrap().priority(priority).unwrap();
            let running = nodes[0].start(vec![two]);
            running.wait_state(StateName::Active);
            nodes[0].wait_has("192.0.2.254", true);
            let seen = [pings(&client, "192.0.2.254"), refuses(&client, "192.0.2.254")];
            assert_eq!(seen, [served; 2], "priority {priority}");
            running.stop();
        }
        proves!("V2-6.4.3-03", Obeys);
        proves!("V2-6.4.3-03", Refuses);
    });
}

/// V3-8.3.1-01: on a node that forwards, what is for the address comes out nowhere, and what is for others does.
#[test]
fn v3_8_3_1_01_what_is_for_the_address_is_not_forwarded() {
    isolated(
        "accept::v3_8_3_1_01_what_is_for_the_address_is_not_forwarded",
        || {
            let (nodes, client) = lab(1);
            let node = &nodes[0];
            for family in ["ipv4", "ipv6"] {
                let forwarding = format!("/proc/sys/net/{family}/conf/all/forwarding");
                node.run(move || std::fs::write(forwarding, "1").unwrap());
            }
            crate::lab::ip("link add br1 type bridge mcast_snooping 0");
            crate::lab::ip("link set br1 up");
            node.wire("eth2", "side1", "02:00:00:00:01:01");
            crate::lab::ip("link set side1 master br1");
            node.ip("addr add 198.51.100.1/24 dev eth2");
            node.ip("addr add 2001:db8:2::1/64 dev eth2 nodad");
            // Even a default route to the far side is no way for it.
            node.ip("route add default via 198.51.100.9 dev eth2");
            node.ip("neigh add 198.51.100.9 lladdr 02:00:00:00:01:09 dev eth2");
            node.ip("neigh add 2001:db8:2::9 lladdr 02:00:00:00:01:09 dev eth2");
            let (near, far) = (Capture::on("port1"), Capture::on("side1"));
            let mut service = both(false, 100);
            service.settings.hold = false;
            let running = active(node, service);
            client.ip("route add 198.51.100.0/24 via 192.0.2.1");
            client.ip("route add 2001:db8:2::/64 via 2001:db8::1");
            let destination = |frame: &Frame| {
                let ip = frame.payload();
                match frame.ethertype() {
                    0x0800 => Some(IpAddr::from(<[u8; 4]>::try_from(&ip[16..20]).unwrap())),
                    0x86dd => Some(IpAddr::from(<[u8; 16]>::try_from(&ip[24..40]).unwrap())),
                    _ => None,
                }
            };
            for address in ADDRESSES {
                assert!(!pings(&client, address) && !refuses(&client, address));
            }
            for other in ["198.51.100.9", "2001:db8:2::9"] {
                assert!(!refuses(&client, other), "nobody is there");
                let other: IpAddr = other.parse().unwrap();
                far.wait("what is for others", |frame| {
                    (destination(frame) == Some(other)).then_some(())
                });
            }
            let addresses = ADDRESSES.map(|address| address.parse::<IpAddr>().unwrap());
            let is_for = |frame: &&Frame| destination(frame).is_some_and(|to| addresses.contains(&to));
            let reached = near.frames();
            let came: Vec<_> = reached.iter().filter(is_for).collect();
            assert!(came.len() >= 6, "they reached the node");
            let from_node = |frame: &&&Frame| frame.source() != [2, 0, 0, 0, 0, 9];
            assert_eq!(came.iter().filter(from_node).count(), 0, "and did not come back");
            assert_eq!(
                far.frames().iter().filter(is_for).count(),
                0,
                "nor out on the other side"
            );
            running.stop();
            proves!("V3-8.3.1-01", Obeys);
            proves!("V3-8.3.1-01", Refuses);
        },
    );
}

/// A reload changes what is served while the addresses stay; the table goes with the last that needs it.
#[test]
fn a_reload_changes_what_is_served() {
    isolated("accept::a_reload_changes_what_is_served", || {
        let (nodes, client) = lab(1);
        let node = &nodes[0];
        let mut running = active(node, both(true, 100));
        assert!(pings(&client, "192.0.2.254"));
        for _ in 0..3 {
            let applied = block_on(running.handle.apply(vec![both(false, 100)])).unwrap();
            assert_eq!(applied.changed, ["VI_1"]);
            assert_eq!(ADDRESSES.map(|address| pings(&client, address)), [false; 3]);
            assert_eq!(tables_of(node), ["vrrpd"]);
            block_on(running.handle.apply(vec![both(true, 100)])).unwrap();
            assert_eq!(ADDRESSES.map(|address| pings(&client, address)), [true; 3]);
            assert_eq!(tables_of(node), [""; 0]);
        }
        // Another address, and one less.
        let mut service = both(false, 100);
        service.settings.addresses = vec!["192.0.2.253".parse().unwrap()];
        service.settings.held_only = vec!["2001:db8::fe".parse().unwrap()];
        block_on(running.handle.apply(vec![service])).unwrap();
        node.wait_has("192.0.2.253", true);
        let seen = ["192.0.2.253", "2001:db8::fe"].map(|address| pings(&client, address));
        assert_eq!(seen, [false, false]);
        assert_eq!(
            running.states(),
            [StateName::Backup, StateName::Active],
            "without a change of state"
        );
        block_on(running.handle.apply(Vec::new())).unwrap();
        wait_for("the last table to go", LIMIT, || {
            tables_of(node).is_empty().then_some(())
        });
        assert!(!node.has("192.0.2.253"), "the address before it");
        running.stop();
    });
}

/// A link-local address is another one on another link: there it is the node's own, and served.
#[test]
fn the_same_link_local_address_on_another_link_is_served() {
    isolated(
        "accept::the_same_link_local_address_on_another_link_is_served",
        || {
            let (nodes, client) = lab(1);
            nodes[0].wire("eth2", "side1", "02:00:00:00:01:01");
            nodes[0].ip("addr add fe80::fe/64 dev eth2 nodad");
            let running = active(&nodes[0], both(false, 100));
            // On one switch both answer the question; the client is told whom to send to.
            for (mac, served) in [("02:00:00:00:00:01", false), ("02:00:00:00:01:01", true)] {
                client.ip(&format!(
                    "neigh replace fe80::fe lladdr {mac} nud permanent dev eth1"
                ));
                assert_eq!(pings(&client, "fe80::fe"), served, "{mac}");
            }
            running.stop();
        },
    );
}

/// After a take-over, and before it: a Backup drops what it does not serve the moment it becomes Active.
#[test]
fn a_successor_serves_as_little() {
    isolated("accept::a_successor_serves_as_little", || {
        let (nodes, client) = lab(2);
        let first = active(&nodes[0], both(false, 150));
        let second = nodes[1].start(vec![both(false, 100)]);
        second.wait_state(StateName::Backup);
        assert!(!pings(&client, "192.0.2.254"));
        first.stop();
        second.wait_state(StateName::Active);
        nodes[1].wait_has("fe80::fe", true);
        assert_eq!(ADDRESSES.map(|address| pings(&client, address)), [false; 3]);
        assert!(pings(&client, "192.0.2.2"));
        assert_eq!(tables_of(&nodes[0]), [""; 0]);
        second.stop();
    });
}

/// What others have in the packet filter is left alone, whatever its name, and what has our name does not keep us.
#[test]
fn a_table_of_others_is_left_alone() {
    isolated("accept::a_table_of_others_is_left_alone", || {
        let (nodes, client) = lab(1);
        let node = &nodes[0];
        node.run(|| ["vrrpd", "filter"].map(foreign_table));
        let running = active(node, both(false, 100));
        assert!(!pings(&client, "192.0.2.254"));
        assert_eq!(tables_of(node), ["vrrpd", "filter", "vrrpd-2"]);
        running.stop();
        assert_eq!(tables_of(node), ["vrrpd", "filter"]);

        // A name of its own; and none that is left is a reason not to start, or to leave a reload undone.
        node.run(|| (2..=8).for_each(|number| foreign_table(&format!("vrrpd-{number}"))));
        let refused =
            node.run(|| vrrp_net::Driver::open(vec![both(false, 100)], Options::default()).map(|_| ()));
        let text = refused.unwrap_err().to_string();
        assert!(
            text.contains("belong to others") && text.contains("nftables NAME"),
            "{text}"
        );
        assert!(!node.has("192.0.2.254"));
        let running = active(node, both(true, 100));
        let refused = block_on(running.handle.apply(vec![both(false, 100)]));
        assert!(matches!(refused, Err(RequestError::Filter(_))), "{refused:?}");
        assert!(pings(&client, "192.0.2.254"), "as it was");
        assert_eq!(running.service("VI_1").accept_mode, AcceptMode::Serves);
        running.stop();
        let options = Options {
            filter_table: "edge".to_owned(),
            ..Options::default()
        };
        let running = node.start_with(vec![both(false, 100)], options, None);
        assert!(tables_of(node).contains(&"edge".to_owned()));
        running.stop();
        assert!(!tables_of(node).contains(&"edge".to_owned()));
    });
}

/// A firewall that is loaded anew begins by removing everything: what is not served stays not served.
#[test]
fn a_firewall_that_is_loaded_anew_changes_nothing_here() {
    isolated(
        "accept::a_firewall_that_is_loaded_anew_changes_nothing_here",
        || {
            let (nodes, client) = lab(1);
            let node = &nodes[0];
            node.run(|| foreign_table("filter"));
            let running = active(node, both(false, 100));
            node.run(flush_tables);
            assert_eq!(tables_of(node), ["vrrpd"]);
            assert_eq!(ADDRESSES.map(|address| pings(&client, address)), [false; 3]);
            node.run(|| foreign_table("filter"));
            running.stop();
            assert_eq!(tables_of(node), ["filter"]);
        },
    );
}

/// A successor in the same program goes on with the table: there is no moment without it.
#[test]
fn a_successor_goes_on_with_the_table() {
    isolated("accept::a_successor_goes_on_with_the_table", || {
        let (nodes, client) = lab(1);
        let node = &nodes[0];
        let running = active(node, both(false, 100));
        let handover = running.handover();
        assert_eq!(tables_of(node), ["vrrpd"], "between the two");
        assert!(!pings(&client, "192.0.2.254"));
        let mut running = node.start_with(vec![both(false, 100)], Options::default(), Some(handover));
        assert_eq!(tables_of(node), ["vrrpd"]);
        assert!(!pings(&client, "192.0.2.254"));
        block_on(running.handle.apply(vec![both(true, 100)])).unwrap();
        assert_eq!(tables_of(node), [""; 0], "it is the successor's to remove");
        assert!(pings(&client, "192.0.2.254"));
        assert_eq!(running.states(), []);
        running.stop();
    });
}

/// The kernel removes the table with the process, however that ends, and the next start finds nothing in its way.
#[test]
fn a_crash_leaves_nothing_in_the_packet_filter() {
    isolated("accept::a_crash_leaves_nothing_in_the_packet_filter", || {
        let (nodes, client) = lab(1);
        let node = &nodes[0];
        let start = || {
            let mut command = Command::new(example("router"));
            command
                .args("eth1 51 100 10 192.0.2.254/24".split_whitespace())
                .env("VRRP_NO_ACCEPT", "1");
            let program = Program::start(node, command);
            program.wait_line("ready");
            node.wait_has("192.0.2.254", true);
            wait_for("an Active that drops", LIMIT, || {
                (tables_of(node) == ["vrrpd"]).then_some(())
            });
            assert!(!pings(&client, "192.0.2.254"));
            program
        };
        start().kill();
        wait_for("the table to go with its owner", LIMIT, || {
            tables_of(node).is_empty().then_some(())
        });
        assert!(node.has("192.0.2.254"), "which a crash leaves behind");
        start().stop();
        assert_eq!(tables_of(node), [""; 0]);
        assert!(!node.has("192.0.2.254"));
    });
}
