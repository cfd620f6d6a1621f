//! What the kernel would refuse without a word why, or take and not carry out, has a name here; what is just right has none.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::net::SocketAddr;
use std::num::NonZeroU32;
use vrrp_ipvs::{
    Checksum, Destination, Family, Fault, Forwarding, Granularity, Name, Persistence, Service, ServiceKey,
    Tunnel,
};

fn at(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn service(address: &str, persistence: Option<Persistence>) -> Service {
    let service = Service::new(ServiceKey::tcp(at(address)), Name::new("rr").unwrap());
    Service {
        persistence,
        ..service
    }
}

fn persistent(timeout_seconds: u32, granularity: Granularity) -> Option<Persistence> {
    Some(Persistence {
        timeout_seconds,
        granularity,
        engine: None,
    })
}

const EACH_OF_4: Granularity = Granularity::each(Family::V4);

#[test]
fn every_port_needs_persistence() {
    let fault = service("192.0.2.1:0", None).check().unwrap_err();
    assert_eq!(fault, Fault::EveryPort(ServiceKey::tcp(at("192.0.2.1:0"))));
    assert_eq!(
        fault.to_string(),
        "TCP 192.0.2.1:0 is for every port, which needs persistence"
    );
    assert_eq!(service("192.0.2.1:0", persistent(1, EACH_OF_4)).check(), Ok(()));
    assert_eq!(service("192.0.2.1:1", None).check(), Ok(()));
    let mark = ServiceKey::Mark {
        mark: NonZeroU32::MIN,
        family: Family::V6,
    };
    assert_eq!(Service::new(mark, Name::new("rr").unwrap()).check(), Ok(()));
}

#[test]
fn persistence_lasts_a_second_to_31_days() {
    let lasts = |seconds| service("192.0.2.1:80", persistent(seconds, EACH_OF_4)).check();
    let fault = |seconds| {
        Err(Fault::PersistenceRange {
            service: ServiceKey::tcp(at("192.0.2.1:80")),
            seconds,
        })
    };
    assert_eq!(lasts(0), fault(0));
    assert_eq!(lasts(1), Ok(()));
    assert_eq!(lasts(2_678_400), Ok(()));
    assert_eq!(lasts(2_678_401), fault(2_678_401));
    let said = lasts(0).unwrap_err().to_string();
    assert_eq!(
        said,
        "TCP 192.0.2.1:80 is persistent for 0 s, which is to be 1 to 2678400"
    );
}

#[test]
fn a_granularity_is_of_the_services_family_and_has_bits() {
    let six = |bits| service("[2001:db8::1]:80", persistent(60, Granularity::V6(bits))).check();
    let key = ServiceKey::tcp(at("[2001:db8::1]:80"));
    assert_eq!(
        six(0),
        Err(Fault::GranularityRange {
            service: key,
            bits: 0
        })
    );
    assert_eq!((six(1), six(128)), (Ok(()), Ok(())));
    assert_eq!(
        six(129),
        Err(Fault::GranularityRange {
            service: key,
            bits: 129
        })
    );
    let mixed = service("[2001:db8::1]:80", persistent(60, EACH_OF_4)).check();
    assert_eq!(mixed, Err(Fault::GranularityFamily(key)));
    let mixed = service("192.0.2.1:80", persistent(60, Granularity::V6(64))).check();
    assert_eq!(
        mixed,
        Err(Fault::GranularityFamily(ServiceKey::tcp(at("192.0.2.1:80"))))
    );
}

fn destination(address: &str, forwarding: Forwarding) -> Destination {
    Destination::new(at(address).into(), forwarding, 1)
}

#[test]
fn weights_and_limits_have_ranges() {
    let service = ServiceKey::tcp(at("192.0.2.1:80"));
    let plain = destination("198.51.100.1:80", Forwarding::Direct);
    let destination = plain.key;
    let weighs = |weight| Destination { weight, ..plain }.check(&service);
    assert_eq!((weighs(0), weighs(2_147_483_647)), (Ok(()), Ok(())));
    let weight = 2_147_483_648;
    assert_eq!(
        weighs(weight),
        Err(Fault::Weight {
            service,
            destination,
            weight
        })
    );
    let limits = |lower, upper| {
        Destination {
            lower_connections: lower,
            upper_connections: upper,
            ..plain
        }
        .check(&service)
    };
    assert_eq!(
        (limits(0, 0), limits(0, 9), limits(9, 9)),
        (Ok(()), Ok(()), Ok(()))
    );
    let (lower, upper) = (10, 9);
    assert_eq!(
        limits(lower, upper),
        Err(Fault::Limits {
            service,
            destination,
            lower,
            upper
        })
    );
    assert!(limits(1, 0).is_err());
}

#[test]
fn only_a_tunnel_leads_into_the_other_family() {
    let service = ServiceKey::tcp(at("192.0.2.1:80"));
    for forwarding in [
        Forwarding::Masquerade,
        Forwarding::Direct,
        Forwarding::Local,
        Forwarding::Bypass,
    ] {
        let there = destination("[2001:db8::1]:80", forwarding);
        let fault = Fault::OtherFamily {
            service,
            destination: there.key,
        };
        assert_eq!(there.check(&service), Err(fault), "{forwarding:?}");
        assert_eq!(destination("198.51.100.1:80", forwarding).check(&service), Ok(()));
    }
    let through = |address, tunnel| destination(address, Forwarding::Tunnel(tunnel)).check(&service);
    assert_eq!(through("[2001:db8::1]:80", Tunnel::Ipip), Ok(()));
    let gue = |port| Tunnel::Gue {
        port,
        checksum: Checksum::Absent,
    };
    assert_eq!(through("198.51.100.1:80", gue(1)), Ok(()));
    let fault = Fault::TunnelPort {
        service,
        destination: at("198.51.100.1:80").into(),
    };
    assert_eq!(through("198.51.100.1:80", gue(0)), Err(fault));
}
