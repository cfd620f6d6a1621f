//! A base priority that an operator moves while the daemon runs. What tracked objects add to it is the core's.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::time::sleep_until;
use tracing::info;
use vrrp_control::{Answer, AskedBy, Event, EventKind, PriorityMoved, ProblemKind, Shift};
use vrrp_core::Priority;

use super::{asked_by, move_bases, no_such_instance, noted, problem, stopping};
use crate::control::Peer;
use crate::journal::draft;
use crate::node::{Node, lock, ms};

/// The highest that is no owner's.
const HIGHEST: i32 = 254;

/// What is to last longer belongs into the file.
const LONGEST: Duration = Duration::from_secs(366 * 86_400);

/// One move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moved {
    pub(super) shift: Shift,
    pub(super) asked: AskedBy,
    pub(super) ends_at: Option<Instant>,
}

impl Moved {
    /// The base priority, with this one in the file; 1 to 254.
    pub(super) fn base(&self, file: Priority) -> Priority {
        let value = match self.shift {
            Shift::By(shift) => i32::from(file.get()).saturating_add(shift).clamp(1, HIGHEST),
            Shift::To(value) => i32::from(value),
            Shift::Off => return file,
        };
        u8::try_from(value).ok().and_then(Priority::new).unwrap_or(file)
    }
}

/// Why a move makes no sense.
fn refusal(name: &str, file: Priority, shift: Shift) -> Option<String> {
    if file.is_owner() {
        return Some(format!(
            "{name} owns its addresses (priority 255), and an owner's priority never moves; `vrrpctl switchover {name}` hands over"
        ));
    }
    match shift {
        Shift::To(255) => Some(
            "255 is for the owner of the addresses, who takes them at once and never waits: write `priority 255` into the file of the node that has them configured; the highest here is 254".to_owned(),
        ),
        Shift::To(0) => Some(
            "0 is no priority to compete with: it says that a router leaves; the lowest is 1, and `vrrpctl switchover` hands over".to_owned(),
        ),
        Shift::By(_) | Shift::To(_) | Shift::Off => None,
    }
}

pub(crate) async fn ask(node: &Node, peer: Peer, name: &str, shift: Shift, for_ms: Option<u64>) -> Answer {
    node.renames.over().await;
    if let Some(refused) = stopping(node) {
        return refused;
    }
    let plan = node.plan();
    let Some(planned) = plan.instances.iter().find(|one| one.name == name) else {
        return no_such_instance(&plan, name);
    };
    let file = planned.service.settings.priority;
    if let Some(why) = refusal(name, file, shift) {
        return problem(ProblemKind::NotPossible, why);
    }
    let length = for_ms.filter(|_| shift != Shift::Off).map(Duration::from_millis);
    if length.is_some_and(|length| length.is_zero() || length > LONGEST) {
        return problem(
            ProblemKind::NotPossible,
            "a priority is moved for more than 0 and for at most 366 days; without a time it is until `off`"
                .to_owned(),
        );
    }
    let ends_at = length.and_then(|length| Instant::now().checked_add(length));
    let moved = Moved {
        shift,
        asked: asked_by(peer.uid),
        ends_at,
    };
    let (before, maintenance) = {
        let mut said = lock(&node.steer.said);
        let before = said.moves.get(name).map_or(file, |before| before.base(file));
        if shift == Shift::Off {
            said.moves.remove(name);
        } else {
            said.moves.insert(name.to_owned(), moved);
        }
        said.hand_on();
        (before, said.maintenance.is_some())
    };
    node.steer.moved.notify_one();
    move_bases(node).await;
    let base = moved.base(file);
    let mut message = words(name, file, before, base, shift, length);
    if maintenance {
        message.push_str("; not before the maintenance of this node is over");
    }
    info!(
        instance = name,
        event = "priority-set",
        code = "set",
        "{message}, as user {} asked",
        peer.uid
    );
    let set = (EventKind::PrioritySet, "set");
    noted::note(node, peer, set, Some(name), message.clone());
    Answer::Priority(PriorityMoved {
        instance: name.to_owned(),
        file: file.get(),
        before: before.get(),
        base: base.get(),
        for_ms: length.map(ms),
        message,
    })
}

fn words(
    name: &str,
    file: Priority,
    before: Priority,
    base: Priority,
    shift: Shift,
    length: Option<Duration>,
) -> String {
    let limited = match shift {
        Shift::By(by) if i32::from(file.get()).saturating_add(by) != i32::from(base.get()) => {
            " (limited to 1 to 254)"
        }
        _ => "",
    };
    let until = match (shift, length) {
        (Shift::Off, _) => ", as in the file".to_owned(),
        (_, Some(length)) => format!(", for {} s; {file} in the file", length.as_secs_f64()),
        (_, None) => {
            format!(", until `vrrpctl priority {name} off` or a new start of the daemon; {file} in the file")
        }
    };
    format!("{name}: base priority {before} -> {base}{limited}{until}")
}

/// Ends, for ever, what was to hold for a time only.
pub(crate) async fn end_in_time(node: Arc<Node>) {
    loop {
        let next = {
            let said = lock(&node.steer.said);
            said.moves.values().filter_map(|moved| moved.ends_at).min()
        };
        match next {
            None => node.steer.moved.notified().await,
            Some(at) => tokio::select! {
                () = node.steer.moved.notified() => {}
                () = sleep_until(at.into()) => end_due(&node).await,
            },
        }
    }
}

async fn end_due(node: &Node) {
    let now = Instant::now();
    let due: Vec<String> = {
        let mut said = lock(&node.steer.said);
        let over = |moved: &Moved| moved.ends_at.is_some_and(|at| at <= now);
        let due = said.moves.iter().filter(|(_, moved)| over(moved));
        let due: Vec<String> = due.map(|(name, _)| name.clone()).collect();
        said.moves.retain(|_, moved| !over(moved));
        said.hand_on();
        due
    };
    for name in due {
        let text = "the time is over for which its priority was moved; as in the file again";
        info!(
            instance = name.as_str(),
            event = "priority-set",
            code = "over",
            "{name}: {text}"
        );
        node.journal.note(Event {
            instance: Some(name),
            ..draft(EventKind::PrioritySet, "over", text)
        });
    }
    move_bases(node).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(file: u8, shift: Shift) -> u8 {
        let asked = AskedBy {
            uid: 0,
            at_unix_ms: 0,
        };
        let moved = Moved {
            shift,
            asked,
            ends_at: None,
        };
        moved.base(Priority::new(file).unwrap()).get()
    }

    #[test]
    fn a_move_is_by_so_much_or_to_a_number_within_1_and_254() {
        for (file, shift, expected) in [
            (100, Shift::By(20), 120),
            (100, Shift::By(-20), 80),
            (100, Shift::By(155), 254),
            (100, Shift::By(-100), 1),
            (100, Shift::By(i32::MAX), 254),
            (100, Shift::By(i32::MIN), 1),
            (100, Shift::To(254), 254),
            (100, Shift::To(1), 1),
            (100, Shift::Off, 100),
        ] {
            assert_eq!(base(file, shift), expected, "{file} {shift:?}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_the_reason() {
        let file = |value| Priority::new(value).unwrap();
        let refused = |of, shift| refusal("VI_1", file(of), shift);
        assert!(
            refused(255, Shift::By(-1))
                .unwrap()
                .starts_with("VI_1 owns its addresses")
        );
        assert!(
            refused(100, Shift::To(255))
                .unwrap()
                .contains("the highest here is 254")
        );
        assert!(refused(100, Shift::To(0)).unwrap().contains("the lowest is 1"));
        for shift in [Shift::To(1), Shift::To(254), Shift::By(-1000), Shift::Off] {
            assert_eq!(refused(100, shift), None);
        }
    }

    #[test]
    fn the_answer_says_from_where_to_where_and_for_how_long() {
        let file = |value| Priority::new(value).unwrap();
        let by = Shift::By(200);
        let ten = Some(Duration::from_secs(600));
        assert_eq!(
            words("VI_1", file(100), file(100), file(254), by, ten),
            "VI_1: base priority 100 -> 254 (limited to 1 to 254), for 600 s; 100 in the file"
        );
        assert_eq!(
            words("VI_1", file(100), file(254), file(100), Shift::Off, None),
            "VI_1: base priority 254 -> 100, as in the file"
        );
    }
}
