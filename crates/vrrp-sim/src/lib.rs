//! Many VRRP routers and the clients they serve, in virtual time.
//!
//! Every node runs the real [`vrrp_core::Router`]: what it sends are octets that the others judge. Nothing reads a
//! clock; a [`World`] has a queue of events in the order of time, and a seed decides what chance would. So an hour takes
//! a moment, and a failure is one seed away. The outage is measured where the user feels it, by a [`Client`] with a
//! neighbour cache. [`check`]s look on, each with one invariant, and stop the world that breaks it.
//!
//! ```
//! use std::time::Duration;
//! use vrrp_core::{Interval, Priority};
//! use vrrp_sim::{Fault, check, lan};
//!
//! let best = Priority::new(150).ok_or("1 to 255")?;
//! let routers = [best, Priority::DEFAULT].map(|priority| lan::settings(priority, Interval::DEFAULT));
//! let (mut world, nodes) = lan::lan(1, routers.to_vec())?;
//! let client = world.add_client(lan::client(Duration::from_secs(5)));
//! world.add_check(check::OneActive::after(Duration::from_millis(1)));
//! world.at(Duration::from_secs(10), Fault::PowerCut(nodes[0]));
//! world.run_until(Duration::from_secs(20))?;
//! // Three intervals and the skew of priority 100 after the last advertisement: RFC 9568 section 6.1.
//! assert_eq!(world.client(client).longest_outage(), Duration::from_millis(3024));
//! print!("{}", world.timeline());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![warn(clippy::unwrap_used, clippy::panic)]

pub mod check;
mod client;
pub mod clock;
pub mod explore;
mod fabric;
mod fault;
mod frame;
mod kernel;
pub mod lan;
mod node;
mod program;
mod random;
mod random_drill;
mod random_groups;
mod random_world;
pub mod scenario;
mod timeline;
mod world;

pub use client::{Client, ClientId, ClientSettings, Outage};
pub use fabric::{Fabric, Way};
pub use fault::{Fault, NodeId};
pub use frame::{Datagram, Frame, Port, Target};
pub use kernel::{Job, Kernel};
pub use node::{INTERFACE, Node, NodeSettings, Waking};
pub use random::Random;
pub use random_drill::random_drill;
pub use random_groups::{group_world_of_bytes, random_group_world};
pub use random_world::{RandomWorld, random_world, world_of_bytes};
pub use timeline::{Line, Timeline, What};
pub use vrrp_core::Instant;
pub use world::{Violation, World};
