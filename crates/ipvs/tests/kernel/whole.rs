//! Any table that can be: as it was put in, so it comes out.

use crate::strategies::{destination_of, scheduler_flags, service_of};
use crate::{empty, name};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::TestRunner;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use vrrp_ipvs::{
    Change, Client, Destination, DestinationKey, Family, Forwarding, Protocol, Service, ServiceKey, Tunnel,
};

/// Keys that meet: few addresses and ports.
fn service_key() -> impl Strategy<Value = ServiceKey> {
    let address = select(vec!["192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2"]);
    let protocol = select(vec![Protocol::Tcp, Protocol::Udp, Protocol::Sctp]);
    let mark = (1_u32..4).prop_map(|mark| NonZeroU32::new(mark).unwrap());
    prop_oneof![
        (protocol, address, 0_u16..3).prop_map(|(protocol, address, port)| ServiceKey::Address {
            protocol,
            address: address.parse().unwrap(),
            port
        }),
        (mark, select(vec![Family::V4, Family::V6]))
            .prop_map(|(mark, family)| ServiceKey::Mark { mark, family }),
    ]
}

fn service() -> impl Strategy<Value = Service> {
    let schedulers = vec![
        "rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sh", "sed", "nq", "mh", "fo", "ovf",
    ];
    let service = service_key().prop_flat_map(service_of);
    (service, select(schedulers), scheduler_flags()).prop_map(|(mut service, scheduler, flags)| {
        service.scheduler = name(scheduler);
        service.scheduler_flags = flags;
        if let Some(persistence) = &mut service.persistence {
            // The kernel has one engine.
            persistence.engine = persistence.engine.take().map(|_| name("sip"));
        }
        service
    })
}

fn destination() -> impl Strategy<Value = Destination> {
    let address = select(vec![
        "198.51.100.1",
        "198.51.100.2",
        "2001:db8::81",
        "2001:db8::82",
    ]);
    let key = (address, 0_u16..3).prop_map(|(address, port)| DestinationKey {
        address: address.parse::<IpAddr>().unwrap(),
        port,
    });
    key.prop_flat_map(destination_of)
}

type Table = BTreeMap<ServiceKey, (Service, BTreeMap<DestinationKey, Destination>)>;

/// What of it the kernel takes is put in.
fn put(client: &mut Client, table: Vec<(Service, Vec<Destination>)>) -> Table {
    let mut wanted = Table::new();
    for (service, destinations) in table {
        let key = service.key;
        if wanted.contains_key(&key) || service.check().is_err() {
            continue;
        }
        client.change(&Change::AddService(service.clone())).unwrap();
        let mut kept = BTreeMap::new();
        for destination in destinations {
            // The kernel of Debian 12 knows no tunnel beyond those that have a name here.
            let strange = matches!(destination.forwarding, Forwarding::Tunnel(Tunnel::Other { .. }));
            if strange || kept.contains_key(&destination.key) || destination.check(&key).is_err() {
                continue;
            }
            client
                .change(&Change::AddDestination {
                    service: key,
                    destination,
                })
                .unwrap();
            kept.insert(destination.key, destination);
        }
        wanted.insert(key, (service, kept));
    }
    wanted
}

fn get(client: &mut Client) -> Table {
    let services = client.services().unwrap().into_iter();
    services
        .map(|(service, _)| {
            let destinations = client.destinations(&service.key).unwrap();
            let destinations = destinations
                .into_iter()
                .map(|s| (s.destination.key, s.destination));
            (service.key, (service, destinations.collect()))
        })
        .collect()
}

#[test]
#[ignore = "under_a_kernel runs it"]
fn a_table_comes_out_as_it_was_put_in() {
    let mut runner = TestRunner::new(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(48)
    });
    let tables = vec((service(), vec(destination(), 0..6)), 0..8);
    let outcome = runner.run(&tables, |table| {
        let mut client = empty();
        let wanted = put(&mut client, table);
        prop_assert_eq!(get(&mut client), wanted);
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}
