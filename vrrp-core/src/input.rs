//! What can happen to a virtual router.

use core::net::IpAddr;

use crate::config::Version;
use crate::time::Interval;
use crate::tracking::{Health, TrackerId};
use crate::wire::{ChecksumForm, Warnings};

/// One event; hand it to [`VirtualRouter::handle`](crate::VirtualRouter::handle) with the time it happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// Startup (RFC 9568 section 6.4.1): take part as soon as nothing bars it.
    Start,
    /// Shutdown: a planned stop. The addresses may stay for a hold (PRJ-STOP-01); a second one ends it at once.
    Stop,
    /// Time has passed; acts on what is due, does nothing otherwise.
    Tick,
    /// An advertisement that [`judge`](crate::wire::judge) believed.
    Heard(Heard),
    /// The interface as it is now.
    Link(Link),
    /// The health of a tracked object.
    Track(TrackerId, Health),
    /// An operator's wish.
    Order(Order),
    /// The executor could not do what was asked.
    Failed(Failure),
    /// What failed works again: do not wait for the end of the pause.
    Recovered,
    /// During a hold: the successor answers for every address (its ARP or NA was seen, PRJ-STOP-02).
    /// The hold ends 5 ms later: requests that are on their way are still answered.
    SuccessorAnswers,
}

/// The fields of an accepted advertisement that the machine looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard {
    /// IP source.
    pub source: IpAddr,
    /// 0 to 255.
    pub priority: u8,
    /// Version of the packet; differs from ours only with `v2_interop`.
    pub version: Version,
    /// Max Advertise Interval, from version 2 in centiseconds too.
    pub interval: Interval,
    /// Which IPv4 form of the checksum verified; `None` where there is one form only, or both verify.
    pub checksum: Option<ChecksumForm>,
    /// What was odd about it.
    pub warnings: Warnings,
}

/// State of the interface that advertisements leave by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Link {
    /// Exists, is administratively up and has a carrier (always true where the link is not to be tracked).
    pub up: bool,
    /// Address to send from: IPv4 primary, or the IPv6 link-local (V3-5.1.1.1-01, V3-5.1.2.1-01); with a unicast
    /// `local` address that one, while the node has it.
    pub primary: Option<IpAddr>,
}

/// What an operator asks of a running router.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Order {
    /// Hand over while holding; roll back when nobody takes over; then compete with priority 1 (PRJ-STOP-04).
    Resign,
    /// Undo [`Order::Resign`]: compete with the own priority again.
    Compete,
}

/// What an executor could not do (PRJ-FAIL-01).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Failure {
    /// One advertisement did not leave; `gone`: because the device is down or gone.
    Send {
        /// The device is down or gone: no use in trying twice more.
        gone: bool,
    },
    /// None of the addresses could be held. A missing part is not this: report and retry it.
    Hold,
}
