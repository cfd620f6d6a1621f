//! keepalived `ha_suspend`: no checks while the addresses are elsewhere.

use std::collections::BTreeSet;
use std::time::Duration;

use healthcheck::Health;
use tokio::net::TcpListener;
use tokio::time::timeout;
use vrrp_director::Options;
use vrrp_plan::balance::{Balance, VirtualServer};

use crate::balances::{balance, check, gate, server, virtual_server};
use crate::{LIMIT, asks, begin, until};

const FIRST: &str = "192.0.2.1:80";
const SECOND: &str = "192.0.2.2:80";
const A: &str = "198.51.100.1:80";

/// Both virtual servers follow one check.
fn two(looks: vrrp_plan::balance::Look) -> Balance {
    let follows = |name: &str, ha_suspend| {
        let mut plan = virtual_server(name, vec![server(A, 1)]);
        plan.servers[0].follows = vec![gate("tcp")];
        VirtualServer { ha_suspend, ..plan }
    };
    let mut all = balance(vec![follows(FIRST, true), follows(SECOND, true)]);
    all.checks = vec![check("tcp", looks)].into();
    all
}

#[tokio::test]
async fn checks_rest_while_nobody_who_follows_them_is_here() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let options = Options {
        absent: BTreeSet::from([FIRST.to_owned(), SECOND.to_owned()]),
        ..Options::default()
    };
    let (handle, ..) = begin(two(asks(address)), options);
    assert_eq!(handle.snapshot().suspended.len(), 2);
    assert!(handle.snapshot().checks[0].is_suspended || handle.snapshot().checks[0].runs == 0);
    // Nobody asks; then one of them comes here.
    handle.set_present(FIRST, true);
    timeout(LIMIT, listener.accept()).await.unwrap().unwrap();
    until(&handle, |handle| {
        crate::server(handle, A).follows[0].1 == Health::Up
    })
    .await;
    // The other goes on with it where this one goes away.
    handle.set_present(SECOND, true);
    handle.set_present(FIRST, false);
    for _ in 0..3 {
        timeout(LIMIT, listener.accept()).await.unwrap().unwrap();
    }
    handle.set_present(SECOND, false);
    let snapshot = handle.snapshot();
    assert_eq!(
        (snapshot.checks[0].is_suspended, snapshot.checks[0].health),
        (true, Health::Up)
    );
    // What is dead now is not seen, and what was known stays.
    while timeout(Duration::ZERO, listener.accept()).await.is_ok() {}
    drop(listener);
    assert_eq!(crate::server(&handle, A).weight, Some(1));
    handle.set_present(SECOND, true);
    until(&handle, |handle| crate::server(handle, A).weight.is_none()).await;
    let status = handle.snapshot().checks.remove(0);
    assert!(!status.is_suspended);
    handle.stop().await.unwrap();
}
