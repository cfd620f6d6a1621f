//! `notify_before_stop` before a switchover: run, ended where it is undone, and what is told of it.

use tokio::time::timeout;
use tracing::info;
use vrrp_control::{Hook, Moved};

use super::LOOP_ANSWERS_WITHIN;
use super::maintenance::handed;
use super::switchover::is_handing;
use super::units::Unit;
use crate::node::{Node, lock, ms};
use crate::notify::Ended;
use crate::notify::notice::Kind;
use crate::status::hook;

/// What ran before a hand-over.
#[derive(Debug, Default)]
pub(super) struct Drained {
    ended: Vec<Ended>,
}

impl Drained {
    /// Behind what was done: how each has ended, for a hand-over goes on where one fails.
    pub(super) fn before(&self) -> String {
        let mut said = String::new();
        for Ended { name, result } in &self.ended {
            let how = match result {
                Some(one) if one.end.is_success() => format!("ran before that, for {} ms", ms(one.took)),
                Some(one) => format!("failed before that, after {} ms: {}", ms(one.took), one.end),
                None => "was ended before that, in the middle".to_owned(),
            };
            said.push_str(&format!("; notify_before_stop of {name} {how}"));
        }
        said
    }

    /// Behind that nothing was.
    pub(super) fn for_nothing(&self) -> String {
        let mut said = String::new();
        for Ended { name, result } in &self.ended {
            let how = match result {
                Some(one) if one.end.is_success() => format!("has run, for {} ms", ms(one.took)),
                Some(one) => format!("has failed, after {} ms ({})", ms(one.took), one.end),
                None => "was ended in the middle".to_owned(),
            };
            said.push_str(&format!(
                "; notify_before_stop of {name} {how}: undo what it has done"
            ));
        }
        said
    }

    /// With each of these.
    pub(super) fn beside(&self, mut moved: Vec<Moved>) -> Vec<Moved> {
        for one in &mut moved {
            one.drained = self.ended.iter().filter_map(shown).collect();
        }
        moved
    }
}

/// For programs.
fn shown(ended: &Ended) -> Option<Hook> {
    let label = format!("notify_before_stop of {}", ended.name);
    Some(Hook {
        label,
        ..hook(ended.result.clone()?)
    })
}

fn is_of(unit: &Unit<'_>, kind: Kind, name: &str) -> bool {
    match kind {
        Kind::Instance => unit.members.iter().any(|one| one.name == name),
        Kind::Group => unit.group == Some(name),
    }
}

/// Of the members and of their group.
pub(super) async fn run(node: &Node, unit: &Unit<'_>) -> Drained {
    let before = lock(&node.notifier).before_stop(|kind, name| is_of(unit, kind, name));
    if before.names.is_empty() {
        return Drained::default();
    }
    info!(
        "notify_before_stop of {} runs before the hand-over",
        before.names.join(", ")
    );
    Drained {
        ended: before.over.await,
    }
}

/// A hand-over that was undone is not prepared any longer. When this is over, so is the hand-over, and the next one may begin.
pub(super) async fn end(node: &Node, unit: &Unit<'_>) {
    if !is_handing(node, unit) {
        return;
    }
    lock(&node.notifier).end_before_stop(|kind, name| is_of(unit, kind, name));
    // It rolls back within that, unless the loop is stuck.
    let _late = timeout(LOOP_ANSWERS_WITHIN, handed(node, unit)).await;
}
