//! the Active's own priority falls. The election among three Backups is in the simulator.

use vrrp_conformance::proves;
use vrrp_core::Settings;

use crate::subject::{Armed, MILLI, SECOND, Subject, cs, default, ip, rfc};

/// A Backup that has accepted 192.0.2.20 with priority 200, and 100 ms later.
fn following(settings: Settings) -> Subject {
    let mut router = Subject::backup(settings);
    router.hear(200);
    router.wait(100 * MILLI);
    router
}

/// `DownTimer(min(remaining, Skew_Time))`, and why.
#[test]
fn x_20_obeys_the_wait_is_the_skew() {
    let mut router = following(default(100, 100));
    assert_eq!(router.hear(50), "");
    assert_eq!(router.armed(), Armed::Down(609_375_000));
    router.wait(609_375_000);
    assert_eq!(
        router.tick(),
        "Send(100); Own; Announce(1); State(Active, LowerActive)"
    );
    proves!("X-20", Obeys);
}

/// `min`: a timer that is nearly over is not put off.
#[test]
fn x_20_obeys_a_shorter_rest_stays() {
    let mut router = following(default(100, 100));
    router.wait(3_400 * MILLI);
    router.hear(50);
    assert_eq!(router.armed(), Armed::Down(109_375_000));
    proves!("X-20", Obeys);
}

/// the skew of the learned interval.
#[test]
fn x_20_obeys_the_learned_interval() {
    let mut router = Subject::backup(default(100, 100));
    router.hear_from(router.higher(), 200, cs(50));
    router.hear_from(router.higher(), 50, cs(50));
    assert_eq!(router.armed(), Armed::Down(304_687_500));
    proves!("X-20", Obeys);
}

/// once per fall; the next lower advertisements change nothing.
#[test]
fn x_20_obeys_once_per_fall() {
    let mut router = following(default(100, 100));
    router.hear(50);
    router.wait(300 * MILLI);
    router.hear(40);
    assert_eq!(router.armed(), Armed::Down(309_375_000));
    proves!("X-20", Obeys);
}

/// cancelled by an advertisement >= P: a full wait again, and the next fall counts anew.
#[test]
fn x_20_obeys_a_recovery_cancels_it() {
    let mut router = following(default(100, 100));
    router.hear(50);
    router.wait(300 * MILLI);
    router.hear(100);
    assert_eq!(router.armed(), Armed::Down(3_609_375_000));
    router.hear(50);
    assert_eq!(router.armed(), Armed::Down(609_375_000));
    proves!("X-20", Obeys);
}

/// only from the source last accepted as Active.
#[test]
fn x_20_refuses_a_stranger() {
    let mut router = following(default(100, 100));
    router.hear_from(ip("192.0.2.30"), 50, cs(100));
    assert_eq!(router.armed(), Armed::Down(3_509_375_000));
    let mut nobody = Subject::backup(default(100, 100));
    nobody.wait(SECOND);
    nobody.hear(50);
    assert_eq!(
        nobody.armed(),
        Armed::Down(2_609_375_000),
        "nobody was accepted yet"
    );
    proves!("X-20", Refuses);
}

/// not in `rfc`, not without preemption, not while a preempt delay runs.
#[test]
fn x_20_refuses_where_it_does_not_belong() {
    let mut strict = following(rfc(100, 100));
    strict.hear(50);
    assert_eq!(strict.armed(), Armed::Down(3_509_375_000));
    let mut settings = default(100, 100);
    settings.preempt = false;
    let mut modest = following(settings);
    modest.hear(50);
    assert_eq!(modest.armed(), Armed::Down(3_609_375_000), "T-B-04");
    let mut settings = default(100, 100);
    settings.preempt_delay_nanos = 10 * SECOND;
    let mut patient = following(settings);
    patient.hear(50);
    assert_eq!(patient.armed(), Armed::Down(3_609_375_000), "X-02");
    proves!("X-20", Refuses);
}

/// a fall needs a height: after Startup nobody has been heard at P or above yet.
#[test]
fn x_20_refuses_a_fall_from_before_the_start() {
    let mut router = following(default(100, 100));
    router.link(false);
    router.link(true);
    router.wait(SECOND);
    router.hear(50);
    assert_eq!(router.armed(), Armed::Down(2_609_375_000));
    router.hear(200);
    router.hear(50);
    assert_eq!(router.armed(), Armed::Down(609_375_000), "now it is one");
    proves!("X-20", Refuses);
}

/// an Active that yields has just heard a better one; its fall counts.
#[test]
fn x_20_obeys_after_yielding() {
    let mut router = Subject::active(default(100, 100));
    router.hear(200);
    router.hear(50);
    assert_eq!(router.armed(), Armed::Down(609_375_000));
    proves!("X-20", Obeys);
}
