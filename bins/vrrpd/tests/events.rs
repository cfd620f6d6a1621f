//! The journal of a running daemon, as clients of the control socket read it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod node;

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use node::{LIMIT, Node, instance, script};
use vrrp_control::{Answer, Ask, CheckMode, Event, EventKind, Events, Since, State};

fn since(from: Option<u64>) -> Since {
    Since { from, instance: None }
}

fn events(node: &Node, since: Since) -> Events {
    match vrrp_control::ask(&node.socket(), Ask::Events(since)).unwrap() {
        Answer::Events(events) => events,
        other => panic!("{other:?}"),
    }
}

/// Everything until the connection ends.
fn followed(socket: &Path, since: Since) -> thread::JoinHandle<Vec<Event>> {
    let answers = vrrp_control::follow(socket, since).unwrap();
    thread::spawn(move || {
        let mut all = Vec::new();
        for answer in answers {
            match answer {
                Ok(Answer::Events(events)) => all.extend(events.events),
                Ok(Answer::Event(event)) => all.push(*event),
                Ok(other) => panic!("{other:?}"),
                Err(_) => break,
            }
        }
        all
    })
}

/// What it says of each, in one word.
fn story(events: &[Event]) -> Vec<String> {
    let word = |event: &Event| {
        let states = match (event.from, event.to) {
            (Some(from), Some(to)) => format!(" {from} -> {to}"),
            _ => String::new(),
        };
        format!("{} {}{states}", event.kind, event.code)
    };
    events.iter().map(word).collect()
}

fn config(check: &str) -> String {
    format!(
        "vrrp_script nginx_alive {{\n    script \"{check}\"\n    interval 0.1\n    weight -30\n    fall 2\n}}\n{}",
        instance(
            "VI_1",
            51,
            "192.0.2.10/24",
            "    track_script {\n        nginx_alive\n    }"
        )
    )
}

/// The examples of the documentation are these lines.
#[test]
fn a_life_from_start_to_stop_with_its_causes() {
    let folder = node::folder();
    let switch = folder.join("well");
    std::fs::write(&switch, "").unwrap();
    let check = script(&folder, "check", &format!("test -e {}", switch.display()));
    let Some(mut node) = Node::start(&config(&check), &[]) else {
        return;
    };
    node.until("it answers", |_| true);
    let following = followed(&node.socket(), since(Some(1)));
    node.until_state("VI_1", "MASTER");
    std::fs::remove_file(&switch).unwrap();
    node.until("120", |status| status.instances[0].priority.effective == 120);
    let reload = node.reload("vrrp_instance {\n");
    assert!(!reload.applied);
    let _ = node.inside(&["ip", "address", "delete", "192.0.2.10/24", "dev", "eth1"]);
    node.until("lost and made again", |status| {
        status.instances[0].addresses[0].present
            && events(&node, since(None)).events.iter().any(|e| e.code == "lost")
    });
    node.signal("-TERM");
    assert_eq!(node.wait(), 0);
    let all = following.join().unwrap();
    let said = story(&all);
    let expected = [
        "start started",
        "check up",
        "transition started Initialize -> Backup",
        "transition no-response Backup -> Active",
        "check down",
        "priority effective",
        "reload refused",
        "address lost",
        "stop asked",
        "transition stopped Active -> Initialize",
        "stop done",
    ];
    for wanted in expected {
        assert!(
            said.iter().any(|one| one == wanted),
            "no {wanted}: {said:#?}\n{}",
            node.log()
        );
    }
    assert!(
        all.windows(2).all(|pair| pair[1].seq == pair[0].seq + 1),
        "{all:#?}"
    );
    assert!(all.windows(2).all(|pair| pair[1].at_ms + 1000 >= pair[0].at_ms));
    let down = all.iter().find(|event| event.code == "down").unwrap();
    assert_eq!(
        (down.kind, down.object.as_deref()),
        (EventKind::Check, Some("nginx_alive"))
    );
    let active = all.iter().find(|event| event.to == Some(State::Active)).unwrap();
    assert_eq!(
        (active.priority, active.instance.as_deref()),
        (Some(150), Some("VI_1"))
    );
    documented(&all);
}

/// Each example of the page is a line that was just seen, but for its number, its times and its folder.
fn documented(seen: &[Event]) {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/events.md");
    let page = std::fs::read_to_string(page).unwrap();
    let examples: Vec<Event> = page
        .lines()
        .filter(|line| line.starts_with("{\"seq\""))
        .map(|line| Event::from_line(line.as_bytes()).unwrap())
        .collect();
    let lines: String = seen.iter().map(|event| event.to_line().unwrap()).collect();
    assert!(examples.len() >= 6, "the page has too few of these:\n{lines}");
    let plain = |event: &Event| Event {
        seq: 0,
        at_unix_ms: 0,
        at_ms: 0,
        text: match event.kind {
            // Other names of files, and of the version.
            EventKind::Start | EventKind::Reload => String::new(),
            _ => event.text.clone(),
        },
        ..event.clone()
    };
    let seen: Vec<Event> = seen.iter().map(plain).collect();
    for example in &examples {
        assert!(
            seen.contains(&plain(example)),
            "not seen: {example:#?}\nseen: {seen:#?}"
        );
    }
}

#[test]
fn the_numbers_of_a_file_go_on_after_a_restart() {
    let folder = node::folder();
    let file = folder.join("events");
    let path = file.display().to_string();
    let text = config("/bin/true");
    let Some(mut node) = Node::start(&text, &["--events-file", &path]) else {
        return;
    };
    node.until_state("VI_1", "MASTER");
    // Only now is it sure that the daemon is in its namespace.
    let mut keeper = node.keeper();
    node.signal("-TERM");
    assert_eq!(node.wait(), 0);
    let read = || -> Vec<Event> {
        let text = std::fs::read_to_string(&file).unwrap();
        text.lines()
            .map(|line| Event::from_line(line.as_bytes()).unwrap())
            .collect()
    };
    let first = read();
    assert_eq!(first[0].seq, 1);
    assert_eq!(story(&first).last().unwrap(), "stop done");
    let again = Node::again_with(&keeper, &text, &["--events-file", &path]);
    again.until_state("VI_1", "MASTER");
    let now = events(&again, since(None));
    assert_eq!(now.events[0].seq, first.last().unwrap().seq + 1);
    let missed = events(&again, since(Some(1)));
    assert_eq!(
        missed.lost,
        first.last().unwrap().seq,
        "those are in the file only"
    );
    let journal = again.status().journal.unwrap();
    assert_eq!(
        journal.file.map(|file| (file.well, file.dropped)),
        Some((true, 0))
    );
    drop(again);
    keeper.kill().unwrap();
    keeper.wait().unwrap();
}

fn toggle(node: &Node, times: usize) {
    for number in 0..times {
        let mode = if number % 2 == 0 {
            CheckMode::DryRun
        } else {
            CheckMode::Normal
        };
        let ask = Ask::CheckMode {
            check: "nginx_alive".to_owned(),
            mode,
        };
        let answer = vrrp_control::ask(&node.socket(), ask).unwrap();
        assert!(matches!(answer, Answer::CheckMode { .. }), "{answer:?}");
    }
}

/// 100 that read and one that does not: all of the first hear everything, and whoever asks is answered meanwhile.
#[test]
fn a_hundred_follow_and_one_that_does_not_read_is_let_go() {
    let Some(mut node) = Node::start(&config("/bin/true"), &[]) else {
        return;
    };
    node.until_state("VI_1", "MASTER");
    let socket = node.socket();
    let from = events(&node, since(None)).next;
    let many: Vec<_> = (0..100).map(|_| followed(&socket, since(Some(from)))).collect();
    let mut silent = UnixStream::connect(&socket).unwrap();
    silent
        .write_all(b"{\"version\":1,\"ask\":{\"follow\":{}}}\n")
        .unwrap();
    node.until("all follow", |status| {
        status.journal.as_ref().unwrap().followers == 101
    });
    let began = Instant::now();
    let rounds = 1000;
    toggle(&node, rounds);
    node.until("the silent one is let go", |status| {
        let journal = status.journal.as_ref().unwrap();
        (journal.followers, journal.followers_dropped) == (100, 1)
    });
    assert!(began.elapsed() < LIMIT * 3, "{:?}", began.elapsed());
    let log = node.log();
    let lines = log.lines().filter(|line| line.contains("did not read"));
    assert_eq!(lines.count(), 1, "{log}");
    node.signal("-TERM");
    assert_eq!(node.wait(), 0);
    for one in many {
        let all = one.join().unwrap();
        let heard = all
            .iter()
            .filter(|event| event.kind == EventKind::CheckMode)
            .count();
        assert_eq!(heard, rounds);
        assert!(all.windows(2).all(|pair| pair[1].seq == pair[0].seq + 1));
    }
}

/// More than may follow, garbage, and a client that says more: clear answers, and the daemon goes on.
#[test]
fn bad_input_is_answered_and_harms_nobody() {
    let Some(node) = Node::start(&config("/bin/true"), &[]) else {
        return;
    };
    node.until_state("VI_1", "MASTER");
    for (line, word) in [
        ("{\"version\":1,\"ask\":\"events\"}", "events"),
        ("{\"version\":1,\"ask\":{\"events\":{\"from\":-1}}}", "events"),
        ("{\"version\":1,\"ask\":{\"follow\":{\"from\":\"x\"}}}", "follow"),
    ] {
        let mut stream = UnixStream::connect(node.socket()).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        stream.write_all(format!("{line}\n").as_bytes()).unwrap();
        let mut answer = String::new();
        BufReader::new(&stream).read_line(&mut answer).unwrap();
        assert!(answer.contains("malformed") && answer.contains(word), "{answer}");
    }
    let nobody = Since {
        from: None,
        instance: Some("VI_9".to_owned()),
    };
    assert!(events(&node, nobody).events.is_empty());
    let mut talker = UnixStream::connect(node.socket()).unwrap();
    talker
        .write_all(b"{\"version\":1,\"ask\":{\"follow\":{}}}\nnonsense\n")
        .unwrap();
    talker.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut first = String::new();
    BufReader::new(&talker).read_line(&mut first).unwrap();
    assert!(first.contains("\"events\""), "{first}");
    drop(talker);
    node.until("it has gone", |status| {
        status.journal.as_ref().unwrap().followers == 0
    });
}
