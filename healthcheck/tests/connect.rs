//! Connections to a listener, a closed port, one that never answers, a name.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

use std::io::{ErrorKind, Read as _};
use std::net::{Ipv6Addr, SocketAddr, TcpListener};
use std::time::Duration;

use healthcheck::{ConnectProbe, Endpoint, Outcome, Probe, Target, Transport};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

const LONG: Duration = Duration::from_secs(20);

async fn tcp(host: &str, port: u16, timeout: Duration) -> Outcome {
    let transport = Transport::Tcp;
    let host = host.to_owned();
    ConnectProbe::new(Target {
        transport,
        host,
        port,
        timeout,
    })
    .probe()
    .await
}

#[tokio::test]
async fn a_listener_passes_and_a_closed_port_is_refused() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let outcome = tcp("127.0.0.1", port, LONG).await;
    assert!(outcome.passed(), "{outcome:?}");
    assert_eq!(outcome.reason, format!("connected to 127.0.0.1:{port}"));

    drop(listener);
    let outcome = tcp("127.0.0.1", port, LONG).await;
    assert!(
        !outcome.passed() && outcome.reason.contains("refused"),
        "{outcome:?}"
    );
    assert!(outcome.reason.contains(&port.to_string()), "{outcome:?}");
    assert!(outcome.took < LONG);
}

#[tokio::test]
async fn the_connection_is_closed_at_once() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    assert!(tcp("127.0.0.1", port, LONG).await.passed());
    let (mut served, _) = listener.accept().unwrap();
    served.set_read_timeout(Some(LONG)).unwrap();
    assert_eq!(std::io::Read::read(&mut served, &mut [0; 8]).unwrap(), 0);
}

#[tokio::test]
async fn ipv6_is_connected_and_written_in_brackets() {
    let Ok(listener) = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)) else {
        println!("SKIP ipv6_is_connected: this machine has no IPv6 loopback");
        return;
    };
    let port = listener.local_addr().unwrap().port();
    let outcome = tcp("::1", port, LONG).await;
    assert_eq!(outcome.reason, format!("connected to [::1]:{port}"));
}

/// A listener whose queue is full: the kernel drops what comes, as a dead machine would.
async fn black_hole() -> (tokio::net::TcpListener, Vec<TcpStream>, SocketAddr) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut queued = Vec::new();
    while let Ok(stream) = timeout(Duration::from_millis(500), TcpStream::connect(address)).await {
        queued.push(stream.unwrap());
        assert!(queued.len() < 100, "the queue never fills");
    }
    (listener, queued, address)
}

#[tokio::test]
async fn who_never_answers_fails_at_the_timeout() {
    let (_listener, _queued, address) = black_hole().await;
    let outcome = tcp("127.0.0.1", address.port(), Duration::from_millis(300)).await;
    assert_eq!(outcome.reason, "no connection within 300ms");
    assert!(!outcome.passed());
    assert!(
        outcome.took >= Duration::from_millis(300) && outcome.took < LONG,
        "{outcome:?}"
    );
}

/// TCP lets a socket that comes from the port it goes to connect with itself (RFC 9293 3.5, simultaneous open).
#[tokio::test]
async fn a_connection_with_itself_is_no_service() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let mut endpoint = Endpoint::new("127.0.0.1", port).from_address("127.0.0.1".parse().unwrap());
    endpoint.source_port = port;
    let outcome = ConnectProbe::by_way_of(endpoint, Transport::Tcp, LONG)
        .probe()
        .await;
    assert!(!outcome.passed(), "{outcome:?}");
    assert!(outcome.reason.contains("refused"), "{outcome:?}");
}

#[tokio::test]
async fn a_port_of_ones_own_is_free_for_the_next_run() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut endpoint = Endpoint::new("127.0.0.1", listener.local_addr().unwrap().port());
    endpoint.source_port = free.local_addr().unwrap().port();
    drop(free);
    let probe = ConnectProbe::by_way_of(endpoint, Transport::Tcp, LONG);
    for run in 0..3 {
        let outcome = probe.probe().await;
        assert!(outcome.passed(), "run {run}: {outcome:?}");
        // A reset leaves no TIME_WAIT behind, in which the port would not be free.
        let (mut stream, _) = listener.accept().unwrap();
        let end = stream.read(&mut [0]).map_err(|error| error.kind());
        assert_eq!(end, Err(ErrorKind::ConnectionReset), "run {run}");
    }
}

#[tokio::test]
async fn a_name_is_looked_up() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    // Where localhost is ::1 first, the second address must be tried.
    let outcome = tcp("localhost", port, LONG).await;
    assert!(outcome.passed(), "{outcome:?}");
    // RFC 6761 6.4: never resolves. A machine whose resolver does not answer runs into the timeout.
    let outcome = tcp("no-such-host.invalid", port, Duration::from_secs(2)).await;
    assert!(!outcome.passed());
    let told = outcome
        .reason
        .contains("'no-such-host.invalid' cannot be looked up")
        || outcome.took.as_secs() >= 2;
    assert!(told, "{outcome:?}");
}

#[tokio::test]
async fn udp_passes_where_a_route_exists_and_says_how_little_that_means() {
    let target = Target {
        transport: Transport::Udp,
        host: "127.0.0.1".to_owned(),
        port: 9,
        timeout: LONG,
    };
    let probe = ConnectProbe::new(target);
    assert_eq!(probe.name(), "UDP connect to 127.0.0.1:9");
    let outcome = probe.probe().await;
    assert!(
        outcome.passed() && outcome.reason.contains("nothing was sent"),
        "{outcome:?}"
    );
}
