//! Section 7.2, and section 7.3: what leaves.

use vrrp_conformance::proves;
use vrrp_core::wire::Message;
use vrrp_core::{Action, Draft, Family, Input, Link, Settings, Version, Vrid, virtual_mac};

use crate::subject::{Subject, cs, ip, rfc, rfc_6};

fn octets(router: &mut Subject, draft: Draft) -> Vec<u8> {
    let mut buffer = [0; 1500];
    let family = router.router.config().family;
    let sealed = router.router.seal(draft, None);
    let length = sealed.encode(family.group(), &mut buffer).unwrap();
    buffer[..length].to_vec()
}

fn draft(priority: u8) -> Draft {
    Draft {
        priority,
        version: Version::V3,
    }
}

/// V3-7.2-01, V3-5.2.4-01: the fields are those of the router; worked out by hand.
#[test]
fn v3_7_2_01_obeys_fields_come_from_the_router() {
    let mut router = Subject::active(rfc(100, 100));
    // 0x3107 + 0x6401 + 0x0064 + 0xc633 + 0x6401 = 0x1bfa0, folded 0xbfa1, inverted 0x405e.
    assert_eq!(
        octets(&mut router, draft(100)),
        [0x31, 7, 100, 1, 0, 100, 0x40, 0x5e, 198, 51, 100, 1]
    );
    proves!("V3-7.2-01", "V3-5.2.8-02", Obeys);
}

/// V3-7.2-01: neither what lay in the buffer nor what the router was before gets into the packet.
#[test]
fn v3_7_2_01_refuses_what_was_there_before() {
    let mut router = Subject::active(rfc(100, 100));
    let sealed = router.router.seal(draft(100), None);
    let mut dirty = [0xa5; 64];
    assert_eq!(sealed.encode(Family::Ipv4.group(), &mut dirty), Some(12));
    // As worked out by hand above.
    assert_eq!(
        dirty[..12],
        [0x31, 7, 100, 1, 0, 100, 0x40, 0x5e, 198, 51, 100, 1]
    );
    assert!(dirty[12..].iter().all(|octet| *octet == 0xa5));
    let mut settings = rfc(100, 25);
    settings.addresses = vec![ip("198.51.100.2")];
    router.reconfigure(settings);
    // 0x3107 + 0x6401 + 0x0019 + 0xc633 + 0x6402 = 0x1bf56, folded 0xbf57, inverted 0x40a8.
    assert_eq!(
        octets(&mut router, draft(100)),
        [0x31, 7, 100, 1, 0, 25, 0x40, 0xa8, 198, 51, 100, 2]
    );
    proves!("V3-7.2-01", Refuses);
}

/// V3-5.2.4-03: priority 0 differs in one octet and the checksum.
#[test]
fn v3_5_2_4_03_obeys_a_goodbye_is_priority_zero() {
    let mut router = Subject::active(rfc(100, 100));
    let goodbye = octets(&mut router, draft(0));
    assert_eq!(Message::parse(&goodbye, Family::Ipv4).unwrap().priority(), 0);
    assert_eq!(router.router.counters().priority_zero_pkts_sent, 1);
    assert_eq!(router.router.counters().advertisement_sent, 1);
    proves!("V3-5.2.4-03", Obeys);
}

/// V3-7.2-03, V3-7.2-04, PRJ-IP-02: source and destination; a new primary address is used at once.
#[test]
fn v3_7_2_03_obeys_source_and_destination() {
    let mut router = Subject::active(rfc_6(100, 100));
    let sealed = router.router.seal(draft(100), None);
    assert_eq!(sealed.source(), Some(ip("fe80::10")));
    assert_eq!(sealed.destinations().collect::<Vec<_>>(), [ip("ff02::12")]);
    let primary = Some(ip("fe80::99"));
    router.does(Input::Link(Link { up: true, primary }));
    assert_eq!(router.router.seal(draft(100), None).source(), primary);
}

/// PRJ-HMAC-01: sealed once, counted once, encoded as often as there are destinations.
#[test]
fn prj_hmac_01_obeys_sealed_once_encoded_per_destination() {
    let mut settings: Settings = crate::subject::default(100, 100);
    let peer = |text| vrrp_core::Peer {
        address: ip(text),
        hop_limit_min: 255,
        hop_limit_max: 255,
    };
    settings.path = vrrp_core::Path::Unicast {
        local: None,
        peers: Box::new([peer("192.0.2.20"), peer("192.0.2.21")]),
    };
    let mut router = Subject::active(settings);
    let mut buffer = [0; 64];
    let sealed = router.router.seal(draft(100), None);
    let destinations = sealed.destinations().collect::<Vec<_>>();
    assert_eq!(destinations, [ip("192.0.2.20"), ip("192.0.2.21")]);
    let mut sums = Vec::new();
    for destination in destinations {
        assert_eq!(sealed.encode(destination, &mut buffer), Some(12));
        sums.push([buffer[6], buffer[7]]);
    }
    assert_ne!(sums[0], sums[1], "the pseudo-header has the destination in it");
    assert_eq!(router.router.counters().advertisement_sent, 1);
    proves!("PRJ-HMAC-01", "PRJ-CK-02", Obeys);
}

/// A buffer that is too small is said, and nothing panics.
#[test]
fn a_small_buffer_is_refused() {
    let mut router = Subject::active(rfc(100, 100));
    let sealed = router.router.seal(draft(100), None);
    assert_eq!(sealed.encoded_len(), 12);
    assert_eq!(sealed.encode(Family::Ipv4.group(), &mut [0; 11]), None);
    assert_eq!(sealed.encode(Family::Ipv6.group(), &mut [0; 64]), None);
}

/// The draft in `Send` says what `seal` is to send.
#[test]
fn v3_7_2_01_obeys_every_send_carries_its_draft() {
    let mut router = Subject::backup(rfc(100, 25));
    router.wait_for_the_timer();
    let actions = router.router.handle(router.now, Input::Tick);
    let first = actions.into_iter().next();
    assert_eq!(first, Some(Action::Send(draft(100))));
    assert_eq!(
        Message::parse(&octets(&mut router, draft(100)), Family::Ipv4)
            .unwrap()
            .interval_centiseconds(),
        cs(25).centiseconds()
    );
    proves!("V3-7.2-01", Obeys);
}

/// V3-7.3-01, V3-7.3-02.
#[test]
fn v3_7_3_01_obeys_the_virtual_mac() {
    let vrid = Vrid::new(0xab).unwrap();
    assert_eq!(
        virtual_mac(Family::Ipv4, vrid),
        [0x00, 0x00, 0x5e, 0x00, 0x01, 0xab]
    );
    assert_eq!(
        virtual_mac(Family::Ipv6, vrid),
        [0x00, 0x00, 0x5e, 0x00, 0x02, 0xab]
    );
    proves!("V3-6.1-12", "V3-7.3-01", "V3-7.3-02", Obeys);
}
