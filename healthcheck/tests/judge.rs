//! The judge by hand-written tables and by properties over any sequence.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

use healthcheck::Verdict::{self, Fail, Pass};
use healthcheck::{Health, Judge, Rules};
use proptest::prelude::*;

const UP: Option<Health> = Some(Health::Up);
const DOWN: Option<Health> = Some(Health::Down);

fn check(rules: Rules, steps: &[(Verdict, Option<Health>)]) {
    let mut judge = Judge::new(rules);
    for (index, (verdict, expected)) in steps.iter().enumerate() {
        assert_eq!(judge.handle(*verdict), *expected, "step {index} of {steps:?}");
    }
}

#[test]
fn rise_2_fall_3() {
    check(
        Rules::new(2, 3),
        &[
            (Pass, UP),
            (Fail, None),
            (Fail, None),
            (Pass, None),
            (Fail, None),
            (Fail, None),
            (Fail, DOWN),
            (Fail, None),
            (Pass, None),
            (Fail, None),
            (Pass, None),
            (Pass, UP),
        ],
    );
}

#[test]
fn the_first_verdict_decides_alone() {
    check(Rules::new(5, 5), &[(Pass, UP)]);
    check(Rules::new(5, 5), &[(Fail, DOWN)]);
}

#[test]
fn init_fail_is_down_at_once_and_the_first_pass_lifts_it() {
    let rules = Rules::new(3, 3).init_fail();
    assert_eq!(Judge::new(rules).health(), Health::Down);
    // Observed of keepalived 2.2.7: `rise 3` with `init_fail` leaves FAULT with the first success.
    check(rules, &[(Pass, UP)]);
    check(rules, &[(Fail, None), (Pass, None), (Pass, None), (Pass, UP)]);
}

#[test]
fn unknown_until_the_first_verdict() {
    assert_eq!(Judge::new(Rules::default()).health(), Health::Unknown);
}

#[test]
fn zero_is_taken_as_one() {
    assert_eq!(Rules::new(0, 0), Rules::new(1, 1));
    check(Rules::new(0, 0), &[(Pass, UP), (Fail, DOWN), (Pass, UP)]);
}

#[test]
fn a_successor_goes_on_from_what_was_known() {
    let mut before = Judge::new(Rules::new(1, 3));
    assert_eq!(
        Judge::new(Rules::new(2, 2)).succeed(&before).health(),
        Health::Unknown
    );
    before.handle(Pass);
    before.handle(Fail);
    let mut after = Judge::new(Rules::new(2, 2)).succeed(&before);
    assert_eq!(after.health(), Health::Up);
    assert_eq!(
        after.handle(Fail),
        DOWN,
        "one fail before and one after the reload are two in a row"
    );
    assert_eq!(after.handle(Pass), None);
    assert_eq!(after.handle(Pass), UP);
}

fn verdicts() -> impl Strategy<Value = Vec<Verdict>> {
    // Runs of equal verdicts, so that thresholds are reached as often as they are missed.
    let run =
        (any::<bool>(), 1_usize..8).prop_map(|(pass, count)| vec![if pass { Pass } else { Fail }; count]);
    prop::collection::vec(run, 1..20).prop_map(|runs| runs.concat())
}

fn in_a_row(history: &[Verdict]) -> usize {
    let last = history.last();
    history
        .iter()
        .rev()
        .take_while(|verdict| Some(*verdict) == last)
        .count()
}

proptest! {
    #[test]
    fn flips_exactly_when_the_rules_say(
        rise in 1_u32..6, fall in 1_u32..6, init_fail: bool, history in verdicts(),
    ) {
        let rules = Rules::new(rise, fall);
        let rules = if init_fail { rules.init_fail() } else { rules };
        let mut judge = Judge::new(rules);
        for seen in 1..=history.len() {
            let before = judge.health();
            let verdict = history[seen - 1];
            let told = judge.handle(verdict);
            let after = judge.health();
            prop_assert_eq!(told, (before != after).then_some(after), "it tells each change and nothing else");
            let (said, needed) = match verdict {
                Pass => (Health::Up, rise),
                Fail => (Health::Down, fall),
            };
            let enough = in_a_row(&history[..seen]) >= needed as usize;
            if before != after {
                prop_assert_eq!(after, said, "it goes where the verdict points");
                prop_assert!(enough || seen == 1, "it never flips early");
            }
            if enough || seen == 1 {
                prop_assert_eq!(after, said, "it never flips late");
            }
        }
    }

    #[test]
    fn a_reload_with_the_same_rules_changes_nothing(
        rise in 1_u32..6, fall in 1_u32..6, history in verdicts(), cut: prop::sample::Index,
    ) {
        let rules = Rules::new(rise, fall);
        let cut = cut.index(history.len());
        let mut whole = Judge::new(rules);
        let mut parted = Judge::new(rules);
        for (index, verdict) in history.iter().enumerate() {
            if index == cut {
                parted = Judge::new(rules).succeed(&parted);
            }
            prop_assert_eq!(whole.handle(*verdict), parted.handle(*verdict));
        }
    }
}
