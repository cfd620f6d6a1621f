//! A client that connects all the time.

use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use healthcheck::Placement;
use vrrp_plan::balance::{Balance, VirtualServer};

use crate::balances::{at, balance, server, sorry, virtual_server, which};
use crate::{SERVICE, begin, empty, until};

const SERVERS: [&str; 3] = ["198.51.100.1:8081", "198.51.100.1:8082", "198.51.100.1:8083"];
const SORRY: &str = "198.51.100.1:8084";

fn of(servers: &[&str]) -> Balance {
    let servers = servers.iter().map(|text| server(text, 1)).collect();
    balance(vec![VirtualServer {
        sorry: Some(sorry(SORRY)),
        ..virtual_server(SERVICE, servers)
    }])
}

/// SYNs that were not answered and sent again.
fn repeated_syns() -> u64 {
    let text = std::fs::read_to_string("/proc/self/net/netstat").unwrap();
    let mut lines = text.lines().filter(|line| line.starts_with("TcpExt:"));
    let (names, values) = (lines.next().unwrap(), lines.next().unwrap());
    let place = names.split(' ').position(|name| name == "TCPSynRetrans").unwrap();
    values.split(' ').nth(place).unwrap().parse().unwrap()
}

/// Reloads that take a living server out and put it back, drains, and a sorry server that comes and goes: no connection fails, and
/// no SYN has to be sent twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "under_a_kernel runs it"]
async fn no_connection_fails_while_the_living_come_and_go() {
    let _client = empty();
    for text in SERVERS.into_iter().chain([SORRY]) {
        let listener = TcpListener::bind(text).unwrap();
        // These threads end with the process: an assertion that fails below waits for nobody.
        std::thread::spawn(move || while listener.accept().is_ok() {});
    }
    let (handle, _) = begin(of(&SERVERS));
    handle.settled().await;
    let (over, count) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
    let (enough, counting) = (Arc::clone(&over), Arc::clone(&count));
    let asking = std::thread::spawn(move || {
        while !enough.load(Ordering::Relaxed) {
            TcpStream::connect_timeout(&at(SERVICE), Duration::from_secs(5))?;
            counting.fetch_add(1, Ordering::Relaxed);
        }
        Ok::<(), std::io::Error>(())
    });
    let before = repeated_syns();
    let is_left = |index: usize| {
        move |handle: &vrrp_director::Handle| {
            let servers = handle.snapshot().virtual_servers.remove(0);
            let of = servers.servers.iter().chain(&servers.sorry);
            !of.into_iter().nth(index).is_some_and(|server| server.is_leaving)
        }
    };
    for round in 0..4 {
        handle.reload(of(&SERVERS[..2])).unwrap();
        handle.settled().await;
        handle.place(&which(SERVERS[0]), Placement::Out).unwrap();
        until(&handle, is_left(0)).await;
        // Nobody but the sorry server, and back.
        handle.place(&which(SERVERS[1]), Placement::Out).unwrap();
        until(&handle, is_left(1)).await;
        assert!(!handle.snapshot().virtual_servers[0].has_quorum);
        for text in &SERVERS[..2] {
            handle.place(&which(text), Placement::Judged).unwrap();
        }
        until(&handle, is_left(2)).await;
        handle.reload(of(&SERVERS)).unwrap();
        handle.settled().await;
        println!("round {round}: {} connections", count.load(Ordering::Relaxed));
    }
    over.store(true, Ordering::Relaxed);
    asking.join().unwrap().expect("a connection to fail never");
    assert_eq!(repeated_syns(), before);
    assert!(count.load(Ordering::Relaxed) > 100);
    handle.stop().await.unwrap();
}
