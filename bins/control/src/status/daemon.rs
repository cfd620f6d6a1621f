//! The daemon as a whole.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::steer::Maintenance;

/// One running `vrrpd`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Daemon {
    /// As in `vrrpd --version`.
    pub program_version: String,
    /// Process id.
    pub pid: u32,
    /// keepalived's `router_id`, or the host name.
    pub router_id: String,
    /// The network namespace that it works in, by name (keepalived's `net_namespace`); `None`: the one it was started in.
    #[serde(default)]
    pub net_namespace: Option<String>,
    /// When it was started.
    pub started_unix_ms: u64,
    /// For how long it has run.
    pub uptime_ms: u64,
    /// The file that the present configuration came from, or both files, in words.
    pub config_file: String,
    /// Its keepalived.conf, if there is one; none also where the daemon is older than this field.
    #[serde(default)]
    pub keepalived_conf: Option<String>,
    /// Its ldirectord.cf (`vrrpd --ldirectord`), if there is one.
    #[serde(default)]
    pub ldirectord_cf: Option<String>,
    /// When that file was read with success.
    pub config_loaded_unix_ms: u64,
    /// The last reload, if any: also one that was refused.
    pub last_reload: Option<Reload>,
    /// A planned stop is under way.
    pub stopping: bool,
    /// It takes over only where no other router is alive.
    #[serde(default)]
    pub maintenance: Option<Maintenance>,
    /// SCHED_FIFO priority of the router loop; `None`: ordinary scheduling.
    pub realtime_priority: Option<u8>,
    /// How punctual the router loop is.
    pub router_loop: LoopLag,
    /// Packets of protocol 112 that were discarded, by reason; reasons that never occurred are left out.
    pub rejected: BTreeMap<String, u64>,
    /// Times that the kernel's events were lost, and everything was read anew.
    pub netlink_overruns: u64,
    /// Lines of the log that were dropped: its reader was too slow, or gone, or the disk full.
    pub log_lines_dropped: u64,
    /// Changes that the router loop told and nobody could take in time: notify scripts were told the states afterwards.
    #[serde(default)]
    pub events_lost: u64,
    /// What the daemon warned of when it read the file, each with its place.
    pub warnings: Vec<String>,
    /// Instances of the file that do not run.
    pub not_started: Vec<NotStarted>,
}

/// One reload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reload {
    /// When.
    pub at_unix_ms: u64,
    /// Whether the new file is in force.
    pub applied: bool,
    /// What was changed, or why nothing was.
    pub message: String,
    /// The file is in force, and this of it is not carried out: the kernel has refused it, and is asked again. It is in the
    /// message, too.
    #[serde(default)]
    pub incomplete: Option<String>,
}

/// Lateness of the router loop against its deadlines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LoopLag {
    /// Deadlines that it woke for.
    pub wakeups: u64,
    /// How late the last one was.
    pub last_ns: u64,
    /// How late the worst one was since the start.
    pub max_ns: u64,
    /// Time since the worst one.
    pub max_ago_ms: u64,
    /// How long the last packet of protocol 112 waited between the card and the loop.
    #[serde(default)]
    pub packet_wait_last_ns: u64,
    /// How long the worst one did since the start.
    #[serde(default)]
    pub packet_wait_max_ns: u64,
}

/// An instance of the file that does not run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotStarted {
    /// Its name in the file.
    pub name: String,
    /// `file:line` of the word or value that is the reason.
    pub place: String,
    /// Why.
    pub reason: String,
    /// The word for `--allow-missing`, where that would start it nevertheless.
    pub allow_missing: Option<String>,
}
