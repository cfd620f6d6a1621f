//! Packets that are believed with a warning: each kind is told once a minute.

use std::net::IpAddr;
use std::time::Duration;

use vrrp_conformance::proves;
use vrrp_core::StateName;
use vrrp_core::wire::{Difference, Warning};
use vrrp_net::{Happening, Service};

use crate::adverts::service;
use crate::lab::{LIMIT, Node, Running, isolated, switch, wait_for};

fn odd(wanted: Warning) -> impl Fn(&Happening) -> bool {
    move |what| matches!(what, Happening::Odd { warning, .. } if *warning == wanted)
}

/// Ten more are believed, and not one more is told.
fn is_told_once(running: &mut Running, name: &str, warning: Warning) {
    let heard = || running.service(name).counters.advertisement_rcvd;
    let before = heard();
    wait_for("ten more", LIMIT, || (heard() >= before + 10).then_some(()));
    let told = running.seen().iter().filter(|event| odd(warning)(&event.what));
    assert_eq!(told.count(), 1, "{warning:?}");
}

/// V3-7.1-10, V3-7.1-11: another interval and other addresses: told with what differs, once in a minute, never discarded.
#[test]
fn v3_7_1_10_another_interval_and_other_addresses_are_told() {
    isolated(
        "odd::v3_7_1_10_another_interval_and_other_addresses_are_told",
        || {
            switch();
            let (one, two) = (Node::new(1), Node::new(2));
            let sender = service(51).address("192.0.2.254").unwrap().priority(200).unwrap();
            let sender = sender
                .interval_centiseconds(5)
                .unwrap()
                .address("192.0.2.253")
                .unwrap();
            let first = one.start(vec![sender]);
            let mut second = two.start(vec![service(51).address("192.0.2.254").unwrap()]);
            let lists = second.wait("the lists", odd(Warning::AddressListMismatch));
            let Happening::Odd {
                source,
                difference,
                suppressed,
                ..
            } = lists.what
            else {
                unreachable!()
            };
            assert_eq!(source, "192.0.2.1".parse::<IpAddr>().unwrap());
            assert_eq!(difference, Some(Difference::AddressList { theirs: 2, ours: 1 }));
            assert_eq!(suppressed, 0);
            let intervals = second
                .seen()
                .iter()
                .find(|event| odd(Warning::IntervalMismatch)(&event.what))
                .cloned();
            let Some(Happening::Odd {
                difference: Some(Difference::Interval { theirs, ours }),
                ..
            }) = intervals.map(|event| event.what)
            else {
                panic!("the interval is not told");
            };
            assert_eq!((theirs.unwrap().centiseconds(), ours.centiseconds()), (5, 10));
            assert_eq!(lists.service.as_deref(), Some("VI_1"));
            for warning in [Warning::AddressListMismatch, Warning::IntervalMismatch] {
                is_told_once(&mut second, "VI_1", warning);
            }
            assert_eq!(second.service("VI_1").state, StateName::Backup);
            first.stop();
            second.stop();
            proves!("V3-7.1-10", "V3-7.1-11", Obeys);
        },
    );
}

/// a unicast sender that is not listed is believed, and told.
#[test]
fn x_14_an_unlisted_sender_is_told() {
    isolated("odd::x_14_an_unlisted_sender_is_told", || {
        switch();
        let (one, two) = (Node::new(1), Node::new(2));
        let to = |peer: &str, priority: u8| -> Service {
            let service = service(51)
                .address("192.0.2.254")
                .unwrap()
                .priority(priority)
                .unwrap();
            let mut service = service.unicast(&[peer.parse().unwrap()]);
            // As keepalived without its word for that.
            service.settings.check_unicast_source = false;
            service
        };
        let first = one.start(vec![to("192.0.2.2", 200)]);
        let mut second = two.start(vec![to("192.0.2.9", 100)]);
        let event = second.wait("the sender", odd(Warning::PeerNotListed));
        assert!(
            matches!(event.what, Happening::Odd { source, difference: None, .. }
            if source == "192.0.2.1".parse::<IpAddr>().unwrap())
        );
        is_told_once(&mut second, "VI_1", Warning::PeerNotListed);
        first.stop();
        second.stop();
        proves!("X-14", Obeys);
    });
}

/// PRJ-RX-05: an IPv6 source that is not link-local is believed, and told.
#[test]
fn prj_rx_05_a_routed_source_is_told() {
    isolated("odd::prj_rx_05_a_routed_source_is_told", || {
        switch();
        let (one, two) = (Node::new(1), Node::new(2));
        one.ip("addr add 2001:db8::1/64 dev eth1 nodad");
        let six = |priority: u8| {
            let service = Service::new_ipv6("VI_6", "eth1", 66).unwrap();
            let service = service
                .interval_centiseconds(10)
                .unwrap()
                .priority(priority)
                .unwrap();
            service.address("fe80::66/64").unwrap()
        };
        let mut sender = six(200);
        sender.source = Some("2001:db8::1".parse().unwrap());
        let first = one.start(vec![sender]);
        let mut second = two.start(vec![six(100)]);
        let _told = second.wait("the source", odd(Warning::SourceNotLinkLocal));
        is_told_once(&mut second, "VI_6", Warning::SourceNotLinkLocal);
        second.none_for(
            Duration::from_millis(100),
            "nothing else is odd",
            |what| matches!(what, Happening::Odd { warning, .. } if *warning != Warning::SourceNotLinkLocal),
        );
        first.stop();
        second.stop();
        proves!("PRJ-RX-05", Obeys);
    });
}
