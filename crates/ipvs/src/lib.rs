#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod change;
mod client;
mod daemon;
mod destination;
mod difference;
mod error;
mod fault;
mod key;
mod name;
mod service;
mod settings;
mod statistics;
mod table;
pub mod wire;

pub use change::Change;
pub use client::{Client, Outcome};
pub use daemon::{SyncDaemon, SyncRole};
pub use destination::{Checksum, Destination, DestinationStatus, Forwarding, Tunnel};
pub use difference::{Difference, Removals};
pub use error::{Error, Reason, Refusal};
pub use fault::Fault;
pub use key::{DestinationKey, Family, Protocol, ServiceKey};
pub use name::{Name, NoName};
pub use service::{Granularity, Persistence, SchedulerFlags, Service};
pub use settings::{Info, Timeouts, Version};
pub use statistics::Statistics;
pub use table::{Table, Twice, VirtualServer};
