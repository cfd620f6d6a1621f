//! FAULT is Initialize with a reason; reasons are counted, not stacked.

use vrrp_conformance::proves;
use vrrp_core::{Bar, Health, Input, Link, Settings, Standing, Tracker, TrackerId, Weight};

use crate::subject::{Armed, SECOND, Subject, default};

fn two_gates(value: u8) -> Settings {
    let mut settings = default(value, 100);
    let gate = Tracker {
        weight: Weight::Gate { reverse: false },
        initial: Health::Up,
    };
    settings.trackers = vec![gate; 2];
    settings
}

/// X-06 from Active: `Send(0)` best effort, addresses away; never a hold for a link.
#[test]
fn x_06_obeys_an_active_without_link_lets_go() {
    let mut router = Subject::active(default(100, 100));
    assert_eq!(
        router.link(false),
        "Send(0); Disown; State(Initialize, Barred(LinkDown))"
    );
    assert_eq!(router.armed(), Armed::Nothing);
    proves!("X-06", Obeys);
}

/// X-06 from Backup: T-B-01.
#[test]
fn x_06_obeys_a_backup_without_link_is_silent() {
    let mut router = Subject::backup(default(100, 100));
    assert_eq!(router.link(false), "State(Initialize, Barred(LinkDown))");
    assert_eq!(router.deadline(), None);
    proves!("X-06", Obeys);
}

/// the source address is a reason of its own (PRJ-CHG-06).
#[test]
fn x_06_obeys_a_lost_source_address_bars() {
    let mut router = Subject::active(default(100, 100));
    let link = Link {
        up: true,
        primary: None,
    };
    assert_eq!(
        router.does(Input::Link(link)),
        "Send(0); Disown; State(Initialize, Barred(NoPrimaryAddress))"
    );
    proves!("X-06", "PRJ-CHG-06", Obeys);
}

/// overlapping reasons: only the last to clear starts it, whatever the order.
#[test]
fn x_06_obeys_overlapping_reasons() {
    let mut router = Subject::backup(two_gates(100));
    assert_eq!(
        router.health(0, Health::Down),
        "State(Initialize, Barred(Tracker(TrackerId(0))))"
    );
    assert_eq!(router.link(false), "");
    assert_eq!(router.health(1, Health::Down), "");
    assert_eq!(router.health(0, Health::Down), "", "told again");
    assert_eq!(router.health(0, Health::Up), "");
    assert_eq!(router.link(true), "");
    assert_eq!(
        router.router.standing(),
        Standing::Barred(Bar::Tracker(TrackerId(1)))
    );
    assert_eq!(router.health(1, Health::Up), "State(Backup, Started)");
    proves!("X-06", Obeys);
}

/// advertisements are ignored in FAULT.
#[test]
fn x_06_obeys_advertisements_are_ignored() {
    let mut router = Subject::backup(two_gates(100));
    router.health(0, Health::Down);
    router.hear(200);
    assert_eq!(router.router.last_active(), None);
    assert_eq!(router.armed(), Armed::Nothing);
    proves!("X-06", Obeys);
}

/// the interval is the configured one again, and Active_Down_Interval a full one.
#[test]
fn x_07_obeys_leaving_fault_begins_anew() {
    let mut router = Subject::backup(default(100, 100));
    router.hear_from(router.higher(), 200, crate::subject::cs(10));
    router.link(false);
    router.wait(10 * SECOND);
    assert_eq!(router.link(true), "State(Backup, Started)");
    assert_eq!(router.learned(), Some(crate::subject::cs(100)));
    assert_eq!(router.armed(), Armed::Down(3_609_375_000));
    proves!("X-07", Obeys);
}

/// an owner is Active at once, as the RFC says; keepalived would wait in Backup.
#[test]
fn x_07_obeys_an_owner_is_active_at_once() {
    let mut router = Subject::active(default(255, 100));
    router.link(false);
    assert_eq!(
        router.link(true),
        "Send(255); Own; Announce(1); State(Active, Owner)"
    );
    proves!("X-07", Obeys);
}
