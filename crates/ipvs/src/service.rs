//! A virtual service.

use crate::key::{Family, ServiceKey};
use crate::name::Name;
use std::fmt;
use std::net::Ipv4Addr;

/// A virtual service: what is asked for, and what the kernel reports of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// What it is found by.
    pub key: ServiceKey,
    /// Who chooses the destination of a new connection: `rr`, `wlc`, `mh` and so on.
    pub scheduler: Name,
    /// What the scheduler is to do differently.
    pub scheduler_flags: SchedulerFlags,
    /// Every datagram is scheduled by itself (`IP_VS_SVC_F_ONEPACKET`); UDP only.
    pub one_packet: bool,
    /// Connections of one client go to one destination.
    pub persistence: Option<Persistence>,
}

impl Service {
    /// A service without flags and persistence.
    #[must_use]
    pub const fn new(key: ServiceKey, scheduler: Name) -> Self {
        Self {
            key,
            scheduler,
            scheduler_flags: SchedulerFlags::NONE,
            one_packet: false,
            persistence: None,
        }
    }
}

/// `IP_VS_SVC_F_SCHED1` to `IP_VS_SVC_F_SCHED3`: what they mean is the scheduler's business.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SchedulerFlags(u8);

impl SchedulerFlags {
    /// None of them.
    pub const NONE: Self = Self(0);
    /// `flag-1`: with `sh` and `mh` another destination is taken where the chosen one has weight 0 (`sh-fallback`,
    /// `mh-fallback`).
    pub const FIRST: Self = Self(1);
    /// `flag-2`: with `sh` and `mh` the client's port counts too (`sh-port`, `mh-port`).
    pub const SECOND: Self = Self(2);
    /// `flag-3`: no scheduler of the kernel gives it a meaning.
    pub const THIRD: Self = Self(4);

    /// Both sets.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of `other` are set.
    #[must_use]
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl fmt::Debug for SchedulerFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = [(Self::FIRST, 1), (Self::SECOND, 2), (Self::THIRD, 3)];
        f.debug_set()
            .entries(names.iter().filter(|(flag, _)| self.has(*flag)).map(|(_, n)| n))
            .finish()
    }
}

/// How long, and which clients count as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Persistence {
    /// A client's template lives this long after its last connection: 1 to [`Persistence::SECONDS_MAX`].
    pub timeout_seconds: u32,
    /// Clients that are alike in these bits are one.
    pub granularity: Granularity,
    /// A persistence engine (`sip`), which finds the client in what is sent.
    pub engine: Option<Name>,
}

impl Persistence {
    /// 31 days. The kernel counts in ticks in 32 bits, which is more than that whatever the length of a tick is.
    pub const SECONDS_MAX: u32 = 31 * 86_400;

    /// Each client by itself.
    #[must_use]
    pub const fn of_each(family: Family, timeout_seconds: u32) -> Self {
        Self {
            timeout_seconds,
            granularity: Granularity::each(family),
            engine: None,
        }
    }
}

/// Which bits of a client's address count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Granularity {
    /// A mask, for a service of IPv4.
    V4(Ipv4Addr),
    /// A length of a prefix in bits, 1 to 128, for a service of IPv6.
    V6(u8),
}

impl Granularity {
    /// All bits.
    #[must_use]
    pub const fn each(family: Family) -> Self {
        match family {
            Family::V4 => Self::V4(Ipv4Addr::BROADCAST),
            Family::V6 => Self::V6(128),
        }
    }

    /// For which services it is.
    #[must_use]
    pub const fn family(self) -> Family {
        match self {
            Self::V4(_) => Family::V4,
            Self::V6(_) => Family::V6,
        }
    }
}
