//! PRJ-FSM-05: exactly one Active after convergence, and the best one.

use std::time::Duration;

use proptest::prelude::*;
use vrrp_conformance::proves;
use vrrp_core::{Family, Priority, Settings, StateName, Version, active_down_nanos};
use vrrp_sim::check::{AddressesFollowTheState, NothingSentWhileBarred, OneActive};
use vrrp_sim::{Fault, NodeId, Waking, Way, World, lan};

use crate::{cases, centiseconds, priority, state};

/// One router as chosen by proptest.
#[derive(Debug, Clone)]
struct Chosen {
    priority: u8,
    interval_cs: u16,
    starts_ms: u64,
    waking: Waking,
    preempt: bool,
}

fn waking() -> impl Strategy<Value = Waking> {
    prop_oneof![Just(Waking::InTime), Just(Waking::Early), Just(Waking::Anywhere)]
}

fn chosen() -> impl Strategy<Value = Chosen> {
    let interval = prop_oneof![1_u16..=50, Just(100), Just(300)];
    (1_u8..=254, interval, 0_u64..4000, waking(), any::<bool>()).prop_map(
        |(priority, interval_cs, starts_ms, waking, preempt)| Chosen {
            priority,
            interval_cs,
            starts_ms,
            waking,
            preempt,
        },
    )
}

fn build(
    seed: u64,
    jitter_us: u64,
    chosen: &[Chosen],
    settings: impl Fn(&Chosen) -> Settings,
) -> (World, Vec<NodeId>) {
    let mut world = World::new(seed);
    world.fabric_mut().set_usual(Way {
        jitter: Duration::from_micros(jitter_us),
        ..Way::default()
    });
    let mut nodes = Vec::new();
    for (number, chosen) in (0..).zip(chosen) {
        let mut node = lan::node(number, settings(chosen)).unwrap();
        node.wakes = chosen.waking;
        let id = world.add_node(node);
        world.at(Duration::from_millis(chosen.starts_ms), Fault::Start(id));
        nodes.push(id);
    }
    // Frames are under way for at most 20 µs and the jitter, a few times in a row.
    world.add_check(OneActive::after(Duration::from_millis(3)));
    world.add_check(AddressesFollowTheState::default());
    world.add_check(NothingSentWhileBarred::default());
    (world, nodes)
}

/// The last start, `max(Active_Down_Interval) + Advertisement_Interval`, and then half as long again, watched.
fn run(world: &mut World, chosen: &[Chosen], version: Version) {
    let slowest = chosen.iter().map(|one| one.interval_cs).max().unwrap();
    let worst = active_down_nanos(version, Priority::LOWEST, centiseconds(slowest), 3);
    let bound = Duration::from_nanos(worst) + Duration::from_millis(u64::from(slowest) * 10);
    let last = chosen.iter().map(|one| one.starts_ms).max().unwrap();
    let result = world.run_until(Duration::from_millis(last) + bound * 3 / 2 + Duration::from_millis(10));
    result.unwrap_or_else(|violation| panic!("{violation}\n{}", world.timeline()));
}

fn actives(world: &World, nodes: &[NodeId]) -> Vec<NodeId> {
    let active = |id: &&NodeId| state(world, **id) == StateName::Active;
    nodes.iter().filter(active).copied().collect()
}

proptest! {
    #![proptest_config(cases(200))]

    /// Priorities, intervals and starts differ; version 3 in both families. With preemption the best priority wins.
    #[test]
    fn prj_fsm_05_version_3_the_best_one_is_active(
        chosen in prop::collection::vec(chosen(), 1..6), seed: u64, jitter_us in 0_u64..300, six: bool
    ) {
        let family = if six { Family::Ipv6 } else { Family::Ipv4 };
        let (mut world, nodes) = build(seed, jitter_us, &chosen, |one| {
            lan::settings_in(family, priority(one.priority), centiseconds(one.interval_cs))
        });
        run(&mut world, &chosen, Version::V3);
        let active = actives(&world, &nodes);
        prop_assert_eq!(active.len(), 1);
        let best = chosen.iter().map(|one| one.priority).max().unwrap();
        prop_assert_eq!(chosen[active[0].0].priority, best);
        proves!("PRJ-FSM-05", Obeys);
    }

    /// Version 2: whole seconds, the same for all (V2-7.1-09).
    #[test]
    fn prj_fsm_05_version_2_the_best_one_is_active(
        chosen in prop::collection::vec(chosen(), 1..6), seed: u64, seconds in 1_u16..4
    ) {
        let mut chosen = chosen;
        chosen.iter_mut().for_each(|one| one.interval_cs = seconds * 100);
        let (mut world, nodes) = build(seed, 100, &chosen, |one| {
            let mut settings = lan::settings(priority(one.priority), centiseconds(one.interval_cs));
            settings.version = Version::V2;
            settings
        });
        run(&mut world, &chosen, Version::V2);
        let active = actives(&world, &nodes);
        prop_assert_eq!(active.len(), 1);
        let best = chosen.iter().map(|one| one.priority).max().unwrap();
        prop_assert_eq!(chosen[active[0].0].priority, best);
        proves!("PRJ-FSM-05", Obeys);
    }

    /// V3-8.4.2: version 2 routers and version 3 routers that speak both, at one second.
    #[test]
    fn v3_8_4_2_both_versions_find_one_active(
        chosen in prop::collection::vec(chosen(), 2..6), seed: u64, twos: u8
    ) {
        let mut chosen = chosen;
        chosen.iter_mut().for_each(|one| one.interval_cs = 100);
        let plain = |one: &Chosen| lan::settings(priority(one.priority), centiseconds(100));
        let (mut world, mut nodes) = build(seed, 0, &[], plain);
        for (number, one) in (0..).zip(&chosen) {
            let mut settings = plain(one);
            if twos >> number & 1 == 1 {
                settings.version = Version::V2;
            } else {
                settings.v2_interop = true;
            }
            let id = world.add_node(lan::node(number, settings).unwrap());
            world.at(Duration::from_millis(one.starts_ms), Fault::Start(id));
            nodes.push(id);
        }
        run(&mut world, &chosen, Version::V3);
        let active = actives(&world, &nodes);
        prop_assert_eq!(active.len(), 1);
        let best = chosen.iter().map(|one| one.priority).max().unwrap();
        prop_assert_eq!(chosen[active[0].0].priority, best);
        proves!("PRJ-FSM-05", "V3-8.4.2-01", Obeys);
    }

    /// without preemption one is Active all the same, though not always the best.
    #[test]
    fn prj_fsm_05_some_without_preemption_exactly_one_is_active(
        chosen in prop::collection::vec(chosen(), 1..6), seed: u64
    ) {
        let (mut world, nodes) = build(seed, 0, &chosen, |one| {
            let mut settings = lan::settings(priority(one.priority), centiseconds(one.interval_cs));
            settings.preempt = one.preempt;
            settings
        });
        run(&mut world, &chosen, Version::V3);
        prop_assert_eq!(actives(&world, &nodes).len(), 1);
        proves!("PRJ-FSM-05", "X-01", Obeys);
    }
}

/// V3-5.2.7-02: a better router with a longer interval than its Backup's first wait: two are Active for a moment, then
/// the Backup has learned the interval and it does not happen again.
#[test]
fn v3_5_2_7_02_a_slow_active_is_doubted_once() {
    let routers = [(200, 1000), (100, 10)];
    let routers = routers.map(|(value, cs)| lan::settings(priority(value), centiseconds(cs)));
    let (mut world, nodes) = lan::lan(1, vec![routers[0].clone()])
        .map(|(world, mut nodes)| {
            let mut world = world;
            let fast = world.add_node(lan::node(1, routers[1].clone()).unwrap());
            nodes.push(fast);
            (world, nodes)
        })
        .unwrap();
    // The slow one is Active since 32.1875 s and has spoken then; at 33 s the fast one starts and hears nothing.
    world.at(Duration::from_secs(33), Fault::Start(nodes[1]));
    world.add_check(OneActive::after(Duration::from_millis(1)));
    world.run_until(Duration::from_secs(200)).unwrap();
    // 3 x 100 ms + 60.9375 ms after its start.
    assert_eq!(crate::became_active(&world, nodes[1]), [33_360_937_500]);
    assert_eq!(crate::became_active(&world, nodes[0]).len(), 1);
    proves!("V3-5.2.7-02", Obeys);
}
