//! What differs between two balances.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Balance, VirtualServer};

impl Balance {
    /// Virtual servers that are new, gone, or different: those of this one first, then those that only `before` has.
    #[must_use]
    pub fn differs_from(&self, before: &Self) -> Vec<String> {
        let known = by_name(before);
        let ours = by_name(self);
        let other = |server: &&Arc<VirtualServer>| known.get(server.name.as_str()) != Some(server);
        let gone = |server: &&Arc<VirtualServer>| !ours.contains_key(server.name.as_str());
        let new = self.servers.iter().filter(other);
        new.chain(before.servers.iter().filter(gone))
            .map(|server| server.name.clone())
            .collect()
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
