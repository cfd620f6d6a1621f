//! keepalived's options, and what each comes to.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Parser;

use crate::arguments::Arguments;
use crate::exit;
use crate::log::{self, Destination, Facility};
use crate::manner::{Manner, Remark};
use crate::pid_file;

/// vrrpd under keepalived's name: its command line, and vrrpd's own options.
///
/// Without -n it goes to the background once it has started, as keepalived does; the exit code tells whether it has.
#[derive(Debug, Parser)]
#[command(
    name = "keepalived",
    infer_long_args = true,
    args_override_self = true,
    disable_version_flag = true,
    next_help_heading = "keepalived's options",
    after_help = exit::TABLE
)]
pub(super) struct Options {
    #[command(flatten)]
    pub(super) own: Arguments,
    /// Where -t writes.
    #[arg(long, value_name = "FILE", hide = true)]
    pub(super) config_test_log: Option<PathBuf>,
    /// Virtual servers only: what the file says of virtual routers is not carried out. With -P both are.
    #[arg(short = 'C', long = "check")]
    check: bool,
    /// Nothing happens: there is no BFD.
    #[arg(short = 'B', long = "no_bfd")]
    no_bfd: bool,
    /// Nothing happens: there are no child processes of other parts.
    #[arg(long = "all")]
    all: bool,
    /// The facility of syslog: 0 to 7 or local0 to local7, user, daemon.
    #[arg(short = 'S', long = "log-facility", value_name = "FACILITY", value_parser = facility)]
    log_facility: Option<Facility>,
    /// Write the log to FILE, with _vrrp before its last dot.
    #[arg(short = 'g', long = "log-file", value_name = "FILE")]
    log_file: Option<PathBuf>,
    /// Nothing happens: every line of FILE is written at once.
    #[arg(long = "flush-log-file")]
    flush_log_file: bool,
    /// Write nothing to syslog.
    #[arg(short = 'G', long = "no-syslog")]
    no_syslog: bool,
    /// Nothing happens: a stop always gives the addresses up.
    #[arg(short = 'X', long = "release-vips")]
    release_vips: bool,
    /// Refused: an address that stays behind is held by two nodes.
    #[arg(short = 'V', long = "dont-release-vrrp")]
    dont_release_vrrp: bool,
    /// At a stop the kernel's table of virtual servers stays as it is.
    #[arg(short = 'I', long = "dont-release-ipvs")]
    dont_release_ipvs: bool,
    /// Nothing happens: whoever started this starts it again.
    #[arg(short = 'R', long = "dont-respawn")]
    dont_respawn: bool,
    /// Write the configuration in force to the log.
    #[arg(short = 'd', long = "dump-conf")]
    dump_conf: bool,
    /// The file that holds the process id.
    #[arg(short = 'p', long = "pid", value_name = "FILE")]
    pid: Option<PathBuf>,
    /// The file that holds the process id of the router.
    #[arg(short = 'r', long = "vrrp_pid", value_name = "FILE")]
    vrrp_pid: Option<PathBuf>,
    /// Not written: there is no such process.
    #[arg(short = 'c', long = "checkers_pid", value_name = "FILE")]
    checkers_pid: Option<PathBuf>,
    /// Not written: there is no such process.
    #[arg(short = 'b', long = "bfd_pid", value_name = "FILE")]
    bfd_pid: Option<PathBuf>,
    /// Not carried out: `ip monitor address` shows them.
    #[arg(short = 'a', long = "address-monitoring")]
    address_monitoring: bool,
    /// Not carried out: `vrrpctl status --json` tells more.
    #[arg(short = 'x', long = "snmp")]
    snmp: bool,
    /// Not carried out, as -x.
    #[arg(short = 'A', long = "snmp-agent-socket", value_name = "SOCKET")]
    snmp_agent_socket: Option<OsString>,
    /// Let the kernel write a core dump of any size.
    #[arg(short = 'm', long = "core-dump")]
    core_dump: bool,
    /// As -m. The pattern is left alone: it is that of the whole machine.
    #[arg(short = 'M', long = "core-dump-pattern", value_name = "PATTERN", num_args = 0..=1, require_equals = true)]
    core_dump_pattern: Option<Option<String>>,
    /// A file that is included and missing is an error.
    #[arg(short = 'e', long = "all-config")]
    pub(super) all_config: bool,
    /// The umask, as 0177 (octal), 0x7f or 127.
    #[arg(short = 'u', long = "umask", value_name = "MASK", value_parser = umask)]
    pub(super) umask: Option<u32>,
    /// Show the version.
    #[arg(short = 'v', long = "version")]
    pub(super) version: bool,
    /// Be genhash; it has to stand first.
    #[arg(short = 'T', long = "genhash")]
    genhash: bool,
    /// keepalived names them and goes on.
    #[arg(hide = true)]
    unexpected: Vec<OsString>,
}

fn facility(text: &str) -> Result<Facility, String> {
    Facility::named(text).ok_or_else(|| "0 to 7, local0 to local7, user or daemon".to_owned())
}

fn umask(text: &str) -> Result<u32, String> {
    let number = match text.strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex, 16),
        None if text.starts_with('0') => u32::from_str_radix(text, 8),
        None => text.parse(),
    };
    match number {
        Ok(mask) if mask <= 0o777 => Ok(mask),
        Ok(_) | Err(_) => Err("0 to 0777, octal with a leading 0".to_owned()),
    }
}

impl Options {
    /// Why nothing can be started.
    pub(super) fn refused(&self) -> Option<&'static str> {
        if self.dont_release_vrrp {
            Some(
                "-V would leave the addresses behind at a stop, and two nodes would answer for them. Leave it out: a restart keeps them away for less than a failover takes",
            )
        } else if self.own.supervised && !self.own.dont_fork {
            Some(
                "--supervised stays in the foreground: give -n with it, and let the service manager start it",
            )
        } else if self.genhash {
            Some("--genhash has to be the first option")
        } else {
            None
        }
    }

    /// Which part of the file is carried out, and what stays of it.
    pub(super) fn parts(&mut self) {
        let routers = self.own.vrrp_only;
        self.own.vrrp_only = routers && !self.check;
        self.own.servers_only = self.check && !routers;
        self.own.keeps_table = self.dont_release_ipvs;
    }

    /// How it behaves, apart from what it does.
    pub(super) fn manner(&self) -> Manner {
        let background = !self.own.dont_fork && !self.own.test;
        let (destination, note) = self.destination(background);
        Manner {
            name: super::NAME,
            background,
            destination,
            pid_files: pid_file::Wanted::Keepalived {
                parent: self.pid.clone(),
                vrrp: self.vrrp_pid.clone(),
            },
            core_dump: self.core_dump || self.core_dump_pattern.is_some(),
            dump_conf: self.dump_conf,
            remarks: self.remarks().into_iter().chain(note).collect(),
        }
    }

    /// A console, a file, the journal or syslog, and nothing where that was asked for.
    fn destination(&self, background: bool) -> (Destination, Option<Remark>) {
        let facility = self.log_facility.unwrap_or_default();
        if self.own.log_console && !background {
            (Destination::Stderr, None)
        } else if let Some(file) = &self.log_file {
            (Destination::File(of_vrrp(file)), None)
        } else if self.no_syslog {
            (Destination::Nowhere, None)
        } else if log::is_journal() {
            let identifier = log::KEEPALIVED;
            (Destination::Journal { identifier, facility }, None)
        } else if log::is_syslog() {
            (Destination::Syslog(facility), None)
        } else if background {
            (Destination::Nowhere, None)
        } else {
            let note =
                Remark::Warn("there is no syslog at /dev/log: the log goes to standard error".to_owned());
            (Destination::Stderr, Some(note))
        }
    }

    /// Each option that is accepted and does not do what it does for keepalived, with the reason.
    fn remarks(&self) -> Vec<Remark> {
        let mut remarks = Vec::new();
        let mut note = |given: bool, option: &str, why: &str| {
            if given {
                remarks.push(Remark::Info(format!("{option} changes nothing: {why}")));
            }
        };
        note(self.no_bfd, "-B", "there is no BFD");
        note(
            self.all,
            "--all",
            "there is one daemon, and no part of it is left out",
        );
        note(
            self.own.log_console && !self.own.dont_fork,
            "-l",
            "in the background there is no console; with -n there is",
        );
        note(
            self.flush_log_file,
            "--flush-log-file",
            "every line is written at once",
        );
        note(self.release_vips, "-X", "a stop always gives the addresses up");
        note(
            self.dont_respawn,
            "-R",
            "there are no children that would be started again",
        );
        note(self.checkers_pid.is_some(), "-c", "there is no process of checks");
        note(self.bfd_pid.is_some(), "-b", "there is no process of BFD");
        let mut warn = |given: bool, text: &str| {
            if given {
                remarks.push(Remark::Warn(text.to_owned()));
            }
        };
        warn(
            self.address_monitoring,
            "-a is not carried out: `ip monitor address` shows every change, and the log those of the daemon's addresses",
        );
        warn(
            self.snmp || self.snmp_agent_socket.is_some(),
            "-x is not carried out: there is no SNMP; `vrrpctl status --json` tells more",
        );
        warn(
            self.core_dump_pattern.is_some(),
            "-M leaves the kernel's core_pattern alone, which is that of every process of the machine; core dumps are allowed as by -m",
        );
        if !self.unexpected.is_empty() {
            let words: Vec<_> = self
                .unexpected
                .iter()
                .map(|word| word.to_string_lossy())
                .collect();
            remarks.push(Remark::Warn(format!(
                "unexpected argument(s): {}",
                words.join(" ")
            )));
        }
        remarks
    }
}

/// Where keepalived's router writes by `-g FILE`: `/var/log/keepalived.log` means `/var/log/keepalived_vrrp.log`.
fn of_vrrp(file: &std::path::Path) -> PathBuf {
    let mut name = file.file_stem().unwrap_or_default().to_owned();
    name.push("_vrrp");
    if let Some(extension) = file.extension() {
        name.push(".");
        name.push(extension);
    }
    file.with_file_name(name)
}
