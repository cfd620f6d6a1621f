//! Checks of every kind.

use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use healthcheck::{Because, Health, Verdict};
use vrrp_director::{Event, Options};
use vrrp_plan::balance::{Balance, Follows, Look, ServerCheck};
use vrrp_plan::{Command, FileTrack};

use crate::balances::{at, balance, check, first, gate, key, server, virtual_server};
use crate::{asks, begin, connects, until};

const SERVICE: &str = "192.0.2.1:80";
const A: &str = "198.51.100.1:80";
const B: &str = "198.51.100.2:80";

/// Of two servers the first follows this check, the second what is always well.
fn looked_at_by(looked: ServerCheck) -> Balance {
    let mut plan = virtual_server(SERVICE, vec![server(A, 1), server(B, 1)]);
    plan.servers[0].follows = vec![gate(&looked.name)];
    let mut all = balance(vec![plan]);
    Arc::make_mut(&mut all.checks).retain(|check| check.name != looked.name);
    Arc::make_mut(&mut all.checks).push(looked);
    all
}

fn weight(handle: &vrrp_director::Handle) -> Option<u32> {
    crate::server(handle, A).weight
}

/// keepalived's `retry 2`: two more tries after the first failure, and not one more; one success brings it back.
#[tokio::test]
async fn a_server_that_dies_is_out_after_its_retries_and_returns_by_itself() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let looked = ServerCheck {
        retries: 2,
        log_all_failures: true,
        ..check("tcp", asks(address))
    };
    let (handle, kernel, told) = begin(looked_at_by(looked), Options::default());
    until(&handle, |handle| {
        handle.snapshot().checks.iter().any(|check| check.runs > 0)
            || crate::server(handle, A).follows[0].1 == Health::Up
    })
    .await;
    until(&handle, |handle| {
        crate::server(handle, A).follows[0].1 == Health::Up
    })
    .await;
    assert_eq!(kernel.table().get(&key(SERVICE)).unwrap().destinations().len(), 2);
    drop(listener);
    until(&handle, |handle| weight(handle).is_none()).await;
    let events = told.all();
    let failures = events
        .iter()
        .filter(|event| matches!(event, Event::CheckFailed { .. }));
    assert_eq!(failures.count(), 3, "{events:?}");
    let last = events.last().unwrap();
    let is_down = |event: &Event| matches!(event, Event::Server { up: false, because: Because::Failed(check), .. } if &**check == "tcp");
    assert!(is_down(last), "{last:?}");
    assert_eq!(
        kernel
            .table()
            .get(&key(SERVICE))
            .unwrap()
            .destination(&at(A).into()),
        None
    );
    let snapshot = handle.snapshot();
    let status = snapshot
        .checks
        .iter()
        .find(|check| &*check.name == "tcp")
        .unwrap();
    assert_eq!((status.health, status.failures >= 3), (Health::Down, true));
    let (_, outcome) = status.last.clone().unwrap();
    assert!(outcome.reason.contains("refused"), "{}", outcome.reason);
    let _listener = TcpListener::bind(address).unwrap();
    until(&handle, |handle| weight(handle) == Some(1)).await;
    assert!(
        kernel
            .table()
            .get(&key(SERVICE))
            .unwrap()
            .destination(&at(A).into())
            .is_some()
    );
    assert!(kernel.inside().wrongs.is_empty());
    handle.stop().await.unwrap();
}

/// Who is dead when the program begins is out with the first failure, whatever `retry` says.
#[tokio::test]
async fn the_first_failure_decides_alone() {
    let looked = ServerCheck {
        retries: 100,
        retry_after: Duration::from_secs(100),
        ..check("tcp", asks(at("127.0.0.1:1")))
    };
    let (handle, ..) = begin(looked_at_by(looked), Options::default());
    until(&handle, |handle| weight(handle).is_none()).await;
}

fn script(path: &Path, sets_weight: bool) -> Look {
    Look::Run {
        command: Command {
            words: vec!["/bin/sh".to_owned(), path.display().to_string()],
            user: None,
            secure: false,
        },
        sets_weight,
    }
}

fn write(path: &Path, text: &str) {
    // In one step, as nobody may read half of it.
    let beside = path.with_extension("new");
    std::fs::write(&beside, text).unwrap();
    std::fs::rename(&beside, path).unwrap();
}

/// keepalived `misc_dynamic`.
#[tokio::test]
async fn a_program_sets_the_weight() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("check.sh");
    write(&path, "exit 12");
    let (handle, kernel, _) = begin(
        looked_at_by(check("misc", script(&path, true))),
        Options::default(),
    );
    until(&handle, |handle| weight(handle) == Some(10)).await;
    let there = kernel
        .table()
        .get(&key(SERVICE))
        .unwrap()
        .destination(&at(A).into())
        .copied();
    assert_eq!(there.unwrap().weight, 10);
    write(&path, "exit 2");
    until(&handle, |handle| weight(handle) == Some(0)).await;
    write(&path, "exit 1");
    until(&handle, |handle| weight(handle).is_none()).await;
    // 0 leaves the weight as it was set last.
    write(&path, "exit 0");
    until(&handle, |handle| weight(handle) == Some(0)).await;
    write(&path, "exit 255");
    until(&handle, |handle| weight(handle) == Some(253)).await;
    // A program that no longer may is asked for nothing but up or down.
    handle
        .reload(looked_at_by(check("misc", script(&path, false))))
        .unwrap();
    until(&handle, |handle| weight(handle).is_none()).await;
    write(&path, "exit 0");
    until(&handle, |handle| weight(handle) == Some(1)).await;
}

/// keepalived `FILE_CHECK`.
#[tokio::test]
async fn a_number_in_a_file_adds_to_the_weight() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("load");
    let track = FileTrack {
        name: "load".to_owned(),
        place: String::new(),
        path: path.clone(),
        init: None,
    };
    let mut all = looked_at_by(check("file", Look::File(track)));
    first(&mut all).servers[0].follows = vec![Follows {
        check: "file".to_owned(),
        weight: vrrp_core::Weight::from_keepalived(2, false),
        alpha: false,
    }];
    let (handle, ..) = begin(all, Options::default());
    write(&path, "3");
    until(&handle, |handle| weight(handle) == Some(7)).await;
    write(&path, "-1");
    until(&handle, |handle| weight(handle).is_none()).await;
    assert_eq!(crate::server(&handle, A).because, Because::WeightBelowZero);
    std::fs::remove_file(&path).unwrap();
    until(&handle, |handle| weight(handle) == Some(1)).await;
}

/// ldirectord `checktype = off`, then `on`.
#[tokio::test]
async fn what_is_set_is_not_looked_at() {
    let (handle, ..) = begin(
        looked_at_by(check("set", Look::Always(false))),
        Options::default(),
    );
    assert_eq!(weight(&handle), None);
    handle
        .reload(looked_at_by(check("set", Look::Always(true))))
        .unwrap();
    assert_eq!(weight(&handle), Some(1));
    // Something else under its name.
    handle
        .reload(looked_at_by(check("set", asks(at("127.0.0.1:1")))))
        .unwrap();
    until(&handle, |handle| weight(handle).is_none()).await;
    handle
        .reload(looked_at_by(check("set", Look::Always(true))))
        .unwrap();
    assert_eq!(weight(&handle), Some(1));
}

/// ldirectord `checktype = 2`: the thorough one, two cheap ones, and so on.
#[tokio::test]
async fn a_cheap_check_stands_in_for_a_thorough_one() {
    let [thorough, cheap] = [0, 1].map(|_| TcpListener::bind("127.0.0.1:0").unwrap());
    let look = Look::Alternate {
        first: Box::new(connects(thorough.local_addr().unwrap())),
        between: Box::new(connects(cheap.local_addr().unwrap())),
        times: 2,
    };
    let looked = ServerCheck {
        interval: Duration::from_millis(20),
        ..check("alternate", look)
    };
    let (handle, ..) = begin(looked_at_by(looked), Options::default());
    let (seen, mut next) = tokio::sync::mpsc::unbounded_channel();
    for (name, listener) in [("thorough", thorough), ("cheap", cheap)] {
        let seen = seen.clone();
        listener.set_nonblocking(true).unwrap();
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        tokio::spawn(async move {
            while listener.accept().await.is_ok() {
                seen.send(name).unwrap();
            }
        });
    }
    let mut order = Vec::new();
    while order.len() < 7 {
        let one = tokio::time::timeout(crate::LIMIT, next.recv()).await;
        order.push(one.unwrap().unwrap());
    }
    let [t, c] = ["thorough", "cheap"];
    assert_eq!(order, [t, c, c, t, c, c, t]);
    drop(handle);
}

/// A user that there is not.
#[tokio::test]
async fn a_check_that_cannot_be_made_fails_and_says_why() {
    let look = Look::Run {
        command: Command {
            words: vec!["/bin/true".to_owned()],
            user: Some(("no-such-user".to_owned(), None)),
            secure: false,
        },
        sets_weight: false,
    };
    let (handle, ..) = begin(looked_at_by(check("misc", look)), Options::default());
    until(&handle, |handle| weight(handle).is_none()).await;
    let snapshot = handle.snapshot();
    let status = snapshot
        .checks
        .iter()
        .find(|check| &*check.name == "misc")
        .unwrap();
    let reason = &status.last.as_ref().unwrap().1.reason;
    assert!(reason.contains("no-such-user"), "{reason}");
}

/// This machine lacks the address to come from: nothing is known of the server, and nobody is put out for that. Told once.
#[tokio::test]
async fn what_cannot_be_looked_at_from_here_is_not_put_out() {
    let from_elsewhere = |name: &str| {
        let mut question = connects(at("127.0.0.1:1"));
        question.source = Some("192.0.2.99".parse().unwrap());
        check(name, Look::Ask(Box::new(question)))
    };
    let mut all = looked_at_by(from_elsewhere("one"));
    first(&mut all).servers[1].follows = vec![gate("other")];
    all.checks = vec![from_elsewhere("one"), from_elsewhere("other")].into();
    let (handle, kernel, told) = begin(all, Options::default());
    let looked = |handle: &vrrp_director::Handle| {
        let checks = handle.snapshot().checks;
        checks.iter().map(|check| check.runs).min() > Some(1)
    };
    let waited = tokio::time::timeout(crate::LIMIT, async {
        while !looked(&handle) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    waited.await.unwrap();
    for check in handle.snapshot().checks {
        assert_eq!((check.health, check.failures), (Health::Unknown, 0), "{check:?}");
        assert_eq!(check.last.unwrap().1.verdict, Verdict::Unable);
    }
    assert_eq!(weight(&handle), Some(1));
    assert_eq!(kernel.table().get(&key(SERVICE)).unwrap().destinations().len(), 2);
    let events = told.all();
    let lacks = events.iter().filter(|event| matches!(event, Event::Lack { .. }));
    assert_eq!(lacks.count(), 1, "{events:?}");
    let down = events
        .iter()
        .any(|event| matches!(event, Event::Server { up: false, .. }));
    assert!(!down, "{events:?}");
    handle.stop().await.unwrap();
}
