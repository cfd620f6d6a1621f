//! One turn of the loop: packets, then links and addresses, then commands, then what is due.

use tokio::sync::mpsc;
use vrrp_core::Instant;

use super::engine::{Ending, Engine};
use super::wait::{Ready, Waiter};
use crate::clock;
use crate::handle::Command;

/// Commands carried out in one turn.
const COMMANDS: usize = 64;
/// Announcements sent in one turn.
const ANNOUNCEMENTS: usize = 256;
/// A handover begins only where so much time is left before the next deadline, if such a moment comes at all.
const QUIET_NANOS: u64 = 150_000_000;
/// No longer does it wait for one.
const QUIET_WAIT_NANOS: u64 = 2_000_000_000;

impl Engine {
    /// One turn. The time is taken first and used throughout: what has arrived by then is read before anything acts on
    /// that time (PRJ-TIME-04), and the core never sees time go back.
    pub(super) fn turn(
        &mut self,
        ready: Ready,
        commands: &mut mpsc::UnboundedReceiver<Command>,
        waiter: &mut Waiter,
    ) {
        let now = clock::now();
        if ready.alarm {
            self.note_lag(now, waiter.rang());
        }
        // Each, in order: one that was set and taken away within a turn has seen how everything was.
        for witness in std::mem::take(&mut self.next_witnesses) {
            self.set_witness(now, witness);
        }
        let due = self.unread || self.is_due(now);
        self.unread = false;
        if due {
            for key in self.channels.keys() {
                self.drain(now, key);
            }
        } else {
            for key in ready.sockets {
                self.drain(now, key);
            }
        }
        self.told_at = now;
        self.carry_out(now);
        self.hear_links(now);
        self.carry_out(now);
        self.hear_routes(now);
        if ready.claims || self.ears.unread {
            self.hear_claims(now);
        }
        if ready.claims || self.advertisers.unread {
            self.hear_solicitations(now);
        }
        let mut command = ready.command;
        for _ in 0..COMMANDS {
            let Some(next) = command.or_else(|| commands.try_recv().ok()) else {
                break;
            };
            self.obey(now, next);
            self.carry_out(now);
            command = None;
        }
        // Also where a flood has left packets unread: the bound of PRJ-TIME-08 keeps it from stopping the clock.
        self.router.tick(now, &mut self.outbox);
        self.carry_out(now);
        self.finish_virtual_macs();
        if !self.work.is_empty() {
            self.work_window(now);
            self.fit_ears();
        }
        self.tell_groups(now);
        self.announce_elsewhere(now);
        self.announce_due(now, ANNOUNCEMENTS);
        self.advertise_due(now);
        if now >= self.audit_at {
            self.audit(now);
        }
        self.forget_the_gone();
        self.answer_some(now);
        if self.work.is_empty() {
            self.addresses.write_journal(&self.devices);
            self.routing.write_journal();
        }
        if self.sysctls_stale {
            self.fit_sysctls();
        }
        if self.filter_stale {
            self.refit_filter();
        }
        self.tell_wills(now);
        if let Some(heartbeat) = &mut self.heartbeat {
            heartbeat.turned(now);
        }
    }

    fn is_due(&self, now: Instant) -> bool {
        let earliest = self.router.deadline();
        // Any router may act from its `earliest` on; the slack is at most a millisecond.
        earliest.is_some_and(|(_, deadline)| deadline.at <= now.plus_nanos(1_000_000))
    }

    fn note_lag(&mut self, now: Instant, rang_for: Option<Instant>) {
        let Some(at) = rang_for else {
            return;
        };
        let late = now.nanos_since(at);
        self.lag.last_nanos = late;
        self.lag.wakes = self.lag.wakes.wrapping_add(1);
        if late > self.lag.max_nanos {
            self.lag.max_nanos = late;
            self.lag.max_at_nanos = now.as_nanos();
        }
    }

    /// When to look again whether a handover may begin.
    pub(super) fn handover_at(&self) -> Option<Instant> {
        match &self.ending {
            Ending::HandingOver { asked_at, .. } => Some(asked_at.plus_nanos(QUIET_WAIT_NANOS)),
            Ending::Open | Ending::Stopping(_) => None,
        }
    }

    /// Nothing half done, and time enough before the next deadline.
    pub(super) fn is_quiet(&self, now: Instant) -> bool {
        if !self.work.is_empty() || self.announcements.deadline().is_some() {
            return false;
        }
        let next = self.router.deadline().map(|(_, deadline)| deadline.at);
        let intervals = self
            .instances
            .values()
            .map(|instance| instance.service.settings.interval.nanos());
        // Right after an advertisement a whole interval is left.
        let needed = intervals
            .min()
            .map_or(QUIET_NANOS, |shortest| QUIET_NANOS.min(shortest / 8 * 7));
        let time = next.is_none_or(|at| at.nanos_since(now) >= needed);
        time || self.handover_at().is_some_and(|at| now >= at)
    }
}
