//! What is asked of a daemon that is alone: roll-backs, priorities, reloads, and what cannot be done.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod node;

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use node::steering::{adverts_pass, has_address, moved, outcomes, priority, problem, router, until_log};
use node::{LIMIT, Node, folder, instance, script, with_check};
use vrrp_conformance::proves;
use vrrp_control::{
    Answer, Ask, AskError, LINE_OCTETS_MAX, Outcome, ProblemKind, Reply, Shift, State, ask_within,
};

const ADDRESS: &str = "192.0.2.100";

fn alone(config: &str) -> Option<Node> {
    let node = Node::start(config, &[])?;
    node.until("it is Active", |status| {
        let mut all = status.instances.iter();
        all.all(|one| one.state == State::Active)
    });
    Some(node)
}

/// As a hold lasts a second longer than the hold of 0.1 s adverts: time for something to come in between.
fn slow() -> String {
    router(150).replace("advert_int 0.1", "advert_int 1")
}

/// A hand-over that nobody answers, in a thread; it is on its way when this returns.
fn begun(node: &Node) -> std::thread::JoinHandle<Answer> {
    let socket = node.socket();
    let asking = std::thread::spawn(move || {
        let ask = Ask::Switchover {
            instance: None,
            undo: false,
            drain: false,
        };
        ask_within(&socket, ask, LIMIT).unwrap()
    });
    node.until("it holds", |status| status.instances[0].holding);
    asking
}

#[test]
fn prj_stop_04_where_nobody_takes_over_it_is_rolled_back_and_says_so() {
    let Some(node) = alone(&router(150)) else { return };
    let moved = node.switchover(None);
    assert_eq!(outcomes(&moved), [("VI_1", Outcome::RolledBack)]);
    let said = "nobody took over within ";
    assert!(moved[0].message.contains(said), "{moved:?}");
    assert!(
        moved[0].message.ends_with(
            "no other router answered the goodbye on eth1; Active again, and never without the addresses"
        ),
        "{moved:?}"
    );
    let shown = node.instance("VI_1");
    assert_eq!((shown.state, shown.handed_over), (State::Active, None));
    assert_eq!(shown.priority.effective, 150);
    assert!(shown.counters["priority-zero-pkts-sent"] >= 1);
    assert!(has_address(&node, ADDRESS));
    let log = node.log();
    assert!(
        log.contains(said) && !log.contains("the addresses are given up"),
        "{log}"
    );
    proves!("PRJ-STOP-04", Obeys);
}

/// The whole group comes back, and whoever asked hears of it.
#[test]
fn prj_stop_04_a_group_that_nobody_takes_rolls_back_together() {
    let group = "vrrp_sync_group VG {\n    group {\n        VI_1\n        VI_2\n    }\n}\n";
    let both = router(150) + &instance("VI_2", 52, "192.0.2.102/24", "") + group;
    let Some(node) = alone(&both) else { return };
    let moved = node.switchover(Some("VI_2"));
    let back = [("VI_1", Outcome::RolledBack), ("VI_2", Outcome::RolledBack)];
    assert_eq!(outcomes(&moved), back);
    for one in &node.status().instances {
        assert_eq!((one.state, one.priority.effective), (State::Active, 150));
    }
}

#[test]
fn what_comes_in_the_middle_of_a_switchover_is_answered() {
    let Some(node) = alone(&slow()) else { return };
    let asking = begun(&node);
    let second = node.switchover(Some("VI_1"));
    assert_eq!(second[0].outcome, Outcome::Refused);
    assert!(
        second[0]
            .message
            .starts_with("VI_1 is being handed over already, since user "),
        "{second:?}"
    );
    let undone = node.undo(Some("VI_1"));
    assert_eq!(undone[0].outcome, Outcome::Competes);
    let first = moved(asking.join().unwrap());
    assert_eq!(first[0].outcome, Outcome::RolledBack);
    assert!(first[0].message.contains("undone after "), "{first:?}");
    node.until_state("VI_1", "MASTER");

    // A reload that takes another name, and one that takes it away.
    let asking = begun(&node);
    let reload = node.reload(&slow().replace("VI_1", "WEB"));
    assert!(reload.applied, "{reload:?}");
    let renamed = moved(asking.join().unwrap());
    assert_eq!(renamed[0].outcome, Outcome::RolledBack, "{renamed:?}");
    node.until_state("WEB", "MASTER");
    assert_eq!(node.instance("WEB").handed_over, None);

    let asking = begun(&node);
    node.signal("-TERM");
    let stopped = moved(asking.join().unwrap());
    assert_eq!(stopped[0].outcome, Outcome::Interrupted, "{stopped:?}");
}

#[test]
fn during_a_stop_nothing_else_is_begun() {
    let Some(node) = alone(&slow()) else { return };
    node.signal("-TERM");
    node.until("it is stopping", |status| status.daemon.stopping);
    for ask in [
        Ask::Switchover {
            instance: None,
            undo: false,
            drain: false,
        },
        Ask::Maintenance { on: true },
        priority("VI_1", Shift::By(1), None),
        Ask::Reload,
    ] {
        let refused = problem(node.ask(ask.clone()));
        assert_eq!(refused.kind, ProblemKind::Unavailable, "{ask:?}");
        assert!(refused.message.contains("vrrpd is stopping"), "{refused:?}");
    }
}

/// A process that is stopped (a debugger, SIGSTOP, a host without memory): whoever gives up has changed nothing afterwards either.
#[test]
fn what_is_asked_of_a_stopped_daemon_is_refused_soon_and_never_carried_out_later() {
    let Some(node) = alone(&router(150)) else { return };
    node.signal("-STOP");
    let began = std::time::Instant::now();
    let asked = ask_within(&node.socket(), Ask::Reload, Duration::from_secs(900));
    let took = began.elapsed();
    // As a client does that knows no greeting.
    let mut raw = UnixStream::connect(node.socket()).unwrap();
    raw.write_all(b"{\"version\":1,\"ask\":\"reload\"}\n").unwrap();
    drop(raw);
    node.signal("-CONT");
    assert!(matches!(asked, Err(AskError::NotBegun { .. })), "{asked:?}");
    assert!(took < Duration::from_secs(30), "{took:?}");
    until_log(
        &node,
        "hung up before what it asked for was begun; it is not carried out: Reload",
    );
    assert_eq!(node.status().daemon.last_reload, None);
}

#[test]
fn what_takes_no_part_or_is_unknown_has_nothing_to_hand_over() {
    let place = folder();
    let fails = script(&place, "fails", "exit 1");
    let Some(node) = Node::start(&with_check(&fails, 0), &[]) else {
        return;
    };
    node.until_state("VI_1", "FAULT");
    let barred = node.switchover(Some("VI_1"));
    assert_eq!(barred[0].outcome, Outcome::Refused);
    assert_eq!(
        barred[0].message,
        "VI_1 takes no part: check chk is not up; nothing was done"
    );
    let unknown = node.no_switchover(Some("VI_9"), false);
    assert_eq!(unknown.kind, ProblemKind::NoSuchInstance);
    assert_eq!(unknown.message, "no instance \"VI_9\" runs here; running: VI_1");
    let unknown = problem(node.ask(priority("VI_9", Shift::Off, None)));
    assert_eq!(unknown.kind, ProblemKind::NoSuchInstance);
}

#[test]
fn a_priority_is_moved_shown_limited_kept_over_reloads_and_ends_by_itself() {
    let Some(node) = alone(&router(150)) else { return };
    let moved = node.priority("VI_1", Shift::By(-20), None);
    assert_eq!((moved.file, moved.before, moved.base), (150, 150, 130));
    let shown = node.until("moved", |status| status.instances[0].priority.effective == 130);
    let priority_of = &shown.instances[0].priority;
    assert_eq!(priority_of.base, 150, "as in the file");
    let one = &priority_of.moves[0];
    assert_eq!(
        (one.name.as_str(), one.adds, one.ends_in_ms),
        ("operator", -20, None)
    );
    assert!(
        node.log().contains("VI_1: base priority 150 -> 130"),
        "{}",
        node.log()
    );

    // By so much from what the file says now; also under another name.
    let reload = node.reload(&router(100));
    assert!(reload.applied, "{reload:?}");
    assert_eq!(node.instance("VI_1").priority.effective, 80);
    assert!(node.reload(&router(100).replace("VI_1", "WEB")).applied);
    let web = node.instance("WEB");
    assert_eq!((web.priority.effective, web.priority.moves[0].adds), (80, -20));

    let limited = node.priority("WEB", Shift::By(200), Some(3_600_000));
    assert_eq!(limited.base, 254);
    assert!(
        limited.message.contains("(limited to 1 to 254), for 3600 s"),
        "{limited:?}"
    );
    let left = node.instance("WEB").priority.moves[0].ends_in_ms.unwrap();
    assert!(left <= 3_600_000 && left > 3_500_000, "{left}");
    let short = node.priority("WEB", Shift::To(42), Some(300));
    assert_eq!(short.base, 42);
    let over = node.until("over by itself", |status| {
        status.instances[0].priority.effective == 100
    });
    assert!(over.instances[0].priority.moves.is_empty());
    until_log(&node, "the time is over for which its priority was moved");

    node.priority("WEB", Shift::To(7), None);
    let off = node.priority("WEB", Shift::Off, None);
    assert_eq!((off.before, off.base), (7, 100));
    node.until("off", |status| status.instances[0].priority.effective == 100);
    for (shift, part) in [
        (Shift::To(255), "the highest here is 254"),
        (Shift::To(0), "the lowest is 1"),
    ] {
        let refused = problem(node.ask(priority("WEB", shift, None)));
        assert_eq!(refused.kind, ProblemKind::NotPossible);
        assert!(refused.message.contains(part), "{refused:?}");
    }
    let refused = problem(node.ask(priority("WEB", Shift::By(1), Some(0))));
    assert_eq!(refused.kind, ProblemKind::NotPossible);
    assert_eq!(node.instance("WEB").priority.effective, 100);
    assert_eq!(node.instance("WEB").state, State::Active);
}

/// The arithmetic stays the core's: base and weights, then the limits.
#[test]
fn a_moved_priority_and_a_tracked_weight_add_up() {
    let place = folder();
    let fails = script(&place, "fails", "exit 1");
    let Some(node) = Node::start(&with_check(&fails, -30), &[]) else {
        return;
    };
    node.until("150 - 30", |status| status.instances[0].priority.effective == 120);
    node.priority("VI_1", Shift::By(10), None);
    let status = node.until("150 - 30 + 10", |status| {
        status.instances[0].priority.effective == 130
    });
    let shown = &status.instances[0].priority;
    assert_eq!(
        (shown.base, shown.contributions[0].adds, shown.moves[0].adds),
        (150, -30, 10)
    );
}

#[test]
fn an_owner_is_not_moved_and_hands_over_all_the_same() {
    let Some(node) = alone(&router(255)) else { return };
    let refused = problem(node.ask(priority("VI_1", Shift::By(-10), None)));
    assert!(
        refused.message.starts_with("VI_1 owns its addresses"),
        "{refused:?}"
    );
    let moved = node.switchover(None);
    assert_eq!(outcomes(&moved), [("VI_1", Outcome::RolledBack)]);
    assert_eq!(node.instance("VI_1").priority.effective, 255);
}

#[test]
fn a_reload_that_is_asked_for_is_answered_with_what_it_did() {
    let Some(node) = alone(&router(150)) else { return };
    let reload = |node: &Node| match node.ask(Ask::Reload) {
        Answer::Reload(reload) => reload,
        other => panic!("{other:?}"),
    };
    let same = reload(&node);
    assert!(same.applied, "{same:?}");
    assert_eq!(same.message, "the file says the same as before");
    node.configure(&router(140));
    let changed = reload(&node);
    assert_eq!(
        (changed.applied, changed.message.as_str()),
        (true, "changed: VI_1")
    );
    assert_eq!(node.status().daemon.last_reload, Some(changed));
    node.configure(&router(140).replace("virtual_router_id 51", "virtual_router_id 999"));
    let refused = reload(&node);
    assert!(!refused.applied && refused.message.contains("999"), "{refused:?}");
    // The log is written behind the answer.
    until_log(&node, refused.message.lines().next().unwrap());
    let log = node.log();
    assert!(
        log.contains("reload, as user ") && log.contains(": reading "),
        "{log}"
    );
    // Several at once: each is answered, by a reload that began after it was asked for.
    node.configure(&router(130));
    let asking: Vec<_> = (0..4)
        .map(|_| {
            let socket = node.socket();
            std::thread::spawn(move || ask_within(&socket, Ask::Reload, LIMIT).unwrap())
        })
        .collect();
    for one in asking {
        assert!(matches!(one.join().unwrap(), Answer::Reload(reload) if reload.applied));
    }
    assert_eq!(node.instance("VI_1").priority.effective, 130);
}

fn kind_of(node: &Node, octets: &[u8]) -> Option<ProblemKind> {
    let mut stream = UnixStream::connect(node.socket()).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    let _ = stream.write_all(octets);
    let _ = stream.shutdown(std::net::Shutdown::Write);
    let mut line = Vec::new();
    BufReader::new(stream).read_until(b'\n', &mut line).ok()?;
    match Reply::from_line(&line).ok()?.answer {
        Answer::Error(problem) => {
            assert!(!problem.message.is_empty() && problem.message.len() < 2000);
            Some(problem.kind)
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn bad_requests_are_answered_and_change_nothing() {
    let Some(node) = alone(&router(150)) else { return };
    let before = node.instance("VI_1");
    let line = |ask: &str| format!("{{\"version\":1,\"ask\":{ask}}}\n").into_bytes();
    let deep = "[".repeat(8000);
    for (octets, kind) in [
        (b"\xff\x00\xfe\x80 garbage\n".to_vec(), ProblemKind::Malformed),
        (b"\n".to_vec(), ProblemKind::Malformed),
        (line("{\"switchover\":{\"instance\":"), ProblemKind::Malformed),
        (
            b"{\"version\":1,\"ask\":{\"maintenance\":{\"on\":tr".to_vec(),
            ProblemKind::Malformed,
        ),
        (
            b"{\"version\":2,\"ask\":\"reload\"}\n".to_vec(),
            ProblemKind::OtherVersion,
        ),
        (
            b"{\"version\":65535,\"ask\":{\"maintenance\":{\"on\":true}}}\n".to_vec(),
            ProblemKind::OtherVersion,
        ),
        (line("\"fly\""), ProblemKind::UnknownRequest),
        (
            line("{\"switchover\":{\"instance\":\"\\u0000\\u001b[2J\"}}"),
            ProblemKind::NoSuchInstance,
        ),
        (line(&deep), ProblemKind::Malformed),
        (vec![b'{'; LINE_OCTETS_MAX * 4], ProblemKind::Malformed),
        (
            line("{\"priority\":{\"instance\":\"VI_1\",\"shift\":{\"by\":1e99}}}"),
            ProblemKind::Malformed,
        ),
        (
            line(
                "{\"priority\":{\"instance\":\"VI_1\",\"shift\":{\"by\":1},\"for_ms\":18446744073709551615}}",
            ),
            ProblemKind::NotPossible,
        ),
    ] {
        let said = String::from_utf8_lossy(&octets[..octets.len().min(60)]).into_owned();
        assert_eq!(kind_of(&node, &octets), Some(kind), "{said}");
    }
    let unknown = node.no_switchover(Some(&"y".repeat(9000)), false);
    assert!(unknown.message.len() < 1000, "{}", unknown.message.len());
    adverts_pass(&node, 3);
    let after = node.instance("VI_1");
    assert_eq!(
        (after.state, after.since_unix_ms),
        (before.state, before.since_unix_ms)
    );
    assert_eq!(after.priority, before.priority);
    assert_eq!(node.status().daemon.maintenance, None);
    assert_eq!(node.status().daemon.last_reload, None);
    let log = node.log();
    assert!(!log.contains('\u{1b}') && !log.contains("panicked"), "{log}");
}
