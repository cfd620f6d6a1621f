//! `router_advertisements` of a file as the driver takes it. Defaults by hand from RFC 4861 section 6.2.1.

use std::time::Duration;

use keepalived_conf::{MemoryFiles, parse};
use vrrp_net::RouterAdvertisements;
use vrrp_plan::{Allowed, Host, Lowered, difference, lower};

fn lowered(addresses: &str, lines: &str) -> Lowered {
    let text = format!(
        "vrrp_instance LAN {{\n interface eth1\n virtual_router_id 51\n virtual_ipaddress {{\n{addresses}\n }}\n router_advertisements {{\n{lines}\n }}\n}}\n"
    );
    let parsed = parse(&MemoryFiles::new([("k.conf", text.as_str())]), "k.conf");
    lower(
        &parsed.config,
        &parsed.sources,
        &Allowed::default(),
        &Host::default(),
    )
}

const ADDRESSES: &str = "fe80::1\n2001:db8::1";

fn told(lowered: &Lowered) -> &RouterAdvertisements {
    assert_eq!(lowered.not_started, []);
    let service = &lowered.plan.instances[0].service;
    service.router_advertisements.as_ref().unwrap()
}

#[test]
fn defaults_are_those_of_the_rfc() {
    let lowered = lowered(ADDRESSES, "prefix 2001:db8::/64");
    let told = told(&lowered);
    assert_eq!(told.interval_max, Duration::from_secs(600));
    assert_eq!(told.lifetime(), Duration::from_secs(1800));
    assert_eq!(
        (told.hop_limit, told.managed, told.other, told.mtu),
        (64, false, false, None)
    );
    let prefix = &told.prefixes[0];
    assert!(prefix.on_link && prefix.autonomous);
    assert_eq!(prefix.valid, Duration::from_secs(2_592_000));
    assert_eq!(prefix.preferred, Duration::from_secs(604_800));
}

#[test]
fn every_word_arrives() {
    let lowered = lowered(
        ADDRESSES,
        "interval 30\nlifetime 0\nhop_limit 32\nmtu 1400\nmanaged\nother_config\nprefix 2001:db8::/64 valid 60 off_link no_autonomous\nprefix 2001:db8:1::/64 valid forever preferred forever",
    );
    let told = told(&lowered);
    assert_eq!(
        (told.interval_max, told.lifetime()),
        (Duration::from_secs(30), Duration::ZERO)
    );
    assert_eq!(
        (told.hop_limit, told.managed, told.other, told.mtu),
        (32, true, true, Some(1400))
    );
    let [first, second] = told.prefixes.as_slice() else {
        panic!()
    };
    assert!(!first.on_link && !first.autonomous);
    assert_eq!(
        (first.valid, first.preferred),
        (Duration::from_secs(60), Duration::from_secs(60))
    );
    assert_eq!((second.valid, second.preferred), (Duration::MAX, Duration::MAX));
}

/// What no single line shows: hosts would be told nonsense, or by nobody.
#[test]
fn what_cannot_be_told_keeps_the_instance_from_starting() {
    for (addresses, lines, reason) in [
        ("2001:db8::1", "", "no link-local address"),
        ("192.0.2.1", "", "no link-local address"),
        (ADDRESSES, "interval 600\nlifetime 599", "a lifetime of 599s"),
        (ADDRESSES, "prefix fe80::/64", "which every link has"),
        (
            ADDRESSES,
            "prefix 2001:db8::/64 valid 60 preferred 61",
            "preferred for longer",
        ),
    ] {
        let lowered = lowered(addresses, lines);
        assert!(lowered.plan.instances.is_empty(), "{lines}");
        let [one] = lowered.not_started.as_slice() else {
            panic!("{:?}", lowered.not_started)
        };
        assert!(one.reason.contains(reason), "{}", one.reason);
    }
}

/// Another word is another service: a reload carries it out.
#[test]
fn a_change_is_a_change_of_the_instance() {
    let (old, new) = (lowered(ADDRESSES, ""), lowered(ADDRESSES, "managed"));
    assert_eq!(difference(&old.plan, &new.plan).changed, ["LAN"]);
    assert!(difference(&old.plan, &old.plan).is_empty());
}
