//! Destinations of every kind.

use crate::ipvsadm::{ipvsadm, restore, saved, sorted};
use crate::{at, empty, tcp};
use vrrp_ipvs::{Change, Checksum, Client, Destination, DestinationKey, Forwarding, ServiceKey, Tunnel};

fn web() -> ServiceKey {
    ServiceKey::tcp(at("192.0.2.1:80"))
}

fn to(address: &str, forwarding: Forwarding, weight: u32) -> Destination {
    Destination::new(at(address).into(), forwarding, weight)
}

/// Each with what ipvsadm saves behind `-a -t 192.0.2.1:80 -r`.
fn every() -> Vec<(Destination, &'static str)> {
    let tunnel = |address, weight, tunnel| to(address, Forwarding::Tunnel(tunnel), weight);
    let gue = |checksum| Tunnel::Gue { port: 5555, checksum };
    let gre = |checksum| Tunnel::Gre { checksum };
    vec![
        (
            Destination {
                upper_connections: 1000,
                lower_connections: 500,
                ..to(
                    "198.51.100.1:8080",
                    Forwarding::Masquerade,
                    Destination::WEIGHT_MAX,
                )
            },
            "198.51.100.1:8080 -m -w 2147483647 -x 1000 -y 500",
        ),
        (
            to("198.51.100.2:80", Forwarding::Direct, 0),
            "198.51.100.2:80 -g -w 0",
        ),
        (
            tunnel("198.51.100.3:80", 1, Tunnel::Ipip),
            "198.51.100.3:80 -i -w 1 --tun-type ipip",
        ),
        (
            tunnel("198.51.100.4:80", 2, gue(Checksum::Absent)),
            "198.51.100.4:80 -i -w 2 --tun-type gue --tun-port 5555 --tun-nocsum",
        ),
        (
            tunnel("198.51.100.5:80", 3, gue(Checksum::Full)),
            "198.51.100.5:80 -i -w 3 --tun-type gue --tun-port 5555 --tun-csum",
        ),
        (
            tunnel("198.51.100.6:80", 4, gue(Checksum::Remote)),
            "198.51.100.6:80 -i -w 4 --tun-type gue --tun-port 5555 --tun-remcsum",
        ),
        (
            tunnel("198.51.100.7:80", 5, gre(Checksum::Full)),
            "198.51.100.7:80 -i -w 5 --tun-type gre --tun-csum",
        ),
        (
            tunnel("198.51.100.8:80", 6, gre(Checksum::Absent)),
            "198.51.100.8:80 -i -w 6 --tun-type gre --tun-nocsum",
        ),
        (
            tunnel("[2001:db8::99]:80", 7, Tunnel::Ipip),
            "[2001:db8::99]:80 -i -w 7 --tun-type ipip",
        ),
    ]
}

fn lines(every: &[(Destination, &str)]) -> Vec<String> {
    let lines = every
        .iter()
        .map(|(_, line)| format!("-a -t 192.0.2.1:80 -r {line}\n"));
    sorted(&(String::from("-A -t 192.0.2.1:80 -s rr\n") + &lines.collect::<String>()))
}

fn destinations(client: &mut Client) -> Vec<Destination> {
    let found = client.destinations(&web()).unwrap();
    let mut found: Vec<Destination> = found.into_iter().map(|status| status.destination).collect();
    found.sort_by_key(|destination| destination.key);
    found
}

#[test]
#[ignore = "under_a_kernel runs it"]
fn every_kind_is_added_and_deleted() {
    let (mut client, every) = (empty(), every());
    client
        .change(&Change::AddService(tcp("192.0.2.1:80", "rr")))
        .unwrap();
    for (destination, _) in &every {
        let add = Change::AddDestination {
            service: web(),
            destination: *destination,
        };
        client.change(&add).unwrap();
    }
    // `ipvsadm -S` leaves the limits out; it shows them.
    let without_limits: Vec<String> = lines(&every)
        .iter()
        .map(|line| line.replace(" -x 1000 -y 500", ""))
        .collect();
    assert_eq!(saved(), without_limits);
    let shown = ipvsadm(&["-l", "-n", "--thresholds"]);
    let row = shown
        .lines()
        .find(|line| line.contains("198.51.100.1:8080"))
        .unwrap();
    assert_eq!(
        row.split_whitespace().skip(2).take(2).collect::<Vec<_>>(),
        ["1000", "500"]
    );
    let wanted: Vec<Destination> = every.iter().map(|(destination, _)| *destination).collect();
    assert_eq!(destinations(&mut client), wanted);
    for (destination, _) in &every {
        let delete = Change::DeleteDestination {
            service: web(),
            destination: destination.key,
        };
        client.change(&delete).unwrap();
    }
    assert_eq!(saved(), ["-A -t 192.0.2.1:80 -s rr"]);
}

#[test]
#[ignore = "under_a_kernel runs it"]
fn what_ipvsadm_has_made_is_read() {
    let (mut client, every) = (empty(), every());
    restore(&(lines(&every).join("\n") + "\n"));
    let wanted: Vec<Destination> = every.iter().map(|(destination, _)| *destination).collect();
    assert_eq!(destinations(&mut client), wanted);
}

/// Nothing of what a destination was before is left: each becomes what each other one is.
#[test]
#[ignore = "under_a_kernel runs it"]
fn a_destination_becomes_any_other() {
    let (mut client, every) = (empty(), every());
    let key: DestinationKey = at("198.51.100.9:80").into();
    let shapes: Vec<Destination> = every.iter().map(|(d, _)| Destination { key, ..*d }).collect();
    client
        .change(&Change::AddService(tcp("192.0.2.1:80", "rr")))
        .unwrap();
    let edit = |destination| Change::EditDestination {
        service: web(),
        destination,
    };
    let add = Change::AddDestination {
        service: web(),
        destination: shapes[0],
    };
    client.change(&add).unwrap();
    for from in &shapes {
        for to in &shapes {
            client.change(&edit(*from)).unwrap();
            client.change(&edit(*to)).unwrap();
            assert_eq!(destinations(&mut client), [*to], "from {from:?}");
        }
    }
}

/// The answers of a thousand changes are told apart, those that fail in the midst of others too.
#[test]
#[ignore = "under_a_kernel runs it"]
fn many_at_once_are_answered_one_by_one() {
    let mut client = empty();
    let add = |number: u32| {
        let address = std::net::Ipv4Addr::from(0xc633_6400 + number);
        let key = DestinationKey {
            address: address.into(),
            port: 80,
        };
        Change::AddDestination {
            service: web(),
            destination: Destination::new(key, Forwarding::Direct, 1),
        }
    };
    let mut changes = vec![Change::AddService(tcp("192.0.2.1:80", "rr"))];
    // Every tenth twice: the second is refused, and what follows is not.
    changes.extend((0..1000).flat_map(|number| vec![add(number); if number % 10 == 0 { 2 } else { 1 }]));
    let results = client.apply(&changes);
    assert_eq!(results.len(), changes.len());
    for (at, result) in results.iter().enumerate().skip(1) {
        let again = changes[at] == changes[at - 1];
        assert_eq!(result.is_err(), again, "{at}: {result:?}");
    }
    let refused: Vec<_> = results.into_iter().filter_map(Result::err).collect();
    assert_eq!(refused.len(), 100);
    assert!(
        refused
            .iter()
            .all(|error| error.reason() == Some(vrrp_ipvs::Reason::DestinationExists))
    );
    assert_eq!(destinations(&mut client).len(), 1000);
}
