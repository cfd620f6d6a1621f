//! What a handle asks for.

use tokio::sync::oneshot;
use vrrp_core::{Input, InstanceId, Instant, Order, Priority, State, TrackerId};

use super::engine::{Ending, Engine};
use super::open::paced;
use super::virtual_macs::Wanted;
use crate::address::keeper::Present;
use crate::handle::{Command, RequestError, Resigned};
use crate::status::{
    AddressPresence, AddressStatus, Contribution, Incompatible, ServiceStatus, Status, VirtualMacStatus,
};
use crate::vmac;

impl Engine {
    pub(super) fn obey(&mut self, now: Instant, command: Command) {
        match command {
            Command::Health {
                service,
                tracker,
                health,
            } => match self.find(&service) {
                Some(id) if self.tracks(id, tracker) => self.feed(now, id, Input::Track(tracker, health)),
                Some(_) => tracing::warn!(service, tracker = tracker.0, "health of an unknown tracker"),
                None => tracing::warn!(service, "health of an unknown service"),
            },
            Command::Priority { service, priority } => self.set_priority(now, &service, priority),
            Command::Resign { service, reply } => self.resign(now, service, reply),
            Command::Compete { service } => match self.find(&service) {
                Some(id) => self.feed(now, id, Input::Order(Order::Compete)),
                None => tracing::warn!(service, "an order for an unknown service"),
            },
            Command::Pace {
                arp_gap,
                neighbor_gap,
                paces,
            } => {
                let other = paced(arp_gap, neighbor_gap, &paces, &mut self.devices);
                self.announcements.pace_like(other);
            }
            // The time of this turn may be older than the witness: it would see time go back.
            Command::Witness { witness } => self.next_witnesses.push(witness),
            Command::Apply {
                services,
                statics,
                reply,
            } => {
                let result = self.apply(now, services, statics);
                let _gone = reply.send(result);
            }
            Command::Status { reply } => {
                self.asked.ask(reply);
            }
            Command::Stop { at_once, reply } => self.stop(now, at_once, reply),
            Command::Handover { reply } => self.begin_handover(now, reply),
        }
    }

    pub(super) fn find(&self, service: &str) -> Option<InstanceId> {
        let mut instances = self.instances.iter();
        instances
            .find(|(_, instance)| instance.service.name == service && !instance.leaving)
            .map(|(id, _)| *id)
    }

    fn tracks(&self, id: InstanceId, tracker: TrackerId) -> bool {
        self.router
            .get(id)
            .is_some_and(|router| router.health(tracker).is_some())
    }

    fn set_priority(&mut self, now: Instant, service: &str, priority: Priority) {
        let Some(id) = self.find(service) else {
            tracing::warn!(service, "a priority for an unknown service");
            return;
        };
        let Some(mut service) = self.instances.get(&id).map(|instance| instance.service.clone()) else {
            return;
        };
        service.settings.priority = priority;
        let config = match self.config_now(Some(id), &service) {
            Ok(config) => config,
            Err(error) => {
                tracing::warn!(service = service.name, %error, "priority not changed");
                return;
            }
        };
        if let Err(error) = self.router.reconfigure(now, id, config, &mut self.outbox) {
            tracing::warn!(service = service.name, ?error, "priority not changed");
        }
        if let Some(instance) = self.instances.get_mut(&id) {
            instance.service = service;
        }
        self.refresh_link(now, id);
    }

    fn resign(
        &mut self,
        now: Instant,
        service: String,
        reply: oneshot::Sender<Result<Resigned, RequestError>>,
    ) {
        let Some(id) = self.find(&service) else {
            let _gone = reply.send(Err(RequestError::UnknownService(service)));
            return;
        };
        let was_active = self.is_active(id);
        self.feed(now, id, Input::Order(Order::Resign));
        let holding = self.router.get(id).is_some_and(|router| router.holds());
        if was_active && holding {
            self.answer_resigning(id, Err(RequestError::Stopping));
            if let Some(instance) = self.instances.get_mut(&id) {
                instance.resigning = Some(reply);
            }
        } else if was_active {
            let _gone = reply.send(Ok(Resigned::WithoutHold));
        } else {
            let _gone = reply.send(Ok(Resigned::WasNotActive));
        }
    }

    fn stop(&mut self, now: Instant, at_once: bool, reply: Option<oneshot::Sender<()>>) {
        let first = !matches!(self.ending, Ending::Stopping(_));
        let mut replies = match std::mem::take(&mut self.ending) {
            Ending::Stopping(replies) => replies,
            Ending::Open => Vec::new(),
            Ending::HandingOver { reply, .. } => {
                let _gone = reply.send(Err(RequestError::Stopping));
                Vec::new()
            }
        };
        replies.extend(reply);
        self.ending = Ending::Stopping(replies);
        for id in self.ids() {
            // To who was sent away a second word would mean: at once.
            let is_leaving = self.instances.get(&id).is_some_and(|instance| instance.leaving);
            if first && !is_leaving {
                self.feed(now, id, Input::Stop);
            }
            if at_once {
                self.feed(now, id, Input::Stop);
            }
        }
    }

    fn begin_handover(
        &mut self,
        now: Instant,
        reply: oneshot::Sender<Result<crate::handover::Handover, RequestError>>,
    ) {
        if matches!(self.ending, Ending::Open) {
            self.ending = Ending::HandingOver { asked_at: now, reply };
        } else {
            let _gone = reply.send(Err(RequestError::Stopping));
        }
    }

    pub(super) fn status(&self, now: Instant, services: Vec<ServiceStatus>) -> Status {
        Status {
            at_nanos: now.as_nanos(),
            services,
            groups: self.group_statuses(),
            statics: self.statics_status(),
            loop_lag: self.lag,
            packet_wait: self.packet_wait,
            rejected: self.router.counters().rejected,
            overruns: self.overruns,
        }
    }

    pub(super) fn service_status(&self, now: Instant, id: InstanceId) -> Option<ServiceStatus> {
        let instance = self.instances.get(&id)?;
        let router = self.router.get(id)?;
        let settings = &instance.service.settings;
        let contributions = (0_u16..).zip(&settings.trackers).filter_map(|(index, tracker)| {
            let health = router.health(TrackerId(index))?;
            Some(Contribution {
                tracker: index,
                health,
                adds: tracker.weight.contribution(health),
                bars: tracker.weight.bars(health),
            })
        });
        let incompatible = instance
            .incompatible
            .iter()
            .map(|(source, (difference, at))| Incompatible {
                source: *source,
                difference: *difference,
                seen_nanos: at.as_nanos(),
            });
        Some(ServiceStatus {
            name: instance.service.name.clone(),
            group: instance.service.group.clone(),
            held_back: router.held_back(),
            interface: instance.service.interface.clone(),
            state: router.state_name(),
            holding: router.holds() && !self.is_active(id),
            since_nanos: instance.since.as_nanos(),
            since: instance.since_wall,
            for_time: now.since(instance.since),
            why: instance.why,
            standing: router.standing().into(),
            priority: router.priority().get(),
            base_priority: settings.priority.get(),
            resigned: router.resigned(),
            contributions: contributions.collect(),
            last_active: router.last_active().map(|rank| (rank.address, rank.priority)),
            link: router.link(),
            accept_mode: instance.service.accept_mode(),
            virtual_mac: self.virtual_mac_status(id),
            hosts_told: self.hosts_told(id),
            addresses: self.address_statuses(id),
            routing: self.routing_statuses(&instance.entries, instance.holds),
            deadline: router.deadline(),
            counters: *router.counters(),
            leaves: router.leaves(),
            incompatible: incompatible.collect(),
            heard: instance.heard.all(),
            preempt_at: match router.state() {
                State::Backup { preempt_at, .. } => preempt_at,
                State::Initialize { .. } | State::Active { .. } => None,
            },
        })
    }

    fn virtual_mac_status(&self, id: InstanceId) -> Option<VirtualMacStatus> {
        let instance = self.instances.get(&id)?;
        let device = instance.service.virtual_mac_device()?;
        let wanted = instance.virtual_macs.first()?;
        let problem = |one: &Wanted| self.virtual_macs.problem(one.device).map(str::to_owned);
        Some(VirtualMacStatus {
            device,
            mac: vmac::words(wanted.mac),
            up: !self.is_down_virtual_mac(wanted.device),
            problem: instance.virtual_macs.iter().find_map(problem),
        })
    }

    fn address_statuses(&self, id: InstanceId) -> Vec<AddressStatus> {
        let Some(instance) = self.instances.get(&id) else {
            return Vec::new();
        };
        let status = |place: &crate::address::keeper::Place| AddressStatus {
            address: place.address,
            prefix: self.addresses.spec(*place).map_or(0, |spec| spec.prefix),
            interface: self.devices.name(place.device).to_owned(),
            advertised: instance.service.settings.addresses.contains(&place.address),
            wanted: instance.holds,
            present: match self.addresses.present(*place, &self.table, &self.devices) {
                Present::NoDevice => AddressPresence::NoInterface,
                Present::Absent => AddressPresence::Absent,
                Present::Ours => AddressPresence::Ours,
                Present::Foreign => AddressPresence::Foreign,
            },
        };
        instance.places.iter().map(status).collect()
    }
}
