//! VRRPv2 and VRRPv3 as a sans-IO state machine.
#![no_std]
extern crate alloc;

mod action;
mod config;
mod id;
mod input;
mod priority;
mod time;
mod tracking;
pub mod wire;

pub use action::{Action, Actions, Cause, Draft, Report, StateName, Transition};
pub use config::{
    Announcements, Authentication, Config, ConfigError, Ipv4Checksum, Profile, Settings, Version,
};
pub use id::{Family, InstanceId, InterfaceId, Path, Peer, RouterKey, Vrid, virtual_mac};
pub use input::{Failure, Heard, Input, Link, Order};
pub use priority::{Priority, Rank, active_down_nanos, skew_nanos};
pub use time::{Deadline, Instant, Interval, Wake, WallClock};
pub use tracking::{Bar, Health, Standing, Tracker, TrackerId, Weight};
