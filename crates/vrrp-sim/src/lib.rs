//! Many VRRP routers and the clients they serve, in virtual time.
#![warn(clippy::unwrap_used, clippy::panic)]

pub mod check;
mod client;
pub mod clock;
mod fabric;
mod fault;
mod frame;
mod kernel;
pub mod lan;
mod node;
mod random;
mod timeline;
mod world;

pub use client::{Client, ClientId, ClientSettings, Outage};
pub use fabric::{Fabric, Way};
pub use fault::{Fault, NodeId};
pub use frame::{Datagram, Frame, Port, Target};
pub use kernel::{Job, Kernel};
pub use node::{INTERFACE, Node, NodeSettings, Waking};
pub use random::Random;
pub use timeline::{Line, Timeline, What};
pub use vrrp_core::Instant;
pub use world::{Violation, World};
