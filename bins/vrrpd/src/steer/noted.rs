//! What an operator has asked for, and what became of it, in the journal.

use vrrp_control::{Event, EventKind, Moved, Outcome};

use crate::control::Peer;
use crate::journal::draft;
use crate::node::Node;

/// Of one instance, or of the node.
pub(super) fn note(
    node: &Node,
    peer: Peer,
    what: (EventKind, &str),
    instance: Option<&str>,
    text: impl Into<String>,
) {
    let (kind, code) = what;
    let event = Event {
        instance: instance.map(str::to_owned),
        ..draft(kind, code, text)
    };
    node.journal.by(peer, event);
}

/// What became of a hand-over.
pub(super) fn outcome(node: &Node, peer: Peer, moved: &Moved) {
    let what = (EventKind::Switchover, code(moved.outcome));
    note(node, peer, what, Some(&moved.instance), moved.message.clone());
}

pub(super) const fn code(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::HandedOver => "handed-over",
        Outcome::RolledBack => "rolled-back",
        Outcome::WithoutHold => "without-hold",
        Outcome::Interrupted => "interrupted",
        Outcome::StoodBack => "stood-back",
        Outcome::Competes => "competes",
        Outcome::Refused => "refused",
    }
}
