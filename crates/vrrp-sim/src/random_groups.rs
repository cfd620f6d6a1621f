//! A world of sync groups out of a seed: gateways with a member on each of two LANs.

use std::time::Duration;

use vrrp_core::{ConfigError, Health, Interval, Order, Priority, Settings, Tracker, TrackerId, Weight};

use crate::check;
use crate::fabric::Way;
use crate::fault::{Fault, NodeId};
use crate::lan;
use crate::random::Random;
use crate::random_world::RandomWorld;
use crate::world::World;

/// Faults of one world.
const FAULTS: u64 = 24;
/// From the last disturbance until one group of two serves: a full Active_Down_Interval (4), a false start of both at once
/// and its hold (2), one interval for the loser, Skew_Time, the hold of a switchover before (1); rounded up, in intervals of 1 s.
const REST_OF_TWO: Duration = Duration::from_secs(12);
/// Where priorities contradict each other from LAN to LAN, a false start leaves one contender fewer, and the next comes an
/// Active_Down_Interval later.
const REST_OF_EACH_MORE: Duration = Duration::from_secs(4);
/// Faults come at most so far apart, so that they often meet what the one before has left.
const PAUSE_NANOS_MAX: u64 = 4_000_000_000;
/// The longest stall.
const STALL_NANOS_MAX: u64 = 5_000_000_000;

/// The world of `seed` with `nodes` gateways, at least 1 and at most 200.
///
/// # Errors
/// Never, unless the generator asks for what the core refuses.
pub fn random_group_world(seed: u64, nodes: u8) -> Result<RandomWorld, ConfigError> {
    drawn(Random::new(seed), seed, nodes)
}

/// The world that a fuzzer's bytes choose, of two or three gateways; what they leave open is always the same.
///
/// # Errors
/// Never, unless the generator asks for what the core refuses.
pub fn group_world_of_bytes(bytes: &[u8]) -> Result<RandomWorld, ConfigError> {
    let mut random = Random::of_octets(bytes);
    let nodes = random.between(2, 3);
    drawn(random, 0, u8::try_from(nodes).unwrap_or(2))
}

fn drawn(mut random: Random, seed: u64, nodes: u8) -> Result<RandomWorld, ConfigError> {
    let preempt = random.below(4) > 0;
    let slow = random.below(2) == 0;
    let rest = REST_OF_TWO + REST_OF_EACH_MORE * u32::from(nodes.saturating_sub(2));
    let mut world = World::new(seed);
    let mut ids = Vec::new();
    for number in 0..nodes.clamp(1, 200) {
        let mut members = [0, 1].map(|lan| member(&mut random, lan));
        for member in &mut members {
            member.preempt = preempt || member.priority.is_owner();
        }
        // The second LAN may be the livelier one.
        if slow && let (Some(interval), [_, inside]) = (Interval::from_centiseconds(50), &mut members) {
            inside.interval = interval;
        }
        let id = world.add_node(lan::gateway(number, members)?);
        world.at(Duration::ZERO, Fault::Start(id));
        ids.push(id);
    }
    world.add_check(check::GroupsTogether);
    world.add_check(check::AddressesFollowTheState::default());
    world.add_check(check::NothingSentWhileBarred::default());
    world.add_check(check::OneGroup::after(rest));
    world.add_check(check::AGoodbyeSpeaksForAll::default());
    world.add_check(check::NoBurst::default());
    world.add_check(check::ThePriorityIsAsTold);
    world.add_check(check::ANewPriorityIsSaidAtOnce::default());
    world.add_check(check::EachVersionIsSaid);
    let delay = Duration::from_micros(if random.below(2) == 0 {
        20
    } else {
        random.between(20, 20_000)
    });
    world.fabric_mut().set_usual(Way {
        delay,
        ..Way::default()
    });
    let mut at = rest;
    for _ in 0..random.between(1, FAULTS) {
        at += Duration::from_nanos(random.below(PAUSE_NANOS_MAX));
        let fault = fault(&mut random, &ids);
        world.at(at, fault);
    }
    at += Duration::from_nanos(STALL_NANOS_MAX);
    make_good(&mut world, &ids, at);
    Ok(RandomWorld::resting_from(world, at, rest + rest / 4))
}

fn member(random: &mut Random, lan: u8) -> Settings {
    let priority = match random.below(8) {
        0 => 255,
        // Equals are what elections find hard.
        1..=3 => 100,
        _ => random.between(1, 254),
    };
    let priority = u8::try_from(priority).ok().and_then(Priority::new);
    let mut settings = lan::member_settings(lan, priority.unwrap_or(Priority::DEFAULT), Interval::DEFAULT);
    settings.trackers = vec![Tracker {
        weight: Weight::Gate { reverse: false },
        initial: Health::Up,
    }];
    settings
}

fn fault(random: &mut Random, nodes: &[NodeId]) -> Fault {
    let mut node = || random.one_of(nodes).copied().unwrap_or(NodeId(0));
    let (one, other) = (node(), node());
    let one_lan = |random: &mut Random, fault| {
        let interface = if random.below(2) == 0 {
            lan::OUTSIDE
        } else {
            lan::INSIDE
        };
        Fault::On(interface, Box::new(fault))
    };
    let sides = |random: &mut Random| {
        let side = |node: &NodeId| (*node, u8::from(random.below(2) == 0));
        Fault::Partition(nodes.iter().map(side).collect())
    };
    match random.below(26) {
        0..=2 => one_lan(random, Fault::LinkDown(one)),
        3..=6 => one_lan(random, Fault::LinkUp(one)),
        7..=8 => {
            let sides = sides(random);
            one_lan(random, sides)
        }
        9 => sides(random),
        10..=12 => Fault::Heal,
        13 => one_lan(random, Fault::Way(one, other, Way::deaf())),
        14 => one_lan(random, Fault::Way(one, other, Way::default())),
        15 => Fault::Health(one, TrackerId(0), Health::Up),
        16 => Fault::Health(one, TrackerId(0), Health::Down),
        17 => Fault::Stop(one),
        18 => Fault::Kill(one),
        19 => Fault::PowerCut(one),
        20..=22 => Fault::Start(one),
        23 => Fault::Order(one, Order::Resign),
        24 => Fault::Order(one, Order::Compete),
        _ => Fault::Stall(one, Duration::from_nanos(random.below(STALL_NANOS_MAX))),
    }
}

/// All is well again.
fn make_good(world: &mut World, nodes: &[NodeId], at: Duration) {
    for node in nodes {
        world.at(at, Fault::Start(*node));
        world.at(at, Fault::LinkUp(*node));
        world.at(at, Fault::Order(*node, Order::Compete));
        world.at(at, Fault::Health(*node, TrackerId(0), Health::Up));
        for other in nodes {
            world.at(at, Fault::Way(*node, *other, Way::default()));
        }
    }
    world.at(at, Fault::Heal);
}
