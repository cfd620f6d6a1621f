//! The control protocol between `vrrpd` and whoever asks it: one line of JSON asked, one line of JSON answered.
//!
//! The daemon listens on a Unix stream socket ([`DEFAULT_SOCKET`], mode 0660: the owner and the group of the socket may
//! ask). A client writes one [`Request`] as one line and reads one [`Reply`] as one line; it may ask again on the same
//! connection. Nothing is sent unasked.
//!
//! ```text
//! -> {"version":1,"ask":"status"}
//! <- {"version":1,"answer":{"status":{"daemon":{…},"instances":[…],"checks":[…]}}}
//! -> {"version":1,"ask":"fly"}
//! <- {"version":1,"answer":{"error":{"kind":"unknown-request","message":"…"}}}
//! ```
//!
//! Rules for other clients, in any language:
//! - Fields may be added at any time: ignore those you do not know. A field that is `null` may also be absent.
//! - A field changes its meaning, or goes, only together with [`VERSION`].
//! - Points in time end in `_unix_ms` (milliseconds since 1970, from the wall clock, which may step); lengths of time
//!   end in `_ms` or `_ns` and come from a clock that does not step. Sort and subtract the latter.
//! - Names of counters are those of RFC 8347 where it has one.
//!
//! A complete client:
//!
//! ```no_run
//! use vrrp_control::{Answer, Ask, DEFAULT_SOCKET, ask};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! if let Answer::Status(status) = ask(DEFAULT_SOCKET.as_ref(), Ask::Status)? {
//!     for instance in &status.instances {
//!         println!("{} {} since {} ms", instance.name, instance.keepalived_state, instance.state_for_ms);
//!     }
//! }
//! # Ok(())
//! # }
//! ```

use std::path::{Path, PathBuf};

mod client;
mod message;
mod status;

pub use client::{AskError, ask};
pub use message::{Answer, Ask, LINE_OCTETS_MAX, LineError, Problem, ProblemKind, Reply, Request};
pub use status::Status;
pub use status::check::{Check, Health, Run};
pub use status::daemon::{Daemon, LoopLag, NotStarted, Reload};
pub use status::group::Group;
pub use status::instance::{
    Accept, ActiveRouter, Address, Contribution, Hook, HostsTold, IncompatiblePeer, Instance,
    KeepalivedState, Next, Priority, Routing, State, Statics, TrackedKind, VirtualMac,
};
pub use status::leaves::Leaves;
pub use status::track::{TrackedFile, TrackedProcess};

/// Version of the protocol described here.
pub const VERSION: u16 = 1;

/// Where `vrrpd` listens unless told otherwise (`--control`), and where `vrrpctl` asks (`--socket`).
pub const DEFAULT_SOCKET: &str = "/run/vrrpd/control.sock";

/// The same for a `vrrpd` that works in a network namespace by its name (`net_namespace`): several on one host do not meet.
///
/// ```
/// use std::path::Path;
/// use vrrp_control::{DEFAULT_SOCKET, default_socket};
///
/// assert_eq!(default_socket(None), Path::new(DEFAULT_SOCKET));
/// assert_eq!(default_socket(Some("red")), Path::new("/run/vrrpd/red/control.sock"));
/// ```
#[must_use]
pub fn default_socket(net_namespace: Option<&str>) -> PathBuf {
    let default = Path::new(DEFAULT_SOCKET);
    match (net_namespace, default.parent(), default.file_name()) {
        (Some(name), Some(folder), Some(file)) => folder.join(name).join(file),
        _ => default.to_owned(),
    }
}
