//! `preempt_delay`. X-01: `nopreempt`.

use vrrp_conformance::proves;
use vrrp_core::{ConfigError, Settings};

use crate::subject::{Armed, MILLI, SECOND, Subject, cs, default};

fn delayed(seconds: u64) -> Settings {
    let mut settings = default(100, 100);
    settings.preempt_delay_nanos = seconds * SECOND;
    // X-20 by itself is in `fall`; together they are below.
    settings.hurry_after_fall = false;
    settings
}

/// the first lower advertisement starts the delay; until it ends they are accepted (`Learn`, `DownTimer`).
#[test]
fn x_02_obeys_lower_advertisements_are_accepted_during_the_delay() {
    let mut router = Subject::backup(delayed(10));
    for _ in 0..10 {
        router.wait(SECOND);
        assert_eq!(router.hear_from(router.higher(), 50, cs(50)), "");
        assert_eq!(router.learned(), Some(cs(50)));
        assert_eq!(router.armed(), Armed::Down(1_804_687_500));
    }
    // 10 s after the first one (which came at 1 s) the next is discarded, T-B-07, and the timer runs out.
    router.wait(SECOND);
    router.hear_from(router.higher(), 50, cs(50));
    assert_eq!(router.armed(), Armed::Down(804_687_500));
    router.wait_for_the_timer();
    assert_eq!(
        router.tick(),
        "Send(100); Own; Announce(1); State(Active, LowerActive)"
    );
    proves!("X-02", Obeys);
}

/// shorter than Active_Down_Interval.
#[test]
fn x_02_obeys_a_short_delay() {
    let mut router = Subject::backup(delayed(1));
    router.hear(50);
    assert_eq!(router.armed(), Armed::Down(3_609_375_000));
    router.wait(999 * MILLI);
    router.hear(50);
    assert_eq!(router.armed(), Armed::Down(3_609_375_000));
    router.wait(MILLI);
    router.hear(50);
    assert_eq!(router.armed(), Armed::Down(3_608_375_000), "the delay is over");
    proves!("X-02", Obeys);
}

/// an advertisement >= P cancels it; the next lower one starts it anew.
#[test]
fn x_02_obeys_a_better_advertisement_cancels_the_delay() {
    let mut router = Subject::backup(delayed(5));
    router.hear(50);
    router.wait(3 * SECOND);
    router.hear(100);
    router.wait(3 * SECOND);
    router.hear(50);
    assert_eq!(
        router.armed(),
        Armed::Down(3_609_375_000),
        "a new delay has begun"
    );
    router.wait(3 * SECOND);
    router.hear(50);
    assert_eq!(router.armed(), Armed::Down(3_609_375_000));
    proves!("X-02", Obeys);
}

/// a dead Active is replaced at once: an expiring timer is never delayed.
#[test]
fn x_02_refuses_to_delay_the_timer() {
    let mut router = Subject::backup(delayed(1000));
    router.hear(50);
    router.wait(3_609_375_000);
    assert_eq!(
        router.tick(),
        "Send(100); Own; Announce(1); State(Active, NoResponse)"
    );
    proves!("X-02", Refuses);
}

/// so is a goodbye.
#[test]
fn x_02_refuses_to_delay_a_goodbye() {
    let mut router = Subject::backup(delayed(1000));
    router.hear(50);
    router.hear(0);
    assert_eq!(router.armed(), Armed::Down(609_375_000));
    proves!("X-02", Refuses);
}

/// entering Backup or leaving FAULT clears it.
#[test]
fn x_02_obeys_entering_backup_clears_the_delay() {
    let mut router = Subject::backup(delayed(5));
    router.hear(50);
    router.wait(3 * SECOND);
    router.link(false);
    router.link(true);
    router.wait(3 * SECOND);
    router.hear(50);
    assert_eq!(router.armed(), Armed::Down(3_609_375_000), "begun anew");
    router.wait(3 * SECOND);
    router.hear(50);
    assert_eq!(
        router.armed(),
        Armed::Down(3_609_375_000),
        "6 s after the first, 3 s after the link came back"
    );
    proves!("X-02", Obeys);
}

/// what contradicts itself.
#[test]
fn x_01_refuses_contradictions() {
    let mut owner = default(255, 100);
    owner.preempt = false;
    assert_eq!(owner.build(), Err(ConfigError::OwnerWithoutPreempt));
    let mut both = delayed(5);
    both.preempt = false;
    assert_eq!(both.build(), Err(ConfigError::PreemptDelayWithoutPreempt));
    proves!("X-01", Refuses);
}

/// `nopreempt` is T-B-04, in `default` too.
#[test]
fn x_01_obeys_a_worse_active_stays() {
    let mut settings = default(200, 100);
    settings.preempt = false;
    let mut router = Subject::backup(settings);
    for _ in 0..10 {
        router.wait(SECOND);
        assert_eq!(router.hear(1), "");
        assert_eq!(router.tick(), "");
        // 3 s + 56/256 s.
        assert_eq!(router.armed(), Armed::Down(3_218_750_000));
    }
    proves!("X-01", "T-B-04", Obeys);
}

/// X-02 with X-20: whom only the delay accepted has not fallen: T-B-07 applies, the timer stays.
#[test]
fn x_02_refuses_to_call_the_end_of_the_delay_a_fall() {
    let mut settings = delayed(1);
    settings.hurry_after_fall = true;
    let mut router = Subject::backup(settings);
    router.hear(50);
    router.wait(SECOND);
    router.hear(50);
    assert_eq!(router.armed(), Armed::Down(2_609_375_000));
    proves!("X-02", Refuses);
}

/// X-02 is not for an owner: its own addresses are its own at once.
#[test]
fn x_02_refuses_to_delay_an_owner() {
    let mut settings = delayed(1000);
    settings.priority = crate::subject::priority(255);
    let mut router = Subject::active(settings);
    router.hear(255);
    router.wait(SECOND);
    router.hear(254);
    assert_eq!(router.armed(), Armed::Down(2_003_906_250), "T-B-07");
    proves!("X-02", Refuses);
}

/// YANG-01: 0 to 65 535 s.
#[test]
fn yang_01_refuses_a_delay_out_of_range() {
    assert!(delayed(65_535).build().is_ok());
    let setting = "preempt_delay_nanos";
    assert_eq!(delayed(65_536).build(), Err(ConfigError::OutOfRange { setting }));
    proves!("YANG-01", Refuses);
}
