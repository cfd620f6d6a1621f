//! What management sees: RFC 8347 and RFC 6527, by their names and in their units.

use vrrp_conformance::proves;
use vrrp_core::{Action, Health, Input, Interval, Link, NewMasterReason, Report, Tracker, Weight};

use crate::subject::{SECOND, Subject, cs, default, ip, rfc, rfc_2, rfc_6};

/// `last-event`, `new-master-reason` and its number in RFC 6527.
fn past(router: &Subject) -> (&'static str, &'static str, u8) {
    let leaves = router.router.leaves();
    let reason = leaves.new_master_reason;
    (
        leaves.last_event.name().strip_prefix("vrrp-event-").unwrap(),
        reason.name(),
        reason.number(),
    )
}

/// PRJ-TIME-07: microseconds and centiseconds, both rounded down. Worked out by hand: 156/256 s = 609 375 us;
/// 2/256 s = 7 812.5 us; 2/256 cs = 78.125 us; 255/256 of 40.95 s = 40 790 039.06 us; three intervals and the skew.
#[test]
fn prj_time_07_obeys_skew_in_microseconds_and_down_interval_in_centiseconds() {
    for (settings, skew_us, down_cs) in [
        (rfc(100, 100), 609_375, 360),
        (rfc(254, 100), 7_812, 300),
        (rfc(254, 1), 78, 3),
        (rfc(1, 4095), 40_790_039, 16_364),
        (rfc_2(100, 1), 609_375, 360),
        (rfc_2(100, 255), 609_375, 76_560),
    ] {
        let leaves = Subject::new(settings).router.leaves();
        assert_eq!(
            (leaves.skew_time_us, leaves.master_down_interval_cs),
            (skew_us, down_cs)
        );
    }
    // A Backup reckons with what it has learned: 2 s, 156/256 of it, and three of them.
    let mut router = Subject::backup(rfc(100, 100));
    router.hear_from(router.higher(), 200, cs(200));
    let leaves = router.router.leaves();
    assert_eq!(
        (leaves.skew_time_us, leaves.master_down_interval_cs),
        (1_218_750, 721)
    );
    proves!("PRJ-TIME-07", "YANG-06", Obeys);
}

/// PRJ-FSM-06, YANG-12: each event by its identity, each reason by its name and number.
#[test]
fn yang_12_obeys_every_event_has_its_identity() {
    let mut router = Subject::new(rfc(100, 100));
    assert_eq!(past(&router), ("none", "not-master", 0));
    router.start();
    assert_eq!(past(&router), ("startup", "not-master", 0));
    router.wait_for_the_timer().tick();
    assert_eq!(past(&router), ("master-timeout", "no-response", 3));
    router.hear(200);
    assert_eq!(past(&router), ("higher-priority-backup", "no-response", 3));
    router.hear(0);
    router.wait_for_the_timer().tick();
    assert_eq!(past(&router), ("master-timeout", "priority", 1));
    router.hear(200);
    router.hear(50);
    assert_eq!(
        past(&router),
        ("higher-priority-backup", "priority", 1),
        "no delay was set, so none is over"
    );
    router.wait_for_the_timer().tick();
    assert_eq!(past(&router), ("lower-priority-master", "preempted", 2));
    router.link(false);
    assert_eq!(past(&router), ("interface-down", "preempted", 2));
    router.link(true);
    assert_eq!(past(&router), ("interface-up", "preempted", 2));
    router.does(Input::Link(Link {
        up: true,
        primary: None,
    }));
    assert_eq!(past(&router), ("no-primary-ip-address", "preempted", 2));
    router.link(true);
    assert_eq!(past(&router), ("primary-ip-address", "preempted", 2));
    router.stop();
    assert_eq!(past(&router), ("shutdown", "preempted", 2));
    proves!("YANG-12", "PRJ-FSM-06", Obeys);
}

/// PRJ-FSM-06: the owner's start reports preempted.
#[test]
fn prj_fsm_06_obeys_an_owner_preempts() {
    let mut router = Subject::new(rfc(255, 100));
    router.start();
    assert_eq!(past(&router), ("owner-preempt", "preempted", 2));
    assert!(router.router.leaves().is_owner);
    proves!("PRJ-FSM-06", "YANG-12", Obeys);
}

/// YANG-12: the end of a preempt delay, and what RFC 8347 has no event for.
#[test]
fn yang_12_obeys_the_end_of_a_preempt_delay_and_a_failed_check() {
    let mut settings = default(100, 100);
    settings.preempt_delay_nanos = SECOND;
    settings.hurry_after_fall = false;
    settings.trackers = vec![Tracker {
        weight: Weight::from_keepalived(0, false),
        initial: Health::Up,
    }];
    let mut router = Subject::backup(settings);
    router.hear(50);
    assert_eq!(past(&router), ("startup", "not-master", 0), "the delay has begun");
    router.wait(SECOND);
    router.hear(50);
    assert_eq!(past(&router), ("preempt-hold-timeout", "not-master", 0));
    router.wait_for_the_timer().tick();
    assert_eq!(past(&router), ("lower-priority-master", "preempted", 2));
    router.health(0, Health::Down);
    assert_eq!(past(&router), ("shutdown", "preempted", 2));
    proves!("YANG-12", Obeys);
}

/// MIB-06, MIB-07, MIB-08, YANG-06.
#[test]
fn mib_08_obeys_a_row_of_the_operations_table() {
    let mut settings = rfc_6(150, 4095);
    settings.preempt = false;
    settings.accept = true;
    settings.addresses = vec![ip("fe80::7:1"), ip("2001:db8::1")];
    let mut router = Subject::new(settings);
    let before = router.router.leaves();
    assert_eq!((before.state, before.up_since), ("initialize", None));
    router.start();
    let up_since = router.now;
    router.wait(SECOND);
    router.hear_from(router.higher(), 200, cs(100));
    let leaves = router.router.leaves();
    assert_eq!((leaves.state, leaves.up_since), ("backup", Some(up_since)));
    assert_eq!((leaves.priority, leaves.effective_priority), (150, 150));
    assert_eq!(
        leaves.advertise_interval_cs, 4095,
        "the configured one, not the learned"
    );
    assert_eq!(leaves.last_adv_source, Some(router.higher()));
    assert_eq!(leaves.primary_address, Some(router.own()));
    assert_eq!(leaves.virtual_mac, [0, 0, 0x5e, 0, 2, 7]);
    assert_eq!(leaves.address_count, 2);
    assert_eq!((leaves.preempt_mode, leaves.accept_mode), (false, true));
    router.wait_for_the_timer().tick();
    let leaves = router.router.leaves();
    assert_eq!((leaves.state, leaves.up_since), ("master", Some(up_since)));
    assert_eq!(leaves.last_adv_source, Some(router.own()), "the Active is itself");
    router.stop();
    let leaves = router.router.leaves();
    assert_eq!((leaves.state, leaves.up_since), ("initialize", None));
    proves!("MIB-06", "MIB-07", "MIB-08", "YANG-06", Obeys);
}

/// MIB-06: the owner has 255 whatever is tracked. MIB-08: Accept_Mode is of IPv6 alone.
#[test]
fn mib_06_obeys_an_owner_keeps_255() {
    let mut settings = default(255, 1);
    settings.accept = true;
    settings.trackers = vec![Tracker {
        weight: Weight::from_keepalived(-100, false),
        initial: Health::Down,
    }];
    let leaves = Subject::active(settings).router.leaves();
    assert_eq!((leaves.priority, leaves.effective_priority), (255, 255));
    assert_eq!(leaves.advertise_interval_cs, 1);
    assert_eq!(leaves.virtual_mac, [0, 0, 0x5e, 0, 1, 7]);
    assert!(!leaves.accept_mode);
    let mut settings = default(150, 100);
    settings.trackers = vec![Tracker {
        weight: Weight::from_keepalived(-100, false),
        initial: Health::Down,
    }];
    let leaves = Subject::new(settings).router.leaves();
    assert_eq!((leaves.priority, leaves.effective_priority), (150, 50));
    proves!("MIB-06", "MIB-07", "MIB-08", Obeys);
}

/// The reasons of the notifications that a step gives.
fn notified(router: &mut Subject, input: Input) -> Vec<NewMasterReason> {
    let actions = router.router.handle(router.now, input);
    let reason = |action: &Action| {
        let Action::Report(Report::Transition(transition)) = action else {
            return None;
        };
        transition.new_master_reason()
    };
    actions.iter().filter_map(reason).collect()
}

/// MIB-19, YANG-09: one for every entry to Active of the local router, none for anything else.
#[test]
fn mib_19_obeys_one_notification_for_every_entry_to_active() {
    let mut router = Subject::new(rfc(100, 100));
    assert_eq!(notified(&mut router, Input::Start), []);
    for (value, reason) in [
        (200, NewMasterReason::NoResponse),
        (0, NewMasterReason::Priority),
        (50, NewMasterReason::Preempted),
    ] {
        let heard = router.heard(router.higher(), value, Interval::DEFAULT);
        assert_eq!(notified(&mut router, Input::Heard(heard)), []);
        router.wait_for_the_timer();
        assert_eq!(notified(&mut router, Input::Tick), [reason]);
        assert_eq!(router.router.leaves().last_adv_source, Some(router.own()));
        router.wait_for_the_timer();
        assert_eq!(
            notified(&mut router, Input::Tick),
            [],
            "an advertisement is no entry"
        );
        let heard = router.heard(router.higher(), 200, Interval::DEFAULT);
        assert_eq!(notified(&mut router, Input::Heard(heard)), [], "another's entry");
    }
    proves!("MIB-19", "YANG-09", Obeys);
}
