//! Section 6.4.3: Active.

use vrrp_conformance::proves;
use vrrp_core::{Heard, Input, StateName};

use crate::subject::{Armed, MILLI, SECOND, Subject, cs, ip, rfc, rfc_6};

/// T-A-01, as the RFC has it: no hold.
#[test]
fn t_a_01_obeys_shutdown_says_goodbye_and_lets_go() {
    let mut router = Subject::active(rfc(100, 100));
    assert_eq!(router.stop(), "Send(0); Disown; State(Initialize, Stopped)");
    assert_eq!(router.armed(), Armed::Nothing);
    assert_eq!(router.deadline(), None);
    proves!("T-A-01", Obeys);
}

/// T-A-01 in IPv6.
#[test]
fn t_a_01_obeys_in_ipv6_router_advertisements_stop_before_the_addresses_go() {
    let mut router = Subject::active(rfc_6(100, 100));
    assert_eq!(
        router.stop(),
        "Send(0); RaStop; Disown; State(Initialize, Stopped)"
    );
    proves!("T-A-01", Obeys);
}

/// T-A-01: once.
#[test]
fn t_a_01_refuses_a_second_goodbye() {
    let mut router = Subject::active(rfc(100, 100));
    router.stop();
    assert_eq!(router.stop(), "");
    assert_eq!(router.wait(SECOND).tick(), "");
    proves!("T-A-01", Refuses);
}

/// T-A-02.
#[test]
fn t_a_02_obeys_an_advertisement_each_interval() {
    let mut router = Subject::active(rfc(100, 25));
    for _ in 0..5 {
        assert_eq!(router.armed(), Armed::Adver(250 * MILLI));
        assert_eq!(router.wait(250 * MILLI).tick(), "Send(100)");
    }
    proves!("T-A-02", Obeys);
}

/// T-A-02: a tick that is not due, slack included, does nothing.
#[test]
fn t_a_02_refuses_to_be_early() {
    let mut router = Subject::active(rfc(100, 100));
    // PRJ-SLACK-01: 1 ms at 1 s.
    assert_eq!(router.wait(999 * MILLI - 1).tick(), "");
    assert_eq!(router.armed(), Armed::Adver(MILLI + 1));
    proves!("T-A-02", Refuses);
}

/// T-A-03: `Send(P)`, and the timer starts anew.
#[test]
fn t_a_03_obeys_a_goodbye_is_answered() {
    let mut router = Subject::active(rfc(100, 100));
    router.wait(400 * MILLI);
    assert_eq!(router.hear(0), "Send(100)");
    assert_eq!(router.armed(), Armed::Adver(SECOND));
    assert_eq!(router.state(), StateName::Active);
    proves!("T-A-03", Obeys);
}

/// T-A-03: a goodbye is no reason to yield, from whatever address, and the old phase of the timer is gone.
#[test]
fn t_a_03_refuses_to_yield_and_to_keep_the_old_phase() {
    let mut router = Subject::active(rfc(100, 100));
    router.wait(400 * MILLI);
    router.hear_from(ip("255.255.255.254"), 0, cs(1));
    assert!(router.router.holds());
    assert_eq!(router.wait(600 * MILLI).tick(), "", "1 s after becoming Active");
    assert_eq!(
        router.wait(400 * MILLI).tick(),
        "Send(100)",
        "1 s after the goodbye"
    );
    proves!("T-A-03", Refuses);
}

/// T-A-04: `Learn`, `DownTimer`, `Disown`, `State`.
#[test]
fn t_a_04_obeys_a_higher_priority_wins() {
    let mut router = Subject::active(rfc(100, 100));
    router.wait(400 * MILLI);
    assert_eq!(
        router.hear_from(router.lower(), 101, cs(50)),
        "Disown; State(Backup, HigherHeard { source: 192.0.2.9, priority: 101 })"
    );
    assert_eq!(router.learned(), Some(cs(50)));
    assert_eq!(router.armed(), Armed::Down(1_804_687_500));
    assert!(!router.router.holds());
    proves!("T-A-04", Obeys);
}

/// T-A-04 in IPv6.
#[test]
fn t_a_04_obeys_in_ipv6_router_advertisements_stop() {
    let mut router = Subject::active(rfc_6(100, 100));
    assert_eq!(
        router.hear(200),
        "RaStop; Disown; State(Backup, HigherHeard { source: fe80::20, priority: 200 })"
    );
    proves!("T-A-04", Obeys);
}

/// T-A-04 whatever Preempt_Mode says: it is not looked at in Active.
#[test]
fn t_a_04_obeys_without_preemption_too() {
    let mut settings = rfc(100, 100);
    settings.preempt = false;
    let mut router = Subject::active(settings);
    assert!(router.hear(101).starts_with("Disown; State(Backup"));
    proves!("T-A-04", Obeys);
}

/// T-A-04: who yields neither answers nor goes on advertising, and does not take over again at its own rate.
#[test]
fn t_a_04_refuses_to_go_on_as_active() {
    let mut router = Subject::active(rfc(100, 100));
    assert!(!router.hear_from(router.lower(), 101, cs(200)).contains("Send"));
    // 3 * 2 s + 156/256 of 2 s.
    for _ in 0..7 {
        assert_eq!(router.wait(SECOND).tick(), "");
    }
    assert!(router.wait(218_750_000).tick().contains("State(Active"));
    proves!("T-A-04", Refuses);
}

/// T-A-05: a lower address does not win, nor does the own one.
#[test]
fn t_a_05_refuses_a_lower_address() {
    for source in ["192.0.2.9", "192.0.2.10", "1.1.1.1"] {
        let mut router = Subject::active(rfc(100, 100));
        router.hear_from(ip(source), 100, cs(100));
        assert_eq!(router.state(), StateName::Active, "{source}");
        assert!(router.router.holds());
    }
    proves!("T-A-05", Refuses);
}

/// T-A-05: the sender's primary address is greater.
#[test]
fn t_a_05_obeys_of_equal_priorities_the_higher_address_wins() {
    let mut router = Subject::active(rfc(100, 100));
    assert_eq!(
        router.hear_from(router.higher(), 100, cs(200)),
        "SamePriority { source: 192.0.2.20 }; Disown; State(Backup, HigherHeard { source: 192.0.2.20, priority: 100 })"
    );
    assert_eq!(router.armed(), Armed::Down(7_218_750_000));
    proves!("T-A-05", Obeys);
}

/// T-A-06: discard, `Send(P)`, Adver_Timer untouched.
#[test]
fn t_a_06_obeys_a_lower_address_is_answered() {
    let mut router = Subject::active(rfc(100, 100));
    router.wait(400 * MILLI);
    assert_eq!(
        router.hear_from(router.lower(), 100, cs(50)),
        "SamePriority { source: 192.0.2.9 }; Send(100); Reasserted(192.0.2.9, 100)"
    );
    assert_eq!(router.armed(), Armed::Adver(600 * MILLI));
    assert_eq!(router.state(), StateName::Active);
    proves!("T-A-06", Obeys);
}

/// T-A-06 is not for a higher address: that one is not answered.
#[test]
fn t_a_06_refuses_to_answer_a_higher_address() {
    let mut router = Subject::active(rfc(100, 100));
    assert!(!router.hear_from(router.higher(), 100, cs(100)).contains("Send"));
    assert_eq!(router.router.counters().advertisement_rcvd, 1);
    assert_eq!(router.state(), StateName::Backup);
    proves!("T-A-06", Refuses);
}

/// V3-6.4.3-09: as unsigned integers in network byte order. The first of each pair is the lower one.
#[test]
fn v3_6_4_3_09_obeys_addresses_compare_as_numbers() {
    let pairs = [
        ("9.255.255.255", "10.0.0.0"),
        ("127.0.0.1", "128.0.0.1"),
        ("192.0.2.9", "192.0.2.10"),
        ("10.0.0.200", "10.0.1.1"),
        ("1.0.0.2", "2.0.0.1"),
    ];
    for (low, high) in pairs {
        for (own, source, yields) in [(low, high, true), (high, low, false)] {
            let mut router = Subject::active(rfc(100, 100));
            let primary = Some(ip(own));
            router.does(Input::Link(vrrp_core::Link { up: true, primary }));
            router.hear_from(ip(source), 100, cs(100));
            assert_eq!(
                router.state() == StateName::Backup,
                yields,
                "own {own}, heard {source}"
            );
        }
    }
    for (own, source, yields) in [
        ("fe80::1:0", "fe80::ffff", false),
        ("fe80::1", "fe80:0:0:1::", true),
    ] {
        let mut router = Subject::active(rfc_6(100, 100));
        let primary = Some(ip(own));
        router.does(Input::Link(vrrp_core::Link { up: true, primary }));
        router.hear_from(ip(source), 100, cs(100));
        assert_eq!(
            router.state() == StateName::Backup,
            yields,
            "own {own}, heard {source}"
        );
    }
    proves!("V3-6.4.3-09", "T-A-05", "T-A-06", Obeys);
}

/// T-A-07, V3-6.4.3-10: discard, `Send(P)`, Adver_Timer untouched.
#[test]
fn t_a_07_obeys_a_lower_priority_is_answered_at_once() {
    for value in [1, 99] {
        let mut router = Subject::active(rfc(100, 100));
        router.wait(700 * MILLI);
        assert_eq!(
            router.hear(value),
            format!("Send(100); Reasserted(192.0.2.20, {value})")
        );
        assert_eq!(router.armed(), Armed::Adver(300 * MILLI));
    }
    proves!("T-A-07", "V3-6.4.3-10", Obeys);
}

/// T-A-07: a higher address does not help a lower priority.
#[test]
fn t_a_07_refuses_to_yield() {
    let mut router = Subject::active(rfc(100, 100));
    router.hear_from(ip("255.255.255.254"), 99, cs(1));
    assert_eq!(router.state(), StateName::Active);
    assert!(router.router.holds());
    proves!("T-A-07", Refuses);
}

/// V3-6.4.3-08: one life through every row of Active, each from where the last one left it.
#[test]
fn v3_6_4_3_08_obeys_one_life_through_every_row() {
    let mut router = Subject::active(rfc(100, 100));
    assert_eq!(router.wait(SECOND).tick(), "Send(100)", "T-A-02");
    router.wait(400 * MILLI);
    assert_eq!(router.hear(0), "Send(100)", "T-A-03");
    assert_eq!(router.armed(), Armed::Adver(SECOND));
    router.wait(400 * MILLI);
    assert!(router.hear(99).starts_with("Send(100)"), "T-A-07");
    assert!(
        router
            .hear_from(router.lower(), 100, cs(50))
            .contains("Send(100)"),
        "T-A-06"
    );
    assert_eq!(router.armed(), Armed::Adver(600 * MILLI));
    assert!(
        router
            .hear_from(router.higher(), 100, cs(200))
            .contains("State(Backup"),
        "T-A-05"
    );
    assert_eq!(router.armed(), Armed::Down(7_218_750_000));
    router.wait_for_the_timer().tick();
    assert!(
        router
            .hear_from(router.lower(), 101, cs(50))
            .contains("State(Backup"),
        "T-A-04"
    );
    assert_eq!(router.armed(), Armed::Down(1_804_687_500));
    router.wait_for_the_timer().tick();
    assert_eq!(
        router.stop(),
        "Send(0); Disown; State(Initialize, Stopped)",
        "T-A-01"
    );
    proves!("V3-6.4.3-08", Obeys);
}

/// T-A-08: an equal address cannot come from a sane LAN. No `Send`, or both ends would answer without end.
#[test]
fn t_a_08_obeys_the_own_address_is_not_answered() {
    let mut router = Subject::active(rfc(100, 100));
    router.wait(400 * MILLI);
    assert_eq!(
        router.hear_from(router.own(), 100, cs(100)),
        "SamePriority { source: 192.0.2.10 }"
    );
    assert_eq!(router.hear_from(router.own(), 100, cs(100)), "", "told once");
    assert_eq!(router.armed(), Armed::Adver(600 * MILLI));
    assert_eq!(router.state(), StateName::Active);
    proves!("T-A-08", Obeys);
}

/// T-A-09, V3-6.2-02, PRJ-FSM-03: no Active_Down_Timer runs in Active.
#[test]
fn t_a_09_obeys_no_take_over_timer_is_left() {
    let mut router = Subject::active(rfc(100, 100));
    assert_eq!(router.deadline().unwrap().wakes, vrrp_core::Wake::Advertise);
    for _ in 0..8 {
        assert_eq!(router.wait(SECOND).tick(), "Send(100)");
    }
    proves!("T-A-09", "V3-6.2-02", "PRJ-FSM-03", Obeys);
}

/// T-A-10: a change of Preempt_Mode.
#[test]
fn t_a_10_obeys_preempt_mode_does_nothing_in_active() {
    let mut router = Subject::active(rfc(100, 100));
    router.wait(400 * MILLI);
    let mut settings = rfc(100, 100);
    settings.preempt = false;
    assert_eq!(router.reconfigure(settings), "");
    assert_eq!(router.armed(), Armed::Adver(600 * MILLI));
    proves!("T-A-10", Obeys);
}

/// V3-8.3.2-03: another router with our priority is told, once per router.
#[test]
fn v3_8_3_2_03_obeys_equal_priorities_are_reported_once() {
    let mut router = Subject::active(rfc(100, 100));
    assert!(
        router
            .hear_from(router.lower(), 100, cs(100))
            .contains("SamePriority")
    );
    router.wait(10 * SECOND);
    assert!(
        !router
            .hear_from(router.lower(), 100, cs(100))
            .contains("SamePriority")
    );
    assert!(
        router
            .hear_from(ip("192.0.2.3"), 100, cs(100))
            .contains("SamePriority")
    );
    proves!("V3-8.3.2-03", Obeys);
}

/// V3-2.5-01: later than half an interval is reported, with by how much; half of it is not.
#[test]
fn v3_2_5_01_obeys_a_late_advertisement_is_reported() {
    let mut router = Subject::active(rfc(100, 100));
    router.wait(1500 * MILLI);
    assert_eq!(router.tick(), "Send(100)");
    router.wait_for_the_timer().wait(500 * MILLI + 1);
    assert_eq!(router.tick(), "Late { late_nanos: 500000001 }; Send(100)");
    assert_eq!(router.router.counters().late_adverts, 1);
    proves!("V3-2.5-01", Obeys);
}

/// MIB-09, MIB-10, MIB-14: what is counted.
#[test]
fn mib_10_obeys_accepted_advertisements_are_counted_whatever_the_election_does() {
    let mut router = Subject::active(rfc(100, 100));
    for value in [0, 50, 50] {
        router.hear(value);
    }
    let warned = Heard {
        warnings: vrrp_core::wire::Warnings::NONE.with(vrrp_core::wire::Warning::IntervalMismatch),
        ..router.heard(router.higher(), 50, cs(50))
    };
    router.does(Input::Heard(warned));
    let counters = router.router.counters();
    assert_eq!(counters.advertisement_rcvd, 4);
    assert_eq!(counters.priority_zero_pkts_rcvd, 1);
    assert_eq!(counters.interval_warnings, 1);
    assert_eq!(counters.master_transitions, 1);
    assert_eq!(counters.v3_received, 4);
    proves!("MIB-10", Obeys);
}

/// V3-8.3.2-03: several that take turns are told three times a minute at most.
#[test]
fn v3_8_3_2_03_refuses_a_flood_of_reports() {
    let mut router = Subject::active(rfc(100, 100));
    let told = (0..100).filter(|number| {
        router.wait(100 * MILLI);
        let source = if number % 2 == 0 { "192.0.2.3" } else { "192.0.2.4" };
        router
            .hear_from(ip(source), 100, cs(100))
            .contains("SamePriority")
    });
    assert_eq!(told.count(), 3);
    proves!("V3-8.3.2-03", Refuses);
}
