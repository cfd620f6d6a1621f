//! `vrrpctl plan OLD NEW`: what a reload would do, judged by the code that reloads.

mod changes;
mod notices;
mod report;
mod servers;

use clap::Args;
use keepalived_conf::{Effective, Parsed, effective};
use vrrp_plan::{Allowed, EverythingPresent, Fault, Lowered, Machine, ThisMachine, Unusable, judge};

use crate::effective::read;
use crate::{REFUSED, pretty, print};
use report::{Report, text};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The configuration that vrrpd runs with.
    old: String,
    /// The one that it would read.
    new: String,
    /// Which `@ID` lines of the configurations are meant; by default the host's name up to its first dot.
    #[arg(short = 'i', long = "config-id", value_name = "ID")]
    config_id: Option<String>,
    /// As given to vrrpd. May be given several times.
    #[arg(long, value_name = "WORD")]
    allow_missing: Vec<String>,
    /// Take every interface and every script as present, where the files are for another machine.
    #[arg(long)]
    assume_present: bool,
    /// Everything as JSON.
    #[arg(long)]
    json: bool,
}

/// A configuration as vrrpd would have it.
pub(super) struct Side {
    pub(super) lowered: Lowered,
    pub(super) faults: Vec<Fault>,
    pub(super) effective: Effective,
    pub(super) dropped: Vec<String>,
}

fn side(file: &str, arguments: &Arguments) -> Result<Side, String> {
    let parsed: Parsed = read(file, arguments.config_id.as_deref());
    let words = |unusable| match unusable {
        Unusable::NoFile(text) | Unusable::CannotRun(text) => text,
    };
    if let Some(fatal) = vrrp_plan::fatal(&parsed) {
        return Err(words(fatal));
    }
    let allowed: Allowed = arguments.allow_missing.iter().map(String::as_str).collect();
    let host = vrrp_plan::host(&parsed.config);
    let machine = machine(arguments);
    let lowered = vrrp_plan::lower_for(&parsed.config, &parsed.sources, &allowed, &host, machine);
    if let Some(refused) = vrrp_plan::refused(&lowered) {
        return Err(words(refused));
    }
    let effective = effective(&parsed);
    let dropped = effective.dropped.iter();
    Ok(Side {
        faults: vrrp_plan::faults(&parsed, &lowered),
        dropped: dropped
            .map(|left| format!("{}: {} does not start: {}", left.place, left.name, left.why))
            .collect(),
        lowered,
        effective,
    })
}

fn machine(arguments: &Arguments) -> &'static dyn Machine {
    if arguments.assume_present {
        &EverythingPresent
    } else {
        &ThisMachine
    }
}

/// Whether the reload would be carried out, and what it would do then.
fn plan(arguments: &Arguments) -> Result<Report, String> {
    let old = side(&arguments.old, arguments)?;
    if old.lowered.plan.asks_for_nothing() {
        return Err("no vrrp_instance and no virtual_server of it can be started".to_owned());
    }
    let machine = machine(arguments);
    let network = old.lowered.plan.node.net_namespace.as_ref();
    if let Some(network) = network.filter(|_| !arguments.assume_present)
        && let Err(error) = vrrp_plan::enter(&network.name)
    {
        eprintln!("vrrpctl: interfaces are looked for in this network: {error}");
    }
    let report = match side(&arguments.new, arguments) {
        Err(because) => Report::refused(because),
        Ok(new) => {
            let judged = judge(
                &arguments.new,
                (&old.lowered.plan, &old.faults),
                (&new.lowered.plan, &new.faults),
                machine,
            );
            match judged {
                Err(because) => Report::refused(because),
                Ok(()) => changes::changes(&old, &new),
            }
        }
    };
    Ok(report)
}

pub(crate) fn run(arguments: &Arguments) -> u8 {
    let report = match plan(arguments) {
        Ok(report) => report,
        Err(problem) => {
            eprintln!("vrrpctl: vrrpd would not run with {}: {problem}", arguments.old);
            return REFUSED;
        }
    };
    let printed = if arguments.json {
        match pretty(&report) {
            Ok(json) => print(&json),
            Err(error) => {
                eprintln!("vrrpctl: cannot write it as JSON: {error}");
                REFUSED
            }
        }
    } else {
        print(&text(&report))
    };
    if report.applied { printed } else { REFUSED }
}
