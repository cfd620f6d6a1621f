//! Section 6.4.2: Backup.

use vrrp_conformance::proves;
use vrrp_core::{Settings, StateName};

use crate::subject::{Armed, MILLI, SECOND, Subject, cs, rfc, rfc_6};

fn without_preemption(value: u8) -> Settings {
    let mut settings = rfc(value, 100);
    settings.preempt = false;
    settings
}

/// T-B-01: no advertisement is sent.
#[test]
fn t_b_01_obeys_shutdown_is_silent() {
    let mut router = Subject::backup(rfc(100, 100));
    assert_eq!(router.stop(), "State(Initialize, Stopped)");
    assert_eq!(router.armed(), Armed::Nothing);
    assert_eq!(router.deadline(), None);
    proves!("T-B-01", Obeys);
}

/// T-B-01: neither the goodbye of an Active, nor anything of the life before.
#[test]
fn t_b_01_refuses_to_send_or_to_wake() {
    let mut router = Subject::backup(rfc(100, 100));
    router.hear(200);
    router.stop();
    for _ in 0..10 {
        assert_eq!(router.wait(SECOND).tick(), "");
    }
    let counters = router.router.counters();
    assert_eq!(
        (counters.advertisement_sent, counters.priority_zero_pkts_sent),
        (0, 0)
    );
    assert_eq!(router.state(), StateName::Initialize);
    proves!("T-B-01", Refuses);
}

/// T-B-02, V3-6.4.2-06: the order of the actions, and the timer.
#[test]
fn t_b_02_obeys_silence_makes_it_active() {
    let mut router = Subject::backup(rfc(100, 100));
    router.wait(3_609_375_000);
    assert_eq!(
        router.tick(),
        "Send(100); Own; Announce(1); State(Active, NoResponse)"
    );
    assert_eq!(router.armed(), Armed::Adver(SECOND));
    proves!("T-B-02", Obeys);
}

/// T-B-02 in IPv6, at 10 ms.
#[test]
fn t_b_02_obeys_in_ipv6_router_advertisements_start() {
    let mut router = Subject::backup(rfc_6(254, 1));
    router.wait(30_078_125);
    assert_eq!(
        router.tick(),
        "Send(254); Own; Announce(1); RaStart; State(Active, NoResponse)"
    );
    assert_eq!(router.armed(), Armed::Adver(10 * MILLI));
    proves!("T-B-02", Obeys);
}

/// T-B-02: not a nanosecond early; a tick before does nothing at all.
#[test]
fn t_b_02_refuses_to_be_early() {
    let mut router = Subject::backup(rfc(100, 100));
    router.wait(3_609_374_999);
    assert_eq!(router.tick(), "");
    assert_eq!(router.state(), StateName::Backup);
    assert_eq!(router.armed(), Armed::Down(1));
    assert_eq!(router.deadline().unwrap().earliest, router.deadline().unwrap().at);
    proves!("T-B-02", Refuses);
}

/// T-B-02, why: the last accepted packet had priority 0; the last one was discarded by T-B-07; else no-response.
#[test]
fn t_b_02_obeys_each_reason_is_named() {
    for (heard, why) in [(0, "PriorityZero"), (50, "LowerActive"), (200, "NoResponse")] {
        let mut router = Subject::backup(rfc(100, 100));
        assert_eq!(router.hear(heard), "");
        router.wait_for_the_timer();
        assert_eq!(
            router.tick(),
            format!("Send(100); Own; Announce(1); State(Active, {why})")
        );
    }
    // The last one counts, not any.
    let mut router = Subject::backup(rfc(100, 100));
    router.hear(0);
    router.hear(200);
    router.wait_for_the_timer();
    assert_eq!(
        router.tick(),
        "Send(100); Own; Announce(1); State(Active, NoResponse)"
    );
    proves!("T-B-02", Obeys);
}

/// T-B-03, V3-5.2.4-03.
#[test]
fn t_b_03_obeys_a_goodbye_leaves_the_skew() {
    let mut router = Subject::backup(rfc(100, 100));
    router.wait(SECOND);
    assert_eq!(router.hear(0), "");
    assert_eq!(router.armed(), Armed::Down(609_375_000));
    proves!("T-B-03", "V3-5.2.4-03", Obeys);
}

/// T-B-03: the interval in the packet is not learned; the skew is that of the learned one.
#[test]
fn t_b_03_refuses_to_learn_from_a_goodbye() {
    let mut router = Subject::backup(rfc(100, 100));
    router.hear_from(router.higher(), 200, cs(50));
    router.hear_from(router.higher(), 0, cs(400));
    assert_eq!(router.learned(), Some(cs(50)));
    // 156/256 of 500 ms.
    assert_eq!(router.armed(), Armed::Down(304_687_500));
    proves!("T-B-03", Refuses);
}

/// T-B-04, V3-6.1-09.
#[test]
fn t_b_04_obeys_without_preemption_any_active_is_accepted() {
    for value in [1, 99, 100, 101, 255] {
        let mut router = Subject::backup(without_preemption(100));
        router.wait(SECOND);
        assert_eq!(router.hear_from(router.higher(), value, cs(200)), "");
        assert_eq!(router.learned(), Some(cs(200)));
        // 3 * 2 s + 156/256 of 2 s.
        assert_eq!(router.armed(), Armed::Down(7_218_750_000));
    }
    proves!("T-B-04", "V3-6.1-09", Obeys);
}

/// T-B-04: priority 0 is T-B-03 all the same.
#[test]
fn t_b_04_refuses_a_goodbye() {
    let mut router = Subject::backup(without_preemption(100));
    router.hear(0);
    assert_eq!(router.armed(), Armed::Down(609_375_000));
    proves!("T-B-04", Refuses);
}

/// T-B-05: `Learn`, and Active_Down_Interval from it.
#[test]
fn t_b_05_obeys_a_better_active_is_learned_from() {
    let mut router = Subject::backup(rfc(100, 100));
    router.wait(3 * SECOND);
    assert_eq!(router.hear_from(router.lower(), 101, cs(50)), "");
    assert_eq!(router.learned(), Some(cs(50)));
    // 3 * 500 ms + 156/256 of 500 ms.
    assert_eq!(router.armed(), Armed::Down(1_804_687_500));
    assert_eq!(router.state(), StateName::Backup);
    proves!("T-B-05", "V3-6.1-06", Obeys);
}

/// T-B-05: the configured interval comes back when a new Active uses it.
#[test]
fn t_b_05_obeys_every_advertisement_is_learned_from() {
    let mut router = Subject::backup(rfc(100, 100));
    router.hear_from(router.higher(), 200, cs(4095));
    // 122.85 s + 156/256 of 40.95 s.
    assert_eq!(router.armed(), Armed::Down(147_803_906_250));
    router.hear_from(router.higher(), 200, cs(100));
    assert_eq!(router.armed(), Armed::Down(3_609_375_000));
    proves!("T-B-05", Obeys);
}

/// T-B-05 needs priority >= P.
#[test]
fn t_b_05_refuses_a_lower_priority() {
    let mut router = Subject::backup(rfc(100, 100));
    router.wait(SECOND);
    router.hear_from(router.higher(), 99, cs(50));
    assert_eq!(router.learned(), Some(cs(100)));
    assert_eq!(router.armed(), Armed::Down(2_609_375_000));
    proves!("T-B-05", Refuses);
}

/// T-B-06: addresses are not compared in Backup.
#[test]
fn t_b_06_obeys_an_equal_priority_from_any_address() {
    for higher in [true, false] {
        let mut router = Subject::backup(rfc(100, 100));
        let source = if higher { router.higher() } else { router.lower() };
        router.wait(SECOND);
        assert_eq!(router.hear_from(source, 100, cs(200)), "");
        assert_eq!(router.armed(), Armed::Down(7_218_750_000));
    }
    proves!("T-B-06", Obeys);
}

/// T-B-06: an equal one is no weaker one: nobody takes over from it at the old deadline, whatever its address.
#[test]
fn t_b_06_refuses_to_take_over_from_an_equal() {
    for higher in [true, false] {
        let mut router = Subject::backup(rfc(100, 100));
        let source = if higher { router.higher() } else { router.lower() };
        router.wait(3 * SECOND);
        router.hear_from(source, 100, cs(100));
        assert_eq!(router.wait(3_609_374_999).tick(), "");
        assert_eq!(router.state(), StateName::Backup);
    }
    proves!("T-B-06", Refuses);
}

/// T-B-07: neither timer nor interval moves.
#[test]
fn t_b_07_obeys_a_weaker_active_is_discarded() {
    let mut router = Subject::backup(rfc(100, 100));
    router.hear_from(router.higher(), 200, cs(50));
    for _ in 0..3 {
        router.wait(100 * MILLI);
        assert_eq!(router.hear_from(router.higher(), 99, cs(400)), "");
    }
    assert_eq!(router.learned(), Some(cs(50)));
    assert_eq!(router.armed(), Armed::Down(1_804_687_500 - 300 * MILLI));
    proves!("T-B-07", Obeys);
}

/// T-B-07 ends in taking over.
#[test]
fn t_b_07_obeys_the_timer_runs_out_under_a_weaker_active() {
    let mut router = Subject::backup(rfc(100, 100));
    for _ in 0..3 {
        router.wait(SECOND);
        router.hear(50);
    }
    router.wait(609_375_000);
    assert_eq!(
        router.tick(),
        "Send(100); Own; Announce(1); State(Active, LowerActive)"
    );
    proves!("T-B-07", Obeys);
}

/// T-B-07 is only for preemption.
#[test]
fn t_b_07_refuses_without_preemption() {
    let mut router = Subject::backup(without_preemption(100));
    router.wait(SECOND);
    router.hear(50);
    assert_eq!(router.armed(), Armed::Down(3_609_375_000));
    proves!("T-B-07", Refuses);
}

/// T-B-08: there is no Adver_Timer in Backup.
#[test]
fn t_b_08_obeys_nothing_is_sent_in_backup() {
    let mut router = Subject::backup(rfc(100, 100));
    for _ in 0..3 {
        assert_eq!(router.wait(SECOND).tick(), "");
    }
    assert_eq!(router.router.counters().advertisement_sent, 0);
    proves!("T-B-08", Obeys);
}

/// T-B-09: an owner in Backup has lost to a second owner; it accepts only owners and takes over by itself.
#[test]
fn t_b_09_obeys_an_owner_in_backup_preempts_whatever_is_set() {
    let mut router = Subject::active(rfc(255, 100));
    assert_eq!(
        router.hear(255),
        "SamePriority { source: 192.0.2.20 }; Disown; State(Backup, HigherHeard { source: 192.0.2.20, priority: 255 })"
    );
    assert!(!router.router.holds());
    // 3 s + 1/256 s.
    assert_eq!(router.armed(), Armed::Down(3_003_906_250));
    router.wait(SECOND);
    router.hear(254);
    assert_eq!(router.armed(), Armed::Down(2_003_906_250), "T-B-07");
    router.hear(255);
    assert_eq!(router.armed(), Armed::Down(3_003_906_250), "T-B-05");
    router.wait(3_003_906_250);
    assert_eq!(
        router.tick(),
        "Send(255); Own; Announce(1); State(Active, NoResponse)"
    );
    proves!("T-B-09", "V3-6.1-09", Obeys);
}

/// V3-6.4.2-06: one life through every row of Backup, each from where the last one left it.
#[test]
fn v3_6_4_2_06_obeys_one_life_through_every_row() {
    let mut router = Subject::backup(rfc(100, 100));
    router.wait(SECOND);
    router.hear_from(router.higher(), 200, cs(50));
    assert_eq!(router.armed(), Armed::Down(1_804_687_500), "T-B-05");
    router.hear_from(router.lower(), 100, cs(200));
    assert_eq!(router.armed(), Armed::Down(7_218_750_000), "T-B-06");
    router.wait(SECOND);
    router.hear_from(router.higher(), 99, cs(50));
    assert_eq!(router.armed(), Armed::Down(6_218_750_000), "T-B-07");
    router.hear(0);
    // 156/256 of 2 s.
    assert_eq!(router.armed(), Armed::Down(1_218_750_000), "T-B-03");
    assert_eq!(router.reconfigure(without_preemption(100)), "");
    router.hear_from(router.lower(), 1, cs(100));
    assert_eq!(router.armed(), Armed::Down(3_609_375_000), "T-B-04");
    router.wait_for_the_timer();
    assert!(router.tick().contains("State(Active"), "T-B-02");
    router.hear(101);
    assert_eq!(router.stop(), "State(Initialize, Stopped)", "T-B-01");
    proves!("V3-6.4.2-06", Obeys);
}

/// V3-6.2-01, PRJ-FSM-03: the only deadline in Backup is Active_Down_Timer.
#[test]
fn v3_6_2_01_obeys_one_timer() {
    let router = Subject::backup(rfc(100, 100));
    let deadline = router.deadline().unwrap();
    assert_eq!(deadline.wakes, vrrp_core::Wake::TakeOver);
    assert_eq!(deadline.at.nanos_since(router.now), 3_609_375_000);
    proves!("V3-6.2-01", "PRJ-FSM-03", Obeys);
}
