//! The command line: keepalived's letters where it has them.

use std::path::{Path, PathBuf};

use clap::Parser;
use tracing::level_filters::LevelFilter;
use vrrp_control::default_socket;
use vrrp_plan::Plan;
use vrrp_plan::balance::{AtStop, Balance};

use crate::dumps::Function;
use crate::exit;
use crate::manner::related;
use crate::metrics::Place;

/// Failover daemon: moves addresses between nodes by VRRP, as keepalived.conf says.
#[derive(Debug, Parser)]
#[command(version, about, after_help = exit::TABLE)]
pub(crate) struct Arguments {
    /// The configuration, in keepalived's language; a quoted pattern such as '/etc/keepalived/*.conf' means all files it matches.
    /// /etc/keepalived/keepalived.conf if not given; with --ldirectord there is none then.
    #[arg(short = 'f', long = "use-file", value_name = "FILE")]
    file: Option<PathBuf>,
    /// Virtual servers in ldirectord's language (ldirectord.cf), beside those of -f, or without any keepalived.conf where -f is not given.
    #[arg(long, value_name = "FILE")]
    pub(crate) ldirectord: Option<PathBuf>,
    /// Certificates are not verified where FILE does not say `verify = yes`, as with ldirectord.
    #[arg(long, requires = "ldirectord")]
    pub(crate) ldirectord_unverified: bool,
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
    /// Members of this group may read at the control socket. Without this and the next one: whoever the socket's file lets in.
    #[arg(long, value_name = "GROUP", conflicts_with = "no_control")]
    pub(crate) control_group: Option<String>,
    /// Members of this group may also change something there: switchover, maintenance, priority, reload, check-mode.
    #[arg(long, value_name = "GROUP", conflicts_with = "no_control")]
    pub(crate) control_admin_group: Option<String>,
    /// Have no control socket.
    #[arg(long, conflicts_with = "control")]
    pub(crate) no_control: bool,
    /// Where SIGUSR1, SIGUSR2 and the JSON signal write keepalived.data, keepalived.stats and keepalived.json; beside the control socket if not given.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) dump_dir: Option<PathBuf>,
    /// Print the number of the signal for STOP, RELOAD, DATA, STATS or JSON, as keepalived does, and end.
    #[arg(long, value_name = "NAME")]
    pub(crate) signum: Option<Function>,
    /// Answer there by HTTP: /metrics (OpenMetrics), /healthz, /readyz, /status.json. An address with a port, or the path of a socket. May be given several times.
    #[arg(long, value_name = "ADDRESS:PORT|PATH")]
    pub(crate) metrics: Vec<Place>,
    /// Work in this network namespace (overrides net_namespace).
    #[arg(short = 's', long = "namespace", value_name = "NAME")]
    namespace: Option<String>,
    /// Run the router loop under SCHED_FIFO at this priority (overrides vrrp_rt_priority).
    #[arg(long, value_name = "1-99", value_parser = clap::value_parser!(u8).range(1..=99))]
    pub(crate) realtime: Option<u8>,
    /// Run as two processes: should the one that routes die by any cause, the other says goodbye, removes the addresses when the
    /// successor has spoken, and starts it again.
    #[arg(long)]
    pub(crate) supervised: bool,
    /// How long a notify script may run before it is ended.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) notify_limit: u32,
    /// Write everything that the routers are told, and what they decide, to FILE; `vrrpctl replay FILE` shows it.
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
    /// How large that file may become.
    #[arg(long, value_name = "MIB", default_value_t = 1024, value_parser = clap::value_parser!(u32).range(1..), requires = "record")]
    pub(crate) record_limit: u32,
    /// Write everything that happens to FILE as well, one line of JSON each, as `vrrpctl events --json` shows it.
    #[arg(long, value_name = "FILE")]
    pub(crate) events_file: Option<PathBuf>,
    /// How large that file and the one before it (FILE.1) may become together.
    #[arg(long, value_name = "MIB", default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..), requires = "events_file")]
    pub(crate) events_limit: u32,
    /// How much is logged: error, warn, info, debug or trace.
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    pub(crate) log_level: LevelFilter,
    /// Log to standard error even where the journal is found.
    #[arg(short = 'l', long = "log-console")]
    pub(crate) log_console: bool,
    /// Accepted for keepalived's sake: vrrpd always stays in the foreground.
    #[arg(short = 'n', long = "dont-fork")]
    pub(crate) dont_fork: bool,
    /// Virtual routers only: what the file says of virtual servers is not carried out.
    #[arg(short = 'P', long = "vrrp")]
    pub(crate) vrrp_only: bool,
    /// keepalived's -C: virtual servers only.
    #[arg(skip)]
    pub(crate) servers_only: bool,
    /// keepalived's -I: the kernel's table of virtual servers stays at a stop.
    #[arg(skip)]
    pub(crate) keeps_table: bool,
    /// Accepted for keepalived's sake: vrrpd always logs in detail.
    #[arg(short = 'D', long = "log-detail", action = clap::ArgAction::Count)]
    pub(crate) log_detail: u8,
}

/// Where keepalived.conf is looked for without -f.
const USUAL: &str = "/etc/keepalived/keepalived.conf";

/// Two files, for people.
pub(crate) fn both((first, second): &(Option<String>, Option<String>)) -> String {
    let both: Vec<&str> = first.iter().chain(second).map(String::as_str).collect();
    both.join(" and ")
}

impl Arguments {
    /// keepalived.conf, if there is to be one.
    pub(crate) fn keepalived_conf(&self) -> Option<&Path> {
        match (&self.file, &self.ldirectord) {
            (Some(file), _) => Some(file),
            (None, None) => Some(Path::new(USUAL)),
            (None, Some(_)) => None,
        }
    }

    /// Whether it leaves something out.
    pub(crate) fn leaves_out_parts(&self) -> bool {
        let without_servers = self
            .allow_missing
            .iter()
            .any(|word| word == crate::servers::ALLOW);
        self.vrrp_only || self.servers_only || without_servers
    }

    /// Takes out of a plan what the command line leaves out.
    pub(crate) fn leave_parts(&self, plan: &mut Plan) {
        if self.vrrp_only {
            plan.balance = Balance::default();
        }
        if self.servers_only {
            let all = std::mem::take(plan);
            *plan = Plan {
                node: all.node,
                mail: all.mail,
                webhooks: all.webhooks,
                balance: all.balance,
                ..Plan::default()
            };
        }
        if self.keeps_table {
            plan.balance.at_stop = AtStop::Keep;
        }
    }

    /// The files, for people.
    pub(crate) fn files(&self) -> String {
        both(&self.paths())
    }

    /// The paths of keepalived.conf and ldirectord.cf.
    pub(crate) fn paths(&self) -> (Option<String>, Option<String>) {
        let shown = |file: &Path| file.display().to_string();
        let second = self.ldirectord.as_deref();
        (self.keepalived_conf().map(shown), second.map(shown))
    }

    /// Paths from here on are from `/`: the folder that they were given in is left.
    pub(crate) fn relate_to(&mut self, here: &Path) {
        let more = self.control.iter_mut().chain(&mut self.record);
        let more = more.chain(&mut self.events_file).chain(&mut self.dump_dir);
        let more = more.chain(&mut self.ldirectord);
        self.file
            .iter_mut()
            .chain(more)
            .for_each(|path| related(path, here));
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: &str = "vrrp_instance A {\ninterface lo\nvirtual_router_id 1\nvirtual_ipaddress {\n192.0.2.1\n}\n}\n\
                        virtual_server 192.0.2.1 80 {\nlb_algo rr\nlb_kind DR\nprotocol TCP\nreal_server 192.0.2.10 80 {\n}\n}\n";

    fn left(change: impl FnOnce(&mut Arguments)) -> (usize, usize, AtStop) {
        let files = keepalived_conf::MemoryFiles::new([("k.conf", BOTH)]);
        let parsed = keepalived_conf::parse(&files, "k.conf");
        let nothing = std::iter::empty::<&str>().collect();
        let host = vrrp_plan::Host::default();
        let mut plan = vrrp_plan::lower(&parsed.config, &parsed.sources, &nothing, &host).plan;
        let mut arguments = Arguments::parse_from(["vrrpd"]);
        change(&mut arguments);
        arguments.leave_parts(&mut plan);
        let balance = &plan.balance;
        (plan.instances.len(), balance.servers.len(), balance.at_stop)
    }

    #[test]
    fn the_command_line_leaves_parts_out() {
        assert_eq!(left(|_| {}), (1, 1, AtStop::TakeOut));
        assert_eq!(
            left(|arguments| arguments.vrrp_only = true),
            (1, 0, AtStop::TakeOut)
        );
        assert_eq!(
            left(|arguments| arguments.servers_only = true),
            (0, 1, AtStop::TakeOut)
        );
        assert_eq!(
            left(|arguments| arguments.keeps_table = true),
            (1, 1, AtStop::Keep)
        );
    }

    #[test]
    fn without_f_a_second_file_is_the_only_one() {
        let files = |line: &[&str]| Arguments::parse_from([&["vrrpd"], line].concat()).files();
        assert_eq!(files(&[]), USUAL);
        assert_eq!(files(&["--ldirectord", "l.cf"]), "l.cf");
        assert_eq!(
            files(&["--ldirectord", "l.cf", "-f", USUAL]),
            format!("{USUAL} and l.cf")
        );
    }
}
