//! A difference carried out by any kernel, and what came of it.

use std::collections::BTreeSet;

use vrrp_ipvs::{Change, Difference, Error, ServiceKey, Table};

use super::Kernel;
use super::settings::Trouble;

/// What came of a difference.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// What was refused, and why.
    pub(super) refused: Vec<(Change, Error)>,
    /// Services that are not as they are to be.
    pub(super) incomplete: BTreeSet<ServiceKey>,
    /// How many commands were carried out.
    pub(super) done: u64,
    /// The kernel has not said what became of some.
    pub(super) is_unknown: bool,
}

/// Additions, and then the removals that do not empty a service because of what was refused; `table` follows what was done.
pub(super) fn carry_out(kernel: &mut impl Kernel, difference: &Difference, table: &mut Table) -> Progress {
    let mut progress = Progress::default();
    let results = kernel.apply(difference.additions());
    let done: Vec<bool> = results.iter().map(Result::is_ok).collect();
    progress.take(difference.additions(), results, table);
    let removals = difference.removals_after(|index| done.get(index).copied().unwrap_or(false));
    let go: Vec<Change> = removals.go.into_iter().cloned().collect();
    let waiting = removals.wait.into_iter().map(|change| *change.service());
    progress.incomplete.extend(waiting);
    let results = kernel.apply(&go);
    progress.take(&go, results, table);
    progress
}

impl Progress {
    /// What was refused, but for what follows from it: a service that is not there has no destinations.
    pub(super) fn causes(&self) -> Vec<Trouble> {
        let services = self.refused.iter().filter_map(|(change, _)| match change {
            Change::AddService(service) => Some(service.key),
            _ => None,
        });
        let missing: BTreeSet<ServiceKey> = services.collect();
        let is_cause =
            |change: &Change| matches!(change, Change::AddService(_)) || !missing.contains(change.service());
        let refused = self.refused.iter().filter(|(change, _)| is_cause(change));
        refused
            .map(|(change, error)| Trouble::of(change.to_string(), error))
            .collect()
    }

    fn take(&mut self, changes: &[Change], results: Vec<Result<(), Error>>, table: &mut Table) {
        let mut results = results.into_iter();
        for change in changes {
            let unanswered = || {
                Err(Error::Unanswered {
                    doing: change.to_string(),
                })
            };
            match results.next().unwrap_or_else(unanswered) {
                Ok(()) => {
                    self.done = self.done.saturating_add(1);
                    table.change(change);
                }
                Err(error) => {
                    self.is_unknown |= !matches!(error, Error::Refused(_) | Error::Fault(_));
                    self.incomplete.insert(*change.service());
                    self.refused.push((change.clone(), error));
                }
            }
        }
    }
}
