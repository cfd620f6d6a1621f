//! A pair goes from keepalived to vrrpd and back, one node after the other: what every step costs.

use super::table::table;
use super::{Machine, write_json};
use crate::LabError;
use crate::daemon::Daemon;
use crate::interop::migration::{Step, migrate};
use crate::interop::{Mode, Speaker};
use serde::Serialize;
use std::path::PathBuf;

/// What to run.
#[derive(clap::Args, Clone, Debug)]
pub struct Arguments {
    /// Rows of the table of configurations (`crates/lab/src/interop/mode.rs`).
    #[arg(long = "mode", default_values_t = ["v2_pass".to_owned(), "v3".to_owned()])]
    modes: Vec<String>,
    /// What runs at first: keepalived, or vrrpd to see both ways in the other order.
    #[arg(long, default_value = "keepalived")]
    from: String,
    /// What it is replaced by.
    #[arg(long, default_value = "vrrpd")]
    to: String,
    /// The Active gives way by a lower priority before it is stopped.
    #[arg(long)]
    gently: bool,
    /// Where the JSON goes.
    #[arg(long, default_value = "target/bench")]
    out: PathBuf,
}

#[derive(Debug, Serialize)]
struct Report {
    machine: Machine,
    migrations: Vec<(String, Vec<Step>)>,
}

/// Run and print.
///
/// # Errors
/// When a step goes wrong.
pub fn run(arguments: &Arguments) -> Result<(), LabError> {
    let (from, to) = (Speaker::named(&arguments.from)?, Speaker::named(&arguments.to)?);
    let mut report = Report {
        machine: Machine::this(&[Daemon::Keepalived, Daemon::Vrrpd])?,
        migrations: Vec::new(),
    };
    println!("{}", report.machine.line());
    for name in &arguments.modes {
        let mode = Mode::named(name).ok_or_else(|| LabError::Other(format!("no mode is called {name}")))?;
        let steps = migrate(mode, from, to, arguments.gently)?;
        println!(
            "\n{name}, interval {} ms; times in ms\n{}",
            mode.interval_ms,
            table(&rows(&steps))
        );
        report.migrations.push((name.clone(), steps));
    }
    write_json(&arguments.out, "migration", &report)
}

fn rows(steps: &[Step]) -> Vec<Vec<String>> {
    let heading = [
        "step",
        "serves then",
        "outage",
        "allowed",
        "both hold",
        "allowed",
        "own stall",
    ];
    let mut rows = vec![heading.map(str::to_owned).to_vec()];
    rows.extend(steps.iter().map(|step| {
        let number = |ms: f64| format!("{ms:.1}");
        vec![
            step.what.clone(),
            step.serves.clone(),
            number(step.outage_ms),
            number(step.outage_ms_max),
            number(step.two_holders_ms),
            number(step.two_holders_ms_max),
            number(step.own_stall_ms),
        ]
    }));
    rows
}
