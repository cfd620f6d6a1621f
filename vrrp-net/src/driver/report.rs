//! What happened, told to whoever listens, and written to the log where the loop itself did it.

use std::io;
use std::time::SystemTime;

use vrrp_core::{InstanceId, Instant, InterfaceId, Link, Rejected, Report, Standing, StateName, Suppressed};

use super::channels::Key;
use super::engine::Engine;
use super::oddities::{Oddity, advice};
use crate::address::keeper::{Place, Present};
use crate::event::{Event, Happening};
use crate::handle::{Gone, RequestError, Resigned};

/// Failures of one kind are told so often.
const TELL_AGAIN_NANOS: u64 = 60_000_000_000;

impl Engine {
    pub(super) fn tell(&self, now: Instant, id: Option<InstanceId>, what: Happening) {
        let service = id
            .and_then(|id| self.instances.get(&id))
            .map(|instance| instance.name.clone());
        let router = id.and_then(|id| self.router.get(id));
        let last_active = router.and_then(|router| router.last_active());
        // Nobody listens: nobody misses it.
        let _receivers = self.events.send(Event {
            service,
            at_nanos: now.as_nanos(),
            wall: SystemTime::now(),
            priority: router.map(|router| router.priority().get()),
            last_active: last_active.map(|rank| (rank.address, rank.priority)),
            what,
        });
    }

    fn name(&self, id: InstanceId) -> &str {
        self.instances
            .get(&id)
            .map_or("?", |instance| instance.service.name.as_str())
    }

    pub(super) fn tell_report(&mut self, now: Instant, id: InstanceId, report: Report) {
        tracing::debug!(service = self.name(id), ?report, "core");
        if let (Report::Transition(transition), Some(instance)) = (report, self.instances.get_mut(&id)) {
            instance.since = now;
            instance.since_wall = SystemTime::now();
            instance.why = Some(transition.cause);
            instance.answered.clear();
            if transition.to == StateName::Initialize {
                self.warn_of_an_owner_that_stays(id);
            }
        }
        match report {
            Report::HoldEnded { successor } => {
                let answer = successor.map_or_else(|| self.without_successor(id), |to| Ok(Resigned::To(to)));
                self.answer_resigning(id, answer);
            }
            // Undone in the middle, or taken back by its whole group.
            Report::Transition(transition) if transition.to == StateName::Active => {
                self.answer_resigning(id, Err(RequestError::NobodyTookOver));
            }
            _ => {}
        }
        self.tell(now, Some(id), Happening::Core(report));
    }

    /// PRJ-FSM-07: an owner's addresses are not ours to remove; with a Backup in its place two nodes answer.
    fn warn_of_an_owner_that_stays(&self, id: InstanceId) {
        let Some(instance) = self.instances.get(&id) else {
            return;
        };
        let foreign =
            |place: &&Place| self.addresses.present(**place, &self.table, &self.devices) == Present::Foreign;
        if instance.service.settings.priority.is_owner()
            && let Some(place) = instance.places.iter().find(foreign)
        {
            tracing::warn!(
                service = instance.service.name, address = %place.address,
                "the owner has stopped and its interface keeps the address: both this node and its Backup will answer; \
                 take the interface down too"
            );
        }
    }

    /// What the end of a hold means in which no successor was heard: the router has made up its mind by now.
    fn without_successor(&self, id: InstanceId) -> Result<Resigned, RequestError> {
        let Some(router) = self.router.get(id) else {
            return Err(RequestError::Gone(Gone));
        };
        match (router.state_name(), router.standing()) {
            (StateName::Active, _) => Err(RequestError::NobodyTookOver),
            (_, Standing::Barred(bar)) => Err(RequestError::Barred(bar)),
            (_, Standing::Eligible(_)) => Ok(Resigned::Unheard),
        }
    }

    pub(super) fn answer_resigning(&mut self, id: InstanceId, answer: Result<Resigned, RequestError>) {
        let waiting = self
            .instances
            .get_mut(&id)
            .and_then(|instance| instance.resigning.take());
        if let Some(reply) = waiting {
            let _gone = reply.send(answer);
        }
    }

    pub(super) fn tell_rejected(&mut self, now: Instant, key: Key, rejected: &Rejected) {
        let interface = match key {
            Key::Device(device, _) | Key::Virtual { parent: device, .. } => self.devices.name(device),
            Key::Local(_) => "-",
        };
        if let Some(Suppressed(suppressed)) = rejected.log {
            let service = rejected.instance.map(|id| self.name(id));
            let difference = rejected.difference.map(|difference| difference.to_string());
            tracing::warn!(
                service, interface, source = %rejected.source, reject = %rejected.reject, difference, suppressed,
                "a packet was discarded"
            );
            let what = Happening::Rejected {
                reject: rejected.reject,
                source: rejected.source,
                difference: rejected.difference,
                suppressed,
            };
            self.tell(now, rejected.instance, what);
        }
        if let (Some(difference), Some(instance)) = (
            rejected.difference,
            rejected.instance.and_then(|id| self.instances.get_mut(&id)),
        ) {
            instance.note_incompatible(rejected.source, difference, now);
        }
    }

    /// V3-7.1-10, V3-7.1-11, PRJ-RX-05: believed, and yet worth a line.
    pub(super) fn tell_odd(&mut self, now: Instant, key: Key, oddity: &Oddity) {
        let interface = match key {
            Key::Device(device, _) | Key::Virtual { parent: device, .. } => {
                self.devices.name(device).to_owned()
            }
            Key::Local(_) => "-".to_owned(),
        };
        let Some(instance) = self.instances.get_mut(&oddity.id) else {
            return;
        };
        let (warning, source) = (oddity.warning, oddity.source);
        let difference = oddity.odd.difference;
        let Suppressed(suppressed) = oddity.odd.log;
        tracing::warn!(
            service = instance.service.name, interface, %source, warning = warning.id(),
            difference = difference.map(|difference| difference.to_string()), suppressed,
            "an advertisement was believed although it is odd: {}", advice(warning)
        );
        let what = Happening::Odd {
            warning,
            source,
            difference,
            suppressed,
        };
        self.tell(now, Some(oddity.id), what);
    }

    pub(super) fn tell_send_failed(&mut self, now: Instant, id: InstanceId, error: &io::Error) {
        let Some(instance) = self.instances.get_mut(&id) else {
            return;
        };
        let again = |at: Instant| now.nanos_since(at) >= TELL_AGAIN_NANOS;
        if instance.send_failure_told_at.is_none_or(again) {
            instance.send_failure_told_at = Some(now);
            tracing::warn!(service = instance.service.name, %error, "an advertisement was not sent");
            let error = error.to_string();
            self.tell(now, Some(id), Happening::SendFailed { error });
        }
    }

    /// Once: it is so as long as the addresses and the link are as they are.
    pub(super) fn tell_large(&mut self, id: InstanceId) {
        let Some(instance) = self.instances.get_mut(&id).filter(|one| !one.large_told) else {
            return;
        };
        instance.large_told = true;
        tracing::warn!(
            service = instance.service.name,
            interface = instance.service.interface,
            "an advertisement is larger than the interface's MTU and leaves in pieces, with the physical MAC and not with the \
             virtual one; advertise fewer addresses (virtual_ipaddress_excluded holds without advertising)"
        );
    }

    pub(super) fn tell_socket_failed(&mut self, now: Instant, id: InstanceId, error: &io::Error) {
        let Some(instance) = self.instances.get_mut(&id) else {
            return;
        };
        let again = |at: Instant| now.nanos_since(at) >= TELL_AGAIN_NANOS;
        if instance.send_failure_told_at.is_none_or(again) {
            instance.send_failure_told_at = Some(now);
            tracing::error!(
                service = instance.service.name, interface = instance.service.interface, %error,
                "the VRRP socket cannot be opened; the service takes no part until it can, tried again at every audit"
            );
        }
    }

    pub(super) fn tell_link(&self, now: Instant, id: InstanceId, link: Link) {
        let Some(instance) = self.instances.get(&id) else {
            return;
        };
        let interface = instance.service.interface.clone().unwrap_or_default();
        tracing::info!(
            service = instance.service.name,
            interface,
            up = link.up,
            primary = link.primary.map(tracing::field::display),
            "link"
        );
        let what = Happening::Link {
            interface,
            up: link.up,
            primary: link.primary,
        };
        self.tell(now, Some(id), what);
    }

    /// Once.
    pub(super) fn tell_below(&self, now: Instant, id: InstanceId, place: Place) {
        let interface = self.devices.name(place.device).to_owned();
        tracing::warn!(
            service = self.name(id), address = %place.address, interface,
            "a virtual address is on the interface below its virtual MAC as well, and that answers for it with its own MAC; \
             remove it there (`ip address delete {} dev {interface}`)", place.address
        );
        let what = Happening::AddressForeign {
            address: place.address,
            interface,
        };
        self.tell(now, Some(id), what);
    }

    /// Once, until it is another.
    pub(super) fn tell_virtual_mac(&self, now: Instant, device: InterfaceId, problem: Option<&str>) {
        let name = self.devices.name(device).to_owned();
        let concerned = self
            .instances
            .iter()
            .filter(|(_, instance)| instance.virtual_macs.iter().any(|one| one.device == device));
        for (id, instance) in concerned {
            let service = &instance.service.name;
            match problem {
                Some(problem) => tracing::error!(
                    service,
                    device = name,
                    "no virtual MAC, and the service takes no part until there is: {problem}"
                ),
                None => tracing::info!(service, device = name, "the device with the virtual MAC is there"),
            }
            let what = Happening::VirtualMac {
                device: name.clone(),
                problem: problem.map(str::to_owned),
            };
            self.tell(now, Some(*id), what);
        }
    }

    pub(super) fn tell_static_lost(&self, place: Place, times: usize) {
        let interface = self.devices.name(place.device);
        tracing::warn!(address = %place.address, interface, times, "somebody else has deleted a static address; it was made again");
    }

    pub(super) fn tell_lost(&self, now: Instant, id: InstanceId, place: Place, times: usize) {
        let interface = self.devices.name(place.device).to_owned();
        tracing::warn!(
            service = self.name(id), address = %place.address, interface, times,
            "somebody else has deleted a held address; it was made again"
        );
        let what = Happening::AddressLost {
            address: place.address,
            interface,
            times,
        };
        self.tell(now, Some(id), what);
    }

    pub(super) fn tell_claimed(&self, now: Instant, id: InstanceId, place: Place, mac: [u8; 6]) {
        let interface = self.devices.name(place.device).to_owned();
        let mac = mac.map(|octet| format!("{octet:02x}")).join(":");
        tracing::warn!(
            service = self.name(id), address = %place.address, interface, mac,
            "another host claims a held address; answered, and held on to"
        );
        let what = Happening::AddressClaimed {
            address: place.address,
            interface,
            mac,
        };
        self.tell(now, Some(id), what);
    }

    /// Once, until it has gone or became ours.
    pub(super) fn tell_foreign(&mut self, now: Instant, place: Place) {
        if !self.foreign_told.insert(place) {
            return;
        }
        let interface = self.devices.name(place.device).to_owned();
        let mut concerned = Vec::new();
        for (id, instance) in &self.instances {
            // PRJ-FSM-07: the owner's addresses are its own, and meant to be there.
            let owner = instance.service.settings.priority.is_owner();
            if instance.places.contains(&place) && !owner {
                concerned.push(*id);
            }
        }
        for id in concerned {
            tracing::warn!(
                service = self.name(id), address = %place.address, interface,
                "a virtual address is on this node already and is left alone; this node also answers for it while Backup"
            );
            let what = Happening::AddressForeign {
                address: place.address,
                interface: interface.clone(),
            };
            self.tell(now, Some(id), what);
        }
    }

    pub(super) fn tell_address_failed(&self, now: Instant, place: Place, adding: bool, error: &io::Error) {
        let interface = self.devices.name(place.device).to_owned();
        let what = if adding { "made" } else { "removed" };
        tracing::error!(address = %place.address, interface, %error, "an address cannot be {what}");
        let holders = self
            .instances
            .iter()
            .filter(|(_, instance)| instance.places.contains(&place));
        for (id, _) in holders {
            let what = Happening::AddressFailed {
                address: place.address,
                interface: interface.clone(),
                adding,
                error: error.to_string(),
            };
            self.tell(now, Some(*id), what);
        }
    }

    pub(super) fn tell_leftover(&self, now: Instant, place: Place) {
        let interface = self.devices.name(place.device).to_owned();
        tracing::info!(address = %place.address, interface, "removed an address that an earlier life had left behind");
        let owner = self
            .instances
            .iter()
            .find(|(_, instance)| instance.places.contains(&place));
        let what = Happening::LeftoverRemoved {
            address: place.address,
            interface,
        };
        self.tell(now, owner.map(|(id, _)| *id), what);
    }

    /// Whether a router is Active at the moment.
    pub(super) fn is_active(&self, id: InstanceId) -> bool {
        self.router
            .get(id)
            .is_some_and(|router| router.state_name() == StateName::Active)
    }
}
