//! Directors, real servers with nginx and a client, under a kernel that has IPVS.
//!
//! ```text
//!     lan 172.25.44.0/24 ═╦══════╦══════╦══════╦══════╗
//!                         d1     d2    rs1    rs2   client        every box is a network namespace
//!     outside 198.51.100.0/24 ═╩══════╩════════════════╝           NAT has to lead through the director
//! ```

mod commands;
mod conf;
mod director;
mod place;
mod table;
mod visitor;

pub use commands::{Command, Commands};
pub use conf::{Check, Forwarding, Service, text};
pub use director::Director;
pub use place::{RealServer, Site};
pub use table::{Entry, Server, table};
pub use visitor::{Visit, kept, visits};
