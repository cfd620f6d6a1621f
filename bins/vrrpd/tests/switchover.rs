//! `vrrpctl switchover`: to another node and back, by the control socket (PRJ-STOP-04).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod node;

use std::path::Path;

use node::steering::{
    Keeper, adverts_pass, has_address, moved, outcomes, pair, pair_with, router, settled, until_log,
};
use node::{Folder, LIMIT, Node, folder, instance, script};
use vrrp_conformance::proves;
use vrrp_control::{Answer, Ask, Outcome, ProblemKind, State, ask_within};

const ADDRESS: &str = "192.0.2.100";

#[test]
fn prj_stop_04_the_answer_says_to_whom_and_all_is_shown_until_it_is_undone() {
    let Some((one, two, _keeper)) = pair(&router(150), &router(100)) else {
        return;
    };
    settled(&one, &two);
    let moved = one.switchover(None);
    assert_eq!(outcomes(&moved), [("VI_1", Outcome::HandedOver)]);
    assert_eq!(moved[0].to, "192.0.2.2".parse().ok());
    let said = "VI_1: 192.0.2.2 has taken over, ";
    assert!(moved[0].message.starts_with(said), "{moved:?}");
    assert!(
        moved[0]
            .message
            .contains("competes with priority 1 until `vrrpctl switchover --undo`")
    );
    assert!(has_address(&two, ADDRESS) && !has_address(&one, ADDRESS));
    assert!(one.log().contains(said), "{}", one.log());

    let shown = one.until_state("VI_1", "BACKUP").instances.remove(0);
    assert_eq!((shown.priority.effective, shown.priority.base), (1, 150));
    let moves = &shown.priority.moves;
    assert_eq!((moves[0].name.as_str(), moves[0].adds), ("switchover", -149));
    assert!(shown.handed_over.unwrap().asked.is_some());
    assert_eq!(shown.why, "an operator asked it to hand over");
    adverts_pass(&two, 10);
    assert_eq!(one.instance("VI_1").state, State::Backup, "it stays away");

    // What makes no sense now.
    let none = one.no_switchover(None, false);
    assert_eq!(none.kind, ProblemKind::NotPossible);
    assert!(none.message.contains("no instance is Active here"), "{none:?}");
    let again = one.switchover(Some("VI_1"));
    assert_eq!(again[0].outcome, Outcome::Refused);
    assert_eq!(
        again[0].message,
        "VI_1 is not Active here: 192.0.2.2 is (priority 100); it was handed over before, and competes with priority 1 until --undo; nothing was done"
    );
    let other = two.undo(Some("VI_1"));
    assert_eq!(other[0].outcome, Outcome::Refused);
    assert!(other[0].message.contains("was not handed over"), "{other:?}");

    let undone = one.undo(None);
    assert_eq!(undone[0].outcome, Outcome::Competes);
    assert!(
        undone[0].message.contains("competes with priority 150 again"),
        "{undone:?}"
    );
    let back = one.until_state("VI_1", "MASTER").instances.remove(0);
    assert_eq!((back.priority.effective, back.handed_over), (150, None));
    assert!(back.priority.moves.is_empty());
    two.until_state("VI_1", "BACKUP");
    let nothing = one.no_switchover(None, true);
    assert!(nothing.message.contains("nothing to undo"), "{nothing:?}");
    proves!("PRJ-STOP-04", Obeys);
}

/// PRJ-STOP-04: until the successor is lost.
#[test]
fn prj_stop_04_with_its_successor_lost_it_takes_over_and_competes_as_before() {
    let Some((one, two, _keeper)) = pair(&router(150), &router(100)) else {
        return;
    };
    settled(&one, &two);
    one.switchover(Some("VI_1"));
    one.until_state("VI_1", "BACKUP");
    let _second = Keeper(two.keeper());
    two.signal("-KILL");
    let back = one.until_state("VI_1", "MASTER").instances.remove(0);
    assert_eq!((back.priority.effective, back.handed_over), (150, None));
}

/// Until it has let go, the kernel of the one before answers the announcements of the next: that is no rival.
#[test]
fn nobody_is_warned_of_the_node_that_hands_over() {
    let Some((one, two, _keeper)) = pair(&router(150), &router(100)) else {
        return;
    };
    for _round in 0..5 {
        settled(&one, &two);
        let moved = one.switchover(None);
        assert_eq!(outcomes(&moved), [("VI_1", Outcome::HandedOver)]);
        one.undo(None);
    }
    settled(&one, &two);
    for node in [&one, &two] {
        let log = node.log();
        assert!(!log.contains("claims a held address"), "{log}");
    }
}

#[test]
fn a_reload_and_another_name_keep_what_was_handed_over() {
    let Some((one, two, _keeper)) = pair(&router(150), &router(100)) else {
        return;
    };
    settled(&one, &two);
    one.switchover(None);
    one.until_state("VI_1", "BACKUP");
    let asked = one.instance("VI_1").handed_over.unwrap();
    let more = router(140).replace("192.0.2.100/24", "192.0.2.100/24\n        192.0.2.101/24");
    let reload = one.reload(&more);
    assert!(
        reload.applied && reload.message.contains("changed: VI_1"),
        "{reload:?}"
    );
    let shown = one.instance("VI_1");
    assert_eq!((shown.priority.effective, shown.priority.base), (1, 140));
    assert_eq!(shown.handed_over, Some(asked));
    let reload = one.reload(&more.replace("VI_1", "WEB"));
    assert!(reload.message.contains("renamed: VI_1 to WEB"), "{reload:?}");
    let shown = one.instance("WEB");
    assert_eq!((shown.priority.effective, shown.handed_over), (1, Some(asked)));
    adverts_pass(&two, 10);
    assert_eq!(one.instance("WEB").state, State::Backup);
    let undone = one.undo(Some("WEB"));
    assert!(undone[0].message.contains("priority 140"), "{undone:?}");
    one.until_state("WEB", "MASTER");
}

#[test]
fn members_of_a_sync_group_go_together_and_come_back_together() {
    let two_of = |priority: u8| {
        let second = instance("VI_2", 52, "192.0.2.102/24", "").replace("150", &priority.to_string());
        let group = "vrrp_sync_group VG {\n    group {\n        VI_1\n        VI_2\n    }\n}\n";
        router(priority) + &second + group
    };
    let Some((one, two, _keeper)) = pair(&two_of(150), &two_of(100)) else {
        return;
    };
    settled(&one, &two);
    let moved = one.switchover(Some("VI_2"));
    let both = [("VI_1", Outcome::HandedOver), ("VI_2", Outcome::HandedOver)];
    assert_eq!(outcomes(&moved), both);
    let status = one.until("both stand back", |status| {
        let mut all = status.instances.iter();
        all.all(|one| one.state == State::Backup && one.handed_over.is_some())
    });
    assert!(status.instances.iter().all(|one| one.priority.effective == 1));
    assert!(has_address(&two, "192.0.2.102") && has_address(&two, ADDRESS));
    let undone = one.undo(Some("VI_1"));
    assert_eq!(undone.len(), 2);
    settled(&one, &two);
}

#[test]
fn a_hook_runs_before_where_it_is_asked_for_and_only_then() {
    let place = folder();
    // That the address is here while it runs.
    let hook = script(
        &place,
        "hook",
        &format!(
            "ip -o address | grep -q ' {ADDRESS}/' && echo here >> {0}/ran || echo gone >> {0}/ran; sleep 1",
            place.display()
        ),
    );
    let own = format!("    notify_before_stop {hook}");
    let config = |priority: &str| instance("VI_1", 51, "192.0.2.100/24", &own).replace("150", priority);
    let Some((one, two, _keeper)) = pair(&config("150"), &config("100")) else {
        return;
    };
    settled(&one, &two);
    let ran = || std::fs::read_to_string(place.join("ran")).unwrap_or_default();
    one.switchover(None);
    one.until_state("VI_1", "BACKUP");
    assert_eq!(ran(), "");
    one.undo(None);
    settled(&one, &two);
    let moved = one.drain(None);
    assert_eq!(outcomes(&moved), [("VI_1", Outcome::HandedOver)]);
    let said = &moved[0].message;
    let first = "ms after the order; notify_before_stop of VI_1 ran before that, for 1";
    assert!(said.contains(first), "{said}");
    let hook = &moved[0].drained[0];
    assert_eq!(hook.label, "notify_before_stop of VI_1");
    assert!(hook.run.succeeded && hook.run.took_ms >= 1000, "{hook:?}");
    assert!(moved[0].took_ms < 1000, "the hand-over alone: {moved:?}");
    assert_eq!(ran(), "here\n");
    let handed = one.instance("VI_1").handed_over.unwrap();
    let waited = handed.since_unix_ms.unwrap() - handed.asked.unwrap().at_unix_ms;
    assert!(
        waited >= 1000,
        "counted from the order, not from the asking: {waited} ms"
    );
    until_log(&one, "notify_before_stop of VI_1 runs before the hand-over");
}

/// It goes on without what the script was to prepare, and says so: by a code of its own, by its limit, and gone.
#[test]
fn a_drain_whose_script_fails_hands_over_and_says_how_it_failed() {
    let place = folder();
    let hook = script(&place, "hook", "exit 3");
    let own = format!("    notify_before_stop {hook}");
    let config = |priority: &str| instance("VI_1", 51, "192.0.2.100/24", &own).replace("150", priority);
    let limit = ["--notify-limit", "1"];
    let Some((one, two, _keeper)) = pair_with(&config("150"), &config("100"), &limit) else {
        return;
    };
    let cases = [
        (Some("exit 3"), ": exit 3;"),
        (
            Some("sleep 1000"),
            ": no end within 1s, terminated with all that it started;",
        ),
        (None, "does not exist"),
    ];
    for (body, said) in cases {
        settled(&one, &two);
        match body {
            Some(body) => drop(script(&place, "hook", body)),
            None => std::fs::remove_file(&hook).unwrap(),
        }
        let moved = one.drain(None);
        assert_eq!(outcomes(&moved), [("VI_1", Outcome::HandedOver)]);
        let message = &moved[0].message;
        let failed = "; notify_before_stop of VI_1 failed before that, after ";
        assert!(message.contains(failed) && message.contains(said), "{message}");
        assert!(!moved[0].drained[0].run.succeeded, "{moved:?}");
        one.undo(None);
    }
}

/// A drain that a patient hook is part of, in a thread; the hook runs when this returns.
fn draining(node: &Node, began: &Path) -> std::thread::JoinHandle<Answer> {
    let socket = node.socket();
    let asking = std::thread::spawn(move || {
        let ask = Ask::Switchover {
            instance: None,
            undo: false,
            drain: true,
        };
        ask_within(&socket, ask, LIMIT).unwrap()
    });
    node.until("the hook runs", |_| began.exists());
    asking
}

/// It begins, says under which number, and does not end by itself.
fn endless(place: &Folder) -> String {
    let body = format!(
        "echo $$ > {0}/pid; mv {0}/pid {0}/began; sleep 1000",
        place.display()
    );
    script(place, "hook", &body)
}

fn is_gone(pid: &str) -> bool {
    !Path::new(&format!("/proc/{}", pid.trim())).exists()
}

/// `--undo` that comes while the hook runs ends it, answers who asked first, and frees the instance for the next one. So does
/// the end of a maintenance in which it is Active.
#[test]
fn what_is_undone_while_its_hook_runs_is_not_handed_over_and_the_hook_ends() {
    let place = folder();
    let began = place.join("began");
    let own = format!("    notify_before_stop {}", endless(&place));
    let config = |priority: &str| instance("VI_1", 51, "192.0.2.100/24", &own).replace("150", priority);
    let Some((one, two, _keeper)) = pair(&config("150"), &config("100")) else {
        return;
    };
    settled(&one, &two);
    for _round in 0..2 {
        let asking = draining(&one, &began);
        let pid = std::fs::read_to_string(&began).unwrap();
        std::fs::remove_file(&began).unwrap();
        let shown = one.instance("VI_1");
        assert!(
            shown.handing_over.is_some() && shown.handed_over.is_none(),
            "{shown:?}"
        );
        assert_eq!(shown.hook_running.as_deref(), Some("notify_before_stop"));
        assert_eq!(outcomes(&one.undo(None)), [("VI_1", Outcome::Competes)]);
        assert_eq!(one.instance("VI_1").handing_over, None);
        let answer = moved(asking.join().unwrap());
        assert_eq!(outcomes(&answer), [("VI_1", Outcome::RolledBack)], "{answer:?}");
        assert_eq!(
            answer[0].message,
            "VI_1: undone before it was handed over: Active as before; notify_before_stop of VI_1 was ended in the middle: undo what it has done"
        );
        one.until("the hook is gone", |_| is_gone(&pid));
    }
    let log = one.log();
    assert!(
        log.contains("notify_before_stop of VI_1 is ended: the hand-over was undone"),
        "{log}"
    );
    adverts_pass(&one, 10);
    let shown = one.instance("VI_1");
    assert_eq!((shown.state, shown.priority.effective), (State::Active, 150));
    assert!(has_address(&one, ADDRESS) && !has_address(&two, ADDRESS));
}

#[test]
fn the_end_of_a_maintenance_ends_the_hook_of_what_is_active_in_it() {
    let place = folder();
    let own = format!("    notify_before_stop {}", endless(&place));
    let Some(one) = Node::start(&instance("VI_1", 51, "192.0.2.100/24", &own), &[]) else {
        return;
    };
    one.until_state("VI_1", "MASTER");
    let undo = Ask::Switchover {
        instance: None,
        undo: true,
        drain: false,
    };
    // Nobody takes over: it stays Active.
    one.ask(Ask::Maintenance { on: true });
    let began = place.join("began");
    for undone in [Ask::Maintenance { on: false }, undo] {
        let asking = draining(&one, &began);
        std::fs::remove_file(&began).unwrap();
        one.ask(undone);
        let answer = moved(asking.join().unwrap());
        assert_eq!(outcomes(&answer), [("VI_1", Outcome::RolledBack)], "{answer:?}");
        assert!(
            answer[0].message.contains("was ended in the middle"),
            "{answer:?}"
        );
    }
}
