//! Initialize (RFC 9568 section 6.4.1), and the way into and out of it.

use crate::action::{Actions, Cause};
use crate::machine::{Hold, HoldKind, MARGIN_NANOS, State};
use crate::time::Instant;
use crate::tracking::Bar;
use crate::virtual_router::VirtualRouter;

impl VirtualRouter {
    /// Brings the state in line with what bars the router: the only place that enters or leaves Initialize.
    pub(crate) fn settle(&mut self, now: Instant, started: Cause, out: &mut Actions) {
        match (self.state, self.bar()) {
            (State::Initialize { hold: Some(hold) }, bar) => self.settle_hold(now, hold, bar, out),
            (State::Initialize { hold: None }, None) => self.startup(now, started, out),
            (State::Initialize { hold: None }, Some(_)) => {}
            (State::Backup { .. } | State::Active { .. }, None) => {}
            (State::Backup { .. }, Some(bar)) => self.become_initialize(now, cause_of(bar), None, out),
            (State::Active { .. }, Some(bar)) => {
                let hold = if may_hold(bar) {
                    self.new_hold(now, HoldKind::Stop, out)
                } else {
                    None
                };
                self.become_initialize(now, cause_of(bar), hold, out);
            }
        }
    }

    /// T-I-01 for the owner, T-I-02 for everyone else.
    fn startup(&mut self, now: Instant, cause: Cause, out: &mut Actions) {
        if self.priority().is_owner() && self.member.is_some() {
            self.owner_in_group(now, cause, out);
        } else if self.priority().is_owner() {
            self.become_active(now, Cause::Owner, out);
        } else {
            self.become_backup(now, self.config.interval, cause, out);
        }
    }

    fn settle_hold(&mut self, now: Instant, hold: Hold, bar: Option<Bar>, out: &mut Actions) {
        // A stop is the first reason found; what makes holding useless may stand behind it.
        let can_answer = self.link.up && self.link.primary.is_some();
        match (hold.kind, bar) {
            (_, Some(bar)) if !can_answer || !may_hold(bar) => {
                self.drop_hold(out);
                if hold.kind == HoldKind::Switchover {
                    self.set_resigned(true, out);
                }
            }
            // Barred or stopped in the middle of a switchover: it ends as a stop does.
            (_, Some(_)) => {
                let hold = if self.started {
                    hold
                } else {
                    self.stopped_in_hold(now, hold, MARGIN_NANOS)
                };
                self.state = State::Initialize {
                    hold: Some(Hold {
                        kind: HoldKind::Stop,
                        ..hold
                    }),
                };
                if hold.kind == HoldKind::Switchover {
                    // PRJ-STOP-04: what the operator asked for outlives the bar; a roll-back forgets it.
                    self.set_resigned(true, out);
                }
            }
            (HoldKind::Switchover | HoldKind::Yield, None) => {}
            // The bar that interrupted a switchover is gone: it goes on until its own end.
            (HoldKind::Stop, None) if self.resigned && !hold.taken_over() => {
                self.state = State::Initialize {
                    hold: Some(Hold {
                        kind: HoldKind::Switchover,
                        ..hold
                    }),
                };
            }
            // PRJ-STOP-03: continue as Active where nobody took over, let go where somebody did; never both.
            (HoldKind::Stop, None) if !hold.taken_over() => {
                if !self.asks_group() {
                    self.roll_back(now, out);
                }
            }
            (HoldKind::Stop, None) => {
                self.drop_hold(out);
                self.startup(now, Cause::Started, out);
            }
        }
    }
}

/// PRJ-STOP-01: for a planned stop and for health, never where the addresses cannot answer anyway.
const fn may_hold(bar: Bar) -> bool {
    match bar {
        Bar::NotStarted | Bar::Tracker(_) | Bar::Group { .. } => true,
        Bar::StartDelay
        | Bar::LinkDown
        | Bar::NoPrimaryAddress
        | Bar::NoVirtualAddress
        | Bar::SendFailed
        | Bar::HoldFailed => false,
    }
}

const fn cause_of(bar: Bar) -> Cause {
    match bar {
        Bar::NotStarted | Bar::Group { stopped: true } => Cause::Stopped,
        Bar::StartDelay
        | Bar::LinkDown
        | Bar::NoPrimaryAddress
        | Bar::NoVirtualAddress
        | Bar::Tracker(_)
        | Bar::SendFailed
        | Bar::HoldFailed
        | Bar::Group { stopped: false } => Cause::Barred(bar),
    }
}
