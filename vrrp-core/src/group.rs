//! Sync groups: what one member is ordered, given where all of them stand. Pure; no member knows another.
//!
//! A group takes over when every member wants to, and as soon as one member leaves Active or is barred all follow.
//! [`Router`](crate::Router) asks after every step and carries the orders out within the same call, until nothing is left
//! to order: nobody sees a group half done.

/// Identifies a sync group within one [`Router`](crate::Router).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct GroupId(pub u32);

impl GroupId {
    pub(crate) fn place(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

/// What keeps a whole group out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) enum GroupBar {
    /// Every member that stands in the way was stopped as planned, or not started yet.
    Stopped,
    /// At least one is barred for another reason.
    Failed,
}

/// Where one member stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stance {
    /// Barred by a reason of its own.
    Barred(GroupBar),
    /// Came to a running group and its own first results are still missing: it does not bar the others yet.
    Joining,
    /// Barred by nothing but the group; free as soon as the group is.
    Resting,
    /// Backup, and nobody was heard yet since it began.
    Waiting {
        /// Its wait was shortened already.
        hurried: bool,
    },
    /// Backup under somebody who was heard, or just beaten by somebody.
    Following,
    /// Backup whose Active_Down_Timer has fired, and who was held back or is being asked about.
    Wanting,
    /// Active.
    Active,
    /// The addresses answer still (PRJ-STOP-01).
    Holding {
        /// Nobody took over so far, and taking the addresses back would be right.
        willing: bool,
        /// It asks to be Active again.
        asks: bool,
        /// Its time is over: it is waiting for this decision.
        over: bool,
    },
}

/// What a member is ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GroupOrder {
    /// Barred by the others, or not any more.
    Bar(Option<GroupBar>),
    /// Another member has left Active: end as a planned stop does, in Backup.
    Yield,
    /// Every member wants to: become Active.
    TakeOver,
    /// A hold is over, nobody was heard here and the group does not come back: let go.
    StandDown,
    /// Another member heard a goodbye: wait no longer than one interval and Skew_Time.
    Hurry,
    /// Another member met a rival: announce again, its announcements may have reached this member's neighbours.
    Announce,
}

/// What all members together come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Verdict {
    failed: u32,
    stopped: u32,
    any_active: bool,
    any_left: bool,
    all_willing: bool,
    any_wants: bool,
}

impl Verdict {
    pub(crate) fn of(stances: impl Iterator<Item = Stance>) -> Self {
        let mut verdict = Self {
            failed: 0,
            stopped: 0,
            any_active: false,
            any_left: false,
            all_willing: true,
            any_wants: false,
        };
        for stance in stances {
            verdict.count(stance);
        }
        verdict
    }

    fn count(&mut self, stance: Stance) {
        match stance {
            Stance::Barred(GroupBar::Failed) => self.failed = self.failed.saturating_add(1),
            Stance::Barred(GroupBar::Stopped) => self.stopped = self.stopped.saturating_add(1),
            Stance::Active => self.any_active = true,
            Stance::Wanting => self.any_wants = true,
            Stance::Following => {
                self.any_left = true;
                self.all_willing = false;
            }
            Stance::Holding { willing, asks, .. } => {
                self.any_left = true;
                self.all_willing &= willing;
                self.any_wants |= asks;
            }
            Stance::Joining => {}
            Stance::Resting | Stance::Waiting { .. } => self.all_willing = false,
        }
    }

    /// What a member in this stance is ordered, `told` being what it was last told of the others' bars.
    pub(crate) fn order(&self, stance: Stance, told: Option<GroupBar>) -> Option<GroupOrder> {
        let bar = self.bar_of_others(stance);
        if bar != told {
            return Some(GroupOrder::Bar(bar));
        }
        if self.is_barred() {
            return None;
        }
        let together = self.all_willing && self.any_wants;
        match stance {
            Stance::Active if self.any_left && !together => Some(GroupOrder::Yield),
            Stance::Wanting | Stance::Holding { .. } if together => Some(GroupOrder::TakeOver),
            Stance::Holding {
                over: true,
                asks: true,
                ..
            } => Some(GroupOrder::StandDown),
            // it came to members that are Active, and catches up with them.
            Stance::Waiting { hurried: false } if self.any_active => Some(GroupOrder::Hurry),
            Stance::Barred(_)
            | Stance::Joining
            | Stance::Resting
            | Stance::Waiting { .. }
            | Stance::Following
            | Stance::Wanting
            | Stance::Active
            | Stance::Holding { .. } => None,
        }
    }

    /// Whether a member is barred by a reason of its own.
    pub(crate) const fn is_barred(&self) -> bool {
        self.failed > 0 || self.stopped > 0
    }

    /// Whether a member is Active.
    pub(crate) const fn any_active(&self) -> bool {
        self.any_active
    }

    /// A member's own bar bars the others, not itself once more: else none would ever be free again.
    const fn bar_of_others(&self, stance: Stance) -> Option<GroupBar> {
        let (mut failed, mut stopped) = (self.failed, self.stopped);
        match stance {
            Stance::Barred(GroupBar::Failed) => failed = failed.saturating_sub(1),
            Stance::Barred(GroupBar::Stopped) => stopped = stopped.saturating_sub(1),
            Stance::Joining
            | Stance::Resting
            | Stance::Waiting { .. }
            | Stance::Following
            | Stance::Wanting
            | Stance::Active
            | Stance::Holding { .. } => {}
        }
        if failed > 0 {
            Some(GroupBar::Failed)
        } else if stopped > 0 {
            Some(GroupBar::Stopped)
        } else {
            None
        }
    }
}
