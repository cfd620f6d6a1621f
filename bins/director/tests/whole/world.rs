//! A director, a keeper and a kernel, with a time that passes when it is told to.

use std::time::Duration;

use healthcheck::Health;
use vrrp_core::Instant;
use vrrp_director::{Director, Event, Input, Keeper, KernelEvent};
use vrrp_ipvs::{Destination, ServiceKey, Table};
use vrrp_plan::balance::Balance;

use crate::model::Model;

pub(crate) struct World {
    pub(crate) director: Director,
    pub(crate) keeper: Keeper<Model>,
    pub(crate) kernel: Model,
    pub(crate) now: Instant,
    /// What the director has told since this was last taken.
    pub(crate) events: Vec<Event>,
    pub(crate) kernel_events: Vec<KernelEvent>,
    /// Nothing is carried out before [`World::turn`].
    pub(crate) is_slow: bool,
}

pub(crate) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

impl World {
    /// On a kernel with this table.
    pub(crate) fn begin(balance: Balance, found: &Table) -> Self {
        let kernel = Model::default();
        kernel.inside().table = found.clone();
        let now = Instant::from_nanos(1_000_000_000);
        let mut world = Self {
            director: Director::new(balance).unwrap(),
            keeper: Keeper::new(now, kernel.clone(), found.clone()),
            kernel,
            now,
            events: Vec::new(),
            kernel_events: Vec::new(),
            is_slow: false,
        };
        world.input(Input::Start(found));
        world
    }

    pub(crate) fn input(&mut self, input: Input<'_>) {
        let events = self.director.handle(self.now, input);
        self.events.extend(events);
        self.went_on();
    }

    pub(crate) fn reload(&mut self, balance: Balance) {
        let events = self.director.reload(self.now, balance).unwrap();
        self.events.extend(events);
        self.went_on();
    }

    pub(crate) fn check(&mut self, name: &str, up: bool) {
        let health = if up { Health::Up } else { Health::Down };
        let degraded = false;
        self.input(Input::Check {
            name,
            health,
            degraded,
        });
    }

    fn went_on(&mut self) {
        if !self.is_slow {
            self.turn();
        }
    }

    /// The keeper gets what is new.
    pub(crate) fn turn(&mut self) {
        let steps = self.director.take_steps();
        let wanted = self.director.wanted();
        let served = wanted.iter().filter(|(_, server)| server.serves());
        self.kernel.inside().served = served.map(|(key, _)| *key).collect();
        if !steps.is_empty() || self.now >= self.keeper.deadline() {
            let events = self.keeper.turn(self.now, &steps, None);
            self.kernel_events.extend(events);
        }
    }

    /// Time passes, with all that falls due on the way.
    pub(crate) fn pass(&mut self, time: Duration) {
        let until = plus(self.now, time);
        loop {
            let due = self
                .director
                .deadline()
                .into_iter()
                .chain([self.keeper.deadline()])
                .min();
            let Some(due) = due.filter(|due| *due <= until) else {
                break;
            };
            self.now = due.max(self.now);
            let events = self.director.handle(self.now, Input::Tick);
            self.events.extend(events);
            self.turn();
        }
        self.now = until;
    }

    pub(crate) fn told(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// Weights in the kernel, by what is served.
    pub(crate) fn weights(&self, service: &ServiceKey) -> Vec<(String, u32)> {
        let table = self.kernel.table();
        let server = table.get(service);
        let destinations = server.map(|server| server.destinations().clone());
        let each = destinations.unwrap_or_default().into_values();
        each.map(|Destination { key, weight, .. }| (key.to_string(), weight))
            .collect()
    }
}

fn plus(at: Instant, by: Duration) -> Instant {
    at.plus_nanos(u64::try_from(by.as_nanos()).unwrap())
}
