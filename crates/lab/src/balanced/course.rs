//! The course of an event under load.

use super::{Event, Street};
use crate::holders::two_holders;
use crate::http::{Load, Loader, Page, Style, Tally, outage_ms};
use crate::wait::until;
use crate::{LabError, Stamp};
use std::time::Duration;

/// Load before the event.
const BEFORE: Duration = Duration::from_millis(800);
/// Load after it: what breaks late is to be seen.
const AFTER: Duration = Duration::from_millis(1200);

/// What an event cost those who asked.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Course {
    /// Requests over a new connection each.
    pub fresh: Tally,
    /// Requests over kept connections.
    pub kept: Tally,
    /// From the first lost request of a new connection to the next answer.
    pub outage_ms: f64,
    /// Whether `lb02`, or at a return `lb01`, began to advertise.
    pub moved: bool,
    /// How long both kernels held the address.
    pub two_holders_ms: f64,
    /// Requests that were lost before anything had happened: the machine is too busy to measure.
    pub lost_before: u32,
}

impl Street {
    /// Let an event happen under load, make it good again and wait until all is as before.
    ///
    /// # Errors
    /// When the address does not follow, or nothing is as before.
    pub fn live_through(&mut self, event: Event, load: Load) -> Result<Course, LabError> {
        event.prepare(self)?;
        let loader = Loader::start(self.client.node(), self.address(), load)?;
        let served = || {
            let pages = loader.pages();
            let by = |style: Style| pages.iter().any(|p| p.style == style && p.outcome.is_ok());
            ((load.kept == 0 || by(Style::Kept)) && (load.fresh_every.is_none() || by(Style::Fresh)))
                .then_some(())
        };
        until("pages before the event", super::LIMIT, served)?;
        let from = Stamp::now();
        std::thread::sleep(BEFORE);
        let since = Stamp::now();
        event.happen(self, &loader)?;
        std::thread::sleep(AFTER);
        let pages = loader.finish();
        let course = self.course(event, [from, since], &pages);
        event.undo(self)?;
        Ok(course)
    }

    fn course(&self, event: Event, [from, since]: [Stamp; 2], pages: &[Page]) -> Course {
        let successor = usize::from(!matches!(event, Event::Return { .. }));
        let before = |p: &&Page| p.outcome.is_err() && p.ended < since;
        let fresh: Vec<Page> = pages
            .iter()
            .filter(|p| p.style == Style::Fresh)
            .cloned()
            .collect();
        // A machine without power holds nothing.
        let both = if event == Event::MachineGone {
            Duration::ZERO
        } else {
            let changes = self.holders.changes(self.address(), since);
            let holder = self.balancers[1 - successor].node.number();
            two_holders(&changes, &[holder], since, Stamp::now())
        };
        Course {
            fresh: Tally::of(pages, Style::Fresh, from),
            kept: Tally::of(pages, Style::Kept, from),
            outage_ms: outage_ms(&fresh, since),
            moved: self.spoke(successor, since),
            two_holders_ms: both.as_secs_f64() * 1e3,
            lost_before: u32::try_from(pages.iter().filter(before).count()).unwrap_or(u32::MAX),
        }
    }
}
