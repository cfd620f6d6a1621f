//! A router's process that dies under a supervisor, beside a planned stop: what the client loses, who holds the address.

use super::table::{median_and_max, table};
use super::{Machine, write_json};
use crate::LabError;
use crate::crash::{Death, Measured, settled};
use crate::daemon::Daemon;
use crate::pair::Options;
use serde::Serialize;
use std::path::PathBuf;

/// What to run.
#[derive(clap::Args, Clone, Debug)]
pub struct Arguments {
    /// Advertisement interval; may be given several times.
    #[arg(long = "interval-ms", default_values_t = [1000])]
    intervals_ms: Vec<u32>,
    /// Rounds; in each everything happens once.
    #[arg(long, default_value_t = 7)]
    rounds: u32,
    /// Where the JSON goes.
    #[arg(long, default_value = "target/bench")]
    out: PathBuf,
}

#[derive(Debug, Serialize)]
struct Series {
    death: &'static str,
    interval_ms: u32,
    runs: Vec<Measured>,
    errors: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Report {
    machine: Machine,
    series: Vec<Series>,
}

/// Run and print.
///
/// # Errors
/// When the lab cannot be built; a run that goes wrong is counted and shown.
pub fn run(arguments: &Arguments) -> Result<(), LabError> {
    let mut report = Report {
        machine: Machine::this(&[Daemon::Vrrpd])?,
        series: Vec::new(),
    };
    println!("{}", report.machine.line());
    for &interval_ms in &arguments.intervals_ms {
        let mut all: Vec<Series> = Death::ALL
            .into_iter()
            .map(|death| Series {
                death: death.name(),
                interval_ms,
                runs: Vec::new(),
                errors: Vec::new(),
            })
            .collect();
        // In turn, so that a busy minute hits all of them.
        for _ in 0..arguments.rounds {
            for (death, series) in Death::ALL.into_iter().zip(&mut all) {
                let mut options = Options::new(Daemon::Vrrpd, interval_ms);
                options.quiet = true;
                match settled(&options).and_then(|mut pair| death.run(&mut pair)) {
                    Ok(measured) => series.runs.push(measured),
                    Err(error) => {
                        println!("  {}: {error}", death.name());
                        series.errors.push(error.to_string());
                    }
                }
            }
        }
        println!(
            "\ninterval {interval_ms} ms; times in ms, median / worst\n{}",
            table(&rows(&all))
        );
        report.series.extend(all);
    }
    write_json(&arguments.out, "crash", &report)
}

fn rows(all: &[Series]) -> Vec<Vec<String>> {
    let heading = [
        "what dies",
        "runs",
        "outage",
        "two holders",
        "address gone after",
        "own stall",
    ];
    let mut rows = vec![heading.map(str::to_owned).to_vec()];
    for series in all {
        let column = |f: fn(&Measured) -> Option<f64>| median_and_max(series.runs.iter().filter_map(f));
        rows.push(vec![
            series.death.to_owned(),
            format!(
                "{}/{}",
                series.runs.len(),
                series.runs.len() + series.errors.len()
            ),
            column(|m| Some(m.outage_ms)),
            column(|m| Some(m.two_holders_ms)),
            column(|m| m.gone_ms),
            column(|m| Some(m.own_stall_ms)),
        ]);
    }
    rows
}
