//! `vrrpctl record`: a recording that is begun while everything runs, and replayed without a difference.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod node;

use std::os::unix::fs::{MetadataExt as _, symlink};
use std::path::Path;
use std::process::Command;

use node::replay::replayed;
use node::steering::{adverts_pass, outcomes, pair, problem, router, settled, until_log};
use node::{Node, instance};
use vrrp_control::{Answer, Ask, EventKind, Outcome, ProblemKind, Record, Recorded, Shift, Since};

fn start(file: &Path) -> Ask {
    let file = file.to_str().unwrap().to_owned();
    let limit_mib = Some(8);
    Ask::Record(Record::Start { file, limit_mib })
}

fn recorded(node: &Node, ask: Ask) -> Recorded {
    match node.ask(ask) {
        Answer::Record(recorded) => *recorded,
        other => panic!("{other:?}; log:\n{}", node.log()),
    }
}

fn group() -> String {
    "vrrp_sync_group VG {\n    group {\n        VI_1\n        VI_2\n    }\n}\n".to_owned()
}

/// Of a sync group, in the middle of its life: a switchover and back, priorities, and a reload.
#[test]
fn what_was_begun_in_the_middle_is_decided_the_same_once_more() {
    let both = |priority: u8| {
        let second = instance("VI_2", 52, "192.0.2.102/24", "");
        router(priority) + &second.replace("priority 150", &format!("priority {priority}")) + &group()
    };
    let Some((one, two, _keeper)) = pair(&both(150), &both(100)) else {
        return;
    };
    settled(&one, &two);
    for node in [&one, &two] {
        let begun = recorded(node, start(&node.folder.join("rec")));
        let shown = begun.recording.unwrap();
        assert!(shown.running && shown.asked.is_some(), "{shown:?}");
        assert_eq!(node.status().recording.unwrap().path, shown.path);
    }
    let file = one.folder.join("rec");
    assert_eq!(file.metadata().unwrap().mode() & 0o7777, 0o600);

    let moved = one.switchover(None);
    let over = [("VI_1", Outcome::HandedOver), ("VI_2", Outcome::HandedOver)];
    assert_eq!(outcomes(&moved), over);
    one.undo(None);
    settled(&one, &two);
    one.priority("VI_2", Shift::By(10), None);
    adverts_pass(&one, 3);
    let reload = two.reload(&both(90));
    assert!(reload.applied, "{}", reload.message);
    adverts_pass(&one, 3);

    for node in [&one, &two] {
        let ended = recorded(node, Ask::Record(Record::Stop));
        let shown = ended.recording.unwrap();
        assert!(!shown.running && shown.problem.is_none(), "{shown:?}");
        let file = node.folder.join("rec");
        let octets = file.metadata().unwrap().len();
        assert_eq!((octets, shown.dropped), (shown.octets, 0));
        let (decisions, changes, runs) = replayed(&file);
        assert!(decisions > 20 && runs == 1, "{decisions} {runs}");
        // Of two members at least, there and back.
        assert!(changes.len() >= 4, "{changes:?}");
        adverts_pass(&one, 3);
        assert_eq!(file.metadata().unwrap().len(), octets, "it goes on");
        let said = recorded(node, Ask::Record(Record::Status));
        assert_eq!(said.recording, Some(shown));
    }
    let text = std::fs::read_to_string(&file).unwrap();
    let first = text.lines().nth(1).unwrap();
    assert!(
        first.contains(" VI_1 router ") && first.contains("state={"),
        "{first}"
    );

    // The next one, until the daemon ends.
    let next = one.folder.join("next");
    recorded(&one, start(&next));
    let mut one = one;
    one.signal("-TERM");
    assert_eq!(one.wait(), 0);
    let (_, changes, runs) = replayed(&next);
    assert_eq!(
        (changes.last().map(String::as_str), runs),
        (Some("Active>Initialize"), 1),
        "{changes:?}"
    );
}

#[test]
fn one_at_a_time_in_a_new_file_by_its_whole_path() {
    let Some(node) = Node::start(&router(150), &[]) else {
        return;
    };
    node.until_state("VI_1", "MASTER");
    let refused = |ask: Ask| {
        let problem = problem(node.ask(ask));
        assert_eq!(problem.kind, ProblemKind::NotPossible, "{problem:?}");
        problem.message
    };
    let none = recorded(&node, Ask::Record(Record::Status));
    assert_eq!(
        (none.recording, none.message.as_str()),
        (None, "nothing is recorded")
    );
    assert!(refused(Ask::Record(Record::Stop)).contains("there is nothing to stop"));
    assert!(refused(start(Path::new("rec"))).contains("whole path"));
    let precious = node.folder.join("precious");
    std::fs::write(&precious, "precious").unwrap();
    assert!(refused(start(&precious)).contains("it exists"));
    let link = node.folder.join("link");
    symlink(node.folder.join("away"), &link).unwrap();
    assert!(refused(start(&link)).contains("it exists"));
    assert!(!node.folder.join("away").exists());
    assert_eq!(std::fs::read_to_string(&precious).unwrap(), "precious");
    assert_eq!(node.status().recording, None);

    let file = node.folder.join("rec");
    recorded(&node, start(&file));
    let second = refused(start(&node.folder.join("second")));
    assert!(
        second.contains("/rec: ") && second.contains("`vrrpctl record stop` ends that"),
        "{second}"
    );
    assert!(!node.folder.join("second").exists());
    recorded(&node, Ask::Record(Record::Stop));
    let Answer::Events(events) = node.ask(Ask::Events(Since::default())) else {
        panic!("no events");
    };
    let mine = events.events.iter().filter(|one| one.kind == EventKind::Record);
    let codes: Vec<&str> = mine.map(|one| one.code.as_str()).collect();
    assert_eq!(codes, ["begun", "ended"]);
}

/// Ten routers that advertise every 10 ms.
fn many() -> String {
    let many: Vec<String> = (1..=10)
        .map(|id| {
            let address = format!("192.0.2.{}/24", 100 + id);
            instance(&format!("VI_{id}"), 50 + id, &address, "").replace("advert_int 0.1", "advert_int 0.01")
        })
        .collect();
    many.concat()
}

/// Whenever it begins: a turn of the router loop that is under way has an older time than the recording.
#[test]
fn every_beginning_is_one() {
    let Some(node) = Node::start(&many(), &[]) else {
        return;
    };
    node.until_state("VI_10", "MASTER");
    for count in 0..60 {
        let file = node.folder.join(format!("rec{count}"));
        recorded(&node, start(&file));
        if count % 6 == 0 {
            adverts_pass(&node, 2);
        }
        recorded(&node, Ask::Record(Record::Stop));
        let (_, _, runs) = replayed(&file);
        assert_eq!(runs, 1);
    }
}

/// It ends, says why wherever one looks, can be replayed as far as it got; and the routers never noticed.
#[test]
fn a_full_disk_ends_it_and_nothing_else() {
    let Some(node) = Node::start_with_limits(&many()) else {
        return;
    };
    node.until("all are Active", |status| {
        let mut all = status.instances.iter();
        all.all(|one| one.keepalived_state.to_string() == "MASTER")
    });
    let limited = Command::new("prlimit")
        .args(["--pid", &node.pid().to_string(), "--fsize=65536"])
        .status()
        .unwrap();
    assert!(limited.success());
    let file = node.folder.join("rec");
    recorded(&node, start(&file));
    let status = node.until("it has ended", |status| {
        status.recording.as_ref().is_some_and(|one| !one.running)
    });
    let shown = status.recording.unwrap();
    let problem = shown.problem.unwrap();
    assert!(problem.contains("too large"), "{problem}");
    until_log(&node, "/rec is over: ");
    let said = recorded(&node, Ask::Record(Record::Status)).message;
    assert!(
        said.contains("/rec ended by itself behind ") && said.contains(&problem),
        "{said}"
    );
    let octets = file.metadata().unwrap().len();
    assert!(
        octets == shown.octets && octets > 10_000 && octets <= 65_536,
        "{octets}"
    );
    let (decisions, _, _) = replayed(&file);
    assert!(decisions > 100, "{decisions}");
    adverts_pass(&node, 10);
    assert_eq!(file.metadata().unwrap().len(), octets);

    let stop = problem_of_stop(&node);
    assert!(
        stop.contains("ended by itself") && stop.ends_with("; nothing is recorded now"),
        "{stop}"
    );
    recorded(&node, start(&node.folder.join("next")));
}

fn problem_of_stop(node: &Node) -> String {
    problem(node.ask(Ask::Record(Record::Stop))).message
}
