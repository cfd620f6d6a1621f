//! How the device comes and goes, and what others do to it.

use std::path::PathBuf;
use std::process::Command;

use vrrp_conformance::proves;
use vrrp_core::StateName;
use vrrp_net::{AddressPresence, Happening, Options};

use super::{FOUR, VIP, VIP6, ask, four, has_link, is_up, said, set, setting, six, wait_adverts, wait_up};
use crate::lab::{Capture, LIMIT, Node, Program, example, isolated, switch, wait_for};

/// NET-ARP-09: the device is there from the start, up while Active only; the interface's settings are as needed meanwhile,
/// and as before afterwards; then nothing is left.
#[test]
fn net_arp_09_nothing_is_left_after_a_stop() {
    isolated(
        "virtual_mac::life::net_arp_09_nothing_is_left_after_a_stop",
        || {
            switch();
            let (one, two) = (Node::new(1), Node::new(2));
            let settings = ["arp_ignore", "arp_announce"].map(|name| format!("ipv4/conf/eth1/{name}"));
            let now = |node: &Node| settings.clone().map(|path| setting(node, &path));
            // What serves as well is left as it is.
            set(&two, "ipv4/conf/eth1/arp_ignore", "2");
            let second = two.start(vec![four(150), six(150)]);
            second.wait_state(StateName::Active);
            let first = one.start(vec![four(100), six(100)]);
            first.wait_state(StateName::Backup);
            wait_up(&one, "vrrp.51", false);
            wait_up(&two, "vrrp.51", true);
            wait_up(&two, "vrrp6.66", true);
            assert_eq!(now(&one), ["1", "2"]);
            assert_eq!(now(&two), ["2", "2"]);
            let text = one.ip("-d link show dev vrrp.51");
            for part in [
                "vrrp.51@eth1",
                "00:00:5e:00:01:33",
                "macvlan mode private",
                "addrgenmode none",
            ] {
                assert!(text.contains(part), "{part} is not in {text}");
            }
            let wanted = [
                ("ipv4", "arp_ignore", "1"),
                ("ipv4", "arp_announce", "2"),
                ("ipv4", "rp_filter", "2"),
                ("ipv6", "accept_ra", "0"),
                ("ipv6", "autoconf", "0"),
            ];
            for (family, name, value) in wanted {
                assert_eq!(
                    setting(&two, &format!("{family}/conf/vrrp.51/{name}")),
                    value,
                    "{name}"
                );
            }
            let status = second.service("VI_1").virtual_mac.unwrap();
            assert_eq!(
                (status.device.as_str(), status.mac.as_str()),
                ("vrrp.51", "00:00:5e:00:01:33")
            );
            assert!(status.up && status.problem.is_none());
            assert!(!first.service("VI_1").virtual_mac.unwrap().up);
            second.stop();
            first.wait_state(StateName::Active);
            first.stop();
            for node in [&one, &two] {
                assert!(!has_link(node, "vrrp.51") && !has_link(node, "vrrp6.66"));
                assert!(!node.has(VIP) && !node.has(VIP6));
            }
            assert_eq!(now(&one), ["0", "0"]);
            assert_eq!(now(&two), ["2", "0"]);
            proves!("NET-ARP-09", Obeys);
        },
    );
}

fn journal(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("vrrp-net-virtual-{}-{name}", std::process::id()))
}

fn router(node: &Node, journal: &PathBuf, words: &str) -> Program {
    let mut command = Command::new(example("router"));
    command
        .args(words.split_whitespace())
        .env("VRRP_JOURNAL", journal)
        .env("VRRP_VIRTUAL_MAC", "yes");
    let program = Program::start(node, command);
    program.wait_line("ready");
    program
}

/// NET-ARP-09: what kill -9 has left is taken over by the next start that asks for it, down at first, and removed by one that
/// does not; the interface's settings are put back at last.
#[test]
fn net_arp_09_what_a_crash_leaves_behind() {
    isolated("virtual_mac::life::net_arp_09_what_a_crash_leaves_behind", || {
        switch();
        let (node, journal) = (Node::new(1), journal("crash"));
        let program = router(&node, &journal, "eth1 51-52 100 10 192.0.2.254/24");
        wait_up(&node, "vrrp.51", true);
        wait_up(&node, "vrrp.52", true);
        node.wait_has("192.0.2.255", true);
        program.kill();
        assert!(
            is_up(&node, "vrrp.51") && node.has(VIP),
            "nobody was there to take it down"
        );
        // With an interval of 10 s nothing becomes Active in the meantime.
        let before = node.ip("-o link show dev vrrp.51");
        let index = |text: &str| text.split(':').next().unwrap().to_owned();
        let program = router(&node, &journal, "eth1 51 100 1000 192.0.2.254/24");
        wait_up(&node, "vrrp.51", false);
        wait_for("the one that nobody wants", LIMIT, || {
            (!has_link(&node, "vrrp.52")).then_some(())
        });
        node.wait_has(VIP, false);
        node.wait_has("192.0.2.255", false);
        assert_eq!(
            index(&node.ip("-o link show dev vrrp.51")),
            index(&before),
            "taken over"
        );
        assert_eq!(setting(&node, "ipv4/conf/eth1/arp_ignore"), "1");
        program.kill();

        let mut command = Command::new(example("router"));
        command
            .args(["eth1", "53", "100", "1000", "192.0.2.253/24"])
            .env("VRRP_JOURNAL", &journal);
        let program = Program::start(&node, command);
        program.wait_line("ready");
        wait_for("no device", LIMIT, || (!has_link(&node, "vrrp.51")).then_some(()));
        wait_for("the setting", LIMIT, || {
            (setting(&node, "ipv4/conf/eth1/arp_ignore") == "0").then_some(())
        });
        program.stop();
        std::fs::remove_dir(&journal).expect("nothing left in it");
        proves!("NET-ARP-09", Obeys);
    });
}

/// V3-8.1.2-05, V3-8.2.2-05: a device of that name that others have made is left alone, and the service waits, and says
/// nothing in ARP or ND, until it has gone; the others run.
#[test]
fn v3_8_1_2_05_a_device_of_somebody_else_is_left_alone() {
    isolated(
        "virtual_mac::life::v3_8_1_2_05_a_device_of_somebody_else_is_left_alone",
        || {
            switch();
            let node = Node::new(1);
            let foreign = [
                ("vrrp.51", "00:00:5e:00:01:33"),
                ("vrrp6.66", "00:00:5e:00:02:42"),
            ];
            for (name, mac) in foreign {
                node.ip(&format!(
                    "link add {name} link eth1 address {mac} type macvlan mode private"
                ));
            }
            let before = foreign.map(|(name, _)| node.ip(&format!("-d link show dev {name}")));
            let wire = Capture::on("port1");
            let mut plain = crate::adverts::service(52).address("192.0.2.252/24").unwrap();
            plain.name = "plain".into();
            let mut running = node.start(vec![four(255), six(255), plain]);
            running.wait("an event", |what| {
                matches!(what, Happening::VirtualMac { device, problem: Some(problem) }
                if device == "vrrp.51" && problem.contains("ip link delete vrrp.51"))
            });
            wait_adverts(&wire, super::physical(1), 10);
            for name in ["VI_1", "VI_6"] {
                assert_eq!(running.service(name).state, StateName::Initialize);
                let problem = running.service(name).virtual_mac.unwrap().problem.unwrap();
                assert!(problem.contains("was not made here"), "{problem}");
            }
            let after = foreign.map(|(name, _)| node.ip(&format!("-d link show dev {name}")));
            assert_eq!(after, before);
            assert!(!node.has(VIP) && !node.has(VIP6));
            assert_eq!(said(&[&wire]), Vec::<[u8; 6]>::new());
            assert_eq!(super::count(&wire, FOUR) + super::count(&wire, super::SIX), 0);

            for (name, _) in foreign {
                node.ip(&format!("link delete {name}"));
            }
            running.wait_state(StateName::Active);
            assert!(running.service("VI_1").virtual_mac.unwrap().problem.is_none());
            wait_for("the announcements", LIMIT, || {
                (said(&[&wire]) == [FOUR, super::SIX]).then_some(())
            });
            running.stop();
            assert!(!has_link(&node, "vrrp.51"));
            proves!("V3-8.1.2-05", "V3-8.2.2-05", Obeys);
            proves!("V3-8.1.2-05", "V3-8.2.2-05", Refuses);
        },
    );
}

/// Deleted, renamed, taken down: it is as it was, with its addresses, and announced.
#[test]
fn what_others_do_to_the_device_is_repaired() {
    isolated(
        "virtual_mac::life::what_others_do_to_the_device_is_repaired",
        || {
            switch();
            let (node, client) = (Node::new(1), Node::new(3));
            for node in [&node, &client] {
                node.ip(&format!("addr add 2001:db8::{}/64 dev eth1 nodad", node.number));
            }
            let mut running = node.start(vec![four(100), six(100)]);
            running.wait_state(StateName::Active);
            ask(&client, VIP);
            ask(&client, VIP6);
            running.forget();
            let deeds = [
                "link delete vrrp.51",
                "link delete vrrp6.66",
                "link set vrrp.51 down",
                "link set vrrp6.66 down",
                "link set vrrp.51 down name odd",
            ];
            for deed in deeds {
                let wire = Capture::on("port1");
                node.ip(deed);
                for (address, device) in [(VIP, "vrrp.51"), (VIP6, "vrrp6.66")] {
                    wait_for(deed, LIMIT, || {
                        (has_link(&node, device) && is_up(&node, device)).then_some(())
                    });
                    node.wait_has(address, true);
                    ask(&client, address);
                }
                assert!(!has_link(&node, "odd"), "{deed}");
                let announced = said(&[&wire]);
                assert!(
                    announced.iter().all(|mac| [FOUR, super::SIX].contains(mac)),
                    "{deed}: {announced:?}"
                );
                wait_adverts(&wire, FOUR, 2);
                wait_adverts(&wire, super::SIX, 2);
                let seen = running.seen();
                let moved = |event: &&vrrp_net::Event| {
                    matches!(event.what, Happening::Core(vrrp_core::Report::Transition(_)))
                };
                assert!(!seen.iter().any(|event| moved(&event)), "{deed}: {seen:#?}");
            }
            assert_eq!(running.states(), [], "it was Active all the time");
            running.stop();
            assert!(!has_link(&node, "vrrp.51") && !has_link(&node, "vrrp6.66"));
        },
    );
}

/// With the interface below it goes, and comes again; its MTU follows.
#[test]
fn the_interface_below_goes_and_comes() {
    isolated("virtual_mac::life::the_interface_below_goes_and_comes", || {
        switch();
        let (node, client) = (Node::new(1), Node::new(3));
        let running = node.start(vec![four(100)]);
        running.wait_state(StateName::Active);
        for mtu in ["1400", "1500"] {
            node.ip(&format!("link set eth1 mtu {mtu}"));
            wait_for("the MTU", LIMIT, || {
                node.ip("link show dev vrrp.51")
                    .contains(&format!("mtu {mtu} "))
                    .then_some(())
            });
        }
        // Its carrier is the service's link.
        crate::lab::ip("link set port1 down");
        running.wait_state(StateName::Initialize);
        wait_up(&node, "vrrp.51", false);
        crate::lab::ip("link set port1 up");
        running.wait_state(StateName::Active);
        wait_up(&node, "vrrp.51", true);

        node.ip("link delete eth1");
        running.wait_state(StateName::Initialize);
        assert!(!has_link(&node, "vrrp.51"));
        node.wire("eth1", "port1", "02:00:00:00:00:01");
        node.ip("addr add 192.0.2.1/24 dev eth1");
        running.wait_state(StateName::Active);
        wait_up(&node, "vrrp.51", true);
        assert_eq!(running.presence(VIP), AddressPresence::Ours);
        assert_eq!(setting(&node, "ipv4/conf/eth1/arp_ignore"), "1");
        assert_eq!(setting(&node, "ipv4/conf/vrrp.51/arp_ignore"), "1");
        ask(&client, VIP);
        running.stop();
        assert!(!has_link(&node, "vrrp.51"));
    });
}

/// A handover leaves the device as it is: up, with its addresses, as those elsewhere; the successor removes it at its stop.
#[test]
fn a_handover_leaves_it_as_it_is() {
    isolated("virtual_mac::life::a_handover_leaves_it_as_it_is", || {
        switch();
        let node = Node::new(1);
        let services = || {
            let mut plain = crate::adverts::service(52).address("192.0.2.252/24").unwrap();
            plain.name = "plain".into();
            vec![four(100), six(100), plain]
        };
        let running = node.start(services());
        running.wait_state(StateName::Active);
        node.wait_has(VIP6, true);
        let handover = running.handover();
        let monitor = Monitor::start(&node);
        let running = node.start_with(services(), Options::default(), Some(handover));
        let wire = Capture::on("port1");
        wait_adverts(&wire, FOUR, 5);
        assert_eq!(running.service("VI_1").counters.master_transitions, 1);
        // Whatever had gone down or away was told by the kernel.
        assert_eq!(monitor.told(&node), Vec::<String>::new());
        running.stop();
        assert!(!has_link(&node, "vrrp.51") && !has_link(&node, "vrrp6.66"));
        assert_eq!(setting(&node, "ipv4/conf/eth1/arp_ignore"), "0");
    });
}

/// `ip monitor` in a node: what the kernel tells of links and addresses.
struct Monitor {
    child: std::process::Child,
    file: PathBuf,
}

impl Monitor {
    fn start(node: &Node) -> Self {
        let file = journal("monitor");
        let out = std::fs::File::create(&file).unwrap();
        let child = node.run(move || {
            let mut command = Command::new("ip");
            command.args(["-o", "monitor", "link", "address"]).stdout(out);
            command.spawn().unwrap()
        });
        let monitor = Self { child, file };
        monitor.wait_line(node, "mtu 60000");
        monitor
    }

    /// Until it has told of a change that is made on purpose.
    fn wait_line(&self, node: &Node, part: &str) {
        wait_for("ip monitor", LIMIT, || {
            node.ip("link set lo mtu 65536");
            node.ip(&format!("link set lo {part}"));
            std::fs::read_to_string(&self.file)
                .unwrap()
                .contains(part)
                .then_some(())
        });
    }

    /// What it has told of devices and addresses that went, or went down.
    fn told(mut self, node: &Node) -> Vec<String> {
        self.wait_line(node, "mtu 50000");
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let text = std::fs::read_to_string(&self.file).unwrap();
        std::fs::remove_file(&self.file).unwrap();
        let ill =
            |line: &&str| line.contains("Deleted") || (line.contains(": vrrp") && !line.contains(",UP"));
        text.lines().filter(ill).map(str::to_owned).collect()
    }
}

/// An address that the interface below has as well, and would answer for with its own MAC, is told.
#[test]
fn an_address_on_the_interface_below_is_told() {
    isolated(
        "virtual_mac::life::an_address_on_the_interface_below_is_told",
        || {
            switch();
            let node = Node::new(1);
            node.ip(&format!("addr add {VIP}/24 dev eth1"));
            let mut running = node.start(vec![four(255)]);
            running.wait("an event", |what| {
                matches!(what, Happening::AddressForeign { address, interface }
                    if address.to_string() == VIP && interface == "eth1")
            });
            running.wait_state(StateName::Active);
            running.stop();
            assert!(node.has(VIP), "that of others is left alone");
        },
    );
}

/// More addresses than one frame carries: the kernel takes the packet to pieces, and nobody is left without it.
#[test]
fn an_advertisement_larger_than_the_mtu_is_heard() {
    isolated(
        "virtual_mac::life::an_advertisement_larger_than_the_mtu_is_heard",
        || {
            switch();
            let (one, two) = (Node::new(1), Node::new(2));
            let many = |priority: u8| {
                let addresses = (1..=120).map(|number| format!("2001:db8::1:{number:x}"));
                addresses.fold(six(priority), |service, address| {
                    service.address(&address).unwrap()
                })
            };
            let first = one.start(vec![many(150)]);
            first.wait_state(StateName::Active);
            let second = two.start(vec![many(100)]);
            wait_for("ten heard", LIMIT, || {
                (second.service("VI_6").counters.advertisement_rcvd >= 10).then_some(())
            });
            second.wait_state(StateName::Backup);
            first.stop();
            second.wait_state(StateName::Active);
            second.stop();
        },
    );
}

/// One that a reload takes away while it is Active: with it goes its device, and what its interface was set to.
#[test]
fn a_service_that_goes_takes_its_device_along() {
    isolated(
        "virtual_mac::life::a_service_that_goes_takes_its_device_along",
        || {
            switch();
            let node = Node::new(1);
            let mut plain = crate::adverts::service(52).address("192.0.2.252/24").unwrap();
            plain.name = "plain".into();
            let running = node.start(vec![four(100), plain.clone()]);
            running.wait_state(StateName::Active);
            let applied = crate::lab::block_on(running.handle.apply(vec![plain])).unwrap();
            assert_eq!(applied.removed, ["VI_1"]);
            wait_for("no device", LIMIT, || (!has_link(&node, "vrrp.51")).then_some(()));
            wait_for("the setting", LIMIT, || {
                (setting(&node, "ipv4/conf/eth1/arp_ignore") == "0").then_some(())
            });
            running.stop();
        },
    );
}
