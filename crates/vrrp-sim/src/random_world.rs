//! A world out of a seed: which routers, which faults, and the checks that must hold in it.

use std::time::Duration;

use vrrp_core::{
    Bar, ConfigError, Health, Interval, Order, Priority, Settings, Standing, Tracker, TrackerId, Version,
    VirtualRouter, Weight,
};

use crate::check;
use crate::fabric::Way;
use crate::fault::{Fault, NodeId};
use crate::lan;
use crate::random::Random;
use crate::world::{Violation, World};

/// Faults of one world.
const FAULTS: u64 = 12;
/// A priority-0 retry, the way of frames, leftovers of a crash, and one request of margin.
const WORLD_ITSELF: Duration = Duration::from_millis(250);

/// A winner that has told neighbours of itself within the last second waits for the next.
const ROUND_PAUSE: Duration = Duration::from_secs(1);

/// A router whose sending failed bars itself for up to a minute (PRJ-FAIL-01): only then can it be judged.
const SELF_BARRED: Duration = Duration::from_secs(62);
/// Short ones more seldom: most of the time of a run goes into their advertisements.
const INTERVALS_CS: [u64; 12] = [1, 2, 5, 10, 10, 20, 20, 50, 100, 100, 100, 200];
/// Two bad quartzes.
const DRIFT_PPM_MAX: u64 = 200;

/// A world and what it needs.
#[derive(Debug)]
pub struct RandomWorld {
    /// The world, its faults scheduled.
    pub world: World,
    /// When nothing disturbs it any more, and it has had time to settle: at the latest so, and after a run exactly so.
    pub ends: Duration,
    settle: Duration,
    faults_over_at: Duration,
    /// What was wrong before it began.
    pub(crate) flaw: Option<String>,
}

/// The world of `seed` with `nodes` nodes, at least 1 and at most 200.
///
/// # Errors
/// Never, unless the generator asks for what the core refuses.
pub fn random_world(seed: u64, nodes: u8) -> Result<RandomWorld, ConfigError> {
    drawn_world(Random::new(seed), seed, nodes)
}

/// The world that a fuzzer's bytes choose, of two to four nodes; what they leave open is always the same.
///
/// # Errors
/// Never, unless the generator asks for what the core refuses.
pub fn world_of_bytes(bytes: &[u8]) -> Result<RandomWorld, ConfigError> {
    let mut random = Random::of_octets(bytes);
    let nodes = random.between(2, 4);
    drawn_world(random, 0, u8::try_from(nodes).unwrap_or(2))
}

fn drawn_world(mut random: Random, seed: u64, nodes: u8) -> Result<RandomWorld, ConfigError> {
    let version = if random.below(4) == 0 {
        Version::V2
    } else {
        Version::V3
    };
    let usual = interval(&mut random, version);
    let mixed = version == Version::V3 && random.below(4) == 0;
    // RFC 9568 section 8.4: some routers are version 3 already, and speak both.
    let migrating = version == Version::V2 && random.below(2) == 0;
    let lossy = random.below(4) == 0;
    let (mut slowest, mut fastest) = (usual, usual);
    let mut routers = Vec::new();
    for _ in 0..nodes.clamp(1, 200) {
        let interval = if mixed {
            interval(&mut random, version)
        } else {
            usual
        };
        slowest = slowest.max(interval);
        fastest = fastest.min(interval);
        let mut router = router(&mut random, version, interval);
        if migrating && random.below(2) == 0 {
            router.version = Version::V3;
            router.v2_interop = true;
        }
        routers.push(router);
    }
    let (mut world, ids) = drifting_lan(seed, routers, &mut random)?;
    let way = Way {
        loss_ppm: if lossy { 50_000 } else { 0 },
        duplicate_ppm: if random.below(4) == 0 { 50_000 } else { 0 },
        jitter: Duration::from_micros(random.below(500)),
        ..Way::default()
    };
    world.fabric_mut().set_usual(way);
    let settle = settle(slowest);
    let mut at = settle;
    let mut fails = false;
    for _ in 0..FAULTS {
        let fault = fault(&mut random, &ids, slowest);
        fails |= matches!(fault, Fault::SendFails(..) | Fault::AddressesFail(..));
        let pause = random.below(u64::try_from(settle.as_nanos()).unwrap_or(u64::MAX) * 3 / 2);
        at += Duration::from_nanos(pause);
        world.at(at, fault);
    }
    // No fault lasts longer than one of them.
    let faults_over_at = at + settle;
    let ends = at + settle * 3 + if fails { SELF_BARRED } else { Duration::ZERO };
    let kind = Kind {
        fastest,
        slowest,
        lossy,
        alike: !mixed && !migrating,
    };
    watch(&mut world, kind);
    Ok(RandomWorld {
        world,
        ends,
        settle,
        faults_over_at,
        flaw: None,
    })
}

/// What decides which checks hold in a world of one virtual router per node.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kind {
    pub(crate) fastest: Interval,
    pub(crate) slowest: Interval,
    /// Frames may be lost.
    pub(crate) lossy: bool,
    /// One interval, and one version of all.
    pub(crate) alike: bool,
}

pub(crate) fn watch(world: &mut World, kind: Kind) {
    let Kind {
        fastest,
        slowest,
        lossy,
        alike,
    } = kind;
    world.add_check(check::AddressesFollowTheState::default());
    world.add_check(check::NothingSentWhileBarred::default());
    world.add_check(check::TheNewActiveAnnounces::within(WORLD_ITSELF));
    world.add_check(check::OneActive::after(longest_hold(slowest) + WORLD_ITSELF));
    world.add_check(check::NoBurst::default());
    world.add_check(check::TheStalledStepBack::default());
    world.add_check(check::ThePriorityIsAsTold);
    world.add_check(check::ANewPriorityIsSaidAtOnce::default());
    world.add_check(check::EachVersionIsSaid);
    world.add_check(check::TheOwnerIsActiveAtOnce);
    world.add_check(check::HoldsAsPlanned::default());
    world.add_check(check::TakesOverInTime::default());
    if !lossy {
        let merge = Duration::from_nanos(slowest.nanos());
        world.add_check(check::NoTwoHolders::for_longer_than(
            longest_hold(slowest) + merge + WORLD_ITSELF,
        ));
        world.add_check(check::WinnerAnnounces::within(ROUND_PAUSE + WORLD_ITSELF));
        world.add_check(check::TheActiveIsLeftAlone::at(fastest));
        world.add_check(check::TheBetterStays::default());
        if alike {
            world.add_check(check::TheBestIsFirst::at(slowest));
            world.add_check(check::HandedOver::at(slowest));
        }
    }
}

impl RandomWorld {
    /// Its faults are over at `faults_over_at`, and nothing that went wrong then still does.
    pub(crate) const fn resting_from(world: World, faults_over_at: Duration, settle: Duration) -> Self {
        Self {
            world,
            ends: faults_over_at.saturating_add(settle).saturating_add(settle),
            settle,
            faults_over_at,
            flaw: None,
        }
    }

    /// Runs it to its end.
    ///
    /// # Errors
    /// The first broken invariant.
    pub fn run(&mut self) -> Result<(), Violation> {
        if let Some(found) = self.flaw.take() {
            return Err(Violation {
                check: "settings are refused",
                at: self.world.now(),
                found,
            });
        }
        let mut now = self.faults_over_at;
        self.world.run_until(now)?;
        // Usually nobody waits for its next try any more, and a minute of waiting costs more than all the rest.
        while now < self.ends && self.somebody_waits() {
            now += Duration::from_secs(1);
            self.world.run_until(now)?;
        }
        self.ends = self.ends.min(now + self.settle * 2);
        self.world.run_until(self.ends)
    }

    /// For its next try after a failure of its own (PRJ-FAIL-01).
    fn somebody_waits(&self) -> bool {
        let waits = |router: &VirtualRouter| {
            matches!(
                router.standing(),
                Standing::Barred(Bar::SendFailed | Bar::HoldFailed)
            )
        };
        self.world.nodes().any(|(_, node)| node.routers().any(waits))
    }
}

/// Started nodes with clocks that agree about no second.
fn drifting_lan(
    seed: u64,
    routers: Vec<Settings>,
    random: &mut Random,
) -> Result<(World, Vec<NodeId>), ConfigError> {
    let mut world = World::new(seed);
    let mut ids = Vec::new();
    for (number, settings) in (0..).zip(routers) {
        let mut node = lan::node(number, settings)?;
        let drift = i32::try_from(random.below(2 * DRIFT_PPM_MAX + 1)).unwrap_or(0);
        node.drift_ppm = drift - i32::try_from(DRIFT_PPM_MAX).unwrap_or(0);
        let id = world.add_node(node);
        world.at(Duration::ZERO, Fault::Start(id));
        ids.push(id);
    }
    Ok((world, ids))
}

fn interval(random: &mut Random, version: Version) -> Interval {
    let centiseconds = match version {
        Version::V2 => random.between(1, 3) * 100,
        Version::V3 => *random.one_of(&INTERVALS_CS).unwrap_or(&100),
    };
    u16::try_from(centiseconds)
        .ok()
        .and_then(Interval::from_centiseconds)
        .unwrap_or(Interval::DEFAULT)
}

fn router(random: &mut Random, version: Version, interval: Interval) -> Settings {
    let priority = match random.below(12) {
        0 => 255,
        1 => 254,
        _ => random.between(1, 254),
    };
    let priority = u8::try_from(priority)
        .ok()
        .and_then(Priority::new)
        .unwrap_or(Priority::DEFAULT);
    let mut settings = lan::settings(priority, interval);
    settings.version = version;
    settings.preempt = priority.is_owner() || random.below(4) > 0;
    settings.trackers = vec![
        Tracker {
            weight: Weight::Gate { reverse: false },
            initial: Health::Up,
        },
        Tracker {
            weight: Weight::from_keepalived(-60, false),
            initial: Health::Up,
        },
    ];
    settings
}

fn fault(random: &mut Random, nodes: &[NodeId], slowest: Interval) -> Fault {
    let node = random.one_of(nodes).copied().unwrap_or(NodeId(0));
    let health = if random.below(2) == 0 {
        Health::Down
    } else {
        Health::Up
    };
    let lasts = Duration::from_nanos(random.below(slowest.nanos() * 6));
    match random.below(15) {
        0 => Fault::PowerCut(node),
        1 => Fault::Kill(node),
        2..=4 => Fault::Start(node),
        5 => Fault::Stop(node),
        6 => Fault::LinkDown(node),
        7 => Fault::LinkUp(node),
        8 => Fault::Stall(node, lasts),
        9 => Fault::Order(
            node,
            if random.below(2) == 0 {
                Order::Resign
            } else {
                Order::Compete
            },
        ),
        10 => Fault::Health(node, TrackerId(u16::from(random.below(2) == 0)), health),
        11 => Fault::Partition(
            nodes
                .iter()
                .map(|node| (*node, u8::from(random.below(2) == 0)))
                .collect(),
        ),
        12 => Fault::SendFails(node, lasts),
        13 => Fault::AddressesFail(node, lasts),
        _ => Fault::Heal,
    }
}

/// PRJ-STOP-02, for the slowest router and either version.
fn longest_hold(slowest: Interval) -> Duration {
    Duration::from_nanos(slowest.nanos().max(Interval::DEFAULT.nanos())) + Duration::from_millis(150)
}

/// Longer than every bound of [`check::OneActive`].
pub(crate) fn settle(slowest: Interval) -> Duration {
    Duration::from_nanos(slowest.nanos() * 5) + longest_hold(slowest) + WORLD_ITSELF
}
