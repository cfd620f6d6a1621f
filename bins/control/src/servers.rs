//! Virtual servers: what the kernel balances, how the real servers are, and what an operator says of them.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::status::check::{Health, Run};

/// Answer to [`Ask::Servers`](crate::Ask::Servers).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Servers {
    /// In the order of the file.
    pub virtual_servers: Vec<VirtualServer>,
    /// How it stands with the kernel.
    pub kernel: Kernel,
    /// The synchronisation of connections, where the file asks for it.
    #[serde(default)]
    pub sync: Option<Sync>,
}

/// The virtual servers in short, in the [`Status`](crate::Status) of their daemon.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Balancing {
    /// How many there are.
    pub virtual_servers: u64,
    /// Of these, how many have lost their quorum.
    pub without_quorum: u64,
    /// Real servers, each as often as it serves.
    pub real_servers: u64,
    /// Of these, how many get no new connections.
    pub out: u64,
    /// Why the kernel's table is not as it is to be.
    #[serde(default)]
    pub trouble: Option<String>,
    /// Virtual servers of the file that are left out, as the kernel cannot balance and `--allow-missing lvs` allows that.
    #[serde(default)]
    pub left_out: u64,
}

/// How it stands with the kernel's table.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Kernel {
    /// What keeps it from being as it is to be, in words; empty: nothing does.
    pub troubles: Vec<String>,
    /// Services in it that are not the daemon's, which are left alone; as last read.
    #[serde(default)]
    pub foreign: Vec<String>,
    /// Changes that it has taken since the start.
    pub commands: u64,
    /// Entries that somebody else had changed, and that were put right.
    pub repairs: u64,
}

/// Which daemons of the kernel run.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Sync {
    /// `lvs_sync_daemon`'s interface.
    pub interface: String,
    /// Its number.
    pub id: u8,
    /// The instance that it follows.
    #[serde(default)]
    pub instance: Option<String>,
    /// `master`, `backup`, `master and backup`, or `none`.
    pub role: String,
    /// Why it is not as it is to be.
    #[serde(default)]
    pub trouble: Option<String>,
}

/// One virtual server.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct VirtualServer {
    /// `TCP 192.0.2.1:80`, `FWM 5`, `group web TCP`.
    pub name: String,
    /// `file:line`.
    pub place: String,
    /// What the kernel has it as.
    pub services: Vec<Service>,
    /// Who chooses: `rr`, `wlc` and so on.
    pub scheduler: String,
    /// For how long a client stays with its server, in seconds.
    #[serde(default)]
    pub persistence_s: Option<u32>,
    /// Enough weight lives.
    pub quorum: bool,
    /// So much is needed.
    pub quorum_weight: u32,
    /// So much lives.
    pub living_weight: u64,
    /// Its checks rest because none of its addresses is on this node (`ha_suspend`).
    #[serde(default)]
    pub suspended: bool,
    /// In the order of the file; the last resort is the last.
    pub servers: Vec<RealServer>,
}

/// One service of the kernel.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Service {
    /// As `ipvsadm -ln` calls it: `TCP 192.0.2.1:80`.
    pub name: String,
    /// `None`: the kernel does not have it.
    #[serde(default)]
    pub traffic: Option<Traffic>,
}

/// Counters of the kernel.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Traffic {
    /// Connections since it is in the table.
    pub connections: u64,
    /// Packets in.
    pub packets_in: u64,
    /// Packets out; with direct routing and tunnels answers do not pass here.
    pub packets_out: u64,
    /// Octets in.
    pub octets_in: u64,
    /// Octets out.
    pub octets_out: u64,
    /// New connections in a second, as the kernel has it.
    pub connections_per_second: u64,
    /// Octets in, in a second.
    pub octets_in_per_second: u64,
    /// Octets out, in a second.
    pub octets_out_per_second: u64,
}

/// One real server of a virtual one.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct RealServer {
    /// `192.0.2.10:80`.
    pub name: String,
    /// `file:line`.
    pub place: String,
    /// `masq`, `route`, `tunnel`.
    pub forwarding: String,
    /// It is the last resort, and no server of the file's list.
    #[serde(default)]
    pub is_sorry: bool,
    /// What the kernel is asked for; `None`: it is out.
    pub weight: Option<u32>,
    /// What the file says.
    pub file_weight: u32,
    /// Why it has the weight that it has.
    pub because: String,
    /// What an operator has said.
    #[serde(default)]
    pub order: Option<ServerOrder>,
    /// What it follows.
    #[serde(default)]
    pub checks: Vec<ServerCheck>,
    /// Established connections, over all services.
    #[serde(default)]
    pub active_connections: u64,
    /// Others: about to end, or UDP.
    #[serde(default)]
    pub inactive_connections: u64,
    /// Counters; `None`: the kernel does not have it.
    #[serde(default)]
    pub traffic: Option<Traffic>,
}

impl RealServer {
    /// Whether it gets new connections.
    #[must_use]
    pub fn serves(&self) -> bool {
        self.weight.is_some_and(|weight| weight > 0)
    }
}

/// A check of a real server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerCheck {
    /// Its name.
    pub name: String,
    /// What it was judged to be.
    pub health: Health,
    /// Failures in a row, of so many that make it down.
    #[serde(default)]
    pub against: u32,
    /// The last run that ended.
    #[serde(default)]
    pub last: Option<Run>,
    /// That run could not look, for what the director's machine lacks: `health` is what was found before.
    #[serde(default)]
    pub unable: bool,
    /// For how long `health` has been what it is.
    #[serde(default)]
    pub since_ms: u64,
}

/// What an operator says of a real server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ServerOrder {
    /// Nothing new: weight 0. What is connected stays.
    Drain,
    /// As the file and its checks say.
    Enable,
    /// This weight instead of the file's, while its checks let it.
    Weight(u32),
}

impl fmt::Display for ServerOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Drain => f.write_str("drain"),
            Self::Enable => f.write_str("enable"),
            Self::Weight(weight) => write!(f, "weight {weight}"),
        }
    }
}

/// Answer to [`Ask::Server`](crate::Ask::Server), for each virtual server that has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerMoved {
    /// The virtual server.
    pub virtual_server: String,
    /// The real server.
    pub server: String,
    /// Its weight before; `None`: it was out.
    pub before: Option<u32>,
    /// Its weight from now on.
    pub after: Option<u32>,
    /// The same for people, with what else must be known: that nobody serves any more.
    pub message: String,
}
