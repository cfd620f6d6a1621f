//! Differences carried out by the kernel.

use crate::strategies::destination_of;
use crate::{at, empty, name, tcp};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::TestRunner;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use vrrp_ipvs::{
    Change, Client, Destination, DestinationKey, Difference, Forwarding, Protocol, Reason, Service,
    ServiceKey, Table, Tunnel,
};

const SERVICES: [&str; 4] = [
    "192.0.2.1:80",
    "192.0.2.2:80",
    "[2001:db8::1]:80",
    "[2001:db8::2]:80",
];

/// Tables that meet in their services and destinations, of what every kernel of today takes.
fn table() -> impl Strategy<Value = Table> {
    let address = select(vec![
        "198.51.100.1",
        "198.51.100.2",
        "2001:db8::81",
        "2001:db8::82",
    ]);
    let key = (address, 80_u16..82).prop_map(|(address, port)| DestinationKey {
        address: address.parse::<IpAddr>().unwrap(),
        port,
    });
    let destination = key.prop_flat_map(destination_of);
    let server = (select(vec!["rr", "wlc", "sh", "mh"]), vec(destination, 0..6));
    btree_map(0_usize..4, server, 0..5).prop_map(|servers| {
        let mut table = Table::new();
        for (index, (scheduler, destinations)) in servers {
            let service = tcp(SERVICES[index], scheduler);
            let known = |d: &Destination| !matches!(d.forwarding, Forwarding::Tunnel(Tunnel::Other { .. }));
            let fits = destinations
                .into_iter()
                .filter(|d| known(d) && d.check(&service.key).is_ok());
            let each: BTreeMap<DestinationKey, Destination> = fits.map(|d| (d.key, d)).collect();
            table.insert(service, each.into_values()).unwrap();
        }
        table
    })
}

#[test]
#[ignore = "under_a_kernel runs it"]
fn the_kernel_becomes_any_table_and_leaves_others_alone() {
    let mut runner = TestRunner::new(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(24)
    });
    let foreign = tcp("203.0.113.1:80", "lc");
    let guest = Destination::new(at("198.51.100.9:80").into(), Forwarding::Direct, 5);
    let outcome = runner.run(&vec(table(), 1..5), |tables| {
        let mut client = empty();
        client.change(&Change::AddService(foreign.clone())).unwrap();
        client
            .change(&Change::AddDestination {
                service: foreign.key,
                destination: guest,
            })
            .unwrap();
        let ours = |key: &ServiceKey| *key != foreign.key;
        for mut wanted in tables {
            let difference = Difference::between(&wanted, &client.table().unwrap(), ours);
            let outcome = client.carry_out(&difference);
            prop_assert!(outcome.is_complete(), "{:?}", outcome);
            let found = client.table().unwrap();
            prop_assert!(Difference::between(&wanted, &found, ours).is_empty());
            wanted.insert(foreign.clone(), [guest]).unwrap();
            prop_assert_eq!(found, wanted);
        }
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

/// The example program, as its words say.
#[test]
#[ignore = "under_a_kernel runs it"]
fn the_example_makes_a_service_and_lists_it() {
    let mut client = empty();
    client
        .change(&Change::AddService(tcp("203.0.113.1:80", "lc")))
        .unwrap();
    let program = std::env::current_exe().unwrap();
    let program = program
        .parent()
        .and_then(std::path::Path::parent)
        .unwrap()
        .join("examples/table");
    let said = |words: &[&str]| {
        let output = Command::new(&program).args(words).output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    };
    let words = ["192.0.2.1:80", "198.51.100.1:8080=2", "198.51.100.2:8080"];
    assert_eq!(
        said(&words),
        "add service TCP 192.0.2.1:80\nadd 198.51.100.1:8080 to TCP 192.0.2.1:80\nadd 198.51.100.2:8080 to TCP \
         192.0.2.1:80\n"
    );
    assert_eq!(said(&words), "");
    assert_eq!(
        said(&words[..2]),
        "delete 198.51.100.2:8080 from TCP 192.0.2.1:80\n"
    );
    assert_eq!(
        said(&[]),
        "IPVS 1.2.1\nTCP 192.0.2.1:80 wlc, 0 connections so far\n  198.51.100.1:8080 Masquerade weight 2, 0 connections \
         now\nTCP 203.0.113.1:80 lc, 0 connections so far\n"
    );
}

fn balanced(servers: &[(&str, u32)]) -> Table {
    let mut table = Table::new();
    let servers = servers
        .iter()
        .map(|(text, weight)| Destination::new(at(text).into(), Forwarding::Masquerade, *weight));
    table.insert(tcp("192.0.2.1:80", "rr"), servers).unwrap();
    table
}

/// SYNs that were not answered and sent again.
fn repeated_syns() -> u64 {
    let text = std::fs::read_to_string("/proc/self/net/netstat").unwrap();
    let mut lines = text.lines().filter(|line| line.starts_with("TcpExt:"));
    let (names, values) = (lines.next().unwrap(), lines.next().unwrap());
    let place = names.split(' ').position(|name| name == "TCPSynRetrans").unwrap();
    values.split(' ').nth(place).unwrap().parse().unwrap()
}

/// A client that connects all the time, while the weight goes to and fro between real servers and sorry server. They are not
/// deleted: the kernel drops what is under way to a destination that is deleted, whatever there is beside it.
#[test]
#[ignore = "under_a_kernel runs it"]
fn no_connection_fails_while_the_quorum_changes() {
    let mut client = empty();
    let words = [
        "link set lo up",
        "addr replace 192.0.2.1/32 dev lo",
        "addr replace 198.51.100.1/32 dev lo",
    ];
    for words in words {
        assert!(
            Command::new("ip")
                .args(words.split(' '))
                .status()
                .unwrap()
                .success(),
            "{words}"
        );
    }
    let servers = [8081, 8082, 8083].map(|port| TcpListener::bind(("198.51.100.1", port)).unwrap());
    let weights = |real, sorry| {
        balanced(&[
            ("198.51.100.1:8081", real),
            ("198.51.100.1:8082", real),
            ("198.51.100.1:8083", sorry),
        ])
    };
    let (up, sorry) = (weights(1, 0), weights(0, 1));
    let go = |client: &mut Client, wanted: &Table| {
        let difference = Difference::between(wanted, &client.table().unwrap(), |_| true);
        assert!(client.carry_out(&difference).is_complete());
    };
    go(&mut client, &up);
    // These threads end with the process: an assertion that fails below waits for nobody.
    for server in servers {
        std::thread::spawn(move || while server.accept().is_ok() {});
    }
    let over = Arc::new(AtomicBool::new(false));
    let enough = Arc::clone(&over);
    let asking = std::thread::spawn(move || {
        let mut connections = 0;
        while !enough.load(Ordering::Relaxed) {
            let connected = TcpStream::connect_timeout(&at("192.0.2.1:80"), Duration::from_secs(5));
            connected.map_err(|error| (connections, error))?;
            connections += 1;
        }
        Ok::<u32, (u32, std::io::Error)>(connections)
    });
    let before = repeated_syns();
    for _ in 0..150 {
        go(&mut client, &sorry);
        go(&mut client, &up);
    }
    over.store(true, Ordering::Relaxed);
    let connections = asking.join().unwrap().expect("a connection to fail never");
    println!("{connections} connections over 300 changes");
    // What an empty service drops is not refused: the client asks again, a second later.
    assert_eq!(repeated_syns(), before);
    assert!(connections > 100, "{connections}");
}

/// An addition that the kernel refuses does not empty the service, and what does no harm goes on.
#[test]
#[ignore = "under_a_kernel runs it"]
fn a_refused_addition_withholds_what_would_empty_the_service() {
    let mut client = empty();
    let before = balanced(&[("198.51.100.1:8081", 1)]);
    let difference = Difference::between(&before, &Table::new(), |_| true);
    assert!(client.carry_out(&difference).is_complete());
    // Compared with a table that is no longer true: the kernel has the new server already.
    let wanted = balanced(&[("198.51.100.1:8082", 1)]);
    let difference = Difference::between(&wanted, &before, |_| true);
    let service = ServiceKey::tcp(at("192.0.2.1:80"));
    let destination = Destination::new(at("198.51.100.1:8082").into(), Forwarding::Masquerade, 0);
    client
        .change(&Change::AddDestination { service, destination })
        .unwrap();
    let outcome = client.carry_out(&difference);
    let reasons: Vec<Option<Reason>> = outcome.refused.iter().map(|(_, error)| error.reason()).collect();
    assert_eq!(reasons, [Some(Reason::DestinationExists)]);
    let old = DestinationKey::from(at("198.51.100.1:8081"));
    assert_eq!(
        outcome.withheld,
        [Change::DeleteDestination {
            service,
            destination: old
        }]
    );
    // Read again, it comes to the same.
    let difference = Difference::between(&wanted, &client.table().unwrap(), |_| true);
    assert!(client.carry_out(&difference).is_complete());
    assert_eq!(client.table().unwrap(), wanted);
}

/// The table of keepalived's release notes; the times are said, for docs/measured.md.
#[test]
#[ignore = "under_a_kernel runs it"]
fn a_table_of_37205_that_is_unchanged_costs_no_change() {
    let mut client = empty();
    let mut wanted = Table::new();
    for number in 0..1000_u32 {
        let address = |network: u32, number| IpAddr::V4(Ipv4Addr::from(network + number));
        let key = ServiceKey::Address {
            protocol: Protocol::Tcp,
            address: address(0x0a00_0000, number),
            port: 80,
        };
        let servers = (0..37_205)
            .filter(|server| server % 1000 == number)
            .map(|server| {
                let address = address(0x0a01_0000, server);
                Destination::new(DestinationKey { address, port: 80 }, Forwarding::Direct, 1)
            });
        wanted.insert(Service::new(key, name("wlc")), servers).unwrap();
    }
    let begin = Instant::now();
    let difference = Difference::between(&wanted, &Table::new(), |_| true);
    assert_eq!(difference.changes().count(), 38_205);
    assert!(client.carry_out(&difference).is_complete());
    let added = begin.elapsed();
    let begin = Instant::now();
    let found = client.table().unwrap();
    let read = begin.elapsed();
    let begin = Instant::now();
    let again = Difference::between(&wanted, &found, |_| true);
    let compared = begin.elapsed();
    assert!(again.is_empty());
    let begin = Instant::now();
    let outcome = client.carry_out(&Difference::between(&Table::new(), &found, |_| true));
    assert!(outcome.is_complete());
    println!(
        "37205 destinations of 1000 services: added in {added:?}, read in {read:?}, compared in {compared:?}, deleted in {:?}",
        begin.elapsed()
    );
    assert!(client.table().unwrap().is_empty());
}
