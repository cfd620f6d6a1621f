//! Many built-in checks on one node: what they do to its advertisements.
//!
//! Three nodes' lives in turn: no checks; the checks; and no checks while another daemon of the same machine runs them, which
//! tells what the machine's load does by itself from what the checks do to the router loop.

use super::table::{median_and_max, ratio, table};
use super::{Machine, write_json};
use crate::LabError;
use crate::checked::{Checks, Site, Stretch};
use crate::daemon::Daemon;
use crate::topology::Lab;
use serde::Serialize;
use std::path::PathBuf;
use std::time::Duration;

/// What to run.
#[derive(clap::Args, Clone, Debug)]
pub struct Arguments {
    /// Rounds; each measures all three.
    #[arg(long, default_value_t = 7)]
    rounds: u32,
    /// Checks at an interval of 1 s, half TCP_CHECK, half HTTP_GET.
    #[arg(long, default_value_t = 1000)]
    checks: u32,
    /// How long each is measured.
    #[arg(long, default_value_t = 8)]
    seconds: u32,
    /// Advertisement interval.
    #[arg(long, default_value_t = 10)]
    interval_ms: u32,
    /// Real-time priority for the router loops (`vrrp_rt_priority 50`), which only root can give.
    #[arg(long)]
    realtime: bool,
    /// Where the JSON goes.
    #[arg(long, default_value = "target/bench")]
    out: PathBuf,
}

/// Every check has been asked twice.
const WARM: Duration = Duration::from_secs(2);

const ARMS: [&str; 3] = ["without checks", "with checks", "checks by a neighbour"];

#[derive(Debug, Serialize)]
struct Report {
    machine: Machine,
    checks: u32,
    interval_ms: u32,
    realtime: bool,
    arms: [(&'static str, Vec<Stretch>); 3],
}

/// Run and print.
///
/// # Errors
/// When the lab cannot be built.
pub fn run(arguments: &Arguments) -> Result<(), LabError> {
    let machine = Machine::this(&[Daemon::Vrrpd])?;
    println!("{}", machine.line());
    let lab = Lab::new()?;
    let (site, neighbour) = (Site::new(&lab, 0)?, Site::new(&lab, 1)?);
    let many = Checks::BuiltIn(arguments.checks);
    let lasting = Duration::from_secs(arguments.seconds.into());
    let realtime = ["vrrp_rt_priority 50"];
    let globals = realtime
        .get(..usize::from(arguments.realtime))
        .unwrap_or_default();
    let mut arms = ARMS.map(|name| (name, Vec::new()));
    for _ in 0..arguments.rounds {
        for (arm, (_, stretches)) in arms.iter_mut().enumerate() {
            let own = if arm == 1 { many } else { Checks::None };
            let live = site.start_with(Daemon::Vrrpd, own, arguments.interval_ms, globals)?;
            let beside = if arm == 2 {
                Some(neighbour.start(Daemon::Vrrpd, many, 1000)?)
            } else {
                None
            };
            std::thread::sleep(WARM);
            stretches.push(live.measure(
                if arm == 2 { &neighbour } else { &site },
                arguments.interval_ms,
                lasting,
            )?);
            drop(beside);
        }
    }
    println!(
        "\n{} checks at 1 s, half TCP_CHECK, half HTTP_GET, of an nginx on the same node; adverts every {} ms{}, {} s each;\n\
         jitter in µs, processor time in % of one processor; median / worst of {}\n{}",
        arguments.checks,
        arguments.interval_ms,
        if arguments.realtime {
            ", real-time router loop"
        } else {
            ""
        },
        arguments.seconds,
        arguments.rounds,
        table(&rows(&arms))
    );
    let report = Report {
        machine,
        checks: arguments.checks,
        interval_ms: arguments.interval_ms,
        realtime: arguments.realtime,
        arms,
    };
    write_json(&arguments.out, "checks", &report)
}

fn p99(stretches: &[Stretch]) -> impl Iterator<Item = f64> {
    stretches.iter().filter_map(|s| s.jitter_us.map(|j| j[1]))
}

fn rows(arms: &[(&str, Vec<Stretch>)]) -> Vec<Vec<String>> {
    let heading = [
        "",
        "adverts",
        "jitter p50",
        "jitter p99",
        "p99 ratio",
        "jitter worst",
        "daemon CPU %",
        "daemon RSS MiB",
        "checks run",
        "nginx CPU %",
        "machine CPU %",
    ];
    let mut rows = vec![heading.map(str::to_owned).to_vec()];
    for (name, stretches) in arms {
        let column = |f: fn(&Stretch) -> Option<f64>| median_and_max(stretches.iter().filter_map(f));
        rows.push(vec![
            (*name).to_owned(),
            stretches.iter().map(|s| s.adverts).sum::<usize>().to_string(),
            column(|s| s.jitter_us.map(|j| j[0])),
            column(|s| s.jitter_us.map(|j| j[1])),
            ratio(
                p99(stretches),
                arms.iter().take(1).flat_map(|(_, first)| p99(first)),
            ),
            column(|s| s.jitter_us.map(|j| j[2])),
            column(|s| Some(s.daemon_cpu_percent)),
            column(|s| Some(s.daemon_rss_mib)),
            column(|s| s.checks_run.map(|n| n as f64)),
            column(|s| Some(s.server_cpu_percent)),
            column(|s| Some(s.machine_cpu_percent)),
        ]);
    }
    rows
}
