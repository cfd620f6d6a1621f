//! What the core asks for, done by a node that may fail at it.

use std::sync::Arc;

use vrrp_core::{Action, Draft, Failure, Input, InstanceId, Report, StateName, VirtualRouter};

use super::{Effects, Node, local};
use crate::Instant;
use crate::frame::{Datagram, Frame, Target};
use crate::kernel::Job;
use crate::program::addresses;
use crate::timeline::What;

impl Node {
    /// Carries out what the core asks for; what could not be done is told to it at once.
    pub(super) fn execute(&mut self, now: Instant, effects: &mut Effects) {
        while !self.outbox.is_empty() {
            let actions = self.outbox.drain().collect::<Vec<_>>();
            for (id, action) in actions {
                self.carry_out(now, id, action, effects);
            }
        }
    }

    fn carry_out(&mut self, now: Instant, id: InstanceId, action: Action, effects: &mut Effects) {
        let Some(router) = self.program.as_ref().and_then(|program| program.router.get(id)) else {
            return;
        };
        let takes = self.settings.address_takes;
        match action {
            Action::Send(draft) => self.send(now, id, draft, effects),
            Action::HoldAddresses if now < self.refuses_until => self.fail(now, id, Failure::Hold),
            Action::HoldAddresses => {
                for address in addresses(router.config()) {
                    self.kernel.ask(now, Job::Add(address), takes);
                }
            }
            Action::ReleaseAddresses => {
                for address in addresses(router.config()) {
                    self.kernel.ask(now, Job::Remove(address), takes);
                }
            }
            Action::AnnounceAddresses { copies } => {
                let addresses = addresses(router.config());
                for address in addresses
                    .iter()
                    .cycle()
                    .take(addresses.len() * usize::from(copies))
                {
                    self.kernel.ask(now, Job::Announce(*address), takes);
                }
            }
            Action::RouterAdvertisements { .. } => {}
            Action::Report(report) => {
                effects.lines.push(line(id, router, report));
                self.note(id, report);
            }
        }
    }

    /// Whoever is Active again competes with its own priority (PRJ-STOP-04).
    fn note(&mut self, id: InstanceId, report: Report) {
        if let (Report::Transition(change), Some(program)) = (report, &mut self.program)
            && change.to == StateName::Active
            && let Some(router) = program.router.get(id)
        {
            program.told.is_active(router.config());
        }
    }

    fn fail(&mut self, now: Instant, id: InstanceId, failure: Failure) {
        let local = local::local_time(now, self.settings.drift_ppm);
        if let Some(program) = &mut self.program {
            program
                .router
                .handle(local, id, Input::Failed(failure), &mut self.outbox);
        }
    }

    fn send(&mut self, now: Instant, id: InstanceId, draft: Draft, effects: &mut Effects) {
        let router = self.program.as_ref().and_then(|program| program.router.get(id));
        let interface = router.and_then(|router| router.config().interface);
        let interface = interface.unwrap_or(super::INTERFACE);
        let gone = !self.is_up(interface);
        if gone || now < self.mute_until {
            self.fail(now, id, Failure::Send { gone });
            return;
        }
        let Some(program) = &mut self.program else {
            return;
        };
        let Some(sealed) = program.router.seal(id, draft, None) else {
            return;
        };
        let Some(source) = sealed.source() else {
            return;
        };
        for destination in sealed.destinations() {
            if let Some(octets) = sealed.encode(destination, &mut self.buffer) {
                let datagram = Datagram {
                    source,
                    destination,
                    hop_limit: 255,
                    message: self.buffer[..octets].to_vec(),
                };
                let datagram = Arc::new(datagram);
                effects.left.push((id, Arc::clone(&datagram)));
                effects
                    .frames
                    .push((interface, Frame::Advert(datagram), Target::Everyone));
            }
        }
        if let Some(router) = program.router.get(id) {
            effects.lines.push(What::Sent {
                router: id,
                vrid: router.config().vrid.get(),
                priority: draft.priority,
                barred: program.told.bars(router.config()),
            });
        }
    }
}

fn line(id: InstanceId, router: &VirtualRouter, report: Report) -> What {
    What::Report {
        router: id,
        vrid: router.config().vrid.get(),
        report,
    }
}
