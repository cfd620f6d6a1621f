//! Requests lost by the pair of `examples/nginx-pair` under load, and what a hook before a planned hand-over saves.

use super::table::{median, table};
use super::{Machine, write_json};
use crate::LabError;
use crate::balanced::{Course, Event, Street};
use crate::daemon::Daemon;
use crate::http::{Load, Tally};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What to run.
#[derive(clap::Args, Clone, Debug)]
pub struct Arguments {
    /// Rounds; in each every event happens once.
    #[arg(long, default_value_t = 3)]
    rounds: u32,
    /// Only events whose name contains this.
    #[arg(long, default_value = "")]
    only: String,
    /// Where the JSON goes.
    #[arg(long, default_value = "target/bench")]
    out: PathBuf,
}

#[derive(Debug, Serialize)]
struct Series {
    event: String,
    courses: Vec<Course>,
}

#[derive(Debug, Serialize)]
struct Report {
    machine: Machine,
    series: Vec<Series>,
}

/// Run and print.
///
/// # Errors
/// When the lab cannot be built or the address does not follow.
pub fn run(arguments: &Arguments) -> Result<(), LabError> {
    let machine = Machine::this(&[Daemon::Vrrpd])?;
    println!("{}", machine.line());
    let mut street = Street::start()?;
    let events = Event::all();
    let events: Vec<Event> = events
        .into_iter()
        .filter(|event| event.name().contains(&arguments.only))
        .collect();
    let mut series: Vec<Series> = events
        .iter()
        .map(|event| Series {
            event: event.name(),
            courses: Vec::new(),
        })
        .collect();
    for _ in 0..arguments.rounds {
        for (event, series) in events.iter().zip(&mut series) {
            let course = street.live_through(*event, Load::CROWD)?;
            if course.lost_before > 0 {
                println!(
                    "  {}: {} requests lost before it",
                    series.event, course.lost_before
                );
            }
            series.courses.push(course);
        }
    }
    println!(
        "\n200 new connections a second, 40 kept ones that ask five times a second, 2 s of patience; lost requests, median / worst of {}\n{}",
        arguments.rounds,
        table(&rows(&series))
    );
    write_json(&arguments.out, "load", &Report { machine, series })
}

fn rows(series: &[Series]) -> Vec<Vec<String>> {
    let heading = [
        "event",
        "moves",
        "new lost",
        "kept lost",
        "outage ms",
        "slowest ms",
        "two holders ms",
        "reasons new, all rounds",
        "reasons kept, all rounds",
    ];
    let mut rows = vec![heading.map(str::to_owned).to_vec()];
    for s in series {
        let column = |f: fn(&Course) -> f64| {
            let values: Vec<f64> = s.courses.iter().map(f).collect();
            let worst = values.iter().copied().fold(0.0, f64::max);
            median(values.into_iter()).map_or("-".to_owned(), |m| format!("{m:.0} / {worst:.0}"))
        };
        rows.push(vec![
            s.event.clone(),
            s.courses.iter().filter(|c| c.moved).count().to_string(),
            column(|c| f64::from(c.fresh.lost_in_all())),
            column(|c| f64::from(c.kept.lost_in_all())),
            column(|c| c.outage_ms),
            column(|c| c.fresh.slowest_ms.max(c.kept.slowest_ms)),
            column(|c| c.two_holders_ms),
            reasons(s.courses.iter().map(|c| &c.fresh)),
            reasons(s.courses.iter().map(|c| &c.kept)),
        ]);
    }
    rows
}

fn reasons<'a>(tallies: impl Iterator<Item = &'a Tally>) -> String {
    let mut sum: BTreeMap<&str, u32> = BTreeMap::new();
    for (reason, number) in tallies.flat_map(|t| &t.lost) {
        *sum.entry(reason).or_default() += number;
    }
    let words: Vec<String> = sum.iter().map(|(reason, n)| format!("{n} {reason}")).collect();
    words.join(", ")
}
