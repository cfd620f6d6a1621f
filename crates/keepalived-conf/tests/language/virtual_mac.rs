//! `use_vmac` and what belongs to it.

use keepalived_conf::{Mac, Severity};

use super::text::{barred, codes, file, found, only, web};

#[test]
fn every_word_of_use_vmac() {
    let plain = web("use_vmac");
    let wanted = only(&plain).vmac.own.clone().unwrap();
    assert!(wanted.name.is_none() && wanted.mac.is_none());
    assert_eq!(
        (barred(&plain), codes(&plain)),
        (Vec::<&str>::new(), Vec::<&str>::new())
    );
    assert!(!only(&plain).vmac.xmit_base.value && !only(&plain).vmac.addresses.value);
    assert!(only(&web("")).vmac.own.is_none());

    for line in [
        "use_vmac vrrp.51 02:00:00:00:00:0a",
        "use_vmac name vrrp.51 02:00:00:00:00:0a",
        "use_vmac 2:0:0:0:0:A vrrp.51",
    ] {
        let wanted = only(&web(line)).vmac.own.clone().unwrap();
        assert_eq!(wanted.name.unwrap().value, "vrrp.51", "{line}");
        assert_eq!(wanted.mac.unwrap().value, Mac([2, 0, 0, 0, 0, 10]), "{line}");
    }
    let parsed = web("use_vmac vrrp.51 group 7 netlink_notify_msg");
    assert_eq!(
        only(&parsed).vmac.own.clone().unwrap().name.unwrap().value,
        "vrrp.51"
    );
    assert_eq!(codes(&parsed), ["no-effect", "no-effect"]);
}

/// The number of the router may stand above or below.
#[test]
fn five_octets_are_filled_up_by_the_number_of_the_router() {
    for text in [
        "virtual_router_id 51\nuse_vmac 02:00:00:00:0a",
        "use_vmac 02:00:00:00:0a\nvirtual_router_id 51",
    ] {
        let text =
            format!("vrrp_instance V {{\ninterface eth1\n{text}\nvirtual_ipaddress {{\n192.0.2.1\n}}\n}}\n");
        let parsed = file(&text);
        let wanted = only(&parsed).vmac.own.clone().unwrap();
        assert_eq!(wanted.mac.unwrap().value.to_string(), "02:00:00:00:0a:33");
    }
}

#[test]
fn a_mac_that_cannot_be_one_is_told() {
    for mac in [
        "01:00:5e:00:00:12",
        "00:00:5e:00:01:33",
        "00:00:5e:00:02",
        "02:00:00:00",
        "02:00:00:00:00:zz",
        "02:00:00:00:00:0a:0b",
    ] {
        let parsed = web(&format!("use_vmac {mac}"));
        assert_eq!(found(&parsed, "bad-mac").severity, Severity::Error, "{mac}");
        assert!(only(&parsed).vmac.own.clone().unwrap().mac.is_none());
    }
}

#[test]
fn unicast_adverts_come_from_the_interface() {
    assert!(only(&web("use_vmac\nvmac_xmit_base")).vmac.xmit_base.value);
    let parsed = web("use_vmac\nunicast_peer {\n192.0.2.2\n}");
    assert!(only(&parsed).vmac.xmit_base.value);
    assert!(only(&web("use_vmac\nuse_vmac_addr")).vmac.addresses.value);
}

#[test]
fn prefixes_of_names() {
    let parsed = file("global_defs {\nvmac_prefix v\nvmac_addr_prefix w\n}\n");
    let global = &parsed.config.global;
    assert_eq!(global.vmac_prefix.as_ref().unwrap().value, "v");
    assert_eq!(global.vmac_addr_prefix.as_ref().unwrap().value, "w");
}
