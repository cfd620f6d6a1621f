//! Routes and rules under running routers: made behind the addresses, removed before them, put back when others take them.

use std::collections::BTreeSet;

use vrrp_core::{Failure, Input, InstanceId, Instant};

use super::engine::Engine;
use crate::address::keeper::LOSSES_MAX;
use crate::event::Happening;
use crate::netlink;
use crate::routing::{self, Entry, Gone, News, Presence, STATICS};
use crate::service::Service;
use crate::status::{RoutingPresence, RoutingStatus};

/// Datagrams of events read in one turn.
const DATAGRAMS: usize = 512;

/// What a service holds beside its addresses, in the order in which it is made.
pub(super) fn entries_of(service: &Service) -> Vec<Entry> {
    let routes = service.routes.iter().map(Entry::route);
    routes.chain(service.rules.iter().map(Entry::rule)).collect()
}

/// Whether losing it counts against the service. What expires is meant to go.
fn is_tracked(service: &Service, entry: &Entry) -> bool {
    let untracked_route =
        |route: &crate::Route| (route.no_track || route.expires_s.is_some()) && Entry::route(route) == *entry;
    let untracked_rule = |rule: &crate::Rule| rule.no_track && Entry::rule(rule) == *entry;
    !service.routes.iter().any(untracked_route) && !service.rules.iter().any(untracked_rule)
}

impl Engine {
    /// The kernel is heard of routes from the moment on that there are some to hold.
    pub(super) fn fit_route_events(&mut self) {
        let wanted = self
            .instances
            .values()
            .any(|instance| !instance.entries.is_empty())
            || !self.statics.routes.is_empty()
            || !self.statics.rules.is_empty();
        if !wanted || self.route_events.is_some() {
            return;
        }
        match routing::open() {
            Ok(socket) => self.route_events = Some(socket),
            Err(error) => {
                tracing::warn!(%error, "routes cannot be watched; what others take away is put back at the next audit");
            }
        }
    }

    /// Removes what nobody wants any more, the last made first.
    pub(super) fn take_away(&mut self, now: Instant, entries: &[Entry]) {
        if !entries.is_empty() {
            let news = self
                .routing
                .remove(entries, &self.table, self.addresses.requests());
            self.tell_routing(now, news);
        }
    }

    /// Makes what is wanted and not there.
    pub(super) fn bring(&mut self, now: Instant, entries: &[Entry]) {
        if !entries.is_empty() {
            let news = self.routing.make(entries, &self.table, self.addresses.requests());
            self.tell_routing(now, news);
        }
    }

    /// Asks for everything that is wanted and that `is` picks, and puts back what was lost.
    pub(super) fn look_after_routing(&mut self, now: Instant, seen_to_go: bool, is: impl Fn(&Entry) -> bool) {
        let entries: Vec<Entry> = self
            .routing
            .all_wanted()
            .filter(|entry| is(entry))
            .cloned()
            .collect();
        if entries.is_empty() {
            return;
        }
        let news = self
            .routing
            .verify(&entries, seen_to_go, &self.table, self.addresses.requests());
        self.tell_routing(now, news);
    }

    /// Reads what the kernel tells of routes and rules that go.
    pub(super) fn hear_routes(&mut self, now: Instant) {
        let Some(events) = &self.route_events else {
            return;
        };
        let (mut gone, mut doubtful) = (BTreeSet::new(), BTreeSet::new());
        let mut left = DATAGRAMS;
        let routing = &self.routing;
        let mut note = |one: Gone| {
            for entry in routing.all_wanted().filter(|entry| one.may_be(entry)) {
                let certain = one.bears_mark(entry, routing.tag());
                let list = if certain { &mut gone } else { &mut doubtful };
                let _new = list.insert(entry.clone());
            }
        };
        loop {
            let Some(more) = left.checked_sub(1) else {
                self.unread = true;
                break;
            };
            left = more;
            match netlink::receive(events, &mut self.netlink_buffer) {
                Ok(Some(datagram)) => routing::each_gone(datagram, &mut note),
                Ok(None) => break,
                // ENOBUFS, or whatever else: what was told is incomplete.
                Err(_lost) => {
                    note(Gone::Anything);
                    break;
                }
            }
        }
        if gone.is_empty() && doubtful.is_empty() {
            return;
        }
        // A link that goes down takes routes along, and is told of behind them: what the core makes of the link comes first.
        self.hear_links(now);
        self.carry_out(now);
        while !self.work.is_empty() {
            self.work_window(now);
        }
        self.look_after_routing(now, true, |entry| gone.contains(entry));
        self.look_after_routing(now, false, |entry| {
            doubtful.contains(entry) && !gone.contains(entry)
        });
        self.carry_out(now);
    }

    fn concerned(&self, entry: &Entry) -> Vec<InstanceId> {
        let has = self
            .instances
            .iter()
            .filter(|(_, instance)| instance.entries.contains(entry));
        has.map(|(id, _)| *id).collect()
    }

    fn tell_routing(&mut self, now: Instant, news: Vec<News>) {
        let quiet = news.is_empty();
        for item in news {
            match item {
                News::Made(entry) => tracing::debug!(%entry, "made"),
                News::Removed(entry) => tracing::debug!(%entry, "removed"),
                News::Foreign(entry) => {
                    tracing::info!(%entry, "was there before and is left alone; it stays when it is not wanted any more");
                }
                News::PutBack(entry) => self.put_back(now, &entry),
                News::Lost(entry, error) => {
                    let said = error.to_string();
                    tracing::error!(%entry, error = said, "somebody else has removed it, and it cannot be put back");
                    for id in self.concerned(&entry) {
                        self.tell(now, Some(id), failed(&entry, true, &said));
                    }
                    self.count_against(now, &entry);
                }
                News::Failed { entry, adding, error } => {
                    let what = if adding { "made" } else { "removed" };
                    tracing::error!(%entry, %error, "cannot be {what}; tried again at every audit");
                    for id in self.concerned(&entry) {
                        self.tell(now, Some(id), failed(&entry, adding, &error.to_string()));
                    }
                }
            }
        }
        if !quiet {
            self.refresh_statics(now);
        }
    }

    fn put_back(&mut self, now: Instant, entry: &Entry) {
        let times = self.routing.lost(now, entry);
        tracing::warn!(%entry, times, "somebody else has removed it; it was put back");
        for id in self.routing.holders(entry).to_vec() {
            if id != STATICS {
                let what = Happening::RoutingLost {
                    entry: entry.to_string(),
                    times,
                };
                self.tell(now, Some(id), what);
            }
        }
        if times >= LOSSES_MAX {
            self.count_against(now, entry);
            self.routing.forget_losses(entry);
        }
    }

    /// The service that cannot keep it makes way to another router for a while, as with an address.
    fn count_against(&mut self, now: Instant, entry: &Entry) {
        for id in self.routing.holders(entry).to_vec() {
            let counts = self
                .instances
                .get(&id)
                .is_some_and(|instance| is_tracked(&instance.service, entry));
            if counts {
                self.feed(now, id, Input::Failed(Failure::Hold));
            }
        }
    }

    pub(super) fn routing_statuses(&self, entries: &[Entry], wanted: bool) -> Vec<RoutingStatus> {
        let status = |entry: &Entry| RoutingStatus {
            entry: match entry {
                Entry::Route(route) => route.to_string(),
                Entry::Rule(rule) => rule.to_string(),
            },
            is_rule: matches!(entry, Entry::Rule(_)),
            wanted,
            present: match self.routing.presence(entry) {
                Presence::Absent => RoutingPresence::Absent,
                Presence::Ours => RoutingPresence::Ours,
                Presence::Foreign => RoutingPresence::Foreign,
                Presence::Refused(why) => RoutingPresence::Refused(why),
            },
        };
        entries.iter().map(status).collect()
    }
}

fn failed(entry: &Entry, adding: bool, error: &str) -> Happening {
    Happening::RoutingFailed {
        entry: entry.to_string(),
        adding,
        error: error.to_owned(),
    }
}
