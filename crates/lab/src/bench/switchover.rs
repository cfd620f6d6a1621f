//! What a client notices of `vrrpctl switchover`, of `maintenance on`, and of a roll-back.

use super::table::{median_and_max, table};
use super::{Machine, write_json};
use crate::LabError;
use crate::daemon::Daemon;
use crate::pair::{Options, Pair};
use crate::steered::{Steered, Steering};
use serde::Serialize;
use std::path::PathBuf;

/// What to run.
#[derive(clap::Args, Clone, Debug)]
pub struct Arguments {
    /// Rounds; in each everything happens once.
    #[arg(long, default_value_t = 7)]
    rounds: u32,
    /// Advertisement interval.
    #[arg(long, default_value_t = 1000)]
    interval_ms: u32,
    /// Where the JSON goes.
    #[arg(long, default_value = "target/bench")]
    out: PathBuf,
}

#[derive(Debug, Serialize)]
struct Report {
    machine: Machine,
    interval_ms: u32,
    series: Vec<(&'static str, Vec<Steered>)>,
}

/// Run and print.
///
/// # Errors
/// When the lab cannot be built, or an order is not carried out.
pub fn run(arguments: &Arguments) -> Result<(), LabError> {
    let machine = Machine::this(&[Daemon::Vrrpd])?;
    println!("{}", machine.line());
    let mut options = Options::new(Daemon::Vrrpd, arguments.interval_ms);
    options.quiet = true;
    let mut pair = Pair::new(&options)?;
    pair.settle()?;
    let mut series: Vec<(Steering, Vec<Steered>)> =
        Steering::ALL.map(|steering| (steering, Vec::new())).into();
    for _ in 0..arguments.rounds {
        for (steering, runs) in &mut series {
            runs.push(steering.run(&mut pair)?);
        }
    }
    println!(
        "\nadverts every {} ms, a question every 0.2 ms; times in ms, median / worst of {}\n{}",
        arguments.interval_ms,
        arguments.rounds,
        table(&rows(&series))
    );
    let series = series.into_iter().map(|(steering, runs)| (steering.name(), runs));
    let report = Report {
        machine,
        interval_ms: arguments.interval_ms,
        series: series.collect(),
    };
    write_json(&arguments.out, "switchover", &report)
}

fn rows(series: &[(Steering, Vec<Steered>)]) -> Vec<Vec<String>> {
    let heading = [
        "what",
        "runs",
        "outage",
        "lost of asked",
        "order to outcome",
        "two holders",
        "own stall",
    ];
    let mut rows = vec![heading.map(str::to_owned).to_vec()];
    for (steering, runs) in series {
        let column = |f: fn(&Steered) -> Option<f64>| median_and_max(runs.iter().filter_map(f));
        let sum = |f: fn(&Steered) -> usize| runs.iter().map(f).sum::<usize>();
        rows.push(vec![
            steering.name().to_owned(),
            runs.len().to_string(),
            column(|s| Some(s.outage_ms)),
            format!("{} of {}", sum(|s| s.lost), sum(|s| s.asked)),
            column(|s| s.took_ms.map(|ms| ms as f64)),
            column(|s| Some(s.two_holders_ms)),
            column(|s| Some(s.own_stall_ms)),
        ]);
    }
    rows
}
