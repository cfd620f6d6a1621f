//! What one router is entitled to at the moment: its priority, or what bars it (T-I-03, X-04 to X-06).

use crate::action::{Actions, Report};
use crate::group::GroupBar;
use crate::machine::State;
use crate::priority::Priority;
use crate::time::Instant;
use crate::tracking::{Bar, Standing};
use crate::virtual_router::VirtualRouter;

/// As it was before what may change the priority.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Before {
    pub(crate) priority: Priority,
    /// The Active_Down_Interval that went with it; of a Backup.
    down_nanos: u64,
    pub(crate) active: bool,
}

impl VirtualRouter {
    /// The first reason that keeps this router from taking part (T-I-03, X-06); its own before its group's.
    pub(crate) fn bar(&self) -> Option<Bar> {
        let group = self.member.as_deref().and_then(|member| member.barred);
        self.own_bar().or(group.map(|bar| Bar::Group {
            stopped: bar == GroupBar::Stopped,
        }))
    }

    /// The first reason but what other members of a group suffer from.
    pub(crate) fn own_bar(&self) -> Option<Bar> {
        if !self.started {
            return Some(Bar::NotStarted);
        }
        if self.start_at.is_some() {
            return Some(Bar::StartDelay);
        }
        if !self.link.up {
            return Some(Bar::LinkDown);
        }
        if self.link.primary.is_none() {
            return Some(Bar::NoPrimaryAddress);
        }
        if self.config.addresses.is_empty() && !self.config.allow_no_address {
            return Some(Bar::NoVirtualAddress);
        }
        let gate = self.tracking.closed_gate(&self.config.trackers).map(Bar::Tracker);
        gate.or(self.pause.bar())
    }

    /// What the router is entitled to.
    #[must_use]
    pub fn standing(&self) -> Standing {
        match self.bar() {
            None => Standing::Eligible(self.priority()),
            Some(bar) => Standing::Barred(bar),
        }
    }

    /// The priority in effect: base and contributions, or 1 after a switchover (PRJ-STOP-04).
    #[must_use]
    pub fn priority(&self) -> Priority {
        if self.resigned {
            return Priority::LOWEST;
        }
        self.config
            .priority
            .adjusted(self.tracking.sum(&self.config.trackers))
    }

    pub(crate) fn before(&self) -> Before {
        Before {
            priority: self.priority(),
            down_nanos: match self.state {
                State::Backup { active_interval, .. } => self.active_down_nanos(active_interval),
                State::Initialize { .. } | State::Active { .. } => 0,
            },
            active: matches!(self.state, State::Active { .. }),
        }
    }

    /// PRJ-CHG-01 in Backup; an Active says it when all else is settled.
    pub(crate) fn priority_may_have_changed(&mut self, now: Instant, before: Before, out: &mut Actions) {
        let (from, to) = (before.priority, self.priority());
        if from != to {
            out.report(Report::Priority { from, to });
            self.backup_priority_changed(now, before.down_nanos);
        }
    }

    pub(crate) fn set_resigned(&mut self, resigned: bool, out: &mut Actions) {
        let from = self.priority();
        self.resigned = resigned;
        let to = self.priority();
        if from != to {
            out.report(Report::Priority { from, to });
        }
    }
}
