//! A reload that asks for a virtual MAC, for another, and for none.

use vrrp_core::StateName;
use vrrp_net::{RequestError, ServiceError, VirtualMac};

use super::{FOUR, VIP, adverts, ask, four, has_link, neighbor, physical, setting, wait_adverts, wait_up};
use crate::lab::{Capture, LIMIT, Node, block_on, isolated, switch, wait_for};

/// The Active stays Active and its address on the node; neighbours are told of the other MAC.
#[test]
fn asked_for_and_not_while_active() {
    isolated("virtual_mac::reload::asked_for_and_not_while_active", || {
        switch();
        let (node, client) = (Node::new(1), Node::new(3));
        let with = four(100);
        let mut without = with.clone();
        without.virtual_mac = None;
        let mut renamed = with.clone();
        let device = Some("virtual".to_owned());
        renamed.virtual_mac = Some(VirtualMac {
            device,
            ..VirtualMac::default()
        });
        let mut running = node.start(vec![without.clone()]);
        running.wait_state(StateName::Active);
        ask(&client, VIP);
        assert_eq!(neighbor(&client, VIP).as_deref(), Some("02:00:00:00:00:01"));
        running.forget();
        let steps = [
            (&with, Some("vrrp.51"), "00:00:5e:00:01:33", FOUR),
            (&renamed, Some("virtual"), "00:00:5e:00:01:33", FOUR),
            (&without, None, "02:00:00:00:00:01", physical(1)),
            (&with, Some("vrrp.51"), "00:00:5e:00:01:33", FOUR),
            (&without, None, "02:00:00:00:00:01", physical(1)),
        ];
        for (service, device, mac, from) in steps {
            let wire = Capture::on("port1");
            let applied = block_on(running.handle.apply(vec![service.clone()])).unwrap();
            assert_eq!(applied.changed, ["VI_1"]);
            // Not flushed: it was told.
            wait_for("the other MAC", LIMIT, || {
                (neighbor(&client, VIP).as_deref() == Some(mac)).then_some(())
            });
            assert!(node.has(VIP));
            wait_adverts(&wire, from, 2);
            assert!(adverts(&wire).iter().all(|(mac, _)| *mac == from));
            for name in ["vrrp.51", "virtual"] {
                assert_eq!(has_link(&node, name), device == Some(name), "{name}");
            }
            if let Some(device) = device {
                wait_up(&node, device, true);
            }
            ask(&client, VIP);
        }
        assert_eq!(setting(&node, "ipv4/conf/eth1/arp_ignore"), "0");
        assert_eq!(running.states(), []);
        running.stop();
    });
}

/// Two that want one device, or one virtual MAC on one interface; names and MACs that cannot be: nothing is changed.
#[test]
fn what_cannot_be_is_refused() {
    isolated("virtual_mac::reload::what_cannot_be_is_refused", || {
        switch();
        let node = Node::new(1);
        let running = node.start(vec![four(100)]);
        running.wait_state(StateName::Active);
        let with = |vrid: u8, virtual_mac: VirtualMac| {
            let mut service = crate::adverts::service(vrid).address("192.0.2.253").unwrap();
            service.name = format!("VI_{vrid}");
            service.virtual_mac(virtual_mac)
        };
        let named = |name: &str| VirtualMac {
            device: Some(name.to_owned()),
            ..VirtualMac::default()
        };
        let of_mac = |mac: [u8; 6]| VirtualMac {
            mac: Some(mac),
            ..VirtualMac::default()
        };
        for name in ["", "a name", "sixteen_letters_", "eth1", "a/b", ".."] {
            refused(&running.handle, vec![with(52, named(name))], |error| {
                matches!(error, ServiceError::VirtualMacDevice { .. })
            });
        }
        for mac in [[0; 6], [0x01, 0, 0x5e, 0, 0, 0x12], [0xff; 6]] {
            refused(&running.handle, vec![with(52, of_mac(mac))], |error| {
                matches!(error, ServiceError::VirtualMacAddress { .. })
            });
        }
        for second in [named("vrrp.51"), of_mac(FOUR)] {
            refused(&running.handle, vec![four(100), with(52, second)], |error| {
                matches!(error, ServiceError::VirtualMacTwice { service, other, .. }
                    if service == "VI_52" && other == "VI_1")
            });
        }
        assert_eq!(running.status().services.len(), 1);
        assert!(node.has(VIP));
        running.stop();
    });
}

fn refused(handle: &vrrp_net::Handle, services: Vec<vrrp_net::Service>, is: impl Fn(&ServiceError) -> bool) {
    let error = block_on(handle.apply(services)).unwrap_err();
    let right = matches!(&error, RequestError::Service(error) if is(error));
    assert!(right, "{error}");
}
