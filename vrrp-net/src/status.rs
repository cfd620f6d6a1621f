//! What there is to know about a running driver.

use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use crate::accept::AcceptMode;
use serde::Serialize;
use vrrp_core::wire::Difference;
use vrrp_core::{Cause, Counters, Deadline, Health, Instant, Leaves, Link, Standing, StateName};

/// All of it, at one moment.
#[derive(Debug, Clone, Serialize)]
pub struct Status {
    /// CLOCK_BOOTTIME in nanoseconds.
    pub at_nanos: u64,
    /// Every service in the order of configuration.
    pub services: Vec<ServiceStatus>,
    /// Every sync group, by name.
    pub groups: Vec<GroupStatus>,
    /// What is there whatever the state of any service.
    pub statics: StaticsStatus,
    /// How the loop keeps up.
    pub loop_lag: LoopLag,
    /// How long packets of protocol 112 waited for the loop.
    pub packet_wait: PacketWait,
    /// Packets of protocol 112 that named none of our routers, by reason, and those that did.
    pub rejected: vrrp_core::Rejects,
    /// Times that netlink events were lost and everything was read anew.
    pub overruns: u64,
}

/// A sync group at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GroupStatus {
    /// Its name.
    pub name: String,
    /// Its services, by VRID, IPv4 before IPv6.
    pub members: Vec<String>,
    /// Of the group as one service.
    pub state: StateName,
    /// The services that bar all others; empty where the group takes part, is stopped, or only waits for first results.
    pub at_fault: Vec<String>,
}

/// How late the loop woke for its deadlines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct LoopLag {
    /// The last time, in nanoseconds.
    pub last_nanos: u64,
    /// The worst since the start, in nanoseconds.
    pub max_nanos: u64,
    /// When the worst was, CLOCK_BOOTTIME in nanoseconds.
    pub max_at_nanos: u64,
    /// Times it woke for a deadline.
    pub wakes: u64,
}

/// From the card to the loop. Up to 1 ms is taken for the time of waking up, and a timer starts when the packet came; what
/// waited longer counts from when it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct PacketWait {
    /// The last packet, in nanoseconds.
    pub last_nanos: u64,
    /// The worst since the start, in nanoseconds.
    pub max_nanos: u64,
}

impl PacketWait {
    pub(crate) fn note(&mut self, waited: Option<u64>) {
        let Some(nanos) = waited else {
            return;
        };
        self.last_nanos = nanos;
        self.max_nanos = self.max_nanos.max(nanos);
    }
}

/// Router Advertisements of an Active router.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct HostsTold {
    /// For how long hosts use the router by one of them; 0: not at all, they only learn of prefixes.
    pub lifetime: Duration,
    /// The same on every router that says the same, whatever its MAC (NET-RA-02).
    pub digest: u32,
    /// Sent since it became Active.
    pub sent: u64,
}

/// One service.
#[derive(Debug, Clone, Serialize)]
pub struct ServiceStatus {
    /// Its name.
    pub name: String,
    /// Its sync group.
    pub group: Option<String>,
    /// It would be Active now, and other members of its group hold it back.
    pub held_back: bool,
    /// Its interface.
    pub interface: Option<String>,
    /// State.
    pub state: StateName,
    /// Addresses are still held after a goodbye (PRJ-STOP-01).
    pub holding: bool,
    /// Since when, CLOCK_BOOTTIME in nanoseconds.
    pub since_nanos: u64,
    /// Since when, by the wall clock of that moment.
    pub since: SystemTime,
    /// For how long.
    pub for_time: Duration,
    /// Why this state was entered; `None` before the first change.
    pub why: Option<Cause>,
    /// Eligible with a priority, or barred and why.
    pub standing: StandingStatus,
    /// Priority in effect.
    pub priority: u8,
    /// Priority as configured.
    pub base_priority: u8,
    /// It was asked to resign and competes with priority 1 (PRJ-STOP-04).
    pub resigned: bool,
    /// What each tracked object adds, by its index.
    pub contributions: Vec<Contribution>,
    /// Who was last believed to be Active, this router not included: address and priority.
    pub last_active: Option<(IpAddr, u8)>,
    /// The link as the router knows it.
    pub link: Link,
    /// What becomes of packets to its addresses while it is Active.
    pub accept_mode: AcceptMode,
    /// The device with the virtual MAC, where it has one.
    pub virtual_mac: Option<VirtualMacStatus>,
    /// What hosts are told of their router; `None`: nothing, at the moment or at all.
    pub hosts_told: Option<HostsTold>,
    /// Every address of the service.
    pub addresses: Vec<AddressStatus>,
    /// Its routes, then its rules.
    pub routing: Vec<RoutingStatus>,
    /// What comes next, and when.
    pub deadline: Option<Deadline>,
    /// Counters.
    pub counters: Counters,
    /// By the names of RFC 8347 and RFC 6527.
    pub leaves: Leaves,
    /// Peers whose packets were discarded, and what differs, until one of theirs is believed.
    pub incompatible: Vec<Incompatible>,
    /// Routers that were ever believed, by address: the last 16.
    pub heard: Vec<HeardRouter>,
    /// The end of the preempt delay that a weaker Active's advertisement began.
    pub preempt_at: Option<Instant>,
}

/// [`Standing`] in a form that serializes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum StandingStatus {
    /// May compete with this priority.
    Eligible(u8),
    /// May not, and why.
    Barred(vrrp_core::Bar),
}

impl From<Standing> for StandingStatus {
    fn from(standing: Standing) -> Self {
        match standing {
            Standing::Eligible(priority) => Self::Eligible(priority.get()),
            Standing::Barred(bar) => Self::Barred(bar),
        }
    }
}

/// What a tracked object does to the priority.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Contribution {
    /// Its index in the settings.
    pub tracker: u16,
    /// Its health.
    pub health: Health,
    /// What it adds.
    pub adds: i32,
    /// It bars the router.
    pub bars: bool,
}

/// The device with the virtual MAC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VirtualMacStatus {
    /// Its name.
    pub device: String,
    /// Its MAC, as `00:00:5e:00:01:33`.
    pub mac: String,
    /// Up: the node takes frames for it.
    pub up: bool,
    /// Why there is none, and what to do; the service takes no part then.
    pub problem: Option<String>,
}

/// One address: what is wanted and what the kernel has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AddressStatus {
    /// The address.
    pub address: IpAddr,
    /// Its prefix length.
    pub prefix: u8,
    /// Its interface.
    pub interface: String,
    /// In advertisements.
    pub advertised: bool,
    /// Wanted at the moment.
    pub wanted: bool,
    /// What the kernel has.
    pub present: AddressPresence,
}

/// What the kernel has of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum AddressPresence {
    /// Its interface does not exist.
    NoInterface,
    /// It is not there.
    Absent,
    /// It is there and ours.
    Ours,
    /// It is there and others made it.
    Foreign,
}

/// One route or rule: what is wanted and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RoutingStatus {
    /// As it would be written behind `ip route add` or `ip rule add`.
    pub entry: String,
    /// A rule, and no route.
    pub is_rule: bool,
    /// Wanted at the moment.
    pub wanted: bool,
    /// Whether it is there.
    pub present: RoutingPresence,
}

/// What became of a route or a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum RoutingPresence {
    /// It was not made.
    Absent,
    /// It is there and ours.
    Ours,
    /// It was there already, and stays.
    Foreign,
    /// The kernel refuses it, and why; tried again at every audit.
    Refused(String),
}

/// What is there whatever the state of any service.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct StaticsStatus {
    /// Addresses.
    pub addresses: Vec<AddressStatus>,
    /// Routes, then rules.
    pub routing: Vec<RoutingStatus>,
}

/// A router that was believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct HeardRouter {
    /// Its address.
    pub source: IpAddr,
    /// The priority that it sent last; 0: a goodbye.
    pub priority: u8,
    /// The protocol version that it sent last.
    pub version: u8,
    /// When it was first heard, CLOCK_BOOTTIME in nanoseconds.
    pub first_nanos: u64,
    /// When it was last heard, CLOCK_BOOTTIME in nanoseconds.
    pub last_nanos: u64,
    /// Advertisements of it.
    pub adverts: u64,
}

/// A peer that is there and not understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Incompatible {
    /// Its address.
    pub source: IpAddr,
    /// What differs.
    pub difference: Difference,
    /// When it was last seen, CLOCK_BOOTTIME in nanoseconds.
    pub seen_nanos: u64,
}
