//! The pool by hand-written tables, and by properties over any sequence of inputs (`properties`).

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

mod properties;

use healthcheck::{
    Because, Health, LastResort, Member, Placement, Pool, PoolAction, PoolConfig, PoolError, PoolInput,
};
use vrrp_core::Weight;

fn add(member: &str, weight: u32) -> PoolAction {
    let member = member.into();
    PoolAction::Add { member, weight }
}

fn weigh(member: &str, weight: u32) -> PoolAction {
    let member = member.into();
    PoolAction::Weight { member, weight }
}

fn remove(member: &str) -> PoolAction {
    PoolAction::Remove {
        member: member.into(),
    }
}

fn told(name: &str, health: Health) -> PoolInput<'_> {
    PoolInput::Check {
        name,
        health,
        degraded: false,
    }
}

fn started(config: PoolConfig) -> (Pool, Vec<PoolAction>) {
    let mut pool = Pool::new(config).unwrap();
    let actions = pool.handle(PoolInput::Start);
    (pool, actions)
}

fn sorry(inhibit: bool) -> LastResort {
    LastResort::Server {
        name: "sorry".into(),
        weight: 7,
        inhibit,
    }
}

/// Three members of weight 2, 1, 1; each with a check of its own name.
fn three() -> [Member; 3] {
    [("a", 2), ("b", 1), ("c", 1)].map(|(name, weight)| Member::new(name).weight(weight).gated_by(name))
}

use PoolAction::{QuorumGained, QuorumLost};

#[test]
fn a_member_is_in_until_a_check_fails_and_comes_back_by_itself() {
    let (mut pool, actions) = started(PoolConfig::new(three()));
    assert_eq!(actions, [add("a", 2), add("b", 1), add("c", 1), QuorumGained]);
    assert_eq!(pool.handle(told("b", Health::Up)), []);
    assert_eq!(pool.handle(told("b", Health::Down)), [remove("b")]);
    assert_eq!(
        pool.handle(told("of nobody", Health::Down)),
        [],
        "nobody follows it"
    );
    assert_eq!(pool.handle(told("b", Health::Up)), [add("b", 1)]);
    assert_eq!(
        pool.snapshot().places[1].because.to_string(),
        "its checks pass",
        "and says why"
    );
}

#[test]
fn nothing_is_said_before_the_start() {
    let mut pool = Pool::new(PoolConfig::new(three())).unwrap();
    assert_eq!(pool.handle(told("a", Health::Down)), []);
    assert_eq!(
        pool.handle(PoolInput::Start),
        [add("b", 1), add("c", 1), QuorumGained]
    );
}

/// keepalived `alpha`: down until checked; the quorum starts down then.
#[test]
fn alpha_is_out_until_every_check_has_a_result() {
    let member = Member::new("a").gated_by("one").gated_by("two").alpha();
    let (mut pool, actions) = started(PoolConfig::new([member]));
    assert_eq!(actions, []);
    assert_eq!(
        pool.snapshot().places[0].because,
        Because::Unchecked("one".into())
    );
    assert_eq!(pool.handle(told("one", Health::Up)), []);
    assert_eq!(pool.handle(told("two", Health::Up)), [add("a", 1), QuorumGained]);
}

/// keepalived `alpha` in one of two checkers: seen from 2.2.7 to be in as soon as that one has passed.
#[test]
fn alpha_of_one_check_waits_for_that_one() {
    let gate = Weight::from_keepalived(0, false);
    let member = || Member::new("a").gated_by("one").awaits("two", gate);
    let (mut pool, actions) = started(PoolConfig::new([member()]));
    assert_eq!(actions, []);
    assert_eq!(
        pool.snapshot().places[0].because,
        Because::Unchecked("two".into())
    );
    assert_eq!(pool.handle(told("two", Health::Up)), [add("a", 1), QuorumGained]);
    assert_eq!(pool.handle(told("one", Health::Down)), [remove("a"), QuorumLost]);
    let (mut pool, _) = started(PoolConfig::new([member()]));
    assert_eq!(
        pool.handle(told("one", Health::Up)),
        [],
        "nothing is known of the other"
    );
}

/// keepalived `inhibit_on_failure`: weight 0, what is connected stays connected.
#[test]
fn inhibit_is_weight_0_instead_of_removal() {
    let (mut pool, _) = started(PoolConfig::new(three().map(Member::inhibit)));
    assert_eq!(pool.handle(told("a", Health::Down)), [weigh("a", 0)]);
    assert_eq!(pool.handle(told("a", Health::Up)), [weigh("a", 2)]);
}

/// keepalived: gained at quorum + hysteresis, lost below quorum - hysteresis. Here 3 and 1: sums of 4, 2, 1, 2, 4.
#[test]
fn the_quorum_has_a_dead_band() {
    let (mut pool, actions) = started(PoolConfig::new(three()).quorum(2, 1));
    assert_eq!(actions.last(), Some(&QuorumGained));
    assert_eq!(pool.handle(told("a", Health::Down)), [remove("a")], "2 of 2±1");
    assert_eq!(pool.handle(told("b", Health::Down)), [remove("b")], "1 of 2±1");
    assert_eq!(
        pool.handle(told("c", Health::Down)),
        [remove("c"), QuorumLost],
        "0"
    );
    assert_eq!(pool.handle(told("a", Health::Up)), [add("a", 2)], "2 is not 3");
    assert_eq!(
        pool.handle(told("b", Health::Up)),
        [add("b", 1), QuorumGained],
        "3"
    );
}

/// The program was killed, and is there again: 2 of 2±1 keep a quorum, and gain none.
#[test]
fn a_quorum_goes_on_where_it_was_there_before() {
    let begun = |had_quorum: bool, drained: &[&str]| {
        let mut pool = Pool::new(PoolConfig::new(three()).quorum(2, 1)).unwrap();
        for member in drained {
            let placement = Placement::Drained;
            pool.handle(PoolInput::Place { member, placement });
        }
        if had_quorum {
            pool.had_quorum();
        }
        let actions = pool.handle(PoolInput::Start);
        (pool, actions.last() == Some(&QuorumGained))
    };
    assert!(!begun(false, &["a"]).1, "2 is not 3");
    let (mut pool, gained) = begun(true, &["a"]);
    assert!(gained);
    pool.handle(told("b", Health::Down));
    assert_eq!(pool.handle(told("c", Health::Down)).last(), Some(&QuorumLost));
    pool.handle(told("b", Health::Up));
    assert!(!pool.has_quorum(), "it is there for the beginning alone");
    assert!(!begun(true, &["a", "b", "c"]).1, "nobody lives");
}

/// keepalived `misc_dynamic`, and an operator's word.
#[test]
fn a_members_own_weight_can_be_another_and_outlives_a_reload() {
    let (mut pool, _) = started(PoolConfig::new(three()).quorum(3, 0));
    let word = |member, weight| PoolInput::Weigh { member, weight };
    assert_eq!(pool.handle(word("a", Some(5))), [weigh("a", 5)]);
    assert_eq!(pool.snapshot().living_weight, 7);
    assert_eq!(pool.handle(word("a", Some(0))), [weigh("a", 0), QuorumLost]);
    assert_eq!(
        pool.standing("a").map(|standing| standing.lives),
        Some(true),
        "it is well"
    );
    let next = PoolConfig::new(three()).quorum(1, 0);
    assert_eq!(pool.reconfigure(next), Ok(vec![QuorumGained]));
    assert_eq!(pool.place("a").and_then(|place| place.weight), Some(0));
    assert_eq!(pool.handle(word("a", None)), [weigh("a", 2)]);
    assert_eq!(pool.handle(word("nobody", Some(1))), []);
}

/// ldirectord allows it.
#[test]
fn without_members_the_last_resort_serves() {
    let (pool, actions) = started(PoolConfig::new([]).last_resort(sorry(false)));
    assert_eq!(actions, [add("sorry", 7)]);
    assert_eq!(
        pool.place("sorry").map(|place| place.because),
        Some(Because::LastResort)
    );
}

#[test]
fn a_quorum_that_cannot_be_reached_is_cut() {
    let pool = Pool::new(PoolConfig::new(three()).quorum(9, 9)).unwrap();
    assert_eq!((pool.config().quorum, pool.config().hysteresis), (4, 3));
    // keepalived would want 7 of 4 here, and never gain it.
    let (_, actions) = started(PoolConfig::new(three()).quorum(9, 9));
    assert_eq!(actions.last(), Some(&QuorumGained));
    let pool = Pool::new(PoolConfig::new([Member::new("a").weight(0)]).quorum(0, 0)).unwrap();
    assert_eq!(pool.config().quorum, 1);
}

/// keepalived empties the service for a moment in both directions; here who comes comes first.
#[test]
fn the_last_resort_comes_before_the_others_go_and_goes_after_they_have_come() {
    let (mut pool, _) = started(PoolConfig::new(three()).quorum(2, 0).last_resort(sorry(false)));
    assert_eq!(pool.handle(told("a", Health::Down)), [remove("a")]);
    assert_eq!(
        pool.handle(told("b", Health::Down)),
        [add("sorry", 7), remove("b"), remove("c"), QuorumLost],
        "what is left of the members goes too"
    );
    assert_eq!(
        pool.handle(told("a", Health::Up)),
        [add("a", 2), add("c", 1), remove("sorry"), QuorumGained]
    );
}

#[test]
fn an_inhibited_last_resort_stays_with_weight_0() {
    let config = PoolConfig::new([Member::new("a").gated_by("a").inhibit()]).last_resort(sorry(true));
    let (mut pool, actions) = started(config);
    assert_eq!(actions, [add("a", 1), add("sorry", 0), QuorumGained]);
    assert_eq!(
        pool.handle(told("a", Health::Down)),
        [weigh("sorry", 7), weigh("a", 0), QuorumLost]
    );
    assert_eq!(
        pool.handle(told("a", Health::Up)),
        [weigh("a", 1), weigh("sorry", 0), QuorumGained]
    );
}

#[test]
fn when_all_checks_fail_everyone_may_serve() {
    let (mut pool, _) = started(PoolConfig::new(three()).last_resort(LastResort::Everyone));
    let drained = PoolInput::Place {
        member: "c",
        placement: Placement::Out,
    };
    assert_eq!(pool.handle(drained), [remove("c")]);
    assert_eq!(pool.handle(told("a", Health::Down)), [remove("a")]);
    assert_eq!(pool.handle(told("b", Health::Down)), [add("a", 2), QuorumLost]);
    assert_eq!(pool.snapshot().places[1].because, Because::LastResort);
    assert_eq!(pool.handle(told("b", Health::Up)), [remove("a"), QuorumGained]);
}

/// keepalived: effective weight = configured + contributions; below 0 counts as failed.
#[test]
fn a_number_adds_to_the_weight_and_below_0_is_failed() {
    let file = Weight::from_keepalived(2, false);
    let member = Member::new("a").weight(10).follows("load", file);
    let (mut pool, _) = started(PoolConfig::new([member, Member::new("b")]));
    assert_eq!(pool.handle(told("load", Health::Value(5))), [weigh("a", 20)]);
    assert_eq!(pool.handle(told("load", Health::Value(-5))), [weigh("a", 0)]);
    assert_eq!(pool.handle(told("load", Health::Value(-6))), [remove("a")]);
    assert_eq!(pool.snapshot().places[0].because, Because::WeightBelowZero);
    assert_eq!(pool.handle(told("load", Health::Value(0))), [add("a", 10)]);
}

#[test]
fn degraded_may_weigh_less() {
    let members = [
        Member::new("a").weight(10).gated_by("a").degraded_weight(1),
        Member::new("b").weight(10).gated_by("b"),
    ];
    let (mut pool, _) = started(PoolConfig::new(members));
    let warns = |name| PoolInput::Check {
        name,
        health: Health::Up,
        degraded: true,
    };
    assert_eq!(pool.handle(warns("a")), [weigh("a", 1)]);
    assert_eq!(pool.handle(warns("b")), [], "only where it is asked for");
    assert_eq!(pool.snapshot().places[1].because.to_string(), "check 'b' warns");
    assert_eq!(pool.handle(told("a", Health::Up)), [weigh("a", 10)]);
}

#[test]
fn an_operator_decides_over_the_checks() {
    let (mut pool, _) = started(PoolConfig::new(three()));
    let mut place = |placement| {
        pool.handle(PoolInput::Place {
            member: "a",
            placement,
        })
    };
    assert_eq!(place(Placement::Drained), [weigh("a", 0)]);
    assert_eq!(place(Placement::Out), [remove("a")]);
    assert_eq!(place(Placement::Judged), [add("a", 2)]);
    assert_eq!(pool.handle(told("a", Health::Down)), [remove("a")]);
    let forced = PoolInput::Place {
        member: "a",
        placement: Placement::In,
    };
    assert_eq!(pool.handle(forced), [add("a", 2)]);
}

#[test]
fn one_check_may_serve_many_members() {
    let members = ["a", "b"].map(|name| Member::new(name).gated_by("rack"));
    let (mut pool, _) = started(PoolConfig::new(members));
    assert_eq!(
        pool.handle(told("rack", Health::Down)),
        [remove("a"), remove("b"), QuorumLost]
    );
}

#[test]
fn a_reload_keeps_what_is_known() {
    let (mut pool, _) = started(PoolConfig::new(three()));
    pool.handle(told("b", Health::Down));
    let place = PoolInput::Place {
        member: "c",
        placement: Placement::Drained,
    };
    pool.handle(place);
    let members = [
        Member::new("b").gated_by("b"),
        Member::new("c").gated_by("c"),
        Member::new("d").weight(5).gated_by("d"),
    ];
    let actions = pool.reconfigure(PoolConfig::new(members)).unwrap();
    assert_eq!(
        actions,
        [add("d", 5), remove("a")],
        "b stays out, c drained, and a goes when d has come"
    );
    assert_eq!(pool.handle(PoolInput::Start), []);
    let wrong = pool.reconfigure(PoolConfig::new([]));
    assert_eq!(wrong, Err(PoolError::Empty));
    assert_eq!(pool.handle(told("d", Health::Down)), [remove("d"), QuorumLost]);
}

#[test]
fn a_sink_that_has_forgotten_is_told_all_again() {
    let (mut pool, _) = started(PoolConfig::new(three()).last_resort(sorry(false)));
    pool.handle(told("b", Health::Down));
    assert_eq!(
        pool.handle(PoolInput::Restate),
        [add("a", 2), add("c", 1), remove("b"), remove("sorry")]
    );
}

#[test]
fn a_pool_that_cannot_be_says_why() {
    let text = |config| Pool::new(config).unwrap_err().to_string();
    assert!(text(PoolConfig::new([])).contains("at least one server"));
    let twice = [Member::new("a"), Member::new("a")];
    assert!(text(PoolConfig::new(twice)).contains("'a' is in the pool twice"));
    let resort = PoolConfig::new([Member::new("sorry")]).last_resort(sorry(false));
    assert!(text(resort).contains("'sorry'"));
}
