//! Changes while running (conformance part 4.4); the RFC says nothing about them.

use crate::action::{Action, Actions, Cause, StateName};
use crate::config::{Config, Version};
use crate::machine::{LastHeard, State};
use crate::restart::DifferentRouter;
use crate::time::Instant;
use crate::tracking::{Bar, Tracking};
use crate::virtual_router::VirtualRouter;

impl VirtualRouter {
    /// Replaces the configuration of a running router; an equal one does nothing at all.
    ///
    /// Health of tracked objects is kept where the list of trackers is equal, else it starts from
    /// [`Tracker::initial`](crate::Tracker::initial): put what is known there.
    ///
    /// # Errors
    /// [`DifferentRouter`] when it is another router (PRJ-CHG-07, [`Settings::restarts`](crate::Settings::restarts));
    /// nothing has changed then.
    pub fn reconfigure(&mut self, now: Instant, config: Config) -> Result<Actions, DifferentRouter> {
        let mut out = Actions::none();
        if config == self.config {
            return Ok(out);
        }
        let reasons = self.config.settings().restarts(config.settings());
        let mut ownership = false;
        for because in reasons {
            if because.is_another_router() {
                return Err(DifferentRouter {
                    because: Some(because),
                });
            }
            ownership = true;
        }
        let restarted = ownership && self.state_name() != StateName::Initialize;
        if restarted {
            // PRJ-CHG-03: Shutdown, then Startup.
            self.become_initialize(now, Cause::Reconfigured, None, &mut out);
        }
        let before = self.before();
        let addresses =
            config.addresses != self.config.addresses || config.held_only != self.config.held_only;
        let interval = config.interval != self.config.interval;
        let announcements = config.announcements != self.config.announcements;
        if config.trackers != self.config.trackers {
            self.tracking = Tracking::new(&config.trackers);
        }
        self.config = config;
        // Keys may change, marks and the last sequence stay: else every packet heard so far would be good once more.
        #[cfg(feature = "hmac")]
        self.sequences.make_room(&self.config);
        self.priority_may_have_changed(now, before, &mut out);
        if interval {
            self.interval_changed(now);
        }
        self.settle(now, Cause::Reconfigured, &mut out);
        // An owner that was started anew above has held and announced already.
        if announcements && self.state_name() == StateName::Active {
            self.announcing.replan(now, &self.config.settings().announcements);
        }
        if addresses && !restarted {
            // PRJ-CHG-05: its advertisement carries the priority too.
            self.addresses_changed(now, &mut out);
        } else {
            self.active_says_priority(now, before, &mut out);
        }
        Ok(out)
    }

    /// PRJ-CHG-04.
    fn interval_changed(&mut self, now: Instant) {
        let configured = self.config.interval;
        let down_nanos = self.active_down_nanos(configured);
        let version = self.config.version;
        match &mut self.state {
            State::Active { advertise_at } => {
                *advertise_at = (*advertise_at).min(now.plus_nanos(configured.nanos()));
            }
            State::Backup {
                active_interval,
                active_down_at,
                ..
            } if version == Version::V2 => {
                *active_interval = configured;
                *active_down_at = now.plus_nanos(down_nanos);
            }
            // Version 3 Backup: the configured interval is used until an advertisement teaches another.
            State::Backup {
                active_interval,
                active_down_at,
                last: LastHeard::Nothing,
                ..
            } => {
                *active_interval = configured;
                *active_down_at = (*active_down_at).min(now.plus_nanos(down_nanos));
            }
            State::Backup { .. } | State::Initialize { .. } => {}
        }
    }

    /// PRJ-CHG-05. An empty list has become a bar already.
    fn addresses_changed(&mut self, now: Instant, out: &mut Actions) {
        if let State::Active { .. } = self.state {
            debug_assert!(self.bar() != Some(Bar::NoVirtualAddress), "settled before");
            self.send_own(now, out);
            out.push(Action::HoldAddresses);
            let copies = self.announcing.begin(now, &self.config.settings().announcements);
            self.announce(copies, out);
        } else if self.holds() {
            out.push(Action::HoldAddresses);
        }
    }
}
