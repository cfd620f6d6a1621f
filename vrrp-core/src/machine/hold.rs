//! The planned-stop hold (PRJ-STOP-01 to PRJ-STOP-04): after the goodbye the addresses answer until the successor does.

use core::net::IpAddr;

use crate::action::{Action, Actions, Cause, Report};
use crate::input::Heard;
use crate::machine::State;
use crate::member::longest_skew_nanos;
use crate::time::Instant;
use crate::virtual_router::VirtualRouter;

/// The successor advertises before it owns the address (PRJ-STOP-02).
const AFTER_SUCCESSOR_NANOS: u64 = 50_000_000;
/// A request may be on its way to the old holder when the successor's ARP or NA is seen, and a host that takes that in
/// a moment later still sends to it: measured in simulation, nothing is lost from 5 ms on.
const AFTER_ANSWER_NANOS: u64 = 5_000_000;
/// Margin over the longest Skew_Time (PRJ-STOP-02).
pub(crate) const MARGIN_NANOS: u64 = 100_000_000;
/// A longer wait would look like a daemon that does not stop (PRJ-STOP-02).
const LONGEST_NANOS: u64 = 5_000_000_000;

/// Addresses that are still held though the router has said goodbye.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Hold {
    /// What follows when it ends.
    pub kind: HoldKind,
    /// When it ends.
    pub ends_at: Instant,
    /// The first router that was heard with a priority above 0.
    pub successor: Option<IpAddr>,
    /// A successor was seen to answer for every address, whether or not it was heard.
    #[cfg_attr(feature = "serde", serde(default))]
    pub answered: bool,
}

impl Hold {
    /// Somebody has taken over: was heard, or seen to answer.
    pub(crate) const fn taken_over(&self) -> bool {
        self.successor.is_some() || self.answered
    }
}

/// What a hold was begun for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum HoldKind {
    /// A planned stop, or a bar for health: Initialize follows, or Startup where nothing bars any more.
    Stop,
    /// A switchover: Backup follows, or Active again when nobody took over.
    Switchover,
    /// Another member of the sync group left Active: Backup follows, or Active again with the whole group when
    /// nobody took over.
    Yield,
}

impl VirtualRouter {
    /// A hold that begins now, where the profile has one and it is not too long.
    pub(crate) fn new_hold(&self, now: Instant, kind: HoldKind, out: &mut Actions) -> Option<Hold> {
        if !self.config.hold {
            return None;
        }
        let skew = longest_skew_nanos(&self.config);
        if skew.saturating_add(MARGIN_NANOS) > LONGEST_NANOS {
            out.report(Report::HoldTooLong);
            return None;
        }
        let latest = self
            .hold_for_group_nanos(kind, skew)
            .saturating_add(MARGIN_NANOS)
            .min(LONGEST_NANOS);
        Some(Hold {
            kind,
            ends_at: now.plus_nanos(latest),
            successor: None,
            answered: false,
        })
    }

    /// PRJ-STOP-02: advertisements are heard during a hold, against T-I-04.
    pub(crate) fn heard_in_hold(&mut self, now: Instant, heard: &Heard) {
        let State::Initialize { hold: Some(hold) } = &mut self.state else {
            return;
        };
        let yields = hold.kind == HoldKind::Yield;
        if heard.priority > 0 && hold.successor.is_none() {
            hold.successor = Some(heard.source);
            hold.ends_at = hold.ends_at.min(now.plus_nanos(AFTER_SUCCESSOR_NANOS));
            self.resignation = None;
        }
        if yields {
            self.note_defeat_in_hold(now, heard);
        }
    }

    /// PRJ-STOP-02: the successor's ARP or NA was seen; its advertisement may have been lost.
    pub(crate) fn successor_answers(&mut self, now: Instant) {
        if let State::Initialize { hold: Some(hold) } = &mut self.state {
            hold.answered = true;
            hold.ends_at = hold.ends_at.min(now.plus_nanos(AFTER_ANSWER_NANOS));
            self.resignation = None;
        }
    }

    /// The hold's time is over.
    pub(crate) fn finish_hold(&mut self, now: Instant, out: &mut Actions) {
        let State::Initialize { hold: Some(hold) } = self.state else {
            return;
        };
        match (hold.kind, hold.taken_over()) {
            // The group takes everything back, or tells this one to stand down: before this call ends.
            (HoldKind::Switchover, false) if self.asks_group() => {}
            (HoldKind::Switchover, false) => {
                out.report(Report::HoldEnded { successor: None });
                self.roll_back(now, out);
            }
            (HoldKind::Switchover, true) => {
                self.drop_hold(out);
                self.set_resigned(true, out);
                self.settle(now, Cause::Resigned, out);
            }
            (HoldKind::Yield, _) => {
                self.drop_hold(out);
                self.follow_group(now, out);
            }
            (HoldKind::Stop, _) => {
                self.drop_hold(out);
                // Nothing bars a router whose switchover was undone while the successor took over.
                self.settle(now, Cause::Started, out);
            }
        }
    }

    /// Lets the addresses go at once.
    pub(crate) fn drop_hold(&mut self, out: &mut Actions) {
        let State::Initialize { hold: Some(hold) } = self.state else {
            return;
        };
        self.state = State::Initialize { hold: None };
        out.push(Action::ReleaseAddresses);
        out.report(Report::HoldEnded {
            successor: hold.successor,
        });
    }
}
