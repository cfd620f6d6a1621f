//! `use_vmac` as devices of the driver. The names are those that keepalived 2.2.7 gave to the same file.

use keepalived_conf::{MemoryFiles, parse};
use vrrp_net::VirtualMac;
use vrrp_plan::{Allowed, Host, Lowered, lower};

fn lowered(text: &str) -> Lowered {
    let parsed = parse(&MemoryFiles::new([("k.conf", text)]), "k.conf");
    lower(
        &parsed.config,
        &parsed.sources,
        &Allowed::default(),
        &Host::default(),
    )
}

fn instance(name: &str, interface: &str, vrid: u8, words: &str, addresses: &str) -> String {
    format!(
        "vrrp_instance {name} {{\n interface {interface}\n virtual_router_id {vrid}\n {words}\n virtual_ipaddress {{\n  {addresses}\n }}\n}}\n"
    )
}

fn devices(lowered: &Lowered) -> Vec<(String, Option<String>, Vec<Option<String>>)> {
    let of = |planned: &vrrp_plan::Instance| {
        let held = planned.service.addresses.iter();
        (
            planned.name.clone(),
            planned.service.virtual_mac_device(),
            held.map(|held| held.virtual_mac.clone()).collect(),
        )
    };
    lowered.plan.instances.iter().map(of).collect()
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn the_names_are_those_of_keepalived() {
    let text = instance(
        "A",
        "eth1",
        51,
        "use_vmac",
        "192.0.2.254/24\n192.0.2.250/32 dev eth2 use_vmac",
    ) + &instance(
        "B",
        "eth1",
        51,
        "version 3\nuse_vmac\nuse_vmac_addr",
        "fe80::66\n2001:db8::fe\n2001:db8:1::fe dev eth3",
    ) + &instance("C", "eth1", 52, "use_vmac", "fe80::67")
        + &instance("D", "eth1", 52, "use_vmac", "192.0.2.52");
    let lowered = lowered(&text);
    assert_eq!(lowered.not_started, []);
    let expected = [
        ("A".to_owned(), some("vrrp.51"), vec![None, some("vrrp1.51")]),
        (
            "B".to_owned(),
            some("vrrp6.51"),
            vec![None, None, some("vrrp2.51")],
        ),
        ("C".to_owned(), some("vrrp.52"), vec![None]),
        ("D".to_owned(), some("vrrp1.52"), vec![None]),
    ];
    assert_eq!(devices(&lowered), expected);
}

#[test]
fn names_and_macs_that_are_written() {
    let text = "global_defs {\n vmac_prefix averylongprefix\n vmac_addr_prefix a\n}\n".to_owned()
        + &instance("A", "eth1", 251, "use_vmac", "192.0.2.1")
        + &instance(
            "B",
            "eth1",
            252,
            "use_vmac name vrrp-b 02:00:00:00:00:0a",
            "192.0.2.2",
        )
        + &instance(
            "C",
            "eth1",
            253,
            "use_vmac vrrp-c 02:00:00:00:1\nvmac_xmit_base",
            "192.0.2.3",
        )
        + &instance("D", "eth1", 10, "", "192.0.2.4 use_vmac\n192.0.2.5");
    let lowered = lowered(&text);
    assert_eq!(lowered.not_started, []);
    let of = |name: &str| {
        let mut all = lowered.plan.instances.iter();
        all.find(|planned| planned.name == name).unwrap().service.clone()
    };
    assert_eq!(of("A").virtual_mac_device(), some("averylongpr.251"));
    let b = VirtualMac {
        device: some("vrrp-b"),
        mac: Some([2, 0, 0, 0, 0, 0x0a]),
        adverts_from_parent: false,
    };
    assert_eq!(of("B").virtual_mac, Some(b));
    let c = VirtualMac {
        device: some("vrrp-c"),
        mac: Some([2, 0, 0, 0, 1, 253]),
        adverts_from_parent: true,
    };
    assert_eq!(of("C").virtual_mac, Some(c));
    assert_eq!(of("D").virtual_mac, None);
    let held: Vec<Option<String>> = of("D")
        .addresses
        .into_iter()
        .map(|held| held.virtual_mac)
        .collect();
    assert_eq!(held, [some("a.10"), None]);
}

/// keepalived gives both one device; the driver would refuse the whole.
#[test]
fn one_virtual_mac_on_one_interface_is_one_instances() {
    let text = instance(
        "A",
        "eth1",
        51,
        "use_vmac",
        "192.0.2.1\n198.51.100.1 dev eth2 use_vmac",
    ) + &instance("B", "eth2", 51, "use_vmac", "198.51.100.2")
        + &instance("C", "eth3", 51, "use_vmac", "203.0.113.2");
    let lowered = lowered(&text);
    let names: Vec<&str> = lowered
        .plan
        .instances
        .iter()
        .map(|planned| planned.name.as_str())
        .collect();
    assert_eq!(names, ["A", "C"]);
    let [refused] = &lowered.not_started[..] else {
        panic!("{lowered:?}")
    };
    assert_eq!(
        (refused.name.as_str(), refused.place.as_str()),
        ("B", "k.conf:10")
    );
    assert!(
        refused
            .reason
            .contains("A has a device with the same virtual MAC on eth2"),
        "{}",
        refused.reason
    );
}
