//! Section 6.4: no interval is ever learned, and a weaker Master is not answered.

use crate::subject::{Armed, MILLI, SECOND, Subject, cs, default_2, rfc_2};
use vrrp_conformance::proves;

/// V2-6.4.1-01: the owner, and everyone else.
#[test]
fn v2_6_4_1_01_obeys_startup() {
    let mut owner = Subject::new(rfc_2(255, 1));
    assert_eq!(
        owner.start(),
        "Send2(255); Own; Announce(1); State(Active, Owner)"
    );
    assert_eq!(owner.armed(), Armed::Adver(SECOND));
    let mut backup = Subject::new(rfc_2(100, 2));
    assert_eq!(backup.start(), "State(Backup, Started)");
    // 3 * 2 s + 156/256 of 1 s.
    assert_eq!(backup.armed(), Armed::Down(6_609_375_000));
    proves!("V2-6.4.1-01", "V2-5.3.4-01", Obeys);
}

/// V2-5.3.4-01: 254 is no owner's, and an owner never sends less than 255.
#[test]
fn v2_5_3_4_01_refuses_another_priority_for_the_owner() {
    let mut almost = Subject::new(rfc_2(254, 1));
    assert_eq!(almost.start(), "State(Backup, Started)");
    let mut owner = Subject::active(rfc_2(255, 1));
    owner.hear(0);
    owner.hear(100);
    for _ in 0..3 {
        assert_eq!(owner.wait(SECOND).tick(), "Send2(255)");
    }
    proves!("V2-5.3.4-01", Refuses);
}

/// V2-5.3.4-02: 1 to 254, and 100 unless configured.
#[test]
fn v2_5_3_4_02_obeys_the_range_of_a_priority() {
    for value in [1, 254] {
        assert_eq!(
            Subject::active(rfc_2(value, 1)).wait(SECOND).tick(),
            format!("Send2({value})")
        );
    }
    let vrid = vrrp_core::Vrid::new(7).unwrap();
    let interface = vrrp_core::InterfaceId(1);
    let unset = vrrp_core::Settings::new(
        vrrp_core::Profile::Keepalived,
        vrrp_core::Family::Ipv4,
        vrid,
        interface,
    );
    assert_eq!(
        (unset.version, unset.priority.get()),
        (vrrp_core::Version::V2, 100)
    );
    proves!("V2-5.3.4-02", Obeys);
}

/// V2-5.3.4-02: 0 is on the wire only.
#[test]
fn v2_5_3_4_02_refuses_priority_zero() {
    assert!(vrrp_core::Priority::new(0).is_none());
    proves!("V2-5.3.4-02", Refuses);
}

/// V2-6.4.2-01: T-B-01 to T-B-07 with `Learn` left out.
#[test]
fn v2_6_4_2_01_obeys_backup_without_learning() {
    let mut router = Subject::backup(rfc_2(100, 1));
    router.wait(SECOND);
    // Validation lets no other interval through; the machine does not learn it either.
    router.hear_from(router.higher(), 200, cs(500));
    assert_eq!(router.armed(), Armed::Down(3_609_375_000));
    router.hear(0);
    assert_eq!(router.armed(), Armed::Down(609_375_000));
    router.hear(99);
    assert_eq!(router.armed(), Armed::Down(609_375_000), "T-B-07");
    router.wait(609_375_000);
    assert_eq!(
        router.tick(),
        "Send2(100); Own; Announce(1); State(Active, LowerActive)"
    );
    proves!("V2-6.4.2-01", Obeys);
    proves!("V2-6.4.2-01", Refuses);
}

/// V2-6.4.2-01 without preemption (T-B-04).
#[test]
fn v2_6_4_2_01_obeys_no_preemption() {
    let mut settings = rfc_2(100, 1);
    settings.preempt = false;
    let mut router = Subject::backup(settings);
    router.wait(SECOND);
    router.hear(1);
    assert_eq!(router.armed(), Armed::Down(3_609_375_000));
    proves!("V2-6.4.2-01", Obeys);
}

/// V2-6.4.3-01: T-A-01 to T-A-05.
#[test]
fn v2_6_4_3_01_obeys_master() {
    let mut router = Subject::active(rfc_2(100, 1));
    router.wait(SECOND);
    assert_eq!(router.tick(), "Send2(100)");
    router.wait(400 * MILLI);
    assert_eq!(router.hear(0), "Send2(100)");
    assert_eq!(router.armed(), Armed::Adver(SECOND));
    assert_eq!(
        router.hear_from(router.higher(), 200, cs(500)),
        "Disown; State(Backup, HigherHeard { source: 192.0.2.20, priority: 200 })"
    );
    assert_eq!(router.armed(), Armed::Down(3_609_375_000), "no `Learn`");
    proves!("V2-6.4.3-01", Obeys);
    proves!("V2-6.4.3-01", Refuses);
}

/// V2-6.4.3-01: of equal priorities the higher address (T-A-05).
#[test]
fn v2_6_4_3_01_obeys_equal_priorities() {
    let mut router = Subject::active(rfc_2(100, 1));
    assert!(
        router
            .hear(100)
            .ends_with("HigherHeard { source: 192.0.2.20, priority: 100 })")
    );
    proves!("V2-6.4.3-01", Obeys);
}

/// V2-6.4.3-02: `rfc` sends nothing and keeps the timer, `default` sends.
#[test]
fn v2_6_4_3_02_obeys_a_weaker_master_is_discarded() {
    let mut router = Subject::active(rfc_2(100, 1));
    router.wait(400 * MILLI);
    assert_eq!(router.hear(50), "Reasserted(192.0.2.20, 50)");
    let answer = router.hear_from(router.lower(), 100, cs(100));
    assert_eq!(
        answer,
        "SamePriority { source: 192.0.2.9 }; Reasserted(192.0.2.9, 100)"
    );
    assert_eq!(router.armed(), Armed::Adver(600 * MILLI));
    proves!("V2-6.4.3-02", Obeys);
    proves!("V2-6.4.3-02", Refuses);
}

/// V2-6.4.3-02 in `default`.
#[test]
fn v2_6_4_3_02_obeys_default_answers() {
    let mut router = Subject::active(default_2(100, 1));
    router.wait(400 * MILLI);
    assert_eq!(
        router.hear(50),
        "Send2(100); Announce(1); Reasserted(192.0.2.20, 50)"
    );
    assert_eq!(router.armed(), Armed::Adver(600 * MILLI));
    proves!("V2-6.4.3-02", Obeys);
}

/// V2-5.3.4-03: shutdown says priority 0.
#[test]
fn v2_5_3_4_03_obeys_shutdown() {
    let mut router = Subject::active(rfc_2(100, 1));
    assert_eq!(router.stop(), "Send2(0); Disown; State(Initialize, Stopped)");
    proves!("V2-5.3.4-03", Obeys);
}
