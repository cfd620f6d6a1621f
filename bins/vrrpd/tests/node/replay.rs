//! A recording told to the core once more, as `vrrpctl replay --check` does.

use std::path::Path;

use vrrp_core::{Action, Report};
use vrrp_recording::{Event, Replay};

/// Decisions of a recording, every one as recorded; changes of state among them; runs.
pub(crate) fn replayed(file: &Path) -> (usize, Vec<String>, usize) {
    let text = std::fs::read_to_string(file).unwrap();
    let (mut decisions, mut changes, mut runs) = (0, Vec::new(), 0);
    for replayed in Replay::new(text.lines()) {
        let replayed = replayed.unwrap_or_else(|wrong| panic!("{wrong}\n{text}"));
        match replayed.event {
            Event::Decision(decision) => {
                assert!(
                    decision.is_as_recorded(),
                    "line {}: {:?}\nnow: {}\nrecorded: {:?}",
                    replayed.line,
                    decision.stimulus,
                    decision.decided,
                    decision.recorded
                );
                decisions += 1;
                let reports = decision.decided.actions.iter();
                changes.extend(reports.filter_map(|action| match action {
                    Action::Report(Report::Transition(change)) => {
                        Some(format!("{}>{}", change.from, change.to))
                    }
                    _ => None,
                }));
            }
            Event::Begins { .. } => runs += 1,
            Event::Lost { .. } | Event::Unknown { .. } => panic!("nothing was to be lost:\n{text}"),
            _ => {}
        }
    }
    (decisions, changes, runs)
}
