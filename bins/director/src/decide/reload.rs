//! Another balance while this one is carried out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use vrrp_core::Instant;
use vrrp_ipvs::{Destination, ServiceKey, Table};
use vrrp_plan::balance::{Balance, RealServer, VirtualServer};

use super::cluster::Cluster;
use super::director::Director;
use super::fault::{self, BalanceError};
use super::heirs::Heirs;
use super::words::ServerName;
use crate::event::{Event, When};

impl Director {
    /// Goes on with another balance. What keeps its name keeps what is said of it; what is known of a check goes to the one that
    /// looks at the same, whatever its name. What did not change is not touched. Who goes while he is well goes slowly.
    ///
    /// # Errors
    /// What is wrong with it; nothing has changed then.
    pub fn reload(&mut self, now: Instant, mut balance: Balance) -> Result<Vec<Event>, BalanceError> {
        fault::check(&balance)?;
        let heirs = Heirs::between(&self.rest.checks, &balance.checks);
        let silent = self.words.retain(&balance, &heirs);
        self.wanted.tick(now);
        let mut events = Vec::new();
        let plans = std::mem::take(&mut balance.servers);
        let known = balance.checks.iter().filter_map(|check| {
            let known = heirs.of(&check.name, &self.known)?;
            Some((check.name.as_str().into(), *known))
        });
        self.known = known.collect();
        self.rest = balance;
        self.take_plans(now, plans, &heirs.changed, &mut events);
        let followers = silent.iter().filter_map(|check| self.followers.get(check));
        let unweighed: BTreeSet<Arc<str>> = followers.flatten().cloned().collect();
        for name in unweighed {
            self.weigh_all(now, &name, &mut events);
        }
        Ok(events)
    }

    fn take_plans(
        &mut self,
        now: Instant,
        plans: Vec<Arc<VirtualServer>>,
        strangers: &BTreeSet<Arc<str>>,
        events: &mut Vec<Event>,
    ) {
        let mut before = std::mem::take(&mut self.clusters);
        self.order = plans.iter().map(|plan| plan.name.as_str().into()).collect();
        let (mut new, mut changed) = (Vec::new(), Vec::new());
        for plan in plans {
            let name: Arc<str> = plan.name.as_str().into();
            let cluster = match before.remove(&name) {
                Some(mut old) if *old.plan() == plan && !old.follows_any(strangers) => {
                    old.take_equal(plan);
                    Some(old)
                }
                Some(mut old) if self.started => {
                    let held = self.held(&old, &plan);
                    let known = |check: &str| self.known.get(check).copied();
                    // Examined: it cannot fail.
                    let _ = old.forget(strangers);
                    let _ = old.replace(now, plan, held, known, &mut self.wanted, events);
                    changed.push(Arc::clone(&name));
                    Some(old)
                }
                Some(_) | None => {
                    new.push(Arc::clone(&name));
                    let held = self.unfound(&plan, |_| true);
                    Cluster::new(plan, held).ok()
                }
            };
            self.clusters.extend(cluster.map(|cluster| (name, cluster)));
        }
        self.learn_followers();
        if self.started {
            for name in new {
                self.begin(now, &name, When::Start, events);
            }
            for name in changed {
                self.weigh_all(now, &name, events);
            }
            self.cease_unwanted();
            self.forget_found();
        }
    }

    /// Who is not to be in before its checks have spoken, of a virtual server that was there before.
    fn held(&self, old: &Cluster, plan: &VirtualServer) -> BTreeSet<Arc<str>> {
        let mut held = old.held_on(plan);
        held.extend(self.unfound(plan, |server| old.server(&server.name).is_none()));
        held
    }

    /// Whether a real server of it served when the table was found: then it had its quorum.
    pub(super) fn served(&self, plan: &VirtualServer) -> bool {
        let serves = |service: &ServiceKey, server: &RealServer| {
            let key = server.in_service(service).key;
            let found = self.found.get(service);
            found
                .and_then(|found| found.destination(&key))
                .is_some_and(Destination::serves)
        };
        let mut services = plan.services.iter().map(|service| &service.key);
        services.any(|service| plan.servers.iter().any(|server| serves(service, server)))
    }

    /// Of a virtual server that begins as the kernel's table has it, the servers that are not in there with a weight.
    pub(super) fn unfound(
        &self,
        plan: &VirtualServer,
        asked: impl Fn(&RealServer) -> bool,
    ) -> BTreeSet<Arc<str>> {
        if !plan.begins_as_found {
            return BTreeSet::new();
        }
        let tables = [&self.found, self.wanted.table()];
        let serves = |service: &ServiceKey, destination: &Destination| {
            let servers = tables.iter().filter_map(|table: &&Table| table.get(service));
            let mut found = servers.filter_map(|server| server.destination(&destination.key));
            found.any(Destination::serves)
        };
        let is_there = |server: &RealServer| {
            let mut services = plan.services.iter().map(|service| &service.key);
            services.any(|service| serves(service, &server.in_service(service)))
        };
        let servers = plan.servers.iter().filter(|server| asked(server));
        let unfound = servers.filter(|server| !is_there(server));
        unfound.map(|server| server.name.as_str().into()).collect()
    }

    fn learn_followers(&mut self) {
        let mut followers: BTreeMap<Arc<str>, Vec<Arc<str>>> = BTreeMap::new();
        for (name, cluster) in &self.clusters {
            for check in cluster.checks() {
                let followers = followers.entry(Arc::clone(check)).or_default();
                followers.push(Arc::clone(name));
            }
        }
        self.followers = followers;
    }

    fn weigh_all(&mut self, now: Instant, name: &Arc<str>, events: &mut Vec<Event>) {
        let Some(cluster) = self.clusters.get_mut(name) else {
            return;
        };
        let servers: Vec<Arc<str>> = cluster.names_of_servers().collect();
        for server in servers {
            let virtual_server = Arc::clone(name);
            let name = ServerName {
                virtual_server,
                server,
            };
            super::director::weigh(now, cluster, &self.words, &name, &mut self.wanted, events);
        }
    }

    fn services(&self) -> BTreeSet<ServiceKey> {
        let clusters = self.clusters.values();
        let services = clusters.flat_map(|cluster| &cluster.plan().services);
        services.map(|service| service.key).collect()
    }

    fn cease_unwanted(&mut self) {
        let wanted = self.services();
        let there = self.wanted.table().iter().map(|(key, _)| *key);
        let gone: Vec<ServiceKey> = there.filter(|key| !wanted.contains(key)).collect();
        for key in gone {
            self.wanted.cease(&key);
        }
    }

    /// What is ours now is no longer as it was found.
    pub(super) fn forget_found(&mut self) {
        for key in self.services() {
            self.found.take(&key);
        }
    }
}
