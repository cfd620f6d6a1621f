//! RFC 6527 and RFC 8347: which packet is counted where, each in one place.

use vrrp_conformance::proves;
use vrrp_core::wire::{Advertisement, ChecksumForm, Received, Reject};
use vrrp_core::{
    Authentication, Family, Input, InstanceId, InterfaceId, Link, Outbox, Router, Settings, StateName,
    Version, Vrid,
};

use crate::subject::{SECOND, Subject, cs, default_2, ip, rfc, rfc_6};

/// A node with one started router, and what it was told.
struct Node {
    node: Router,
    id: InstanceId,
    source: &'static str,
    group: std::net::IpAddr,
}

impl Node {
    fn new(settings: Settings) -> Self {
        let mut node = Router::new();
        let (own, source) = match settings.family {
            Family::Ipv4 => ("192.0.2.10", "192.0.2.20"),
            Family::Ipv6 => ("fe80::10", "fe80::20"),
        };
        let group = settings.family.group();
        let id = node.add(settings.build().unwrap()).unwrap();
        let primary = Some(ip(own));
        let mut out = Outbox::new();
        let now = vrrp_core::Instant::from_nanos(SECOND);
        node.handle(now, id, Input::Link(Link { up: true, primary }), &mut out);
        node.handle(now, id, Input::Start, &mut out);
        Self {
            node,
            id,
            source,
            group,
        }
    }

    fn receive(&mut self, message: &[u8], hop_limit: u8) -> Result<(), Reject> {
        let received = Received {
            interface: Some(InterfaceId(1)),
            source: ip(self.source),
            destination: Some(self.group),
            hop_limit: Some(hop_limit),
            message,
        };
        let now = vrrp_core::Instant::from_nanos(2 * SECOND);
        let heard = self.node.receive(now, &received, &mut Outbox::new());
        heard.map(drop).map_err(|rejected| rejected.reject)
    }

    fn counters(&self) -> vrrp_core::Counters {
        *self.node.get(self.id).unwrap().counters()
    }

    /// A correct message, from which each test spoils one thing.
    fn message(&self, version: Version, change: impl FnOnce(&mut Advertisement<'_>)) -> Vec<u8> {
        let addresses = [if self.group.is_ipv4() {
            ip("198.51.100.1")
        } else {
            ip("fe80::7:1")
        }];
        let mut advertisement = Advertisement {
            version,
            vrid: Vrid::new(7).unwrap(),
            priority: 200,
            interval: cs(100),
            addresses: &addresses,
            authentication: Authentication::None,
            form: ChecksumForm::Plain,
        };
        change(&mut advertisement);
        let mut octets = vec![0; 64];
        let length = advertisement
            .encode(ip(self.source), self.group, &mut octets)
            .unwrap();
        octets.truncate(length);
        octets
    }
}

/// MIB-01, MIB-02, MIB-12, MIB-15, MIB-17, YANG-04, YANG-07: one counter each, and no other of these.
#[test]
fn mib_01_obeys_each_fault_is_counted_in_its_own_place() {
    let mut node = Node::new(rfc(100, 100));
    let good = node.message(Version::V3, |_| {});
    let spoiled = |at: usize, octet: u8| {
        let mut octets = good.clone();
        octets[at] = octet;
        octets
    };
    let counts = |node: &Node| {
        let counters = node.counters();
        [
            counters.rejected.get(Reject::Checksum),
            counters.rejected.get(Reject::Version),
            counters.ip_ttl_errors(),
            counters.invalid_type_pkts_rcvd(),
            counters.packet_length_errors(),
            counters.interval_errors(),
            counters.address_list_errors(),
            counters.advertisement_rcvd,
        ]
    };
    assert_eq!(node.receive(&spoiled(7, good[7] ^ 1), 255), Err(Reject::Checksum));
    assert_eq!(counts(&node), [1, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(node.receive(&spoiled(0, 0x41), 255), Err(Reject::Version));
    assert_eq!(counts(&node), [1, 1, 0, 0, 0, 0, 0, 0]);
    assert_eq!(node.receive(&good, 254), Err(Reject::IpTtl));
    assert_eq!(counts(&node), [1, 1, 1, 0, 0, 0, 0, 0]);
    assert_eq!(node.receive(&spoiled(0, 0x32), 255), Err(Reject::Type));
    assert_eq!(counts(&node), [1, 1, 1, 1, 0, 0, 0, 0]);
    assert_eq!(node.receive(&good[..11], 255), Err(Reject::LengthShort));
    let surplus = [good.as_slice(), &[0]].concat();
    assert_eq!(node.receive(&surplus, 255), Err(Reject::LengthSurplus));
    assert_eq!(counts(&node), [1, 1, 1, 1, 2, 0, 0, 0]);
    assert_eq!(node.receive(&good, 255), Ok(()));
    assert_eq!(counts(&node), [1, 1, 1, 1, 2, 0, 0, 1]);
    proves!("MIB-01", "MIB-02", "MIB-12", "MIB-15", "MIB-17", Obeys);
}

/// MIB-03: of no router, so counted for the node, and for no router.
#[test]
fn mib_03_obeys_an_unknown_vrid_is_counted_for_the_node() {
    let mut node = Node::new(rfc(100, 100));
    let other = node.message(Version::V3, |a| a.vrid = Vrid::new(8).unwrap());
    assert_eq!(node.receive(&other, 255), Err(Reject::VridUnknown));
    assert_eq!(node.node.counters().rejected.get(Reject::VridUnknown), 1);
    assert_eq!(
        node.counters()
            .rejected
            .iter()
            .map(|(_, count)| count)
            .sum::<u64>(),
        0
    );
    proves!("MIB-03", Obeys);
}

/// MIB-11, MIB-16: discarded (no interval, no address, another interval in version 2) or accepted with a warning.
#[test]
fn mib_11_obeys_intervals_and_lists_are_counted_whether_discarded_or_not() {
    let mut node = Node::new(rfc(100, 100));
    // 0x3107 + 0xc801 + 0xc633 + 0x6401 = 0x2233c, folded 0x233e, inverted 0xdcc1; without address 0x3107 + 0xc800 +
    // 0x0064 = 0xf96b, inverted 0x0694.
    let no_interval = [0x31, 7, 200, 1, 0, 0, 0xdc, 0xc1, 198, 51, 100, 1];
    let no_address = [0x31, 7, 200, 0, 0, 100, 0x06, 0x94];
    assert_eq!(node.receive(&no_interval, 255), Err(Reject::IntervalZero));
    assert_eq!(node.receive(&no_address, 255), Err(Reject::CountZero));
    let slower = node.message(Version::V3, |a| a.interval = cs(200));
    assert_eq!(node.receive(&slower, 255), Ok(()));
    let other = [ip("198.51.100.2")];
    let mut octets = vec![0; 12];
    let advertisement = Advertisement {
        version: Version::V3,
        vrid: Vrid::new(7).unwrap(),
        priority: 200,
        interval: cs(100),
        addresses: &other,
        authentication: Authentication::None,
        form: ChecksumForm::Plain,
    };
    advertisement
        .encode(ip("192.0.2.20"), Family::Ipv4.group(), &mut octets)
        .unwrap();
    assert_eq!(node.receive(&octets, 255), Ok(()));
    let counters = node.counters();
    assert_eq!(
        (counters.interval_errors(), counters.address_list_errors()),
        (2, 2)
    );
    let mut two = Node::new(default_2(100, 1));
    let slower = two.message(Version::V2, |a| a.interval = cs(200));
    assert_eq!(two.receive(&slower, 255), Err(Reject::IntervalMismatch));
    assert_eq!(two.counters().interval_errors(), 1);
    let mut six = Node::new(rfc_6(100, 100));
    let list = [ip("2001:db8::1")];
    let mut octets = vec![0; 24];
    let advertisement = Advertisement {
        addresses: &list,
        ..advertisement
    };
    advertisement
        .encode(ip("fe80::20"), Family::Ipv6.group(), &mut octets)
        .unwrap();
    assert_eq!(six.receive(&octets, 255), Err(Reject::FirstAddressNotLinkLocal));
    assert_eq!(six.counters().address_list_errors(), 1);
    proves!("MIB-11", "MIB-16", Obeys);
}

/// MIB-22: unknown type, another type, another password.
#[test]
fn mib_22_obeys_each_failure_of_authentication_is_counted_by_kind() {
    let mut settings = default_2(100, 1);
    settings.authentication = Authentication::password(b"right").unwrap();
    let mut node = Node::new(settings);
    let wrong = Authentication::password(b"wrong").unwrap();
    let other = node.message(Version::V2, |a| a.authentication = wrong);
    assert_eq!(node.receive(&other, 255), Err(Reject::AuthFailed));
    let none = node.message(Version::V2, |_| {});
    assert_eq!(node.receive(&none, 255), Err(Reject::AuthTypeMismatch));
    let mut unknown = none;
    // Type 3 instead of 0: 0x0300 more in a sum that is not near a carry of its own.
    unknown[4] = 3;
    let checksum = u16::from_be_bytes([unknown[6], unknown[7]])
        .checked_sub(0x0300)
        .unwrap();
    unknown[6..8].copy_from_slice(&checksum.to_be_bytes());
    assert_eq!(node.receive(&unknown, 255), Err(Reject::AuthTypeUnknown));
    let rejected = node.counters().rejected;
    let kinds = [
        Reject::AuthFailed,
        Reject::AuthTypeMismatch,
        Reject::AuthTypeUnknown,
    ];
    assert_eq!(kinds.map(|kind| rejected.get(kind)), [1, 1, 1]);
    proves!("MIB-22", Obeys);
}

/// MIB-05, MIB-09, MIB-14: the state, entries to Active and why, priority 0 in both directions.
#[test]
fn mib_09_obeys_transitions_and_goodbyes_are_counted() {
    let mut router = Subject::new(rfc(100, 100));
    assert_eq!(router.state(), StateName::Initialize);
    router.start();
    assert_eq!(router.state(), StateName::Backup);
    for (transitions, heard, why) in [
        (1, 200, "NoResponse"),
        (2, 0, "PriorityZero"),
        (3, 50, "LowerActive"),
    ] {
        router.hear(heard);
        router.wait_for_the_timer();
        assert!(router.tick().ends_with(&format!("State(Active, {why})")));
        assert_eq!(router.state(), StateName::Active);
        assert_eq!(router.router.counters().master_transitions, transitions);
        router.hear(200);
        assert_eq!(router.state(), StateName::Backup);
    }
    router.wait_for_the_timer().tick();
    let goodbye = vrrp_core::Draft {
        priority: 0,
        version: Version::V3,
    };
    router.router.seal(goodbye, None);
    let counters = router.router.counters();
    assert_eq!(
        (counters.priority_zero_pkts_rcvd, counters.priority_zero_pkts_sent),
        (1, 1)
    );
    proves!("MIB-05", "MIB-09", "MIB-14", Obeys);
}
