//! Start, reload, words, the end.

use std::sync::Arc;

use healthcheck::{Health, Placement};
use tokio::net::TcpListener;
use tokio::time::timeout;
use vrrp_director::{Event, Options, StartError, When, Which, Word, start};
use vrrp_ipvs::{SyncDaemon, SyncRole, Table, Timeouts};
use vrrp_plan::balance::{AtStop, Balance, Look, Place, Sync};

use crate::balances::{at, balance, check, destination, first, key, server, service, virtual_server, which};
use crate::model::Model;
use crate::{LIMIT, asks, begin, until};

const SERVICE: &str = "192.0.2.1:80";
const A: &str = "198.51.100.1:80";
const B: &str = "198.51.100.2:80";

fn two() -> Balance {
    balance(vec![virtual_server(SERVICE, vec![server(A, 1), server(B, 1)])])
}

#[tokio::test]
async fn at_the_end_ours_is_taken_out_and_what_was_set_is_put_back() {
    let mut all = two();
    all.timeouts = Some(Timeouts {
        tcp_seconds: 5,
        tcp_fin_seconds: 0,
        udp_seconds: 0,
    });
    first(&mut all).omega = true;
    let (handle, kernel, told) = begin(all, Options::default());
    handle.settled().await;
    assert_eq!(kernel.table().len(), 1);
    assert_eq!(
        kernel.inside().timeouts.map(|timeouts| timeouts.tcp_seconds),
        Some(5)
    );
    handle.stop().await.unwrap();
    assert!(kernel.table().is_empty());
    assert_eq!(
        kernel.inside().timeouts.map(|timeouts| timeouts.tcp_seconds),
        Some(900)
    );
    let farewells = told.all().into_iter().filter(|event| {
        matches!(
            event,
            Event::Server { when: When::Stop, .. } | Event::Quorum { when: When::Stop, .. }
        )
    });
    assert_eq!(farewells.count(), 3);
    handle.stop().await.unwrap();
    let counters = handle.counters().await;
    assert_eq!(counters, Err("the virtual servers have been stopped".to_owned()));
}

#[tokio::test]
async fn a_handle_that_is_dropped_leaves_the_kernel_as_it_is() {
    let (handle, kernel, _) = begin(two(), Options::default());
    handle.settled().await;
    drop(handle);
    assert_eq!(kernel.table().len(), 1);
}

#[tokio::test]
async fn the_table_is_kept_or_flushed_where_the_configuration_says_so() {
    let kernel = Model::default();
    let mut found = Table::new();
    found
        .insert(service("203.0.113.1:80"), [destination(A, 1)])
        .unwrap();
    kernel.inside().table = found;
    let all = Balance {
        flush_at_start: true,
        at_stop: AtStop::Keep,
        ..two()
    };
    let handle = start(kernel.clone(), all, Options::default(), |_| {}).unwrap();
    handle.settled().await;
    let flushes = kernel.inside().flushes;
    assert_eq!((flushes, kernel.table().len()), (1, 1));
    handle.stop().await.unwrap();
    assert!(kernel.table().get(&key(SERVICE)).is_some());
}

#[tokio::test]
async fn a_kernel_that_does_not_answer_and_a_balance_that_cannot_be_are_refused() {
    let kernel = Model::default();
    kernel.inside().is_silent = true;
    let refused = start(kernel.clone(), two(), Options::default(), |_| {}).unwrap_err();
    assert!(matches!(refused, StartError::Kernel(_)), "{refused}");
    let mut all = two();
    all.checks = Arc::default();
    let refused = start(Model::default(), all, Options::default(), |_| {}).unwrap_err();
    assert!(matches!(refused, StartError::Balance(_)), "{refused}");
    assert!(kernel.table().is_empty());
}

/// The check goes on in its rhythm: one that had been begun anew would ask at once.
#[tokio::test]
async fn a_reload_leaves_a_check_alone_that_has_not_changed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let looks = asks(listener.local_addr().unwrap());
    let mut all = two();
    Arc::make_mut(&mut all.checks)[0] = vrrp_plan::balance::ServerCheck {
        interval: std::time::Duration::from_secs(3600),
        ..check(A, looks)
    };
    let (handle, kernel, _) = begin(all.clone(), Options::default());
    until(&handle, |handle| {
        crate::server(handle, A).follows[0].1 == Health::Up
    })
    .await;
    timeout(LIMIT, listener.accept()).await.unwrap().unwrap();
    // The second run is near where there is one check; whatever is begun anew runs at once and is seen by its count.
    let runs = |handle: &vrrp_director::Handle| handle.snapshot().checks[0].runs;
    assert_eq!(runs(&handle), 1);
    // Begun anew, it would be due at once.
    let due = |handle: &vrrp_director::Handle| handle.snapshot().checks[0].next;
    let next = due(&handle);
    assert!(next.is_some());
    kernel.commands();
    handle.reload(all.clone()).unwrap();
    handle.settled().await;
    assert_eq!(kernel.commands(), [""; 0]);
    first(&mut all).servers[0].destination.weight = 4;
    handle.reload(all.clone()).unwrap();
    handle.settled().await;
    assert_eq!(kernel.commands(), [format!("edit {A} of TCP {SERVICE}")]);
    assert_eq!((runs(&handle), due(&handle)), (1, next));
    // Changed, it is run anew and keeps what is known.
    Arc::make_mut(&mut all.checks)[0].retries = 5;
    handle.reload(all.clone()).unwrap();
    assert_eq!(crate::server(&handle, A).weight, Some(4));
    timeout(LIMIT, listener.accept()).await.unwrap().unwrap();
    // Gone, it asks no more; and a file that is refused changes nothing.
    let mut wrong = all.clone();
    wrong.servers.push(wrong.servers[0].clone());
    assert!(handle.reload(wrong).is_err());
    assert_eq!(handle.snapshot().virtual_servers.len(), 1);
    handle.reload(Balance::default()).unwrap();
    handle.settled().await;
    assert_eq!((kernel.table().len(), handle.snapshot().checks.len()), (0, 0));
}

#[tokio::test]
async fn what_an_operator_said_to_the_program_before_holds_from_the_start() {
    let (handle, ..) = begin(two(), Options::default());
    let which = which(A);
    assert_eq!(handle.place(&which, Placement::Drained).unwrap().len(), 1);
    handle.set_weight(&crate::balances::which(B), Some(6)).unwrap();
    assert!(
        handle
            .place(&crate::balances::which("nobody"), Placement::Out)
            .is_err()
    );
    let words = handle.words();
    drop(handle);
    let options = Options {
        words,
        ..Options::default()
    };
    let (handle, kernel, told) = begin(two(), options);
    handle.settled().await;
    let table = kernel.table();
    let weight = |text: &str| {
        table
            .get(&key(SERVICE))
            .unwrap()
            .destination(&at(text).into())
            .unwrap()
            .weight
    };
    assert_eq!((weight(A), weight(B)), (0, 6));
    let told = told.all();
    assert!(
        !told.iter().any(|event| matches!(event, Event::Server { .. })),
        "{told:?}"
    );
}

#[tokio::test]
async fn the_daemon_of_synchronisation_follows_the_instance() {
    let daemon = SyncDaemon::new(SyncRole::Master, vrrp_ipvs::Name::new("eth0").unwrap(), 5);
    let mut all = two();
    all.sync = Some(Sync {
        daemon,
        place: Place::default(),
        instance: Some("VI_1".to_owned()),
    });
    let (handle, kernel, _) = begin(all.clone(), Options::default());
    let roles = |kernel: &Model| {
        let inside = kernel.inside();
        inside
            .daemons
            .iter()
            .map(|daemon| daemon.role)
            .collect::<Vec<_>>()
    };
    handle.settled().await;
    assert_eq!(roles(&kernel), []);
    handle.set_sync_role(Some(SyncRole::Backup));
    handle.settled().await;
    assert_eq!(roles(&kernel), [SyncRole::Backup]);
    handle.set_sync_role(Some(SyncRole::Master));
    handle.settled().await;
    assert_eq!(roles(&kernel), [SyncRole::Master]);
    // Of no instance: both.
    all.sync.as_mut().unwrap().instance = None;
    handle.reload(all).unwrap();
    handle.settled().await;
    assert_eq!(roles(&kernel), [SyncRole::Master, SyncRole::Backup]);
    handle.stop().await.unwrap();
    assert_eq!(roles(&kernel), []);
}

#[tokio::test]
async fn counters_are_those_of_our_services() {
    let (handle, kernel, _) = begin(two(), Options::default());
    handle.settled().await;
    let foreign = service("203.0.113.1:80");
    kernel
        .inside()
        .table
        .insert(foreign, [destination(A, 1)])
        .unwrap();
    let counters = handle.counters().await.unwrap();
    assert_eq!(counters.services.len(), 1);
    let ours = counters.service(&key(SERVICE)).unwrap();
    assert_eq!((ours.statistics.connections, ours.destinations.len()), (7, 2));
    let all = balance(vec![virtual_server(SERVICE, vec![server(A, 1)])]);
    assert!(all.check(A).is_some_and(|check| check.look == Look::Always(true)));
}

/// The time of its going is not the time of a change: what was drained is out of service already.
#[tokio::test]
async fn who_is_drained_and_then_taken_out_by_a_reload_goes_when_his_time_has_come() {
    let both = || balance(vec![virtual_server(SERVICE, vec![server(A, 1), server(B, 1)])]);
    let (handle, kernel, _told) = begin(both(), Options::default());
    let which = Which::everywhere(A);
    let word = Word {
        placement: Placement::Drained,
        weight: None,
    };
    handle.say(&which, word).unwrap();
    handle.settled().await;
    let mut without = both();
    first(&mut without).servers.retain(|one| one.name != A);
    handle.reload(without).unwrap();
    handle.settled().await;
    let there = || {
        let table = kernel.table();
        table
            .get(&key(SERVICE))
            .unwrap()
            .destination(&at(A).into())
            .is_some()
    };
    assert!(there(), "what is under way may end");
    let mut revision = handle.watch();
    let gone = async {
        loop {
            handle.settled().await;
            if !there() {
                return;
            }
            revision.changed().await.unwrap();
        }
    };
    assert!(timeout(LIMIT, gone).await.is_ok(), "it stayed");
}
