//! Real servers of one virtual server beside each other: names, and destinations that are one.

use healthcheck::{LastResort, Member, Pool, PoolConfig};
use vrrp_director::{BalanceError, check};
use vrrp_ipvs::{Forwarding, Table};
use vrrp_plan::balance::VirtualServer;

use crate::balances::{balance, key, server, sorry, virtual_server};
use crate::world::World;

const SERVICE: &str = "192.0.2.1:80";
const A: &str = "198.51.100.1:80";
const B: &str = "198.51.100.2:80";
const SORRY: &str = "127.0.0.1:80";

/// What is asked before anything is begun refuses what a pool would refuse, in its words.
#[test]
fn who_asks_before_is_told_what_the_pool_would_say() {
    let with = |servers: &[&str], last: Option<&str>| {
        let servers = servers.iter().map(|name| server(name, 1)).collect();
        VirtualServer {
            sorry: last.map(sorry),
            ..virtual_server(SERVICE, servers)
        }
    };
    let cases: [(&[&str], Option<&str>); 7] = [
        (&[], None),
        (&[], Some(SORRY)),
        (&[A], None),
        (&[A, B, A], None),
        (&[A, B], Some(B)),
        (&[A, A], Some(A)),
        (&[A, B], Some(SORRY)),
    ];
    for (servers, last) in cases {
        let members = servers.iter().map(|name| Member::new(*name));
        let sorry = last.map(|name| LastResort::Server {
            name: name.into(),
            weight: 1,
            inhibit: false,
        });
        let pool = PoolConfig::new(members).last_resort(sorry.unwrap_or_default());
        let source = Pool::new(pool).err();
        let wanted = source.map(|source| BalanceError::Pool {
            place: "test.conf:1".to_owned(),
            name: SERVICE.to_owned(),
            source,
        });
        let said = check(&balance(vec![with(servers, last)]));
        assert_eq!(said.err(), wanted, "{servers:?} {last:?}");
    }
}

/// The kernel cannot change a port with direct routing: one destination for both, there as long as one of them serves.
#[test]
fn servers_that_come_to_one_destination_are_it_together() {
    let direct = |name: &str| {
        let mut server = server(name, 1);
        server.destination.forwarding = Forwarding::Direct;
        server
    };
    let (one, other) = ("198.51.100.1:80", "198.51.100.1:81");
    let plan = virtual_server(SERVICE, vec![direct(one), direct(B), direct(other)]);
    let mut world = World::begin(balance(vec![plan]), &Table::new());
    let weights = |a, b| vec![(A.to_owned(), a), (B.to_owned(), b)];
    let both = weights(1, 1);
    assert_eq!(world.weights(&key(SERVICE)), both);
    world.check(one, false);
    assert_eq!(world.weights(&key(SERVICE)), both);
    world.check(other, false);
    assert_eq!(world.weights(&key(SERVICE)), weights(0, 1));
}
