//! A virtual router as a member of a sync group: it says where it stands, and does what the group orders.
//!
//! It stays a single machine: it waits to be told before it becomes Active, and that is all it knows of a group.

use alloc::boxed::Box;
use core::cmp::Ordering;

use crate::action::{Actions, Cause, Report};
use crate::config::{Config, Version};
use crate::group::{GroupBar, GroupId, GroupOrder, Stance};
use crate::input::Heard;
use crate::machine::{Hold, HoldKind, LastHeard, State};
use crate::priority::{Priority, Rank, skew_nanos};
use crate::rout::Rout;
use crate::time::{Instant, Interval, NANOS_PER_CENTISECOND};
use crate::tracking::{Bar, Health};
use crate::virtual_router::VirtualRouter;

/// What a Backup thinks of becoming Active.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) enum Attitude {
    /// Nobody was heard yet.
    #[default]
    Waiting,
    /// Somebody is there, or was when this router yielded.
    Following,
    /// Its timer has fired; in a hold: it asks to be Active again.
    Wanting,
}

/// Numbers of a group that a member needs, the same for every router that has these members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct GroupTimes {
    /// The longest Skew_Time of any successor of any member.
    pub(crate) skew_nanos_max: u64,
    /// The longest Active_Down_Interval: what a successor waits on a link that no goodbye came over, unless it is hurried
    /// by those of the other members. keepalived's is not.
    pub(crate) down_nanos_max: u64,
    /// Every member is the owner of its addresses.
    pub(crate) all_owners: bool,
}

impl GroupTimes {
    /// As they are after one member more.
    pub(crate) fn with(self, config: &Config, first: bool) -> Self {
        let skew = longest_skew_nanos(config);
        let silence = config
            .interval
            .nanos()
            .saturating_mul(u64::from(config.down_adverts));
        let down = silence.saturating_add(skew);
        Self {
            skew_nanos_max: self.skew_nanos_max.max(skew),
            down_nanos_max: self.down_nanos_max.max(down),
            all_owners: (first || self.all_owners) && config.priority.is_owner(),
        }
    }
}

/// What a virtual router knows of its group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Member {
    pub(crate) group: GroupId,
    /// Its place in the order that all nodes agree on, 0 to `of` - 1.
    pub(crate) place: u32,
    pub(crate) of: u32,
    pub(crate) times: GroupTimes,
    pub(crate) attitude: Attitude,
    /// After a lost election: a goodbye does not let it want to before.
    pub(crate) not_before: Instant,
    /// It has met a better one since it was Active last.
    #[cfg_attr(feature = "serde", serde(default))]
    pub(crate) beaten: bool,
    /// After a lost election: see [`Rout::not_before`].
    #[cfg_attr(feature = "serde", serde(default))]
    pub(crate) rout: Rout,
    /// The latest of all members; none where every one was beaten: whoever wins everywhere has nobody to yield to, and its
    /// goodbye is a stop.
    #[cfg_attr(feature = "serde", serde(default))]
    pub(crate) group_rout: Rout,
    /// What it lost costs: 0 where it has lost nothing since it was Active last.
    pub(crate) defeat_nanos: u64,
    /// The most of all members.
    pub(crate) group_defeat_nanos: u64,
    pub(crate) barred: Option<GroupBar>,
    pub(crate) joining: bool,
    pub(crate) hurried: bool,
    pub(crate) told_held_back: bool,
    /// News for the other members, until the group has taken it.
    pub(crate) goodbye_heard: bool,
    pub(crate) rival_met: bool,
}

/// 255/256 of the interval, in version 2 of one second: no successor waits longer after a goodbye.
pub(crate) fn longest_skew_nanos(config: &Config) -> u64 {
    let base_cs = match config.version {
        Version::V2 => 100,
        // A version 2 Backup waits for its own skew, which does not know intervals below one second.
        Version::V3 if config.v2_interop => u64::from(config.interval.centiseconds().max(100)),
        Version::V3 => u64::from(config.interval.centiseconds()),
    };
    base_cs.saturating_mul(255).saturating_mul(NANOS_PER_CENTISECOND) / 256
}

impl Member {
    pub(crate) fn new(group: GroupId) -> Self {
        Self {
            group,
            place: 0,
            of: 1,
            times: GroupTimes::default(),
            attitude: Attitude::Waiting,
            not_before: Instant::default(),
            beaten: false,
            rout: Rout::default(),
            group_rout: Rout::default(),
            defeat_nanos: 0,
            group_defeat_nanos: 0,
            barred: None,
            joining: false,
            hurried: false,
            told_held_back: false,
            goodbye_heard: false,
            rival_met: false,
        }
    }

    /// Two groups of equal rank that both yielded must not come back at the same time, or they would yield again, and
    /// so on: the one that lost at an earlier member lets the other go first, by up to one interval.
    fn after_defeat_nanos(&self, interval: Interval) -> u64 {
        let behind = self.of.saturating_sub(self.place).saturating_sub(1);
        let steps = u64::from(self.of.saturating_sub(1));
        let nanos = interval.nanos().saturating_mul(u64::from(behind));
        nanos.checked_div(steps).unwrap_or(0)
    }
}

impl VirtualRouter {
    /// The sync group it belongs to.
    #[must_use]
    pub fn group(&self) -> Option<GroupId> {
        self.member.as_deref().map(|member| member.group)
    }

    /// Whether it would be Active if another member of its group did not hold it back.
    #[must_use]
    pub fn held_back(&self) -> bool {
        let wants = self
            .member
            .as_deref()
            .is_some_and(|member| member.attitude == Attitude::Wanting);
        wants && matches!(self.state, State::Backup { .. })
    }

    pub(crate) fn join(&mut self, group: GroupId) {
        let mut member = Member::new(group);
        if let State::Backup {
            last: LastHeard::Accepted,
            ..
        } = self.state
        {
            member.attitude = Attitude::Following;
        }
        self.member = Some(Box::new(member));
    }

    /// Out of its group: what only the group barred takes part again.
    pub(crate) fn leave_group(&mut self, now: Instant, out: &mut Actions) {
        self.member = None;
        self.settle(now, Cause::Started, out);
    }

    pub(crate) fn stance(&self, now: Instant) -> Stance {
        let Some(member) = self.member.as_deref() else {
            return Stance::Joining;
        };
        if let Some(bar) = self.own_bar() {
            return match bar {
                _ if member.joining && self.is_undecided(bar) => Stance::Joining,
                Bar::NotStarted | Bar::StartDelay => Stance::Barred(GroupBar::Stopped),
                Bar::LinkDown
                | Bar::NoPrimaryAddress
                | Bar::NoVirtualAddress
                | Bar::Tracker(_)
                | Bar::SendFailed
                | Bar::HoldFailed
                | Bar::Group { .. } => Stance::Barred(GroupBar::Failed),
            };
        }
        let asks = member.attitude == Attitude::Wanting;
        match self.state {
            State::Active { .. } => Stance::Active,
            State::Initialize { hold: None } => Stance::Resting,
            State::Initialize { hold: Some(hold) } => Stance::Holding {
                willing: !hold.taken_over() && (asks || hold.kind == HoldKind::Yield),
                asks: asks && !hold.taken_over(),
                over: now >= hold.ends_at,
            },
            State::Backup { .. } => match member.attitude {
                Attitude::Waiting => Stance::Waiting {
                    hurried: member.hurried,
                },
                Attitude::Following => Stance::Following,
                Attitude::Wanting => Stance::Wanting,
            },
        }
    }

    /// Not started, or no first result yet: what a new member has to get past before it counts.
    fn is_undecided(&self, bar: Bar) -> bool {
        match bar {
            Bar::NotStarted | Bar::StartDelay => true,
            Bar::Tracker(id) => self.tracking.get(id) == Some(Health::Unknown),
            Bar::LinkDown
            | Bar::NoPrimaryAddress
            | Bar::NoVirtualAddress
            | Bar::SendFailed
            | Bar::HoldFailed
            | Bar::Group { .. } => false,
        }
    }

    pub(crate) fn obey(&mut self, now: Instant, order: GroupOrder) -> Actions {
        let mut out = Actions::none();
        match order {
            GroupOrder::Bar(bar) => {
                if let Some(member) = self.member.as_deref_mut() {
                    member.barred = bar;
                }
                self.settle(now, Cause::Started, &mut out);
            }
            GroupOrder::Yield => self.yield_to_group(now, &mut out),
            GroupOrder::TakeOver => match self.state {
                State::Backup { last, .. } => {
                    let cause = if self.priority().is_owner() {
                        Cause::Owner
                    } else {
                        last.cause()
                    };
                    self.become_active(now, cause, &mut out);
                }
                State::Initialize { hold: Some(_) } => self.roll_back(now, &mut out),
                State::Initialize { hold: None } | State::Active { .. } => {}
            },
            GroupOrder::StandDown => self.stand_down(now, &mut out),
            GroupOrder::Hurry => self.hurry(now),
            GroupOrder::Announce => {
                if let State::Active { .. } = self.state {
                    let copies = self.announcing.rival(now, &self.config.settings().announcements);
                    self.announce(copies, &mut out);
                }
            }
        }
        out
    }

    /// As a planned stop, and then Backup: a bare release would leave the addresses to nobody for a Skew_Time.
    fn yield_to_group(&mut self, now: Instant, out: &mut Actions) {
        if !matches!(self.state, State::Active { .. }) {
            return;
        }
        let hold = self.new_hold(now, HoldKind::Yield, out);
        self.become_initialize(now, Cause::GroupYields, hold, out);
        if hold.is_none() {
            self.follow_group(now, out);
        }
    }

    /// After a hold that the group ordered: Backup, beaten.
    pub(crate) fn follow_group(&mut self, now: Instant, out: &mut Actions) {
        self.become_backup(now, self.config.interval, Cause::GroupYields, out);
        let Some(member) = self.member.as_deref_mut() else {
            return;
        };
        member.attitude = Attitude::Following;
        let defeat_nanos = member.group_defeat_nanos;
        if let State::Backup { active_down_at, .. } = &mut self.state
            && defeat_nanos > 0
        {
            // Not its own Active_Down_Interval: no priority of the winner's members makes that one slower.
            let wait_nanos = member.times.down_nanos_max.saturating_add(defeat_nanos);
            *active_down_at = now.plus_nanos(wait_nanos);
        }
    }

    fn stand_down(&mut self, now: Instant, out: &mut Actions) {
        let State::Initialize { hold: Some(hold) } = self.state else {
            return;
        };
        self.drop_hold(out);
        match hold.kind {
            HoldKind::Yield => self.follow_group(now, out),
            HoldKind::Stop => self.settle(now, Cause::Started, out),
            HoldKind::Switchover => {
                self.set_resigned(true, out);
                self.settle(now, Cause::Resigned, out);
            }
        }
    }

    /// One interval lets an Active that is still there be heard.
    fn hurry(&mut self, now: Instant) {
        let (version, priority) = (self.config.version, self.priority());
        let Some(member) = self.member.as_deref_mut() else {
            return;
        };
        member.hurried = true;
        if let State::Backup {
            active_interval,
            active_down_at,
            ..
        } = &mut self.state
        {
            let wait =
                active_interval
                    .nanos()
                    .saturating_add(skew_nanos(version, priority, *active_interval));
            let at = now.plus_nanos(wait).max(member.not_before);
            *active_down_at = at.min(*active_down_at).max(member.group_rout.not_before(now));
        }
    }

    /// In a group a router that could be Active asks first; returns whether it is in one.
    pub(crate) fn asks_group(&mut self) -> bool {
        let Some(member) = self.member.as_deref_mut() else {
            return false;
        };
        member.attitude = Attitude::Wanting;
        if let State::Initialize { hold: Some(hold) } = &mut self.state
            && hold.kind == HoldKind::Stop
        {
            hold.kind = HoldKind::Yield;
        }
        true
    }

    /// a member that is held back re-arms Active_Down_Interval.
    pub(crate) fn rearm(&mut self, now: Instant) {
        let State::Backup { active_interval, .. } = self.state else {
            return;
        };
        let down_nanos = self.active_down_nanos(active_interval);
        if let State::Backup { active_down_at, .. } = &mut self.state {
            *active_down_at = now.plus_nanos(down_nanos);
        }
    }

    /// an owner among members that are none waits one interval and the smallest Skew_Time; among owners not at all.
    pub(crate) fn owner_in_group(&mut self, now: Instant, cause: Cause, out: &mut Actions) {
        self.become_backup(now, self.config.interval, cause, out);
        let Some(member) = self.member.as_deref_mut() else {
            return;
        };
        if member.times.all_owners {
            member.attitude = Attitude::Wanting;
        } else if let State::Backup { active_down_at, .. } = &mut self.state {
            let interval = self.config.interval;
            let skew = skew_nanos(self.config.version, Priority::OWNER, interval);
            *active_down_at = now.plus_nanos(interval.nanos().saturating_add(skew));
        }
    }

    /// A state was entered.
    pub(crate) fn note_entered(&mut self, attitude: Attitude) {
        if let Some(member) = self.member.as_deref_mut() {
            member.attitude = attitude;
            member.hurried = false;
            member.told_held_back = false;
        }
    }

    pub(crate) fn forget_defeat(&mut self) {
        if let Some(member) = self.member.as_deref_mut() {
            member.defeat_nanos = 0;
            member.beaten = false;
        }
    }

    pub(crate) fn note_accepted(&mut self, heard: &Heard) {
        let beaten = self.is_beaten_by(heard);
        if let Some(member) = self.member.as_deref_mut() {
            member.beaten |= beaten;
            member.attitude = Attitude::Following;
            member.told_held_back = false;
        }
    }

    /// The earliest time at which a goodbye may make it want to; where both groups yielded, the second one whatever it waits
    /// for already.
    ///
    /// Of three equals two may yield to each other, and the third would come back in step with the one that is to go first:
    /// so whoever hears the goodbye of an equal that it would lose to waits as if it had.
    pub(crate) fn note_goodbye(&mut self, now: Instant) -> (Instant, Instant) {
        let own = self.priority().get();
        let loses_to = |rank: Rank| rank.priority == own && self.yields_to_equal(rank.address);
        let would_lose = self.last_active.is_some_and(loses_to);
        let interval = self.config.interval;
        self.member
            .as_deref_mut()
            .map_or_else(Default::default, |member| {
                member.goodbye_heard = true;
                if would_lose {
                    let wait = now.plus_nanos(member.after_defeat_nanos(interval));
                    member.not_before = member.not_before.max(wait);
                }
                (member.not_before, member.group_rout.not_before(now))
            })
    }

    pub(crate) fn note_rival(&mut self) {
        if let Some(member) = self.member.as_deref_mut() {
            member.rival_met = true;
        }
    }

    pub(crate) fn note_defeat(&mut self, now: Instant) {
        let interval = self.config.interval;
        if let Some(member) = self.member.as_deref_mut() {
            member.defeat_nanos = member.after_defeat_nanos(interval);
            member.not_before = now.plus_nanos(member.defeat_nanos);
            member.beaten = true;
            if member.defeat_nanos > 0 {
                let wait_nanos = member.times.down_nanos_max.saturating_add(member.defeat_nanos);
                member.rout = Rout::new(now, interval, wait_nanos);
            }
        }
    }

    /// Whoever yielded for another member's defeat may find out in its hold that it would have lost too.
    pub(crate) fn note_defeat_in_hold(&mut self, now: Instant, heard: &Heard) {
        if self.is_beaten_by(heard) {
            self.note_defeat(now);
        }
    }

    fn is_beaten_by(&self, heard: &Heard) -> bool {
        match heard.priority.cmp(&self.priority().get()) {
            Ordering::Greater => true,
            Ordering::Equal => self.yields_to_equal(heard.source),
            Ordering::Less => false,
        }
    }

    /// Says once that it is held back; called when the group has nothing more to order.
    pub(crate) fn tell_held_back(&mut self) -> Actions {
        let mut out = Actions::none();
        if self.held_back()
            && let Some(member) = self.member.as_deref_mut()
            && !member.told_held_back
        {
            member.told_held_back = true;
            out.report(Report::HeldBack);
        }
        out
    }

    /// A hold's latest end from now, in nanoseconds: long enough for the successors of every member.
    pub(crate) fn hold_for_group_nanos(&self, kind: HoldKind, own_nanos: u64) -> u64 {
        let Some(member) = self.member.as_deref() else {
            return own_nanos;
        };
        // A stop and a switchover say goodbye for every member. After anything else one of the members may be mute, and
        // its successor may have to miss it first.
        let leaves_altogether = !self.started || kind == HoldKind::Switchover;
        if leaves_altogether {
            member.times.skew_nanos_max
        } else {
            member.times.down_nanos_max
        }
    }

    /// A hold that began for the group ends as a stop where the stop comes after it.
    pub(crate) fn stopped_in_hold(&self, now: Instant, hold: Hold, margin_nanos: u64) -> Hold {
        let Some(member) = self.member.as_deref() else {
            return hold;
        };
        let latest = member.times.skew_nanos_max.saturating_add(margin_nanos);
        Hold {
            ends_at: hold.ends_at.min(now.plus_nanos(latest)),
            ..hold
        }
    }
}
