//! One router by the names of the management models: RFC 8347 (YANG) and RFC 6527 (MIB), in their units. One table of
//! names, so that a successor of either model is one change.

use core::fmt;
use core::net::IpAddr;
use core::num::NonZeroU64;

use crate::action::{Cause, StateName, Transition};
use crate::id::{Family, virtual_mac};
use crate::machine::State;
use crate::priority::{active_down_nanos, skew_nanos};
use crate::time::Instant;
use crate::tracking::Bar;
use crate::virtual_router::VirtualRouter;

const CENTISECOND_NANOS: u64 = 10_000_000;
const MICROSECOND_NANOS: u64 = 1_000;

/// `new-master-reason` of RFC 8347, vrrpv3StatisticsNewMasterReason of RFC 6527: why this router became Active last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum NewMasterReason {
    /// It never did.
    #[default]
    NotMaster,
    /// The Active said goodbye with priority 0.
    Priority,
    /// It has the higher rank, or owns the addresses.
    Preempted,
    /// Nobody was heard.
    NoResponse,
}

impl NewMasterReason {
    /// Its name in RFC 8347.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotMaster => "not-master",
            Self::Priority => "priority",
            Self::Preempted => "preempted",
            Self::NoResponse => "no-response",
        }
    }

    /// Its number in RFC 6527.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    const fn of(cause: Cause) -> Self {
        match cause {
            Cause::PriorityZero => Self::Priority,
            Cause::Owner | Cause::LowerActive | Cause::HigherHeard { .. } | Cause::Reconfigured => {
                Self::Preempted
            }
            Cause::NoResponse
            | Cause::NobodyTookOver
            | Cause::Started
            | Cause::Stopped
            | Cause::Resigned
            | Cause::Barred(_)
            | Cause::Stalled
            | Cause::GroupYields => Self::NoResponse,
        }
    }
}

impl fmt::Display for NewMasterReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// `last-event` of RFC 8347: the last thing that made this router change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum LastEvent {
    /// Nothing yet.
    #[default]
    None,
    /// Startup.
    Startup,
    /// Shutdown, also by what RFC 8347 has no event for: a tracked object, a failure of its own.
    Shutdown,
    /// A better router was heard while Active.
    HigherPriorityBackup,
    /// The Active fell silent, or said goodbye.
    MasterTimeout,
    /// The interface came back.
    InterfaceUp,
    /// The interface went down.
    InterfaceDown,
    /// There is no address to send from.
    NoPrimaryIpAddress,
    /// There is one again.
    PrimaryIpAddress,
    /// There is no address to advertise.
    NoVirtualIpAddresses,
    /// There is one again.
    VirtualIpAddresses,
    /// The preempt delay is over.
    PreemptHoldTimeout,
    /// The Active has the lower rank, and was replaced.
    LowerPriorityMaster,
    /// The owner took its own addresses.
    OwnerPreempt,
}

impl LastEvent {
    /// Its identity in RFC 8347.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "vrrp-event-none",
            Self::Startup => "vrrp-event-startup",
            Self::Shutdown => "vrrp-event-shutdown",
            Self::HigherPriorityBackup => "vrrp-event-higher-priority-backup",
            Self::MasterTimeout => "vrrp-event-master-timeout",
            Self::InterfaceUp => "vrrp-event-interface-up",
            Self::InterfaceDown => "vrrp-event-interface-down",
            Self::NoPrimaryIpAddress => "vrrp-event-no-primary-ip-address",
            Self::PrimaryIpAddress => "vrrp-event-primary-ip-address",
            Self::NoVirtualIpAddresses => "vrrp-event-no-virtual-ip-addresses",
            Self::VirtualIpAddresses => "vrrp-event-virtual-ip-addresses",
            Self::PreemptHoldTimeout => "vrrp-event-preempt-hold-timeout",
            Self::LowerPriorityMaster => "vrrp-event-lower-priority-master",
            Self::OwnerPreempt => "vrrp-event-owner-preempt",
        }
    }

    /// What follows `self` when a state is entered for this reason.
    const fn after(self, to: StateName, cause: Cause) -> Self {
        match (to, cause) {
            (_, Cause::Owner) => Self::OwnerPreempt,
            (StateName::Active, Cause::LowerActive) => Self::LowerPriorityMaster,
            (StateName::Active, Cause::NoResponse | Cause::PriorityZero) => Self::MasterTimeout,
            (_, Cause::HigherHeard { .. } | Cause::Stalled | Cause::GroupYields) => {
                Self::HigherPriorityBackup
            }
            (StateName::Initialize, Cause::Barred(bar)) => match bar {
                Bar::LinkDown => Self::InterfaceDown,
                Bar::NoPrimaryAddress => Self::NoPrimaryIpAddress,
                Bar::NoVirtualAddress => Self::NoVirtualIpAddresses,
                Bar::NotStarted
                | Bar::StartDelay
                | Bar::Tracker(_)
                | Bar::SendFailed
                | Bar::HoldFailed
                | Bar::Group { .. } => Self::Shutdown,
            },
            (StateName::Initialize, _) => Self::Shutdown,
            (StateName::Backup | StateName::Active, _) => match self {
                Self::InterfaceDown => Self::InterfaceUp,
                Self::NoPrimaryIpAddress => Self::PrimaryIpAddress,
                Self::NoVirtualIpAddresses => Self::VirtualIpAddresses,
                Self::None
                | Self::Startup
                | Self::Shutdown
                | Self::HigherPriorityBackup
                | Self::MasterTimeout
                | Self::InterfaceUp
                | Self::PrimaryIpAddress
                | Self::VirtualIpAddresses
                | Self::PreemptHoldTimeout
                | Self::LowerPriorityMaster
                | Self::OwnerPreempt => Self::Startup,
            },
        }
    }
}

impl fmt::Display for LastEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Transition {
    /// The notification of RFC 6527 (vrrpv3NewMaster) and RFC 8347 (vrrp-new-master-event): one for every entry to Active
    /// of this router, none for anything else.
    #[must_use]
    pub const fn new_master_reason(&self) -> Option<NewMasterReason> {
        match self.to {
            StateName::Active => Some(NewMasterReason::of(self.cause)),
            StateName::Backup | StateName::Initialize => None,
        }
    }
}

/// What the models ask for that nothing else keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Past {
    last_event: LastEvent,
    new_master_reason: NewMasterReason,
    /// In nanoseconds; a clock that just begins says 1.
    up_since: Option<NonZeroU64>,
}

impl Past {
    pub(crate) fn preempt_hold_over(&mut self) {
        self.last_event = LastEvent::PreemptHoldTimeout;
    }

    pub(crate) fn entered(&mut self, now: Instant, transition: &Transition) {
        self.last_event = self.last_event.after(transition.to, transition.cause);
        if let Some(reason) = transition.new_master_reason() {
            self.new_master_reason = reason;
        }
        self.up_since = match transition.to {
            StateName::Initialize => None,
            StateName::Backup | StateName::Active => self.up_since.or(NonZeroU64::new(now.as_nanos().max(1))),
        };
    }
}

/// One router as RFC 8347 and RFC 6527 show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Leaves {
    /// `state`: `initialize`, `backup`, `master`.
    pub state: &'static str,
    /// `is-owner`.
    pub is_owner: bool,
    /// `effective-priority`, 1 to 255: after tracking.
    pub effective_priority: u8,
    /// vrrpv3OperationsPriority, 1 to 255: as configured.
    pub priority: u8,
    /// vrrpv3OperationsAdvInterval in centiseconds, 1 to 4095 in version 3, 100 to 25 500 in version 2.
    pub advertise_interval_cs: u16,
    /// `last-adv-source`, vrrpv3OperationsMasterIpAddr: who was accepted last; this router itself while Active.
    pub last_adv_source: Option<IpAddr>,
    /// vrrpv3OperationsPrimaryIpAddr.
    pub primary_address: Option<IpAddr>,
    /// vrrpv3OperationsVirtualMacAddr, whether or not frames are sent from it.
    pub virtual_mac: [u8; 6],
    /// vrrpv3OperationsAddrCount: advertised addresses.
    pub address_count: u16,
    /// vrrpv3OperationsPreemptMode.
    pub preempt_mode: bool,
    /// vrrpv3OperationsAcceptMode: RFC 6527 knows it for IPv6 alone, in IPv4 it reads false.
    pub accept_mode: bool,
    /// `up-datetime`, vrrpv3OperationsUpTime: when Initialize was left.
    pub up_since: Option<Instant>,
    /// `master-down-interval` in centiseconds, rounded down.
    pub master_down_interval_cs: u32,
    /// `skew-time` in microseconds, rounded down.
    pub skew_time_us: u32,
    /// `last-event`.
    pub last_event: LastEvent,
    /// `new-master-reason`.
    pub new_master_reason: NewMasterReason,
}

impl VirtualRouter {
    /// This router by the names of RFC 8347 and RFC 6527. The two intervals are those of now: with what a Backup has
    /// learned, and at the priority in effect (PRJ-TIME-03, PRJ-TIME-07).
    #[must_use]
    pub fn leaves(&self) -> Leaves {
        let settings = self.config.settings();
        let interval = match self.state {
            State::Backup { active_interval, .. } => active_interval,
            State::Initialize { .. } | State::Active { .. } => settings.interval,
        };
        let (version, priority) = (settings.version, self.priority());
        let down_nanos = active_down_nanos(version, priority, interval, settings.down_adverts);
        let skew = skew_nanos(version, priority, interval) / MICROSECOND_NANOS;
        Leaves {
            state: match self.state_name() {
                StateName::Initialize => "initialize",
                StateName::Backup => "backup",
                StateName::Active => "master",
            },
            is_owner: settings.priority.is_owner(),
            effective_priority: priority.get(),
            priority: settings.priority.get(),
            advertise_interval_cs: settings.interval.centiseconds(),
            last_adv_source: match self.state {
                State::Active { .. } => self.link.primary,
                State::Backup { .. } | State::Initialize { .. } => self.last_active.map(|rank| rank.address),
            },
            primary_address: self.link.primary,
            virtual_mac: virtual_mac(settings.family, settings.vrid),
            address_count: u16::try_from(settings.addresses.len()).unwrap_or(u16::MAX),
            preempt_mode: settings.preempt,
            accept_mode: settings.accept && settings.family == Family::Ipv6,
            up_since: self.past.up_since.map(|at| Instant::from_nanos(at.get())),
            master_down_interval_cs: u32::try_from(down_nanos / CENTISECOND_NANOS).unwrap_or(u32::MAX),
            skew_time_us: u32::try_from(skew).unwrap_or(u32::MAX),
            last_event: self.past.last_event,
            new_master_reason: self.past.new_master_reason,
        }
    }
}
