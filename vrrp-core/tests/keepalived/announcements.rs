//! gratuitous ARP and unsolicited NA are repeated.

use vrrp_conformance::proves;
use vrrp_core::{Announcements, Profile, Settings, Wake};

use crate::subject::{MILLI, SECOND, Subject, default, rfc, settings};

/// A tick at every deadline for `seconds`; the announcements with their time since becoming Active, in milliseconds.
fn rounds(settings: Settings, seconds: u64) -> Vec<(u64, String)> {
    let mut router = Subject::backup(settings);
    router.wait_for_the_timer();
    let active = router.now;
    let mut rounds = Vec::new();
    let mut actions = router.tick();
    loop {
        let announced = actions.split("; ").find(|action| action.starts_with("Announce"));
        let at = router.now.nanos_since(active);
        rounds.extend(announced.map(|action| (at / MILLI, action.to_owned())));
        router.now = router.deadline().unwrap().at;
        if router.now.nanos_since(active) > seconds * SECOND {
            return rounds;
        }
        actions = router.tick();
    }
}

fn announced(list: &[(u64, u8)]) -> Vec<(u64, String)> {
    list.iter()
        .map(|(at, copies)| (*at, format!("Announce({copies})")))
        .collect()
}

/// X-09, NET-ARP-05: `default` at 0, 1 and 2 s.
#[test]
fn x_09_obeys_default_announces_three_times() {
    assert_eq!(
        rounds(default(100, 100), 60),
        announced(&[(0, 1), (1000, 1), (2000, 1)])
    );
    proves!("X-09", "NET-ARP-05", Obeys);
}

/// NET-ND-05: in IPv6 at most three for an event, a second apart, also after a stall; not one more within an hour.
#[test]
fn net_nd_05_obeys_three_unsolicited_advertisements_and_no_more() {
    let six = |profile| settings(profile, vrrp_core::Family::Ipv6, 100, 100);
    let three = announced(&[(0, 1), (1000, 1), (2000, 1)]);
    assert_eq!(rounds(six(Profile::Default), 3600), three);
    assert_eq!(rounds(six(Profile::Rfc), 3600), announced(&[(0, 1)]));
    let mut router = Subject::active(six(Profile::Default));
    router.wait(100 * SECOND);
    assert_eq!(router.tick().matches("Announce(1)").count(), 1);
    assert!(
        !router.wait(900 * MILLI).tick().contains("Announce"),
        "a second apart"
    );
    let rest = (0..60).map(|_| router.wait(SECOND).tick());
    assert_eq!(rest.filter(|actions| actions.contains("Announce")).count(), 1);
    proves!("NET-ND-05", Obeys);
    proves!("NET-ND-05", Refuses);
}

/// `rfc` exactly once.
#[test]
fn x_09_obeys_rfc_announces_once() {
    assert_eq!(rounds(rfc(100, 100), 60), announced(&[(0, 1)]));
    proves!("X-09", Obeys);
}

/// keepalived's 5, and 5 after 5 s.
#[test]
fn x_09_obeys_keepalived_announces_five_and_five() {
    let settings = settings(Profile::Keepalived, vrrp_core::Family::Ipv4, 100, 100);
    assert_eq!(rounds(settings, 60), announced(&[(0, 5), (5000, 5)]));
    proves!("X-09", Obeys);
}

/// `garp_master_delay 0` and `garp_master_refresh 10`; the first refresh comes after the last round.
#[test]
fn x_09_obeys_a_refresh() {
    let mut settings = default(100, 100);
    settings.announcements = Announcements {
        later_after_nanos: 0,
        refresh_every_nanos: 10 * SECOND,
        refresh_repeat: 2,
        ..settings.announcements
    };
    assert_eq!(
        rounds(settings.clone(), 35),
        announced(&[(0, 1), (10_000, 2), (20_000, 2), (30_000, 2)])
    );
    settings.announcements.later_after_nanos = 5 * SECOND;
    settings.announcements.later_rounds = 1;
    assert_eq!(
        rounds(settings, 27),
        announced(&[(0, 1), (5000, 1), (15_000, 2), (25_000, 2)])
    );
    proves!("X-09", Obeys);
}

/// leaving Active stops it.
#[test]
fn x_09_refuses_to_announce_after_leaving_active() {
    let mut router = Subject::active(default(100, 100));
    router.wait(100 * MILLI);
    router.hear(200);
    assert_eq!(router.deadline().unwrap().wakes, Wake::TakeOver);
    for _ in 0..3 {
        assert_eq!(router.wait(SECOND).tick(), "");
    }
    let mut router = Subject::active(default(100, 100));
    router.wait(100 * MILLI).stop();
    assert_eq!(router.deadline().unwrap().wakes, Wake::EndHold, "in hold neither");
    proves!("X-09", "NET-ARP-05", Refuses);
}

/// X-09 `garp_lower_prio_repeat`, `garp_lower_prio_delay`: 5 at once and 5 after 5 s when a weaker Active was heard.
#[test]
fn x_09_obeys_a_weaker_active_makes_it_announce_again() {
    let mut router = Subject::active(settings(Profile::Keepalived, vrrp_core::Family::Ipv6, 100, 100));
    router.wait(20 * SECOND).tick();
    assert_eq!(
        router.hear(50),
        "Send(100); Announce(5); Reasserted(fe80::20, 50)"
    );
    let mut again = Vec::new();
    for _ in 0..70 {
        again.push(router.wait(100 * MILLI).tick());
    }
    let announced = again
        .iter()
        .enumerate()
        .filter(|(_, actions)| actions.contains("Announce(5)"));
    assert_eq!(
        announced.map(|(index, _)| index).collect::<Vec<_>>(),
        [49],
        "5 s later, once"
    );
    proves!("X-09", Obeys);
}

/// Rounds that were slept through are not made up for.
#[test]
fn x_09_refuses_to_catch_up() {
    let mut router = Subject::active(default(100, 100));
    router.wait(1_400 * MILLI);
    let actions = router.tick();
    assert_eq!(actions, "Send(100); Announce(1)", "the round of 1 s");
    router.wait(100 * SECOND);
    let actions = router.tick();
    assert_eq!(actions.matches("Announce(1)").count(), 1, "{actions}");
    assert_eq!(router.deadline().unwrap().wakes, Wake::Advertise);
    proves!("X-09", Refuses);
}

/// A reload changes the plan of an Active: a refresh begins, or ends, at once.
#[test]
fn x_09_obeys_a_changed_plan() {
    let refreshing = |seconds: u64| {
        let mut settings = default(100, 100);
        settings.announcements.refresh_every_nanos = seconds * SECOND;
        settings
    };
    let mut router = Subject::active(refreshing(0));
    for _ in 0..10 {
        router.wait(SECOND).tick();
    }
    assert_eq!(router.reconfigure(refreshing(5)), "");
    let announced = |router: &mut Subject| {
        let ticks = (0..12).map(|_| router.wait(SECOND).tick()).collect::<Vec<_>>();
        ticks
            .iter()
            .filter(|actions| actions.contains("Announce"))
            .count()
    };
    assert_eq!(announced(&mut router), 2, "5 and 10 s later");
    assert_eq!(router.reconfigure(refreshing(0)), "");
    assert_eq!(announced(&mut router), 0);
    assert_eq!(
        router.deadline().unwrap().wakes,
        Wake::Advertise,
        "an ended refresh is not due for ever"
    );
    proves!("X-09", Obeys);
}

/// A period that would keep the processor busy is refused; 0 is none.
#[test]
fn x_09_refuses_a_period_out_of_range() {
    let mut settings = default(100, 100);
    settings.announcements.refresh_every_nanos = 1;
    let setting = "announcements";
    assert_eq!(
        settings.build(),
        Err(vrrp_core::ConfigError::OutOfRange { setting })
    );
    proves!("X-09", Refuses);
}

/// A round that is late by exactly its period: the next one comes a period later, not at once.
#[test]
fn x_09_refuses_two_rounds_at_once() {
    let mut router = Subject::active(default(100, 1000));
    // Rounds at 1 and 2 s; awake 1 ms early for the second, which the slack allows.
    router.wait(1_999 * MILLI);
    assert_eq!(router.tick().matches("Announce(1)").count(), 1);
    assert_eq!(router.tick(), "");
    assert_eq!(
        router.deadline().unwrap().at.nanos_since(router.now),
        1_001 * MILLI,
        "in phase"
    );
    proves!("X-09", Refuses);
}

/// `garp_lower_prio_repeat 0`: nothing is repeated, and nothing wakes for it.
#[test]
fn x_09_refuses_to_wake_for_nothing() {
    let mut settings = default(100, 1000);
    settings.announcements.later_rounds = 0;
    settings.announcements.rival_repeat = 0;
    settings.announcements.rival_again_nanos = SECOND;
    let mut router = Subject::active(settings);
    assert_eq!(router.hear(50), "Send(100); Reasserted(192.0.2.20, 50)");
    assert_eq!(router.deadline().unwrap().wakes, Wake::Advertise);
    proves!("X-09", Refuses);
}

/// Once more when the one that yielded has let go, and only after it was somebody else's: an owner has nobody to wait for.
#[test]
fn announcements_settle_after_a_take_over() {
    let settling = |priority| {
        let mut settings = default(priority, 1000);
        settings.announcements.later_rounds = 0;
        settings.announcements.rival_repeat = 0;
        settings.announcements.settle_after_nanos = 10 * MILLI;
        settings
    };
    let mut router = Subject::active(settling(100));
    assert_eq!(router.deadline().unwrap().at.nanos_since(router.now), 10 * MILLI);
    router.wait(10 * MILLI);
    assert_eq!(router.tick(), "Announce(1)");
    assert_eq!(router.deadline().unwrap().wakes, Wake::Advertise, "once");
    let mut yielding = Subject::active(settling(100));
    yielding.hear(200);
    yielding.wait(10 * MILLI);
    assert_eq!(yielding.tick(), "", "not Active any more");
    let owner = Subject::active(settling(255));
    assert_eq!(owner.deadline().unwrap().wakes, Wake::Advertise);
}
