//! Address lines.

use std::time::Duration;

use keepalived_conf::{Address, Keepalived, Lifetime, RouteScope, Severity};
use vrrp_conformance::proves;

use super::text::{barred, codes, file, found, only, place, web};

fn list(lines: &str) -> keepalived_conf::Parsed {
    file(&format!(
        "vrrp_instance A {{\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress {{\n{lines}\n}}\n}}"
    ))
}

fn one(line: &str) -> Address {
    let parsed = list(line);
    assert_eq!(only(&parsed).addresses.len(), 1, "{line}: {:?}", codes(&parsed));
    only(&parsed).addresses[0].clone()
}

#[test]
fn a_plain_address_is_that_of_a_host() {
    assert_eq!(one("192.0.2.1").prefix.value.to_string(), "192.0.2.1/32");
    assert_eq!(one("2001:db8::1").prefix.value.to_string(), "2001:db8::1/128");
    assert_eq!(one("192.0.2.1/24").prefix.value.to_string(), "192.0.2.1/24");
    assert_eq!(one("192.0.2.1/").prefix.value.to_string(), "192.0.2.1/32");
    assert_eq!(
        one("192.0.2.1/33").prefix.value.to_string(),
        "192.0.2.1/32",
        "out of range: that of a host"
    );
    assert_eq!(one("192.0.2.1/024").prefix.value.to_string(), "192.0.2.1/24");
}

/// keepalived: "Invalid address prefix len 33 for address 192.0.2.1/33 - using 32".
#[test]
fn a_wrong_length_is_that_of_a_host_and_said_so() {
    for (line, used) in [
        ("192.0.2.1/33", "192.0.2.1/32"),
        ("192.0.2.1/x", "192.0.2.1/32"),
        ("192.0.2.1/24x", "192.0.2.1/32"),
        ("192.0.2.1/-1", "192.0.2.1/32"),
        ("192.0.2.1/24/3", "192.0.2.1/32"),
        ("192.0.2.1/256", "192.0.2.1/32"),
        ("2001:db8::1/129", "2001:db8::1/128"),
    ] {
        let parsed = list(line);
        assert_eq!(
            only(&parsed).addresses[0].prefix.value.to_string(),
            used,
            "{line}"
        );
        let found = found(&parsed, "bad-prefix");
        assert_eq!(
            (found.severity, found.keepalived),
            (Severity::Error, Keepalived::Reports)
        );
        assert_eq!(
            found.effect,
            format!("{used} is used, as keepalived does"),
            "{line}"
        );
        assert_eq!(place(&parsed, "bad-prefix"), "5:1");
    }
}

#[test]
fn every_word_of_the_line() {
    let line = "192.0.2.1/24 brd + dev eth1 scope link label eth1:web noprefixroute no_track preferred_lft 60 home mngtmpaddr autojoin -nodad";
    let address = one(line);
    assert_eq!(address.broadcast.unwrap().value.to_string(), "192.0.2.255");
    assert_eq!(address.dev.unwrap().value, "eth1");
    assert_eq!(address.scope.unwrap().value, RouteScope::Link);
    assert_eq!(address.label.unwrap().value, "eth1:web");
    assert_eq!(
        address.preferred_lifetime.unwrap().value,
        Lifetime::For(Duration::from_secs(60))
    );
    assert!(address.no_prefix_route && address.no_track && address.home && address.manage_temporary);
    assert!(address.auto_join && address.duplicate_detection);
    let address = one("192.0.2.1/30 broadcast - peer 198.51.100.1 scope 7 preferred_lft forever");
    assert_eq!(address.broadcast.unwrap().value.to_string(), "192.0.2.0");
    assert_eq!(address.peer.unwrap().value.to_string(), "198.51.100.1/32");
    assert_eq!(address.scope.unwrap().value.number(), 7);
    assert_eq!(address.preferred_lifetime.unwrap().value, Lifetime::Forever);
    assert!(!one("2001:db8::1").duplicate_detection);
    assert_eq!(one("192.0.2.1 scope 253").scope.unwrap().value, RouteScope::Link);
}

#[test]
fn what_is_for_ipv4_is_dropped_for_ipv6() {
    let parsed = list("fe80::1 label x scope link");
    let address = &only(&parsed).addresses[0];
    assert!(address.label.is_none() && address.scope.is_none());
    assert_eq!(codes(&parsed), ["ipv4-option", "ipv4-option"]);
}

#[test]
fn a_wrong_address_is_left_out_and_the_rest_stays() {
    for (wrong, code) in [
        ("10.0.0", "bad-address"),
        ("010.0.0.1", "bad-address"),
        ("VIP", "bad-address"),
        ("10.0.0.1 label a-label-of-more-than-15", "label-too-long"),
        ("10.0.0.1/24 brd x", "bad-broadcast"),
        ("10.0.0.1/31 brd +", "bad-broadcast"),
        ("10.0.0.1 dev", "missing-argument"),
    ] {
        let parsed = list(&format!("192.0.2.1\n{wrong}"));
        assert_eq!(only(&parsed).addresses.len(), 1, "{wrong}");
        assert!(codes(&parsed).contains(&code), "{wrong}: {:?}", codes(&parsed));
        assert!(barred(&parsed).is_empty());
    }
    let parsed = list("192.0.2.1 foo 192.0.2.2");
    assert_eq!(codes(&parsed), ["unknown-option", "unknown-option"]);
    assert_eq!(only(&parsed).addresses.len(), 1);
}

/// An active node that serves nothing silences the one that could.
#[test]
fn an_instance_that_loses_every_address_is_barred() {
    let parsed = list("10.0.0\nVIP");
    assert_eq!(barred(&parsed), ["virtual_ipaddress"]);
    assert_eq!(place(&parsed, "missing"), "5:1");
}

#[test]
fn the_first_address_sets_the_family() {
    let parsed = list("192.0.2.1\nfe80::1");
    assert_eq!(only(&parsed).addresses.len(), 1);
    assert_eq!(place(&parsed, "address-family"), "6:1");
    assert_eq!(found(&parsed, "address-family").labels.len(), 1);
    let parsed = web("virtual_ipaddress_excluded {\nfe80::1\n192.0.2.9\n}");
    assert_eq!(only(&parsed).excluded.len(), 2, "either family");
}

#[test]
fn an_address_stands_once() {
    let parsed = list("192.0.2.1\n192.0.2.1");
    assert_eq!(only(&parsed).addresses.len(), 1);
    assert_eq!(place(&parsed, "duplicate-address"), "6:1");
    assert_eq!(found(&parsed, "duplicate-address").severity, Severity::Warning);
    // The same address otherwise: one of the two is not meant.
    for again in ["192.0.2.1/32", "192.0.2.1/24 dev eth1"] {
        let parsed = list(&format!("192.0.2.1/24\n{again}\n192.0.2.2"));
        assert_eq!(only(&parsed).addresses.len(), 2);
        assert_eq!(
            only(&parsed).addresses[0].prefix.value.to_string(),
            "192.0.2.1/24"
        );
        let found = found(&parsed, "duplicate-address");
        assert_eq!((found.severity, found.labels.len()), (Severity::Error, 1));
        assert_eq!(place(&parsed, "duplicate-address"), "6:1");
    }
    let parsed = web("virtual_ipaddress {\n192.0.2.1/24\n}\nvirtual_ipaddress_excluded {\n192.0.2.1/32\n}");
    assert!(only(&parsed).excluded.is_empty());
    assert_eq!(found(&parsed, "duplicate-address").severity, Severity::Error);
}

/// An instance with these addresses on an interface.
fn named(name: &str, vrid: u8, interface: &str, lines: &str) -> String {
    format!(
        "vrrp_instance {name} {{\ninterface {interface}\nvirtual_router_id {vrid}\nvirtual_ipaddress {{\n{lines}\n}}\n}}\n"
    )
}

/// Who does not start must not take an address from who does.
#[test]
fn an_address_belongs_to_the_instance_that_starts() {
    let barred_one = named("A", 51, "eth0", "192.0.2.1/24")
        .replace("virtual_ipaddress {", "use_ipvlan\nvirtual_ipaddress {");
    let parsed = file(&(barred_one + &named("B", 52, "eth0", "192.0.2.1/24")));
    let held: Vec<(&str, usize, bool)> = (parsed.config.instances.iter())
        .map(|one| (one.name.as_str(), one.addresses.len(), one.missing.is_empty()))
        .collect();
    assert_eq!(held, [("A", 0, false), ("B", 1, true)]);
    assert_eq!(found(&parsed, "address-of-two").instance.as_deref(), Some("A"));
}

/// Two instances can be active on two nodes.
#[test]
fn an_address_of_an_interface_belongs_to_one_instance() {
    let parsed = file(
        &(named("A", 51, "eth0", "192.0.2.1/24") + &named("B", 52, "eth0", "192.0.2.1/32\n192.0.2.2/24")),
    );
    let lists: Vec<usize> = (parsed.config.instances.iter())
        .map(|instance| instance.addresses.len())
        .collect();
    assert_eq!(lists, [1, 1]);
    let two = found(&parsed, "address-of-two");
    assert_eq!(place(&parsed, "address-of-two"), "12:1");
    assert_eq!(
        (two.severity, two.instance.as_deref(), two.keepalived),
        (Severity::Error, Some("B"), Keepalived::Silent)
    );
    assert_eq!(parsed.sources.place(two.labels[0].span).line, 5);
    assert!(
        parsed
            .config
            .instances
            .iter()
            .all(|instance| instance.missing.is_empty())
    );
    // On another interface it is another's.
    for second in [
        named("B", 52, "eth1", "192.0.2.1/24"),
        named("B", 52, "eth0", "192.0.2.1/24 dev eth1"),
    ] {
        let parsed = file(&(named("A", 51, "eth0", "192.0.2.1/24") + &second));
        assert_eq!(parsed.diagnostics, []);
    }
    let parsed =
        file(&(named("A", 51, "eth0", "192.0.2.1/24") + &named("B", 52, "eth1", "192.0.2.1 dev eth0")));
    assert_eq!(place(&parsed, "address-of-two"), "12:1");
}

#[test]
fn an_instance_whose_addresses_are_all_anothers_is_barred() {
    let parsed = file(&(named("A", 51, "eth0", "192.0.2.1") + &named("B", 52, "eth0", "192.0.2.1")));
    let bars: Vec<Vec<&str>> = (parsed.config.instances.iter())
        .map(|instance| {
            instance
                .missing
                .iter()
                .map(|missing| missing.word.as_str())
                .collect()
        })
        .collect();
    assert_eq!(bars, [vec![], vec!["virtual_ipaddress"]]);
    assert_eq!(place(&parsed, "missing"), "12:1");
}

/// Nothing answers to them: observed of the kernel, which takes those of IPv4 from keepalived and refuses those of IPv6.
#[test]
fn an_address_that_nobody_can_have_is_left_out() {
    for (wrong, right) in [
        ("0.0.0.0", "192.0.2.1"),
        ("127.0.0.5/8", "126.255.255.255"),
        ("127.255.255.254", "128.0.0.1"),
        ("224.0.0.18", "223.255.255.1"),
        ("239.255.255.255", "240.0.0.1"),
        ("255.255.255.255", "255.255.255.254"),
        ("::", "2001:db8::1"),
        ("::1", "fe80::1"),
        ("ff00::1", "fe80::2"),
        ("ff02::12", "fd00::1"),
    ] {
        let parsed = list(&format!("{right}\n{wrong}"));
        let found = found(&parsed, "impossible-address");
        assert_eq!(
            (found.severity, found.keepalived),
            (Severity::Error, Keepalived::Silent)
        );
        assert_eq!(place(&parsed, "impossible-address"), "6:1", "{wrong}");
        assert_eq!(only(&parsed).addresses.len(), 1, "{wrong}");
        assert!(barred(&parsed).is_empty());
        assert_eq!(barred(&list(wrong)), ["virtual_ipaddress"], "{wrong}");
    }
    let parsed = web("virtual_ipaddress {\n192.0.2.1\n}\nvirtual_ipaddress_excluded {\n::1\n}");
    assert!(only(&parsed).excluded.is_empty());
}

/// PRJ-MAX-01, PRJ-ADDR-01: 255 of IPv4, 90 of IPv6 at an MTU of 1500; the rest is held without being advertised.
#[test]
fn what_does_not_fit_is_held_without_being_advertised() {
    let many: String = (0..300)
        .map(|n| format!("10.0.{}.{}\n", n / 250, n % 250 + 1))
        .collect();
    let parsed = list(&many);
    assert_eq!(
        (only(&parsed).addresses.len(), only(&parsed).excluded.len()),
        (255, 45)
    );
    assert_eq!(place(&parsed, "too-many-addresses"), "260:1");
    let many: String = (1..=100).map(|n| format!("fe80::{n:x}\n")).collect();
    let parsed = list(&many);
    assert_eq!(
        (only(&parsed).addresses.len(), only(&parsed).excluded.len()),
        (90, 10)
    );
    proves!("PRJ-MAX-01", "PRJ-ADDR-01", Obeys);
}

/// PRJ-MAX-02: 16 of IPv4 and 2 of IPv6 as in RFC 8347; one more is worth a warning, and all are advertised.
#[test]
fn more_addresses_than_the_yang_model_lists_are_warned_of() {
    let list_of = |count: usize, of: &dyn Fn(usize) -> String| {
        list(&(1..=count).map(|n| of(n) + "\n").collect::<String>())
    };
    for (usual, of) in [
        (16, &(|n| format!("10.0.0.{n}")) as &dyn Fn(usize) -> String),
        (2, &|n| format!("fe80::{n:x}")),
    ] {
        let parsed = list_of(usual, of);
        let warned =
            |parsed: &keepalived_conf::Parsed| parsed.diagnostics.iter().any(|d| d.code == "many-addresses");
        assert!(!warned(&parsed), "{usual}");
        let parsed = list_of(usual + 1, of);
        let warning = found(&parsed, "many-addresses");
        assert_eq!(
            (warning.severity, warning.keepalived),
            (Severity::Warning, Keepalived::Silent)
        );
        assert_eq!(place(&parsed, "many-addresses"), format!("{}:1", 5 + usual));
        assert_eq!(only(&parsed).addresses.len(), usual + 1);
        assert!(barred(&parsed).is_empty());
    }
    proves!("PRJ-MAX-02", Obeys);
}

#[test]
fn a_virtual_mac_for_one_address() {
    let parsed = list("192.0.2.1 use_vmac\n192.0.2.2");
    assert_eq!(barred(&parsed), Vec::<&str>::new());
    let with = only(&parsed)
        .addresses
        .iter()
        .map(|address| address.use_vmac.is_some());
    assert_eq!(with.collect::<Vec<_>>(), [true, false]);
}
