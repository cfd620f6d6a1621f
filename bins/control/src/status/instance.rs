//! One virtual router.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::check::{Health, Run};
use super::leaves::Leaves;
use super::notice::Notice;
use crate::steer::{AskedBy, HandedOver, Move};

/// The states of RFC 9568 section 6.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Not taking part; [`Instance::barred`] says why.
    Initialize,
    /// Waiting for the Active to fall silent.
    Backup,
    /// Answering for the addresses.
    Active,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Initialize => "Initialize",
            Self::Backup => "Backup",
            Self::Active => "Active",
        })
    }
}

/// The same in keepalived's words, as its notify scripts get them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum KeepalivedState {
    /// Not started yet.
    Init,
    /// Active.
    Master,
    /// Backup.
    Backup,
    /// Initialize because something failed.
    Fault,
    /// Initialize because it was stopped.
    Stop,
}

impl fmt::Display for KeepalivedState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Init => "INIT",
            Self::Master => "MASTER",
            Self::Backup => "BACKUP",
            Self::Fault => "FAULT",
            Self::Stop => "STOP",
        })
    }
}

/// One virtual router.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    /// Its name in the file.
    pub name: String,
    /// Its sync group.
    #[serde(default)]
    pub group: Option<String>,
    /// It would be Active now, and other members of its sync group hold it back.
    #[serde(default)]
    pub held_back: bool,
    /// 1 to 255.
    pub vrid: u8,
    /// `IPv4` or `IPv6`.
    pub family: String,
    /// Protocol version, 2 or 3.
    pub protocol_version: u8,
    /// Where it advertises; `None`: unicast without an interface.
    pub interface: Option<String>,
    /// `multicast` or `unicast`.
    pub path: String,
    /// Unicast peers; empty with multicast.
    pub peers: Vec<IpAddr>,
    /// Advertisement_Interval.
    pub interval_ms: u64,
    /// State in the words of the RFC.
    pub state: State,
    /// State in keepalived's words.
    pub keepalived_state: KeepalivedState,
    /// When the state was entered.
    pub since_unix_ms: u64,
    /// For how long it has been in this state.
    pub state_for_ms: u64,
    /// Why it is in this state: who or what caused it.
    pub why: String,
    /// After a planned stop the addresses still answer until the successor does.
    pub holding: bool,
    /// What keeps it from taking part, if anything.
    pub barred: Option<String>,
    /// What it competes with.
    pub priority: Priority,
    /// It was handed over, and competes with priority 1.
    #[serde(default)]
    pub handed_over: Option<HandedOver>,
    /// It is being handed over, as somebody asked: `notify_before_stop` runs (`hook_running`), or a successor is waited for.
    #[serde(default)]
    pub handing_over: Option<AskedBy>,
    /// Who is Active as far as this router knows.
    pub active: Option<ActiveRouter>,
    /// What becomes of packets to its addresses while it is Active; `None`: the daemon is older and does not say.
    #[serde(default)]
    pub accept: Option<Accept>,
    /// What hosts are told of their router in IPv6 (`router_advertisements`), while it is Active.
    #[serde(default)]
    pub hosts_told: Option<HostsTold>,
    /// The device with its virtual MAC; `None`: the physical MAC is used, or the daemon is older and does not say.
    #[serde(default)]
    pub virtual_mac: Option<VirtualMac>,
    /// Its addresses.
    pub addresses: Vec<Address>,
    /// Its routes and rules; a daemon of an earlier version tells none.
    #[serde(default)]
    pub routing: Vec<Routing>,
    /// What it waits for next.
    pub next: Option<Next>,
    /// Counters by their name in RFC 8347, and ours where it has none.
    pub counters: BTreeMap<String, u64>,
    /// The same by the names of RFC 8347 and RFC 6527; a daemon of an earlier version has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leaves: Option<Leaves>,
    /// Discarded packets by reason; reasons that never occurred are left out.
    pub rejected: BTreeMap<String, u64>,
    /// Routers with this VRID that it cannot understand: the usual cause of two Active routers.
    pub incompatible_peers: Vec<IncompatiblePeer>,
    /// Other routers that were ever believed, by address: the last 16.
    #[serde(default)]
    pub heard: Vec<HeardRouter>,
    /// The cause of the state for programs, as [`Event::code`](crate::Event::code) of a transition; `None` before the first.
    #[serde(default)]
    pub why_code: Option<String>,
    /// What keeps it from taking part, for programs: `link-down`, `tracked`, `start-delay` …
    #[serde(default)]
    pub barred_code: Option<String>,
    /// Time until its preempt delay is over; `None`: none runs.
    #[serde(default)]
    pub preempt_in_ms: Option<u64>,
    /// The last notify scripts that ended, oldest first.
    pub hooks: Vec<Hook>,
    /// The notify script that runs now.
    pub hook_running: Option<String>,
    /// Notify scripts that wait for it.
    pub hooks_waiting: u64,
    /// Mail and webhooks, one for each target that was told anything.
    #[serde(default)]
    pub notices: Vec<Notice>,
}

/// Router Advertisements of an Active router.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostsTold {
    /// For how long hosts use the router by one of them; 0: they only learn of prefixes.
    pub lifetime_s: u64,
    /// The same on every router that says the same: eight hexadecimal digits.
    pub digest: String,
    /// Sent since it became Active.
    pub sent: u64,
}

/// Accept_Mode of RFC 9568 section 6.1, and whether it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Accept {
    /// The addresses are its own: served.
    Owner,
    /// Served though not its own (`accept`).
    Serves,
    /// Dropped, ARP and neighbour discovery excepted (`no_accept`, `vrrp_strict`).
    Drops,
}

impl fmt::Display for Accept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Owner => "served by their owner",
            Self::Serves => "served (accept)",
            Self::Drops => "dropped, ARP and neighbour discovery excepted (no_accept or vrrp_strict)",
        })
    }
}

/// A device with the virtual MAC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VirtualMac {
    /// Its name.
    pub device: String,
    /// Its MAC.
    pub mac: String,
    /// Up: this node takes frames for it.
    pub up: bool,
    /// Why there is none, and what to do.
    pub problem: Option<String>,
}

/// What a router competes with, and how that comes about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Priority {
    /// Sent and compared: base plus contributions, limited to 1 to 254; an owner's is always 255.
    pub effective: u8,
    /// As configured.
    pub base: u8,
    /// One per tracked object, those that add nothing included.
    pub contributions: Vec<Contribution>,
    /// What an operator has added. Base, contributions and these make what is effective, but for its limits.
    #[serde(default)]
    pub moves: Vec<Move>,
}

/// What one tracked object does to the priority.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contribution {
    /// Its name in the file.
    pub name: String,
    /// What it is.
    pub kind: TrackedKind,
    /// Its health; of a number, down where it bars the instance.
    pub health: Health,
    /// What it reads, where it is a number.
    #[serde(default)]
    pub value: Option<i32>,
    /// Configured weight; 0: its failure bars the instance (FAULT).
    pub weight: i16,
    /// The meaning of up and down is swapped.
    pub reverse: bool,
    /// What it adds at the moment.
    pub adds: i32,
    /// It keeps the router from taking part at the moment.
    #[serde(default)]
    pub bars: bool,
}

/// Kinds of tracked objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum TrackedKind {
    /// A check, see [`Status::checks`](crate::Status::checks).
    Script,
    /// The link of an interface.
    Interface,
    /// The static entries of a track_group.
    Statics,
    /// A file, see [`Status::files`](crate::Status::files).
    File,
    /// Processes, see [`Status::processes`](crate::Status::processes).
    Process,
}

/// A router that was heard as Active, or this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActiveRouter {
    /// Its primary address; `None`: this router, which has no address of the family at the moment.
    pub address: Option<IpAddr>,
    /// Its priority, 0 to 255.
    pub priority: u8,
    /// This router itself.
    pub own: bool,
}

/// One virtual address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// Without its prefix length.
    pub address: IpAddr,
    /// Prefix length.
    pub prefix: u8,
    /// Where it lands.
    pub device: Option<String>,
    /// Its label.
    pub label: Option<String>,
    /// Listed in advertisements (`virtual_ipaddress`), not only held (`virtual_ipaddress_excluded`).
    pub advertised: bool,
    /// This router should hold it now.
    pub wanted: bool,
    /// The kernel has it: seen in its table after the last change.
    pub present: bool,
    /// It was there before this router took it, and stays when it is released: it also answers on a Backup.
    pub foreign: bool,
}

/// One route or rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Routing {
    /// As it would be written behind `ip route add` or `ip rule add`.
    pub entry: String,
    /// `route` or `rule`.
    pub kind: String,
    /// It should be there now.
    pub wanted: bool,
    /// It is there, as far as the kernel has told.
    pub present: bool,
    /// It was there before, and stays when it is not wanted any more.
    pub foreign: bool,
    /// Why it cannot be made, where the kernel refuses it.
    #[serde(default)]
    pub problem: Option<String>,
}

/// What is there whatever the role of any instance.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Statics {
    /// Addresses.
    pub addresses: Vec<Address>,
    /// Routes and rules.
    pub routing: Vec<Routing>,
}

/// The next deadline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Next {
    /// What happens then, in words.
    pub what: String,
    /// Time until then.
    pub in_ms: u64,
}

/// A router whose advertisements were believed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeardRouter {
    /// Its address.
    pub address: IpAddr,
    /// The priority that it sent last; 0: it said goodbye.
    pub priority: u8,
    /// The protocol version that it sent last, 2 or 3.
    pub version: u8,
    /// Time since the first advertisement.
    pub first_ago_ms: u64,
    /// Time since the last one.
    pub last_ago_ms: u64,
    /// So many were heard.
    pub adverts: u64,
}

/// A router with the same VRID whose packets are discarded, or believed with a warning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncompatiblePeer {
    /// Its address.
    pub address: IpAddr,
    /// The exact difference: `sends version 2, this router version 3`.
    pub difference: String,
    /// Time since the last one.
    pub last_ago_ms: u64,
}

/// One notify script that ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hook {
    /// What it was for: `notify MASTER`.
    pub label: String,
    /// The command with its arguments.
    pub command: String,
    /// How it ended.
    pub run: Run,
}
