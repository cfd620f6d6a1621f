//! The check of nginx fails on the Active node: how long until the other node serves, vrrpd beside keepalived, round by round.

use super::table::{median_and_max, table};
use super::{Machine, script_runners, write_json};
use crate::LabError;
use crate::nginx::rivals::{Cause, Failure, Rival, Way};
use crate::topology::Lab;
use serde::Serialize;
use std::path::PathBuf;

/// What to run.
#[derive(clap::Args, Clone, Debug)]
pub struct Arguments {
    /// Rounds; in each every pair fails once for each cause.
    #[arg(long, default_value_t = 7)]
    rounds: u32,
    /// Where the JSON goes.
    #[arg(long, default_value = "target/bench")]
    out: PathBuf,
}

/// All failures of one pair for one cause.
#[derive(Debug, Serialize)]
struct Series {
    cause: Cause,
    daemon: &'static str,
    check: &'static str,
    effect: String,
    failures: Vec<Failure>,
}

#[derive(Debug, Serialize)]
struct Report {
    machine: Machine,
    series: Vec<Series>,
}

/// Run and print.
///
/// # Errors
/// When the lab cannot be built or an address does not follow its nginx.
pub fn run(arguments: &Arguments) -> Result<(), LabError> {
    let daemons = script_runners();
    let machine = Machine::this(&daemons)?;
    println!("{}", machine.line());
    let lab = Lab::new()?;
    let ways = Way::all().into_iter().filter(|way| daemons.contains(&way.daemon));
    let rivals: Result<Vec<Rival>, LabError> = ways
        .enumerate()
        .map(|(number, way)| Rival::start(&lab, number, way))
        .collect();
    let mut rivals = rivals?;
    let each = |cause: Cause| rivals.iter().map(move |rival| Series::of(cause, rival.way()));
    let mut series: Vec<Series> = Cause::ALL.into_iter().flat_map(each).collect();
    for round in 0..arguments.rounds {
        // Every part of the check's interval has its turn, the same for all.
        let share = (f64::from(round) + 0.5) / f64::from(arguments.rounds);
        for (series, at) in series.iter_mut().zip((0..rivals.len()).cycle()) {
            series.failures.push(rivals[at].fail(series.cause, share)?);
        }
    }
    drop(rivals);
    println!(
        "\nadverts 1 s, check 1 s, fall 1, which fails at {} moments of its interval; times in ms, median / worst\n{}",
        arguments.rounds,
        table(&rows(&series))
    );
    write_json(&arguments.out, "nginx", &Report { machine, series })
}

impl Series {
    fn of(cause: Cause, way: Way) -> Self {
        Self {
            cause,
            daemon: way.daemon.name(),
            check: way.checker(),
            effect: way.effect(),
            failures: Vec::new(),
        }
    }
}

fn rows(series: &[Series]) -> Vec<Vec<String>> {
    let heading = [
        "cause",
        "a failed check",
        "daemon, check",
        "told",
        "other advertises",
        "its first page",
        "rest: page - told",
        "outage",
        "two holders",
        "new lost",
    ];
    let mut rows = vec![heading.map(str::to_owned).to_vec()];
    for s in series {
        let column = |f: fn(&Failure) -> Option<f64>| median_and_max(s.failures.iter().filter_map(f));
        rows.push(vec![
            s.cause.name().to_owned(),
            s.effect.clone(),
            format!("{}, {}", s.daemon, s.check),
            column(|d| d.said_ms),
            column(|d| Some(d.took_ms)),
            column(|d| Some(d.page_ms)),
            column(|d| Some(d.page_ms - d.said_ms?)),
            column(|d| Some(d.outage_ms)),
            column(|d| Some(d.two_holders_ms)),
            median_and_max(s.failures.iter().map(|d| f64::from(d.fresh.lost_in_all()))),
        ]);
    }
    rows
}
