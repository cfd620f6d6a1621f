//! X-08 in simulation: gateways of two interfaces, and services in both families.

use std::net::IpAddr;
use std::time::Duration;

use proptest::prelude::*;
use vrrp_conformance::proves;
use vrrp_core::{Family, Health, Interval, Order, Settings, Tracker, TrackerId, Weight};
use vrrp_sim::check::{AddressesFollowTheState, GroupsTogether, NothingSentWhileBarred, OneGroup};
use vrrp_sim::{ClientId, ClientSettings, Fault, INTERFACE, NodeId, NodeSettings, Way, World, lan};

use crate::{cases, centiseconds, ms, priority};

/// Two nodes or more on two LANs. `priorities[node]`: of the first and of the second member.
fn gateways(seed: u64, priorities: &[[u8; 2]], change: impl Fn(&mut Settings)) -> World {
    let mut world = World::new(seed);
    for (number, values) in (0_u8..).zip(priorities) {
        let mut members = [0, 1]
            .map(|lan| lan::member_settings(lan, priority(values[usize::from(lan)]), Interval::DEFAULT));
        members.iter_mut().for_each(&change);
        let id = world.add_node(lan::gateway(number, members).unwrap());
        world.at(Duration::ZERO, Fault::Start(id));
    }
    watch(&mut world);
    world
}

/// The same service in both families, on one LAN.
fn dual_stack(seed: u64, priorities: &[[u8; 2]]) -> World {
    let mut world = World::new(seed);
    for (number, values) in (0_u8..).zip(priorities) {
        let four = lan::settings(priority(values[0]), Interval::DEFAULT);
        let six = lan::settings_in(Family::Ipv6, priority(values[1]), Interval::DEFAULT);
        let routers = vec![four.build().unwrap(), six.build().unwrap()];
        let name = char::from(b'a' + number).to_string();
        let mut node = NodeSettings::new(&name, lan::primary(Family::Ipv4, number), routers);
        let other: IpAddr = format!("fe80::{}", 100 - number).parse().unwrap();
        node.others = vec![(INTERFACE, other)];
        node.groups = vec![vec![1, 0]];
        let id = world.add_node(node);
        world.at(Duration::ZERO, Fault::Start(id));
    }
    watch(&mut world);
    world
}

/// From the last disturbance: a full Active_Down_Interval (4), a false start of both at once and its hold (2), one interval
/// for the loser, Skew_Time, and the hold of a switchover before (1); rounded up to 12 intervals of 1 s.
const REST: Duration = Duration::from_secs(12);

fn watch(world: &mut World) {
    world.add_check(GroupsTogether);
    world.add_check(AddressesFollowTheState::default());
    world.add_check(NothingSentWhileBarred::default());
    world.add_check(OneGroup::after(REST));
}

fn clients(world: &mut World) -> (ClientId, ClientId) {
    let outside = world.add_client(lan::client(Duration::from_secs(8)));
    let mut inside = ClientSettings::new("inside", lan::VIRTUAL_INSIDE, Duration::from_secs(8));
    inside.segment = lan::INSIDE;
    (outside, world.add_client(inside))
}

fn on_second(fault: Fault) -> Fault {
    Fault::On(lan::INSIDE, Box::new(fault))
}

fn states(world: &World) -> String {
    let nodes = world.nodes().map(|(_, node)| {
        let states = node.routers().map(|router| router.state_name().to_string());
        let letters = states.filter_map(|state| state.chars().next());
        letters.collect::<String>()
    });
    nodes.collect::<Vec<_>>().join(" ")
}

/// One of two links dies: both addresses move, each with one outage. The side whose link lives never notices: the addresses
/// answer until the successor does. On the dead side the other node is hurried by the goodbye of the live one: one interval
/// and Skew_Time of priority 100, 1609.375 ms, not three intervals.
#[test]
fn x_08_one_dead_link_of_two_moves_both() {
    let mut world = gateways(1, &[[150, 150], [100, 100]], |_| {});
    let (outside, inside) = clients(&mut world);
    world.at(ms(10_000), on_second(Fault::LinkDown(NodeId(0))));
    world.run_until(ms(30_000)).unwrap();
    assert_eq!(states(&world), "II AA");
    assert_eq!(
        world.client(outside).longest_outage(),
        Duration::ZERO,
        "{}",
        world.timeline()
    );
    let lost = world.client(inside).longest_outage();
    assert!(
        lost >= ms(1_609) && lost <= ms(1_612),
        "{lost:?}\n{}",
        world.timeline()
    );
    assert_eq!(world.client(inside).outages().len(), 1);
    // And back, without anybody being interrupted.
    world.at(ms(30_000), on_second(Fault::LinkUp(NodeId(0))));
    world.run_until(ms(60_000)).unwrap();
    assert_eq!(states(&world), "AA BB");
    assert_eq!(world.client(outside).longest_outage(), Duration::ZERO);
    assert_eq!(world.client(inside).outages().len(), 1, "{}", world.timeline());
    proves!("X-08", Obeys);
}

/// A switch between the nodes fails on one side: nobody hears anybody there, both have a carrier. The node that is Active
/// stays it; the other one wants to, and is held back for as long as it hears the Active on the other side.
#[test]
fn x_08_a_deaf_side_does_not_split_the_group() {
    let mut world = gateways(1, &[[150, 150], [100, 100]], |_| {});
    world.at(
        ms(10_000),
        on_second(Fault::Partition(vec![(NodeId(0), 0), (NodeId(1), 1)])),
    );
    world.run_until(ms(60_000)).unwrap();
    assert_eq!(states(&world), "AA BB");
    let held_back: Vec<bool> = world
        .node(NodeId(1))
        .routers()
        .map(|router| router.held_back())
        .collect();
    assert_eq!(held_back, [false, true]);
    // The Active dies: both, after the full time.
    world.at(ms(60_000), Fault::PowerCut(NodeId(0)));
    world.run_until(ms(64_000)).unwrap();
    assert_eq!(states(&world), " AA");
    proves!("X-08", Obeys);
}

/// Each node has another dead link: neither can serve both sides, so neither serves, and nothing flaps.
#[test]
fn x_08_two_half_dead_nodes_are_at_rest() {
    let mut world = gateways(1, &[[150, 150], [100, 100]], |_| {});
    world.at(ms(10_000), on_second(Fault::LinkDown(NodeId(0))));
    world.at(
        ms(20_000),
        Fault::On(INTERFACE, Box::new(Fault::LinkDown(NodeId(1)))),
    );
    world.run_until(ms(25_000)).unwrap();
    assert_eq!(states(&world), "II II");
    let before = world.timeline().lines().len();
    world.run_until(ms(120_000)).unwrap();
    assert_eq!(world.timeline().lines().len(), before, "something still happens");
    proves!("X-08", Refuses);
}

/// Contradictions: each node is better at one member. Both take over during a partition; when it heals they yield to each
/// other at once, and one of them comes back: the one that won at the lower VRID.
#[test]
fn x_08_contradicting_elections_end() {
    for (priorities, winner) in [
        // Equal priorities, and addresses ordered one way outside, the other way inside.
        ([[100, 100], [100, 100]], "BB AA"),
        ([[100, 100], [200, 50]], "BB AA"),
        ([[200, 50], [100, 100]], "AA BB"),
        ([[254, 1], [1, 254]], "AA BB"),
        ([[1, 254], [254, 1]], "BB AA"),
    ] {
        let mut world = gateways(1, &priorities, |_| {});
        world.at(ms(10_000), Fault::Partition(vec![(NodeId(0), 0), (NodeId(1), 1)]));
        world.run_until(ms(20_000)).unwrap();
        assert_eq!(states(&world), "AA AA", "{priorities:?}");
        world.at(ms(20_000), Fault::Heal);
        world.run_until(ms(33_000)).unwrap();
        assert_eq!(states(&world), winner, "{priorities:?}\n{}", world.timeline());
        let before = transitions(&world);
        world.run_until(ms(120_000)).unwrap();
        assert_eq!(transitions(&world), before, "{priorities:?} flaps");
    }
    proves!("X-08", Refuses);
}

/// Two equal nodes that start in the same instant, far apart: their advertisements cross, both yield, and their goodbyes
/// cross as well. Without the wait of the loser at the lower VRID both would be back after the same Skew_Time, for ever.
#[test]
fn x_08_equal_nodes_in_step_do_not_go_on_for_ever() {
    for delay_ms in [1, 5, 20] {
        let far = Way {
            delay: ms(delay_ms),
            ..Way::default()
        };
        let mut world = dual_stack(1, &[[100, 100], [100, 100]]);
        world.fabric_mut().set_usual(far);
        world.run_until(ms(60_000)).unwrap();
        assert_eq!(
            states(&world),
            "BB AA",
            "the higher IPv4 address wins: {}",
            world.timeline()
        );
        // Into Backup and Active, and for one of them again: of either family.
        assert!(transitions(&world) <= 2 * 9, "{}", world.timeline());
        let mut world = gateways(1, &[[100, 100], [100, 100], [100, 100]], |_| {});
        world.fabric_mut().set_usual(far);
        world.run_until(ms(60_000)).unwrap();
        assert_eq!(states(&world), "BB BB AA", "{}", world.timeline());
    }
    proves!("X-08", Refuses);
}

fn transitions(world: &World) -> usize {
    let text = world.timeline().to_string();
    text.lines().filter(|line| line.contains(" -> ")).count()
}

/// Both families of one service: what happens to one happens to both, though their elections contradict each other.
#[test]
fn x_08_both_families_are_one_service() {
    let mut world = dual_stack(1, &[[100, 100], [100, 100]]);
    world.run_until(ms(20_000)).unwrap();
    let one = states(&world);
    assert!(one == "AA BB" || one == "BB AA", "{one}");
    let active = NodeId(usize::from(one == "BB AA"));
    world.at(ms(20_000), Fault::Stop(active));
    world.run_until(ms(25_000)).unwrap();
    assert!(states(&world).contains("AA"), "{}", states(&world));
    proves!("X-08", Obeys);
}

/// The goodbyes of a planned stop are heard for every member: Skew_Time, and no client notices.
#[test]
fn x_08_a_planned_stop_and_a_switchover_cost_nothing() {
    for fault in [Fault::Stop(NodeId(0)), Fault::Order(NodeId(0), Order::Resign)] {
        let mut world = gateways(1, &[[150, 150], [100, 100]], |_| {});
        let (outside, inside) = clients(&mut world);
        world.at(ms(10_000), fault);
        world.run_until(ms(12_000)).unwrap();
        assert!(states(&world).ends_with("AA"), "{}", states(&world));
        world.run_until(ms(40_000)).unwrap();
        for client in [outside, inside] {
            assert_eq!(
                world.client(client).longest_outage(),
                Duration::ZERO,
                "{}",
                world.timeline()
            );
        }
    }
    proves!("X-08", Obeys);
}

/// Of equal nodes the one that would lose to the leaving one waits a whole interval: still inside the hold.
#[test]
fn x_08_a_planned_stop_among_equals_costs_nothing_either() {
    let mut world = gateways(1, &[[100, 100], [100, 100]], |_| {});
    let (outside, inside) = clients(&mut world);
    world.run_until(ms(9_500)).unwrap();
    assert_eq!(states(&world), "BB AA");
    world.at(ms(10_000), Fault::Stop(NodeId(1)));
    world.run_until(ms(12_000)).unwrap();
    assert_eq!(states(&world), "AA ");
    for client in [outside, inside] {
        let lost = world.client(client).longest_outage();
        assert_eq!(lost, Duration::ZERO, "{}", world.timeline());
    }
    proves!("X-08", Obeys);
}

fn fault(nodes: usize) -> impl Strategy<Value = Fault> {
    let node = move || (0..nodes).prop_map(NodeId);
    let interface = || prop_oneof![Just(INTERFACE), Just(lan::INSIDE)];
    let health = prop_oneof![Just(Health::Up), Just(Health::Down)];
    let sides = proptest::collection::vec(0_u8..2, nodes);
    let on = |interface, fault| Fault::On(interface, Box::new(fault));
    prop_oneof![
        3 => (interface(), node()).prop_map(move |(i, n)| on(i, Fault::LinkDown(n))),
        4 => (interface(), node()).prop_map(move |(i, n)| on(i, Fault::LinkUp(n))),
        2 => (interface(), sides.clone()).prop_map(move |(i, sides)| {
            on(i, Fault::Partition((0..).map(NodeId).zip(sides).collect()))
        }),
        1 => sides.prop_map(|sides| Fault::Partition((0..).map(NodeId).zip(sides).collect())),
        3 => Just(Fault::Heal),
        1 => (interface(), node(), node()).prop_map(move |(i, a, b)| on(i, Fault::Way(a, b, Way::deaf()))),
        1 => (interface(), node(), node()).prop_map(move |(i, a, b)| on(i, Fault::Way(a, b, Way::default()))),
        2 => (node(), health).prop_map(|(n, health)| Fault::Health(n, TrackerId(0), health)),
        1 => node().prop_map(Fault::Stop),
        1 => node().prop_map(Fault::Kill),
        1 => node().prop_map(Fault::PowerCut),
        3 => node().prop_map(Fault::Start),
        1 => node().prop_map(|n| Fault::Order(n, Order::Resign)),
        1 => node().prop_map(|n| Fault::Order(n, Order::Compete)),
        1 => (node(), 0_u64..5000).prop_map(|(n, lasts)| Fault::Stall(n, ms(lasts))),
    ]
}

/// A better node takes over and leaves again within a quarter of an interval: it wins at every member, so this is a stop, and
/// the other node is back while the addresses are still held.
#[test]
fn x_08_a_better_node_that_leaves_at_once_costs_nothing() {
    for fault in [
        Fault::Stop(NodeId(0)),
        Fault::Health(NodeId(0), TrackerId(0), Health::Down),
    ] {
        let mut world = gateways(1, &[[150, 150], [100, 100]], |settings| {
            settings.trackers = vec![Tracker {
                weight: Weight::Gate { reverse: false },
                initial: Health::Up,
            }];
        });
        let (outside, inside) = clients(&mut world);
        world.at(ms(6_000), Fault::Stop(NodeId(0)));
        world.at(ms(10_000), Fault::Start(NodeId(0)));
        // 3 s and 106/256 s later.
        world.at(ms(13_415 + 100), fault);
        world.run_until(ms(13_415)).unwrap();
        assert!(states(&world).starts_with("AA"), "{}", states(&world));
        world.run_until(ms(25_000)).unwrap();
        assert!(states(&world).ends_with("AA"), "{}", states(&world));
        for client in [outside, inside] {
            let lost = world.client(client).longest_outage();
            assert_eq!(lost, Duration::ZERO, "{}", world.timeline());
        }
    }
    proves!("X-08", Refuses);
}

/// Contradicting priorities whose waits differ by less than a packet takes: both take over and both yield. The second time
/// one of them must be earlier by more than that: node a wins at the lower VRID (3 against 1), node b at the higher.
#[test]
fn x_08_two_that_yield_to_each_other_do_not_come_back_together() {
    // (256 - 3) / 256 s and (256 - 1) / 256 s: 7.8 ms apart.
    for (second, interval) in [([100, 255], 100), ([100, 97], 50)] {
        let mut world = gateways(1, &[[3, second[0]], [1, second[1]]], |settings| {
            if settings.vrid.get() == 8 {
                settings.interval = centiseconds(interval);
            }
        });
        let delay = Duration::from_micros(8_500);
        world.fabric_mut().set_usual(Way {
            delay,
            ..Way::default()
        });
        let result = world.run_until(ms(60_000));
        assert!(result.is_ok(), "{}\n{}", result.unwrap_err(), world.timeline());
        assert_eq!(states(&world), "AA BB");
    }
    proves!("X-08", Obeys);
}

proptest! {
    #![proptest_config(cases(400))]

    /// Any faults, on one LAN or both, with any priorities: no group is ever seen split, and when all is well again one node
    /// serves, within the bound, and stays.
    #[test]
    fn x_08_groups_stay_together_and_come_to_rest(
        priorities in proptest::collection::vec([1_u8..=255, 1_u8..=255], 2..4),
        faults in proptest::collection::vec((0_u64..4000, fault(3)), 1..25),
        preempt: bool,
        slow: bool,
        delay_us in prop_oneof![Just(20_u64), 20_u64..20_000],
        seed: u64,
    ) {
        let mut world = gateways(seed, &priorities, |settings| {
            settings.preempt = preempt || settings.priority.is_owner();
            settings.trackers = vec![Tracker { weight: Weight::Gate { reverse: false }, initial: Health::Up }];
            if slow && settings.vrid.get() == 8 {
                settings.interval = centiseconds(50);
            }
        });
        let delay = Duration::from_micros(delay_us);
        world.fabric_mut().set_usual(Way { delay, ..Way::default() });
        let mut at = 9_000;
        let usual = priorities.len();
        for (after_ms, fault) in faults {
            at += after_ms;
            if let Some(fault) = among(fault, usual) {
                world.at(ms(at), fault);
            }
        }
        // All is well again.
        at += 4_000;
        for number in 0..usual {
            let node = NodeId(number);
            for fault in [Fault::Start(node), Fault::LinkUp(node), Fault::Order(node, Order::Compete)] {
                world.at(ms(at), fault);
            }
            for other in 0..usual {
                world.at(ms(at), Fault::Way(node, NodeId(other), Way::default()));
            }
            world.at(ms(at), Fault::Health(node, TrackerId(0), Health::Up));
        }
        world.at(ms(at), Fault::Heal);
        let result = world.run_until(ms(at + 30_000));
        prop_assert!(result.is_ok(), "{}\n{}", result.unwrap_err(), world.timeline());
        proves!("X-08", Obeys);
    }
}

/// A world of two nodes has no third one to partition or deafen.
fn among(fault: Fault, nodes: usize) -> Option<Fault> {
    let there = |node: &NodeId| node.0 < nodes;
    match fault {
        Fault::On(interface, fault) => {
            among(*fault, nodes).map(|fault| Fault::On(interface, Box::new(fault)))
        }
        Fault::Partition(sides) => Some(Fault::Partition(
            sides.into_iter().filter(|(node, _)| there(node)).collect(),
        )),
        Fault::Way(a, b, way) => (there(&a) && there(&b)).then_some(Fault::Way(a, b, way)),
        other => other.node().is_none_or(|node| there(&node)).then_some(other),
    }
}
