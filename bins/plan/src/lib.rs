//! What a node is to do, resolved: made from a configuration by [`lower()`], compared with what it does by
//! [`difference()`]. Both are pure; whoever runs a [`Plan`] starts with the difference from [`Plan::default`].
//!
//! ```text
//! keepalived.conf ── parse ──► Model ── lower ──► Plan ── difference ──► calls of the driver, the checks, the hooks
//! ```

pub mod balance;
mod contents;
mod difference;
pub mod ldirectord;
mod lower;
#[cfg(feature = "machine")]
mod machine;
#[cfg(feature = "machine")]
mod network;
mod notices;
mod plan;
#[cfg(feature = "machine")]
mod probe;
mod question;
mod reload;
mod restart;
mod succession;
#[cfg(feature = "tls")]
mod tls;
mod unusable;

pub use difference::{Astray, Difference, Kept, Loss, astray, difference, losses};
pub use lower::{Allowed, Host, Lowered, NotStarted, lower};
#[cfg(feature = "machine")]
pub use machine::{
    ThisMachine, Wrong, file, heard_from, hook, host, owner, process, spec, try_check, try_hook,
    try_server_check, unanswered,
};
#[cfg(feature = "machine")]
pub use network::{NotEntered, enter};
pub use notices::{Mail, Webhook};
pub use plan::{
    Check, Command, CommandLine, Fifo, FifoScript, FileTrack, Group, Hooks, Instance, NetNamespace, Node,
    Places, Plan, ProcessTrack, Push, Tracked, What,
};
#[cfg(feature = "machine")]
pub use probe::{ask, probe, unless};
pub use question::{Asks, Dialogue, Ftp, Hear, Http, Page, Question, Radius, Sql, SqlServer, Tls, Turn};
pub use reload::{
    EverythingPresent, Fault, Machine, Unusable, fatal, faults, findings, judge, refusal, refused,
};
pub use restart::restarts;
pub use succession::Succession;
#[cfg(feature = "tls")]
pub use tls::unverified;
pub use unusable::lower_for;
