//! The command line: keepalived's letters where it has them.

use std::path::PathBuf;

use clap::Parser;
use tracing::level_filters::LevelFilter;
use vrrp_control::default_socket;
use vrrp_plan::Plan;

use crate::exit;

/// Failover daemon: moves addresses between nodes by VRRP, as keepalived.conf says.
#[derive(Debug, Parser)]
#[command(version, about, after_help = exit::TABLE)]
pub(crate) struct Arguments {
    /// The configuration, in keepalived's language; a quoted pattern such as '/etc/keepalived/*.conf' means all files it matches.
    #[arg(
        short = 'f',
        long = "use-file",
        value_name = "FILE",
        default_value = "/etc/keepalived/keepalived.conf"
    )]
    pub(crate) file: PathBuf,
    /// Which `@ID` lines of the configuration are meant; by default the host's name up to its first dot.
    #[arg(short = 'i', long = "config-id", value_name = "ID")]
    pub(crate) config_id: Option<String>,
    /// Test the configuration, say what is wrong with it, and end.
    #[arg(short = 't', long = "config-test")]
    pub(crate) test: bool,
    /// Start although WORD of the configuration cannot be carried out. May be given several times.
    #[arg(long, value_name = "WORD")]
    pub(crate) allow_missing: Vec<String>,
    /// Where vrrpctl asks; /run/vrrpd/control.sock if not given, in a network namespace /run/vrrpd/NAME/control.sock.
    #[arg(long, value_name = "PATH")]
    control: Option<PathBuf>,
    /// Have no control socket.
    #[arg(long, conflicts_with = "control")]
    pub(crate) no_control: bool,
    /// Work in this network namespace (overrides net_namespace).
    #[arg(short = 's', long = "namespace", value_name = "NAME")]
    namespace: Option<String>,
    /// Run the router loop under SCHED_FIFO at this priority (overrides vrrp_rt_priority).
    #[arg(long, value_name = "1-99", value_parser = clap::value_parser!(u8).range(1..=99))]
    pub(crate) realtime: Option<u8>,
    /// How long a notify script may run before it is ended.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) notify_limit: u32,
    /// Write everything that the routers are told, and what they decide, to FILE; `vrrpctl replay FILE` shows it.
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
    /// How large that file may become.
    #[arg(long, value_name = "MIB", default_value_t = 1024, value_parser = clap::value_parser!(u32).range(1..), requires = "record")]
    pub(crate) record_limit: u32,
    /// How much is logged: error, warn, info, debug or trace.
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    pub(crate) log_level: LevelFilter,
    /// Log to standard error even where the journal is found.
    #[arg(short = 'l', long = "log-console")]
    pub(crate) log_console: bool,
    /// Accepted for keepalived's sake: vrrpd always stays in the foreground.
    #[arg(short = 'n', long = "dont-fork")]
    pub(crate) dont_fork: bool,
    /// Accepted for keepalived's sake: vrrpd has no other part yet.
    #[arg(short = 'P', long = "vrrp")]
    pub(crate) vrrp_only: bool,
    /// Accepted for keepalived's sake: vrrpd always logs in detail.
    #[arg(short = 'D', long = "log-detail", action = clap::ArgAction::Count)]
    pub(crate) log_detail: u8,
}

impl Arguments {
    /// The network namespace to work in, and where that stands; `None`: the one that this is started in.
    pub(crate) fn net_namespace<'a>(&'a self, plan: &'a Plan) -> Option<(&'a str, &'a str)> {
        let asked = self.namespace.as_deref().map(|name| ("--namespace", name));
        let of_file = plan.node.net_namespace.as_ref();
        asked.or(of_file.map(|asked| (asked.place.as_str(), asked.name.as_str())))
    }

    /// Where vrrpctl asks.
    pub(crate) fn control(&self, plan: &Plan) -> PathBuf {
        let name = self.net_namespace(plan).map(|(_, name)| name);
        self.control.clone().unwrap_or_else(|| default_socket(name))
    }
}
