//! A check that takes another's name.

use std::net::TcpListener;
use std::time::Duration;

use healthcheck::Health;
use vrrp_director::{Event, Options};
use vrrp_plan::balance::{Balance, Look, ServerCheck};

use crate::balances::{balance, check, gate, server, virtual_server};
use crate::{asks, begin, until};

const A: &str = "198.51.100.1:80";
const FIRST: &str = "TCP_CHECK";
const SECOND: &str = "TCP_CHECK 2";

fn looked_at(checks: &[(&str, Look)]) -> Balance {
    let mut plan = virtual_server("192.0.2.1:80", vec![server(A, 1)]);
    plan.servers[0].follows = checks.iter().map(|(name, _)| gate(name)).collect();
    let mut all = balance(vec![plan]);
    let looked = checks.iter().map(|(name, look)| ServerCheck {
        // It would take long to fall by what another was.
        retries: 1_000,
        retry_after: Duration::from_secs(100),
        ..check(name, look.clone())
    });
    all.checks = looked.collect();
    all
}

/// The one that was well is removed; the dead one, which has its name now, is neither in nor judged by what that was.
#[tokio::test]
async fn a_dead_server_stays_out_where_its_check_gets_the_name_of_a_removed_one() {
    let [well, dead] = [0, 1].map(|_| TcpListener::bind("127.0.0.1:0").unwrap());
    let (well_at, dead_at) = (well.local_addr().unwrap(), dead.local_addr().unwrap());
    drop(dead);
    let both = looked_at(&[(FIRST, asks(well_at)), (SECOND, asks(dead_at))]);
    let (handle, kernel, told) = begin(both, Options::default());
    until(&handle, |handle| {
        let follows = crate::server(handle, A).follows;
        follows[0].1 == Health::Up && follows[1].1 == Health::Down
    })
    .await;
    handle.reload(looked_at(&[(FIRST, asks(dead_at))])).unwrap();
    assert_eq!(crate::server(&handle, A).weight, None);
    assert_eq!(
        handle.snapshot().checks[0].health,
        Health::Down,
        "what was found goes with the look"
    );
    // One that nothing is known of begins anew, and its first failure decides alone.
    let gone = TcpListener::bind("127.0.0.1:0").unwrap();
    let gone_at = gone.local_addr().unwrap();
    drop(gone);
    handle.reload(looked_at(&[(FIRST, asks(well_at))])).unwrap();
    until(&handle, |handle| crate::server(handle, A).weight == Some(1)).await;
    handle.reload(looked_at(&[(FIRST, asks(gone_at))])).unwrap();
    until(&handle, |handle| crate::server(handle, A).weight.is_none()).await;
    let ups = told.all().into_iter();
    let ups = ups.filter(|event| matches!(event, Event::Server { up: true, .. }));
    assert_eq!(ups.count(), 1, "{:?}", told.all());
    assert!(kernel.inside().wrongs.is_empty());
}
