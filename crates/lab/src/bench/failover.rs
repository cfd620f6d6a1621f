//! The outage that a client sees, for everything that can happen to a pair.

use super::table::{median_and_max, table};
use super::{Machine, Subjects, write_json};
use crate::LabError;
use crate::daemon::Daemon;
use crate::pair::{Options, Pair};
use crate::scenario::{Measured, Scenario, add_check};
use serde::Serialize;
use std::path::PathBuf;

/// What to run.
#[derive(clap::Args, Clone, Debug)]
pub struct Arguments {
    /// Whom to measure.
    #[arg(long, value_enum, default_value = "both")]
    daemon: Subjects,
    /// Advertisement interval; may be given several times.
    #[arg(long = "interval-ms", default_values_t = [10, 100, 1000])]
    intervals_ms: Vec<u32>,
    /// Runs of each scenario; above 100 ms at most five.
    #[arg(long, default_value_t = 20)]
    runs: u32,
    /// Only scenarios whose name contains this.
    #[arg(long, default_value = "")]
    only: String,
    /// Real-time priority for the daemons (`vrrp_rt_priority 50`), which only root can give.
    #[arg(long)]
    realtime: bool,
    /// Where the JSON goes.
    #[arg(long, default_value = "target/bench")]
    out: PathBuf,
}

/// All runs of one scenario.
#[derive(Debug, Serialize)]
struct Series {
    daemon: &'static str,
    interval_ms: u32,
    scenario: &'static str,
    active_down_ms: f64,
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
/// When the lab cannot be built; a scenario that goes wrong is counted and shown.
pub fn run(arguments: &Arguments) -> Result<(), LabError> {
    let daemons = arguments.daemon.list();
    let mut report = Report {
        machine: Machine::this(&daemons)?,
        series: Vec::new(),
    };
    println!("{}", report.machine.line());
    for &interval_ms in &arguments.intervals_ms {
        for scenario in Scenario::ALL
            .into_iter()
            .filter(|s| s.name().contains(&arguments.only))
        {
            for &daemon in &daemons {
                let runs = if interval_ms > 100 {
                    arguments.runs.min(5)
                } else {
                    arguments.runs
                };
                let series = one_series(daemon, interval_ms, scenario, runs, arguments.realtime)?;
                for error in &series.errors {
                    println!(
                        "  {} {interval_ms} ms {}: {error}",
                        daemon.name(),
                        scenario.name()
                    );
                }
                report.series.push(series);
            }
        }
        let rows = rows(report.series.iter().filter(|s| s.interval_ms == interval_ms));
        println!(
            "\ninterval {interval_ms} ms; times in ms, median / worst\n{}",
            table(&rows)
        );
    }
    write_json(&arguments.out, "failover", &report)
}

fn one_series(
    daemon: Daemon,
    interval_ms: u32,
    scenario: Scenario,
    runs: u32,
    realtime: bool,
) -> Result<Series, LabError> {
    let mut options = Options::new(daemon, interval_ms);
    options.quiet = true;
    options.nopreempt = scenario == Scenario::NoPreempt;
    let mut series = Series {
        daemon: daemon.name(),
        interval_ms,
        scenario: scenario.name(),
        active_down_ms: options.active_down().as_secs_f64() * 1e3,
        runs: Vec::new(),
        errors: Vec::new(),
    };
    let mut pair = settled(&options, scenario, realtime)?;
    for _ in 0..runs {
        match scenario.run(&mut pair) {
            Ok(measured) => series.runs.push(measured),
            Err(error) => {
                series.errors.push(error.to_string());
                drop(pair);
                pair = settled(&options, scenario, realtime)?;
            }
        }
    }
    Ok(series)
}

fn settled(options: &Options, scenario: Scenario, realtime: bool) -> Result<Pair, LabError> {
    let mut pair = Pair::new(options)?;
    if realtime {
        for member in [&mut pair.better, &mut pair.other] {
            member.config.globals.push("vrrp_rt_priority 50".to_owned());
        }
    }
    if scenario == Scenario::FailedCheck {
        add_check(&mut pair)?;
    }
    if options.nopreempt {
        // The first to speak keeps the address.
        pair.better.start()?;
        pair.wait_until_held(&pair.better)?;
    }
    pair.settle()?;
    Ok(pair)
}

fn rows<'a>(series: impl Iterator<Item = &'a Series>) -> Vec<Vec<String>> {
    let heading = [
        "scenario",
        "daemon",
        "runs",
        "outage",
        "advert excess",
        "reply excess",
        "first advert after",
        "two holders",
        "leftover gone",
        "pages lost new/kept",
        "own stall",
    ];
    let mut rows = vec![heading.map(str::to_owned).to_vec()];
    for s in series {
        let column = |f: fn(&Measured) -> Option<f64>| median_and_max(s.runs.iter().filter_map(f));
        let lost = |f: fn(&Measured) -> u32| s.runs.iter().map(f).sum::<u32>();
        let asked = lost(|m| m.fresh.asked + m.kept.asked);
        rows.push(vec![
            s.scenario.to_owned(),
            s.daemon.to_owned(),
            format!("{}/{}", s.runs.len(), s.runs.len() + s.errors.len()),
            column(|m| Some(m.outage_ms)),
            column(|m| m.advert_excess_ms),
            column(|m| m.reply_excess_ms),
            column(|m| m.takeover_ms),
            column(|m| Some(m.two_holders_ms)),
            column(|m| m.leftover_gone_ms),
            format!(
                "{}/{} of {asked}",
                lost(|m| m.fresh.failed),
                lost(|m| m.kept.failed)
            ),
            column(|m| Some(m.own_stall_ms)),
        ]);
    }
    rows
}
