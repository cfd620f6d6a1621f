//! Section 6.4.1: Initialize.

use vrrp_conformance::proves;
use vrrp_core::{Bar, Family, Input, Link, Profile, Standing, StateName};

use crate::subject::{Armed, SECOND, Subject, ip, rfc, rfc_6, settings};

/// T-I-01, V3-6.4.1-02, V3-5.2.4-01.
#[test]
fn t_i_01_obeys_an_owner_is_active_at_once() {
    let mut router = Subject::new(rfc(255, 100));
    assert_eq!(
        router.start(),
        "Send(255); Own; Announce(1); State(Active, Owner)"
    );
    assert_eq!(router.armed(), Armed::Adver(SECOND));
    proves!("T-I-01", "V3-6.4.1-02", "V3-5.2.4-01", Obeys);
}

/// T-I-01 in IPv6.
#[test]
fn t_i_01_obeys_an_ipv6_owner_starts_router_advertisements() {
    let mut router = Subject::new(rfc_6(255, 50));
    assert_eq!(
        router.start(),
        "Send(255); Own; Announce(1); RaStart; State(Active, Owner)"
    );
    assert_eq!(router.armed(), Armed::Adver(SECOND / 2));
    proves!("T-I-01", Obeys);
}

/// T-I-01 is the owner's alone.
#[test]
fn t_i_01_refuses_priority_254() {
    let mut router = Subject::new(rfc(254, 100));
    assert_eq!(router.start(), "State(Backup, Started)");
    assert!(!router.router.holds());
    proves!("T-I-01", "V3-5.2.4-01", Refuses);
}

/// T-I-02, V3-6.4.1-03.
#[test]
fn t_i_02_obeys_everyone_else_waits_in_backup() {
    for family in [Family::Ipv4, Family::Ipv6] {
        let mut router = Subject::new(settings(Profile::Rfc, family, 100, 100));
        assert_eq!(router.start(), "State(Backup, Started)");
        assert_eq!(router.armed(), Armed::Down(3_609_375_000));
        assert_eq!(router.learned(), Some(crate::subject::cs(100)));
    }
    proves!("T-I-02", "V3-6.4.1-03", Obeys);
}

/// T-I-02 has no other action.
#[test]
fn t_i_02_refuses_to_touch_addresses_or_to_send() {
    let mut router = Subject::new(rfc(100, 100));
    router.start();
    assert!(!router.router.holds());
    assert_eq!(router.router.counters().master_transitions, 0);
    proves!("T-I-02", Refuses);
}

/// T-I-03, V3-6.4.1-01: Startup is remembered; the last reason to clear runs it.
#[test]
fn t_i_03_obeys_startup_waits_for_link_and_address() {
    let mut router = Subject::unplugged(rfc(100, 100));
    assert_eq!(router.start(), "");
    assert_eq!(router.router.standing(), Standing::Barred(Bar::LinkDown));
    assert_eq!(router.armed(), Armed::Nothing);
    let no_address = Link {
        up: true,
        primary: None,
    };
    assert_eq!(router.does(Input::Link(no_address)), "");
    assert_eq!(router.router.standing(), Standing::Barred(Bar::NoPrimaryAddress));
    router.wait(10 * SECOND);
    assert_eq!(router.link(true), "State(Backup, Started)");
    assert_eq!(router.armed(), Armed::Down(3_609_375_000));
    proves!("T-I-03", "V3-6.4.1-01", Obeys);
}

/// T-I-03 for an owner: T-I-01 runs then.
#[test]
fn t_i_03_obeys_an_owner_waits_as_well() {
    let mut router = Subject::unplugged(rfc(255, 100));
    assert_eq!(router.start(), "");
    assert_eq!(
        router.link(true),
        "Send(255); Own; Announce(1); State(Active, Owner)"
    );
    proves!("T-I-03", Obeys);
}

/// T-I-03: without a virtual address (an imported configuration can be so) and without leave to be so.
#[test]
fn t_i_03_obeys_no_virtual_address_is_a_reason() {
    let mut empty = settings(Profile::Keepalived, Family::Ipv4, 100, 100);
    empty.addresses.clear();
    let mut router = Subject::new(empty.clone());
    assert_eq!(
        router.start(),
        "State(Backup, Started)",
        "allowed: `no_virtual_ipaddress`"
    );
    empty.allow_no_address = false;
    assert_eq!(empty.build(), Err(vrrp_core::ConfigError::NoAddress));
    proves!("T-I-03", Obeys);
}

/// T-I-03: nothing starts that was not asked to.
#[test]
fn t_i_03_refuses_to_start_unasked() {
    let mut router = Subject::unplugged(rfc(100, 100));
    assert_eq!(router.link(true), "");
    assert_eq!(router.state(), StateName::Initialize);
    assert_eq!(router.router.standing(), Standing::Barred(Bar::NotStarted));
    proves!("T-I-03", Refuses);
}

/// T-I-04: discarded silently, not counted as received.
#[test]
fn t_i_04_obeys_advertisements_are_discarded() {
    let mut router = Subject::new(rfc(100, 100));
    for value in [0, 50, 100, 200, 255] {
        assert_eq!(router.hear(value), "");
    }
    assert_eq!(router.router.counters().advertisement_rcvd, 0);
    assert_eq!(router.router.last_active(), None);
    assert_eq!(router.armed(), Armed::Nothing);
    proves!("T-I-04", Obeys);
}

/// T-I-05: the wanted Startup is forgotten.
#[test]
fn t_i_05_obeys_shutdown_forgets_the_wish() {
    let mut router = Subject::unplugged(rfc(100, 100));
    router.start();
    assert_eq!(router.stop(), "");
    assert_eq!(router.link(true), "");
    assert_eq!(router.state(), StateName::Initialize);
    proves!("T-I-05", Obeys);
}

/// T-I-05 is not for ever.
#[test]
fn t_i_05_refuses_to_forget_a_later_startup() {
    let mut router = Subject::new(rfc(100, 100));
    router.stop();
    assert_eq!(router.start(), "State(Backup, Started)");
    proves!("T-I-05", Refuses);
}

/// T-I-06: a late timer from an earlier life is harmless.
#[test]
fn t_i_06_obeys_timers_do_nothing() {
    for started in [rfc(100, 100), rfc(255, 100)] {
        let mut router = Subject::new(started);
        router.start();
        router.stop();
        assert_eq!(router.deadline(), None);
        for _ in 0..10 {
            assert_eq!(router.wait(SECOND).tick(), "");
        }
        assert_eq!(router.state(), StateName::Initialize);
    }
    proves!("T-I-06", Obeys);
}

/// V3-5.2.3-01, V3-6.4-01: VRID 7 in IPv4 and VRID 7 in IPv6 are two routers.
#[test]
fn v3_5_2_3_01_obeys_one_number_in_two_families_is_two_routers() {
    use vrrp_core::{InstanceId, Outbox, Router};
    let mut node = Router::new();
    let four = node.add(rfc(100, 100).build().unwrap()).unwrap();
    let six = node.add(rfc_6(100, 100).build().unwrap()).unwrap();
    let now = vrrp_core::Instant::from_nanos(SECOND);
    let mut out = Outbox::new();
    for (id, primary) in [(four, "192.0.2.10"), (six, "fe80::10")] {
        let link = Link {
            up: true,
            primary: Some(ip(primary)),
        };
        node.handle(now, id, Input::Link(link), &mut out);
        node.handle(now, id, Input::Start, &mut out);
    }
    node.handle(now, four, Input::Stop, &mut out);
    let state = |node: &Router, id: InstanceId| node.get(id).unwrap().state_name();
    assert_eq!(state(&node, four), StateName::Initialize);
    assert_eq!(state(&node, six), StateName::Backup);
    assert!(
        node.add(rfc(50, 100).build().unwrap()).is_err(),
        "a second one in IPv4"
    );
    proves!("V3-5.2.3-01", "V3-6.4-01", Obeys);
}
