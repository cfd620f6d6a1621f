//! The switch: which port hears what, when, and whether at all.

use std::collections::BTreeMap;
use std::time::Duration;

use vrrp_core::{Instant, InterfaceId};

use crate::clock;
use crate::frame::{Port, Target};
use crate::random::Random;

/// What one direction between two ports does to frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Way {
    /// Frames lost of a million.
    pub loss_ppm: u32,
    /// Frames of a million that come twice.
    pub duplicate_ppm: u32,
    /// Time a frame needs.
    pub delay: Duration,
    /// Added at random, up to this much: frames may overtake each other.
    pub jitter: Duration,
}

impl Default for Way {
    /// Nothing is lost; 20 µs, about what a switch and two stacks need.
    fn default() -> Self {
        Self {
            loss_ppm: 0,
            duplicate_ppm: 0,
            delay: Duration::from_micros(20),
            jitter: Duration::ZERO,
        }
    }
}

impl Way {
    /// Nothing comes through: one direction of a partition.
    #[must_use]
    pub fn deaf() -> Self {
        Self {
            loss_ppm: 1_000_000,
            ..Self::default()
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Plug {
    up: bool,
    island: u8,
    segment: InterfaceId,
}

/// One switch for each interface that nodes have, with a port per node and client.
#[derive(Debug, Clone)]
pub struct Fabric {
    plugs: Vec<Plug>,
    usual: Way,
    ways: BTreeMap<(Port, Port), Way>,
    looped: bool,
    random: Random,
}

impl Fabric {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            plugs: Vec::new(),
            usual: Way::default(),
            ways: BTreeMap::new(),
            looped: false,
            random: Random::new(seed),
        }
    }

    pub(crate) fn attach(&mut self, segment: InterfaceId) -> Port {
        self.plugs.push(Plug {
            up: true,
            island: 0,
            segment,
        });
        Port(self.plugs.len() - 1)
    }

    /// Every way that was not set by itself.
    pub fn set_usual(&mut self, way: Way) {
        self.usual = way;
    }

    /// The way from one port to another; the way back is its own.
    pub fn set_way(&mut self, from: Port, to: Port, way: Way) {
        self.ways.insert((from, to), way);
    }

    /// The way from one port to another.
    #[must_use]
    pub fn way(&self, from: Port, to: Port) -> Way {
        self.ways.get(&(from, to)).copied().unwrap_or(self.usual)
    }

    /// Opens or closes a port.
    pub fn set_up(&mut self, port: Port, up: bool) {
        if let Some(plug) = self.plugs.get_mut(port.0) {
            plug.up = up;
        }
    }

    /// Whether a port is open.
    #[must_use]
    pub fn is_up(&self, port: Port) -> bool {
        self.plugs.get(port.0).is_some_and(|plug| plug.up)
    }

    /// Ports of different islands do not hear each other.
    pub fn set_island(&mut self, port: Port, island: u8) {
        if let Some(plug) = self.plugs.get_mut(port.0) {
            plug.island = island;
        }
    }

    /// The island a port is on.
    #[must_use]
    pub fn island(&self, port: Port) -> u8 {
        self.plugs.get(port.0).map_or(0, |plug| plug.island)
    }

    /// The interface of nodes that this switch is for.
    #[must_use]
    pub fn segment(&self, port: Port) -> Option<InterfaceId> {
        self.plugs.get(port.0).map(|plug| plug.segment)
    }

    /// A looped LAN: every broadcast frame comes twice, and back to its sender too.
    pub fn set_looped(&mut self, looped: bool) {
        self.looped = looped;
    }

    /// Whether any way loses frames.
    #[must_use]
    pub fn loses(&self) -> bool {
        self.usual.loss_ppm > 0 || self.ways.values().any(|way| way.loss_ppm > 0)
    }

    /// When and where a frame that leaves now arrives.
    pub(crate) fn carry(&mut self, now: Instant, from: Port, target: Target) -> Vec<(Instant, Port)> {
        if !self.is_up(from) {
            return Vec::new();
        }
        let mut arrivals = Vec::new();
        for port in (0..self.plugs.len()).map(Port) {
            let (meant, copies) = match target {
                Target::Everyone => (port != from || self.looped, 1 + usize::from(self.looped)),
                Target::One(one) => (port == one, 1),
            };
            let apart = self.island(port) != self.island(from) || self.segment(port) != self.segment(from);
            if !meant || apart || !self.is_up(port) {
                continue;
            }
            for _ in 0..copies {
                let first = self.travel(now, from, port);
                let again = first.and_then(|_| self.duplicate(now, from, port));
                arrivals.extend(first.into_iter().chain(again).map(|at| (at, port)));
            }
        }
        arrivals
    }

    fn travel(&mut self, now: Instant, from: Port, to: Port) -> Option<Instant> {
        let way = self.way(from, to);
        if self.random.chance(way.loss_ppm) {
            return None;
        }
        Some(self.travel_time(now, way))
    }

    fn travel_time(&mut self, now: Instant, way: Way) -> Instant {
        let jitter_nanos = self.random.below(clock::nanos(way.jitter));
        clock::after(now, way.delay).plus_nanos(jitter_nanos)
    }

    fn duplicate(&mut self, now: Instant, from: Port, to: Port) -> Option<Instant> {
        let way = self.way(from, to);
        self.random
            .chance(way.duplicate_ppm)
            .then(|| self.travel_time(now, way))
    }
}
