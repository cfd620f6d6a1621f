//! What stands, for who asks.

use std::sync::Arc;

use healthcheck::{Because, Health};
use vrrp_ipvs::{Destination, Service};

use super::cluster::Cluster;
use super::director::Director;
use super::words::{ServerName, Word};

/// One virtual server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VirtualServerStatus {
    /// Its name.
    pub name: Arc<str>,
    /// `file:line`.
    pub place: String,
    /// The keepalived `virtual_server_group` that it is for.
    pub group: Option<String>,
    /// What the kernel is asked for.
    pub services: Vec<Service>,
    /// Whether enough weight lives.
    pub has_quorum: bool,
    /// How much lives.
    pub living_weight: u64,
    /// How much is needed, cut to what there is.
    pub quorum: u32,
    /// Dead band on both sides of it, cut likewise.
    pub hysteresis: u32,
    /// In the order of the configuration.
    pub servers: Vec<ServerStatus>,
    /// Who serves without a quorum.
    pub sorry: Option<ServerStatus>,
}

/// One real server, or the sorry server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerStatus {
    /// Its name.
    pub name: Arc<str>,
    /// As the first service has it when it serves, with the configured weight.
    pub destination: Destination,
    /// Its share; 0: nothing new; `None`: it is out.
    pub weight: Option<u32>,
    /// Why.
    pub because: Because,
    /// It counts for the quorum.
    pub lives: bool,
    /// It goes, and is left for a moment with weight 0 so that what is under way can end.
    pub is_leaving: bool,
    /// What an operator has said.
    pub word: Word,
    /// What it follows, each with what is known of it.
    pub follows: Vec<(Arc<str>, Health)>,
}

impl Director {
    /// Every virtual server in the order of the configuration.
    #[must_use]
    pub fn status(&self) -> Vec<VirtualServerStatus> {
        let clusters = self.order.iter().filter_map(|name| self.clusters.get(name));
        clusters.map(|cluster| self.status_of_cluster(cluster)).collect()
    }

    /// One virtual server.
    #[must_use]
    pub fn status_of(&self, name: &str) -> Option<VirtualServerStatus> {
        self.clusters
            .get(name)
            .map(|cluster| self.status_of_cluster(cluster))
    }

    fn status_of_cluster(&self, cluster: &Cluster) -> VirtualServerStatus {
        let (plan, pool) = (cluster.plan(), cluster.pool());
        let mut servers: Vec<ServerStatus> = cluster
            .names()
            .filter_map(|name| self.server_status(cluster, name))
            .collect();
        let sorry = plan.sorry.as_ref().and_then(|_| servers.pop());
        VirtualServerStatus {
            name: Arc::clone(cluster.name()),
            place: plan.place.to_string(),
            group: plan.group.clone(),
            services: plan.services.clone(),
            has_quorum: pool.has_quorum(),
            living_weight: pool.living_weight(),
            quorum: pool.config().quorum,
            hysteresis: pool.config().hysteresis,
            servers,
            sorry,
        }
    }

    fn server_status(&self, cluster: &Cluster, name: Arc<str>) -> Option<ServerStatus> {
        let service = &cluster.plan().services.first()?.key;
        let destination = cluster.destination(&name, service)?;
        let place = cluster.pool().place(&name)?;
        let standing = cluster.pool().standing(&name);
        let follows = cluster.server(&name).map(|server| server.follows.as_slice());
        let follows = follows.unwrap_or_default().iter().map(|follows| {
            let known = self.known.get(follows.check.as_str());
            let health = known.map_or(Health::Unknown, |(health, _)| *health);
            (follows.check.as_str().into(), health)
        });
        Some(ServerStatus {
            destination,
            weight: place.weight,
            because: place.because,
            lives: standing.is_some_and(|standing| standing.lives),
            is_leaving: self.wanted.is_leaving(service, &destination.key),
            word: self.words.of(&ServerName {
                virtual_server: Arc::clone(cluster.name()),
                server: Arc::clone(&name),
            }),
            follows: follows.collect(),
            name,
        })
    }
}
