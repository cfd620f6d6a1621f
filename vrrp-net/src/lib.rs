//! VRRP on Linux: raw sockets, gratuitous ARP and unsolicited Neighbor Advertisements, addresses and links by netlink,
//! and a loop that drives the state machines of [`vrrp_core`].
//!
//! A program that wants its address to move with it asks for a [`Service`], opens a [`Driver`] while it has
//! `CAP_NET_RAW` and `CAP_NET_ADMIN`, and runs it on a thread of its own; [`Handle`] talks to it from anywhere.
//!
//! ```no_run
//! use vrrp_net::{Driver, Options, Service};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let service = Service::new("VI_1", "eth1", 51)?.address("192.0.2.10/24")?.priority(150)?;
//! let driver = Driver::open(vec![service], Options::default())?;
//! let handle = driver.handle();
//! let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
//! std::thread::spawn(move || runtime.block_on(driver.run()));
//! // … serve; then hand over without losing a packet:
//! # let other = tokio::runtime::Builder::new_current_thread().build()?;
//! other.block_on(handle.stop())?;
//! # Ok(())
//! # }
//! ```
//!
//! What it never does: it knows no priorities and decides nothing (that is [`vrrp_core`]); it never touches an address
//! that it did not make; it opens no listening port.

mod accept;
mod address;
mod advertise;
mod announce;
pub mod clock;
mod devices;
mod driver;
mod event;
mod failover;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod handle;
mod handover;
mod journal;
mod netlink;
mod options;
mod restart;
mod routing;
mod service;
mod socket;
mod status;
mod sys;
mod sysctl;
mod vmac;
mod watch;
mod will;

pub use accept::{AcceptMode, FilterError};
pub use address::{AddressSyntax, HeldAddress};
pub use advertise::{AdvertisedPrefix, RouterAdvertisements};
pub use announce::AnnounceElsewhere;
pub use driver::{Driver, DriverError, OpenError};
pub use event::{Event, Happening};
pub use failover::{Failover, ReplaceError, StartError};
pub use handle::{Applied, Gone, Handle, RequestError, Resigned};
pub use handover::{Handover, HandoverError};
pub use options::{Options, Pace};
pub use restart::renames;
pub use routing::{Hop, Metric, Placement, Route, RouteKind, Rule, RuleAction, Static, Statics};
pub use service::{Service, ServiceError};
pub use status::{
    AddressPresence, AddressStatus, Contribution, GroupStatus, HeardRouter, HostsTold, Incompatible, LoopLag,
    PacketWait, RoutingPresence, RoutingStatus, ServiceStatus, StandingStatus, StaticsStatus, Status,
    VirtualMacStatus,
};
pub use vmac::VirtualMac;
pub use will::{Equipment, Executor, Parted, Testator};
