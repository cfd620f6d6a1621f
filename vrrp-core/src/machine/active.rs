//! Active (RFC 9568 section 6.4.3).

use core::cmp::Ordering;

use crate::action::{Actions, Cause, Report};
use crate::config::{Profile, Version};
use crate::input::Heard;
use crate::machine::State;
use crate::standing::Before;
use crate::time::{Instant, Interval};
use crate::virtual_router::VirtualRouter;

/// Triggered advertisements per interval beyond the periodic one (PRJ-FSM-01).
const TRIGGERED_MAX: u8 = 3;
/// As PRJ-LOG-01: a minute. What is told once for each sender is told three times in it where senders take turns.
pub(super) const TOLD_WINDOW: Interval = match Interval::from_seconds(60) {
    Some(minute) => minute,
    None => Interval::DEFAULT,
};

/// Limits answers to weaker routers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Triggered {
    window_from: Instant,
    sent: u8,
}

impl Triggered {
    pub(crate) fn reset(&mut self, now: Instant) {
        *self = Self {
            window_from: now,
            sent: 0,
        };
    }

    /// What is left of the window; an empty one where it is over.
    pub(crate) fn remaining(&self, now: Instant, interval: Interval) -> (u64, u8) {
        let left_nanos = interval.nanos().saturating_sub(now.nanos_since(self.window_from));
        if left_nanos == 0 {
            (0, 0)
        } else {
            (left_nanos, self.sent)
        }
    }

    fn left(&self, now: Instant, interval: Interval) -> u8 {
        TRIGGERED_MAX.saturating_sub(self.remaining(now, interval).1)
    }

    pub(super) fn allow(&mut self, now: Instant, interval: Interval) -> bool {
        if now.nanos_since(self.window_from) >= interval.nanos() {
            self.reset(now);
        }
        let allowed = self.sent < TRIGGERED_MAX;
        if allowed {
            self.sent = self.sent.saturating_add(1);
        }
        allowed
    }
}

impl VirtualRouter {
    /// T-A-02: Adver_Timer has fired, or may fire early by the slack (PRJ-SLACK-01).
    pub(crate) fn active_tick(&mut self, now: Instant, out: &mut Actions) {
        let State::Active { advertise_at } = self.state else {
            return;
        };
        if now < advertise_at.minus_nanos(self.slack_nanos()) {
            return;
        }
        if self.steps_back(now, out) {
            return;
        }
        let interval = self.config.interval.nanos();
        let late_nanos = now.nanos_since(advertise_at);
        if late_nanos > interval / 2 {
            self.counters.late_adverts = self.counters.late_adverts.wrapping_add(1);
            out.report(Report::Late { late_nanos });
        }
        self.sending.before_periodic();
        self.send_own(now, out);
        // PRJ-TIME-05: the absolute phase, unless a whole interval was missed: no burst of catch-up packets.
        let next = advertise_at.plus_nanos(interval);
        let next = if late_nanos >= interval {
            now.plus_nanos(interval)
        } else {
            next
        };
        self.state = State::Active { advertise_at: next };
    }

    /// PRJ-CHG-02: the next periodic advertisement carries a changed priority, and its timer is untouched. Where falls are
    /// hurried it is said at once as well: a Backup waits its Skew_Time from then, and a fall that is over soon is
    /// taken back before anybody has moved.
    pub(crate) fn active_says_priority(&mut self, now: Instant, before: Before, out: &mut Actions) {
        let State::Active { advertise_at } = self.state else {
            return;
        };
        let priority = self.priority();
        let is_news = before.active && priority != before.priority;
        // What is due is sent in this turn, or not at all.
        let is_due = now >= advertise_at;
        if !self.config.hurry_after_fall || !is_news || is_due {
            return;
        }
        // A fall that cannot be taken back within the interval is left to the periodic one: Backups would believe it.
        let last_one = self.triggered.left(now, self.config.interval) < 2;
        if priority < before.priority && last_one {
            self.counters.triggered_suppressed = self.counters.triggered_suppressed.wrapping_add(1);
        } else if self.may_trigger(now) {
            self.send_own(now, out);
        }
    }

    /// another has probably taken over; as T-A-04 without `Learn`. Asked before a packet too: packets come before
    /// ticks (PRJ-TIME-04), and an answer would drive back the one that took over just before this one steps back.
    fn steps_back(&mut self, now: Instant, out: &mut Actions) -> bool {
        let State::Active { advertise_at } = self.state else {
            return false;
        };
        let stalled = self.config.step_back_when_stalled
            && now.nanos_since(advertise_at) > self.active_down_nanos(self.config.interval);
        if stalled {
            self.become_backup(now, self.config.interval, Cause::Stalled, out);
        }
        stalled
    }

    /// T-A-03 to T-A-08.
    pub(crate) fn active_heard(&mut self, now: Instant, heard: &Heard, out: &mut Actions) {
        if self.steps_back(now, out) {
            self.backup_heard(now, heard);
            return;
        }
        if heard.priority == 0 {
            self.active_heard_goodbye(now, out);
            return;
        }
        match heard.priority.cmp(&self.priority().get()) {
            Ordering::Greater => self.active_yields(now, heard, out),
            Ordering::Less => self.active_answers(now, heard, out),
            Ordering::Equal => {
                self.report_same_priority(now, heard, out);
                if self.yields_to_equal(heard.source) {
                    self.active_yields(now, heard, out);
                } else if self.link.primary != Some(heard.source) {
                    self.active_answers(now, heard, out);
                }
                // T-A-08: our own address came back; answering would make both ends answer without end.
            }
        }
    }

    /// T-A-03: `Send(P)`, `AdverTimer(Advertisement_Interval)`.
    fn active_heard_goodbye(&mut self, now: Instant, out: &mut Actions) {
        if self.may_trigger(now) {
            self.send_own(now, out);
            self.state = State::Active {
                advertise_at: now.plus_nanos(self.config.interval.nanos()),
            };
        }
    }

    /// T-A-04 and T-A-05.
    fn active_yields(&mut self, now: Instant, heard: &Heard, out: &mut Actions) {
        if self.config.advert_before_yield {
            self.send_own(now, out);
        }
        let interval = self.learned(heard);
        let cause = Cause::HigherHeard {
            source: heard.source,
            priority: heard.priority,
        };
        self.become_backup(now, interval, cause, out);
        self.note_defeat(now);
        self.accept_as_active(now, heard);
    }

    /// T-A-06 and T-A-07: discard, `Send(P)`, Adver_Timer untouched.
    fn active_answers(&mut self, now: Instant, heard: &Heard, out: &mut Actions) {
        // V2-6.4.3-02: RFC 3768 only discards.
        let rfc_3768 = self.config.profile == Profile::Rfc && self.config.version == Version::V2;
        let answers = self.config.answer_lower && !rfc_3768;
        let allowed = if answers {
            self.may_trigger(now)
        } else {
            // Nothing is sent, so T-A-03 must not pay for it; announcements and reports are limited all the same.
            self.silent_answers.allow(now, self.config.interval)
        };
        if answers && allowed {
            self.send_own(now, out);
        }
        // Its gratuitous ARP may have reached neighbours after ours, also where the answer to it is one too many.
        let copies = self.announcing.rival(now, &self.config.settings().announcements);
        self.announce(copies, out);
        if !allowed {
            return;
        }
        self.note_rival();
        out.report(Report::Reasserted {
            source: heard.source,
            priority: heard.priority,
        });
    }

    fn may_trigger(&mut self, now: Instant) -> bool {
        let allowed = self.triggered.allow(now, self.config.interval);
        if !allowed {
            self.counters.triggered_suppressed = self.counters.triggered_suppressed.wrapping_add(1);
        }
        allowed
    }

    /// V3-8.3.2-03, once per sender, and three times a minute where several take turns.
    fn report_same_priority(&mut self, now: Instant, heard: &Heard, out: &mut Actions) {
        let is_new = self.same_priority != Some(heard.source);
        if is_new && self.same_priority_told.allow(now, TOLD_WINDOW) {
            self.same_priority = Some(heard.source);
            out.report(Report::SamePriority { source: heard.source });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The search for states tells two routers apart by it: a window that is over is like none.
    #[test]
    fn what_is_left_of_the_window_of_triggered_advertisements() {
        let at = |milliseconds: u64| Instant::from_nanos(milliseconds * 1_000_000);
        let mut triggered = Triggered::default();
        triggered.reset(at(5_000));
        assert_eq!(
            triggered.remaining(at(5_250), Interval::DEFAULT),
            (750_000_000, 0)
        );
        assert!(triggered.allow(at(5_250), Interval::DEFAULT));
        assert!(triggered.allow(at(5_500), Interval::DEFAULT));
        assert_eq!(triggered.remaining(at(5_999), Interval::DEFAULT), (1_000_000, 2));
        assert_eq!(triggered.remaining(at(6_000), Interval::DEFAULT), (0, 0));
        assert_eq!(triggered.remaining(at(9_000), Interval::DEFAULT), (0, 0));
    }
}
