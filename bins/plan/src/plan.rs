//! The wanted state of one node.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use keepalived_conf::CheckMode;
use vrrp_core::TrackerId;
use vrrp_net::{Pace, Service, Statics};

use crate::balance::Balance;
use crate::notices::{Mail, Webhook};
use crate::question::Question;

/// Everything that a node is to do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// The node as a whole.
    pub node: Node,
    /// Virtual routers, in the order of the file; names are unique.
    pub instances: Vec<Instance>,
    /// Sync groups of which an instance is a member, in the order of the file; names are unique.
    pub groups: Vec<Group>,
    /// What is there whatever the role of any instance.
    pub statics: Statics,
    /// Checks that an instance tracks, in the order of the file; names are unique.
    pub checks: Vec<Check>,
    /// Files that an instance tracks, in the order of the configuration; names are unique.
    pub files: Vec<FileTrack>,
    /// Processes that an instance tracks, in the order of the configuration; names are unique.
    pub processes: Vec<ProcessTrack>,
    /// How mail is sent, if any is.
    pub mail: Option<Mail>,
    /// Who is told by HTTP, in the order of the file; names are unique.
    pub webhooks: Vec<Webhook>,
    /// Virtual servers.
    pub balance: Balance,
}

impl Plan {
    /// Whether a daemon would have nothing to do: no virtual router, and no virtual server.
    #[must_use]
    pub fn asks_for_nothing(&self) -> bool {
        self.instances.is_empty() && self.balance.is_empty()
    }
}

/// Settings of the process.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Node {
    /// keepalived `router_id`, else the host name.
    pub router_id: String,
    /// SCHED_FIFO priority of the router loop, 1 to 99 (keepalived `vrrp_rt_priority`).
    pub realtime_priority: Option<u8>,
    /// Nice value of the router loop, -20 to 19 (keepalived `vrrp_priority`).
    pub nice: Option<i8>,
    /// Lock the process into memory (keepalived `vrrp_no_swap`).
    pub no_swap: bool,
    /// Time between gratuitous ARP packets on one interface (keepalived `vrrp_garp_interval`).
    pub arp_gap: Duration,
    /// The same for unsolicited Neighbor Advertisements (keepalived `vrrp_gna_interval`).
    pub neighbor_gap: Duration,
    /// Interfaces with gaps of their own (keepalived `garp_group`).
    pub paces: Vec<Pace>,
    /// No instance takes part before the machine has been up so long (keepalived `vrrp_delay_after_boot`).
    pub delay_after_boot: Duration,
    /// Name of the packet filter's table (keepalived `nftables`).
    pub filter_table: String,
    /// An interface that does not exist is waited for also where something runs now (keepalived `dynamic_interfaces`).
    pub dynamic_interfaces: bool,
    /// The network namespace to work in; `None`: the one that the daemon is started in (keepalived `net_namespace`).
    pub net_namespace: Option<NetNamespace>,
    /// Named pipes that are told of everything.
    pub fifos: Vec<Fifo>,
    /// Every state is written to them after a reload (keepalived `fifo_write_vrrp_states_on_reload`).
    pub states_on_reload: bool,
    /// Layout of the JSON dump: 2, and 1 for anything else (keepalived `json_version`).
    pub json_version: u8,
    /// `file:line` of the words that a running process cannot take over, where the file has them.
    pub places: BTreeMap<&'static str, String>,
}

/// A named pipe that is told of everything, and who reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fifo {
    /// keepalived's word: `notify_fifo`, `vrrp_notify_fifo` or `lvs_notify_fifo`.
    pub word: &'static str,
    /// Where it is.
    pub path: PathBuf,
    /// Whose it is where the daemon makes it, by name or number; `None`: the daemon's own.
    pub user: Option<(String, Option<String>)>,
    /// `file:line` that asks for it.
    pub place: String,
    /// Gets the path as its last argument and runs as long as the daemon.
    pub script: Option<FifoScript>,
}

/// A program that reads a named pipe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FifoScript {
    /// What is run, without the path.
    pub command: Command,
    /// `file:line` that asks for it.
    pub place: String,
}

impl Fifo {
    /// keepalived's word for its program.
    #[must_use]
    pub fn script_word(&self) -> &'static str {
        match self.word {
            "notify_fifo" => "notify_fifo_script",
            "lvs_notify_fifo" => "lvs_notify_fifo_script",
            _ => "vrrp_notify_fifo_script",
        }
    }
}

/// A network namespace by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetNamespace {
    /// As `ip netns` knows it.
    pub name: String,
    /// `file:line` that asks for it.
    pub place: String,
}

/// One virtual router and what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// Name in the file; also the name of the service.
    pub name: String,
    /// `file:line` where it begins.
    pub place: String,
    /// What the driver is asked for.
    pub service: Service,
    /// What each [`TrackerId`] is: the index is the id.
    pub tracked: Vec<Tracked>,
    /// What is run on a change of state.
    pub hooks: Hooks,
}

impl Instance {
    /// The tracked object of an id.
    #[must_use]
    pub fn tracked(&self, id: TrackerId) -> Option<&Tracked> {
        self.tracked.get(usize::from(id.0))
    }

    /// The ids that follow `object`.
    pub fn following(&self, object: &Tracked) -> impl Iterator<Item = TrackerId> {
        (0_u16..)
            .zip(&self.tracked)
            .filter(move |(_, tracked)| *tracked == object)
            .map(|(id, _)| TrackerId(id))
    }

    /// Whether it follows `object`.
    #[must_use]
    pub fn follows(&self, object: &Tracked) -> bool {
        self.tracked.contains(object)
    }
}

/// A sync group. Its members are the instances whose service names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Name in the file.
    pub name: String,
    /// `file:line` where it begins.
    pub place: String,
    /// What is run when the group as a whole changes its state.
    pub hooks: Hooks,
}

/// What a tracker follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tracked {
    /// A [`Check`], by name.
    Check(String),
    /// The link of an interface, by name; the driver follows it.
    Interface(String),
    /// The static entries of a `track_group`, by its name; the driver follows them.
    Statics(String),
    /// A [`FileTrack`], by name.
    File(String),
    /// A [`ProcessTrack`], by name.
    Process(String),
}

/// A file whose number counts (keepalived `track_file`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileTrack {
    /// Name in the configuration.
    pub name: String,
    /// `file:line` where it is defined.
    pub place: String,
    /// The file.
    pub path: PathBuf,
    /// What to write at start, and whether also over a file that is there (keepalived `init_file`).
    pub init: Option<(i32, bool)>,
}

/// Processes that are to run (keepalived `vrrp_track_process`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessTrack {
    /// Name in the configuration.
    pub name: String,
    /// `file:line` where it is defined.
    pub place: String,
    /// Name, or program and parameters; never empty.
    pub process: Vec<String>,
    /// How the command line is compared; `None`: the process's name is.
    pub command_line: Option<CommandLine>,
    /// So many at least.
    pub at_least: u32,
    /// So many at most.
    pub at_most: Option<u32>,
    /// What a start brings about counts after this time.
    pub fork_delay: Duration,
    /// What an end brings about counts after this time.
    pub terminate_delay: Duration,
}

/// How a command line is compared (keepalived `full_command`, `param_match`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandLine {
    /// Its first word.
    Program,
    /// All words, and no more.
    Exact,
    /// More may follow.
    Partial,
    /// More may follow, and the last word may go on.
    Initial,
}

/// One check (keepalived `vrrp_script`, or `vrrp_check`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Name in the file.
    pub name: String,
    /// `file:line` where it is defined.
    pub place: String,
    /// What it does.
    pub what: What,
    /// How often; more than 0.
    pub interval: Duration,
    /// How long a run may take; more than 0.
    pub timeout: Duration,
    /// Successes in a row that make it up, at least 1.
    pub rise: u32,
    /// Failures in a row that make it down, at least 1.
    pub fall: u32,
    /// Down until the first result (keepalived `init_fail`).
    pub initially_down: bool,
    /// Whether what it finds counts, where no operator has said otherwise.
    pub mode: CheckMode,
}

/// What a check does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// Runs a program.
    Run(Command),
    /// Asks a service by itself.
    Ask(Box<Question>),
    /// Is told by an application.
    Hear(Push),
}

/// What an application says by itself (`PUSH`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Push {
    /// How long a word of it counts; more than 0.
    pub ttl: Duration,
    /// Who may say it, beside root and the daemon's own user: a user, and a group, by name or number.
    pub user: Option<(String, Option<String>)>,
}

impl What {
    /// The keyword that asks for it.
    #[must_use]
    pub const fn keyword(&self) -> &'static str {
        match self {
            Self::Run(_) => "script",
            Self::Ask(question) => question.word,
            Self::Hear(_) => "PUSH",
        }
    }

    /// What it is called where it cannot be done.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Run(command) => format!("script {}", command.words.join(" ")),
            Self::Ask(question) => format!("{} of {}", question.word, question.ip),
            Self::Hear(_) => "PUSH".to_owned(),
        }
    }
}

/// A program to run, its user still by name: who that is decides the machine that runs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// Program and arguments; never empty.
    pub words: Vec<String>,
    /// User and group by name or number; `None`: the daemon's own.
    pub user: Option<(String, Option<String>)>,
    /// Refuse to run as root what others could change (keepalived `enable_script_security`).
    pub secure: bool,
}

/// What is run on a change of state (keepalived `notify` and its relatives).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hooks {
    /// On every change, with four arguments appended.
    pub any: Option<Command>,
    /// On becoming Active.
    pub master: Option<Command>,
    /// On becoming Backup.
    pub backup: Option<Command>,
    /// On a failure.
    pub fault: Option<Command>,
    /// When the daemon stops.
    pub stop: Option<Command>,
    /// An Active has heard a rival of lower rank (keepalived `notify_master_rx_lower_pri`).
    pub rx_lower_pri: Option<Command>,
    /// An instance that goes is told `DELETED` and not `FAULT` (keepalived `notify_deleted`).
    pub tells_deleted: bool,
    /// What is run then.
    pub deleted: Option<Command>,
    /// At a planned stop, while this node is Active and before the addresses are handed over (our own
    /// `notify_before_stop`).
    pub before_stop: Option<Command>,
    /// Named pipes are told of its priority (keepalived `notify_priority_changes`).
    pub priority_changes: bool,
    /// Mail is sent (keepalived `smtp_alert`).
    pub mail: bool,
    /// Where they stand.
    pub places: Places,
}

/// `file:line` of scripts, by their keywords. All are equal: a script that only stands elsewhere is the same.
#[derive(Debug, Clone, Default)]
pub struct Places(pub BTreeMap<&'static str, String>);

impl PartialEq for Places {
    fn eq(&self, _other: &Self) -> bool {
        true
    }
}

impl Eq for Places {}

impl Hooks {
    /// `file:line` of the script behind a keyword.
    #[must_use]
    pub fn place(&self, word: &str) -> &str {
        self.places.0.get(word).map_or("", String::as_str)
    }

    /// Those that there are, each with its keyword.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, &Command)> {
        [
            ("notify", &self.any),
            ("notify_master", &self.master),
            ("notify_backup", &self.backup),
            ("notify_fault", &self.fault),
            ("notify_stop", &self.stop),
            ("notify_master_rx_lower_pri", &self.rx_lower_pri),
            ("notify_deleted", &self.deleted),
            ("notify_before_stop", &self.before_stop),
        ]
        .into_iter()
        .filter_map(|(word, command)| Some((word, command.as_ref()?)))
    }
}
