//! Nodes, a switch and a client in network namespaces: what the end-to-end tests, the demonstration and the
//! benchmarks are made of.
//!
//! ```text
//!     lb01 ── eth1 ═╗                         every box is a network namespace, every ═ a port of the switch
//!                   ╠═ switch (bridge) ═ eth0 ── client
//!     lb02 ── eth2 ═╝
//! ```
//!
//! Everything happens inside one private user, network, mount and process namespace that [`private::enter`] makes by
//! starting the program again through `unshare`. Nothing is left on the host, whatever way the program ends.
//!
//! The lab shares no code with the daemons it judges: it has its own, deliberately simple, view of the packets.
//! It measures where the user feels it: [`probe`] asks the virtual address from the client, [`watch`] sees what
//! the client's network card sees, [`holders`] sees which kernel holds the address.
#![deny(unsafe_code)]

pub mod balanced;
pub mod bench;
pub mod beside;
pub mod checked;
pub mod conf;
pub mod crash;
pub mod daemon;
pub mod demo;
pub mod echo;
pub mod error;
pub mod forge;
pub mod frame;
pub mod frr;
pub mod holders;
pub mod http;
pub mod interop;
pub mod nginx;
mod packet_socket;
pub mod pair;
pub mod picture;
pub mod private;
pub mod probe;
pub mod process;
pub mod program;
pub mod scenario;
pub mod skip;
pub mod stamp;
pub mod starved;
pub mod steered;
mod sys;
pub mod tap;
pub mod theory;
pub mod topology;
pub mod tree;
pub mod usage;
pub mod virtual_servers;
pub mod wait;
pub mod watch;

pub use error::LabError;
pub use stamp::Stamp;
