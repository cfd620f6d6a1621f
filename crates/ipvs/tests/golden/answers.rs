//! What the kernel has answered is read as what ipvsadm has shown.

use crate::capture::{HEADER_OCTETS, capture, octets};
use crate::requests::{at, backup, mark, name, persistent, sctp};
use std::net::IpAddr;
use std::num::{NonZeroU8, NonZeroU16};
use vrrp_ipvs::wire::{
    Answer, Answers, FamilyId, Request, decode_daemon, decode_destination, decode_family, decode_info,
    decode_service, decode_timeouts,
};
use vrrp_ipvs::{
    Change, Checksum, Destination, Family, Forwarding, Granularity, Persistence, Reason, SchedulerFlags,
    Service, ServiceKey, Statistics, SyncDaemon, SyncRole, Timeouts, Tunnel,
};

/// The entries of all datagrams up to the first end of a list.
fn entries(received: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut entries = Vec::new();
    for answer in received.iter().flat_map(|datagram| Answers::of(datagram)) {
        match answer {
            Answer::Entry { payload, .. } => entries.push(payload.to_vec()),
            Answer::Done { errno, .. } => {
                assert_eq!(errno, 0);
                return entries;
            }
            other => panic!("{other:?}"),
        }
    }
    entries
}

fn plain(key: ServiceKey, scheduler: &str) -> Service {
    Service::new(key, name(scheduler))
}

#[test]
fn the_services_are_those_that_ipvsadm_lists() {
    let found: Vec<Service> = entries(&capture("list").received)
        .iter()
        .map(|payload| decode_service(payload).unwrap().0)
        .collect();
    let sip = Persistence {
        engine: Some(name("sip")),
        ..Persistence::of_each(Family::V4, 60)
    };
    let mut wanted = vec![
        plain(ServiceKey::tcp(at("192.0.2.1:80")), "wrr"),
        Service {
            scheduler_flags: SchedulerFlags::SECOND,
            persistence: persistent(600, Granularity::V4([255, 255, 255, 0].into())),
            ..plain(ServiceKey::tcp(at("192.0.2.2:0")), "sh")
        },
        Service {
            one_packet: true,
            ..plain(ServiceKey::udp(at("192.0.2.1:53")), "wrr")
        },
        Service {
            persistence: Some(sip),
            ..plain(ServiceKey::udp(at("192.0.2.3:5060")), "rr")
        },
        Service {
            persistence: persistent(360, Granularity::V6(64)),
            ..plain(ServiceKey::tcp(at("[2001:db8::2]:443")), "wlc")
        },
        Service {
            scheduler_flags: SchedulerFlags::FIRST.and(SchedulerFlags::SECOND),
            ..plain(sctp("[2001:db8::1]:5060"), "mh")
        },
        plain(mark(7, Family::V4), "sed"),
        plain(mark(8, Family::V6), "nq"),
    ];
    let mut found = found;
    found.sort_by_key(|service| service.key);
    wanted.sort_by_key(|service| service.key);
    assert_eq!(found, wanted);
}

#[test]
fn the_destinations_are_those_that_ipvsadm_lists() {
    // Behind the list of services and its end come those of the first service.
    let received = capture("list").received;
    let mut found: Vec<Destination> = entries(&received[2..])
        .iter()
        .map(|payload| decode_destination(payload).unwrap().destination)
        .collect();
    found.sort_by_key(|destination| destination.key);
    let to = |address, forwarding, weight| Destination::new(at(address).into(), forwarding, weight);
    let gue = Tunnel::Gue {
        port: 5555,
        checksum: Checksum::Remote,
    };
    let gre = Tunnel::Gre {
        checksum: Checksum::Full,
    };
    let wanted = [
        to("198.51.100.1:8080", Forwarding::Masquerade, 9),
        to("198.51.100.2:80", Forwarding::Direct, 1),
        to("198.51.100.3:80", Forwarding::Tunnel(Tunnel::Ipip), 0),
        to("198.51.100.4:80", Forwarding::Tunnel(gue), 1),
        to("198.51.100.5:80", Forwarding::Tunnel(gre), 1),
    ];
    assert_eq!(found, wanted);
}

#[test]
fn counters_are_those_that_ipvsadm_shows() {
    let received = capture("list-counters").received;
    // Two refused connections: a SYN of 60 octets and a RST of 40 each; the rates are those of `ipvsadm --rate`.
    let wanted = Statistics {
        connections: 2,
        packets_in: 2,
        packets_out: 2,
        octets_in: 120,
        octets_out: 80,
        octets_in_per_second: 15,
        octets_out_per_second: 10,
        ..Statistics::default()
    };
    let services = entries(&received);
    let (service, statistics) = decode_service(&services[0]).unwrap();
    assert_eq!(service.key, ServiceKey::tcp(at("192.0.2.1:80")));
    assert_eq!(statistics, wanted);
    assert_eq!(decode_service(&services[1]).unwrap().1, Statistics::default());
    let status = decode_destination(&entries(&received[2..])[0]).unwrap();
    assert_eq!(status.statistics, wanted);
    assert_eq!((status.active_connections, status.inactive_connections), (0, 2));
    assert_eq!(status.persistent_connections, 0);
    assert_eq!(
        (
            status.destination.upper_connections,
            status.destination.lower_connections
        ),
        (1000, 500)
    );
}

/// A kernel before 4.1 has no counters of 64 bits: the same is read from those that are older. Here the new ones are given a
/// number that nobody knows.
#[test]
fn counters_of_an_old_kernel_are_read() {
    let received = capture("list-counters").received;
    let old = |payload: &[u8]| {
        let mut old = payload.to_vec();
        let place = old
            .windows(4)
            .position(|octets| octets == [0xa0, 0, 0x0c, 0])
            .unwrap();
        old[place + 2] = 0x3c;
        old
    };
    let service = &entries(&received)[0];
    assert_eq!(decode_service(&old(service)), decode_service(service));
    assert_eq!(decode_service(service).unwrap().1.octets_in, 120);
    let destination = &entries(&received[2..])[0];
    assert_eq!(
        decode_destination(&old(destination)),
        decode_destination(destination)
    );
    assert_eq!(decode_destination(destination).unwrap().statistics.octets_in, 120);
}

#[test]
fn timeouts_and_version_are_those_that_ipvsadm_shows() {
    let timeouts = decode_timeouts(&entries(&capture("timeout-get").received)[0]).unwrap();
    let wanted = Timeouts {
        tcp_seconds: 900,
        tcp_fin_seconds: 120,
        udp_seconds: 300,
    };
    assert_eq!(timeouts, wanted);
    let info = decode_info(&entries(&capture("info").received)[0]).unwrap();
    assert_eq!(
        (info.version.to_string().as_str(), info.connection_buckets),
        ("1.2.1", 4096)
    );
}

#[test]
fn daemons_are_those_that_ipvsadm_shows() {
    let found: Vec<SyncDaemon> = entries(&capture("daemon-get").received)
        .iter()
        .map(|payload| decode_daemon(payload).unwrap())
        .collect();
    let master = SyncDaemon {
        datagram_octets: NonZeroU16::new(1472),
        group: Some(IpAddr::from([224, 0, 0, 81])),
        port: NonZeroU16::new(8848),
        ttl: NonZeroU8::new(1),
        ..SyncDaemon::new(SyncRole::Master, name("lo"), 5)
    };
    assert_eq!(found, [master, backup()]);
}

fn errno_of(datagram: &[u8]) -> i32 {
    let mut answers = Answers::of(datagram);
    let Some(Answer::Verdict {
        errno,
        text: None,
        offset_octets: None,
        ..
    }) = answers.next()
    else {
        panic!("no verdict");
    };
    assert_eq!(answers.next(), None);
    errno
}

#[test]
fn refusals_mean_what_ipvsadm_says_they_mean() {
    let verdict =
        |captured: &str, request: &Request<'_>| Reason::of(request, errno_of(&capture(captured).received[0]));
    let seven = mark(7, Family::V4);
    let add = Change::AddService(plain(seven, "sed"));
    assert_eq!(
        verdict("err-exists", &Request::Change(&add)),
        Reason::ServiceExists
    );
    let delete = Change::DeleteService(ServiceKey::tcp(at("192.0.2.77:80")));
    assert_eq!(
        verdict("err-nosvc", &Request::Change(&delete)),
        Reason::NoSuchService
    );
    let gone = Change::DeleteDestination {
        service: seven,
        destination: at("10.0.0.1:0").into(),
    };
    assert_eq!(
        verdict("err-nodest", &Request::Change(&gone)),
        Reason::NoSuchDestination
    );
    let add = Change::AddService(plain(ServiceKey::tcp(at("192.0.2.78:80")), "nonesuch"));
    assert_eq!(
        verdict("err-sched", &Request::Change(&add)),
        Reason::NoSuchScheduler
    );
    assert_eq!(verdict("err-unpriv", &Request::Info), Reason::NotPermitted);
    // An acknowledgement is a verdict of 0, with the header of the request alone.
    assert_eq!(errno_of(&capture("ack").received[0]), 0);
}

/// By hand after linux/netlink.h: -EINVAL, the header of a request, NLMSGERR_ATTR_MSG (1) and NLMSGERR_ATTR_OFFS (2), with
/// NLM_F_CAPPED and NLM_F_ACK_TLVS.
#[test]
fn the_kernels_own_words_are_read() {
    let header = "14000000 1c000500 07000000 00000000".replace(' ', "");
    let words = "0800 0100 6e6f2100 0800 0200 14000000".replace(' ', "");
    let datagram = octets(&format!(
        "34000000020000030700000000000000eaffffff{header}{words}"
    ));
    assert_eq!(datagram.len(), 0x34);
    let wanted = Answer::Verdict {
        sequence: 7,
        errno: 22,
        text: Some("no!".to_owned()),
        offset_octets: Some(20),
    };
    assert_eq!(Answers::of(&datagram).collect::<Vec<_>>(), [wanted]);
}

/// The first of what the controller of generic netlink has answered; policies follow, which say nothing here.
#[test]
fn the_number_of_the_family_is_read() {
    let datagram = octets(
        "30000000100000000100000000000000010200000900020049505653000000000600010 01d000000080003000100000 0"
            .replace(' ', "")
            .as_str(),
    );
    assert_eq!(decode_family(&datagram[HEADER_OCTETS..]), Ok(FamilyId(0x1d)));
}
