//! Connections that pass.

use crate::{at, empty, tcp};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};
use vrrp_ipvs::{Change, Destination, Forwarding, ServiceKey};

#[test]
#[ignore = "under_a_kernel runs it"]
fn what_passes_is_counted() {
    let mut client = empty();
    for words in [
        "link set lo up",
        "addr replace 192.0.2.1/32 dev lo",
        "addr replace 198.51.100.1/32 dev lo",
    ] {
        assert!(
            Command::new("ip")
                .args(words.split(' '))
                .status()
                .unwrap()
                .success(),
            "{words}"
        );
    }
    let key = ServiceKey::tcp(at("192.0.2.1:80"));
    let destination = Destination::new(at("198.51.100.1:8080").into(), Forwarding::Masquerade, 1);
    client
        .change(&Change::AddService(tcp("192.0.2.1:80", "rr")))
        .unwrap();
    client
        .change(&Change::AddDestination {
            service: key,
            destination,
        })
        .unwrap();
    let server = TcpListener::bind("198.51.100.1:8080").unwrap();
    let clients: Vec<_> = (0..3)
        .map(|_| {
            let client = TcpStream::connect("192.0.2.1:80").unwrap();
            (client, server.accept().unwrap())
        })
        .collect();
    let status = client.destinations(&key).unwrap()[0];
    assert_eq!((status.active_connections, status.inactive_connections), (3, 0));
    // The kernel adds its counters up every two seconds.
    let before = Instant::now();
    let service = loop {
        let (_, service) = client.service(&key).unwrap();
        if service.connections == 3 {
            break service;
        }
        assert!(before.elapsed() < Duration::from_secs(20), "{service:?}");
        std::thread::sleep(Duration::from_millis(50));
    };
    // SYN and ACK in, SYN with ACK out: 60, 52 and 60 octets with the options that Linux sends.
    assert_eq!((service.packets_in, service.packets_out), (6, 3));
    assert_eq!((service.octets_in, service.octets_out), (3 * (60 + 52), 3 * 60));
    let status = client.destinations(&key).unwrap()[0];
    assert_eq!(status.statistics.connections, 3);
    client.zero(Some(&key)).unwrap();
    assert_eq!(client.service(&key).unwrap().1.connections, 0);
    assert_eq!(client.destinations(&key).unwrap()[0].statistics.connections, 0);
    drop(clients);
}
