//! What happened, for logs, notifications and applications.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::SystemTime;

use serde::Serialize;
use vrrp_core::Report;
use vrrp_core::wire::{Difference, Reject, Warning};

use crate::status::GroupStatus;

/// One thing that happened.
#[derive(Debug, Clone, Serialize)]
pub struct Event {
    /// Which service; `None`: none in particular.
    pub service: Option<Arc<str>>,
    /// CLOCK_BOOTTIME in nanoseconds.
    pub at_nanos: u64,
    /// The same by the wall clock.
    pub wall: SystemTime,
    /// Priority of the service's router then.
    pub priority: Option<u8>,
    /// Whom that router had last believed to be Active, itself not included: address and priority.
    pub last_active: Option<(IpAddr, u8)>,
    /// What.
    pub what: Happening,
}

/// What can happen.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub enum Happening {
    /// A fact from the state machine. What it says of addresses is done already.
    Core(Report),
    /// A sync group is in another state, and what that means for addresses is done. The event names no service.
    Group(GroupStatus),
    /// Others deleted an address while it was held; it was made again and announced (PRJ-ADDR-02).
    AddressLost {
        /// The address.
        address: IpAddr,
        /// Its interface.
        interface: String,
        /// How often within a minute; at 5 the router gives up for a while.
        times: usize,
    },
    /// An address is on this node and we did not make it: the node also answers for it while Backup.
    AddressForeign {
        /// The address.
        address: IpAddr,
        /// Its interface.
        interface: String,
    },
    /// Another host on the link says that a held address is its own (NET-ARP-08). It was answered with an announcement;
    /// told at most every 10 s for one address.
    AddressClaimed {
        /// The address.
        address: IpAddr,
        /// The interface it was heard on.
        interface: String,
        /// The host's hardware address.
        mac: String,
    },
    /// An address could not be made or removed; it is tried again at every audit.
    AddressFailed {
        /// The address.
        address: IpAddr,
        /// Its interface.
        interface: String,
        /// Whether it was to be made.
        adding: bool,
        /// What the kernel said.
        error: String,
    },
    /// A reload has given the service another name, and has changed nothing else by that. The event names the new one. Where
    /// several get other names, two perhaps each other's, these events follow each other, with no other in between.
    Renamed {
        /// The name that it had.
        before: String,
    },
    /// An address that an earlier life had left behind was removed.
    LeftoverRemoved {
        /// The address.
        address: IpAddr,
        /// Its interface.
        interface: String,
    },
    /// Others removed a route or a rule that was held; it was put back.
    RoutingLost {
        /// Which, as `ip route` and `ip rule` would have it.
        entry: String,
        /// How often within a minute; at 5 the router gives up for a while, unless it is not tracked.
        times: usize,
    },
    /// A route or a rule could not be made or removed; it is tried again at every audit.
    RoutingFailed {
        /// Which, as `ip route` and `ip rule` would have it.
        entry: String,
        /// Whether it was to be made.
        adding: bool,
        /// What the kernel said.
        error: String,
    },
    /// The interface of the service is otherwise than before.
    Link {
        /// Its name.
        interface: String,
        /// Whether it exists, is up and has a carrier.
        up: bool,
        /// The address that advertisements are sent from.
        primary: Option<IpAddr>,
    },
    /// The device with the service's virtual MAC could not be made, or is there after it could not be. Without it the
    /// service takes no part; it is tried again with every change of a link and at every audit.
    VirtualMac {
        /// Its name.
        device: String,
        /// What is wrong and what to do; `None`: it is there.
        problem: Option<String>,
    },
    /// A packet was discarded; not every one is told (PRJ-LOG-01).
    Rejected {
        /// Why.
        reject: Reject,
        /// Who sent it.
        source: IpAddr,
        /// In which way the sender differs from this router, where that can be said.
        difference: Option<Difference>,
        /// Alike and not told since the last one.
        suppressed: u64,
    },
    /// A packet was believed although something about it is odd (V3-7.1-10, V3-7.1-11); not every one is told.
    Odd {
        /// What is odd.
        warning: Warning,
        /// Who sent it.
        source: IpAddr,
        /// In which way the sender differs from this router, where that can be said.
        difference: Option<Difference>,
        /// Alike and not told since the last one.
        suppressed: u64,
    },
    /// An advertisement did not leave; not every one is told.
    SendFailed {
        /// What the kernel said.
        error: String,
    },
}
