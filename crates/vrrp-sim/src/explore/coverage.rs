//! Which parts of the state machine a search has been through.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashSet};
use std::net::{IpAddr, Ipv4Addr};

use vrrp_core::{Cause, Input, StateName, Transition};

/// Names of transitions and of inputs, each seen at least once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    transitions: HashSet<Transition>,
    inputs: BTreeSet<(StateName, &'static str)>,
}

impl Coverage {
    /// In order, such as `Backup -> Active: NoResponse`.
    #[must_use]
    pub fn transitions(&self) -> BTreeSet<String> {
        self.transitions.iter().map(words).collect()
    }

    /// In order, such as `Backup: heard lower`.
    #[must_use]
    pub fn inputs(&self) -> BTreeSet<String> {
        let inputs = self.inputs.iter();
        inputs.map(|(state, input)| format!("{state}: {input}")).collect()
    }

    /// What another search has been through, too.
    pub fn extend(&mut self, other: &Self) {
        self.transitions.extend(&other.transitions);
        self.inputs.extend(&other.inputs);
    }

    pub(super) fn transition(&mut self, transition: &Transition) {
        let cause = match transition.cause {
            // Whoever it was: one reason.
            Cause::HigherHeard { .. } => Cause::HigherHeard {
                source: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
                priority: 0,
            },
            other => other,
        };
        self.transitions.insert(Transition { cause, ..*transition });
    }

    pub(super) fn input(&mut self, state: StateName, input: &Input) {
        let name = match input {
            Input::Start => "start",
            Input::Stop => "stop",
            Input::Tick => "tick",
            Input::Heard(_) => "heard",
            Input::Link(_) => "link",
            Input::Track(..) => "track",
            Input::Order(_) => "order",
            Input::Failed(_) => "failed",
            Input::Recovered => "recovered",
            Input::SuccessorAnswers => "successor answers",
        };
        self.inputs.insert((state, name));
    }

    pub(super) fn heard(&mut self, state: StateName, own: u8, priority: u8) {
        let which = match (priority, priority.cmp(&own)) {
            (0, _) => "heard goodbye",
            (_, Ordering::Less) => "heard lower",
            (_, Ordering::Equal) => "heard equal",
            (_, Ordering::Greater) => "heard higher",
        };
        self.inputs.insert((state, which));
    }
}

fn words(transition: &Transition) -> String {
    let cause = match transition.cause {
        Cause::HigherHeard { .. } => "HigherHeard".to_owned(),
        Cause::Barred(bar) => format!("Barred({bar:?})"),
        other => format!("{other:?}"),
    };
    let hold = if transition.holding { " with hold" } else { "" };
    format!("{} -> {}: {cause}{hold}", transition.from, transition.to)
}
