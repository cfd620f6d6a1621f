//! A check that takes another's name.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use healthcheck::{Health, Placement};
use vrrp_director::{Event, Options, start};
use vrrp_plan::balance::{Balance, Look, ServerCheck};

use crate::balances::{balance, check, gate, server, virtual_server, which};
use crate::model::Model;
use crate::{asks, begin, until};

const A: &str = "198.51.100.1:80";
const FIRST: &str = "TCP_CHECK";
const SECOND: &str = "TCP_CHECK 2";
const DRAINED: &str = "198.51.100.2:80";

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
    all.checks = looked.collect::<Vec<_>>().into();
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

async fn looked_more_than(looks: &AtomicU32, times: u32) {
    let waited = tokio::time::timeout(crate::LIMIT, async {
        while looks.load(Ordering::SeqCst) <= times {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    assert!(waited.await.is_ok(), "no look after {times}");
}

/// What runs under a name is silent before what has its name next is decided about: else it speaks for that, until it is ended.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_check_does_not_speak_while_a_reload_gives_its_name_away() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let looks = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&looks);
    std::thread::spawn(move || {
        while listener.accept().is_ok() {
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    let of = |to, quorum| {
        let mut all = looked_at(&[(FIRST, asks(to))]);
        Arc::make_mut(&mut all.checks)[0].interval = Duration::from_millis(10);
        let one = Arc::make_mut(&mut all.servers[0]);
        // Drained: with all that is asked for the quorum is lost.
        one.servers.push(server(DRAINED, 5));
        one.servers[1].follows.clear();
        one.quorum = quorum;
        all
    };
    let during = Arc::new(AtomicU32::new(u32::MAX));
    let (seen, noted) = (Arc::clone(&looks), Arc::clone(&during));
    // Told in the middle of the reload, which waits for this.
    let on_event = move |event| {
        if matches!(event, Event::Quorum { gained: false, .. }) {
            let before = seen.load(Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(300));
            noted.store(seen.load(Ordering::SeqCst) - before, Ordering::SeqCst);
        }
    };
    let handle = start(Model::default(), of(address, 1), Options::default(), on_event).unwrap();
    handle.place(&which(DRAINED), Placement::Drained).unwrap();
    looked_more_than(&looks, 3).await;
    let mut refused = of(address, 1);
    let twice = refused.servers[0].clone();
    refused.servers.push(twice);
    Arc::make_mut(&mut refused.checks)[0].look = asks("127.0.0.1:1".parse().unwrap());
    assert!(handle.reload(refused).is_err());
    // After a reload that was refused it looks again.
    looked_more_than(&looks, looks.load(Ordering::SeqCst)).await;
    tokio::task::block_in_place(|| handle.reload(of("127.0.0.1:1".parse().unwrap(), 100))).unwrap();
    // One may have been accepted late.
    assert!(during.load(Ordering::SeqCst) <= 1, "{during:?} looks");
}
