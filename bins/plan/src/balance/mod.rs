//! Virtual servers: what the kernel is to balance, and which checks decide about it. Both languages are lowered to this,
//! keepalived's and ldirectord's; whoever carries it out knows neither.

mod check;
mod commands;
mod compare;
mod destination;
mod join;
mod names;

use std::sync::Arc;

use vrrp_core::Weight;
use vrrp_ipvs::{Destination, Service, Timeouts};

use crate::plan::Command;

pub use check::{Look, ServerCheck};
pub use commands::Told;
pub use compare::Changes;
pub use join::LeftOut;

/// All virtual servers of a node.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Balance {
    /// In the order of the file; names are unique, and no kernel service belongs to two of them. Shared with whoever carries them
    /// out: there may be tens of thousands of real servers in them.
    pub servers: Vec<Arc<VirtualServer>>,
    /// What real servers follow, in the order of the file; names are unique. One that several follow is run once. Shared likewise.
    pub checks: Arc<Vec<ServerCheck>>,
    /// How long the kernel keeps connections (keepalived `lvs_timeouts`); what it had before is put back at a stop.
    pub timeouts: Option<Timeouts>,
    /// The kernel tells a peer of its connections (keepalived `lvs_sync_daemon`).
    pub sync: Option<Sync>,
    /// Whatever was in the kernel's table goes at the start, also what others have made (keepalived `lvs_flush`).
    pub flush_at_start: bool,
    /// What becomes of the kernel's table at a stop.
    pub at_stop: AtStop,
}

/// What becomes of the kernel's table at a stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AtStop {
    /// What is ours is taken out.
    #[default]
    TakeOut,
    /// Everything is taken out, also what others have made (keepalived `lvs_flush_on_stop` without `VS`).
    Flush,
    /// It stays as it is (keepalived `-I`, ldirectord `cleanstop = no`).
    Keep,
}

/// One virtual server: one or several services of the kernel with the same real servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VirtualServer {
    /// Unique: `TCP 192.0.2.1:80`, `FWM 5`, `group web TCP`.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// The keepalived `virtual_server_group` that it is for.
    pub group: Option<String>,
    /// What the kernel is asked for; one at least. Several for keepalived's groups and ranges.
    pub services: Vec<Service>,
    /// In the order of the file; names are unique. None only where there is a [`Sorry`] (ldirectord allows it).
    pub servers: Vec<RealServer>,
    /// Who serves when too little weight lives.
    pub sorry: Option<Sorry>,
    /// Living weight that is needed, 1 at least.
    pub quorum: u32,
    /// Dead band on both sides of the quorum.
    pub hysteresis: u32,
    /// What is run when the quorum is gained and when it is lost.
    pub quorum_up: Option<Command>,
    /// See `quorum_up`.
    pub quorum_down: Option<Command>,
    /// What is run when no real server serves and when one does again, with `start` or `stop`, the service and its protocol
    /// appended; whether there is a [`Sorry`] or not (ldirectord `fallbackcommand`).
    pub fallback_command: Option<Command>,
    /// The notices of going down are run at a stop too (keepalived `omega`).
    pub omega: bool,
    /// Checks run only while one of the addresses is on this node; nothing changes otherwise (keepalived `ha_suspend`).
    pub ha_suspend: bool,
    /// Mail when the quorum is gained or lost (keepalived `smtp_alert`).
    pub mail: bool,
    /// Scripts and named pipes are told also of the servers that are in from their first moment (keepalived
    /// `rs_init_notifies`).
    pub tells_first: bool,
    /// A server that is new here begins as the kernel's table has it: in where it is there with a weight, else out until its
    /// checks have spoken (ldirectord).
    pub begins_as_found: bool,
}

/// One real server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RealServer {
    /// Unique in its virtual server: `192.0.2.10:80`.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// As it is asked for while it is well, its weight included. The port is as written, 0 where none is:
    /// [`RealServer::in_service`] gives what a certain service needs.
    pub destination: Destination,
    /// Weight 0 instead of removal (keepalived `inhibit_on_failure`, ldirectord `quiescent`).
    pub inhibit: bool,
    /// What it follows, each by the name of a [`ServerCheck`]; all must be well. With none it is always in.
    pub follows: Vec<Follows>,
    /// What is run when it comes up and when it goes down.
    pub notify_up: Option<Command>,
    /// See `notify_up`.
    pub notify_down: Option<Command>,
    /// Mail when it comes up or goes down.
    pub mail: bool,
}

/// A check that a real server follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Follows {
    /// Its name.
    pub check: String,
    /// What it does to the server's weight; a gate takes the server out while it is down.
    pub weight: Weight,
    /// The server is out until this one has given a result (keepalived `alpha`).
    pub alpha: bool,
}

/// Who serves instead of the real servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sorry {
    /// `127.0.0.1:80`; not the name of a real server of the same virtual server.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// As it is asked for while it serves; the port as in [`RealServer::destination`].
    pub destination: Destination,
    /// While it does not serve it stays with weight 0 (keepalived `sorry_server_inhibit`).
    pub inhibit: bool,
}

/// The kernel's synchronisation of connections: told where the instance is Active, heard where it is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sync {
    /// As it is asked for; the role is set by that of the instance.
    pub daemon: vrrp_ipvs::SyncDaemon,
    /// Where it stands.
    pub place: Place,
    /// The instance it follows, by name; `None`: both roles run.
    pub instance: Option<String>,
}

/// `file:line`. All are equal: what only stands elsewhere is the same.
#[derive(Debug, Clone, Default)]
pub struct Place(pub String);

impl PartialEq for Place {
    fn eq(&self, _other: &Self) -> bool {
        true
    }
}

impl Eq for Place {}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Balance {
    /// Whether there is nothing to balance.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.servers.is_empty() && self.sync.is_none()
    }

    /// The virtual server of that name.
    #[must_use]
    pub fn server(&self, name: &str) -> Option<&VirtualServer> {
        let mut servers = self.servers.iter().map(AsRef::as_ref);
        servers.find(|server: &&VirtualServer| server.name == name)
    }

    /// The check of that name.
    #[must_use]
    pub fn check(&self, name: &str) -> Option<&ServerCheck> {
        self.checks.iter().find(|check| check.name == name)
    }
}
