//! PRJ-CHG-01 to -07: changes while running.

use vrrp_conformance::proves;
use vrrp_core::{DifferentRouter, Health, Restart, Settings, StateName, Tracker, Version, Vrid, Weight};

use crate::subject::{Armed, MILLI, SECOND, Subject, cs, default, default_2, ip, priority, rfc};

fn with(value: u8, change: impl FnOnce(&mut Settings)) -> Settings {
    let mut settings = default(value, 100);
    change(&mut settings);
    settings
}

/// An equal configuration is not touched at all: the whole router is as before.
#[test]
fn prj_chg_obeys_an_equal_configuration_changes_nothing() {
    for mut router in [
        Subject::backup(default(100, 100)),
        Subject::active(default(100, 100)),
    ] {
        router.wait(300 * MILLI);
        let before = router.router.snapshot();
        assert_eq!(router.reconfigure(default(100, 100)), "");
        assert_eq!(router.router.snapshot(), before);
    }
}

/// PRJ-CHG-01: P changes in Backup: the deadline moves by the difference; no transition.
#[test]
fn prj_chg_01_obeys_the_deadline_moves_by_the_difference() {
    let mut router = Subject::backup(default(100, 100));
    router.wait(SECOND);
    assert_eq!(router.reconfigure(default(200, 100)), "Priority(100 -> 200)");
    // 100/256 s less.
    assert_eq!(router.armed(), Armed::Down(2_609_375_000 - 390_625_000));
    assert_eq!(router.reconfigure(default(50, 100)), "Priority(200 -> 50)");
    assert_eq!(router.armed(), Armed::Down(2_609_375_000 + 195_312_500));
    proves!("PRJ-CHG-01", Obeys);
}

/// PRJ-CHG-01: never before now.
#[test]
fn prj_chg_01_refuses_a_deadline_in_the_past() {
    let mut router = Subject::backup(default(1, 100));
    router.wait(3_996_093_750 - 100 * MILLI);
    router.reconfigure(default(254, 100));
    assert_eq!(router.armed(), Armed::Down(0));
    assert!(router.deadline().unwrap().at >= router.now);
    assert!(router.tick().contains("State(Active"));
    proves!("PRJ-CHG-01", Refuses);
}

/// PRJ-CHG-01: no transition by itself: the next lower advertisement is discarded, then the timer runs out.
#[test]
fn prj_chg_01_obeys_a_raised_priority_preempts_by_the_timer() {
    let mut router = Subject::backup(with(50, |s| s.hurry_after_fall = false));
    router.hear(100);
    router.reconfigure(with(200, |s| s.hurry_after_fall = false));
    assert_eq!(router.state(), StateName::Backup);
    let left = router.armed();
    router.hear(100);
    assert_eq!(router.armed(), left, "T-B-07");
    router.wait_for_the_timer();
    assert!(router.tick().ends_with("State(Active, LowerActive)"));
    proves!("PRJ-CHG-01", Obeys);
}

/// PRJ-CHG-02 in `rfc`: P changes in Active: the next periodic advertisement carries it; no extra one.
#[test]
fn prj_chg_02_obeys_no_extra_advertisement() {
    let mut router = Subject::active(rfc(100, 100));
    router.wait(400 * MILLI);
    assert_eq!(router.reconfigure(rfc(50, 100)), "Priority(100 -> 50)");
    assert_eq!(router.armed(), Armed::Adver(600 * MILLI));
    assert_eq!(router.wait(600 * MILLI).tick(), "Send(50)");
    proves!("PRJ-CHG-02", Obeys);
}

/// PRJ-CHG-02, X-20: with `hurry_after_fall` it is said at once too, down and up, and Adver_Timer is untouched.
#[test]
fn prj_chg_02_obeys_a_change_is_said_at_once() {
    let mut router = Subject::active(default(100, 100));
    router.wait(400 * MILLI);
    assert_eq!(
        router.reconfigure(default(50, 100)),
        "Priority(100 -> 50); Send(50)"
    );
    assert_eq!(router.armed(), Armed::Adver(600 * MILLI));
    router.wait(100 * MILLI);
    assert_eq!(
        router.reconfigure(default(120, 100)),
        "Priority(50 -> 120); Send(120)"
    );
    assert_eq!(router.armed(), Armed::Adver(500 * MILLI));
    proves!("PRJ-CHG-02", "X-20", Obeys);
}

/// PRJ-CHG-02, PRJ-FSM-01: at most three beside the periodic ones in an interval, however often it changes; the last of them
/// is kept for a rise, so that what was said of a fall can be taken back.
#[test]
fn prj_chg_02_refuses_a_burst() {
    for (values, said) in [
        (&[90, 80, 70, 60][..], &[true, true, false, false][..]),
        (&[90, 100, 90, 100], &[true, true, false, true]),
        (&[110, 120, 130, 140], &[true, true, true, false]),
        (&[90, 80, 100, 90], &[true, true, true, false]),
    ] {
        let mut router = Subject::active(default(100, 100));
        router.wait(100 * MILLI);
        for (value, said) in values.iter().zip(said) {
            let before = router.router.priority().get();
            let told = format!("Priority({before} -> {value})");
            let expected = if *said {
                format!("{told}; Send({value})")
            } else {
                told
            };
            assert_eq!(router.reconfigure(default(*value, 100)), expected, "{values:?}");
        }
        let last = format!("Send({})", values[3]);
        assert!(router.wait(900 * MILLI).tick().starts_with(&last));
    }
    proves!("PRJ-CHG-02", "PRJ-FSM-01", Refuses);
}

/// PRJ-CHG-02: what is due anyway is sent once; a Backup says nothing.
#[test]
fn prj_chg_02_refuses_a_second_copy_of_what_is_due() {
    let mut router = Subject::active(default(100, 100));
    router.wait(SECOND);
    assert_eq!(router.reconfigure(default(50, 100)), "Priority(100 -> 50)");
    assert!(router.tick().starts_with("Send(50)"));
    let mut backup = Subject::backup(default(100, 100));
    assert_eq!(backup.reconfigure(default(50, 100)), "Priority(100 -> 50)");
    proves!("PRJ-CHG-02", Refuses);
}

/// PRJ-CHG-02: becoming Active again says the new priority, once.
#[test]
fn prj_chg_02_refuses_a_second_copy_of_the_first_word() {
    let gate = Tracker {
        weight: Weight::Gate { reverse: false },
        initial: Health::Up,
    };
    let mut router = Subject::active(with(100, |s| s.trackers = vec![gate]));
    let said = router.health(0, Health::Down);
    assert!(said.ends_with("holding)"), "{said}");
    let said = router.reconfigure(default(120, 100));
    assert!(said.contains("State(Active"), "{said}");
    assert_eq!(said.matches("Send(120)").count(), 1, "{said}");
    proves!("PRJ-CHG-02", Refuses);
}

/// PRJ-CHG-05: new addresses are said with one advertisement, which carries the new priority too.
#[test]
fn prj_chg_05_refuses_two_advertisements_for_one_change() {
    let mut router = Subject::active(default(100, 100));
    router.wait(400 * MILLI);
    let mut settings = default(50, 100);
    settings.addresses.push(ip("198.51.100.2"));
    let said = router.reconfigure(settings);
    assert_eq!(said.matches("Send(50)").count(), 1, "{said}");
    proves!("PRJ-CHG-05", Refuses);
}

/// PRJ-CHG-03: becoming the owner, or no longer being it: Shutdown, then Startup, without a hold.
#[test]
fn prj_chg_03_obeys_a_change_of_ownership_starts_anew() {
    let mut router = Subject::active(default(100, 100));
    assert_eq!(
        router.reconfigure(default(255, 100)),
        "Send(0); Disown; State(Initialize, Reconfigured); Priority(100 -> 255); \
         Send(255); Own; Announce(1); State(Active, Owner)"
    );
    assert_eq!(
        router.reconfigure(default(100, 100)),
        "Send(0); Disown; State(Initialize, Reconfigured); Priority(255 -> 100); State(Backup, Reconfigured)"
    );
    assert_eq!(router.armed(), Armed::Down(3_609_375_000));
    assert!(
        router
            .reconfigure(default(255, 100))
            .ends_with("State(Active, Owner)"),
        "from Backup"
    );
    proves!("PRJ-CHG-03", Obeys);
}

/// PRJ-CHG-03: ownership only.
#[test]
fn prj_chg_03_refuses_to_start_anew_for_254() {
    let mut router = Subject::active(default(100, 100));
    assert_eq!(
        router.reconfigure(default(254, 100)),
        "Priority(100 -> 254); Send(254)"
    );
    assert_eq!(router.state(), StateName::Active);
    proves!("PRJ-CHG-03", Refuses);
}

/// PRJ-CHG-04: Active: `AdverTimer(min(remaining, new))`.
#[test]
fn prj_chg_04_obeys_an_active_takes_the_shorter() {
    let mut router = Subject::active(default(100, 100));
    router.wait(300 * MILLI);
    assert_eq!(router.reconfigure(default(100, 10)), "");
    assert_eq!(router.armed(), Armed::Adver(100 * MILLI));
    router.reconfigure(default(100, 1000));
    assert_eq!(router.armed(), Armed::Adver(100 * MILLI));
    router.wait(100 * MILLI).tick();
    assert_eq!(router.armed(), Armed::Adver(10 * SECOND));
    proves!("PRJ-CHG-04", Obeys);
}

/// PRJ-CHG-04: in a version 3 Backup it is used only until the next `Learn`; version 2 recomputes at once.
#[test]
fn prj_chg_04_obeys_a_backup() {
    let mut learned = Subject::backup(default(100, 100));
    learned.hear_from(learned.higher(), 200, cs(100));
    learned.wait(SECOND);
    assert_eq!(learned.reconfigure(default(100, 10)), "");
    assert_eq!(
        learned.armed(),
        Armed::Down(2_609_375_000),
        "the Active's interval, not ours"
    );
    let mut nobody = Subject::backup(default(100, 100));
    nobody.wait(SECOND);
    assert_eq!(nobody.reconfigure(default(100, 10)), "");
    // Nobody was heard yet, so ours is the one in use: 300 ms + 156/256 of 100 ms.
    assert_eq!(nobody.armed(), Armed::Down(360_937_500));
    let mut two = Subject::backup(default_2(100, 1));
    two.wait(SECOND);
    assert_eq!(two.reconfigure(default_2(100, 2)), "");
    assert_eq!(two.armed(), Armed::Down(6_609_375_000));
    proves!("PRJ-CHG-04", Obeys);
}

/// PRJ-CHG-05: Active installs and announces, and sends one advertisement; Backup does nothing on the wire.
#[test]
fn prj_chg_05_obeys_addresses_change_live() {
    let more = |value| with(value, |s| s.addresses.push(ip("198.51.100.2")));
    let mut active = Subject::active(default(100, 100));
    active.wait(400 * MILLI);
    assert_eq!(active.reconfigure(more(100)), "Send(100); Own; Announce(1)");
    assert_eq!(active.armed(), Armed::Adver(600 * MILLI));
    let excluded = with(100, |s| s.held_only.push(ip("2001:db8::1")));
    assert_eq!(active.reconfigure(excluded), "Send(100); Own; Announce(1)");
    let mut backup = Subject::backup(default(100, 100));
    assert_eq!(backup.reconfigure(more(100)), "");
    assert_eq!(backup.armed(), Armed::Down(3_609_375_000));
    proves!("PRJ-CHG-05", Obeys);
}

/// PRJ-CHG-05 in a hold: held, not announced, not advertised: a successor is about to.
#[test]
fn prj_chg_05_obeys_a_hold_is_silent() {
    let mut router = Subject::active(default(100, 100));
    router.stop();
    let more = with(100, |s| s.addresses.push(ip("198.51.100.2")));
    assert_eq!(router.reconfigure(more), "Own");
    proves!("PRJ-CHG-05", Obeys);
}

/// PRJ-CHG-05: an empty list is refused, so that whoever asks for it has to shut the router down; with leave to have none
/// (`no_virtual_ipaddress`) it is a list like any other.
#[test]
fn prj_chg_05_obeys_an_empty_list_needs_leave() {
    let none = |allowed| {
        with(100, |s| {
            s.allow_no_address = allowed;
            s.addresses.clear();
        })
    };
    assert_eq!(none(false).build(), Err(vrrp_core::ConfigError::NoAddress));
    let mut router = Subject::active(with(100, |s| s.allow_no_address = true));
    assert_eq!(router.reconfigure(none(true)), "Send(100); Own; Announce(1)");
    proves!("PRJ-CHG-05", Obeys);
}

/// PRJ-CHG-06: a new primary address is used by the next advertisement and by the election, together.
#[test]
fn prj_chg_06_obeys_a_new_primary_address() {
    let mut router = Subject::active(default(100, 100));
    let primary = Some(ip("192.0.2.30"));
    let link = vrrp_core::Link { up: true, primary };
    assert_eq!(router.does(vrrp_core::Input::Link(link)), "");
    let draft = vrrp_core::Draft {
        priority: 100,
        version: Version::V3,
    };
    assert_eq!(router.router.seal(draft, None).source(), primary);
    router.hear(100);
    assert_eq!(
        router.state(),
        StateName::Active,
        "192.0.2.20 is now the lower one"
    );
    proves!("PRJ-CHG-06", Obeys);
}

/// PRJ-CHG-07: version, VRID, interface, family or path: another router; nothing has changed here.
#[test]
fn prj_chg_07_obeys_another_key_is_another_router() {
    let mut router = Subject::active(default(100, 100));
    let before = router.router.snapshot();
    let others = [
        (with(100, |s| s.vrid = Vrid::new(8).unwrap()), Restart::Vrid),
        (with(100, |s| s.version = Version::V2), Restart::Version),
        (
            with(100, |s| s.interface = Some(vrrp_core::InterfaceId(2))),
            Restart::Interface,
        ),
        (
            with(100, |s| {
                s.path = vrrp_core::Path::Multicast {
                    group: ip("224.0.0.100"),
                }
            }),
            Restart::Path,
        ),
    ];
    for (other, because) in others {
        let config = other.build().unwrap();
        assert!(
            router.router.config().restarts(config.settings()).eq([because]),
            "asked before: {because:?}"
        );
        assert_eq!(
            router.router.reconfigure(router.now, config),
            Err(DifferentRouter {
                because: Some(because)
            })
        );
        assert_eq!(router.router.snapshot(), before);
    }
    proves!("PRJ-CHG-07", Obeys);
}

/// Several things at once: priority and interval and addresses.
#[test]
fn prj_chg_obeys_changes_together() {
    let mut router = Subject::active(default(100, 100));
    router.wait(300 * MILLI);
    let all = with(150, |s| {
        s.interval = cs(20);
        s.addresses.push(ip("198.51.100.2"));
    });
    assert_eq!(
        router.reconfigure(all),
        "Priority(100 -> 150); Send(150); Own; Announce(1)"
    );
    assert_eq!(router.armed(), Armed::Adver(200 * MILLI));
    assert_eq!(router.router.config().priority, priority(150));
}
