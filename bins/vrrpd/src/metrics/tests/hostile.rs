//! Clients that want to keep others out, or to cost much.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use super::super::Place;
use super::super::bind::{Bound, Listener};
use super::super::serve::{Site, serve};
use super::super::sources::OF_ONE_MAX;
use super::{Mock, answer};

const LIMIT: Duration = Duration::from_secs(20);

/// A listener over what `mock` knows, and where it is.
fn listen(mock: Mock) -> (SocketAddr, Arc<Mock>) {
    let socket = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    socket.set_nonblocking(true).unwrap();
    let place = socket.local_addr().unwrap();
    let knows = Arc::new(mock);
    let listener = Listener {
        place: Place::Tcp(place),
        socket: Bound::Tcp(socket),
        file: None,
    };
    tokio::spawn(serve(vec![listener], Arc::new(Site::new(Arc::clone(&knows)))));
    (place, knows)
}

/// From another address of this machine: another source.
async fn from(host: u8, place: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((Ipv4Addr::new(127, 0, 0, host), 0).into()).unwrap();
    socket.connect(place).await.unwrap()
}

/// All that comes until the other side closes; what a reset cuts off is not there.
async fn rest(stream: &mut TcpStream) -> String {
    let mut octets = Vec::new();
    let mut part = [0; 4096];
    loop {
        match timeout(LIMIT, stream.read(&mut part))
            .await
            .expect("it is closed in time")
        {
            Ok(0) | Err(_) => return String::from_utf8_lossy(&octets).into_owned(),
            Ok(count) => octets.extend_from_slice(&part[..count]),
        }
    }
}

async fn get(stream: &mut TcpStream, path: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
    // Who finds no place may be hung up on before that.
    let _ = stream.write_all(request.as_bytes()).await;
    rest(stream).await
}

#[tokio::test]
async fn who_speaks_slowly_is_let_go_and_keeps_nobody_waiting() {
    let (place, _) = listen(Mock::new(answer(|_| {})));
    let began = Instant::now();
    let mut silent = from(2, place).await;
    let dripping = tokio::spawn(async move {
        let mut stream = from(3, place).await;
        // One octet now and then: each read is in time, and the whole is not.
        for octet in b"GET /metrics HTTP/1.1\r\nX-Padding: "
            .iter()
            .chain(std::iter::repeat(&b'x'))
        {
            if stream.write_all(&[*octet]).await.is_err() || began.elapsed() > LIMIT {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        began.elapsed()
    });
    let mut other = from(4, place).await;
    assert!(get(&mut other, "/healthz").await.contains(" 200 OK"));
    assert!(began.elapsed() < Duration::from_secs(2), "it was kept waiting");
    assert!(!rest(&mut silent).await.contains("200"));
    let let_go = [began.elapsed(), dripping.await.unwrap()];
    for after in let_go {
        assert!(
            (Duration::from_secs(2)..Duration::from_secs(8)).contains(&after),
            "{after:?}"
        );
    }
}

#[tokio::test]
async fn many_connections_take_no_place_of_others() {
    let (place, _) = listen(Mock::new(answer(|_| {})));
    let mut greedy = Vec::new();
    for _ in 0..40 {
        greedy.push(from(2, place).await);
    }
    // Those that found no place are closed at once, the others hold theirs.
    let mut closed = 0;
    for stream in &mut greedy {
        let mut octet = [0];
        if let Ok(Ok(0) | Err(_)) = timeout(Duration::from_millis(300), stream.read(&mut octet)).await {
            closed += 1;
        }
    }
    assert_eq!(closed, 40 - OF_ONE_MAX);
    let mut other = from(3, place).await;
    let metrics = get(&mut other, "/metrics").await;
    assert!(
        metrics.contains("vrrpd_listener_refused_connections_total 32"),
        "{metrics}"
    );
    drop(greedy);
    let mut again = from(2, place).await;
    assert!(
        get(&mut again, "/healthz").await.contains(" 200 OK"),
        "its places come back"
    );
}

#[tokio::test]
async fn what_is_too_long_or_nonsense_is_refused() {
    let (place, knows) = listen(Mock::new(answer(|_| {})));
    let mut long = from(2, place).await;
    // More than both ends keep: a server that took all of it would let this be written.
    let line = format!("X-Padding: {}\r\n", "x".repeat(1000));
    let _ = long.write_all(b"GET /metrics HTTP/1.1\r\n").await;
    for _ in 0..64 {
        if long.write_all(line.as_bytes()).await.is_err() {
            break;
        }
    }
    let said = rest(&mut long).await;
    assert!(said.is_empty() || said.starts_with("HTTP/1.1 431 "), "{said}");

    let mut target = from(2, place).await;
    let request = format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "y".repeat(20_000));
    let _ = target.write_all(request.as_bytes()).await;
    let said = rest(&mut target).await;
    assert!(!said.contains("200"), "{said}");

    let mut tls = from(2, place).await;
    let _ = tls
        .write_all(&[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3, b'\r', b'\n', b'\r', b'\n'])
        .await;
    let said = rest(&mut tls).await;
    assert!(said.is_empty() || said.starts_with("HTTP/1.1 400 "), "{said}");
    assert_eq!(
        knows.asked.load(Ordering::Relaxed),
        0,
        "none of it was worth a look"
    );

    // What follows the head is never read.
    let mut body = from(2, place).await;
    let head = "GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000000\r\n\r\n";
    body.write_all(head.as_bytes()).await.unwrap();
    assert!(rest(&mut body).await.contains(" 200 OK"));
}

/// However many ask, the router loop is asked a few times a second.
#[tokio::test]
async fn many_who_ask_share_one_look() {
    let mut mock = Mock::new(answer(|_| {}));
    mock.after = Duration::from_millis(100);
    let (place, knows) = listen(mock);
    let clients = (2..10_u8).flat_map(|host| [host; 4]).map(|host| {
        tokio::spawn(async move {
            let mut stream = from(host, place).await;
            get(&mut stream, "/status.json").await.contains("lb01")
        })
    });
    let clients: Vec<_> = clients.collect();
    for client in clients {
        assert!(client.await.unwrap());
    }
    let looks = knows.asked.load(Ordering::Relaxed);
    assert!((1..=4).contains(&looks), "{looks} looks for 32 clients");
}

#[tokio::test]
async fn who_does_not_read_is_let_go() {
    let long = "w".repeat(1_000_000);
    let warnings = vec![long; 32];
    let (place, _) = listen(Mock::new(answer(|status| {
        status["daemon"]["warnings"] = json!(warnings)
    })));
    let began = Instant::now();
    let mut stuck = Vec::new();
    for _ in 0..OF_ONE_MAX {
        let mut stream = from(2, place).await;
        stream
            .write_all(b"GET /status.json HTTP/1.1\r\nHost: x\r\n\r\n")
            .await
            .unwrap();
        stuck.push(stream);
    }
    // Its places are free again when its time is over.
    loop {
        let mut again = from(2, place).await;
        if get(&mut again, "/healthz").await.contains(" 200 OK") {
            break;
        }
        assert!(began.elapsed() < LIMIT, "it is never let go");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(began.elapsed() > Duration::from_secs(5), "it had no time at all");
}
