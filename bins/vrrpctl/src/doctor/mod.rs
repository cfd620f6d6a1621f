//! `vrrpctl doctor`: whether this machine and its network let a virtual router do its work. Changes nothing.

mod balancing;
mod bridge;
mod capabilities;
mod files;
mod filter;
mod finding;
mod managers;
mod reception;
mod settings;
mod subject;
mod sys;
mod tap;
mod text;
mod wire;

use std::fs::File;
use std::io::IsTerminal;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use clap::Args;
use keepalived_conf::{DiskFiles, lint, parse_for};
use nix::sched::{CloneFlags, setns};
use serde::Serialize;
use vrrp_control::{Answer, Ask, Status};

use crate::check::host;
use crate::colour::Colour;
use crate::{REFUSED, pretty, print, refused};
use files::Files;
use finding::{About, Finding, Level};
use subject::Subject;

/// For `--help`.
const EXIT_CODES: &str = "\
Exit codes:
   0  nothing wrong was found; what could not be checked is said
   1  a fault, or nothing could be examined (a file that cannot be used, a daemon that refused)
   2  wrong arguments
   3  no daemon answered; before the first start: -f FILE
   4  warnings, and no fault";

/// There are warnings, and nothing worse.
const WARNED: u8 = 4;

/// At least so long, and at most, if nothing else is asked for.
const LISTEN: (Duration, Duration) = (Duration::from_millis(1500), Duration::from_secs(10));

#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    /// Examine what this file would run, before the first start; without it, a running daemon is asked.
    #[arg(short, long, value_name = "FILE")]
    file: Option<String>,
    /// Examine what this ldirectord.cf would run, before the first start; with -f beside that file. Names of hosts are looked up.
    #[arg(long, value_name = "FILE")]
    ldirectord: Option<String>,
    /// Listen so many seconds to the network; three intervals of the slowest instance, 1.5 to 10 s, if not given.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=600))]
    listen: Option<u64>,
    /// Everything as JSON (docs/doctor.md).
    #[arg(long)]
    json: bool,
}

/// All of it. The field names of its JSON form stay.
#[derive(Debug, Serialize)]
struct Report {
    /// Version of this form: 1.
    format: u8,
    /// What was examined, in words.
    of: String,
    /// The gravest of the findings.
    verdict: Level,
    /// How long the network was listened to.
    listened_ms: u64,
    findings: Vec<Finding>,
}

/// What is to be examined.
struct Case {
    of: String,
    subjects: Vec<Subject>,
    /// The daemon, and how its network is known.
    daemon: Option<u32>,
    network: Network,
    files: Files,
}

enum Network {
    Own,
    Named(String),
    /// That of a process.
    Of(u32),
}

/// Gives the exit code.
pub(crate) fn run(socket: &Path, arguments: &Arguments) -> u8 {
    let files = Files {
        keepalived: arguments.file.clone(),
        ldirectord: arguments.ldirectord.clone(),
    };
    let case = if files.is_any() {
        of_files(files)
    } else {
        match vrrp_control::ask(socket, Ask::Status) {
            Ok(Answer::Status(status)) => Ok(of_daemon(&status)),
            other => {
                let code = refused(socket, other);
                eprintln!("vrrpctl: before the first start a file can be examined: vrrpctl doctor -f FILE");
                return code;
            }
        }
    };
    let case = match case {
        Ok(case) => case,
        Err(problem) => {
            eprintln!("vrrpctl: {problem}");
            return REFUSED;
        }
    };
    let report = examine(&case, arguments.listen, socket);
    let shown = if arguments.json {
        pretty(&report).map_err(|error| error.to_string())
    } else {
        Ok(text::text(
            &report,
            Colour::for_stdout(std::io::stdout().is_terminal()),
        ))
    };
    let printed = match shown {
        Ok(text) => print(&text),
        Err(error) => {
            eprintln!("vrrpctl: cannot write it as JSON: {error}");
            REFUSED
        }
    };
    match (printed, report.verdict) {
        (crate::DONE, Level::Ok | Level::Unchecked) => crate::DONE,
        (crate::DONE, Level::Warning) => WARNED,
        (crate::DONE, Level::Fault) => REFUSED,
        (failed, _) => failed,
    }
}

fn of_daemon(status: &Status) -> Case {
    let daemon = &status.daemon;
    let subjects = subject::of_status(status);
    Case {
        of: format!(
            "vrrpd {} as {} (process {}), {}",
            daemon.program_version,
            daemon.router_id,
            daemon.pid,
            instances(subjects.len())
        ),
        subjects,
        daemon: Some(daemon.pid),
        network: Network::Of(daemon.pid),
        files: Files::of_daemon(daemon),
    }
}

fn instances(count: usize) -> String {
    format!("{count} instance{}", if count == 1 { "" } else { "s" })
}

/// Before a start. A file that asks for nothing is no case.
fn of_files(files: Files) -> Result<Case, String> {
    let plan = files.plan()?;
    let network = plan.node.net_namespace.as_ref();
    Ok(Case {
        of: format!("{files}, {}, before a start", instances(plan.instances.len())),
        subjects: subject::of_plan(&plan),
        daemon: None,
        network: network.map_or(Network::Own, |network| Network::Named(network.name.clone())),
        files,
    })
}

fn examine(case: &Case, listen: Option<u64>, socket: &Path) -> Report {
    let mut findings = Vec::new();
    findings.push(case.daemon.map_or_else(
        || capabilities::of_caller(Path::new("/proc")),
        |pid| capabilities::of_daemon(pid, Path::new("/proc"), capabilities::needs(&case.files).as_ref()),
    ));
    let mut listened = Duration::ZERO;
    match go_there(&case.network) {
        Err(why) => findings.push(About::all("network").unchecked(
            format!("the daemon works in another network, which cannot be entered: {why}"),
            "run vrrpctl doctor as root, or in that network: nsenter -t PID -n vrrpctl doctor --socket SOCKET",
        )),
        Ok(is_elsewhere) => {
            findings.extend(case.files.keepalived.iter().flat_map(|file| listens(file)));
            findings.extend(settings::findings(&case.subjects, Path::new("/proc/sys/net")));
            findings.extend(balancing::of(&case.files, Path::new("/proc/sys/net")));
            findings.extend(filter::findings(&case.subjects, &filter::ruleset()));
            findings.extend(bridge::findings(&case.subjects, &bridge::links()));
            if is_elsewhere {
                findings.push(managers::elsewhere());
            } else {
                let index = |name: &str| nix::net::if_::if_nametoindex(name).ok();
                findings.extend(managers::findings(&case.subjects, Path::new("/"), index));
            }
            // Whoever speaks VRRP here would hear a packet that is none, and count it.
            let speaks = case.daemon.is_none() && !somebody_listens();
            let heard = wire::listen(&case.subjects, time(case, listen), speaks);
            listened = heard.listened;
            for subject in &again(case, socket) {
                let drops = |one: &Finding| {
                    one.check == "firewall" && one.level == Level::Fault && one.about.as_ref() == Some(&subject.name)
                };
                let is_dropped = findings.iter().any(drops);
                findings.push(reception::reception(subject, &heard, is_dropped));
                findings.extend(reception::identity(subject, &heard));
                findings.extend(reception::neighbours(subject, &heard));
            }
        }
    }
    let verdict = findings.iter().map(|finding| finding.level).max();
    Report {
        format: 1,
        of: case.of.clone(),
        verdict: verdict.unwrap_or(Level::Ok),
        listened_ms: u64::try_from(listened.as_millis()).unwrap_or(u64::MAX),
        findings,
    }
}

/// The daemon's state behind the listening as well, where there is one.
fn again(case: &Case, socket: &Path) -> Vec<Subject> {
    if case.daemon.is_none() {
        return case.subjects.clone();
    }
    match vrrp_control::ask(socket, Ask::Status) {
        Ok(Answer::Status(status)) => subject::settled(&case.subjects, &subject::of_status(&status)),
        _ => case.subjects.clone(),
    }
}

fn time(case: &Case, asked: Option<u64>) -> Duration {
    let slowest = case
        .subjects
        .iter()
        .map(|one| one.interval)
        .max()
        .unwrap_or_default();
    let (least, most) = LISTEN;
    asked.map_or_else(|| (slowest * 3).clamp(least, most), Duration::from_secs)
}

/// A raw socket of protocol 112 (0x70) is open in this network.
fn somebody_listens() -> bool {
    ["raw", "raw6"].iter().any(|name| {
        let text = std::fs::read_to_string(format!("/proc/thread-self/net/{name}")).unwrap_or_default();
        let own = text.lines().filter_map(|line| line.split_whitespace().nth(1));
        own.filter_map(|address| address.rsplit(':').next())
            .any(|port| port == "0070")
    })
}

/// Services that listen on an address that is not always here.
fn listens(file: &str) -> Vec<Finding> {
    let about = About::all("listen");
    let parsed = parse_for(&host::node(None), &DiskFiles, file);
    if parsed.is_refused() {
        let why = format!("{file} cannot be used as it is now");
        return vec![about.unchecked(why, format!("vrrpctl check {file}"))];
    }
    let machine = lint::Machine::read(&parsed.config, &DiskFiles);
    let mut found: Vec<Finding> = lint::file(&parsed, &machine)
        .into_iter()
        .filter(|one| one.code == "nonlocal-bind")
        .map(|one| about.warning(one.message, one.effect, one.help))
        .collect();
    if found.is_empty() {
        found.push(
            about.ok("nginx listens on no virtual address that it could not have while this node is Backup"),
        );
    }
    found
}

/// Into the network to be examined, and whether that is another one than the caller's.
fn go_there(network: &Network) -> Result<bool, String> {
    let of = |found: std::fs::Metadata| (found.dev(), found.ino());
    let here = || std::fs::metadata("/proc/thread-self/ns/net").map(of).ok();
    let own = here();
    let pid = match network {
        Network::Own => return Ok(false),
        Network::Named(name) => {
            return vrrp_plan::enter(name)
                .map(|()| here() != own)
                .map_err(|error| error.to_string());
        }
        Network::Of(pid) => pid,
    };
    let file = File::open(format!("/proc/{pid}/ns/net")).map_err(|error| error.to_string())?;
    if file.metadata().map(of).ok() == own {
        return Ok(false);
    }
    setns(file, CloneFlags::CLONE_NEWNET)
        .map(|()| true)
        .map_err(|errno| errno.to_string())
}
