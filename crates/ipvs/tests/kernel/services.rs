//! Services of every kind: made by us and shown by ipvsadm, made by ipvsadm and shown by us.

use crate::ipvsadm::{restore, saved, sorted};
use crate::{at, empty, name, tcp};
use std::num::NonZeroU32;
use vrrp_ipvs::{
    Change, Client, Family, Granularity, Persistence, Protocol, SchedulerFlags, Service, ServiceKey,
};

/// Each with the line that ipvsadm saves.
fn every() -> Vec<(Service, &'static str)> {
    let persistent = |timeout_seconds, granularity, engine| {
        Some(Persistence {
            timeout_seconds,
            granularity,
            engine,
        })
    };
    let each = Granularity::each(Family::V4);
    let mark = |mark, family| ServiceKey::Mark {
        mark: NonZeroU32::new(mark).unwrap(),
        family,
    };
    let udp = |text| ServiceKey::udp(at(text));
    let both = SchedulerFlags::FIRST.and(SchedulerFlags::SECOND);
    vec![
        (tcp("192.0.2.1:80", "rr"), "-A -t 192.0.2.1:80 -s rr"),
        (
            Service {
                one_packet: true,
                ..Service::new(udp("192.0.2.1:53"), name("wrr"))
            },
            "-A -u 192.0.2.1:53 -s wrr -o",
        ),
        (
            Service {
                scheduler_flags: both,
                ..Service::new(
                    ServiceKey::at(Protocol::Sctp, at("[2001:db8::1]:5060")),
                    name("mh"),
                )
            },
            "-A --sctp-service [2001:db8::1]:5060 -s mh -b mh-fallback,mh-port",
        ),
        (
            Service {
                scheduler_flags: SchedulerFlags::SECOND,
                persistence: persistent(600, Granularity::V4([255, 255, 0, 0].into()), None),
                ..tcp("192.0.2.2:0", "sh")
            },
            "-A -t 192.0.2.2:0 -s sh -p 600 -M 255.255.0.0 -b sh-port",
        ),
        (
            Service {
                persistence: persistent(360, Granularity::V6(64), None),
                ..tcp("[2001:db8::2]:443", "wlc")
            },
            "-A -t [2001:db8::2]:443 -s wlc -p 360 -M 64",
        ),
        (
            Service {
                persistence: persistent(60, each, Some(name("sip"))),
                ..Service::new(udp("192.0.2.3:5060"), name("lc"))
            },
            "-A -u 192.0.2.3:5060 -s lc -p 60 --pe sip",
        ),
        (
            Service {
                scheduler_flags: both.and(SchedulerFlags::THIRD),
                ..tcp("192.0.2.4:80", "lblcr")
            },
            "-A -t 192.0.2.4:80 -s lblcr -b flag-1,flag-2,flag-3",
        ),
        (Service::new(mark(7, Family::V4), name("sed")), "-A -f 7 -s sed"),
        (Service::new(mark(8, Family::V6), name("nq")), "-A -f 8 -6 -s nq"),
    ]
}

fn services(client: &mut Client) -> Vec<Service> {
    let mut found: Vec<Service> = client
        .services()
        .unwrap()
        .into_iter()
        .map(|(service, _)| service)
        .collect();
    found.sort_by_key(|service| service.key);
    found
}

fn lines(every: &[(Service, &str)]) -> Vec<String> {
    sorted(&every.iter().map(|(_, line)| *line).collect::<Vec<_>>().join("\n"))
}

fn wanted(every: &[(Service, &str)]) -> Vec<Service> {
    let mut wanted: Vec<Service> = every.iter().map(|(service, _)| service.clone()).collect();
    wanted.sort_by_key(|service| service.key);
    wanted
}

#[test]
#[ignore = "under_a_kernel runs it"]
fn every_kind_is_added_and_deleted() {
    let (mut client, every) = (empty(), every());
    for (service, _) in &every {
        client.change(&Change::AddService(service.clone())).unwrap();
        assert_eq!(client.service(&service.key).unwrap().0, *service);
    }
    assert_eq!(saved(), lines(&every));
    assert_eq!(services(&mut client), wanted(&every));
    for (service, _) in &every {
        client.change(&Change::DeleteService(service.key)).unwrap();
    }
    assert_eq!(saved(), [""; 0]);
}

#[test]
#[ignore = "under_a_kernel runs it"]
fn what_ipvsadm_has_made_is_read() {
    let (mut client, every) = (empty(), every());
    restore(&(lines(&every).join("\n") + "\n"));
    assert_eq!(services(&mut client), wanted(&every));
}

/// Nothing of what a service was before is left: each becomes what each other one is.
#[test]
#[ignore = "under_a_kernel runs it"]
fn a_service_becomes_any_other() {
    let (mut client, every) = (empty(), every());
    let key = ServiceKey::tcp(at("192.0.2.9:80"));
    let of_ipv4 = every
        .iter()
        .filter(|(service, _)| service.key.family() == Family::V4);
    let shapes: Vec<Service> = of_ipv4
        .map(|(service, _)| Service {
            key,
            ..service.clone()
        })
        .collect();
    client.change(&Change::AddService(shapes[0].clone())).unwrap();
    for from in &shapes {
        for to in &shapes {
            client.change(&Change::EditService(from.clone())).unwrap();
            client.change(&Change::EditService(to.clone())).unwrap();
            assert_eq!(client.service(&key).unwrap().0, *to, "from {from:?}");
        }
    }
}

#[test]
#[ignore = "under_a_kernel runs it"]
fn every_scheduler_of_the_kernel_is_had() {
    let mut client = empty();
    let schedulers = [
        "rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sh", "sed", "nq", "mh", "fo", "ovf",
    ];
    for (port, scheduler) in (1..).zip(schedulers) {
        let service = tcp(&format!("192.0.2.1:{port}"), scheduler);
        client.change(&Change::AddService(service)).unwrap();
    }
    let found: Vec<String> = services(&mut client)
        .iter()
        .map(|s| s.scheduler.to_string())
        .collect();
    assert_eq!(found, schedulers);
}
