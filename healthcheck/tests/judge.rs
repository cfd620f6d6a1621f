//! The judge by hand-written tables and by properties over any sequence.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

use std::time::Duration;

use healthcheck::Verdict::{self, Degraded, Fail, Pass, Unable};
use healthcheck::{Health, Judge, Mode, Rules};
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

/// Nothing was learned: neither the first verdict nor one of a row, and no row ends by it.
#[test]
fn what_could_not_look_changes_nothing() {
    check(
        Rules::new(2, 3),
        &[
            (Unable, None),
            (Pass, UP),
            (Fail, None),
            (Unable, None),
            (Fail, None),
            (Unable, None),
            (Unable, None),
            (Fail, DOWN),
            (Pass, None),
            (Unable, None),
            (Pass, UP),
        ],
    );
    let mut judge = Judge::new(Rules::new(1, 1));
    judge.handle(Unable);
    assert_eq!(judge.health(), Health::Unknown);
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

#[test]
fn degraded_counts_as_a_pass_and_is_shown() {
    let mut judge = Judge::new(Rules::new(2, 2));
    assert_eq!((judge.handle(Degraded), judge.is_degraded()), (UP, true));
    assert_eq!((judge.handle(Pass), judge.is_degraded()), (None, false));
    assert_eq!((judge.handle(Degraded), judge.is_degraded()), (None, true));
    assert_eq!(
        (judge.handle(Fail), judge.is_degraded()),
        (None, true),
        "still up"
    );
    assert_eq!((judge.handle(Fail), judge.is_degraded()), (DOWN, false));
    assert_eq!((judge.handle(Degraded), judge.is_degraded()), (None, false));
    assert_eq!((judge.handle(Degraded), judge.is_degraded()), (UP, true));
}

#[test]
fn degraded_is_a_fail_for_the_strict() {
    check(
        Rules::new(1, 2).strict(),
        &[
            (Pass, UP),
            (Degraded, None),
            (Fail, DOWN),
            (Degraded, None),
            (Pass, UP),
        ],
    );
}

/// keepalived: after a failure it waits `delay_before_retry`, tries `retry` times more, then it is down; while down it asks
/// every `delay_loop`.
#[test]
fn it_looks_again_soon_only_while_up_and_failing() {
    let soon = Some(Duration::from_secs(3));
    let mut judge = Judge::new(Rules::retrying(2, Duration::from_secs(3)));
    let steps = [
        (Pass, UP, None),
        (Fail, None, soon),
        (Pass, None, None),
        (Fail, None, soon),
        (Fail, None, soon),
        (Fail, DOWN, None),
        (Fail, None, None),
        (Pass, UP, None),
    ];
    for (index, (verdict, told, again)) in steps.into_iter().enumerate() {
        let found = (judge.handle(verdict), judge.retry_after());
        assert_eq!(found, (told, again), "step {index}");
    }
    // On the way up it takes its time.
    let rules = Rules {
        rise: 3.try_into().unwrap(),
        ..Rules::retrying(0, Duration::from_secs(3))
    };
    let mut judge = Judge::new(rules);
    judge.handle(Fail);
    assert_eq!(
        (judge.handle(Pass), judge.against(), judge.retry_after()),
        (None, 1, None)
    );
    // A server that starts up is taken out by a single failure of its first check.
    let mut judge = Judge::new(Rules::retrying(2, Duration::from_secs(3)));
    assert_eq!((judge.handle(Fail), judge.retry_after()), (DOWN, None));
}

#[test]
fn a_dry_run_judges_and_tells_nothing_of_it() {
    let mut judge = Judge::new(Rules::new(1, 2));
    assert_eq!(judge.set_mode(Mode::DryRun), UP, "a gate must not stay closed");
    for verdict in [Fail, Fail, Pass, Fail] {
        assert_eq!(judge.handle(verdict), None);
    }
    assert_eq!((judge.health(), judge.judged()), (Health::Up, Health::Up));
    assert_eq!(judge.handle(Fail), None);
    assert_eq!((judge.health(), judge.judged()), (Health::Up, Health::Down));
    assert_eq!(judge.set_mode(Mode::Live), DOWN);
}

#[test]
fn maintenance_decides_until_it_is_over() {
    let mut judge = Judge::new(Rules::default());
    judge.handle(Pass);
    assert_eq!(judge.set_mode(Mode::Maintenance(Health::Down)), DOWN);
    assert_eq!(judge.handle(Pass), None);
    assert_eq!((judge.health(), judge.judged()), (Health::Down, Health::Up));
    let mut after = Judge::new(Rules::new(3, 3)).succeed(&judge);
    assert_eq!(
        (after.health(), after.mode()),
        (Health::Down, Mode::Maintenance(Health::Down)),
        "a reload does not end it"
    );
    assert_eq!(after.set_mode(Mode::Live), UP);
    assert_eq!(after.set_mode(Mode::Live), None);
}

fn verdicts() -> impl Strategy<Value = Vec<Verdict>> {
    // Runs of equal verdicts, so that thresholds are reached as often as they are missed.
    let verdict = prop_oneof![3 => Just(Pass), 1 => Just(Degraded), 3 => Just(Fail)];
    let run = (verdict, 1_usize..8).prop_map(|(verdict, count)| vec![verdict; count]);
    prop::collection::vec(run, 1..20).prop_map(|runs| runs.concat())
}

fn counts_as_a_pass(verdict: Verdict, strict: bool) -> bool {
    verdict == Pass || (verdict == Degraded && !strict)
}

fn in_a_row(history: &[Verdict], strict: bool) -> usize {
    let last = history.last().map(|last| counts_as_a_pass(*last, strict));
    history
        .iter()
        .rev()
        .take_while(|verdict| Some(counts_as_a_pass(**verdict, strict)) == last)
        .count()
}

proptest! {
    #[test]
    fn flips_exactly_when_the_rules_say(
        rise in 1_u32..6, fall in 1_u32..6, init_fail: bool, strict: bool, history in verdicts(),
    ) {
        let rules = Rules { strict, ..Rules::new(rise, fall) };
        let rules = if init_fail { rules.init_fail() } else { rules };
        let mut judge = Judge::new(rules);
        for seen in 1..=history.len() {
            let before = judge.health();
            let verdict = history[seen - 1];
            let told = judge.handle(verdict);
            let after = judge.health();
            prop_assert_eq!(told, (before != after).then_some(after), "it tells each change and nothing else");
            let (said, needed) = if counts_as_a_pass(verdict, strict) {
                (Health::Up, rise)
            } else {
                (Health::Down, fall)
            };
            let enough = in_a_row(&history[..seen], strict) >= needed as usize;
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

    #[test]
    fn whatever_the_mode_the_verdicts_are_judged_alike_and_the_last_word_told_is_its_health(
        rise in 1_u32..6, fall in 1_u32..6, history in verdicts(), modes in prop::collection::vec(0_u8..8, 1..150),
    ) {
        let mut live = Judge::new(Rules::new(rise, fall));
        let mut judge = live;
        let mut told = judge.health();
        for (verdict, mode) in history.iter().zip(modes.iter().cycle()) {
            let mode = match mode {
                0 => Some(Mode::Live),
                1 => Some(Mode::DryRun),
                2 => Some(Mode::Maintenance(Health::Down)),
                3 => Some(Mode::Maintenance(Health::Up)),
                _ => None,
            };
            if let Some(mode) = mode {
                told = judge.set_mode(mode).unwrap_or(told);
            }
            live.handle(*verdict);
            told = judge.handle(*verdict).unwrap_or(told);
            prop_assert_eq!(judge.judged(), live.judged());
            prop_assert_eq!(judge.is_degraded(), live.is_degraded());
            prop_assert_eq!(told, judge.health());
            prop_assert_eq!(told, match judge.mode() {
                Mode::Live => live.health(),
                Mode::DryRun => Health::Up,
                Mode::Maintenance(health) => health,
            });
        }
    }
}
