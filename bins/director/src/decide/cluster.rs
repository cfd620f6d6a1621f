//! One virtual server: its pool, and what follows from it for its services.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::Arc;

use healthcheck::{Because, Health, LastResort, Member, Pool, PoolAction, PoolConfig, PoolError, PoolInput};
use vrrp_core::{Instant, Weight};
use vrrp_ipvs::{Destination, DestinationKey, Service, ServiceKey};
use vrrp_plan::balance::{Follows, RealServer, VirtualServer};

use super::telling::Stood;
use super::wanted::Wanted;
use crate::event::{Event, When};

/// A check that there is not: nothing is ever known of it. No check has an empty name.
const NOBODYS: &str = "";

/// A virtual server with what is known and wanted of it.
#[derive(Debug, Clone)]
pub(super) struct Cluster {
    pub(super) name: Arc<str>,
    pub(super) plan: Arc<VirtualServer>,
    pub(super) pool: Pool,
    index: BTreeMap<Arc<str>, usize>,
    /// Who follows a check, by their places in the plan.
    followers: BTreeMap<Arc<str>, Vec<usize>>,
    /// Out until their checks have spoken, though the configuration does not ask for it.
    pub(super) held: BTreeSet<Arc<str>>,
    /// Of whom it was told last that they are down.
    pub(super) told_down: BTreeSet<Arc<str>>,
    /// Destinations that several servers of the plan come to in one service: a port that the kernel cannot change.
    shared: BTreeMap<(ServiceKey, DestinationKey), Vec<Arc<str>>>,
    /// Nobody has been found yet, and those before this place have spoken.
    pub(super) seeks_from: Option<usize>,
}

impl Cluster {
    pub(super) fn new(plan: Arc<VirtualServer>, held: BTreeSet<Arc<str>>) -> Result<Self, PoolError> {
        let pool = Pool::new(config(&plan, &held, &BTreeSet::new()))?;
        let mut cluster = Self {
            name: plan.name.as_str().into(),
            plan,
            pool,
            index: BTreeMap::new(),
            followers: BTreeMap::new(),
            held,
            told_down: BTreeSet::new(),
            shared: BTreeMap::new(),
            seeks_from: None,
        };
        cluster.learn();
        Ok(cluster)
    }

    fn learn(&mut self) {
        self.index.clear();
        self.followers.clear();
        for (at, server) in self.plan.servers.iter().enumerate() {
            self.index.insert(server.name.as_str().into(), at);
            for follows in &server.follows {
                let followers = self.followers.entry(follows.check.as_str().into()).or_default();
                if followers.last() != Some(&at) {
                    followers.push(at);
                }
            }
        }
        self.shared = shared(&self.plan);
    }

    pub(super) const fn name(&self) -> &Arc<str> {
        &self.name
    }

    pub(super) const fn plan(&self) -> &Arc<VirtualServer> {
        &self.plan
    }

    /// The same, but for where it stands in the file: so that nobody keeps the one before.
    pub(super) fn take_equal(&mut self, plan: Arc<VirtualServer>) {
        self.plan = plan;
    }

    pub(super) const fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Before the start.
    pub(super) const fn had_quorum(&mut self) {
        self.pool.had_quorum();
    }

    pub(super) fn checks(&self) -> impl Iterator<Item = &Arc<str>> {
        self.followers.keys()
    }

    pub(super) fn follows_any(&self, checks: &BTreeSet<Arc<str>>) -> bool {
        checks.iter().any(|check| self.followers.contains_key(check))
    }

    pub(super) fn server(&self, name: &str) -> Option<&RealServer> {
        self.plan.servers.get(*self.index.get(name)?)
    }

    /// Its servers that follow a check.
    pub(super) fn followers(&self, check: &str) -> impl Iterator<Item = &RealServer> {
        let followers = self.followers.get(check).into_iter().flatten();
        followers.filter_map(|at| self.plan.servers.get(*at))
    }

    /// An input, and what follows from it: in the wanted table, and to be told.
    pub(super) fn take(
        &mut self,
        now: Instant,
        input: PoolInput<'_>,
        when: When,
        wanted: &mut Wanted,
        events: &mut Vec<Event>,
    ) {
        let touched: Vec<Arc<str>> = match input {
            PoolInput::Check { name, .. } => self.followers(name).map(|s| s.name.as_str().into()).collect(),
            PoolInput::Place { member, .. } | PoolInput::Weigh { member, .. } => vec![member.into()],
            PoolInput::Start | PoolInput::Restate => Vec::new(),
        };
        let stood: Vec<Stood> = touched.iter().map(|name| self.stood(name)).collect();
        let told_before = events.len();
        let begins = matches!(input, PoolInput::Start);
        let actions = self.pool.handle(input);
        for (name, stood) in touched.into_iter().zip(stood) {
            self.tell_life(&name, stood, when, events);
        }
        // Of another virtual server's news nothing follows for the weights of this one.
        let only_weights = events.len() == told_before;
        if begins {
            self.tell_first(|_| true, events);
            self.seeks_from = self.plan.fallback_command.is_some().then_some(0);
        }
        self.act(now, actions, only_weights, when, wanted, events);
        self.tell_none_found(events);
    }

    /// What is known of these checks is forgotten, as what has their names now looks at something else. Everybody stays where he
    /// is: who has failed is out for what is not known yet. What the pool has is by names, and only what nobody follows is
    /// forgotten there.
    pub(super) fn forget(&mut self, checks: &BTreeSet<Arc<str>>) -> Result<(), PoolError> {
        if !self.follows_any(checks) {
            return Ok(());
        }
        let mut plan = VirtualServer::clone(&self.plan);
        let out = self.held_on(&plan);
        for server in &mut plan.servers {
            server
                .follows
                .retain(|follows| !checks.contains(follows.check.as_str()));
            if out.contains(server.name.as_str()) {
                server.follows.push(Follows {
                    check: NOBODYS.to_owned(),
                    weight: Weight::from_keepalived(0, false),
                    alpha: true,
                });
            }
        }
        let config = config(&plan, &out, &self.living());
        // Nobody comes or goes by it.
        self.pool.reconfigure(config).map(drop)
    }

    fn living(&self) -> BTreeSet<Arc<str>> {
        self.names_of_servers().filter(|name| self.lives(name)).collect()
    }

    /// Goes on with another plan (a reload): what keeps its name keeps what is known of it.
    pub(super) fn replace(
        &mut self,
        now: Instant,
        plan: Arc<VirtualServer>,
        held: BTreeSet<Arc<str>>,
        known: impl Fn(&str) -> Option<(Health, bool)>,
        wanted: &mut Wanted,
        events: &mut Vec<Event>,
    ) -> Result<(), PoolError> {
        let config = config(&plan, &held, &self.living());
        let lived: BTreeMap<Arc<str>, Stood> = plan
            .servers
            .iter()
            .filter(|server| self.index.contains_key(server.name.as_str()))
            .map(|server| (server.name.as_str().into(), self.lived(&server.name)))
            .collect();
        let sorry = self.plan.sorry.as_ref().map(|sorry| sorry.name.clone());
        let served = sorry.filter(|name| self.serves(name));
        let actions = self.pool.reconfigure_knowing(config, known)?;
        let asks_now = plan.fallback_command.is_some() && self.plan.fallback_command.is_none();
        self.plan = plan;
        self.held = held;
        self.learn();
        let index = &self.index;
        self.told_down.retain(|name| index.contains_key(name));
        self.tell_first(|name| !lived.contains_key(name), events);
        for (name, stood) in lived {
            self.tell_life(&name, stood, When::Running, events);
        }
        let gone = served.filter(|name| self.plan.sorry.as_ref().is_none_or(|sorry| sorry.name != *name));
        events.extend(gone.map(|name| Event::Sorry {
            virtual_server: Arc::clone(&self.name),
            server: name.into(),
            serves: false,
        }));
        let notices = actions.into_iter().filter(|action| {
            let quorum = matches!(action, PoolAction::QuorumGained | PoolAction::QuorumLost);
            let last = self.plan.sorry.as_ref().map(|sorry| sorry.name.as_str());
            quorum || member(action).is_some_and(|name| Some(&**name) == last)
        });
        let notices = notices.collect();
        self.act(now, notices, false, When::Running, wanted, events);
        // Who writes a command while nobody serves means this time already.
        self.seeks_from = self.seeks_from.map(|_| 0).or(asks_now.then_some(0));
        self.place_all(now, wanted);
        Ok(())
    }

    /// Everything that it wants, and nothing else in its services.
    pub(super) fn place_all(&self, now: Instant, wanted: &mut Wanted) {
        for service in &self.plan.services {
            wanted.serve(service);
            let mut there: BTreeSet<DestinationKey> = wanted.destinations(&service.key).into_iter().collect();
            for name in self.names() {
                if let Some(key) = self.key(&name, &service.key) {
                    there.remove(&key);
                    self.put(now, &name, service, wanted);
                }
            }
            for key in there {
                wanted.unset(now, &service.key, &key, false);
            }
        }
    }

    pub(super) fn names_of_servers(&self) -> impl Iterator<Item = Arc<str>> {
        let servers = self.plan.servers.iter();
        servers.map(|server| server.name.as_str().into())
    }

    pub(super) fn names(&self) -> impl Iterator<Item = Arc<str>> {
        let last = self.plan.sorry.iter().map(|sorry| sorry.name.as_str().into());
        self.names_of_servers().chain(last)
    }

    fn act(
        &self,
        now: Instant,
        actions: Vec<PoolAction>,
        only_weights: bool,
        when: When,
        wanted: &mut Wanted,
        events: &mut Vec<Event>,
    ) {
        let only_weights = only_weights && actions.iter().all(|action| member(action).is_some());
        for action in &actions {
            if let Some(name) = member(action) {
                for service in &self.plan.services {
                    self.put(now, name, service, wanted);
                }
            }
            // Who comes or goes has no other weight beside.
            if only_weights || !self.is_weight(action) {
                self.tell(action, when, events);
            }
        }
    }

    /// Puts a server where its pool wants it in one service.
    fn put(&self, now: Instant, name: &str, service: &Service, wanted: &mut Wanted) {
        let Some(key) = self.key(name, &service.key) else {
            return;
        };
        let sharers = self.shared.get(&(service.key, key));
        let best = match sharers {
            None => self.pool.place(name).map(|place| (Arc::from(name), place)),
            // One destination cannot be there twice: whoever serves is there for the others too.
            Some(names) => names
                .iter()
                .filter_map(|name| Some((Arc::clone(name), self.pool.place(name)?)))
                .max_by_key(|(_, place)| place.weight),
        };
        let destination = best.as_ref().and_then(|(name, place)| {
            let weight = place.weight?.min(Destination::WEIGHT_MAX);
            Some(Destination {
                weight,
                ..self.destination(name, &service.key)?
            })
        });
        match destination {
            Some(destination) => wanted.set(now, &service.key, destination),
            None => {
                let dead = sharers.is_none() && best.is_some_and(|(_, place)| is_failure(&place.because));
                wanted.unset(now, &service.key, &key, dead);
            }
        }
    }

    fn key(&self, name: &str, service: &ServiceKey) -> Option<DestinationKey> {
        Some(self.destination(name, service)?.key)
    }

    pub(super) fn destination(&self, name: &str, service: &ServiceKey) -> Option<Destination> {
        if let Some(server) = self.server(name) {
            return Some(server.in_service(service));
        }
        let sorry = self.plan.sorry.as_ref();
        Some(sorry.filter(|sorry| sorry.name == name)?.in_service(service))
    }

    fn serves(&self, name: &str) -> bool {
        self.pool.place(name).is_some_and(|place| place.serves())
    }

    pub(super) fn lives(&self, name: &str) -> bool {
        self.pool.standing(name).is_some_and(|standing| standing.lives)
    }

    /// Who stays out of the plan that comes until his checks have spoken: who has failed and now follows others, or has
    /// been held before. A reload must not put a dead server in.
    pub(super) fn held_on(&self, next: &VirtualServer) -> BTreeSet<Arc<str>> {
        let stays_out = |server: &&RealServer| {
            let Some(standing) = self.pool.standing(&server.name) else {
                return false;
            };
            self.held.contains(server.name.as_str()) && !standing.lives || is_failure(&standing.because)
        };
        let out = next.servers.iter().filter(stays_out);
        out.map(|server| server.name.as_str().into()).collect()
    }
}

const fn member(action: &PoolAction) -> Option<&Arc<str>> {
    match action {
        PoolAction::Add { member, .. }
        | PoolAction::Weight { member, .. }
        | PoolAction::Remove { member } => Some(member),
        PoolAction::QuorumGained | PoolAction::QuorumLost => None,
    }
}

const fn is_failure(because: &Because) -> bool {
    matches!(
        because,
        Because::Failed(_) | Because::Unchecked(_) | Because::WeightBelowZero
    )
}

/// Who is held waits for his checks, and with `alpha` everybody but who lives: that is for the start, and a reload that has given
/// a check another look must not take out who is well.
fn config(plan: &VirtualServer, held: &BTreeSet<Arc<str>>, living: &BTreeSet<Arc<str>>) -> PoolConfig {
    let members = plan.servers.iter().map(|server| {
        let mut member = Member::new(server.name.as_str()).weight(server.destination.weight);
        member.inhibit = server.inhibit;
        let name = server.name.as_str();
        member.alpha = held.contains(name);
        let lives = living.contains(name);
        let follows = server.follows.iter();
        follows.fold(member, |member, follows| {
            let (check, weight) = (follows.check.as_str(), follows.weight);
            if follows.alpha && !lives {
                member.awaits(check, weight)
            } else {
                member.follows(check, weight)
            }
        })
    });
    let last = plan.sorry.as_ref().map(|sorry| LastResort::Server {
        name: sorry.name.as_str().into(),
        weight: sorry.destination.weight,
        inhibit: sorry.inhibit,
    });
    PoolConfig::new(members)
        .quorum(plan.quorum, plan.hysteresis)
        .last_resort(last.unwrap_or_default())
}

fn shared(plan: &VirtualServer) -> BTreeMap<(ServiceKey, DestinationKey), Vec<Arc<str>>> {
    let mut shared: BTreeMap<_, Vec<Arc<str>>> = BTreeMap::new();
    // Of a thousand servers hardly any has the address of another, and no others come to one destination.
    let addresses = plan.servers.iter().map(|server| &server.destination);
    let addresses = addresses.chain(plan.sorry.iter().map(|sorry| &sorry.destination));
    let mut several: HashMap<IpAddr, bool> = HashMap::new();
    for destination in addresses {
        let again = several.entry(destination.key.address);
        again.and_modify(|several| *several = true).or_insert(false);
    }
    if !several.values().any(|several| *several) {
        return shared;
    }
    let meets = |destination: &Destination| several.get(&destination.key.address) == Some(&true);
    for service in &plan.services {
        let mut seen: BTreeMap<DestinationKey, &str> = BTreeMap::new();
        let members = plan.servers.iter().filter(|server| meets(&server.destination));
        let members = members.map(|server| (server.name.as_str(), server.in_service(&service.key)));
        let last = plan.sorry.iter().filter(|sorry| meets(&sorry.destination));
        let last = last.map(|sorry| (sorry.name.as_str(), sorry.in_service(&service.key)));
        for (name, destination) in members.chain(last) {
            let Some(first) = seen.get(&destination.key) else {
                seen.insert(destination.key, name);
                continue;
            };
            let names = shared.entry((service.key, destination.key));
            names.or_insert_with(|| vec![Arc::from(*first)]).push(name.into());
        }
    }
    shared
}
