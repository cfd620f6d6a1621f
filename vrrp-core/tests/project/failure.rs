//! PRJ-FAIL-01: what could not be sent or held.

use vrrp_conformance::proves;
use vrrp_core::{Bar, Failure, Input, Standing, StateName, Wake};

use crate::subject::{Armed, MILLI, SECOND, Subject, default};

fn failing() -> Subject {
    Subject::active(default(100, 100))
}

/// PRJ-FAIL-01, PRJ-TX-02: one failed send is counted and changes nothing.
#[test]
fn prj_fail_01_obeys_one_failed_send_is_counted() {
    let mut router = failing();
    let before = router.router.state();
    assert_eq!(router.failed_to_send(), "");
    assert_eq!(router.router.counters().send_errors, 1);
    assert_eq!(router.router.state(), before);
    proves!("PRJ-FAIL-01", "PRJ-TX-02", Obeys);
}

/// PRJ-FAIL-01: three consecutive failed advertisements end it, for 1 s.
#[test]
fn prj_fail_01_obeys_three_in_a_row_resign() {
    let mut router = failing();
    assert_eq!(router.failed_to_send(), "");
    router.wait(SECOND).tick();
    assert_eq!(router.failed_to_send(), "");
    router.wait(SECOND).tick();
    assert_eq!(
        router.failed_to_send(),
        "FailedFor { retry_after_seconds: 1 }; Send(0); Disown; State(Initialize, Barred(SendFailed))"
    );
    assert_eq!(router.router.standing(), Standing::Barred(Bar::SendFailed));
    let deadline = router.deadline().unwrap();
    assert_eq!(
        (deadline.wakes, deadline.at.nanos_since(router.now)),
        (Wake::RetryAfterFailure, SECOND)
    );
    assert_eq!(router.wait(SECOND).tick(), "State(Backup, Started)");
    proves!("PRJ-FAIL-01", Obeys);
}

/// PRJ-FAIL-01: a period without a failure is a success.
#[test]
fn prj_fail_01_refuses_to_count_across_a_success() {
    let mut router = failing();
    for _ in 0..10 {
        for _ in 0..2 {
            assert_eq!(router.failed_to_send(), "");
            router.wait(SECOND).tick();
        }
        router.wait(SECOND).tick();
    }
    assert_eq!(router.state(), StateName::Active);
    assert_eq!(router.router.counters().send_errors, 20);
    proves!("PRJ-FAIL-01", Refuses);
}

/// PRJ-FAIL-01: several failures of one advertisement (several peers) are one.
#[test]
fn prj_fail_01_refuses_to_count_one_advertisement_thrice() {
    let mut router = failing();
    for _ in 0..9 {
        assert_eq!(router.failed_to_send(), "");
    }
    assert_eq!(router.state(), StateName::Active);
    proves!("PRJ-FAIL-01", Refuses);
}

/// PRJ-FAIL-01: at once when the device is gone or down.
#[test]
fn prj_fail_01_obeys_a_gone_device_is_the_end() {
    let mut router = failing();
    let failure = Failure::Send { gone: true };
    assert_eq!(
        router.does(Input::Failed(failure)),
        "FailedFor { retry_after_seconds: 1 }; Send(0); Disown; State(Initialize, Barred(SendFailed))"
    );
    proves!("PRJ-FAIL-01", Obeys);
}

/// PRJ-FAIL-01: no address could be held.
#[test]
fn prj_fail_01_obeys_no_address_held_is_the_end() {
    let mut router = failing();
    assert_eq!(
        router.does(Input::Failed(Failure::Hold)),
        "FailedFor { retry_after_seconds: 1 }; Send(0); Disown; State(Initialize, Barred(HoldFailed))"
    );
    assert_eq!(router.router.standing(), Standing::Barred(Bar::HoldFailed));
    proves!("PRJ-FAIL-01", Obeys);
}

/// PRJ-FAIL-01: 1, 2, 4 … 60 s, and short again after a minute without a failure.
#[test]
fn prj_fail_01_obeys_the_pauses_grow() {
    let mut router = failing();
    for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
        let report = router.does(Input::Failed(Failure::Hold));
        assert!(
            report.starts_with(&format!("FailedFor {{ retry_after_seconds: {seconds} }}")),
            "{report}"
        );
        assert_eq!(router.wait(seconds * SECOND - 1).tick(), "");
        assert_eq!(router.wait(1).tick(), "State(Backup, Started)");
        router.wait_for_the_timer().tick();
        assert_eq!(router.state(), StateName::Active);
    }
    router.wait(61 * SECOND).tick();
    let report = router.does(Input::Failed(Failure::Hold));
    assert!(
        report.starts_with("FailedFor { retry_after_seconds: 1 }"),
        "{report}"
    );
    proves!("PRJ-FAIL-01", Obeys);
}

/// What works again need not wait; `Recovered` ends the pause.
#[test]
fn prj_fail_01_obeys_recovered_ends_the_pause() {
    let mut router = failing();
    router.does(Input::Failed(Failure::Hold));
    assert_eq!(
        router.wait(MILLI).does(Input::Recovered),
        "State(Backup, Started)"
    );
    assert_eq!(router.armed(), Armed::Down(3_609_375_000));
    assert_eq!(router.does(Input::Recovered), "", "and is nothing otherwise");
    proves!("PRJ-FAIL-01", Obeys);
}

/// PRJ-FAIL-01: priority 0 is retried up to 3 times within 10 ms.
#[test]
fn prj_fail_01_obeys_a_goodbye_is_retried_three_times() {
    let mut router = failing();
    router.wait(10 * MILLI).stop();
    let stopped = router.now;
    for _ in 0..3 {
        assert_eq!(router.failed_to_send(), "");
        let deadline = router.deadline().unwrap();
        assert_eq!(deadline.wakes, Wake::ResendResignation);
        router.now = deadline.at;
        assert!(router.now.nanos_since(stopped) <= 10 * MILLI);
        assert_eq!(router.tick(), "Send(0)");
    }
    assert_eq!(router.failed_to_send(), "");
    assert_eq!(router.deadline().unwrap().wakes, Wake::EndHold, "no fourth");
    assert!(router.router.holds());
    proves!("PRJ-FAIL-01", Obeys);
}

/// PRJ-FAIL-01: one that left is not sent again for that.
#[test]
fn prj_fail_01_refuses_to_repeat_a_goodbye_that_left() {
    let mut router = failing();
    router.wait(10 * MILLI).stop();
    assert_eq!(router.deadline().unwrap().wakes, Wake::EndHold);
    assert_eq!(router.wait(5 * MILLI).tick(), "");
    proves!("PRJ-FAIL-01", Refuses);
}

/// A Backup sends and holds nothing, so nothing can fail.
#[test]
fn prj_fail_01_refuses_failures_in_backup() {
    let mut router = Subject::backup(default(100, 100));
    for failure in [
        Failure::Hold,
        Failure::Send { gone: true },
        Failure::Send { gone: false },
    ] {
        assert_eq!(router.does(Input::Failed(failure)), "");
    }
    assert_eq!(router.state(), StateName::Backup);
    proves!("PRJ-FAIL-01", Refuses);
}

/// The addresses are lost during a hold: it is over. A switchover must not end in Initialize with nothing to wait for.
#[test]
fn prj_fail_01_obeys_a_hold_that_fails_ends() {
    let mut stopping = failing();
    stopping.stop();
    let actions = stopping.does(Input::Failed(Failure::Hold));
    assert!(
        actions.starts_with("Disown; HoldEnded { successor: None }"),
        "{actions}"
    );
    assert!(!stopping.router.holds());
    let mut resigning = failing();
    resigning.order(vrrp_core::Order::Resign);
    resigning.does(Input::Failed(Failure::Hold));
    assert!(!resigning.router.holds());
    resigning.wait(SECOND).tick();
    assert_eq!(resigning.state(), StateName::Backup, "after the pause of 1 s");
    proves!("PRJ-FAIL-01", Obeys);
}

/// PRJ-FAIL-01: both versions of one goodbye fail: that is one try.
#[test]
fn prj_fail_01_obeys_a_pair_that_fails_is_one_try() {
    let mut settings = default(100, 100);
    settings.v2_interop = true;
    let mut router = Subject::active(settings);
    router.wait(10 * MILLI).stop();
    for _ in 0..3 {
        router.failed_to_send();
        router.failed_to_send();
        router.now = router.deadline().unwrap().at;
        assert_eq!(router.tick(), "Send(0); Send2(0)");
    }
    router.failed_to_send();
    assert_eq!(router.deadline().unwrap().wakes, Wake::EndHold);
    proves!("PRJ-FAIL-01", Obeys);
}

/// PRJ-FAIL-01: within 10 ms: who wakes later would only disturb the successor.
#[test]
fn prj_fail_01_refuses_a_late_goodbye() {
    let mut router = failing();
    router.wait(10 * MILLI).stop();
    router.failed_to_send();
    assert_eq!(router.wait(10 * MILLI + 1).tick(), "");
    assert_eq!(router.deadline().unwrap().wakes, Wake::EndHold);
    proves!("PRJ-FAIL-01", Refuses);
}

/// PRJ-FAIL-01: 10 ms after the first try is within 10 ms.
#[test]
fn prj_fail_01_obeys_a_goodbye_just_in_time() {
    let mut router = failing();
    router.wait(10 * MILLI).stop();
    router.failed_to_send();
    assert_eq!(router.wait(10 * MILLI).tick(), "Send(0)");
    proves!("PRJ-FAIL-01", Obeys);
}

/// PRJ-FAIL-01: a minute counts from the end of the pause, to the nanosecond, and has to be over.
#[test]
fn prj_fail_01_obeys_a_minute_without_a_failure_is_a_whole_one() {
    for (calm, seconds) in [(60 * SECOND, 2), (60 * SECOND + 1, 1)] {
        let mut router = failing();
        router.does(Input::Failed(Failure::Hold));
        router.wait(SECOND).tick();
        let pause_ended = router.now;
        router.wait_for_the_timer().tick();
        router.now = pause_ended;
        let report = router.wait(calm).does(Input::Failed(Failure::Hold));
        assert!(
            report.starts_with(&format!("FailedFor {{ retry_after_seconds: {seconds} }}")),
            "{report}"
        );
    }
    proves!("PRJ-FAIL-01", Obeys);
}

/// PRJ-FAIL-01: nor once the successor has spoken.
#[test]
fn prj_fail_01_refuses_a_goodbye_after_the_successor_spoke() {
    let mut router = failing();
    router.stop();
    router.failed_to_send();
    router.wait(MILLI);
    router.hear(50);
    assert_eq!(router.deadline().unwrap().wakes, Wake::EndHold);
    assert_eq!(router.wait(2 * MILLI).tick(), "");
    proves!("PRJ-FAIL-01", Refuses);
}

/// PRJ-FAIL-01: three in a row of one career: what failed in an earlier one does not count.
#[test]
fn prj_fail_01_refuses_to_count_across_careers() {
    let mut router = failing();
    router.failed_to_send();
    router.wait(SECOND).tick();
    router.failed_to_send();
    router.hear(200);
    router.wait_for_the_timer().tick();
    assert_eq!(router.state(), StateName::Active);
    assert_eq!(router.failed_to_send(), "");
    assert_eq!(router.state(), StateName::Active);
    proves!("PRJ-FAIL-01", Refuses);
}
