//! Small stories, each with what the kernel says of it.

use std::net::{IpAddr, TcpListener};

use healthcheck::Placement;
use vrrp_director::{Event, KernelEvent};
use vrrp_ipvs::{Change, Destination, Forwarding, Name, Reason, SyncDaemon, SyncRole, Timeouts, Tunnel};
use vrrp_plan::balance::{AtStop, Balance, Look, Place, ServerCheck, Sync, VirtualServer};
use vrrp_plan::{Asks, Question};

use crate::balances::{at, balance, check, destination, key, server, service, sorry, virtual_server, which};
use crate::{SERVICE, are, begin, empty, until, weights};

const A: &str = "198.51.100.1:8081";
const B: &str = "198.51.100.1:8082";
const SORRY: &str = "198.51.100.1:8083";

fn two() -> VirtualServer {
    virtual_server(SERVICE, vec![server(A, 2), server(B, 1)])
}

fn connects(text: &str) -> ServerCheck {
    let to = at(text);
    let question = Question {
        word: "TCP_CHECK",
        ip: to.ip(),
        port: to.port(),
        source: None,
        source_port: 0,
        interface: None,
        mark: 0,
        connect_timeout: std::time::Duration::from_secs(5),
        asks: Asks::Tcp,
    };
    ServerCheck {
        retries: 1,
        ..check(text, Look::Ask(Box::new(question)))
    }
}

#[tokio::test]
#[ignore = "under_a_kernel runs it"]
async fn a_dead_server_leaves_the_table_and_comes_back_and_the_sorry_server_stands_in() {
    let mut client = empty();
    let (first, second) = (TcpListener::bind(A).unwrap(), TcpListener::bind(B).unwrap());
    let plan = VirtualServer {
        sorry: Some(sorry(SORRY)),
        ..two()
    };
    let mut all = balance(vec![plan]);
    all.checks = vec![connects(A), connects(B)].into();
    let (handle, told) = begin(all);
    let checked =
        |handle: &vrrp_director::Handle| handle.snapshot().checks.iter().all(|check| check.runs > 0);
    until(&handle, checked).await;
    assert_eq!(weights(&mut client, &key(SERVICE)), are(&[(A, 2), (B, 1)]));
    drop(first);
    let living = |weight| {
        move |handle: &vrrp_director::Handle| handle.snapshot().virtual_servers[0].living_weight == weight
    };
    until(&handle, living(1)).await;
    assert_eq!(weights(&mut client, &key(SERVICE)), are(&[(B, 1)]));
    drop(second);
    until(&handle, living(0)).await;
    assert_eq!(weights(&mut client, &key(SERVICE)), are(&[(SORRY, 1)]));
    let _first = TcpListener::bind(A).unwrap();
    until(&handle, living(2)).await;
    assert_eq!(
        weights(&mut client, &key(SERVICE)),
        are(&[(A, 2), (SORRY, 0)]),
        "it goes slowly"
    );
    until(&handle, |handle| {
        !handle.snapshot().virtual_servers[0]
            .sorry
            .as_ref()
            .unwrap()
            .is_leaving
    })
    .await;
    assert_eq!(weights(&mut client, &key(SERVICE)), are(&[(A, 2)]));
    let told = told.all();
    assert!(
        !told.iter().any(|event| matches!(event, Event::Kernel(_))),
        "{told:?}"
    );
    let counters = handle.counters().await.unwrap();
    assert_eq!(counters.service(&key(SERVICE)).unwrap().destinations.len(), 1);
    handle.stop().await.unwrap();
    assert!(client.table().unwrap().is_empty());
}

#[tokio::test]
#[ignore = "under_a_kernel runs it"]
async fn a_foreign_hand_is_repaired_and_a_foreign_service_is_left_alone() {
    let mut client = empty();
    let theirs = service("203.0.113.1:80");
    client.change(&Change::AddService(theirs.clone())).unwrap();
    let (handle, told) = begin(balance(vec![two()]));
    handle.settled().await;
    let mut by_hand = |change| client.change(&change).unwrap();
    by_hand(Change::DeleteDestination {
        service: key(SERVICE),
        destination: at(A).into(),
    });
    by_hand(Change::EditDestination {
        service: key(SERVICE),
        destination: destination(B, 9),
    });
    handle.read();
    handle.settled().await;
    assert_eq!(weights(&mut client, &key(SERVICE)), are(&[(A, 2), (B, 1)]));
    let hands = told.all().into_iter().filter_map(|event| match event {
        Event::Kernel(KernelEvent::ForeignHand { count, .. }) => Some(count),
        _ => None,
    });
    assert_eq!(hands.collect::<Vec<_>>(), [2]);
    // The whole service, and seen by the next change.
    client.change(&Change::DeleteService(key(SERVICE))).unwrap();
    handle.place(&which(A), Placement::Drained).unwrap();
    handle.settled().await;
    assert_eq!(weights(&mut client, &key(SERVICE)), are(&[(A, 0), (B, 1)]));
    assert_eq!(handle.snapshot().kernel.foreign, [theirs.key]);
    handle.stop().await.unwrap();
    assert_eq!(client.services().unwrap().len(), 1);
}

#[tokio::test]
#[ignore = "under_a_kernel runs it"]
async fn at_the_end_ours_goes_or_all_or_nothing_and_timeouts_are_put_back() {
    for (how, left) in [(AtStop::TakeOut, 1), (AtStop::Flush, 0), (AtStop::Keep, 2)] {
        let mut client = empty();
        let before = client.timeouts().unwrap();
        client
            .change(&Change::AddService(service("203.0.113.1:80")))
            .unwrap();
        let timeouts = Timeouts {
            tcp_seconds: 77,
            tcp_fin_seconds: 0,
            udp_seconds: 33,
        };
        let (handle, _) = begin(Balance {
            at_stop: how,
            timeouts: Some(timeouts),
            ..balance(vec![two()])
        });
        handle.settled().await;
        assert_eq!(client.timeouts().unwrap().tcp_seconds, 77);
        handle.stop().await.unwrap();
        assert_eq!(client.services().unwrap().len(), left, "{how:?}");
        let expected = if how == AtStop::Keep {
            77
        } else {
            before.tcp_seconds
        };
        assert_eq!(client.timeouts().unwrap().tcp_seconds, expected);
        client.set_timeouts(&before).unwrap();
    }
    let mut client = empty();
    client
        .change(&Change::AddService(service("203.0.113.1:80")))
        .unwrap();
    let (handle, _) = begin(Balance {
        flush_at_start: true,
        ..balance(vec![two()])
    });
    handle.settled().await;
    assert_eq!(client.services().unwrap().len(), 1, "lvs_flush");
}

fn synchronised(mut all: Balance) -> Balance {
    all.sync = Some(Sync {
        daemon: SyncDaemon::new(SyncRole::Master, Name::new("lo").unwrap(), 5),
        place: Place::default(),
        instance: Some("VI_1".to_owned()),
    });
    all
}

#[tokio::test]
#[ignore = "under_a_kernel runs it"]
async fn the_daemon_of_synchronisation_follows_its_role() {
    let mut client = empty();
    let (handle, told) = begin(synchronised(balance(vec![two()])));
    let mut roles = || {
        let daemons = client.daemons().unwrap();
        daemons.iter().map(|daemon| daemon.role).collect::<Vec<_>>()
    };
    for role in [SyncRole::Backup, SyncRole::Master, SyncRole::Backup] {
        handle.set_sync_role(Some(role));
        handle.settled().await;
        assert_eq!(roles(), [role]);
    }
    handle.read();
    handle.settled().await;
    assert_eq!(
        roles(),
        [SyncRole::Backup],
        "what the kernel has filled in is no difference"
    );
    handle.set_sync_role(None);
    handle.settled().await;
    assert_eq!(roles(), []);
    let told = told.all();
    assert!(
        !told
            .iter()
            .any(|event| matches!(event, Event::Kernel(KernelEvent::Refused { .. }))),
        "{told:?}"
    );
    handle.stop().await.unwrap();
}

/// The kernel says that it runs all the while.
#[tokio::test]
#[ignore = "under_a_kernel runs it"]
async fn a_daemon_of_synchronisation_goes_and_comes_with_its_interface() {
    let mut client = empty();
    let ip = |words: &str| {
        let done = std::process::Command::new("ip").args(words.split(' ')).status();
        assert!(done.unwrap().success(), "{words}");
    };
    let (made, gone) = ("link add sync0 up type dummy", "link del sync0");
    let mut all = synchronised(balance(vec![two()]));
    all.sync.as_mut().unwrap().daemon.interface = Name::new("sync0").unwrap();
    ip(made);
    let (handle, told) = begin(all);
    handle.set_sync_role(Some(SyncRole::Master));
    handle.settled().await;
    ip(gone);
    assert_eq!(client.daemons().unwrap().len(), 1, "as Linux has it");
    handle.read();
    handle.settled().await;
    assert_eq!(client.daemons().unwrap(), []);
    for remade in [&[made][..], &[gone, made]] {
        remade.iter().for_each(|words| ip(words));
        handle.read();
        handle.settled().await;
        assert_eq!(client.daemons().unwrap().len(), 1);
    }
    let told = told.all();
    let syncs = told.iter().filter_map(|event| match event {
        Event::Kernel(KernelEvent::Sync { runs, .. }) => Some(*runs),
        _ => None,
    });
    assert_eq!(syncs.collect::<Vec<_>>(), [true, false, true, false, true]);
    let absence = |event: &Event| matches!(event, Event::Kernel(KernelEvent::Refused { reason, .. }) if reason.contains("There is no sync0"));
    assert!(told.iter().any(absence), "{told:?}");
    handle.stop().await.unwrap();
    ip(gone);
}

/// The kernel refuses a daemon beside a destination of another family, and such a destination beside a daemon.
#[tokio::test]
#[ignore = "under_a_kernel runs it"]
async fn a_daemon_and_a_server_of_another_family_do_not_go_together() {
    let mut client = empty();
    let mut plan = two();
    let six: IpAddr = "2001:db8::1".parse().unwrap();
    let tunnel = Forwarding::Tunnel(Tunnel::Ipip);
    plan.servers[1].destination = Destination::new(std::net::SocketAddr::new(six, 80).into(), tunnel, 1);
    let (handle, told) = begin(synchronised(balance(vec![plan])));
    handle.settled().await;
    assert_eq!(weights(&mut client, &key(SERVICE)).len(), 2);
    handle.set_sync_role(Some(SyncRole::Master));
    handle.settled().await;
    let refused = |event: &Event| matches!(event, Event::Kernel(KernelEvent::Refused { reason, .. }) if reason.contains("another address family"));
    let told = told.all();
    assert!(told.iter().any(refused), "{told:?}");
    assert_eq!(handle.snapshot().kernel.troubles.len(), 1);
    handle.reload(synchronised(balance(vec![two()]))).unwrap();
    let wait = async {
        while !handle.snapshot().kernel.troubles.is_empty() {
            handle.read();
            handle.settled().await;
        }
    };
    tokio::time::timeout(crate::LIMIT, wait).await.unwrap();
    assert_eq!(client.daemons().unwrap().len(), 1);
    handle.stop().await.unwrap();
    assert_eq!(client.daemons().unwrap(), []);
}

/// A scheduler that no kernel has: told by name, and the rest goes on.
#[tokio::test]
#[ignore = "under_a_kernel runs it"]
async fn what_the_kernel_refuses_does_not_keep_the_rest() {
    let mut client = empty();
    let mut odd = virtual_server("192.0.2.2:80", vec![server(A, 1)]);
    odd.services[0].scheduler = Name::new("nosuch").unwrap();
    let (handle, told) = begin(balance(vec![two(), odd]));
    handle.settled().await;
    assert_eq!(weights(&mut client, &key(SERVICE)), are(&[(A, 2), (B, 1)]));
    let refused = told.all().into_iter().filter_map(|event| match event {
        Event::Kernel(KernelEvent::Refused { asked, reason }) => Some((asked, reason)),
        _ => None,
    });
    let refused: Vec<(String, String)> = refused.collect();
    let [(asked, reason)] = &refused[..] else {
        panic!("that it has no destinations follows: {refused:?}");
    };
    assert_eq!(asked, "add service TCP 192.0.2.2:80");
    assert!(reason.contains(&Reason::NoSuchScheduler.to_string()), "{reason}");
    handle.stop().await.unwrap();
    assert!(client.table().unwrap().is_empty());
}
