//! What is told of one virtual server and its real servers.

use std::sync::Arc;

use healthcheck::{Because, PoolAction};

use vrrp_plan::balance::RealServer;

use super::cluster::Cluster;
use crate::event::{Event, When};

/// How a server stood before something was learnt of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stood {
    lived: bool,
    /// Out, since its checks had not spoken.
    awaited: bool,
}

impl Cluster {
    pub(super) fn stood(&self, name: &str) -> Stood {
        let standing = self.pool.standing(name);
        // Of who is held it has been told already that he is down.
        let waits = |because: &Because| matches!(because, Because::Unchecked(_)) && !self.held.contains(name);
        Stood {
            lived: standing.as_ref().is_some_and(|standing| standing.lives),
            awaited: standing.is_some_and(|standing| waits(&standing.because)),
        }
    }

    /// The same at a reload, which is no news of a server's checks.
    pub(super) fn lived(&self, name: &str) -> Stood {
        Stood {
            lived: self.lives(name),
            awaited: false,
        }
    }

    /// Of the servers that are in before anything is known of them, where the configuration wants it.
    pub(super) fn tell_first(&self, is_new: impl Fn(&str) -> bool, events: &mut Vec<Event>) {
        if !self.plan.tells_first {
            return;
        }
        for server in self.plan.servers.iter().filter(|server| is_new(&server.name)) {
            let lives = self.pool.standing(&server.name).filter(|standing| standing.lives);
            events.extend(lives.map(|standing| Event::Server {
                virtual_server: Arc::clone(&self.name),
                server: server.name.as_str().into(),
                up: true,
                because: standing.because,
                when: When::Start,
            }));
        }
    }

    pub(super) fn tell_life(&mut self, name: &Arc<str>, stood: Stood, when: When, events: &mut Vec<Event>) {
        let Some(standing) = self.pool.standing(name) else {
            return;
        };
        let never_was = stood.awaited && matches!(standing.because, Because::Failed(_));
        if standing.lives != stood.lived || never_was && !self.told_down.contains(name) {
            if standing.lives {
                self.told_down.remove(name);
            } else {
                self.told_down.insert(Arc::clone(name));
            }
            events.push(Event::Server {
                virtual_server: Arc::clone(&self.name),
                server: Arc::clone(name),
                up: standing.lives,
                because: standing.because,
                when,
            });
        }
    }

    /// Once after the beginning; each server is looked at until it has spoken, and then no more.
    pub(super) fn tell_none_found(&mut self, events: &mut Vec<Event>) {
        let Some(from) = self.seeks_from else {
            return;
        };
        if self.pool.has_quorum() {
            self.seeks_from = None;
            return;
        }
        let has_spoken = |server: &RealServer| {
            let standing = self.pool.standing(&server.name);
            standing.is_none_or(|standing| !matches!(standing.because, Because::Unchecked(_)))
        };
        let mut servers = self.plan.servers.iter().enumerate().skip(from);
        self.seeks_from = servers.find(|(_, server)| !has_spoken(server)).map(|(at, _)| at);
        if self.seeks_from.is_none() {
            events.push(Event::NoneFound {
                virtual_server: Arc::clone(&self.name),
            });
        }
    }

    pub(super) fn is_weight(&self, action: &PoolAction) -> bool {
        matches!(action, PoolAction::Weight { member, .. } if self.server(member).is_some())
    }

    pub(super) fn tell(&self, action: &PoolAction, when: When, events: &mut Vec<Event>) {
        let virtual_server = Arc::clone(&self.name);
        let is_last = |name: &Arc<str>| self.server(name).is_none();
        let event = match action {
            PoolAction::QuorumGained | PoolAction::QuorumLost => Event::Quorum {
                virtual_server,
                gained: *action == PoolAction::QuorumGained,
                living_weight: self.pool.living_weight(),
                when,
            },
            PoolAction::Add { member, weight } | PoolAction::Weight { member, weight } if is_last(member) => {
                // An inhibited one comes with weight 0 at the start.
                if *weight == 0 && matches!(action, PoolAction::Add { .. }) {
                    return;
                }
                Event::Sorry {
                    virtual_server,
                    server: Arc::clone(member),
                    serves: *weight > 0,
                }
            }
            PoolAction::Remove { member } if is_last(member) => Event::Sorry {
                virtual_server,
                server: Arc::clone(member),
                serves: false,
            },
            PoolAction::Weight { member, weight } if *weight > 0 && self.lives(member) => Event::Weight {
                virtual_server,
                server: Arc::clone(member),
                weight: *weight,
            },
            PoolAction::Add { .. } | PoolAction::Weight { .. } | PoolAction::Remove { .. } => return,
        };
        events.push(event);
    }

    /// What is told where the program ends.
    pub(super) fn farewell(&self, events: &mut Vec<Event>) {
        if !self.plan.omega {
            return;
        }
        for server in &self.plan.servers {
            let living = self.pool.standing(&server.name).filter(|standing| standing.lives);
            if let Some(standing) = living {
                events.push(Event::Server {
                    virtual_server: Arc::clone(&self.name),
                    server: server.name.as_str().into(),
                    up: false,
                    because: standing.because,
                    when: When::Stop,
                });
            }
        }
        if self.pool.has_quorum() {
            events.push(Event::Quorum {
                virtual_server: Arc::clone(&self.name),
                gained: false,
                living_weight: 0,
                when: When::Stop,
            });
        }
    }
}
