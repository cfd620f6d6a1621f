//! `notify_before_stop` before a switchover: run, ended where it is undone, and what is told of it.

use tokio::time::timeout;
use tracing::info;

use super::LOOP_ANSWERS_WITHIN;
use super::maintenance::handed;
use super::switchover::is_handing;
use super::units::Unit;
use crate::node::{Node, lock};
use crate::notify::Ended;
use crate::notify::notice::Kind;

/// What ran before a hand-over.
#[derive(Debug, Default)]
pub(super) struct Drained {
    ended: Vec<Ended>,
}

impl Drained {
    /// Behind what was done.
    pub(super) fn before(&self) -> String {
        if self.ended.is_empty() {
            return String::new();
        }
        format!(", and notify_before_stop of {} ran before", self.whose(|_| true))
    }

    /// Behind that nothing was.
    pub(super) fn for_nothing(&self) -> String {
        let mut said = String::new();
        for (has, whose) in [
            ("has run", self.whose(|one| one.result.is_some())),
            ("was ended in the middle", self.whose(|one| one.result.is_none())),
        ] {
            if !whose.is_empty() {
                said.push_str(&format!(
                    "; notify_before_stop of {whose} {has}: undo what it has done"
                ));
            }
        }
        said
    }

    fn whose(&self, is_meant: impl Fn(&Ended) -> bool) -> String {
        let meant = self.ended.iter().filter(|one| is_meant(one));
        meant.map(|one| one.name.as_str()).collect::<Vec<_>>().join(", ")
    }
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
