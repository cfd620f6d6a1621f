//! What a virtual router wants done: desired levels, not steps. Saying one twice does no harm.

use core::fmt;
use core::net::IpAddr;

use crate::config::Version;
use crate::priority::Priority;
use crate::tracking::Bar;

/// One thing to do, in the order given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum Action {
    /// Build and send one advertisement: `seal` it, then encode it once per destination.
    Send(Draft),
    /// Let the addresses be present and answer (`Own`).
    HoldAddresses,
    /// Let them be absent (`Disown`), completed before the action that follows.
    ReleaseAddresses,
    /// One gratuitous ARP or unsolicited NA per held address, `copies` times.
    AnnounceAddresses {
        /// 1 to 255.
        copies: u8,
    },
    /// IPv6: send Router Advertisements for the virtual router (`RaStart`), or stop (`RaStop`).
    RouterAdvertisements {
        /// Start or stop.
        on: bool,
    },
    /// A fact for logs, notifications and counters; nothing has to be done.
    Report(Report),
}

/// What the executor needs to send one advertisement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Draft {
    /// 0 to 255.
    pub priority: u8,
    /// Differs from the configured version only with `v2_interop`.
    pub version: Version,
}

/// The three states of RFC 9568 section 6.3, without their contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum StateName {
    /// Not taking part.
    Initialize,
    /// Waiting for the Active to fall silent.
    Backup,
    /// Answering for the addresses.
    Active,
}

impl fmt::Display for StateName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Initialize => "Initialize",
            Self::Backup => "Backup",
            Self::Active => "Active",
        })
    }
}

/// Why a state was entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Cause {
    /// Startup, or the last bar has gone (T-I-02).
    Started,
    /// Startup of the address owner (T-I-01).
    Owner,
    /// Nobody was heard for Active_Down_Interval (T-B-02).
    NoResponse,
    /// The last Active said goodbye with priority 0 (T-B-03, T-B-02).
    PriorityZero,
    /// The last Active's rank is below ours (T-B-07, T-B-02).
    LowerActive,
    /// A better router was heard (T-A-04, T-A-05).
    HigherHeard {
        /// Its address.
        source: IpAddr,
        /// Its priority.
        priority: u8,
    },
    /// Nobody took over during the hold (PRJ-STOP-03, PRJ-STOP-04).
    NobodyTookOver,
    /// A planned stop (T-A-01, T-B-01).
    Stopped,
    /// An operator's switchover (PRJ-STOP-04).
    Resigned,
    /// Something bars the router.
    Barred(Bar),
    /// Ownership, version, VRID or interface was reconfigured (PRJ-CHG-03, PRJ-CHG-07).
    Reconfigured,
    /// The own loop was stalled too long.
    Stalled,
    /// Another member of the sync group has left Active.
    GroupYields,
}

/// One change of state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Transition {
    /// Before.
    pub from: StateName,
    /// After.
    pub to: StateName,
    /// Why.
    pub cause: Cause,
    /// The addresses are still held (PRJ-STOP-01).
    pub holding: bool,
}

/// A fact worth telling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Report {
    /// The state changed.
    Transition(Transition),
    /// The effective priority changed.
    Priority {
        /// Before.
        from: Priority,
        /// After.
        to: Priority,
    },
    /// A hold ended.
    HoldEnded {
        /// Whether a successor had spoken.
        successor: Option<IpAddr>,
    },
    /// No hold, though one is configured: the successor might need longer than 5 s (PRJ-STOP-02).
    HoldTooLong,
    /// While Active a rival of lower rank was heard and answered: notify again that this router is Active.
    Reasserted {
        /// The rival.
        source: IpAddr,
        /// Its priority.
        priority: u8,
    },
    /// An advertisement left later than its deadline by more than half an interval (V3-2.5-01).
    Late {
        /// By how much, in nanoseconds.
        late_nanos: u64,
    },
    /// This Backup took over and yielded again within one Active_Down_Interval: somebody's advertisements are late, or
    /// were lost, and the take-over was probably a false one (V3-2.5-01).
    Bounced {
        /// How long it was Active, in nanoseconds.
        active_nanos: u64,
    },
    /// With `v2_interop`: the present Active sends version 3 only (V3-8.4.2-06). Said once for each Active, three
    /// times a minute where several take turns.
    OnlyVersion3 {
        /// The Active.
        source: IpAddr,
    },
    /// The group uses both forms of the IPv4 checksum and cannot agree (PRJ-CK-03).
    ChecksumFormsMixed {
        /// Who sent the other form.
        source: IpAddr,
    },
    /// Another router advertises our own priority (V3-8.3.2-03).
    SamePriority {
        /// The other router.
        source: IpAddr,
    },
    /// This Backup would be Active now; other members of its sync group do not want to, or may not. Said once, until
    /// it hears an Active or becomes one.
    HeldBack,
    /// Something failed; the router bars itself for `retry_after_seconds` (PRJ-FAIL-01).
    FailedFor {
        /// 1, 2, 4 … 60.
        retry_after_seconds: u8,
    },
}

/// A short list of [`Action`] by value: no queue to drain, no lifetime, no allocation.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Actions {
    items: [Option<Action>; Self::MAX],
    len: usize,
}

impl Actions {
    /// More than a step can yield.
    pub const MAX: usize = 12;

    pub(crate) const fn none() -> Self {
        Self {
            items: [None; Self::MAX],
            len: 0,
        }
    }

    pub(crate) fn push(&mut self, action: Action) {
        // A step that outgrew MAX would lose its last actions: the property tests drive every step against this.
        debug_assert!(
            self.len < Self::MAX,
            "a step yielded more than Actions::MAX actions"
        );
        if let Some(place) = self.items.get_mut(self.len) {
            *place = Some(action);
            self.len = self.len.saturating_add(1);
        }
    }

    pub(crate) fn report(&mut self, report: Report) {
        self.push(Action::Report(report));
    }

    /// How many.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// In order.
    pub fn iter(&self) -> impl Iterator<Item = &Action> {
        self.items.iter().flatten()
    }
}

impl fmt::Debug for Actions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl IntoIterator for Actions {
    type Item = Action;
    type IntoIter = core::iter::Flatten<core::array::IntoIter<Option<Action>, { Self::MAX }>>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter().flatten()
    }
}
