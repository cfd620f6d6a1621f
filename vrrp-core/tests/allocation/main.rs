//! `handle` and `receive` allocate nothing: an advertisement in Backup, and everything else that happens often.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test stops at what it did not expect"
)]

#[path = "../subject/mod.rs"]
mod subject;
mod sys;

use subject::{MILLI, SECOND, Subject, default, ip};
use vrrp_core::wire::Received;
use vrrp_core::{Draft, Family, Input, Instant, InterfaceId, Link, Order, Outbox, Router, Version};

fn advertisement(value: u8) -> Vec<u8> {
    let mut sender = Subject::active(default(value, 100));
    let primary = Some(ip("192.0.2.20"));
    sender.does(Input::Link(Link { up: true, primary }));
    let draft = Draft {
        priority: value,
        version: Version::V3,
    };
    let mut octets = vec![0; 12];
    sender
        .router
        .seal(draft, None)
        .encode(Family::Ipv4.group(), &mut octets)
        .unwrap();
    octets
}

fn packet(octets: &[u8]) -> Received<'_> {
    Received {
        interface: Some(InterfaceId(1)),
        source: ip("192.0.2.20"),
        destination: Some(Family::Ipv4.group()),
        hop_limit: Some(255),
        message: octets,
    }
}

/// The measure itself: it sees an allocation.
#[test]
fn an_allocation_is_counted() {
    let (vector, allocated) = sys::allocations(|| vec![1_u8; 100]);
    assert_eq!((vector.len(), allocated), (100, 1));
}

#[test]
fn an_advertisement_in_backup_allocates_nothing() {
    let octets = advertisement(200);
    let packet = packet(&octets);
    let mut backup = Subject::backup(default(100, 100));
    let (accepted, allocated) = sys::allocations(|| {
        let mut accepted = 0;
        for step in 1..=1000 {
            let now = Instant::from_nanos(3600 * SECOND + step * MILLI);
            accepted += usize::from(backup.router.receive(now, &packet).is_ok());
        }
        accepted
    });
    assert_eq!((accepted, allocated), (1000, 0));
}

#[test]
fn no_step_of_the_machine_allocates() {
    let mut router = Subject::active(default(100, 100));
    let mut buffer = [0; 64];
    let goodbye = Draft {
        priority: 0,
        version: Version::V3,
    };
    let heard = [0, 50, 100, 200].map(|value| router.heard(ip("192.0.2.20"), value, subject::cs(100)));
    let link = |up| {
        Input::Link(Link {
            up,
            primary: Some(ip("192.0.2.10")),
        })
    };
    let (steps, allocated) = sys::allocations(|| {
        let mut steps = 0;
        for round in 0..50 {
            for input in heard {
                router.now = router.now.plus_nanos(200 * MILLI);
                steps += router.router.handle(router.now, Input::Heard(input)).len();
            }
            let others = [
                Input::Order(Order::Resign),
                Input::Stop,
                Input::Start,
                link(round % 2 == 0),
                link(true),
                Input::Recovered,
            ];
            for input in others {
                steps += router.router.handle(router.now, input).len();
                let _length = router
                    .router
                    .seal(goodbye, None)
                    .encode(Family::Ipv4.group(), &mut buffer);
            }
            for _ in 0..10 {
                let deadline = router.router.deadline();
                router.now = deadline.map_or(router.now, |deadline| deadline.at.max(router.now));
                steps += router.router.handle(router.now, Input::Tick).len();
            }
        }
        steps
    });
    assert!(steps > 500, "{steps}");
    assert_eq!(allocated, 0);
}

/// The map of many, once its outbox has grown: rejected packets of known and unknown routers, accepted ones, ticks.
#[test]
fn a_router_of_many_allocates_nothing_in_its_loop() {
    let mut node = Router::new();
    let mut out = Outbox::new();
    let begin = Instant::from_nanos(0);
    for vrid in 1..=255 {
        let mut settings = default(100, 100);
        settings.vrid = vrrp_core::Vrid::new(vrid).unwrap();
        let id = node.add(settings.build().unwrap()).unwrap();
        let primary = Some(ip("192.0.2.10"));
        node.handle(begin, id, Input::Link(Link { up: true, primary }), &mut out);
        node.handle(begin, id, Input::Start, &mut out);
    }
    assert_eq!(out.drain().count(), 255);
    // Once round, so that the outbox has its size.
    let mut now = Instant::from_nanos(3_609_375_000);
    node.tick(now, &mut out);
    let once = out.drain().count();
    assert_eq!(once, 4 * 255);
    let good = advertisement(50);
    let mut bad = good.clone();
    bad[7] ^= 1;
    // The first packet that is rejected makes room for the counts that limit log lines, once in a router's life.
    let (_rejected, allocated) = sys::allocations(|| node.receive(now, &packet(&bad), &mut out).is_err());
    assert_eq!(allocated, 1);
    let (actions, allocated) = sys::allocations(|| {
        let mut actions = 0;
        for _ in 0..10 {
            now = now.plus_nanos(SECOND);
            for octets in [&good, &bad] {
                let _result = node.receive(now, &packet(octets), &mut out);
            }
            node.tick(now, &mut out);
            actions += out.drain().count();
        }
        actions
    });
    assert!(actions >= 2550, "{actions}");
    assert_eq!(allocated, 0);
}

/// Members that ask, are held back, take over, yield and stop together.
#[test]
fn a_group_allocates_nothing_once_it_is_formed() {
    let mut node = Router::new();
    let mut out = Outbox::new();
    let mut now = Instant::from_nanos(3600 * SECOND);
    let mut ids = Vec::new();
    for vrid in 1..=4 {
        let mut settings = default(100, 100);
        settings.vrid = vrrp_core::Vrid::new(vrid).unwrap();
        ids.push(node.add(settings.build().unwrap()).unwrap());
    }
    let _group = node.group(now, &ids, &mut out);
    let primary = Some(ip("192.0.2.10"));
    let heard = Subject::new(default(100, 100)).heard(ip("192.0.2.20"), 200, subject::cs(100));
    let mut rounds = |node: &mut Router, out: &mut Outbox, rounds: usize| {
        let mut actions = 0;
        for _ in 0..rounds {
            for id in &ids {
                node.handle(now, *id, Input::Link(Link { up: true, primary }), out);
                node.handle(now, *id, Input::Start, out);
            }
            for _ in 0..20 {
                now = node.deadline().map_or(now, |(_, deadline)| deadline.at.max(now));
                node.tick(now, out);
            }
            actions += out.drain().count();
            node.handle(now, ids[1], Input::Order(Order::Resign), out);
            node.handle(now, ids[1], Input::Order(Order::Compete), out);
            node.handle(now, ids[2], Input::Heard(heard), out);
            node.handle(now, ids[3], Input::Link(Link { up: false, primary }), out);
            node.handle(now, ids[0], Input::Stop, out);
            actions += out.drain().count();
        }
        actions
    };
    let once = rounds(&mut node, &mut out, 2);
    let (actions, allocated) = sys::allocations(|| rounds(&mut node, &mut out, 20));
    assert!(once > 50 && actions > 500, "{once} {actions}");
    assert_eq!(allocated, 0);
}

/// Signing, verifying and remembering senders, with more of them than are remembered.
#[cfg(feature = "hmac")]
#[test]
fn signed_advertisements_allocate_nothing() {
    use vrrp_core::{AuthHmac, HmacKey, WallClock};
    let mut settings = default(100, 100);
    settings.auth_hmac = Some(AuthHmac::new(vec![HmacKey::new(1, &[7; 32]).unwrap()], 1));
    let mut routers = Vec::new();
    for number in 1..=12 {
        let mut router = Subject::new(settings.clone());
        let primary = Some(ip(&format!("192.0.2.{number}")));
        router.does(Input::Link(Link { up: true, primary }));
        routers.push(router.router);
    }
    let (accepted, allocated) = sys::allocations(|| {
        let (receiver, senders) = routers.split_first_mut().unwrap();
        let mut accepted = 0;
        for step in 0..100 {
            let now = Instant::from_nanos(3600 * SECOND + step * SECOND);
            let wall = Some(WallClock {
                seconds: 1_795_230_725 + step,
                nanos: 0,
            });
            for sender in &mut *senders {
                let draft = Draft {
                    priority: 200,
                    version: Version::V3,
                };
                let mut buffer = [0; 64];
                let sealed = sender.seal(draft, wall);
                let source = sealed.source().unwrap();
                let length = sealed.encode(Family::Ipv4.group(), &mut buffer).unwrap();
                let packet = Received {
                    source,
                    ..packet(&buffer[..length])
                };
                accepted += usize::from(receiver.receive_at(now, wall, &packet).is_ok());
                accepted -= usize::from(receiver.receive_at(now, wall, &packet).is_ok());
            }
        }
        accepted
    });
    assert_eq!((accepted, allocated), (1100, 0));
}
