//! The control protocol between `vrrpd` and whoever asks it: one line of JSON asked, one line of JSON answered.
//!
//! The daemon listens on a Unix stream socket ([`DEFAULT_SOCKET`]). Whoever reaches it may read, that is its owner and its
//! group, or those whom `vrrpd --control-group` and `--control-admin-group` name; what changes something ([`Ask::is_change`])
//! is for root, the daemon's own user and the latter group. docs/control.md has the whole of it. A client writes one
//! [`Request`] as one line and reads one [`Reply`] as one line; it may ask again on the same connection. Nothing is sent
//! unasked: only who asks to follow the events gets more than one line, each as it happens.
//!
//! ```text
//! -> {"version":1,"ask":"status"}
//! <- {"version":1,"answer":{"status":{"daemon":{…},"instances":[…],"checks":[…]}}}
//! -> {"version":1,"ask":"fly"}
//! <- {"version":1,"answer":{"error":{"kind":"unknown-request","message":"…"}}}
//! ```
//!
//! ```text
//! -> {"version":1,"ask":{"follow":{"from":17}}}
//! <- {"version":1,"answer":{"events":{"lost":0,"next":17,"events":[]}}}
//! <- {"version":1,"answer":{"event":{"seq":17,…}}}
//! <- {"version":1,"answer":{"event":{"seq":18,…}}}
//! <- {"version":1,"answer":{"event":{"seq":19,"at_unix_ms":…,"kind":"transition","instance":"VI_1",…}}}
//! ```
//!
//! What an application says of itself (`PUSH` of a `vrrp_check`) may also be said at [`push_socket`], where there is one: by
//! those whom the file names, and nothing else is answered there.
//!
//! ```text
//! -> {"version":1,"ask":{"push":{"check":"app","result":"pass","text":"42 jobs done"}}}
//! <- {"version":1,"answer":{"pushed":{"check":"app","counts_for_ms":5000}}}
//! -> {"version":1,"ask":{"check-mode":{"check":"app","mode":"maintenance"}}}
//! <- {"version":1,"answer":{"check-mode":{"check":"app","mode":"maintenance","before":"normal"}}}
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
mod event;
mod message;
mod record;
pub mod servers;
mod status;
mod steer;

pub use client::{Answers, AskError, ask, ask_within, follow};
pub use event::{Event, EventKind, Events, EventsFile, JournalStatus};
pub use message::{Answer, Ask, LINE_OCTETS_MAX, LineError, Problem, ProblemKind, Reply, Request, Since};
pub use record::{RECORD_LIMIT_MIB, Record, Recorded, Recording};
pub use status::Status;
pub use status::check::{Check, CheckMode, Health, ModeSet, Run, Verdict};
pub use status::daemon::{Daemon, LoopLag, NotStarted, Reload};
pub use status::fifo::{Fifo, FifoScript};
pub use status::group::Group;
pub use status::instance::{
    Accept, ActiveRouter, Address, Contribution, HeardRouter, Hook, HostsTold, IncompatiblePeer, Instance,
    KeepalivedState, Next, Priority, Routing, State, Statics, TrackedKind, VirtualMac,
};
pub use status::leaves::Leaves;
pub use status::notice::{Notice, NoticeTarget, Noticed};
pub use status::track::{TrackedFile, TrackedProcess};
pub use steer::{
    AskedBy, HandedOver, Maintenance, MaintenanceSet, Move, Moved, Outcome, PriorityMoved, Shift,
};

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

/// Where applications say how they are, beside the control socket of their daemon.
///
/// ```
/// use std::path::Path;
/// use vrrp_control::{DEFAULT_SOCKET, push_socket};
///
/// assert_eq!(push_socket(DEFAULT_SOCKET.as_ref()), Path::new("/run/vrrpd/control.sock.push"));
/// ```
#[must_use]
pub fn push_socket(control: &Path) -> PathBuf {
    let mut name = control.as_os_str().to_owned();
    name.push(".push");
    PathBuf::from(name)
}
