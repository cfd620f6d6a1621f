//! A program that re-executes itself hands its routers on: no timer, state or count is lost.

use vrrp_core::{Health, Order, Settings, Tracker, VirtualRouter, Weight};

use crate::subject::{MILLI, SECOND, Subject, default};

fn tracked() -> Settings {
    let mut settings = default(100, 100);
    settings.trackers = vec![
        Tracker {
            weight: Weight::from_keepalived(-30, false),
            initial: Health::Up,
        },
        Tracker {
            weight: Weight::Gate { reverse: false },
            initial: Health::Up,
        },
    ];
    settings
}

/// The same inputs give the same actions and deadlines after a restore as without one.
fn goes_on_the_same(mut router: Subject) {
    let snapshot = router.router.snapshot();
    let config = router.router.config().clone();
    let restored = VirtualRouter::restore(config, snapshot.clone());
    assert_eq!(restored.snapshot(), snapshot);
    let mut other = Subject::new(tracked());
    other.router = restored;
    other.now = router.now;
    for step in 0..60 {
        let both = [&mut router, &mut other].map(|subject| {
            subject.wait(100 * MILLI);
            let heard = if step % 7 == 0 {
                subject.hear(step)
            } else {
                String::new()
            };
            let checked = if step == 30 {
                subject.health(0, Health::Up)
            } else {
                String::new()
            };
            (
                heard,
                checked,
                subject.tick(),
                subject.deadline(),
                subject.armed(),
            )
        });
        let [one, two] = both;
        assert_eq!(one, two, "step {step}");
    }
}

#[test]
fn a_backup_goes_on() {
    let mut router = Subject::backup(tracked());
    router.hear(200);
    router.health(0, Health::Down);
    router.wait(300 * MILLI);
    goes_on_the_same(router);
}

#[test]
fn an_active_goes_on() {
    let mut router = Subject::active(tracked());
    router.wait(SECOND).tick();
    router.hear(50);
    goes_on_the_same(router);
}

#[test]
fn a_hold_goes_on() {
    let mut router = Subject::active(tracked());
    router.stop();
    router.wait(100 * MILLI);
    goes_on_the_same(router);
    let mut router = Subject::active(tracked());
    router.order(Order::Resign);
    goes_on_the_same(router);
}

#[test]
fn what_bars_goes_on() {
    let mut router = Subject::backup(tracked());
    router.health(1, Health::Down);
    goes_on_the_same(router);
}

/// V3-8.4.2-05: that the Active speaks version 3 is not forgotten.
#[test]
fn an_active_of_both_versions_is_still_known() {
    let mut settings = default(100, 25);
    settings.v2_interop = true;
    let mut router = Subject::backup(settings);
    router.hear(200);
    router.router = VirtualRouter::restore(router.router.config().clone(), router.router.snapshot());
    let copy = vrrp_core::Heard {
        version: vrrp_core::Version::V2,
        ..router.heard(router.higher(), 200, crate::subject::cs(100))
    };
    router.does(vrrp_core::Input::Heard(copy));
    assert_eq!(router.learned(), Some(crate::subject::cs(25)));
}

/// What was told once is not told again by the program's successor: checksum forms, equal priorities.
#[test]
fn what_was_told_is_not_told_again() {
    let mut router = Subject::active(default(100, 100));
    assert!(
        router
            .hear_from(router.lower(), 100, crate::subject::cs(100))
            .contains("SamePriority")
    );
    let forms = [
        vrrp_core::wire::ChecksumForm::Plain,
        vrrp_core::wire::ChecksumForm::Pseudo,
    ];
    let hear = |router: &mut Subject, turn: usize| {
        let source = crate::subject::ip(["192.0.2.3", "192.0.2.4"][turn]);
        let heard = vrrp_core::Heard {
            checksum: Some(forms[turn]),
            ..router.heard(source, 50, crate::subject::cs(100))
        };
        router.does(vrrp_core::Input::Heard(heard))
    };
    hear(&mut router, 0);
    assert!(hear(&mut router, 1).contains("ChecksumFormsMixed"));
    router.router = VirtualRouter::restore(router.router.config().clone(), router.router.snapshot());
    router.wait(SECOND);
    assert!(
        !router
            .hear_from(router.lower(), 100, crate::subject::cs(100))
            .contains("SamePriority")
    );
    assert!(!hear(&mut router, 0).contains("ChecksumFormsMixed"));
}

/// X-19: a start delay goes on as well.
#[test]
fn a_start_delay_goes_on() {
    let mut settings = default(100, 100);
    settings.start_delay_nanos = 30 * SECOND;
    let mut router = Subject::new(settings);
    router.start();
    router.wait(10 * SECOND);
    router.router = VirtualRouter::restore(router.router.config().clone(), router.router.snapshot());
    assert_eq!(router.wait(20 * SECOND - 1).tick(), "");
    assert_eq!(router.wait(1).tick(), "State(Backup, Started)");
}

/// PRJ-FAIL-01: so does a pause after a failure, and its length.
#[test]
fn a_pause_goes_on() {
    let mut router = Subject::active(default(100, 100));
    router.does(vrrp_core::Input::Failed(vrrp_core::Failure::Hold));
    router.router = VirtualRouter::restore(router.router.config().clone(), router.router.snapshot());
    assert_eq!(router.wait(SECOND - 1).tick(), "");
    assert_eq!(router.wait(1).tick(), "State(Backup, Started)");
    router.wait_for_the_timer().tick();
    let again = router.does(vrrp_core::Input::Failed(vrrp_core::Failure::Hold));
    assert!(
        again.starts_with("FailedFor { retry_after_seconds: 2 }"),
        "{again}"
    );
}

/// PRJ-FSM-01: announcements for a rival that is not answered are limited across a restore as well.
#[test]
fn a_limit_on_silent_answers_goes_on() {
    let mut settings = default(100, 100);
    settings.answer_lower = false;
    let mut router = Subject::active(settings);
    for _ in 0..3 {
        assert!(router.wait(MILLI).hear(50).contains("Reasserted"));
    }
    router.router = VirtualRouter::restore(router.router.config().clone(), router.router.snapshot());
    assert_eq!(router.wait(MILLI).hear(50), "");
}

/// PRJ-STOP-02: a successor that was seen to answer is not forgotten.
#[test]
fn an_answered_hold_goes_on() {
    let mut router = Subject::active(tracked());
    router.stop();
    router.does(vrrp_core::Input::SuccessorAnswers);
    goes_on_the_same(router);
}

/// Counts go by name, so that another version's reasons do not shift them; what that version does not know is dropped.
#[cfg(feature = "serde")]
#[test]
fn rejected_packets_are_handed_on_by_name() {
    use vrrp_core::Rejects;
    use vrrp_core::wire::Reject;
    let told = r#"{"checksum":3,"no-reason-of-ours":9,"vrid-unknown":4}"#;
    let rejects: Rejects = serde_json::from_str(told).unwrap();
    assert_eq!(rejects.get(Reject::Checksum), 3);
    assert_eq!(rejects.get(Reject::VridUnknown), 4);
    assert_eq!(rejects.iter().map(|(_, count)| count).sum::<u64>(), 7);
    let again: Rejects = serde_json::from_str(&serde_json::to_string(&rejects).unwrap()).unwrap();
    assert_eq!(again, rejects);
    assert!(serde_json::from_str::<Rejects>("3").is_err());
}

/// An earlier version handed on a list: one place for each reason of that time, the signed ones not among them.
#[cfg(feature = "serde")]
#[test]
fn rejected_packets_of_an_earlier_version_are_taken_over() {
    use vrrp_core::Rejects;
    use vrrp_core::wire::Reject;
    let list = |length: u64| serde_json::to_string(&(1..=length).collect::<Vec<_>>()).unwrap();
    let old: Rejects = serde_json::from_str(&list(23)).unwrap();
    let counts = |rejects: &Rejects| rejects.iter().map(|(_, count)| count).collect::<Vec<_>>();
    let unsigned = old.iter().filter(|(reject, _)| !reject.id().starts_with("hmac-"));
    assert_eq!(
        unsigned.map(|(_, count)| count).collect::<Vec<_>>(),
        (1..=23).collect::<Vec<_>>()
    );
    assert_eq!(old.get(Reject::HmacMissing), 0);
    let all = u64::try_from(Reject::ALL.len()).unwrap();
    let full: Rejects = serde_json::from_str(&list(all)).unwrap();
    assert_eq!(counts(&full), (1..=all).collect::<Vec<_>>());
    let neither: Rejects = serde_json::from_str(&list(5)).unwrap();
    assert_eq!(neither, Rejects::default());
}
