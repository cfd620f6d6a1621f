//! PRJ-KEY-01: what makes a router unique on a node.

use vrrp_conformance::proves;
use vrrp_core::wire::Received;
use vrrp_core::{Family, Input, Instant, InterfaceId, Link, Outbox, Path, Peer, Router, Settings, Vrid};

use crate::subject::{SECOND, default, ip};

fn unicast(local: Option<&str>, peers: &[&str]) -> Settings {
    let mut settings = default(100, 100);
    let peers = peers.iter().map(|peer| Peer {
        address: ip(peer),
        hop_limit_min: 255,
        hop_limit_max: 255,
    });
    settings.path = Path::Unicast {
        local: local.map(ip),
        peers: peers.collect(),
    };
    settings
}

fn on(interface: Option<u64>, vrid: u8, mut settings: Settings) -> Settings {
    settings.interface = interface.map(InterfaceId);
    settings.vrid = Vrid::new(vrid).unwrap();
    settings
}

fn added(node: &mut Router, settings: Settings) -> bool {
    node.add(settings.build().unwrap()).is_ok()
}

/// PRJ-KEY-01: interface, family, VRID and path each make another router.
#[test]
fn prj_key_01_obeys_what_differs_is_another_router() {
    let mut node = Router::new();
    assert!(added(&mut node, on(Some(1), 7, default(100, 100))));
    assert!(added(&mut node, on(Some(2), 7, default(100, 100))));
    assert!(added(&mut node, on(Some(1), 8, default(100, 100))));
    assert!(added(&mut node, on(Some(1), 7, unicast(None, &["192.0.2.20"]))));
    assert!(
        added(&mut node, on(Some(1), 7, unicast(None, &["192.0.2.21"]))),
        "other peers"
    );
    assert!(
        added(
            &mut node,
            on(None, 7, unicast(Some("192.0.2.10"), &["192.0.2.20"]))
        ),
        "no interface"
    );
    assert_eq!(node.iter().count(), 6);
    proves!("PRJ-KEY-01", Obeys);
}

/// PRJ-KEY-01: the same key, or a peer in common.
#[test]
fn prj_key_01_refuses_two_of_one_key() {
    let mut node = Router::new();
    assert!(added(&mut node, default(100, 100)));
    let again = node.add(default(200, 50).build().unwrap()).unwrap_err();
    assert!(again.to_string().contains("VRID 7"), "{again}");
    assert!(added(&mut node, unicast(None, &["192.0.2.20", "192.0.2.21"])));
    assert!(!added(&mut node, unicast(None, &["192.0.2.21", "192.0.2.22"])));
    proves!("PRJ-KEY-01", Refuses);
}

/// A key is free again when its router was removed; its number is not.
#[test]
fn prj_key_01_obeys_a_removed_router_frees_its_key() {
    let mut node = Router::new();
    let first = node.add(default(100, 100).build().unwrap()).unwrap();
    assert!(node.remove(first).is_some());
    assert!(node.remove(first).is_none());
    let second = node.add(default(100, 100).build().unwrap()).unwrap();
    assert_ne!(first, second);
    assert!(node.get(first).is_none());
    assert_eq!(node.iter().map(|(id, _)| id).collect::<Vec<_>>(), [second]);
    proves!("PRJ-KEY-01", Obeys);
}

/// PRJ-KEY-01, PRJ-RX-01: a packet finds its router by interface, family, VRID and path.
#[test]
fn prj_key_01_obeys_packets_find_their_router() {
    let mut node = Router::new();
    let all = [
        on(Some(1), 7, default(100, 100)),
        on(Some(2), 7, default(100, 100)),
        on(Some(1), 8, default(100, 100)),
        on(Some(1), 7, unicast(None, &["192.0.2.20"])),
        on(Some(1), 7, unicast(None, &["192.0.2.21"])),
    ];
    let ids = all
        .clone()
        .map(|settings| node.add(settings.build().unwrap()).unwrap());
    let mut out = Outbox::new();
    let now = Instant::from_nanos(0);
    for id in ids {
        let primary = Some(ip("192.0.2.10"));
        node.handle(now, id, Input::Link(Link { up: true, primary }), &mut out);
        node.handle(now, id, Input::Start, &mut out);
    }
    let group = Family::Ipv4.group();
    let cases = [
        (1, 7, "192.0.2.20", group, 0),
        (2, 7, "192.0.2.20", group, 1),
        (1, 8, "192.0.2.20", group, 2),
        (1, 7, "192.0.2.20", ip("192.0.2.10"), 3),
        (1, 7, "192.0.2.21", ip("192.0.2.10"), 4),
    ];
    for (interface, vrid, source, destination, expected) in cases {
        let mut sender = crate::subject::Subject::active(on(Some(1), vrid, default(200, 100)));
        let primary = Some(ip(source));
        sender.does(Input::Link(Link { up: true, primary }));
        let draft = vrrp_core::Draft {
            priority: 200,
            version: vrrp_core::Version::V3,
        };
        let mut octets = [0; 12];
        sender
            .router
            .seal(draft, None)
            .encode(destination, &mut octets)
            .unwrap();
        let packet = Received {
            interface: Some(InterfaceId(interface)),
            source: ip(source),
            destination: Some(destination),
            hop_limit: Some(255),
            message: &octets,
        };
        assert_eq!(
            node.receive(now, &packet, &mut out)
                .map(|accepted| accepted.instance),
            Ok(ids[expected]),
            "{cases:?}"
        );
    }
    proves!("PRJ-KEY-01", "PRJ-RX-01", Obeys);
}

/// `Router` does for many what `VirtualRouter` does for one: the next deadline, and all that are due.
#[test]
fn a_router_ticks_all_that_are_due() {
    let mut node = Router::new();
    let mut out = Outbox::new();
    let now = Instant::from_nanos(1_000_000_000);
    let ids = [100, 200, 50].map(|value| {
        let settings = on(Some(u64::from(value)), 7, default(value, 100));
        let id = node.add(settings.build().unwrap()).unwrap();
        let primary = Some(ip("192.0.2.10"));
        node.handle(now, id, Input::Link(Link { up: true, primary }), &mut out);
        node.handle(now, id, Input::Start, &mut out);
        id
    });
    let states = out.drain().count();
    assert_eq!(states, 3);
    let (id, deadline) = node.deadline().unwrap();
    // 3 s + 56/256 s.
    assert_eq!((id, deadline.at.nanos_since(now)), (ids[1], 3_218_750_000));
    node.tick(deadline.at, &mut out);
    assert!(out.as_slice().iter().all(|(id, _)| *id == ids[1]));
    assert_eq!(out.drain().count(), 4);
    node.tick(now.plus_nanos(60_000_000_000), &mut out);
    let mut woken = out.drain().map(|(id, _)| id.0).collect::<Vec<_>>();
    woken.dedup();
    assert_eq!(woken, [0, 1, 2]);
}

proptest::proptest! {
    /// The next deadline is the first of all deadlines, the oldest router of equals, whatever is added, removed and moved.
    #[test]
    fn a_router_knows_the_next_deadline(
        steps in proptest::collection::vec((0_u8..5, 0_u64..70, 1_u8..=255), 1..200)
    ) {
        let mut node = Router::new();
        let mut out = Outbox::new();
        let mut now = Instant::from_nanos(0);
        let mut added = Vec::new();
        for (what, which, value) in steps {
            now = now.plus_nanos(which * 7_000_000);
            let chosen = added.get(usize::try_from(which).unwrap()).copied();
            match (what, chosen) {
                (0, _) => {
                    let key = added.len() as u64;
                    let id = node.add(on(Some(key), 7, default(value, 10)).build().unwrap()).unwrap();
                    let primary = Some(ip("192.0.2.10"));
                    node.handle(now, id, Input::Link(Link { up: true, primary }), &mut out);
                    node.handle(now, id, Input::Start, &mut out);
                    added.push(id);
                }
                (1, Some(id)) => {
                    node.remove(id);
                }
                (2, Some(id)) => node.handle(now, id, Input::Stop, &mut out),
                (3, Some(id)) => {
                    let other = on(Some(which), 7, default(value, u16::from(value)));
                    let _gone = node.reconfigure(now, id, other.build().unwrap(), &mut out);
                }
                (_, _) => node.tick(now, &mut out),
            }
            let all = node.iter().filter_map(|(id, router)| router.deadline().map(|deadline| (id, deadline)));
            let first = all.min_by_key(|(id, deadline)| (deadline.at, *id));
            proptest::prop_assert_eq!(node.deadline(), first);
        }
    }
}

/// A packet for VRID 7 with priority 200 from `source` to `destination`.
fn message(source: &str, destination: std::net::IpAddr) -> [u8; 12] {
    let mut sender = crate::subject::Subject::active(default(200, 100));
    let primary = Some(ip(source));
    sender.does(Input::Link(Link { up: true, primary }));
    let draft = vrrp_core::Draft {
        priority: 200,
        version: vrrp_core::Version::V3,
    };
    let mut octets = [0; 12];
    sender
        .router
        .seal(draft, None)
        .encode(destination, &mut octets)
        .unwrap();
    octets
}

/// an unlisted sender is for the router that tolerates it, not for the older one that would refuse it.
#[test]
fn x_14_obeys_an_unlisted_sender_finds_the_router_that_tolerates_it() {
    let mut node = Router::new();
    let strict = unicast(None, &["192.0.2.20"]);
    let mut tolerant = unicast(None, &["192.0.2.21"]);
    tolerant.check_unicast_source = false;
    let mut out = Outbox::new();
    let now = Instant::from_nanos(0);
    let ids = [strict, tolerant].map(|settings| {
        let id = node.add(settings.build().unwrap()).unwrap();
        let primary = Some(ip("192.0.2.10"));
        node.handle(now, id, Input::Link(Link { up: true, primary }), &mut out);
        node.handle(now, id, Input::Start, &mut out);
        id
    });
    // A third one, the youngest, hears the group.
    let group = node.add(default(100, 100).build().unwrap()).unwrap();
    let primary = Some(ip("192.0.2.10"));
    node.handle(now, group, Input::Link(Link { up: true, primary }), &mut out);
    let ids = [ids[0], ids[1], group];
    let own = ip("192.0.2.10");
    let cases = [
        ("192.0.2.20", own, 0),
        ("192.0.2.21", own, 1),
        ("192.0.2.99", own, 1),
        ("192.0.2.20", Family::Ipv4.group(), 2),
    ];
    for (source, destination, expected) in cases {
        let octets = message(source, destination);
        let packet = Received {
            interface: Some(InterfaceId(1)),
            source: ip(source),
            destination: Some(destination),
            hop_limit: Some(255),
            message: &octets,
        };
        assert_eq!(
            node.receive(now, &packet, &mut out)
                .map(|accepted| accepted.instance),
            Ok(ids[expected]),
            "{source}"
        );
    }
    proves!("X-14", Obeys);
}

/// What a packet leads to is in the outbox, with the router it is of.
#[test]
fn a_received_packet_leads_to_actions() {
    let mut node = Router::new();
    let mut out = Outbox::new();
    let mut now = Instant::from_nanos(0);
    let id = node.add(default(100, 100).build().unwrap()).unwrap();
    let primary = Some(ip("192.0.2.10"));
    node.handle(now, id, Input::Link(Link { up: true, primary }), &mut out);
    node.handle(now, id, Input::Start, &mut out);
    now = node.deadline().unwrap().1.at;
    node.tick(now, &mut out);
    assert!(out.drain().count() > 3);
    let octets = message("192.0.2.20", Family::Ipv4.group());
    let packet = Received {
        interface: Some(InterfaceId(1)),
        source: ip("192.0.2.20"),
        destination: Some(Family::Ipv4.group()),
        hop_limit: Some(255),
        message: &octets,
    };
    // Later than Active_Down_Interval, so that this is no bounce.
    now = now.plus_nanos(4 * SECOND);
    node.receive(now, &packet, &mut out).unwrap();
    let actions = out.drain().collect::<Vec<_>>();
    assert!(
        matches!(actions[0], (of, vrrp_core::Action::Send(_)) if of == id),
        "X-11"
    );
    assert_eq!(actions[1], (id, vrrp_core::Action::ReleaseAddresses));
    assert_eq!(actions.len(), 3);
    // 3 s + 156/256 s: the deadline has moved with it.
    assert_eq!(node.deadline().unwrap().1.at.nanos_since(now), 3_609_375_000);
}
