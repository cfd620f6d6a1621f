//! The whole table: read, and made as it is to be.

use super::Client;
use crate::change::Change;
use crate::difference::Difference;
use crate::error::Error;
use crate::table::Table;

/// What came of a difference.
#[derive(Debug, Default)]
#[must_use]
pub struct Outcome {
    /// What the kernel has not done, and why.
    pub refused: Vec<(Change, Error)>,
    /// What was not asked, because a service would have been left empty by what was refused before.
    pub withheld: Vec<Change>,
}

impl Outcome {
    /// Whether the table is as it is to be.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.refused.is_empty() && self.withheld.is_empty()
    }
}

impl Client {
    /// All services with their destinations, whoever made them.
    ///
    /// The kernel reads them one service after the other: a table that somebody else is changing is not of one moment.
    ///
    /// # Errors
    /// The kernel refuses or does not answer, or one entry cannot be read.
    pub fn table(&mut self) -> Result<Table, Error> {
        let mut table = Table::new();
        for (service, _) in self.services()? {
            let destinations = self.destinations(&service.key)?;
            // A table that others change while it is listed may show an entry twice. Once is enough.
            let mut destinations: Vec<_> = destinations
                .into_iter()
                .map(|status| status.destination)
                .collect();
            destinations.sort_by_key(|destination| destination.key);
            destinations.dedup_by_key(|destination| destination.key);
            let _twice = table.insert(service, destinations);
        }
        Ok(table)
    }

    /// Carries out a difference: what adds, and then what takes away, but for what must wait because an addition was
    /// refused. Read the table again and compare anew after an outcome that is not complete.
    pub fn carry_out(&mut self, difference: &Difference) -> Outcome {
        let results = self.apply(difference.additions());
        let removals = difference.removals_after(|index| results.get(index).is_some_and(Result::is_ok));
        let go: Vec<Change> = removals.go.into_iter().cloned().collect();
        let withheld = removals.wait.into_iter().cloned().collect();
        let mut refused = failed(difference.additions(), results);
        let results = self.apply(&go);
        refused.extend(failed(&go, results));
        Outcome { refused, withheld }
    }
}

fn failed(changes: &[Change], results: Vec<Result<(), Error>>) -> Vec<(Change, Error)> {
    let each = changes.iter().zip(results);
    each.filter_map(|(change, result)| Some((change.clone(), result.err()?)))
        .collect()
}
