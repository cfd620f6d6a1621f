//! VRRPv2 and VRRPv3 as a sans-IO state machine.
//!
//! Features, none of them on by default: `serde` for snapshots and counters that are stored or sent, `hmac` for
//! advertisements signed as keepalived's `auth_hmac` signs them (`AuthHmac`).
#![no_std]
#![forbid(unsafe_code)]
extern crate alloc;

mod action;
mod announce;
mod config;
mod counters;
mod fingerprint;
mod group;
mod grouping;
mod id;
mod input;
mod leaves;
mod log_limit;
mod machine;
mod member;
mod priority;
mod reconfigure;
mod restart;
mod rout;
mod router;
mod seal;
mod sending;
#[cfg(feature = "hmac")]
mod sequences;
mod signing;
mod snapshot;
mod soonest;
mod standing;
mod time;
mod tracking;
mod virtual_router;
pub mod wire;
mod witness;

pub use action::{Action, Actions, Cause, Draft, Report, StateName, Transition};
pub use config::{
    Announcements, Authentication, Config, ConfigError, Ipv4Checksum, Profile, Settings, Version,
};
#[cfg(feature = "hmac")]
pub use config::{AntiReplay, AuthHmac, HmacKey, HmacMode};
pub use counters::{Counters, GlobalCounters, Rejects};
pub use group::GroupId;
pub use id::{Family, InstanceId, InterfaceId, Path, Peer, RouterKey, Vrid, virtual_mac};
pub use input::{Failure, Heard, Input, Link, Order};
pub use leaves::{LastEvent, Leaves, NewMasterReason};
pub use log_limit::Suppressed;
pub use machine::{Hold, HoldKind, LastHeard, State};
pub use priority::{Priority, Rank, active_down_nanos, skew_nanos};
pub use restart::{DifferentRouter, Restart};
pub use router::{Accepted, KeyInUse, Odd, Outbox, Rejected, Router};
pub use seal::Sealed;
pub use snapshot::Snapshot;
pub use time::{Deadline, Instant, Interval, Wake, WallClock};
pub use tracking::{Bar, Health, Standing, Tracker, TrackerId, Weight};
pub use virtual_router::VirtualRouter;
pub use witness::{Seen, Witness};
