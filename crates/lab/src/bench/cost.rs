//! What checks cost: our scripts, our built-in checks and keepalived's scripts, one after the other, round by round.

use super::table::{median_and_max, ratio, table};
use super::{Machine, script_runners, write_json};
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
    /// Checks at an interval of 1 s.
    #[arg(long, default_value_t = 200)]
    checks: u32,
    /// How long each is measured.
    #[arg(long, default_value_t = 7)]
    seconds: u32,
    /// Where the JSON goes.
    #[arg(long, default_value = "target/bench")]
    out: PathBuf,
}

/// Every check has run again.
const WARM: Duration = Duration::from_secs(1);

#[derive(Debug, Serialize)]
struct Report {
    machine: Machine,
    checks: u32,
    arms: Vec<(&'static str, Vec<Stretch>)>,
}

/// Run and print.
///
/// # Errors
/// When the lab cannot be built.
pub fn run(arguments: &Arguments) -> Result<(), LabError> {
    let daemons = script_runners();
    let machine = Machine::this(&daemons)?;
    println!("{}", machine.line());
    let lab = Lab::new()?;
    let site = Site::new(&lab, 0)?;
    let many = arguments.checks;
    // The last one is what the others are compared with.
    let subjects = [
        ("vrrpd, built in", Daemon::Vrrpd, Checks::BuiltIn(many)),
        ("vrrpd, scripts", Daemon::Vrrpd, Checks::Scripts(many)),
        ("keepalived, scripts", Daemon::Keepalived, Checks::Scripts(many)),
    ];
    let subjects: Vec<_> = subjects
        .into_iter()
        .filter(|(_, daemon, _)| daemons.contains(daemon))
        .collect();
    let mut arms: Vec<(&str, Vec<Stretch>)> = subjects.iter().map(|(name, ..)| (*name, Vec::new())).collect();
    for _ in 0..arguments.rounds {
        for ((_, daemon, checks), (_, stretches)) in subjects.iter().zip(&mut arms) {
            let live = site.start(*daemon, *checks, 1000)?;
            std::thread::sleep(WARM);
            stretches.push(live.measure(&site, 1000, Duration::from_secs(arguments.seconds.into()))?);
        }
    }
    println!(
        "\n{many} checks at 1 s for {} s: the script is `true`, the built-in ones are half TCP_CHECK, half HTTP_GET of an nginx on\n\
         the same node; processor time of the daemon and all it started, in % of one processor; median / worst of {}\n{}",
        arguments.seconds,
        arguments.rounds,
        table(&rows(&arms))
    );
    let report = Report {
        machine,
        checks: many,
        arms,
    };
    write_json(&arguments.out, "cost", &report)
}

fn rows(arms: &[(&str, Vec<Stretch>)]) -> Vec<Vec<String>> {
    let heading = [
        "",
        "runs",
        "daemon CPU %",
        "ratio",
        "daemon RSS MiB",
        "ratio",
        "checks run",
        "nginx CPU %",
        "machine CPU %",
    ];
    let mut rows = vec![heading.map(str::to_owned).to_vec()];
    for (name, stretches) in arms {
        let column = |f: fn(&Stretch) -> f64| median_and_max(stretches.iter().map(f));
        let compared = |f: fn(&Stretch) -> f64| {
            let last = arms.last().into_iter().flat_map(|(_, last)| last.iter().map(f));
            ratio(stretches.iter().map(f), last)
        };
        rows.push(vec![
            (*name).to_owned(),
            stretches.len().to_string(),
            column(|s| s.daemon_cpu_percent),
            compared(|s| s.daemon_cpu_percent),
            column(|s| s.daemon_rss_mib),
            compared(|s| s.daemon_rss_mib),
            column(|s| s.checks_run.map_or(f64::NAN, |n| n as f64)),
            column(|s| s.server_cpu_percent),
            column(|s| s.machine_cpu_percent),
        ]);
    }
    rows
}
