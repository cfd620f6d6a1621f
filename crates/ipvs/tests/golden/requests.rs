//! What we send is what ipvsadm sends.

use crate::capture::{FAMILY, HEADERS_OCTETS, attributes, capture};
use std::net::{IpAddr, SocketAddr};
use std::num::{NonZeroU8, NonZeroU16, NonZeroU32};
use vrrp_ipvs::wire::Request;
use vrrp_ipvs::{
    Change, Checksum, Destination, Family, Forwarding, Granularity, Name, Persistence, SchedulerFlags,
    Service, ServiceKey, SyncDaemon, SyncRole, Timeouts, Tunnel,
};

pub(crate) fn at(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

pub(crate) fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

pub(crate) fn sctp(text: &str) -> ServiceKey {
    ServiceKey::at(vrrp_ipvs::Protocol::Sctp, at(text))
}

pub(crate) fn mark(number: u32, family: Family) -> ServiceKey {
    let mark = NonZeroU32::new(number).unwrap();
    ServiceKey::Mark { mark, family }
}

fn sent(name: &str) -> Vec<u8> {
    let capture = capture(name);
    assert_eq!(capture.sent.len(), 1, "{name}");
    capture.sent.into_iter().next().unwrap()
}

/// Numbers differ from run to run: ours is the one of the capture. The port stands in the header too, and ipvsadm asks for
/// acknowledgements of everything.
fn ours(request: &Request<'_>) -> Vec<u8> {
    let mut datagram = Vec::new();
    request.encode(FAMILY, 7, &mut datagram);
    let length = u32::try_from(datagram.len()).unwrap();
    assert_eq!(datagram[..4], length.to_le_bytes());
    assert_eq!(datagram[4..6], [0x1c, 0]);
    assert_eq!(datagram[8..16], [7, 0, 0, 0, 0, 0, 0, 0]);
    datagram
}

/// Command and attributes are the same, octet by octet, and so are the flags.
fn same(request: &Request<'_>, captured: &str) {
    let (ours, theirs) = (ours(request), sent(captured));
    assert_eq!(ours[6..8], theirs[6..8], "flags of {captured}");
    assert_eq!(ours[16..], theirs[16..], "{captured}");
}

fn service(key: ServiceKey, scheduler: &str) -> Service {
    Service::new(key, name(scheduler))
}

pub(crate) fn persistent(timeout_seconds: u32, granularity: Granularity) -> Option<Persistence> {
    Some(Persistence {
        timeout_seconds,
        granularity,
        engine: None,
    })
}

fn each_is_added_as_by_ipvsadm(captured: &str, service: Service) {
    same(&Request::Change(&Change::AddService(service)), captured);
}

#[test]
fn services_are_added_as_ipvsadm_adds_them() {
    let tcp = ServiceKey::tcp(at("192.0.2.1:80"));
    each_is_added_as_by_ipvsadm("add-tcp4", service(tcp, "rr"));
    each_is_added_as_by_ipvsadm(
        "add-udp4-ops",
        Service {
            one_packet: true,
            ..service(ServiceKey::udp(at("192.0.2.1:53")), "wrr")
        },
    );
    each_is_added_as_by_ipvsadm(
        "add-sctp6",
        Service {
            scheduler_flags: SchedulerFlags::FIRST.and(SchedulerFlags::SECOND),
            ..service(sctp("[2001:db8::1]:5060"), "mh")
        },
    );
    each_is_added_as_by_ipvsadm(
        "add-persist4",
        Service {
            scheduler_flags: SchedulerFlags::SECOND,
            persistence: persistent(600, Granularity::V4([255, 255, 255, 0].into())),
            ..service(ServiceKey::tcp(at("192.0.2.2:0")), "sh")
        },
    );
    each_is_added_as_by_ipvsadm(
        "add-persist6",
        Service {
            persistence: persistent(360, Granularity::V6(64)),
            ..service(ServiceKey::tcp(at("[2001:db8::2]:443")), "wlc")
        },
    );
    let sip = Persistence {
        engine: Some(name("sip")),
        ..Persistence::of_each(Family::V4, 60)
    };
    each_is_added_as_by_ipvsadm(
        "add-pe",
        Service {
            persistence: Some(sip),
            ..service(ServiceKey::udp(at("192.0.2.3:5060")), "rr")
        },
    );
    each_is_added_as_by_ipvsadm("add-mark4", service(mark(7, Family::V4), "sed"));
    each_is_added_as_by_ipvsadm("add-mark6", service(mark(8, Family::V6), "nq"));
}

#[test]
fn a_service_is_edited_as_ipvsadm_edits_it() {
    let edited = Service {
        persistence: persistent(300, Granularity::each(Family::V4)),
        ..service(ServiceKey::tcp(at("192.0.2.1:80")), "wlc")
    };
    same(&Request::Change(&Change::EditService(edited)), "edit-tcp4");
}

/// ipvsadm repeats the whole service beside a destination, where the kernel needs its key only: the service is compared
/// with the key that ipvsadm sends when it asks, the destination with what it sends here.
fn destination_is_the_same(change: &Change, captured: &str) {
    let (ours, theirs) = (ours(&Request::Change(change)), sent(captured));
    assert_eq!(ours[6..8], theirs[6..8], "flags of {captured}");
    assert_eq!(ours[16..20], theirs[16..20], "command of {captured}");
    let (ours, theirs) = (
        attributes(&ours[HEADERS_OCTETS..]),
        attributes(&theirs[HEADERS_OCTETS..]),
    );
    let [(1, _, our_service), (2, our_destination, _)] = ours[..] else {
        panic!("{captured}: {ours:?}");
    };
    let [(1, _, their_service), (2, their_destination, _)] = theirs[..] else {
        panic!("{captured}: {theirs:?}");
    };
    assert!(their_service.starts_with(our_service), "service of {captured}");
    assert_eq!(our_destination, their_destination, "destination of {captured}");
}

fn add(service: ServiceKey, destination: Destination) -> Change {
    Change::AddDestination { service, destination }
}

fn tunnel(address: &str, weight: u32, tunnel: Tunnel) -> Destination {
    Destination::new(at(address).into(), Forwarding::Tunnel(tunnel), weight)
}

#[test]
fn destinations_are_added_as_ipvsadm_adds_them() {
    let web = ServiceKey::tcp(at("192.0.2.1:80"));
    let masked = Destination {
        upper_connections: 1000,
        lower_connections: 500,
        ..Destination::new(at("198.51.100.1:8080").into(), Forwarding::Masquerade, 5)
    };
    destination_is_the_same(&add(web, masked), "dest-masq");
    let direct = Destination::new(at("198.51.100.2:80").into(), Forwarding::Direct, 1);
    destination_is_the_same(&add(web, direct), "dest-dr");
    destination_is_the_same(&add(web, tunnel("198.51.100.3:80", 0, Tunnel::Ipip)), "dest-ipip");
    let gue = Tunnel::Gue {
        port: 5555,
        checksum: Checksum::Remote,
    };
    destination_is_the_same(&add(web, tunnel("198.51.100.4:80", 1, gue)), "dest-gue");
    let gre = Tunnel::Gre {
        checksum: Checksum::Full,
    };
    destination_is_the_same(&add(web, tunnel("198.51.100.5:80", 1, gre)), "dest-gre");
    destination_is_the_same(
        &add(web, tunnel("[2001:db8::99]:80", 1, Tunnel::Ipip)),
        "dest-v6-in-v4",
    );
    let sip = sctp("[2001:db8::1]:5060");
    let masked = Destination::new(at("[2001:db8::11]:5061").into(), Forwarding::Masquerade, 1);
    destination_is_the_same(&add(sip, masked), "dest-sctp6");
    let direct = Destination::new(at("[2001:db8::10]:0").into(), Forwarding::Direct, 2);
    destination_is_the_same(&add(mark(8, Family::V6), direct), "dest-mark6");
}

#[test]
fn a_destination_is_edited_as_ipvsadm_edits_it() {
    let change = Change::EditDestination {
        service: ServiceKey::tcp(at("192.0.2.1:80")),
        destination: Destination::new(at("198.51.100.1:8080").into(), Forwarding::Masquerade, 9),
    };
    destination_is_the_same(&change, "edit-dest");
}

/// Of what is deleted we send the key, ipvsadm more: ours are the first attributes of theirs.
fn begins_as(request: &Request<'_>, captured: &str) {
    let (ours, theirs) = (ours(request), sent(captured));
    assert_eq!(ours[6..8], theirs[6..8], "flags of {captured}");
    assert_eq!(ours[16..20], theirs[16..20], "command of {captured}");
    let (ours, theirs) = (
        attributes(&ours[HEADERS_OCTETS..]),
        attributes(&theirs[HEADERS_OCTETS..]),
    );
    assert_eq!(ours.len(), theirs.len(), "{captured}");
    for ((our_kind, _, ours), (their_kind, _, theirs)) in ours.iter().zip(&theirs) {
        assert_eq!(our_kind, their_kind, "{captured}");
        assert!(
            !ours.is_empty() && theirs.starts_with(ours),
            "{captured}: {ours:x?} {theirs:x?}"
        );
    }
}

#[test]
fn what_goes_is_named_as_ipvsadm_names_it() {
    let web = ServiceKey::tcp(at("192.0.2.1:80"));
    begins_as(&Request::Change(&Change::DeleteService(web)), "del-svc");
    begins_as(&Request::Zero(Some(&web)), "zero-one");
    let delete = |service, address| Change::DeleteDestination {
        service,
        destination: at(address).into(),
    };
    begins_as(&Request::Change(&delete(web, "198.51.100.1:8080")), "del-dest");
    begins_as(
        &Request::Change(&delete(mark(8, Family::V6), "[2001:db8::10]:0")),
        "dest-del6",
    );
    begins_as(&Request::StopDaemon(SyncRole::Master), "daemon-stop");
}

#[test]
fn the_rest_is_asked_as_ipvsadm_asks_it() {
    same(&Request::Zero(None), "zero");
    same(&Request::Flush, "flush");
    let timeouts = Timeouts {
        tcp_seconds: 100,
        tcp_fin_seconds: 50,
        udp_seconds: 30,
    };
    same(&Request::SetTimeouts(&timeouts), "timeout-set");
    let master = SyncDaemon::new(SyncRole::Master, name("lo"), 5);
    same(&Request::StartDaemon(&master), "daemon-master");
    same(&Request::StartDaemon(&backup()), "daemon-backup");
}

pub(crate) fn backup() -> SyncDaemon {
    SyncDaemon {
        datagram_octets: NonZeroU16::new(1400),
        group: Some(IpAddr::from([224, 0, 0, 99])),
        port: NonZeroU16::new(9000),
        ttl: NonZeroU8::new(3),
        ..SyncDaemon::new(SyncRole::Backup, name("lo"), 6)
    }
}

/// What is looked up: the answer says that it was carried out, so no acknowledgement is asked for. A list asks for one
/// beside `NLM_F_DUMP` in ipvsadm, and gets none.
#[test]
fn lists_are_asked_for_as_ipvsadm_asks_for_them() {
    let asked = capture("list").sent;
    let without_ack = |octets: &[u8]| {
        let mut octets = octets.to_vec();
        octets[6] &= !4;
        octets
    };
    let compare = |request: &Request<'_>, theirs: &[u8]| {
        let (ours, theirs) = (ours(request), without_ack(theirs));
        assert_eq!(ours[4..8], theirs[4..8], "{request}");
        assert_eq!(ours[16..], theirs[16..], "{request}");
    };
    compare(&Request::Services, &asked[0]);
    compare(
        &Request::Destinations(&ServiceKey::tcp(at("192.0.2.1:80"))),
        &asked[1],
    );
    compare(&Request::Destinations(&sctp("[2001:db8::1]:5060")), &asked[6]);
    compare(&Request::Destinations(&mark(7, Family::V4)), &asked[7]);
    compare(&Request::Destinations(&mark(8, Family::V6)), &asked[8]);
    compare(&Request::Info, &sent("info"));
    compare(&Request::Timeouts, &sent("timeout-get"));
    compare(&Request::Daemons, &sent("daemon-get"));
}
