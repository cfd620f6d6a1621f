//! The owner of an IPv4 address that has no other address, and the settings that its Backups need to hear it.

use std::process::Command;
use std::time::Duration;

use nix::sys::signal::Signal;
use vrrp_conformance::proves;
use vrrp_core::StateName;
use vrrp_net::{Options, Service};

use crate::adverts::service;
use crate::lab::{LIMIT, Node, Program, example, isolated, switch, wait_for};

const VIP: &str = "192.0.2.254";

/// 192.0.2.254/24 and nothing else on `eth1`.
fn owning_node(number: u8) -> Node {
    let node = Node::bare(number);
    node.wire(
        "eth1",
        &format!("port{number}"),
        &format!("02:00:00:00:00:{number:02x}"),
    );
    node.ip(&format!("addr add {VIP}/24 dev eth1"));
    node
}

fn accept_local(node: &Node) -> String {
    node.run(|| std::fs::read_to_string("/proc/sys/net/ipv4/conf/eth1/accept_local").unwrap())
        .trim()
        .to_owned()
}

fn wait_accept_local(node: &Node, value: &str) {
    wait_for(&format!("accept_local {value}"), LIMIT, || {
        (accept_local(node) == value).then_some(())
    });
}

fn backup() -> Vec<Service> {
    vec![service(51).address("192.0.2.254/24").unwrap()]
}

/// PRJ-FSM-07, NET-ARP-09: the owner dies and comes back; its advertisements have the address that the Backup holds as
/// their source, and yet there is one Active within an interval and some; the setting is as it was.
#[test]
fn net_arp_09_an_owner_that_returns_is_heard() {
    isolated("owner::net_arp_09_an_owner_that_returns_is_heard", || {
        switch();
        let (one, two) = (owning_node(1), Node::new(2));
        let words = format!("eth1 51 255 10 {VIP}/24");
        let owner = Program::router(&one, &words);
        owner.wait_line(r#""to":"Active""#);
        let mut second = two.start(backup());
        second.wait_state(StateName::Backup);
        assert_eq!(accept_local(&two), "0");
        owner.kill();
        second.wait_state(StateName::Active);
        two.wait_has(VIP, true);
        wait_accept_local(&two, "1");

        let owner = Program::router(&one, &words);
        owner.wait_line(r#""to":"Active""#);
        let began = std::time::Instant::now();
        second.wait_state(StateName::Backup);
        // The owner's first advertisement is enough; the second comes after 100 ms.
        assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
        two.wait_has(VIP, false);
        assert!(one.has(VIP));
        wait_accept_local(&two, "0");
        assert_eq!(owner.count(r#""to":"Backup""#), 0, "the owner never steps back");
        second.forget();
        second.none_for(Duration::from_millis(500), "it stays Backup", |what| {
            matches!(what, vrrp_net::Happening::Core(vrrp_core::Report::Transition(_)))
        });
        owner.stop();
        second.stop();
        proves!("NET-ARP-09", "T-A-04", Obeys);
    });
}

/// NET-ARP-09: put back at a planned stop, and after kill -9 by the next start, from the journal; what an administrator
/// has set is not touched.
#[test]
fn net_arp_09_the_setting_is_put_back() {
    isolated("owner::net_arp_09_the_setting_is_put_back", || {
        switch();
        let node = Node::new(1);
        let journal = std::env::temp_dir().join(format!("vrrp-net-settings-{}", std::process::id()));
        let start = |interval: &str| {
            let mut command = Command::new(example("router"));
            command.args(["eth1", "51", "100", interval, "192.0.2.254/24"]);
            command.env("VRRP_JOURNAL", &journal);
            let program = Program::start(&node, command);
            program.wait_line("ready");
            program
        };
        let program = start("10");
        program.wait_line(r#""to":"Active""#);
        wait_accept_local(&node, "1");
        program.kill();
        assert_eq!(accept_local(&node), "1", "nobody was there to put it back");
        // With an interval of 10 s nothing becomes Active in the meantime.
        let program = start("1000");
        wait_accept_local(&node, "0");
        program.stop();

        let program = start("10");
        program.wait_line(r#""to":"Active""#);
        wait_accept_local(&node, "1");
        program.stop();
        assert_eq!(accept_local(&node), "0");
        node.run(|| std::fs::write("/proc/sys/net/ipv4/conf/eth1/accept_local", "1").unwrap());
        let program = start("10");
        program.wait_line(r#""to":"Active""#);
        program.stop();
        assert_eq!(accept_local(&node), "1", "it was so before");
        std::fs::remove_dir(&journal).expect("nothing left in it");
        proves!("NET-ARP-09", Obeys);
    });
}

/// NET-ARP-09: a handover takes the memory of what was there along.
#[test]
fn net_arp_09_a_successor_puts_it_back() {
    isolated("owner::net_arp_09_a_successor_puts_it_back", || {
        switch();
        let node = Node::new(1);
        let first = node.start(backup());
        first.wait_state(StateName::Active);
        wait_accept_local(&node, "1");
        let handover = first.handover();
        assert_eq!(accept_local(&node), "1");
        let second = node.start_with(backup(), Options::default(), Some(handover));
        second.wait_state(StateName::Active);
        second.stop();
        assert_eq!(accept_local(&node), "0");
        proves!("NET-ARP-09", Obeys);
    });
}

/// NET-ARP-09: where `/proc/sys` cannot be written the router runs all the same.
#[test]
fn net_arp_09_read_only_settings_cost_nothing_else() {
    isolated("owner::net_arp_09_read_only_settings_cost_nothing_else", || {
        switch();
        let node = Node::new(1);
        // As systemd does it with ProtectKernelTunables=yes.
        let mounts = [
            vec!["--bind", "/proc/sys", "/proc/sys"],
            vec!["-o", "remount,bind,ro", "/proc/sys"],
        ];
        for words in mounts {
            assert!(Command::new("mount").args(words).status().unwrap().success());
        }
        let program = Program::router(&node, "eth1 51 100 10 192.0.2.254/24");
        program.wait_line(r#""to":"Active""#);
        node.wait_has(VIP, true);
        assert_eq!(accept_local(&node), "0");
        program.signal(Signal::SIGTERM);
        node.wait_has(VIP, false);
    });
}
