//! PRJ-STOP-04: an operator's switchover, its roll-back, and the end of both.

use vrrp_conformance::proves;
use vrrp_core::{Health, Input, Order, Settings, StateName, Tracker, Weight};

use crate::subject::{Armed, MILLI, SECOND, Subject, cs, default, rfc};

const LATEST: u64 = 996_093_750 + 100 * MILLI;

fn resigning(settings: Settings) -> Subject {
    let mut router = Subject::active(settings);
    assert_eq!(
        router.order(Order::Resign),
        "Send(0); State(Initialize, Resigned, holding)"
    );
    router
}

fn resigned() -> Subject {
    let mut router = resigning(default(100, 100));
    router.wait(600 * MILLI);
    router.hear(50);
    router.wait(50 * MILLI);
    assert_eq!(
        router.tick(),
        "Disown; HoldEnded { successor: Some(192.0.2.20) }; Priority(100 -> 1); State(Backup, Resigned)"
    );
    router
}

/// PRJ-STOP-04: it competes with priority 1: a weak Active is accepted.
#[test]
fn prj_stop_04_obeys_a_switchover_ends_in_backup_with_priority_1() {
    let mut router = resigned();
    assert_eq!(router.router.priority().get(), 1);
    // 3 s + 255/256 s.
    assert_eq!(router.armed(), Armed::Down(3_996_093_750));
    router.wait(SECOND);
    router.hear(1);
    assert_eq!(
        router.armed(),
        Armed::Down(3_996_093_750),
        "T-B-05: 1 is not lower than 1"
    );
    assert!(router.router.resigned());
    proves!("PRJ-STOP-04", Obeys);
}

/// PRJ-STOP-04: nobody took over: `Send(P)`, Active again, and the reason.
#[test]
fn prj_stop_04_obeys_it_rolls_back() {
    let mut router = resigning(default(100, 100));
    assert_eq!(router.wait(LATEST - 1).tick(), "");
    assert_eq!(
        router.wait(1).tick(),
        "HoldEnded { successor: None }; Send(100); Own; Announce(1); State(Active, NobodyTookOver)"
    );
    assert_eq!(router.armed(), Armed::Adver(SECOND));
    assert!(!router.router.resigned());
    proves!("PRJ-STOP-04", Obeys);
}

/// PRJ-STOP-04 "until undone".
#[test]
fn prj_stop_04_obeys_undone_it_competes_again() {
    let mut router = resigned();
    router.hear(50);
    router.wait(SECOND);
    assert_eq!(router.order(Order::Compete), "Priority(1 -> 100)");
    // PRJ-CHG-01: 2.996 093 75 s were left; 99/256 s less.
    assert_eq!(router.armed(), Armed::Down(2_996_093_750 - 386_718_750));
    proves!("PRJ-STOP-04", Obeys);
}

/// PRJ-STOP-04 "until the successor is lost": with the own priority again.
#[test]
fn prj_stop_04_obeys_a_lost_successor_ends_it() {
    let mut router = resigned();
    router.wait(3_996_093_750);
    assert_eq!(
        router.tick(),
        "Priority(1 -> 100); Send(100); Own; Announce(1); State(Active, NoResponse)"
    );
    assert!(!router.router.resigned());
    proves!("PRJ-STOP-04", Obeys);
}

/// Undone while still answering and before anybody spoke: nothing has happened.
#[test]
fn prj_stop_04_obeys_undone_during_the_hold_rolls_back() {
    let mut router = resigning(default(100, 100));
    router.wait(300 * MILLI);
    assert_eq!(
        router.order(Order::Compete),
        "Send(100); Own; Announce(1); State(Active, NobodyTookOver)"
    );
    proves!("PRJ-STOP-04", Obeys);
}

/// Undone after the successor spoke: the addresses stay until the hold's end, then it competes with its own priority.
#[test]
fn prj_stop_04_obeys_undone_after_the_successor_spoke_is_not_forgotten() {
    let mut router = resigning(default(100, 100));
    router.wait(600 * MILLI);
    router.hear(50);
    router.wait(10 * MILLI);
    assert_eq!(router.order(Order::Compete), "");
    assert!(router.router.holds());
    assert_eq!(
        router.wait(40 * MILLI).tick(),
        "Disown; HoldEnded { successor: Some(192.0.2.20) }; State(Backup, Started)"
    );
    assert_eq!(router.router.priority().get(), 100);
    proves!("PRJ-STOP-04", Obeys);
}

/// The successor's ARP was seen, its advertisement lost: that is a successor.
#[test]
fn prj_stop_04_obeys_an_answering_successor_is_one() {
    let mut router = resigning(default(100, 100));
    router.wait(600 * MILLI);
    assert_eq!(router.does(Input::SuccessorAnswers), "");
    assert_eq!(
        router.wait(5 * MILLI).tick(),
        "Disown; HoldEnded { successor: None }; Priority(100 -> 1); State(Backup, Resigned)"
    );
    // Undone within those 5 ms: it ends as a stop does, and is no roll-back.
    let mut router = resigning(default(100, 100));
    router.does(Input::SuccessorAnswers);
    assert_eq!(router.order(Order::Compete), "");
    assert_eq!(
        router.wait(5 * MILLI).tick(),
        "Disown; HoldEnded { successor: None }; State(Backup, Started)"
    );
    proves!("PRJ-STOP-04", Obeys);
}

/// Stopped in the middle of a switchover: it ends as a stop does; the operator's wish is kept.
#[test]
fn prj_stop_04_obeys_a_stop_during_a_switchover() {
    let mut router = resigning(default(100, 100));
    router.wait(300 * MILLI);
    assert_eq!(router.stop(), "Priority(100 -> 1)");
    assert!(router.router.holds());
    router.wait(LATEST - 300 * MILLI);
    assert_eq!(router.tick(), "Disown; HoldEnded { successor: None }");
    assert_eq!(router.state(), StateName::Initialize);
    proves!("PRJ-STOP-04", Obeys);
}

/// Barred for health in the middle of one: no roll-back to an Active that may not be.
#[test]
fn prj_stop_04_refuses_to_roll_back_while_barred() {
    let mut settings = default(100, 100);
    settings.trackers = vec![Tracker {
        weight: Weight::Gate { reverse: false },
        initial: Health::Up,
    }];
    let mut router = resigning(settings);
    router.health(0, Health::Down);
    assert_eq!(
        router.wait(LATEST).tick(),
        "Disown; HoldEnded { successor: None }"
    );
    assert_eq!(router.state(), StateName::Initialize);
    proves!("PRJ-STOP-04", Refuses);
}

/// In Backup it is only a wish for later: priority 1 from now on, the timer moved (PRJ-CHG-01).
#[test]
fn prj_stop_04_obeys_a_backup_resigns_by_priority_alone() {
    let mut router = Subject::backup(default(100, 100));
    assert_eq!(router.order(Order::Resign), "Priority(100 -> 1)");
    assert_eq!(router.armed(), Armed::Down(3_996_093_750));
    assert_eq!(router.order(Order::Resign), "");
    proves!("PRJ-STOP-04", Obeys);
}

/// Without a hold, as in `rfc`, a switchover is a goodbye and Backup at once.
#[test]
fn prj_stop_04_obeys_a_switchover_without_a_hold() {
    let mut router = Subject::active(rfc(100, 100));
    assert_eq!(
        router.order(Order::Resign),
        "Send(0); Disown; State(Initialize, Resigned); Priority(100 -> 1); State(Backup, Resigned)"
    );
    assert_eq!(router.armed(), Armed::Down(3_996_093_750));
    router.hear_from(router.higher(), 50, cs(100));
    assert_eq!(router.armed(), Armed::Down(3_996_093_750));
    proves!("PRJ-STOP-04", Obeys);
}

/// PRJ-STOP-04: what the operator asked for outlives a bar in the middle of it.
#[test]
fn prj_stop_04_obeys_a_flap_does_not_undo_a_switchover() {
    let mut router = resigning(default(100, 100));
    router.wait(300 * MILLI);
    assert_eq!(
        router.link(false),
        "Disown; HoldEnded { successor: None }; Priority(100 -> 1)"
    );
    assert_eq!(router.link(true), "State(Backup, Started)");
    assert!(router.router.resigned());
    // 3 s + 255/256 s.
    assert_eq!(router.armed(), Armed::Down(3_996_093_750));
    proves!("PRJ-STOP-04", Obeys);
}

/// PRJ-STOP-04: a stop that is taken back leaves the switchover as it was: it rolls back at its own end.
#[test]
fn prj_stop_04_obeys_a_stop_taken_back_leaves_the_switchover() {
    let mut router = resigning(default(100, 100));
    router.wait(300 * MILLI);
    router.stop();
    assert_eq!(router.start(), "");
    assert!(router.router.holds());
    router.wait(LATEST - 300 * MILLI);
    assert_eq!(
        router.tick(),
        "HoldEnded { successor: None }; Priority(1 -> 100); Send(100); Own; Announce(1); State(Active, NobodyTookOver)"
    );
    proves!("PRJ-STOP-04", Obeys);
}

/// PRJ-STOP-04 "until undone": also where a stop came between that was taken back, and the successor has spoken already.
#[test]
fn prj_stop_04_obeys_undone_after_a_stop_that_was_taken_back_it_competes_again() {
    let mut router = resigning(default(100, 100));
    router.wait(300 * MILLI);
    assert_eq!(router.stop(), "Priority(100 -> 1)");
    assert_eq!(router.start(), "");
    router.wait(300 * MILLI);
    router.hear(50);
    router.wait(10 * MILLI);
    assert_eq!(router.order(Order::Compete), "Priority(1 -> 100)");
    assert!(router.router.holds());
    assert_eq!(
        router.wait(40 * MILLI).tick(),
        "Disown; HoldEnded { successor: Some(192.0.2.20) }; State(Backup, Started)"
    );
    assert_eq!(router.router.priority().get(), 100);
    assert!(!router.router.resigned());
    proves!("PRJ-STOP-04", Obeys);
}
