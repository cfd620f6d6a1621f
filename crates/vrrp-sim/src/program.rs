//! The program on a node: the real `Router`, what it has been told, and what waits for it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

use vrrp_core::{
    Config, Family, Health, Input, InstanceId, Instant, InterfaceId, Order, Router, StateName, Tracker,
    TrackerId, VirtualRouter, Weight,
};

use crate::frame::Datagram;

/// What waits for the program.
#[derive(Debug, Clone)]
pub(crate) enum Waiting {
    Packet(InterfaceId, Arc<Datagram>),
    Link(InterfaceId, bool),
    Input(Input),
    InputOf(usize, Input),
    Announced(IpAddr),
    Configure(usize, Box<Config>),
    RemoveLeftovers,
}

/// What the program has been told: kept apart from the core, to judge the core by it.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// Interfaces with a carrier.
    pub(crate) up: BTreeSet<InterfaceId>,
    pub(crate) stopping: bool,
    healths: BTreeMap<(Which, TrackerId), Health>,
    /// Asked to let another serve, and not asked back or Active since (PRJ-STOP-04).
    resigned: BTreeSet<Which>,
}

/// One router of a program: interface, family, VRID.
type Which = (Option<InterfaceId>, Family, u8);

fn which(config: &Config) -> Which {
    let settings = config.settings();
    (settings.interface, settings.family, settings.vrid.get())
}

/// more than a number times its weight may add.
const VALUE_ADDS_MAX: i64 = 253;

impl Told {
    pub(crate) fn hear(&mut self, config: &Config, input: &Input) {
        match input {
            Input::Track(id, health) => {
                self.healths.insert((which(config), *id), *health);
            }
            Input::Order(Order::Resign) => {
                self.resigned.insert(which(config));
            }
            Input::Order(Order::Compete) => {
                self.resigned.remove(&which(config));
            }
            Input::Stop => self.stopping = true,
            Input::Start => self.stopping = false,
            Input::Tick
            | Input::Link(_)
            | Input::Heard(_)
            | Input::Failed(_)
            | Input::Recovered
            | Input::SuccessorAnswers => {}
        }
    }

    pub(crate) fn bars(&self, config: &Config) -> bool {
        let closed = |(id, tracker): (u16, &Tracker)| tracker.weight.bars(self.health(config, id, tracker));
        let down = config
            .interface
            .is_some_and(|interface| !self.up.contains(&interface));
        self.stopping || down || (0..).zip(&config.trackers).any(closed)
    }

    fn health(&self, config: &Config, id: u16, tracker: &Tracker) -> Health {
        let health = self.healths.get(&(which(config), TrackerId(id))).copied();
        health.unwrap_or(tracker.initial)
    }

    pub(crate) fn is_active(&mut self, config: &Config) {
        self.resigned.remove(&which(config));
    }

    pub(crate) fn resigned(&self, config: &Config) -> bool {
        self.resigned.contains(&which(config))
    }

    /// X-04 by its words: the base and the sum of what each object adds, within 1 to 254; an owner's is 255.
    pub(crate) fn priority(&self, config: &Config) -> u8 {
        let base = config.priority.get();
        if base == 255 {
            return base;
        }
        let adds = |(id, tracker): (u16, &Tracker)| {
            let Weight::Adjust { value, reverse } = tracker.weight else {
                return 0;
            };
            let value = i64::from(value);
            let well = match self.health(config, id, tracker) {
                Health::Unknown => return 0,
                Health::Value(number) => {
                    let product = i64::from(number) * if reverse { -value } else { value };
                    return if product < -VALUE_ADDS_MAX {
                        0
                    } else {
                        product.min(VALUE_ADDS_MAX)
                    };
                }
                Health::Up => !reverse,
                Health::Down => reverse,
            };
            if well == (value > 0) { value } else { 0 }
        };
        let sum: i64 = (0..).zip(&config.trackers).map(adds).sum();
        u8::try_from((i64::from(base) + sum).clamp(1, 254)).unwrap_or(base)
    }
}

#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) router: Router,
    pub(crate) ids: Vec<InstanceId>,
    pub(crate) stalled_until: Option<Instant>,
    pub(crate) told: Told,
    /// Addresses that others have announced while a router of this node was in hold.
    pub(crate) announced: BTreeSet<IpAddr>,
    /// When an address was last defended, on the node's own clock.
    pub(crate) defended_at: BTreeMap<IpAddr, Instant>,
}

/// DEFEND_INTERVAL of RFC 5227: an address is defended no more often (NET-ARP-08).
const DEFEND_NANOS: u64 = 10_000_000_000;

impl Program {
    /// Another station announced `address`: whether to answer that it is here, as an Active Router does once in ten seconds.
    pub(crate) fn may_defend(&mut self, now: Instant, address: IpAddr) -> bool {
        let answers = |router: &VirtualRouter| {
            router.state_name() == StateName::Active && addresses(router.config()).contains(&address)
        };
        let rested = |at: &Instant| now.nanos_since(*at) >= DEFEND_NANOS;
        let may = self.router.iter().any(|(_, router)| answers(router))
            && self.defended_at.get(&address).is_none_or(rested);
        if may {
            let _before = self.defended_at.insert(address, now);
        }
        may
    }

    /// Another station announced `address`: the routers in hold of which every address has now been announced.
    pub(crate) fn answered_by_another(&mut self, address: IpAddr) -> Vec<InstanceId> {
        let in_hold = |router: &VirtualRouter| router.holds() && router.state_name() == StateName::Initialize;
        if !self.router.iter().any(|(_, router)| in_hold(router)) {
            self.announced.clear();
            return Vec::new();
        }
        self.announced.insert(address);
        let routers = self.router.iter().filter(|(_, router)| in_hold(router));
        let answered = routers.filter(|(_, router)| {
            let addresses = addresses(router.config());
            addresses.contains(&address) && addresses.iter().all(|one| self.announced.contains(one))
        });
        answered.map(|(id, _)| id).collect()
    }
}

/// What a router holds: advertised and not advertised.
pub(crate) fn addresses(config: &Config) -> Vec<IpAddr> {
    config
        .addresses
        .iter()
        .chain(&config.held_only)
        .copied()
        .collect()
}
