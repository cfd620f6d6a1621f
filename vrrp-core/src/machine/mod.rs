//! The state machine of RFC 9568 section 6.4: the states, and the three named transitions between them.
//!
//! One file per state; one function per input in it.

mod active;
mod backup;
mod hold;
mod initialize;
mod versions;

use core::net::IpAddr;

use crate::action::{Action, Actions, Cause, Draft, Report, StateName, Transition};
use crate::config::Version;
use crate::id::Family;
use crate::member::Attitude;
use crate::priority::active_down_nanos;
use crate::sending::OVERTAKES_NANOS;
use crate::time::{Instant, Interval};
use crate::virtual_router::VirtualRouter;

pub(crate) use active::Triggered;
pub(crate) use hold::MARGIN_NANOS;
pub use hold::{Hold, HoldKind};
pub(crate) use versions::Versions;

/// A state owns its deadlines: an Active router with a running take-over timer cannot be written (PRJ-FSM-03).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum State {
    /// RFC 9568 section 6.4.1. keepalived's FAULT is this with a bar.
    Initialize {
        /// After a planned stop the addresses still answer (PRJ-STOP-01).
        hold: Option<Hold>,
    },
    /// RFC 9568 section 6.4.2.
    Backup {
        /// Active_Adver_Interval: what the Active said, at first the configured interval.
        active_interval: Interval,
        /// When Active_Down_Timer fires.
        active_down_at: Instant,
        /// End of the preempt delay that a weaker Active's advertisement began.
        preempt_at: Option<Instant>,
        /// The wait was shortened once for the present fall of the Active's priority.
        hurried: bool,
        /// What the last advertisement was, for the reason of a take-over (T-B-02).
        last: LastHeard,
    },
    /// RFC 9568 section 6.4.3.
    Active {
        /// When Adver_Timer fires.
        advertise_at: Instant,
    },
}

/// The last advertisement a Backup heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum LastHeard {
    /// None since Backup was entered.
    Nothing,
    /// One that restarted the timer.
    Accepted,
    /// Priority 0 (T-B-03).
    Goodbye,
    /// One of lower priority (T-B-07).
    Lower,
}

impl LastHeard {
    /// Why a Backup takes over after it (T-B-02).
    pub(crate) const fn cause(self) -> Cause {
        match self {
            Self::Nothing | Self::Accepted => Cause::NoResponse,
            Self::Goodbye => Cause::PriorityZero,
            Self::Lower => Cause::LowerActive,
        }
    }
}

impl State {
    /// The state without its contents.
    #[must_use]
    pub const fn name(&self) -> StateName {
        match self {
            Self::Initialize { .. } => StateName::Initialize,
            Self::Backup { .. } => StateName::Backup,
            Self::Active { .. } => StateName::Active,
        }
    }
}

impl VirtualRouter {
    /// Backup with a full Active_Down_Interval at the configured interval (T-I-02) or a learned one (T-A-04).
    pub(crate) fn become_backup(
        &mut self,
        now: Instant,
        interval: Interval,
        cause: Cause,
        out: &mut Actions,
    ) {
        let from = self.state.name();
        self.leave_active(out);
        // T-B-01: a Backup has nothing to take leave of.
        self.resignation = None;
        self.state = State::Backup {
            active_interval: interval,
            active_down_at: now.plus_nanos(self.active_down_nanos(interval)),
            preempt_at: None,
            // a fall needs a height; after Startup nobody has been heard at P or above yet.
            hurried: from == StateName::Initialize,
            last: LastHeard::Nothing,
        };
        if from == StateName::Active {
            self.counters.yielded = self.counters.yielded.wrapping_add(1);
            self.report_bounce(now, out);
        }
        self.note_entered(if from == StateName::Active {
            Attitude::Following
        } else {
            Attitude::Waiting
        });
        self.report_transition(
            now,
            Transition {
                from,
                to: StateName::Backup,
                cause,
                holding: false,
            },
            out,
        );
    }

    fn report_transition(&mut self, now: Instant, transition: Transition, out: &mut Actions) {
        self.past.entered(now, &transition);
        out.report(Report::Transition(transition));
    }

    /// V3-2.5-01.
    fn report_bounce(&mut self, now: Instant, out: &mut Actions) {
        let down_nanos = self.active_down_nanos(self.config.interval);
        let active = self.took_over_at.take().map(|at| now.nanos_since(at));
        if let Some(active_nanos) = active.filter(|nanos| *nanos <= down_nanos) {
            self.counters.bounces = self.counters.bounces.wrapping_add(1);
            out.report(Report::Bounced { active_nanos });
        }
    }

    /// T-I-01 and T-B-02: `Send`, `Own`, `Announce`, `AdverTimer`, `RaStart`, `State`.
    pub(crate) fn become_active(&mut self, now: Instant, cause: Cause, out: &mut Actions) {
        let from = self.state.name();
        // A switchover ends when its successor is lost (PRJ-STOP-04): from here on with the own priority.
        self.set_resigned(false, out);
        self.send_own(now, out);
        out.push(Action::HoldAddresses);
        let copies = self.announcing.begin(now, &self.config.settings().announcements);
        if from == StateName::Backup {
            self.announcing.settle(now, &self.config.settings().announcements);
        }
        self.announce(copies, out);
        self.enter_active(now, from, cause, out);
    }

    /// PRJ-STOP-03: the addresses never left, so neighbours need not be told; the other routers do.
    pub(crate) fn roll_back(&mut self, now: Instant, out: &mut Actions) {
        let from = self.state.name();
        self.set_resigned(false, out);
        self.send_own(now, out);
        out.push(Action::HoldAddresses);
        // Rounds and refresh ended with the advertisements, and the list may have grown meanwhile.
        let copies = self.announcing.begin(now, &self.config.settings().announcements);
        self.announce(copies, out);
        self.enter_active(now, from, Cause::NobodyTookOver, out);
    }

    fn enter_active(&mut self, now: Instant, from: StateName, cause: Cause, out: &mut Actions) {
        self.state = State::Active {
            advertise_at: now.plus_nanos(self.config.interval.nanos()),
        };
        self.note_entered(Attitude::Waiting);
        self.forget_defeat();
        self.took_over_at = (from == StateName::Backup).then_some(now);
        self.triggered.reset(now);
        self.sending.reset();
        self.resignation = None;
        if self.config.family == Family::Ipv6 {
            out.push(Action::RouterAdvertisements { on: true });
        }
        self.counters.master_transitions = self.counters.master_transitions.wrapping_add(1);
        self.report_transition(
            now,
            Transition {
                from,
                to: StateName::Active,
                cause,
                holding: false,
            },
            out,
        );
    }

    /// T-A-01 and T-B-01. With `hold` the addresses stay (PRJ-STOP-01).
    pub(crate) fn become_initialize(
        &mut self,
        now: Instant,
        cause: Cause,
        hold: Option<Hold>,
        out: &mut Actions,
    ) {
        let from = self.state.name();
        if from == StateName::Active {
            let lately = self.advertised_lately(now).is_some();
            self.send(0, out);
            self.begin_resignation(now, hold.is_some() && lately);
            if hold.is_some() {
                self.silence(out);
            } else {
                self.leave_active(out);
            }
        }
        self.state = State::Initialize { hold };
        self.note_entered(Attitude::Waiting);
        let holding = hold.is_some();
        self.report_transition(
            now,
            Transition {
                from,
                to: StateName::Initialize,
                cause,
                holding,
            },
            out,
        );
    }

    /// How long ago the last advertisement above priority 0 left, periodic or not, where its packet may still be on the way.
    pub(crate) fn advertised_lately(&self, now: Instant) -> Option<u64> {
        let age_nanos = now.nanos_since(self.advertised_at);
        (age_nanos < OVERTAKES_NANOS).then_some(age_nanos)
    }

    /// `RaStop` and `Disown`, where this router is Active or in hold.
    pub(crate) fn leave_active(&mut self, out: &mut Actions) {
        if self.holds() {
            self.silence(out);
            out.push(Action::ReleaseAddresses);
        }
    }

    fn silence(&mut self, out: &mut Actions) {
        self.announcing.stop();
        if self.config.family == Family::Ipv6 && matches!(self.state, State::Active { .. }) {
            out.push(Action::RouterAdvertisements { on: false });
        }
    }

    /// `Send(P)`.
    pub(crate) fn send_own(&mut self, now: Instant, out: &mut Actions) {
        self.advertised_at = now;
        self.send(self.priority().get(), out);
    }

    /// `Send(p)`; in both versions with `v2_interop`, version 3 first (V3-8.4.2-03).
    pub(crate) fn send(&mut self, priority: u8, out: &mut Actions) {
        out.push(Action::Send(Draft {
            priority,
            version: self.config.version,
        }));
        if self.config.v2_interop {
            out.push(Action::Send(Draft {
                priority,
                version: Version::V2,
            }));
        }
    }

    pub(crate) fn announce(&mut self, copies: u8, out: &mut Actions) {
        if copies > 0 {
            self.counters.announcement_rounds = self.counters.announcement_rounds.wrapping_add(1);
            out.push(Action::AnnounceAddresses { copies });
        }
    }

    /// Active_Down_Interval at the effective priority (PRJ-TIME-03).
    pub(crate) fn active_down_nanos(&self, interval: Interval) -> u64 {
        active_down_nanos(
            self.config.version,
            self.priority(),
            interval,
            self.config.down_adverts,
        )
    }

    /// Whether a sender of equal priority wins against us (T-A-05, V3-6.4.3-09).
    pub(crate) fn yields_to_equal(&self, source: IpAddr) -> bool {
        self.link.primary.is_some_and(|own| source > own)
    }
}
