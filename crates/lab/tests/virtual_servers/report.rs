//! What each daemon did in each case.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use vrrp_lab::LabError;
use vrrp_lab::daemon::Daemon;

/// The head of the table.
pub(crate) const HEAD: &str = "what | vrrpd | keepalived";

/// Rows in the order in which they came.
#[derive(Default)]
pub(crate) struct Report {
    rows: Vec<String>,
    cells: BTreeMap<(String, &'static str), Result<String, String>>,
}

impl Report {
    /// One row of one daemon.
    pub(crate) fn row(&mut self, what: &str, daemon: Daemon, outcome: Result<String, LabError>) {
        let outcome = outcome.map_err(|error| error.to_string());
        println!("{} {what}: {outcome:?}", daemon.name());
        if !self.rows.iter().any(|row| row == what) {
            self.rows.push(what.to_owned());
        }
        self.cells.insert((what.to_owned(), daemon.name()), outcome);
    }

    /// The end of a case: only what went wrong outside its rows is one.
    pub(crate) fn end(&mut self, case: &str, daemon: Daemon, outcome: Result<(), LabError>) {
        if let Err(error) = outcome {
            self.row(&format!("{case} as a whole"), daemon, Err(error));
        }
    }

    /// As it is printed.
    pub(crate) fn table(&self) -> String {
        let mut out = format!("{HEAD}\n");
        for row in &self.rows {
            let cell = |daemon: Daemon| match self.cells.get(&(row.clone(), daemon.name())) {
                Some(Ok(words)) => words.as_str(),
                Some(Err(_)) => "FAILED",
                None => "-",
            };
            let _infallible = writeln!(
                out,
                "{row} | {} | {}",
                cell(Daemon::Vrrpd),
                cell(Daemon::Keepalived)
            );
        }
        out
    }

    /// All that failed of ours; what keepalived did is only shown.
    pub(crate) fn verdict(&self) -> Result<(), LabError> {
        let failed = self.cells.iter().filter_map(|((row, daemon), outcome)| {
            let error = outcome.as_ref().err()?;
            (*daemon == Daemon::Vrrpd.name()).then_some(())?;
            Some(format!("{daemon}, {row}: {error}"))
        });
        let failed: Vec<String> = failed.collect();
        let any = self
            .cells
            .keys()
            .any(|(_, daemon)| *daemon == Daemon::Vrrpd.name());
        if failed.is_empty() && any {
            return Ok(());
        }
        Err(LabError::Other(format!(
            "{} failed:\n{}",
            failed.len(),
            failed.join("\n")
        )))
    }
}
