//! Addresses, numbers, peers, announcements, mail.

use keepalived_conf::lint;
use keepalived_conf::lint::Machine;

use super::text::{file, found, trips, web};

#[test]
fn announced_once() {
    trips(
        "no-second-burst",
        &web("garp_master_delay 0"),
        "7:19",
        &web("garp_master_delay 1"),
    );
    trips(
        "no-second-burst",
        &web("garp_master_delay 0"),
        "7:19",
        &web("garp_master_delay 0\ngarp_master_refresh 60"),
    );
}

/// 30 addresses, 5 packets each, 0.1 s apart: 15 s.
#[test]
fn announced_slowly() {
    let text = |gap: &str| {
        let addresses: Vec<_> = (1..=30).map(|last| format!("192.0.2.{last}")).collect();
        format!(
            "global_defs {{\nvrrp_garp_interval {gap}\n}}\nvrrp_instance A {{\ninterface eth0\nvirtual_router_id 7\nvirtual_ipaddress {{\n{}\n}}\n}}\n",
            addresses.join("\n")
        )
    };
    let one = trips("slow-announcements", &text("0.1"), "2:20", &text("0.01"));
    assert!(
        one.message.contains("150 packets on eth0 takes 15s"),
        "{}",
        one.message
    );
}

#[test]
fn nobody_corrects_the_neighbours() {
    trips(
        "no-repair",
        &web("lower_prio_no_advert"),
        "7:1",
        &web("higher_prio_send_advert"),
    );
    trips(
        "no-repair",
        &web("garp_lower_prio_repeat 0"),
        "7:24",
        &web("garp_lower_prio_repeat 1"),
    );
    trips(
        "no-repair",
        &web("lower_prio_no_advert"),
        "7:1",
        &web("lower_prio_no_advert\ngarp_master_refresh 60"),
    );
    // Parsing speaks of strict mode.
    assert!(
        found(&web("strict_mode"))
            .iter()
            .all(|found| found.code != "no-repair")
    );
}

/// An instance on eth0 with this address line.
fn address(line: &str, more: &str) -> String {
    format!(
        "vrrp_instance A {{\ninterface eth0\nvirtual_router_id 7\nvirtual_ipaddress {{\n{line}\n}}\n{more}\n}}\n"
    )
}

#[test]
fn an_address_elsewhere() {
    let there = address("192.0.2.1 dev eth1", "");
    trips(
        "dev-not-tracked",
        &there,
        "5:15",
        &address("192.0.2.1 dev eth0", ""),
    );
    trips(
        "dev-not-tracked",
        &there,
        "5:15",
        &address("192.0.2.1 dev eth1", "track_interface {\neth1\n}"),
    );
}

#[test]
fn a_label_of_another_interface() {
    trips(
        "label-of-other",
        &address("192.0.2.1 label eth1:1", ""),
        "5:17",
        &address("192.0.2.1 label eth0:1", ""),
    );
    trips(
        "label-of-other",
        &address("192.0.2.1 label eth0:1 dev eth1", ""),
        "5:17",
        &address("192.0.2.1 label eth1:1 dev eth1", ""),
    );
}

#[test]
fn detection_of_duplicates() {
    trips(
        "detection-on",
        &address("fe80::1 -nodad", ""),
        "5:1",
        &address("fe80::1", ""),
    );
}

#[test]
fn adverts_from_an_address_that_moves() {
    for word in ["mcast_src_ip", "unicast_src_ip"] {
        let peers = if word == "unicast_src_ip" {
            "unicast_peer {\n192.0.2.12\n}\n"
        } else {
            ""
        };
        let lines = |source: &str| web(&format!("{peers}{word} {source}"));
        let place = if peers.is_empty() { "7:14" } else { "10:16" };
        trips(
            "source-is-virtual",
            &lines("192.0.2.1"),
            place,
            &lines("192.0.2.11"),
        );
    }
}

#[test]
fn peers_that_are_none() {
    let peers = |list: &str| {
        web(&format!(
            "check_unicast_src\nunicast_src_ip 192.0.2.11\nunicast_peer {{\n{list}\n}}"
        ))
    };
    let clean = peers("192.0.2.12");
    trips("peer-is-self", &peers("192.0.2.12\n192.0.2.11"), "11:1", &clean);
    trips("peer-is-virtual", &peers("192.0.2.1"), "10:1", &clean);
}

#[test]
fn adverts_of_anybody() {
    let unicast = |lines: &str| web(&format!("{lines}\nunicast_peer {{\n192.0.2.12\n}}"));
    trips(
        "unicast-unchecked",
        &unicast(""),
        "9:1",
        &unicast("check_unicast_src"),
    );
    trips("unicast-unchecked", &unicast(""), "9:1", &web(""));
}

fn second(interface: &str, number: u8, lines: &str) -> String {
    format!(
        "vrrp_instance other {{\ninterface {interface}\nvirtual_router_id {number}\nvirtual_ipaddress {{\n192.0.2.129\n}}\n{lines}\n}}\n"
    )
}

#[test]
fn one_number_on_two_interfaces() {
    let text = |number| web("") + &second("eth1", number, "");
    trips("router-id-again", &text(7), "11:19", &text(8));
}

#[test]
fn unicast_instances_with_one_peer() {
    let text = |number, peer: &str| {
        let peers = |peer: &str| format!("check_unicast_src\nunicast_peer {{\n{peer}\n}}");
        web(&peers("192.0.2.12")) + &second("eth0", number, &peers(peer))
    };
    let clash = text(7, "192.0.2.12");
    trips("unicast-clash", &clash, "14:19", &text(8, "192.0.2.12"));
    trips("unicast-clash", &clash, "14:19", &text(7, "192.0.2.13"));
}

#[test]
fn the_sample() {
    let text = |number: u8, password: &str| {
        format!(
            "vrrp_instance A {{\ninterface eth0\nvirtual_router_id {number}\nvirtual_ipaddress {{\n192.0.2.1\n}}\nauthentication {{\nauth_type PASS\nauth_pass {password}\n}}\n}}\n"
        )
    };
    let sample = text(51, "1111");
    trips("sample-identity", &sample, "3:19", &text(52, "1111"));
    trips("sample-identity", &sample, "3:19", &text(51, "secret"));
    trips("pass-in-clear", &sample, "9:11", &web(""));
}

#[test]
fn mail() {
    let text = |to: &str, lines: &str| {
        format!(
            "global_defs {{\nnotification_email {{\n{to}\n}}\n{lines}\n}}\n{}",
            web("")
        )
    };
    let none = text("me@example.com", "");
    trips(
        "mail-never-sent",
        &none,
        "3:1",
        &text("me@example.com", "smtp_alert"),
    );
    let real = format!("{none}virtual_server 192.0.2.1 80 {{\nreal_server 192.0.2.2 80 {{\n}}\n}}\n");
    trips("mail-never-sent", &none, "3:1", &real);
    trips(
        "mail-never-sent",
        &text("me@example.com", "smtp_alert off"),
        "3:1",
        &web("smtp_alert"),
    );
    trips(
        "sample-mail",
        &text("acassen@firewall.loc", "smtp_alert"),
        "3:1",
        &text("me@example.com", "smtp_alert"),
    );
    trips(
        "sample-mail",
        &text("me@example.com", "smtp_alert\nsmtp_server 192.168.200.1"),
        "6:13",
        &text("me@example.com", "smtp_alert\nsmtp_server 192.0.2.25"),
    );
}

/// 30 addresses on two interfaces that share 0.05 s, 5 packets each: 15 s on both together.
#[test]
fn announced_slowly_by_a_group() {
    let text = |group: &str| {
        let addresses: Vec<_> = (1..=60)
            .map(|last| format!("192.0.2.{last} dev eth{}", last % 2))
            .collect();
        format!(
            "garp_group {{\n{group}\n}}\nvrrp_instance A {{\ninterface eth0\nvirtual_router_id 7\nvirtual_ipaddress {{\n{}\n}}\n}}\n",
            addresses.join("\n")
        )
    };
    trips(
        "slow-announcements",
        &text("garp_interval 0.1\ninterfaces { eth0 eth1 }"),
        "2:15",
        &text("garp_interval 0.01\ninterfaces { eth0 eth1 }"),
    );
    trips(
        "slow-announcements",
        &text("garp_interval 0.1\ninterface eth0"),
        "2:15",
        &text("garp_interval 0.1\ninterface eth7"),
    );
}

#[test]
fn who_gives_way_says_nothing() {
    for clean in [
        "higher_prio_send_advert",
        "garp_master_refresh 60",
        "strict_mode",
        "priority 255",
    ] {
        trips("yields-unsaid", &web(""), "1:1", &web(clean));
    }
    let unasked = lint::file(&file(&web("")), &Machine::default());
    assert!(unasked.iter().all(|found| found.code != "yields-unsaid"));
}

#[test]
fn a_rival_that_the_script_does_not_hear_of() {
    trips(
        "challenge-untold",
        &web("notify_master /etc/up"),
        "7:15",
        &web("notify_master /etc/up\nnotify_master_rx_lower_pri /etc/up"),
    );
    assert!(
        found(&web("notify_backup /etc/down"))
            .iter()
            .all(|found| found.code != "challenge-untold")
    );
}
