//! PRJ-SLACK-01, PRJ-TIME-05, PRJ-FSM-02: who may be early, and the phase.

use vrrp_conformance::proves;
use vrrp_core::Wake;

use crate::subject::{Armed, MILLI, SECOND, Subject, default};

/// PRJ-SLACK-01: min(1 ms, I/100); a tick from `earliest` on acts, not before.
#[test]
fn prj_slack_01_obeys_the_slack_of_the_advertisement() {
    for (interval_cs, slack) in [
        (1, 100_000),
        (5, 500_000),
        (10, MILLI),
        (100, MILLI),
        (4095, MILLI),
    ] {
        let mut settings = default(100, interval_cs);
        settings.announcements.later_rounds = 0;
        let mut router = Subject::active(settings);
        let deadline = router.deadline().unwrap();
        assert_eq!(deadline.wakes, Wake::Advertise);
        assert_eq!(
            deadline.at.nanos_since(deadline.earliest),
            slack,
            "{interval_cs} cs"
        );
        router.now = deadline.earliest.minus_nanos(1);
        assert_eq!(router.tick(), "");
        router.now = deadline.earliest;
        assert_eq!(router.tick(), "Send(100)");
    }
    proves!("PRJ-SLACK-01", Obeys);
}

/// PRJ-SLACK-01, PRJ-TIME-05: early or late by less than an interval, the phase stays.
#[test]
fn prj_slack_01_obeys_the_absolute_phase() {
    let mut router = Subject::active(default(100, 100));
    let begun = router.now;
    for (number, off) in [
        (1, 999 * MILLI),
        (2, SECOND),
        (3, 1_400 * MILLI),
        (4, 600 * MILLI),
    ] {
        router.wait(off).tick();
        let next = router.deadline().unwrap().at.nanos_since(begun);
        assert_eq!(
            router.armed(),
            Armed::Adver((number + 1) * SECOND - router.now.nanos_since(begun))
        );
        assert!(next <= (number + 1) * SECOND);
    }
    proves!("PRJ-SLACK-01", Obeys);
}

/// PRJ-SLACK-01: announcements too.
#[test]
fn prj_slack_01_obeys_announcements_share_the_wake_up() {
    let mut settings = default(100, 300);
    settings.announcements.later_after_nanos = 3 * SECOND;
    let mut router = Subject::active(settings);
    assert_eq!(router.wait(3 * SECOND - MILLI).tick(), "Send(100); Announce(1)");
    proves!("PRJ-SLACK-01", Obeys);
}

/// PRJ-SLACK-01: Active_Down_Timer never fires early, nor does the end of a hold.
#[test]
fn prj_slack_01_refuses_slack_for_the_take_over() {
    for interval_cs in [1, 100, 4095] {
        let router = Subject::backup(default(100, interval_cs));
        let deadline = router.deadline().unwrap();
        assert_eq!((deadline.wakes, deadline.earliest), (Wake::TakeOver, deadline.at));
    }
    let mut router = Subject::active(default(100, 100));
    router.stop();
    let deadline = router.deadline().unwrap();
    assert_eq!(deadline.earliest, deadline.at);
    proves!("PRJ-SLACK-01", Refuses);
}

/// PRJ-SLACK-01 can be switched off.
#[test]
fn prj_slack_01_obeys_none_where_none_is_wanted() {
    let mut settings = default(100, 100);
    settings.slack = false;
    let mut router = Subject::active(settings);
    let deadline = router.deadline().unwrap();
    assert_eq!(deadline.earliest, deadline.at);
    assert_eq!(router.wait(SECOND - 1).tick(), "");
    proves!("PRJ-SLACK-01", Obeys);
}

/// PRJ-TIME-05: more than an interval late: from now on, and no burst of catch-up packets.
#[test]
fn prj_time_05_obeys_a_clock_jump_sends_once() {
    let mut router = Subject::active(default(100, 100));
    router.wait(3600 * SECOND);
    let actions = router.tick();
    assert_eq!(actions.matches("Send(100)").count(), 1, "{actions}");
    assert_eq!(router.armed(), Armed::Adver(SECOND));
    assert_eq!(router.tick(), "");
    proves!("PRJ-TIME-05", Obeys);
}

/// PRJ-TIME-06: no jitter: the 50th advertisement at 37 cs leaves 50 times 370 ms after the first, and each between is a
/// whole multiple; a second router does the same.
#[test]
fn prj_time_06_obeys_no_randomness() {
    for _ in 0..2 {
        let mut router = Subject::active(default(100, 37));
        let first = router.now;
        let mut sent = 0_u64;
        while sent < 50 {
            router.now = router.deadline().unwrap().at;
            let actions = router.tick();
            if actions.contains("Send") {
                sent += 1;
                assert_eq!(
                    router.now.nanos_since(first),
                    sent * 370 * MILLI,
                    "advertisement {sent}"
                );
            }
        }
    }
    proves!("PRJ-TIME-06", Obeys);
}

/// PRJ-FSM-02: Adver_Timer is re-armed only by T-A-02, T-A-03 and entry to Active.
#[test]
fn prj_fsm_02_refuses_to_move_the_timer_for_anything_else() {
    let mut router = Subject::active(default(100, 100));
    router.wait(300 * MILLI);
    let before = router.armed();
    router.hear(50);
    router.hear_from(router.lower(), 100, crate::subject::cs(1));
    router.tick();
    router.start();
    router.link(true);
    router.failed_to_send();
    router.does(vrrp_core::Input::Recovered);
    router.does(vrrp_core::Input::SuccessorAnswers);
    router.order(vrrp_core::Order::Compete);
    assert_eq!(router.armed(), before);
    proves!("PRJ-FSM-02", Refuses);
}

/// PRJ-TIME-04: an advertisement that waited in the socket is handed in before the tick, and counts.
#[test]
fn prj_time_04_obeys_packets_before_ticks() {
    let mut router = Subject::backup(default(100, 100));
    router.wait(10 * SECOND);
    assert_eq!(router.hear(200), "");
    assert_eq!(router.tick(), "");
    assert_eq!(router.armed(), Armed::Down(3_609_375_000));
    proves!("PRJ-TIME-04", Obeys);
}

/// PRJ-TIME-04 is the executor's duty: the other way round is a take-over.
#[test]
fn prj_time_04_refuses_to_guess() {
    let mut router = Subject::backup(default(100, 100));
    router.wait(10 * SECOND);
    assert!(router.tick().contains("State(Active"));
    proves!("PRJ-TIME-04", Refuses);
}
