//! What it costs to see that nothing has changed, and that everything has: a thousand services with 37,205 destinations,
//! the table of which keepalived's release notes speak.

#![allow(missing_docs, clippy::expect_used, reason = "a benchmark")]

use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};
use vrrp_ipvs::wire::{FamilyId, Request};
use vrrp_ipvs::{
    Destination, DestinationKey, Difference, Forwarding, Name, Protocol, Service, ServiceKey, Table,
};

const SERVICES: u32 = 1000;
const DESTINATIONS: u32 = 37_205;

/// An address in this network.
fn address(network: Ipv4Addr, number: u32) -> IpAddr {
    IpAddr::V4(Ipv4Addr::from(u32::from(network).wrapping_add(number)))
}

fn table() -> Table {
    let mut table = Table::new();
    for number in 0..SERVICES {
        let key = ServiceKey::Address {
            protocol: Protocol::Tcp,
            address: address(Ipv4Addr::new(10, 0, 0, 0), number),
            port: 80,
        };
        let servers = (0..DESTINATIONS)
            .filter(|server| server % SERVICES == number)
            .map(|server| {
                let address = address(Ipv4Addr::new(10, 1, 0, 0), server);
                Destination::new(DestinationKey { address, port: 80 }, Forwarding::Direct, 1)
            });
        let service = Service::new(key, Name::new("wlc").expect("a name"));
        table.insert(service, servers).expect("each once");
    }
    table
}

fn difference(criterion: &mut Criterion) {
    let (wanted, present, nothing) = (table(), table(), Table::new());
    criterion.bench_function("37205 destinations, unchanged", |bencher| {
        bencher.iter(|| Difference::between(black_box(&wanted), black_box(&present), |_| true));
    });
    criterion.bench_function("37205 destinations, all new", |bencher| {
        bencher.iter(|| Difference::between(black_box(&wanted), black_box(&nothing), |_| true));
    });
    let all_new = Difference::between(&wanted, &nothing, |_| true);
    criterion.bench_function("37205 destinations, all new, in octets", |bencher| {
        bencher.iter(|| {
            let mut datagram = Vec::new();
            for change in all_new.changes() {
                datagram.clear();
                Request::Change(black_box(change)).encode(FamilyId(0x1c), 1, &mut datagram);
            }
            datagram
        });
    });
}

criterion_group!(benches, difference);
criterion_main!(benches);
