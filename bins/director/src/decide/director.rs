//! The value itself.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use healthcheck::{Health, Placement, PoolInput};
use vrrp_core::Instant;
use vrrp_ipvs::Table;
use vrrp_plan::balance::Balance;

use super::cluster::Cluster;
use super::fault::BalanceError;
use super::input::{Input, NoSuchServer, Which};
use super::steps::Step;
use super::wanted::Wanted;
use super::words::{ServerName, Word, Words};
use crate::event::{Event, When};

/// Decides who serves in every virtual server of a [`Balance`]: a pool for each, and the kernel's table that all of them want.
/// Pure: no clock, no I/O; an input costs what it concerns, not a look at everything.
///
/// ```
/// use healthcheck::Health;
/// use vrrp_core::Instant;
/// use vrrp_director::{Director, Input};
/// use vrrp_ipvs::Table;
/// use vrrp_plan::balance::Balance;
///
/// let mut director = Director::new(Balance::default())?;
/// let now = Instant::from_nanos(0);
/// director.handle(now, Input::Start(&Table::new()));
/// director.handle(now, Input::Check { name: "web1", health: Health::Down, degraded: false });
/// assert!(director.wanted().is_empty() && director.deadline().is_none());
/// # Ok::<(), vrrp_director::BalanceError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Director {
    /// Its virtual servers are in `clusters`.
    pub(super) rest: Balance,
    pub(super) clusters: BTreeMap<Arc<str>, Cluster>,
    /// Their names in the order of the configuration.
    pub(super) order: Vec<Arc<str>>,
    /// Which virtual servers follow a check.
    pub(super) followers: BTreeMap<Arc<str>, Vec<Arc<str>>>,
    pub(super) known: BTreeMap<Arc<str>, (Health, bool)>,
    pub(super) words: Words,
    pub(super) wanted: Wanted,
    /// The kernel's table as it was found, but for what became ours.
    pub(super) found: Table,
    pub(super) started: bool,
}

impl Director {
    /// Nothing is wanted yet.
    ///
    /// # Errors
    /// What is wrong with the balance.
    pub fn new(balance: Balance) -> Result<Self, BalanceError> {
        let mut director = Self {
            rest: Balance::default(),
            clusters: BTreeMap::new(),
            order: Vec::new(),
            followers: BTreeMap::new(),
            known: BTreeMap::new(),
            words: Words::default(),
            wanted: Wanted::default(),
            found: Table::new(),
            started: false,
        };
        director.reload(Instant::default(), balance)?;
        Ok(director)
    }

    /// Takes an input; what is to be told of it, in order. What is to be done is in [`Self::take_steps`].
    pub fn handle(&mut self, now: Instant, input: Input<'_>) -> Vec<Event> {
        let mut events = Vec::new();
        self.wanted.tick(now);
        match input {
            Input::Start(found) => self.start(now, found, &mut events),
            Input::Check {
                name,
                health,
                degraded,
            } => self.check(now, name, (health, degraded), &mut events),
            Input::CheckWeight { name, weight } => self.check_weight(now, name, weight, &mut events),
            Input::Place(which, placement) => {
                let change = |word: Word| Word { placement, ..word };
                self.say(now, which, change, &mut events);
            }
            Input::Say(which, word) => self.say(now, which, |_| word, &mut events),
            Input::Weigh(which, weight) => {
                let change = |word: Word| Word { weight, ..word };
                self.say(now, which, change, &mut events);
            }
            Input::Tick => {}
            Input::Stop => {
                for cluster in self.clusters.values() {
                    cluster.farewell(&mut events);
                }
            }
        }
        events
    }

    /// When to call [`Self::handle`] with [`Input::Tick`]: somebody goes then who was to go slowly.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.wanted.deadline()
    }

    /// The whole table that is wanted, of these virtual servers.
    #[must_use]
    pub const fn wanted(&self) -> &Table {
        self.wanted.table()
    }

    /// What of it has changed since this was last asked.
    pub fn take_steps(&mut self) -> Vec<Step> {
        self.wanted.take_steps()
    }

    /// All servers that an operator means.
    ///
    /// # Errors
    /// There is none.
    pub fn find(&self, which: &Which) -> Result<Vec<ServerName>, NoSuchServer> {
        let named = |cluster: &Cluster| {
            cluster.server(&which.server).map(|server| ServerName {
                virtual_server: Arc::clone(cluster.name()),
                server: server.name.as_str().into(),
            })
        };
        let server = which.server.clone();
        if let Some(name) = &which.virtual_server {
            let cluster = self.clusters.get(name.as_str());
            let cluster = cluster.ok_or_else(|| NoSuchServer::VirtualServer(name.clone()))?;
            let virtual_server = name.clone();
            let missing = || NoSuchServer::ServerOf {
                virtual_server,
                server,
            };
            return Ok(vec![named(cluster).ok_or_else(missing)?]);
        }
        let found: Vec<ServerName> = self.clusters.values().filter_map(named).collect();
        if found.is_empty() {
            return Err(NoSuchServer::Server(server));
        }
        Ok(found)
    }

    /// What operators have said, for who starts this anew.
    pub fn words(&self) -> impl Iterator<Item = (&ServerName, &Word)> {
        self.words.said().iter()
    }

    /// The present configuration but for its virtual servers.
    #[must_use]
    pub const fn rest(&self) -> &Balance {
        &self.rest
    }

    /// The checks that are to run: of every virtual server, but of one with `ha_suspend` only while it is here.
    pub fn checks_of(&self, is_here: impl Fn(&str) -> bool) -> BTreeSet<Arc<str>> {
        let suspended = self.suspended(is_here);
        let clusters = self.clusters.iter();
        let awake = clusters.filter(|(name, _)| !suspended.contains(&***name));
        awake.flat_map(|(_, cluster)| cluster.checks().cloned()).collect()
    }

    /// Virtual servers with `ha_suspend` that are not here.
    pub fn suspended(&self, is_here: impl Fn(&str) -> bool) -> BTreeSet<String> {
        let plans = self.clusters.values().map(Cluster::plan);
        let suspended = plans.filter(|plan| plan.ha_suspend && !is_here(&plan.name));
        suspended.map(|plan| plan.name.clone()).collect()
    }

    fn start(&mut self, now: Instant, found: &Table, events: &mut Vec<Event>) {
        if self.started {
            return;
        }
        self.started = true;
        self.found = found.clone();
        let plans = self
            .clusters
            .values()
            .flat_map(|cluster| &cluster.plan().services);
        let services = plans.filter(|service| found.get(&service.key).is_some()).count();
        if services > 0 {
            events.push(Event::Found { services });
        }
        for name in self.order.clone() {
            let plan = self.clusters.get(&name).map(Cluster::plan);
            if let Some(plan) = plan.filter(|plan| plan.begins_as_found) {
                let held = self.unfound(plan, |_| true);
                // The same names as before: it cannot fail.
                let cluster = Cluster::new(plan.clone(), held).ok();
                self.clusters
                    .extend(cluster.map(|cluster| (Arc::clone(&name), cluster)));
            }
            let plan = self.clusters.get(&name).map(Cluster::plan);
            if plan.is_some_and(|plan| self.served(plan)) {
                self.clusters.get_mut(&name).map(Cluster::had_quorum);
            }
            self.begin(now, &name, When::Start, events);
        }
        self.forget_found();
    }

    fn check(&mut self, now: Instant, name: &str, is: (Health, bool), events: &mut Vec<Event>) {
        let Some((name, followers)) = self.followers.get_key_value(name) else {
            return;
        };
        self.known.insert(Arc::clone(name), is);
        let input = told(name, is);
        for follower in followers {
            if let Some(cluster) = self.clusters.get_mut(follower) {
                cluster.take(now, input, When::Running, &mut self.wanted, events);
            }
        }
    }

    fn check_weight(&mut self, now: Instant, check: &str, weight: u32, events: &mut Vec<Event>) {
        if !self.words.set(check, weight) {
            return;
        }
        for follower in self.followers.get(check).into_iter().flatten() {
            let Some(cluster) = self.clusters.get_mut(follower) else {
                continue;
            };
            let names: Vec<ServerName> = cluster
                .followers(check)
                .map(|server| ServerName {
                    virtual_server: Arc::clone(follower),
                    server: server.name.as_str().into(),
                })
                .collect();
            for name in names {
                weigh(now, cluster, &self.words, &name, &mut self.wanted, events);
            }
        }
    }

    fn say(&mut self, now: Instant, which: &Which, change: impl Fn(Word) -> Word, events: &mut Vec<Event>) {
        for name in self.find(which).unwrap_or_default() {
            let word = change(self.words.of(&name));
            self.words.say(name.clone(), word);
            let Some(cluster) = self.clusters.get_mut(&name.virtual_server) else {
                continue;
            };
            // Who comes back comes with his weight, and not with another one first.
            let comes = word.placement == Placement::Judged;
            if comes {
                weigh(now, cluster, &self.words, &name, &mut self.wanted, events);
            }
            let place = place(&name, word.placement);
            cluster.take(now, place, When::Running, &mut self.wanted, events);
            if !comes {
                weigh(now, cluster, &self.words, &name, &mut self.wanted, events);
            }
        }
    }

    /// Tells a new virtual server what is known, and begins.
    pub(super) fn begin(&mut self, now: Instant, name: &str, when: When, events: &mut Vec<Event>) {
        let Some(cluster) = self.clusters.get_mut(name) else {
            return;
        };
        remind(now, cluster, &self.known, &self.words, &mut self.wanted);
        for service in &cluster.plan().services {
            self.wanted.serve(service);
        }
        cluster.take(now, PoolInput::Start, when, &mut self.wanted, events);
        cluster.place_all(now, &mut self.wanted);
    }
}

fn told<'a>(name: &'a str, (health, degraded): (Health, bool)) -> PoolInput<'a> {
    PoolInput::Check {
        name,
        health,
        degraded,
    }
}

fn place(name: &ServerName, placement: Placement) -> PoolInput<'_> {
    PoolInput::Place {
        member: &name.server,
        placement,
    }
}

pub(super) fn weigh(
    now: Instant,
    cluster: &mut Cluster,
    words: &Words,
    name: &ServerName,
    wanted: &mut Wanted,
    events: &mut Vec<Event>,
) {
    let weight = cluster.server(&name.server);
    let weight = weight.and_then(|server| words.weight(name, server));
    let input = PoolInput::Weigh {
        member: &name.server,
        weight,
    };
    cluster.take(now, input, When::Running, wanted, events);
}

/// Tells a virtual server that has not begun what is known of its checks and has been said of its servers.
fn remind(
    now: Instant,
    cluster: &mut Cluster,
    known: &BTreeMap<Arc<str>, (Health, bool)>,
    words: &Words,
    wanted: &mut Wanted,
) {
    let mut unheard = Vec::new();
    let checks: Vec<Arc<str>> = cluster.checks().cloned().collect();
    for check in checks {
        if let Some(is) = known.get(&check) {
            cluster.take(now, told(&check, *is), When::Start, wanted, &mut unheard);
        }
    }
    let virtual_server = Arc::clone(cluster.name());
    let servers: Vec<Arc<str>> = cluster.names_of_servers().collect();
    for server in servers {
        let virtual_server = Arc::clone(&virtual_server);
        let name = ServerName {
            virtual_server,
            server,
        };
        let word = words.of(&name);
        if word.placement != Placement::Judged {
            let input = place(&name, word.placement);
            cluster.take(now, input, When::Start, wanted, &mut unheard);
        }
        weigh(now, cluster, words, &name, wanted, &mut unheard);
    }
}
