//! What differs between two balances.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Balance, VirtualServer};

/// Virtual servers by their names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes {
    /// Those that were not there.
    pub new: Vec<String>,
    /// Those that are there, and different.
    pub changed: Vec<String>,
    /// Those that are no more.
    pub gone: Vec<String>,
}

impl Changes {
    /// Whether all are as before.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Balance {
    /// Virtual servers that are new, gone, or different.
    #[must_use]
    pub fn differs_from(&self, before: &Self) -> Changes {
        let known = by_name(before);
        let ours = by_name(self);
        let mut changes = Changes::default();
        for server in &self.servers {
            match known.get(server.name.as_str()) {
                None => changes.new.push(server.name.clone()),
                Some(before) if *before != server => changes.changed.push(server.name.clone()),
                Some(_) => {}
            }
        }
        let gone = |server: &&Arc<VirtualServer>| !ours.contains_key(server.name.as_str());
        let gone = before.servers.iter().filter(gone);
        changes.gone = gone.map(|server| server.name.clone()).collect();
        changes
    }

    /// What `before` serves and this one does not: virtual servers, and real servers of those that stay.
    #[must_use]
    pub fn lost_since(&self, before: &Self) -> Vec<String> {
        let ours = by_name(self);
        let mut lost = Vec::new();
        for one in &before.servers {
            let Some(now) = ours.get(one.name.as_str()) else {
                lost.push(format!("virtual server {}", one.name));
                continue;
            };
            let before = one.servers.iter().map(|server| &server.name);
            if before.eq(now.servers.iter().map(|server| &server.name)) {
                continue;
            }
            let stays: BTreeSet<&str> = now.servers.iter().map(|server| server.name.as_str()).collect();
            let gone = one.servers.iter().map(|server| server.name.as_str());
            let gone = gone.filter(|name| !stays.contains(name));
            lost.extend(gone.map(|name| format!("{name} of {}", one.name)));
        }
        lost
    }

    /// Whether all but the virtual servers is the same.
    #[must_use]
    pub fn is_otherwise_as(&self, before: &Self) -> bool {
        let Self {
            servers: _,
            checks,
            timeouts,
            sync,
            flush_at_start,
            at_stop,
        } = self;
        *checks == before.checks
            && *timeouts == before.timeouts
            && *sync == before.sync
            && *flush_at_start == before.flush_at_start
            && *at_stop == before.at_stop
    }
}

fn by_name(balance: &Balance) -> BTreeMap<&str, &Arc<VirtualServer>> {
    let named = balance.servers.iter();
    named.map(|server| (server.name.as_str(), server)).collect()
}
