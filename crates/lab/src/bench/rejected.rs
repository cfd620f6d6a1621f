//! Packets that must be rejected, few and many: no advertisement may be missing and no role may change.

use super::table::table;
use super::{Machine, Subjects, write_json};
use crate::daemon::Daemon;
use crate::forge::{Attack, Fault, Target, frame};
use crate::pair::{Options, Pair, VRID};
use crate::watch::longest_gap;
use crate::{LabError, Stamp};
use serde::Serialize;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::Duration;

/// What to run.
#[derive(clap::Args, Clone, Debug)]
pub struct Arguments {
    /// Whom to measure.
    #[arg(long, value_enum, default_value = "both")]
    daemon: Subjects,
    /// How long each attack lasts.
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    /// Packets a second of one kind in the hard attacks.
    #[arg(long, default_value_t = 5000)]
    rate: u32,
    /// Where the JSON goes.
    #[arg(long, default_value = "target/bench")]
    out: PathBuf,
}

/// One attack.
#[derive(Clone, Debug, Serialize)]
pub struct Attacked {
    daemon: &'static str,
    kind: String,
    /// Packets sent.
    pub sent: u64,
    /// Advertisements of the Active router that the client saw.
    pub adverts: usize,
    /// Longest time between two of them, in ms.
    pub longest_gap_ms: f64,
    /// Advertisements of the Backup router, each a takeover that must not be.
    pub adverts_of_backup: usize,
    /// Addresses that came or went.
    pub address_changes: usize,
    /// CPU time of the Active's daemon, in µs for each packet sent.
    pub cpu_us_per_packet: f64,
    /// What the Active's daemon wrote to its log.
    pub log_octets: usize,
}

#[derive(Debug, Serialize)]
struct Report {
    machine: Machine,
    seconds: u32,
    attacks: Vec<Attacked>,
}

/// The password of the attacked pair.
const PASSWORD: &str = "secret";

/// Run and print.
///
/// # Errors
/// When the lab cannot be built.
pub fn run(arguments: &Arguments) -> Result<(), LabError> {
    let daemons = arguments.daemon.list();
    let lasting = Duration::from_secs(arguments.seconds.into());
    let mut report = Report {
        machine: Machine::this(&daemons)?,
        seconds: arguments.seconds,
        attacks: Vec::new(),
    };
    println!("{}", report.machine.line());
    for &daemon in &daemons {
        let mut pair = pair(daemon)?;
        report
            .attacks
            .push(attack(&mut pair, daemon, "no attack", &[], 1, lasting)?);
        let all = u32::try_from(Fault::ALL.len()).unwrap_or(u32::MAX);
        report.attacks.push(attack(
            &mut pair,
            daemon,
            "2 a second of each",
            &Fault::ALL,
            2 * all,
            lasting,
        )?);
        for fault in Fault::ALL {
            let kind = format!("{} a second: {}", arguments.rate, fault.name());
            report.attacks.push(attack(
                &mut pair,
                daemon,
                &kind,
                &[fault],
                arguments.rate,
                lasting,
            )?);
        }
    }
    println!(
        "\n1 s adverts, version 2 with password, {} s each\n{}",
        arguments.seconds,
        table(&rows(&report.attacks))
    );
    write_json(&arguments.out, "rejected", &report)
}

/// A pair of version 2 with a password: the version that can be wrong in most ways.
///
/// # Errors
/// When it does not settle.
pub fn pair(daemon: Daemon) -> Result<Pair, LabError> {
    let mut options = Options::new(daemon, 1000);
    options.version = 2;
    options.quiet = true;
    let mut pair = Pair::new(&options)?;
    for member in [&mut pair.better, &mut pair.other] {
        for instance in &mut member.config.instances {
            instance.password = Some(PASSWORD.to_owned());
        }
    }
    pair.settle()?;
    Ok(pair)
}

/// Attack a settled pair and watch.
///
/// # Errors
/// When the attacker cannot be connected.
pub fn attack(
    pair: &mut Pair,
    daemon: Daemon,
    kind: &str,
    faults: &[Fault],
    per_second: u32,
    lasting: Duration,
) -> Result<Attacked, LabError> {
    // What an earlier attack did is not this one's doing.
    pair.wait_for_better()?;
    let target = Target {
        vrid: VRID,
        interval_s: 1,
        address: Ipv4Addr::new(192, 0, 2, 100),
        password: PASSWORD,
    };
    let source = Ipv4Addr::new(192, 0, 2, 66);
    let frames: Vec<Vec<u8>> = faults
        .iter()
        .map(|&fault| frame(&target, fault, source))
        .collect();
    let before = (
        pair.better.running()?.process.usage(),
        pair.better.running()?.process.log().len(),
    );
    let since = Stamp::now();
    let attack = if frames.is_empty() {
        None
    } else {
        Some(Attack::start(&pair.client, frames, per_second)?)
    };
    std::thread::sleep(lasting);
    let sent = attack.as_ref().map_or(0, Attack::sent);
    drop(attack);
    let after = (
        pair.better.running()?.process.usage(),
        pair.better.running()?.process.log().len(),
    );
    let adverts = pair.watch.adverts(&pair.better.node, VRID, since);
    let cpu_us = (after.0.cpu_ns - before.0.cpu_ns) as f64 / 1e3;
    Ok(Attacked {
        daemon: daemon.name(),
        kind: kind.to_owned(),
        sent,
        adverts: adverts.len(),
        longest_gap_ms: longest_gap(&adverts).map_or(f64::NAN, |gap| gap.as_secs_f64() * 1e3),
        adverts_of_backup: pair.watch.adverts(&pair.other.node, VRID, since).len(),
        address_changes: pair.holders.changes(pair.address(), since).len(),
        cpu_us_per_packet: if sent == 0 { f64::NAN } else { cpu_us / sent as f64 },
        log_octets: after.1 - before.1,
    })
}

fn rows(attacks: &[Attacked]) -> Vec<Vec<String>> {
    let heading = [
        "attack",
        "daemon",
        "packets",
        "adverts",
        "longest gap ms",
        "by backup",
        "address changes",
        "CPU µs/packet",
        "log octets",
    ];
    let mut rows = vec![heading.map(str::to_owned).to_vec()];
    for a in attacks {
        rows.push(vec![
            a.kind.clone(),
            a.daemon.to_owned(),
            a.sent.to_string(),
            a.adverts.to_string(),
            format!("{:.2}", a.longest_gap_ms),
            a.adverts_of_backup.to_string(),
            a.address_changes.to_string(),
            format!("{:.2}", a.cpu_us_per_packet),
            a.log_octets.to_string(),
        ]);
    }
    rows
}
