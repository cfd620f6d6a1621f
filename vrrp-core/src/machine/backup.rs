//! Backup (RFC 9568 section 6.4.2).

use crate::action::Actions;
use crate::config::{Profile, Version};
use crate::input::Heard;
use crate::machine::{LastHeard, State};
use crate::priority::{Rank, skew_nanos};
use crate::time::{Instant, Interval};
use crate::virtual_router::VirtualRouter;

impl VirtualRouter {
    /// T-B-02: Active_Down_Timer has fired.
    pub(crate) fn backup_tick(&mut self, now: Instant, out: &mut Actions) {
        let State::Backup {
            active_down_at, last, ..
        } = self.state
        else {
            return;
        };
        if now < active_down_at {
            return;
        }
        if self.asks_group() {
            self.rearm(now);
        } else {
            self.become_active(now, last.cause(), out);
        }
    }

    /// T-B-03 to T-B-07.
    pub(crate) fn backup_heard(&mut self, now: Instant, heard: &Heard) {
        if self.is_version_2_shadow(now, heard) {
            return;
        }
        let preempts = self.config.preempt || self.priority().is_owner();
        if heard.priority == 0 {
            self.backup_heard_goodbye(now);
        } else if !preempts || heard.priority >= self.priority().get() {
            self.backup_accepts(now, heard);
            if let State::Backup {
                preempt_at, hurried, ..
            } = &mut self.state
            {
                // An advertisement >= P ends a delay and a hurry.
                *preempt_at = None;
                *hurried = false;
            }
        } else {
            self.backup_heard_lower(now, heard);
        }
    }

    /// T-B-03: `DownTimer(Skew_Time)`; the interval in the packet is not learned.
    ///
    /// Outside `rfc` never later than armed already: to the letter, goodbyes that come more often than every Skew_Time,
    /// from a broken or hostile host, would keep every Backup from taking over for as long as they come.
    fn backup_heard_goodbye(&mut self, now: Instant) {
        let (version, priority) = (self.config.version, self.priority());
        let to_the_letter = self.config.profile == Profile::Rfc;
        let (not_before, after_rout) = self.note_goodbye(now);
        if let State::Backup {
            active_interval,
            active_down_at,
            last,
            ..
        } = &mut self.state
        {
            let skew_at = now.plus_nanos(skew_nanos(version, priority, *active_interval));
            let skew_at = skew_at.max(not_before);
            *active_down_at = if to_the_letter {
                skew_at
            } else {
                skew_at.min(*active_down_at)
            };
            *active_down_at = after_rout.max(*active_down_at);
            *last = LastHeard::Goodbye;
        }
    }

    /// T-B-04 to T-B-06: `Learn`, `DownTimer(Active_Down_Interval)`.
    fn backup_accepts(&mut self, now: Instant, heard: &Heard) {
        let interval = self.learned(heard);
        let down_nanos = self.active_down_nanos(interval);
        if let State::Backup {
            active_interval,
            active_down_at,
            last,
            ..
        } = &mut self.state
        {
            *active_interval = interval;
            *active_down_at = now.plus_nanos(down_nanos);
            *last = LastHeard::Accepted;
        }
        self.note_accepted(heard);
        self.accept_as_active(now, heard);
    }

    /// T-B-07: 0 < priority < P with preemption; before it the preempt delay, beside it the hurry.
    fn backup_heard_lower(&mut self, now: Instant, heard: &Heard) {
        let (version, priority) = (self.config.version, self.priority());
        // The owner takes its own addresses at once.
        let delay = if priority.is_owner() {
            0
        } else {
            self.config.preempt_delay_nanos
        };
        let may_hurry = self.config.hurry_after_fall;
        let was_active = self.last_active.is_some_and(|rank| rank.address == heard.source);
        let State::Backup {
            active_interval,
            active_down_at,
            preempt_at,
            hurried,
            last,
        } = &mut self.state
        else {
            return;
        };
        if delay > 0 {
            if now < *preempt_at.get_or_insert(now.plus_nanos(delay)) {
                self.backup_accepts(now, heard);
                return;
            }
            self.past.preempt_hold_over();
        }
        *last = LastHeard::Lower;
        if may_hurry && was_active && !*hurried {
            *hurried = true;
            let hurry_at = now.plus_nanos(skew_nanos(version, priority, *active_interval));
            *active_down_at = hurry_at.min(*active_down_at);
        }
    }

    /// Active_Adver_Interval after this packet; version 2 always keeps the configured one (V2-6.4.2-01).
    pub(crate) fn learned(&self, heard: &Heard) -> Interval {
        match self.config.version {
            Version::V2 => self.config.interval,
            Version::V3 => heard.interval,
        }
    }

    pub(crate) fn accept_as_active(&mut self, now: Instant, heard: &Heard) {
        self.last_active = Some(Rank {
            priority: heard.priority,
            address: heard.source,
        });
        if self.config.v2_interop && heard.version == Version::V3 {
            self.version_3_heard = Some((heard.source, now));
        }
    }

    /// V3-8.4.2-05: version 2 copies of an Active whose version 3 ones still arrive are ignored.
    fn is_version_2_shadow(&self, now: Instant, heard: &Heard) -> bool {
        let State::Backup { active_interval, .. } = self.state else {
            return false;
        };
        heard.version == Version::V2
            && self.version_3_heard.is_some_and(|(source, at)| {
                source == heard.source && now.nanos_since(at) <= self.active_down_nanos(active_interval)
            })
    }

    /// PRJ-CHG-01: the armed deadline moves by the difference, never before now.
    pub(crate) fn backup_priority_changed(&mut self, now: Instant, before_nanos: u64) {
        let State::Backup { active_interval, .. } = self.state else {
            return;
        };
        let after_nanos = self.active_down_nanos(active_interval);
        if let State::Backup { active_down_at, .. } = &mut self.state {
            let moved = active_down_at.plus_nanos(after_nanos).minus_nanos(before_nanos);
            *active_down_at = moved.max(now);
        }
    }
}
