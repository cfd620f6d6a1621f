//! Any sequence of inputs.

use std::collections::BTreeMap;

use healthcheck::{Health, LastResort, Member, Placement, Pool, PoolAction, PoolConfig, PoolInput};
use proptest::prelude::*;
use vrrp_core::Weight;

use PoolAction::{QuorumGained, QuorumLost};

use crate::{sorry, started};

const NAMES: [&str; 6] = ["0", "1", "2", "3", "4", "5"];

fn member() -> impl Strategy<Value = Member> {
    let follows = prop::collection::vec((0_usize..6, prop_oneof![Just(0_i16), -20_i16..20]), 0..3);
    (
        0_u32..5,
        follows,
        any::<bool>(),
        any::<bool>(),
        prop::option::of(0_u32..3),
    )
        .prop_map(|(weight, follows, inhibit, alpha, degraded_weight)| {
            let member = Member {
                inhibit,
                alpha,
                degraded_weight,
                ..Member::new("").weight(weight)
            };
            follows.into_iter().fold(member, |member, (check, weight)| {
                member.follows(NAMES[check], Weight::from_keepalived(weight, false))
            })
        })
}

fn config() -> impl Strategy<Value = PoolConfig> {
    let resort = prop_oneof![
        Just(LastResort::Nothing),
        Just(LastResort::Everyone),
        any::<bool>().prop_map(sorry),
    ];
    (prop::collection::vec(member(), 1..5), 0_u32..8, 0_u32..4, resort).prop_map(
        |(mut members, quorum, hysteresis, resort)| {
            for (index, member) in members.iter_mut().enumerate() {
                member.name = format!("member {index}").into();
            }
            PoolConfig::new(members)
                .quorum(quorum, hysteresis)
                .last_resort(resort)
        },
    )
}

fn health() -> impl Strategy<Value = Health> {
    prop_oneof![
        1 => Just(Health::Unknown),
        3 => Just(Health::Up),
        3 => Just(Health::Down),
        1 => (-20_i32..20).prop_map(Health::Value),
    ]
}

#[derive(Debug, Clone)]
enum Step {
    Check(usize, Health, bool),
    Place(usize, Placement),
    Weigh(usize, Option<u32>),
    Restate,
}

fn step() -> impl Strategy<Value = Step> {
    let placement = prop_oneof![
        Just(Placement::Judged),
        Just(Placement::In),
        Just(Placement::Drained),
        Just(Placement::Out),
    ];
    prop_oneof![
        10 => (0_usize..6, health(), any::<bool>()).prop_map(|(check, health, degraded)| Step::Check(check, health, degraded)),
        2 => (0_usize..5, placement).prop_map(|(member, placement)| Step::Place(member, placement)),
        2 => (0_usize..5, prop::option::of(0_u32..5)).prop_map(|(member, weight)| Step::Weigh(member, weight)),
        1 => Just(Step::Restate),
    ]
}

fn take(pool: &mut Pool, step: &Step) -> Vec<PoolAction> {
    match step {
        Step::Check(check, health, degraded) => pool.handle(PoolInput::Check {
            name: NAMES[*check],
            health: *health,
            degraded: *degraded,
        }),
        Step::Weigh(member, weight) => pool.handle(PoolInput::Weigh {
            member: &format!("member {member}"),
            weight: *weight,
        }),
        Step::Place(member, placement) => pool.handle(PoolInput::Place {
            member: &format!("member {member}"),
            placement: *placement,
        }),
        Step::Restate => pool.handle(PoolInput::Restate),
    }
}

type Held = BTreeMap<String, u32>;

/// What a sink does with an action; whether it made sense.
fn act(held: &mut Held, action: &PoolAction, restated: bool) -> bool {
    match action {
        PoolAction::Add { member, weight } => held.insert(member.to_string(), *weight).is_none() || restated,
        PoolAction::Weight { member, weight } => held
            .insert(member.to_string(), *weight)
            .is_some_and(|before| before != *weight),
        PoolAction::Remove { member } => held.remove(&**member).is_some() || restated,
        QuorumGained | QuorumLost => true,
    }
}

fn serves(held: &Held) -> bool {
    held.values().any(|weight| *weight > 0)
}

fn wanted(pool: &Pool) -> Held {
    let snapshot = pool.snapshot();
    let places = snapshot.places.into_iter();
    places
        .filter_map(|place| Some((place.name.to_string(), place.weight?)))
        .collect()
}

proptest! {
    #[test]
    fn a_sink_that_obeys_holds_what_is_wanted_and_never_goes_empty_on_the_way(
        config in config(), next in config(), steps in prop::collection::vec(step(), 1..40), reload_at: prop::sample::Index,
    ) {
        let mut pool = Pool::new(config).unwrap();
        let mut held = Held::new();
        let mut quorum = false;
        let reload_at = reload_at.index(steps.len());
        for index in 0..=steps.len() {
            let before = serves(&held);
            let (actions, restated) = match index.checked_sub(1) {
                None => (pool.handle(PoolInput::Start), false),
                Some(index) if index == reload_at => (pool.reconfigure(next.clone()).unwrap(), false),
                Some(index) => (take(&mut pool, &steps[index]), matches!(steps[index], Step::Restate)),
            };
            let after = serves(&wanted(&pool));
            for action in &actions {
                prop_assert!(act(&mut held, action, restated), "{:?} has no sense", action);
                if before && after {
                    prop_assert!(serves(&held), "nobody serves after {:?} of {:?}", action, actions);
                }
                match action {
                    QuorumGained => prop_assert!(!std::mem::replace(&mut quorum, true)),
                    QuorumLost => prop_assert!(std::mem::replace(&mut quorum, false)),
                    _ => {}
                }
            }
            prop_assert_eq!(&held, &wanted(&pool));
            prop_assert_eq!(quorum, pool.snapshot().quorum);
            prop_assert_eq!(pool.handle(PoolInput::Start), [], "a second time changes nothing");
            let mut anew = pool.clone();
            prop_assert_eq!(anew.reconfigure(pool.config().clone()).unwrap(), []);
            prop_assert_eq!(anew.snapshot(), pool.snapshot(), "what is looked at anew is the same");
        }
    }

    #[test]
    fn with_a_last_resort_somebody_serves(config in config(), steps in prop::collection::vec(step(), 0..40)) {
        let config = config.last_resort(sorry(false));
        let (mut pool, _) = started(config);
        for step in &steps {
            take(&mut pool, step);
        }
        prop_assert!(serves(&wanted(&pool)));
    }

    #[test]
    fn the_order_of_results_does_not_matter_without_a_dead_band(
        config in config(), healths in prop::collection::vec((health(), any::<bool>()), 6),
        order in Just((0_usize..6).collect::<Vec<_>>()).prop_shuffle(), noise in prop::collection::vec(step(), 0..20),
    ) {
        let config = PoolConfig { hysteresis: 0, ..config };
        let (mut one, _) = started(config.clone());
        let (mut other, _) = started(config);
        for step in noise.iter().filter(|step| matches!(step, Step::Check(..) | Step::Restate)) {
            take(&mut other, step);
        }
        for (check, (health, degraded)) in healths.iter().enumerate() {
            take(&mut one, &Step::Check(check, *health, *degraded));
        }
        for check in order {
            let (health, degraded) = healths[check];
            take(&mut other, &Step::Check(check, health, degraded));
        }
        prop_assert_eq!(one.snapshot(), other.snapshot());
    }

    #[test]
    fn the_quorum_changes_only_across_its_dead_band(config in config(), steps in prop::collection::vec(step(), 1..40)) {
        let (mut pool, _) = started(config);
        for step in &steps {
            let actions = take(&mut pool, step);
            let living = pool.snapshot().living_weight;
            let (quorum, band) = (u64::from(pool.config().quorum), u64::from(pool.config().hysteresis));
            let all: u64 = pool.config().members.iter().map(|member| u64::from(member.weight)).sum();
            if actions.contains(&QuorumGained) {
                prop_assert!(living >= (quorum + band).min(all.max(1)));
            }
            if actions.contains(&QuorumLost) {
                prop_assert!(living < quorum - band || living == 0);
            }
            if living == 0 {
                prop_assert!(!pool.snapshot().quorum);
            }
        }
    }
}
