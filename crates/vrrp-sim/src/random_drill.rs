//! A drill out of a seed: a world around one theme, in which faults come so close together that one meets what the last has
//! left. What is drawn for it has a sequence of its own, so that the world of the same seed stays what it was.

use std::sync::Arc;
use std::time::Duration;

use vrrp_core::{
    ConfigError, Family, Health, Interval, Order, Priority, Settings, Tracker, TrackerId, Version, Weight,
};

use crate::fabric::Way;
use crate::fault::{Fault, NodeId};
use crate::frame::Datagram;
use crate::lan;
use crate::random::Random;
use crate::random_world::{Kind, RandomWorld, settle, watch};
use crate::world::World;

/// Told apart from the sequence of the seed's world.
const DRILLS: u64 = 0xd411_5eed_0000_0000;
/// Episodes of one drill, each of which begins in a group at rest.
const EPISODES: u64 = 5;
/// Disturbances of one episode.
const FAULTS: u64 = 5;
/// One of them may last for so many intervals.
const STALL_INTERVALS: u64 = 12;
/// Packets of a stranger within one interval.
const FLOOD: u64 = 40;
/// No round numbers: a version 2 copy cannot say them.
const UNEVEN_CS: [u64; 6] = [30, 50, 70, 150, 250, 370];
const USUAL_CS: [u64; 6] = [5, 10, 20, 50, 100, 200];

/// What a drill is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Theme {
    /// Programs that sleep for longer than their timers, orders that wait for them.
    Sleep,
    /// Tracked objects that move priorities while an Active is missed.
    Priorities,
    /// Stops and switchovers that are taken back at any moment.
    Orders,
    /// Advertisements of routers that are not there.
    Strangers,
    /// Routers that speak both versions, at intervals that only one of them can say.
    Versions,
    /// One router that owns the addresses, and sends from one of them.
    Owner,
}

const THEMES: [Theme; 6] = [
    Theme::Sleep,
    Theme::Priorities,
    Theme::Orders,
    Theme::Strangers,
    Theme::Versions,
    Theme::Owner,
];

/// The drill of `seed` with `nodes` nodes, at least 1 and at most 200.
///
/// # Errors
/// Never, unless the core refuses what it must take.
pub fn random_drill(seed: u64, nodes: u8) -> Result<RandomWorld, ConfigError> {
    let mut random = Random::new(seed ^ DRILLS);
    let theme = *random.one_of(&THEMES).unwrap_or(&Theme::Sleep);
    let nodes = nodes.clamp(1, 200);
    let mut group = Group::drawn(&mut random, theme);
    let owner = u8::try_from(random.below(u64::from(nodes))).unwrap_or(0);
    let mut world = World::new(seed);
    let mut ids = Vec::new();
    for number in 0..nodes {
        let mut settings = group.router(&mut random);
        let owns = theme == Theme::Owner && number == owner;
        if owns {
            settings.priority = Priority::OWNER;
            (settings.preempt, settings.step_back_when_stalled) = (true, false);
        }
        let mut node = lan::node(number, settings)?;
        if owns {
            node.primary = lan::VIRTUAL;
        }
        node.drift_ppm = i32::try_from(random.below(401)).unwrap_or(200) - 200;
        let id = world.add_node(node);
        world.at(Duration::ZERO, Fault::Start(id));
        ids.push(id);
    }
    world.fabric_mut().set_usual(Way {
        jitter: Duration::from_micros(random.below(500)),
        ..Way::default()
    });
    let kind = Kind {
        fastest: group.interval,
        slowest: group.interval,
        lossy: false,
        alike: true,
    };
    watch(&mut world, kind);
    let rest = settle(group.interval);
    let mut at = rest;
    for _ in 0..EPISODES {
        at += of(group.interval, &mut random, 1);
        at = group.episode(&mut random, &mut world, &ids, at) + rest;
    }
    let mut drill = RandomWorld::resting_from(world, at, rest);
    drill.flaw = group.flaw;
    Ok(drill)
}

/// What the routers of a drill have in common.
struct Group {
    theme: Theme,
    version: Version,
    interval: Interval,
    preempt: bool,
    /// What the core has taken and must refuse.
    flaw: Option<String>,
}

impl Group {
    fn drawn(random: &mut Random, theme: Theme) -> Self {
        let usual = match random.below(4) {
            0 if theme != Theme::Versions => Version::V2,
            _ => Version::V3,
        };
        let centiseconds = match (theme, usual) {
            (Theme::Versions, _) => *random.one_of(&UNEVEN_CS).unwrap_or(&50),
            (_, Version::V2) => random.between(1, 3) * 100,
            (_, Version::V3) => *random.one_of(&USUAL_CS).unwrap_or(&100),
        };
        let interval = u16::try_from(centiseconds).ok();
        Self {
            theme,
            version: usual,
            interval: interval
                .and_then(Interval::from_centiseconds)
                .unwrap_or(Interval::DEFAULT),
            preempt: match theme {
                Theme::Strangers => true,
                Theme::Sleep => random.below(2) == 0,
                _ => random.below(4) > 0,
            },
            flaw: None,
        }
    }

    fn router(&mut self, random: &mut Random) -> Settings {
        // A stranger says 1, and no router that is drilled with one may be as low.
        let priority = u8::try_from(random.between(2, 254)).ok();
        let priority = priority.and_then(Priority::new).unwrap_or(Priority::DEFAULT);
        let mut settings = lan::settings(priority, self.interval);
        settings.version = self.version;
        settings.v2_interop = self.theme == Theme::Versions;
        settings.preempt = self.preempt;
        settings.step_back_when_stalled = self.theme == Theme::Sleep && !self.preempt;
        settings.trackers = vec![Tracker {
            weight: Weight::Gate { reverse: false },
            initial: Health::Up,
        }];
        if self.theme != Theme::Strangers {
            for _ in 0..random.between(1, 3) {
                let tracker = self.tracker(random, &settings);
                settings.trackers.push(tracker);
            }
        }
        settings
    }

    /// A weight, at the ends of its range more often than not. One beyond is refused, and the nearest taken for it.
    fn tracker(&mut self, random: &mut Random, settings: &Settings) -> Tracker {
        let value = match random.below(8) {
            0 => 254,
            1 => -254,
            2 => 255,
            3 => -255,
            4 => 0,
            _ => i16::try_from(random.below(600)).unwrap_or(0) - 300,
        };
        let mut tracker = Tracker {
            weight: Weight::Adjust {
                value,
                reverse: random.below(4) == 0,
            },
            initial: *random
                .one_of(&[Health::Up, Health::Up, Health::Unknown])
                .unwrap_or(&Health::Up),
        };
        let usable = value != 0 && value.abs() <= 254;
        let mut asked = settings.clone();
        asked.trackers.push(tracker);
        if !usable && asked.build().is_ok() {
            self.flaw = Some(format!("a weight of {value} is taken, which no priority can use"));
        }
        if let Weight::Adjust { value, .. } = &mut tracker.weight {
            *value = if *value == 0 { 1 } else { (*value).clamp(-254, 254) };
        }
        tracker
    }

    /// Disturbances that come within a few intervals; returns when the last is over.
    fn episode(&self, random: &mut Random, world: &mut World, nodes: &[NodeId], from: Duration) -> Duration {
        let mut at = from;
        let mut over = from;
        for _ in 0..random.between(1, FAULTS) {
            let fault = self.fault(random, nodes);
            let lasts = match &fault {
                Fault::Stall(_, lasts) => *lasts,
                _ => Duration::ZERO,
            };
            world.at(at, fault);
            over = over.max(at + lasts);
            if self.theme == Theme::Strangers && random.below(2) == 0 {
                over = over.max(self.flood(random, world, at));
            }
            // At once, within one interval, or while a take-over or a hold is on its way.
            at += match random.below(3) {
                0 => of(self.interval, random, 1) / 20,
                1 => of(self.interval, random, 1),
                _ => of(self.interval, random, 4),
            };
        }
        over.max(at)
    }

    /// Packets of hosts that are no routers of this group, of the lowest priority.
    fn flood(&self, random: &mut Random, world: &mut World, from: Duration) -> Duration {
        let mut at = from;
        let count = random.between(1, FLOOD);
        let pause = Duration::from_nanos(self.interval.nanos() / count);
        for _ in 0..count {
            let host = u8::try_from(random.between(200, 202)).unwrap_or(200);
            world.at(
                at,
                Fault::Forged(Arc::new(stranger(host, self.version, self.interval))),
            );
            at += pause;
        }
        at
    }

    fn fault(&self, random: &mut Random, nodes: &[NodeId]) -> Fault {
        let node = random.one_of(nodes).copied().unwrap_or(NodeId(0));
        match self.theme {
            Theme::Sleep if random.below(2) == 0 => {
                Fault::Stall(node, of(self.interval, random, STALL_INTERVALS))
            }
            Theme::Priorities if random.below(2) == 0 => weighs(random, node),
            Theme::Orders if random.below(2) == 0 => match random.below(6) {
                0 | 1 => Fault::Order(node, Order::Resign),
                2 => Fault::Order(node, Order::Compete),
                3 => Fault::Stop(node),
                4 => Fault::Start(node),
                _ => gate(random, node),
            },
            Theme::Strangers => match random.below(5) {
                0 => Fault::PowerCut(node),
                1 => Fault::LinkDown(node),
                2 => Fault::LinkUp(node),
                _ => Fault::Start(node),
            },
            _ => match random.below(11) {
                0 => Fault::PowerCut(node),
                1 => Fault::Kill(node),
                2 | 3 => Fault::Start(node),
                4 => Fault::Stop(node),
                5 => Fault::LinkDown(node),
                6 => Fault::LinkUp(node),
                7 => Fault::Order(node, Order::Resign),
                8 => Fault::Order(node, Order::Compete),
                9 => gate(random, node),
                _ => weighs(random, node),
            },
        }
    }
}

fn gate(random: &mut Random, node: NodeId) -> Fault {
    let health = if random.below(2) == 0 {
        Health::Up
    } else {
        Health::Down
    };
    Fault::Health(node, TrackerId(0), health)
}

/// One of the objects with a weight says something else, numbers included.
fn weighs(random: &mut Random, node: NodeId) -> Fault {
    let health = match random.below(5) {
        0 | 1 => Health::Up,
        2 | 3 => Health::Down,
        _ => Health::Value(i32::try_from(random.below(7)).unwrap_or(0) - 3),
    };
    Fault::Health(
        node,
        TrackerId(u16::try_from(random.between(1, 3)).unwrap_or(1)),
        health,
    )
}

/// Up to so many intervals.
fn of(interval: Interval, random: &mut Random, intervals: u64) -> Duration {
    Duration::from_nanos(random.below(interval.nanos() * intervals))
}

/// An advertisement of priority 1 from a host that is no node of the world, by the figures of RFC 9568 section 5.1 and RFC
/// 3768 section 5.1; in version 3 its checksum is that without a pseudo-header.
pub(crate) fn stranger(host: u8, version: Version, interval: Interval) -> Datagram {
    let head = match version {
        Version::V2 => {
            let seconds = u8::try_from(interval.centiseconds() / 100).unwrap_or(u8::MAX);
            [0x21, 7, 1, 1, 0, seconds]
        }
        Version::V3 => {
            let [high, low] = interval.centiseconds().to_be_bytes();
            [0x31, 7, 1, 1, high, low]
        }
    };
    let mut body = match lan::VIRTUAL {
        std::net::IpAddr::V4(address) => address.octets().to_vec(),
        std::net::IpAddr::V6(address) => address.octets().to_vec(),
    };
    if version == Version::V2 {
        body.extend([0; 8]);
    }
    let sum = checksum(&[head.as_slice(), &[0, 0], &body].concat()).to_be_bytes();
    let message = [head.as_slice(), &sum, &body].concat();
    Datagram {
        source: std::net::IpAddr::from([192, 0, 2, host]),
        destination: Family::Ipv4.group(),
        hop_limit: 255,
        message,
    }
}

/// RFC 1071.
fn checksum(message: &[u8]) -> u16 {
    let words = message.chunks(2);
    let words = words.map(|pair| u32::from(pair[0]) << 8 | u32::from(pair.get(1).copied().unwrap_or(0)));
    let mut sum: u32 = words.sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap_or(u16::MAX)
}
