//! T-B-03 beyond the letter: goodbyes that do not end must not keep a Backup from taking over.

use vrrp_conformance::proves;
use vrrp_core::StateName;

use crate::subject::{Armed, MILLI, SECOND, Subject, default, default_2, rfc};

/// 156/256 of 1 s.
const SKEW: u64 = 609_375_000;

/// T-B-03: the first goodbye arms Skew_Time, a later one never postpones it.
#[test]
fn t_b_03_obeys_goodbyes_without_end_do_not_postpone_a_take_over() {
    for settings in [default(100, 100), default_2(100, 1)] {
        let mut router = Subject::backup(settings);
        router.hear(200);
        for number in 0..6 {
            assert_eq!(router.hear(0), "");
            assert_eq!(router.armed(), Armed::Down(SKEW - number * 100 * MILLI));
            router.wait(100 * MILLI);
            assert_eq!(router.tick(), "");
        }
        router.wait_for_the_timer();
        assert!(router.tick().contains("State(Active, PriorityZero)"));
        assert_eq!(router.state(), StateName::Active);
    }
}

/// T-B-03: what was left of Active_Down_Interval is enough, where it is less than Skew_Time.
#[test]
fn t_b_03_obeys_the_sooner_of_both() {
    let mut router = Subject::backup(default(100, 100));
    router.hear(200);
    router.wait(3_600 * MILLI);
    router.hear(0);
    assert_eq!(router.armed(), Armed::Down(9_375_000));
    // An Active that goes on all the same is believed.
    router.hear(200);
    assert_eq!(router.armed(), Armed::Down(3 * SECOND + SKEW));
}

/// T-B-03 to the letter in `rfc`: every goodbye arms Skew_Time anew.
#[test]
fn t_b_03_obeys_the_letter_in_profile_rfc() {
    let mut router = Subject::backup(rfc(100, 100));
    router.hear(200);
    for _ in 0..100 {
        router.hear(0);
        assert_eq!(router.armed(), Armed::Down(SKEW));
        router.wait(600 * MILLI);
        assert_eq!(router.tick(), "");
    }
    assert_eq!(router.state(), StateName::Backup);
    proves!("T-B-03", Obeys);
}
